//! All 13 columns of a chart, beside TA-Lib's seven functions that give the same.

use std::hint::black_box;

use analytics::indicators::{Columns, fused_into};
use analytics::random::Stream;

use super::{Figure, Part, Unit, fastest};

/// The part.
pub const PART: Part =
    Part { name: "indicators", measure, peer: Some(include_str!("../../../bench/ml/indicators.py")) };

fn measure() -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for bars in [2_500, 100_000, 1_000_000] {
        let mut stream = Stream::new(1);
        let mut price = 100.0;
        let close: Vec<f64> = (0..bars)
            .map(|_| {
                price *= (0.0005 * stream.next_normal()).exp();
                price
            })
            .collect();
        let high: Vec<f64> = close.iter().map(|c| c * 1.01).collect();
        let low: Vec<f64> = close.iter().map(|c| c * 0.99).collect();
        let mut columns = Columns::default();
        let time = fastest(|| fused_into(black_box(&high), &low, &close, black_box(&mut columns)));
        figures.push(Figure {
            what: format!("indicators, 13 columns of {bars} bars"),
            value: bars as f64 / time.as_secs_f64(),
            unit: Unit::PerSecond("bars"),
        });
    }
    Ok(figures)
}
