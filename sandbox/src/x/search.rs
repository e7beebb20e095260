//! Which posts are on a page.

use std::collections::BinaryHeap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Invalid;
use super::edits::{Edits, Version};
use super::query::Query;
use crate::moment::{DAY, Micros, SECOND, parse, seconds};
use crate::wire::Request;
use crate::world::post::{Post, Posts, compare_ids};

/// So many characters may a query have.
const LONGEST_QUERY: usize = 512;
/// A window may end so far after the server's instant: clocks differ a little.
const CLOCK_TOLERANCE: Micros = 60 * SECOND;

/// One page, newest first.
#[derive(Debug)]
pub(super) struct Page<'a> {
    /// Its posts.
    pub posts: Vec<Version<'a>>,
    /// What asks for the next page.
    pub next_token: Option<String>,
}

/// Finds a page.
///
/// # Errors
/// When a parameter is invalid.
pub(super) fn page<'a>(
    posts: &'a Posts,
    edits: &'a Edits,
    now: Micros,
    request: &Request,
) -> Result<Page<'a>, Invalid> {
    let query = query(request)?;
    let wanted = wanted(request, 10)?;
    let window = Window::read(posts, edits, now, request, true)?;
    let token = Token::new(request.param("query").unwrap_or(""), request);
    let last = match request.param("next_token").or_else(|| request.param("pagination_token")) {
        None => window.last,
        Some(given) => token.row_of("next_token", given)?.min(window.last),
    };
    let mut rows = Vec::with_capacity(wanted);
    let mut next_token = None;
    for row in found(posts, edits, &query, &window, last, now) {
        if rows.len() == wanted {
            // The token names the row after which to go on, so that newer posts shift nothing.
            next_token = Some(token.at(row + 1));
            break;
        }
        rows.push(row);
    }
    Ok(Page { posts: rows.into_iter().map(|row| edits.newest(posts, row, now)).collect(), next_token })
}

/// The query of a request.
///
/// # Errors
/// When it is missing, too long or not of the language.
pub(super) fn query(request: &Request) -> Result<Query, Invalid> {
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
    Query::parse(text).map_err(|reason| {
        Invalid::new("query", text, format!("There were errors processing your request: {reason}"))
    })
}

/// The rows before `last` that a query finds in a window, newest first. Of an edited post only the newest version counts.
pub(super) fn found<'a>(
    posts: &'a Posts,
    edits: &'a Edits,
    query: &'a Query,
    window: &'a Window<'_>,
    last: usize,
    now: Micros,
) -> impl Iterator<Item = usize> + 'a {
    // What was edited since then has a new id, although its place is before that.
    let mut edited: Vec<usize> =
        window.since.map(|since| edits.between(since, now).collect()).unwrap_or_default();
    edited.retain(|row| (window.oldest..window.first.min(last)).contains(row));
    edited.sort_unstable_by(|a, b| b.cmp(a));
    candidates(posts, query, window.first, last).chain(edited).filter(move |row| {
        let post = &posts.rows[*row];
        if !post.is_visible(now) {
            return false;
        }
        window.ids.admit(post, edits.newest_id(posts, *row, now))
            && query.matches(posts, post, post.text_at(now))
    })
}

