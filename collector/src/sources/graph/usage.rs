//! How much of Meta's limits is used: `X-App-Usage`, `X-Business-Use-Case-Usage`, `X-Page-Usage`.
//!
//! ```json
//! {"call_count":28,"total_time":25,"total_cputime":25}
//! {"1784":[{"type":"instagram","call_count":95,"total_cputime":20,"total_time":20,"estimated_time_to_regain_access":19}]}
//! {"call_volume":28,"cpu_time":25}
//! ```
//!
//! Percent, and minutes until there is access again. The last form is Instagram's, at times.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

const HEADERS: [&str; 3] = ["x-app-usage", "x-business-use-case-usage", "x-page-usage"];
const PERCENTS: [&str; 5] = ["call_count", "total_time", "total_cputime", "call_volume", "cpu_time"];
const MINUTES: &str = "estimated_time_to_regain_access";

/// From so many percent on, requests come more slowly (sources.md, section 3.3).
const SLOW_FROM: f64 = 75.0;

/// The pause grows with the square of what is used beyond that, up to about 13 s just before the limit.
const GROWTH_MS: f64 = 20.0;

/// The limits are of a rolling hour.
const PERIOD: Duration = Duration::from_secs(3600);

/// What is used of the limit that is used most.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Usage {
    percent: f64,
    /// When there is access again, where there is none.
    pub(super) regained_in: Option<Duration>,
}

/// What an answer's headers say.
pub(super) fn of(headers: &HeaderMap) -> Usage {
    let mut usage = Usage::default();
    let values = HEADERS.iter().flat_map(|name| headers.get_all(*name));
    for value in values.filter_map(|value| serde_json::from_slice(value.as_bytes()).ok()) {
        usage.note(&value);
    }
    usage
}

impl Usage {
    fn note(&mut self, value: &Value) {
        match value {
            Value::Array(rows) => rows.iter().for_each(|row| self.note(row)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match number(value) {
                        Some(percent) if PERCENTS.contains(&name.as_str()) => {
                            self.percent = self.percent.max(percent)
                        }
                        Some(minutes) if name == MINUTES && minutes > 0.0 => {
                            let wait = Duration::from_secs_f64(minutes.min(1e5) * 60.0);
                            self.regained_in = Some(self.regained_in.map_or(wait, |known| known.max(wait)));
                        }
                        Some(_) => {}
                        None => self.note(value),
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether nothing is left.
    pub(super) fn is_full(&self) -> bool {
        self.percent >= 100.0
    }

    /// How long to ask for nothing, so that the limit is not hit.
    pub(super) fn pause(&self) -> Option<Duration> {
        if self.is_full() {
            return Some(self.regained_in.unwrap_or(PERIOD));
        }
        if self.regained_in.is_some() {
            return self.regained_in;
        }
        let beyond = self.percent - SLOW_FROM + 1.0;
        (beyond >= 1.0).then(|| Duration::from_millis((beyond * beyond * GROWTH_MS) as u64))
    }
}

fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    number.filter(|number| number.is_finite())
}
