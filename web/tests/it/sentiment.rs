//! The pages on mood: what a score is made of, what was left out, and who sees how much of it.

use serde_json::Value;

use crate::kit::{Reply, Site};
use crate::papers::{LONG_AGO, NEWEST, PARTS, THIS_WEEK, published, site};

/// The page's part between two ids.
fn part<'a>(body: &'a str, from: &str, to: &str) -> &'a str {
    let start = body.find(&format!("id=\"{from}\"")).unwrap_or_else(|| panic!("no {from}: {body}"));
    let end = body[start..].find(&format!("id=\"{to}\"")).unwrap_or_else(|| panic!("no {to}"));
    &body[start..start + end]
}

/// The exact values of the figures in a part of a page.
fn values(part: &str) -> Vec<f64> {
    let after = part.split("value=\"").skip(1);
    after.map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect()
}

async fn page(site: &Site, tier: &str, query: &str) -> Reply {
    let key = site.sign_in_as(tier).await;
    site.get(&format!("/assets/AAPL/sentiment{query}"), key.as_deref()).await
}

/// The X-ray's part of a page, and what each of its lines adds.
fn lines_of(body: &str) -> (&str, Vec<f64>) {
    let xray = part(body, "xray", "leads");
    let rows = xray.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
    let adds = rows.split("<tr>").skip(1).map(|line| *values(line).last().unwrap()).collect();
    (xray, adds)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documents_of_an_xray_sum_to_the_score_that_is_shown() {
    let site = site().await;
    let stored: (f64, f64) = sqlx::query_as(
        "select score, score_raw from sentiments s join publications p on p.id = s.publication_id
         where p.slot = $1 and s.symbol = 'AAPL'",
    )
    .bind(NEWEST)
    .fetch_one(&site.pool)
    .await
    .unwrap();
    assert!((stored.0 - published()).abs() < 1e-15 && stored.1 == 0.4375);
    for (query, stored, lines) in
        [("?rows=all", stored.0, PARTS.len()), ("?rows=all&noise=raw", stored.1, PARTS.len() + 4)]
    {
        let body = page(&site, "plus", query).await.body;
        let (xray, adds) = lines_of(&body);
        assert_eq!(adds.len(), lines, "{xray}");
        let sum: f64 = adds.iter().sum();
        assert!((sum - stored).abs() < 1e-9, "{adds:?}");
        let foot = values(part(xray, "xray-sum", "xray-published"));
        let published = values(&xray[xray.find("id=\"xray-published\"").unwrap()..]);
        assert!(
            (foot[0] - stored).abs() < 1e-9 && (published[0] - stored).abs() < 1e-12,
            "{foot:?} {published:?}"
        );
        assert!(!xray.contains("not kept one by one"));
        assert_eq!(
            xray.matches("class=\"noise-mark\"").count(),
            lines - PARTS.len(),
            "noise says that it is"
        );
    }
    // Published before shares with noise were kept: the page says so, and does not take the other score apart instead.
    let old = page(&site, "plus", &format!("?noise=raw&slot={THIS_WEEK}")).await.body;
    let xray = part(&old, "xray", "leads");
    assert!(xray.contains("were not kept for this slot") && !xray.contains("<table"), "{xray}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_that_are_not_kept_are_a_line_of_their_own() {
    let site = site().await;
    let body = page(&site, "plus", &format!("?slot={THIS_WEEK}")).await.body;
    let xray = part(&body, "xray", "leads");
    // One document of that slot is kept, of 49 + 5.
    assert!(xray.contains("53 more documents that are not kept one by one"), "{xray}");
    let rows = values(xray);
    let [.., rest, sum, score] = rows.as_slice() else { panic!("{rows:?}") };
    assert!((0.15 + rest - score).abs() < 1e-9 && (sum - score).abs() < 1e-9, "{rows:?}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_sum_to_their_document_and_go_with_its_text() {
    let site = site().await;
    let body = page(&site, "plus", "?rows=all").await.body;
    assert!(body.contains("word0") && body.contains("all other words"));
    let spelled = body.split("class=\"spelled\"").nth(1).unwrap().split("</details>").next().unwrap();
    let sum: f64 = values(spelled).iter().sum();
    // The first line is the one that adds most: document 0.
    assert!((sum - PARTS[0].0).abs() < 1e-9, "{spelled}");
    // Document 3 may not be shown: neither may its words.
    assert!(!body.contains("word3") && !body.contains("document 3"));
    assert!(body.contains("The source does not let us show this text"));
    assert!(!body.contains("<script>alert") && body.contains("&lt;script&gt;alert(0)"));
    assert!(!body.contains("<b>Ann") && !body.contains("javascript:alert"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_switch_shows_the_score_with_noise_and_what_was_removed() {
    let site = site().await;
    let organic = page(&site, "plus", "").await.body;
    let mood = part(&organic, "mood-title", "history");
    // 0.1875 without noise, 0.4375 with it.
    assert!(mood.contains("<b class=\"change up\">+0.19</b>") && mood.contains("+0.13 to +0.25"), "{mood}");
    let raw = page(&site, "plus", "?noise=raw").await.body;
    let mood = part(&raw, "mood-title", "history");
    assert!(mood.contains("<b class=\"change up\">+0.44</b>") && mood.contains("no interval"), "{mood}");
    for body in [&organic, &raw] {
        let removed = part(body, "removed", "xray");
        assert!(removed.contains("4 of 10 documents were left out as noise"), "{removed}");
        for reason in
            ["Copy of another document</dt><dd>2<", "Bot</dt><dd>1<", "Nearly the same as another</dt><dd>1<"]
        {
            assert!(removed.contains(reason), "{reason}: {removed}");
        }
        assert!(
            removed.contains("copied words") && removed.contains("href=\"https://x.example/2\""),
            "{removed}"
        );
        assert!(removed.contains("original-long-ago"));
    }
    // Basic sees the copy of this slot, but not the link to what was said before its seven days.
    let basic = page(&site, "basic", "").await.body;
    assert!(basic.contains("copied long ago") && !basic.contains("original-long-ago"));
    let market = site.get("/sentiment?noise=raw", None).await.body;
    assert!(market.contains("+0.44") && market.contains("no interval"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_tier_sees_as_far_back_as_it_goes() {
    let site = site().await;
    for (tier, behind, week, old, leads) in [
        ("visitor", false, false, false, false),
        ("free", false, false, false, false),
        ("basic", true, true, false, false),
        ("plus", true, true, true, true),
        ("admin", true, true, true, true),
    ] {
        let newest = page(&site, tier, "").await;
        assert_eq!(newest.status, 200);
        assert!(newest.body.contains("+0.13 to +0.25"), "{tier}");
        for (what, seen) in [
            ("document 0", behind),
            ("copied words", behind),
            ("Nearly the same as another", behind),
            ("data-chart=\"mood\"", behind),
            ("No evidence that the mood", leads),
            ("0.620", leads),
        ] {
            assert_eq!(newest.body.contains(what), seen, "{tier}: {what}");
        }
        let of_week = page(&site, tier, &format!("?slot={THIS_WEEK}")).await.body;
        assert_eq!(of_week.contains("said this week"), week, "{tier}");
        let of_old = page(&site, tier, &format!("?slot={LONG_AGO}")).await.body;
        assert_eq!(of_old.contains("said long ago"), old, "{tier}");
        assert_eq!(of_old.contains("further back than your tier"), !old, "{tier}");
        // A slot that there never was is answered as one that is out of reach.
        let never = page(&site, tier, "?slot=2020-01-01T06Z").await.body;
        assert_eq!(never.contains("further back than your tier"), !old, "{tier}");
    }
    // The eleventh and further are not for free, here too.
    let locked = site.get("/assets/T11/sentiment", None).await.body;
    assert!(locked.contains("class=\"lock\""), "{locked}");
    assert!(!locked.contains("data-chart") && !locked.contains("class=\"figures\""), "{locked}");
    site.stop().await;
}

async fn points(site: &Site, tier: &str, days: i64) -> Vec<Value> {
    let key = site.sign_in_as(tier).await;
    let reply = site.get(&format!("/api/sentiment?days={days}"), key.as_deref()).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()["points"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_markets_mood_is_the_mean_over_assets_by_their_documents() {
    let site = site().await;
    for (tier, days, expected) in
        [("visitor", 30, 1), ("free", 365, 1), ("basic", 365, 29), ("plus", 7, 29), ("plus", 365, 230)]
    {
        assert_eq!(points(&site, tier, days).await.len(), expected, "{tier} {days}");
    }
    // By hand, from the rows: the sum of documents times score over the sum of documents.
    let rows: Vec<(f64, f64, f64, f64)> = sqlx::query_as(
        "select s.score, (s.high - s.low) / 2, (posts_organic + articles_organic)::float8, (posts + articles)::float8
         from sentiments s join publications p on p.id = s.publication_id where p.slot = $1 and s.score is not null",
    )
    .bind(NEWEST)
    .fetch_all(&site.pool)
    .await
    .unwrap();
    assert_eq!(rows.len(), 11);
    let weight: f64 = rows.iter().map(|r| r.2).sum();
    let mean = rows.iter().map(|r| r.0 * r.2).sum::<f64>() / weight;
    let half = rows.iter().map(|r| (r.1 * r.2).powi(2)).sum::<f64>().sqrt() / weight;
    let newest = points(&site, "plus", 30).await.pop().unwrap();
    assert!((newest["score"].as_f64().unwrap() - mean).abs() < 1e-12, "{newest} {mean}");
    assert!((newest["high"].as_f64().unwrap() - mean - half).abs() < 1e-12, "{newest} {half}");
    assert_eq!(newest["documents"].as_f64().unwrap(), weight);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_market_page_lists_what_the_reader_may_see() {
    let site = site().await;
    let visitor = site.get("/sentiment", None).await.body;
    // T12 has the highest score, but is the twelfth by mentions.
    assert!(!visitor.contains("Company 12") && !visitor.contains("+0.90") && visitor.contains("Apple Inc."));
    assert!(!visitor.contains("data-chart") && visitor.contains("class=\"lock\""));
    let key = site.sign_in_as("plus").await;
    let plus = site.get("/sentiment", key.as_deref()).await.body;
    let sides = part(&plus, "sides", "mentioned");
    let first = sides.split("<tbody>").nth(1).unwrap();
    assert!(first.contains("Company 12") && first.contains("+0.80 to +0.95"), "{first}");
    assert!(plus.contains("data-chart=\"market\"") && plus.contains("Currency pair"));
    // Too few documents: no number.
    let mentioned = part(&plus, "mentioned", "changes");
    let few = mentioned.split("Company 5").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(few.contains("too few documents"), "{few}");
    let volume = &plus[plus.find("id=\"volume\"").unwrap()..];
    assert!(
        volume.contains("4 of 10 documents") && volume.contains("Nearly the same as another"),
        "{volume}"
    );
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_few_stands_where_a_number_would_mislead() {
    let site = site().await;
    let key = site.sign_in_as("plus").await;
    let body = site.get("/assets/T5/sentiment", key.as_deref()).await.body;
    assert!(part(&body, "mood", "history").contains("too few documents"), "{body}");
    assert!(part(&body, "xray", "leads").contains("Too few posts and articles in this slot for a score"));
    let leads = &body[body.find("id=\"leads\"").unwrap()..];
    assert!(leads.contains("Too few days to tell: 9 days") && !leads.contains("<circle"), "{leads}");
    let x = page(&site, "plus", "?source=x").await.body;
    assert!(x.contains("The mood has run ahead of the price: most clearly 1 trading days before, correlation +0.31 (q 0.011, 120 days)"), "{x}");
    let none = page(&site, "plus", "?source=nobody").await.body;
    assert!(none.contains("has not been computed for this asset and source"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_is_refused_with_what_can() {
    let site = site().await;
    let key = site.sign_in_as("pro").await;
    let long = format!("source={}", "x".repeat(10_000));
    for (query, accepted) in [
        ("days=-5", "7, 30, 90, 365 or 1825"),
        ("days=1000000000000", "7, 30, 90, 365 or 1825"),
        ("days=NaN", "7, 30, 90, 365 or 1825"),
        ("noise=loud", "raw or organic"),
        ("slot=2026-11-21T07Z", "2026-11-21T06Z"),
        ("slot=%3Cscript%3E", "2026-11-21T06Z"),
        ("rows=10000", "rows is all"),
        (&long, "at most 64 characters"),
    ] {
        for path in ["/sentiment", "/assets/AAPL/sentiment"] {
            let reply = site.get(&format!("{path}?{query}"), key.as_deref()).await;
            assert_eq!(reply.status, 400, "{path} {query:.40}");
            assert!(
                reply.body.contains(accepted) && reply.body.contains(&format!("href=\"{path}\"")),
                "{}",
                reply.body
            );
            assert!(!reply.body.contains("<script>") && reply.body.len() < 20_000);
        }
        let json = site.get(&format!("/api/sentiment?{query}"), key.as_deref()).await;
        assert_eq!(json.status, 400, "{query:.40}");
        assert!(json.json()["reason"].as_str().unwrap().contains(accepted), "{}", json.body);
    }
    assert_eq!(site.get("/assets/NOPE/sentiment", key.as_deref()).await.status, 404);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_stand_without_anything_published_and_speak_spanish() {
    let empty = Site::start().await;
    for path in ["/sentiment", "/news", "/api/sentiment"] {
        assert_eq!(empty.get(path, None).await.status, 200, "{path}");
    }
    empty.stop().await;
    let site = site().await;
    let key = site.sign_in_as("plus").await;
    for (path, says) in [
        ("/assets/AAPL/sentiment", "No hay indicios de que el ánimo vaya por delante"),
        ("/sentiment", "Lo más positivo"),
        ("/news", "Palabras más frecuentes"),
    ] {
        let request = site.request("GET", path, key.as_deref()).header("accept-language", "es");
        let body = site.send(request).await.body;
        assert!(body.contains(says), "{path}: {body}");
    }
    site.stop().await;
}
