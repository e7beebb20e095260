//! The stage cut into parts for a cluster: [`map`] and [`reduce`] are its tasks, [`commit`] its end. An engine such as Spark
//! carries lines from one to the other and sorts them; `engine::lines` says how they look. The result is that of the
//! split on one machine, byte for byte.
//!
//! A task may run twice, or die while its twin lives. So nothing that a task writes counts before the commit, equal rows
//! make equal objects, and the last asset of a reducer, which alone can be cut short by a dying parent, is written by the
//! commit.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail, ensure};
use cloud::{Lake, commit as put};
use domain::manifest::ObjectEntry;
use domain::{Key, Outcome, Symbol};
use futures::{StreamExt, TryStreamExt};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::config::ClusterArgs;
use crate::engine::asset::{self, Asset};
use crate::engine::frame::{Frame, Options};
use crate::engine::group::Merged;
use crate::engine::lines::{self, Line};
use crate::engine::mapper::{Later, Mapper, Sink};
use crate::engine::reading::{self, Reading};
use crate::engine::row::Row;
use crate::engine::runs::{Run, Spill, pack, unpack};
use crate::engine::seen::Store;
use crate::engine::superseded::Superseded;
use crate::engine::tally::Tally;
use crate::output::Output;
use crate::read;
use crate::split::{self, Input, Results};

/// What `map` says of an object.
const STATS: &str = "!stats";

/// What `reduce` says of what the next slot is to know.
const SEEN: &str = "!seen";

/// The place of a key, so that what is said of an object is sorted before all rows.
const NO_TIME: &str = "0000000000000";

/// Assets that the commit merges from their shards at the same time.
const MERGED_AT_ONCE: usize = 3;

/// Bytes of lines that are written at once.
const LINES: usize = 1 << 18;

/// What every part of the stage starts from.
pub(crate) struct Part {
    lake: Arc<dyn Lake>,
    input: Arc<Input>,
    options: Options,
    shards: BTreeMap<u32, u32>,
}

/// What became of one part of an asset.
#[derive(Debug, Serialize, Deserialize)]
struct Reduced {
    /// Rows given, each key once.
    rows: u64,
    /// Rows that had the key of another.
    dropped: u64,
    /// Counts by kind; none of a shard.
    counts: BTreeMap<String, u64>,
    /// The asset's files; of a shard the one object that the commit merges.
    objects: Vec<ObjectEntry>,
    /// Whether it is a shard.
    shard: bool,
}

impl Part {
    /// Opens the lake and reads what the slot starts from.
    ///
    /// # Errors
    /// There are no records or no asset list, or `--splits` is not of the form SYMBOL=N.
    pub(crate) async fn open(args: &ClusterArgs) -> anyhow::Result<Self> {
        let uri = &args.stage.lake;
        let lake = cloud::open_lake(uri).await.with_context(|| format!("opening the lake {uri}"))?;
        let options = args.machine.options();
        let input = Input::read(lake.as_ref(), args.stage.slot, args.stage.as_of(), &options.spill).await?;
        let mut shards = BTreeMap::new();
        for split in args.splits.iter().flat_map(|list| list.split(',')) {
            let parsed = split.rsplit_once('=').and_then(|(symbol, n)| {
                let asset = *input.frame.numbers.get(&symbol.parse::<Symbol>().ok()?)?;
                Some((asset, n.parse::<u32>().ok().filter(|n| (1..=4096).contains(n))?))
            });
            let (asset, n) = parsed.with_context(|| {
                format!("--splits {split}: write SYMBOL=N with an asset of the list and N up to 4096")
            })?;
            shards.insert(asset, n);
        }
        Ok(Self { lake, input: Arc::new(input), options, shards })
    }

    /// The names of the parts of every asset.
    fn names(&self) -> Vec<Vec<Vec<u8>>> {
        let name = |(number, symbol): (u32, &Symbol)| {
            let plain = encoded(symbol);
            match self.shards.get(&number) {
                Some(n) if *n > 1 => (0..*n).map(|i| format!("{plain}~{i:02}").into_bytes()).collect(),
                _ => vec![plain.into_bytes()],
            }
        };
        (0u32..).zip(&self.input.frame.symbols).map(name).collect()
    }
}

/// A symbol as a part is named: without `~`, which stands before a shard's number, and `!`.
fn encoded(symbol: &Symbol) -> String {
    utf8_percent_encode(symbol.as_str(), NON_ALPHANUMERIC).to_string()
}

