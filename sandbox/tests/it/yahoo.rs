use serde_json::{Value, json};

use crate::kit::instant;
use crate::market::Market;

async fn chart(market: &Market, symbol: &str, params: &[(&str, &str)]) -> (u16, Value) {
    let response = market.get("yahoo", &format!("/v8/finance/chart/{symbol}"), params).await;
    assert_eq!(response.headers()["content-type"], "application/json;charset=utf-8");
    (response.status().as_u16(), response.json().await.unwrap())
}

fn seconds(at: &str) -> String {
    instant(at).timestamp().to_string()
}

/// The one result of a chart that is there.
async fn result(
    market: &Market,
    symbol: &str,
    from: &str,
    to: &str,
    interval: &str,
    more: &[(&str, &str)],
) -> Value {
    let (from, to) = (seconds(from), seconds(to));
    let mut params = vec![("period1", from.as_str()), ("period2", to.as_str()), ("interval", interval)];
    params.extend(more);
    let (status, body) = chart(market, symbol, &params).await;
    assert_eq!((status, &body["chart"]["error"]), (200, &Value::Null), "{body}");
    body["chart"]["result"][0].clone()
}

#[actix_web::test]
async fn days_of_every_class_open_in_their_own_way() {
    let market = Market::start("2026-03-06T12:00:00Z").await;
    for (symbol, opens, class, days) in [
        ("TSLA", "2026-03-02T14:30:00Z", "EQUITY", 4),
        ("BRK-B", "2026-03-02T14:30:00Z", "EQUITY", 4),
        ("%5EGSPC", "2026-03-02T14:30:00Z", "INDEX", 4),
        ("BTC-USD", "2026-03-02T00:00:00Z", "CRYPTOCURRENCY", 4),
        ("EURUSD%3DX", "2026-03-02T00:00:00Z", "CURRENCY", 4),
    ] {
        let found = result(&market, symbol, "2026-03-02T00:00:00Z", "2026-03-06T11:00:00Z", "1d", &[]).await;
        let times = found["timestamp"].as_array().unwrap();
        assert_eq!((times.len(), &times[0]), (days, &instant(opens).timestamp().into()), "{symbol}");
        assert_eq!(found["meta"]["instrumentType"], class);
        let quote = &found["indicators"]["quote"][0];
        assert_eq!((&quote["open"][0], &quote["close"][0]), (&156.0.into(), &157.0.into()));
        assert_eq!(quote["volume"][0], if class == "CURRENCY" { 0 } else { 1000 });
        assert_eq!(found["indicators"]["adjclose"][0]["adjclose"][0], 78.5);
    }
    let meta =
        result(&market, "TSLA", "2026-03-02T00:00:00Z", "2026-03-06T11:00:00Z", "1d", &[]).await["meta"]
            .clone();
    assert_eq!(
        (&meta["gmtoffset"], &meta["exchangeTimezoneName"]),
        (&(-18000).into(), &"America/New_York".into())
    );
    assert_eq!(meta["currentTradingPeriod"]["regular"]["start"], instant("2026-03-06T14:30:00Z").timestamp());
    let keys = market.keys("yahoo", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z").await;
    assert!(keys.iter().any(|key| key["symbol"] == "TSLA"
        && key["interval"] == "1d"
        && key["opens_at"] == "2026-03-02T14:30:00Z"));
}

#[actix_web::test]
async fn minutes_without_trades_are_nulls() {
    let market = Market::start("2026-03-06T12:00:00Z").await;
    let found = result(&market, "TSLA", "2026-03-02T14:30:00Z", "2026-03-02T16:00:00Z", "1m", &[]).await;
    let times = found["timestamp"].as_array().unwrap();
    assert_eq!(times.len(), 89, "from the first to the last that was traded");
    let quote = &found["indicators"]["quote"][0];
    for name in ["open", "high", "low", "close", "volume"] {
        let list = quote[name].as_array().unwrap();
        assert_eq!(list.len(), 89);
        assert!(list[9].is_null() && list[8].is_number(), "{name}");
        assert_eq!(list.iter().filter(|value| value.is_null()).count(), 8);
    }
    assert_eq!(found["indicators"]["adjclose"], Value::Null);
    // A Saturday has neither times nor lists.
    let empty = result(&market, "TSLA", "2026-02-28T00:00:00Z", "2026-02-28T12:00:00Z", "1m", &[]).await;
    assert_eq!((&empty["timestamp"], &empty["indicators"]), (&Value::Null, &json!({"quote": [{}]})));
    let quarters = result(&market, "TSLA", "2026-03-02T14:30:00Z", "2026-03-02T15:30:00Z", "15m", &[]).await;
    assert_eq!(quarters["indicators"]["quote"][0]["volume"][0], 14_000);
    let hours = result(&market, "TSLA", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z", "1h", &[]).await;
    assert_eq!(hours["timestamp"].as_array().unwrap().len(), 7);
    let weeks = result(&market, "TSLA", "2026-02-16T00:00:00Z", "2026-03-06T00:00:00Z", "1wk", &[]).await;
    assert_eq!(weeks["timestamp"].as_array().unwrap().len(), 2, "the present one is not over");
}

#[actix_web::test]
async fn payments_are_told_to_who_asks() {
    let market = Market::start("2026-03-06T12:00:00Z").await;
    let (from, to) = ("2026-02-10T00:00:00Z", "2026-02-12T00:00:00Z");
    let found = result(&market, "TSLA", from, to, "1d", &[("events", "div|split|earn")]).await;
    let at = instant("2026-02-10T14:30:00Z").timestamp();
    assert_eq!(found["events"], json!({"dividends": {at.to_string(): {"amount": 2.72, "date": at}}}));
    assert_eq!(result(&market, "TSLA", from, to, "1d", &[]).await["events"], Value::Null);
    assert_eq!(result(&market, "TSLA", from, to, "1d", &[("events", "split")]).await["events"], Value::Null);
}

#[actix_web::test]
async fn what_cannot_be_had_is_refused_in_the_charts_own_words() {
    let market = Market::start("2026-03-06T12:00:00Z").await;
    let now = seconds("2026-03-06T12:00:00Z");
    for (symbol, from, interval, status, words) in [
        ("NOPE", "2026-03-01T00:00:00Z", "1d", 404, "No data found, symbol may be delisted"),
        ("EUR-USD", "2026-03-01T00:00:00Z", "1d", 404, "No data found"),
        ("TSLA", "2026-03-01T00:00:00Z", "7m", 400, "interval=7m is not supported"),
        ("TSLA", "2026-04-01T00:00:00Z", "1d", 400, "start date cannot be after end date"),
        ("TSLA", "2026-02-25T00:00:00Z", "1m", 422, "Only 8 days worth of 1m granularity"),
        ("TSLA", "2026-01-04T00:00:00Z", "5m", 422, "must be within the last 60 days"),
        ("TSLA", "2024-03-01T00:00:00Z", "1h", 422, "must be within the last 730 days"),
    ] {
        let from = seconds(from);
        let params = [("period1", from.as_str()), ("period2", now.as_str()), ("interval", interval)];
        let (found, body) = chart(&market, symbol, &params).await;
        assert_eq!((found, &body["chart"]["result"]), (status, &Value::Null), "{symbol} {interval}");
        let text = body["chart"]["error"]["description"].as_str().unwrap();
        assert!(text.contains(words) && body["chart"]["error"]["code"].is_string(), "{text}");
    }
    let early = [("period1", "1769000000"), ("period2", "1769100000"), ("interval", "1m")];
    assert_eq!(chart(&market, "TSLA", &early).await.0, 422, "older than thirty days");
    assert_eq!(chart(&market, "TSLA", &[("period1", "yesterday")]).await.0, 400);
    assert_eq!(chart(&market, "TSLA", &[("range", "5d"), ("interval", "1d")]).await.0, 200);
    assert_eq!(chart(&market, "TSLA", &[("range", "5y"), ("interval", "2m")]).await.0, 422);
    assert_eq!(chart(&market, "TSLA", &[("range", "7d")]).await.0, 400);
}

#[actix_web::test]
async fn a_crumb_is_given_for_a_cookie() {
    let market = Market::start("2026-03-06T12:00:00Z").await;
    let page = market.get("yahoo", "/", &[]).await;
    assert_eq!(page.status(), 404);
    let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let without = market.get("yahoo", "/v1/test/getcrumb", &[]).await;
    assert_eq!(without.status(), 401);
    let url = format!("{}/yahoo/v1/test/getcrumb", market.base);
    let given = market.client.get(url).header("cookie", format!("B=1; {cookie}")).send().await.unwrap();
    assert_eq!(given.status(), 200);
    let crumb = given.text().await.unwrap();
    assert_eq!(chart(&market, "TSLA", &[("crumb", &crumb)]).await.0, 200);
    let (status, body) = chart(&market, "TSLA", &[("crumb", "stale")]).await;
    assert_eq!((status, &body["finance"]["error"]["description"]), (401, &"Invalid Crumb".into()));
}

#[actix_web::test]
async fn too_many_requests_are_said_in_plain_text() {
    let plan = json!({"rules": [{"source": "yahoo", "kind": "rate_limit", "times": 1}]});
    let market = Market::with("2026-03-06T12:00:00Z", sandbox::serve::Options::default(), Some(plan)).await;
    let refused = market.get("yahoo", "/v8/finance/chart/TSLA", &[]).await;
    assert_eq!((refused.status().as_u16(), refused.text().await.unwrap().trim()), (429, "Too Many Requests"));
}
