//! Counts of requests, by source.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde_json::{Map, Value};

use crate::service::{SOURCES, Service};

/// Counts since the start.
#[derive(Debug)]
pub(crate) struct Stats(BTreeMap<&'static str, Counts>);

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    exceeded: AtomicU64,
    faults: AtomicU64,
}

impl Default for Stats {
    fn default() -> Self {
        Self(SOURCES.into_iter().map(|source| (source, Counts::default())).collect())
    }
}

impl Stats {
    /// A request came.
    pub(crate) fn request(&self, source: &str) {
        self.count(source, |counts| &counts.requests);
    }

    /// It was over a limit, by the client's own doing.
    pub(crate) fn exceeded(&self, source: &str) {
        self.count(source, |counts| &counts.exceeded);
    }

    /// A fault struck it.
    pub(crate) fn fault(&self, source: &str) {
        self.count(source, |counts| &counts.faults);
    }

    /// The counts of the sources that are served, with the counters of their own.
    pub(crate) fn to_json(&self, services: &[Box<dyn Service>]) -> Value {
        let mut all = Map::new();
        for service in services {
            let Some(counts) = self.0.get(service.name()) else { continue };
            let mut value = Map::new();
            value.insert("requests".into(), counts.requests.load(Relaxed).into());
            value.insert("limits_exceeded".into(), counts.exceeded.load(Relaxed).into());
            value.insert("faults".into(), counts.faults.load(Relaxed).into());
            value.extend(service.counters().into_iter().map(|(name, count)| (name.to_owned(), count.into())));
            all.insert(service.name().to_owned(), Value::Object(value));
        }
        Value::Object(all)
    }

    fn count(&self, source: &str, which: impl Fn(&Counts) -> &AtomicU64) {
        if let Some(counts) = self.0.get(source) {
            which(counts).fetch_add(1, Relaxed);
        }
    }
}
