//! What pages show.

use crate::kit::Site;
use crate::slots::SlotBuilder;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_says_as_of_when_and_what_is_missing() {
    let site = Site::with_slots().await;
    for path in [
        "/",
        "/assets/SYM1",
        "/assets/SYM1/sentiment",
        "/assets/SYM1/news",
        "/sentiment",
        "/news",
        "/pricing",
        "/track-record",
        "/methodology",
        "/sign-in",
        "/register",
        "/search?q=company",
    ] {
        let body = site.get(path, None).await.body;
        for part in
            ["21 Nov 2026, 06:00 UTC", "2026-11-21T06Z", "Sandbox data", "class=\"source gap\"", "feeds"]
        {
            assert!(body.contains(part), "{path}: {part}");
        }
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_of_others_are_escaped_and_links_checked() {
    let site = Site::with_slots().await;
    let key = site.sign_in_as("plus").await;
    let body = site.get("/assets/SYM1", key.as_deref()).await.body;
    assert!(body.contains("&lt;script&gt;alert(0)") && !body.contains("<script>alert"), "{body}");
    assert!(!body.contains("javascript:alert") && body.contains("Company 1 &amp; Sons"));
    let json = site.get("/api/assets/SYM1/news", key.as_deref()).await.body;
    assert!(!json.contains("javascript:alert"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_forbids_it_is_counted_but_not_quoted() {
    let site = Site::start().await;
    let mut slot = SlotBuilder::new("2026-11-21T06Z", "secret");
    slot.may_display = false;
    slot.write(&site.lake).await;
    site.publish("2026-11-21T06Z").await;
    let key = site.sign_in_as("pro").await;
    let body = site.get("/assets/SYM1", key.as_deref()).await.body;
    assert!(!body.contains("post secret") && !body.contains("reader1"));
    assert!(body.contains("does not let us show this text") && body.contains("headline secret"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_search_finds_symbols_names_and_aliases() {
    let site = Site::with_slots().await;
    for (query, leads_to) in
        [("sym4", "/assets/SYM4"), ("alias3", "/assets/EUR%2FUSD"), ("other 7", "/assets/SYM7")]
    {
        let reply = site.get(&format!("/search?q={}", query.replace(' ', "+")), None).await;
        assert_eq!((reply.status, reply.header("location")), (303, leads_to), "{query}");
    }
    assert!(site.get("/search?q=company", None).await.body.contains("/assets/SYM12"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_speak_spanish() {
    let site = Site::with_slots().await;
    let request = site.request("GET", "/assets/SYM1", None).header("accept-language", "es-MX,es;q=0.9");
    let body = site.send(request).await.body;
    assert!(
        body.contains("<html lang=\"es\"")
            && body.contains("21 nov 2026, 06:00 UTC")
            && body.contains("201,37")
    );
    let chosen = site.post("/preferences", None, &[("lang", "es"), ("back", "/pricing")]).await;
    assert_eq!((chosen.status, chosen.header("location")), (303, "/pricing"));
    assert!(chosen.header("set-cookie").starts_with("lang=es"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_few_documents_are_never_a_zero() {
    let site = Site::start().await;
    let mut slot = SlotBuilder::new("2026-11-21T06Z", "few");
    slot.score = None;
    slot.write(&site.lake).await;
    site.publish("2026-11-21T06Z").await;
    let home = site.get("/", None).await.body;
    assert!(
        home.contains("Too few posts and articles in this slot") && home.contains("too few documents"),
        "{home}"
    );
    assert!(site.get("/assets/SYM2", None).await.body.contains("Too few posts and articles for a mood"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_status_page_says_how_sources_and_slots_are() {
    let site = Site::start().await;
    assert!(site.get("/status", None).await.body.contains("Nothing is known yet"));
    SlotBuilder::new("2026-11-21T06Z", "now").write(&site.lake).await;
    site.publish("2026-11-21T06Z").await;
    let body = site.get("/status", None).await.body;
    for part in
        ["class=\"health degraded\"", "complete in every slot", "brings records, not all of them", "0 of 1"]
    {
        assert!(body.contains(part), "{part}: {body}");
    }
    let glossary = site.get("/glossary", None).await.body;
    assert!(glossary.contains("<dt id=\"var\">Value at Risk</dt>"), "{glossary}");
    site.stop().await;
}
