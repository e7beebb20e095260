//! Small pictures drawn on the server: no script, no layout shift.

use std::fmt::Write;

use serde::Serialize;

/// Height of a sparkline in its own units: half a pixel each.
const HEIGHT: f64 = 48.0;

/// A line through values in equal steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sparkline {
    /// Number of steps, one unit each.
    pub width: usize,
    /// Its path, from 0 at the highest value to 48 at the lowest.
    pub path: String,
}

/// The sparkline of `values`, oldest first; `None` below two values. Steps are whole and relative to one another: fifty lines
/// with absolute places would be a third of a page's bytes.
pub fn sparkline(values: &[f64]) -> Option<Sparkline> {
    let (low, high) = bounds(values)?;
    let scale = if high > low { HEIGHT / (high - low) } else { 0.0 };
    let mut heights = values.iter().map(|value| (HEIGHT - (value - low) * scale).round() as i32);
    let mut at = heights.next()?;
    let mut path = format!("M0 {at}l");
    for (index, next) in heights.enumerate() {
        let before = if index == 0 { "" } else { " " };
        let between = if next < at { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(path, "{before}1{between}{}", next - at);
        at = next;
    }
    Some(Sparkline { width: values.len() - 1, path })
}

/// The lowest and the highest of `values`; `None` below two, and where one is no number.
pub fn bounds(values: &[f64]) -> Option<(f64, f64)> {
    if values.len() < 2 || values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some((low, high))
}

/// The score at either end of the scale. Means over many documents are rarely further out; what is lies at the end.
pub const SCALE_END: f64 = 0.6;

/// Where a score lies on a scale from 0 (`-SCALE_END` or below) to 100.
pub fn on_scale(score: f64) -> f64 {
    (score.clamp(-SCALE_END, SCALE_END) / SCALE_END + 1.0) * 50.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_fills_its_box() {
        let line = |width, path: &str| Some(Sparkline { width, path: path.to_owned() });
        assert_eq!(sparkline(&[1.0, 3.0, 2.0]), line(2, "M0 48l1-48 1 24"));
        assert_eq!(sparkline(&[5.0, 5.0]), line(1, "M0 48l1 0"));
        assert_eq!(sparkline(&[1.0]), None);
        assert_eq!(sparkline(&[1.0, f64::NAN]), None);
    }
}
