use bytes::Bytes;
use chrono::Duration;
use proptest::prelude::*;
use reqwest::header::HeaderMap;

use super::*;
use crate::exchange::Exchange;
use crate::normalise::{Collected, Normalised};
use crate::window::Window;

fn window() -> Window {
    Window::plain("2026-11-20T18:00:00Z".parse().unwrap(), "2026-11-21T00:00:00Z".parse().unwrap())
}

fn records(body: impl Into<Bytes>, hints: &[(&str, &str)]) -> Normalised {
    let mut exchange = Exchange::answered("s", "http://h/", body);
    exchange.hints = hints.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let window = window();
    let mut collected = Collected::new(&window, Duration::minutes(30));
    chart::read("raw/p#1", &exchange, &mut collected);
    collected.finish().unwrap().into_memory().unwrap()
}

/// Wednesday to Friday; the last day is stated by its last trade, at 16:00:01.
const DAILY: &str = r#"{"chart":{"result":[{"meta":{"currency":"USD","symbol":"^GSPC","exchangeTimezoneName":"America/New_York","gmtoffset":-18000,
  "regularMarketTime":1795208401,"currentTradingPeriod":{"pre":{},"regular":{"timezone":"EST","start":1795185000,"end":1795208400,"gmtoffset":-18000}}},
  "timestamp":[1795012200,1795098600,1795208401],"events":{"dividends":{}},
  "indicators":{"quote":[{"open":[10,null,12],"high":[11,null,"13"],"low":[9,null,11],"close":[10.5,null,12.5],"volume":[100,null,null]}],
    "adjclose":[{"adjclose":[5.25,null,12.5]}]}}],"error":null}}"#;

const HOURLY: &str = r#"{"chart":{"result":[{"meta":{"exchangeTimezoneName":"America/New_York"},"timestamp":[1795203000,1795206600,"x",1795213800],
  "indicators":{"quote":[{"open":[10,11,1,1],"high":[11,9,1,1],"low":[9,10,1,1],"close":[10.5,10,1,1],"volume":[100,0,1,1]}]}}],"error":null}}"#;

fn bars(records: &Normalised) -> Vec<(String, f64, Option<f64>, Option<f64>)> {
    records.bars.iter().map(|b| (b.opens_at.to_rfc3339(), b.close, b.adj_close, b.volume)).collect()
}

#[test]
fn days_open_with_their_session_also_the_newest_one() {
    let hints = [("symbol", "^GSPC"), ("interval", "1d"), ("until", "2026-11-21T00:00:00Z")];
    let records_whole = records(DAILY, &hints);
    assert_eq!(
        bars(&records_whole),
        [
            ("2026-11-18T14:30:00+00:00".to_owned(), 10.5, Some(5.25), Some(100.0)),
            ("2026-11-20T14:30:00+00:00".to_owned(), 12.5, Some(12.5), None),
        ]
    );
    assert!(records_whole.rejects.is_empty(), "an interval without trades is none");
    let early = [("symbol", "^GSPC"), ("interval", "1d"), ("until", "2026-11-20T21:30:00Z")];
    assert_eq!(records(DAILY, &early).bars.len(), 1, "the newest close still settles");
}

#[test]
fn hours_are_taken_when_over() {
    let records = records(HOURLY, &[("symbol", "A"), ("interval", "1h"), ("until", "2026-11-20T22:30:00Z")]);
    assert_eq!(bars(&records), [("2026-11-20T19:30:00+00:00".to_owned(), 10.5, None, Some(100.0))]);
    assert_eq!(records.rejects.len(), 2, "{:?}", records.rejects);
}

