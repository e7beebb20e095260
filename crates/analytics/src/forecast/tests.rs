use proptest::prelude::*;

use super::*;
use crate::random::Stream;

struct Series {
    closes: Vec<f64>,
    volumes: Vec<Option<f64>>,
    sentiment: Vec<Option<f64>>,
}

impl Series {
    /// `lead`: how many daily deviations the price moves over the next days for each unit of sentiment.
    fn random(n: usize, seed: u64, lead: f64) -> Self {
        let mut stream = Stream::new(seed);
        let sentiment: Vec<f64> = (0..n).map(|_| (0.3 * stream.next_normal()).clamp(-1.0, 1.0)).collect();
        let mut log = 4.0;
        let closes = (0..n)
            .map(|t| {
                let push = if t > 0 { lead * sentiment[t - 1] } else { 0.0 };
                log += 0.01 * (stream.next_normal() + push);
                f64::exp(log)
            })
            .collect();
        let volumes = (0..n).map(|t| (t % 7 != 3).then(|| 1e6 * stream.next_unit())).collect();
        Self { closes, volumes, sentiment: sentiment.into_iter().map(Some).collect() }
    }

    fn history(&self) -> History<'_> {
        History {
            closes: &self.closes,
            volumes: &self.volumes,
            sentiment: &self.sentiment,
            ..History::default()
        }
    }
}

#[test]
fn the_past_does_not_know_the_future() {
    let series = Series::random(320, 3, 1.0);
    let whole = walk_forward(&series.history());
    for cut in [125, 126, 140, 200, 319] {
        let mut changed = Series::random(320, 99, 0.0);
        changed.closes[..cut].copy_from_slice(&series.closes[..cut]);
        changed.volumes[..cut].copy_from_slice(&series.volumes[..cut]);
        changed.sentiment[..cut].copy_from_slice(&series.sentiment[..cut]);
        let other = walk_forward(&changed.history());
        let short = walk_forward(&History {
            closes: &series.closes[..cut],
            volumes: &series.volumes[..cut],
            sentiment: &series.sentiment[..cut],
            ..History::default()
        });
        for t in 0..cut {
            assert_eq!(whole.scale[t].to_bits(), other.scale[t].to_bits(), "scale of bar {t}");
            for (candidate, days) in (0..3).flat_map(|c| (0..HORIZONS).map(move |d| (c, d))) {
                let bits = whole.said[candidate][t][days].to_bits();
                assert_eq!(bits, other.said[candidate][t][days].to_bits(), "bar {t}, {days} days, cut {cut}");
                assert_eq!(bits, short.said[candidate][t][days].to_bits(), "bar {t}, {days} days, cut {cut}");
            }
        }
    }
}

#[test]
fn the_harness_would_see_a_leak() {
    // Tomorrow's return handed in as sentiment must give near-perfect skill, else the test above proves nothing.
    let mut series = Series::random(400, 5, 0.0);
    for t in 0..399 {
        series.sentiment[t] = Some(20.0 * (series.closes[t + 1] / series.closes[t]).ln());
    }
    let outlook = forecast(&series.history(), 1).unwrap();
    let skill = outlook.horizons[0].skill.unwrap();
    assert!(skill.value > 0.3 && skill.low > 0.25, "{skill:?}");
}

#[test]
fn sentiment_shuffled_in_time_shows_no_skill() {
    // The same values on other days: what remains would be a leak.
    let mut total = 0.0;
    for seed in 0..6 {
        let mut series = Series::random(500, 8, 6.0);
        let mut stream = Stream::new(seed);
        for i in (1..series.sentiment.len()).rev() {
            series.sentiment.swap(i, stream.next_index(i + 1));
        }
        let walk = walk_forward(&series.history());
        let said = &walk.said[Candidate::ElasticNet as usize];
        total += skill::measure(&walk, said, 1, 499, 1).unwrap().value;
    }
    assert!(total / 6.0 < 0.01, "mean skill {} on shuffled sentiment", total / 6.0);
}

#[test]
fn an_older_view_is_no_better() {
    let skill = |lag: usize| {
        let mut series = Series::random(500, 8, 6.0);
        series.sentiment.rotate_right(lag);
        let walk = walk_forward(&series.history());
        let said = &walk.said[Candidate::ElasticNet as usize];
        skill::measure(&walk, said, 1, 499, 1).unwrap().value
    };
    let (now, late) = (skill(0), skill(1));
    assert!(now > 0.1 && late < 0.02, "{now} on time, {late} a day late");
}

