//! The fault plan: what goes wrong, where and when. `kind` has the kinds, `rule` the rules, `help` the format in words.
//!
//! Decisions depend only on the plan and on how many requests a source has had, never on time.

pub(crate) mod help;
pub(crate) mod kind;
mod rule;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

pub(crate) use kind::{BrokerFault, Kind};
use rule::Rule;
pub(crate) use rule::{Settings, Wording};

use crate::wire::Request;

/// What goes wrong with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// In a source that speaks HTTP.
    Http(HttpFault),
    /// What only the broker's listener can do.
    Broker(BrokerFault),
}

/// What goes wrong with one HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpFault {
    /// What.
    pub kind: Kind,
    /// In what measure.
    pub settings: Settings,
    /// A random number for choices within the answer, the same for the same plan and order of requests.
    pub draw: u64,
}

/// A plan and how far it has come.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    seed: u64,
    rules: Vec<Rule>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// How many requests of a source a rule has covered.
    requests: HashMap<(usize, &'static str), u64>,
    /// How often a rule struck.
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
        Self::read(&text).with_context(|| format!("{}", file.display()))
    }

    fn read(text: &str) -> Result<Self> {
        let plan: rule::File =
            serde_json::from_str(text).context("not a fault plan; sandbox serve --help has the format")?;
        let read = |(index, fields)| Rule::read(fields).with_context(|| format!("rule {}", index + 1));
        let rules = plan.rules.iter().enumerate().map(read).collect::<Result<_>>()?;
        Ok(Self { seed: plan.seed, rules, seen: Mutex::default() })
    }

    /// What goes wrong next at a listener that has no HTTP requests: it asks with `/connect` for a new connection and `/request` for
    /// a request on it.
    pub(crate) fn next(&self, source: &'static str, path: &str) -> Option<Fault> {
        self.strike(source, &Request { path: path.to_owned(), ..Request::default() })
    }

    /// What goes wrong with a request to `source`.
    pub(crate) fn strike(&self, source: &'static str, request: &Request) -> Option<Fault> {
        if self.rules.is_empty() {
            return None;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut struck = None;
        for (index, rule) in self.rules.iter().enumerate() {
            if !rule.covers(source, request) {
                continue;
            }
            let count = seen.requests.entry((index, source)).or_insert(0);
            *count += 1;
            let draw = draw(rule.seed(self.seed), index, *count);
            let strikes = rule.strikes(*count, draw);
            let fired = seen.fired.entry(index).or_insert(0);
            // The first rule that strikes counts; those after it only count the request.
            if struck.is_none() && strikes && rule.stated.times.is_none_or(|times| *fired < times) {
                *fired += 1;
                struck = Some((rule, draw));
            }
        }
        struck.map(|(rule, draw)| match rule.entry.kind {
            Kind::Broker(fault) => Fault::Broker(fault),
            kind => Fault::Http(HttpFault { kind, settings: rule.stated.settings.clone(), draw: mix(draw) }),
        })
    }

    /// Whether some rule of this kind can strike a source.
    pub(crate) fn has(&self, source: &str, kind: Kind) -> bool {
        self.rules.iter().any(|rule| rule.entry.kind == kind && rule.is_for(source))
    }
}

