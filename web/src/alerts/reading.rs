//! What a rule reads of an asset in a slot. The same for a new slot and for the past: only what had been published and
//! traded by the slot's close.

use chrono::{DateTime, Duration, NaiveDate, Utc};

use super::rule::{Measure, Rule};

/// Days whose mean mentions are compared with.
const MEAN_DAYS: i64 = 30;
/// Fewest slots of those that make a mean: five days.
const LEAST_SLOTS: usize = 20;

/// Sentiment and mentions in one slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mood {
    /// The slot's close.
    pub at: DateTime<Utc>,
    /// Score; `None`: too few documents.
    pub score: Option<f64>,
    /// Documents of the last 24 hours, without noise.
    pub documents_day: i64,
}

/// One horizon of a forecast in one slot, each as a share of the last close, less 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// The slot's close.
    pub at: DateTime<Utc>,
    /// Trading days ahead.
    pub horizon: i32,
    /// Lower end of the 80 % interval.
    pub low: f64,
    /// Median.
    pub median: f64,
    /// Upper end.
    pub high: f64,
}

/// Value at Risk of one day in one slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loss {
    /// The slot's close.
    pub at: DateTime<Utc>,
    /// 0.95 or 0.99.
    pub confidence: f64,
    /// A share; a loss is positive.
    pub value: f64,
}

/// What has been published about one asset, each in time order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// Closes that returns are computed from, by trading day.
    pub closes: Vec<(NaiveDate, f64)>,
    /// Sentiment and mentions by slot.
    pub moods: Vec<Mood>,
    /// Forecasts by slot and horizon.
    pub outlooks: Vec<Outlook>,
    /// Risk by slot and confidence.
    pub losses: Vec<Loss>,
}

/// What the rule reads in the slot that closed `at`; `None`: not known.
pub fn reading(rule: &Rule, series: &Series, at: DateTime<Utc>) -> Option<f64> {
    let outlook = || {
        let outlooks = &series.outlooks;
        let found = outlooks.binary_search_by_key(&(at, rule.days), |o| (o.at, o.horizon)).ok();
        found.and_then(|index| outlooks.get(index))
    };
    let loss = |confidence: f64| {
        let first = series.losses.partition_point(|loss| loss.at < at);
        let mut of_slot = series.losses.iter().skip(first).take_while(|loss| loss.at == at);
        of_slot.find(|loss| (loss.confidence - confidence).abs() < 1e-9).map(|loss| loss.value)
    };
    let value = match rule.measure {
        Measure::Price => price_change(&series.closes, at, rule.days),
        Measure::Sentiment => mood(&series.moods, at)?.score,
        Measure::SentimentChange => {
            let before = mood(&series.moods, at - Duration::days(i64::from(rule.days)))?.score?;
            Some(mood(&series.moods, at)?.score? - before)
        }
        Measure::Mentions => Some(mood(&series.moods, at)?.documents_day as f64),
        Measure::MentionsRatio => mentions_ratio(&series.moods, at),
        Measure::ForecastMedian => outlook().map(|o| o.median),
        Measure::ForecastLow => outlook().map(|o| o.low),
        Measure::ForecastHigh => outlook().map(|o| o.high),
        Measure::Var95 => loss(0.95),
        Measure::Var99 => loss(0.99),
    };
    value.filter(|value| value.is_finite())
}

fn mood(moods: &[Mood], at: DateTime<Utc>) -> Option<&Mood> {
    moods.binary_search_by_key(&at, |mood| mood.at).ok().and_then(|index| moods.get(index))
}

/// The change up to the last day that was over when the slot closed: a day's bar may move until then.
fn price_change(closes: &[(NaiveDate, f64)], at: DateTime<Utc>, days: i32) -> Option<f64> {
    let over = closes.partition_point(|(day, _)| *day < at.date_naive());
    let last = over.checked_sub(1)?;
    let before = last.checked_sub(usize::try_from(days).ok()?)?;
    let ((_, before), (_, last)) = (closes.get(before)?, closes.get(last)?);
    (*before > 0.0).then(|| last / before - 1.0)
}

