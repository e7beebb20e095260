//! The gateway, asked by the real client.

use std::time::Duration;

use ibapi::Client;
use ibapi::contracts::Contract;
use ibapi::market_data::TradingHours;
use ibapi::market_data::historical::{Bar, BarSize, BarTimestamp, HistoricalData, ToDuration, WhatToShow};
use proptest::prelude::*;
use sandbox::serve::Options;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::kit::instant;
use crate::market::Market;

fn address(market: &Market) -> &str {
    market.setup["interactive_brokers"]["address"].as_str().unwrap()
}

async fn connect(market: &Market, client_id: i32) -> Result<Client, ibapi::Error> {
    Client::builder()
        .address(address(market))
        .client_id(client_id)
        .one_shot_timeout(Duration::from_millis(700))
        .max_reconnect_attempts(2)
        .connect()
        .await
}

fn at(text: &str) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(instant(text).timestamp()).unwrap()
}

fn forex() -> Contract {
    Contract::forex("EUR", "USD").build()
}

/// The code of a refused request.
fn code<T: std::fmt::Debug>(result: Result<T, ibapi::Error>) -> (i32, String) {
    match result {
        Err(ibapi::Error::Notice(notice)) => (notice.code, notice.message),
        other => panic!("no notice: {other:?}"),
    }
}

async fn hours(
    client: &Client,
    contract: &Contract,
    show: WhatToShow,
) -> Result<HistoricalData, ibapi::Error> {
    client
        .historical_data(contract, BarSize::Hour)
        .between(at("2026-03-03T00:00:00Z"), at("2026-03-04T00:00:00Z"))
        .what_to_show(show)
        .trading_hours(TradingHours::Extended)
        .fetch()
        .await
}

fn seconds(bar: &Bar) -> i64 {
    match bar.date {
        BarTimestamp::DateTime(at) => at.unix_timestamp(),
        BarTimestamp::Date(date) => panic!("only a date: {date}"),
    }
}

#[actix_web::test]
async fn hours_of_every_kind_of_contract() {
    let market = Market::start("2026-03-06T00:00:00Z").await;
    let client = connect(&market, 1).await.unwrap();
    assert_eq!(client.server_version(), 213);
    for (contract, show, expected) in [
        (Contract::stock("TSLA").build(), WhatToShow::Trades, 7),
        (Contract::stock("BRK B").build(), WhatToShow::Trades, 7),
        (Contract::crypto("BTC").build(), WhatToShow::AggTrades, 24),
        (forex(), WhatToShow::MidPoint, 24),
        (forex(), WhatToShow::BidAsk, 24),
        (Contract::index("SPX"), WhatToShow::Trades, 7),
    ] {
        let found = hours(&client, &contract, show).await.unwrap();
        assert_eq!(found.bars.len(), expected, "{contract:?}");
        let first = &found.bars[0];
        let opens = if expected == 7 { "2026-03-03T14:00:00Z" } else { "2026-03-03T00:00:00Z" };
        assert_eq!(seconds(first), instant(opens).timestamp());
        let traded = matches!(show, WhatToShow::Trades | WhatToShow::AggTrades);
        assert_eq!(first.volume, if traded { 1000.0 } else { -1.0 });
        assert_eq!(first.count, if traded { 10 } else { -1 });
        if traded {
            let n = if expected == 7 { 38.0 } else { 24.0 };
            assert_eq!(
                (first.open, first.high, first.low, first.close),
                (100.0 + n, 103.0 + n, 98.0 + n, 101.0 + n)
            );
        }
    }
    let stats = market.stats("interactive_brokers").await;
    assert_eq!((&stats["requests"], &stats["limits_exceeded"]), (&6.into(), &0.into()));
    assert_eq!(
        market.keys("interactive_brokers", "2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z").await.len(),
        3 * 7 + 2 * 24 + 5
    );
}

