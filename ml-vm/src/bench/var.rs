//! Monte-Carlo Value at Risk and expected shortfall, the whole job from the returns on, beside numpy's.

use std::hint::black_box;

use analytics::random::Stream;
use analytics::risk::{Sampling, monte_carlo_by};
use anyhow::ensure;

use super::{Figure, Part, Unit, fastest};

/// The part.
pub const PART: Part = Part { name: "var", measure, peer: Some(include_str!("../../../bench/ml/var.py")) };

/// Plain draws; the standard error that tail draws have to reach is that of so many.
const DRAWS: usize = 1_000_000;
/// Numbers of workers that have to give the same figure.
const WORKERS: [usize; 6] = [1, 2, 3, 4, 7, 16];

fn measure() -> anyhow::Result<Vec<Figure>> {
    let mut stream = Stream::new(2);
    let returns: Vec<f64> = (0..250).map(|_| 0.01 * stream.next_normal()).collect();
    let mut figures = Vec::new();
    for confidence in [0.95, 0.99] {
        let simulate = |sampling, draws, seed| {
            monte_carlo_by(sampling, black_box(&returns), confidence, 1, draws, seed, 1)
        };
        let error = simulate(Sampling::Plain, DRAWS, 1)?.standard_error;
        let mut seed = 0;
        let mut run = |sampling, draws| {
            fastest(|| {
                seed += 1;
                let _ = black_box(simulate(sampling, draws, seed));
            })
        };
        let percent = 100.0 * confidence;
        figures.push(Figure {
            what: format!("var, {percent:.0} %, {DRAWS} draws"),
            value: DRAWS as f64 / run(Sampling::Plain, DRAWS).as_secs_f64(),
            unit: Unit::PerSecond("draws"),
        });
        // The error falls as the root of the draws.
        let tried = simulate(Sampling::Tail, 10_000, 1)?.standard_error;
        let enough = (10_000.0 * (tried / error).powi(2)).ceil() as usize;
        figures.push(Figure {
            what: format!("var, {percent:.0} %, to the standard error of {DRAWS} draws"),
            value: run(Sampling::Tail, enough).as_secs_f64(),
            unit: Unit::Seconds,
        });
    }
    for sampling in [Sampling::Plain, Sampling::Tail] {
        let by = |workers| monte_carlo_by(sampling, &returns, 0.99, 1, DRAWS, 1, workers);
        let one = by(1)?;
        for workers in WORKERS {
            ensure!(by(workers)? == one, "{workers} workers give another figure than one");
        }
    }
    figures.push(Figure {
        what: "var, numbers of workers that gave the same figure".to_owned(),
        value: WORKERS.len() as f64,
        unit: Unit::Count,
    });
    Ok(figures)
}