/// Writes rows as lines.
struct LineSink<'a, W: Write> {
    frame: &'a Frame,
    names: &'a [Vec<Vec<u8>>],
    buffer: Vec<u8>,
    output: &'a Mutex<W>,
}

impl<W: Write> LineSink<'_, W> {
    fn flush(&mut self) -> anyhow::Result<()> {
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output.write_all(&self.buffer).context("writing lines")?;
        self.buffer.clear();
        Ok(())
    }
}

impl<W: Write> Sink for LineSink<'_, W> {
    fn row(&mut self, row: Row<'_>) -> anyhow::Result<()> {
        let names = &self.names[row.place.asset as usize];
        // The same id goes to the same shard, so that repeats meet.
        let shard =
            if names.len() > 1 { crc32c::crc32c(row.id.as_bytes()) as usize % names.len() } else { 0 };
        lines::write(&mut self.buffer, self.frame, &names[shard], &row);
        if self.buffer.len() >= LINES { self.flush() } else { Ok(()) }
    }
}

/// Reads the objects that standard input names, one a line, and writes a line for each mention, then one for each object.
///
/// # Errors
/// A name is not one of the slot's objects, or standard output is closed.
pub(crate) async fn map(part: Part) -> anyhow::Result<(Outcome, String)> {
    let mut objects = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.context("reading the names of objects")?;
        let key = line.split('\t').next().unwrap_or_default();
        let listed = part.input.objects.iter().find(|object| object.key == key);
        objects.push(listed.with_context(|| format!("{key} is not listed in the records manifest"))?.clone());
    }
    let (lake, input, folder) = (part.lake.as_ref(), &part.input, &part.options.spill);
    // Also of objects that other tasks read.
    let (slot, records) = (input.frame.slot, &input.records_entry);
    let superseded = Superseded::shared(lake, slot, records, &input.objects, folder).await?;
    let output = Arc::new(Mutex::new(BufWriter::with_capacity(LINES, std::io::stdout())));
    let queue = Arc::new(Reading::new(part.options.threads));
    let working = {
        let (queue, output, names) = (Arc::clone(&queue), Arc::clone(&output), part.names());
        let (input, threads) = (Arc::clone(&part.input), part.options.threads);
        tokio::task::spawn_blocking(move || -> anyhow::Result<_> {
            let resolver = Later::new(&input.list);
            let work = || {
                let mut mapper = Mapper::new(&input.frame, &resolver);
                let mut sink =
                    LineSink { frame: &input.frame, names: &names, buffer: Vec::new(), output: &output };
                let tallies = reading::work(&queue, &mut mapper, &mut sink)?;
                sink.flush().map(|()| tallies)
            };
            let mut all = reading::Tallies::new();
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
                for thread in threads {
                    let ended = thread.join().unwrap_or_else(|_| {
                        queue.stop();
                        Err(anyhow::anyhow!("a thread that reads records failed"))
                    });
                    reading::add(&mut all, ended?);
                }
                Ok(all)
            })
        })
    };
    let feeding = reading::feed(lake, &input.frame, &objects, &superseded, folder, &queue);
    let (mut tallies, worked) = tokio::join!(feeding, working);
    reading::add(&mut tallies, worked.context("reading the records")??);
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    for (number, tally) in tallies {
        let said = serde_json::to_string(&tally).context("writing what became of an object")?;
        writeln!(output, "{STATS}\t{NO_TIME}\t{}\t{said}", objects[number].key)?;
    }
    output.flush().context("writing lines")?;
    Ok((Outcome::Succeeded, String::new()))
}

/// Writes the assets whose lines come sorted on standard input; a line on standard output says what became of each part.
///
/// # Errors
/// Lines are not sorted or cannot be read, or the lake or this machine's disk fails.
pub(crate) async fn reduce(part: Part) -> anyhow::Result<(Outcome, String)> {
    let runtime = tokio::runtime::Handle::current();
    let done = tokio::task::spawn_blocking(move || {
        let seen = Store::new(&part.options.spill, part.input.frame.symbols.len());
        let mut reducer = Reducer { part: &part, runtime, output: BufWriter::new(std::io::stdout()), seen };
        reducer.run(BufReader::with_capacity(LINES, std::io::stdin()))
    });
    done.await.context("reducing")??;
    Ok((Outcome::Succeeded, String::new()))
}

struct Reducer<'p, W: Write> {
    part: &'p Part,
    runtime: tokio::runtime::Handle,
    output: W,
    seen: Store,
}