#[test]
fn a_random_walk_stays_a_random_walk() {
    let mut champions = 0;
    for seed in 0..12 {
        let outlook = forecast(&Series::random(400, seed, 0.0).history(), seed).unwrap();
        champions += u32::from(outlook.champion != Champion::RandomWalk);
        if outlook.champion == Champion::RandomWalk {
            assert!((outlook.horizons[4].quantiles[2] / outlook.last_close - 1.0).abs() < 1e-12);
            assert_eq!(outlook.horizons[4].quantiles, outlook.horizons[4].random_walk);
        }
    }
    assert!(champions <= 2, "{champions} of 12 random walks were taken for skill");
}

#[test]
fn sentiment_that_leads_is_found() {
    let outlook = forecast(&Series::random(500, 8, 6.0).history(), 1).unwrap();
    assert!(outlook.horizons[0].skill.unwrap().low > 0.0, "{:?}", outlook.horizons[0].skill);
    assert_eq!(outlook.champion, Champion::Candidate(Candidate::ElasticNet), "{}", outlook.reason);
    for horizon in &outlook.horizons {
        let expected = (horizon.quantiles[2] / outlook.last_close).ln();
        let parts: f64 = horizon.contributions.iter().map(|c| c.log_return).sum();
        assert!((parts - expected).abs() < 1e-12, "{parts} {expected}");
        assert!(horizon.contributions.iter().all(|c| c.value.is_some() || c.what == "level"));
    }
    let largest = &outlook.horizons[4].contributions[0];
    assert!(largest.what.contains("sentiment") && largest.value.is_some(), "{largest:?}");
}

#[test]
fn intervals_cover_what_they_say() {
    let (mut inside_80, mut inside_95, mut outcomes) = (0.0, 0.0, 0.0);
    for seed in 0..20 {
        let outlook = forecast(&Series::random(400, 100 + seed, 0.0).history(), seed).unwrap();
        for horizon in &outlook.horizons {
            let n = horizon.evaluated as f64;
            inside_80 += horizon.coverage_80.unwrap() * n;
            inside_95 += horizon.coverage_95.unwrap() * n;
            outcomes += n;
        }
    }
    assert!((inside_80 / outcomes - 0.80).abs() < 0.025, "{}", inside_80 / outcomes);
    assert!((inside_95 / outcomes - 0.95).abs() < 0.015, "{}", inside_95 / outcomes);
}

#[test]
fn short_and_flat_series_have_an_answer() {
    for n in [10, 15, 30, 60, 124, 130] {
        let outlook = forecast(&Series::random(n, 1, 0.0).history(), 1).unwrap();
        assert_eq!(outlook.champion, Champion::RandomWalk, "{n}");
        assert_eq!(outlook.horizons.len(), HORIZONS);
    }
    let series = Series::random(9, 1, 0.0);
    assert_eq!(forecast(&series.history(), 1), Err(ForecastError::TooShort(9)));
    let flat = Series { closes: vec![1.0; 200], volumes: vec![None; 200], sentiment: vec![None; 200] };
    assert!(forecast(&flat.history(), 1).unwrap().horizons[4].quantiles.iter().all(|q| q.is_finite()));
    let mut bad = Series::random(50, 1, 0.0);
    bad.closes[7] = f64::NAN;
    assert_eq!(forecast(&bad.history(), 1), Err(ForecastError::BadClose(7)));
    let lengths = History { closes: &flat.closes, volumes: &[None; 3], ..History::default() };
    assert_eq!(forecast(&lengths, 1), Err(ForecastError::Lengths(200, 3, "volume")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn quantiles_are_ordered_and_widen(n in 10usize..260, seed: u64, lead in 0.0..6.0f64) {
        let outlook = forecast(&Series::random(n, seed, lead).history(), seed).unwrap();
        prop_assert_eq!(&outlook, &forecast(&Series::random(n, seed, lead).history(), seed).unwrap());
        for horizon in &outlook.horizons {
            prop_assert!(horizon.quantiles.windows(2).all(|q| q[0] <= q[1]));
            prop_assert!(horizon.interval_90.0 <= horizon.quantiles[1] && horizon.interval_90.1 >= horizon.quantiles[3]);
            prop_assert!(horizon.quantiles.iter().all(|q| q.is_finite() && *q > 0.0));
        }
    }
}
