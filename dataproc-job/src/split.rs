//! The stage on one machine: reads the records of a slot, gives them to assets, writes each asset's rows, and commits.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use cloud::{Lake, commit};
use domain::document::RecordReject;
use domain::lake::{Area, slot_prefix};
use domain::manifest::{AssetOutcome, ObjectEntry};
use domain::{AssetList, Key, Manifest, Outcome, Slot};
use futures::{StreamExt, TryStreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::dictionary;
use crate::engine::asset::{Asset, Written, no_counts};
pub use crate::engine::frame::Options;
use crate::engine::frame::{Frame, list_counts};
use crate::engine::mapper::{Later, Mapper};
use crate::engine::reading::{self, Reading, Tallies};
use crate::engine::reduce;
use crate::engine::runs::{Run, Size, Spill, Spilled};
use crate::engine::seen::Store;
use crate::engine::superseded::Superseded;
use crate::engine::tally::Tally;
use crate::output::Output;
use crate::read;

/// Objects put at the same time: a bucket takes about a tenth of a second for each.
const AT_ONCE: usize = 64;

/// Kilobytes of finished files that may wait for being put.
const WAITING: usize = 64 << 10;

/// Bytes of what the next slot is to know that may be in memory.
const SEEN: usize = 128 << 20;

/// Contradictions in the list of assets that a message names.
const CONFLICTS: usize = 3;

/// What a split did.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stats {
    /// Records read.
    pub records: u64,
    /// Rows written, one for each document and asset, and bars.
    pub rows: u64,
    /// Bytes of records read.
    pub bytes: u64,
    /// Bytes that went over this machine's disk.
    pub spilled_bytes: u64,
    /// Seconds until all records were read.
    pub map_s: f64,
    /// Seconds after that.
    pub reduce_s: f64,
}

/// Splits a slot as of an instant. Returns how it ended and what a person should know.
///
/// # Errors
/// There are no records or no asset list, or the lake cannot be written; nothing is committed then.
pub async fn split(
    lake: Arc<dyn Lake>,
    slot: Slot,
    as_of: DateTime<Utc>,
) -> anyhow::Result<(Outcome, String)> {
    let (outcome, message, _) = split_with(lake, slot, as_of, &Options::default()).await?;
    Ok((outcome, message))
}

/// The same with so much of this machine; the results do not depend on it.
///
/// # Errors
/// There are no records or no asset list, or the lake or this machine's disk cannot be written; nothing is committed then.
pub async fn split_with(
    lake: Arc<dyn Lake>,
    slot: Slot,
    as_of: DateTime<Utc>,
    options: &Options,
) -> anyhow::Result<(Outcome, String, Stats)> {
    let started = Instant::now();
    let input = Arc::new(Input::read(lake.as_ref(), slot, as_of, &options.spill).await?);
    let (tallies, rows) = map(lake.as_ref(), &input, options).await?;
    let mut stats = Stats {
        records: tallies.values().map(|tally| tally.read).sum(),
        bytes: input.objects.iter().map(|object| object.bytes).sum(),
        spilled_bytes: rows.written,
        map_s: started.elapsed().as_secs_f64(),
        ..Stats::default()
    };
    let results = reduce(Arc::clone(&lake), &input, rows, options).await?;
    stats.rows = results.rows;
    let tallies = tallies.into_iter().map(|(number, tally)| (input.objects[number].key.clone(), tally));
    let tallies = tallies.collect();
    let (outcome, message) = finish(lake.as_ref(), &input, tallies, results, &options.spill).await?;
    stats.reduce_s = started.elapsed().as_secs_f64() - stats.map_s;
    Ok((outcome, message, stats))
}

/// What a split starts from.
pub(crate) struct Input {
    pub(crate) records: Manifest,
    /// Its own entry.
    pub(crate) records_entry: ObjectEntry,
    pub(crate) list: AssetList,
    /// The same as it lies in the lake.
    pub(crate) list_bytes: Bytes,
    /// What earlier slots have seen.
    pub(crate) seen: Store,
    /// The manifests and lists that were read.
    pub(crate) entries: Vec<ObjectEntry>,
    /// The objects with records.
    pub(crate) objects: Vec<ObjectEntry>,
    pub(crate) frame: Frame,
}

impl Input {
    /// Reads it for a slot; what is large goes to files in `folder`.
    ///
    /// # Errors
    /// There are no records or no asset list.
    pub(crate) async fn read(
        lake: &dyn Lake,
        slot: Slot,
        as_of: DateTime<Utc>,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let (records, entry) = read::manifest(lake, slot).await?;
        let (list, list_entry, list_bytes) = read::assets(lake).await?;
        let frame = Frame::new(&records, &list, as_of)?;
        let (seen, seen_entry) = read::seen(lake, &frame, folder).await?;
        let objects = records.objects.iter().filter(|o| read::kind_and_source(&o.key).is_some());
        let objects = objects.cloned().collect();
        let entries = [Some(entry.clone()), Some(list_entry), seen_entry].into_iter().flatten().collect();
        Ok(Self { records, records_entry: entry, list, list_bytes, seen, entries, objects, frame })
    }
}

