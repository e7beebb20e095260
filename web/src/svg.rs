//! Small pictures drawn on the server: no script, no layout shift.

use std::fmt::Write;

/// Width and height of a sparkline in its own units.
const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 28.0;
const MARGIN: f64 = 2.0;

/// The points of a sparkline's polyline through `values`, oldest first; `None` below two values.
pub fn sparkline(values: &[f64]) -> Option<String> {
    let (low, high) = bounds(values)?;
    let step = (WIDTH - 2.0 * MARGIN) / (values.len() - 1) as f64;
    let scale = if high > low { (HEIGHT - 2.0 * MARGIN) / (high - low) } else { 0.0 };
    let mut points = String::with_capacity(values.len() * 11);
    for (index, value) in values.iter().enumerate() {
        let (x, y) = (MARGIN + index as f64 * step, HEIGHT - MARGIN - (value - low) * scale);
        let separator = if index == 0 { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = write!(points, "{separator}{x:.1},{y:.1}");
    }
    Some(points)
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
        assert_eq!(sparkline(&[1.0, 3.0, 2.0]).as_deref(), Some("2.0,26.0 48.0,2.0 94.0,14.0"));
        assert_eq!(sparkline(&[5.0, 5.0]).as_deref(), Some("2.0,26.0 94.0,26.0"));
        assert_eq!(sparkline(&[1.0]), None);
        assert_eq!(sparkline(&[1.0, f64::NAN]), None);
    }
}
