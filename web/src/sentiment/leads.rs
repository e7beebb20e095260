//! Does the mood come before the price, or the price before the mood? A verdict in one sentence, and what it rests on.

use serde::Serialize;

use super::store::LeadRow;
use crate::format;
use crate::text::{Lang, fill, text};

/// Width and height of the picture in its own units, and its margins.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 34.0;
/// The least that the scale reaches, so that small correlations look small.
const LEAST_REACH: f64 = 0.3;

/// One lag.
#[derive(Debug, Serialize, PartialEq)]
pub struct LagView {
    /// Days; above 0 the mood comes first.
    pub lag: i64,
    /// The same with its sign.
    pub label: String,
    /// The correlation.
    pub value: String,
    /// Its interval.
    pub interval: String,
    /// Whether the interval leaves out 0.
    pub clear: bool,
    /// Place in the picture.
    pub x: String,
    /// Place of the correlation.
    pub y: String,
    /// Place of the interval's lower end.
    pub low: String,
    /// Place of its upper end.
    pub high: String,
}

/// A line across the picture with its label.
#[derive(Debug, Serialize)]
pub struct Mark {
    /// Its place.
    pub y: String,
    /// Its label.
    pub label: String,
}

/// One test both ways.
#[derive(Debug, Serialize)]
pub struct TestView {
    /// What comes first.
    pub order: &'static str,
    /// How surprising it would be by chance.
    pub p: String,
    /// The same, corrected for how often we looked.
    pub q: String,
}

/// The panel of one source.
#[derive(Debug, Serialize)]
pub struct LeadView {
    /// The verdict, as one sentence.
    pub sentence: String,
    /// Days that both series have.
    pub observations: String,
    /// By lag; empty where there are too few days.
    pub lags: Vec<LagView>,
    /// Lines across the picture.
    pub marks: Vec<Mark>,
    /// Granger's test both ways.
    pub tests: Vec<TestView>,
}

/// The panel of one row.
pub fn view(row: &LeadRow, lang: Lang) -> LeadView {
    let observations = format::count(i64::from(row.observations), lang);
    let lags = if row.verdict == "too-few" { Vec::new() } else { read(&row.lags) };
    let reach = lags.iter().flat_map(|(_, v, l, h)| [v.abs(), l.abs(), h.abs()]).fold(LEAST_REACH, f64::max);
    let reach = ((reach * 10.0).ceil() / 10.0).min(1.0);
    let place = |value: f64| {
        let share = (value.clamp(-reach, reach) / reach + 1.0) / 2.0;
        format!("{:.1}", HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM))
    };
    let step = (WIDTH - LEFT - RIGHT) / lags.len().max(1) as f64;
    let seen = lags.iter().enumerate().map(|(index, (lag, value, low, high))| LagView {
        lag: *lag,
        label: format::signed(*lag as f64, 0, lang),
        value: format::signed(*value, 2, lang),
        interval: crate::market::words::interval(Some(*low), Some(*high), lang),
        clear: *low > 0.0 || *high < 0.0,
        x: format!("{:.1}", LEFT + step * (index as f64 + 0.5)),
        y: place(*value),
        low: place(*low),
        high: place(*high),
    });
    let marks = [reach, 0.0, -reach].map(|value| Mark {
        y: place(value),
        label: if value == 0.0 { "0".into() } else { format::signed(value, 1, lang) },
    });
    let chance =
        |value: Option<f64>| value.map_or_else(|| format::MISSING.to_owned(), |v| probability(v, lang));
    let test = |key, p, q| TestView { order: text(lang, key), p: chance(p), q: chance(q) };
    let tests = vec![
        test("lead_mood_before_price", row.mood_first_p, row.mood_first_q),
        test("lead_price_before_mood", row.price_first_p, row.price_first_q),
    ];
    LeadView {
        sentence: sentence(row, &lags, &observations, lang),
        observations,
        lags: seen.collect(),
        marks: marks.into(),
        tests: if row.verdict == "too-few" { Vec::new() } else { tests },
    }
}

