//! Alpaca's stream of trades, quotes and minute bars over WebSocket: `/v2/{feed}` for shares, `/v1beta3/crypto/us` for coins.
//!
//! `price`: what a price does within a bar. `client`: what a client says and gets. Here: connections, one at a time for each
//! endpoint, as a key for Alpaca allows.

mod client;
mod price;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{Message, MessageStream, Session};
use serde_json::Value;

use super::bars::Market;
use crate::service::{Shared, secret};
use client::{Client, SYMBOLS_OF_IEX, failed, said};

/// How often the world's clock is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// How long a client may take to show its key.
const AUTH: Duration = Duration::from_secs(10);
/// The endpoint of coins.
const COINS: &str = "/alpaca/v1beta3/crypto/us";

/// The endpoints that somebody is connected to.
#[derive(Debug, Default, Clone)]
pub(crate) struct Taken(Arc<Mutex<BTreeSet<String>>>);

impl Taken {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An endpoint that a client has for itself until this is dropped.
struct Place {
    taken: Taken,
    endpoint: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.taken.lock().remove(&self.endpoint);
    }
}

/// Adds the endpoints; `Shared` and [`Taken`] have to be among the app's data.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.route("/alpaca/v2/{feed}", web::get().to(open)).route(COINS, web::get().to(open));
}

async fn open(
    http: HttpRequest,
    body: web::Payload,
    shared: web::Data<Shared>,
    taken: web::Data<Taken>,
) -> actix_web::Result<HttpResponse> {
    let (response, mut session, messages) = actix_ws::handle(&http, body)?;
    let endpoint = http.path().to_owned();
    shared.stats.request("alpaca");
    let (market, bound) = match endpoint.rsplit('/').next() {
        _ if endpoint == COINS => (Market::Crypto, None),
        Some("iex") => (Market::Stocks, Some(SYMBOLS_OF_IEX)),
        Some("sip") => (Market::Stocks, None),
        _ => {
            actix_web::rt::spawn(async move {
                let _ = say(&mut session, &failed(409, "insufficient subscription").0).await;
                let _ = session.close(None).await;
            });
            return Ok(response);
        }
    };
    let key = (secret("alpaca-id", &shared.world), secret("alpaca-secret", &shared.world));
    let mut client = Client::new(market, bound, key);
    let header = |name: &str| http.headers().get(name).and_then(|value| value.to_str().ok());
    client.show(header("apca-api-key-id"), header("apca-api-secret-key"));
    let (shared, taken) = (shared.into_inner(), taken.as_ref().clone());
    actix_web::rt::spawn(async move {
        if say(&mut session, &said("connected")).await.is_ok() {
            let mut connection = Connection { session, client, shared, place: None };
            connection.serve(messages, &taken, &endpoint).await;
            let _ = connection.session.close(None).await;
        }
    });
    Ok(response)
}

async fn say(session: &mut Session, message: &Value) -> Result<(), actix_ws::Closed> {
    session.text(message.to_string()).await
}

struct Connection {
    session: Session,
    client: Client,
    shared: Arc<Shared>,
    place: Option<Place>,
}

impl Connection {
    /// Talks with the client until it leaves or has to.
    async fn serve(&mut self, mut messages: MessageStream, taken: &Taken, endpoint: &str) {
        let deadline = actix_web::rt::time::sleep(AUTH);
        tokio::pin!(deadline);
        let mut look = actix_web::rt::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            if self.client.authenticated && self.place.is_none() && !self.take_place(taken, endpoint).await {
                return;
            }
            let goes_on = tokio::select! {
                message = messages.recv() => match message {
                    Some(Ok(message)) => self.hear(message).await,
                    Some(Err(_)) | None => false,
                },
                _ = look.tick() => self.tell().await,
                () = &mut deadline, if !self.client.authenticated => {
                    let _ = say(&mut self.session, &failed(404, "auth timeout").0).await;
                    false
                }
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Takes the endpoint for this client; false where another has it.
    async fn take_place(&mut self, taken: &Taken, endpoint: &str) -> bool {
        let free = taken.lock().insert(endpoint.to_owned());
        if free {
            self.place = Some(Place { taken: taken.clone(), endpoint: endpoint.to_owned() });
            true
        } else {
            let _ = say(&mut self.session, &failed(406, "connection limit exceeded").0).await;
            false
        }
    }

    async fn hear(&mut self, message: Message) -> bool {
        match message {
            Message::Text(text) => {
                let (answer, ends) = self.client.hear(&text);
                say(&mut self.session, &answer).await.is_ok() && !ends
            }
            Message::Ping(bytes) => self.session.pong(&bytes).await.is_ok(),
            Message::Close(_) => false,
            _ => true,
        }
    }

    async fn tell(&mut self) -> bool {
        if !self.client.authenticated {
            return true;
        }
        let news = self.client.news(&self.shared.world, self.shared.clock.read().now);
        news.is_empty() || say(&mut self.session, &Value::Array(news)).await.is_ok()
    }
}
