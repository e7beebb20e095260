//! The track record as CSV, open to all.

use actix_web::{HttpResponse, web};
use futures::stream;

use super::filter::{Cursor, Filter, Query};
use super::store::{self, OutcomeRow};
use crate::error::Error;
use crate::export::safe;
use crate::site::reader::Reader;

/// Rows that are read at a time.
const ROWS: i64 = 2_000;
/// Most rows of one file; what is older is reached by filters.
const MOST: usize = 100_000;
/// Quantiles and what came of them are changes since the last close, as shares: prices belong to the paid tiers.
const HEADER: &str = "due_on,asset,horizon_days,slot,model,q025,q10,q50,q90,q975,actual,error,walk_error,inside_80,inside_95,closer\n";

/// What is left to be written.
struct Rest {
    app: web::Data<crate::state::App>,
    filter: Option<Filter>,
    written: usize,
    header: bool,
}

/// `GET /track-record.csv`: the outcomes that the filter asks for, the newest first, at most 100,000.
///
/// # Errors
/// The filter cannot be understood, or Postgres fails.
pub async fn csv(reader: Reader, query: web::Query<Query>) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let filter = Filter::parse(&query, |symbol| edition.front.assets.contains_key(symbol))?;
    let rest = Rest { app: reader.app, filter: Some(filter), written: 0, header: true };
    let body = stream::try_unfold(rest, |mut rest| async move {
        let Some(filter) = rest.filter.take() else { return Ok::<_, Error>(None) };
        let rows = store::outcomes(&rest.app.pool, &filter, ROWS).await?;
        let mut text = if rest.header { HEADER.to_owned() } else { String::new() };
        rest.header = false;
        rest.written += rows.len();
        rows.iter().for_each(|row| line(row, &mut text));
        let more = rows.len() as i64 == ROWS && rest.written < MOST;
        rest.filter = rows.last().filter(|_| more).map(|last| Filter { after: Some(cursor(last)), ..filter });
        Ok(Some((web::Bytes::from(text), rest)))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", "attachment; filename=\"track-record.csv\""))
        .streaming(body))
}

/// The place of a row in the list.
pub fn cursor(row: &OutcomeRow) -> Cursor {
    Cursor {
        traded_on: row.traded_on,
        symbol: row.symbol.clone(),
        horizon: row.horizon,
        publication_id: row.publication_id,
    }
}

fn line(row: &OutcomeRow, text: &mut String) {
    use std::fmt::Write;
    let change = |price: f64| price / row.last_close - 1.0;
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{},{},{},{},{},{:.6},{:.6},{:.6},{:.6},{:.6},{:.6},{:.6},{:.6},{},{},{}",
        row.traded_on,
        cell(&row.symbol),
        row.horizon,
        cell(&row.slot),
        cell(&row.model),
        change(row.q025),
        change(row.q10),
        change(row.q50),
        change(row.q90),
        change(row.q975),
        change(row.actual),
        row.error,
        row.walk_error,
        row.inside_80,
        row.inside_95,
        row.error < row.walk_error,
    );
}

/// A text as a cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let text = safe(text);
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        for (text, wanted) in [
            ("AAPL", "AAPL"),
            ("EUR/USD", "EUR/USD"),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("-1", "'-1"),
            ("\u{ff1d}1+1", "'\u{ff1d}1+1"),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
        ] {
            assert_eq!(cell(text), wanted);
        }
    }
}
