//! What is asked of Alpaca.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use domain::{Asset, AssetClass};
use url::Url;

use super::Alpaca;
use crate::http::Request;
use crate::source::Task;
use crate::sources::selection::{DAILY_DAYS, HOURLY_DAYS};
use crate::sources::symbols;

/// Symbols in one request, so that its address stays within what servers take.
const SYMBOLS: usize = 200;

/// The series of bars.
pub(super) fn bars(settings: &Alpaca, task: &Task) -> Vec<Request> {
    let chosen = settings.selection.of(&task.assets);
    let of = |class: AssetClass| chosen.iter().copied().filter(|a| a.class == class).collect::<Vec<_>>();
    let groups = [
        ("stocks", of(AssetClass::Equity), "v2/stocks/bars"),
        ("crypto", of(AssetClass::Crypto), "v1beta3/crypto/us/bars"),
    ];
    let mut series = Vec::new();
    for (group, assets, path) in groups {
        for (index, assets) in assets.chunks(SYMBOLS).enumerate() {
            for (interval, timeframe, days) in [("1d", "1Day", DAILY_DAYS), ("1h", "1Hour", HOURLY_DAYS)] {
                // Hours are few and recent: their adjustment would be none. Coins have none at all.
                let adjustments: &[&str] =
                    if group != "crypto" && interval == "1d" { &["raw", "all"] } else { &["raw"] };
                for adjustment in adjustments {
                    let name = format!("bars-{group}-{index:02}-{interval}-{adjustment}");
                    let delayed = group != "crypto";
                    let end = if delayed { task.horizon() - settings.delay } else { task.horizon() };
                    // The day's bar is whole at the day's end; an hour's last minutes are held back by the delay.
                    let until = if interval == "1h" { end } else { task.horizon() };
                    let mut url = join(&settings.base_url, path);
                    url.query_pairs_mut()
                        .append_pair("symbols", &names(assets))
                        .append_pair("timeframe", timeframe)
                        .append_pair("start", &rfc3339(task.window.to - Duration::days(days)))
                        .append_pair("end", &rfc3339(end))
                        .append_pair("limit", "10000");
                    if group != "crypto" {
                        url.query_pairs_mut().append_pair("adjustment", adjustment);
                        if let Some(feed) = &settings.feed {
                            url.query_pairs_mut().append_pair("feed", feed);
                        }
                    }
                    let mut request = Request::new(name, url);
                    request.hints.extend([
                        ("interval".to_owned(), interval.to_owned()),
                        ("adjustment".to_owned(), (*adjustment).to_owned()),
                        ("until".to_owned(), rfc3339(until)),
                    ]);
                    let respelt = respelt(assets);
                    if !respelt.is_empty() {
                        request.hints.insert("symbols".to_owned(), respelt);
                    }
                    series.push(request);
                }
            }
        }
    }
    series
}

/// The cheapest call that needs the key.
pub(super) fn probe(settings: &Alpaca) -> Request {
    let mut url = join(&settings.base_url, "v2/stocks/bars");
    url.query_pairs_mut()
        .append_pair("symbols", "SPY")
        .append_pair("timeframe", "1Day")
        .append_pair("start", "2024-01-02T00:00:00Z")
        .append_pair("end", "2024-01-03T00:00:00Z")
        .append_pair("limit", "1");
    Request::new("check", url)
}

/// The news of the window, by when it was last changed: so an article that was changed since comes once more.
pub(super) fn news(settings: &Alpaca, task: &Task) -> Request {
    let mut url = join(&settings.base_url, "v1beta1/news");
    url.query_pairs_mut()
        .append_pair("start", &rfc3339(task.window.from))
        .append_pair("end", &rfc3339(task.horizon()))
        .append_pair("limit", "50")
        .append_pair("sort", "asc")
        .append_pair("include_content", "false");
    Request::new("news", url)
}

fn names(assets: &[&Asset]) -> String {
    assets.iter().map(|asset| symbols::alpaca(asset)).collect::<Vec<_>>().join(",")
}

/// Where the source spells symbols in its own way: `BRK.A BRK-A,BTC/USD BTC-USD`.
fn respelt(assets: &[&Asset]) -> String {
    let pairs = assets.iter().map(|asset| (symbols::alpaca(asset), asset.symbol.as_str()));
    let pairs =
        pairs.filter(|(theirs, ours)| theirs != ours).map(|(theirs, ours)| format!("{theirs} {ours}"));
    pairs.collect::<Vec<_>>().join(",")
}

/// The base ends with a slash and the paths are ours, so joining cannot fail; the base would be asked instead.
fn join(base: &Url, path: &str) -> Url {
    base.join(path).unwrap_or_else(|_| base.clone())
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
