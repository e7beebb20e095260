use std::collections::BTreeSet;

use chrono::Duration;
use reqwest::Response;
use serde_json::{Value, json};

use crate::kit::{Sandbox, body, instant};

const AGENT: &str = "linux:quarterday-tests:1.0 (by /u/nobody)";

/// 260 posts in r/stocks and 40 comments, one a minute; a post without a subreddit; one edited, one deleted at 10:00.
fn posts() -> Vec<Value> {
    let begin = instant("2026-03-02T00:00:00Z");
    let mut posts: Vec<Value> = (0..260)
        .map(|n| {
            json!({"source": "reddit", "id": format!("p{n}"), "text": format!("Title {n} <&>\n\nbody of {n}"), "author": "ann", "author_id": "a1",
                "created_at": begin + Duration::minutes(n), "channel": "stocks", "likes": n, "replies": 2})
        })
        .collect();
    posts[7]["edited_at"] = json!(begin + Duration::hours(8));
    posts[7]["text_before"] = "Title 7 before".into();
    posts[9]["deleted_at"] = json!(begin + Duration::hours(10));
    posts[200]["deleted_at"] = json!(begin + Duration::hours(10));
    posts.extend((0..40).map(|n| {
        json!({"source": "reddit", "id": format!("t1_c{n}"), "text": format!("comment {n}"), "kind": "comment", "channel": "r/stocks",
            "created_at": begin + Duration::minutes(n) + Duration::seconds(5), "parent_id": if n % 2 == 0 { format!("p{n}") } else { format!("t1_c{}", n - 1) }})
    }));
    posts.push(json!({"source": "reddit", "id": "lone", "text": "no subreddit", "created_at": begin}));
    posts
}

async fn sandbox(at: &str) -> Sandbox {
    Sandbox::with_posts(at, &posts()).await
}

async fn ask_token(sandbox: &Sandbox, secret: &str, form: &[(&str, &str)]) -> Response {
    let own = &sandbox.setup["reddit"];
    sandbox
        .client
        .post(own["token_url"].as_str().unwrap())
        .header("user-agent", AGENT)
        .basic_auth(own["client_id"].as_str().unwrap(), Some(secret))
        .form(form)
        .send()
        .await
        .unwrap()
}

async fn token(sandbox: &Sandbox) -> String {
    let own = &sandbox.setup["reddit"];
    let text = |name: &str| own[name].as_str().unwrap().to_owned();
    let (username, password) = (text("username"), text("password"));
    let form = [("grant_type", "password"), ("username", &*username), ("password", &*password)];
    let reply = body(ask_token(sandbox, &text("client_secret"), &form).await).await;
    assert_eq!((&reply["token_type"], &reply["expires_in"]), (&"bearer".into(), &3_600.into()));
    reply["access_token"].as_str().unwrap().to_owned()
}

async fn get(sandbox: &Sandbox, token: &str, path: &str, params: &[(&str, &str)]) -> Response {
    let url = format!("{}{path}", sandbox.setup["reddit"]["base_url"].as_str().unwrap());
    let request = sandbox.client.get(url).header("user-agent", AGENT).bearer_auth(token);
    request.query(params).send().await.unwrap()
}

fn names(page: &Value) -> Vec<String> {
    let children = page["data"]["children"].as_array().unwrap();
    children.iter().map(|child| child["data"]["name"].as_str().unwrap().to_owned()).collect()
}

async fn all(sandbox: &Sandbox, token: &str, path: &str) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = body(get(sandbox, token, path, &[("limit", "100"), ("after", &after)]).await).await;
        found.extend(names(&page));
        match page["data"]["after"].as_str() {
            Some(name) => after = name.to_owned(),
            None => return found,
        }
    }
}

