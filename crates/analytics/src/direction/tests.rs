//! The five tests for leaks, on made-up prices in which yesterday's move does tell a little about today's.

use super::*;
use crate::random::Stream;

const TRAIN: (usize, usize) = (70, 330);
const TEST: (usize, usize) = (330, 420);
const PENALTY: f64 = 30.0;

fn panel(seed: u64, lead: f64) -> Panel {
    let (stocks, days) = (20, 420);
    let mut stream = Stream::new(seed);
    let start: NaiveDate = "2013-01-01".parse().unwrap();
    let mut bars = vec![Vec::with_capacity(days); stocks];
    let (mut log, mut last) = (vec![4.0_f64; stocks], vec![0.0_f64; stocks]);
    for _ in 0..days {
        let market = 0.008 * stream.next_normal();
        for stock in 0..stocks {
            let open = log[stock] + 0.002 * stream.next_normal();
            last[stock] = market + lead * last[stock] + 0.012 * stream.next_normal();
            log[stock] += last[stock];
            let (high, low) = (open.max(log[stock]) + 0.003, open.min(log[stock]) - 0.003);
            let volume = 1e6 * (0.3 * stream.next_normal()).exp();
            let [open, high, low, close] = [open, high, low, log[stock]].map(f64::exp);
            bars[stock].push(Some(Bar { open, high, low, close, volume }));
        }
    }
    let days = start.iter_days().take(days).collect();
    Panel { days, bars, sectors: (0..stocks).map(|s| s % 4).collect() }
}

fn fit(samples: &[Sample], up: &[bool]) -> Model {
    let rows: Vec<Features> = samples.iter().map(|s| s.row).collect();
    Model::fit(&rows, up, &vec![1.0; rows.len()], PENALTY).unwrap()
}

fn labels(samples: &[Sample]) -> Vec<bool> {
    samples.iter().map(|s| s.up).collect()
}

fn score(model: &Model, target: Target, samples: &[Sample]) -> Score {
    let odds: Vec<f64> = samples.iter().map(|s| model.odds(&s.row)).collect();
    let days: Vec<usize> = samples.iter().map(|s| s.day).collect();
    judge(&days, &decide(target, samples, &odds), &labels(samples), 1).unwrap()
}

#[test]
fn leak_1_a_day_and_all_after_it_are_not_read() {
    let panel_a = panel(1, 0.3);
    let train = samples(&panel_a, Target::Threshold, TRAIN.0, TRAIN.1, 0);
    let model = fit(&train, &labels(&train));
    let noise = panel(2, 0.0);
    for day in [70, 200, 330, 419] {
        let mut changed = panel_a.clone();
        for (bars, noise) in changed.bars.iter_mut().zip(&noise.bars) {
            bars[day..].copy_from_slice(&noise[day..]);
        }
        for (a, b) in features(&panel_a, day).into_iter().zip(features(&changed, day)) {
            let (a, b) = (a.unwrap(), b.unwrap());
            assert_eq!(a.map(f64::to_bits), b.map(f64::to_bits), "day {day}");
            assert_eq!(model.odds(&a).to_bits(), model.odds(&b).to_bits(), "day {day}");
        }
    }
}

#[test]
fn leak_2_the_harness_sees_a_leak() {
    // The day's own bar, handed in one day early, must give nearly everything away.
    let panel = panel(1, 0.0);
    let leak = |(from, to): (usize, usize)| -> Vec<Sample> {
        let mut rows = samples(&panel, Target::Threshold, from, to, 0);
        for sample in &mut rows {
            sample.row = features(&panel, sample.day + 1)[sample.stock].unwrap();
        }
        rows
    };
    let (train, test) = (leak(TRAIN), leak((TEST.0, TEST.1 - 1)));
    let found = score(&fit(&train, &labels(&train)), Target::Threshold, &test);
    assert!(found.accuracy > 0.98 && found.mcc > 0.95, "{found:?}");
}

