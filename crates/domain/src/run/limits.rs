//! How patient a run is, and how long it waits between two attempts.

use chrono::Duration;

use super::StageRun;
use crate::slot::Slot;

/// How patient a run is with its stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Attempts a stage has.
    pub max_attempts: u32,
    /// How long an attempt may take in all.
    pub deadline: Duration,
    /// How long an attempt may be silent.
    pub silence: Duration,
    /// The pause before a second attempt; see [`Limits::pause_before`].
    pub pause: Duration,
}

/// No pause between two attempts is longer, its spread aside.
const LONGEST_PAUSE: Duration = Duration::minutes(4);

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            deadline: Duration::minutes(60),
            silence: Duration::minutes(3),
            pause: Duration::seconds(5),
        }
    }
}

impl Limits {
    /// How long the newest attempt of a stage waits before it is started: not at all where it is the first of its repetition,
    /// else a pause that doubles from attempt to attempt, so that a fault that lasts some seconds does not use them all up, and
    /// up to a quarter more, by which stages that failed together come apart. The same for the same attempt.
    pub fn pause_before(&self, slot: Slot, stage: &StageRun) -> Duration {
        let left = stage.last_attempt.saturating_sub(stage.attempt);
        let Some(failed) = self.max_attempts.saturating_sub(left).checked_sub(2) else {
            return Duration::zero();
        };
        let doubled = i32::try_from(1_i64 << failed.min(16)).unwrap_or(i32::MAX);
        let pause = self.pause.checked_mul(doubled).map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE));
        let seed = slot.close_at().timestamp().cast_unsigned() ^ ((stage.stage.index() as u64) << 8);
        let spread = (seed ^ u64::from(stage.attempt)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        pause + Duration::milliseconds(pause.num_milliseconds() / 4 * spread.cast_signed() / (1 << 32))
    }
}
