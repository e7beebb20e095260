use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::kit::{Billing, KEY, text};

/// The program itself, on a folder.
fn run(folder: &Path) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sandbox"))
        .args(["billing", "--state", &folder.display().to_string()])
        .env("STRIPE_SECRET_KEY", KEY)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    (child, text(&said["listening"]))
}

#[actix_web::test]
async fn what_was_answered_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, url) = run(folder.path());
    let billing = Billing { url, http: reqwest::Client::new() };
    let price = billing.price("pro", 4900).await;
    let customer = billing.customer("pm_card_visa").await;
    let made = billing.post("subscriptions", &[("customer", &customer), ("items[0][price]", &price)]).await;
    let events = billing.get("events?limit=100").await;
    child.kill().unwrap();
    child.wait().unwrap();

    let again = Billing::keeping(folder.path().to_owned());
    let kept = again.get(&format!("subscriptions/{}", text(&made["id"]))).await;
    assert_eq!(kept, made);
    assert_eq!(again.get("events?limit=100").await, events);
    let next = again.customer("pm_card_visa").await;
    assert!(next > customer, "{next} is no new id after {customer}");
}
