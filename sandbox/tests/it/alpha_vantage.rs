use std::collections::BTreeMap;

use sandbox::serve::Options;
use sandbox::{AlphaVantagePlan, ServiceOptions};
use serde_json::{Value, json};

use crate::market::Market;

/// Asks with the right key; every answer has status 200.
async fn ask(market: &Market, params: &[(&str, &str)]) -> Value {
    let key = market.setup["alpha_vantage"]["api_key"].as_str().unwrap();
    let mut all = vec![("apikey", key)];
    all.extend(params);
    let response = market.get("alpha_vantage", "/query", &all).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    response.json().await.unwrap()
}

fn rows(body: &Value, name: &str) -> BTreeMap<String, Value> {
    let rows = body[name].as_object().unwrap_or_else(|| panic!("no {name}: {body}"));
    rows.iter().map(|(time, row)| (time.clone(), row.clone())).collect()
}

#[actix_web::test]
async fn days_of_shares_pairs_and_coins() {
    let market = Market::start("2026-03-06T12:00:00Z").await;
    let shares = ask(&market, &[("function", "TIME_SERIES_DAILY"), ("symbol", "TSLA")]).await;
    assert_eq!(
        shares["Meta Data"],
        json!({"1. Information": "Daily Prices (open, high, low, close) and Volumes", "2. Symbol": "TSLA",
            "3. Last Refreshed": "2026-03-05", "4. Output Size": "Compact", "5. Time Zone": "US/Eastern"})
    );
    let days = rows(&shares, "Time Series (Daily)");
    assert_eq!(days.len(), 44, "the weekdays from 5 January to 5 March");
    assert_eq!(
        days["2026-03-05"],
        json!({"1. open": "159.0000", "2. high": "162.0000", "3. low": "157.0000", "4. close": "160.0000", "5. volume": "1000"})
    );
    let pair = [("function", "FX_DAILY"), ("from_symbol", "EUR"), ("to_symbol", "USD")];
    let pair = ask(&market, &pair).await;
    assert_eq!(pair["Meta Data"]["6. Time Zone"], "UTC");
    let days = rows(&pair, "Time Series FX (Daily)");
    assert_eq!(
        days["2026-03-05"],
        json!({"1. open": "159.00000", "2. high": "162.00000", "3. low": "157.00000", "4. close": "160.00000"})
    );
    let coin = [("function", "DIGITAL_CURRENCY_DAILY"), ("symbol", "BTC"), ("market", "USD")];
    let coin = ask(&market, &coin).await;
    assert_eq!(coin["Meta Data"]["3. Digital Currency Name"], "Bitcoin");
    assert_eq!(rows(&coin, "Time Series (Digital Currency Daily)").len(), 60);
    let adjusted = ask(&market, &[("function", "TIME_SERIES_DAILY_ADJUSTED"), ("symbol", "TSLA")]).await;
    let days = rows(&adjusted, "Time Series (Daily)");
    assert_eq!(days["2026-02-10"]["7. dividend amount"], "2.7200");
    assert_eq!(days["2026-02-11"]["7. dividend amount"], "0.0000");
    assert_eq!(
        (&days["2026-03-05"]["5. adjusted close"], &days["2026-03-05"]["8. split coefficient"]),
        (&"80.0000".into(), &"1.0".into())
    );
}

