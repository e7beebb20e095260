//! When an alert fires: pure functions over readings in time order.
//!
//! An alert fires at the reading with which its value crosses the threshold, not at those that stay beyond it. It can
//! fire again once the value has come back by a margin, so that a value that trembles at the threshold fires once, and
//! at the earliest a day later. What it meets first only tells it on which side it stands.

use chrono::{DateTime, Duration, Utc};
use domain::Feature;

/// Shortest time between two firings for one asset.
pub const COOL_DOWN: Duration = Duration::hours(24);
/// The margin by which a value has to come back, as a share of the threshold.
const MARGIN: f64 = 0.05;

/// What an alert looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Change of the price over so many trading days, as a share.
    Price,
    /// Sentiment score, from -1 to 1.
    Sentiment,
    /// Change of that score over so many days.
    SentimentChange,
    /// Documents of the last 24 hours, without noise.
    Mentions,
    /// Those over their mean of the 30 days before.
    MentionsRatio,
    /// Median of the forecast so many trading days ahead, as a share of the last close, less 1.
    ForecastMedian,
    /// Lower end of its 80 % interval.
    ForecastLow,
    /// Upper end of its 80 % interval.
    ForecastHigh,
    /// Value at Risk of one day at 95 %, as a share; a loss is positive.
    Var95,
    /// The same at 99 %.
    Var99,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A share, shown as per cent.
    Percent,
    /// A score from -1 to 1.
    Score,
    /// A count.
    Count,
    /// A multiple.
    Times,
}

impl Measure {
    /// All of them, as a form lists them.
    pub const ALL: [Self; 10] = [
        Self::Price,
        Self::Sentiment,
        Self::SentimentChange,
        Self::Mentions,
        Self::MentionsRatio,
        Self::ForecastMedian,
        Self::ForecastLow,
        Self::ForecastHigh,
        Self::Var95,
        Self::Var99,
    ];

    /// Its name in Postgres, in URLs and in webhooks.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Sentiment => "sentiment",
            Self::SentimentChange => "sentiment-change",
            Self::Mentions => "mentions",
            Self::MentionsRatio => "mentions-ratio",
            Self::ForecastMedian => "forecast-median",
            Self::ForecastLow => "forecast-low",
            Self::ForecastHigh => "forecast-high",
            Self::Var95 => "var-95",
            Self::Var99 => "var-99",
        }
    }

    /// The measure with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.as_str() == name)
    }

    /// The feature that a tier has to include.
    pub fn feature(self) -> Feature {
        match self {
            Self::Price => Feature::Price,
            Self::Sentiment | Self::SentimentChange | Self::Mentions | Self::MentionsRatio => {
                Feature::Sentiment
            }
            _ => Feature::Predictions,
        }
    }

    /// Whether it compares with older values, so that the tier has to show those, too.
    pub fn looks_back(self) -> bool {
        matches!(self, Self::SentimentChange | Self::MentionsRatio)
    }

    /// How its values are written.
    pub fn unit(self) -> Unit {
        match self {
            Self::Sentiment | Self::SentimentChange => Unit::Score,
            Self::Mentions => Unit::Count,
            Self::MentionsRatio => Unit::Times,
            _ => Unit::Percent,
        }
    }

    /// Most days that it takes; 1 where it takes none.
    pub fn most_days(self) -> i32 {
        match self {
            Self::Price | Self::SentimentChange => 30,
            Self::ForecastMedian | Self::ForecastLow | Self::ForecastHigh => 5,
            _ => 1,
        }
    }

    /// Whether it is a change, so that a move in either direction can be asked for.
    pub fn is_change(self) -> bool {
        matches!(self, Self::Price | Self::SentimentChange | Self::ForecastMedian)
    }

    /// Thresholds from here to there are accepted, in its own unit (shares, not per cent).
    pub fn range(self) -> (f64, f64) {
        match self {
            Self::Sentiment => (-1.0, 1.0),
            Self::SentimentChange => (-2.0, 2.0),
            Self::Mentions => (1.0, 1e9),
            Self::MentionsRatio => (0.0, 1_000.0),
            Self::Var95 | Self::Var99 => (0.0, 1.0),
            _ => (-1.0, 10.0),
        }
    }

    /// Smallest margin by which a value has to come back.
    fn least_margin(self) -> f64 {
        match self.unit() {
            Unit::Percent => 0.001,
            Unit::Score => 0.01,
            Unit::Count => 1.0,
            Unit::Times => 0.05,
        }
    }
}

