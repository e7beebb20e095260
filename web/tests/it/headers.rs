//! What every answer carries, and what goes wrong.

use crate::kit::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_safe_and_failures_explained() {
    let site = Site::start().await;
    for (path, status, says) in [
        ("/", 200, "No slot published yet"),
        ("/pricing", 200, "€19.00"),
        ("/methodology", 200, "How we work"),
        ("/search?q=x", 200, "No asset has this symbol"),
        ("/nowhere", 404, "There is no such page"),
        ("/assets/NOPE", 404, "There is no such page"),
        ("/api/assets/NOPE/price", 404, "not_found"),
        ("/healthz", 200, "ok"),
        ("/readyz", 200, "ready"),
    ] {
        let reply = site.get(path, None).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(reply.body.contains(says), "{path}: {}", reply.body);
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(site.send(site.request("HEAD", path, None)).await.status, status, "HEAD {path}");
    }
    assert_eq!(site.send(site.request("DELETE", "/pricing", None)).await.status, 405);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_postgres_the_site_says_so_and_stays_alive() {
    let site = Site::start().await;
    site.pool.close().await;
    assert_eq!(site.get("/healthz", None).await.status, 200);
    for path in ["/", "/readyz", "/api/assets"] {
        let reply = site.get(path, None).await;
        assert_eq!((reply.status, reply.header("retry-after")), (503, "5"), "{path}");
    }
    assert!(site.get("/", None).await.body.contains("Back in a moment"));
    site.stop().await;
}
