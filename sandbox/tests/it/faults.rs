//! Every kind of fault over HTTP; kinds of sources that have their own tests are tried there.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{Client, Error};
use serde_json::{Value, json};

use crate::kit::{Sandbox, header};

const AT: &str = "2026-03-03T00:00:00Z";

/// What came of one request.
struct Got {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Result<Vec<u8>, Error>,
    took: Duration,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn bytes(&self) -> &[u8] {
        self.body.as_ref().unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(self.bytes()).unwrap()
    }

    fn has(&self, part: &[u8]) -> bool {
        self.bytes().windows(part.len()).any(|window| window == part)
    }
}

/// One sound request to each source, `{base}` before it.
fn target(source: &str) -> &'static str {
    match source {
        "x" => {
            "/x/2/tweets/search/recent?query=$TSLA&max_results=30&tweet.fields=created_at,public_metrics,entities,referenced_tweets&expansions=author_id&user.fields=public_metrics"
        }
        "stocktwits" => "/stocktwits/api/2/streams/symbol/BRK.A.json",
        "alpaca" => "/alpaca/v1beta1/news?limit=9",
        "alpaca bars" => {
            "/alpaca/v2/stocks/bars?symbols=TSLA&timeframe=1Day&start=2026-01-01&end=2026-03-02T23:00:00Z&limit=9"
        }
        "atom" => "/feeds/gamma/atom.xml",
        _ => "/feeds/beta/rss.xml",
    }
}

/// A client that neither unpacks nor follows.
fn plain() -> Client {
    Client::builder().no_gzip().no_brotli().redirect(Policy::none()).build().unwrap()
}

async fn ask(sandbox: &Sandbox, source: &str, more: &str) -> Result<Got, Error> {
    let started = Instant::now();
    let url = format!("{}{}{more}", sandbox.base, target(source));
    let response = plain()
        .get(url)
        .bearer_auth(sandbox.setup["x"]["bearer_token"].as_str().unwrap())
        .header("APCA-API-KEY-ID", sandbox.setup["alpaca"]["key_id"].as_str().unwrap())
        .header("APCA-API-SECRET-KEY", sandbox.setup["alpaca"]["secret_key"].as_str().unwrap())
        .timeout(Duration::from_secs(20))
        .send()
        .await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.map(|bytes| bytes.to_vec());
    Ok(Got { status, headers, body, took: started.elapsed() })
}

/// Asks once under a plan of this one rule.
async fn struck(source: &str, mut rule: Value) -> Result<Got, Error> {
    let name = match source {
        "atom" => "feeds",
        "alpaca bars" => "alpaca",
        name => name,
    };
    rule["source"] = name.into();
    let sandbox = Sandbox::start(AT, Some(json!({"seed": 3, "rules": [rule]}))).await;
    let got = ask(&sandbox, source, "").await;
    assert_eq!(sandbox.stats().await[name]["faults"], 1, "{rule}");
    assert_eq!(sandbox.stats().await[name]["limits_exceeded"], 0, "an injected limit is not the client's");
    got
}

type Check = fn(&Got) -> bool;

