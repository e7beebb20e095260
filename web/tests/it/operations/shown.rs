//! What the pages show: a run in full, machines, alerts, and changes as they happen.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_run_shows_attempts_changes_and_what_it_cost() {
    let works = works().await;
    works.ran(FAILED, Some(Stage::Split)).await;
    let key = works.site.sign_in_as("operator").await.unwrap();
    let page = works.site.get(&format!("/operations/runs/{FAILED}"), Some(&key)).await;
    assert_eq!(page.status, 200);
    // Ten minutes of e2-small and of the split's node with Dataproc's fee: 16753/6 and (67011 + 20000)/6 micro-USD.
    for said in ["$0.0028", "$0.0145", "$0.0173", "no source answered", "10 min 00"] {
        assert!(page.body.replace('\u{a0}', " ").contains(said), "{said}: {}", page.body);
    }
    for (path, status) in [
        ("/operations/runs/2026-11-20T12Z", 404),
        ("/operations/runs/nonsense", 404),
        ("/operations?slots=1000000000000", 400),
        ("/operations?until=never", 400),
        ("/operations/confirm?action=explode", 400),
        ("/operations/confirm?action=run&slot=2026-11-20T06Z&stage=dream", 400),
        ("/operations/orders/1", 404),
        ("/operations/alerts/unheard-of", 404),
    ] {
        assert_eq!(works.site.get(path, Some(&key)).await.status, status, "{path}");
    }
    works.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn machines_alerts_and_runbooks_are_shown_in_both_languages() {
    let works = works().await;
    let pool = &works.site.pool;
    let key = works.site.sign_in_as("operator").await.unwrap();
    let address = works.ask("action=hold&hours=2", "compare models", &key).await;
    assert!(works.outcome(&address).await.starts_with("held until"));
    alerts::raise(pool, "run-failed/2026-11-20T06Z", "the run failed <script>", Utc::now()).await.unwrap();
    let page = works.site.get("/operations/machines", Some(&key)).await;
    for said in [
        "compare models",
        "e2-standard-2",
        "$0.0670",
        "data-meter=\"67011\"",
        "from memory",
        "from a copy",
        "22 November 2026",
    ] {
        assert!(page.body.contains(said), "{said}");
    }
    let page = works.site.get("/operations/alerts", Some(&key)).await;
    assert!(page.body.contains("/operations/alerts/run-failed") && page.body.contains("&lt;script&gt;"));
    for (lang, title) in [("en", "A run failed"), ("es", "Una ejecución ha fallado")] {
        let request = works.site.request("GET", "/operations/alerts/run-failed", None);
        let request = request.header("cookie", format!("sid={key}; lang={lang}"));
        let reply = works.site.send(request).await;
        assert!(reply.status == 200 && reply.body.contains(title) && reply.body.contains("<ol>"), "{lang}");
    }
    works.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_page_hears_of_a_change_within_a_second() {
    let works = works().await;
    let key = works.site.sign_in_as("operator").await.unwrap();
    let request = works.site.request("GET", "/operations/changes", Some(&key));
    let mut stream = request.send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream; charset=utf-8");
    let mut heard = String::new();
    let first = stream.chunk().await.unwrap().unwrap();
    heard += &String::from_utf8_lossy(&first);
    // The listener needs a moment before its first word counts; changes go on until it is heard.
    let begun = std::time::Instant::now();
    for n in 0.. {
        alerts::raise(&works.site.pool, &format!("sources{n}"), "look", Utc::now()).await.unwrap();
        let more = tokio::time::timeout(Duration::from_millis(500), stream.chunk()).await;
        if let Ok(more) = more {
            heard += &String::from_utf8_lossy(&more.unwrap().unwrap());
        }
        if heard.contains("event: changed") {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{heard}");
    }
    let data = heard.split("data: ").nth(1).unwrap().lines().next().unwrap();
    let tables: Value = serde_json::from_str(data).unwrap();
    assert_eq!(tables, serde_json::json!(["alerts"]));
    works.stop().await;
}