#[actix_web::test]
async fn days_reach_back_by_sessions_and_are_dates() {
    let market = Market::start("2026-03-05T12:00:00Z").await;
    let client = connect(&market, 1).await.unwrap();
    let stock = Contract::stock("TSLA").build();
    let days = client
        .historical_data(&stock, BarSize::Day)
        .duration(5.days())
        .ending(at("2026-03-03T22:00:00Z"))
        .fetch()
        .await
        .unwrap();
    let dates: Vec<String> = days
        .bars
        .iter()
        .map(|bar| match bar.date {
            BarTimestamp::Date(date) => date.to_string(),
            BarTimestamp::DateTime(at) => panic!("an instant: {at}"),
        })
        .collect();
    assert_eq!(dates, ["2026-02-25", "2026-02-26", "2026-02-27", "2026-03-02", "2026-03-03"]);
    // Today's is not over, and yesterday's is the newest.
    let newest = client.historical_data(&stock, BarSize::Day).duration(1.days()).fetch().await.unwrap();
    assert_eq!(newest.bars[0].date.to_string(), "20260304");
    let adjusted = client
        .historical_data(&stock, BarSize::Day)
        .duration(1.days())
        .what_to_show(WhatToShow::AdjustedLast)
        .fetch()
        .await
        .unwrap();
    assert_eq!(adjusted.bars[0].close * 2.0, newest.bars[0].close);
    let weeks = client.historical_data(&stock, BarSize::Week).duration(4.weeks()).fetch().await.unwrap();
    assert_eq!(weeks.bars.len(), 4);
    assert_eq!((weeks.bars[0].open, weeks.bars[0].volume), (128.0, 5000.0));
}

#[actix_web::test]
async fn regular_hours_end_at_four_in_new_york() {
    let market = Market::start("2026-03-06T00:00:00Z").await;
    let client = connect(&market, 1).await.unwrap();
    let regular = client
        .historical_data(&Contract::stock("TSLA").build(), BarSize::Min)
        .duration(1.days())
        .ending(at("2026-03-02T23:00:00Z"))
        .trading_hours(TradingHours::Regular)
        .fetch()
        .await
        .unwrap();
    assert_eq!(regular.bars.len(), 81, "minutes from 9:30 to 11:00, without each tenth");
    assert_eq!(seconds(&regular.bars[0]), instant("2026-03-02T14:30:00Z").timestamp());
    assert_eq!(regular.start.offset().whole_hours(), -5);
}

#[actix_web::test]
async fn what_makes_no_sense_is_refused_by_its_code() {
    let market = Market::start("2026-03-06T00:00:00Z").await;
    let client = connect(&market, 1).await.unwrap();
    let stock = Contract::stock("TSLA").build();
    let nothing = Contract::stock("NOPE").build();
    assert_eq!(code(hours(&client, &nothing, WhatToShow::Trades).await).0, 200);
    assert_eq!(code(hours(&client, &Contract::stock("BRK.B").build(), WhatToShow::Trades).await).0, 200);
    let future = Contract::continuous_futures("ES").on_exchange("CME").build();
    assert_eq!(code(hours(&client, &future, WhatToShow::Trades).await).0, 200);
    assert_eq!(code(hours(&client, &Contract::crypto("BTC").build(), WhatToShow::Trades).await).0, 10299);
    let (no_data, text) = code(hours(&client, &forex(), WhatToShow::Trades).await);
    assert!(no_data == 162 && text.contains("returned no data"), "{text}");
    let too_long = client.historical_data(&stock, BarSize::Min).duration(2.weeks()).fetch().await;
    assert_eq!(code(too_long).0, 321);
    let before = client
        .historical_data(&stock, BarSize::Hour)
        .duration(1.days())
        .ending(at("2020-01-01T00:00:00Z"))
        .fetch()
        .await;
    assert!(code(before).1.contains("returned no data"));
    let details = client.contract_details(&stock).await.unwrap();
    assert_eq!(details[0].long_name, "Tesla");
    let known = Contract {
        contract_id: details[0].contract.contract_id,
        exchange: "SMART".into(),
        ..Contract::default()
    };
    assert_eq!(hours(&client, &known, WhatToShow::Trades).await.unwrap().bars.len(), 7);
    assert_eq!(code(client.contract_details(&nothing).await).0, 200);
    let head = client.head_timestamp(&stock, WhatToShow::Trades, TradingHours::Extended).await.unwrap();
    assert_eq!(head, at("2026-01-05T00:00:00Z"));
}

