use serde_json::Value;

use crate::kit::{Sandbox, body, header};
use crate::market::Market;

#[actix_web::test]
async fn refuses_a_wrong_key() {
    let sandbox = Sandbox::start("2026-03-03T00:00:00Z", None).await;
    let url = format!("{}/alpaca/v2/stocks/bars?symbols=TSLA&timeframe=1Day", sandbox.base);
    let response = sandbox.client.get(url).header("APCA-API-KEY-ID", "x").send().await.unwrap();
    assert_eq!(response.status(), 403);
    assert_eq!(response.json::<Value>().await.unwrap()["message"], "forbidden.");
}

#[actix_web::test]
async fn bars_are_complete_over_pages_and_sorted_by_symbol() {
    let sandbox = Sandbox::start("2026-03-04T00:00:00Z", None).await;
    let mut token = String::new();
    let mut found: Vec<(String, String)> = Vec::new();
    loop {
        let params = [
            ("symbols", "TSLA,BRK.A,NOPE"),
            ("timeframe", "1Day"),
            ("start", "2026-01-01"),
            ("end", "2026-03-03T23:45:00Z"),
            ("limit", "7"),
            ("page_token", &token),
        ];
        let page = body(sandbox.alpaca("/v2/stocks/bars", &params).await).await;
        for (symbol, bars) in page["bars"].as_object().unwrap() {
            found.extend(
                bars.as_array()
                    .unwrap()
                    .iter()
                    .map(|bar| (symbol.clone(), bar["t"].as_str().unwrap().to_owned())),
            );
        }
        match page["next_page_token"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(found.len(), 2 * 37, "a bar is there once its day has passed");
    assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "each once, by symbol, then time");
    assert_eq!(found[36], ("BRK.A".to_owned(), "2026-03-03T05:00:00Z".to_owned()), "midnight in New York");
    assert!(found.iter().any(|(symbol, _)| symbol == "TSLA"));
}

#[actix_web::test]
async fn coins_adjustment_and_recent_bars() {
    let sandbox = Sandbox::start("2026-03-02T12:00:00Z", None).await;
    let coins = [("symbols", "BTC/USD"), ("timeframe", "1Hour"), ("start", "2026-03-02T00:00:00Z")];
    let page = body(sandbox.alpaca("/v1beta3/crypto/us/bars", &coins).await).await;
    assert_eq!(page["bars"]["BTC/USD"].as_array().unwrap().len(), 12);
    let stocks = [("symbols", "TSLA"), ("timeframe", "1Hour"), ("start", "2026-03-02T00:00:00Z")];
    let recent = sandbox.alpaca("/v2/stocks/bars", &stocks).await;
    assert_eq!(recent.status(), 403);
    assert_eq!(
        recent.json::<Value>().await.unwrap()["message"],
        "subscription does not permit querying recent SIP data"
    );
    let older = [stocks[0], stocks[1], stocks[2], ("end", "2026-03-02T11:44:00Z"), ("adjustment", "all")];
    let page = body(sandbox.alpaca("/v2/stocks/bars", &older).await).await;
    let bars = page["bars"]["TSLA"].as_array().unwrap();
    assert_eq!((bars.len(), &bars[0]["o"], &bars[0]["c"]), (12, &5.0.into(), &5.5.into()));
}

#[actix_web::test]
async fn news_pages_and_filters() {
    let sandbox = Sandbox::start("2026-03-03T00:00:00Z", None).await;
    for sort in ["asc", "desc"] {
        let mut token = String::new();
        let mut found = Vec::new();
        loop {
            let params = [
                ("limit", "50"),
                ("sort", sort),
                ("symbols", "TSLA"),
                ("start", "2026-03-02T00:00:00Z"),
                ("page_token", &token),
            ];
            let page = body(sandbox.alpaca("/v1beta1/news", &params).await).await;
            found.extend(
                page["news"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|item| item["updated_at"].as_str().unwrap().to_owned()),
            );
            match page["next_page_token"].as_str() {
                Some(next) => token = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(found.len(), 73);
        assert!(found.windows(2).all(|pair| if sort == "asc" {
            pair[0] < pair[1]
        } else {
            pair[0] > pair[1]
        }));
    }
}

#[actix_web::test]
async fn the_limit_opens_again_even_on_a_frozen_clock() {
    let sandbox = Sandbox::start("2026-03-03T00:00:00Z", None).await;
    let mut refused = None;
    // The window of a frozen clock is a tenth of a second long: ask from several sides to get over the limit at all.
    for _ in 0..40 {
        let asked = (0..100).map(|_| sandbox.alpaca("/v1beta1/news", &[("limit", "1")]));
        let answers = futures::future::join_all(asked).await;
        refused = answers.into_iter().find(|answer| answer.status() == 429);
        if refused.is_some() {
            break;
        }
    }
    if let Some(refused) = refused {
        let wait = header(&refused, "retry-after");
        assert!((1..=2).contains(&wait));
        actix_web::rt::time::sleep(std::time::Duration::from_secs(wait as u64)).await;
    }
    assert_eq!(sandbox.alpaca("/v1beta1/news", &[]).await.status(), 200);
}

#[actix_web::test]
async fn what_alpaca_does_not_have_is_absent_or_refused() {
    let market = Market::start("2026-03-06T00:00:00Z").await;
    let ask = async |path: &str, params: &[(&str, &str)]| {
        let key = &market.setup["alpaca"];
        let mut all = vec![("end", "2026-03-05T23:45:00Z")];
        all.extend(params);
        let request = market.client.get(format!("{}{path}", key["base_url"].as_str().unwrap())).query(&all);
        let request = request.header("APCA-API-KEY-ID", key["key_id"].as_str().unwrap());
        let response =
            request.header("APCA-API-SECRET-KEY", key["secret_key"].as_str().unwrap()).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let stocks = "/v2/stocks/bars";
    for (path, symbols, refused) in [
        (stocks, "TSLA,BRK-B", Some("invalid symbol: BRK-B")),
        (stocks, "EUR-USD", Some("invalid symbol: EUR-USD")),
        (stocks, "^GSPC", Some("invalid symbol: ^GSPC")),
        (stocks, "TSLA,,BRK.B", Some("invalid symbol: ")),
        (stocks, "NOPE", None),
        (stocks, "GSPC", None),
        ("/v1beta3/crypto/us/bars", "BTCUSD", Some("invalid symbol: BTCUSD")),
        ("/v1beta3/crypto/us/bars", "EUR/USD", None),
    ] {
        let params = [("symbols", symbols), ("timeframe", "1Day"), ("start", "2026-03-01")];
        let (status, body) = ask(path, &params).await;
        match refused {
            Some(message) => assert_eq!((status, &body["message"]), (400, &message.into())),
            None => assert_eq!((status, &body["bars"]), (200, &serde_json::json!({})), "{symbols}"),
        }
    }
    for (name, value) in
        [("timeframe", "61Min"), ("feed", "moon"), ("adjustment", "none"), ("limit", "10001")]
    {
        let mut params = vec![("symbols", "TSLA"), ("start", "2026-03-01"), (name, value)];
        if name != "timeframe" {
            params.push(("timeframe", "1Day"));
        }
        assert_eq!(ask(stocks, &params).await.0, 400, "{name}");
    }
}

#[actix_web::test]
async fn wider_bars_and_the_numbers_of_each() {
    let market = Market::start("2026-03-06T12:00:00Z").await;
    let key = &market.setup["alpaca"];
    let ask = async |timeframe: &str, start: &str| {
        let params = [
            ("symbols", "TSLA"),
            ("timeframe", timeframe),
            ("start", start),
            ("end", "2026-03-06T11:00:00Z"),
        ];
        let request =
            market.client.get(format!("{}/v2/stocks/bars", key["base_url"].as_str().unwrap())).query(&params);
        let request = request.header("APCA-API-KEY-ID", key["key_id"].as_str().unwrap());
        let request = request.header("APCA-API-SECRET-KEY", key["secret_key"].as_str().unwrap());
        body(request.send().await.unwrap()).await["bars"]["TSLA"].clone()
    };
    let weeks = ask("1Week", "2026-02-20").await;
    assert_eq!(weeks.as_array().unwrap().len(), 1);
    assert_eq!((&weeks[0]["t"], &weeks[0]["v"]), (&"2026-02-23T05:00:00Z".into(), &5000.into()));
    let halves = ask("30Min", "2026-03-02T14:00:00Z").await;
    assert_eq!(halves.as_array().unwrap().len(), 3, "from the minutes that there are");
    assert_eq!((&halves[0]["t"], &halves[0]["n"]), (&"2026-03-02T14:30:00Z".into(), &270.into()));
    let hours = ask("1Hour", "2026-03-02T14:00:00Z").await;
    assert_eq!((&hours[0]["o"], &hours[0]["vw"]), (&114.0.into(), &114.5.into()));
    let keys = market.keys("alpaca", "2026-03-05T00:00:00Z", "2026-03-06T00:00:00Z").await;
    let days: Vec<_> = keys.iter().filter(|key| key["interval"] == "1d").collect();
    assert_eq!(days.len(), 3, "two shares and a coin");
    assert!(days.iter().any(|key| key["symbol"] == "TSLA"
        && key["opens_at"] == "2026-03-05T05:00:00Z"
        && key["session_date"] == "2026-03-05"));
    assert!(keys.iter().all(|key| key["symbol"] != "EUR-USD" && key["symbol"] != "^GSPC"));
}
