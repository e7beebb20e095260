//! Live prices: what a source's stream says, at most one quote of a symbol every quarter of a second, on topic `quotes`.
//!
//! [`wire`]: Alpaca's messages, read by pure functions. [`board`]: what is newest, coalesced. [`feed`]: one connection, made
//! again whenever it is lost. Here: the command that puts them together.
//!
//! Nothing is stored: a quote that could not be published is replaced by a newer one. What analyses rest on are the bars
//! that each slot collects.

pub mod board;
pub mod feed;
pub mod wire;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use chrono::Utc;
use cloud::Bus;
use domain::message::Topic;
use domain::quote::QUOTES_IN_MESSAGE;
use domain::{AssetList, Key, Quotes, SourceId};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};

use crate::settings::Settings;
use board::Board;
use feed::{Endpoint, Heard};

/// How often what is newest is published.
pub const PACE: Duration = Duration::from_millis(250);
/// Messages of streams that may wait while we publish.
const WAITING: usize = 4_096;
/// How often the log says how it goes.
const REPORT: Duration = Duration::from_secs(60);

/// The assets of a deployment, from its lake.
///
/// # Errors
/// The lake does not answer or has no asset list.
pub async fn assets(lake: &str) -> anyhow::Result<AssetList> {
    let lake = cloud::open_lake(lake).await?;
    let key = Key::AssetList.to_string();
    let object = lake.get(&key).await?.with_context(|| format!("the lake has no {key}"))?;
    AssetList::from_csv(&object.bytes).with_context(|| key)
}

/// Publishes what the streams of all connected sources say of `symbols` (of all assets where there are none), until it is
/// stopped.
///
/// # Errors
/// A symbol is not known, or no connected source streams and may be shown.
pub async fn stream(
    settings: &Settings,
    assets: &AssetList,
    symbols: &[String],
    bus: Arc<dyn Bus>,
) -> anyhow::Result<()> {
    let wanted = chosen(assets, symbols)?;
    let mut feeds = Vec::new();
    for (source, connected) in &settings.sources {
        if connected.terms.may_display {
            feeds.extend(connected.source.live(&wanted).into_iter().map(|feed| (source.clone(), feed)));
        }
    }
    if feeds.is_empty() {
        bail!(
            "no connected source has live prices of these assets that may be shown: connect alpaca, see docs/live.md"
        );
    }
    let mut followed = Vec::new();
    for (source, endpoints) in by_source(feeds) {
        followed.push(tokio::spawn(publish_source(source, endpoints, Arc::clone(&bus))));
    }
    for task in followed {
        task.await.context("a stream's task")?;
    }
    Ok(())
}

/// The assets that are asked for.
fn chosen(assets: &AssetList, symbols: &[String]) -> anyhow::Result<AssetList> {
    if symbols.is_empty() {
        return Ok(assets.clone());
    }
    let unknown: Vec<&String> = symbols.iter().filter(|symbol| assets.get(symbol).is_none()).collect();
    if !unknown.is_empty() {
        bail!("{unknown:?} are not in the asset list: correct --symbols");
    }
    Ok(assets.only(|asset| symbols.iter().any(|symbol| symbol == asset.symbol.as_str())))
}

fn by_source(feeds: Vec<(SourceId, Endpoint)>) -> Vec<(SourceId, Vec<Endpoint>)> {
    let mut groups: Vec<(SourceId, Vec<Endpoint>)> = Vec::new();
    for (source, endpoint) in feeds {
        match groups.iter_mut().find(|(known, _)| *known == source) {
            Some((_, endpoints)) => endpoints.push(endpoint),
            None => groups.push((source, vec![endpoint])),
        }
    }
    groups
}

/// Follows the endpoints of one source and publishes what they say.
async fn publish_source(source: SourceId, endpoints: Vec<Endpoint>, bus: Arc<dyn Bus>) {
    let (sender, mut heard) = mpsc::channel::<Heard>(WAITING);
    for endpoint in endpoints {
        tokio::spawn(feed::follow(endpoint, sender.clone()));
    }
    drop(sender);
    let mut board = Board::default();
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // One publication at a time: while the bus is slow, what waits is replaced by what is newer.
    let mut sending: Option<JoinHandle<u64>> = None;
    let (mut published, mut reported_at) = (0, Instant::now());
    loop {
        tokio::select! {
            said = heard.recv() => match said {
                Some(Heard { symbol, event }) => board.hear(symbol, event, Utc::now()),
                None => return,
            },
            _ = pace.tick() => {
                if sending.as_ref().is_some_and(|task| !task.is_finished()) {
                    continue;
                }
                if let Some(task) = sending.take() {
                    published += task.await.unwrap_or_default();
                }
                let quotes = board.take();
                if !quotes.is_empty() {
                    let message = Quotes { source: source.clone(), quotes };
                    sending = Some(tokio::spawn(publish(message, Arc::clone(&bus))));
                }
                if reported_at.elapsed() > REPORT {
                    // This program has no port of its own: what it counts lies where the others' counts lie.
                    if let Err(error) = cloud::telemetry::leave("stream") {
                        tracing::warn!(%error, "what was counted is not left for anybody");
                    }
                    tracing::info!(%source, published, "live prices");
                    (published, reported_at) = (0, Instant::now());
                }
            }
        }
    }
}

/// Publishes quotes; those that the bus does not take are let go. Returns how many it took.
async fn publish(message: Quotes, bus: Arc<dyn Bus>) -> u64 {
    let mut taken = 0;
    for quotes in message.quotes.chunks(QUOTES_IN_MESSAGE) {
        let part = Quotes { source: message.source.clone(), quotes: quotes.to_vec() };
        // No ordering key: which of two quotes is newer, they say themselves.
        match cloud::bus::publish(bus.as_ref(), Topic::Quotes, &part, "").await {
            Ok(_) => {
                taken += quotes.len() as u64;
                metrics::counter!("quarterday_quotes_total", "program" => "collector")
                    .increment(quotes.len() as u64);
            }
            Err(error) => tracing::warn!(%error, "quotes are let go"),
        }
    }
    taken
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_those_of_the_asset_list() {
        let assets =
            AssetList::from_csv(b"symbol,name,class\nAAA,Alpha,equity\nBTC-USD,Bitcoin,crypto\n").unwrap();
        assert_eq!(chosen(&assets, &[]).unwrap().iter().count(), 2);
        let one = chosen(&assets, &["BTC-USD".to_owned()]).unwrap();
        assert_eq!(one.iter().map(|asset| asset.symbol.as_str()).collect::<Vec<_>>(), ["BTC-USD"]);
        let error = chosen(&assets, &["AAA".to_owned(), "NOPE".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("NOPE") && !error.contains("AAA"), "{error}");
    }
}