#[actix_web::test]
async fn shares_within_a_day_are_told_by_new_yorks_clocks() {
    let market = Market::start("2026-03-06T12:00:00Z").await;
    let hours = |more: &[(&'static str, &'static str)]| {
        let mut all = vec![("function", "TIME_SERIES_INTRADAY"), ("symbol", "TSLA"), ("interval", "60min")];
        all.extend(more);
        all
    };
    let raw = ask(&market, &hours(&[("adjusted", "false")])).await;
    let times = rows(&raw, "Time Series (60min)");
    assert_eq!(times.len(), 28, "four days of seven hours");
    assert_eq!(times["2026-03-02 09:00:00"]["1. open"], "114.0000", "14:00 in UTC");
    assert_eq!(raw["Meta Data"]["4. Interval"], "60min");
    let adjusted = rows(&ask(&market, &hours(&[])).await, "Time Series (60min)");
    assert_eq!(adjusted["2026-03-02 09:00:00"]["1. open"], "57.0000");
    let minutes = [("function", "TIME_SERIES_INTRADAY"), ("symbol", "TSLA"), ("interval", "1min")];
    let compact = ask(&market, &minutes).await;
    assert_eq!(rows(&compact, "Time Series (1min)").len(), 81);
    let newest_first = compact.to_string();
    assert_eq!(compact["Meta Data"]["3. Last Refreshed"], "2026-03-02 10:58:00");
    assert!(newest_first.contains("10:58:00"));
    let regular = rows(&ask(&market, &hours(&[("extended_hours", "false")])).await, "Time Series (60min)");
    assert_eq!(regular.len(), 28);
    let february = ask(&market, &hours(&[("month", "2026-02"), ("outputsize", "full")])).await;
    assert!(rows(&february, "Time Series (60min)").is_empty());
    let march = ask(&market, &hours(&[("month", "2026-03"), ("outputsize", "full")])).await;
    assert_eq!(rows(&march, "Time Series (60min)").len(), 28);
    let pair =
        [("function", "FX_INTRADAY"), ("from_symbol", "EUR"), ("to_symbol", "USD"), ("interval", "60min")];
    let pair = rows(&ask(&market, &pair).await, "Time Series FX (60min)");
    assert_eq!(pair.len(), 100, "the newest hundred");
    assert!(pair.contains_key("2026-03-06 11:00:00"));
    let coin = [
        ("function", "CRYPTO_INTRADAY"),
        ("symbol", "BTC"),
        ("market", "USD"),
        ("interval", "60min"),
        ("outputsize", "full"),
    ];
    let coin = rows(&ask(&market, &coin).await, "Time Series Crypto (60min)");
    assert_eq!(coin["2026-03-02 00:00:00"]["5. volume"], "1000.00000000");
}

#[actix_web::test]
async fn the_newest_row_is_written_first() {
    let market = Market::start("2026-03-06T12:00:00Z").await;
    let key = market.setup["alpha_vantage"]["api_key"].as_str().unwrap();
    let params = [("function", "TIME_SERIES_DAILY"), ("symbol", "TSLA"), ("apikey", key)];
    let text = market.get("alpha_vantage", "/query", &params).await.text().await.unwrap();
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part}"));
    assert!(place("Meta Data") < place("\"2026-03-05\":"));
    assert!(place("\"2026-03-05\":") < place("\"2026-03-04\":"));
}

