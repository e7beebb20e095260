//! What is measured: times of answers in a histogram of bounded memory, and what a process and its children take.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;

/// Buckets of a power of two, so that a figure is off by 1.6 % at most.
const FINE: u32 = 64;

/// Times in microseconds.
#[derive(Debug, Clone, Default)]
pub struct Times {
    buckets: BTreeMap<u32, u64>,
    count: u64,
    longest_us: u64,
}

impl Times {
    /// Takes down one time.
    pub fn take(&mut self, us: u64) {
        *self.buckets.entry(bucket(us)).or_default() += 1;
        self.count += 1;
        self.longest_us = self.longest_us.max(us);
    }

    /// Takes down what another has.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
        self.count += other.count;
        self.longest_us = self.longest_us.max(other.longest_us);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The time in milliseconds that `share` of all did not take longer than; 0 without any.
    pub fn percentile_ms(&self, share: f64) -> f64 {
        let wanted = ((self.count as f64 * share).ceil() as u64).clamp(1, self.count.max(1));
        let mut seen = 0;
        for (bucket, count) in &self.buckets {
            seen += count;
            if seen >= wanted {
                return (upper_us(*bucket).min(self.longest_us)) as f64 / 1_000.0;
            }
        }
        self.longest_us as f64 / 1_000.0
    }

    /// The longest, in milliseconds.
    pub fn longest_ms(&self) -> f64 {
        self.longest_us as f64 / 1_000.0
    }
}

fn bucket(us: u64) -> u32 {
    if us < u64::from(FINE) {
        return us as u32;
    }
    let power = us.ilog2() - FINE.ilog2();
    power * FINE + (us >> power) as u32
}

/// The greatest time of a bucket.
fn upper_us(bucket: u32) -> u64 {
    if bucket < 2 * FINE {
        return u64::from(bucket);
    }
    let power = bucket / FINE - 1;
    ((u64::from(bucket - power * FINE) + 1) << power) - 1
}

/// What processes have taken so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Taken {
    /// Seconds of processor, user and system.
    pub cpu_s: f64,
    /// Bytes of memory that they alone hold now; shared ones are counted once for each, so Postgres's are a bound.
    pub memory_bytes: u64,
}

impl Taken {
    /// What the processes `roots` and all below them have taken; nothing where the system does not say (`/proc` of Linux).
    pub fn of(roots: &[u32]) -> Self {
        let family = family(roots);
        let memory_bytes = family.iter().map(|(pid, _)| memory_bytes(*pid)).sum();
        Self { cpu_s: family.iter().map(|(_, cpu_s)| cpu_s).sum(), memory_bytes }
    }
}

/// Seconds of processor that `roots` and all below them have taken, without a look at their memory: that walks the tables of
/// a process's pages, and holds up a process that is being measured.
pub fn cpu_s(roots: &[u32]) -> f64 {
    family(roots).iter().map(|(_, cpu_s)| cpu_s).sum()
}

/// `roots` and all processes below them, with their seconds of processor.
fn family(roots: &[u32]) -> Vec<(u32, f64)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let all: HashMap<u32, (u32, f64)> = pids.filter_map(|pid| Some((pid, process(pid)?))).collect();
    let mut ours: HashSet<u32> = roots.iter().copied().collect();
    loop {
        let before = ours.len();
        let below: Vec<u32> =
            all.iter().filter(|(_, (parent, _))| ours.contains(parent)).map(|(pid, _)| *pid).collect();
        ours.extend(below);
        if ours.len() == before {
            break;
        }
    }
    ours.into_iter().filter_map(|pid| Some((pid, all.get(&pid)?.1))).collect()
}

/// Parent and seconds of processor of one process, those of its children that have ended among them. Ticks are hundredths of
/// a second on every Linux that we run on.
fn process(pid: u32) -> Option<(u32, f64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let ticks = number(11)? + number(12)? + number(13)? + number(14)?;
    Some((u32::try_from(number(1)?).ok()?, ticks as f64 / 100.0))
}

/// Memory of one process: of pages that several hold, its share.
fn memory_bytes(pid: u32) -> u64 {
    let memory = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let share = memory.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib: u64 = share.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0);
    kib * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_two_per_cent() {
        let mut times = Times::default();
        let mut other = Times::default();
        for us in 1..=100_000u64 {
            if us % 2 == 0 { times.take(us) } else { other.take(us) }
        }
        times.merge(&other);
        assert_eq!(times.count(), 100_000);
        for (share, expected) in [(0.5, 50.0), (0.95, 95.0), (0.99, 99.0), (0.999, 99.9), (1.0, 100.0)] {
            let found = times.percentile_ms(share);
            assert!(found >= expected && found <= expected * 1.02, "{share}: {found}");
        }
        assert_eq!(times.longest_ms(), 100.0);
        assert_eq!(Times::default().percentile_ms(0.99), 0.0);
    }

    #[test]
    fn every_time_lies_in_its_bucket() {
        for us in (0..5_000).chain([65_535, 65_536, 1_000_000, 3_600_000_000]) {
            let upper = upper_us(bucket(us));
            assert!(upper >= us && upper as f64 <= us as f64 * 1.02 + 1.0, "{us}: {upper}");
        }
    }

    #[test]
    fn this_process_takes_something() {
        if !std::path::Path::new("/proc/self/stat").exists() {
            eprintln!("SKIPPED: this system has no /proc");
            return;
        }
        let begun = std::time::Instant::now();
        let mut sum = 0u64;
        while begun.elapsed().as_millis() < 60 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let taken = Taken::of(&[std::process::id()]);
        assert!(taken.cpu_s >= 0.03 && taken.memory_bytes > 1_000_000, "{taken:?}");
    }
}
