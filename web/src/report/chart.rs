//! A line chart for print: where its points lie in a box.

/// A line through a box of `width` by `height`, y downwards from the top.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its points.
    pub points: Vec<(f32, f32)>,
    /// The value at the top.
    pub high: f64,
    /// The value at the bottom.
    pub low: f64,
    /// Where zero lies, if inside.
    pub zero: Option<f32>,
}

/// The line through these values at these places (any rising numbers); `None` below two points. `around_zero`: the box
/// holds zero in its middle.
pub fn line(values: &[(f64, f64)], width: f32, height: f32, around_zero: bool) -> Option<Line> {
    let (first, last) = (values.first()?.0, values.last()?.0);
    if values.len() < 2 || last <= first || values.iter().any(|(_, v)| !v.is_finite()) {
        return None;
    }
    let mut low = values.iter().map(|(_, v)| *v).fold(f64::INFINITY, f64::min);
    let mut high = values.iter().map(|(_, v)| *v).fold(f64::NEG_INFINITY, f64::max);
    if around_zero {
        // At least a tenth each way, so that small moods do not look like large ones.
        let end = low.abs().max(high.abs()).max(0.1);
        (low, high) = (-end, end);
    }
    let span = if high > low { high - low } else { 1.0 };
    let y = |value: f64| ((high - value) / span) as f32 * height;
    let x = |place: f64| ((place - first) / (last - first)) as f32 * width;
    let points = values.iter().map(|(place, value)| (x(*place), y(*value))).collect();
    let zero = (low <= 0.0 && high >= 0.0 && high > low).then(|| y(0.0));
    Some(Line { points, high, low, zero })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn points_fill_the_box() {
        let line_of = line(&[(0.0, 10.0), (1.0, 30.0), (4.0, 20.0)], 100.0, 50.0, false).unwrap();
        assert_eq!(line_of.points, [(0.0, 50.0), (25.0, 0.0), (100.0, 25.0)]);
        assert_eq!((line_of.low, line_of.high, line_of.zero), (10.0, 30.0, None));
        let mood = line(&[(0.0, -0.02), (1.0, 0.05)], 10.0, 10.0, true).unwrap();
        assert_eq!((mood.low, mood.high, mood.zero), (-0.1, 0.1, Some(5.0)));
        let flat = line(&[(0.0, 5.0), (1.0, 5.0)], 10.0, 10.0, false).unwrap();
        assert!(flat.points.iter().all(|(_, y)| *y == 0.0));
        assert_eq!(line(&[(0.0, 1.0)], 1.0, 1.0, false), None);
        assert_eq!(line(&[(0.0, 1.0), (0.0, 2.0)], 1.0, 1.0, false), None);
        assert_eq!(line(&[(0.0, f64::NAN), (1.0, 2.0)], 1.0, 1.0, false), None);
    }
}
