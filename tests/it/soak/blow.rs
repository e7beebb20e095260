//! What can strike, and how it does.

use std::fmt;
use std::time::Duration;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// A program of an installation, by what its command line begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Program(pub(super) &'static str);

/// Everything that runs, the operator's command included. What comes and goes by the slot is waited for a while.
pub(super) const PROGRAMS: [Program; 9] = [
    Program("collector collect"),
    Program("dataproc-job split"),
    Program("ml-vm predict"),
    Program("functions serve"),
    Program("web serve"),
    Program("sandbox serve"),
    Program("collector stream"),
    Program("sandbox billing"),
    Program(OPERATOR),
];

/// The operator's command; it is started again as a service manager would.
pub(super) const OPERATOR: &str = "quarterday up";

/// One blow.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Blow {
    /// A program is sent SIGKILL or SIGTERM.
    Kill(Program, &'static str),
    /// A program stands still for a while.
    Stand(Program, Duration),
    /// Postgres is sent a signal: KILL as in a crash, INT for a fast shutdown.
    Postgres(&'static str),
    /// All connections to Postgres are cut.
    Cut,
    /// Lake, bus or clock misbehave as a plan says, for a while.
    Plan(&'static str, Value, Duration),
    /// The disk is full for a while.
    Disk(Duration),
}

/// Every kind of blow.
pub(super) const KINDS: [&str; 17] = [
    "kill",
    "term",
    "stand",
    "postgres killed",
    "postgres restarted",
    "connections cut",
    "lake errors",
    "lake slow",
    "lake late",
    "lake full",
    "bus drops",
    "bus doubles",
    "bus delays",
    "clock ahead",
    "clock behind",
    "disk full",
    "operator",
];

impl Blow {
    /// Which of [`KINDS`].
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Kill(Program(OPERATOR), _) => "operator",
            Self::Kill(_, "KILL") => "kill",
            Self::Kill(..) => "term",
            Self::Stand(..) => "stand",
            Self::Postgres("KILL") => "postgres killed",
            Self::Postgres(_) => "postgres restarted",
            Self::Cut => "connections cut",
            Self::Plan(name, ..) => name,
            Self::Disk(_) => "disk full",
        }
    }

    /// A blow of the `n`-th kind, in a measure that is drawn.
    pub(super) fn of(n: usize, random: &mut ChaCha8Rng) -> Self {
        let any = |random: &mut ChaCha8Rng, of: &[Program]| of[random.random_range(0..of.len())];
        let all_but_operator = &PROGRAMS[..PROGRAMS.len() - 1];
        let seconds = |random: &mut ChaCha8Rng, from: u64, to: u64| {
            Duration::from_millis(random.random_range(from * 1000..to * 1000))
        };
        let share = |random: &mut ChaCha8Rng, from: u64, to: u64| random.random_range(from..=to);
        match KINDS[n % KINDS.len()] {
            "kill" => Self::Kill(any(random, all_but_operator), "KILL"),
            "term" => Self::Kill(any(random, all_but_operator), "TERM"),
            "operator" => Self::Kill(Program(OPERATOR), ["KILL", "TERM"][random.random_range(0..2)]),
            "stand" => Self::Stand(any(random, &PROGRAMS), seconds(random, 1, 6)),
            "postgres killed" => Self::Postgres("KILL"),
            "postgres restarted" => Self::Postgres("INT"),
            "connections cut" => Self::Cut,
            "disk full" => Self::Disk(seconds(random, 2, 4)),
            name => {
                let plan = match name {
                    "lake errors" => json!({"lake": {"errors": share(random, 5, 40)}}),
                    "lake slow" => {
                        json!({"lake": {"slow": share(random, 50, 200), "slow_ms": share(random, 20, 300)}})
                    }
                    "lake late" => json!({"lake": {"late_ms": share(random, 100, 1500)}}),
                    "lake full" => json!({"lake": {"full": true}}),
                    "bus drops" => json!({"bus": {"drop": share(random, 100, 600)}}),
                    "bus doubles" => json!({"bus": {"duplicate": share(random, 100, 600)}}),
                    "bus delays" => {
                        json!({"bus": {"delay": share(random, 300, 900), "delay_ms": share(random, 100, 2000)}})
                    }
                    "clock ahead" => json!({"clock_s": share(random, 20, 7200)}),
                    _ => json!({"clock_s": -share(random, 20, 7200).cast_signed()}),
                };
                Self::Plan(name, plan, seconds(random, 2, 8))
            }
        }
    }
}

impl fmt::Display for Blow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(Program(name), signal) => write!(f, "SIG{signal} to {name}"),
            Self::Stand(Program(name), time) => write!(f, "{name} stands still for {time:?}"),
            Self::Postgres(signal) => write!(f, "SIG{signal} to Postgres"),
            Self::Cut => f.write_str("all connections to Postgres are cut"),
            Self::Plan(name, plan, time) => write!(f, "{name} for {time:?}: {plan}"),
            Self::Disk(time) => write!(f, "the disk is full for {time:?}"),
        }
    }
}
