//! The figures of a comparison: over the days on which every one of its assets has a close.

use std::ops::Range;

use analytics::indicators::drawdown;
use analytics::statistics::{TRADING_DAYS, annualised_volatility, beta, correlation, log_returns};
use chrono::NaiveDate;

use super::question::Window;
use crate::price::series::Series;
use crate::price::span::Span;

/// Fewer returns than this say nothing about how two assets move together.
pub const FEWEST_RETURNS: usize = 10;
/// Days of a year for what trades every day.
const EVERY_DAY: f64 = 365.0;

/// One asset that the reader may see.
pub struct Member {
    /// Its symbol.
    pub symbol: String,
    /// Whether it trades every day of the week.
    pub every_day: bool,
    /// Its bars, adjusted.
    pub series: Series,
}

/// What one asset did.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Its closes on the common days, the first taken as 100.
    pub rebased: Vec<f64>,
    /// Its last common close.
    pub close: f64,
    /// Change from the first common day to the last, as a share.
    pub change: f64,
    /// Volatility of daily log returns over the window, made yearly; NaN where there are too few.
    pub volatility: f64,
    /// The deepest fall from a high, 0 or below, over the common days.
    pub drawdown: f64,
    /// Beta against the benchmark over the window; NaN where there are too few returns.
    pub beta: f64,
}

/// A comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    /// The common days in the time that is looked at.
    pub days: Vec<NaiveDate>,
    /// Asset by asset, in the order given.
    pub figures: Vec<Figures>,
    /// Correlations of daily log returns over the window, a row an asset; NaN where there are too few.
    pub correlations: Vec<Vec<f64>>,
    /// Returns in the window.
    pub returns: usize,
    /// Days that make a year here.
    pub year: f64,
}

/// Compares `members` over the days that they have in common with each other and with `benchmark`. `None` where there are
/// fewer than two such days.
pub fn compare(members: &[Member], benchmark: Option<&Member>, span: &Span, window: Window) -> Option<Board> {
    let all: Vec<&Member> = members.iter().chain(benchmark).collect();
    let days = common_days(&all);
    let place = span.place(&days);
    let days = days.get(place)?.to_vec();
    if days.len() < 2 || members.is_empty() {
        return None;
    }
    let closes: Vec<Vec<f64>> = all.iter().map(|member| closes_on(&member.series, &days)).collect();
    let recent = recent(days.len() - 1, window);
    let returns: Vec<Vec<f64>> = closes
        .iter()
        .map(|closes| log_returns(closes).get(recent.clone()).unwrap_or_default().to_vec())
        .collect();
    let enough = recent.len() >= FEWEST_RETURNS;
    let known = |value: f64| if enough { value } else { f64::NAN };
    // A mixture trades on the days of its shares.
    let year = if all.iter().all(|member| member.every_day) { EVERY_DAY } else { TRADING_DAYS };
    let measured = benchmark.and(returns.last());
    let figures = closes.iter().zip(&returns).take(members.len()).map(|(closes, returns)| {
        let (first, last) =
            (closes.first().copied().unwrap_or(f64::NAN), closes.last().copied().unwrap_or(f64::NAN));
        Figures {
            rebased: closes.iter().map(|close| close / first * 100.0).collect(),
            close: last,
            change: last / first - 1.0,
            volatility: known(annualised_volatility(returns, year)),
            drawdown: drawdown(closes).into_iter().fold(0.0, f64::min),
            beta: measured.map_or(f64::NAN, |benchmark| known(beta(returns, benchmark))),
        }
    });
    let row = |a: &Vec<f64>| returns.iter().take(members.len()).map(|b| known(correlation(a, b))).collect();
    Some(Board {
        figures: figures.collect(),
        correlations: returns.iter().take(members.len()).map(row).collect(),
        returns: recent.len(),
        days,
        year,
    })
}

/// The last returns that the window takes.
fn recent(count: usize, window: Window) -> Range<usize> {
    match window {
        Window::Days(days) => count.saturating_sub(days)..count,
        Window::All => 0..count,
    }
}