impl<W: Write> Reducer<'_, W> {
    fn run(&mut self, mut input: impl BufRead) -> anyhow::Result<()> {
        let (frame, options) = (&self.part.input.frame, &self.part.options);
        let fresh = || Spill::new(&options.spill, options.memory / 2, 0);
        let (mut line, mut last, mut number) = (Vec::new(), Vec::new(), 0u64);
        let (mut id, mut body) = (String::new(), String::new());
        let (mut rows, mut current): (_, Option<(String, u32, bool)>) = (fresh(), None);
        loop {
            line.clear();
            if input.read_until(b'\n', &mut line).context("reading lines")? == 0 {
                break;
            }
            number += 1;
            while line.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
                line.pop();
            }
            if line.first() == Some(&b'!') {
                line.push(b'\n');
                self.output.write_all(&line).context("passing lines on")?;
                continue;
            }
            let at = || format!("line {number} of the input");
            let parsed = Line::of(&line).with_context(at)?;
            ensure!(
                parsed.key >= last.as_slice(),
                "line {number} is not in order: sort the lines by their bytes"
            );
            last.clear();
            last.extend_from_slice(parsed.key);
            if current.as_ref().is_none_or(|(name, ..)| name != parsed.part) {
                if let Some((name, asset, shard)) = current.take() {
                    self.finish(&name, asset, shard, std::mem::replace(&mut rows, fresh()))?;
                }
                let (asset, shard) = parsed.asset(frame).with_context(at)?;
                current = Some((parsed.part.to_owned(), asset, shard));
            }
            let Some((_, asset, _)) = &current else { continue };
            let row = parsed.row(frame, *asset, &mut id, &mut body).with_context(at)?;
            rows.row(row)?;
        }
        if let Some((name, asset, _)) = current {
            self.finish(&name, asset, true, rows)?;
        }
        let (output, rows) = self.seen.write(frame, frame.slot, Output::new(&options.spill))?;
        if rows > 0 {
            let key = |digest: &str| Key::SeenShard { slot: frame.slot, digest: digest.to_owned() };
            let put = output.put_by_digest(self.part.lake.as_ref(), rows, key);
            let entry = self.runtime.block_on(put).context("writing what the next slot is to know")?;
            writeln!(self.output, "{SEEN}\t{}", serde_json::to_string(&entry)?)?;
        }
        self.output.flush().context("writing what became of the parts")
    }

    fn finish(&mut self, name: &str, asset: u32, shard: bool, rows: Spill<'_>) -> anyhow::Result<()> {
        let (frame, lake) = (&self.part.input.frame, self.part.lake.as_ref());
        let runs = rows.finish()?.runs;
        let symbol = &frame.symbols[asset as usize];
        let reduced = if shard {
            let mut file = NamedTempFile::new_in(&self.part.options.spill)?;
            let mut writer = BufWriter::new(&mut file);
            let rows = pack(&runs, asset, &mut writer)?;
            writer.flush()?;
            drop(writer);
            let key = |digest: &str| {
                let (symbol, digest) = (symbol.clone(), digest.to_owned());
                Key::AssetShard { slot: frame.slot, symbol, digest }.to_string()
            };
            let entry = self.runtime.block_on(put::put_file(lake, file.path(), rows, key))?;
            Reduced { rows, dropped: 0, counts: BTreeMap::new(), objects: vec![entry], shard: true }
        } else {
            let (earlier, folder) = (&self.part.input.seen, &self.part.options.spill);
            let rows = Merged { runs: &runs, asset };
            let written = asset::write(frame, asset, &rows, earlier, &self.seen, false, folder)?;
            let Asset { counts, files, rows, dropped } = written;
            let mut objects = Vec::with_capacity(files.len());
            for file in files {
                let put = file.output.put(lake, &file.key, file.rows);
                objects.push(self.runtime.block_on(put).with_context(|| format!("writing {}", file.key))?);
            }
            Reduced { rows, dropped, counts, objects, shard: false }
        };
        writeln!(self.output, "{name}\t{}", serde_json::to_string(&reduced)?)?;
        Ok(())
    }
}

/// Writes an asset from its shards.
async fn merge(
    lake: &dyn Lake,
    input: &Arc<Input>,
    asset: u32,
    objects: &[ObjectEntry],
    next: Arc<Store>,
    folder: &Path,
) -> anyhow::Result<Asset> {
    let mut runs = Vec::with_capacity(objects.len());
    for entry in objects {
        let file = read::file(lake, entry, folder).await?;
        runs.push(Run::Disk(unpack(file).with_context(|| entry.key.clone())?));
    }
    let (input, folder) = (Arc::clone(input), folder.to_owned());
    let written = tokio::task::spawn_blocking(move || {
        let rows = Merged { runs: &runs, asset };
        asset::write(&input.frame, asset, &rows, &input.seen, &next, true, &folder)
    });
    written.await.context("writing an asset")?
}

