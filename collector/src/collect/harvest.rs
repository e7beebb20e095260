//! What one source gave for one slot, ready to be written.

use std::time::Instant;

use chrono::Duration;
use domain::lake::RecordKind;
use domain::manifest::SourceOutcome;
use domain::source::Terms;
use domain::{Outcome, Slot, SourceId};

use crate::exchange::{Exchange, Part, pack};
use crate::normalise::{Normalised, normalise};
use crate::source::{Source, Stream, Task};
use crate::state::State;

/// Most failures that a message spells out.
const SPELT_OUT: usize = 3;

/// What one source gave for one slot.
#[derive(Debug, Clone)]
pub struct Harvest {
    /// Whose.
    pub source: SourceId,
    /// Raw parts.
    pub parts: Vec<Part>,
    /// One Parquet file for each kind that has rows.
    pub tables: Vec<(RecordKind, Vec<u8>, u64)>,
    /// How it went.
    pub outcome: SourceOutcome,
    /// The state from which it started.
    pub state: State,
    /// The state that follows once all is committed; `None` where it stays.
    pub next: Option<State>,
}

impl Harvest {
    /// A source that gave nothing.
    pub fn failed(source: SourceId, terms: Terms, state: State, message: String) -> Self {
        let outcome = SourceOutcome {
            outcome: Outcome::Failed,
            message,
            counts: Default::default(),
            newest_at: None,
            terms,
        };
        Self { source, parts: Vec::new(), tables: Vec::new(), outcome, state, next: None }
    }

    /// Fetches, packs and normalises.
    ///
    /// # Errors
    /// Packing or encoding fails.
    pub async fn gather(
        source: &dyn Source,
        task: &Task,
        slot: Slot,
        terms: Terms,
        state: State,
        lag: Duration,
    ) -> anyhow::Result<Self> {
        let started = Instant::now();
        let streams = source.fetch(task).await;
        let fetched_ms = started.elapsed().as_millis() as u64;
        let (result, message) = judge(&streams);
        let exchanges: Vec<Exchange> = streams.into_iter().flat_map(|stream| stream.exchanges).collect();
        let id = source.id();
        let (parts, refs) = pack(&id, slot, &task.window, &exchanges)?;
        let lines: Vec<(String, Exchange)> = refs.into_iter().zip(exchanges).collect();
        let records = normalise(&id, &lines, &task.window);
        let exchanges: Vec<Exchange> = lines.into_iter().map(|(_, exchange)| exchange).collect();
        let next = match result {
            Outcome::Succeeded => state.advanced(slot, lag, &records, &exchanges),
            _ => None,
        };
        let counts = records.counts();
        tracing::info!(
            source = %id, outcome = result.as_str(), requests = exchanges.len(), repeated = task.session.retried(),
            ?counts, fetched_ms, total_ms = started.elapsed().as_millis() as u64, "collected"
        );
        let newest_at = records.newest_at();
        let outcome = SourceOutcome { outcome: result, message, counts, newest_at, terms };
        Ok(Self { source: id, parts, tables: tables(&records)?, outcome, state, next })
    }
}

/// One Parquet file for each kind that has rows.
///
/// # Errors
/// A value does not fit its column.
pub fn tables(records: &Normalised) -> Result<Vec<(RecordKind, Vec<u8>, u64)>, tables::TableError> {
    let kinds = RecordKind::ALL.into_iter().filter(|kind| records.rows(*kind) > 0);
    kinds.map(|kind| Ok((kind, records.table(kind)?, records.rows(kind)))).collect()
}

/// How a source fared by its streams.
fn judge(streams: &[Stream]) -> (Outcome, String) {
    let failures: Vec<&str> = streams.iter().filter_map(|stream| stream.failure.as_deref()).collect();
    if failures.is_empty() {
        return (Outcome::Succeeded, String::new());
    }
    let answered = |exchange: &Exchange| matches!(exchange.status, Some(200 | 304));
    let usable = streams.iter().any(|s| s.failure.is_none() || s.exchanges.iter().any(answered));
    let mut message = failures.iter().take(SPELT_OUT).copied().collect::<Vec<_>>().join("; ");
    if failures.len() > SPELT_OUT {
        message.push_str(&format!("; and {} more", failures.len() - SPELT_OUT));
    }
    (if usable { Outcome::Partial } else { Outcome::Failed }, message)
}
