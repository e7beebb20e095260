//! `bench`: how fast and how small the split is, on a slot of invented records; beside it the same work by libraries that
//! people know.
//!
//! In reading order: [`BenchArgs`] is what to measure; `records` writes the slot, with `assets`, `texts` and `dice`; `measure`
//! runs a child and counts what it cost; `peers` runs the scripts of `bench/split`.

mod assets;
mod dice;
mod measure;
mod peers;
mod records;
mod texts;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, ensure};
use cloud::{Lake, commit};
use domain::lake::{Area, AssetFile, Format, slot_prefix};
use domain::mention::AssetPost;
use domain::{Evidence, Key, Manifest, Slot};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::split;

use measure::{Cost, measure};
use peers::Peer;
use records::{Order, Written};

/// The slot that is invented.
const SLOT: &str = "2026-03-02T18Z";
/// What was written where: a folder that holds it already is used again.
const NOTE: &str = "bench.json";

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct BenchArgs {
    /// Posts in the slot.
    #[arg(long, default_value_t = 1_000_000)]
    posts: u64,
    /// Assets of the list.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    assets: u32,
    /// Share of the first asset among all mentions, from 0 to 1; without it Zipf's law gives it its share.
    #[arg(long, value_parser = share)]
    hot: Option<f64>,
    /// Most rows of one object of records: small enough to be one task of a cluster, large enough for good compression.
    #[arg(long, default_value_t = 250_000, value_parser = clap::value_parser!(u64).range(1..))]
    part_rows: u64,
    /// Also an article for each hundred posts and five daily bars of each asset, as a real slot has them; the peers know
    /// only posts.
    #[arg(long)]
    all_kinds: bool,
    /// Most memory for rows in hand, in MB; the split's own default without it.
    #[arg(long)]
    memory: Option<u64>,
    /// Seed of the records.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Also run pandas, polars and DuckDB on the same files; see bench/README.md.
    #[arg(long)]
    peers: bool,
    /// Folder of the peers' scripts.
    #[arg(long, default_value = "bench/split")]
    scripts: PathBuf,
    /// Where the lake is written and left; records that lie there already are used again. Without it: a temporary folder.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Only write the records.
    #[arg(long)]
    write_only: bool,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "write a number, for example 0.2".to_owned())?;
    if (0.0..1.0).contains(&share) {
        Ok(share)
    } else {
        Err("write a share from 0 to 1, for example 0.2".to_owned())
    }
}

/// What one program did with the slot.
#[derive(Debug, Clone, Serialize)]
struct Line {
    name: String,
    /// Posts it read.
    posts: u64,
    /// Rows of posts that it wrote.
    rows: u64,
    /// Rows that are there for a cashtag, which all programs must agree on.
    cashtag_rows: u64,
    wall_s: f64,
    cpu_s: f64,
    peak_bytes: u64,
    /// Bytes written to this machine's disk meanwhile and deleted again, where known.
    spilled_bytes: Option<u64>,
    /// Seconds until all records were read, and after that, where known.
    map_reduce_s: Option<(f64, f64)>,
    /// Bytes of what it wrote.
    written_bytes: u64,
}

#[derive(Serialize)]
struct Report<'a> {
    records: &'a Written,
    threads: usize,
    programs: &'a [Line],
}

/// Writes the slot, measures, prints.
///
/// # Errors
/// The folder cannot be written, the split fails, or a peer counts other mentions than the rest.
pub async fn bench(args: BenchArgs) -> anyhow::Result<()> {
    let kept = args.folder.clone();
    let temporary = match &kept {
        Some(_) => None,
        None => Some(tempfile::tempdir().context("a folder for the records: give one with --folder")?),
    };
    let folder = kept.or_else(|| temporary.as_ref().map(|t| t.path().to_owned())).context("no folder")?;
    let slot: Slot = SLOT.parse().context("the slot")?;
    let written = records_in(&folder, &args, slot).await?;
    if args.write_only {
        println!("{}", serde_json::to_string(&written)?);
        return Ok(());
    }
    let mut programs = vec![own(&folder, &args, slot, &written).await?];
    if args.peers {
        let python = peers::python(&args.scripts)?;
        for peer in Peer::ALL {
            match peer.run(&python, &args.scripts, &folder) {
                Ok(line) => programs.push(line),
                Err(error) => eprintln!("bench: {} is left out: {error:#}", peer.name()),
            }
        }
    }
    print(&args, &written, &programs)?;
    let aside = folder.join(format!(".earlier-{}", std::process::id()));
    if aside.exists() {
        std::fs::remove_dir_all(&aside).with_context(|| format!("deleting {}", aside.display()))?;
    }
    for program in &programs[1..] {
        let (ours, theirs) = (&programs[0], program);
        ensure!(
            ours.cashtag_rows == theirs.cashtag_rows,
            "{} finds {} mentions by cashtag, {} finds {}: one of them is wrong",
            ours.name,
            ours.cashtag_rows,
            theirs.name,
            theirs.cashtag_rows
        );
    }
    Ok(())
}

