//! The form's fields: what may stand in them, and a message beside each that holds something else.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Place;
use crate::format;
use crate::text::{Lang, fill, text};

/// Smallest and largest position, in cents: a dollar to a billion dollars.
pub const POSITION_CENTS: RangeInclusive<i64> = 100..=100_000_000_000;
/// Returns behind a run.
pub const WINDOW: RangeInclusive<u64> = 30..=2_500;
/// Simulations.
pub const SIMULATIONS: RangeInclusive<u64> = 100..=10_000_000;
/// Parallel workers.
pub const WORKERS: RangeInclusive<u64> = 1..=64;
/// Trading days ahead.
pub const HORIZON: RangeInclusive<u64> = 1..=10;
/// Seeds.
pub const SEED: RangeInclusive<u64> = 0..=4_294_967_295;
/// Most simulated days of one run: simulations times horizon.
pub const SIMULATED_DAYS: u64 = 50_000_000;
/// Longest text that is looked at in a field.
const LONGEST: usize = 40;

/// The fields as they were sent; they are shown again as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the fields are those of Inputs")]
pub struct Fields {
    pub symbol: String,
    pub on: String,
    pub side: String,
    pub position: String,
    pub window: String,
    pub simulations: String,
    pub workers: String,
    pub confidence: String,
    pub horizon: String,
    pub place: String,
    pub seed: String,
}

/// What is to be computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    /// The asset.
    pub symbol: String,
    /// The signal's date; `None`: the last bar.
    pub on: Option<NaiveDate>,
    /// Whether the position gains when the price falls.
    pub short: bool,
    /// Worth of the position, in US cents.
    pub position_cents: i64,
    /// Returns to be fitted.
    pub window: usize,
    /// Simulations.
    pub simulations: usize,
    /// Workers that share them.
    pub workers: u32,
    /// The confidence of the headline figure, as a share.
    pub confidence: f64,
    /// Trading days ahead.
    pub horizon: u32,
    /// Where.
    pub place: Place,
    /// The seed.
    pub seed: u64,
}

/// Messages by field.
pub type Problems = BTreeMap<&'static str, String>;

impl Fields {
    /// The fields' names.
    pub const NAMES: [&str; 11] = [
        "symbol",
        "on",
        "side",
        "position",
        "window",
        "simulations",
        "workers",
        "confidence",
        "horizon",
        "place",
        "seed",
    ];

    /// Empty fields filled with what most readers begin with.
    #[must_use]
    pub fn or_usual(self, symbol: &str, lang: Lang) -> Self {
        let or = |value: String, usual: &str| if value.trim().is_empty() { usual.to_owned() } else { value };
        let group = |n: i64| format::number(n as f64, 0, lang);
        Self {
            symbol: or(self.symbol, symbol),
            on: self.on,
            side: or(self.side, "long"),
            position: or(self.position, &group(10_000)),
            window: or(self.window, "250"),
            simulations: or(self.simulations, &group(100_000)),
            workers: or(self.workers, "4"),
            confidence: or(self.confidence, "99"),
            horizon: or(self.horizon, "1"),
            place: or(self.place, "site"),
            seed: or(self.seed, "7"),
        }
    }

