//! Machines on Compute Engine.

use std::time::Duration;

use chrono::Utc;
use cloud::gcp::ComputeMachines;
use cloud::machines::{MachineError, MachineStatus, Machines, OperationStatus, Request, Start};
use domain::Stage;
use serde_json::json;
use stand_ins::{Fault, Google, What};

use super::{request, settings, until, work};

const ZONES: [&str; 2] = ["us-x1-a", "us-x1-b"];
const NAME: &str = "quarterday-collector";

async fn machines() -> (Google, ComputeMachines) {
    let google = Google::start().await;
    for zone in ZONES {
        google.add_instance(zone, NAME);
    }
    let machines = ComputeMachines::open(&settings(&google), ZONES.map(str::to_owned).into()).await.unwrap();
    (google, machines)
}

fn starts(google: &Google) -> [u32; 2] {
    ZONES.map(|zone| google.instance(zone, NAME).unwrap().starts)
}

#[tokio::test]
async fn a_machine_is_started_once_however_often_it_is_asked_for() {
    let (google, machines) = machines().await;
    google.set_metadata(ZONES[0], NAME, "quarterday-env", "A=1");
    let collect = work(Stage::Collect, 1);
    assert_eq!(machines.status("collector").await.unwrap(), MachineStatus::Off);
    for _ in 0..3 {
        let started = machines.start("collector", collect, &request(1, 0)).await.unwrap();
        assert_eq!(started, Start::Started(None));
    }
    assert_eq!(starts(&google), [1, 0]);
    assert_eq!(machines.status("collector").await.unwrap(), MachineStatus::On(Some(collect)));
    let metadata = google.instance(ZONES[0], NAME).unwrap().metadata;
    assert_eq!(metadata["quarterday-work"], "2026-11-21T06Z collect 1");
    assert_eq!(metadata["quarterday-env"], "A=1", "what deploy/ has set stays");

    let other = machines.start("collector", work(Stage::Collect, 2), &request(2, 0)).await;
    assert!(matches!(other, Err(MachineError::Busy { .. })), "{other:?}");
    machines.stop("collector", &request(3, 0)).await.unwrap();
    machines.stop("collector", &request(3, 0)).await.unwrap();
    until("off", async || google.instance(ZONES[0], NAME).unwrap().status == "TERMINATED").await;
    assert_eq!(google.instance(ZONES[0], NAME).unwrap().stops, 1);
    assert_eq!(google.violations(), [""; 0]);
}

#[tokio::test]
async fn a_request_that_is_repeated_after_the_machine_went_off_does_not_start_it_again() {
    let (google, machines) = machines().await;
    let collect = work(Stage::Collect, 1);
    machines.start("collector", collect, &request(1, 0)).await.unwrap();
    google.power_off(ZONES[0], NAME);
    machines.start("collector", collect, &request(1, 0)).await.unwrap();
    assert_eq!(starts(&google), [1, 0], "a redelivery of the message carries the same request id");
    machines.start("collector", work(Stage::Collect, 2), &request(2, 0)).await.unwrap();
    assert_eq!(starts(&google), [2, 0]);
}

#[tokio::test]
async fn an_operation_that_has_failed_is_seen_and_the_next_zone_is_tried() {
    let (google, machines) = machines().await;
    let out = What::OperationError("ZONE_RESOURCE_POOL_EXHAUSTED".into());
    google.fault(Fault::new("POST", "us-x1-a/instances/.*/start$", u32::MAX, out));
    let collect = work(Stage::Collect, 1);
    for tries in 0..2 {
        let error = machines.start("collector", collect, &request(1, tries)).await.unwrap_err();
        assert!(matches!(error, MachineError::Passing { stock_out: true, .. }), "{error:?}");
        assert!(error.to_string().contains("us-x1-a") && error.to_string().contains("EXHAUSTED"), "{error}");
    }
    assert_eq!(machines.start("collector", collect, &request(1, 2)).await.unwrap(), Start::Started(None));
    assert_eq!(machines.status("collector").await.unwrap(), MachineStatus::On(Some(collect)));
    assert_eq!(starts(&google)[1], 1);
    assert_eq!(google.violations(), [""; 0]);
}

#[tokio::test]
async fn an_operation_that_takes_long_is_not_waited_for_but_followed() {
    let (google, machines) = machines().await;
    let collect = work(Stage::Collect, 1);
    let slow = What::OperationError("INTERNAL_ERROR".into());
    google.fault(Fault::new("POST", "/start$", 1, slow));
    machines.start("collector", collect, &request(1, 0)).await.unwrap_err();

    google.fault(Fault::new("POST", "/start$", 1, What::OperationNeverEnds));
    let start = std::time::Instant::now();
    let Start::Started(Some(operation)) = machines.start("collector", collect, &request(2, 0)).await.unwrap()
    else {
        panic!("it is under way")
    };
    assert!(start.elapsed() < Duration::from_secs(8));
    assert_eq!(operation.place, "us-x1-a");
    assert_eq!(machines.operation(&operation).await.unwrap(), OperationStatus::Running);
}

#[tokio::test]
async fn errors_say_whether_they_pass() {
    for (status, reason, passes) in [
        (403, "Required 'compute.instances.start' permission", false),
        (404, "The resource was not found", false),
        (403, "Quota 'CPUS' exceeded", true),
        (409, "The resource is not ready", false),
        (412, "Supplied fingerprint does not match", true),
        (429, "Rate limit exceeded", true),
        (503, "Backend error", true),
    ] {
        let (google, machines) = machines().await;
        let body = json!({ "error": { "code": status, "message": reason } });
        google.fault(Fault::new("POST", "/start$", u32::MAX, What::Status(status, body)));
        let error = machines.start("collector", work(Stage::Collect, 1), &request(1, 0)).await.unwrap_err();
        assert_eq!(matches!(error, MachineError::Passing { .. }), passes, "{status} {reason}: {error:?}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    let (google, machines) = machines().await;
    google.fault(Fault::new("POST", "/start$", 1, What::LoseAnswer));
    let first = machines.start("collector", work(Stage::Collect, 1), &request(1, 0)).await;
    let again = machines.start("collector", work(Stage::Collect, 1), &request(1, 0)).await;
    assert_eq!(again.unwrap(), Start::Started(None), "{first:?}");
    assert_eq!(starts(&google), [1, 0]);
}

#[tokio::test]
async fn a_held_machine_is_told_and_takes_new_work_over() {
    let google = Google::start().await;
    google.add_instance("us-x1-a", "quarterday-ml");
    let machines = ComputeMachines::open(&settings(&google), vec!["us-x1-a".into()]).await.unwrap();
    let metadata = |name: &str| google.instance("us-x1-a", "quarterday-ml").unwrap().metadata[name].clone();
    machines.start("ml", work(Stage::Predict, 1), &request(1, 0)).await.unwrap();
    let until = Utc::now() + chrono::Duration::hours(2);
    machines.hold("ml", Some(until)).await.unwrap();
    assert_eq!(metadata("quarterday-hold"), until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
    let over = Request { takes_over: true, ..request(2, 0) };
    machines.start("ml", work(Stage::Predict, 2), &over).await.unwrap();
    assert_eq!(metadata("quarterday-work"), "2026-11-21T06Z predict 2");
    assert_eq!(google.instance("us-x1-a", "quarterday-ml").unwrap().starts, 1);
    machines.hold("ml", None).await.unwrap();
    assert_eq!(metadata("quarterday-hold"), "");
    assert!(matches!(
        machines.start("nonesuch", work(Stage::Predict, 1), &request(3, 0)).await,
        Err(MachineError::Failed { .. })
    ));
}
