//! Prices one to five trading days ahead, with intervals, and the record of the method against a random walk.
//!
//! The candidates are the shrunk drift, an elastic net and boosted trees on scale-free features of price, volatility, volume,
//! sentiment, mentions, news and the calendar. Each walks through the past, refitted on outcomes known by then, and is
//! compared there with a random walk; where no advantage is clear, the random walk is published instead and the outlook
//! says so. Intervals are conformal: errors over the volatility known at the time, ranked, and corrected by how the last
//! intervals did; only errors whose outcome was known count.
//!
//! In reading order: `features`, `scale`, `fit` (the elastic net), `walk`, `skill`, `conformal`; [`record`] tells what would have
//! been published at each bar.
//!
//! Nothing looks ahead: whatever is said at bar `t` uses bars up to `t`. Tests replace the future by noise to prove it.

mod conformal;
mod features;
mod fit;
pub mod record;
mod scale;
mod skill;
mod walk;

pub use skill::Skill;
pub use walk::{Expected, Walk, walk_forward};

use chrono::NaiveDate;
use conformal::Bands;

/// Horizons are 1 to this many trading days.
pub const HORIZONS: usize = 5;
/// Fewer bars than this give no forecast.
pub const FEWEST_BARS: usize = 10;
/// Name and version of the random walk.
pub const RANDOM_WALK: &str = "random-walk/2";
/// Walk-forward outcomes that a claim of skill needs.
const FEWEST_OUTCOMES: usize = 250;

/// What is known of an asset, oldest first. The slices have one length; one that is empty is not known at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct History<'a> {
    /// Closing prices, adjusted for splits and dividends, above 0.
    pub closes: &'a [f64],
    /// Traded amounts where they are known.
    pub volumes: &'a [Option<f64>],
    /// Sentiment in [-1, 1] as it was known before the next bar opened.
    pub sentiment: &'a [Option<f64>],
    /// Documents that mention the asset, counted as sentiment is.
    pub mentions: &'a [Option<f64>],
    /// Those of them that are articles.
    pub news: &'a [Option<f64>],
    /// The day of each bar.
    pub days: &'a [NaiveDate],
}

/// A model that may replace the random walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidate {
    /// The mean return so far, shrunk.
    Drift,
    /// A line through the features.
    ElasticNet,
    /// Boosted trees on the features.
    Trees,
}

impl Candidate {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Drift, Self::ElasticNet, Self::Trees];

    /// Name and version, as manifests state it.
    pub const fn model(self) -> &'static str {
        match self {
            Self::Drift => "drift/1",
            Self::ElasticNet => "elastic-net/2",
            Self::Trees => "trees/1",
        }
    }
}

/// Which model an outlook comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Champion {
    /// A candidate that has shown skill.
    Candidate(Candidate),
    /// None has, or none could be tried.
    RandomWalk,
}

impl Champion {
    /// The name without a version.
    pub fn name(self) -> &'static str {
        self.model().split_once('/').map_or(self.model(), |(name, _)| name)
    }

    /// Name and version.
    pub fn model(self) -> &'static str {
        match self {
            Self::Candidate(candidate) => candidate.model(),
            Self::RandomWalk => RANDOM_WALK,
        }
    }
}

/// What one thing added to an expected log return.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// Which.
    pub what: &'static str,
    /// What the model read; `None` for what rests on no feature.
    pub value: Option<f64>,
    /// How much; all of a horizon sum to its expected log return.
    pub log_return: f64,
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
    /// The champion's 90 % interval.
    pub interval_90: (f64, f64),
    /// The random walk's price quantiles.
    pub random_walk: Quantiles,
    /// The best candidate's skill against the random walk on this horizon; `None` when none could be tried.
    pub skill: Option<Skill>,
    /// Share of walk-forward outcomes inside the champion's 80 % interval of their time; `None` without outcomes.
    pub coverage_80: Option<f64>,
    /// The same for the 90 % interval.
    pub coverage_90: Option<f64>,
    /// The same for the 95 % interval.
    pub coverage_95: Option<f64>,
    /// Outcomes behind the coverages.
    pub evaluated: usize,
    /// What moved the champion's median, largest first; none for the random walk, which nothing moves.
    pub contributions: Vec<Contribution>,
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
    #[error("{1} values of {2} for {0} closes: there must be as many, or none")]
    Lengths(usize, usize, &'static str),
}

