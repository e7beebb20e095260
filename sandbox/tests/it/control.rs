use serde_json::{Value, json};

use crate::kit::Sandbox;

#[actix_web::test]
async fn the_clock_is_set_and_bad_wishes_are_refused() {
    let sandbox = Sandbox::start("2026-03-02T00:00:00Z", None).await;
    let shown: Value = sandbox.set_clock(json!({"at": "2026-03-04T05:06:07Z"})).await.json().await.unwrap();
    assert_eq!(shown, json!({"at": "2026-03-04T05:06:07Z", "speed": 0.0}));
    for wish in [json!({"at": "noon"}), json!({"speed": -1}), json!({"when": 1}), json!([])] {
        let response = sandbox.set_clock(wish.clone()).await;
        assert_eq!(response.status(), 400, "{wish}");
        assert!(response.json::<Value>().await.unwrap()["error"].is_string());
    }
    let shown: Value = sandbox
        .client
        .get(format!("{}/_world/clock", sandbox.base))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(shown["at"], "2026-03-04T05:06:07Z");
}

#[actix_web::test]
async fn requests_are_counted_and_the_date_is_the_worlds() {
    let sandbox = Sandbox::start("2026-03-02T00:00:00Z", None).await;
    let response = sandbox.x(&[("query", "$TSLA")]).await;
    assert_eq!(response.headers()["date"], "Mon, 02 Mar 2026 00:00:00 GMT");
    sandbox.stream("TSLA", &[]).await;
    let stats = sandbox.stats().await;
    assert_eq!(
        (&stats["x"]["requests"], &stats["stocktwits"]["requests"], &stats["alpaca"]["requests"]),
        (&1.into(), &1.into(), &0.into())
    );
    let nowhere = sandbox.client.get(format!("{}/myspace/a", sandbox.base)).send().await.unwrap();
    assert_eq!(nowhere.status(), 404);
    let truth: Value = sandbox
        .client
        .get(format!("{}/_world/truth", sandbox.base))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(truth, Value::Null);
}
