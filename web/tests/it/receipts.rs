//! Receipts as pages and for programs, with every tier.

use serde_json::Value;

use crate::api::{SCOPES, call, make_key};
use crate::kit::Site;

const TIERS: [&str; 6] = ["visitor", "free", "basic", "plus", "pro", "admin"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_page_shows_what_the_tier_includes() {
    let site = Site::with_slots().await;
    for tier in TIERS {
        let session = site.sign_in_as(tier).await;
        let pro = matches!(tier, "pro" | "admin");
        for (value, secret, seen) in [
            ("forecast", "80\u{a0}% interval", pro),
            ("risk", "7.53\u{a0}%", pro),
            ("signal", "signal-reason", pro),
            ("sentiment", "−0.51 to +0.51", true),
        ] {
            let reply = site.get(&format!("/assets/SYM1/receipt?value={value}"), session.as_deref()).await;
            assert_eq!(reply.status, 200, "{tier} {value}");
            assert_eq!(reply.body.contains(secret), seen, "{tier} {value}");
            assert_eq!(
                reply.body.contains("class=\"padlock\""),
                !seen || value == "sentiment" && matches!(tier, "visitor" | "free"),
                "{tier} {value}"
            );
        }
        // The past: basic sees a week, free nothing.
        for (slot, word, seen) in [
            ("2026-11-18T06Z", "this-week", !matches!(tier, "visitor" | "free")),
            ("2026-10-15T06Z", "long-ago", matches!(tier, "plus" | "pro" | "admin")),
        ] {
            let reply = site.get(&format!("/assets/SYM1/receipt?slot={slot}"), session.as_deref()).await;
            assert_eq!(reply.status, 200, "{tier} {slot}");
            assert_eq!(reply.body.contains(word), seen, "{tier} {slot}");
            assert_eq!(reply.body.contains("class=\"padlock\""), !seen, "{tier} {slot}");
        }
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_proves_what_it_says() {
    let site = Site::with_slots().await;
    sqlx::query(
        "with run as (insert into runs values ('2026-11-21T06:00Z', 'succeeded', now(), now()) returning slot)
         insert into stages (slot, stage, state, attempt, last_attempt, started_at, finished_at)
         select slot, 'collect', 'succeeded', 2, 2, '2026-11-21T06:00:05Z', '2026-11-21T06:01:35Z' from run",
    )
    .execute(&site.pool)
    .await
    .unwrap();
    let session = site.sign_in_as("pro").await.unwrap();
    let key = make_key(&site, &session, &SCOPES).await;
    let receipt = call(&site, &key, "/api/v1/receipts/SYM1/2026-11-21T06Z").await.json();
    let manifest = site.lake.get("predictions/slot=2026-11-21T06Z/_MANIFEST.json").await.unwrap().unwrap();
    let sha256 = domain::lake::sha256(&manifest.bytes);
    assert_eq!(receipt["manifest_sha256"], sha256.as_str());
    let steps = receipt["lineage"]["steps"].as_array().unwrap();
    assert_eq!(
        (steps[0]["stage"].as_str(), steps[0]["sha256"].as_str()),
        (Some("predict"), Some(sha256.as_str()))
    );
    let split = site.lake.get("assets/slot=2026-11-21T06Z/_MANIFEST.json").await.unwrap().unwrap();
    let split = domain::lake::sha256(&split.bytes);
    assert_eq!(steps[0]["inputs"][0]["sha256"], split.as_str(), "the chain goes on");
    assert_eq!(steps[1]["sha256"], split.as_str());
    assert!(receipt["lineage"]["seal"].is_null(), "this lake has none");
    assert_eq!(receipt["stages"][0]["attempt"], 2);
    let documents = receipt["documents"].as_array().unwrap();
    let weights: f64 = documents.iter().filter_map(|d| d["weight"].as_f64()).sum();
    assert!((weights - 1.0).abs() < 1e-9 && documents.len() == 22, "{weights} of {}", documents.len());
    assert!(receipt["bars"]["bars"].as_i64().unwrap() > 30);
    assert_eq!(receipt["forecast"].as_array().unwrap().len(), 5);
    let page = site.get("/assets/SYM1/receipt", Some(&session)).await;
    for word in [sha256.as_str(), split.as_str(), "collect", "90.0 s"] {
        assert!(page.body.contains(word), "{word}");
    }
    // What a tier does not include is null, not left to be guessed.
    let session = site.sign_in_as("plus").await.unwrap();
    let key = make_key(&site, &session, &SCOPES).await;
    let plus = call(&site, &key, "/api/v1/receipts/SYM1/2026-11-21T06Z").await.json();
    assert!(plus["sentiment"].is_object() && plus["documents"].is_array());
    for locked in ["forecast", "signals", "risk"] {
        assert_eq!(plus[locked], Value::Null, "{locked}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_that_there_are_not() {
    let site = Site::with_slots().await;
    for (path, status) in [
        ("/assets/NOPE/receipt", 404),
        ("/assets/SYM1/receipt?slot=2001-01-01T06Z", 404),
        ("/assets/SYM1/receipt?slot=2026-11-21T07Z", 400),
        ("/assets/SYM1/receipt?slot=%3Cscript%3E", 400),
        ("/assets/SYM1/receipt?value=volume", 400),
        ("/assets/SYM1/receipt?version=x", 400),
        ("/assets/SYM1/receipt?version=99999999999999", 400),
        ("/assets/SYM1/receipt?version=7", 404),
    ] {
        let reply = site.get(path, None).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(!reply.body.contains("<script>"), "{path}");
    }
    site.stop().await;
}
