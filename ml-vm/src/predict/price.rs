//! The bars of one asset: forecast, signals and risk.

use analytics::forecast::{ForecastError, Outlook, forecast};
use analytics::random::draw;
use analytics::risk::{Normal, RiskError, Simulation, historical};
use analytics::signal;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use domain::bar::interval_duration;
use domain::mention::AssetBar;
use domain::prediction::{Forecast, Risk, Signal};

use super::calendar::trading_days_after;
use super::history::Felt;

/// Name and version of the risk model, as manifests state it.
pub const RISK_MODEL: &str = "normal-monte-carlo/2";
/// The interval that forecasts are made of.
const INTERVAL: &str = "1d";
/// Simulated returns behind each Value at Risk.
const SIMULATIONS: usize = 100_000;
/// Returns that the risk models look back on: one year of trading days.
const RISK_WINDOW: usize = 250;
/// Returns below which no risk is stated.
const FEWEST_RETURNS: usize = 20;

/// The daily bars that are final, one a day, oldest first.
#[derive(Debug, Default)]
pub struct Daily {
    /// When each opens.
    pub opens_at: Vec<DateTime<Utc>>,
    /// Closes, adjusted where all bars are.
    pub closes: Vec<f64>,
    /// Traded amounts.
    pub volumes: Vec<Option<f64>>,
    /// Bars that could not be used.
    pub rejected: i64,
}

impl Daily {
    /// Takes what is final at `now`: a bar counts once its interval has passed. Of several bars of one instant the first
    /// source by name counts.
    pub fn of(bars: &[AssetBar], now: DateTime<Utc>) -> Self {
        let day = interval_duration(INTERVAL).unwrap_or_else(|| Duration::days(1));
        let mut final_bars: Vec<&AssetBar> =
            bars.iter().filter(|b| b.interval == INTERVAL && b.opens_at + day <= now).collect();
        let before = final_bars.len();
        final_bars.retain(|b| {
            let usable = |v: f64| v.is_finite() && v > 0.0;
            usable(b.close) && b.adj_close.is_none_or(usable) && b.volume.is_none_or(f64::is_finite)
        });
        let rejected = (before - final_bars.len()) as i64;
        final_bars.sort_by(|a, b| (a.opens_at, &a.source).cmp(&(b.opens_at, &b.source)));
        final_bars.dedup_by_key(|b| b.opens_at);
        Self {
            opens_at: final_bars.iter().map(|b| b.opens_at).collect(),
            closes: crate::bars::closes(final_bars.iter().map(|b| (b.close, b.adj_close))),
            volumes: final_bars.iter().map(|b| b.volume).collect(),
            rejected,
        }
    }

    /// The sentiment that belongs to each bar: the document-weighted mean of the slots that closed after the bar opened and
    /// not later than the next one opens, or for the last bar not later than `now`. Nothing that
    /// was felt after the next bar had opened can reach this one.
    pub fn sentiment(&self, felt: &[Felt], now: DateTime<Utc>) -> Vec<Option<f64>> {
        let ends = self.opens_at.iter().skip(1).copied().chain([now]);
        let spans = self.opens_at.iter().copied().zip(ends);
        spans
            .map(|(from, end)| {
                let known = felt.iter().filter(|f| from < f.known_at && f.known_at <= end);
                let (sum, weight) = known.fold((0.0, 0.0), |(sum, weight), f| {
                    (sum + f.score * f.documents as f64, weight + f.documents as f64)
                });
                (weight > 0.0).then(|| sum / weight)
            })
            .collect()
    }

    fn days(&self) -> Vec<NaiveDate> {
        self.opens_at.iter().map(DateTime::date_naive).collect()
    }
}

/// The forecast of an asset.
///
/// # Errors
/// Too few bars.
pub fn outlook(
    daily: &Daily,
    felt: &[Felt],
    now: DateTime<Utc>,
    seed: u64,
) -> Result<Outlook, ForecastError> {
    let sentiment = daily.sentiment(felt, now);
    let history = analytics::forecast::History {
        closes: &daily.closes,
        volumes: &daily.volumes,
        sentiment: &sentiment,
    };
    forecast(&history, seed)
}

/// The rows of `forecast.parquet`.
pub fn forecast_rows(outlook: &Outlook, daily: &Daily) -> Vec<Forecast> {
    let days = daily.days();
    let Some(last_on) = days.last().copied() else { return Vec::new() };
    let targets = trading_days_after(&days, outlook.horizons.len());
    let horizons = outlook.horizons.iter().zip(targets);
    horizons
        .map(|(h, target_on)| {
            let ([q025, q10, q50, q90, q975], [rw_q025, rw_q10, _, rw_q90, rw_q975]) =
                (h.quantiles, h.random_walk);
            Forecast {
                horizon: h.days as i32,
                target_on,
                last_close: outlook.last_close,
                last_on,
                q025,
                q10,
                q50,
                q90,
                q975,
                rw_q025,
                rw_q10,
                rw_q90,
                rw_q975,
                model: outlook.champion.model().to_owned(),
                skill: h.skill.map(|s| s.value),
                skill_low: h.skill.map(|s| s.low),
                skill_high: h.skill.map(|s| s.high),
                coverage_80: h.coverage_80,
                coverage_95: h.coverage_95,
                evaluated: h.evaluated as i64,
            }
        })
        .collect()
}