/// The days on which every asset has a close that is a positive number.
fn common_days(members: &[&Member]) -> Vec<NaiveDate> {
    let Some((first, rest)) = members.split_first() else { return Vec::new() };
    let priced = |series: &Series, at: usize| {
        series.close.get(at).is_some_and(|close| *close > 0.0 && close.is_finite())
    };
    let has =
        |series: &Series, day: &NaiveDate| series.days.binary_search(day).is_ok_and(|at| priced(series, at));
    let common = |(at, day): (usize, &NaiveDate)| {
        (priced(&first.series, at) && rest.iter().all(|member| has(&member.series, day))).then_some(*day)
    };
    first.series.days.iter().enumerate().filter_map(common).collect()
}

fn closes_on(series: &Series, days: &[NaiveDate]) -> Vec<f64> {
    let close =
        |day: &NaiveDate| series.days.binary_search(day).ok().and_then(|at| series.close.get(at).copied());
    days.iter().filter_map(close).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::price::span::Period;

    fn member(symbol: &str, from: &str, closes: &[f64]) -> Member {
        let first: NaiveDate = from.parse().unwrap();
        let series = Series {
            days: first.iter_days().take(closes.len()).collect(),
            close: closes.to_vec(),
            ..Series::default()
        };
        Member { symbol: symbol.into(), every_day: false, series }
    }

    fn all() -> Span {
        Span::of(Period::All)
    }

    #[test]
    fn only_common_days_count() {
        let members =
            [member("A", "2026-01-01", &[50.0, 100.0, 150.0]), member("B", "2026-01-02", &[10.0, 5.0, 9.0])];
        let board = compare(&members, None, &all(), Window::All).unwrap();
        assert_eq!(board.days.len(), 2);
        assert_eq!(board.figures[0].rebased, [100.0, 150.0]);
        assert_eq!(board.figures[1].rebased, [100.0, 50.0]);
        assert_eq!((board.figures[1].change, board.figures[1].drawdown), (-0.5, -0.5));
        assert!(board.correlations[0][1].is_nan(), "one return says nothing");
        let apart = [member("A", "2026-01-01", &[1.0, 2.0]), member("B", "2027-01-01", &[1.0, 2.0])];
        assert_eq!(compare(&apart, None, &all(), Window::All), None);
        assert_eq!(compare(&[], None, &all(), Window::All), None);
    }

    /// By hand: returns of A are those of the benchmark doubled, those of B are turned round.
    #[test]
    fn beta_and_correlation_by_hand() {
        let steps = [0.01, -0.02, 0.03, 0.0, 0.01, -0.01, 0.02, -0.03, 0.01, 0.02, 0.01, -0.02];
        let path = |factor: f64| {
            let mut log = 0.0;
            std::iter::once(100.0)
                .chain(steps.map(|s| {
                    log += factor * s;
                    100.0 * f64::exp(log)
                }))
                .collect::<Vec<_>>()
        };
        let members = [member("A", "2026-01-01", &path(2.0)), member("B", "2026-01-01", &path(-1.0))];
        let market = member("M", "2026-01-01", &path(1.0));
        let board = compare(&members, Some(&market), &all(), Window::All).unwrap();
        assert!((board.figures[0].beta - 2.0).abs() < 1e-9 && (board.figures[1].beta + 1.0).abs() < 1e-9);
        assert!(
            (board.correlations[0][1] + 1.0).abs() < 1e-9 && (board.correlations[0][0] - 1.0).abs() < 1e-12
        );
        assert_eq!((board.figures.len(), board.returns), (2, 12));
        let short = compare(&members, Some(&market), &all(), Window::Days(11)).unwrap();
        assert_eq!(short.returns, 11);
        let a = &short.figures[0];
        let expected = annualised_volatility(&steps[1..].iter().map(|s| 2.0 * s).collect::<Vec<_>>(), 252.0);
        assert!((a.volatility - expected).abs() < 1e-9);
        assert_eq!(a.rebased.len(), 13, "the window is that of the returns, not of the chart");
    }

    #[test]
    fn a_price_of_zero_is_no_common_day() {
        let members =
            [member("A", "2026-01-01", &[1.0, 0.0, 3.0]), member("B", "2026-01-01", &[1.0, 2.0, 4.0])];
        let board = compare(&members, None, &all(), Window::All).unwrap();
        assert_eq!(board.figures[1].rebased, [100.0, 400.0]);
    }
}
