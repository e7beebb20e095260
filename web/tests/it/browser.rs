//! Every page in a real browser, as every tier: see `tests/browser/suite.mjs`; and every analysis used: `tests/browser/use.mjs`.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use tokio::sync::{OnceCell, Semaphore};

use crate::kit::Site;
use crate::slots::SlotBuilder;

/// Paths that the browser opens. An asset's symbol with a slash is among them.
const PAGES: &[&str] = &[
    "/",
    "/assets/SYM1",
    "/assets/EUR%2FUSD",
    "/assets/SYM12",
    "/assets/SYM1/price?bands=1&macd=1&rsi=1&stoch=1&group=week&pivot=weekday-month",
    "/assets/SYM12/price",
    "/assets/SYM1/sentiment?noise=raw",
    "/assets/EUR%2FUSD/sentiment",
    "/assets/SYM1/news",
    "/assets/SYM1/outlook",
    "/assets/SYM1/risk",
    "/assets/SYM1/receipt",
    "/sentiment",
    "/news",
    "/compare",
    "/compare?assets=SYM1,SYM2,EUR/USD,SYM12",
    "/lab?symbol=SYM1",
    "/lab/runs",
    "/search?q=company",
    "/track-record",
    "/pricing",
    "/methodology",
    "/glossary",
    "/status",
    "/status/budget",
    "/receipt",
    "/posts",
    "/api",
    "/register",
    "/register/sent",
    "/register/confirm?token=x",
    "/sign-in",
    "/sign-in/code",
    "/reset",
    "/reset/sent",
    "/reset/new?token=x",
    "/account",
    "/account/again",
    "/account/password",
    "/account/email",
    "/account/email/confirm?token=x",
    "/account/two-step",
    "/account/devices",
    "/account/erase",
    "/account/keys",
    "/account/notifications",
    "/account/billing",
    "/account/billing/change",
    "/account/billing/cancel",
    "/account/billing/withdraw",
    "/account/billing/why",
    "/account/billing/return",
    "/alerts",
    "/alerts/new?asset=SYM1&measure=price&operator=moves&threshold=2&days=1&mail=on",
    "/watchlists",
    "/mailbox",
];

/// What staff open.
const STAFF: &[&str] = &[
    "/operations",
    "/operations/runs/2026-11-20T18Z",
    "/operations/runs/2026-11-21T06Z",
    "/operations/confirm?action=cancel&slot=2026-11-21T06Z",
    "/operations/confirm?action=backfill&from=2026-11-19T00Z&to=2026-11-21T06Z",
    "/operations/letters",
    "/operations/machines",
    "/operations/alerts",
    "/operations/alerts/run-failed",
    "/operations/orders",
    "/ml",
    "/ml/models",
    "/ml/drift",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_passes_in_a_browser() {
    against_a_filled_site("suite.mjs").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_analysis_is_used_in_a_browser() {
    against_a_filled_site("use.mjs").await;
}

/// Starts a site with three slots and a year and a half of prices, and plays this file of `tests/browser` against it.
async fn against_a_filled_site(file: &'static str) {
    let Some(program) = browser() else { return };
    let site = Site::start().await;
    for (slot, word) in
        [("2026-10-15T06Z", "long-ago"), ("2026-11-18T06Z", "this-week"), ("2026-11-21T06Z", "just-now")]
    {
        let mut builder = SlotBuilder::new(slot, word);
        builder.days = 540;
        builder.write(&site.lake).await;
        assert_eq!(site.publish(slot).await.json()["outcome"], "succeeded");
    }
    let keys = readers(&site).await;
    crate::operations::ledger_of_two_days(&site).await;
    let environment = [
        ("BASE_URL", site.url.clone()),
        ("BROWSER", program),
        ("KEYS", keys),
        ("PAGES", json!(PAGES).to_string()),
        ("STAFF", json!(STAFF).to_string()),
    ];
    let played = play(file, &environment).await;
    site.stop().await;
    played.unwrap();
}

/// Plays a file of `tests/browser` with these variables; two at a time: alone, one waits more than it works, and several
/// starve on a small machine. What the file said is the error.
pub(crate) async fn play(file: &'static str, environment: &[(&'static str, String)]) -> Result<(), String> {
    static ROOM: Semaphore = Semaphore::const_new(2);
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    let _room = ROOM.acquire().await.unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    INSTALLED.get_or_init(|| install(&folder)).await;
    let output = tokio::process::Command::new("node")
        .args(["--test", file])
        .current_dir(folder)
        .envs(environment.iter().map(|(name, value)| (*name, value.as_str())))
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stdout).into_owned()) }
}

/// Where the browser is; `None`, said loudly, where there is none, or no Node.
pub(crate) fn browser() -> Option<String> {
    let found = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
    let browser = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(found);
    let (Some(browser), true, true) = (browser, found(&"node"), found(&"npm")) else {
        let message = "no browser or no Node on this machine, so nobody looked at the pages";
        assert!(std::env::var_os("REQUIRE_BROWSER").is_none(), "{message}");
        // Straight to standard error, which the test's runner does not swallow.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("SKIPPED: {message}\n").as_bytes());
        return None;
    };
    Some(which(browser))
}

/// Brings the browser's driver where it is not there yet.
async fn install(folder: &Path) {
    if !folder.join("node_modules/axe-core").exists() {
        let installed = tokio::process::Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(folder)
            .output()
            .await
            .unwrap();
        assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    }
}

/// A reader of each tier who has something on their own pages: tier to session key, as JSON.
async fn readers(site: &Site) -> String {
    let mut keys = serde_json::Map::new();
    for tier in ["free", "basic", "plus", "pro"] {
        let key = site.sign_in_as(tier).await;
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
    keys.insert("admin".to_owned(), json!(site.sign_in_as("admin").await));
    serde_json::Value::Object(keys).to_string()
}

/// The path of a program on PATH.
fn which(name: &str) -> String {
    let output = Command::new("sh").args(["-c", "command -v \"$0\"", name]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