#[actix_web::test]
async fn a_client_id_belongs_to_one_connection() {
    let market = Market::start("2026-03-06T00:00:00Z").await;
    let first = connect(&market, 7).await.unwrap();
    match connect(&market, 7).await.err() {
        Some(ibapi::Error::ClientIdInUse { client_id: 7 }) => {}
        other => panic!("{other:?}"),
    }
    let other = connect(&market, 8).await.unwrap();
    drop(first);
    tokio::time::sleep(Duration::from_millis(100)).await;
    connect(&market, 7).await.unwrap();
    drop(other);
}

#[actix_web::test]
async fn pacing_is_kept_and_counted() {
    let running = Options { speed: 1.0, ..Options::default() };
    let market = Market::with("2026-03-06T00:00:00Z", running, None).await;
    let client = connect(&market, 1).await.unwrap();
    let stock = Contract::stock("TSLA").build();
    let small = |end: &str| {
        let end = at(end);
        let asked = client.historical_data(&stock, BarSize::Sec30).duration(1800.seconds()).ending(end);
        async { code(asked.fetch().await).1 }
    };
    let first = small("2026-03-02T15:00:00Z").await;
    assert!(first.contains("returned no data"), "the world has no such bars: {first}");
    assert!(small("2026-03-02T15:00:00Z").await.contains("pacing violation"), "the same within 15 s");
    for minute in 1..5 {
        assert!(small(&format!("2026-03-02T15:{minute:02}:00Z")).await.contains("no data"));
    }
    assert!(small("2026-03-02T15:10:00Z").await.contains("pacing violation"), "the sixth in 2 s");
    // Wider bars are not paced.
    for _ in 0..8 {
        assert_eq!(hours(&client, &stock, WhatToShow::Trades).await.unwrap().bars.len(), 7);
    }
    assert_eq!(market.stats("interactive_brokers").await["limits_exceeded"], 2);
}

/// What the first request gets when one fault strikes it, and what the second gets.
async fn struck(
    kind: &str,
) -> (Result<HistoricalData, ibapi::Error>, Result<HistoricalData, ibapi::Error>, Value) {
    let plan = json!({"rules": [{"source": "interactive_brokers", "kind": kind, "times": 1}]});
    let market = Market::with("2026-03-06T00:00:00Z", Options::default(), Some(plan)).await;
    let client = connect(&market, 1).await.unwrap();
    let stock = Contract::stock("TSLA").build();
    let first = hours(&client, &stock, WhatToShow::Trades).await;
    // After a broken connection the client comes back by itself; it may need a moment.
    let mut second = hours(&client, &stock, WhatToShow::Trades).await;
    for _ in 0..40 {
        if second.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        second = hours(&client, &stock, WhatToShow::Trades).await;
    }
    (first, second, market.stats("interactive_brokers").await)
}

