//! Telling the caller what happened: signed requests, sent until they are taken.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::book::Book;
use super::keeper::Keeper;
use super::render;
use super::row::Delivery;

/// Seconds between tries; the last one counts for all that follow.
const PAUSES_S: [i64; 8] = [1, 2, 5, 10, 20, 40, 60, 600];
/// After so many tries (about three days) an event is given up.
const MOST_TRIES: u32 = 440;
/// An answer is waited for so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the clock is looked at while nothing is to be sent.
const LOOK: Duration = Duration::from_millis(500);

/// Where events are told.
#[derive(Debug, Clone)]
pub struct Target {
    /// The address.
    pub url: String,
    /// What signatures are made with.
    pub secret: String,
    /// What is done to deliveries: with a number some are doubled, late or lost at first, always the same ones for the same number.
    pub faults: Option<u64>,
}

/// The signature of a body, as the header `Stripe-Signature`; `at` is the instant of sending, in seconds.
pub fn signature(secret: &str, at: i64, body: &str) -> String {
    format!("t={at},v1={}", hex::encode(mac(secret, at, body).finalize().into_bytes()))
}

fn mac(secret: &str, at: i64, body: &str) -> Hmac<Sha256> {
    // A key of any length will do for HMAC: too long ones are hashed, by definition.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(format!("{at}.{body}").as_bytes());
    mac
}

/// What becomes of the first try of an event under a fault plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is sent.
    Sent,
    /// It is sent so much later, in milliseconds: others overtake it.
    Late(i64),
    /// It is sent, and once more after it was taken.
    Doubled,
    /// It never arrives; the next try does.
    Lost,
}

fn fate(seed: u64, event: &str) -> Fate {
    // The first eight digits of an id are its number in the book: the same calls meet the same fate.
    let number = event.split_once('_').and_then(|(_, rest)| rest.get(..8)).unwrap_or(event);
    let digest = Sha256::digest(format!("{seed}/{number}").as_bytes());
    match digest[0] {
        0..=63 => Fate::Late(200 + i64::from(digest[1]) * 10),
        64..=127 => Fate::Doubled,
        128..=159 => Fate::Lost,
        _ => Fate::Sent,
    }
}

/// Sends what is to be sent for as long as the program runs, and lets the sandbox's clock pass meanwhile.
pub async fn run(keeper: Arc<Keeper>, target: Option<Target>) {
    let client =
        reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return eprintln!("sandbox: no events can be sent: {error}"),
    };
    loop {
        if let Err(refusal) = keeper.pass_time() {
            eprintln!("sandbox: {refusal}");
        }
        if let Some(target) = &target {
            send_due(&keeper, &client, target).await;
        }
        let _ = tokio::time::timeout(LOOK, keeper.wake.notified()).await;
    }
}

async fn send_due(keeper: &Keeper, client: &reqwest::Client, target: &Target) {
    let book = keeper.look();
    let now = chrono::Utc::now().timestamp_millis();
    let due = |one: &&Delivery| one.next_at.is_some_and(|at| at <= now);
    let mut all: Vec<Delivery> = book.deliveries.values().filter(due).cloned().collect();
    all.sort_by_key(|one| one.next_at);
    for mut one in all {
        if one.attempts == 0 && one.next_at == Some(0) && one.repeats == 0 {
            match target.faults.map_or(Fate::Sent, |seed| fate(seed, &one.event)) {
                Fate::Sent => {}
                Fate::Late(ms) => {
                    one.next_at = Some(now + ms);
                    note(keeper, &one);
                    continue;
                }
                Fate::Doubled => one.repeats = 1,
                Fate::Lost => {
                    (one.attempts, one.next_at) = (1, Some(now + 1000));
                    note(keeper, &one);
                    continue;
                }
            }
        }
        let taken = send(&book, client, target, &one.event).await;
        settle(&mut one, taken, chrono::Utc::now().timestamp_millis());
        note(keeper, &one);
    }
}

fn settle(one: &mut Delivery, taken: bool, now: i64) {
    one.attempts += 1;
    if taken {
        one.delivered_at.get_or_insert(now);
        one.next_at = (one.repeats > 0).then_some(now + 300);
        one.repeats = one.repeats.saturating_sub(1);
        return;
    }
    let place = usize::try_from(one.attempts).unwrap_or(usize::MAX).min(PAUSES_S.len()) - 1;
    one.next_at = (one.attempts < MOST_TRIES).then(|| now + PAUSES_S[place] * 1000);
}

fn note(keeper: &Keeper, one: &Delivery) {
    let written = keeper.change(|book, _| {
        book.deliveries.put(&one.event, one.clone());
        Ok(())
    });
    if let Err(refusal) = written {
        eprintln!("sandbox: {refusal}");
    }
}

async fn send(book: &Book, client: &reqwest::Client, target: &Target, event: &str) -> bool {
    let Some(found) = book.events.get(event) else { return true };
    let body = render::event(book, found).to_string();
    let signature = signature(&target.secret, chrono::Utc::now().timestamp(), &body);
    let request = client
        .post(&target.url)
        .header("Content-Type", "application/json; charset=utf-8")
        .header("User-Agent", "Stripe/1.0 (Quarterday's billing sandbox)")
        .header("Stripe-Signature", signature)
        .body(body);
    match request.send().await {
        Ok(answer) => answer.status().is_success(),
        Err(_) => false,
    }
}