#[test]
fn leak_3_shuffled_labels_teach_nothing() {
    let panel = panel(3, 0.3);
    let train = samples(&panel, Target::Threshold, TRAIN.0, TRAIN.1, 0);
    let test = samples(&panel, Target::Threshold, TEST.0, TEST.1, 0);
    let honest = score(&fit(&train, &labels(&train)), Target::Threshold, &test);
    assert!(honest.mcc > 0.1, "the plain model must find the planted lead: {honest:?}");
    let mut total = 0.0;
    for seed in 0..20 {
        let mut up = labels(&train);
        let mut stream = Stream::new(seed);
        for i in (1..up.len()).rev() {
            up.swap(i, stream.next_index(i + 1));
        }
        total += score(&fit(&train, &up), Target::Threshold, &test).mcc;
    }
    assert!((total / 20.0).abs() <= 0.03, "{}", total / 20.0);
}

#[test]
fn leak_4_an_older_view_is_no_better() {
    let panel = panel(3, 0.3);
    let at = |lag: usize| {
        let train = samples(&panel, Target::Threshold, TRAIN.0 + 1, TRAIN.1, lag);
        let test = samples(&panel, Target::Threshold, TEST.0, TEST.1, lag);
        score(&fit(&train, &labels(&train)), Target::Threshold, &test).accuracy
    };
    let (now, late) = (at(0), at(1));
    assert!(late < now, "a day late {late} against {now}");
}

#[test]
fn leak_5_nothing_is_fitted_on_the_days_that_are_judged() {
    let panel_a = panel(4, 0.3);
    let noise = panel(5, 0.0);
    let mut changed = panel_a.clone();
    for (bars, noise) in changed.bars.iter_mut().zip(&noise.bars) {
        bars[TRAIN.1..].copy_from_slice(&noise[TRAIN.1..]);
    }
    for target in [Target::Threshold, Target::Median] {
        let [a, b] = [&panel_a, &changed].map(|panel| {
            let train = samples(panel, target, TRAIN.0, TRAIN.1, 0);
            fit(&train, &labels(&train))
        });
        assert_eq!(a, b);
    }
}

#[test]
fn samples_follow_the_rule() {
    let mut panel = panel(6, 0.0);
    for (stock, moved) in [(0, 1.0 - 0.005), (1, 1.0 + 0.0055), (2, 1.0 + 0.0056), (3, 1.001)] {
        let before = panel.bars[stock][99].unwrap().close;
        panel.bars[stock][100].as_mut().unwrap().close = before * moved;
    }
    let day: Vec<Sample> = samples(&panel, Target::Threshold, 100, 101, 0);
    let of = |stock: usize| day.iter().find(|s| s.stock == stock).map(|s| s.up);
    assert_eq!((of(2), of(3)), (Some(true), None));
    let median = samples(&panel, Target::Median, 100, 101, 0);
    assert_eq!(median.iter().filter(|s| s.up).count(), 10);
    assert!(samples(&panel, Target::Median, 0, 40, 0).is_empty(), "too early to know anything");
}

#[test]
fn scores_are_those_of_the_textbook() {
    let days = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1];
    let said = [true, true, true, false, false, false, true, true, false, false];
    let came = [true, true, false, false, false, true, true, false, false, false];
    let score = judge(&days, &said, &came, 1).unwrap();
    // TP 3, FP 2, FN 1, TN 4.
    assert!((score.accuracy - 0.7).abs() < 1e-12 && (score.up - 0.4).abs() < 1e-12);
    assert!((score.mcc - 10.0 / (5.0 * 4.0 * 6.0 * 5.0_f64).sqrt()).abs() < 1e-12);
    assert!(judge(&[], &[], &[], 1).is_none());
    let always = judge(&days, &[true; 10], &came, 1).unwrap();
    assert_eq!((always.mcc, always.accuracy), (0.0, 0.4));
}
