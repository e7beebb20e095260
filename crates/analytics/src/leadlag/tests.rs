#![allow(clippy::unwrap_used)]

use super::*;
use crate::random::Stream;

/// The two series of the reference values: 60 steps, y follows x by two.
fn reference() -> (Vec<f64>, Vec<f64>) {
    let x: Vec<f64> =
        (0..60_u32).map(|i| (f64::from(i) * 1.3).sin() + f64::from((i * 7919) % 13) / 13.0).collect();
    let y = (0..60_u32)
        .map(|t| {
            let lead = if t >= 2 { 0.4 * x[t as usize - 2] } else { 0.0 };
            lead + f64::from((t * 104_729) % 17) / 17.0 + 0.1 * (f64::from(t) * 0.7).cos()
        })
        .collect();
    (x, y)
}

/// statsmodels 0.15: `grangercausalitytests(np.column_stack([effect, cause]), 5)[k][0]["ssr_ftest"]` on the series above.
#[test]
fn f_and_p_are_those_of_statsmodels() {
    let (x, y) = reference();
    let found = relation(&x, &y, &Settings::default(), 1).unwrap();
    let wanted: [[(f64, f64); 5]; 2] = [
        [
            (1.9183988293916885, 0.17152634044692366),
            (76.56988770544191, 2.333581015186378e-16),
            (25.39928074716104, 3.996075047084898e-10),
            (16.50519239832681, 1.6338357554170308e-08),
            (10.534263808973343, 1.0794031912158676e-06),
        ],
        [
            (12.375751161849008, 0.0008709439015590199),
            (0.9276505515011744, 0.40180705510886777),
            (0.7549799730050262, 0.5246923366236728),
            (0.48343321925962607, 0.7477541382364958),
            (0.6567117756123428, 0.6580176968860811),
        ],
    ];
    for (tests, wanted) in [&found.x_to_y, &found.y_to_x].into_iter().zip(wanted) {
        for (test, (f, p)) in tests.iter().zip(wanted) {
            assert!((test.f / f - 1.0).abs() < 1e-9, "{test:?}: {f}");
            assert!((test.p - p).abs() < 1e-9 && (test.p / p - 1.0).abs() < 1e-6, "{test:?}: {p}");
        }
    }
    assert_eq!(found.x_to_y[1].degrees, (2, 53));
}

/// A world: x with memory, y with fat tails and calm and wild times, and a lead of `strength` after `lag` steps.
fn world(seed: u64, steps: usize, lag: usize, strength: f64) -> (Vec<f64>, Vec<f64>) {
    let mut stream = Stream::new(seed);
    let (mut mood, mut calm) = (0.0, 1.0_f64);
    let mut x = Vec::with_capacity(steps);
    let mut y = Vec::with_capacity(steps);
    for t in 0..steps {
        mood = 0.5 * mood + 0.75_f64.sqrt() * stream.next_normal();
        x.push(mood);
        let shock = calm.sqrt() * stream.next_normal();
        calm = 0.1 + 0.1 * shock * shock + 0.8 * calm;
        y.push(shock + if t >= lag { strength * x[t - lag] } else { 0.0 });
    }
    (x, y)
}

fn quick() -> Settings {
    // Verdicts rest on the tests; the intervals beside them need not be exact here.
    Settings { resamples: 100, ..Settings::default() }
}

#[test]
fn worlds_without_a_lead_flag_no_more_than_is_accepted() {
    let flagged = (0..120)
        .filter(|seed| {
            let (x, y) = world(*seed, 250, 1, 0.0);
            let found = relation(&x, &y, &quick(), *seed).unwrap();
            !matches!(found.verdict(0.05), Verdict::NoLead(_))
        })
        .count();
    assert!(flagged <= 6, "{flagged} of 120 worlds");
}

#[test]
fn assets_without_a_lead_are_not_flagged_for_being_many() {
    let worlds: Vec<_> = (0..30).map(|seed| world(1_000 + seed, 250, 1, 0.0)).collect();
    let names: Vec<String> = (0..30).map(|i| format!("asset {i}")).collect();
    let pairs: Vec<Pair<'_>> = worlds.iter().zip(&names).map(|((x, y), name)| Pair { name, x, y }).collect();
    let found = study(&pairs, &quick(), 1);
    let flagged =
        found.iter().filter(|r| !matches!(r.as_ref().unwrap().verdict(0.05), Verdict::NoLead(_))).count();
    assert!(flagged <= 1, "{flagged} of 30 assets");
    // Uncorrected, each of the 300 tests has its chance.
    let uncorrected = found.iter().flat_map(|r| r.as_ref().unwrap().tests()).filter(|t| t.p < 0.05).count();
    assert!(uncorrected > 5, "{uncorrected}");
}

