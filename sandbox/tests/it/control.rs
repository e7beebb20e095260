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

async fn keys(sandbox: &Sandbox, query: &str) -> Vec<Value> {
    let url = format!("{}/_world/keys?{query}", sandbox.base);
    let response = sandbox.client.get(url).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[actix_web::test]
async fn keys_are_what_a_source_would_show() {
    let sandbox = Sandbox::start("2026-03-02T04:00:00Z", None).await;
    let window = "from=2026-03-02T00:10:00Z&to=2026-03-02T00:30:00Z";
    let posts = keys(&sandbox, &format!("source=x&{window}")).await;
    assert_eq!(posts.len(), 19, "not the one that comes later");
    assert_eq!(posts[0]["id"], "5000010");
    assert!(posts[1]["text"].is_string() && posts[1]["created_at"] == "2026-03-02T00:11:00Z");
    sandbox.set_clock(json!({"at": "2026-03-02T11:00:00Z"})).await;
    let posts = keys(&sandbox, &format!("source=x&{window}")).await;
    assert_eq!(posts.len(), 20);
    assert_eq!(posts[0], json!({"id": "5000010", "created_at": "2026-03-02T00:10:00Z", "deleted": true}));
    let articles = keys(&sandbox, &format!("source=feeds&{window}")).await;
    assert_eq!(articles.len(), 2);
    assert_eq!(
        articles[0],
        json!({"outlet": "Beta", "id": "id-1", "url": "https://e.example/1?a=1&b=2", "published_at": "2026-03-02T00:10:00Z"})
    );
    let bars = keys(&sandbox, "source=alpaca&from=2026-03-02T10:00:00Z&to=2026-03-02T11:00:00Z").await;
    let hours: Vec<&Value> = bars.iter().filter(|key| key["interval"] == "1h").collect();
    assert_eq!(hours.len(), 3, "two shares and a coin");
    assert_eq!(hours[0], &json!({"symbol": "BRK-A", "interval": "1h", "opens_at": "2026-03-02T10:00:00Z"}));
    assert_eq!(keys(&sandbox, "source=stocktwits").await.len(), 70);
    for query in ["", "source=myspace", "source=x&from=noon", "source=x&when=now"] {
        let url = format!("{}/_world/keys?{query}", sandbox.base);
        let refused = sandbox.client.get(url).send().await.unwrap();
        assert_eq!(refused.status(), 400, "{query}");
        assert!(refused.json::<Value>().await.unwrap()["error"].is_string());
    }
}

#[actix_web::test]
async fn every_credential_of_the_setup_is_a_known_canary() {
    let sandbox = Sandbox::start("2026-03-02T00:00:00Z", None).await;
    let url = format!("{}/_world/secrets", sandbox.base);
    let secrets: Vec<String> = sandbox.client.get(url).send().await.unwrap().json().await.unwrap();
    assert!(secrets.len() >= 3 && secrets.iter().all(|secret| secret.starts_with("canary-")), "{secrets:?}");
    let setup = sandbox.setup.to_string();
    let planted: Vec<&str> = setup.split('"').filter(|text| text.starts_with("canary-")).collect();
    assert!(planted.iter().all(|text| secrets.iter().any(|secret| secret == text)), "{planted:?}");
    assert!(sandbox.setup["feeds"].is_array() && sandbox.setup["terms"]["yahoo"]["enabled"] == true);
}

#[actix_web::test]
async fn what_is_no_get_is_refused_by_the_source() {
    let sandbox = Sandbox::start("2026-03-02T00:00:00Z", None).await;
    for source in ["x", "stocktwits", "alpaca", "feeds", "yahoo"] {
        let posted =
            sandbox.client.post(format!("{}/{source}/a", sandbox.base)).body("a=b").send().await.unwrap();
        assert_eq!(posted.status(), 405, "{source}");
    }
}
