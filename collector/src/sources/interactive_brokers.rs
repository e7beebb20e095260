//! Interactive Brokers: bars through an IB Gateway, which speaks a protocol of its own over TCP (`ibapi`).
//!
//! Best effort: a gateway that is logged out fails this source and nothing else. What it answers is kept as JSON, so that
//! records can be made again from raw as those of any other source.
//!
//! In reading order: `contract` says how an asset is named there and what is asked; `gateway` connects and asks; `notice` is
//! what its codes mean; `pacing` keeps its limits; `wire` reads what was kept.

mod contract;
mod gateway;
mod notice;
mod pacing;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::AssetClass;
use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;
use ibapi::Client;

use super::Definition;
use super::selection::Selection;
use crate::settings::{Section, SettingsError};
use crate::source::{Source, Stream, Task, read_all};
use crate::trouble::Trouble;
use contract::{Series, Spelling};
use notice::Meaning;
use pacing::Pacing;

/// All that the rest of the collector knows of it.
pub const DEFINITION: Definition = Definition {
    id: "interactive_brokers",
    terms: Terms { enabled: true, may_display: true, may_infer: true, may_train: true },
    revises: false,
    configure,
    read: wire::read,
};

/// Series that are open at the same time; the gateway takes 50.
const AT_ONCE: usize = 8;

/// The classes that it has bars of.
const OFFERED: &[AssetClass] = &[AssetClass::Equity, AssetClass::Crypto, AssetClass::Fx, AssetClass::Index];

/// So long a contract that the gateway does not know is not asked for again.
const QUARANTINE: chrono::Duration = chrono::Duration::days(7);

/// Interactive Brokers, read through a gateway.
#[derive(Debug)]
struct InteractiveBrokers {
    /// `host:port`.
    address: String,
    client_id: i32,
    /// Whether hours are read beside days.
    intraday: bool,
    /// After so long a request without an answer is given up.
    request: Duration,
    /// So long a refusal for asking too often is waited out.
    pacing_wait: Duration,
    selection: Selection,
    spellings: Vec<Spelling>,
}

fn configure(section: &Section<'_>) -> Result<Arc<dyn Source>, SettingsError> {
    let address = section.get::<String>("address")?.unwrap_or_else(|| "127.0.0.1:4001".to_owned());
    let port = address.rsplit_once(':').and_then(|(host, port)| {
        port.parse::<u16>().ok().filter(|port| *port > 0 && !host.is_empty() && !host.contains('/'))
    });
    if port.is_none() {
        return Err(section.wrong("address", &address, "write a host and a port, such as 127.0.0.1:4001"));
    }
    let client_id = section.get("client_id")?.unwrap_or(1);
    if !(0..=9_999).contains(&client_id) {
        return Err(section.wrong("client_id", &client_id.to_string(), "write a number from 0 to 9999"));
    }
    let seconds = |field: &str, usual: f64| {
        let seconds = section.get(field)?.unwrap_or(usual);
        match (0.0..=3600.0).contains(&seconds) {
            true => Ok(Duration::from_secs_f64(seconds)),
            false => Err(section.wrong(field, &seconds.to_string(), "write seconds, at most 3600")),
        }
    };
    Ok(Arc::new(InteractiveBrokers {
        address,
        client_id,
        intraday: section.get("intraday")?.unwrap_or(true),
        request: seconds("request_seconds", 30.0)?.max(Duration::from_millis(100)),
        pacing_wait: seconds("pacing_wait_seconds", 15.0)?,
        selection: Selection::read(section, OFFERED, &[AssetClass::Fx, AssetClass::Index])?,
        spellings: section.tables("contracts")?.iter().map(Spelling::read).collect::<Result<_, _>>()?,
    }))
}

/// What the series of one run share.
struct Run<'a> {
    task: &'a Task,
    client: Client,
    pacing: Mutex<Pacing>,
    /// What ended the run for all series.
    stopped: Mutex<Option<Trouble>>,
}

impl Source for InteractiveBrokers {
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            let series = match self.wanted(task).await {
                Ok(series) => series,
                Err(trouble) => return vec![task.stream().fail("contracts", trouble)],
            };
            if series.is_empty() {
                return Vec::new();
            }
            let client = match self.connect(task).await {
                Ok(client) => client,
                Err(trouble) => return vec![task.stream().fail("connection", trouble)],
            };
            let run = Run { task, client, pacing: Mutex::default(), stopped: Mutex::default() };
            let streams = read_all(&series, AT_ONCE, |series| self.read(&run, series).boxed()).await;
            gateway::disconnect(&run.client).await;
            streams
        }
        .boxed()
    }

    fn check<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            let client = self.connect(task).await?;
            let version = client.server_version();
            gateway::disconnect(&client).await;
            Ok(format!("the gateway at {} lets us in (version {version})", self.address))
        }
        .boxed()
    }

    fn needs_tls(&self) -> bool {
        false
    }
}

impl InteractiveBrokers {
    /// The series to ask for: all that were chosen but for contracts that the gateway lately did not know.
    async fn wanted(&self, task: &Task) -> Result<Vec<Series>, Trouble> {
        let mut series = contract::series(self, task);
        let (unknown, now) = (task.quota.notes().await?, task.quota.now());
        series.retain(|series| {
            let until = unknown.get(&note(series)).filter(|until| **until > now);
            if let Some(until) = until {
                tracing::info!(asset = %series.asset, %until, "not asked for: interactive brokers did not know this contract");
            }
            until.is_none()
        });
        Ok(series)
    }

    async fn read(&self, run: &Run<'_>, series: &Series) -> Stream {
        let mut stream = run.task.stream();
        let stopped = run.stopped.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(trouble) = stopped {
            return stream.fail(series.name.clone(), trouble);
        }
        let found = match self.ask(run, series).await {
            Ok(bars) => Ok(bars),
            // Nothing there is an answer too.
            Err((Meaning::Empty, _)) => Ok(Vec::new()),
            Err((meaning, trouble)) => Err((meaning, trouble)),
        };
        let kept = found.and_then(|bars| {
            let exchange = wire::exchange(series, &bars).map_err(|t| (Meaning::Other, t))?;
            stream.keep(&exchange).map_err(|t| (Meaning::Other, t))
        });
        let Err((meaning, trouble)) = kept else { return stream };
        match meaning {
            Meaning::Unknown => {
                let now = run.task.quota.now();
                let noted = run.task.quota.note(|notes| {
                    notes.retain(|_, until| *until > now);
                    notes.insert(note(series), now + QUARANTINE);
                });
                if let Err(trouble) = noted.await {
                    return stream.fail(series.name.clone(), trouble);
                }
            }
            Meaning::Stop => {
                let message = format!("not asked for, since {} came to nothing for all", series.name);
                let trouble = Trouble { again: false, message, ..trouble.clone() };
                run.stopped.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(trouble);
            }
            _ => {}
        }
        stream.fail(series.name.clone(), trouble)
    }
}

/// What is remembered of a contract that the gateway does not know; once it is named otherwise, it is asked for again.
fn note(series: &Series) -> String {
    let contract = &series.contract;
    let (symbol, exchange) = (contract.symbol.as_str(), contract.exchange.as_str());
    let month = &contract.last_trade_date_or_contract_month;
    format!("unknown contract {} {symbol} {month} {exchange} {}", series.asset, contract.currency.as_str())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "interactive_brokers/tests.rs"]
mod tests;
