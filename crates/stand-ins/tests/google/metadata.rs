//! The metadata service.

use std::time::{Duration, Instant};

use stand_ins::Google;

use crate::{PROJECT, VM, ZONE, fits};

async fn get(google: &Google, path: &str) -> (u16, String, String) {
    let address = format!("{}/computeMetadata/v1/{path}", google.metadata_url(ZONE, VM));
    let answer =
        reqwest::Client::new().get(address).header("Metadata-Flavor", "Google").send().await.unwrap();
    let etag = answer.headers().get("etag").map(|etag| etag.to_str().unwrap().to_owned()).unwrap_or_default();
    (answer.status().as_u16(), answer.text().await.unwrap(), etag)
}

#[tokio::test]
async fn what_a_machine_asks_for() {
    let google = Google::start().await;
    google.add_instance(ZONE, VM);
    google.add_instance("us-x1-b", VM);
    google.set_metadata(ZONE, VM, "quarterday-work", "2026-11-21T06Z collect 1");
    let text = async |path: &str| get(&google, path).await.1;
    assert_eq!(text("instance/attributes/quarterday-work").await, "2026-11-21T06Z collect 1");
    assert_eq!(text("instance/attributes/").await, "quarterday-work\n");
    assert_eq!(
        text("instance/attributes/?recursive=true").await,
        r#"{"quarterday-work":"2026-11-21T06Z collect 1"}"#
    );
    assert_eq!(text("instance/name").await, VM);
    assert!(text("instance/zone").await.ends_with("/zones/us-x1-a"));
    assert_eq!(text("project/project-id").await, PROJECT);
    assert!(text("instance/service-accounts/default/token").await.contains("access_token"));
    assert_eq!(get(&google, "instance/attributes/none").await.0, 404);
    let unflavoured =
        reqwest::get(format!("{}/computeMetadata/v1/instance/name", google.metadata_url(ZONE, VM)))
            .await
            .unwrap();
    assert_eq!(unflavoured.status(), 403);
    fits(&google);
}

#[tokio::test]
async fn a_watch_answers_on_a_change_at_once_or_when_its_time_is_out() {
    let google = Google::start().await;
    google.add_instance(ZONE, VM);
    google.set_metadata(ZONE, VM, "quarterday-hold", "");
    let (_, _, etag) = get(&google, "instance/attributes/quarterday-hold").await;
    let path =
        format!("instance/attributes/quarterday-hold?wait_for_change=true&timeout_sec=1&last_etag={etag}");
    let began = Instant::now();
    assert_eq!(get(&google, &path).await, (200, String::new(), etag));
    assert!(began.elapsed() >= Duration::from_secs(1));

    let changing = google.clone();
    let change = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        changing.set_metadata(ZONE, VM, "other", "x");
        changing.set_metadata(ZONE, VM, "quarterday-hold", "2026-11-21T09:00:00Z");
    });
    let path = path.replace("timeout_sec=1", "timeout_sec=60");
    assert_eq!(get(&google, &path).await.1, "2026-11-21T09:00:00Z");
    // Whoever knows an older state is answered at once.
    assert_eq!(get(&google, &path).await.1, "2026-11-21T09:00:00Z");
    change.await.unwrap();
    fits(&google);
}
