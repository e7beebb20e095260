//! Bars: open, high, low, close and volume of one asset over one interval.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One bar, as a source stated it. Prices are in the quote currency, as float64; a bar is final once its interval has passed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Canonical symbol of the asset.
    pub symbol: String,
    /// `1d`, `1h`, …
    pub interval: String,
    /// When the interval opens (UTC).
    pub opens_at: DateTime<Utc>,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Last price adjusted for splits and dividends; `None` where the source does not adjust.
    pub adj_close: Option<f64>,
    /// Traded amount in shares or coins; `None` where the source has none.
    pub volume: Option<f64>,
    /// When the collector received it.
    pub collected_at: DateTime<Utc>,
}

impl Bar {
    /// Why this bar cannot be used; `None` when it can.
    pub fn defect(&self) -> Option<&'static str> {
        let prices = [self.open, self.high, self.low, self.close];
        if prices.iter().chain(&self.adj_close).chain(&self.volume).any(|v| !v.is_finite()) {
            return Some("a price or the volume is not a finite number");
        }
        if self.high < self.low {
            return Some("high is below low");
        }
        if self.volume.is_some_and(|v| v < 0.0) {
            return Some("volume is negative");
        }
        None
    }
}

/// How long an interval such as `1d`, `1h`, `15m` lasts; `None` when it is not of that form.
pub fn interval_duration(interval: &str) -> Option<chrono::Duration> {
    let unit = interval.chars().last()?;
    let count: i64 = interval.strip_suffix(unit)?.parse().ok().filter(|n| *n > 0)?;
    match unit {
        'm' => Some(chrono::Duration::minutes(count)),
        'h' => Some(chrono::Duration::hours(count)),
        'd' => Some(chrono::Duration::days(count)),
        _ => None,
    }
}