    /// What the fields ask for. `known` says the canonical symbol of an asset, `function` whether there is a serverless
    /// function.
    ///
    /// # Errors
    /// A message for each field that cannot be taken.
    pub fn parse(
        &self,
        lang: Lang,
        known: impl Fn(&str) -> Option<String>,
        function: bool,
    ) -> Result<Inputs, Problems> {
        let mut problems = Problems::new();
        let symbol = known(self.symbol.trim());
        if symbol.is_none() {
            problems.insert("symbol", text(lang, "lab_bad_symbol").to_owned());
        }
        let on = self.on.trim();
        let date = (!on.is_empty()).then(|| on.parse::<NaiveDate>());
        if matches!(date, Some(Err(_))) {
            problems.insert("on", text(lang, "lab_bad_date").to_owned());
        }
        if !matches!(self.side.as_str(), "long" | "short") {
            problems.insert("side", text(lang, "lab_bad_side").to_owned());
        }
        let position_cents = cents(&self.position).filter(|cents| POSITION_CENTS.contains(cents));
        if position_cents.is_none() {
            let ends = [POSITION_CENTS.start(), POSITION_CENTS.end()].map(|c| format::count(c / 100, lang));
            let says = fill(lang, "lab_bad_position", &[("low", &ends[0]), ("high", &ends[1])]);
            problems.insert("position", says);
        }
        let mut number = |name: &'static str, value: &str, range: RangeInclusive<u64>| {
            let parsed = whole(value).filter(|n| range.contains(n));
            if parsed.is_none() {
                let ends = [range.start(), range.end()].map(|n| format::number(*n as f64, 0, lang));
                let says = fill(lang, "lab_bad_number", &[("low", &ends[0]), ("high", &ends[1])]);
                problems.insert(name, says);
            }
            parsed.unwrap_or(*range.start())
        };
        let window = number("window", &self.window, WINDOW);
        let simulations = number("simulations", &self.simulations, SIMULATIONS);
        let workers = number("workers", &self.workers, WORKERS);
        let horizon = number("horizon", &self.horizon, HORIZON);
        let seed = number("seed", &self.seed, SEED);
        if simulations.saturating_mul(horizon) > SIMULATED_DAYS && !problems.contains_key("simulations") {
            let most = format::number((SIMULATED_DAYS / horizon) as f64, 0, lang);
            let days = horizon.to_string();
            problems.insert("simulations", fill(lang, "lab_too_much", &[("high", &most), ("days", &days)]));
        }
        let confidence = share(&self.confidence);
        if confidence.is_none() {
            problems.insert("confidence", text(lang, "lab_bad_confidence").to_owned());
        }
        let place = Place::parse(&self.place);
        match place {
            None => problems.insert("place", text(lang, "lab_bad_place").to_owned()),
            Some(Place::Function | Place::Both) if !function => {
                problems.insert("place", text(lang, "lab_no_function").to_owned())
            }
            Some(_) => None,
        };
        match (symbol, position_cents, confidence, place) {
            (Some(symbol), Some(position_cents), Some(confidence), Some(place)) if problems.is_empty() => {
                Ok(Inputs {
                    symbol,
                    on: date.and_then(Result::ok),
                    short: self.side == "short",
                    position_cents,
                    window: window as usize,
                    simulations: simulations as usize,
                    workers: workers as u32,
                    confidence,
                    horizon: horizon as u32,
                    place,
                    seed,
                })
            }
            _ => Err(problems),
        }
    }
}

/// A whole number, with or without groups of three.
fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.len() > LONGEST || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut groups = text.split(['.', ',', ' ', '\u{a0}', '\u{202f}']);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    if (!rest.is_empty() && first.len() > 3) || rest.iter().any(|group| group.len() != 3) {
        return None;
    }
    let digits = rest.into_iter().fold(first.to_owned(), |all, group| all + group);
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// An amount of dollars as cents: a point or a comma before one or two digits at the end is the decimal one.
fn cents(text: &str) -> Option<i64> {
    let text = text.trim();
    let (units, fraction) = match text.rfind(['.', ',']) {
        Some(at) if matches!(text.len() - at - 1, 1 | 2) => (&text[..at], &text[at + 1..]),
        _ => (text, ""),
    };
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part: i64 = if fraction.is_empty() { 0 } else { format!("{fraction:0<2}").parse().ok()? };
    i64::try_from(whole(units)?).ok()?.checked_mul(100)?.checked_add(part)
}

