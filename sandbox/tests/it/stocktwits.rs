use std::collections::BTreeSet;

use serde_json::Value;

use crate::kit::{Sandbox, body, header};

async fn all(sandbox: &Sandbox, symbol: &str) -> Vec<u64> {
    let mut found = Vec::new();
    let mut max = String::new();
    loop {
        let page = body(sandbox.stream(symbol, &[("max", &max)]).await).await;
        let messages = page["messages"].as_array().unwrap();
        assert!(messages.len() <= 30);
        found.extend(messages.iter().map(|message| message["id"].as_u64().unwrap()));
        if page["cursor"]["more"] == false {
            return found;
        }
        max = page["cursor"]["max"].to_string();
    }
}

#[actix_web::test]
async fn the_streams_of_the_setup_hold_every_post() {
    let sandbox = Sandbox::start("2026-03-03T00:00:00Z", None).await;
    let streams: Vec<&str> = sandbox.setup["stocktwits"]["streams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_str().unwrap())
        .collect();
    assert_eq!(streams, ["BRK.A", "BTC.X", "GENERAL", "ODD"]);
    let mut found = BTreeSet::new();
    for stream in &streams {
        found.extend(all(&sandbox, stream).await);
    }
    assert_eq!(found.len(), 70);
    let bitcoin = all(&sandbox, "BTC.X").await;
    assert_eq!(
        (bitcoin.len(), bitcoin.iter().collect::<BTreeSet<_>>().len()),
        (63, 63),
        "paged without a gap or a repeat"
    );
}

#[actix_web::test]
async fn since_gives_what_is_newer_although_ids_are_not_in_order() {
    let sandbox = Sandbox::start("2026-03-02T00:30:00Z", None).await;
    let before = body(sandbox.stream("BTC.X", &[]).await).await;
    let known: BTreeSet<u64> = all(&sandbox, "BTC.X").await.into_iter().collect();
    let since = before["cursor"]["since"].to_string();
    sandbox.set_clock(serde_json::json!({"at": "2026-03-02T00:50:00Z"})).await;
    let newer = body(sandbox.stream("BTC.X", &[("since", &since)]).await).await;
    let fresh: Vec<u64> =
        newer["messages"].as_array().unwrap().iter().map(|m| m["id"].as_u64().unwrap()).collect();
    assert_eq!(fresh.len(), 18);
    assert!(fresh.iter().all(|id| !known.contains(id)));
}

#[actix_web::test]
async fn unknown_symbols_and_the_limit() {
    let sandbox = Sandbox::start("2026-03-03T00:00:00Z", None).await;
    let unknown = sandbox.stream("NOPE", &[]).await;
    assert_eq!(unknown.status(), 404);
    assert_eq!(unknown.json::<Value>().await.unwrap()["response"]["status"], 404);
    assert_eq!(sandbox.stream("TSLA", &[]).await.status(), 200, "an asset without posts has an empty stream");
    sandbox.set_clock(serde_json::json!({"speed": 1.0})).await;
    for _ in 0..200 {
        sandbox.stream("BRK.A", &[("limit", "1")]).await;
    }
    let refused = sandbox.stream("BRK.A", &[]).await;
    assert_eq!(refused.status(), 429);
    assert!(header(&refused, "retry-after") > 0);
    sandbox.set_clock(serde_json::json!({"at": "2026-03-03T02:00:00Z"})).await;
    assert_eq!(sandbox.stream("BRK.A", &[]).await.status(), 200);
}
