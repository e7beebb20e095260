//! The small area chart of the whole history above the two handles that choose a stretch of it.

use std::fmt::Write;

use chrono::NaiveDate;
use serde::Serialize;

use super::series::Series;
use crate::svg;

/// Width and height in its own units.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 48.0;
/// Most points that are drawn: more would not be told apart.
const POINTS: usize = 240;

/// The slider; its handles count days of the calendar from the first bar.
#[derive(Debug, Serialize)]
pub struct SliderView {
    /// The area's outline.
    area: String,
    /// The first day.
    first: NaiveDate,
    /// Days from the first bar to the last.
    days: i64,
    /// Place of the first handle.
    from: i64,
    /// Place of the second one.
    to: i64,
}

/// The slider over all bars, with its handles at those of `place`; `None` where there is nothing to slide over.
pub fn view(series: &Series, place: &std::ops::Range<usize>) -> Option<SliderView> {
    let (first, last) = (*series.days.first()?, *series.days.last()?);
    let days = (last - first).num_days();
    let since = |at: usize| series.days.get(at).map_or(0, |day| (*day - first).num_days());
    if days < 2 {
        return None;
    }
    let step = series.len().div_ceil(POINTS).max(1);
    let mut at: Vec<usize> = (0..series.len()).step_by(step).collect();
    if at.last() != Some(&(series.len() - 1)) {
        at.push(series.len() - 1);
    }
    let closes: Vec<f64> = at.iter().filter_map(|i| series.close.get(*i).copied()).collect();
    let (low, high) = svg::bounds(&closes)?;
    let scale = if high > low { (HEIGHT - 4.0) / (high - low) } else { 0.0 };
    let mut area = format!("M0 {HEIGHT}");
    for (i, close) in at.iter().zip(&closes) {
        let x = since(*i) as f64 / days as f64 * WIDTH;
        // Writing to a string cannot fail.
        let _ = write!(area, "L{x:.1} {:.1}", HEIGHT - 2.0 - (close - low) * scale);
    }
    let _ = write!(area, "L{WIDTH} {HEIGHT}Z");
    let (from, to) = (since(place.start), since(place.end.saturating_sub(1)));
    Some(SliderView { area, first, days, from: from.min(to), to })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn series(n: usize) -> Series {
        let first: NaiveDate = "2026-01-01".parse().unwrap();
        let days = first.iter_days().take(n).collect();
        Series { days, close: (0..n).map(|i| i as f64).collect(), ..Series::default() }
    }

    #[test]
    fn handles_stand_at_the_ends_of_the_stretch() {
        let slider = view(&series(1001), &(100..1001)).unwrap();
        assert_eq!((slider.days, slider.from, slider.to), (1000, 100, 1000));
        assert!(slider.area.matches('L').count() <= POINTS + 2);
        assert!(slider.area.contains("L1000.0 2.0"), "the newest close is there: {}", slider.area);
        assert!(view(&series(2), &(0..2)).is_none() && view(&Series::default(), &(0..0)).is_none());
    }
}
