//! The local bus and machines with real HTTP and real processes.
#![cfg(feature = "bus-server")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use cloud::local::{BusServer, HttpBus, LocalMachines, Program, Subscription};
use cloud::machines::{MachineError, MachineStatus, Machines, Request, Work};
use cloud::{bus, push};
use domain::Stage;
use domain::message::{SlotDue, Topic};
use uuid::Uuid;

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !done().await {
        assert!(start.elapsed() < Duration::from_secs(20), "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn slot_due() -> SlotDue {
    SlotDue { slot: Some("2026-11-21T06Z".parse().unwrap()), repeat: false }
}

/// A receiver that refuses the first `refusals` pushes and keeps the ids of all it gets.
async fn receiver(refusals: u32) -> (String, Arc<Mutex<Vec<String>>>) {
    let (ids, count) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU32::new(0)));
    let seen = ids.clone();
    let server = HttpServer::new(move || {
        let (seen, count) = (seen.clone(), count.clone());
        App::new().route(
            "/slot-due",
            web::post().to(move |body: web::Bytes| {
                let (message, due) = push::decode::<SlotDue>(&body).unwrap();
                assert_eq!(due, slot_due());
                seen.lock().unwrap().push(message.message_id);
                let refuse = count.fetch_add(1, Ordering::SeqCst) < refusals;
                async move {
                    if refuse { HttpResponse::InternalServerError() } else { HttpResponse::NoContent() }
                        .finish()
                }
            }),
        )
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/slot-due", server.addrs()[0]);
    tokio::spawn(server.run());
    (url, ids)
}

fn subscription(endpoint: &str) -> Vec<Subscription> {
    vec![Subscription {
        name: "functions-slot-due".into(),
        topic: "slot-due".into(),
        endpoint: endpoint.into(),
        fleeting: false,
    }]
}

#[tokio::test]
async fn the_bus_delivers_again_until_it_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let (url, ids) = receiver(2).await;
    let server = BusServer::start(folder.path(), "t".into(), subscription(&url)).unwrap();
    let client = HttpBus::new(server.base_url.clone(), "t".into());
    let id = bus::publish(&client, Topic::SlotDue, &slot_due(), "k").await.unwrap();
    until("three deliveries", async || ids.lock().unwrap().len() == 3).await;
    assert!(ids.lock().unwrap().iter().all(|seen| *seen == id));
    let pending = folder.path().join("pending");
    until("the acknowledgement", async || std::fs::read_dir(&pending).unwrap().count() == 0).await;

    let stranger = HttpBus::new(server.base_url.clone(), "wrong".into());
    assert!(bus::publish(&stranger, Topic::SlotDue, &slot_due(), "k").await.is_err());
    server.stop().await;
}

#[tokio::test]
async fn a_restarted_bus_delivers_what_was_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = format!("http://127.0.0.1:{}/slot-due", cloud::local::free_port().unwrap());
    let server = BusServer::start(folder.path(), "t".into(), subscription(&nobody)).unwrap();
    let client = HttpBus::new(server.base_url.clone(), "t".into());
    let id = bus::publish(&client, Topic::SlotDue, &slot_due(), "k").await.unwrap();
    server.stop().await;
    let (url, ids) = receiver(0).await;
    let server = BusServer::start(folder.path(), "t".into(), subscription(&url)).unwrap();
    until("the delivery", async || *ids.lock().unwrap() == [id.clone()]).await;
    server.stop().await;
}

fn request() -> Request {
    Request { id: Uuid::new_v4(), tries: 0, takes_over: false }
}

fn work(attempt: u32) -> Work {
    Work { slot: "2026-11-21T06Z".parse().unwrap(), stage: Stage::Collect, attempt }
}

/// A machine whose program is a shell script. The script is read by the shell: a file that was just written cannot be run
/// while another thread's new process still holds it open.
fn machines(folder: &std::path::Path, script: &str, limit: Duration) -> LocalMachines {
    let file = folder.join("program.sh");
    std::fs::write(&file, script).unwrap();
    let verb = file.to_str().unwrap().to_owned();
    let program =
        Program { path: "/bin/sh".into(), verb, lake: "lake".into(), log: folder.join("log"), limit };
    LocalMachines::new(BTreeMap::from([("collector".to_owned(), program)]))
}

async fn until_off(machines: &LocalMachines) {
    until("off", async || machines.status("collector").await.unwrap() == MachineStatus::Off).await;
}

#[tokio::test]
async fn a_machine_starts_once_for_its_work_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let machines = machines(folder.path(), "echo \"$@\" >&2; cat >/dev/null", Duration::from_secs(60));
    machines.start("collector", work(1), &request()).await.unwrap();
    machines.start("collector", work(1), &request()).await.unwrap();
    assert!(matches!(machines.start("collector", work(2), &request()).await, Err(MachineError::Busy { .. })));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let on = machines.status("collector").await.unwrap();
    assert_eq!(on, MachineStatus::On(Some(work(1))), "it runs until it is stopped");
    let log = || std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
    until("its log", async || !log().is_empty()).await;
    machines.stop("collector", &request()).await.unwrap();
    until_off(&machines).await;
    assert_eq!(log(), "--slot 2026-11-21T06Z --lake lake --attempt 1\n");
    assert!(machines.start("nonesuch", work(1), &request()).await.is_err());
}

#[tokio::test]
async fn a_machine_is_killed_after_its_limit_even_when_it_will_not_listen() {
    let folder = tempfile::tempdir().unwrap();
    let machines =
        machines(folder.path(), "trap '' TERM INT; while :; do sleep 0.1; done", Duration::from_millis(200));
    machines.start("collector", work(1), &request()).await.unwrap();
    until_off(&machines).await;
}
