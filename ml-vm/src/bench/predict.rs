//! The whole stage as a child process on a lake in a folder: what it reads and writes, history and all tables included.
//!
//! The input is generated, so that no figure rests on data that others do not have. Writing it is not measured. Start this
//! part on two processors (`taskset -c 0,2`) to compare with the stage's budget.

mod world;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use domain::Slot;

use super::{Figure, Part, Unit};
use world::World;

/// The part.
pub const PART: Part = Part { name: "predict", measure, peer: None };

/// How often the kernel is asked for the child's memory.
const GLANCE: Duration = Duration::from_millis(20);

fn measure() -> anyhow::Result<Vec<Figure>> {
    let slot: Slot = "2026-01-02T06Z".parse()?;
    let world = World { slot, assets: 500, bars: 1260, documents: 50_000, earlier: 120, moods: 365 };
    let folder = tempfile::tempdir().context("no folder for the lake")?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    runtime.block_on(world.write(folder.path()))?;
    drop(runtime);
    let program = std::env::current_exe().context("cannot find this program")?;
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(["predict", "--slot", &slot.to_string(), "--lake"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // The child ends when its standard input does.
        .stdin(Stdio::piped())
        .spawn()
        .context("cannot start the stage")?;
    let mut peak = None;
    let status = loop {
        if let Some(status) = child.try_wait().context("cannot wait for the stage")? {
            break status;
        }
        // It only grows, and is gone when the child is.
        peak = resident(child.id()).or(peak);
        std::thread::sleep(GLANCE);
    };
    let seconds = started.elapsed().as_secs_f64();
    ensure!(status.success(), "the stage failed: {status}");
    let World { assets, bars, documents, .. } = world;
    let figure = |what: String, value, unit| Figure { what: format!("predict, {what}"), value, unit };
    let mut figures = vec![
        figure(
            format!("{assets} assets with {bars} daily bars, {documents} documents"),
            seconds,
            Unit::WholeSeconds,
        ),
        figure("assets".to_owned(), assets as f64 / seconds, Unit::PerSecond("assets")),
        figure("documents".to_owned(), documents as f64 / seconds, Unit::PerSecond("documents")),
    ];
    // Not every system tells.
    figures.extend(peak.map(|mib| figure("most memory at once".to_owned(), mib, Unit::Mebibytes)));
    Ok(figures)
}

/// The most memory that a process had at once so far, in MiB.
fn resident(id: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}
