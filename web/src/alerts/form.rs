//! The form of an alert: what was typed, and what it means or why not.

use serde::{Deserialize, Serialize};

use super::rule::{Measure, Operator, Rule, Unit};
use super::words;
use crate::format;
use crate::text::{Lang, fill, text};

/// What was typed. It is shown again as it was.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Input {
    /// Symbol of an asset.
    pub asset: String,
    /// Id of a watchlist, in the place of an asset.
    pub list: String,
    /// Name of a measure.
    pub measure: String,
    /// Name of an operator.
    pub operator: String,
    /// The threshold: per cent for shares.
    pub threshold: String,
    /// Days.
    pub days: String,
    /// Anything: by mail.
    pub mail: String,
    /// Anything: to the webhook.
    pub webhook: String,
    /// Anything: to the chat.
    pub telegram: String,
}

/// What an alert is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// One asset.
    Asset(String),
    /// All assets of a watchlist.
    List(i64),
}

/// A form that can be understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// What the alert is about.
    pub about: About,
    /// Its rule.
    pub rule: Rule,
    /// `mail`, `webhook`, `telegram`.
    pub channels: Vec<String>,
}

impl Input {
    /// A form with nothing but an asset in it.
    pub fn fresh(asset: &str) -> Self {
        Self {
            asset: asset.to_owned(),
            measure: Measure::Price.as_str().to_owned(),
            operator: Operator::Moves.as_str().to_owned(),
            threshold: "5".to_owned(),
            days: "1".to_owned(),
            mail: "on".to_owned(),
            ..Self::default()
        }
    }

    /// Whether anything but the asset was typed.
    pub fn is_filled(&self) -> bool {
        !(self.measure.is_empty() && self.threshold.is_empty())
    }

    /// What it means.
    ///
    /// # Errors
    /// What is accepted, in the reader's language.
    pub fn read(&self, lang: Lang) -> Result<Wanted, String> {
        let said = |key| text(lang, key).to_owned();
        let about = match (self.list.trim(), self.asset.trim()) {
            ("", "") => return Err(said("alert_bad_about")),
            ("", asset) => About::Asset(asset.to_uppercase()),
            (list, _) => About::List(list.parse().map_err(|_| said("alert_bad_about"))?),
        };
        let measure = Measure::parse(&self.measure).ok_or_else(|| said("alert_bad_measure"))?;
        let operator = Operator::parse(&self.operator).ok_or_else(|| said("alert_bad_operator"))?;
        if operator == Operator::Moves && !measure.is_change() {
            return Err(said("alert_bad_moves"));
        }
        let threshold = threshold(&self.threshold, measure, operator, lang)?;
        let days = if measure.most_days() == 1 { 1 } else { days(&self.days, measure, lang)? };
        let chosen = [("mail", &self.mail), ("webhook", &self.webhook), ("telegram", &self.telegram)];
        let channels: Vec<String> =
            chosen.into_iter().filter(|(_, on)| !on.is_empty()).map(|(name, _)| name.to_owned()).collect();
        if channels.is_empty() {
            return Err(said("alert_bad_channels"));
        }
        Ok(Wanted { about, rule: Rule { measure, operator, threshold, days }, channels })
    }
}

fn threshold(typed: &str, measure: Measure, operator: Operator, lang: Lang) -> Result<f64, String> {
    let percent = measure.unit() == Unit::Percent;
    let scale = if percent { 100.0 } else { 1.0 };
    let (low, high) = measure.range();
    // A move has no sign, and one by nothing is none.
    let low = if operator == Operator::Moves { low.max(0.001) } else { low };
    let range = || {
        let shown = |value: f64| {
            if percent { format::percent(value, 1, lang) } else { words::value(measure, value, lang) }
        };
        fill(lang, "alert_bad_threshold", &[("low", &shown(low)), ("high", &shown(high))])
    };
    let cleaned = typed.trim().trim_end_matches('%').trim().replace(',', ".").replace('−', "-");
    let value: f64 = cleaned.parse().map_err(|_| range())?;
    let value = value / scale;
    if value.is_finite() && (low..=high).contains(&value) { Ok(value) } else { Err(range()) }
}

fn days(typed: &str, measure: Measure, lang: Lang) -> Result<i32, String> {
    let most = measure.most_days();
    let typed = if typed.trim().is_empty() { "1" } else { typed.trim() };
    typed
        .parse()
        .ok()
        .filter(|days| (1..=most).contains(days))
        .ok_or_else(|| fill(lang, "alert_bad_days", &[("most", &most.to_string())]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn typed(measure: &str, operator: &str, threshold: &str, days: &str) -> Input {
        Input {
            measure: measure.into(),
            operator: operator.into(),
            threshold: threshold.into(),
            days: days.into(),
            ..Input::fresh("aapl")
        }
    }

    #[test]
    fn what_makes_sense_is_understood() {
        let wanted = Input::fresh("aapl").read(Lang::En).unwrap();
        let rule = Rule { measure: Measure::Price, operator: Operator::Moves, threshold: 0.05, days: 1 };
        assert_eq!(wanted.about, About::Asset("AAPL".into()));
        assert_eq!((wanted.rule, wanted.channels), (rule, vec!["mail".to_owned()]));
        for (typed, threshold, days) in [
            (typed("price", "below", "−2,5 %", "5"), -0.025, 5),
            (typed("sentiment", "above", "0.3", "99"), 0.3, 1),
            (typed("mentions-ratio", "above", "2", ""), 2.0, 1),
            (typed("forecast-low", "below", "-4", "5"), -0.04, 5),
            (typed("var-99", "above", "7.5%", ""), 0.075, 1),
        ] {
            let rule = typed.read(Lang::Es).unwrap().rule;
            assert!((rule.threshold - threshold).abs() < 1e-12 && rule.days == days, "{typed:?} {rule:?}");
        }
        let list = Input { list: "7".into(), ..Input::fresh("") };
        assert_eq!(list.read(Lang::En).unwrap().about, About::List(7));
    }

    #[test]
    fn what_makes_none_is_refused_with_what_is_accepted() {
        for (input, says) in [
            (typed("price", "moves", "0", "1"), "0.1\u{a0}%"),
            (typed("price", "moves", "-3", "1"), "0.1\u{a0}%"),
            (typed("price", "above", "NaN", "1"), "between"),
            (typed("price", "above", "inf", "1"), "between"),
            (typed("price", "above", "1e12", "1"), "between"),
            (typed("price", "above", "", "1"), "between"),
            (typed("price", "above", "3", "0"), "from 1 to 30"),
            (typed("price", "above", "3", "1000000000000"), "from 1 to 30"),
            (typed("forecast-median", "above", "3", "6"), "from 1 to 5"),
            (typed("sentiment", "above", "2", "1"), "+1.00"),
            (typed("mentions", "above", "-5", "1"), "between"),
            (typed("sentiment", "moves", "0.2", "1"), "change"),
            (typed("gravity", "above", "1", "1"), "measure"),
            (typed("price", "near", "1", "1"), "above, below"),
            (Input { mail: String::new(), ..Input::fresh("A") }, "channel"),
            (Input::fresh(""), "asset"),
            (Input { list: "x".into(), ..Input::fresh("") }, "asset"),
        ] {
            let problem = input.read(Lang::En).unwrap_err();
            assert!(problem.contains(says), "{input:?}: {problem}");
        }
    }
}
