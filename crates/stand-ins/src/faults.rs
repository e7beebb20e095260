//! What a test plans to go wrong, and which request it befalls.

use std::time::Duration;

use regex::Regex;
use serde_json::Value;

/// One planned mishap.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The method of the requests that it befalls, as `POST`; empty for every method.
    pub method: &'static str,
    /// A regular expression that is searched in the path as it was sent, without the query.
    pub path: String,
    /// How many requests it befalls; `u32::MAX` for all.
    pub times: u32,
    /// What happens.
    pub what: What,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The request has no effect and is answered with this status and this JSON body.
    Status(u16, Value),
    /// The request has its effect, but half-way through the answer's body the connection closes.
    HalfAnswer,
    /// The request has its effect, but the connection closes without an answer.
    LoseAnswer,
    /// The request has no effect and the connection closes without an answer.
    CloseConnection,
    /// Of a chunk of a resumable upload only the first half arrives, and the connection closes without an answer. Any other
    /// request has no effect.
    HalfRequest,
    /// The request waits this long, then goes on, into the next fault that fits if there is one.
    Delay(Duration),
    /// The operation that the request begins ends with this error code, as `ZONE_RESOURCE_POOL_EXHAUSTED`; a job or batch ends in error.
    OperationError(String),
    /// The operation, job or batch that the request begins runs for ever.
    OperationNeverEnds,
    /// The job or batch that the request begins is gone the next time it is asked for.
    JobVanishes,
}

impl Fault {
    /// A fault for the next `times` requests with this method whose path fits this regular expression.
    pub fn new(method: &'static str, path: &str, times: u32, what: What) -> Self {
        Self { method, path: path.to_owned(), times, what }
    }
}

/// The faults that are still to happen, in the order in which they were planned.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(Fault, Regex)>);

impl Faults {
    pub(crate) fn plan(&mut self, fault: Fault) -> Result<(), regex::Error> {
        let path = Regex::new(&fault.path)?;
        self.0.push((fault, path));
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// How long this request waits, and what happens to it then.
    pub(crate) fn befall(&mut self, method: &str, path: &str) -> (Duration, Option<What>) {
        let mut delay = Duration::ZERO;
        for (fault, regex) in &mut self.0 {
            if fault.times == 0
                || !(fault.method.is_empty() || fault.method == method)
                || !regex.is_match(path)
            {
                continue;
            }
            if fault.times != u32::MAX {
                fault.times -= 1;
            }
            match &fault.what {
                What::Delay(time) => delay += *time,
                what => return (delay, Some(what.clone())),
            }
        }
        (delay, None)
    }
}