/// All rows of a slot.
struct AllRows {
    runs: Vec<Run>,
    sizes: Vec<Size>,
    written: u64,
}

/// Reads all records and gives them to assets.
async fn map(lake: &dyn Lake, input: &Arc<Input>, options: &Options) -> anyhow::Result<(Tallies, AllRows)> {
    let superseded = Superseded::find(lake, &input.objects, &options.spill).await?;
    let queue = Arc::new(Reading::new(options.threads));
    let working = {
        let (queue, input, options) = (Arc::clone(&queue), Arc::clone(input), options.clone());
        tokio::task::spawn_blocking(move || map_all(&queue, &input, &options))
    };
    let feeding = reading::feed(lake, &input.frame, &input.objects, &superseded, &options.spill, &queue);
    let (mut tallies, worked) = tokio::join!(feeding, working);
    let (others, rows) = worked.context("reading the records")??;
    reading::add(&mut tallies, others);
    Ok((tallies, rows))
}

fn map_all(queue: &Reading, input: &Input, options: &Options) -> anyhow::Result<(Tallies, AllRows)> {
    let resolver = Later::new(&input.list);
    let limit = options.memory / 2 / options.threads.max(1);
    let work = |thread: usize| -> anyhow::Result<(Tallies, Spilled)> {
        if thread == 0 {
            // The others decode meanwhile.
            resolver.get();
        }
        let mut mapper = Mapper::new(&input.frame, &resolver);
        let mut spill = Spill::new(&options.spill, limit, input.frame.symbols.len());
        let tallies = reading::work(queue, &mut mapper, &mut spill)?;
        Ok((tallies, spill.finish()?))
    };
    let parts: Vec<anyhow::Result<(Tallies, Spilled)>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..options.threads.max(1)).map(|thread| scope.spawn(move || work(thread))).collect();
        let failed = |_| {
            queue.stop();
            Err(anyhow::anyhow!("a thread that reads records failed: repeat the command"))
        };
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(failed)).collect()
    });
    let mut tallies = Tallies::new();
    let sizes = vec![Size::default(); input.frame.symbols.len()];
    let mut rows = AllRows { runs: Vec::new(), sizes, written: 0 };
    for part in parts {
        let (others, spilled) = part?;
        reading::add(&mut tallies, others);
        rows.runs.extend(spilled.runs);
        rows.written += spilled.written;
        for (sum, size) in rows.sizes.iter_mut().zip(spilled.sizes) {
            sum.rows += size.rows;
            sum.bytes += size.bytes;
        }
    }
    Ok((tallies, rows))
}

/// What was written of all assets.
pub(crate) struct Results {
    /// The files.
    pub(crate) objects: Vec<ObjectEntry>,
    /// Counts of assets with rows, by symbol.
    pub(crate) counts: BTreeMap<String, BTreeMap<String, u64>>,
    /// What the next slot knows.
    pub(crate) seen: Arc<Store>,
    /// Rows that were left when each key counted once.
    pub(crate) rows: u64,
}

impl Results {
    /// Nothing so far.
    pub(crate) fn new(input: &Input, folder: &Path) -> Self {
        let seen = Arc::new(Store::new(folder, input.frame.symbols.len()));
        Self { objects: Vec::new(), counts: BTreeMap::new(), seen, rows: 0 }
    }

    /// Assets about which nobody wrote keep what earlier slots have of them.
    ///
    /// # Errors
    /// This machine's disk fails.
    pub(crate) fn keep_earlier(&self, input: &Input) -> anyhow::Result<()> {
        let silent =
            (0u32..).zip(&input.frame.symbols).filter(|(_, s)| !self.counts.contains_key(s.as_str()));
        silent.map(|(asset, _)| asset).try_for_each(|asset| self.seen.take(asset, &input.seen))
    }

    /// Notes an asset; returns its files.
    pub(crate) fn take(&mut self, symbol: &str, asset: Asset) -> Vec<Written> {
        self.rows += asset.rows;
        self.counts.insert(symbol.to_owned(), asset.counts);
        asset.files
    }
}

