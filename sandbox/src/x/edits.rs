//! Edits: each has an id of its own, and the history array links it to the original.
//!
//! The world knows one edit of a post. Its id is made of the instant of the edit, as X makes ids. An edited post keeps its place in
//! order of time: only its id and its text are new.

use std::collections::HashMap;

use crate::fnv;
use crate::moment::{Micros, NEVER};
use crate::world::post::{Post, Posts};

/// The instant from which X ids count milliseconds, in milliseconds since 1970.
const X_EPOCH_MS: i64 = 1_288_834_974_657;
/// The bits of an id below its milliseconds.
const LOW_BITS: u64 = (1 << 22) - 1;

/// The edits of all posts.
pub(super) struct Edits {
    by_row: HashMap<u32, Box<str>>,
    by_id: HashMap<Box<str>, u32>,
    /// In order of time.
    by_time: Vec<(Micros, u32)>,
}

/// A post as it stands, or stood: the original or the edit.
#[derive(Debug, Clone)]
pub(super) struct Version<'a> {
    /// What the world says of it.
    pub post: &'a Post,
    /// The id of this version.
    pub id: &'a str,
    /// The text of this version.
    pub text: &'a str,
    /// The ids of all versions that there are, the original's first.
    pub history: Vec<String>,
}

impl Edits {
    /// Gives every edit an id.
    pub(super) fn new(posts: &Posts) -> Self {
        let mut edits = Self { by_row: HashMap::new(), by_id: HashMap::new(), by_time: Vec::new() };
        for (row, post) in posts.rows.iter().enumerate().filter(|(_, post)| post.edited_at != NEVER) {
            let mut id = first_id(post);
            while posts.find(&id.to_string()).is_some() || edits.by_id.contains_key(id.to_string().as_str()) {
                id += 1;
            }
            edits.by_row.insert(row as u32, id.to_string().into());
            edits.by_id.insert(id.to_string().into(), row as u32);
            edits.by_time.push((post.edited_at, row as u32));
        }
        edits.by_time.sort_unstable();
        edits
    }

    /// The id of the newest version of a row at `now`.
    pub(super) fn newest_id<'a>(&'a self, posts: &'a Posts, row: usize, now: Micros) -> &'a str {
        let post = &posts.rows[row];
        let edit = if post.edited_at <= now { self.by_row.get(&(row as u32)) } else { None };
        edit.unwrap_or(&post.id)
    }

    /// The newest version of a row at `now`.
    pub(super) fn newest<'a>(&'a self, posts: &'a Posts, row: usize, now: Micros) -> Version<'a> {
        let (id, text) = (self.newest_id(posts, row, now), posts.rows[row].text_at(now));
        Version { id, text, ..self.original(posts, row, now) }
    }

    /// The version with this id that there is at `now`.
    pub(super) fn with_id<'a>(&'a self, posts: &'a Posts, id: &str, now: Micros) -> Option<Version<'a>> {
        if let Some(row) = posts.find(id) {
            return posts.rows[row].is_visible(now).then(|| self.original(posts, row, now));
        }
        let row = self.edit(id)?;
        let post = &posts.rows[row];
        (post.edited_at <= now && post.is_visible(now)).then(|| self.newest(posts, row, now))
    }

    /// The row whose edit has this id.
    pub(super) fn edit(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).map(|row| *row as usize)
    }

    /// Rows that were edited after `since` and by `now`.
    pub(super) fn between(&self, since: Micros, now: Micros) -> impl Iterator<Item = usize> + '_ {
        let from = self.by_time.partition_point(|(at, _)| *at <= since);
        self.by_time[from..].iter().take_while(move |(at, _)| *at <= now).map(|(_, row)| *row as usize)
    }

    fn original<'a>(&'a self, posts: &'a Posts, row: usize, now: Micros) -> Version<'a> {
        let post = &posts.rows[row];
        let mut history = vec![post.id.to_string()];
        history.extend(
            self.by_row.get(&(row as u32)).filter(|_| post.edited_at <= now).map(|id| id.to_string()),
        );
        let text = post.text_before.as_deref().unwrap_or(&post.text);
        Version { post, id: &post.id, text, history }
    }
}

fn first_id(post: &Post) -> u64 {
    let low = fnv::hash(&post.id) & LOW_BITS;
    let ms = (post.edited_at / 1_000 - X_EPOCH_MS).max(0).unsigned_abs();
    // A world of before X has ids that are greater than any of its own.
    if ms == 0 { 9_000_000_000_000_000_000 + low } else { (ms << 22) | low }
}
