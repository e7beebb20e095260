//! Compute Engine.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use google_cloud_compute_v1::client::{Instances, ZoneOperations};
use google_cloud_compute_v1::model::{Metadata, Operation, metadata::Items};
use google_cloud_lro::Poller;
use stand_ins::{Fault, Google, What};

use crate::{PROJECT, VM, ZONE, anonymous, backoff, fits, until};

async fn machine() -> (Google, Instances) {
    let google = Google::start().await;
    google.add_instance(ZONE, VM);
    let client = Instances::builder()
        .with_endpoint(&google.url)
        .with_credentials(anonymous())
        .with_polling_backoff_policy(backoff())
        .build()
        .await
        .unwrap();
    (google, client)
}

fn status(google: &Google) -> &'static str {
    google.instance(ZONE, VM).unwrap().status
}

async fn start(client: &Instances) -> Operation {
    client.start().set_project(PROJECT).set_zone(ZONE).set_instance(VM).poller().until_done().await.unwrap()
}

async fn stop(client: &Instances) -> Operation {
    client.stop().set_project(PROJECT).set_zone(ZONE).set_instance(VM).poller().until_done().await.unwrap()
}

#[tokio::test]
async fn a_machine_is_started_stopped_and_turns_itself_off() {
    let (google, client) = machine().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (starts, stops) = (Arc::clone(&heard), Arc::clone(&heard));
    google.on_start(move |zone, name, metadata| {
        starts.lock().unwrap().push(format!("start {zone} {name} {metadata:?}"))
    });
    google.on_stop(move |zone, name, _| stops.lock().unwrap().push(format!("stop {zone} {name}")));
    google.set_metadata(ZONE, VM, "quarterday-work", "x");

    assert!(start(&client).await.to_result().is_ok());
    let instance = google.instance(ZONE, VM).unwrap();
    assert_eq!((instance.status, instance.starts, instance.last_started_at.is_some()), ("RUNNING", 1, true));
    // Starting what runs is done at once and changes nothing.
    assert!(start(&client).await.to_result().is_ok());
    assert!(stop(&client).await.to_result().is_ok());
    let instance = google.instance(ZONE, VM).unwrap();
    assert_eq!((instance.status, instance.starts, instance.stops), ("TERMINATED", 1, 1));
    let expected = [format!(r#"start {ZONE} {VM} {{"quarterday-work": "x"}}"#), format!("stop {ZONE} {VM}")];
    until(|| heard.lock().unwrap().len() == 2).await;
    assert_eq!(*heard.lock().unwrap(), expected);

    start(&client).await;
    google.power_off(ZONE, VM);
    let found = client.get().set_project(PROJECT).set_zone(ZONE).set_instance(VM).send().await.unwrap();
    assert_eq!(found.status.unwrap().name(), Some("TERMINATED"));
    assert_eq!(google.instance(ZONE, VM).unwrap().power_offs, 1);
    let missing =
        client.start().set_project(PROJECT).set_zone(ZONE).set_instance("none").send().await.unwrap_err();
    assert_eq!(missing.http_status_code(), Some(404));
    fits(&google);
}

#[tokio::test]
async fn a_stock_out_shows_in_the_operation_alone() {
    let (google, client) = machine().await;
    google.fault(Fault::new(
        "POST",
        "/start$",
        1,
        What::OperationError("ZONE_RESOURCE_POOL_EXHAUSTED".to_owned()),
    ));
    let failed = start(&client).await;
    let errors = failed.error.as_ref().unwrap().errors.clone();
    assert_eq!(errors[0].code.as_deref(), Some("ZONE_RESOURCE_POOL_EXHAUSTED"));
    assert!(failed.to_result().is_err());
    assert_eq!(status(&google), "TERMINATED");
    assert!(start(&client).await.to_result().is_ok());
    fits(&google);
}

#[tokio::test]
async fn an_operation_that_never_ends_keeps_the_machine_staging() {
    let (google, client) = machine().await;
    google.fault(Fault::new("POST", "/start$", 1, What::OperationNeverEnds));
    let run = client.start().set_project(PROJECT).set_zone(ZONE).set_instance(VM).poller().until_done();
    assert!(tokio::time::timeout(Duration::from_millis(300), run).await.is_err());
    assert_eq!(status(&google), "STAGING");
    assert!(stop(&client).await.to_result().is_ok());
    assert_eq!(status(&google), "TERMINATED");
    fits(&google);
}

#[tokio::test]
async fn a_repeated_request_id_is_done_once() {
    let (google, client) = machine().await;
    let id = "6f2c1f6c-6c44-5a7c-9d5e-111111111111";
    let send = |name: &str| {
        client.start().set_project(PROJECT).set_zone(ZONE).set_instance(name).set_request_id(id).send()
    };
    let first = send(VM).await.unwrap();
    let wait = ZoneOperations::builder()
        .with_endpoint(&google.url)
        .with_credentials(anonymous())
        .build()
        .await
        .unwrap();
    let ended = wait
        .wait()
        .set_project(PROJECT)
        .set_zone(ZONE)
        .set_operation(first.name.clone().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(ended.status.unwrap().name(), Some("DONE"));
    google.power_off(ZONE, VM);
    assert_eq!(send(VM).await.unwrap().name, first.name);
    assert_eq!((status(&google), google.instance(ZONE, VM).unwrap().starts), ("TERMINATED", 1));
    google.add_instance(ZONE, "quarterday-ml");
    assert_eq!(send("quarterday-ml").await.unwrap_err().http_status_code(), Some(400));
    fits(&google);
}

#[tokio::test]
async fn metadata_is_set_with_its_fingerprint() {
    let (google, client) = machine().await;
    let found = client.get().set_project(PROJECT).set_zone(ZONE).set_instance(VM).send().await.unwrap();
    let metadata = found
        .metadata
        .unwrap()
        .set_items([Items::new().set_key("quarterday-work").set_value("2026-11-21T06Z collect 1")]);
    let set = |metadata: Metadata| {
        client.set_metadata().set_project(PROJECT).set_zone(ZONE).set_instance(VM).set_body(metadata)
    };
    set(metadata.clone()).poller().until_done().await.unwrap().to_result().unwrap();
    assert_eq!(google.instance(ZONE, VM).unwrap().metadata["quarterday-work"], "2026-11-21T06Z collect 1");
    assert_eq!(set(metadata).send().await.unwrap_err().http_status_code(), Some(412));
    fits(&google);
}
