use domain::Asset;
use ibapi::contracts::SecurityType;
use proptest::prelude::*;

use super::*;
use crate::exchange::Exchange;
use crate::normalise::{Collected, Normalised};
use crate::settings::Settings;
use crate::window::Window;

fn window() -> Window {
    Window::plain("2026-11-21T00:00:00Z".parse().unwrap(), "2026-11-21T06:00:00Z".parse().unwrap())
}

fn records(body: impl Into<bytes::Bytes>, hints: &[(&str, &str)]) -> Normalised {
    let mut exchange = Exchange::answered("s", "tws:historical-data", body);
    exchange.hints = hints.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let window = window();
    let mut collected = Collected::new(&window, chrono::Duration::minutes(30));
    wire::read("raw/p#1", &exchange, &mut collected);
    collected.finish().unwrap().into_memory().unwrap()
}

const DAILY: [(&str, &str); 4] = [
    ("symbol", "EUR-USD"),
    ("interval", "1d"),
    ("since", "2026-01-01T00:00:00Z"),
    ("until", "2026-11-21T06:00:00Z"),
];

#[test]
fn days_open_at_midnight_and_hours_at_their_second() {
    let body = r#"{"bars":[
        {"date":"20261120","open":1.05,"high":1.06,"low":1.04,"close":1.055,"volume":-1.0,"wap":-1.0,"count":-1},
        {"date":"20261121","open":1.05,"high":1.06,"low":1.04,"close":1.055,"volume":-1.0,"wap":-1.0,"count":-1},
        {"date":"20251231","open":1.05,"high":1.06,"low":1.04,"close":1.055,"volume":-1.0,"wap":-1.0,"count":-1},
        {"date":"20261119","open":null,"high":1.06,"low":1.04,"close":1.055,"volume":-1.0,"wap":-1.0,"count":-1},
        {"date":"soon","open":1.05,"high":1.06,"low":1.04,"close":1.055,"volume":-1.0,"wap":-1.0,"count":-1}]}"#;
    let days = records(body, &DAILY);
    let bars: Vec<_> = days.bars.iter().map(|b| (b.opens_at.to_rfc3339(), b.close, b.volume)).collect();
    assert_eq!(bars, [("2026-11-20T00:00:00+00:00".to_owned(), 1.055, None)]);
    assert_eq!(days.rejects.len(), 2);
    let body = r#"{"bars":[{"date":"1795237200","open":1,"high":1,"low":1,"close":1,"volume":10},
                           {"date":"1795240800","open":1,"high":1,"low":1,"close":1,"volume":10}]}"#;
    let hours = records(body, &[("symbol", "A"), ("interval", "1h"), ("until", "2026-11-21T06:00:00Z")]);
    let bars: Vec<_> = hours.bars.iter().map(|b| (b.opens_at.to_rfc3339(), b.volume)).collect();
    assert_eq!(bars, [("2026-11-21T05:00:00+00:00".to_owned(), Some(10.0))], "the second one is not over");
    let adjusted = records(body, &[("symbol", "A"), ("interval", "1h"), ("adjustment", "all")]);
    assert!(adjusted.bars.is_empty(), "an adjusted close alone is no bar");
}

#[test]
fn assets_are_named_as_it_names_them() {
    let spelt = |symbol: &str, class| {
        let symbol = symbol.parse().unwrap();
        let asset =
            Asset { symbol, name: String::new(), class, exchange: String::new(), aliases: Vec::new() };
        contract::contract(&asset).map(|c| {
            let (symbol, exchange) = (c.symbol.as_str().to_owned(), c.exchange.as_str().to_owned());
            (symbol, c.security_type, exchange, c.currency.as_str().to_owned())
        })
    };
    for (symbol, class, theirs, kind, exchange, currency) in [
        ("BRK-B", AssetClass::Equity, "BRK B", SecurityType::Stock, "SMART", "USD"),
        ("BTC-USD", AssetClass::Crypto, "BTC", SecurityType::Crypto, "PAXOS", "USD"),
        ("EUR-JPY", AssetClass::Fx, "EUR", SecurityType::ForexPair, "IDEALPRO", "JPY"),
        ("^GSPC", AssetClass::Index, "SPX", SecurityType::Index, "CBOE", "USD"),
        ("^XYZ", AssetClass::Index, "XYZ", SecurityType::Index, "SMART", "USD"),
        ("ES=F", AssetClass::Index, "ES", SecurityType::ContinuousFuture, "CME", "USD"),
    ] {
        let expected = (theirs.to_owned(), kind, exchange.to_owned(), currency.to_owned());
        assert_eq!(spelt(symbol, class), Some(expected), "{symbol}");
    }
    assert_eq!(spelt("EURUSD", AssetClass::Fx), None);
}

