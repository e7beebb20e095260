//! The bars of one asset: forecast, signals and risk.

use analytics::calendar::Market;
use analytics::forecast::{ForecastError, Outlook, Walk, forecast_and_walk};
use analytics::random::draw;
use analytics::risk::{Model, Normal, RiskError, Simulation, backtests, historical};
use analytics::signal;
use domain::prediction::{Contribution, Forecast, Risk, RiskBacktest, Signal};

use super::daily::Daily;
use super::known::Known;

/// Name and version of the risk model, as manifests state it.
pub const RISK_MODEL: &str = "normal-monte-carlo/2";
/// Simulated returns behind each Value at Risk.
const SIMULATIONS: usize = 100_000;
/// Returns that the risk models look back on: one year of trading days.
const RISK_WINDOW: usize = 250;
/// Returns below which no risk is stated.
const FEWEST_RETURNS: usize = 20;
/// The levels of confidence that risk is stated at.
const LEVELS: [f64; 2] = [0.95, 0.99];
/// Days that a back-test judges at most: four years, in which ten losses beyond the 99 % figure are expected.
const JUDGED: usize = 1000;
/// Days below which there is nothing to judge.
const FEWEST_JUDGED: usize = 100;

/// The forecast of an asset, and the walk through its past on which it rests.
///
/// # Errors
/// Too few bars.
pub fn outlook(known: &Known, seed: u64) -> Result<(Outlook, Walk), ForecastError> {
    let (daily, days) = (&known.daily, known.daily.days());
    let history = analytics::forecast::History {
        closes: &daily.closes,
        volumes: &daily.volumes,
        sentiment: &known.sentiment,
        mentions: &known.mentions,
        news: &known.news,
        days: &days,
    };
    forecast_and_walk(&history, seed)
}

/// The rows of `forecast.parquet`.
pub fn forecast_rows(outlook: &Outlook, symbol: &str, daily: &Daily) -> Vec<Forecast> {
    let days = daily.days();
    let Some(last_on) = days.last().copied() else { return Vec::new() };
    let targets = Market::of(symbol, &days).days_after(last_on, outlook.horizons.len());
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

/// The rows of `contributions.parquet`: what moved the forecast that is shown; none for a random walk.
pub fn contribution_rows(outlook: &Outlook) -> Vec<Contribution> {
    let parts = outlook.horizons.iter().flat_map(|h| h.contributions.iter().map(move |c| (h.days, c)));
    parts
        .map(|(days, c)| Contribution {
            horizon: days as i32,
            feature: c.what.to_owned(),
            value: c.value,
            effect: c.log_return,
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
    let returns = simple_returns(daily);
    let returns = &returns[returns.len().saturating_sub(RISK_WINDOW)..];
    if returns.len() < FEWEST_RETURNS {
        return Ok(Vec::new());
    }
    // Parquet has signed integers only, so the seed keeps to them.
    let seed = draw(seed, 0) >> 1;
    let model = Normal::fit(returns, 1)?;
    // One worker: the assets already share the cores.
    let simulation = Simulation::run(seed, SIMULATIONS, 1, 0.95)?;
    LEVELS
        .into_iter()
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

/// The rows of `risk_backtests.parquet`: each day judged by what the year before it said. None with too few returns.
///
/// # Errors
/// A return is not finite, or so large that a model has no figure.
pub fn risk_backtest_rows(daily: &Daily) -> Result<Vec<RiskBacktest>, RiskError> {
    let returns = simple_returns(daily);
    let returns = &returns[returns.len().saturating_sub(RISK_WINDOW + JUDGED)..];
    if returns.len() < RISK_WINDOW + FEWEST_JUDGED {
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    for model in Model::ALL {
        let records = backtests(returns, RISK_WINDOW, &LEVELS, model)?;
        rows.extend(records.into_iter().zip(LEVELS).map(|(fared, confidence)| RiskBacktest {
            model: model.name().to_owned(),
            confidence,
            days: fared.days as i32,
            exceptions: fared.exceedances as i32,
            expected: fared.expected,
            kupiec_p: Some(fared.coverage.p),
            christoffersen_p: Some(fared.independence.p),
        }));
    }
    Ok(rows)
}

fn simple_returns(daily: &Daily) -> Vec<f64> {
    daily.closes.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect()
}
