//! `GET /2/tweets/counts/recent`: how many posts a query finds, by minute, hour or day.

use serde_json::{Value, json};

use super::Invalid;
use super::edits::Edits;
use super::search::{self, Window};
use crate::moment::{DAY, HOUR, Micros, SECOND, millis};
use crate::wire::Request;
use crate::world::post::Posts;

/// Counts.
///
/// # Errors
/// When a parameter is invalid.
pub(super) fn count(posts: &Posts, edits: &Edits, now: Micros, request: &Request) -> Result<Value, Invalid> {
    let query = search::query(request)?;
    let step = step(request)?;
    let window = Window::read(posts, edits, now, request, true)?;
    let (start, end) = (window.start, window.end.min(now).max(window.start));
    let mut buckets: Vec<(Micros, Micros, u64)> = Vec::new();
    let mut from = start;
    while from < end {
        let to = ((from.div_euclid(step) + 1) * step).min(end);
        buckets.push((from, to, 0));
        from = to;
    }
    let mut total = 0u64;
    for row in search::found(posts, edits, &query, &window, window.last, now) {
        let at = posts.rows[row].at;
        let place = buckets.partition_point(|(_, to, _)| *to <= at);
        if let Some(bucket) = buckets.get_mut(place) {
            bucket.2 += 1;
            total += 1;
        }
    }
    let data: Vec<Value> = buckets
        .iter()
        .map(|(from, to, count)| json!({"start": millis(*from), "end": millis(*to), "tweet_count": count}))
        .collect();
    Ok(json!({"data": data, "meta": {"total_tweet_count": total}}))
}

fn step(request: &Request) -> Result<Micros, Invalid> {
    match request.param("granularity") {
        Some("minute") => Ok(60 * SECOND),
        None | Some("hour") => Ok(HOUR),
        Some("day") => Ok(DAY),
        Some(other) => {
            let message =
                format!("The `granularity` query parameter value [{other}] is not one of [minute,hour,day]");
            Err(Invalid::new("granularity", other, message))
        }
    }
}
