//! Many runs at once, and orders that wait.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backfill_shows_what_would_be_done_and_goes_slot_by_slot() {
    let works = works().await;
    works.ran(FAILED, Some(Stage::Split)).await;
    works.ran(FINE, None).await;
    let key = works.site.sign_in_as("admin").await.unwrap();
    let query = "action=backfill&from=2026-11-20T06Z&to=2026-11-21T06Z";
    let page = works.site.get(&format!("/operations/confirm?{query}"), Some(&key)).await;
    assert_eq!(page.status, 200);
    let body = page.body.replace('\u{a0}', " ");
    for said in ["in 4 slots", "from Split on", "from Collect on", "never ran", "nothing", "2026-11-21T00Z"] {
        assert!(body.contains(said), "{said}");
    }
    // 20 minutes of collect, 20 of split, 10 of predict are not known for all: those that succeeded took ten minutes each.
    // By hand in micro-USD: collect 16753/6 = 2792, split (67011 + 20000)/6 = 14502, predict 67011/6 = 11169: one from split on,
    // three whole: 25671 + 3 × 28463 = 111060.
    assert!(body.contains("$0.1111"), "{body}");
    let only = works.site.get(&format!("/operations/confirm?{query}&only_failed=1"), Some(&key)).await;
    assert!(only.body.contains("in one slot"));
    let address = works.ask(query, "the feed was down all day", &key).await;
    let asked = works.site.get(&address, Some(&key)).await;
    assert!(asked.body.contains("Backfill of 4 slots"), "{}", asked.body);
    // The first is sent at once; those that wait are sent only while few runs are on their way.
    for _ in 0..50 {
        web::operations::orders::send_due(&works.site.app, Utc::now()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let sent: i64 = sqlx::query_scalar("select count(*) from orders where sent_at is not null")
        .fetch_one(&works.site.pool)
        .await
        .unwrap();
    assert_eq!(sent, 2, "two at once");
    let run = works.run(FAILED).await;
    assert_eq!((run.status(), run.stage(Stage::Split).state), (RunStatus::Running, StageState::Starting));
    // What has not been sent is taken back.
    let withdrawn = works.site.post(&format!("{address}/withdraw"), Some(&key), &[]).await;
    assert_eq!(withdrawn.status, 303);
    let left: i64 =
        sqlx::query_scalar("select count(*) from orders where sent_at is null and cancelled_at is null")
            .fetch_one(&works.site.pool)
            .await
            .unwrap();
    assert_eq!(left, 0);
    works.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_bus_nothing_can_be_asked_and_what_the_bus_refuses_is_sent_later() {
    let site = Site::start().await;
    let key = site.sign_in_as("operator").await.unwrap();
    let fields = [
        ("id", "0e3a2d8e-8f5c-4c3b-9f57-0d8c5a0f6b11"),
        ("action", "repeat"),
        ("slot", FAILED),
        ("reason", "x"),
    ];
    let reply = site.post("/operations/orders", Some(&key), &fields).await;
    assert_eq!(reply.status, 503);
    assert!(reply.body.contains("QUARTERDAY_BUS"));
    site.stop().await;

    // A bus that is away: the order is kept and waits.
    let gone = Arc::new(HttpBus::new("http://127.0.0.1:9".to_owned(), "x".to_owned().into()));
    let site = Site::start_on(Some(gone)).await;
    let key = site.sign_in_as("operator").await.unwrap();
    let reply = site.post("/operations/orders", Some(&key), &fields).await;
    assert_eq!(reply.status, 303);
    let page = site.get(reply.header("location"), Some(&key)).await;
    assert!(page.body.contains("not sent yet"), "{}", page.body);
    site.stop().await;
}