/// The records in `folder`, written where they are not there already.
async fn records_in(folder: &Path, args: &BenchArgs, slot: Slot) -> anyhow::Result<Written> {
    let order = Order {
        posts: args.posts,
        assets: args.assets as usize,
        hot: args.hot,
        part_rows: args.part_rows,
        all_kinds: args.all_kinds,
        seed: args.seed,
        slot,
    };
    let note = folder.join(NOTE);
    if let Ok(bytes) = std::fs::read(&note) {
        let there: Written =
            serde_json::from_slice(&bytes).with_context(|| format!("{}: delete it", note.display()))?;
        ensure!(there.order == order, "{} holds another slot: give another --folder", folder.display());
        return Ok(there);
    }
    let uri = folder.to_string_lossy();
    let lake = cloud::open_lake(&uri).await.with_context(|| format!("opening {uri}"))?;
    let written = records::write(&lake, order, rayon::current_num_threads()).await?;
    std::fs::write(&note, serde_json::to_vec(&written)?).with_context(|| note.display().to_string())?;
    Ok(written)
}

/// Arguments of the child that is measured.
#[derive(Debug, Clone, clap::Args)]
pub struct ChildArgs {
    #[arg(long)]
    slot: Slot,
    #[arg(long)]
    lake: String,
    #[arg(long)]
    memory: Option<usize>,
}

/// What the child says.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    spilled_bytes: u64,
    map_s: f64,
    reduce_s: f64,
}

/// The child: splits the slot and says what only it knows.
///
/// # Errors
/// The split fails.
pub async fn child(args: ChildArgs) -> anyhow::Result<()> {
    let lake = cloud::open_lake(&args.lake).await?;
    let mut options = split::Options::default();
    options.memory = args.memory.map_or(options.memory, |megabytes| megabytes << 20);
    let as_of = args.slot.close_at();
    let (outcome, message, stats) = split::split_with(lake, args.slot, as_of, &options).await?;
    ensure!(outcome == domain::Outcome::Succeeded, "the split ended {}: {message}", outcome.as_str());
    let split::Stats { spilled_bytes, map_s, reduce_s, .. } = stats;
    println!("{}", serde_json::to_string(&Told { spilled_bytes, map_s, reduce_s })?);
    Ok(())
}

/// The split in a process of its own, so that its memory is not mixed with that of writing the records.
async fn own(folder: &Path, args: &BenchArgs, slot: Slot, written: &Written) -> anyhow::Result<Line> {
    let uri = folder.to_string_lossy();
    let lake = cloud::open_lake(&uri).await?;
    // What an earlier run left would spare this one its writing. It is only moved aside: file systems are slow for minutes
    // after many files were deleted.
    let there = folder.join(slot_prefix(Area::Assets, slot));
    if there.exists() {
        std::fs::rename(&there, folder.join(format!(".earlier-{}", std::process::id())))
            .with_context(|| format!("moving {} aside", there.display()))?;
    }
    let mut command = Command::new(std::env::current_exe().context("where this program lies")?);
    command.args(["bench-split", "--slot", &slot.to_string(), "--lake", &uri]);
    if let Some(memory) = args.memory {
        command.args(["--memory", &memory.to_string()]);
    }
    let Cost { wall_s, cpu_s, peak_bytes, said, code } = measure(&mut command)?;
    ensure!(code == Some(0), "the split failed: see its message above");
    let told: Told = serde_json::from_str(said.trim()).context("what the split said of itself")?;
    let key = Key::SlotManifest { area: Area::Assets, slot }.to_string();
    let (manifest, _) = commit::read_manifest(lake.as_ref(), &key).await?.context("nothing was committed")?;
    Ok(Line {
        name: "quarterday".to_owned(),
        posts: written.posts,
        rows: manifest.assets.values().filter_map(|asset| asset.counts.get("posts")).sum(),
        cashtag_rows: if args.peers { cashtag_rows(&lake, &manifest).await? } else { 0 },
        wall_s,
        cpu_s,
        peak_bytes,
        spilled_bytes: Some(told.spilled_bytes),
        map_reduce_s: Some((told.map_s, told.reduce_s)),
        written_bytes: manifest.objects.iter().map(|object| object.bytes).sum(),
    })
}