/// What all reducers said.
#[derive(Default)]
struct Said {
    tallies: BTreeMap<String, Tally>,
    parts: BTreeMap<String, Reduced>,
    seen: Vec<ObjectEntry>,
}

impl Said {
    /// Reads what the reducers wrote.
    ///
    /// # Errors
    /// An object or a part comes twice, or a line cannot be read.
    fn read(input: impl BufRead) -> anyhow::Result<Self> {
        let mut said = Self::default();
        for (number, line) in (1..).zip(input.lines()) {
            let line = line.context("reading what the reducers said")?;
            let at = || format!("line {number} of the input");
            let mut fields = line.splitn(4, '\t');
            match (fields.next(), fields.next(), fields.next(), fields.next()) {
                (Some(STATS), Some(_), Some(key), Some(tally)) => {
                    let tally = serde_json::from_str(tally).with_context(at)?;
                    if said.tallies.insert(key.to_owned(), tally).is_some() {
                        bail!("{key} was read twice: repeat the stage");
                    }
                }
                (Some(SEEN), Some(entry), None, None) => {
                    said.seen.push(serde_json::from_str(entry).with_context(at)?);
                }
                (Some(part), Some(reduced), None, None) => {
                    let reduced = serde_json::from_str(reduced).with_context(at)?;
                    if said.parts.insert(part.to_owned(), reduced).is_some() {
                        bail!("part {part} was written twice: repeat the stage");
                    }
                }
                _ => bail!("line {number} of the input is none that a reducer writes"),
            }
        }
        Ok(said)
    }

    /// Whether all objects were read, each once, and every row of theirs was written.
    fn check(&self, input: &Input) -> anyhow::Result<()> {
        let wanted: BTreeSet<&str> = input.objects.iter().map(|object| object.key.as_str()).collect();
        for key in self.tallies.keys() {
            ensure!(wanted.contains(key.as_str()), "{key} was read but is not one of the slot's objects");
        }
        for key in wanted {
            ensure!(self.tallies.contains_key(key), "{key} was not read: repeat the stage");
        }
        let mapped: u64 = self.tallies.values().map(|tally| tally.rows).sum();
        let reduced: u64 = self.parts.values().map(|part| part.rows + part.dropped).sum();
        ensure!(mapped == reduced, "{mapped} rows were made but {reduced} were written: repeat the stage");
        Ok(())
    }
}

/// Reads what all reducers said on standard input, checks it, writes the assets that several reducers share, and the
/// manifest.
///
/// # Errors
/// Something is missing or there twice, or the lake fails; nothing is committed then.
pub(crate) async fn commit(part: Part) -> anyhow::Result<(Outcome, String)> {
    let said = Said::read(BufReader::new(std::io::stdin()))?;
    said.check(&part.input)?;
    let (lake, input) = (part.lake.as_ref(), &part.input);
    let frame = &input.frame;
    let folder = &part.options.spill;
    let mut results = Results::new(input, folder);
    for entry in &said.seen {
        let place = read::object(lake, entry, folder).await?;
        results.seen.read(place, frame).with_context(|| entry.key.clone())?;
    }
    let mut shards: BTreeMap<u32, Vec<ObjectEntry>> = BTreeMap::new();
    for (name, reduced) in said.parts {
        let line = format!("{name}\t\t\t");
        let (asset, _) = Line::of(line.as_bytes())?.asset(frame)?;
        if reduced.shard {
            shards.entry(asset).or_default().extend(reduced.objects);
        } else {
            results.counts.insert(frame.symbols[asset as usize].to_string(), reduced.counts);
            results.objects.extend(reduced.objects);
        }
    }
    let next = Arc::clone(&results.seen);
    let merged = futures::stream::iter(shards).map(|(asset, objects)| {
        let next = Arc::clone(&next);
        async move { anyhow::Ok((asset, merge(lake, input, asset, &objects, next, folder).await?)) }
    });
    let mut merged = merged.buffer_unordered(MERGED_AT_ONCE);
    while let Some((asset, written)) = merged.try_next().await? {
        for file in results.take(frame.symbols[asset as usize].as_str(), written) {
            let put = file.output.put(lake, &file.key, file.rows).await;
            results.objects.push(put.with_context(|| format!("writing {}", file.key))?);
        }
    }
    drop(merged);
    results.keep_earlier(input)?;
    split::finish(lake, input, said.tallies, results, folder).await
}
