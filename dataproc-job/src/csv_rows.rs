//! The columns that an analyst needs, as CSV that opens safely in a spreadsheet.
//!
//! Text, author and link stay empty where the source's terms forbid to show them. A text that a spreadsheet would take for a
//! formula gets an apostrophe before it. Fields are quoted where they need it (RFC 4180), lines end in a line feed.

use std::io::Write;

use chrono::{DateTime, SecondsFormat};

use crate::engine::bars::Chosen;
use crate::engine::documents::Marked;
use crate::engine::frame::Frame;

/// The header of posts.
pub(crate) const POSTS: &str = "created_at,source,id,kind,author,followers,lang,text,likes,reposts,evidence,confidence,noise,duplicate_of,url\n";

/// The header of articles.
pub(crate) const ARTICLES: &str =
    "published_at,source,id,outlet,authors,lang,title,summary,evidence,confidence,noise,duplicate_of,url\n";

/// The header of bars, which are those of a world, the source, and what looks like a split.
pub(crate) const BARS: &str =
    "symbol,interval,time,open,high,low,close,adj_close,volume,source,split_ratio\n";

/// Writes the line of a post.
pub(crate) fn post(out: &mut Vec<u8>, frame: &Frame, marked: &Marked<'_>) {
    let (row, document) = (&marked.row, &marked.row.document);
    let source = &frame.sources[usize::from(row.place.source)];
    let may_display = source.terms.may_display;
    instant(out, row.place.at);
    field(out, &source.name);
    field(out, row.id);
    plain(out, document.label);
    field(out, document.author.filter(|_| may_display).unwrap_or_default());
    integer(out, document.followers);
    field(out, document.lang.unwrap_or_default());
    field(out, if may_display { document.text } else { "" });
    integer(out, document.likes);
    integer(out, document.reposts);
    plain(out, row.found.evidence.as_str());
    confidence(out, row.found.hundredths);
    plain(out, marked.noise.unwrap_or_default());
    field(out, marked.duplicate_of.as_deref().unwrap_or_default());
    field(out, document.url.filter(|_| may_display).unwrap_or_default());
    end(out);
}

/// Writes the line of an article.
pub(crate) fn article(out: &mut Vec<u8>, frame: &Frame, marked: &Marked<'_>) {
    let (row, document) = (&marked.row, &marked.row.document);
    let source = &frame.sources[usize::from(row.place.source)];
    let may_display = source.terms.may_display;
    instant(out, row.place.at);
    field(out, &source.name);
    field(out, row.id);
    field(out, document.label);
    field(out, document.author.filter(|_| may_display).unwrap_or_default());
    field(out, document.lang.unwrap_or_default());
    field(out, if may_display { document.text } else { "" });
    field(out, document.summary.filter(|_| may_display).unwrap_or_default());
    plain(out, row.found.evidence.as_str());
    confidence(out, row.found.hundredths);
    plain(out, marked.noise.unwrap_or_default());
    field(out, marked.duplicate_of.as_deref().unwrap_or_default());
    field(out, document.url.filter(|_| may_display).unwrap_or_default());
    end(out);
}

/// Writes the line of a bar.
pub(crate) fn bar(
    out: &mut Vec<u8>,
    frame: &Frame,
    asset: u32,
    interval: &str,
    bar: &Chosen,
    split_ratio: Option<f64>,
) {
    field(out, frame.symbols[asset as usize].as_str());
    field(out, interval);
    instant(out, bar.at);
    for price in bar.prices {
        shortest(out, Some(price));
    }
    shortest(out, bar.adj_close);
    shortest(out, bar.volume);
    field(out, &frame.sources[usize::from(bar.source)].name);
    shortest(out, split_ratio);
    end(out);
}

/// Ends a line: the comma after its last field becomes a line feed.
fn end(out: &mut [u8]) {
    if let Some(last) = out.last_mut() {
        *last = b'\n';
    }
}