#[test]
fn a_planted_lead_is_found_among_many_assets() {
    for lag in [1, 3, 5] {
        let worlds: Vec<_> = (0..20).map(|seed| world(seed, 400, lag, 0.4)).collect();
        let names: Vec<String> = (0..20).map(|i| format!("asset {i}")).collect();
        let pairs: Vec<Pair<'_>> =
            worlds.iter().zip(&names).map(|((x, y), name)| Pair { name, x, y }).collect();
        let mut found = 0;
        for relation in study(&pairs, &quick(), 1) {
            match relation.unwrap().verdict(0.05) {
                Verdict::XLeads(d) => {
                    found += 1;
                    assert!(d.correlation.value > 0.0 && d.test.explained > 0.0, "{d:?}");
                }
                Verdict::Both(..) => found += 1,
                Verdict::YLeads(_) | Verdict::NoLead(_) => {}
            }
        }
        assert!(found >= 19, "lag {lag}: {found} of 20");
    }
}

#[test]
fn the_verdict_names_direction_and_lag() {
    let (x, y) = world(5, 600, 3, 0.6);
    let forward = relation(&x, &y, &Settings::default(), 1).unwrap().verdict(0.05);
    let backward = relation(&y, &x, &Settings::default(), 1).unwrap().verdict(0.05);
    assert_eq!((forward.word(), backward.word()), ("x", "y"));
    let Verdict::XLeads(lead) = forward else { panic!("{forward}") };
    assert_eq!(lead.correlation.lag, 3);
    assert!(lead.correlation.low > 0.0);
    assert!(forward.to_string().starts_with("x runs ahead of y: strongest 3 steps before"), "{forward}");
    assert!(backward.to_string().starts_with("y runs ahead of x: strongest 3 steps before"), "{backward}");
    let (x, y) = world(6, 300, 1, 0.0);
    let none = relation(&x, &y, &Settings::default(), 1).unwrap().verdict(0.05).to_string();
    assert!(none.starts_with("no lead found in either direction"), "{none}");
}

#[test]
fn scale_and_level_of_the_series_do_not_matter() {
    let (x, y) = reference();
    let plain = relation(&x, &y, &Settings::default(), 1).unwrap();
    for (scale, level) in [(1e-200, 0.0), (1e200, 0.0), (-3.0, 50.0)] {
        let moved: Vec<f64> = x.iter().map(|v| v * scale + level).collect();
        let other = relation(&moved, &y, &Settings::default(), 1).unwrap();
        for (a, b) in plain.tests().zip(other.tests()) {
            assert!((a.f / b.f - 1.0).abs() < 1e-8, "{a:?} {b:?}");
        }
    }
}

#[test]
fn what_cannot_be_judged_is_an_error_and_the_others_go_on() {
    let (x, y) = world(1, 100, 1, 0.0);
    let ask = |x: &[f64], y: &[f64]| relation(x, y, &Settings::default(), 1).map(|_| ()).unwrap_err();
    assert_eq!(ask(&x[..37], &y[..37]), LeadLagError::TooShort { found: 37, needed: 38, max_lag: 5 });
    assert_eq!(ask(&x, &y[..99]), LeadLagError::Lengths { x: 100, y: 99 });
    assert_eq!(ask(&[7.7; 100], &y), LeadLagError::Constant("x"));
    assert_eq!(ask(&x, &[0.0; 100]), LeadLagError::Constant("y"));
    assert_eq!(ask(&x, &x), LeadLagError::Dependent);
    let mut gap = y.clone();
    gap[3] = f64::NAN;
    assert_eq!(ask(&x, &gap), LeadLagError::NotFinite { series: "y", index: 3 });
    assert_eq!(ask(&[], &[]), LeadLagError::TooShort { found: 0, needed: 38, max_lag: 5 });
    let one_trade: Vec<f64> = (0..100).map(|i| f64::from(i == 50)).collect();
    assert!(relation(&x, &one_trade, &Settings::default(), 1).is_ok());
    for settings in [
        Settings { max_lag: 0, ..Settings::default() },
        Settings { max_lag: 101, ..Settings::default() },
        Settings { resamples: 0, ..Settings::default() },
        Settings { block: f64::NAN, ..Settings::default() },
        Settings { level: 1.0, ..Settings::default() },
        Settings { discovery_rate: 0.0, ..Settings::default() },
    ] {
        assert!(matches!(relation(&x, &y, &settings, 1), Err(LeadLagError::Setting { .. })), "{settings:?}");
    }
    let all = study(
        &[Pair { name: "flat", x: &[1.0; 100], y: &y }, Pair { name: "fine", x: &x, y: &y }],
        &Settings::default(),
        1,
    );
    assert_eq!(all[0], Err(LeadLagError::Constant("x")));
    assert!(all[1].is_ok());
}

/// What comes later changes nothing about an earlier part of the series, and the same seed gives the same figures.
#[test]
fn the_same_seed_gives_the_same_figures() {
    let (x, y) = world(9, 200, 2, 0.3);
    let settings = Settings::default();
    assert_eq!(relation(&x, &y, &settings, 3), relation(&x, &y, &settings, 3));
    assert_ne!(
        relation(&x, &y, &settings, 3).unwrap().correlations,
        relation(&x, &y, &settings, 4).unwrap().correlations
    );
}
