use serde_json::Value;

use crate::kit::{Sandbox, body, header};

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
            ("symbols", "TSLA,BRK.A,EUR-USD,NOPE"),
            ("timeframe", "1Day"),
            ("start", "2026-01-01"),
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
    assert_eq!(found.len(), 3 * 37, "a bar is there once its day has passed");
    assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "each once, by symbol, then time");
    assert!(
        found.iter().any(|(symbol, _)| symbol == "BRK.A")
            && found.iter().any(|(symbol, _)| symbol == "EUR-USD")
    );
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
