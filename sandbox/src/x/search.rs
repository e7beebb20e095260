//! Which posts are on a page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Invalid;
use super::query::Query;
use crate::moment::{DAY, Micros, SECOND, parse, seconds};
use crate::wire::Request;
use crate::world::World;
use crate::world::post::{Post, Posts, compare_ids};

/// So many characters may a query have.
const LONGEST_QUERY: usize = 512;
/// A window may end so far after the server's instant: clocks differ a little.
const CLOCK_TOLERANCE: Micros = 60 * SECOND;

/// One page, newest first.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    /// Its posts.
    pub posts: Vec<&'a Post>,
    /// What asks for the next page.
    pub next_token: Option<String>,
}

/// Finds a page.
///
/// # Errors
/// When a parameter is invalid.
pub(crate) fn page<'a>(world: &'a World, now: Micros, request: &Request) -> Result<Page<'a>, Invalid> {
    let posts = world.posts("x");
    let text = request
        .param("query")
        .ok_or_else(|| Invalid::new("query", "", "The `query` query parameter can not be empty"))?;
    if text.chars().count() > LONGEST_QUERY {
        return Err(Invalid::new(
            "query",
            text,
            format!("The `query` query parameter is longer than {LONGEST_QUERY} characters"),
        ));
    }
    let query = Query::parse(text).map_err(|reason| {
        Invalid::new("query", text, format!("There were errors processing your request: {reason}"))
    })?;
    let wanted = wanted(request)?;
    let window = Window::read(posts, now, request)?;
    let token = Token { fingerprint: fingerprint(text, request), row: 0 };
    let last = match request.param("next_token").or_else(|| request.param("pagination_token")) {
        None => window.last,
        Some(given) => token.row_of(given)?.min(window.last),
    };
    let mut found = Vec::with_capacity(wanted);
    let mut next = None;
    for row in candidates(posts, &query, window.first, last) {
        let post = &posts.rows[row];
        if !post.is_visible(now) || !window.ids.admit(&post.id) || !query.matches(posts, post) {
            continue;
        }
        if found.len() == wanted {
            // The token names the row after which to go on, so that newer posts shift nothing.
            next = Some(Token { row: row + 1, ..token }.write());
            break;
        }
        found.push(post);
    }
    Ok(Page { posts: found, next_token: next })
}

fn wanted(request: &Request) -> Result<usize, Invalid> {
    let Some(text) = request.param("max_results") else { return Ok(10) };
    match text.parse() {
        Ok(count @ 10..=100) => Ok(count),
        _ => Err(Invalid::new(
            "max_results",
            text,
            format!("The `max_results` query parameter value [{text}] is not between 10 and 100"),
        )),
    }
}

/// Rows in `[first, last)` that may match, newest first.
fn candidates<'a>(
    posts: &'a Posts,
    query: &Query,
    first: usize,
    last: usize,
) -> Box<dyn Iterator<Item = usize> + 'a> {
    let Some(tags) = query.required_cashtags() else {
        return Box::new((first..last.max(first)).rev());
    };
    let mut rows: Vec<u32> = Vec::new();
    for tag in tags {
        let postings = posts.with_cashtag(tag);
        let from = postings.partition_point(|row| (*row as usize) < first);
        let to = postings.partition_point(|row| (*row as usize) < last);
        rows.extend(&postings[from.min(to)..to]);
    }
    rows.sort_unstable();
    rows.dedup();
    Box::new(rows.into_iter().rev().map(|row| row as usize))
}

/// The rows and ids that a request asks for.
#[derive(Debug)]
struct Window<'a> {
    first: usize,
    last: usize,
    ids: Ids<'a>,
}

/// Bounds by ids that the world does not know: compared as numbers.
#[derive(Debug, Default)]
struct Ids<'a> {
    since: Option<&'a str>,
    until: Option<&'a str>,
}

impl Ids<'_> {
    fn admit(&self, id: &str) -> bool {
        self.since.is_none_or(|since| compare_ids(id, since).is_gt())
            && self.until.is_none_or(|until| compare_ids(id, until).is_lt())
    }
}