#[test]
fn settings_are_checked() {
    let parse = |fields: &str| Settings::parse(&format!("[interactive_brokers]\n{fields}"), false, |_| None);
    parse("address = \"gateway:4002\"\nclient_id = 7\n[[interactive_brokers.contracts]]\nasset = \"^GSPC\"\nsymbol = \"ES\"\nkind = \"future\"\nexchange = \"CME\"\nmonth = \"202612\"\n").unwrap();
    for (fields, part) in [
        ("address = \"http://h:1\"\n", "interactive_brokers.address is"),
        ("address = \"h\"\n", "write a host and a port"),
        ("client_id = -1\n", "interactive_brokers.client_id is \"-1\""),
        ("pacing_wait_seconds = -1\n", "pacing_wait_seconds is \"-1\""),
        ("classes = [\"bond\"]\n", "interactive_brokers.classes"),
        (
            "[[interactive_brokers.contracts]]\nasset = \"A\"\nsymbol = \"A\"\nkind = \"bond\"\nexchange = \"X\"\n",
            "kind is \"bond\"",
        ),
        (
            "[[interactive_brokers.contracts]]\nasset = \"A\"\nkind = \"stock\"\nexchange = \"X\"\n",
            "symbol is missing",
        ),
        (
            "[[interactive_brokers.contracts]]\nasset = \"A\"\nsymbol = \"A\"\nkind = \"stock\"\nexchange = \"X\"\nodd = 1\n",
            "odd is not a field",
        ),
    ] {
        let error = parse(fields).unwrap_err().to_string();
        assert!(error.contains(part), "{fields}: {error}");
    }
}

#[test]
fn reads_recorded_replies_where_they_are_present() {
    let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
    let folder = std::path::Path::new(&shared).join("data/eval/recordings/ibkr");
    let Ok(history) = std::fs::read(folder.join("marketdata_history_VOO_10d.json")) else { return };
    let stated: serde_json::Value = serde_json::from_slice(&history).unwrap();
    let history = records(history, &[]);
    assert_eq!(history.bars.len(), stated["data"].as_array().unwrap().len());
    let first = &history.bars[0];
    assert_eq!((first.symbol.as_str(), first.interval.as_str()), ("VOO", "1d"));
    assert_eq!(first.opens_at.to_rfc3339(), "2022-12-30T14:30:00+00:00");
    assert_eq!(
        (first.open, first.high, first.low, first.close, first.volume),
        (349.79, 351.49, 347.76, 351.34, Some(37_283.0))
    );
    assert!(history.rejects.is_empty());
    // A list of contracts holds no records.
    let contracts = records(std::fs::read(folder.join("trsrv_stocks_VOO_VT.json")).unwrap(), &[]);
    assert_eq!((contracts.bars.len(), contracts.rejects.len()), (0, 1));
}

proptest! {
    #[test]
    fn reads_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        records(bytes, &DAILY);
    }

    #[test]
    fn reads_any_rows(date in "[0-9-]{0,20}", prices in prop::collection::vec(any::<f64>(), 5)) {
        let row = serde_json::json!({"date": date, "open": prices[0], "high": prices[1], "low": prices[2], "close": prices[3], "volume": prices[4]});
        let records = records(serde_json::json!({"bars": [row]}).to_string(), &DAILY);
        prop_assert!(records.bars.iter().all(|b| b.close.is_finite() && b.opens_at <= "2026-11-20T06:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap()));
    }
}
