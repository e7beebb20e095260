//! The whole story in a real browser: see `tests/browser/billing.mjs`.

use std::sync::Arc;
use std::time::Duration as Pause;

use web::worker::Worker;

use super::*;
use crate::browser;
use crate::cashier::KEY;

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn the_story_is_played_in_a_browser() {
    let Some(program) = browser::browser() else { return };
    let mut shop = Cashier::open().await;
    shop.site = shop.site.fill().await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let worker = tokio::spawn(Worker::new(Arc::clone(&shop.site.app)).unwrap().run(stopped));
    let environment = [
        ("BASE_URL", shop.site.app.settings.origin()),
        ("BROWSER", program),
        ("KEYS", "{}".into()),
        ("SANDBOX_URL", shop.base.clone()),
        ("SANDBOX_KEY", KEY.into()),
    ];
    let play = tokio::spawn(async move { browser::play("billing.mjs", &environment).await });
    // The site's clock follows the sandbox's, which the story moves on.
    while !play.is_finished() {
        shop.tick().await;
        tokio::time::sleep(Pause::from_millis(100)).await;
    }
    let played = play.await.unwrap();
    stop.send(true).unwrap();
    worker.await.unwrap();
    shop.close().await;
    played.unwrap();
}