impl<'a> Window<'a> {
    fn read(posts: &Posts, now: Micros, request: &'a Request) -> Result<Self, Invalid> {
        let oldest = now - 7 * DAY;
        let start = instant(request, "start_time")?;
        let end = instant(request, "end_time")?;
        if let Some(start) = start.filter(|start| *start < oldest) {
            let message = format!(
                "Invalid 'start_time':'{}'. 'start_time' must be on or after {}",
                seconds(start),
                seconds(oldest)
            );
            return Err(Invalid::new("start_time", seconds(start), message));
        }
        if let Some(end) = end.filter(|end| *end > now + CLOCK_TOLERANCE) {
            let message = format!(
                "Invalid 'end_time':'{}'. 'end_time' must be before the time of the request, {}",
                seconds(end),
                seconds(now)
            );
            return Err(Invalid::new("end_time", seconds(end), message));
        }
        if let (Some(start), Some(end)) = (start, end)
            && start >= end
        {
            let message = format!(
                "Invalid 'start_time':'{}'. 'start_time' must be before 'end_time':{}",
                seconds(start),
                seconds(end)
            );
            return Err(Invalid::new("start_time", seconds(start), message));
        }
        let mut window = Self {
            first: posts.first_from(start.unwrap_or(oldest)),
            last: posts.first_from(end.unwrap_or(now + 1).min(now + 1)),
            ids: Ids::default(),
        };
        if let Some(since) = id(request, "since_id")? {
            match posts.find(since) {
                Some(row) if posts.rows[row].at < oldest => {
                    let message = format!(
                        "'since_id' must be a tweet id created after {}. Please use a 'since_id' that is larger",
                        seconds(oldest)
                    );
                    return Err(Invalid::new("since_id", since, message));
                }
                Some(row) => window.first = window.first.max(row + 1),
                None => window.ids.since = Some(since),
            }
        }
        if let Some(until) = id(request, "until_id")? {
            match posts.find(until) {
                Some(row) => window.last = window.last.min(row),
                None => window.ids.until = Some(until),
            }
        }
        Ok(window)
    }
}

fn instant(request: &Request, name: &'static str) -> Result<Option<Micros>, Invalid> {
    let Some(text) = request.param(name) else { return Ok(None) };
    let wrong = || {
        Invalid::new(
            name,
            text,
            format!("The `{name}` query parameter value [{text}] is not a valid RFC3339 instant"),
        )
    };
    parse(text).ok_or_else(wrong).map(Some)
}

fn id<'a>(request: &'a Request, name: &'static str) -> Result<Option<&'a str>, Invalid> {
    let Some(text) = request.param(name) else { return Ok(None) };
    // Worlds may have ids that are no numbers; anything of a sane length may be one.
    if text.len() > 64 {
        return Err(Invalid::new(
            name,
            text,
            format!("The `{name}` query parameter value [{text}] does not match ^[0-9]{{1,19}}$"),
        ));
    }
    Ok(Some(text))
}

/// A page token: the row at which the next page begins, bound to the query that it belongs to.
#[derive(Debug, Clone, Copy)]
struct Token {
    fingerprint: u64,
    row: usize,
}

impl Token {
    fn write(self) -> String {
        let mut bytes = Vec::with_capacity(12);
        bytes.extend((self.row as u32).to_be_bytes());
        bytes.extend(self.fingerprint.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The row of a token that was given out for the same query.
    fn row_of(self, given: &str) -> Result<usize, Invalid> {
        let wrong = || {
            Invalid::new(
                "next_token",
                given,
                "The `next_token` query parameter value is not valid for this query",
            )
        };
        let bytes = URL_SAFE_NO_PAD.decode(given).map_err(|_| wrong())?;
        let (row, fingerprint) = bytes.split_first_chunk::<4>().ok_or_else(wrong)?;
        if fingerprint != self.fingerprint.to_be_bytes() {
            return Err(wrong());
        }
        Ok(u32::from_be_bytes(*row) as usize)
    }
}

/// Of everything that must stay the same from page to page (FNV-1a).
fn fingerprint(query: &str, request: &Request) -> u64 {
    let parts =
        ["start_time", "end_time", "since_id", "until_id"].map(|name| request.param(name).unwrap_or("-"));
    std::iter::once(query)
        .chain(parts)
        .flat_map(|part| part.bytes().chain([0]))
        .fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}
