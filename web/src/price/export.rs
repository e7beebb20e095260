//! The tables as files for spreadsheets, for tiers that may have them.

use actix_web::HttpResponse;
use domain::Tier;

use super::actions::{Acted, during, written};
use super::question::Question;
use super::series::Series;
use super::{table, trades};
use crate::error::Error;
use crate::export::safe;
use crate::market::cache::Edition;

/// Whether a tier may have files of this format.
pub fn may(edition: &Edition, tier: Tier, format: &str) -> bool {
    let row = edition.tiers.iter().find(|row| row.tier == tier.as_str());
    row.is_some_and(|row| row.exports.iter().any(|export| export == format || export == "all"))
}

/// The rows of the table of bars, all pages of them; times are days, volumes amounts, changes shares; splits and dividends
/// as [`super::actions::written`] writes them.
///
/// # Errors
/// None in practice: writing to memory does not fail.
pub fn bars(
    symbol: &str,
    series: &Series,
    actions: &[Acted],
    question: &Question,
) -> Result<HttpResponse, Error> {
    let head = ["symbol", "day", "open", "high", "low", "close", "change", "volume", "action"];
    let rows = table::rows(series, question).into_iter().map(|row| {
        let bar = row.bar;
        let mut cells = vec![safe(symbol), bar.on.to_string()];
        cells.extend([bar.open, bar.high, bar.low, bar.close].map(|price| price.to_string()));
        cells.extend([row.change, bar.volume].map(number));
        cells.push(during(actions, bar.on, question.group).map(written).collect::<Vec<_>>().join("; "));
        cells
    });
    file(&format!("{}-bars.csv", plain(symbol)), &head, rows)
}

/// The trades, oldest first; amounts are by share, in the currency of the prices, gains shares of the capital.
///
/// # Errors
/// None in practice: writing to memory does not fail.
pub fn trades(symbol: &str, series: &Series, question: &Question) -> Result<HttpResponse, Error> {
    let head = [
        "symbol",
        "buy_signal_on",
        "bought_on",
        "entry",
        "sell_signal_on",
        "sold_on",
        "exit",
        "by_share",
        "gain",
        "total_by_share",
        "total_gain",
    ];
    let followed = trades::follow(series, question).and_then(Result::ok);
    let day = |at: usize| series.days.get(at).map(ToString::to_string).unwrap_or_default();
    let mut rows = Vec::new();
    for followed in followed.iter() {
        for (at, trade) in followed.trades.iter().enumerate() {
            rows.push(vec![
                safe(symbol),
                day(trade.entered.saturating_sub(1)),
                day(trade.entered),
                trade.entry.to_string(),
                trade.left.map(|left| day(left.saturating_sub(1))).unwrap_or_default(),
                trade.left.map(day).unwrap_or_default(),
                trade.exit.to_string(),
                followed.trading.by_share(trade).to_string(),
                trade.gain.to_string(),
                number(followed.tally.by_share.get(at).copied()),
                number(followed.tally.grown.get(at).copied()),
            ]);
        }
    }
    file(&format!("{}-trades.csv", plain(symbol)), &head, rows.into_iter())
}

/// A CSV file with this head and these rows, for saving under this name.
///
/// # Errors
/// None in practice: writing to memory does not fail.
pub fn file<H: AsRef<[u8]>>(
    name: &str,
    head: &[H],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<HttpResponse, Error> {
    let failed = |error: csv::Error| Error::Internal(anyhow::Error::new(error).context("CSV"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(head).map_err(failed)?;
    for row in rows {
        writer.write_record(&row).map_err(failed)?;
    }
    let body = writer.into_inner().map_err(|error| Error::Internal(anyhow::anyhow!("CSV: {error}")))?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", format!("attachment; filename=\"{name}\"")))
        .body(body))
}

fn number(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A symbol as part of a file's name.
fn plain(symbol: &str) -> String {
    symbol.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_makes_a_plain_name_of_a_file() {
        assert_eq!(plain("EUR/USD\"\r\n"), "EUR-USD---");
    }
}
