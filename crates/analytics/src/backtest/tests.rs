use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

use super::*;
use crate::random::Stream;

fn walk(n: usize, seed: u64, drift: f64) -> (Vec<f64>, Vec<f64>) {
    let mut stream = Stream::new(seed);
    let mut log = 4.0_f64;
    let bars = (0..n).map(|_| {
        let open = log + 0.002 * stream.next_normal();
        log += drift + 0.01 * stream.next_normal();
        (open.exp(), log.exp())
    });
    bars.unzip()
}

const FREE: Trading = Trading { costs: 0.0, slippage: 0.0, longest: 1.0, shortest: 1.0 };

#[test]
fn a_change_is_made_at_the_next_open() {
    let mut opens = vec![100.0; 40];
    let mut closes = vec![100.0; 40];
    // Wanted at close 10: bought at the open of bar 11, not at close 10; left at the open of bar 13.
    (opens[11], closes[11], opens[12], closes[12], opens[13]) = (110.0, 121.0, 121.0, 121.0, 133.1);
    let mut wanted = vec![0.0; 40];
    wanted[10] = 1.0;
    wanted[11] = 1.0;
    let prices = Prices { opens: &opens, closes: &closes };
    let run = simulate(&prices, &wanted, &FREE);
    assert_eq!(run.trades.len(), 1);
    let trade = run.trades[0];
    assert_eq!((trade.entered, trade.entry, trade.left, trade.exit), (11, 110.0, Some(13), 133.1));
    assert!((trade.gain - 0.21).abs() < 1e-12 && (run.total - 0.21).abs() < 1e-12);
    assert!((run.equity[11] - 1.1).abs() < 1e-12);
    // With 1 % of costs and 1 % of slippage each way.
    let dear = simulate(&prices, &wanted, &Trading { costs: 0.01, slippage: 0.01, ..FREE });
    assert!((dear.total - (1.21 * 0.98 * 0.98 - 1.0)).abs() < 1e-12, "{}", dear.total);
    assert!((dear.costs - (0.02 + 1.21 * 0.98 * 0.02)).abs() < 1e-12 && run.costs == 0.0, "{}", dear.costs);
    assert!((dear.trades[0].entry - 111.1).abs() < 1e-9 && (dear.trades[0].exit - 131.769).abs() < 1e-9);
}

/// By hand: bought at 110 with 1 % slippage (111.1), sold at 133.1 less 1 % (131.769); fees 1 % of each.
#[test]
fn a_trade_pays_the_costs_of_both_of_its_ends() {
    let dear = Trading { costs: 0.01, slippage: 0.01, ..FREE };
    let mut opens = vec![100.0; 40];
    let mut closes = vec![100.0; 40];
    (opens[11], closes[11], opens[12], closes[12], opens[13]) = (110.0, 121.0, 121.0, 121.0, 133.1);
    let mut wanted = vec![0.0; 40];
    (wanted[10], wanted[11]) = (1.0, 1.0);
    let run = simulate(&Prices { opens: &opens, closes: &closes }, &wanted, &dear);
    assert!((run.trades[0].gain - (1.21 * 0.98 * 0.98 - 1.0)).abs() < 1e-12, "{}", run.trades[0].gain);
    assert!((dear.by_share(&run.trades[0]) - (131.769 - 111.1 - 1.111 - 1.31769)).abs() < 1e-9);
    let tally = Tally::of(&run.trades, &dear);
    assert_eq!((tally.closed, tally.won), (1, Some(1.0)));
    assert!((tally.grown[0] - run.total).abs() < 1e-12, "the trades are all that happened");
}

#[test]
fn trades_add_up_to_the_whole_run() {
    let (opens, closes) = walk(400, 11, 0.0);
    let trading = Trading { longest: 1.0, shortest: 1.0, ..Trading::default() };
    for below in [0.0, -1.0] {
        let wanted = Strategy::Averages { fast: 5, slow: 12, below }.positions(&closes, &[]);
        let run = simulate(&Prices { opens: &opens, closes: &closes }, &wanted, &trading);
        let tally = Tally::of(&run.trades, &trading);
        assert!(run.trades.len() > 5);
        assert!((tally.grown.last().unwrap() - run.total).abs() < 1e-9, "{below}: {tally:?} {}", run.total);
    }
    assert_eq!(Tally::of(&[], &trading).won, None);
}

