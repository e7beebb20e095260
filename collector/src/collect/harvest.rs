//! What one source gave for one slot: fetched, packed, normalised, and put where manifests can list it.

use std::sync::Arc;
use std::time::Instant;

use chrono::Duration;
use cloud::Lake;
use cloud::commit::{put_file, put_object};
use domain::lake::RecordKind;
use domain::manifest::{ObjectEntry, SourceOutcome, StreamTrouble};
use domain::source::Terms;
use domain::{Key, Outcome, Slot, SourceId};

use crate::exchange::Packer;
use crate::normalise::{self, Collected, Table};
use crate::source::{Source, Stream, Task};
use crate::spool::{Extent, Spool};
use crate::state::{Answered, State};
use crate::trouble::{Class, Trouble};
use crate::window::Window;

/// Most failures that a message spells out.
const SPELT_OUT: usize = 3;

/// More rejects than this share of the rows is a warning (sources.md, section 6).
const REJECTED_SHARE: f64 = 0.05;

/// Fewer rows than this are too few to speak of a share.
const FEW_ROWS: u64 = 20;

/// What one source gave for one slot. Its objects lie in the lake, where nobody sees them until a manifest lists them.
#[derive(Debug, Clone)]
pub struct Harvest {
    /// Whose.
    pub source: SourceId,
    /// Raw parts.
    pub raw: Vec<ObjectEntry>,
    /// One Parquet file for each kind that has rows.
    pub records: Vec<(RecordKind, ObjectEntry)>,
    /// How it went.
    pub outcome: SourceOutcome,
    /// The state from which it started.
    pub state: State,
    /// The state that follows once all is committed; `None` where it stays.
    pub next: Option<State>,
}

/// Everything about a source but the source itself.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its name.
    pub id: SourceId,
    /// Which slot is gathered.
    pub slot: Slot,
    /// What its terms allow.
    pub terms: Terms,
    /// The state from which it starts.
    pub state: State,
    /// How far back late arrivals are looked for.
    pub lag: Duration,
}

impl Harvest {
    /// A source that gave nothing.
    pub fn failed(subject: Subject, trouble: Trouble) -> Self {
        let troubles = vec![StreamTrouble {
            stream: "all".to_owned(),
            class: trouble.class,
            message: trouble.message.clone(),
        }];
        let outcome = SourceOutcome {
            troubles,
            ..SourceOutcome::empty(Outcome::Failed, subject.terms, trouble.message)
        };
        let (raw, records) = (Vec::new(), Vec::new());
        Self { source: subject.id, raw, records, outcome, state: subject.state, next: None }
    }

    /// Fetches, packs, normalises and puts.
    ///
    /// # Errors
    /// The lake or this machine's disk fails.
    pub async fn gather(
        lake: &dyn Lake,
        source: Arc<dyn Source>,
        task: Arc<Task>,
        subject: Subject,
    ) -> anyhow::Result<Self> {
        let started = Instant::now();
        let fetched = fetch(source, Arc::clone(&task)).await;
        task.quota.settle().await;
        let streams = match fetched {
            Ok(streams) => streams,
            Err(trouble) => return Ok(Self::failed(subject, trouble)),
        };
        let fetched_ms = started.elapsed().as_millis() as u64;
        let (result, message) = judge(&streams);
        let troubles = troubles(&streams);
        let extents: Vec<Extent> = streams.into_iter().flat_map(|stream| stream.exchanges).collect();
        let (raw, refs) = pack(lake, &task, &subject, &extents).await?;
        let requests = extents.len();
        let work = {
            let (spool, window, subject) = (task.spool.clone(), task.window.clone(), subject.clone());
            move || normalised(&spool, &window, &subject, extents, refs, result)
        };
        let (tables, next, unknown_fields) = tokio::task::spawn_blocking(work).await??;
        let mut records = Vec::new();
        for table in &tables {
            records.push((table.kind, put_table(lake, subject.slot, &subject.id, table).await?));
        }
        let outcome = SourceOutcome {
            message,
            newest_at: newest_at(&tables),
            counts: counts(&tables),
            warnings: warnings(&tables),
            troubles,
            unknown_fields,
            quota_left: task.quota.calls_left().await,
            spent_millicents: task.quota.spent().await,
            ..SourceOutcome::empty(result, subject.terms, String::new())
        };
        tracing::info!(
            source = %subject.id, outcome = result.as_str(), requests, sent = task.session.requests(),
            repeated = task.session.retried(), counts = ?outcome.counts, fetched_ms,
            total_ms = started.elapsed().as_millis() as u64, "collected"
        );
        Ok(Self { source: subject.id, raw, records, outcome, state: subject.state, next })
    }
}

/// Fetches in a task of its own, so that a panic or a hang of the source ends there.
async fn fetch(source: Arc<dyn Source>, task: Arc<Task>) -> Result<Vec<Stream>, Trouble> {
    let end = task.session.deadline() + super::GRACE;
    let mut work = tokio::spawn(async move { source.fetch(&task).await });
    match tokio::time::timeout_at(end, &mut work).await {
        Ok(Ok(streams)) => Ok(streams),
        Ok(Err(crash)) => {
            tracing::error!(%crash, "crashed");
            Err(Trouble::system("the collector crashed while reading it: report it with the log"))
        }
        Err(_) => {
            work.abort();
            Err(Trouble::transient("it hung beyond its time: repeat later"))
        }
    }
}

