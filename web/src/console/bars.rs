//! Bar charts drawn on the server as SVG: what came above the line, what went below it. No script, no layout shift, colours
//! from the page's variables; the page puts the same figures in a table beneath.

use serde::Serialize;

use crate::plot::round_values;

/// Size of a chart in its own units; the same as [`crate::plot`]'s.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 44.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 30.0;
/// Labels below, at most.
const LABELS: usize = 12;

/// One bar of some parts.
#[derive(Debug, Clone)]
pub struct Column {
    /// Said below.
    pub label: String,
    /// Where a click leads.
    pub href: Option<String>,
    /// Parts with the class that colours them, what is said of them, and their value; negative ones hang below the line.
    pub parts: Vec<(&'static str, String, f64)>,
}

/// A chart, ready for the component `bars`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bars {
    title: String,
    zero: String,
    grid: Vec<Tick>,
    labels: Vec<Tick>,
    bars: Vec<Bar>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Tick {
    at: String,
    label: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Bar {
    class: &'static str,
    href: Option<String>,
    says: String,
    x: String,
    y: String,
    width: String,
    height: String,
}

/// The chart of these columns; `None` without any value that is not zero.
pub fn bars(title: &str, columns: &[Column], label: impl Fn(f64) -> String) -> Option<Bars> {
    let reach =
        |column: &Column, sign: f64| column.parts.iter().map(|part| (part.2 * sign).max(0.0)).sum::<f64>();
    let highest = columns.iter().map(|column| reach(column, 1.0)).fold(0.0, f64::max);
    let lowest = columns.iter().map(|column| reach(column, -1.0)).fold(0.0, f64::max);
    let span = highest + lowest;
    if !(span.is_finite() && span > 0.0) {
        return None;
    }
    let scale = (HEIGHT - TOP - BOTTOM) / span;
    let zero = TOP + highest * scale;
    let step = (WIDTH - LEFT - RIGHT) / columns.len() as f64;
    let width = (step * 0.7).clamp(1.0, 40.0);
    let every = columns.len().div_ceil(LABELS);
    let (mut drawn, mut labels) = (Vec::new(), Vec::new());
    for (n, column) in columns.iter().enumerate() {
        let middle = LEFT + step * (n as f64 + 0.5);
        if n.is_multiple_of(every) {
            labels.push(Tick { at: place(middle), label: column.label.clone() });
        }
        let (mut up, mut down) = (zero, zero);
        for (class, says, value) in &column.parts {
            let height = value.abs() * scale;
            if !height.is_finite() || height == 0.0 {
                continue;
            }
            let y = if *value > 0.0 { up - height } else { down };
            if *value > 0.0 {
                up -= height
            } else {
                down += height
            }
            drawn.push(Bar {
                class,
                href: column.href.clone(),
                says: says.clone(),
                x: place(middle - width / 2.0),
                y: place(y),
                width: place(width),
                // A bar of next to nothing is still seen.
                height: place(height.max(0.8)),
            });
        }
    }
    let grid = round_values(-lowest, highest).into_iter();
    let grid = grid.map(|value| Tick { at: place(zero - value * scale), label: label(value) }).collect();
    Some(Bars { title: title.to_owned(), zero: place(zero), grid, labels, bars: drawn })
}

fn place(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_came_stands_above_the_line_and_what_went_below() {
        let column = |up: f64, down: f64| Column {
            label: "m".into(),
            href: None,
            parts: vec![("new", "n".into(), up), ("more", "m".into(), 0.0), ("churn", "c".into(), -down)],
        };
        let chart = bars("t", &[column(30.0, 10.0), column(0.0, 0.0)], |v| v.to_string()).unwrap();
        // 238 units for 40: 5.95 each, so the line lies at 12 + 178.5.
        assert_eq!(chart.zero, "190.5");
        assert_eq!(chart.bars.len(), 2);
        assert_eq!((chart.bars[0].y.as_str(), chart.bars[0].height.as_str()), ("12.0", "178.5"));
        assert_eq!((chart.bars[1].y.as_str(), chart.bars[1].height.as_str()), ("190.5", "59.5"));
        assert!(chart.grid.iter().any(|tick| tick.label == "0" && tick.at == chart.zero));
        assert_eq!(bars("t", &[column(0.0, 0.0)], |v| v.to_string()), None);
        assert_eq!(bars("t", &[], |v| v.to_string()), None);
    }

    #[test]
    fn of_many_columns_some_are_labelled() {
        let columns: Vec<Column> = (0..36)
            .map(|n| Column { label: n.to_string(), href: None, parts: vec![("new", String::new(), 1.0)] })
            .collect();
        assert_eq!(bars("t", &columns, |v| v.to_string()).unwrap().labels.len(), 12);
    }
}