#[actix_web::test]
async fn news_is_read_on_from_its_last_instant() {
    let market = Market::start("2026-03-02T12:00:00Z").await;
    let mut from = "20260302T0000".to_owned();
    let mut urls = Vec::new();
    loop {
        let params =
            [("function", "NEWS_SENTIMENT"), ("time_from", &*from), ("limit", "10"), ("sort", "EARLIEST")];
        let page = ask(&market, &params).await;
        let feed = page["feed"].as_array().unwrap();
        assert_eq!(page["items"], feed.len().to_string());
        urls.extend(feed.iter().map(|item| item["url"].as_str().unwrap().to_owned()));
        let Some(last) = feed.last().filter(|_| feed.len() == 10) else { break };
        last["time_published"].as_str().unwrap()[..13].clone_into(&mut from);
    }
    urls.sort();
    urls.dedup();
    assert_eq!(urls.len(), 73, "those of half a day, the present minute included");
    let keys = market.keys("alpha_vantage", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z").await;
    assert_eq!(keys.iter().filter(|key| key["url"].is_string()).count(), 73);
    let coins = [
        ("function", "NEWS_SENTIMENT"),
        ("tickers", "CRYPTO:BTC"),
        ("topics", "blockchain"),
        ("time_to", "20260302T0100"),
    ];
    let coins = ask(&market, &coins).await;
    assert_eq!(coins["items"], "3");
    let item = &coins["feed"][0];
    assert_eq!(
        (&item["time_published"], &item["source_domain"]),
        (&"20260302T005000".into(), &"e.example".into())
    );
    assert_eq!(item["ticker_sentiment"][0]["relevance_score"], "1.000000");
    assert!(
        item["overall_sentiment_score"].is_number()
            && item["ticker_sentiment"][0]["ticker_sentiment_score"].is_string()
    );
    let both = [("function", "NEWS_SENTIMENT"), ("tickers", "CRYPTO:BTC,TSLA")];
    assert_eq!(ask(&market, &both).await["items"], "0", "all must be met");
}

#[actix_web::test]
async fn everything_that_is_wrong_is_said_with_200() {
    let market = Market::start("2026-03-06T12:00:00Z").await;
    for params in [
        vec![("function", "TIME_SERIES_DAILY")],
        vec![("function", "TIME_SERIES_DAILY"), ("symbol", "NOPE")],
        vec![("function", "TIME_SERIES_DAILY"), ("symbol", "^GSPC")],
        vec![("function", "TIME_SERIES_DAILY"), ("symbol", "TSLA"), ("outputsize", "huge")],
        vec![("function", "TIME_SERIES_DAILY"), ("symbol", "TSLA"), ("datatype", "csv")],
        vec![("function", "TIME_SERIES_INTRADAY"), ("symbol", "TSLA")],
        vec![("function", "TIME_SERIES_INTRADAY"), ("symbol", "TSLA"), ("interval", "2min")],
        vec![
            ("function", "TIME_SERIES_INTRADAY"),
            ("symbol", "TSLA"),
            ("interval", "1min"),
            ("month", "2026-3"),
        ],
        vec![("function", "FX_DAILY"), ("from_symbol", "EUR")],
        vec![("function", "NEWS_SENTIMENT"), ("limit", "1001")],
        vec![("function", "NEWS_SENTIMENT"), ("time_from", "2026-03-02")],
        vec![("function", "NEWS_SENTIMENT"), ("sort", "OLDEST")],
        vec![("function", "NEWS_SENTIMENT"), ("topics", "gardening")],
        vec![("function", "TIME_TRAVEL")],
        vec![],
    ] {
        let body = ask(&market, &params).await;
        assert!(
            body["Error Message"].is_string() && body.as_object().unwrap().len() == 1,
            "{params:?}: {body}"
        );
    }
    for key in ["", "wrong"] {
        let params = [("function", "TIME_SERIES_DAILY"), ("symbol", "TSLA"), ("apikey", key)];
        let body: Value = market.get("alpha_vantage", "/query", &params).await.json().await.unwrap();
        assert!(body["Error Message"].as_str().unwrap().contains("apikey is invalid or missing"));
    }
}

#[actix_web::test]
async fn the_free_plan_is_narrow() {
    let services = ServiceOptions { alpha_vantage: AlphaVantagePlan::Free };
    let options = Options { services, speed: 40.0, ..Options::default() };
    let market = Market::with("2026-03-06T12:00:00Z", options, None).await;
    let setup = &market.setup["alpha_vantage"];
    assert_eq!((&setup["calls_per_minute"], &setup["calls_per_day"]), (&1920.into(), &25.into()));
    let pause = || tokio::time::sleep(std::time::Duration::from_millis(26));
    for params in [
        vec![("function", "TIME_SERIES_DAILY"), ("symbol", "TSLA"), ("outputsize", "full")],
        vec![("function", "TIME_SERIES_DAILY_ADJUSTED"), ("symbol", "TSLA")],
        vec![("function", "TIME_SERIES_INTRADAY"), ("symbol", "TSLA"), ("interval", "60min")],
    ] {
        let body = ask(&market, &params).await;
        assert!(body["Information"].as_str().unwrap().contains("premium endpoint"), "{body}");
        pause().await;
    }
    let daily = [("function", "TIME_SERIES_DAILY"), ("symbol", "TSLA")];
    for _ in 3..25 {
        assert!(ask(&market, &daily).await["Time Series (Daily)"].is_object());
        pause().await;
    }
    let over = ask(&market, &daily).await;
    let text = over["Information"].as_str().unwrap();
    assert!(
        text.contains("25 requests per day") && text.contains(setup["api_key"].as_str().unwrap()),
        "{text}"
    );
    assert_eq!(market.stats("alpha_vantage").await["limits_exceeded"], 1);
    assert!(
        market
            .keys("alpha_vantage", "2026-03-02T00:00:00Z", "2026-03-06T00:00:00Z")
            .await
            .iter()
            .all(|key| key["interval"] != "1h")
    );
}

#[actix_web::test]
async fn calls_of_the_free_plan_lie_a_second_apart() {
    let services = ServiceOptions { alpha_vantage: AlphaVantagePlan::Free };
    let options = Options { services, speed: 1.0, ..Options::default() };
    let market = Market::with("2026-03-06T12:00:00Z", options, None).await;
    let daily = [("function", "TIME_SERIES_DAILY"), ("symbol", "TSLA")];
    assert!(ask(&market, &daily).await["Time Series (Daily)"].is_object());
    let text = ask(&market, &daily).await["Information"].to_string();
    assert!(text.contains("1 request per second"), "{text}");
}

#[actix_web::test]
async fn the_premium_plan_has_seventy_five_calls_a_minute() {
    let options = Options { speed: 1.0, ..Options::default() };
    let market = Market::with("2026-03-06T12:00:30Z", options, None).await;
    assert_eq!(market.setup["alpha_vantage"]["calls_per_minute"], 75);
    let daily = [("function", "TIME_SERIES_DAILY"), ("symbol", "TSLA")];
    for _ in 0..75 {
        assert!(ask(&market, &daily).await["Time Series (Daily)"].is_object());
    }
    assert!(ask(&market, &daily).await["Information"].as_str().unwrap().contains("75 requests per minute"));
}
