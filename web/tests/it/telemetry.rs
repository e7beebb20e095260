//! What the site counts, the trace of a slot, and how punctual it says it was.

use domain::Slot;
use domain::trace::TraceId;

use crate::kit::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_counted_by_route_and_readings_come_from_what_is_published() {
    cloud::telemetry::start();
    let site = Site::with_slots().await;
    for n in [1, 2, 3] {
        assert_eq!(site.get(&format!("/assets/SYM{}", [1, 2, 4][n - 1]), None).await.status, 200);
    }
    site.get("/nowhere/at/all", None).await;
    let text = site.get("/metrics", None).await.body;
    let value = |line: &str| -> f64 {
        let found = text.lines().find_map(|l| l.strip_prefix(line)?.trim().parse().ok());
        found.unwrap_or_else(|| panic!("{line} is not in\n{text}"))
    };
    // Other tests of this process count, too.
    assert!(value("http_requests_total{route=\"/assets/{symbol}\",method=\"GET\",status=\"200\"}") >= 3.0);
    assert!(value("http_request_duration_seconds_count{route=\"/assets/{symbol}\"}") >= 3.0);
    assert!(!text.contains("SYM1") && !text.contains("nowhere"), "routes, not paths");
    assert!(value("quarterday_slot_age_seconds") > 0.0);
    for line in
        ["quarterday_source_complete{", "quarterday_subscriptions{tier=\"pro\"}", "quarterday_mails_queued"]
    {
        assert!(text.contains(line), "{line}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_name_the_trace_of_their_slot_and_so_do_receipts() {
    let site = Site::with_slots().await;
    let slot: Slot = "2026-11-21T06Z".parse().unwrap();
    let trace = TraceId::of_slot(slot).to_string();
    let page = site.get("/assets/SYM1", None).await;
    assert_eq!(page.header("x-slot-trace"), trace);
    let key = site.sign_in_as("pro").await;
    let receipt = site.get("/assets/SYM1/receipt", key.as_deref()).await.body;
    assert!(receipt.contains(&trace), "{receipt}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_budget_page_counts_late_slots() {
    let site = Site::with_slots().await;
    // The slots of the test are published now, long after they were due.
    site.app.clock.set(Some("2026-11-21T09:00:00Z".parse().unwrap()));
    sqlx::query("update publications set published_at = closes_at + interval '12 minutes' where slot = '2026-11-21T06Z'")
        .execute(&site.pool)
        .await
        .unwrap();
    let page = site.get("/status/budget", None).await;
    assert_eq!(page.status, 200);
    // From 2026-11-18T06Z to 2026-11-21T06Z: thirteen slots, of which one came in time and one late.
    for words in ["Slots that were due</th><td>13<", "Published late</th><td>1<", "Not published</th><td>11<"]
    {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(page.body.contains("error budget is used up"));
    let spanish =
        site.request("GET", "/status/budget", None).header("accept-language", "es").send().await.unwrap();
    assert!(spanish.text().await.unwrap().contains("margen de error"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitors_page_is_kept_for_a_moment_and_nobody_elses() {
    let site = Site::with_slots().await;
    site.app.pages.start();
    let first = site.get("/assets/SYM1", None).await;
    assert_eq!((first.status, first.header("cache-control")), (200, "public, max-age=10"));
    // What is behind it changes: the visitor's page stays for two seconds.
    sqlx::query("update assets set name = 'Renamed'").execute(&site.pool).await.unwrap();
    sqlx::query("update publications set manifest_sha256 = repeat('e', 64) where id = 1")
        .execute(&site.pool)
        .await
        .unwrap();
    let again = site.get("/assets/SYM1", None).await;
    assert_eq!((&again.body, again.header("content-type")), (&first.body, first.header("content-type")));
    assert_eq!(again.header("content-security-policy"), first.header("content-security-policy"));
    // Another language, other colours, who is signed in: pages of their own.
    let spanish =
        site.request("GET", "/assets/SYM1", None).header("accept-language", "es").send().await.unwrap();
    assert!(spanish.text().await.unwrap().contains("lang=\"es\""));
    let dark = site.request("GET", "/assets/SYM1", None).header("cookie", "theme=dark").send().await.unwrap();
    assert!(dark.text().await.unwrap().contains("data-theme=\"dark\""));
    let key = site.sign_in_as("pro").await;
    let own = site.get("/assets/SYM1", key.as_deref()).await;
    assert!(own.body.contains("href=\"/account\"") && own.header("cache-control") == "private, no-store");
    let visitors = site.get("/assets/SYM1", None).await.body;
    assert!(!visitors.contains("href=\"/account\""), "a reader's page is nobody else's");
    // Failures are not kept.
    assert_eq!(site.get("/assets/NOPE", None).await.status, 404);
    site.stop().await;
}
