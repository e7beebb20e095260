//! What is asked of Yahoo.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use url::Url;

use super::Yahoo;
use crate::http::Request;
use crate::source::Task;
use crate::sources::selection::{DAILY_DAYS, HOURLY_DAYS};
use crate::sources::symbols;

/// The charts of the chosen assets.
pub(super) fn series(settings: &Yahoo, task: &Task) -> Vec<Request> {
    let intervals: &[(&str, i64)] =
        if settings.intraday { &[("1d", DAILY_DAYS), ("1h", HOURLY_DAYS)] } else { &[("1d", DAILY_DAYS)] };
    let mut series = Vec::new();
    for asset in settings.selection.of(&task.assets) {
        for (interval, days) in intervals {
            let (from, to) = (task.window.to - Duration::days(*days), task.horizon());
            let name = format!("bars-{}-{interval}", asset.symbol);
            let request = chart(settings, name, &symbols::yahoo(asset), interval, (from, to));
            let rfc3339 = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
            series.push(
                request
                    .with_hint("symbol", asset.symbol.as_str())
                    .with_hint("interval", *interval)
                    .with_hint("until", rfc3339(to)),
            );
        }
    }
    series
}

/// The cheapest chart.
pub(super) fn probe(settings: &Yahoo, task: &Task) -> Request {
    let to = task.horizon();
    chart(settings, "check".to_owned(), "SPY", "1d", (to - Duration::days(5), to))
}

fn chart(
    settings: &Yahoo,
    name: String,
    symbol: &str,
    interval: &str,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Request {
    let mut url: Url = settings.base_url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        // `^GSPC` and `EURUSD=X` are encoded as a part of a path has to be.
        path.pop_if_empty().extend(["v8", "finance", "chart", symbol]);
    }
    url.query_pairs_mut()
        .append_pair("period1", &from.timestamp().to_string())
        .append_pair("period2", &to.timestamp().to_string())
        .append_pair("interval", interval)
        .append_pair("includePrePost", "false")
        .append_pair("events", "div,splits");
    Request::new(name, url)
}