/// Forecasts the five trading days after the last bar. `seed` drives the bootstrap of the skill's interval only.
///
/// # Errors
/// Fewer than [`FEWEST_BARS`] bars, a close that is not positive, or slices of different lengths.
pub fn forecast(history: &History<'_>, seed: u64) -> Result<Outlook, ForecastError> {
    Ok(forecast_and_walk(history, seed)?.0)
}

/// The same with the walk through the past on which it rests.
///
/// # Errors
/// As [`forecast`].
pub fn forecast_and_walk(history: &History<'_>, seed: u64) -> Result<(Outlook, Walk), ForecastError> {
    check(history)?;
    let walk = walk_forward(history);
    let n = history.closes.len();
    let (champion, best, reason) = choose(&walk, n - 1, seed);
    let horizons = (1..=HORIZONS)
        .map(|days| horizon(&walk, days, champion, best, history.closes[n - 1], seed))
        .collect();
    Ok((Outlook { champion, reason, horizons, last_close: history.closes[n - 1] }, walk))
}

fn check(history: &History<'_>) -> Result<(), ForecastError> {
    let n = history.closes.len();
    let others = [
        (history.volumes.len(), "volume"),
        (history.sentiment.len(), "sentiment"),
        (history.mentions.len(), "mentions"),
        (history.news.len(), "news"),
        (history.days.len(), "days"),
    ];
    if let Some((length, what)) = others.into_iter().find(|(length, _)| *length != n && *length != 0) {
        return Err(ForecastError::Lengths(n, length, what));
    }
    if let Some(bad) = history.closes.iter().position(|c| !(c.is_finite() && *c > 0.0)) {
        return Err(ForecastError::BadClose(bad));
    }
    if n < FEWEST_BARS {
        return Err(ForecastError::TooShort(n));
    }
    Ok(())
}

/// The champion at bar `now` by its five-day record, the best candidate whether it is champion or not, and why.
fn choose(walk: &Walk, now: usize, seed: u64) -> (Champion, Candidate, String) {
    let measured = Candidate::ALL.into_iter().filter_map(|candidate| {
        Some((candidate, skill::measure(walk, &walk.said[candidate as usize], HORIZONS, now, seed)?))
    });
    let Some((best, skill)) = measured.max_by(|a, b| a.1.floor.total_cmp(&b.1.floor)) else {
        let reason = "too few bars to try a model: random walk".to_owned();
        return (Champion::RandomWalk, Candidate::ElasticNet, reason);
    };
    let record = format!(
        "skill over five days {:+.2} % [{:+.2}, {:+.2}] on {} past days ({})",
        100.0 * skill.value,
        100.0 * skill.low,
        100.0 * skill.high,
        skill.evaluated,
        best.model()
    );
    if skill.evaluated >= FEWEST_OUTCOMES && skill.floor > 0.0 {
        (Champion::Candidate(best), best, format!("the model beat the random walk: {record}"))
    } else {
        let reason = format!("no model showed a clear advantage, so the random walk is used: {record}");
        (Champion::RandomWalk, best, reason)
    }
}

fn horizon(
    walk: &Walk,
    days: usize,
    champion: Champion,
    best: Candidate,
    last_close: f64,
    seed: u64,
) -> Horizon {
    let price = |log_return: f64| last_close * log_return.exp();
    let quantiles =
        |centre: f64, [r80, _, r95]: [f64; 3]| [-r95, -r80, 0.0, r80, r95].map(|r| price(centre + r));
    let unmoved = Bands::calibrate(walk, None, days);
    let random_walk = quantiles(0.0, unmoved.latest());
    let (bands, centre, mut contributions) = match champion {
        Champion::RandomWalk => (unmoved, 0.0, Vec::new()),
        Champion::Candidate(candidate) => {
            let said = &walk.said[candidate as usize];
            let moved_by = walk.moved_by[candidate as usize].get(days - 1).cloned();
            (
                Bands::calibrate(walk, Some(said), days),
                walk.latest(candidate, days),
                moved_by.unwrap_or_default(),
            )
        }
    };
    contributions.sort_by(|a, b| b.log_return.abs().total_cmp(&a.log_return.abs()));
    let [_, r90, _] = bands.latest();
    let now = walk.log_closes.len() - 1;
    Horizon {
        days,
        quantiles: quantiles(centre, bands.latest()),
        interval_90: (price(centre - r90), price(centre + r90)),
        random_walk,
        skill: skill::measure(walk, &walk.said[best as usize], days, now, seed),
        coverage_80: bands.record.share(0),
        coverage_90: bands.record.share(1),
        coverage_95: bands.record.share(2),
        evaluated: bands.record.outcomes,
        contributions,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "forecast/tests.rs"]
mod tests;
