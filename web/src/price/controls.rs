//! The form of the price page: every choice with what is chosen.

use serde::Serialize;

use super::overlays::listed;
use super::question::{COSTS, GROUPS, PIVOTS, PRICES, Pivot, Question, RULES, Rule, VIEWS, View};
use super::series::Prices;
use super::span::{PERIODS, Period, Span};
use crate::text::{Lang, text};

/// One option of a choice.
#[derive(Debug, Serialize)]
pub struct Choice {
    /// What the address says.
    pub value: String,
    /// What the reader sees.
    pub label: String,
    /// Whether it is chosen.
    pub on: bool,
}

/// A period as a link.
#[derive(Debug, Serialize)]
pub struct PeriodLink {
    /// Where it leads.
    pub href: String,
    /// What the reader sees.
    pub label: &'static str,
    /// Whether it is chosen.
    pub on: bool,
}

/// The form.
#[derive(Debug, Serialize)]
pub struct Controls {
    periods: Vec<PeriodLink>,
    range: &'static str,
    from: String,
    to: String,
    views: Vec<Choice>,
    prices: Vec<Choice>,
    volume: bool,
    ema: Vec<Choice>,
    fast: usize,
    slow: usize,
    sma: Vec<Choice>,
    bands: Vec<Choice>,
    macd: Vec<Choice>,
    rsi: Vec<Choice>,
    stochastic: Vec<Choice>,
    groups: Vec<Choice>,
    pivots: Vec<Choice>,
    rules: Vec<Choice>,
    least: String,
    costs: u32,
    most_costs: u32,
    sort: String,
}

/// The form for a question.
pub fn view(question: &Question, path: &str, lang: Lang) -> Controls {
    let overlays = &question.overlays;
    let periods = PERIODS.into_iter().map(|(_, period)| PeriodLink {
        href: Question { span: Span::of(period), page: 1, ..question.clone() }.link(path),
        label: period_label(period, lang),
        on: question.span == Span::of(period),
    });
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let own = overlays.ema.filter(|windows| ![[12, 26], [50, 200]].contains(windows));
    let [fast, slow] = overlays.ema.unwrap_or([12, 26]);
    let bands = overlays.bands.map(|(window, width)| format!("{window},{width}"));
    Controls {
        periods: periods.collect(),
        range: PERIODS
            .iter()
            .find(|(_, period)| *period == question.span.period)
            .map_or("1y", |(name, _)| name),
        from: day(question.span.from),
        to: day(question.span.to),
        views: named(&VIEWS, question.view, |view| match view {
            View::Candles => text(lang, "prices_view_candles"),
            View::Ohlc => text(lang, "prices_view_ohlc"),
            View::Line => text(lang, "prices_view_line"),
        }),
        prices: named(&PRICES, question.prices, |prices| match prices {
            Prices::Adjusted => text(lang, "prices_adjusted"),
            Prices::Traded => text(lang, "prices_traded"),
        }),
        volume: overlays.volume,
        ema: {
            let mut choices = switched(
                overlays.ema.filter(|_| own.is_none()).map(|windows| listed(&windows)),
                &["12,26", "50,200"],
                lang,
            );
            if let Some(off) = choices.first_mut() {
                off.on = overlays.ema.is_none();
            }
            let label = text(lang, "prices_own").to_owned();
            choices.push(Choice { value: "own".into(), label, on: own.is_some() });
            choices
        },
        fast,
        slow,
        sma: switched(
            (!overlays.sma.is_empty()).then(|| listed(&overlays.sma)),
            &["20", "50", "200", "50,200"],
            lang,
        ),
        bands: switched(bands, &["20,2", "10,1.5", "50,2.5"], lang),
        macd: switched(overlays.macd.map(|w| listed(&w)), &["12,26,9", "5,35,5"], lang),
        rsi: switched(overlays.rsi.map(|w| w.to_string()), &["14", "7", "21"], lang),
        stochastic: {
            let mut choices = switched(
                overlays.stochastic.map(super::overlays::Stochastic::word),
                &["slow,14,3,3", "fast,14,3"],
                lang,
            );
            for choice in &mut choices {
                if let Some((kind, windows)) = choice.value.split_once(',') {
                    let kind = if kind == "slow" { "prices_slow" } else { "prices_fast" };
                    choice.label = format!("{} {}", text(lang, kind), windows.replace(',', ", "));
                }
            }
            choices
        },
        groups: named(&GROUPS, question.group, |group| match group {
            analytics::periods::Length::Day => text(lang, "prices_by_day"),
            analytics::periods::Length::Week => text(lang, "prices_by_week"),
            analytics::periods::Length::Month => text(lang, "prices_by_month"),
        }),
        pivots: named(&PIVOTS, question.pivot, |pivot| match pivot {
            Pivot::None => text(lang, "prices_off"),
            Pivot::MonthYear => text(lang, "prices_pivot_month_year"),
            Pivot::WeekdayMonth => text(lang, "prices_pivot_weekday_month"),
        }),
        rules: named(&RULES, question.rule, |rule| match rule {
            Rule::Ema => text(lang, "prices_rule_ema"),
            Rule::Sma => text(lang, "prices_rule_sma"),
        }),
        least: if question.least > 0.0 { question.least.to_string() } else { String::new() },
        costs: question.costs,
        most_costs: COSTS.1,
        sort: sorted(question),
    }
}

