//! Posts: drafted, scheduled, published, edited, withdrawn.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posts_are_drafted_scheduled_published_edited_and_withdrawn() {
    let site = Site::start().await;
    let admin = site.sign_in_as("admin").await;
    let key = admin.as_deref();
    let form = |act: &'static str, title: &'static str, body: &'static str, version: &'static str| {
        vec![
            ("kind", "analysis"),
            ("title_en", title),
            ("title_es", "Título"),
            ("body_en", body),
            ("body_es", "Uno *dos*"),
            ("slug", "first"),
            ("note", "because"),
            ("act", act),
            ("version", version),
            ("publish_at", ""),
        ]
    };
    let body = "Hello *there* <script>alert(1)</script> [x](javascript:alert(1))";
    let preview = site.post("/admin/posts", key, &form("preview", "One", body, "0")).await;
    assert!(preview.status == 200 && preview.body.contains("<em>there</em>"), "{}", preview.body);
    assert!(!preview.body.contains("<script>alert") && !preview.body.contains("href=\"javascript"));
    let made = site.post("/admin/posts", key, &form("save", "One", body, "0")).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let path = made.header("location").to_owned();
    assert_eq!(site.get("/posts/first", None).await.status, 404);
    // The same name again is refused, and what was written is not lost.
    let again = site.post("/admin/posts", key, &form("save", "Other", "kept words", "0")).await;
    assert!(again.status == 400 && again.body.contains("kept words"));
    // What everybody sees needs both languages.
    let half: Vec<_> =
        form("publish", "One", body, "1").into_iter().filter(|(name, _)| *name != "body_es").collect();
    assert_eq!(site.post(&path, key, &half).await.status, 400);
    let now = Utc::now();
    site.app.clock.set(Some(now));
    let soon = (now + Duration::hours(2)).format("%Y-%m-%dT%H:%M").to_string();
    let mut scheduled = form("schedule", "One", body, "1");
    scheduled.retain(|(name, _)| *name != "publish_at");
    scheduled.push(("publish_at", &soon));
    assert_eq!(site.post(&path, key, &scheduled).await.status, 303);
    assert_eq!(site.get("/posts/first", None).await.status, 404);
    assert!(!site.get("/posts", None).await.body.contains("/posts/first"));
    site.app.clock.set(Some(now + Duration::hours(3)));
    let shown = site.get("/posts/first", None).await;
    assert!(
        shown.status == 200 && shown.body.contains("<em>there</em>") && !shown.body.contains("<script>alert")
    );
    assert!(site.get("/posts", None).await.body.contains("Hello there"));
    let spanish = site.request("GET", "/posts/first", None).header("cookie", "lang=es");
    assert!(site.send(spanish).await.body.contains("<h1>Título</h1>"));
    let feed = site.get("/posts.atom?lang=en", None).await;
    assert_eq!(feed.header("content-type"), "application/atom+xml; charset=utf-8");
    assert!(feed.body.contains("<title>One</title>") && !feed.body.contains("alert(1)</script"));
    // An edit is a version; one made from an old form is refused.
    assert_eq!(site.post(&path, key, &form("save", "Two", "New words", "1")).await.status, 303);
    assert_eq!(site.post(&path, key, &form("save", "Three", "Lost words", "1")).await.status, 400);
    let shown = site.get("/posts/first", None).await.body;
    assert!(shown.contains("<h1>Two</h1>") && shown.contains("New words") && shown.contains("edited"));
    let versions: i64 =
        sqlx::query_scalar("select count(*) from post_versions").fetch_one(&site.pool).await.unwrap();
    assert_eq!(versions, 2);
    assert_eq!(site.post(&path, key, &form("withdraw", "Two", "New words", "2")).await.status, 303);
    assert_eq!(site.get("/posts/first", None).await.status, 404);
    let actions: Vec<String> = sqlx::query_scalar("select action from audit_entries order by id")
        .fetch_all(&site.pool)
        .await
        .unwrap();
    assert_eq!(actions, ["post.saved", "post.scheduled", "post.saved", "post.withdrawn"]);
    for (path, status) in [
        ("/posts?page=0", 400),
        ("/posts?page=1000000000000", 400),
        ("/posts?page=2", 200),
        ("/posts.atom?lang=xx", 400),
    ] {
        assert_eq!(site.get(path, None).await.status, status, "{path}");
    }
    site.stop().await;
}