#[test]
fn shorts_gain_from_falls_and_limits_hold() {
    let closes: Vec<f64> = (0..40).map(|i| 100.0 * 0.99_f64.powi(i)).collect();
    let prices = Prices { opens: &closes, closes: &closes };
    let short = simulate(&prices, &[-1.0; 40], &FREE);
    assert!(short.total > 0.3 && short.worst == 0.0);
    let limited = simulate(&prices, &[-1.0; 40], &Trading { shortest: 0.0, ..FREE });
    assert_eq!((limited.total, limited.trades.len(), limited.sharpe), (0.0, 0, None));
    let greedy = simulate(&prices, &[9.0; 40], &Trading { longest: 2.0, ..FREE });
    assert_eq!(greedy.trades[0].size, 2.0);
}

#[test]
fn the_more_are_tried_the_less_the_best_is_worth() {
    let (opens, closes) = walk(600, 3, 0.0);
    let mut laboratory =
        Laboratory::new(Prices { opens: &opens, closes: &closes }, &[], Trading::default()).unwrap();
    laboratory.try_out(Strategy::USUAL[0]);
    let alone = laboratory.results()[0].deflated.unwrap();
    for strategy in Strategy::USUAL {
        laboratory.try_out(strategy);
    }
    assert_eq!(laboratory.tried(), 6, "the first one counts once");
    let among = laboratory.results()[0].deflated.unwrap();
    assert!(among < alone, "{among} {alone}");
}

#[test]
fn luck_is_not_taken_for_skill() {
    let mut sure = 0;
    for seed in 0..20 {
        let (opens, closes) = walk(400, 50 + seed, 0.0);
        let mut laboratory =
            Laboratory::new(Prices { opens: &opens, closes: &closes }, &[], Trading::default()).unwrap();
        Strategy::USUAL.into_iter().for_each(|s| laboratory.try_out(s));
        sure += usize::from(laboratory.results().iter().any(|r| r.deflated.is_some_and(|d| d > 0.95)));
    }
    assert!(sure <= 1, "{sure} of 20 random walks had a strategy that was believed");
}

#[test]
fn a_ratio_and_its_interval() {
    let mut stream = Stream::new(9);
    let returns: Vec<f64> = (0..100_000).map(|_| 0.001 + 0.01 * stream.next_normal()).collect();
    let sharpe = Sharpe::of(&returns).unwrap();
    assert!((sharpe.daily - 0.1).abs() < 0.01);
    // For normal returns the error is sqrt((1 + SR^2 / 2) / n) (Lo 2002).
    assert!((sharpe.standard_error / ((1.0 + 0.005) / 100_000.0_f64).sqrt() - 1.0).abs() < 0.02);
    assert!(sharpe.low < sharpe.yearly && sharpe.yearly < sharpe.high);
    assert_eq!(Sharpe::of(&[0.001; 100]), None);
}

#[test]
fn what_cannot_be_simulated_is_said() {
    let (opens, mut closes) = walk(50, 1, 0.0);
    let new = |opens: &[f64], closes: &[f64], trading| {
        Laboratory::new(Prices { opens, closes }, &[], trading).map(|_| ()).unwrap_err()
    };
    assert_eq!(new(&opens[..9], &closes[..9], FREE), BacktestError::TooShort(9));
    assert_eq!(new(&opens[..49], &closes, FREE), BacktestError::Lengths(49, 50));
    assert!(matches!(new(&opens, &closes, Trading { costs: -1.0, ..FREE }), BacktestError::BadTrading(_)));
    closes[3] = -1.0;
    assert_eq!(new(&opens, &closes, FREE), BacktestError::BadPrice(3));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_past_does_not_know_the_future(seed: u64, cut in 60usize..280) {
        let (opens, closes) = walk(300, seed, 0.0);
        let (other_opens, other_closes) = walk(300, seed ^ 1, 0.01);
        let mixed = |a: &[f64], b: &[f64]| [&a[..cut], &b[cut..]].concat();
        let (changed_opens, changed_closes) = (mixed(&opens, &other_opens), mixed(&closes, &other_closes));
        let run = |opens: &[f64], closes: &[f64]| {
            let mut laboratory =
                Laboratory::new(Prices { opens, closes }, &[], Trading::default()).unwrap();
            Strategy::USUAL.into_iter().for_each(|s| laboratory.try_out(s));
            laboratory.results()
        };
        for (a, b) in run(&opens, &closes).iter().zip(run(&changed_opens, &changed_closes)) {
            prop_assert_eq!(&a.run.equity[..cut], &b.run.equity[..cut]);
            prop_assert!(a.run.drawdown.iter().all(|d| (0.0..=1.0).contains(d)));
            prop_assert!(a.run.trades.windows(2).all(|t| t[0].left.is_some_and(|left| left <= t[1].entered)));
        }
    }
}
