//! The prices of a run.

use analytics::adjust;
use analytics::risk::Series;
use chrono::NaiveDate;
use sqlx::PgPool;

use super::form::{Inputs, Problems};
use super::store::{self, CloseRow};
use crate::format;
use crate::text::{Lang, fill, text};

/// The prices that these inputs name; `Err` in the result says what is wrong with the date or the window.
///
/// # Errors
/// Postgres fails.
pub async fn load(pool: &PgPool, inputs: &Inputs, lang: Lang) -> sqlx::Result<Result<Series, Problems>> {
    let Some((first, last)) = store::span(pool, &inputs.symbol).await? else {
        return Ok(Err(Problems::from([("symbol", text(lang, "lab_no_prices").to_owned())])));
    };
    let on = inputs.on.unwrap_or(last);
    if !(first..=last).contains(&on) {
        let (first, last) = (format::day(first, lang), format::day(last, lang));
        let says = fill(lang, "lab_date_outside", &[("first", &first), ("last", &last)]);
        return Ok(Err(Problems::from([("on", says)])));
    }
    let rows = store::closes(pool, &inputs.symbol, on, inputs.window as i64 + 1).await?;
    Ok(series(&inputs.symbol, &rows, inputs.window).ok_or_else(|| {
        let found = format::count(rows.len().saturating_sub(1) as i64, lang);
        let says = fill(lang, "lab_window_long", &[("count", &found), ("day", &format::day(on, lang))]);
        Problems::from([("window", says)])
    }))
}

/// The series that ends with the last of these closes; `None` where there are fewer than `window` returns.
pub fn series(symbol: &str, rows: &[CloseRow], window: usize) -> Option<Series> {
    let last = rows.last()?;
    if rows.len() != window.checked_add(1)? {
        return None;
    }
    let closes: Vec<f64> = rows.iter().map(|row| row.close).collect();
    let adjusted: Vec<Option<f64>> = rows.iter().map(|row| row.adj_close).collect();
    let closes = adjust::comparable(&closes, &adjusted, &[]);
    Some(Series { symbol: symbol.to_owned(), on: last.traded_on, price: last.close, closes })
}

/// The first and last day of an asset's prices, as the form states them.
pub fn span_hint(span: Option<(NaiveDate, NaiveDate)>, lang: Lang) -> Option<String> {
    let (first, last) = span?;
    let days = [("first", &*format::day(first, lang)), ("last", &*format::day(last, lang))];
    Some(fill(lang, "lab_span", &days))
}