/// Writes all assets.
async fn reduce(
    lake: Arc<dyn Lake>,
    input: &Arc<Input>,
    rows: AllRows,
    options: &Options,
) -> anyhow::Result<Results> {
    let (give, files) = tokio::sync::mpsc::channel::<Waiting>(AT_ONCE);
    let working = {
        let (input, options, lake) = (Arc::clone(input), options.clone(), Arc::clone(&lake));
        let (runtime, room) = (tokio::runtime::Handle::current(), Arc::new(Semaphore::new(WAITING)));
        tokio::task::spawn_blocking(move || -> anyhow::Result<Results> {
            let results = Results::new(&input, &options.spill);
            let next = Arc::clone(&results.seen);
            let results = Mutex::new(results);
            let done = |number: u32, asset: Asset| {
                let symbol = input.frame.symbols[number as usize].as_str();
                let files = results.lock().unwrap_or_else(PoisonError::into_inner).take(symbol, asset);
                files.into_iter().try_for_each(|file| {
                    if let Some(put) = file.output.put_here(lake.as_ref(), &file.key, file.rows) {
                        let entry = put.with_context(|| format!("writing {}", file.key))?;
                        results.lock().unwrap_or_else(PoisonError::into_inner).objects.push(entry);
                        return Ok(());
                    }
                    let kilobytes = (file.output.weight() >> 10).min(WAITING) as u32;
                    let room = runtime.block_on(Arc::clone(&room).acquire_many_owned(kilobytes))?;
                    let waiting = Waiting { file, room };
                    give.blocking_send(waiting).map_err(|_| anyhow::anyhow!("the lake takes no more files"))
                })
            };
            reduce::all(&input.frame, &rows.runs, &rows.sizes, &input.seen, &next, &options, &done)?;
            // Giving back hundreds of megabytes takes a while, in which the rest goes on.
            std::thread::spawn(move || drop(rows));
            let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
            results.keep_earlier(&input)?;
            Ok(results)
        })
    };
    let written = put_all(&lake, files).await;
    let results = working.await.context("writing the assets");
    // Where the lake failed, that is what a person should know.
    let objects = written?;
    let mut results = results??;
    results.objects.extend(objects);
    Ok(results)
}

/// A finished file and the room that it takes up until it has been put.
struct Waiting {
    file: Written,
    room: OwnedSemaphorePermit,
}

/// Puts files as they come, with all cores.
async fn put_all(
    lake: &Arc<dyn Lake>,
    files: tokio::sync::mpsc::Receiver<Waiting>,
) -> anyhow::Result<Vec<ObjectEntry>> {
    let files = futures::stream::unfold(files, |mut files| async move { Some((files.recv().await?, files)) });
    let entries = files.map(|Waiting { file, room }| {
        let lake = Arc::clone(lake);
        let put = tokio::spawn(async move {
            let written = file.output.put(lake.as_ref(), &file.key, file.rows).await;
            drop(room);
            written.with_context(|| format!("writing {}", file.key))
        });
        async move { put.await.context("writing the assets")? }
    });
    entries.buffer_unordered(AT_ONCE).try_collect().await
}

/// Writes what the next slot is to know.
async fn put_seen(
    lake: &dyn Lake,
    input: &Arc<Input>,
    seen: Arc<Store>,
    folder: &Path,
) -> anyhow::Result<ObjectEntry> {
    // All rows have been given back by now.
    let output = Output::with_room(folder, SEEN);
    let owned = Arc::clone(input);
    let encoded =
        tokio::task::spawn_blocking(move || seen.write(&owned.frame, owned.frame.slot, output)).await;
    let (output, rows) = encoded.context("encoding what the next slot is to know")??;
    let key = Key::Seen { slot: input.frame.slot };
    output.put(lake, &key, rows).await.with_context(|| format!("writing {key}"))
}

/// Writes what the next slot is to know, and the manifest. `tallies` are those of the objects with records, by key.
///
/// # Errors
/// The lake or this machine's disk fails.
pub(crate) async fn finish(
    lake: &dyn Lake,
    input: &Arc<Input>,
    tallies: BTreeMap<String, Tally>,
    results: Results,
    folder: &Path,
) -> anyhow::Result<(Outcome, String)> {
    let slot = input.frame.slot;
    let putting = put_seen(lake, input, Arc::clone(&results.seen), folder);
    let prefixes = [slot_prefix(Area::Assets, slot)];
    let looking = async { Ok(commit::there(lake, &prefixes).await?) };
    let listing = async { Ok((list(input, tallies, results), conflicts(&input.list_bytes))) };
    let (seen, there, ((mut manifest, rejects), conflicts)) = tokio::try_join!(putting, looking, listing)?;
    manifest.objects.push(seen);
    manifest.objects.extend(put_rejects(lake, slot, rejects).await?);
    let key = Key::SlotManifest { area: Area::Assets, slot }.to_string();
    let committing = || format!("committing {key}");
    commit::put_manifest(lake, &key, &manifest).await.with_context(committing)?;
    commit::delete_others(lake, &manifest, &there).await.with_context(committing)?;
    let said = [message(&manifest), conflicts];
    let said: Vec<String> = said.into_iter().filter(|text| !text.is_empty()).collect();
    Ok((manifest.outcome, said.join("; ")))
}

