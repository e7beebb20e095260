//! Faults that only some sources know, and walks through the listings of Reddit, Meta and Telegram under faults of paging.

use std::collections::BTreeSet;

use chrono::Duration;
use reqwest::Client;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::kit::{Sandbox, instant};

const AT: &str = "2026-03-02T12:00:00Z";
const AGENT: &str = "linux:quarterday-tests:1.0 (by /u/nobody)";

/// 120 posts of each source, one a minute.
fn posts() -> Vec<Value> {
    let begin = instant("2026-03-02T06:00:00Z");
    let sources = [
        ("reddit", "stocks"),
        ("facebook", "acme.corp"),
        ("instagram", "acme.corp"),
        ("telegram", "markets"),
    ];
    let post = |(source, channel): (&str, &str), n: i64| {
        let id =
            if source == "instagram" { (17_900_000 + n).to_string() } else { format!("{}{n}", &source[..1]) };
        json!({"source": source, "id": id, "channel": channel, "text": format!("number {n} #stocks"),
            "created_at": begin + Duration::minutes(n), "likes": n, "shares": 2, "replies": 3, "followers": 7})
    };
    sources.into_iter().flat_map(|source| (0..120).map(move |n| post(source, n))).collect()
}

async fn sandbox(rules: Value) -> Sandbox {
    Sandbox::with_posts_and_faults(AT, &posts(), Some(json!({"seed": 1, "rules": rules}))).await
}

/// What came of one request.
struct Got {
    status: u16,
    headers: reqwest::header::HeaderMap,
    bytes: Vec<u8>,
}

impl Got {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }
}

fn text<'a>(sandbox: &'a Sandbox, source: &str, name: &str) -> &'a str {
    sandbox.setup[source][name].as_str().unwrap()
}

async fn reddit_token(sandbox: &Sandbox) -> Got {
    let form = [
        ("grant_type", "password"),
        ("username", text(sandbox, "reddit", "username")),
        ("password", text(sandbox, "reddit", "password")),
    ];
    let request = sandbox
        .client
        .post(text(sandbox, "reddit", "token_url"))
        .header("user-agent", AGENT)
        .basic_auth(text(sandbox, "reddit", "client_id"), Some(text(sandbox, "reddit", "client_secret")))
        .form(&form);
    got(request.send().await.unwrap()).await
}

async fn got(response: reqwest::Response) -> Got {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Got { status, headers, bytes: response.bytes().await.unwrap().to_vec() }
}

/// The first page of a source, or that of a cursor.
async fn page(sandbox: &Sandbox, source: &str, token: &str, cursor: &str) -> Got {
    let base = text(sandbox, source, "base_url");
    let secret = sandbox.setup[source]["access_token"].as_str().unwrap_or_default();
    let (url, params): (String, Vec<(&str, String)>) = match source {
        "reddit" => (
            format!("{base}/r/stocks/new"),
            vec![("limit", "30".into()), ("raw_json", "1".into()), ("after", cursor.into())],
        ),
        "facebook" if !cursor.is_empty() => (cursor.into(), Vec::new()),
        "facebook" => (
            format!("{base}/v26.0/acme.corp/posts"),
            vec![
                ("limit", "30".into()),
                ("fields", "id,message,created_time".into()),
                ("access_token", secret.into()),
            ],
        ),
        "instagram" => {
            let after = if cursor.is_empty() { String::new() } else { format!(".after({cursor})") };
            let fields = format!(
                "business_discovery.username(acme.corp){{media.limit(30){after}{{id,caption,timestamp,like_count}}}}"
            );
            let user = text(sandbox, "instagram", "user_id");
            (format!("{base}/v26.0/{user}"), vec![("fields", fields), ("access_token", secret.into())])
        }
        "telegram" => (format!("{base}/s/markets"), vec![("before", cursor.into())]),
        "alpha_vantage" => (
            format!("{base}/query"),
            vec![
                ("function", "NEWS_SENTIMENT".into()),
                ("limit", "5".into()),
                ("apikey", text(sandbox, source, "api_key").into()),
            ],
        ),
        _ => (
            format!("{base}/v8/finance/chart/TSLA"),
            vec![
                ("interval", "1d".into()),
                ("period1", "1767225600".into()),
                ("period2", "1772409600".into()),
            ],
        ),
    };
    // Parameters without a value are not sent.
    let params: Vec<_> = params.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let client = Client::builder().redirect(Policy::none()).user_agent(AGENT).build().unwrap();
    got(client.get(url).bearer_auth(token).query(&params).send().await.unwrap()).await
}

