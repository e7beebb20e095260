//! Planned mishaps, seen by plain HTTP.

use std::time::{Duration, Instant};

use serde_json::json;
use stand_ins::{Fault, Google, What};

use crate::fits;

#[tokio::test]
async fn each_mishap_befalls_as_many_requests_as_planned() {
    let google = Google::start().await;
    google.put_object("lake", "k", vec![7; 1000]);
    let object = format!("{}/storage/v1/b/lake/o/k", google.url);
    // Without a pool, so that a broken connection is not noticed only by the next request.
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let media = || http.get(&object).query(&[("alt", "media")]).send();

    google.fault(Fault::new("GET", "/o/k$", 1, What::Delay(Duration::from_millis(100))));
    google.fault(Fault::new("", "/o/", 2, What::Status(503, json!({ "error": { "code": 503 } }))));
    let began = Instant::now();
    assert_eq!(media().await.unwrap().status(), 503);
    assert!(began.elapsed() >= Duration::from_millis(100));
    assert_eq!(media().await.unwrap().status(), 503);
    assert_eq!(media().await.unwrap().status(), 200);

    google.fault(Fault::new("GET", "/o/k$", 1, What::HalfAnswer));
    let mut answer = media().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.content_length()), (200, Some(1000)));
    assert_eq!(answer.chunk().await.unwrap().unwrap().len(), 500);
    assert!(answer.chunk().await.is_err());

    google.fault(Fault::new("DELETE", "/o/k$", 1, What::CloseConnection));
    google.fault(Fault::new("DELETE", "/o/k$", 1, What::LoseAnswer));
    assert!(http.delete(&object).send().await.is_err());
    assert_eq!(google.objects("lake").len(), 1);
    assert!(http.delete(&object).send().await.is_err());
    assert_eq!(google.objects("lake").len(), 0);

    google.fault(Fault::new("GET", "/o/k$", u32::MAX, What::Status(429, json!({}))));
    assert_eq!(
        (media().await.unwrap().status(), media().await.unwrap().status()),
        (429_u16.try_into().unwrap(), 429_u16.try_into().unwrap())
    );
    google.clear_faults();
    assert_eq!(media().await.unwrap().status(), 404);
    fits(&google);
}

#[tokio::test]
async fn the_server_ends_with_its_owner_but_not_with_a_clone() {
    let google = Google::start().await;
    let url = google.url.clone();
    drop(google.clone());
    assert!(reqwest::get(&url).await.is_ok());
    drop(google);
    for _ in 0..100 {
        if reqwest::Client::new().get(&url).send().await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server goes on");
}
