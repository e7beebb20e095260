//! Numbers and instants as a reader of English or Spanish writes them. A change always shows its sign.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

use crate::text::Lang;

/// Shown where a value is missing.
pub const MISSING: &str = "–";
/// The minus sign of text, as wide as the plus.
const MINUS: char = '−';

/// A number with `digits` after the point and groups of three before it.
pub fn number(value: f64, digits: usize, lang: Lang) -> String {
    if !value.is_finite() {
        return MISSING.to_owned();
    }
    let (point, group) = match lang {
        Lang::En => ('.', ','),
        // A thin space groups in Spanish, and only from five digits on.
        Lang::Es => (',', '\u{202f}'),
    };
    let plain = format!("{:.digits$}", value.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut text = String::new();
    // What rounds to zero has no sign.
    if value < 0.0 && plain.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        text.push(MINUS);
    }
    let grouped = whole.len() > 4 || (lang == Lang::En && whole.len() > 3);
    for (index, digit) in whole.chars().enumerate() {
        if grouped && index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(group);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(point);
        text.push_str(fraction);
    }
    text
}

/// A number that always shows its sign; zero has none.
pub fn signed(value: f64, digits: usize, lang: Lang) -> String {
    let text = number(value, digits, lang);
    let positive = value > 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    if positive { format!("+{text}") } else { text }
}

/// A count.
pub fn count(value: i64, lang: Lang) -> String {
    number(value as f64, 0, lang)
}

/// A share as per cent: 0.0123 is `1.2 %` (with a no-break space).
pub fn percent(share: f64, digits: usize, lang: Lang) -> String {
    format!("{}\u{a0}%", number(share * 100.0, digits, lang))
}

/// A change as per cent with its sign.
pub fn change(share: f64, digits: usize, lang: Lang) -> String {
    format!("{}\u{a0}%", signed(share * 100.0, digits, lang))
}

/// A price: as many digits as its size deserves.
pub fn price(value: f64, lang: Lang) -> String {
    number(value, price_digits(value), lang)
}

/// The digits after the point that a price of this size deserves.
pub fn price_digits(value: f64) -> usize {
    match value.abs() {
        v if v >= 10.0 => 2,
        v if v >= 0.1 => 4,
        _ => 6,
    }
}

/// An amount of minor units: 900 EUR is `€9.00`, in Spanish `9,00 €`.
pub fn money(cents: i64, currency: &str, lang: Lang) -> String {
    let amount = number(cents as f64 / 100.0, 2, lang);
    match (currency.trim(), lang) {
        // The sign comes before the currency's.
        ("EUR", Lang::En) => match amount.strip_prefix(MINUS) {
            Some(amount) => format!("{MINUS}€{amount}"),
            None => format!("€{amount}"),
        },
        ("EUR", Lang::Es) => format!("{amount}\u{a0}€"),
        (other, _) => format!("{amount}\u{a0}{other}"),
    }
}

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_ES: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

/// A day: `21 November 2026`, `21 de noviembre de 2026`.
pub fn day(on: NaiveDate, lang: Lang) -> String {
    let month = on.month0() as usize;
    match lang {
        Lang::En => format!("{} {} {}", on.day(), MONTHS_EN[month], on.year()),
        Lang::Es => format!("{} de {} de {}", on.day(), MONTHS_ES[month], on.year()),
    }
}

/// A day without its year: `21 Nov`, `21 nov`.
pub fn short_day(on: NaiveDate, lang: Lang) -> String {
    let names = if lang == Lang::En { MONTHS_EN } else { MONTHS_ES };
    let month: String = names[on.month0() as usize].chars().take(3).collect();
    format!("{} {month}", on.day())
}

/// An instant in UTC: `21 November 2026, 06:00 UTC`.
pub fn instant(at: DateTime<Utc>, lang: Lang) -> String {
    format!("{}, {:02}:{:02} UTC", day(at.date_naive(), lang), at.hour(), at.minute())
}

/// An instant in UTC that fits on one line of a phone: `21 Nov 2026, 06:00 UTC`.
pub fn dated_instant(at: DateTime<Utc>, lang: Lang) -> String {
    let (day, year) = (short_day(at.date_naive(), lang), at.year());
    format!("{day} {year}, {:02}:{:02} UTC", at.hour(), at.minute())
}

/// An instant without its year: `21 Nov, 06:00 UTC`.
pub fn short_instant(at: DateTime<Utc>, lang: Lang) -> String {
    format!("{}, {:02}:{:02} UTC", short_day(at.date_naive(), lang), at.hour(), at.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_of_charts_are_those_of_pages() {
        for lang in [Lang::En, Lang::Es] {
            let months = crate::text::text(lang, "months_short").split(' ').map(str::to_owned);
            let first = NaiveDate::default();
            let days: Vec<String> =
                (0..12).map(|month| short_day(first + chrono::Months::new(month), lang)).collect();
            assert_eq!(months.map(|month| format!("1 {month}")).collect::<Vec<_>>(), days);
        }
    }

    #[test]
    fn numbers_follow_the_language() {
        assert_eq!(number(1234567.891, 2, Lang::En), "1,234,567.89");
        assert_eq!(number(1234.5, 1, Lang::Es), "1234,5");
        assert_eq!(number(-12345.0, 0, Lang::Es), "−12\u{202f}345");
        assert_eq!(number(-0.001, 2, Lang::En), "0.00");
        assert_eq!(number(f64::NAN, 2, Lang::En), MISSING);
    }

    #[test]
    fn changes_show_their_sign() {
        assert_eq!(change(0.0123, 1, Lang::En), "+1.2\u{a0}%");
        assert_eq!(change(-0.0123, 1, Lang::Es), "−1,2\u{a0}%");
        assert_eq!(signed(0.0001, 2, Lang::En), "0.00");
    }

    #[test]
    fn money_is_written_from_minor_units() {
        assert_eq!(money(900, "EUR", Lang::En), "€9.00");
        assert_eq!(money(4905, "EUR", Lang::Es), "49,05\u{a0}€");
        assert_eq!(price(0.000_123, Lang::En), "0.000123");
    }
}
