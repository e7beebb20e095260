//! What a request would have told the reader, made out from a recorded address and body.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

/// The hints of one recorded exchange; none where the reader needs none.
pub(super) fn made_out(source: &str, url: &str, body: &[u8]) -> BTreeMap<String, String> {
    let url = Url::parse(url).ok();
    let parameter = |name: &str| {
        let mut pairs = url.as_ref()?.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let mut hints = BTreeMap::new();
    let mut hint = |name: &str, value: Option<String>| {
        hints.extend(value.map(|value| (name.to_owned(), value)));
    };
    match source {
        "alpaca" if body.get("bars").is_some() => {
            hint("interval", Some(interval(&parameter("timeframe").unwrap_or_default())));
        }
        "alpha_vantage" => {
            if let Some(meta) = body.get("Meta Data").and_then(Value::as_object) {
                let named = |name: &str| {
                    let found = meta.iter().find(|(key, _)| key.ends_with(name));
                    found.and_then(|(_, value)| value.as_str()).map(str::to_owned)
                };
                let pair =
                    named("From Symbol").zip(named("To Symbol")).map(|(from, to)| format!("{from}-{to}"));
                hint("symbol", named(". Symbol").or(pair).or_else(|| parameter("symbol")));
                hint("interval", Some(interval(&named("Interval").unwrap_or_default())));
            }
        }
        "instagram" => hint("account", text("/business_discovery/username").or_else(|| text("/username"))),
        "yahoo" => {
            let path = url.as_ref().and_then(|url| url.path_segments()?.next_back().map(str::to_owned));
            hint("symbol", text("/chart/result/0/meta/symbol").or(path));
            let stated = parameter("interval").or_else(|| text("/chart/result/0/meta/dataGranularity"));
            hint("interval", Some(interval(&stated.unwrap_or_default())));
        }
        _ => {}
    }
    hints
}

/// An interval as vendors write it, as we do: `1Day`, `60min`, `1m`; a day where nothing is said.
fn interval(stated: &str) -> String {
    let digits: String = stated.chars().take_while(char::is_ascii_digit).collect();
    let count: u32 = digits.parse().unwrap_or(1);
    match stated[digits.len()..].chars().next() {
        Some('m' | 'M' | 'T') if !stated.contains("on") && count.is_multiple_of(60) && count > 0 => {
            format!("{}h", count / 60)
        }
        Some('m' | 'M' | 'T') if !stated.contains("on") => format!("{count}m"),
        Some('h' | 'H') => format!("{count}h"),
        _ => format!("{count}d"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_ours() {
        let cases = [
            ("1Day", "1d"),
            ("60min", "1h"),
            ("1Hour", "1h"),
            ("5min", "5m"),
            ("15m", "15m"),
            ("", "1d"),
            ("2H", "2h"),
        ];
        for (stated, ours) in cases {
            assert_eq!(interval(stated), ours, "{stated}");
        }
    }

    #[test]
    fn addresses_and_bodies_tell() {
        let alpha =
            br#"{"Meta Data":{"1. Information":"Daily","2. Symbol":"MSFT"},"Time Series (Daily)":{}}"#;
        assert_eq!(made_out("alpha_vantage", "", alpha)["symbol"], "MSFT");
        let yahoo = made_out("yahoo", "https://h/v8/finance/chart/BTC-USD?interval=1h", b"{}");
        assert_eq!((yahoo["symbol"].as_str(), yahoo["interval"].as_str()), ("BTC-USD", "1h"));
        let bars = made_out("alpaca", "https://h/v2/stocks/bars?timeframe=1Min", br#"{"bars":{}}"#);
        assert_eq!(bars["interval"], "1m");
        assert!(made_out("alpaca", "https://h/v1beta1/news", br#"{"news":[]}"#).is_empty());
    }
}