/// A text that no spreadsheet takes for a formula.
fn field(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let dangerous = matches!(bytes.first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\n'));
    let quoted =
        memchr::memchr3(b',', b'"', b'\n', bytes).is_some() || memchr::memchr(b'\r', bytes).is_some();
    if quoted {
        out.push(b'"');
    }
    if dangerous {
        out.push(b'\'');
    }
    if quoted {
        for piece in bytes.split_inclusive(|b| *b == b'"') {
            out.extend_from_slice(piece);
            if piece.ends_with(b"\"") {
                out.push(b'"');
            }
        }
        out.push(b'"');
    } else {
        out.extend_from_slice(bytes);
    }
    out.push(b',');
}

/// A word of our own, which needs no quotes.
fn plain(out: &mut Vec<u8>, word: &str) {
    out.extend_from_slice(word.as_bytes());
    out.push(b',');
}

fn integer(out: &mut Vec<u8>, number: Option<i64>) {
    if let Some(number) = number {
        digits(out, number);
    }
    out.push(b',');
}

fn digits(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    let (mut rest, mut buffer, mut at) = (number.unsigned_abs(), [0u8; 20], 20);
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&buffer[at..]);
}

/// A number of decimal places of its own.
fn shortest(out: &mut Vec<u8>, number: Option<f64>) {
    if let Some(number) = number {
        // Writing to memory cannot fail.
        let _ = write!(out, "{number}");
    }
    out.push(b',');
}

/// Hundredths without zeros at the end: 1, 0.9, 0.95.
fn confidence(out: &mut Vec<u8>, hundredths: u8) {
    let (tens, ones) = (hundredths % 100 / 10, hundredths % 10);
    out.push(b'0' + hundredths / 100);
    if tens + ones > 0 {
        out.extend_from_slice(&[b'.', b'0' + tens]);
    }
    if ones > 0 {
        out.push(b'0' + ones);
    }
    out.push(b',');
}

const DAY: i64 = 86_400_000_000;

/// An instant in microseconds since 1970 as RFC 3339, with as many places as it needs.
fn instant(out: &mut Vec<u8>, at: i64) {
    let (day, rest) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    let Some((year, month, date)) = civil(day) else {
        let written = DateTime::from_timestamp_micros(at);
        let text = written.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)).unwrap_or_default();
        return plain(out, &text);
    };
    let two = |n: i64| [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
    out.extend_from_slice(&two(year / 100));
    out.extend_from_slice(&two(year % 100));
    let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
    for (sign, n) in
        [(b'-', month), (b'-', date), (b'T', seconds / 3600), (b':', seconds / 60 % 60), (b':', seconds % 60)]
    {
        out.push(sign);
        out.extend_from_slice(&two(n));
    }
    if micros > 0 {
        out.push(b'.');
        let (upper, lower) = (micros / 1000, micros % 1000);
        for part in [upper, lower].into_iter().take(if lower > 0 { 2 } else { 1 }) {
            out.push(b'0' + (part / 100) as u8);
            out.extend_from_slice(&two(part % 100));
        }
    }
    out.extend_from_slice(b"Z,");
}

/// Year, month and day of a day since 1970, for years 0 to 9999. Counted in eras of 400 years that begin in March, so that
/// the leap day is the last of a year.
fn civil(day: i64) -> Option<(i64, i64, i64)> {
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let date = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (0..=9999).contains(&year).then_some((year, month, date))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        assert_eq!(out.pop(), Some(b','));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn confidence_has_no_zeros_at_its_end() {
        for hundredths in 0..=100 {
            let wanted = (f64::from(hundredths) / 100.0).to_string();
            assert_eq!(written(|out| confidence(out, hundredths)), wanted);
        }
    }

    proptest! {
        #[test]
        fn instants_are_those_of_chrono(at in -70_000_000_000_000_000i64..260_000_000_000_000_000, places in 0u32..7) {
            let at = at / 10i64.pow(places) * 10i64.pow(places);
            let wanted = DateTime::from_timestamp_micros(at).unwrap().to_rfc3339_opts(SecondsFormat::AutoSi, true);
            prop_assert_eq!(written(|out| instant(out, at)), wanted);
        }

        #[test]
        fn integers_are_those_of_the_standard_library(number in any::<i64>()) {
            prop_assert_eq!(written(|out| integer(out, Some(number))), number.to_string());
        }

        #[test]
        fn fields_are_those_of_the_csv_crate(text in "[a=,\"\n\r+'@\t -]{0,6}|.{0,8}") {
            let mut writer = csv::Writer::from_writer(Vec::new());
            let dangerous = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
            let safe = if dangerous { format!("'{text}") } else { text.clone() };
            writer.write_record([safe.as_str(), "x"]).unwrap();
            let mut wanted = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            wanted.truncate(wanted.len() - ",x\n".len());
            prop_assert_eq!(written(|out| field(out, &text)), wanted);
        }
    }
}
