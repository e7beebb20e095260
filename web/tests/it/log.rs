//! The site's log, line by line, over a whole visit: JSON, with a trace where a slot is published, and without anything
//! personal: no mail address, no address of a machine, no key of a session, no password, no search.

use std::process::Stdio;
use std::time::Duration;

use domain::trace::TraceId;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::kit::{TOKEN, push};
use crate::slots::SlotBuilder;

const MAIL: &str = "somebody.private@visitor.example";
const MACHINE: &str = "203.0.113.77";
const PASSWORD: &str = "a very long secret sentence 42";
const SEARCH: &str = "my-own-search-words";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_a_visit_holds_nothing_personal() {
    let database = ledger::testing::database().await;
    let folder = tempfile::tempdir().unwrap();
    let lake_folder = folder.path().join("lake");
    let lake = cloud::open_lake(lake_folder.to_str().unwrap()).await.unwrap();
    SlotBuilder::new("2026-11-21T06Z", "word").write(&lake).await;
    let log = folder.path().join("log");
    let mut site = Command::new(env!("CARGO_BIN_EXE_web"))
        .args(["serve", "--port", "0", "--lake", lake_folder.to_str().unwrap()])
        .env("DATABASE_URL", &database.url)
        .env("QUARTERDAY_HOME", folder.path())
        .env("QUARTERDAY_LOG", "json")
        .env("RUST_LOG", "debug,sqlx=info,hyper=info,actix_http=info,mio=info")
        .env("QUARTERDAY_CALLER_CHECK", "token")
        .env("QUARTERDAY_PUSH_TOKEN", TOKEN)
        .env_remove("QUARTERDAY_BUS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&log).unwrap())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(site.stdout.take().unwrap()).lines();
    let line =
        tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await.unwrap().unwrap().unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    let url = said["listening"].as_str().unwrap().to_owned();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let visit = |request: reqwest::RequestBuilder| request.header("x-forwarded-for", MACHINE).send();

    let due = push(&serde_json::json!({"slot": "2026-11-21T06Z", "attempt": 1}), "publish");
    let published =
        visit(client.post(format!("{url}/internal/publish")).bearer_auth(TOKEN).json(&due)).await.unwrap();
    assert_eq!(published.status(), 200);
    for form in ["/register", "/sign-in"] {
        for password in [PASSWORD, "wrong"] {
            let fields = [("email", MAIL), ("password", password)];
            let answer = visit(client.post(format!("{url}{form}")).form(&fields)).await.unwrap();
            assert!(answer.status().as_u16() < 500, "{form}: {}", answer.status());
        }
    }
    let session = "0123456789abcdef-a-key-of-a-session";
    for path in
        [format!("/search?q={SEARCH}"), format!("/nowhere/{MAIL}"), "/".to_owned(), "/account".to_owned()]
    {
        let request = client.get(format!("{url}{path}")).header("cookie", format!("sid={session}"));
        visit(request).await.unwrap();
    }
    // What fails is logged: with its cause, without who.
    database.pool.close().await;
    site.kill().await.unwrap();

    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.lines().count() >= 1, "nothing was logged");
    for secret in [MAIL, MACHINE, PASSWORD, SEARCH, session, TOKEN] {
        assert!(!text.contains(secret), "{secret} is in the log:\n{text}");
    }
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    let published =
        lines.iter().find(|line| line["message"] == "published").expect("a line about the publication");
    let trace = TraceId::of_slot("2026-11-21T06Z".parse().unwrap()).to_string();
    assert_eq!(published["trace_id"].as_str(), Some(trace.as_str()));
    assert_eq!(published["span_id"].as_str().map(str::len), Some(16));
}
