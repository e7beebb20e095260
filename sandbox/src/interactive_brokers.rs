//! Interactive Brokers: a gateway that speaks the protobuf form of the TWS protocol over TCP.
//!
//! In reading order: `proto` and `frame` are the bytes; `contract` says what is traded; `request` checks a request for bars and
//! `history` answers it; `pacing` counts; `connection` is a client from its greeting to its end.
//!
//! It knows historical bars, contract details and the first bar's time. Market data that streams is not subscribed (error 354).

mod connection;
mod contract;
mod frame;
mod history;
mod pacing;
mod proto;
mod request;

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::clock::Reading;
use crate::fault::{BrokerFault, Fault};
use crate::keys;
use crate::moment::Micros;
use crate::service::{Extra, Reply, Service, Shared};
use crate::wire::{Answer, Request};
use crate::world::World;
use contract::Known;
use pacing::Pacing;

const NAME: &str = "interactive_brokers";

/// Interactive Brokers, with the place where its gateway listens.
#[derive(Default)]
pub(crate) struct InteractiveBrokers {
    address: OnceLock<SocketAddr>,
}

impl Service for InteractiveBrokers {
    fn name(&self) -> &'static str {
        NAME
    }

    fn answer(&self, _world: &World, _clock: Reading, _request: &Request) -> Reply {
        self.broken(404).into()
    }

    fn too_many(&self, _wait_s: Option<u64>) -> Answer {
        self.broken(404)
    }

    fn broken(&self, status: u16) -> Answer {
        Answer::text(
            status,
            "text/plain; charset=utf-8",
            "the gateway speaks no HTTP: see its address in /_world/setup",
        )
    }

    fn unauthorised(&self) -> Answer {
        self.broken(404)
    }

    fn setup(&self, _world: &World, _base: &str, _clock: Reading) -> Value {
        json!({"address": self.address.get().map(SocketAddr::to_string), "client_id": 1})
    }

    /// Whoever reaches the gateway may use it.
    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }

    /// The bars of every contract, those outside the regular hours too.
    fn keys(&self, world: &World, clock: Reading, from: Micros, to: Micros) -> Vec<Value> {
        let contracts = world.assets.iter().filter_map(|asset| Known::of(world, asset.symbol.as_str()));
        contracts.flat_map(|known| keys::of_bars(world, &known.symbol, clock.now, (from, to))).collect()
    }

    fn listen(&self, shared: &Arc<Shared>) -> Result<Option<Extra>> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("127.0.0.1: no port is free")?;
        listener.set_nonblocking(true).context("cannot listen without blocking")?;
        let address = listener.local_addr().context("no local address")?;
        let _ = self.address.set(address);
        Ok(Some(Extra { address, task: Box::pin(serve(listener, Arc::clone(shared))) }))
    }
}

/// The gateway: what its connections share.
struct Gateway {
    shared: Arc<Shared>,
    clients: Mutex<BTreeSet<i32>>,
    pacing: Mutex<Pacing>,
}

impl Gateway {
    fn world(&self) -> &World {
        &self.shared.world
    }

    fn clock(&self) -> Reading {
        self.shared.clock.read()
    }

    fn exceeded(&self) {
        self.shared.stats.exceeded(NAME);
    }

    /// What goes wrong at a point, `/connect` or `/request`.
    fn fault(&self, point: &str) -> Option<BrokerFault> {
        match self.shared.faults.next(NAME, point)? {
            Fault::Broker(fault) => {
                self.shared.stats.fault(NAME);
                Some(fault)
            }
            // Plans with faults of HTTP are refused for this source.
            Fault::Http(_) => None,
        }
    }
}

/// Serves all who connect, for ever.
async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("sandbox: {NAME}: cannot listen: {error}");
            return;
        }
    };
    let gateway = Arc::new(Gateway { shared, clients: Mutex::default(), pacing: Mutex::default() });
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection::run(stream, Arc::clone(&gateway)));
            }
            // Too many open files, say: the next one may fare better.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
