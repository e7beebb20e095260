//! Prices one to five trading days ahead, with intervals, and the record of the method against a random walk.
//!
//! The candidate is an elastic net on scale-free features of price, volume and sentiment. It is refitted as a walk through
//! the past and compared there with a random walk; where its advantage is not clear, the random walk is published instead
//! and the outlook says so. Intervals are conformal: errors over the volatility known at the time, ranked, and only
//! those whose outcome was known.
//!
//! Nothing looks ahead: whatever is said at bar `t` uses bars up to `t`. Tests replace the future by noise to prove it.

mod conformal;
mod features;
mod fit;
mod skill;
mod walk;

pub use skill::Skill;
pub use walk::{Walk, walk_forward};

use conformal::Bands;

/// Horizons are 1 to this many trading days.
pub const HORIZONS: usize = 5;
/// Fewer bars than this give no forecast.
pub const FEWEST_BARS: usize = 10;
/// Name and version of the candidate, as manifests state it.
pub const CANDIDATE: &str = "elastic-net/1";
/// Name and version of the random walk.
pub const RANDOM_WALK: &str = "random-walk/1";
/// Walk-forward outcomes that a claim of skill needs.
const FEWEST_OUTCOMES: usize = 120;

/// What is known of an asset, oldest first; the three slices have one length.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Closing prices, adjusted for splits and dividends, above 0.
    pub closes: &'a [f64],
    /// Traded amounts where they are known.
    pub volumes: &'a [Option<f64>],
    /// Sentiment in [-1, 1] as it was known before the next bar opened.
    pub sentiment: &'a [Option<f64>],
}

/// Which model an outlook comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Champion {
    /// The candidate has shown skill.
    ElasticNet,
    /// It has not, or could not be tried.
    RandomWalk,
}

impl Champion {
    /// The name without a version.
    pub fn name(self) -> &'static str {
        match self {
            Self::ElasticNet => "elastic-net",
            Self::RandomWalk => "random-walk",
        }
    }

    /// Name and version.
    pub fn model(self) -> &'static str {
        match self {
            Self::ElasticNet => CANDIDATE,
            Self::RandomWalk => RANDOM_WALK,
        }
    }
}

/// Price quantiles at 2.5, 10, 50, 90 and 97.5 %.
pub type Quantiles = [f64; 5];

/// The forecast for one horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct Horizon {
    /// Trading days ahead, 1 to [`HORIZONS`].
    pub days: usize,
    /// The champion's price quantiles.
    pub quantiles: Quantiles,
    /// The random walk's price quantiles.
    pub random_walk: Quantiles,
    /// The candidate's skill against the random walk on this horizon; `None` when it could not be tried.
    pub skill: Option<Skill>,
    /// Share of walk-forward outcomes inside the champion's 80 % interval of their time; `None` without outcomes.
    pub coverage_80: Option<f64>,
    /// The same for the 95 % interval.
    pub coverage_95: Option<f64>,
    /// Outcomes behind the coverages.
    pub evaluated: usize,
}

/// The forecast of an asset.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// Whose forecast it is.
    pub champion: Champion,
    /// Why, in one plain sentence.
    pub reason: String,
    /// One entry a horizon, nearest first.
    pub horizons: Vec<Horizon>,
    /// The last close, from which the forecast starts.
    pub last_close: f64,
}

/// Why there is no forecast.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum ForecastError {
    /// Too few bars.
    #[error("too short: {0} bars where a forecast needs at least {FEWEST_BARS}")]
    TooShort(usize),
    /// A close that is not a positive finite number.
    #[error("close number {0} is not a positive number")]
    BadClose(usize),
    /// Slices of different lengths.
    #[error("closes, volumes and sentiment have different lengths: {0}, {1} and {2}")]
    Lengths(usize, usize, usize),
}

/// Forecasts the five trading days after the last bar. `seed` drives the bootstrap of the skill's interval only.
///
/// # Errors
/// Fewer than [`FEWEST_BARS`] bars, a close that is not positive, or slices of different lengths.
pub fn forecast(history: &History<'_>, seed: u64) -> Result<Outlook, ForecastError> {
    let n = history.closes.len();
    if n != history.volumes.len() || n != history.sentiment.len() {
        return Err(ForecastError::Lengths(n, history.volumes.len(), history.sentiment.len()));
    }
    if let Some(bad) = history.closes.iter().position(|c| !(c.is_finite() && *c > 0.0)) {
        return Err(ForecastError::BadClose(bad));
    }
    if n < FEWEST_BARS {
        return Err(ForecastError::TooShort(n));
    }
    let walk = walk_forward(history);
    let skills: Vec<Option<Skill>> = (1..=HORIZONS).map(|days| skill::measure(&walk, days, seed)).collect();
    let (champion, reason) = choose(skills[HORIZONS - 1].as_ref());
    let horizons = skills
        .into_iter()
        .enumerate()
        .map(|(i, skill)| horizon(&walk, i + 1, champion, skill, history.closes[n - 1]))
        .collect();
    Ok(Outlook { champion, reason, horizons, last_close: history.closes[n - 1] })
}

fn choose(five_days: Option<&Skill>) -> (Champion, String) {
    match five_days {
        None => (Champion::RandomWalk, "too few bars to try the model: random walk".to_owned()),
        Some(skill) => {
            let record = format!(
                "skill over five days {:+.2} % [{:+.2}, {:+.2}] on {} past days",
                100.0 * skill.value,
                100.0 * skill.low,
                100.0 * skill.high,
                skill.evaluated
            );
            if skill.evaluated >= FEWEST_OUTCOMES && skill.floor > 0.0 {
                (Champion::ElasticNet, format!("the model beat the random walk: {record}"))
            } else {
                (
                    Champion::RandomWalk,
                    format!("the model showed no clear advantage, so the random walk is used: {record}"),
                )
            }
        }
    }
}

fn horizon(walk: &Walk, days: usize, champion: Champion, skill: Option<Skill>, last_close: f64) -> Horizon {
    let (unmoved, moved) = (Bands::calibrate(walk, days, false), Bands::calibrate(walk, days, true));
    let random_walk = unmoved.latest(0.0).map(|r| last_close * r.exp());
    let (bands, centre) = match champion {
        Champion::RandomWalk => (&unmoved, 0.0),
        Champion::ElasticNet => (&moved, walk.latest(days)),
    };
    let record = bands.record();
    Horizon {
        days,
        quantiles: bands.latest(centre).map(|r| last_close * r.exp()),
        random_walk,
        skill,
        coverage_80: record.share(record.inside_80),
        coverage_95: record.share(record.inside_95),
        evaluated: record.outcomes,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "forecast/tests.rs"]
mod tests;
