//! How a page shows a live price.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::{Feature, Quote};
use serde::Serialize;

use super::board;
use crate::format;
use crate::market::asset::Opened;
use crate::market::store::BarRow;
use crate::text::Lang;

/// The place of the live price on an asset's page.
#[derive(Debug, Serialize)]
pub struct LiveView {
    /// Where its stream is; `None` where none is needed, because no quotes come.
    pub source: Option<String>,
    /// Seconds after which a quote is no longer shown as live.
    pub fresh_s: i64,
    /// What is live right now.
    pub now: Option<LivePrice>,
}

/// A live price in the reader's language.
#[derive(Debug, Serialize)]
pub struct LivePrice {
    /// The price.
    pub price: String,
    /// How it compares with the close that the slot knows.
    pub change: Option<String>,
    /// When it traded, for machines.
    pub at: String,
    /// When it traded, for readers (UTC).
    pub shown_at: String,
}

/// The live price of a quote, beside the last close.
pub fn price(quote: &Quote, last_close: Option<f64>, lang: Lang) -> LivePrice {
    let change = last_close.filter(|close| *close > 0.0).map(|close| quote.price / close - 1.0);
    LivePrice {
        price: format::price(quote.price, lang),
        change: change.map(|change| format::change(change, 2, lang)),
        at: quote.at.to_rfc3339_opts(SecondsFormat::Millis, true),
        shown_at: clock(quote.at),
    }
}

/// `14:05:09 UTC`.
fn clock(at: DateTime<Utc>) -> String {
    at.format("%H:%M:%S UTC").to_string()
}

/// The last close that an asset's bars know.
pub fn last_close(bars: &[BarRow]) -> Option<f64> {
    bars.last().map(|bar| bar.close)
}

/// The place on the page of an asset whose price the reader may see; `None` where they may not.
pub fn of(open: &Opened) -> Option<LiveView> {
    if open.access(Feature::Price).is_locked() || open.edition.is_left_out(open.symbol()) {
        return None;
    }
    let (app, now) = (&open.reader.app, open.reader.now);
    app.live.relay.listen(&app.live);
    let quote = app.live.fresh(open.symbol(), now);
    let source = app
        .live
        .is_connected(now)
        .then(|| format!("/api/assets/{}/live", crate::market::view::encode(open.symbol())));
    Some(LiveView {
        source,
        fresh_s: board::FRESH.num_seconds(),
        now: quote.map(|quote| price(&quote, last_close(&open.dossier.bars), open.lang())),
    })
}