fn draw(seed: u64, index: usize, count: u64) -> u64 {
    mix(seed ^ mix(index as u64 + 1) ^ mix(count.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
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
    use serde_json::json;

    use super::kind::{KINDS, Refusal};
    use super::*;

    fn request(path: &str) -> Request {
        Request { method: "GET".into(), path: path.into(), ..Request::default() }
    }

    fn struck(faults: &Faults, source: &'static str, path: &str, times: usize) -> Vec<usize> {
        (1..=times).filter(|_| faults.strike(source, &request(path)).is_some()).collect()
    }

    #[test]
    fn every_times_and_after_are_counted_by_source() {
        let plan = r#"{"rules":[{"source":"x","kind":"rate_limit","retry_after_s":2,"every":3,"times":2}]}"#;
        let faults = Faults::read(plan).unwrap();
        assert_eq!(struck(&faults, "x", "/", 12), [3, 6]);
        assert!(struck(&faults, "alpaca", "/", 9).is_empty());
        let faults = Faults::read(r#"{"rules":[{"source":"x","kind":"slow","after":4,"every":2}]}"#).unwrap();
        assert_eq!(struck(&faults, "x", "/", 9), [6, 8]);
    }

    #[test]
    fn a_path_narrows_what_is_counted() {
        let plan = r#"{"rules":[{"source":"feeds","kind":"no_guid","path":"/a/*","every":2}]}"#;
        let faults = Faults::read(plan).unwrap();
        assert!(struck(&faults, "feeds", "/b/rss.xml", 4).is_empty());
        assert_eq!(struck(&faults, "feeds", "/a/rss.xml", 4), [2, 4]);
        let plan = r#"{"rules":[{"source":"alpha_vantage","kind":"slow","path":"*?*function=FX_*"}]}"#;
        let faults = Faults::read(plan).unwrap();
        let mut asked = request("/query");
        asked.params = vec![("apikey".into(), "k".into()), ("function".into(), "FX_DAILY".into())];
        assert!(faults.strike("alpha_vantage", &asked).is_some());
        asked.params[1].1 = "NEWS_SENTIMENT".into();
        assert!(faults.strike("alpha_vantage", &asked).is_none());
    }

    #[test]
    fn probability_is_seeded() {
        let plan =
            r#"{"seed":5,"rules":[{"source":"*","kind":"server_error","status":502,"probability":0.25}]}"#;
        let run = || {
            let faults = Faults::read(plan).unwrap();
            (0..400).map(|_| faults.strike("x", &request("/"))).collect::<Vec<_>>()
        };
        let first = run();
        assert_eq!(first, run());
        let hits = first.iter().flatten().count();
        assert!((70..130).contains(&hits), "{hits} of 400");
        let is_502 = |fault: &Fault| matches!(fault, Fault::Http(HttpFault { kind: Kind::Refusal(Refusal::ServerError), settings, .. }) if settings.status == Some(502));
        assert!(first.iter().flatten().all(is_502));
    }

    #[test]
    fn the_broker_is_struck_on_connecting_or_on_asking() {
        let plan = json!({"rules": [
            {"source": "interactive_brokers", "kind": "server_212", "times": 1},
            {"source": "interactive_brokers", "kind": "no_end"},
            {"source": "*", "kind": "server_error"},
        ]});
        let faults = Faults::read(&plan.to_string()).unwrap();
        let next = |path| faults.next("interactive_brokers", path);
        assert_eq!(next("/request"), Some(Fault::Broker(BrokerFault::NoEnd)));
        assert_eq!(next("/connect"), Some(Fault::Broker(BrokerFault::Server212)));
        assert_eq!(next("/connect"), None, "no rule for HTTP reaches it");
    }

    #[test]
    fn senseless_rules_are_refused_with_what_would_make_sense() {
        for (rule, words) in [
            (r#"{"source":"myspace","kind":"slow"}"#, "stocktwits, telegram"),
            (r#"{"source":"x","kind":"slower"}"#, "malformed_json"),
            (r#"{"source":"telegram","kind":"credits"}"#, "renamed_class"),
            (r#"{"source":"interactive_brokers","kind":"slow"}"#, "socket_drop"),
            (r#"{"source":"x","kind":"slow","every":0}"#, "1 or more"),
            (r#"{"source":"x","kind":"slow","every":2,"probability":0.5}"#, "not both"),
            (r#"{"source":"x","kind":"slow","probability":1.5}"#, "between 0 and 1"),
            (r#"{"source":"x","kind":"slow","status":500}"#, "takes no field \"status\""),
            (r#"{"source":"x","kind":"slow","ms":"long"}"#, "invalid type"),
            (r#"{"source":"x","kind":"server_error","status":200}"#, "500 to 599"),
            (r#"{"source":"facebook","kind":"meta_usage","code":5}"#, "80001"),
            (r#"{"source":"facebook","kind":"meta_usage","minutes":-1}"#, "0 or more"),
            (r#"{"kind":"slow"}"#, "source is missing"),
        ] {
            let error = Faults::read(&format!("{{\"rules\":[{rule}]}}")).unwrap_err();
            let error = format!("{error:#}");
            assert!(error.contains("rule 1") && error.contains(words), "{rule}: {error}");
        }
        let error = format!("{:#}", Faults::read("[]").unwrap_err());
        assert!(error.contains("sandbox serve --help"), "{error}");
    }

    #[test]
    fn every_kind_has_an_example_that_is_a_rule() {
        for entry in KINDS {
            let faults = Faults::read(&format!("{{\"rules\":[{}]}}", entry.example)).unwrap();
            assert_eq!(faults.rules[0].entry.name, entry.name);
            assert_eq!(KINDS.iter().filter(|other| other.name == entry.name).count(), 1);
        }
    }
}
