//! Every page in a real browser, as every tier: see `tests/browser/suite.mjs`.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::kit::Site;

/// Paths that the browser opens. An asset's symbol with a slash is among them.
const PAGES: [&str; 16] = [
    "/",
    "/assets/SYM1",
    "/assets/EUR%2FUSD",
    "/assets/SYM12",
    "/assets/SYM1/price?bands=1&macd=1&rsi=1&stoch=1&group=week&pivot=weekday-month",
    "/assets/SYM12/price",
    "/compare",
    "/compare?assets=SYM1,SYM2,EUR/USD,SYM12",
    "/search?q=company",
    "/pricing",
    "/methodology",
    "/glossary",
    "/status",
    "/track-record",
    "/register",
    "/sign-in",
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
        keys.insert(tier.to_owned(), json!(site.sign_in_as(tier).await));
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
