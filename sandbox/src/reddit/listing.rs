//! Which things are on a page: newest first, about a thousand deep, paged by the name of a thing.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

use super::thing;
use crate::moment::Micros;
use crate::wire::{Answer, Request};
use crate::world::post::Posts;

/// So many things deep a listing goes.
const DEPTH: usize = 1_000;
/// So many things has a page without a wish.
const PAGE: usize = 25;
/// So many things has a page at most; so many names one call of `/api/info`.
const LARGEST: usize = 100;
/// The subreddit of posts that name none.
const DEFAULT_SUBREDDIT: &str = "sandbox";

/// The things of all subreddits, in order of time.
pub(super) struct Listings {
    /// By the name in lower case.
    subreddits: BTreeMap<String, Subreddit>,
    by_full_name: HashMap<Box<str>, u32>,
}

#[derive(Default)]
struct Subreddit {
    name: String,
    posts: Vec<u32>,
    comments: Vec<u32>,
}

/// One page.
pub(super) struct Page {
    /// Rows, newest first.
    pub rows: Vec<u32>,
    /// The name that asks for what is older.
    pub after: Option<String>,
    /// The name that asks for what is newer.
    pub before: Option<String>,
}

impl Listings {
    /// Indexes the posts.
    pub(super) fn new(posts: &Posts) -> Self {
        let mut all = Self { subreddits: BTreeMap::new(), by_full_name: HashMap::new() };
        for (row, post) in posts.rows.iter().enumerate() {
            let name = subreddit(post.channel.as_deref());
            let known = all.subreddits.entry(name.to_lowercase()).or_default();
            if known.name.is_empty() {
                known.name = name.to_owned();
            }
            if thing::is_comment(post) { &mut known.comments } else { &mut known.posts }.push(row as u32);
            all.by_full_name.insert(thing::full_name(post).into(), row as u32);
        }
        all
    }

    /// The subreddits that have posts or comments.
    pub(super) fn names(&self) -> Vec<&str> {
        self.subreddits.values().map(|subreddit| subreddit.name.as_str()).collect()
    }

    /// A page of the newest posts or comments; `None` when there is no such subreddit. A page whose anchor is gone, or too deep,
    /// is empty.
    pub(super) fn page(
        &self,
        posts: &Posts,
        now: Micros,
        subreddit: &str,
        comments: bool,
        request: &Request,
    ) -> Option<Page> {
        let subreddit = self.subreddits.get(&subreddit.to_lowercase())?;
        let shown = shown(posts, if comments { &subreddit.comments } else { &subreddit.posts }, now);
        let limit = limit(request);
        let place = |name: &str| {
            let row = self.by_full_name.get(name)?;
            shown.iter().position(|shown| shown == row)
        };
        let (from, to) = match (request.param("after"), request.param("before")) {
            (Some(after), _) => place(after).map_or((0, 0), |at| (at + 1, at + 1 + limit)),
            (None, Some(before)) => place(before).map_or((0, 0), |at| (at.saturating_sub(limit), at)),
            (None, None) => (0, limit),
        };
        let to = to.min(shown.len());
        let rows: Vec<u32> = shown.get(from..to).unwrap_or_default().to_vec();
        let name = |row: Option<&u32>| row.map(|row| thing::full_name(&posts.rows[*row as usize]));
        Some(Page {
            after: if to < shown.len() { name(rows.last()) } else { None },
            before: if from > 0 { name(rows.first()) } else { None },
            rows,
        })
    }

    /// The things with the names of `id`, in its order, also deleted ones; `None` when there is none or too many names.
    pub(super) fn info(&self, posts: &Posts, now: Micros, request: &Request) -> Option<Page> {
        let names: Vec<&str> = request.param("id")?.split(',').map(str::trim).collect();
        if names.len() > LARGEST {
            return None;
        }
        let known = names.iter().filter_map(|name| self.by_full_name.get(*name).copied());
        let rows = known.filter(|row| posts.rows[*row as usize].visible_at <= now).collect();
        Some(Page { rows, after: None, before: None })
    }

    /// The rows that some listing reaches.
    pub(super) fn reached(&self, posts: &Posts, now: Micros) -> HashSet<u32> {
        let lists = self.subreddits.values().flat_map(|subreddit| [&subreddit.posts, &subreddit.comments]);
        lists.flat_map(|rows| shown(posts, rows, now)).collect()
    }
}

/// The subreddit that a channel names: `r/stocks`, `/r/stocks` and `stocks` are the same.
pub(super) fn subreddit(channel: Option<&str>) -> &str {
    let name = channel.unwrap_or("").trim().trim_start_matches('/');
    match name.strip_prefix("r/").unwrap_or(name) {
        "" => DEFAULT_SUBREDDIT,
        name => name,
    }
}

/// What a listing shows of its rows: the newest, without what is deleted or not there yet.
fn shown(posts: &Posts, rows: &[u32], now: Micros) -> Vec<u32> {
    let written = rows.partition_point(|row| posts.rows[*row as usize].at <= now);
    let visible = |row: &u32| posts.rows[*row as usize].is_visible(now);
    rows[..written].iter().rev().copied().filter(visible).take(DEPTH).collect()
}

/// Reddit takes what is no number as no wish, and cuts what is too much.
fn limit(request: &Request) -> usize {
    match request.param("limit").and_then(|limit| limit.parse::<usize>().ok()) {
        None | Some(0) => PAGE,
        Some(limit) => limit.min(LARGEST),
    }
}

/// Writes a page.
pub(super) fn render(posts: &Posts, now: Micros, request: &Request, page: &Page) -> Answer {
    let raw = request.param("raw_json") == Some("1");
    let children: Vec<Value> =
        page.rows.iter().map(|row| thing::render(posts, now, &posts.rows[*row as usize], raw)).collect();
    let data = json!({
        "after": page.after,
        "before": page.before,
        "dist": children.len(),
        "modhash": null,
        "geo_filter": "",
        "children": children,
    });
    Answer::json(200, &json!({"kind": "Listing", "data": data}))
}
