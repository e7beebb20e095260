//! The bus on Google's Pub/Sub emulator.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use cloud::bus;
use cloud::gcp::{Endpoints, PubSubBus, Settings};
use cloud::push;
use domain::Stage;
use domain::message::{Heartbeat, SlotDue, Topic};
use stand_ins::PubSub;

use super::until;

const PROJECT: &str = "quarterday-test";

async fn emulator() -> Option<(PubSub, PubSubBus)> {
    let emulator = PubSub::start(PROJECT).await?;
    let endpoints = Endpoints { pubsub: Some(emulator.url.clone()), ..Endpoints::default() };
    let bus = PubSubBus::open(&Settings { project: PROJECT.into(), endpoints }).await.unwrap();
    Some((emulator, bus))
}

/// A receiver that keeps what it is pushed, and refuses what `refuse` says.
async fn receiver(refuse: bool) -> (String, Arc<Mutex<Vec<(String, u32)>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = seen.clone();
    let server = HttpServer::new(move || {
        let kept = kept.clone();
        App::new().route(
            "/push/{topic}",
            web::post().to(move |body: web::Bytes| {
                let (message, beat): (_, Heartbeat) = push::decode(&body).unwrap();
                kept.lock().unwrap().push((message.message_id, beat.attempt));
                async move { if refuse { HttpResponse::BadRequest() } else { HttpResponse::NoContent() }.finish() }
            }),
        )
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/push/heartbeat", server.addrs()[0]);
    tokio::spawn(server.run());
    (url, seen)
}

fn beat(attempt: u32) -> Heartbeat {
    Heartbeat { slot: "2026-11-21T06Z".parse().unwrap(), stage: Stage::Collect, attempt }
}

#[tokio::test]
async fn messages_of_one_key_are_pushed_in_their_order() {
    let Some((emulator, bus)) = emulator().await else { return };
    let (url, seen) = receiver(false).await;
    emulator.create_topic("heartbeat").await;
    emulator.create_subscription("functions-heartbeat", "heartbeat", Some(&url), None).await;
    let mut ids = Vec::new();
    for attempt in 1..=20 {
        ids.push((bus::publish(&bus, Topic::Heartbeat, &beat(attempt), "slot").await.unwrap(), attempt));
    }
    until("all deliveries", async || seen.lock().unwrap().len() >= 20).await;
    assert_eq!(*seen.lock().unwrap(), ids);
    // A topic that is not there is an error that says so, and does not hold up what comes after.
    let missing = SlotDue { slot: None, repeat: false };
    let error = bus::publish(&bus, Topic::SlotDue, &missing, "slot").await.unwrap_err().to_string();
    assert!(error.contains("slot-due"), "{error}");
    emulator.create_topic("slot-due").await;
    bus::publish(&bus, Topic::SlotDue, &missing, "slot").await.unwrap();
}

#[tokio::test]
async fn what_nobody_takes_is_pulled_from_the_dead_letters() {
    let Some((emulator, bus)) = emulator().await else { return };
    let (url, seen) = receiver(true).await;
    for topic in ["heartbeat", "dead-letter"] {
        emulator.create_topic(topic).await;
    }
    emulator.create_subscription("dead-letters", "dead-letter", None, None).await;
    emulator.create_subscription("functions-heartbeat", "heartbeat", Some(&url), Some("dead-letter")).await;
    bus::publish(&bus, Topic::Heartbeat, &beat(7), "").await.unwrap();
    until("five deliveries", async || seen.lock().unwrap().len() >= 5).await;
    let letters = bus.dead_letters(Duration::from_secs(10)).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(serde_json::from_slice::<Heartbeat>(&letters[0].data).unwrap(), beat(7));
    let source = &letters[0].attributes["CloudPubSubDeadLetterSourceSubscription"];
    assert_eq!(source, "functions-heartbeat");
    assert!(bus.dead_letters(Duration::from_millis(500)).await.unwrap().is_empty(), "each is shown once");
}
