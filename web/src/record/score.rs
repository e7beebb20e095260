//! The score of a group of forecasts against the random walk, and how sure it is.

use analytics::statistics::share_interval;

use super::store::GroupRow;

/// Fewest days from which an interval is computed.
const FEWEST_DAYS: i64 = 10;

/// How the forecasts of a group fared.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// How many.
    pub forecasts: i64,
    /// Mean relative error.
    pub error: f64,
    /// The random walk's.
    pub walk_error: f64,
    /// 1 − error / the walk's error.
    pub skill: f64,
    /// Its 95 % interval; `None` where there are too few days for one.
    pub interval: Option<(f64, f64)>,
    /// Share of outcomes inside the 80 % interval, and the binomial interval of that share.
    pub inside_80: Covered,
    /// The same of the 95 % interval.
    pub inside_95: Covered,
    /// Share of forecasts that were closer than the random walk.
    pub closer: f64,
}

/// A share of outcomes with its 95 % binomial interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Covered {
    /// The share.
    pub share: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Covered {
    fn of(inside: i64, all: i64) -> Option<Self> {
        let (hits, tries) = (u64::try_from(inside).ok()?, u64::try_from(all).ok()?);
        let (low, high) = share_interval(hits, tries)?;
        Some(Self { share: hits as f64 / tries as f64, low, high })
    }
}

/// The score of a group; `None` without forecasts. The interval leaves out one day at a time (a jackknife): forecasts due on
/// one day err together, so days are counted, not forecasts.
pub fn score(row: &GroupRow) -> Option<Score> {
    if row.forecasts <= 0 || row.walk_error.is_nan() || row.walk_error <= 0.0 {
        return None;
    }
    let skill = 1.0 - row.error / row.walk_error;
    // Variance of the jackknife: (n - 1) / n times the sum of squares, so n - 1 times their mean.
    let half = row.spread.map(|spread| 1.96 * (spread * (row.days - 1) as f64).sqrt());
    let half = half.filter(|half| row.days >= FEWEST_DAYS && half.is_finite());
    Some(Score {
        forecasts: row.forecasts,
        error: row.error / row.forecasts as f64,
        walk_error: row.walk_error / row.forecasts as f64,
        skill,
        interval: half.map(|half| (skill - half, skill + half)),
        inside_80: Covered::of(row.inside_80, row.forecasts)?,
        inside_95: Covered::of(row.inside_95, row.forecasts)?,
        closer: row.closer as f64 / row.forecasts as f64,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn row(days: i64, error: f64, walk_error: f64, spread: f64) -> GroupRow {
        GroupRow {
            kind: "horizon".into(),
            key: "1".into(),
            days,
            forecasts: 10 * days,
            error,
            walk_error,
            inside_80: 8 * days,
            inside_95: 9 * days,
            closer: 5 * days,
            spread: Some(spread),
        }
    }

    #[test]
    fn the_same_error_as_the_walk_is_no_skill() {
        let found = score(&row(20, 3.0, 3.0, 0.0)).unwrap();
        assert_eq!((found.forecasts, found.skill, found.interval), (200, 0.0, Some((0.0, 0.0))));
        assert!((found.inside_80.share - 0.8).abs() < 1e-12 && found.inside_80.low < 0.8);
    }

    #[test]
    fn few_days_have_no_interval_and_none_no_score() {
        let few = score(&row(5, 0.5, 1.0, 0.1)).unwrap();
        assert_eq!((few.skill, few.interval), (0.5, None));
        assert_eq!(score(&row(0, 0.0, 0.0, 0.0)), None);
        assert_eq!(score(&row(9, 0.1, f64::NAN, 0.0)), None);
    }
}
