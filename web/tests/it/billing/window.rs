//! The whole story in a real browser: see `tests/browser/billing.mjs`.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration as Pause;

use web::worker::Worker;

use super::*;
use crate::browser;
use crate::cashier::KEY;

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn the_story_is_played_in_a_browser() {
    let Some(program) = browser::browser() else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    browser::install(&folder).await;
    let mut shop = Cashier::open().await;
    shop.site = shop.site.fill().await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let worker = tokio::spawn(Worker::new(Arc::clone(&shop.site.app)).unwrap().run(stopped));
    let (base, sandbox) = (shop.site.app.settings.origin(), shop.base.clone());
    let play = tokio::task::spawn_blocking(move || {
        Command::new("node")
            .args(["--test", "billing.mjs"])
            .current_dir(folder)
            .env("BASE_URL", base)
            .env("BROWSER", program)
            .env("KEYS", "{}")
            .env("SANDBOX_URL", sandbox)
            .env("SANDBOX_KEY", KEY)
            .output()
            .unwrap()
    });
    // The site's clock follows the sandbox's, which the story moves on.
    while !play.is_finished() {
        shop.tick().await;
        tokio::time::sleep(Pause::from_millis(100)).await;
    }
    let output = play.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    stop.send(true).unwrap();
    worker.await.unwrap();
    shop.close().await;
    assert!(output.status.success(), "{said}");
}