#[actix_web::test]
async fn each_fault_strikes_once_and_leaves_the_rest_alone() {
    for (kind, expected) in [
        ("pacing_violation", Some((162, "pacing violation"))),
        ("no_data", Some((162, "returned no data"))),
        ("connection_lost_restored", None),
        ("socket_drop", None),
        ("no_end", None),
        ("silence", None),
        ("bad_length", None),
        ("garbage", None),
    ] {
        let (first, second, stats) = struck(kind).await;
        let bars = second.unwrap_or_else(|error| panic!("{kind}: the second request fails: {error}")).bars;
        assert_eq!(bars.len(), 7, "{kind}");
        assert_eq!(stats["faults"], 1, "{kind}");
        assert_eq!(stats["limits_exceeded"], 0, "{kind}");
        match (kind, expected) {
            (_, Some((number, words))) => {
                let (code, text) = code(first);
                assert!(code == number && text.contains(words), "{kind}: {code} {text}");
            }
            ("no_end" | "silence", None) => {
                assert!(matches!(first, Err(ibapi::Error::Timeout)), "{kind}: {first:?}")
            }
            ("garbage", None) => assert!(first.is_err(), "{first:?}"),
            ("connection_lost_restored", None) => assert!(first.is_ok(), "{first:?}"),
            // The client connects again and asks again by itself, unless its time is over before.
            (_, None) => {
                assert!(first.is_ok() || matches!(first, Err(ibapi::Error::Timeout)), "{kind}: {first:?}")
            }
        }
    }
}