/// Lag, correlation, lower end, upper end. What is not that is left out.
fn read(lags: &serde_json::Value) -> Vec<(i64, f64, f64, f64)> {
    let number = |lag: &serde_json::Value, place: usize| lag.get(place).and_then(serde_json::Value::as_f64);
    let mut read: Vec<_> = lags
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|lag| Some((number(lag, 0)? as i64, number(lag, 1)?, number(lag, 2)?, number(lag, 3)?)))
        .collect();
    read.sort_by_key(|(lag, ..)| *lag);
    read
}

/// A probability: not more digits than it bears.
fn probability(value: f64, lang: Lang) -> String {
    if value < 0.001 {
        format!("<\u{a0}{}", format::number(0.001, 3, lang))
    } else {
        format::number(value, 3, lang)
    }
}

fn sentence(row: &LeadRow, lags: &[(i64, f64, f64, f64)], observations: &str, lang: Lang) -> String {
    let strongest = |side: fn(i64) -> bool| {
        let on_side = lags.iter().filter(|(lag, ..)| side(*lag));
        on_side.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
    };
    let q = |value: Option<f64>| value.map_or_else(|| format::MISSING.to_owned(), |v| probability(v, lang));
    let smallest = [row.mood_first_q, row.price_first_q].into_iter().flatten().reduce(f64::min);
    let (key, side, shown): (_, fn(i64) -> bool, _) = match row.verdict.as_str() {
        "too-few" => ("lead_too_few", |_| false, None),
        "mood-first" => ("lead_mood_first", |lag| lag > 0, row.mood_first_q),
        "price-first" => ("lead_price_first", |lag| lag < 0, row.price_first_q),
        "both" => ("lead_both", |lag| lag != 0, smallest),
        _ => ("lead_no_evidence", |_| false, smallest),
    };
    let (lag, value) = strongest(side).map_or((0, 0.0), |(lag, value, ..)| (*lag, *value));
    let values = [
        ("observations", observations),
        ("q", &*q(shown)),
        ("days", &lag.unsigned_abs().to_string()),
        ("correlation", &format::signed(value, 2, lang)),
    ];
    fill(lang, key, &values)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(verdict: &str) -> LeadRow {
        LeadRow {
            source: "all".into(),
            observations: 240,
            lags: json!([[1, 0.2, 0.1, 0.3], [-1, 0.05, -0.05, 0.15], [0, 0.3, 0.2, 0.4], ["x"], 5]),
            mood_first_p: Some(0.0001),
            mood_first_q: Some(0.004),
            price_first_p: Some(0.4),
            price_first_q: None,
            verdict: verdict.into(),
        }
    }

    #[test]
    fn each_verdict_is_a_sentence_of_its_own() {
        let said = |verdict| view(&row(verdict), Lang::En).sentence;
        let first = said("mood-first");
        assert!(first.contains("0.004") && first.contains("+0.20") && first.contains('1'), "{first}");
        assert!(said("no-evidence").starts_with("No evidence"), "{}", said("no-evidence"));
        assert!(said("too-few").starts_with("Too few"), "{}", said("too-few"));
        assert!(said("price-first").contains('–') && said("both").contains("0.004"));
    }

    #[test]
    fn too_few_days_show_no_number() {
        let few = view(&row("too-few"), Lang::En);
        assert!(few.lags.is_empty() && few.tests.is_empty());
    }

    #[test]
    fn lags_are_drawn_in_order_with_their_intervals() {
        let seen = view(&row("no-evidence"), Lang::En);
        assert_eq!(
            seen.lags.iter().map(|l| (l.lag, l.clear)).collect::<Vec<_>>(),
            [(-1, false), (0, true), (1, true)]
        );
        // The scale reaches 0.4: 0.2 lies at three quarters of the height.
        assert_eq!((&*seen.lags[2].y, &*seen.lags[1].high), ("55.5", "12.0"));
        assert_eq!(seen.tests[0].p, "<\u{a0}0.001");
    }
}