/// On which side of the threshold an alert fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// At the threshold or above.
    Above,
    /// At the threshold or below.
    Below,
    /// By the threshold or more, in either direction.
    Moves,
}

impl Operator {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Above, Self::Below, Self::Moves];

    /// Its name in Postgres, in URLs and in webhooks.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
            Self::Moves => "moves",
        }
    }

    /// The operator with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.as_str() == name)
    }
}

/// What an alert waits for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// What it looks at.
    pub measure: Measure,
    /// On which side it fires.
    pub operator: Operator,
    /// The threshold, in the measure's unit (shares, not per cent).
    pub threshold: f64,
    /// Days, where the measure takes any; from 1.
    pub days: i32,
}

impl Rule {
    /// How far beyond the threshold a value is; negative: not there.
    fn beyond(&self, value: f64) -> f64 {
        match self.operator {
            Operator::Above => value - self.threshold,
            Operator::Below => self.threshold - value,
            Operator::Moves => value.abs() - self.threshold,
        }
    }

    /// How far a value has to come back before the next crossing counts.
    pub fn margin(&self) -> f64 {
        let margin = (self.threshold.abs() * MARGIN).max(self.measure.least_margin());
        // A move cannot come back further than to none.
        if self.operator == Operator::Moves { margin.min(self.threshold / 2.0) } else { margin }
    }
}

/// Where an alert stands for one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether the next crossing fires.
    pub armed: bool,
    /// When it was last looked at.
    pub seen_at: DateTime<Utc>,
    /// When it last fired.
    pub fired_at: Option<DateTime<Utc>>,
}

/// Holds a rule against one reading: where it stands then, and whether it fires. A reading that is not newer than the
/// last one, or that has no value, changes nothing.
pub fn step(
    rule: &Rule,
    before: Option<Standing>,
    at: DateTime<Utc>,
    value: Option<f64>,
) -> (Option<Standing>, bool) {
    let Some(value) = value.filter(|v| v.is_finite()) else { return (before, false) };
    let beyond = rule.beyond(value);
    let Some(before) = before else {
        return (Some(Standing { armed: beyond < 0.0, seen_at: at, fired_at: None }), false);
    };
    if at <= before.seen_at {
        return (Some(before), false);
    }
    let crossed = before.armed && beyond >= 0.0;
    let cool = before.fired_at.is_none_or(|fired_at| at - fired_at >= COOL_DOWN);
    let fires = crossed && cool;
    let after = Standing {
        armed: (before.armed && !crossed) || (!before.armed && beyond <= -rule.margin()),
        seen_at: at,
        fired_at: if fires { Some(at) } else { before.fired_at },
    };
    (Some(after), fires)
}

/// Holds a rule against readings in time order: where it stands at the end, and when it fired with which value.
pub fn replay(
    rule: &Rule,
    mut standing: Option<Standing>,
    readings: impl IntoIterator<Item = (DateTime<Utc>, Option<f64>)>,
) -> (Option<Standing>, Vec<(DateTime<Utc>, f64)>) {
    let mut fired = Vec::new();
    for (at, value) in readings {
        let fires;
        (standing, fires) = step(rule, standing, at, value);
        fired.extend(value.filter(|_| fires).map(|value| (at, value)));
    }
    (standing, fired)
}

#[cfg(test)]
mod tests;