#[actix_web::test]
async fn faults_of_the_connection() {
    for (kind, words) in [("server_212", "213"), ("client_id_in_use", "already in use")] {
        let plan = json!({"rules": [{"source": "interactive_brokers", "kind": kind, "times": 1}]});
        let market = Market::with("2026-03-06T00:00:00Z", Options::default(), Some(plan)).await;
        let error = connect(&market, 1).await.err().unwrap().to_string();
        assert!(error.contains(words), "{kind}: {error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        connect(&market, 1).await.unwrap();
    }
}

/// A greeting and the start of the API, by hand.
fn opening() -> Vec<u8> {
    let mut bytes = b"API\0\0\0\0\x09v213..226".to_vec();
    bytes.extend([0, 0, 0, 6, 0, 0, 1, 15, 8, 5]);
    bytes
}

async fn replies(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut part = [0; 4096];
    while let Ok(Ok(read @ 1..)) =
        tokio::time::timeout(Duration::from_millis(150), stream.read(&mut part)).await
    {
        all.extend_from_slice(&part[..read]);
    }
    all
}

#[actix_web::test]
async fn the_bytes_are_those_that_were_observed() {
    let market = Market::start("2026-03-02T15:00:00Z").await;
    let mut stream = TcpStream::connect(address(&market)).await.unwrap();
    stream.write_all(&opening()).await.unwrap();
    let all = replies(&mut stream).await;
    let welcome = b"213\x0020260302 10:00:00 US/Eastern\0";
    assert_eq!(all[..4], (welcome.len() as u32).to_be_bytes());
    assert_eq!(&all[4..4 + welcome.len()], welcome);
    let rest = &all[4 + welcome.len()..];
    assert_eq!(rest[..10], [0, 0, 0, 6, 0, 0, 0, 209, 8, 1], "next valid id");
    assert_eq!(rest[10..23], *b"\0\0\0\x09\0\0\0\xd7\x0a\x03DU1", "managed accounts");
    // Market data is not subscribed; a cancelled request that never was is unknown; so is message 77.
    stream.write_all(&[0, 0, 0, 6, 0, 0, 0, 201, 8, 3]).await.unwrap();
    stream.write_all(&[0, 0, 0, 6, 0, 0, 0, 225, 8, 4]).await.unwrap();
    stream.write_all(&[0, 0, 0, 4, 0, 0, 1, 21]).await.unwrap();
    stream.write_all(&[0, 0, 0, 5, 0, 0, 0, 220, 0xFF]).await.unwrap();
    let text = String::from_utf8_lossy(&replies(&mut stream).await).into_owned();
    for words in ["not subscribed", "for ticker id:4", "Unknown message id", "Server error when reading"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// A request for hours of TSLA, by hand.
fn request(id: u8) -> Vec<u8> {
    let mut contract = b"\x12\x04TSLA\x1a\x03STK".to_vec();
    contract.extend(b"\x42\x05SMART\x52\x03USD");
    let mut fields = vec![8, id, 0x12, contract.len() as u8];
    fields.extend(contract);
    fields.extend(b"\x22\x061 hour\x2a\x031 D\x3a\x06TRADES\x40\x02");
    let mut bytes = (fields.len() as u32 + 4).to_be_bytes().to_vec();
    bytes.extend(220_i32.to_be_bytes());
    bytes.extend(fields);
    bytes
}

fn count(bytes: &[u8], words: &str) -> usize {
    bytes.windows(words.len()).filter(|part| *part == words.as_bytes()).count()
}

#[actix_web::test]
async fn not_more_than_fifty_requests_are_open_at_once() {
    let plan = json!({"rules": [{"source": "interactive_brokers", "kind": "silence"}]});
    let market = Market::with("2026-03-06T00:00:00Z", Options::default(), Some(plan)).await;
    let mut stream = TcpStream::connect(address(&market)).await.unwrap();
    stream.write_all(&opening()).await.unwrap();
    for id in 1..=60 {
        stream.write_all(&request(id)).await.unwrap();
        // On a frozen clock a second of the limits' lasts less than two milliseconds.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let all = replies(&mut stream).await;
    assert_eq!(count(&all, "Only 50 simultaneous"), 10);
    stream.write_all(&[0, 0, 0, 6, 0, 0, 0, 225, 8, 4]).await.unwrap();
    stream.write_all(&request(61)).await.unwrap();
    stream.write_all(&request(5)).await.unwrap();
    let all = replies(&mut stream).await;
    assert_eq!(count(&all, "query cancelled: 4"), 1, "which makes room for another one");
    assert_eq!((count(&all, "Only 50"), count(&all, "Duplicate ticker id")), (0, 1));
    assert_eq!(market.stats("interactive_brokers").await["limits_exceeded"], 10);
}

#[actix_web::test]
async fn not_more_than_fifty_messages_a_second() {
    let running = Options { speed: 1.0, ..Options::default() };
    let market = Market::with("2026-03-06T00:00:00Z", running, None).await;
    let mut stream = TcpStream::connect(address(&market)).await.unwrap();
    stream.write_all(&opening()).await.unwrap();
    let time = [0, 0, 0, 4, 0, 0, 0, 249];
    stream.write_all(&time.repeat(51)).await.unwrap();
    let all = replies(&mut stream).await;
    assert_eq!(count(&all, "Max rate of messages"), 1);
    tokio::time::sleep(Duration::from_millis(900)).await;
    stream.write_all(&time).await.unwrap();
    assert_eq!(replies(&mut stream).await.len(), 14, "a second later it answers again");
    stream.write_all(&time.repeat(60)).await.unwrap();
    assert_eq!(count(&replies(&mut stream).await, "Max rate of messages"), 2);
    assert!(stream.read_u8().await.is_err(), "after three warnings it hangs up");
}

#[test]
fn no_bytes_end_the_gateway() {
    let system = actix_web::rt::System::new();
    let market = system.block_on(Market::start("2026-03-06T00:00:00Z"));
    let strategy = (any::<bool>(), any::<bool>(), any::<Option<u16>>(), any::<Vec<u8>>());
    let config = ProptestConfig { cases: 60, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&strategy, |(greets, framed, number, noise)| {
            system.block_on(async {
                let mut stream = TcpStream::connect(address(&market)).await.unwrap();
                let mut bytes = if greets { opening() } else { Vec::new() };
                if framed {
                    bytes.extend((noise.len() as u32 + 4).to_be_bytes());
                    bytes.extend((200 + i32::from(number.unwrap_or(20))).to_be_bytes());
                }
                bytes.extend(&noise);
                // The gateway may hang up in the midst of it.
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                let mut rest = Vec::new();
                let ended = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
                assert!(ended.is_ok(), "it hangs up on whoever hangs up");
            });
            Ok(())
        })
        .unwrap();
    system.block_on(async {
        let client = connect(&market, 1).await.unwrap();
        let found = hours(&client, &Contract::stock("TSLA").build(), WhatToShow::Trades).await.unwrap();
        assert_eq!(found.bars.len(), 7);
    });
}