fn sorted(question: &Question) -> String {
    let found = super::question::SORTS.iter().find(|(_, sort)| *sort == question.sort);
    let word = found.map_or("day", |(word, _)| word);
    if question.descending { format!("-{word}") } else { word.to_owned() }
}

/// The options of a choice by name.
pub fn named<T: Copy + PartialEq>(
    choices: &[(&'static str, T)],
    chosen: T,
    label: impl Fn(T) -> &'static str,
) -> Vec<Choice> {
    let choice = |(value, choice): &(&'static str, T)| Choice {
        value: (*value).to_owned(),
        label: label(*choice).to_owned(),
        on: *choice == chosen,
    };
    choices.iter().map(choice).collect()
}

/// Off, the usual windows, and those of the address where they are others.
fn switched(chosen: Option<String>, usual: &[&str], lang: Lang) -> Vec<Choice> {
    let off =
        Choice { value: "off".into(), label: text(lang, "prices_off").to_owned(), on: chosen.is_none() };
    let mut choices = vec![off];
    let mut values: Vec<String> = usual.iter().map(|value| (*value).to_owned()).collect();
    if let Some(own) = chosen.as_ref().filter(|own| !values.contains(own)) {
        values.push(own.clone());
    }
    choices.extend(values.into_iter().map(|value| Choice {
        label: value.replace(',', ", "),
        on: chosen.as_ref() == Some(&value),
        value,
    }));
    choices
}

/// What a period is called.
pub fn period_label(period: Period, lang: Lang) -> &'static str {
    let key = match period {
        Period::Months(1) => "prices_1m",
        Period::Months(3) => "prices_3m",
        Period::Months(6) => "prices_6m",
        Period::Months(12) => "prices_1y",
        Period::Months(24) => "prices_2y",
        Period::Months(_) => "prices_5y",
        Period::All => "prices_all",
    };
    text(lang, key)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn chosen(choices: &[Choice]) -> Vec<&str> {
        choices.iter().filter(|choice| choice.on).map(|choice| choice.value.as_str()).collect()
    }

    #[test]
    fn exactly_one_option_of_each_choice_is_chosen() {
        for (query, ema, macd) in [
            ("", "12,26", "off"),
            ("ema=off&macd=1", "off", "12,26,9"),
            ("ema=10,30&macd=3,10,16&sma=7&stoch=fast,5,2", "own", "3,10,16"),
        ] {
            let form = view(&Question::parse(query).unwrap(), "/p", Lang::En);
            assert_eq!((chosen(&form.ema), chosen(&form.macd)), (vec![ema], vec![macd]), "{query}");
            for choices in [&form.views, &form.prices, &form.sma, &form.bands, &form.rsi, &form.stochastic] {
                assert_eq!(chosen(choices).len(), 1, "{query}: {choices:?}");
            }
        }
    }
}
