//! `ml-vm bench`: how fast the methods are on one core, beside their peers in the same run.
//!
//! Each part is a file below that measures a few figures, and where there is a peer a script in `bench/ml` that measures
//! the same ones and prints them as lines of JSON, {"what", "peer", "value"}. The scripts are part of the program, so it
//! needs no more than a Python with the packages of `bench/ml-requirements.txt`.
//!
//! A figure is that of the fastest of many short runs, ours and the peer's alike: what else the machine does slows some runs
//! down and makes none faster. The stage alone ([`mod@predict`]) is run once and whole, and takes what processors it is given.

pub mod indicators;
pub mod predict;
pub mod sentiment;
pub mod var;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use domain::Outcome;
use serde::Deserialize;

use crate::cli::BenchArgs;

/// One measured figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What was measured; the peer's figure has the same text.
    pub what: String,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
}

/// The unit of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// So many a second: more is better.
    PerSecond(&'static str),
    /// Seconds of something short: less is better.
    Seconds,
    /// Seconds of something long.
    WholeSeconds,
    /// MiB: less is better.
    Mebibytes,
    /// How many.
    Count,
}

/// A part of the benchmark.
pub struct Part {
    /// Its name on the command line.
    pub name: &'static str,
    /// Measures its figures.
    pub measure: fn() -> anyhow::Result<Vec<Figure>>,
    /// The text of the peer's script.
    pub peer: Option<&'static str>,
}

/// All parts.
pub const PARTS: [Part; 4] = [indicators::PART, predict::PART, sentiment::PART, var::PART];

/// A line that a peer's script prints.
#[derive(Debug, Deserialize)]
struct PeerFigure {
    what: String,
    peer: String,
    value: f64,
}

/// Measures all parts, or the one that was asked for, and prints their figures.
///
/// # Errors
/// There is no such part, or one cannot be measured. Peers that are not at hand are skipped, and that is said.
pub fn run(args: &BenchArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let chosen: Vec<&Part> =
        PARTS.iter().filter(|part| args.part.as_deref().is_none_or(|name| name == part.name)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        bail!("no part {:?}: there are {}", args.part.as_deref().unwrap_or_default(), names.join(", "));
    }
    if cfg!(debug_assertions) {
        eprintln!("ml-vm: this is a build without optimisation: the figures say little");
    }
    for part in chosen {
        let ours = (part.measure)().with_context(|| part.name)?;
        let theirs = match part.peer {
            Some(script) if args.peers => peers(&args.python, script).unwrap_or_else(|reason| {
                eprintln!("ml-vm: SKIPPED the peers of {}: {reason:#}", part.name);
                Vec::new()
            }),
            _ => Vec::new(),
        };
        for figure in &ours {
            let beside = theirs.iter().filter(|peer| peer.what == figure.what);
            writeln!(out, "{}", line(figure, beside)).context("cannot write the figures")?;
        }
    }
    Ok(Outcome::Succeeded)
}

fn line<'a>(figure: &Figure, peers: impl Iterator<Item = &'a PeerFigure>) -> String {
    let mut line = format!("{}: {}", figure.what, shown(figure.value, figure.unit));
    for peer in peers {
        let times = match figure.unit {
            Unit::PerSecond(_) | Unit::Count => figure.value / peer.value,
            Unit::Seconds | Unit::WholeSeconds | Unit::Mebibytes => peer.value / figure.value,
        };
        line += &format!("; {} {}, {times:.1} times", peer.peer, shown(peer.value, figure.unit));
    }
    line
}

fn shown(value: f64, unit: Unit) -> String {
    match unit {
        Unit::PerSecond(what) if value >= 1e6 => format!("{:.1} M {what}/s", value / 1e6),
        Unit::PerSecond(what) => format!("{value:.0} {what}/s"),
        Unit::Seconds => format!("{:.3} ms", value * 1e3),
        Unit::WholeSeconds => format!("{value:.1} s"),
        Unit::Mebibytes => format!("{value:.0} MiB"),
        Unit::Count => format!("{value:.0}"),
    }
}

/// Runs a peer's script, which comes on its standard input.
fn peers(python: &Path, script: &str) -> anyhow::Result<Vec<PeerFigure>> {
    let shown = python.display();
    let mut child = Command::new(python)
        .arg("-")
        // One core for the peer, too.
        .envs(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"].map(|name| (name, "1")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {shown}"))?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(script.as_bytes()).with_context(|| format!("cannot write to {shown}"))?;
    }
    let done = child.wait_with_output().with_context(|| format!("cannot wait for {shown}"))?;
    if !done.status.success() {
        let errors = String::from_utf8_lossy(&done.stderr);
        bail!("{shown}: {} (see bench/ml-requirements.txt)", errors.lines().last().unwrap_or("failed"));
    }
    for line in String::from_utf8_lossy(&done.stderr).lines().filter(|line| line.starts_with("SKIPPED")) {
        eprintln!("ml-vm: {line}");
    }
    let text = String::from_utf8_lossy(&done.stdout);
    text.lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("{shown} wrote {line:?}")))
        .collect()
}

/// The fastest of the runs that fit into about a second and a half; at least five.
pub fn fastest(mut job: impl FnMut()) -> Duration {
    let start = Instant::now();
    let mut fastest = Duration::MAX;
    let mut runs = 0;
    while runs < 5 || start.elapsed() < Duration::from_millis(1500) {
        let run = Instant::now();
        job();
        fastest = fastest.min(run.elapsed());
        runs += 1;
    }
    fastest
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_many_times_better_it_is() {
        let peer = |value| PeerFigure { what: "a".into(), peer: "Peer 1.0".into(), value };
        let speed = Figure { what: "a".into(), value: 6e6, unit: Unit::PerSecond("bars") };
        assert_eq!(line(&speed, [peer(2e6)].iter()), "a: 6.0 M bars/s; Peer 1.0 2.0 M bars/s, 3.0 times");
        let time = Figure { what: "a".into(), value: 0.001, unit: Unit::Seconds };
        assert_eq!(line(&time, [peer(0.02)].iter()), "a: 1.000 ms; Peer 1.0 20.000 ms, 20.0 times");
    }

    #[test]
    fn what_is_not_there_is_said() {
        let args = BenchArgs { part: Some("coffee".into()), peers: false, python: "python3".into() };
        let error = run(&args, &mut Vec::new()).unwrap_err().to_string();
        assert!(
            error.contains("no part \"coffee\": there are indicators, predict, sentiment, var"),
            "{error}"
        );
        assert!(peers(Path::new("/no/python"), "").unwrap_err().to_string().contains("/no/python"));
    }
}