#[actix_web::test]
async fn each_kind_does_what_it_says() {
    let table: Vec<(&str, Value, Check)> = vec![
        ("x", json!({"kind": "rate_limit", "retry_after_s": 3}), |got| {
            got.status == 429 && got.header("retry-after") == "3"
        }),
        ("alpaca", json!({"kind": "rate_limit", "retry_after_s": 90, "as_date": true}), |got| {
            got.status == 429 && got.header("retry-after") == "Tue, 03 Mar 2026 00:01:30 GMT"
        }),
        ("feeds", json!({"kind": "rate_limit"}), |got| {
            got.status == 429 && got.headers.get("retry-after").is_none()
        }),
        ("x", json!({"kind": "usage_capped"}), |got| {
            got.status == 429
                && got.json()["type"].as_str().unwrap().ends_with("/usage-capped")
                && got.header("x-rate-limit-remaining") != "0"
        }),
        ("x", json!({"kind": "credits"}), |got| {
            got.status == 402 && got.json()["title"] == "CreditsDepleted"
        }),
        ("stocktwits", json!({"kind": "server_error", "status": 502}), |got| {
            got.status == 502 && got.json()["response"]["status"] == 502
        }),
        ("feeds", json!({"kind": "unavailable"}), |got| got.status == 503),
        ("x", json!({"kind": "token_expired"}), |got| {
            got.status == 401 && got.json()["title"] == "Unauthorized"
        }),
        ("stocktwits", json!({"kind": "permission_revoked"}), |got| {
            got.status == 403 && got.text().contains("<html>")
        }),
        ("x", json!({"kind": "permission_revoked"}), |got| {
            got.status == 403 && got.json()["title"] == "Forbidden"
        }),
        ("x", json!({"kind": "short_page"}), |got| {
            let page = got.json();
            page["data"].as_array().unwrap().len() == 10 && page["meta"]["next_token"].is_string()
        }),
        ("alpaca bars", json!({"kind": "short_page"}), |got| {
            got.json()["bars"]["TSLA"].as_array().unwrap().len() == 3
        }),
        ("stocktwits", json!({"kind": "empty_page_with_next"}), |got| {
            let page = got.json();
            page["messages"] == json!([]) && page["cursor"]["more"] == true
        }),
        ("alpaca bars", json!({"kind": "empty_page_with_next"}), |got| {
            let page = got.json();
            page["bars"] == json!({}) && page["next_page_token"].is_string()
        }),
        ("x", json!({"kind": "duplicates"}), |got| {
            got.json()["data"].as_array().unwrap().len() == 45 && got.json()["meta"]["result_count"] == 45
        }),
        ("x", json!({"kind": "new_names"}), |got| {
            got.text().contains("edit_history_post_ids") && !got.text().contains("edit_history_tweet_ids")
        }),
        ("x", json!({"kind": "null_arrays"}), |got| {
            got.json()["data"][0]["entities"]["cashtags"].is_null()
                && got.json()["data"][0]["edit_history_tweet_ids"].is_array()
        }),
        ("stocktwits", json!({"kind": "numbers_as_strings"}), |got| {
            got.json()["messages"][0]["id"].is_string()
        }),
        ("alpaca bars", json!({"kind": "nan"}), |got| {
            got.text().contains(":NaN") && serde_json::from_slice::<Value>(got.bytes()).is_err()
        }),
        ("alpaca", json!({"kind": "extra_fields"}), |got| {
            got.json()["news"][8]["unannounced"].is_object() && got.json()["unannounced"].is_object()
        }),
        ("feeds", json!({"kind": "zone_less"}), |got| {
            got.text().contains("</pubDate>") && !got.text().contains("GMT</pubDate>")
        }),
        ("atom", json!({"kind": "odd_zone"}), |got| {
            got.text().contains(" IST</published>") || got.text().contains(" BST</published>")
        }),
        ("feeds", json!({"kind": "future_date"}), |got| got.text().matches("Mar 2029").count() == 1),
        ("atom", json!({"kind": "no_guid"}), |got| {
            got.text().matches("<id>").count() == 1 && got.text().contains("rel=\"alternate\"")
        }),
        ("feeds", json!({"kind": "no_guid_no_link"}), |got| {
            !got.text().contains("<guid") && got.text().matches("<link>").count() == 1
        }),
        ("feeds", json!({"kind": "bare_ampersand"}), |got| got.text().contains("R&D & more")),
        ("feeds", json!({"kind": "truncated_xml"}), |got| !got.text().contains("</rss>")),
        ("feeds", json!({"kind": "big_feed"}), |got| got.text().matches("<item>").count() == 100_000),
        ("x", json!({"kind": "emoji"}), |got| got.has("🇩🇪".as_bytes())),
        ("stocktwits", json!({"kind": "right_to_left"}), |got| got.has("\u{202E}שלום".as_bytes())),
        ("x", json!({"kind": "nul"}), |got| got.has(b" a\\u0000b")),
        ("feeds", json!({"kind": "nul"}), |got| got.has(b" a\0b</title>")),
        ("x", json!({"kind": "lone_surrogate"}), |got| got.has(b" \\ud800\"")),
        ("feeds", json!({"kind": "lone_surrogate"}), |got| got.has(b"&#xD800;</title>")),
        ("alpaca", json!({"kind": "invalid_utf8"}), |got| std::str::from_utf8(got.bytes()).is_err()),
        ("feeds", json!({"kind": "latin1"}), |got| {
            got.header("content-type").ends_with("ISO-8859-1")
                && got.has(b" \xE9 \xFC ")
                && got.has(b"encoding=\"ISO-8859-1\"")
        }),
        ("feeds", json!({"kind": "double_escaped"}), |got| got.text().contains("Q&amp;amp;A")),
        ("x", json!({"kind": "truncated_gzip"}), |got| {
            got.header("content-encoding") == "gzip" && got.has(b"\x1F\x8B")
        }),
        ("x", json!({"kind": "gzip_bomb"}), |got| {
            let length = got.bytes().len();
            let unpacked = u32::from_le_bytes(got.bytes()[length - 4..].try_into().unwrap());
            length < 2_000_000 && unpacked >= 1 << 30
        }),
        ("alpaca", json!({"kind": "wrong_content_type"}), |got| {
            got.header("content-type").starts_with("text/html") && got.json()["news"].is_array()
        }),
        ("x", json!({"kind": "cut_connection"}), |got| got.status == 200 && got.body.is_err()),
        ("stocktwits", json!({"kind": "slow", "ms": 200}), |got| {
            got.status == 200 && got.took.as_millis() >= 200
        }),
        ("alpaca bars", json!({"kind": "drip", "ms": 1}), |got| {
            got.took.as_millis() >= 300 && got.json()["bars"].is_object()
        }),
        ("feeds", json!({"kind": "redirect_loop"}), |got| {
            got.status == 302 && got.header("location") == "/_loop/1"
        }),
        ("x", json!({"kind": "redirect_consent"}), |got| {
            got.status == 302 && got.header("location") == "/_consent"
        }),
        ("x", json!({"kind": "html_200"}), |got| {
            got.status == 200 && got.text().starts_with("<!DOCTYPE html>")
        }),
        ("x", json!({"kind": "date_skew", "minutes": -10}), |got| {
            got.header("date") == "Mon, 02 Mar 2026 23:50:00 GMT"
                && got.header("x-rate-limit-reset").parse::<i64>().unwrap() < 1_772_496_000 - 590
        }),
        ("alpaca", json!({"kind": "big_body", "bytes": 5_000_000}), |got| {
            got.bytes().len() > 5_000_000 && got.json()["news"].is_array()
        }),
        ("alpaca", json!({"kind": "empty_body"}), |got| got.status == 200 && got.bytes().is_empty()),
        ("x", json!({"kind": "malformed_json"}), |got| {
            got.status == 200 && serde_json::from_slice::<Value>(got.bytes()).is_err()
        }),
    ];
    for (source, rule, check) in table {
        let got = struck(source, rule.clone()).await.unwrap();
        assert!(check(&got), "{source} {rule}: {} {:?}", got.status, got.headers);
    }
}

