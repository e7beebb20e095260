//! Tokens that end while they are in use, and what is kept of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use collector::settings::Settings;
use domain::Outcome;
use serde_json::{Value, json};

use crate::kit::{TestLake, run, slot};
use crate::server::{Reply, Request, serve};

const SLOT: &str = "2026-11-21T06Z";

fn settings(sections: Value) -> Settings {
    Settings::parse(&sections.to_string(), true, |_| None).unwrap()
}

/// Nothing in the lake holds any of `secrets`, packed or not.
async fn assert_hidden(lake: &TestLake, secrets: &[&str]) {
    for (key, bytes) in lake.objects().await {
        let bytes = if key.ends_with(".zst") { zstd::decode_all(bytes.as_slice()).unwrap() } else { bytes };
        let text = String::from_utf8_lossy(&bytes);
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} is in {key}");
        }
    }
}

fn thing(name: &str, at: i64) -> Value {
    json!({"kind": "t3", "data": {"name": name, "title": format!("$AAA {name}"), "selftext": "", "author": "ann",
        "subreddit": "stocks", "created_utc": at, "edited": false, "permalink": format!("/r/stocks/comments/{name}/")}})
}

/// A token is refused from its second use on; each is repeated in the body, as careless servers do.
fn reddit(request: &Request, given: &AtomicU32, used: &AtomicU32) -> Reply {
    if request.path == "/token" {
        if request.form.get("grant_type").map(String::as_str) != Some("password")
            || request.form.get("password").map(String::as_str) != Some("password-1")
            || request.headers.get("authorization").map(String::as_str)
                != Some("Basic Y2xpZW50LTE6c2VjcmV0LTE=")
        {
            return Reply::json(200, json!({"error": "invalid_grant"}));
        }
        let number = given.fetch_add(1, Ordering::SeqCst);
        used.store(0, Ordering::SeqCst);
        return Reply::json(200, json!({"access_token": format!("granted-{number}"), "expires_in": 3600}));
    }
    let token = format!("Bearer granted-{}", given.load(Ordering::SeqCst) - 1);
    if request.headers.get("authorization") != Some(&token) || used.fetch_add(1, Ordering::SeqCst) > 0 {
        return Reply::json(401, json!({"message": "Unauthorized", "error": 401}));
    }
    assert!(request.headers["user-agent"].ends_with("(by /u/ann)"), "{:?}", request.headers);
    let open = slot(SLOT).open_at().timestamp();
    let (children, after) = match request.query.get("after").map(String::as_str) {
        None => (json!([thing("t3_c", open + 300), thing("t3_b", open + 200)]), json!("t3_b")),
        Some("t3_b") => (json!([thing("t3_a", open + 100), thing("t3_0", open - 50)]), json!("t3_0")),
        _ => (json!([thing("t3_old", open - 7_200)]), json!("t3_old")),
    };
    Reply::json(
        200,
        json!({"kind": "Listing", "data": {"after": after, "children": children, "modhash": token}}),
    )
}

#[tokio::test]
async fn reddits_token_is_renewed_and_never_kept() {
    let (given, used) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let base = {
        let (given, used) = (Arc::clone(&given), Arc::clone(&used));
        serve(Arc::new(move |request: Request| reddit(&request, &given, &used))).await
    };
    let section = |password: &str| {
        settings(
            json!({"reddit": {"base_url": base, "token_url": format!("{base}/token"), "client_id": "client-1",
            "client_secret": "secret-1", "username": "ann", "password": password, "subreddits": ["stocks"], "comments": false}}),
        )
    };
    let lake = TestLake::new().await;
    let (outcome, message) = run(&lake, SLOT, &section("password-1")).await;
    assert_eq!(outcome, Outcome::Succeeded, "{message}");
    assert_eq!(lake.ids(slot(SLOT)).await, ["t3_a", "t3_b", "t3_c"]);
    assert_eq!(given.load(Ordering::SeqCst), 3, "one token for each page");
    assert_hidden(&lake, &["granted-", "secret-1", "password-1"]).await;

    let lake = TestLake::new().await;
    let (outcome, message) = run(&lake, SLOT, &section("password-2")).await;
    assert_eq!(outcome, Outcome::Failed);
    assert!(message.contains("token (configuration): Reddit gives no token (invalid_grant)"), "{message}");
}

/// The exchanged token ends after the first page. Links hold the token.
fn graph(request: &Request, exchanged: &AtomicU32) -> Reply {
    let token = || format!("exchanged-{}", exchanged.load(Ordering::SeqCst));
    match request.path.as_str() {
        "/v26.0/debug_token" => {
            assert_eq!(request.query["access_token"], "app-12345|app-secret");
            return Reply::json(200, json!({"data": {"is_valid": true, "expires_at": 0}}));
        }
        "/v26.0/oauth/access_token" => {
            assert_eq!(request.query["fb_exchange_token"], "stored-token");
            exchanged.fetch_add(1, Ordering::SeqCst);
            return Reply::json(
                200,
                json!({"access_token": token(), "token_type": "bearer", "expires_in": 5_183_944}),
            );
        }
        _ => assert_eq!(request.path, "/v26.0/acme/posts"),
    }
    let number = exchanged.load(Ordering::SeqCst);
    if request.query["access_token"] != token() || (number == 1 && request.query.contains_key("after")) {
        let error = json!({"error": {"message": "Session has expired", "type": "OAuthException", "code": 190, "error_subcode": 463}});
        return Reply::json(400, error);
    }
    assert_eq!(request.query["appsecret_proof"].len(), 64);
    let post = |id: &str, at: &str| json!({"id": format!("9_{id}"), "message": format!("$AAA {id}"), "created_time": at});
    let next = |after: &str| json!({"next": format!("http://elsewhere.example/v26.0/acme/posts?access_token={}&after={after}", token())});
    let body = match request.query.get("after").map(String::as_str) {
        None => json!({"data": [post("2", "2026-11-21T03:00:00+0000")], "paging": next("b")}),
        Some("b") => json!({"data": [], "paging": next("c")}),
        _ => json!({"data": [post("1", "2026-11-21T01:00:00+0000")]}),
    };
    Reply::json(200, body)
}

#[tokio::test]
async fn a_graph_token_that_ends_in_use_is_exchanged_again_and_never_kept() {
    let exchanged = Arc::new(AtomicU32::new(0));
    let base = {
        let exchanged = Arc::clone(&exchanged);
        serve(Arc::new(move |request: Request| graph(&request, &exchanged))).await
    };
    let settings = settings(
        json!({"facebook": {"base_url": base, "access_token": "stored-token", "app_id": "app-12345",
        "app_secret": "app-secret", "pages": ["acme"]}}),
    );
    let lake = TestLake::new().await;
    let (outcome, message) = run(&lake, SLOT, &settings).await;
    assert_eq!(outcome, Outcome::Succeeded, "{message}");
    assert_eq!(lake.ids(slot(SLOT)).await, ["9_1", "9_2"]);
    assert_eq!(exchanged.load(Ordering::SeqCst), 2);
    assert_hidden(&lake, &["exchanged-", "stored-token", "app-secret"]).await;
}
