//! A tracking server that refuses, is silent or answers oddly: training is not hurt, and what went wrong is said.

use std::sync::{Arc, Mutex};

use domain::model::{Action, ModelName, Step};
use ml_vm::mlflow::{CHAMPION, Tracker, TrackerError};
use ml_vm::registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::world::World;
use crate::{predict, slot, trained};

/// Answers every request with the same status and body, and keeps the first line of each.
async fn answers(status: &'static str, body: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut buffer = vec![0; 1 << 16];
            let read = socket.read(&mut buffer).await.unwrap();
            let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
            kept.lock().unwrap().push(text);
            let reply = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            socket.write_all(reply.as_bytes()).await.unwrap();
        }
    });
    (uri, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_with_the_tracking_server_is_told_and_hurts_nothing() {
    let world = World::new();
    let first = slot("2026-03-02T06Z");
    world.split(first, None).await;
    let said = predict(&world.lake, first, first.close_at()).await.unwrap();
    let one = trained(&world, first).await;

    // Bodies as a server of version 3 sends them.
    for (status, body, wanted) in [
        (
            "400 Bad Request",
            r#"{"error_code":"INVALID_PARAMETER_VALUE","message":"Invalid value for parameter 'filter'"}"#,
            "INVALID_PARAMETER_VALUE: Invalid value",
        ),
        (
            "500 Internal Server Error",
            r#"{"error_code":"INTERNAL_ERROR","message":"database is locked"}"#,
            "INTERNAL_ERROR: database",
        ),
        ("403 Forbidden", "Permission denied", "HTTP 403: Permission denied"),
        ("404 Not Found", "<!doctype html>\n<title>404</title>", "HTTP 404: <!doctype html>"),
        ("503 Service Unavailable", "", "HTTP 503"),
        ("200 OK", "{}", "the answer has no experiment_id: is this an MLflow server?"),
        ("200 OK", "not json", "is this an MLflow server?"),
    ] {
        let (uri, asked) = answers(status, body).await;
        let tracker = Tracker::new(&uri, Some("secret-token".into())).unwrap();
        let error = tracker.try_training(&one).await.unwrap_err().to_string();
        assert!(error.contains(wanted), "{status}: {error}");
        assert!(!error.contains("secret-token") && !format!("{tracker:?}").contains("secret-token"));
        assert!(asked.lock().unwrap()[0].contains("Bearer secret-token"));
        // The stage's own way: warned, never failed.
        let warnings =
            ml_vm::train::routine::after_predict(&world.lake, first, &said.monitor, Some(&tracker)).await;
        assert!(warnings.is_empty());
        tracker.training(&one).await;
    }

    // Nobody there.
    let closed = cloud::local::free_port().unwrap();
    let tracker = Tracker::new(&format!("http://127.0.0.1:{closed}/"), None).unwrap();
    let error = tracker.try_alias(ModelName::Forecast, CHAMPION, Some(&one.version)).await.unwrap_err();
    assert!(matches!(error, TrackerError::Silent { .. }), "{error}");
    for wrong in ["", "file:///var/mlruns", "sqlite:///mlflow.db", "databricks", "http://"] {
        assert!(Tracker::new(wrong, None).unwrap_err().to_string().contains("write http://"), "{wrong}");
    }
    // A version that the server was never told of.
    let (uri, _) = answers("200 OK", r#"{"model_versions":[]}"#).await;
    let tracker = Tracker::new(&uri, None).unwrap();
    let error = tracker.try_alias(ModelName::Forecast, CHAMPION, Some(&one.version)).await.unwrap_err();
    assert!(error.to_string().contains("has no version"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_promoted_elsewhere_gets_the_alias_with_the_slot_that_it_holds_for() {
    let world = World::new();
    let first = slot("2026-03-02T06Z");
    world.split(first, None).await;
    let said = predict(&world.lake, first, first.close_at()).await.unwrap();
    let one = trained(&world, first).await;
    // As the functions do it for the site: the lake, and nothing else.
    let step = Step {
        action: Action::Promote,
        version: Some(one.version.clone()),
        from: first.next(),
        by: "ana".into(),
        at: first.close_at(),
        why: "from the site".into(),
    };
    registry::take(&world.lake, ModelName::Forecast, &step).await.unwrap();
    let known = r#"{"model_versions":[{"version":"7"}],"model_version":{"aliases":["champion"]}}"#;
    for (at, asked_for) in [(first, "DELETE"), (first.next(), "POST")] {
        let (uri, asked) = answers("200 OK", known).await;
        let tracker = Tracker::new(&uri, None).unwrap();
        let warnings =
            ml_vm::train::routine::after_predict(&world.lake, at, &said.monitor, Some(&tracker)).await;
        assert!(warnings.is_empty(), "{warnings:?}");
        let asked = asked.lock().unwrap();
        // Of the forecast: the sentiment has no version, and its alias is taken away.
        let alias = format!("{asked_for} /api/2.0/mlflow/registered-models/alias");
        let first = asked.iter().find(|text| text.contains("/registered-models/alias")).unwrap();
        assert!(first.starts_with(&alias), "{at}: {first}");
    }
}
