//! What alerts say: on the page, in mails, in chats.

use super::rule::{Measure, Operator, Rule, Unit};
use crate::format;
use crate::text::{Lang, count, fill, text};

/// A value of this measure.
pub fn value(measure: Measure, value: f64, lang: Lang) -> String {
    match (measure, measure.unit()) {
        (Measure::Var95 | Measure::Var99, _) => format::percent(value, 2, lang),
        (_, Unit::Percent) => format::change(value, 2, lang),
        (_, Unit::Score) => format::signed(value, 2, lang),
        (_, Unit::Count) => format::number(value, 0, lang),
        (_, Unit::Times) => format!("×{}", format::number(value, 2, lang)),
    }
}

/// What a rule looks at.
pub fn measure(measure: Measure, days: i32, lang: Lang) -> String {
    let days = i64::from(days);
    match measure {
        Measure::Price => count(lang, "measure_price", days, &[]),
        Measure::SentimentChange => count(lang, "measure_sentiment_change", days, &[]),
        Measure::ForecastMedian => count(lang, "measure_forecast_median", days, &[]),
        Measure::ForecastLow => count(lang, "measure_forecast_low", days, &[]),
        Measure::ForecastHigh => count(lang, "measure_forecast_high", days, &[]),
        other => label(other, lang).to_owned(),
    }
}

/// A measure as a form names it, without days.
pub fn label(measure: Measure, lang: Lang) -> &'static str {
    let key = match measure {
        Measure::Price => "measure_label_price",
        Measure::Sentiment => "measure_label_sentiment",
        Measure::SentimentChange => "measure_label_sentiment_change",
        Measure::Mentions => "measure_label_mentions",
        Measure::MentionsRatio => "measure_label_mentions_ratio",
        Measure::ForecastMedian => "measure_label_forecast_median",
        Measure::ForecastLow => "measure_label_forecast_low",
        Measure::ForecastHigh => "measure_label_forecast_high",
        Measure::Var95 => "measure_label_var_95",
        Measure::Var99 => "measure_label_var_99",
    };
    text(lang, key)
}

/// A rule as one clause: what it looks at, and when it fires.
pub fn rule(rule: &Rule, lang: Lang) -> String {
    let key = match rule.operator {
        Operator::Above => "alert_rule_above",
        Operator::Below => "alert_rule_below",
        Operator::Moves => "alert_rule_moves",
    };
    let threshold = match (rule.operator, rule.measure.unit()) {
        // A move has no sign.
        (Operator::Moves, Unit::Percent) => format::percent(rule.threshold, 2, lang),
        (Operator::Moves, Unit::Score) => format::number(rule.threshold, 2, lang),
        _ => value(rule.measure, rule.threshold, lang),
    };
    fill(lang, key, &[("measure", &measure(rule.measure, rule.days, lang)), ("threshold", &threshold)])
}

/// What an alert says when it fires.
pub fn fired(name: &str, symbol: &str, of: &Rule, value_now: f64, lang: Lang) -> String {
    let values = [
        ("name", name),
        ("symbol", symbol),
        ("measure", &*measure(of.measure, of.days, lang)),
        ("value", &*value(of.measure, value_now, lang)),
        ("rule", &*rule(of, lang)),
    ];
    fill(lang, "alert_fired", &values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_says_what_crossed_what() {
        let price = Rule { measure: Measure::Price, operator: Operator::Moves, threshold: 0.03, days: 1 };
        let said = fired("Apple", "AAPL", &price, -0.0412, Lang::En);
        assert_eq!(
            said,
            "Apple (AAPL): price change since the previous close is −4.12\u{a0}%. Your alert: price change since the \
             previous close of 3.00\u{a0}% or more, up or down."
        );
        let days = Rule { days: 5, operator: Operator::Below, threshold: -0.1, ..price };
        assert!(rule(&days, Lang::Es).contains("−10,00\u{a0}%"), "{}", rule(&days, Lang::Es));
        for measure_of in Measure::ALL {
            for lang in Lang::ALL {
                let words = measure(measure_of, 3, lang);
                assert!(!words.contains('_') && !words.is_empty(), "{words}");
            }
        }
    }
}
