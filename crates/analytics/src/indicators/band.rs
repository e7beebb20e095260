//! Bollinger bands.

use super::average::sma;

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
    for i in period.saturating_sub(1)..closes.len() {
        if middle[i].is_nan() {
            continue;
        }
        let window = &closes[i + 1 - period..=i];
        // Two passes: the shortcut through the mean of squares loses digits when prices are large.
        let centre = window.iter().sum::<f64>() / period as f64;
        let variance = window.iter().map(|c| (c - centre) * (c - centre)).sum::<f64>() / period as f64;
        let width = deviations * variance.sqrt();
        upper[i] = middle[i] + width;
        lower[i] = middle[i] - width;
    }
    Bands { upper, middle, lower }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_the_population_deviation() {
        let bands = bollinger(&[1.0, 2.0, 3.0, 4.0], 4, 2.0);
        assert!((bands.upper[3] - (2.5 + 2.0 * 1.25_f64.sqrt())).abs() < 1e-15);
        assert!(bands.upper[2].is_nan());
    }

    #[test]
    fn a_flat_series_has_bands_of_no_width() {
        let bands = bollinger(&[7.1; 30], 20, 2.0);
        assert!((bands.upper[25] - 7.1).abs() < 1e-12 && (bands.lower[25] - 7.1).abs() < 1e-12);
    }
}
