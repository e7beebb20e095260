//! Whatever the parameters are, the market's services answer.

use proptest::prelude::*;

use crate::market::Market;

const PATHS: [(&str, &str); 6] = [
    ("alpaca", "/v2/stocks/bars"),
    ("alpaca", "/v1beta3/crypto/us/bars"),
    ("alpaca", "/v1beta1/news"),
    ("alpha_vantage", "/query"),
    ("yahoo", "/v8/finance/chart/TSLA"),
    ("yahoo", "/v8/finance/chart/EURUSD=X"),
];

const NAMES: [&str; 24] = [
    "symbols",
    "timeframe",
    "start",
    "end",
    "limit",
    "adjustment",
    "page_token",
    "sort",
    "function",
    "symbol",
    "market",
    "from_symbol",
    "to_symbol",
    "interval",
    "month",
    "outputsize",
    "time_from",
    "time_to",
    "tickers",
    "period1",
    "period2",
    "range",
    "events",
    "includePrePost",
];

const VALUES: [&str; 30] = [
    "TSLA",
    "BTC/USD",
    "BTC",
    "EUR",
    "USD",
    "1Day",
    "12Month",
    "1Min",
    "1d",
    "1m",
    "3mo",
    "60min",
    "max",
    "ytd",
    "NEWS_SENTIMENT",
    "TIME_SERIES_INTRADAY",
    "CRYPTO_INTRADAY",
    "FX_DAILY",
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59:59Z",
    "9999-12",
    "00010101T0000",
    "-99999999999",
    "99999999999",
    "0",
    "full",
    "all",
    "desc",
    "MHxBQQ==",
];

#[test]
fn no_parameters_end_the_server() {
    let system = actix_web::rt::System::new();
    let market = system.block_on(Market::start("2026-03-06T12:00:00Z"));
    let value =
        prop_oneof![4 => prop::sample::select(&VALUES[..]).prop_map(str::to_owned), 1 => any::<String>()];
    let params = prop::collection::vec((prop::sample::select(&NAMES[..]), value), 0..10);
    let strategy = (prop::sample::select(&PATHS[..]), params);
    let config = ProptestConfig { cases: 400, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&strategy, |((source, path), params)| {
            let setup = &market.setup;
            let text = |section: &str, field: &str| setup[section][field].as_str().unwrap();
            let status = system.block_on(async {
                let request = market.client.get(format!("{}{path}", text(source, "base_url"))).query(&params);
                let request = request.query(&[("apikey", text("alpha_vantage", "api_key"))]);
                let request = request.header("APCA-API-KEY-ID", text("alpaca", "key_id"));
                let request = request.header("APCA-API-SECRET-KEY", text("alpaca", "secret_key"));
                request.send().await.unwrap().status().as_u16()
            });
            prop_assert!(
                [200, 400, 403, 404, 422, 429].contains(&status),
                "{} {} {:?}",
                status,
                path,
                params
            );
            Ok(())
        })
        .unwrap();
}
