use crate::kit::Sandbox;

#[actix_web::test]
async fn feeds_hold_the_last_day_and_answer_304() {
    let sandbox = Sandbox::start("2026-03-03T00:00:00Z", None).await;
    let feeds = sandbox.setup["feeds"].as_array().unwrap();
    let urls: Vec<&str> = feeds.iter().map(|feed| feed["url"].as_str().unwrap()).collect();
    assert!(
        urls[0].ends_with("/feeds/alpha-sons/rss.xml") && urls[2].ends_with("/feeds/gamma/atom.xml"),
        "{urls:?}"
    );
    for (url, open) in [(urls[0], "<item>"), (urls[1], "<item>"), (urls[2], "<entry")] {
        let response = sandbox.client.get(url).send().await.unwrap();
        let (tag, modified) =
            (response.headers()["etag"].clone(), response.headers()["last-modified"].clone());
        let text = response.text().await.unwrap();
        assert!((48..=49).contains(&text.matches(open).count()), "all of the last 24 hours");
        assert!(text.contains("Title &lt;") && text.contains("a=1&amp;b=2"), "{text}");
        let same = sandbox.client.get(url).header("if-none-match", tag.clone()).send().await.unwrap();
        assert_eq!(same.status(), 304);
        let same = sandbox.client.get(url).header("if-modified-since", modified).send().await.unwrap();
        assert_eq!(same.status(), 304);
        sandbox.set_clock(serde_json::json!({"at": "2026-03-03T06:00:00Z"})).await;
        let changed = sandbox.client.get(url).header("if-none-match", tag).send().await.unwrap();
        assert_eq!(changed.status(), 200);
        assert_eq!(changed.text().await.unwrap().matches(open).count(), 50, "the newest fifty");
        sandbox.set_clock(serde_json::json!({"at": "2026-03-03T00:00:00Z"})).await;
    }
    let wrong = sandbox.client.get(format!("{}/feeds/gamma/rss.xml", sandbox.base)).send().await.unwrap();
    assert_eq!(wrong.status(), 404);
}

#[actix_web::test]
async fn nothing_is_published_before_its_time() {
    let sandbox = Sandbox::start("2026-03-02T00:35:00Z", None).await;
    let url = sandbox.setup["feeds"][0]["url"].as_str().unwrap().to_owned();
    let text = sandbox.client.get(url).send().await.unwrap().text().await.unwrap();
    assert_eq!(text.matches("<item>").count(), 2);
}
