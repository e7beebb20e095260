//! How fast and how small collecting is: one slot of the sandbox's world, and the speed at which each source's replies are
//! read.

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use cloud::Lake;
use cloud::commit::read_manifest;
use domain::lake::{Area, raw_prefix};
use domain::{Key, Slot, SourceId};
use serde_json::Value;

use crate::collect::{Order, RawExchanges, below, collect};
use crate::exchange::Exchange;
use crate::normalise::{self, Collected};
use crate::settings::Settings;
use crate::window::Window;

/// The first day of the world, and the slot of it that is collected: the busiest.
const START: &str = "2026-01-05";
const SLOT: &str = "2026-01-05T18Z";

/// How many times as many posts that slot has as an average one, by how the sandbox generates worlds.
const BUSY: f64 = 1.45;

/// How long a source's replies are read over and over.
const READING: Duration = Duration::from_millis(1500);

/// Most bytes of replies that are held for that.
const HELD: usize = 64 << 20;

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct BenchArgs {
    /// Posts in the slot.
    #[arg(long, default_value_t = 1_000_000)]
    posts: u32,
    /// Assets of the world.
    #[arg(long, default_value_t = 200)]
    assets: u32,
    /// Where worlds and lakes are written; deleted afterwards.
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// A sandbox that ends with this value.
struct Sandbox(Child);

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It is gone either way.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Measures and prints.
///
/// # Errors
/// The sandbox is not built, does not start, or counts a request over a limit; or collecting fails.
pub async fn bench(args: BenchArgs) -> anyhow::Result<()> {
    let folder = match &args.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let world = folder.path().join("world");
    let program = std::env::current_exe()?.with_file_name("sandbox");
    generate(&program, &args, &world)?;
    let (_sandbox, url) = serve(&program, &world)?;
    let setup: Value = reqwest::get(format!("{url}/_world/setup")).await?.json().await?;
    let settings = Settings::parse(&setup.to_string(), true, |_| None)?;
    let lake = cloud::open_lake(&folder.path().join("lake").to_string_lossy()).await?;
    let assets = std::fs::read(world.join("assets.csv"))?;
    lake.put(&Key::AssetList.to_string(), assets.into()).await?;
    let slot: Slot = SLOT.parse()?;
    println!("before: {} MiB resident", resident_mib("VmRSS"));
    let started = Instant::now();
    let order = Order { slot, as_of: slot.close_at(), only: None };
    let (outcome, message) = collect(&lake, &order, &settings).await?;
    let seconds = started.elapsed().as_secs_f64();
    let key = Key::SlotManifest { area: Area::Records, slot }.to_string();
    let (manifest, _) =
        read_manifest(lake.as_ref(), &key).await?.context("nothing was committed: see the message above")?;
    let posts: u64 = manifest.sources.values().filter_map(|source| source.counts.get("post")).sum();
    println!("collect: {} {message}", outcome.as_str());
    println!("collect: {posts} posts in {seconds:.1} s ({:.0} posts/s)", posts as f64 / seconds);
    println!("collect: {} MiB resident at most", resident_mib("VmHWM"));
    let stats: Value = reqwest::get(format!("{url}/_world/stats")).await?.json().await?;
    let counts = |field: &str| -> u64 {
        let sources = stats.as_object().into_iter().flat_map(serde_json::Map::values);
        sources.filter_map(|source| source.get(field)?.as_u64()).sum()
    };
    println!("sandbox: {} requests, {} over a limit", counts("requests"), counts("limits_exceeded"));
    for name in manifest.sources.keys() {
        read_rate(&lake, slot, &SourceId::new(name)).await?;
    }
    if counts("limits_exceeded") > 0 {
        bail!("a limit was exceeded: {stats}");
    }
    Ok(())
}

fn generate(program: &Path, args: &BenchArgs, world: &Path) -> anyhow::Result<()> {
    let average = (f64::from(args.posts) / BUSY).ceil() as u32;
    let status = Command::new(program)
        .args(["generate", "--seed", "1", "--days", "1", "--start", START])
        .args(["--assets", &args.assets.to_string(), "--posts-per-slot", &average.to_string()])
        .arg("--out")
        .arg(world)
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("{} cannot be started: build the whole workspace", program.display()))?;
    anyhow::ensure!(status.success(), "the sandbox cannot generate a world: see its message above");
    Ok(())
}

fn serve(program: &Path, world: &Path) -> anyhow::Result<(Sandbox, String)> {
    let slot: Slot = SLOT.parse()?;
    let mut child = Command::new(program)
        .arg("serve")
        .arg("--world")
        .arg(world)
        .args(["--at", &slot.close_at().to_rfc3339(), "--limit-speed", "50000"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let stdout = child.stdout.take().context("the sandbox has no output")?;
    let sandbox = Sandbox(child);
    let mut line = String::new();
    std::io::BufReader::new(stdout).read_line(&mut line)?;
    let said: Value = serde_json::from_str(&line).context("the sandbox did not say where it listens")?;
    let url = said["listening"].as_str().context("the sandbox did not say where it listens")?;
    Ok((sandbox, url.to_owned()))
}

/// Prints how many bytes of the source's replies are read in a second on one core.
async fn read_rate(lake: &Arc<dyn Lake>, slot: Slot, source: &SourceId) -> anyhow::Result<()> {
    let key = Key::SlotManifest { area: Area::Raw, slot }.to_string();
    let Some((manifest, _)) = read_manifest(lake.as_ref(), &key).await? else { return Ok(()) };
    let parts = below(&manifest.objects, &raw_prefix(source, slot)).into_iter().cloned().collect();
    let mut exchanges = RawExchanges::open(lake, parts).await?;
    let window = exchanges.window().clone().unwrap_or_else(|| Window::plain(slot.open_at(), slot.close_at()));
    let (mut held, mut bytes): (Vec<Exchange>, usize) = (Vec::new(), 0);
    while let Some((_, exchange)) = exchanges.next().await? {
        bytes += exchange.body.len();
        held.push(exchange);
        if bytes >= HELD {
            break;
        }
    }
    if bytes == 0 {
        println!("read: {source}: no replies");
        return Ok(());
    }
    let (started, mut rounds) = (Instant::now(), 0u32);
    while started.elapsed() < READING {
        let mut collected = Collected::new(&window, chrono::Duration::zero());
        for exchange in &held {
            normalise::read(source, "raw#1", exchange.clone(), &mut collected);
        }
        std::hint::black_box(collected.finish()?);
        rounds += 1;
    }
    let rate = bytes as f64 * f64::from(rounds) / started.elapsed().as_secs_f64() / 1e6;
    println!(
        "read: {source}: {rate:.0} MB/s ({:.1} MB of replies, {} exchanges)",
        bytes as f64 / 1e6,
        held.len()
    );
    Ok(())
}

/// A line of what the kernel says of this process, in MiB; 0 where it says nothing.
fn resident_mib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}
