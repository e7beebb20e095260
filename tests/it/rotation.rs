//! The push token is replaced while messages come in, step by step as SECURITY.md says, on the real receiver: no message is
//! refused meanwhile, and the old token opens nothing afterwards.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tests::programs;
use tokio::sync::watch;

const OLD: &str = "the-old-token-0123456789abcdef";
const NEW: &str = "the-new-token-fedcba9876543210";

/// `functions serve`; it ends with this value.
struct Receiver {
    child: Child,
    url: String,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It is gone either way.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Receiver {
    /// One that takes `token`, and `before` as well.
    fn start(database_url: &str, folder: &std::path::Path, token: &str, before: Option<&str>) -> Self {
        let mut command = programs::command("functions");
        command.arg("serve").env("DATABASE_URL", database_url).env("QUARTERDAY_LAKE", folder.join("lake"));
        command.env("QUARTERDAY_LOGS", folder).env("QUARTERDAY_BUS", "http://127.0.0.1:9");
        command.env("QUARTERDAY_CALLER_CHECK", "token").env("QUARTERDAY_PUSH_TOKEN", token);
        command.envs(before.map(|before| ("QUARTERDAY_PUSH_TOKEN_BEFORE", before)));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        Self { child, url: said["listening"].as_str().unwrap().to_owned() }
    }
}

/// What a receiver says to a look of the watchdog that shows this token.
async fn push(client: &reqwest::Client, receiver: &str, token: &str, id: usize) -> u16 {
    let message = json!({
        "messageId": id.to_string(),
        "publishTime": "2026-11-21T06:00:00Z",
        "data": cloud::push::encode_data(b"{}"),
    });
    let body = json!({ "message": message, "subscription": "functions-watchdog" });
    let sent = client.post(format!("{receiver}/push/watchdog")).bearer_auth(token).json(&body).send();
    sent.await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_push_token_is_replaced_without_a_message_refused() {
    let (database, folder) = (ledger::testing::database().await, tempfile::tempdir().unwrap());
    let start = |token, before| Receiver::start(&database.url, folder.path(), token, before);
    let first = start(OLD, None);
    let client = reqwest::Client::new();
    let (direct, follow) = watch::channel((first.url.clone(), OLD));
    let (goes_on, taken) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let sender = {
        let (client, goes_on, taken) = (client.clone(), goes_on.clone(), taken.clone());
        tokio::spawn(async move {
            while goes_on.load(Ordering::SeqCst) {
                let (receiver, token) = follow.borrow().clone();
                let n = taken.load(Ordering::SeqCst);
                assert_eq!(push(&client, &receiver, token, n).await, 204, "message {n} with {token}");
                taken.store(n + 1, Ordering::SeqCst);
            }
        })
    };
    // Until the sender has had to do with what is there now, or has failed.
    let some_messages = async || {
        let end = taken.load(Ordering::SeqCst) + 20;
        while taken.load(Ordering::SeqCst) < end && !sender.is_finished() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    some_messages().await;
    assert_eq!(push(&client, &first.url, NEW, 0).await, 401, "nobody knows it yet");

    // Receivers with both.
    let second = start(NEW, Some(OLD));
    direct.send((second.url.clone(), OLD)).unwrap();
    some_messages().await;
    drop(first);
    // Senders with the new one.
    direct.send((second.url.clone(), NEW)).unwrap();
    some_messages().await;
    // Receivers without the old one.
    let third = start(NEW, None);
    direct.send((third.url.clone(), NEW)).unwrap();
    some_messages().await;
    assert_eq!(push(&client, &third.url, OLD, 0).await, 401, "the old one opens nothing any more");

    goes_on.store(false, Ordering::SeqCst);
    sender.await.unwrap();
    assert!(taken.load(Ordering::SeqCst) >= 80);
    drop(second);
}
