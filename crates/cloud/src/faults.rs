//! Faults on demand, for tests of the whole system on one machine: a lake that errs, is slow, full or late, a bus that drops,
//! doubles, delays and so reorders, a clock that jumps.
//!
//! `QUARTERDAY_FAULTS` names a file with a [`Plan`] in JSON, which is read again when it has changed, so that a test can stir
//! and calm programs that are running. Without the variable nothing here is in the way; with it every program says so when it
//! opens the lake. On Google Cloud it is not looked at.

mod lake;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

pub use lake::FaultyLake;

/// Names the file with the plan.
pub const VARIABLE: &str = "QUARTERDAY_FAULTS";

/// What goes wrong at present.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// Decides, with the process and the number of its calls, which calls are struck.
    pub seed: u64,
    /// What the lake does.
    pub lake: LakePlan,
    /// What the bus does.
    pub bus: BusPlan,
    /// By how many seconds the programs' clock is ahead of the machine's (negative: behind).
    pub clock_s: i64,
}

/// What the lake does; shares are in thousandths of its calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LakePlan {
    /// Calls that fail; of those that write, half have written before they do.
    pub errors: u64,
    /// Calls that take longer.
    pub slow: u64,
    /// By how many milliseconds.
    pub slow_ms: u64,
    /// For how many milliseconds a new object is not seen by readers.
    pub late_ms: u64,
    /// Whether nothing can be written for want of room.
    pub full: bool,
}

/// What the bus does; shares are in thousandths of the messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BusPlan {
    /// Deliveries that never arrive; the bus delivers again, as it does when a receiver is silent.
    pub drop: u64,
    /// Deliveries that arrive twice: the receiver's answer to the first is lost.
    pub duplicate: u64,
    /// Deliveries that are late, so that others overtake them.
    pub delay: u64,
    /// By how many milliseconds at most.
    pub delay_ms: u64,
}

#[derive(Debug, Default)]
struct Known {
    changed_at: Option<SystemTime>,
    plan: Plan,
}

/// The plan in a file, as it is now.
#[derive(Debug)]
pub struct Faults {
    file: PathBuf,
    known: Mutex<Known>,
    calls: AtomicU64,
}

static HERE: LazyLock<Option<Faults>> =
    LazyLock::new(|| std::env::var_os(VARIABLE).filter(|file| !file.is_empty()).map(Faults::of));

/// The faults that the environment asks for; `None` where it asks for none, as it does outside tests.
pub fn here() -> Option<&'static Faults> {
    HERE.as_ref()
}

impl AsRef<Self> for Faults {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Faults {
    /// The plan in `file`, which may come and go.
    pub fn of(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), known: Mutex::default(), calls: AtomicU64::default() }
    }

    /// The plan as it stands: an empty one while there is no file, the one before while it cannot be read.
    pub fn plan(&self) -> Plan {
        // Only whole plans are ever put into it, so a panic elsewhere does not spoil it.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let changed_at = std::fs::metadata(&self.file).and_then(|file| file.modified()).ok();
        if changed_at.is_none() {
            *known = Known::default();
        } else if changed_at != known.changed_at {
            match std::fs::read(&self.file).map(|bytes| serde_json::from_slice(&bytes)) {
                Ok(Ok(plan)) => *known = Known { changed_at, plan },
                Ok(Err(error)) => tracing::error!(%error, "the fault plan cannot be read"),
                Err(error) => tracing::error!(%error, "the fault plan cannot be read"),
            }
        }
        known.plan.clone()
    }

    /// A number that differs from call to call and from process to process.
    pub fn draw(&self, plan: &Plan) -> u64 {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        mix(plan.seed ^ mix(u64::from(std::process::id())) ^ mix(call.wrapping_add(1)))
    }

    /// What the bus is to do with a delivery.
    #[cfg_attr(not(feature = "bus-server"), allow(dead_code))]
    pub(crate) fn delivery(&self) -> Delivery {
        let plan = self.plan();
        let draw = self.draw(&plan);
        let delayed = draw % 1000 < plan.bus.delay && plan.bus.delay_ms > 0;
        let delay_ms = if delayed { mix(draw) % plan.bus.delay_ms } else { 0 };
        let lot = mix(draw ^ 1) % 1000;
        Delivery {
            delay: Duration::from_millis(delay_ms),
            dropped: lot < plan.bus.drop,
            doubled: lot >= plan.bus.drop && lot < plan.bus.drop + plan.bus.duplicate,
        }
    }
}

/// What becomes of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "bus-server"), allow(dead_code))]
pub(crate) struct Delivery {
    /// How long it takes.
    pub(crate) delay: Duration,
    /// It never arrives.
    pub(crate) dropped: bool,
    /// It arrives, but its answer is lost.
    pub(crate) doubled: bool,
}

/// A good mixing of 64 bits (the finaliser of SplitMix64).
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn write(faults: &Faults, plan: &Plan) {
        std::fs::write(&faults.file, serde_json::to_vec(plan).unwrap()).unwrap();
        // File times are coarse: a second plan must not look like the first.
        faults.known.lock().unwrap().changed_at = None;
    }

    #[test]
    fn a_plan_may_come_change_and_go_while_a_program_runs() {
        let folder = tempfile::tempdir().unwrap();
        let faults = Faults::of(folder.path().join("faults.json"));
        assert_eq!(faults.plan(), Plan::default());
        let stormy = Plan { clock_s: -3600, ..Plan::default() };
        write(&faults, &stormy);
        assert_eq!(faults.plan(), stormy);
        std::fs::write(&faults.file, "{").unwrap();
        faults.known.lock().unwrap().changed_at = None;
        assert_eq!(faults.plan(), stormy, "half a plan is none");
        std::fs::remove_file(&faults.file).unwrap();
        assert_eq!(faults.plan(), Plan::default());
    }

    #[test]
    fn shares_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let faults = Faults::of(folder.path().join("faults.json"));
        let bus = BusPlan { drop: 100, duplicate: 200, delay: 500, delay_ms: 40 };
        write(&faults, &Plan { seed: 3, bus, ..Plan::default() });
        let all: Vec<Delivery> = (0..4000).map(|_| faults.delivery()).collect();
        let count = |of: fn(&Delivery) -> bool| all.iter().filter(|d| of(d)).count();
        assert!((300..500).contains(&count(|d| d.dropped)), "{}", count(|d| d.dropped));
        assert!((650..950).contains(&count(|d| d.doubled)), "{}", count(|d| d.doubled));
        assert!((1800..2200).contains(&count(|d| !d.delay.is_zero())));
        assert!(all.iter().all(|d| d.delay < Duration::from_millis(40) && !(d.dropped && d.doubled)));
    }
}