/// How many posts a page is to have: `least` to 100, or 10.
///
/// # Errors
/// When `max_results` is something else.
pub(super) fn wanted(request: &Request, least: usize) -> Result<usize, Invalid> {
    let Some(text) = request.param("max_results") else { return Ok(10) };
    match text.parse() {
        Ok(count) if (least..=100).contains(&count) => Ok(count),
        _ => Err(Invalid::new(
            "max_results",
            text,
            format!("The `max_results` query parameter value [{text}] is not between {least} and 100"),
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
    // Of each tag's rows the newest that was not given yet: a page needs few of what may be very many.
    let mut newest: BinaryHeap<(u32, &'a [u32])> = BinaryHeap::new();
    for tag in tags {
        let postings = posts.with_cashtag(tag);
        let from = postings.partition_point(|row| (*row as usize) < first);
        let to = postings.partition_point(|row| (*row as usize) < last);
        newest.extend(postings[from.min(to)..to].split_last().map(|(row, older)| (*row, older)));
    }
    let mut before = None;
    Box::new(std::iter::from_fn(move || {
        loop {
            let (row, older) = newest.pop()?;
            newest.extend(older.split_last().map(|(row, older)| (*row, older)));
            if before.replace(row) != Some(row) {
                return Some(row as usize);
            }
        }
    }))
}

/// The rows and ids that a request asks for.
#[derive(Debug)]
pub(super) struct Window<'a> {
    /// The first instant.
    pub start: Micros,
    /// The first instant after it.
    pub end: Micros,
    /// The first row, ids considered.
    pub first: usize,
    /// The first row by time alone.
    pub oldest: usize,
    /// The first row after it.
    pub last: usize,
    /// The instant of `since_id`, where the world knows that post.
    pub since: Option<Micros>,
    /// Bounds that are no rows.
    pub ids: Ids<'a>,
}

/// Bounds by ids that the world does not know: compared as numbers.
#[derive(Debug, Default)]
pub(super) struct Ids<'a> {
    since: Option<&'a str>,
    until: Option<&'a str>,
}

impl Ids<'_> {
    /// Whether a post whose newest version has this id is between them.
    pub(super) fn admit(&self, post: &Post, newest: &str) -> bool {
        self.since.is_none_or(|since| compare_ids(newest, since).is_gt())
            && self.until.is_none_or(|until| compare_ids(&post.id, until).is_lt())
    }
}

impl<'a> Window<'a> {
    /// Reads the bounds; a `recent` one goes back for seven days.
    ///
    /// # Errors
    /// When a parameter is invalid.
    pub(super) fn read(
        posts: &Posts,
        edits: &Edits,
        now: Micros,
        request: &'a Request,
        recent: bool,
    ) -> Result<Self, Invalid> {
        let oldest = if recent { now - 7 * DAY } else { Micros::MIN };
        let (start, end) = (instant(request, "start_time")?, instant(request, "end_time")?);
        check_times(start, end, oldest, now)?;
        let (start, end) = (start.unwrap_or(oldest), end.unwrap_or(now + 1));
        let first = posts.first_from(start);
        let last = posts.first_from(end.min(now + 1));
        let mut window = Self { start, end, first, oldest: first, last, since: None, ids: Ids::default() };
        if let Some(since) = id(request, "since_id")? {
            let edited = edits.edit(since).map(|row| posts.rows[row].edited_at);
            let known = posts.find(since).map(|row| (row + 1, posts.rows[row].at));
            match known.or_else(|| edited.map(|at| (posts.first_from(at), at))) {
                Some((_, at)) if at < oldest => {
                    let message = format!(
                        "'since_id' must be a tweet id created after {}. Please use a 'since_id' that is larger",
                        seconds(oldest)
                    );
                    return Err(Invalid::new("since_id", since, message));
                }
                Some((row, at)) => {
                    window.first = window.first.max(row);
                    window.since = Some(at);
                }
                None => window.ids.since = Some(since),
            }
        }
        if let Some(until) = id(request, "until_id")? {
            let edited = edits.edit(until).map(|row| posts.first_from(posts.rows[row].edited_at));
            match posts.find(until).or(edited) {
                Some(row) => window.last = window.last.min(row),
                None => window.ids.until = Some(until),
            }
        }
        Ok(window)
    }
}

fn check_times(
    start: Option<Micros>,
    end: Option<Micros>,
    oldest: Micros,
    now: Micros,
) -> Result<(), Invalid> {
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
    Ok(())
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
    check_id(name, text)?;
    Ok(Some(text))
}

/// Worlds may have ids that are no numbers; anything of a sane length may be one.
///
/// # Errors
/// When it is longer or empty.
pub(super) fn check_id(name: &'static str, text: &str) -> Result<(), Invalid> {
    if (1..=64).contains(&text.len()) {
        return Ok(());
    }
    let message = format!("The `{name}` query parameter value [{text}] does not match ^[0-9]{{1,19}}$");
    Err(Invalid::new(name, text, message))
}

/// A page token: the row before which the next page begins, bound to the query that it belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    fingerprint: u64,
}

impl Token {
    /// The tokens of a query.
    pub(super) fn new(query: &str, request: &Request) -> Self {
        Self { fingerprint: fingerprint(query, request) }
    }

    /// The token of the page of rows before `row`.
    pub(super) fn at(self, row: usize) -> String {
        let mut bytes = Vec::with_capacity(12);
        bytes.extend((row as u32).to_be_bytes());
        bytes.extend(self.fingerprint.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The row of a token that was given out for the same query.
    ///
    /// # Errors
    /// When it was given out for another one, or never.
    pub(super) fn row_of(self, name: &'static str, given: &str) -> Result<usize, Invalid> {
        let wrong = || {
            let message = format!("The `{name}` query parameter value is not valid for this query");
            Invalid::new(name, given, message)
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