/// The ids of a page, and the cursor to the next one.
fn read(source: &str, page: &Got) -> (Vec<String>, Option<String>) {
    if source == "telegram" {
        let html = page.text();
        let between = |mark: &str| -> Vec<String> {
            html.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
        };
        return (between("data-post=\""), between("data-before=\"").pop());
    }
    let body = page.json();
    let (rows, id, next) = match source {
        "reddit" => ("/data/children", "/data/name", "/data/after"),
        "facebook" => ("/data", "/id", "/paging/next"),
        _ => ("/business_discovery/media/data", "/id", "/business_discovery/media/paging/cursors/after"),
    };
    let rows = body.pointer(rows).and_then(Value::as_array).unwrap();
    let ids = rows.iter().map(|row| row.pointer(id).unwrap().as_str().unwrap().to_owned());
    (ids.collect(), body.pointer(next).and_then(Value::as_str).map(str::to_owned))
}

async fn walk(sandbox: &Sandbox, source: &str) -> (BTreeSet<String>, usize, usize) {
    let token = if source == "reddit" {
        reddit_token(sandbox).await.json()["access_token"].as_str().unwrap().to_owned()
    } else {
        String::new()
    };
    let (mut found, mut records, mut pages) = (BTreeSet::new(), 0, 0);
    let mut cursor = String::new();
    loop {
        pages += 1;
        assert!(pages < 200, "{source} never ends");
        let page = page(sandbox, source, &token, &cursor).await;
        if page.status == 400 {
            cursor.clear();
            continue;
        }
        let (ids, next) = read(source, &page);
        records += ids.len();
        found.extend(ids);
        match next {
            Some(_) if cursor.contains("endlesszz9") => return (found, records, pages),
            Some(next) => cursor = next,
            None => return (found, records, pages),
        }
    }
}

#[actix_web::test]
async fn no_fault_of_paging_hides_a_record() {
    for source in ["reddit", "facebook", "instagram", "telegram"] {
        let sound = walk(&sandbox(json!([])).await, source).await;
        assert!(sound.0.len() >= 120 && sound.2 >= 4, "{source}: {} on {} pages", sound.0.len(), sound.2);
        for kind in [
            "short_page",
            "empty_page_with_next",
            "repeat_items",
            "duplicates",
            "expired_page_token",
            "same_cursor",
            "endless_next",
        ] {
            if source == "telegram" && ["repeat_items", "endless_next"].contains(&kind)
                || ["reddit", "telegram"].contains(&source) && kind == "expired_page_token"
            {
                continue;
            }
            let mut rule = json!({"source": source, "kind": kind});
            match kind {
                "short_page" | "empty_page_with_next" => rule["every"] = 2.into(),
                "expired_page_token" | "same_cursor" => rule["times"] = 1.into(),
                _ => {}
            }
            let (found, records, pages) = walk(&sandbox(json!([rule])).await, source).await;
            assert_eq!(found, sound.0, "{source} {kind}");
            match kind {
                "repeat_items" | "duplicates" => assert!(records > sound.1, "{source} {kind}"),
                _ => assert!(pages > sound.2, "{source} {kind}: {pages} pages"),
            }
        }
    }
}

#[actix_web::test]
async fn a_deleted_anchor_ends_a_walk_and_not_the_next_one() {
    let sandbox = sandbox(json!([{"source": "reddit", "kind": "deleted_anchor", "times": 1}])).await;
    assert_eq!(walk(&sandbox, "reddit").await.0.len(), 30);
    assert_eq!(walk(&sandbox, "reddit").await.0.len(), 120);
}

#[actix_web::test]
async fn an_expired_token_stays_expired_and_a_new_one_is_good() {
    let rules = json!([
        {"source": "reddit", "kind": "token_expired", "after": 1, "times": 1},
        {"source": "reddit", "kind": "token_error_200", "after": 1, "times": 1},
    ]);
    let sandbox = sandbox(rules).await;
    let token = async || reddit_token(&sandbox).await.json()["access_token"].as_str().map(str::to_owned);
    let first = token().await.unwrap();
    assert_eq!(page(&sandbox, "reddit", &first, "").await.status, 200);
    assert_eq!(page(&sandbox, "reddit", &first, "").await.status, 401);
    assert_eq!(page(&sandbox, "reddit", &first, "").await.status, 401, "no fault any more, but an old token");
    let refused = reddit_token(&sandbox).await;
    assert_eq!((refused.status, refused.json()), (200, json!({"error": "invalid_grant"})));
    let second = token().await.unwrap();
    assert_eq!(page(&sandbox, "reddit", &second, "").await.status, 200);
}