#[actix_web::test]
async fn a_reset_ends_the_connection_before_its_answer() {
    let error = struck("x", json!({"kind": "reset"})).await.err().unwrap();
    assert!(!error.is_timeout() && error.status().is_none(), "{error:?}");
}

#[actix_web::test]
async fn redirects_lead_to_a_loop_and_to_a_page_for_people() {
    let plan = json!({"rules": [
        {"source": "feeds", "kind": "redirect_loop", "times": 1},
        {"source": "feeds", "kind": "redirect_consent", "times": 1},
    ]});
    let sandbox = Sandbox::start(AT, Some(plan)).await;
    let url = sandbox.setup["feeds"][0]["url"].as_str().unwrap();
    assert!(sandbox.client.get(url).send().await.unwrap_err().is_redirect());
    let consent = sandbox.client.get(url).send().await.unwrap();
    assert_eq!(consent.status(), 200);
    assert!(consent.text().await.unwrap().contains("Before you continue"));
}

#[actix_web::test]
async fn a_spoiled_feed_does_not_pass_for_the_sound_one() {
    let plan = json!({"rules": [{"source": "feeds", "kind": "truncated_xml", "times": 1}]});
    let sandbox = Sandbox::start(AT, Some(plan)).await;
    let spoiled = ask(&sandbox, "feeds", "").await.unwrap();
    assert!(spoiled.headers.get("last-modified").is_none());
    let url = format!("{}{}", sandbox.base, target("feeds"));
    let tag = spoiled.header("etag").to_owned();
    let again = sandbox.client.get(url).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), 200);
    assert!(again.text().await.unwrap().contains("</rss>"));
}

