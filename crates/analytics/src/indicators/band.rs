//! Bollinger bands and the deviation that they are made of.

use super::average::sma;
use super::first_known;

/// Upper, middle and lower band.
#[derive(Debug, Clone, PartialEq)]
pub struct Bands {
    /// Middle plus the width.
    pub upper: Vec<f64>,
    /// Simple moving average.
    pub middle: Vec<f64>,
    /// Middle minus the width.
    pub lower: Vec<f64>,
}

/// Bollinger bands of closes, usually 20 bars and 2 population standard deviations.
pub fn bollinger(closes: &[f64], period: usize, deviations: f64) -> Bands {
    let middle = sma(closes, period);
    let (mut upper, mut lower) = (middle.clone(), middle.clone());
    for (i, deviation) in deviation(closes, period).into_iter().enumerate() {
        let width = deviation * deviations;
        upper[i] = middle[i] + width;
        lower[i] = middle[i] - width;
    }
    Bands { upper, middle, lower }
}

/// Population standard deviation over `period` values, from their distances to their simple average: no shortcut through
/// the mean of squares, which would leave no digits where prices are large beside their changes.
pub fn deviation(values: &[f64], period: usize) -> Vec<f64> {
    let mut out = sma(values, period);
    let start = first_known(&[values]);
    let (values, known) = (&values[start..], &mut out[start..]);
    if period == 0 || values.len() < period {
        return out;
    }
    let share = 1.0 / period as f64;
    for i in period - 1..values.len() {
        let mean = known[i];
        let squares = values[i + 1 - period..=i].iter().fold(0.0, |sum, v| sum + (v - mean) * (v - mean));
        known[i] = (squares * share).sqrt();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_the_population_deviation() {
        let bands = bollinger(&[1.0, 2.0, 3.0, 4.0], 4, 2.0);
        assert!((bands.upper[3] - (2.5 + 2.0 * 1.25_f64.sqrt())).abs() < 1e-15);
        assert!(bands.upper[2].is_nan());
        assert!(deviation(&[1.0, 2.0], 0).iter().all(|v| v.is_nan()));
    }

    #[test]
    fn a_flat_series_has_bands_of_no_width() {
        let bands = bollinger(&[7.1; 30], 20, 2.0);
        assert!((bands.upper[25] - 7.1).abs() < 1e-12 && (bands.lower[25] - 7.1).abs() < 1e-12);
    }
}
