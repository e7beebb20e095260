//! Charts drawn on the server as SVG: lines and marks with intervals in a frame of labelled axes. No script, no layout
//! shift, colours from the page's variables; the page puts the same figures in a table beneath.

use std::fmt::Write;

use serde::Serialize;

/// Size of a chart in its own units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 280.0;
/// Room for labels.
const LEFT: f64 = 58.0;
const RIGHT: f64 = 44.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 30.0;

/// A chart, ready for the component `plot`.
#[derive(Debug, Clone, Serialize)]
pub struct Plot {
    /// What is seen, for those who do not see it.
    title: String,
    x: Vec<Tick>,
    y: Vec<Tick>,
    lines: Vec<Line>,
    marks: Vec<Mark>,
    #[serde(skip)]
    spans: [(f64, f64); 2],
}

#[derive(Debug, Clone, Serialize)]
struct Tick {
    at: String,
    label: String,
}

#[derive(Debug, Clone, Serialize)]
struct Line {
    class: &'static str,
    points: String,
}

#[derive(Debug, Clone, Serialize)]
struct Mark {
    class: &'static str,
    x: String,
    y: String,
    low: String,
    high: String,
    says: String,
}

/// A value with its interval.
pub struct Point<'a> {
    /// Where it stands.
    pub x: f64,
    /// The value.
    pub y: f64,
    /// Its interval; equal ends are not drawn.
    pub interval: (f64, f64),
    /// What is said of it on hovering.
    pub says: &'a str,
}

impl Plot {
    /// An empty chart that reaches over these values; a span without width is widened.
    pub fn new(title: &str, x: (f64, f64), y: (f64, f64)) -> Self {
        let (lines, marks) = (Vec::new(), Vec::new());
        Self { title: title.to_owned(), x: vec![], y: vec![], lines, marks, spans: [widened(x), widened(y)] }
    }

    /// Labels below, at these values; those outside the chart are left out.
    #[must_use]
    pub fn below(mut self, labels: impl IntoIterator<Item = (f64, String)>) -> Self {
        self.x = self.ticks(0, labels);
        self
    }

    /// Labels at the left, each with a hairline.
    #[must_use]
    pub fn beside(mut self, labels: impl IntoIterator<Item = (f64, String)>) -> Self {
        self.y = self.ticks(1, labels);
        self
    }

    /// About five labels at the left, at round values.
    #[must_use]
    pub fn beside_round(self, label: impl Fn(f64) -> String) -> Self {
        let (low, high) = self.spans[1];
        let ticks: Vec<_> = round_values(low, high).into_iter().map(|v| (v, label(v))).collect();
        self.beside(ticks)
    }

    /// A line through these points; `class` is its colour in the style sheet.
    #[must_use]
    pub fn line(mut self, class: &'static str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut text = String::new();
        for (x, y) in points.into_iter().filter(|(x, y)| x.is_finite() && y.is_finite()) {
            let separator = if text.is_empty() { "" } else { " " };
            // Writing to a string cannot fail.
            let _ = write!(text, "{separator}{},{}", self.across(x), self.up(y));
        }
        self.lines.push(Line { class, points: text });
        self
    }

    /// A point with its interval.
    #[must_use]
    pub fn mark(mut self, class: &'static str, point: &Point) -> Self {
        let (x, y) = (self.across(point.x), self.up(point.y));
        let (low, high) = (self.up(point.interval.0), self.up(point.interval.1));
        self.marks.push(Mark { class, x, y, low, high, says: point.says.to_owned() });
        self
    }

    fn ticks(&self, axis: usize, labels: impl IntoIterator<Item = (f64, String)>) -> Vec<Tick> {
        let (low, high) = self.spans[axis];
        let inside = labels.into_iter().filter(|(value, _)| *value >= low && *value <= high);
        let at = |value| if axis == 0 { self.across(value) } else { self.up(value) };
        inside.map(|(value, label)| Tick { at: at(value), label }).collect()
    }

    fn across(&self, x: f64) -> String {
        let (low, high) = self.spans[0];
        format!("{:.1}", LEFT + (x - low) / (high - low) * (WIDTH - LEFT - RIGHT))
    }

    fn up(&self, y: f64) -> String {
        let (low, high) = self.spans[1];
        format!(
            "{:.1}",
            HEIGHT - BOTTOM - (y.clamp(low, high) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
        )
    }
}

/// The span of all these values with a twentieth of it as a margin; `None` without any.
pub fn span(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let ends = values.into_iter().filter(|v| v.is_finite()).fold(None, |ends: Option<(f64, f64)>, v| {
        Some(ends.map_or((v, v), |(low, high)| (low.min(v), high.max(v))))
    });
    ends.map(|(low, high)| {
        let margin = (high - low) * 0.05;
        (low - margin, high + margin)
    })
}

fn widened((low, high): (f64, f64)) -> (f64, f64) {
    if high > low {
        return (low, high);
    }
    let half = (low.abs() * 0.05).max(1e-6);
    (low - half, low + half)
}

/// About five round values from `low` to `high`: multiples of 1, 2 or 5 times a power of ten.
pub fn round_values(low: f64, high: f64) -> Vec<f64> {
    let raw = (high - low) / 5.0;
    if !(raw.is_finite() && raw > 0.0) {
        return vec![low];
    }
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| m * power >= raw).unwrap_or(10.0) * power;
    let first = (low / step).ceil() as i64;
    (first..).map(|n| n as f64 * step).take_while(|v| *v <= high).take(12).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_they_belong() {
        let says = "x";
        let plot = Plot::new("t", (0.0, 10.0), (-1.0, 1.0))
            .below([(0.0, "a".to_owned()), (11.0, "outside".to_owned())])
            .beside_round(|v| v.to_string())
            .line("equity", [(0.0, -1.0), (10.0, 1.0), (f64::NAN, 0.0)])
            .mark("hold", &Point { x: 5.0, y: 0.0, interval: (-0.5, 9.0), says });
        assert_eq!(plot.lines[0].points, "58.0,250.0 676.0,12.0");
        assert_eq!((plot.x.len(), plot.x[0].at.as_str()), (1, "58.0"));
        let mark = &plot.marks[0];
        assert_eq!([&mark.x, &mark.y, &mark.low, &mark.high], ["367.0", "131.0", "190.5", "12.0"]);
        assert_eq!(
            plot.y.iter().map(|t| t.label.as_str()).collect::<Vec<_>>(),
            ["-1", "-0.5", "0", "0.5", "1"]
        );
    }

    #[test]
    fn spans_and_round_values_have_no_end_that_is_not_a_number() {
        assert_eq!(span([]), None);
        assert_eq!(span([f64::NAN, 1.0, 3.0]), Some((0.9, 3.1)));
        assert_eq!(round_values(0.011, 0.031), [0.015, 0.02, 0.025, 0.03]);
        assert_eq!(round_values(1.0, 1.0), [1.0]);
        let flat = Plot::new("t", (2.0, 2.0), (0.0, 0.0)).line("equity", [(2.0, 0.0)]);
        assert_eq!(flat.lines[0].points, "367.0,131.0");
    }
}
