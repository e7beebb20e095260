use serde_json::{Value, json};

use crate::kit::{Sandbox, header};

#[actix_web::test]
async fn each_kind_strikes_as_planned() {
    let plan = json!({"rules": [
        {"source": "x", "kind": "rate_limit", "retry_after_s": 3, "times": 1},
        {"source": "x", "kind": "server_error", "status": 503, "times": 1},
        {"source": "x", "kind": "cut_connection", "times": 1},
        {"source": "x", "kind": "malformed_json", "times": 1},
        {"source": "x", "kind": "duplicates", "times": 1},
        {"source": "feeds", "kind": "unavailable"},
        {"source": "stocktwits", "kind": "slow", "ms": 200, "times": 1},
    ]});
    let sandbox = Sandbox::start("2026-03-03T00:00:00Z", Some(plan)).await;
    let ask = || sandbox.x(&[("query", "$TSLA")]);
    let limited = ask().await;
    assert_eq!((limited.status().as_u16(), header(&limited, "retry-after")), (429, 3));
    assert_eq!(ask().await.status(), 503);
    assert!(ask().await.bytes().await.is_err(), "the connection is cut");
    let malformed = ask().await;
    assert_eq!(malformed.status(), 200);
    assert!(malformed.json::<Value>().await.is_err());
    let doubled: Value = ask().await.json().await.unwrap();
    assert_eq!(doubled["data"].as_array().unwrap().len(), 15);
    let sound: Value = ask().await.json().await.unwrap();
    assert_eq!(sound["data"].as_array().unwrap().len(), 10);
    let url = sandbox.setup["feeds"][0]["url"].as_str().unwrap();
    for _ in 0..3 {
        assert_eq!(sandbox.client.get(url).send().await.unwrap().status(), 503);
    }
    let asked = std::time::Instant::now();
    assert_eq!(sandbox.stream("TSLA", &[]).await.status(), 200);
    assert!(asked.elapsed().as_millis() >= 200);
    let stats = sandbox.stats().await;
    assert_eq!(
        (&stats["x"]["faults"], &stats["feeds"]["faults"], &stats["stocktwits"]["faults"]),
        (&5.into(), &3.into(), &1.into())
    );
}

#[test]
fn a_plan_that_makes_no_sense_is_refused_with_its_rule() {
    let dir = tempfile::tempdir().unwrap();
    let (world, _) = sandbox::load(&[crate::kit::write_world(&dir.path().join("w"))]).unwrap();
    let file = dir.path().join("plan.json");
    std::fs::write(&file, r#"{"rules":[{"source":"x","kind":"slow"},{"source":"nowhere","kind":"slow"}]}"#)
        .unwrap();
    let options = sandbox::serve::Options { faults: Some(file), ..Default::default() };
    let error = format!("{:#}", sandbox::serve::start(world, &options).err().unwrap());
    assert!(error.contains("plan.json: rule 2") && error.contains("nowhere"), "{error}");
}