/// The rows of `signals.parquet`.
pub fn signal_rows(outlook: Option<&Outlook>, daily: &Daily) -> Vec<Signal> {
    let forecast = outlook.map(|o| ("forecast", signal::from_forecast(o)));
    let averages = signal::from_averages(&daily.closes).map(|s| ("moving-average", s));
    let both = forecast.into_iter().chain(averages);
    both.map(|(name, s)| Signal {
        name: name.to_owned(),
        side: s.side.as_str().to_owned(),
        strength: s.strength,
        reason: s.reason,
    })
    .collect()
}

/// The rows of `risk.parquet`: one day ahead, on simple returns, as shares of the position. None with too few returns.
///
/// # Errors
/// A return is not finite.
pub fn risk_rows(daily: &Daily, seed: u64) -> Result<Vec<Risk>, RiskError> {
    let returns: Vec<f64> = daily.closes.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect();
    let returns = &returns[returns.len().saturating_sub(RISK_WINDOW)..];
    if returns.len() < FEWEST_RETURNS {
        return Ok(Vec::new());
    }
    // Parquet has signed integers only, so the seed keeps to them.
    let seed = draw(seed, 0) >> 1;
    let model = Normal::fit(returns, 1)?;
    // One worker: the assets already share the cores.
    let simulation = Simulation::run(seed, SIMULATIONS, 1, 0.95)?;
    let levels = [0.95, 0.99].into_iter();
    levels
        .map(|confidence| {
            let simulated = simulation.risk(&model, confidence)?;
            Ok(Risk {
                confidence,
                horizon: 1,
                value_at_risk: simulated.value_at_risk,
                standard_error: simulated.standard_error,
                expected_shortfall: simulated.expected_shortfall,
                closed_form: model.risk(confidence).value_at_risk,
                historical: historical(returns, confidence, 1)?.value_at_risk,
                simulations: SIMULATIONS as i64,
                returns: returns.len() as i64,
                seed: seed as i64,
            })
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn bar(source: &str, opens_at: &str, close: f64) -> AssetBar {
        AssetBar {
            source: source.to_owned(),
            interval: "1d".to_owned(),
            opens_at: at(opens_at),
            open: close,
            high: close,
            low: close,
            close,
            adj_close: None,
            volume: None,
            split_ratio: None,
        }
    }

    #[test]
    fn only_final_usable_bars_count_once_and_in_order() {
        let mut hourly = bar("a", "2015-11-02T00:00:00Z", 9.0);
        hourly.interval = "1h".to_owned();
        let bars = [
            bar("b", "2015-11-03T00:00:00Z", 2.5),
            bar("a", "2015-11-03T00:00:00Z", 2.0),
            bar("a", "2015-11-02T00:00:00Z", 1.0),
            bar("a", "2015-11-04T00:00:00Z", f64::NAN),
            bar("a", "2015-11-05T00:00:00Z", 3.0),
            bar("a", "2015-11-06T00:00:00Z", 4.0),
            hourly,
        ];
        let daily = Daily::of(&bars, at("2015-11-06T18:00:00Z"));
        assert_eq!((daily.closes.as_slice(), daily.rejected), ([1.0, 2.0, 3.0].as_slice(), 1));
    }

    #[test]
    fn sentiment_belongs_to_the_bar_before_the_next_opens() {
        let bars = [bar("a", "2015-11-05T00:00:00Z", 1.0), bar("a", "2015-11-06T00:00:00Z", 2.0)];
        let felt =
            |known_at: &str, score: f64, documents: i64| Felt { known_at: at(known_at), score, documents };
        let all = [
            felt("2015-11-05T00:00:00Z", -1.0, 10),
            felt("2015-11-05T06:00:00Z", 0.2, 10),
            felt("2015-11-06T00:00:00Z", 0.8, 20),
            felt("2015-11-06T06:00:00Z", 0.5, 5),
            felt("2015-11-08T06:00:00Z", -0.5, 5),
            felt("2015-11-09T06:00:00Z", -1.0, 50),
        ];
        let now = at("2015-11-08T06:00:00Z");
        let daily = Daily::of(&bars, now);
        let sentiment = daily.sentiment(&all, now);
        assert!(
            (sentiment[0].unwrap() - 0.6).abs() < 1e-12 && sentiment[1].unwrap().abs() < 1e-12,
            "{sentiment:?}"
        );
        assert_eq!(daily.sentiment(&[], now), [None, None]);
    }
}
