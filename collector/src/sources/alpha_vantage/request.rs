//! What is asked of Alpha Vantage.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use domain::Asset;
use secrecy::ExposeSecret;
use url::Url;

use super::{AlphaVantage, reply};
use crate::http::Request;
use crate::source::Task;
use crate::sources::selection::{DAILY_DAYS, HOURLY_DAYS};
use crate::sources::symbols::{self, AlphaVantageSymbol};

/// Most articles in one answer.
pub(super) const NEWS: usize = 1000;

/// The news from the minute of `from` to the one after `to`.
pub(super) fn news(settings: &AlphaVantage, from: DateTime<Utc>, to: DateTime<Utc>) -> Request {
    let local = |at: DateTime<Utc>| at.with_timezone(&settings.news_zone).format("%Y%m%dT%H%M").to_string();
    let mut url = query(settings, "NEWS_SENTIMENT");
    url.query_pairs_mut()
        .append_pair("time_from", &local(from))
        .append_pair("time_to", &local(to + Duration::seconds(59)))
        .append_pair("sort", "EARLIEST")
        .append_pair("limit", &NEWS.to_string());
    request(super::NEWS, settings, url).with_hint("zone", settings.news_zone.name())
}

/// The cheapest call that needs the key.
pub(super) fn probe(settings: &AlphaVantage) -> Request {
    let mut url = query(settings, "NEWS_SENTIMENT");
    url.query_pairs_mut().append_pair("limit", "1");
    request("check", settings, url)
}

/// The series of bars of the chosen assets.
pub(super) fn series(settings: &AlphaVantage, task: &Task) -> Vec<Request> {
    let mut series = Vec::new();
    for asset in settings.selection.of(&task.assets) {
        series.extend(one(settings, task, asset, "1d"));
        if settings.intraday {
            series.extend(one(settings, task, asset, "1h"));
        }
    }
    series
}

/// `None` where it has no such series.
fn one(settings: &AlphaVantage, task: &Task, asset: &Asset, interval: &str) -> Option<Request> {
    let (is_daily, is_premium) = (interval == "1d", settings.calls_per_day.is_none());
    let spelt = symbols::alpha_vantage(asset)?;
    let function = match (&spelt, is_daily) {
        // What the plan does not have is refused whole: without adjustment there are bars at least.
        (AlphaVantageSymbol::Share(_), true) if is_premium => "TIME_SERIES_DAILY_ADJUSTED",
        (AlphaVantageSymbol::Share(_), true) => "TIME_SERIES_DAILY",
        (AlphaVantageSymbol::Share(_), false) => "TIME_SERIES_INTRADAY",
        (AlphaVantageSymbol::Pair(..), true) => "FX_DAILY",
        (AlphaVantageSymbol::Pair(..), false) => "FX_INTRADAY",
        (AlphaVantageSymbol::Coin(..), true) => "DIGITAL_CURRENCY_DAILY",
        (AlphaVantageSymbol::Coin(..), false) => "CRYPTO_INTRADAY",
    };
    let mut url = query(settings, function);
    let mut hints = vec![("symbol", asset.symbol.to_string()), ("interval", interval.to_owned())];
    match spelt {
        AlphaVantageSymbol::Share(symbol) => {
            url.query_pairs_mut().append_pair("symbol", &symbol);
        }
        AlphaVantageSymbol::Pair(from, to) => {
            url.query_pairs_mut().append_pair("from_symbol", &from).append_pair("to_symbol", &to);
        }
        AlphaVantageSymbol::Coin(coin, market) => {
            url.query_pairs_mut().append_pair("symbol", &coin).append_pair("market", &market);
            hints.push(("market", market));
        }
    }
    if function != "DIGITAL_CURRENCY_DAILY" {
        url.query_pairs_mut().append_pair("outputsize", if is_premium { "full" } else { "compact" });
    }
    if !is_daily {
        url.query_pairs_mut().append_pair("interval", "60min");
    }
    if function == "TIME_SERIES_INTRADAY" {
        url.query_pairs_mut().append_pair("adjusted", "false");
    }
    let days = if is_daily { DAILY_DAYS } else { HOURLY_DAYS };
    let rfc3339 = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    hints.push(("since", rfc3339(task.window.to - Duration::days(days))));
    hints.push(("until", rfc3339(task.horizon())));
    let mut request = request(&format!("bars-{}-{interval}", asset.symbol), settings, url);
    request.hints.extend(hints.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Some(request)
}

fn query(settings: &AlphaVantage, function: &str) -> Url {
    // The base ends with a slash and the path is ours, so joining cannot fail; the base would be asked instead.
    let mut url = settings.base_url.join("query").unwrap_or_else(|_| settings.base_url.clone());
    url.query_pairs_mut().append_pair("function", function);
    url
}

/// The key goes last, so that addresses read well without it.
fn request(name: &str, settings: &AlphaVantage, mut url: Url) -> Request {
    url.query_pairs_mut().append_pair("apikey", settings.api_key.expose_secret());
    let mut request = Request::new(name, url);
    request.judge = Some(reply::judge);
    request
}