async fn pack(
    lake: &dyn Lake,
    task: &Task,
    subject: &Subject,
    extents: &[Extent],
) -> anyhow::Result<(Vec<ObjectEntry>, Vec<(String, u64)>)> {
    let mut packer = Packer::new(&subject.id, subject.slot, &task.window);
    let (mut entries, mut refs) = (Vec::new(), Vec::new());
    let mut put = async |part: Option<crate::exchange::Part>| -> anyhow::Result<()> {
        let Some(part) = part else { return Ok(()) };
        refs.push((part.key.to_string(), part.rows));
        entries.push(put_object(lake, &part.key, part.bytes, part.rows).await?);
        Ok(())
    };
    for extent in extents {
        put(packer.push(&task.spool.read(*extent)?)?).await?;
    }
    put(packer.finish()?).await?;
    Ok((entries, refs))
}

type NormalisedSource = (Vec<Table>, Option<State>, std::collections::BTreeMap<String, u64>);

/// The records of the spooled exchanges, whose references are the lines of the parts `refs` in order.
fn normalised(
    spool: &Spool,
    window: &Window,
    subject: &Subject,
    extents: Vec<Extent>,
    refs: Vec<(String, u64)>,
    result: Outcome,
) -> anyhow::Result<NormalisedSource> {
    let names = refs.into_iter().flat_map(|(key, rows)| (1..=rows).map(move |line| format!("{key}#{line}")));
    let mut collected = Collected::new(window, subject.lag);
    let mut answers = Vec::new();
    for (extent, raw_ref) in extents.into_iter().zip(names) {
        let exchange = spool.read(extent)?;
        answers.extend(Answered::of(&exchange));
        normalise::read(&subject.id, &raw_ref, exchange, &mut collected);
    }
    let gathered = collected.finish()?;
    let next = match result {
        Outcome::Succeeded => subject.state.advanced(subject.slot, &gathered, answers.iter()),
        _ => None,
    };
    let unknown_fields = gathered.unknown_fields.clone();
    Ok((normalise::write(gathered.ordered()?)?, next, unknown_fields))
}

/// Puts one file of rows.
///
/// # Errors
/// The lake fails.
pub async fn put_table(
    lake: &dyn Lake,
    slot: Slot,
    source: &SourceId,
    table: &Table,
) -> anyhow::Result<ObjectEntry> {
    let key = |digest: &str| {
        let (source, digest) = (source.clone(), digest.to_owned());
        Key::RecordsPart { kind: table.kind, slot, source, digest }.to_string()
    };
    Ok(put_file(lake, table.file.path(), table.rows, key).await?)
}

/// Rows of each kind that has any, and revisions among them.
pub fn counts(tables: &[Table]) -> std::collections::BTreeMap<String, u64> {
    let revisions: u64 = tables.iter().map(|table| table.revisions).sum();
    let mut counts = std::collections::BTreeMap::new();
    for table in tables {
        *counts.entry(table.kind.as_str().to_owned()).or_default() += table.rows;
    }
    counts.extend((revisions > 0).then(|| ("revision".to_owned(), revisions)));
    counts
}

/// The newest event time.
pub fn newest_at(tables: &[Table]) -> Option<chrono::DateTime<chrono::Utc>> {
    tables.iter().filter_map(|table| table.newest_at).max()
}

/// What looks wrong about the rows.
pub fn warnings(tables: &[Table]) -> Vec<String> {
    let rows: u64 = tables.iter().map(|table| table.rows).sum();
    let rejects: u64 =
        tables.iter().filter(|table| table.kind == RecordKind::Reject).map(|table| table.rows).sum();
    let many = rows >= FEW_ROWS && rejects as f64 > REJECTED_SHARE * rows as f64;
    let warning = format!(
        "{rejects} of {rows} rows could not be taken: see records/kind=reject; the source may have changed its form"
    );
    many.then_some(warning).into_iter().collect()
}

fn troubles(streams: &[Stream]) -> Vec<StreamTrouble> {
    let troubles = streams.iter().filter_map(|stream| {
        let trouble = stream.trouble.as_ref()?;
        let (stream, message) = (stream.name.clone(), trouble.message.clone());
        Some(StreamTrouble { stream, class: trouble.class, message })
    });
    troubles.take(SourceOutcome::TROUBLES).collect()
}

/// How a source fared by its streams.
fn judge(streams: &[Stream]) -> (Outcome, String) {
    let failed: Vec<(&Stream, &Trouble)> =
        streams.iter().filter_map(|stream| Some((stream, stream.trouble.as_ref()?))).collect();
    if failed.is_empty() {
        return (Outcome::Succeeded, String::new());
    }
    let usable = streams.iter().any(|s| s.trouble.is_none() || s.exchanges.iter().any(|e| e.answered));
    let said = |(stream, trouble): &(&Stream, &Trouble)| {
        let class: Class = trouble.class;
        format!("{} ({}): {}", stream.name, class.as_str(), trouble.message)
    };
    let mut message = failed.iter().take(SPELT_OUT).map(said).collect::<Vec<_>>().join("; ");
    if failed.len() > SPELT_OUT {
        message.push_str(&format!("; and {} more", failed.len() - SPELT_OUT));
    }
    (if usable { Outcome::Partial } else { Outcome::Failed }, message)
}
