//! The adapters for Google Cloud on stand-ins that check every request against Google's published descriptions.
#![allow(clippy::unwrap_used)]

mod bus;
mod jobs;
mod lake;
mod machines;
mod rest;

use std::time::{Duration, Instant};

use cloud::gcp::{Endpoints, Settings};
use cloud::machines::{Request, Work};
use domain::Stage;
use stand_ins::Google;
use uuid::Uuid;

fn settings(google: &Google) -> Settings {
    let url = Some(google.url.clone());
    let endpoints = Endpoints {
        storage: url.clone(),
        compute: url.clone(),
        dataproc: url.clone(),
        secrets: url,
        ..Endpoints::default()
    };
    Settings { project: "quarterday-test".into(), endpoints }
}

fn work(stage: Stage, attempt: u32) -> Work {
    Work { slot: "2026-11-21T06Z".parse().unwrap(), stage, attempt }
}

fn request(n: u128, tries: u32) -> Request {
    Request { id: Uuid::from_u128(n), tries, takes_over: false }
}

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !done().await {
        assert!(start.elapsed() < Duration::from_secs(20), "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
