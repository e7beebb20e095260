//! A child process and what it cost, as the kernel counts it. Where there is no /proc, time alone is known.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

/// How often the kernel is asked.
const GLANCE: Duration = Duration::from_millis(20);
/// Clock ticks in a second: fixed by Linux for what it tells user space.
const TICKS: f64 = 100.0;

/// What a process cost.
#[derive(Debug, Clone)]
pub(super) struct Cost {
    /// From its start to its end, in seconds.
    pub(super) wall_s: f64,
    /// Seconds of processor, user and system.
    pub(super) cpu_s: f64,
    /// Most bytes that were resident at once.
    pub(super) peak_bytes: u64,
    /// What it wrote on standard output.
    pub(super) said: String,
    /// Whether and how it failed.
    pub(super) code: Option<i32>,
}

/// Runs `command` to its end; what it says on standard error passes through.
///
/// # Errors
/// It cannot be started.
pub(super) fn measure(command: &mut Command) -> anyhow::Result<Cost> {
    let started = Instant::now();
    let shown = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{shown} cannot be started"))?;
    let mut stdout = child.stdout.take().context("the child has no output")?;
    let reading = std::thread::spawn(move || {
        let mut said = String::new();
        stdout.read_to_string(&mut said).map(|_| said)
    });
    let (mut cpu_s, mut peak_bytes) = (0.0, 0);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        cpu_s = cpu_seconds(child.id()).unwrap_or(cpu_s).max(cpu_s);
        peak_bytes = peak(child.id()).unwrap_or(0).max(peak_bytes);
        std::thread::sleep(GLANCE);
    };
    let wall_s = started.elapsed().as_secs_f64();
    let said = reading.join().ok().context("reading the child's output")??;
    Ok(Cost { wall_s, cpu_s, peak_bytes, said, code: status.code() })
}

fn peak(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

fn cpu_seconds(id: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name, in parentheses, may hold anything; the fields after it are the third and following.
    let rest = stat.rsplit_once(") ")?.1;
    let mut fields = rest.split(' ').skip(11);
    let ticks = fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?;
    Some(ticks / TICKS)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_works_costs_something() {
        let script = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo done; exit 3";
        let cost = measure(Command::new("sh").args(["-c", script])).unwrap();
        assert_eq!((cost.said.as_str(), cost.code), ("done\n", Some(3)));
        assert!(cost.wall_s > 0.0);
        if cfg!(target_os = "linux") {
            assert!(cost.cpu_s > 0.0 && cost.peak_bytes > 100_000, "{cost:?}");
        }
    }
}
