//! Splits and dividends that the bars show: signs on the chart, words in the tables.

use analytics::actions::{Action, actions};
use analytics::periods::Length;
use chrono::NaiveDate;
use serde::Serialize;

use super::table::dated;
use crate::format;
use crate::market::store::BarRow;
use crate::text::{Lang, fill};

/// An action and the first trading day after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Acted {
    /// The day: prices from here on are after it.
    pub on: NaiveDate,
    /// What happened.
    pub action: Action,
}

/// The actions of these bars, oldest first.
pub fn of(bars: &[BarRow]) -> Vec<Acted> {
    let closes: Vec<f64> = bars.iter().map(|bar| bar.close).collect();
    let adjusted: Vec<Option<f64>> = bars.iter().map(|bar| bar.adj_close).collect();
    let found = actions(&closes, &adjusted).into_iter();
    found.filter_map(|(at, action)| Some(Acted { on: bars.get(at)?.traded_on, action })).collect()
}

/// Those within these days, both included.
pub fn within(all: &[Acted], days: &[NaiveDate]) -> Vec<Acted> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Vec::new() };
    all.iter().filter(|acted| (*first..=*last).contains(&acted.on)).copied().collect()
}

/// Those of the day, week or month that begins on `on`.
pub fn during(all: &[Acted], on: NaiveDate, length: Length) -> impl Iterator<Item = Action> + '_ {
    all.iter().filter(move |acted| length.first_day(acted.on) == on).map(|acted| acted.action)
}

/// An action in words.
pub fn says(action: Action, lang: Lang) -> String {
    match action {
        Action::Split { new, old } => {
            fill(lang, "prices_split", &[("new", &new.to_string()), ("old", &old.to_string())])
        }
        Action::Dividend { amount } => fill(lang, "prices_dividend", &[("amount", &paid(amount, lang))]),
        Action::Other { factor } => {
            fill(lang, "prices_other_action", &[("factor", &format::number(factor, 4, lang))])
        }
    }
}

/// An action beside its sign on the chart.
pub fn sign(action: Action, lang: Lang) -> String {
    match action {
        Action::Split { new, old } => format!("{new}:{old}"),
        Action::Dividend { amount } => paid(amount, lang),
        Action::Other { factor } => format!("÷{}", format::number(factor, 2, lang)),
    }
}

/// An action in a file: `split 4:1`, `dividend 0.24`, `other 1.62`.
pub fn written(action: Action) -> String {
    match action {
        Action::Split { new, old } => format!("split {new}:{old}"),
        Action::Dividend { amount } => format!("dividend {amount:.4}"),
        Action::Other { factor } => format!("other {factor:.6}"),
    }
}

/// An amount in cents where it is one of whole cents, else with a digit more; what is rounded away is not known.
fn paid(amount: f64, lang: Lang) -> String {
    let cents = amount * 100.0;
    let digits = if (cents - cents.round()).abs() < 0.05 || amount >= 10.0 { 2 } else { 3 };
    format::number(amount, digits, lang)
}

/// An action as the chart reads it.
#[derive(Debug, Serialize)]
pub struct Drawn {
    time: NaiveDate,
    kind: &'static str,
    sign: String,
    says: String,
}

/// The actions for the chart.
pub fn drawn(all: &[Acted], lang: Lang) -> Vec<Drawn> {
    let one = |acted: &Acted| Drawn {
        time: acted.on,
        kind: match acted.action {
            Action::Split { .. } => "split",
            Action::Dividend { .. } => "dividend",
            Action::Other { .. } => "other",
        },
        sign: sign(acted.action, lang),
        says: says(acted.action, lang),
    };
    all.iter().map(one).collect()
}

/// The actions as rows, the newest first: day and words.
pub fn listed(all: &[Acted], lang: Lang) -> Vec<(String, String)> {
    all.iter().rev().map(|acted| (dated(acted.on, lang), says(acted.action, lang))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn bar(day: u32, close: f64, adj_close: f64) -> BarRow {
        let traded_on = NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let (open, high, low, volume) = (close, close, close, None);
        BarRow { symbol: "S".into(), traded_on, open, high, low, close, adj_close: Some(adj_close), volume }
    }

    #[test]
    fn what_happened_is_said_in_words_and_in_files() {
        // Two for one on the 4th; 0.5 a share paid on the 6th: (1 - 0.5 / 50) of all closes before.
        let kept = 1.0 - 0.5 / 50.0;
        let bars = [
            bar(3, 100.0, 50.0 * kept),
            bar(4, 50.0, 50.0 * kept),
            bar(5, 50.0, 50.0 * kept),
            bar(6, 49.0, 49.0),
        ];
        let found = of(&bars);
        let words: Vec<String> = found.iter().map(|acted| says(acted.action, Lang::En)).collect();
        assert_eq!(words, ["Split, 2 for 1", "Dividend of 0.50 a share"]);
        let files: Vec<String> = found.iter().map(|acted| written(acted.action)).collect();
        assert_eq!(files, ["split 2:1", "dividend 0.5000"]);
        assert_eq!(sign(found[0].action, Lang::Es), "2:1");
        assert_eq!(sign(found[1].action, Lang::Es), "0,50");
        assert_eq!(found[0].on, bars[1].traded_on);
        // The 2nd is a Monday.
        let monday = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap();
        assert_eq!(during(&found, monday, Length::Week).count(), 2);
        assert_eq!(during(&found, bars[3].traded_on, Length::Day).count(), 1);
        assert_eq!(within(&found, &[bars[2].traded_on, bars[3].traded_on]).len(), 1);
        assert!(within(&found, &[]).is_empty() && of(&[]).is_empty());
    }
}
