//! Instants as microseconds since 1970 (UTC): what a million records can afford, and the texts that the wire formats use.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

/// Microseconds since 1970-01-01T00:00:00Z.
pub(crate) type Micros = i64;

/// One second.
pub(crate) const SECOND: Micros = 1_000_000;
/// One hour.
pub(crate) const HOUR: Micros = 3_600 * SECOND;
/// One day.
pub(crate) const DAY: Micros = 24 * HOUR;
/// An instant that never comes.
pub(crate) const NEVER: Micros = i64::MAX;

/// Reads an RFC 3339 instant.
pub(crate) fn parse(text: &str) -> Option<Micros> {
    DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.timestamp_micros())
}

/// Reads an RFC 3339 instant, or a date as its first instant.
pub(crate) fn parse_or_date(text: &str) -> Option<Micros> {
    parse(text).or_else(|| {
        let date: NaiveDate = text.parse().ok()?;
        Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros())
    })
}

/// The instant as a chrono value.
pub(crate) fn utc(at: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at).unwrap_or_default()
}

/// `2026-01-01T00:00:00Z`.
pub(crate) fn seconds(at: Micros) -> String {
    utc(at).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `2026-01-01T00:00:00.000Z`.
pub(crate) fn millis(at: Micros) -> String {
    utc(at).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The shortest of seconds, milliseconds, microseconds that is exact.
pub(crate) fn exact(at: Micros) -> String {
    utc(at).to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// `Thu, 01 Jan 2026 00:00:00 GMT`, as in HTTP headers and RSS.
pub(crate) fn http_date(at: Micros) -> String {
    utc(at).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads the date of an HTTP header.
pub(crate) fn parse_http_date(text: &str) -> Option<Micros> {
    DateTime::parse_from_rfc2822(text).ok().map(|instant| instant.timestamp_micros())
}
