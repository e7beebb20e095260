use std::collections::BTreeSet;

use serde_json::{Value, json};

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
    sandbox.set_clock(json!({"at": "2026-03-02T11:00:00Z"})).await;
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
    sandbox.set_clock(json!({"speed": 1.0})).await;
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
    sandbox.set_clock(json!({"at": later})).await;
    assert_eq!(sandbox.x(&[("query", "$TSLA")]).await.status(), 200);
}

/// 60 posts of two authors, one a minute: one edited at 06:00, one deleted at 06:00, one long, one reply.
fn few() -> Vec<Value> {
    let begin = crate::kit::instant("2026-03-02T00:00:00Z");
    let mut posts: Vec<Value> = (0..60)
        .map(|n| {
            json!({"source": "x", "id": (700 + n).to_string(), "text": format!("$TSLA number {n}"), "author": format!("a{}", n % 2),
                "author_id": (50 + n % 2).to_string(), "created_at": begin + chrono::Duration::minutes(n)})
        })
        .collect();
    posts[4]["edited_at"] = "2026-03-02T06:00:00Z".into();
    posts[4]["text_before"] = "$BTC as it was".into();
    posts[6]["deleted_at"] = "2026-03-02T06:00:00Z".into();
    posts[8]["text"] = format!("$TSLA {}", "word ".repeat(100)).into();
    posts[10]["kind"] = "reply".into();
    posts
}

async fn get(sandbox: &Sandbox, path: &str, params: &[(&str, &str)]) -> reqwest::Response {
    let own = &sandbox.setup["x"];
    let url = format!("{}{path}", own["base_url"].as_str().unwrap());
    let request = sandbox.client.get(url).bearer_auth(own["bearer_token"].as_str().unwrap());
    request.query(params).send().await.unwrap()
}

