//! Instants as sources write them.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};

/// Zone names that mean one offset wherever they are used. `IST` and `CST` mean several, so a feed that uses them needs
/// its own zone in the settings.
const ZONES: [(&str, i32); 16] = [
    ("Z", 0),
    ("UT", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("WET", 0),
    ("EST", -5 * 3600),
    ("EDT", -4 * 3600),
    ("MST", -7 * 3600),
    ("MDT", -6 * 3600),
    ("PST", -8 * 3600),
    ("PDT", -7 * 3600),
    ("CDT", -5 * 3600),
    ("CET", 3600),
    ("CEST", 2 * 3600),
    ("JST", 9 * 3600),
    ("HKT", 8 * 3600),
];

const FORMATS: [&str; 8] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%a, %d %b %Y %H:%M:%S",
    "%a, %d %b %Y %H:%M",
    "%d %b %Y %H:%M:%S",
    "%Y%m%dT%H%M%S",
];

/// Reads an instant. `zone` is the offset of a text that names no zone, or one that means several things; without it such
/// a text cannot be read.
pub fn parse(text: &str, zone: Option<FixedOffset>) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let (local, name) = split_zone(text);
    let offset = match name {
        "" => zone,
        name => offset(name).or(zone),
    }?;
    let naive = FORMATS
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(local, format).ok())
        .or_else(|| NaiveDate::parse_from_str(local, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
        .or_else(|| without_weekday(local))?;
    Some(naive.and_local_timezone(offset).single()?.to_utc())
}

/// An offset such as `+05:30`, `-0400`, `+00` or a zone name that means one offset only.
pub fn offset(text: &str) -> Option<FixedOffset> {
    if let Some((_, seconds)) = ZONES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return FixedOffset::east_opt(*seconds);
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (digits.as_str(), "0"),
        4 => digits.split_at(2),
        _ => return None,
    };
    let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
    FixedOffset::east_opt(sign * seconds)
}

/// Parts `2026-01-01 10:00:00 EST` and `2019-05-17T16:24:04+0000` into the local time and the zone's text.
fn split_zone(text: &str) -> (&str, &str) {
    if let Some((local, zone)) = text.rsplit_once(' ')
        && (zone.bytes().all(|b| b.is_ascii_alphabetic()) || zone.starts_with(['+', '-']))
    {
        return (local.trim_end(), zone);
    }
    let Some(clock) = text.find(':') else { return (text, "") };
    match text[clock..].find(['+', '-', 'Z']) {
        Some(at) => (&text[..clock + at], &text[clock + at..]),
        None => (text, ""),
    }
}

/// A weekday that does not fit the date, or is spelt in another language, is no reason to lose the date.
fn without_weekday(local: &str) -> Option<NaiveDateTime> {
    let (_, rest) = local.split_once(", ")?;
    ["%d %b %Y %H:%M:%S", "%d %b %Y %H:%M"].iter().find_map(|f| NaiveDateTime::parse_from_str(rest, f).ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_sources_write() {
        let india = offset("+05:30");
        let cases = [
            ("2026-11-21T05:00:00.123Z", None, Some("2026-11-21T05:00:00.123+00:00")),
            ("2026-11-21T05:00:00+01:00", None, Some("2026-11-21T04:00:00+00:00")),
            ("2019-05-17T16:24:04+0000", None, Some("2019-05-17T16:24:04+00:00")),
            ("2019-05-17T16:24:04-0430", None, Some("2019-05-17T20:54:04+00:00")),
            ("Sun, 08 Mar 2026 07:23:46 -0400", None, Some("2026-03-08T11:23:46+00:00")),
            ("Sun, 8 Mar 2026 07:23:46 EST", None, Some("2026-03-08T12:23:46+00:00")),
            ("Sun, 08 Mar 2026 07:23 GMT", None, Some("2026-03-08T07:23:00+00:00")),
            ("Tue, 08 Mar 2026 07:23:46 GMT", None, Some("2026-03-08T07:23:46+00:00")),
            ("dom, 08 Mar 2026 07:23:46 GMT", None, Some("2026-03-08T07:23:46+00:00")),
            ("Sun, 08 Mar 2026 07:23:46 IST", None, None),
            ("Sun, 08 Mar 2026 07:23:46 IST", india, Some("2026-03-08T01:53:46+00:00")),
            ("2026-03-08 07:23:46", None, None),
            ("2026-03-08 07:23:46", india, Some("2026-03-08T01:53:46+00:00")),
            ("2026-03-08T07:23:46", offset("UTC"), Some("2026-03-08T07:23:46+00:00")),
            ("yesterday", india, None),
            ("2026-02-30T00:00:00Z", None, None),
            ("", india, None),
            ("+", india, None),
            (":é", india, None),
        ];
        for (text, zone, expected) in cases {
            assert_eq!(parse(text, zone).map(|at| at.to_rfc3339()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn reads_offsets() {
        for (text, seconds) in
            [("+05:30", Some(19800)), ("-0400", Some(-14400)), ("+1", None), ("éé", None), ("+99:00", None)]
        {
            assert_eq!(offset(text).map(|o| o.local_minus_utc()), seconds, "{text}");
        }
    }
}
