//! Schemathesis reads the document and looks for answers that break it. Slow, and from Python's registry: only with
//! `QUARTERDAY_SLOW_TESTS=1`, and it says so where it is left out.

use std::process::Stdio;

use tokio::process::Command;

use crate::api::{SCOPES, make_key};
use crate::kit::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fuzzer_finds_no_failure_of_ours() {
    if std::env::var("QUARTERDAY_SLOW_TESTS").is_ok_and(|v| v == "1") {
        fuzz().await;
    } else {
        skipped("the fuzzer takes a minute; set QUARTERDAY_SLOW_TESTS=1 to run it");
    }
}

/// Straight to standard error, which the test's runner does not swallow.
fn skipped(why: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("SKIPPED: {why}\n").as_bytes());
}

async fn fuzz() {
    let folder = tempfile::tempdir().unwrap();
    let python = folder.path().join("venv/bin/python");
    let made = Command::new("python3").args(["-m", "venv", "venv"]).current_dir(&folder).status().await;
    let pip = Command::new(&python).args(["-m", "pip", "install", "--quiet", "schemathesis>=4,<5"]).status();
    if !made.is_ok_and(|status| status.success()) || !pip.await.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("REQUIRE_FUZZER").is_none(), "schemathesis cannot be installed");
        eprintln!(
            "SKIPPED: schemathesis cannot be installed (python3 with venv, and pip's registry are needed)"
        );
        return;
    }
    let site = Site::with_slots().await;
    sqlx::query("update tiers set api_calls = 1000000").execute(&site.pool).await.unwrap();
    let session = site.sign_in_as("pro").await.unwrap();
    let key = make_key(&site, &session, &SCOPES).await;
    let output = Command::new(folder.path().join("venv/bin/schemathesis"))
        .arg("run")
        .arg(format!("{}/api/v1/openapi.json", site.url))
        .args(["--url", &site.url, "--header", &format!("Authorization: Bearer {key}")])
        .args(["--checks", "not_a_server_error,response_schema_conformance,content_type_conformance"])
        // The stream never ends.
        .args(["--exclude-operation-id", "streamEvents", "--max-time", "60", "--seed", "7"])
        .args(["--phases", "examples,coverage,fuzzing", "--generation-database", "none", "--no-color"])
        .args(["--request-timeout", "10"])
        .current_dir(&folder)
        .stdout(Stdio::piped())
        .output();
    let output = tokio::time::timeout(std::time::Duration::from_secs(240), output).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let calls: i64 =
        sqlx::query_scalar("select sum(calls)::bigint from api_usage").fetch_one(&site.pool).await.unwrap();
    assert!(calls > 200, "only {calls} calls reached the site");
    site.stop().await;
}
