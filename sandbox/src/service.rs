//! What a source is to the server: a name, answers, and what it remembers for them.
//!
//! [`services`] is the registry: a new source is one line there and its own module. Everything else (counts, faults, setup, keys) goes
//! by the source's name.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use anyhow::Result;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::clock::{Clock, Reading};
use crate::fault::Faults;
use crate::moment::Micros;
use crate::serve::stats::Stats;
use crate::wire::{Answer, Request};
use crate::world::World;
use crate::{
    alpaca, alpha_vantage, facebook, feeds, instagram, interactive_brokers, reddit, stocktwits, telegram, x,
    yahoo,
};

/// The names of all sources: the first part of a path, and what fault plans name.
pub(crate) const SOURCES: [&str; 11] = [
    "alpaca",
    "alpha_vantage",
    "facebook",
    "feeds",
    "instagram",
    "interactive_brokers",
    "reddit",
    "stocktwits",
    "telegram",
    "x",
    "yahoo",
];

/// The sources whose posts a world may have.
pub(crate) const POST_SOURCES: [&str; 6] = ["facebook", "instagram", "reddit", "stocktwits", "telegram", "x"];

/// One source: what it answers, and what it must remember for that.
pub(crate) trait Service: Send + Sync {
    /// The first part of its paths; one of [`SOURCES`].
    fn name(&self) -> &'static str;

    /// Answers one request of any method.
    fn answer(&self, world: &World, clock: Reading, request: &Request) -> Reply;

    /// Its own words for a client over a limit, with a wait in real seconds where it states one.
    fn too_many(&self, wait_s: Option<u64>) -> Answer;

    /// Its own words for trouble of its own, with a 5xx status.
    fn broken(&self, status: u16) -> Answer;

    /// Its own words for an expired or revoked token.
    fn unauthorised(&self) -> Answer;

    /// From now on the tokens that it gave out so far are refused. Nothing happens where tokens are not given out.
    fn expire_tokens(&self) {}

    /// Its section of `/_world/setup`, secrets included. `base` is the server's URL without a slash at the end.
    fn setup(&self, world: &World, base: &str, clock: Reading) -> Value;

    /// The credentials of its setup: what must never be seen in a file or a log.
    fn secrets(&self) -> Vec<String>;

    /// What it would show at the clock's instant of the records of `[from, to)`; see [`crate::keys`].
    fn keys(&self, world: &World, clock: Reading, from: Micros, to: Micros) -> Vec<Value>;

    /// Counters of its own, added to its part of `/_world/stats`.
    fn counters(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    /// Starts what it listens to beside HTTP: called once, before `setup`, in a running Actix system.
    ///
    /// # Errors
    /// When no port is free.
    fn listen(&self, _shared: &Arc<Shared>) -> Result<Option<Extra>> {
        Ok(None)
    }
}

/// What a service says to one request.
#[derive(Debug)]
pub(crate) struct Reply {
    /// What the client gets.
    pub answer: Answer,
    /// Whether the request was over a limit.
    pub exceeded: bool,
}

impl Reply {
    /// A request over a limit.
    pub(crate) fn exceeded(answer: Answer) -> Self {
        Self { answer, exceeded: true }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self { answer, exceeded: false }
    }
}

/// A listener beside HTTP, on a free port of 127.0.0.1.
pub(crate) struct Extra {
    /// Where it listens.
    pub address: SocketAddr,
    /// What accepts and serves; it runs for as long as the server.
    pub task: Pin<Box<dyn Future<Output = ()>>>,
}

/// What every source and listener shares.
pub(crate) struct Shared {
    /// The world.
    pub world: World,
    /// What time it is there.
    pub clock: Clock,
    /// What goes wrong.
    pub faults: Faults,
    /// What is counted.
    pub stats: Stats,
}

/// How strict the services' plans are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// What the Alpha Vantage key allows.
    pub alpha_vantage: AlphaVantagePlan,
}

/// What a key for Alpha Vantage allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum AlphaVantagePlan {
    /// 25 calls a day, one a second; no intraday, adjusted or full series.
    Free,
    /// 75 calls a minute, and everything.
    #[default]
    Premium,
}

/// The sources that are served, sorted by name.
pub(crate) fn services(world: &World, options: &Options) -> Vec<Box<dyn Service>> {
    vec![
        Box::new(alpaca::Alpaca::new(world)),
        Box::new(alpha_vantage::AlphaVantage::new(world, options.alpha_vantage)),
        Box::new(facebook::Facebook::new(world)),
        Box::new(feeds::Feeds),
        Box::new(instagram::Instagram::new(world)),
        Box::new(interactive_brokers::InteractiveBrokers::default()),
        Box::new(reddit::Reddit::new(world)),
        Box::new(stocktwits::StockTwits::new()),
        Box::new(telegram::Telegram::new(world)),
        Box::new(x::X::new(world)),
        Box::new(yahoo::Yahoo::new(world)),
    ]
}

/// A credential that is the same for the same world, and recognisable where it should not be.
pub(crate) fn secret(purpose: &str, world: &World) -> String {
    let digest = Sha256::digest(format!("{purpose}\n{}", world.name).as_bytes());
    format!("canary-{purpose}-{}", hex::encode(&digest[..10]))
}