#[actix_web::test]
async fn tokens_are_given_to_the_right_app_and_user_only() {
    let sandbox = sandbox("2026-03-02T09:00:00Z").await;
    let secret = sandbox.setup["reddit"]["client_secret"].as_str().unwrap().to_owned();
    assert_eq!(ask_token(&sandbox, "wrong", &[("grant_type", "client_credentials")]).await.status(), 401);
    for (form, error) in [
        (vec![("grant_type", "password"), ("username", "x"), ("password", "y")], "invalid_grant"),
        (vec![("grant_type", "magic")], "unsupported_grant_type"),
        (vec![], "unsupported_grant_type"),
    ] {
        let reply = body(ask_token(&sandbox, &secret, &form).await).await;
        assert_eq!(reply, json!({"error": error}));
    }
    let app = body(ask_token(&sandbox, &secret, &[("grant_type", "client_credentials")]).await).await;
    let token = app["access_token"].as_str().unwrap();
    assert_eq!(get(&sandbox, token, "/r/stocks/new", &[]).await.status(), 200);
    let wrong = get(&sandbox, "wrong", "/r/stocks/new", &[]).await;
    assert_eq!(wrong.status(), 401);
    assert!(wrong.headers()["www-authenticate"].to_str().unwrap().contains("invalid_token"));
    // An hour of the world later it has expired.
    sandbox.set_clock(json!({"at": "2026-03-02T10:00:01Z"})).await;
    assert_eq!(get(&sandbox, token, "/r/stocks/new", &[]).await.status(), 401);
}

#[actix_web::test]
async fn a_client_must_say_who_it_is() {
    let sandbox = sandbox("2026-03-02T09:00:00Z").await;
    let token = token(&sandbox).await;
    let url = format!("{}/r/stocks/new", sandbox.setup["reddit"]["base_url"].as_str().unwrap());
    for (agent, status) in [("", 403), ("python-requests/2.31", 429), ("reqwest/0.13", 429), (AGENT, 200)] {
        let request = sandbox.client.get(&url).header("user-agent", agent).bearer_auth(&token);
        assert_eq!(request.send().await.unwrap().status(), status, "{agent:?}");
    }
}

#[actix_web::test]
async fn listings_are_newest_first_and_paged_without_a_gap() {
    let sandbox = sandbox("2026-03-02T12:00:00Z").await;
    assert_eq!(sandbox.setup["reddit"]["subreddits"], json!(["sandbox", "stocks"]));
    let token = token(&sandbox).await;
    let posts = all(&sandbox, &token, "/r/stocks/new").await;
    assert_eq!((posts.len(), posts[0].as_str(), posts[257].as_str()), (258, "t3_p259", "t3_p0"));
    assert_eq!(posts.iter().collect::<BTreeSet<_>>().len(), 258);
    let comments = all(&sandbox, &token, "/r/STOCKS/comments").await;
    assert_eq!((comments.len(), comments[0].as_str()), (40, "t1_c39"));
    let few = body(get(&sandbox, &token, "/r/stocks/new", &[]).await).await;
    assert_eq!((names(&few).len(), &few["data"]["dist"]), (25, &25.into()));
    let clamped = body(get(&sandbox, &token, "/r/stocks/new", &[("limit", "1000")]).await).await;
    assert_eq!(names(&clamped).len(), 100);
    let newer = body(get(&sandbox, &token, "/r/stocks/new", &[("before", "t3_p250")]).await).await;
    assert_eq!(names(&newer).len(), 9);
    let gone = body(get(&sandbox, &token, "/r/stocks/new", &[("after", "t3_p200")]).await).await;
    assert!(names(&gone).is_empty() && gone["data"]["after"].is_null(), "a deleted anchor leads nowhere");
    assert_eq!(get(&sandbox, &token, "/r/nowhere/new", &[]).await.status(), 404);
    assert_eq!(get(&sandbox, &token, "/r/stocks/hottest", &[]).await.status(), 404);
}

#[actix_web::test]
async fn things_have_the_shape_of_recorded_ones() {
    let sandbox = sandbox("2026-03-02T09:00:00Z").await;
    let token = token(&sandbox).await;
    let ids = [("id", "t3_p7,t1_c3,t3_p9,t3_none"), ("raw_json", "1")];
    let page = body(get(&sandbox, &token, "/api/info", &ids).await).await;
    assert_eq!(names(&page), ["t3_p7", "t1_c3", "t3_p9"]);
    let post = &page["data"]["children"][0]["data"];
    assert_eq!((&post["title"], &post["selftext"]), (&"Title 7 <&>".into(), &"body of 7".into()));
    assert_eq!((&post["edited"], &post["created_utc"]), (&json!(1_772_438_400.0), &json!(1_772_410_020.0)));
    assert_eq!((&post["author"], &post["author_fullname"]), (&"ann".into(), &"t2_a1".into()));
    assert_eq!((&post["score"], &post["num_comments"]), (&7.into(), &2.into()));
    let comment = &page["data"]["children"][1]["data"];
    assert_eq!((&comment["body"], &comment["edited"]), (&"comment 3".into(), &false.into()));
    assert_eq!((&comment["parent_id"], &comment["link_id"]), (&"t1_c2".into(), &"t3_p2".into()));
    let escaped = body(get(&sandbox, &token, "/api/info", &[("id", "t3_p7")]).await).await;
    assert_eq!(escaped["data"]["children"][0]["data"]["title"], "Title 7 &lt;&amp;&gt;");
    let many = vec!["t3_p1"; 101].join(",");
    assert_eq!(get(&sandbox, &token, "/api/info", &[("id", &many)]).await.status(), 400);
}

