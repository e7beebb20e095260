//! A new slot makes nobody wait: what readers ask for first is read before they do.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web as http;
use web::site::warm::warm_up;
use web::state::App;

use crate::kit::Site;
use crate::queries::counting;
use crate::slots::{SlotBuilder, symbol};

/// Longer than the site goes on with what it knows.
const LATER: Duration = Duration::from_millis(1_100);

#[actix_web::test]
async fn what_is_asked_for_first_has_been_read_before() {
    let site = Site::with_slots().await;
    let (pool, taken) = counting(&site).await;
    let app = App::new(pool.clone(), Some(Arc::clone(&site.lake)), None, site.app.settings.clone());
    let app = http::Data::new(app.unwrap());
    let warm = warm_up(&app, 0).await.unwrap();
    assert!(warm > 0, "{warm}");
    let again = taken.load(Ordering::SeqCst);
    assert_eq!(warm_up(&app, warm).await.unwrap(), warm);
    assert!(taken.load(Ordering::SeqCst) - again <= 1, "what is warm is not read again");
    let asset = format!("/assets/{}", symbol(3).replace('/', "%2F"));
    let served = init_service(web::cli::configured(app.clone())).await;
    for path in ["/", "/track-record", asset.as_str()] {
        let before = taken.load(Ordering::SeqCst);
        let answer = call_service(&served, TestRequest::get().uri(path).to_request()).await;
        assert_eq!(answer.status(), 200, "{path}");
        // One for the edition, where a second has gone by, and one for switches.
        let asked = taken.load(Ordering::SeqCst) - before;
        assert!(asked <= 2, "{path} asked Postgres {asked} times");
    }
    pool.close().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_slot_is_read_aside_and_shown_soon_and_a_correction_at_once() {
    let site = Site::with_slots().await;
    // Another instance, which hears nothing of what this one publishes.
    let other = App::new(site.pool.clone(), None, None, site.app.settings.clone()).unwrap();
    let slot = |edition: &web::market::cache::Edition| edition.publication.as_ref().unwrap().slot.clone();
    assert_eq!(slot(&other.edition().await.unwrap()), "2026-11-21T06Z");

    SlotBuilder::new("2026-11-21T12Z", "newest").write(&site.lake).await;
    assert_eq!(site.publish("2026-11-21T12Z").await.json()["outcome"], "succeeded");
    assert_eq!(slot(&site.app.edition().await.unwrap()), "2026-11-21T12Z", "who publishes knows it at once");
    tokio::time::sleep(LATER).await;
    assert_eq!(slot(&other.edition().await.unwrap()), "2026-11-21T06Z", "nobody waits for the new one");
    let begun_at = Instant::now();
    loop {
        let edition = other.edition().await.unwrap();
        if slot(&edition) == "2026-11-21T12Z" {
            assert_eq!(edition.front.rows.len(), 12);
            break;
        }
        assert!(begun_at.elapsed() < Duration::from_secs(10), "the new slot is never shown");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let mut corrected = SlotBuilder::new("2026-11-21T12Z", "corrected");
    corrected.assets = 11;
    corrected.write(&site.lake).await;
    assert_eq!(site.publish("2026-11-21T12Z").await.json()["version"], 2);
    tokio::time::sleep(LATER).await;
    let edition = other.edition().await.unwrap();
    assert_eq!((edition.publication.as_ref().unwrap().version, edition.front.rows.len()), (2, 11));
    site.stop().await;
}