#[actix_web::test]
async fn an_unavailable_source_comes_back_and_rules_take_turns() {
    let plan = json!({"rules": [
        {"source": "feeds", "kind": "unavailable", "times": 3},
        {"source": "x", "kind": "rate_limit", "retry_after_s": 3, "times": 1},
        {"source": "x", "kind": "server_error", "status": 503, "after": 2, "times": 1},
    ]});
    let sandbox = Sandbox::start(AT, Some(plan)).await;
    let url = sandbox.setup["feeds"][0]["url"].as_str().unwrap();
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(sandbox.client.get(url).send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [503, 503, 503, 200]);
    let limited = sandbox.x(&[("query", "$TSLA")]).await;
    assert_eq!((limited.status().as_u16(), header(&limited, "retry-after")), (429, 3));
    assert_eq!(sandbox.x(&[("query", "$TSLA")]).await.status(), 200);
    assert_eq!(sandbox.x(&[("query", "$TSLA")]).await.status(), 503);
    assert_eq!(sandbox.x(&[("query", "$TSLA")]).await.status(), 200);
}

/// Follows the cursors of a listing to its end, as a client does that starts afresh when a page token has expired.
async fn walk(sandbox: &Sandbox, source: &str) -> (BTreeSet<String>, usize, usize) {
    let (mut found, mut records, mut pages) = (BTreeSet::new(), 0, 0);
    let mut cursor = String::new();
    loop {
        pages += 1;
        assert!(pages < 500, "{source} never ends");
        let got = ask(sandbox, source, &cursor).await.unwrap();
        if got.status == 400 {
            cursor.clear();
            continue;
        }
        let page = got.json();
        let none = Vec::new();
        let (rows, next) = match source {
            "x" => {
                (&page["data"], page["meta"]["next_token"].as_str().map(|next| format!("&next_token={next}")))
            }
            "alpaca" => (&page["news"], token(&page)),
            "alpaca bars" => (&page["bars"]["TSLA"], token(&page)),
            _ => {
                let more = page["cursor"]["more"] == true;
                (&page["messages"], more.then(|| format!("?max={}", page["cursor"]["max"])))
            }
        };
        for row in rows.as_array().unwrap_or(&none) {
            let id = if source == "alpaca bars" { &row["t"] } else { &row["id"] };
            found.insert(id.to_string());
            records += 1;
        }
        match next {
            // What never ends is left after a while.
            Some(_) if cursor.contains("endlesszz9") => return (found, records, pages),
            Some(next) => cursor = next,
            None => return (found, records, pages),
        }
    }
}

fn token(page: &Value) -> Option<String> {
    page["next_page_token"].as_str().map(|next| format!("&page_token={next}"))
}

#[actix_web::test]
async fn no_fault_of_paging_hides_a_record() {
    for source in ["x", "alpaca", "alpaca bars", "stocktwits"] {
        let name = source.split(' ').next().unwrap();
        let sound = walk(&Sandbox::start(AT, None).await, source).await;
        assert!(sound.0.len() > 30 && sound.1 == sound.0.len(), "{source}");
        for rule in [
            json!({"kind": "short_page", "every": 2}),
            json!({"kind": "empty_page_with_next", "every": 2}),
            json!({"kind": "repeat_items"}),
            json!({"kind": "duplicates"}),
            json!({"kind": "expired_page_token", "after": 1, "times": 1}),
            json!({"kind": "same_cursor", "times": 1}),
            json!({"kind": "endless_next"}),
        ] {
            if source == "stocktwits" && rule["kind"] == "expired_page_token" {
                continue;
            }
            let mut rule = rule;
            rule["source"] = name.into();
            let sandbox = Sandbox::start(AT, Some(json!({"rules": [rule]}))).await;
            let (found, records, pages) = walk(&sandbox, source).await;
            assert_eq!(found, sound.0, "{source} {rule}");
            let kind = rule["kind"].as_str().unwrap();
            match kind {
                "repeat_items" | "duplicates" => assert!(records > sound.1, "{source} {kind}"),
                "endless_next" if source == "stocktwits" => {}
                _ => assert!(pages > sound.2, "{source} {kind}: {pages} pages"),
            }
        }
    }
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
