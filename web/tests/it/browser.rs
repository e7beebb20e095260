//! Every page in a real browser, as every tier: see `tests/browser/suite.mjs`.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::kit::Site;

/// Paths that the browser opens. An asset's symbol with a slash is among them.
const PAGES: [&str; 18] = [
    "/",
    "/assets/SYM1",
    "/assets/EUR%2FUSD",
    "/assets/SYM12",
    "/search?q=company",
    "/pricing",
    "/methodology",
    "/glossary",
    "/status",
    "/track-record",
    "/register",
    "/sign-in",
    "/account",
    "/account/notifications",
    "/alerts",
    "/alerts/new?asset=SYM1&measure=price&operator=moves&threshold=2&days=1&mail=on",
    "/watchlists",
    "/mailbox",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_passes_in_a_browser() {
    let found = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
    let browser = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(found);
    let (Some(browser), true, true) = (browser, found(&"node"), found(&"npm")) else {
        let message = "no browser or no Node on this machine, so nobody looked at the pages";
        assert!(std::env::var_os("REQUIRE_BROWSER").is_none(), "{message}");
        // Straight to standard error, which the test's runner does not swallow.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("SKIPPED: {message}\n").as_bytes());
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    if !folder.join("node_modules/axe-core").exists() {
        let installed = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    }
    let site = Site::with_slots().await;
    let mut keys = serde_json::Map::new();
    for tier in ["free", "basic", "plus", "pro"] {
        let key = site.sign_in_as(tier).await;
        // Something to look at on a customer's own pages.
        site.post("/watch", key.as_deref(), &[("symbol", "SYM1"), ("turn", "on")]).await;
        let alert = [
            ("asset", "SYM1"),
            ("measure", "price"),
            ("operator", "moves"),
            ("threshold", "2"),
            ("mail", "on"),
        ];
        site.post("/alerts", key.as_deref(), &alert).await;
        site.post("/account/views", key.as_deref(), &[("name", "A view"), ("path", "/assets/SYM1?x=1")])
            .await;
        keys.insert(tier.to_owned(), json!(key));
    }
    let (url, program) = (site.url.clone(), which(browser));
    let output = tokio::task::spawn_blocking(move || {
        Command::new("node")
            .args(["--test", "suite.mjs"])
            .current_dir(folder)
            .env("BASE_URL", url)
            .env("BROWSER", program)
            .env("KEYS", json!(keys).to_string())
            .env("PAGES", json!(PAGES).to_string())
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    site.stop().await;
    assert!(output.status.success(), "{said}");
}

/// The path of a program on PATH.
fn which(name: &str) -> String {
    let output = Command::new("sh").args(["-c", "command -v \"$0\"", name]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
