//! The fault plan: what goes wrong, where and when. The README of this crate has its format.
//!
//! Decisions depend only on the plan and on how many requests a source has had, never on time.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::service::SOURCES;

/// The plan as its file states it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    #[serde(default)]
    seed: u64,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// A source's name, or `*`.
    source: String,
    kind: Kind,
    every: Option<u64>,
    probability: Option<f64>,
    seed: Option<u64>,
    times: Option<u64>,
    retry_after_s: Option<u64>,
    status: Option<u16>,
    ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    RateLimit,
    ServerError,
    CutConnection,
    MalformedJson,
    Duplicates,
    Unavailable,
    Slow,
    #[serde(rename = "server_212")]
    Server212,
    ClientIdInUse,
    PacingViolation,
    NoData,
    ConnectionLostRestored,
    SocketDrop,
    NoEnd,
    Silence,
    BadLength,
    Garbage,
}

/// The source that speaks no HTTP.
const BROKER: &str = "interactive_brokers";

impl Kind {
    /// Whether it strikes when a client connects, not when it asks.
    fn is_at_connection(self) -> bool {
        matches!(self, Self::Server212 | Self::ClientIdInUse)
    }
}

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// 429; with a `Retry-After` in real seconds unless absent.
    RateLimit(Option<u64>),
    /// A 5xx status instead of an answer.
    ServerError(u16),
    /// The connection ends in the middle of the body.
    CutConnection,
    /// The body stops half-way, with status 200.
    MalformedJson,
    /// Some records of the answer come twice.
    Duplicates,
    /// The answer comes late, by so many real milliseconds.
    Slow(u64),
    /// What only the broker's listener can do.
    Broker(BrokerFault),
}

/// What goes wrong at the broker's listener; the first two when a client connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BrokerFault {
    /// It says that it is of server version 212.
    Server212,
    /// Error 326, and the connection is closed.
    ClientIdInUse,
    /// Error 162, pacing violation.
    PacingViolation,
    /// Error 162, the query returned no data.
    NoData,
    /// Notices 1100, later 1102; then the answer.
    ConnectionLostRestored,
    /// The socket is closed in the midst of the bars.
    SocketDrop,
    /// The bars come, their end marker never does.
    NoEnd,
    /// No answer at all.
    Silence,
    /// A frame that states a length which is not its own.
    BadLength,
    /// Bytes that are no message.
    Garbage,
}

/// A plan and how far it has come.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    plan: Plan,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    requests: HashMap<&'static str, u64>,
    fired: HashMap<usize, u64>,
}

impl Faults {
    /// Reads a plan.
    ///
    /// # Errors
    /// When the file cannot be read or a rule makes no sense; both are named.
    pub(crate) fn load(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("{}: cannot read the fault plan; check --faults", file.display()))?;
        let plan: Plan = serde_json::from_str(&text)
            .with_context(|| format!("{}: not a fault plan; see sandbox/README.md", file.display()))?;
        for (index, rule) in plan.rules.iter().enumerate() {
            rule.check().with_context(|| format!("{}: rule {}", file.display(), index + 1))?;
        }
        Ok(Self { plan, seen: Mutex::default() })
    }

    /// What goes wrong with the next request to `source`, which has this path below the source's prefix.
    ///
    /// A listener that has no paths asks with `/connect` for a new connection and `/request` for a request on it.
    pub(crate) fn next(&self, source: &'static str, path: &str) -> Option<Fault> {
        if self.plan.rules.is_empty() {
            return None;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let count = seen.requests.entry(source).or_insert(0);
        *count += 1;
        let count = *count;
        for (index, rule) in self.plan.rules.iter().enumerate() {
            let fired = seen.fired.entry(index).or_insert(0);
            let spent = rule.times.is_some_and(|times| *fired >= times);
            if !spent && rule.covers(source, path) && rule.strikes(self.plan.seed, index, count) {
                *fired += 1;
                return Some(rule.fault());
            }
        }
        None
    }
}

impl Rule {
    fn check(&self) -> Result<()> {
        ensure!(
            self.source == "*" || SOURCES.contains(&self.source.as_str()),
            "source {:?} is unknown: use {} or *",
            self.source,
            SOURCES.join(", ")
        );
        ensure!(self.every != Some(0), "every is 0: give 1 or more");
        if let Some(p) = self.probability {
            ensure!((0.0..=1.0).contains(&p), "probability {p} is not between 0 and 1");
        }
        if self.every.is_some() && self.probability.is_some() {
            bail!("give every or probability, not both");
        }
        if let Some(status) = self.status {
            ensure!((500..=599).contains(&status), "status {status} is no server error: give 500 to 599");
        }
        Ok(())
    }

