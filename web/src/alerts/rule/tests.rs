use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;

use super::*;

fn slot(n: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::hours(6 * n)
}

fn readings(values: &[Option<f64>]) -> Vec<(DateTime<Utc>, Option<f64>)> {
    (0_i64..).zip(values).map(|(n, value)| (slot(n), *value)).collect()
}

fn rule(operator: Operator, threshold: f64) -> Rule {
    Rule { measure: Measure::Price, operator, threshold, days: 1 }
}

/// The numbers of the slots in which it fires.
fn fired(rule: &Rule, values: &[f64]) -> Vec<i64> {
    let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
    let (_, fired) = replay(rule, None, readings(&values));
    fired.iter().map(|(at, _)| (*at - DateTime::UNIX_EPOCH).num_hours() / 6).collect()
}

#[test]
fn it_fires_at_the_crossing_and_not_while_beyond() {
    let above = rule(Operator::Above, 0.03);
    assert_eq!(fired(&above, &[0.0, 0.02, 0.03, 0.05, 0.04]), [2]);
    assert!(fired(&above, &[0.05, 0.06, 0.07]).is_empty(), "it stood beyond from the start");
    assert_eq!(fired(&above, &[0.05, 0.0, 0.05]), [2]);
    assert_eq!(fired(&rule(Operator::Below, -0.03), &[0.0, -0.02, -0.03, -0.04]), [2]);
    assert_eq!(fired(&rule(Operator::Moves, 0.03), &[0.0, -0.04, -0.05]), [1]);
    assert_eq!(fired(&rule(Operator::Moves, 0.03), &[0.0, 0.04, 0.05]), [1]);
}

#[test]
fn a_value_that_trembles_at_the_threshold_fires_once() {
    let above = rule(Operator::Above, 0.03);
    assert_eq!(above.margin(), 0.0015);
    // 0.0290 is back below the threshold, but not by the margin.
    assert_eq!(fired(&above, &[0.0, 0.031, 0.0290, 0.031, 0.0290, 0.031, 0.0290, 0.031]), [1]);
    // 0.028 is; the next crossing is a day later.
    assert_eq!(fired(&above, &[0.0, 0.031, 0.028, 0.0, 0.0, 0.031]), [1, 5]);
}

#[test]
fn a_day_passes_between_two_firings() {
    let above = rule(Operator::Above, 0.03);
    assert_eq!(fired(&above, &[0.0, 0.04, 0.0, 0.04, 0.0, 0.04]), [1, 5]);
}

#[test]
fn what_is_missing_changes_nothing() {
    let above = rule(Operator::Above, 0.03);
    let values = [Some(0.0), None, Some(f64::NAN), Some(0.04)];
    let (_, fired) = replay(&above, None, readings(&values));
    assert_eq!(fired, [(slot(3), 0.04)]);
    assert_eq!(replay(&above, None, readings(&[None])), (None, vec![]));
}

#[test]
fn a_slot_that_is_told_twice_or_late_fires_once() {
    let above = rule(Operator::Above, 0.03);
    let story = [(slot(0), Some(0.0)), (slot(1), Some(0.04)), (slot(1), Some(0.09)), (slot(0), Some(0.0))];
    let (standing, fired) = replay(&above, None, story);
    assert_eq!(fired, [(slot(1), 0.04)]);
    assert_eq!(standing.map(|s| (s.armed, s.seen_at)), Some((false, slot(1))));
}

#[test]
fn names_and_measures_go_there_and_back() {
    for measure in Measure::ALL {
        assert_eq!(Measure::parse(measure.as_str()), Some(measure));
        assert!(measure.range().0 < measure.range().1);
    }
    for operator in Operator::ALL {
        assert_eq!(Operator::parse(operator.as_str()), Some(operator));
    }
    assert_eq!(Measure::parse("Price"), None);
}

fn operators() -> impl Strategy<Value = Operator> {
    prop::sample::select(Operator::ALL.to_vec())
}

fn stories() -> impl Strategy<Value = Vec<Option<f64>>> {
    prop::collection::vec(prop::option::weighted(0.9, -0.1..0.1_f64), 0..120)
}

proptest! {
    /// Between two firings the value was back by the margin, and a day has passed.
    #[test]
    fn each_firing_is_a_crossing_of_its_own(operator in operators(), threshold in 0.005..0.08_f64, story in stories()) {
        let rule = rule(operator, threshold);
        let story = readings(&story);
        let (_, fired) = replay(&rule, None, story.clone());
        for (at, value) in &fired {
            prop_assert!(rule.beyond(*value) >= 0.0, "{at} {value}");
        }
        for pair in fired.windows(2) {
            let [(first, _), (second, _)] = pair else { continue };
            prop_assert!(*second - *first >= COOL_DOWN);
            let back = story.iter().filter(|(at, _)| first < at && at < second).filter_map(|(_, value)| *value);
            prop_assert!(back.into_iter().any(|value| rule.beyond(value) <= -rule.margin()));
        }
    }

    /// Stopped and gone on with at any slot, with slots told again: the same firings.
    #[test]
    fn live_and_replayed_are_the_same(operator in operators(), story in stories(), cut in 0..120_usize, again in 0..8_usize) {
        let rule = rule(operator, 0.03);
        let story = readings(&story);
        let (whole, all) = replay(&rule, None, story.clone());
        let cut = cut.min(story.len());
        let (middle, mut live) = replay(&rule, None, story[..cut].to_vec());
        let (end, rest) = replay(&rule, middle, story[cut.saturating_sub(again)..].to_vec());
        live.extend(rest);
        prop_assert_eq!(live, all);
        prop_assert_eq!(end, whole);
    }

    /// A value that only rises fires once at most; one that never reaches the threshold never.
    #[test]
    fn a_rise_fires_once(mut values in prop::collection::vec(-0.1..0.1_f64, 0..60)) {
        values.sort_by(f64::total_cmp);
        prop_assert!(fired(&rule(Operator::Above, 0.03), &values).len() <= 1);
        prop_assert!(fired(&rule(Operator::Above, 0.2), &values).is_empty());
    }
}