/// Rows of posts whose evidence is a cashtag, counted in the files.
async fn cashtag_rows(lake: &Arc<dyn Lake>, manifest: &Manifest) -> anyhow::Result<u64> {
    let mut wanted = Vec::new();
    for symbol in manifest.assets.keys() {
        let symbol = symbol.parse().with_context(|| format!("the manifest's asset {symbol}"))?;
        let key =
            Key::AssetRows { slot: manifest.slot, symbol, file: AssetFile::Posts, format: Format::Parquet };
        wanted.extend(manifest.objects.iter().find(|object| object.key == key.to_string()));
    }
    let mut sum = 0;
    for some in wanted.chunks(256) {
        let mut files = Vec::with_capacity(some.len());
        for entry in some {
            files.push(commit::read_listed(lake.as_ref(), entry).await?);
        }
        let count = |bytes: &bytes::Bytes| -> anyhow::Result<u64> {
            let mut found = 0;
            for batch in tables::batches::<AssetPost>(bytes.clone(), 0)? {
                found +=
                    batch?.iter().filter(|row| row.evidence == Evidence::Cashtag.as_str()).count() as u64;
            }
            Ok(found)
        };
        sum += files.par_iter().map(count).sum::<anyhow::Result<u64>>()?;
    }
    Ok(sum)
}

fn print(args: &BenchArgs, written: &Written, programs: &[Line]) -> anyhow::Result<()> {
    let threads = rayon::current_num_threads();
    if args.json {
        let report = Report { records: written, threads, programs };
        println!("{}", serde_json::to_string(&report)?);
        return Ok(());
    }
    let mega = |bytes: u64| bytes as f64 / 1e6;
    println!(
        "{} posts, {} articles, {} bars, {} assets: {:.0} MB of Parquet; {threads} threads",
        written.posts,
        written.articles,
        written.bars,
        written.order.assets,
        mega(written.bytes)
    );
    let head = [
        "",
        "posts/s",
        "rows/s",
        "MB/s",
        "wall s",
        "CPU s",
        "peak MB",
        "spilled MB",
        "out MB",
        "rows",
        "cashtags",
    ];
    println!("{:<11}{}", head[0], head[1..].iter().map(|name| format!("{name:>11}")).collect::<String>());
    for line in programs {
        let spilled =
            line.spilled_bytes.map_or_else(|| "-".to_owned(), |bytes| format!("{:.0}", mega(bytes)));
        let cells = [
            format!("{:.0}", line.posts as f64 / line.wall_s),
            format!("{:.0}", line.rows as f64 / line.wall_s),
            format!("{:.1}", mega(written.bytes) / line.wall_s),
            format!("{:.2}", line.wall_s),
            format!("{:.1}", line.cpu_s),
            format!("{:.0}", mega(line.peak_bytes)),
            spilled,
            format!("{:.0}", mega(line.written_bytes)),
            line.rows.to_string(),
            line.cashtag_rows.to_string(),
        ];
        println!("{:<11}{}", line.name, cells.iter().map(|cell| format!("{cell:>11}")).collect::<String>());
    }
    for line in programs {
        let Some((map_s, reduce_s)) = line.map_reduce_s else { continue };
        println!(
            "{}: {map_s:.2} s until all records were read, {reduce_s:.2} s to write the assets",
            line.name
        );
    }
    for peer in &programs[1..] {
        let times = peer.wall_s / programs[0].wall_s;
        println!("{times:.1} times as fast as {}", peer.name);
    }
    Ok(())
}