fn mentions_ratio(moods: &[Mood], at: DateTime<Utc>) -> Option<f64> {
    let from = moods.partition_point(|mood| mood.at < at - Duration::days(MEAN_DAYS));
    let to = moods.partition_point(|mood| mood.at < at);
    let before = moods.get(from..to).filter(|before| before.len() >= LEAST_SLOTS)?;
    let mean = before.iter().map(|mood| mood.documents_day as f64).sum::<f64>() / before.len() as f64;
    let now = mood(moods, at)?.documents_day as f64;
    (mean > 0.0).then(|| now / mean)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::alerts::rule::Operator;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn rule(measure: Measure, days: i32) -> Rule {
        Rule { measure, operator: Operator::Above, threshold: 0.0, days }
    }

    #[test]
    fn prices_count_once_their_day_is_over() {
        let day = |n| NaiveDate::from_ymd_opt(2026, 11, n).unwrap();
        // A Thursday, a Friday, a Monday.
        let closes = vec![(day(12), 100.0), (day(13), 110.0), (day(16), 99.0)];
        let series = Series { closes, ..Series::default() };
        let read = |at_, days| reading(&rule(Measure::Price, days), &series, at(at_));
        assert_eq!(read("2026-11-13T18:00:00Z", 1), None, "the first day has none before it");
        assert!((read("2026-11-14T00:00:00Z", 1).unwrap() - 0.1).abs() < 1e-12);
        assert!((read("2026-11-16T18:00:00Z", 1).unwrap() - 0.1).abs() < 1e-12, "Monday is not over");
        assert!((read("2026-11-17T00:00:00Z", 1).unwrap() + 0.1).abs() < 1e-12);
        assert!((read("2026-11-17T00:00:00Z", 2).unwrap() + 0.01).abs() < 1e-12);
        assert_eq!(read("2026-11-17T00:00:00Z", 3), None);
    }

    #[test]
    fn moods_are_compared_with_those_before_them() {
        let start = at("2026-11-01T00:00:00Z");
        let mood = |n: i64| Mood {
            at: start + Duration::hours(6 * n),
            score: (n != 3).then_some(n as f64 / 100.0),
            documents_day: if n == 40 { 30 } else { 10 },
        };
        let series = Series { moods: (0..=40).map(mood).collect(), ..Series::default() };
        let read = |measure, n: i64, days| reading(&rule(measure, days), &series, mood(n).at);
        assert_eq!(read(Measure::Sentiment, 40, 1), Some(0.4));
        assert_eq!(read(Measure::Sentiment, 3, 1), None, "too few documents");
        assert_eq!(read(Measure::Sentiment, 41, 1), None, "no such slot");
        assert!((read(Measure::SentimentChange, 40, 2).unwrap() - 0.08).abs() < 1e-12);
        assert_eq!(read(Measure::SentimentChange, 7, 1), None, "nothing to compare with");
        assert_eq!(read(Measure::Mentions, 40, 1), Some(30.0));
        assert_eq!(read(Measure::MentionsRatio, 40, 1), Some(3.0));
        assert_eq!(read(Measure::MentionsRatio, 19, 1), None, "too short a past");
    }

    #[test]
    fn outlook_and_loss_are_those_of_the_slot() {
        let now = at("2026-11-21T06:00:00Z");
        let outlook = |horizon, low, median, high| Outlook { at: now, horizon, low, median, high };
        let series = Series {
            outlooks: vec![outlook(1, -0.01, 0.0, 0.01), outlook(5, -0.03, 0.002, 0.04)],
            losses: vec![
                Loss { at: now, confidence: 0.95, value: 0.02 },
                Loss { at: now, confidence: 0.99, value: 0.03 },
            ],
            ..Series::default()
        };
        let read = |measure, days| reading(&rule(measure, days), &series, now);
        assert_eq!(read(Measure::ForecastMedian, 5), Some(0.002));
        assert_eq!(read(Measure::ForecastLow, 5), Some(-0.03));
        assert_eq!(read(Measure::ForecastHigh, 1), Some(0.01));
        assert_eq!(read(Measure::ForecastHigh, 2), None);
        assert_eq!((read(Measure::Var95, 1), read(Measure::Var99, 1)), (Some(0.02), Some(0.03)));
        assert_eq!(reading(&rule(Measure::Var95, 1), &series, now - Duration::hours(6)), None);
    }
}
