//! How long to wait.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// No limit that we know has a longer period; what claims more is told in another clock than the server's own.
const LONGEST: i64 = 3600;

/// Full jitter: anything up to a bound that doubles with each attempt.
pub(super) fn jitter(attempt: u32) -> Duration {
    let bound_ms = (250u64 << attempt.min(7)).min(30_000);
    Duration::from_millis(rand::random_range(0..=bound_ms))
}

/// The wait that a refusal asks for: `Retry-After`, else until the limit's reset.
pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    retry_after(headers).or_else(|| until_reset(headers))
}

/// `Retry-After`, in seconds or as a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds.is_finite() && seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(1e6)));
    }
    let at = DateTime::parse_from_rfc2822(text).ok()?.to_utc();
    (at - server_time(headers)).to_std().ok()
}

/// What is left of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    /// So many requests,
    pub(super) requests: u64,
    /// until so much later, when there are more again.
    pub(super) refill: Duration,
}

/// What is left of a limit by an answer's headers; `None` where they do not say.
pub(super) fn left(headers: &HeaderMap) -> Option<Left> {
    let remaining: f64 =
        header(headers, &["x-rate-limit-remaining", "x-ratelimit-remaining"])?.parse().ok()?;
    let refill = until_reset(headers)?;
    // Reddit counts in fractions.
    (remaining >= 0.0).then_some(Left { requests: remaining as u64, refill })
}

/// The server's `Date`.
pub(super) fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let text = headers.get(DATE)?.to_str().ok()?;
    Some(DateTime::parse_from_rfc2822(text).ok()?.to_utc())
}

/// Until the limit's reset (unix seconds, or seconds from now where small) and one second more.
fn until_reset(headers: &HeaderMap) -> Option<Duration> {
    let reset: i64 = header(headers, &["x-rate-limit-reset", "x-ratelimit-reset"])?.parse().ok()?;
    let seconds = if reset <= LONGEST { reset } else { reset - server_time(headers).timestamp() };
    // A server with a clock of its own (a sandbox) tells a reset that means nothing here: then plain back-off has to do.
    (0..=LONGEST).contains(&seconds).then(|| Duration::from_secs(seconds as u64 + 1))
}

/// The server's time by its `Date`, so that a wrong clock of ours does not matter.
fn server_time(headers: &HeaderMap) -> DateTime<Utc> {
    date(headers).unwrap_or_else(Utc::now)
}

fn header<'a>(headers: &'a HeaderMap, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| headers.get(*name)?.to_str().ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn waits_as_the_server_says() {
        let date = ("date", "Sat, 21 Nov 2026 06:00:00 GMT");
        for (pairs, seconds) in [
            (vec![("retry-after", "2")], Some(2)),
            (vec![("retry-after", "0")], Some(0)),
            (vec![date, ("retry-after", "Sat, 21 Nov 2026 06:00:07 GMT")], Some(7)),
            (vec![date, ("retry-after", "Sat, 21 Nov 2026 05:00:07 GMT")], None),
            (vec![date, ("x-rate-limit-reset", "1795240830")], Some(31)),
            (vec![date, ("x-ratelimit-reset", "45")], Some(46)),
            (vec![date, ("x-rate-limit-reset", "1448000000")], None),
            (vec![date, ("x-rate-limit-reset", "1995240830")], None),
            (vec![("retry-after", "-1")], None),
            (vec![], None),
        ] {
            assert_eq!(asked(&headers(&pairs)).map(|d| d.as_secs()), seconds, "{pairs:?}");
        }
        let used = headers(&[date, ("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", "1795240830")]);
        assert_eq!(left(&used), Some(Left { requests: 0, refill: Duration::from_secs(31) }));
        let some = headers(&[date, ("x-ratelimit-remaining", "3.0"), ("x-ratelimit-reset", "45")]);
        assert_eq!(left(&some), Some(Left { requests: 3, refill: Duration::from_secs(46) }));
        assert_eq!(left(&headers(&[date])), None);
    }

    #[test]
    fn jitter_is_bounded() {
        for attempt in 1..40 {
            assert!(jitter(attempt) <= Duration::from_secs(30));
        }
    }
}
