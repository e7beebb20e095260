use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use sandbox::billing::webhook::signature;
use serde::Deserialize;
use stripe_webhook::Webhook;

use super::kit::Billing;

/// Takes events; refuses the first `refusals`.
#[derive(Clone, Default)]
struct Taker {
    taken: Arc<Mutex<Vec<(String, String)>>>,
    refusals: Arc<Mutex<u32>>,
}

async fn take(request: HttpRequest, body: web::Bytes, taker: web::Data<Taker>) -> HttpResponse {
    let mut refusals = taker.refusals.lock().unwrap();
    if *refusals > 0 {
        *refusals -= 1;
        return HttpResponse::InternalServerError().finish();
    }
    let header = request.headers().get("Stripe-Signature").unwrap().to_str().unwrap().to_owned();
    taker.taken.lock().unwrap().push((header, String::from_utf8(body.to_vec()).unwrap()));
    HttpResponse::Ok().finish()
}

impl Taker {
    fn start(&self) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let taker = web::Data::new(self.clone());
        let server =
            HttpServer::new(move || App::new().app_data(taker.clone()).route("/hook", web::post().to(take)));
        actix_web::rt::spawn(server.workers(1).listen(listener).unwrap().run());
        url
    }

    /// Waits until so many different events are there.
    async fn wait(&self, count: usize) -> Vec<(String, String)> {
        for _ in 0..200 {
            let taken = self.taken.lock().unwrap().clone();
            let ids: BTreeMap<String, ()> = taken.iter().map(|(_, body)| (id(body), ())).collect();
            if ids.len() >= count {
                return taken;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{count} events did not come: {}", self.taken.lock().unwrap().len());
    }
}

fn id(body: &str) -> String {
    let event: serde_json::Value = serde_json::from_str(body).unwrap();
    event["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn events_are_told_signed_in_order_and_again_until_they_are_taken() {
    let taker = Taker { refusals: Arc::new(Mutex::new(2)), ..Taker::default() };
    let billing = Billing::telling(taker.start(), None);
    let price = billing.price("pro", 4900).await;
    let customer = billing.customer("pm_card_visa").await;
    billing.post("subscriptions", &[("customer", &customer), ("items[0][price]", &price)]).await;
    let events = billing.get("events?limit=100").await;
    let told = taker.wait(events["data"].as_array().unwrap().len()).await;
    for (header, body) in &told {
        Webhook::construct_event(body, header, "whsec_of_a_test")
            .unwrap_or_else(|error| panic!("{error}: {body}"));
        assert!(Webhook::construct_event(body, header, "whsec_other").is_err());
    }
}

#[actix_web::test]
async fn under_a_fault_plan_events_come_twice_late_and_all_the_same() {
    let taker = Taker::default();
    let billing = Billing::telling(taker.start(), Some(7));
    for n in 0..40 {
        billing.post("customers", &[("name", &n.to_string())]).await;
    }
    let told = taker.wait(40).await;
    // Those that are sent twice come some time after.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let all = taker.taken.lock().unwrap().clone();
    let ids: Vec<String> = all.iter().map(|(_, body)| id(body)).collect();
    let mut sorted = ids.clone();
    sorted.sort();
    assert_ne!(ids, sorted, "some overtook others");
    sorted.dedup();
    assert_eq!(sorted.len(), 40);
    assert!(all.len() > told.len().min(40), "some came twice");
}

/// A published example of a signature.
#[derive(Deserialize)]
struct Example {
    name: String,
    header_stripe_signature: String,
    payload: String,
    secret: String,
    now_unix: i64,
    tolerance_s: i64,
    expect_valid: bool,
}

/// Whether a header is good, judged by what our signer would have written.
fn is_good(example: &Example) -> bool {
    let parts: Vec<(&str, &str)> =
        example.header_stripe_signature.split(',').filter_map(|part| part.split_once('=')).collect();
    let at = parts.iter().find(|(name, _)| *name == "t").and_then(|(_, at)| at.parse::<i64>().ok());
    let Some(at) = at else { return false };
    let ours = signature(&example.secret, at, &example.payload);
    let ours = ours.split_once("v1=").unwrap().1;
    (example.now_unix - at).abs() <= example.tolerance_s && parts.contains(&("v1", ours))
}

#[test]
fn published_examples_of_signatures_agree_with_ours() {
    let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
    let path =
        std::path::Path::new(&shared).join("data/open/recordings/stripe/webhook_signature_vectors.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!(
            "SKIPPED: {} is not there: signatures are not compared with published examples",
            path.display()
        );
        return;
    };
    let examples: Vec<Example> = serde_json::from_str(&text).unwrap();
    assert_eq!(examples.len(), 18);
    for example in &examples {
        assert_eq!(is_good(example), example.expect_valid, "{}", example.name);
    }
}