type Check = fn(&Got) -> bool;

fn meta(got: &Got, code: u64) -> bool {
    got.json()["error"]["code"] == code
}

#[actix_web::test]
async fn each_kind_does_what_it_says() {
    let table: Vec<(Value, Check)> = vec![
        (json!({"source": "facebook", "kind": "meta_usage", "minutes": 2}), |got| {
            let usage: Value =
                serde_json::from_str(got.headers["x-business-use-case-usage"].to_str().unwrap()).unwrap();
            meta(got, 80_001) && usage["1234567890"][0]["estimated_time_to_regain_access"] == 2
        }),
        (json!({"source": "instagram", "kind": "meta_usage", "code": 4}), |got| {
            meta(got, 4) && got.status == 403 && got.headers.contains_key("x-app-usage")
        }),
        (json!({"source": "facebook", "kind": "token_expired"}), |got| meta(got, 190)),
        (json!({"source": "instagram", "kind": "permission_revoked", "code": 200}), |got| {
            meta(got, 200) && got.status == 403
        }),
        (json!({"source": "facebook", "kind": "rate_limit"}), |got| {
            got.status >= 400 && got.json()["error"].is_object()
        }),
        (json!({"source": "telegram", "kind": "flood", "retry_after_s": 2}), |got| {
            got.status == 420 && got.headers["retry-after"] == "2"
        }),
        (json!({"source": "telegram", "kind": "permission_revoked"}), |got| {
            got.status == 302 && got.headers["location"] == "/telegram/markets"
        }),
        (json!({"source": "telegram", "kind": "renamed_class"}), |got| {
            got.status == 200 && !got.text().contains("tgme_") && got.text().contains("data-post")
        }),
        (json!({"source": "telegram", "kind": "emoji"}), |got| got.text().contains("🇩🇪")),
        (json!({"source": "telegram", "kind": "nul"}), |got| got.text().contains(" a\0b")),
        (json!({"source": "telegram", "kind": "latin1"}), |got| std::str::from_utf8(&got.bytes).is_err()),
        (json!({"source": "telegram", "kind": "server_error", "status": 502}), |got| got.status == 502),
        (json!({"source": "facebook", "kind": "double_escaped"}), |got| got.text().contains("Q&amp;amp;A")),
        (json!({"source": "instagram", "kind": "lone_surrogate"}), |got| got.text().contains(" \\ud800\"")),
        (json!({"source": "instagram", "kind": "nan"}), |got| got.text().contains("\"like_count\":NaN")),
        (json!({"source": "alpha_vantage", "kind": "information", "wording": "premium"}), |got| {
            got.status == 200 && got.json()["Information"].as_str().unwrap().contains("premium endpoint")
        }),
        (json!({"source": "alpha_vantage", "kind": "information", "wording": "echo"}), |got| {
            got.json()["Information"].as_str().unwrap().contains("canary-")
        }),
        (json!({"source": "alpha_vantage", "kind": "null_arrays"}), |got| {
            got.json()["feed"][0]["authors"].is_null()
        }),
        (json!({"source": "alpha_vantage", "kind": "numbers_as_strings"}), |got| {
            got.json()["feed"][0]["overall_sentiment_score"].is_string()
        }),
        (json!({"source": "alpha_vantage", "kind": "nul"}), |got| got.text().contains(" a\\u0000b")),
        (json!({"source": "yahoo", "kind": "nan", "as_text": true}), |got| {
            got.json().pointer("/chart/result/0/indicators").unwrap().to_string().contains("\"NaN\"")
        }),
        (json!({"source": "yahoo", "kind": "numbers_as_strings"}), |got| {
            got.json().pointer("/chart/result/0/indicators/quote/0/close/0").unwrap().is_string()
        }),
        (json!({"source": "yahoo", "kind": "html_200"}), |got| got.text().starts_with("<!DOCTYPE html>")),
    ];
    for (rule, check) in table {
        let source = rule["source"].as_str().unwrap().to_owned();
        let sandbox = sandbox(json!([rule])).await;
        let got = page(&sandbox, &source, "", "").await;
        assert!(
            check(&got),
            "{rule}: {} {:?} {}",
            got.status,
            got.headers,
            &got.text().chars().take(600).collect::<String>()
        );
        assert_eq!(sandbox.stats().await[&source]["faults"], 1, "{rule}");
        assert_eq!(sandbox.stats().await[&source]["limits_exceeded"], 0, "{rule}");
    }
}
