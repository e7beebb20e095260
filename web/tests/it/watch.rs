//! Watchlists and saved views.

use crate::kit::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_button_watches_and_the_front_page_shows_it_first() {
    let site = Site::with_slots().await;
    let (key, _, _) = site.customer("free").await;
    let key = Some(key.as_str());
    let page = site.get("/assets/SYM2", key).await.body;
    assert!(page.contains("action=\"/watch\"") && page.contains(">Watch</button>"));
    assert!(
        !site.get("/assets/SYM2", None).await.body.contains("action=\"/watch\""),
        "a visitor has no lists"
    );
    let press = |turn: &'static str| {
        let form = [("symbol", "SYM2"), ("turn", turn), ("next", "/assets/SYM2")];
        let site = &site;
        async move { site.post("/watch", key, &form).await }
    };
    for _ in 0..2 {
        let pressed = press("on").await;
        assert_eq!((pressed.status, pressed.header("location")), (303, "/assets/SYM2"));
    }
    assert_eq!(site.number("select count(*) from watched_assets").await, 1);
    assert!(site.get("/assets/SYM2", key).await.body.contains("Stop watching"));
    let home = site.get("/", key).await.body;
    let (mine, all) = (home.find("My assets").unwrap(), home.find("Most mentioned").unwrap());
    assert!(mine < all && home[mine..all].contains("Company 2 &amp; Sons"));
    assert!(!site.get("/", None).await.body.contains("My assets"));
    press("off").await;
    assert_eq!(site.number("select count(*) from watched_assets").await, 0);
    for symbol in ["NOPE", "", "<script>"] {
        let reply = site.post("/watch", key, &[("symbol", symbol), ("turn", "on")]).await;
        assert_eq!(reply.status, 404, "{symbol}");
    }
    let away =
        site.post("/watch", key, &[("symbol", "SYM2"), ("turn", "on"), ("next", "//evil.example")]).await;
    assert_eq!(away.header("location"), "/");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watched_asset_shows_no_more_than_the_tier() {
    let site = Site::with_slots().await;
    let (free, _, _) = site.customer("free").await;
    let (basic, _, _) = site.customer("basic").await;
    // The eleventh: locked for the free tier.
    for key in [&free, &basic] {
        site.post("/watch", Some(key), &[("symbol", "SYM11"), ("turn", "on")]).await;
    }
    for path in ["/", "/watchlists"] {
        let body = site.get(path, Some(&free)).await.body;
        assert!(body.contains("Company 11") && !body.contains("211.37"), "{path}");
    }
    assert!(site.get("/", Some(&free)).await.body.contains("Your tier does not show"));
    assert!(site.get("/", Some(&basic)).await.body.contains("211.37"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_are_named_ordered_and_nobody_elses() {
    let site = Site::with_slots().await;
    let (key, id, _) = site.customer("basic").await;
    let (other, _, _) = site.customer("pro").await;
    let (key, other) = (Some(key.as_str()), Some(other.as_str()));
    let long = "x".repeat(81);
    for (name, status) in
        [("Tech <b>", 303), ("Energy", 303), ("energy", 400), ("  ", 400), (long.as_str(), 400)]
    {
        let reply = site.post("/watchlists", key, &[("name", name)]).await;
        assert_eq!(reply.status, status, "{name}");
        assert!(status == 303 || reply.body.contains("1 to 80 characters"), "{name}");
    }
    let lists = web::watch::store::lists(&site.pool, id).await.unwrap();
    let (tech, energy) = (lists[0].id, lists[1].id);
    assert_eq!((lists[0].name.as_str(), lists[1].name.as_str()), ("Tech <b>", "Energy"));
    let assets = format!("/watchlists/{tech}/assets");
    for symbol in ["SYM1", "sym2", "EUR/USD"] {
        assert_eq!(
            site.post(&assets, key, &[("act", "add"), ("symbol", symbol)]).await.status,
            303,
            "{symbol}"
        );
    }
    let reply = site.post(&assets, key, &[("act", "add"), ("symbol", "NOPE")]).await;
    assert!(reply.status == 400 && reply.body.contains("No asset has this symbol"));
    site.post(&assets, key, &[("act", "up"), ("symbol", "EUR/USD")]).await;
    site.post(&assets, key, &[("act", "delete"), ("symbol", "SYM1")]).await;
    site.post(&format!("/watchlists/{energy}"), key, &[("act", "up")]).await;
    let renamed =
        site.post(&format!("/watchlists/{tech}"), key, &[("act", "rename"), ("name", "ENERGY")]).await;
    assert_eq!(renamed.status, 400);
    site.post(&format!("/watchlists/{tech}"), key, &[("act", "rename"), ("name", "<i>Chips</i>")]).await;
    let lists = web::watch::store::lists(&site.pool, id).await.unwrap();
    assert_eq!((lists[0].name.as_str(), lists[1].name.as_str()), ("Energy", "<i>Chips</i>"));
    assert_eq!(lists[1].symbols, ["EUR/USD", "SYM2"]);
    let body = site.get("/watchlists", key).await.body;
    assert!(body.contains("&lt;i&gt;Chips") && !body.contains("<i>Chips"));
    // Nobody else reaches them.
    for (path, form) in [
        (format!("/watchlists/{tech}"), vec![("act", "delete")]),
        (format!("/watchlists/{tech}"), vec![("act", "up")]),
        (format!("/watchlists/{tech}"), vec![("act", "rename"), ("name", "mine")]),
        (assets.clone(), vec![("act", "add"), ("symbol", "SYM5")]),
        (assets.clone(), vec![("act", "delete"), ("symbol", "SYM2")]),
        ("/watch".to_owned(), vec![("symbol", "SYM5"), ("turn", "on"), ("list", "1")]),
        ("/watchlists/x".to_owned(), vec![("act", "delete")]),
    ] {
        assert_eq!(site.post(&path, other, &form).await.status, 404, "{path} {form:?}");
    }
    assert_eq!(web::watch::store::lists(&site.pool, id).await.unwrap()[1].symbols.len(), 2);
    assert_eq!(site.post(&format!("/watchlists/{tech}"), key, &[("act", "delete")]).await.status, 303);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_lead_to_this_site_only() {
    let site = Site::with_slots().await;
    let (key, _, _) = site.customer("free").await;
    let (other, _, _) = site.customer("free").await;
    let (key, other) = (Some(key.as_str()), Some(other.as_str()));
    let path = "/assets/SYM1?from=2026-01-01&ema=12";
    let saved = site.post("/account/views", key, &[("name", "My <view>"), ("path", path)]).await;
    assert_eq!((saved.status, saved.header("location")), (303, path));
    let body = site.get("/account", key).await.body;
    assert!(
        body.contains("My &lt;view&gt;") && body.contains("/assets/SYM1?from=2026-01-01&amp;ema=12"),
        "{body}"
    );
    assert!(!site.get("/account", other).await.body.contains("My &lt;view"));
    for (name, path) in [
        ("x", "https://evil.example"),
        ("x", "//evil.example"),
        ("x", "javascript:alert(1)"),
        ("x", "/\\evil.example"),
        ("", "/"),
    ] {
        let reply = site.post("/account/views", key, &[("name", name), ("path", path)]).await;
        assert!(reply.status == 400 && reply.body.contains("leads to a page of this site"), "{path}");
    }
    let id = site.number("select id from saved_views").await;
    let delete = format!("/account/views/{id}/delete");
    assert_eq!(site.post(&delete, other, &[]).await.status, 404);
    assert_eq!(site.post(&delete, key, &[]).await.status, 303);
    assert_eq!(site.number("select count(*) from saved_views").await, 0);
    site.stop().await;
}
