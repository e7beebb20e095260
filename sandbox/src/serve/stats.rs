//! Counts of requests, by source.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde_json::{Map, Value, json};

use crate::source::Source;

/// Counts since the start.
#[derive(Debug, Default)]
pub(super) struct Stats([Counts; 4]);

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    exceeded: AtomicU64,
    faults: AtomicU64,
}

impl Stats {
    /// A request came.
    pub(super) fn request(&self, source: Source) {
        self.of(source).requests.fetch_add(1, Relaxed);
    }

    /// It was over the limit.
    pub(super) fn exceeded(&self, source: Source) {
        self.of(source).exceeded.fetch_add(1, Relaxed);
    }

    /// A fault struck it.
    pub(super) fn fault(&self, source: Source) {
        self.of(source).faults.fetch_add(1, Relaxed);
    }

    /// All counts.
    pub(super) fn to_json(&self) -> Value {
        let count = |source: &Source| {
            let counts = self.of(*source);
            let value = json!({
                "requests": counts.requests.load(Relaxed),
                "limits_exceeded": counts.exceeded.load(Relaxed),
                "faults": counts.faults.load(Relaxed),
            });
            (source.name().to_owned(), value)
        };
        Value::Object(Source::ALL.iter().map(count).collect::<Map<_, _>>())
    }

    fn of(&self, source: Source) -> &Counts {
        &self.0[source as usize]
    }
}