#[actix_web::test]
async fn the_deleted_leave_the_listing_but_are_told_of_by_info() {
    let sandbox = sandbox("2026-03-02T07:59:00Z").await;
    let old = token(&sandbox).await;
    let before = body(get(&sandbox, &old, "/api/info", &[("id", "t3_p7")]).await).await;
    assert_eq!(before["data"]["children"][0]["data"]["title"], "Title 7 before");
    assert!(all(&sandbox, &old, "/r/stocks/new").await.contains(&"t3_p9".to_owned()));
    sandbox.set_clock(json!({"at": "2026-03-02T10:00:00Z"})).await;
    let token = token(&sandbox).await;
    assert!(!all(&sandbox, &token, "/r/stocks/new").await.contains(&"t3_p9".to_owned()));
    let page = body(get(&sandbox, &token, "/api/info", &[("id", "t3_p9")]).await).await;
    let post = &page["data"]["children"][0]["data"];
    assert_eq!((&post["author"], &post["selftext"]), (&"[deleted]".into(), &"[deleted]".into()));
    assert!(post.get("author_fullname").is_none());
    let keys = sandbox.keys("reddit", "2026-03-02T00:00:00Z", "2026-03-02T00:10:00Z").await;
    assert_eq!(keys.len(), 21, "ten posts, ten comments, one elsewhere");
    assert!(keys.iter().any(|key| key["id"] == "t3_p9" && key["deleted"] == true));
    assert!(keys.iter().any(|key| key["id"] == "t3_p7" && key["text"] == "Title 7 <&>\n\nbody of 7"));
}

#[actix_web::test]
async fn nothing_is_lost_when_posts_come_between_two_pages() {
    let sandbox = sandbox("2026-03-02T02:30:00Z").await;
    let token = token(&sandbox).await;
    let there = all(&sandbox, &token, "/r/stocks/new").await;
    let (mut found, mut after) = (BTreeSet::new(), String::new());
    for minute in 30.. {
        let page =
            body(get(&sandbox, &token, "/r/stocks/new", &[("limit", "20"), ("after", &after)]).await).await;
        found.extend(names(&page));
        sandbox.set_clock(json!({"at": format!("2026-03-02T02:{}:30Z", minute + 1)})).await;
        match page["data"]["after"].as_str() {
            Some(name) => after = name.to_owned(),
            None => break,
        }
    }
    assert_eq!(there.len(), 151);
    assert!(there.iter().all(|name| found.contains(name)));
}

#[actix_web::test]
async fn the_limit_counts_down_over_ten_minutes() {
    let sandbox = sandbox("2026-03-02T09:00:00Z").await;
    sandbox.set_clock(json!({"speed": 1.0})).await;
    let token = token(&sandbox).await;
    let first = get(&sandbox, &token, "/api/info", &[("id", "t3_p1")]).await;
    let header = |reply: &Response, name: &str| reply.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        (header(&first, "x-ratelimit-remaining"), header(&first, "x-ratelimit-used")),
        ("999.0".into(), "1".into())
    );
    assert!(header(&first, "x-ratelimit-reset").parse::<u32>().unwrap() <= 601);
    for _ in 0..999 {
        get(&sandbox, &token, "/api/info", &[("id", "t3_none")]).await;
    }
    let refused = get(&sandbox, &token, "/api/info", &[("id", "t3_p1")]).await;
    assert_eq!(refused.status(), 429);
    assert!(header(&refused, "content-type").starts_with("text/html"));
    assert_eq!(sandbox.stats().await["reddit"]["limits_exceeded"], 1);
    sandbox.set_clock(json!({"at": "2026-03-02T09:10:05Z"})).await;
    assert_eq!(get(&sandbox, &token, "/api/info", &[("id", "t3_p1")]).await.status(), 200);
}