/// A confidence from 90 to 99.9, in per cent with up to two digits behind the point, as a share.
fn share(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches('%').trim_end().replace(',', ".");
    let plain = text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let percent: f64 = if plain { text.parse().ok()? } else { return None };
    // One division of whole numbers, so that it is the number that 0.999 is.
    (90.0..=99.9).contains(&percent).then_some((percent * 100.0).round() / 10_000.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parse(change: impl Fn(&mut Fields)) -> Result<Inputs, Problems> {
        let mut fields = Fields::default().or_usual("A", Lang::En);
        change(&mut fields);
        fields.parse(Lang::En, |symbol| (symbol == "A").then(|| "A".to_owned()), false)
    }

    #[test]
    fn the_usual_fields_are_taken_in_both_languages() {
        for lang in Lang::ALL {
            let fields = Fields::default().or_usual("A", lang);
            let inputs = fields.parse(lang, |s| Some(s.to_owned()), false).unwrap();
            assert_eq!(
                (inputs.position_cents, inputs.simulations, inputs.confidence),
                (1_000_000, 100_000, 0.99)
            );
        }
    }

    #[test]
    fn amounts_and_numbers_are_read_as_people_write_them() {
        for (text, wanted) in [
            ("10000", Some(1_000_000)),
            ("10,000.5", Some(1_000_050)),
            ("10.000,55", Some(1_000_055)),
            ("1 000", Some(100_000)),
            ("0.01", Some(1)),
            ("1,0000", None),
            ("-5", None),
            ("1e9", None),
            ("NaN", None),
            ("", None),
            (".5", None),
            ("١٢", None),
            ("999999999999999999999", None),
        ] {
            assert_eq!(cents(text), wanted, "{text}");
        }
        for (text, wanted) in [
            ("1,000,000", Some(1_000_000)),
            ("1000", Some(1000)),
            ("10,00", None),
            ("+5", None),
            ("1,,000", None),
        ] {
            assert_eq!(whole(text), wanted, "{text}");
        }
        for (text, wanted) in
            [("99", Some(0.99)), ("97,5 %", Some(0.975)), ("99.9", Some(0.999)), ("89.9", None)]
        {
            assert_eq!(share(text), wanted, "{text}");
        }
    }

    #[test]
    fn each_bad_field_is_named_with_what_it_takes() {
        type Change = fn(&mut Fields);
        let cases: [(&str, Change, &str); 20] = [
            ("symbol", |f| f.symbol = "<b>NOPE</b>".into(), "asset"),
            ("on", |f| f.on = "2026-02-30".into(), "2026-11-20"),
            ("on", |f| f.on = "yesterday".into(), "2026-11-20"),
            ("side", |f| f.side = "both".into(), "long"),
            ("position", |f| f.position = "-100".into(), "1,000,000,000"),
            ("position", |f| f.position = "NaN".into(), "1,000,000,000"),
            ("position", |f| f.position = "0".into(), "1,000,000,000"),
            ("window", |f| f.window = "29".into(), "30"),
            ("window", |f| f.window = "2501".into(), "2,500"),
            ("simulations", |f| f.simulations = "1000000000000".into(), "10,000,000"),
            ("simulations", |f| f.simulations = "99".into(), "10,000,000"),
            ("simulations", |f| f.simulations = "1e3".into(), "10,000,000"),
            ("workers", |f| f.workers = "-1".into(), "64"),
            ("workers", |f| f.workers = "65".into(), "64"),
            ("confidence", |f| f.confidence = "-99".into(), "90"),
            ("confidence", |f| f.confidence = "NaN".into(), "90"),
            ("confidence", |f| f.confidence = "inf".into(), "90"),
            ("horizon", |f| f.horizon = "11".into(), "10"),
            ("seed", |f| f.seed = "99999999999".into(), "4,294,967,295"),
            ("place", |f| f.place = "function".into(), "not connected"),
        ];
        for (field, change, says) in cases {
            let problems = parse(change).unwrap_err();
            assert_eq!(problems.keys().copied().collect::<Vec<_>>(), [field]);
            assert!(problems[field].contains(says), "{field}: {}", problems[field]);
        }
    }

    #[test]
    fn simulations_times_days_are_bounded() {
        let large = |f: &mut Fields| (f.simulations, f.horizon) = ("10,000,000".into(), "6".into());
        let problems = parse(large).unwrap_err();
        assert!(problems["simulations"].contains("8,333,333"), "{problems:?}");
        assert!(parse(|f| (f.simulations, f.horizon) = ("10,000,000".into(), "5".into())).is_ok());
    }
}
