//! Wrong usage is refused before anything is started.
#![allow(clippy::unwrap_used)]

use std::process::Command;

fn refused(arguments: &[&str], words: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_quarterday")).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(words), "{said}");
}

#[test]
fn names_what_is_wrong() {
    refused(&["run", "--slot", "2026-03-03T05Z"], "YYYY-MM-DDTHHZ");
    refused(&["run"], "--slot");
    refused(&["up", "--speed", "0"], "0.01 to 10000");
    refused(&["hold", "ml", "--for", "eternity", "--reason", "x"], "90m, 2h or 1d");
    refused(&["hold", "web", "--for", "1h", "--reason", "x"], "ml");
}

#[test]
fn a_backfill_backwards_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_quarterday"))
        .args(["backfill", "--from", "2026-03-03T06Z", "--to", "2026-03-02T06Z", "--home"])
        .arg(home.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("swap them"));
}