#[test]
fn tells_a_chart_from_what_is_none() {
    assert!(chart::page(DAILY.as_bytes()).is_ok());
    let failed = br#"{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}"#;
    let trouble = chart::page(failed).unwrap_err();
    assert_eq!((trouble.class, trouble.again), (Class::Configuration, false));
    assert!(trouble.message.contains("Not Found: No data found"), "{trouble}");
    assert!(chart::page(b"<html>Too Many Requests</html>").unwrap_err().again);
    assert!(!chart::page(b"{}").unwrap_err().again);
    let headers = HeaderMap::new();
    let judged = |status: u16, body: &[u8]| match judge(&Answer { status, headers: &headers, body }) {
        Judgement::Bad(trouble) => Some((trouble.class, trouble.again)),
        _ => None,
    };
    assert_eq!(judged(429, b"Too Many Requests\r\n"), Some((Class::Limit, false)));
    assert_eq!(judged(404, failed), Some((Class::Configuration, false)));
    assert_eq!((judged(404, b"<html>"), judged(500, failed), judged(200, failed)), (None, None, None));
}

#[test]
fn reads_recorded_replies_where_they_are_present() {
    let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
    let folder = std::path::Path::new(&shared).join("data/open/recordings/yahoo");
    let load = |file: &str| -> Option<Vec<serde_json::Value>> {
        let packed = std::fs::read(folder.join(file)).ok()?;
        let mut text = Vec::new();
        if file.ends_with(".gz") {
            std::io::Read::read_to_end(&mut flate(&packed), &mut text).unwrap();
        } else {
            text = packed;
        }
        Some(serde_json::from_slice(&text).unwrap())
    };
    for file in
        ["charts.json.gz", "charts_with_splits_and_dividends.json.gz", "charts_hand_edited_edge_cases.json"]
    {
        let Some(recorded) = load(file) else { return };
        for exchange in &recorded {
            let (body, url) =
                (&exchange["response"]["body_json"], exchange["request"]["url"].as_str().unwrap());
            let text = body.to_string();
            let result = &body["chart"]["result"][0];
            if result.is_null() {
                assert!(chart::page(text.as_bytes()).is_err(), "{file} {url}");
                continue;
            }
            chart::page(text.as_bytes()).unwrap();
            let interval = result["meta"]["dataGranularity"].as_str().unwrap_or("1d");
            let found =
                records(text, &[("symbol", "A"), ("interval", interval), ("until", "2026-11-21T00:00:00Z")]);
            // What a reader of the file counts: entries with a time and a price.
            let quote = &result["indicators"]["quote"][0];
            let times = result["timestamp"].as_array().map_or(0, Vec::len);
            let priced = (0..times).filter(|i| !quote["close"][*i].is_null()).count();
            assert_eq!(found.bars.len(), priced, "{file} {url}");
            assert!(found.rejects.is_empty(), "{file} {url}: {:?}", found.rejects);
            for (bar, i) in found.bars.iter().zip((0..times).filter(|i| !quote["close"][*i].is_null())) {
                assert_eq!(Some(bar.close), quote["close"][i].as_f64(), "{file} {url}");
                assert_eq!(bar.adj_close, result["indicators"]["adjclose"][0]["adjclose"][i].as_f64());
            }
        }
    }
    for exchange in load("errors_other_endpoints.json").unwrap() {
        assert!(chart::page(exchange["response"]["body_json"].to_string().as_bytes()).is_err());
    }
}

/// Unpacks gzip.
fn flate(packed: &[u8]) -> impl std::io::Read + '_ {
    flate2::read::GzDecoder::new(packed)
}

proptest! {
    #[test]
    fn reads_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        records(bytes.clone(), &[("symbol", "A"), ("interval", "1d")]);
        let _ = (chart::page(&bytes), chart::reason(&bytes));
    }

    #[test]
    fn reads_damaged_charts(at in 0usize..1200, byte in any::<u8>(), cut in any::<bool>(), daily in any::<bool>()) {
        let mut body = if daily { DAILY } else { HOURLY }.as_bytes().to_vec();
        let at = at % body.len();
        if cut { body.truncate(at) } else { body[at] = byte }
        let records = records(body, &[("symbol", "A"), ("interval", if daily { "1d" } else { "1h" })]);
        prop_assert!(records.bars.iter().all(|b| b.close.is_finite()));
    }
}
