use std::collections::BTreeSet;

use serde_json::Value;

use crate::kit::{Sandbox, body, header};

async fn all(sandbox: &Sandbox, query: &str, more: &[(&str, &str)]) -> Vec<Value> {
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let mut params =
            vec![("query", query), ("max_results", "10"), ("tweet.fields", "created_at,author_id")];
        params.extend(more);
        params.push(("next_token", &token));
        let page = body(sandbox.x(&params).await).await;
        found.extend(page["data"].as_array().cloned().unwrap_or_default());
        match page["meta"]["next_token"].as_str() {
            Some(next) => token = next.to_owned(),
            None => return found,
        }
    }
}

fn ids(posts: &[Value]) -> BTreeSet<String> {
    posts.iter().map(|post| post["id"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn refuses_a_missing_or_wrong_token() {
    let sandbox = Sandbox::start("2026-03-03T00:00:00Z", None).await;
    let url = format!("{}/x/2/tweets/search/recent?query=a", sandbox.base);
    let missing = sandbox.client.get(&url).send().await.unwrap();
    let wrong = sandbox.client.get(&url).bearer_auth("no").send().await.unwrap();
    assert_eq!((missing.status().as_u16(), wrong.status().as_u16()), (401, 401));
    assert_eq!(wrong.json::<Value>().await.unwrap()["title"], "Unauthorized");
}

#[actix_web::test]
async fn every_post_is_reached_through_the_lists_of_the_setup() {
    let sandbox = Sandbox::start("2026-03-03T00:00:00Z", None).await;
    let lists: Vec<String> = sandbox.setup["x"]["lists"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| format!("list:{}", id.as_str().unwrap()))
        .collect();
    let posts = all(&sandbox, &lists.join(" OR "), &[]).await;
    assert_eq!(posts.len(), 249, "all but the one deleted, each once");
    assert_eq!(ids(&posts).len(), 249);
    assert!(
        posts.windows(2).all(|pair| pair[0]["created_at"].as_str() >= pair[1]["created_at"].as_str()),
        "newest first"
    );
    assert!(posts.iter().all(|post| post["author_id"].is_string()));
}

#[actix_web::test]
async fn cashtags_words_and_windows() {
    let sandbox = Sandbox::start("2026-03-03T00:00:00Z", None).await;
    assert_eq!(all(&sandbox, "$TSLA", &[]).await.len(), 99);
    assert_eq!(all(&sandbox, "$TSLA -is:retweet", &[]).await.len(), 49);
    assert_eq!(all(&sandbox, "tesla", &[]).await.len(), 50);
    assert_eq!(all(&sandbox, "$BRK.A OR $BTC", &[]).await.len(), 50);
    let window = [("start_time", "2026-03-02T01:00:00Z"), ("end_time", "2026-03-02T02:00:00Z")];
    assert_eq!(all(&sandbox, "$TSLA", &window).await.len(), 24);
    assert_eq!(all(&sandbox, "$TSLA", &[("since_id", "5000240")]).await.len(), 3);
    assert_eq!(all(&sandbox, "$TSLA", &[("until_id", "5000005")]).await.len(), 2);
    assert_eq!(all(&sandbox, "$TSLA", &[("since_id", "5000100"), ("until_id", "5000110")]).await.len(), 3);
}

#[actix_web::test]
async fn posts_come_and_go_with_the_clock() {
    let sandbox = Sandbox::start("2026-03-02T02:00:00Z", None).await;
    let early = all(&sandbox, "$TSLA OR tesla OR tag OR number", &[]).await;
    assert!(
        ids(&early).contains("5000010")
            && !ids(&early).contains("5000020")
            && !ids(&early).contains("5000130")
    );
    sandbox.set_clock(serde_json::json!({"at": "2026-03-02T11:00:00Z"})).await;
    let late = all(&sandbox, "$TSLA OR tesla OR tag OR number", &[]).await;
    assert!(
        !ids(&late).contains("5000010") && ids(&late).contains("5000020") && ids(&late).contains("5000130")
    );
}

#[actix_web::test]
async fn fields_and_users() {
    let sandbox = Sandbox::start("2026-03-02T01:00:00Z", None).await;
    let params = [
        ("query", "list:1500000000000000001"),
        ("tweet.fields", "created_at,author_id,lang,public_metrics,referenced_tweets"),
        ("expansions", "author_id"),
        ("user.fields", "public_metrics,username,verified,created_at"),
    ];
    let page = body(sandbox.x(&params).await).await;
    assert_eq!(page["data"].as_array().unwrap().len(), 10);
    let repost = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|post| post["text"].as_str().unwrap().starts_with("RT"))
        .unwrap();
    assert_eq!(repost["referenced_tweets"][0]["type"], "retweeted");
    assert_eq!(repost["edit_history_tweet_ids"][0], repost["id"]);
    assert!(page["data"][0]["created_at"].as_str().unwrap().ends_with(".000Z"));
    let users = page["includes"]["users"].as_array().unwrap();
    assert!(users.iter().any(|user| user["public_metrics"]["followers_count"].as_i64() > Some(0)));
    let renamed = body(sandbox.x(&[("query", "$TSLA"), ("post.fields", "referenced_posts")]).await).await;
    assert!(renamed["data"][0]["edit_history_post_ids"].is_array());
    let none = body(sandbox.x(&[("query", "$NONE")]).await).await;
    assert!(none.get("data").is_none() && none["meta"]["result_count"] == 0);
}

#[actix_web::test]
async fn bad_parameters_are_400_with_a_reason() {
    let sandbox = Sandbox::start("2026-03-03T00:00:00Z", None).await;
    let long = format!("$TSLA {}", "a ".repeat(260));
    for params in [
        vec![("query", "lang:en")],
        vec![("query", "")],
        vec![("query", long.as_str())],
        vec![("query", "$TSLA"), ("max_results", "9")],
        vec![("query", "$TSLA"), ("start_time", "yesterday")],
        vec![("query", "$TSLA"), ("start_time", "2026-02-01T00:00:00Z")],
        vec![("query", "$TSLA"), ("end_time", "2026-03-04T00:00:00Z")],
        vec![("query", "$TSLA"), ("next_token", "nonsense")],
        vec![("query", "$TSLA"), ("tweet.fields", "shoe_size")],
    ] {
        let response = sandbox.x(&params).await;
        assert_eq!(response.status(), 400, "{params:?}");
        let body: Value = response.json().await.unwrap();
        assert!(body["errors"][0]["message"].is_string() && body["status"] == 400, "{body}");
    }
}

#[actix_web::test]
async fn the_limit_counts_down_and_a_wait_as_told_is_enough() {
    let sandbox = Sandbox::start("2026-03-03T00:00:00Z", None).await;
    // Real time, so that the window lasts.
    sandbox.set_clock(serde_json::json!({"speed": 1.0})).await;
    let first = sandbox.x(&[("query", "$TSLA")]).await;
    assert_eq!((header(&first, "x-rate-limit-limit"), header(&first, "x-rate-limit-remaining")), (450, 449));
    for _ in 0..449 {
        sandbox.x(&[("query", "$NONE")]).await;
    }
    let refused = sandbox.x(&[("query", "$TSLA")]).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(sandbox.stats().await["x"]["limits_exceeded"], 1);
    let reset = header(&refused, "x-rate-limit-reset");
    let later = chrono::DateTime::from_timestamp(reset, 0).unwrap();
    sandbox.set_clock(serde_json::json!({"at": later})).await;
    assert_eq!(sandbox.x(&[("query", "$TSLA")]).await.status(), 200);
}