fn list(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|post| post["id"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn counts_by_minute_hour_and_day_agree_with_search() {
    let sandbox = Sandbox::with_posts("2026-03-02T07:30:00Z", &few()).await;
    let window =
        [("query", "$TSLA"), ("start_time", "2026-03-02T00:30:00Z"), ("end_time", "2026-03-02T02:00:00Z")];
    let found = all(&sandbox, "$TSLA", &window[1..]).await.len();
    for (granularity, buckets) in [("minute", 90), ("hour", 2), ("day", 1)] {
        let params: Vec<_> = window.into_iter().chain([("granularity", granularity)]).collect();
        let counts = body(get(&sandbox, "/2/tweets/counts/recent", &params).await).await;
        assert_eq!(counts["meta"]["total_tweet_count"], found);
        let data = counts["data"].as_array().unwrap();
        assert_eq!(data.len(), buckets);
        assert_eq!(data[0]["start"], "2026-03-02T00:30:00.000Z");
        assert_eq!(
            data.iter().map(|bucket| bucket["tweet_count"].as_u64().unwrap()).sum::<u64>(),
            found as u64
        );
    }
    let all_of_it = body(get(&sandbox, "/2/tweets/counts/recent", &[("query", "$TSLA")]).await).await;
    assert_eq!(all_of_it["meta"]["total_tweet_count"], 59);
    assert_eq!(
        all_of_it["data"].as_array().unwrap().len(),
        7 * 24 + 1,
        "the first and the last hour are not whole"
    );
    let wrong =
        get(&sandbox, "/2/tweets/counts/recent", &[("query", "$TSLA"), ("granularity", "year")]).await;
    assert_eq!(wrong.status(), 400);
    let stats = sandbox.stats().await;
    assert_eq!((&stats["x"]["counts_calls"], &stats["x"]["posts_read"]), (&4.into(), &found.into()));
}

#[actix_web::test]
async fn lookup_tells_of_what_is_missing() {
    let sandbox = Sandbox::with_posts("2026-03-02T07:00:00Z", &few()).await;
    let page =
        body(get(&sandbox, "/2/tweets", &[("ids", "701,706,999"), ("tweet.fields", "created_at")]).await)
            .await;
    assert_eq!(list(&page), ["701"]);
    let errors = page["errors"].as_array().unwrap();
    assert_eq!(
        (errors.len(), &errors[0]["resource_id"], &errors[0]["parameter"]),
        (2, &"706".into(), &"ids".into())
    );
    assert!(errors[0]["type"].as_str().unwrap().ends_with("resource-not-found"));
    let none = body(get(&sandbox, "/2/tweets", &[("ids", "999")]).await).await;
    assert!(none.get("data").is_none() && none["errors"].is_array());
    assert_eq!(get(&sandbox, "/2/tweets", &[("ids", &vec!["701"; 101].join(","))]).await.status(), 400);
    assert_eq!(get(&sandbox, "/2/tweets", &[]).await.status(), 400);
    assert_eq!(get(&sandbox, "/2/nothing", &[]).await.status(), 404);
}

#[actix_web::test]
async fn an_edit_has_a_new_id_and_a_history() {
    let sandbox = Sandbox::with_posts("2026-03-02T05:59:00Z", &few()).await;
    let search = async |params: &[(&str, &str)]| body(sandbox.x(params).await).await;
    let before = search(&[("query", "$BTC")]).await;
    assert_eq!((list(&before), &before["data"][0]["edit_history_tweet_ids"]), (vec!["704"], &json!(["704"])));
    let newest = search(&[("query", "$TSLA")]).await["meta"]["newest_id"].as_str().unwrap().to_owned();
    sandbox.set_clock(json!({"at": "2026-03-02T06:00:00Z"})).await;
    assert_eq!(
        search(&[("query", "$BTC")]).await["meta"]["result_count"],
        0,
        "only the newest version is found"
    );
    // Its id is greater than any before it, so that an increment by id finds it.
    let since = search(&[("query", "$TSLA"), ("since_id", &newest)]).await;
    let edit = list(&since)[0].to_owned();
    assert_eq!((list(&since).len(), &since["data"][0]["edit_history_tweet_ids"]), (1, &json!(["704", edit])));
    assert_eq!(since["data"][0]["text"], "$TSLA number 4");
    assert_eq!(search(&[("query", "$TSLA"), ("since_id", &edit)]).await["meta"]["result_count"], 0);
    assert_eq!(all(&sandbox, "$TSLA", &[]).await.len(), 59, "each post once");
    let both = body(
        get(&sandbox, "/2/tweets", &[("ids", &format!("704,{edit}")), ("post.fields", "created_at")]).await,
    )
    .await;
    assert_eq!(
        (&both["data"][0]["text"], &both["data"][1]["text"]),
        (&"$BTC as it was".into(), &"$TSLA number 4".into())
    );
    assert_eq!(both["data"][0]["edit_history_post_ids"], json!(["704", edit]));
    let keys = sandbox.keys("x", "2026-03-02T00:04:00Z", "2026-03-02T00:05:00Z").await;
    assert_eq!((&keys[0]["id"], &keys[0]["text"]), (&"704".into(), &"$TSLA number 4".into()));
}

#[actix_web::test]
async fn a_timeline_has_what_one_account_wrote() {
    let sandbox = Sandbox::with_posts("2026-03-20T00:00:00Z", &few()).await;
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let params = [("max_results", "7"), ("pagination_token", token.as_str())];
        let page = body(get(&sandbox, "/2/users/50/tweets", &params).await).await;
        found.extend(page["data"].as_array().unwrap().clone());
        match page["meta"]["next_token"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(
        (found.len(), ids(&found).len()),
        (29, 29),
        "older than seven days too, without the deleted one"
    );
    assert!(ids(&found).contains("710") && found[0]["id"] == "758");
    let some = body(
        get(
            &sandbox,
            "/2/users/50/tweets",
            &[("exclude", "replies"), ("since_id", "708"), ("max_results", "100")],
        )
        .await,
    )
    .await;
    assert!(list(&some).contains(&"712") && !list(&some).contains(&"710"));
    let few = body(
        get(&sandbox, "/2/users/50/tweets", &[("max_results", "5"), ("end_time", "2026-03-02T00:06:00Z")])
            .await,
    )
    .await;
    assert_eq!(list(&few).len(), 3);
    let nobody = body(get(&sandbox, "/2/users/49/tweets", &[]).await).await;
    assert_eq!(nobody["errors"][0]["resource_type"], "user");
    for params in [[("max_results", "4")], [("exclude", "likes")], [("pagination_token", "x")]] {
        assert_eq!(get(&sandbox, "/2/users/50/tweets", &params).await.status(), 400, "{params:?}");
    }
}

#[actix_web::test]
async fn a_long_text_is_whole_only_in_its_note() {
    let sandbox = Sandbox::with_posts("2026-03-02T07:00:00Z", &few()).await;
    let post = async |params: &[(&str, &str)]| {
        let params: Vec<_> = [("ids", "708")].iter().chain(params).copied().collect();
        body(get(&sandbox, "/2/tweets", &params).await).await["data"][0].clone()
    };
    let plain = post(&[]).await;
    assert_eq!(plain["text"].as_str().unwrap().chars().count(), 280);
    assert!(plain.get("note_tweet").is_none());
    let old = post(&[("tweet.fields", "note_tweet")]).await;
    let new = post(&[("post.fields", "note_post")]).await;
    assert_eq!(old["note_tweet"]["text"].as_str().unwrap().chars().count(), 506);
    assert_eq!(old["note_tweet"], new["note_post"]);
    assert_eq!(all(&sandbox, "$TSLA word", &[]).await.len(), 1, "the whole text is searched");
}
