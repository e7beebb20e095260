//! Amounts, days and periods as they are written on the pages.

use chrono::{DateTime, Datelike};

use super::super::row::{Interval, Price};
use super::texts::{Lang, Texts};

const MONTHS_EN: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTHS_ES: [&str; 12] =
    ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"];

/// A day (UTC), for example `14 Feb 2026`.
pub(super) fn day(lang: Lang, at: i64) -> String {
    let Some(at) = DateTime::from_timestamp(at, 0) else { return String::new() };
    let names = if lang == Lang::Es { &MONTHS_ES } else { &MONTHS_EN };
    let month = usize::try_from(at.month0()).ok().and_then(|month| names.get(month)).copied();
    format!("{} {} {}", at.day(), month.unwrap_or_default(), at.year())
}

/// An amount in minor units, for example `€1,234.50` or `1234,50 €`.
pub(super) fn money(lang: Lang, amount: i64, currency: &str) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let (whole, rest) = (amount.unsigned_abs() / 100, amount.unsigned_abs() % 100);
    let symbol = match currency {
        "eur" => "€",
        "usd" => "$",
        "gbp" => "£",
        _ => "",
    };
    match lang {
        Lang::En => format!("{sign}{symbol}{whole}.{rest:02}"),
        // A space that does not break.
        Lang::Es => format!("{sign}{whole},{rest:02}\u{a0}{symbol}"),
    }
}

/// A price with how often it is paid.
pub(super) fn price(texts: &Texts, lang: Lang, price: &Price, quantity: i64) -> String {
    let amount = money(lang, price.unit_amount * quantity, &price.currency);
    let key = match (price.period.count, price.period.interval) {
        (1, Interval::Day) => "every_day",
        (1, Interval::Week) => "every_week",
        (1, Interval::Month) => "every_month",
        (1, Interval::Year) => "every_year",
        _ => "every_other",
    };
    let unit = match (lang, price.period.interval) {
        (Lang::En, Interval::Day) => "days",
        (Lang::En, Interval::Week) => "weeks",
        (Lang::En, Interval::Month) => "months",
        (Lang::En, Interval::Year) => "years",
        (Lang::Es, Interval::Day) => "días",
        (Lang::Es, Interval::Week) => "semanas",
        (Lang::Es, Interval::Month) => "meses",
        (Lang::Es, Interval::Year) => "años",
    };
    let count = price.period.count.to_string();
    texts.fill(lang, key, &[("price", &amount), ("count", &count), ("unit", unit)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_days_are_written_as_the_language_does() {
        assert_eq!(money(Lang::En, -1205, "eur"), "-€12.05");
        assert_eq!(money(Lang::Es, 4900, "eur"), "49,00\u{a0}€");
        assert_eq!(day(Lang::Es, 1_767_225_600), "1 ene 2026");
        assert_eq!(day(Lang::En, 1_767_225_600), "1 Jan 2026");
    }
}