    fn covers(&self, source: &str, path: &str) -> bool {
        (self.source == "*" || self.source == source)
            && (source != BROKER || self.kind.is_at_connection() == (path == "/connect"))
    }

    fn strikes(&self, plan_seed: u64, index: usize, count: u64) -> bool {
        if matches!(self.kind, Kind::Unavailable) {
            return true;
        }
        if let Some(p) = self.probability {
            let seed = self.seed.unwrap_or(plan_seed);
            let draw = mix(seed ^ mix(index as u64 + 1) ^ mix(count.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
            return ((draw >> 11) as f64) < p * (1u64 << 53) as f64;
        }
        count.is_multiple_of(self.every.unwrap_or(1))
    }

    fn fault(&self) -> Fault {
        match self.kind {
            Kind::RateLimit => Fault::RateLimit(self.retry_after_s),
            Kind::ServerError => Fault::ServerError(self.status.unwrap_or(500)),
            Kind::Unavailable => Fault::ServerError(self.status.unwrap_or(503)),
            Kind::CutConnection => Fault::CutConnection,
            Kind::MalformedJson => Fault::MalformedJson,
            Kind::Duplicates => Fault::Duplicates,
            Kind::Slow => Fault::Slow(self.ms.unwrap_or(1000)),
            Kind::Server212 => Fault::Broker(BrokerFault::Server212),
            Kind::ClientIdInUse => Fault::Broker(BrokerFault::ClientIdInUse),
            Kind::PacingViolation => Fault::Broker(BrokerFault::PacingViolation),
            Kind::NoData => Fault::Broker(BrokerFault::NoData),
            Kind::ConnectionLostRestored => Fault::Broker(BrokerFault::ConnectionLostRestored),
            Kind::SocketDrop => Fault::Broker(BrokerFault::SocketDrop),
            Kind::NoEnd => Fault::Broker(BrokerFault::NoEnd),
            Kind::Silence => Fault::Broker(BrokerFault::Silence),
            Kind::BadLength => Fault::Broker(BrokerFault::BadLength),
            Kind::Garbage => Fault::Broker(BrokerFault::Garbage),
        }
    }
}

/// A good mixing of 64 bits (the finaliser of SplitMix64).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn faults(plan: &str) -> Faults {
        let plan: Plan = serde_json::from_str(plan).unwrap();
        plan.rules.iter().for_each(|rule| rule.check().unwrap());
        Faults { plan, seen: Mutex::default() }
    }

    #[test]
    fn every_and_times_are_counted_by_source() {
        let faults =
            faults(r#"{"rules":[{"source":"x","kind":"rate_limit","retry_after_s":2,"every":3,"times":2}]}"#);
        let struck: Vec<usize> = (1..=12).filter(|_| faults.next("x", "/").is_some()).collect();
        assert_eq!(struck, [3, 6]);
        assert!((0..9).all(|_| faults.next("alpaca", "/").is_none()));
    }

    #[test]
    fn probability_is_seeded() {
        let plan =
            r#"{"seed":5,"rules":[{"source":"*","kind":"server_error","status":502,"probability":0.25}]}"#;
        let run = || {
            let faults = faults(plan);
            (0..400).map(|_| faults.next("x", "/")).collect::<Vec<_>>()
        };
        let first = run();
        assert_eq!(first, run());
        let hits = first.iter().flatten().count();
        assert!((70..130).contains(&hits), "{hits} of 400");
        assert!(first.iter().flatten().all(|fault| *fault == Fault::ServerError(502)));
    }

    #[test]
    fn senseless_rules_are_refused() {
        for rule in [
            r#"{"source":"myspace","kind":"slow"}"#,
            r#"{"source":"x","kind":"slow","every":0}"#,
            r#"{"source":"x","kind":"slow","probability":1.5}"#,
            r#"{"source":"x","kind":"server_error","status":200}"#,
        ] {
            let rule: Rule = serde_json::from_str(rule).unwrap();
            assert!(rule.check().is_err(), "{rule:?}");
        }
    }
}