/// The manifest of what was written, and the records that were refused.
fn list(
    input: &Input,
    tallies: BTreeMap<String, Tally>,
    mut results: Results,
) -> (Manifest, Vec<RecordReject>) {
    let slot = input.frame.slot;
    let mut manifest = Manifest::new("split", slot, env!("CARGO_PKG_VERSION"));
    manifest.as_of = input.frame.as_of;
    manifest.inputs.clone_from(&input.entries);
    manifest.sources = input.records.sources.clone();
    manifest.unread = input.records.unread.clone();
    manifest.objects = results.objects;
    for symbol in &input.frame.symbols {
        let counts = results.counts.remove(symbol.as_str()).unwrap_or_else(no_counts);
        let outcome = AssetOutcome { outcome: Outcome::Succeeded, message: String::new(), counts };
        manifest.assets.insert(symbol.to_string(), outcome);
    }
    let mut by_source: BTreeMap<String, Tally> = BTreeMap::new();
    for (key, tally) in tallies {
        if let Some((_, source)) = read::kind_and_source(&key) {
            by_source.entry(source).or_default().add(tally);
        }
    }
    let rejects_key = Key::Rejects { slot }.to_string();
    let mut rejects = Vec::new();
    let mut complete = input.records.outcome == Outcome::Succeeded;
    for (source, tally) in by_source {
        if !tally.left_out.is_empty() {
            note(&mut manifest, &source, None, &format!("left out: {}", list_counts(&tally.left_out)));
        }
        let refusals = tally.refusals(&rejects_key);
        rejects.extend(tally.records(&source));
        if !refusals.is_empty() {
            note(&mut manifest, &source, None, &refusals.join("; "));
        }
        if !tally.problems.is_empty() {
            complete = false;
            let problems: Vec<String> = tally.problems.into_iter().collect();
            note(&mut manifest, &source, Some(Outcome::Partial), &problems.join("; "));
        }
        if !tally.gone.is_empty() {
            manifest.gone.insert(source, tally.gone);
        }
    }
    complete &= manifest.sources.values().all(|source| source.outcome == Outcome::Succeeded);
    manifest.outcome = if complete { Outcome::Succeeded } else { Outcome::Partial };
    (manifest, rejects)
}

/// What contradicts itself in the list of assets, which is used all the same.
fn conflicts(list: &[u8]) -> String {
    let key = Key::AssetList;
    // That it can be read is known.
    let found = dictionary::read(list).map(|entries| dictionary::check::check(&entries)).unwrap_or_default();
    let mut said: Vec<String> = found.iter().take(CONFLICTS).map(|c| format!("{key}, {c}")).collect();
    if found.len() > CONFLICTS {
        let more = found.len() - CONFLICTS;
        said.push(format!("and {more} more, which `dataproc-job dictionary check` lists"));
    }
    said.join("; ")
}

/// Writes the records that were refused, sorted by source, object and row; nothing where there are none.
async fn put_rejects(
    lake: &dyn Lake,
    slot: Slot,
    mut rows: Vec<RecordReject>,
) -> anyhow::Result<Option<ObjectEntry>> {
    if rows.is_empty() {
        return Ok(None);
    }
    rows.sort_by(|a, b| {
        (&a.source, &a.object, a.row, &a.reason).cmp(&(&b.source, &b.object, b.row, &b.reason))
    });
    let bytes = tables::encode(&rows).context("encoding what was refused")?;
    let key = Key::Rejects { slot };
    let entry = commit::put_object(lake, &key, bytes, rows.len() as u64).await;
    entry.map(Some).with_context(|| format!("writing {key}"))
}

/// Adds a sentence to a source's message; `outcome` replaces one that was better.
fn note(manifest: &mut Manifest, source: &str, outcome: Option<Outcome>, text: &str) {
    let Some(entry) = manifest.sources.get_mut(source) else { return };
    if !entry.message.is_empty() {
        entry.message.push_str("; ");
    }
    entry.message.push_str(text);
    if let Some(outcome) = outcome {
        entry.outcome = entry.outcome.max(outcome);
    }
}

fn message(manifest: &Manifest) -> String {
    let bad = manifest.sources.iter().filter(|(_, s)| !s.message.is_empty());
    bad.map(|(source, s)| format!("{source}: {}", s.message)).collect::<Vec<_>>().join("; ")
}
