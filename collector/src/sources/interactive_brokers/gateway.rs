//! The connection to the gateway, and one request through it.

use std::sync::PoisonError;
use std::time::Duration;

use ibapi::market_data::historical::Bar;
use ibapi::{Client, Error};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::contract::Series;
use super::notice::{self, Meaning};
use super::{InteractiveBrokers, Run};
use crate::source::Task;
use crate::trouble::Trouble;

/// Client ids that are tried, the configured one first.
const CLIENT_IDS: i32 = 8;

/// Time to connect, the greeting included.
const CONNECT: Duration = Duration::from_secs(15);

/// Tries of one request, the first included.
const TRIES: u32 = 3;

/// How often the client reconnects by itself when the line drops.
const RECONNECTS: u32 = 3;

/// Ends the connection, whether or not the gateway answers.
pub(super) async fn disconnect(client: &Client) {
    let _ = timeout(Duration::from_secs(2), client.disconnect()).await;
}

impl InteractiveBrokers {
    /// Connects, under the next client id where one is taken.
    pub(super) async fn connect(&self, task: &Task) -> Result<Client, Trouble> {
        let deadline = task.session.deadline();
        for client_id in self.client_id..self.client_id + CLIENT_IDS {
            let connecting = Client::builder()
                .address(&self.address)
                .client_id(client_id)
                .one_shot_timeout(self.request)
                .max_reconnect_attempts(RECONNECTS)
                .connect();
            match timeout_at(deadline.min(Instant::now() + CONNECT), connecting).await {
                Ok(Ok(client)) => return Ok(client),
                Ok(Err(Error::ClientIdInUse { .. })) => {
                    tracing::info!(client_id, "this client id is in use, trying the next one");
                }
                Ok(Err(Error::Notice(notice))) if notice.code == 326 => {
                    tracing::info!(client_id, "this client id is in use, trying the next one");
                }
                Ok(Err(error)) => return Err(notice::meaning(&error, &self.address).1),
                Err(_) => {
                    return Err(Trouble::transient(format!(
                        "the gateway at {} does not greet in time: see whether it is logged in",
                        self.address
                    )));
                }
            }
        }
        Err(Trouble::configuration(format!(
            "the client ids {} to {} are all in use: choose another client_id",
            self.client_id,
            self.client_id + CLIENT_IDS - 1
        )))
    }

    /// Asks for one series, again where that may help.
    pub(super) async fn ask(&self, run: &Run<'_>, series: &Series) -> Result<Vec<Bar>, (Meaning, Trouble)> {
        let deadline = run.task.session.deadline();
        let mut paced = false;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (meaning, trouble) = match timeout_at(deadline, once(run, series)).await {
                Ok(Ok(bars)) => return Ok(bars),
                Ok(Err(error)) => notice::meaning(&error, &self.address),
                Err(_) => return Err((Meaning::Stop, Trouble::exhausted("its time was used up"))),
            };
            let pause = match meaning {
                Meaning::Pacing if !paced => {
                    paced = true;
                    self.pacing_wait
                }
                Meaning::Passing if attempt < TRIES => Duration::from_millis(500) * attempt,
                _ => return Err((meaning, trouble)),
            };
            if Instant::now() + pause >= deadline {
                return Err((meaning, Trouble { again: false, ..trouble }));
            }
            tracing::debug!(series = %series.name, attempt, reason = %trouble.message, "repeating");
            sleep(pause).await;
        }
    }
}

async fn once(run: &Run<'_>, series: &Series) -> Result<Vec<Bar>, Error> {
    loop {
        let wait = {
            let mut pacing = run.pacing.lock().unwrap_or_else(PoisonError::into_inner);
            pacing.wait(&series.name, &series.asset, Instant::now())
        };
        match wait {
            None => break,
            Some(wait) => sleep(wait).await,
        }
    }
    let request = run.client.historical_data(&series.contract, series.size);
    let request = request.what_to_show(series.show).trading_hours(series.hours).duration(series.duration);
    let request = match series.end.and_then(|end| OffsetDateTime::from_unix_timestamp(end.timestamp()).ok()) {
        Some(end) => request.ending(end),
        None => request,
    };
    Ok(request.fetch().await?.bars)
}
