//! Posts in memory: one row each, sorted by time, with the indexes that searches and streams need.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use super::cashtag::cashtags;
use super::symbol::Assets;
use crate::moment::Micros;

/// "The record does not say", for counts.
pub(crate) const UNKNOWN: i64 = -1;
/// "The record names no author".
pub(crate) const NOBODY: u32 = u32::MAX;
/// The stream of posts that name no symbol at all.
pub(crate) const GENERAL_STREAM: &str = "GENERAL";
/// How many members a list of X may have.
const LIST_MEMBERS: usize = 5_000;
/// The id of the first list; the others follow.
const FIRST_LIST: u64 = 1_500_000_000_000_000_001;

/// What a post is in its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Stands alone.
    Post,
    /// Answers another.
    Reply,
    /// Repeats another.
    Repost,
    /// Repeats another with words of its own.
    Quote,
}

/// One post.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    /// When it was written.
    pub at: Micros,
    /// From when on it is served.
    pub visible_at: Micros,
    /// When it is gone.
    pub deleted_at: Micros,
    /// When it was last edited.
    pub edited_at: Micros,
    /// Its id.
    pub id: Box<str>,
    /// Its text, after any edit.
    pub text: Box<str>,
    /// Its text until it was edited, where that was another one.
    pub text_before: Option<Box<str>>,
    /// Index of the author, or [`NOBODY`].
    pub author: u32,
    /// Index of the language.
    pub lang: Option<u16>,
    /// What it is.
    pub kind: Kind,
    /// Whether its author marked it: 1 bullish, -1 bearish, 0 neither.
    pub mood: i8,
    /// Likes, or [`UNKNOWN`].
    pub likes: i64,
    /// Reposts, or [`UNKNOWN`].
    pub shares: i64,
    /// Replies, or [`UNKNOWN`].
    pub replies: i64,
    /// The author's followers then, or [`UNKNOWN`].
    pub followers: i64,
    /// The channel as the record states it.
    pub channel: Option<Box<str>>,
    /// The post that it answers or repeats.
    pub parent_id: Option<Box<str>>,
}

impl Post {
    /// Whether it can be seen at `now`.
    pub(crate) fn is_visible(&self, now: Micros) -> bool {
        self.visible_at <= now && now < self.deleted_at
    }

    /// Its text as it stands at `now`.
    pub(crate) fn text_at(&self, now: Micros) -> &str {
        match &self.text_before {
            Some(before) if now < self.edited_at => before,
            _ => &self.text,
        }
    }
}

/// An author of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    /// The author's id.
    pub id: Box<str>,
    /// The public name.
    pub name: Box<str>,
    /// When the account was made, where the world says so.
    pub created_at: Option<Micros>,
}

/// The posts of one source, sorted by (time, id).
#[derive(Debug, Default)]
pub(crate) struct Posts {
    /// The rows.
    pub rows: Vec<Post>,
    /// Authors, sorted by id.
    pub authors: Vec<Author>,
    /// Names of the languages.
    pub langs: Vec<String>,
    by_id: Vec<u32>,
    by_cashtag: HashMap<Box<str>, Vec<u32>>,
    by_name: HashMap<String, u32>,
}

/// Ids compared as the decimal numbers that they are; by bytes where they are none.
pub(crate) fn compare_ids(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

impl Posts {
    /// Builds the indexes over rows that are sorted by (time, id), and puts the authors in order of their ids.
    pub(crate) fn new(mut rows: Vec<Post>, authors: Vec<Author>, langs: Vec<String>) -> Self {
        let authors = sort_authors(&mut rows, authors);
        let mut by_id: Vec<u32> = (0..rows.len() as u32).collect();
        by_id.sort_unstable_by(|a, b| compare_ids(&rows[*a as usize].id, &rows[*b as usize].id));
        let mut by_cashtag: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        for (index, post) in rows.iter().enumerate() {
            let before = post.text_before.as_deref().unwrap_or("");
            for tag in cashtags(&post.text).chain(cashtags(before)) {
                let postings = by_cashtag.entry(tag.to_ascii_uppercase().into()).or_default();
                if postings.last() != Some(&(index as u32)) {
                    postings.push(index as u32);
                }
            }
        }
        let by_name = authors.iter().enumerate().map(|(i, a)| (a.name.to_lowercase(), i as u32)).collect();
        Self { rows, authors, langs, by_id, by_cashtag, by_name }
    }

    /// The row with this id.
    pub(crate) fn find(&self, id: &str) -> Option<usize> {
        let place = self.by_id.binary_search_by(|row| compare_ids(&self.rows[*row as usize].id, id)).ok()?;
        Some(self.by_id[place] as usize)
    }

    /// Rows whose text has this cashtag (upper case) before or after an edit, in order.
    pub(crate) fn with_cashtag(&self, tag: &str) -> &[u32] {
        self.by_cashtag.get(tag).map_or(&[], Vec::as_slice)
    }

    /// The author with this name (lower case).
    pub(crate) fn author_named(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    /// The first row at or after `at`.
    pub(crate) fn first_from(&self, at: Micros) -> usize {
        self.rows.partition_point(|post| post.at < at)
    }

    /// The language of a post.
    pub(crate) fn lang(&self, post: &Post) -> Option<&str> {
        post.lang.map(|index| self.langs[usize::from(index)].as_str())
    }

    /// The author of a post.
    pub(crate) fn author(&self, post: &Post) -> Option<&Author> {
        self.authors.get(post.author as usize)
    }

    /// The ids of the lists that together hold every author.
    pub(crate) fn lists(&self) -> Vec<String> {
        (0..self.authors.len().div_ceil(LIST_MEMBERS) as u64).map(|n| (FIRST_LIST + n).to_string()).collect()
    }
}

/// The number of the list with this id among [`Posts::lists`].
pub(crate) fn list_number(id: &str) -> Option<u32> {
    let number = id.parse::<u64>().ok()?.checked_sub(FIRST_LIST)?;
    number.try_into().ok()
}

/// The number of the list that an author is in.
pub(crate) fn list_of(author: u32) -> u32 {
    author / LIST_MEMBERS as u32
}

/// Sorts authors by id and renumbers them in the rows.
fn sort_authors(rows: &mut [Post], authors: Vec<Author>) -> Vec<Author> {
    let mut numbered: Vec<(u32, Author)> =
        authors.into_iter().enumerate().map(|(i, a)| (i as u32, a)).collect();
    numbered.sort_unstable_by(|(_, a), (_, b)| compare_ids(&a.id, &b.id));
    let mut renumbered = vec![0; numbered.len()];
    for (new, (old, _)) in numbered.iter().enumerate() {
        renumbered[*old as usize] = new as u32;
    }
    for post in rows.iter_mut().filter(|post| post.author != NOBODY) {
        post.author = renumbered[post.author as usize];
    }
    numbered.into_iter().map(|(_, author)| author).collect()
}

/// The StockTwits streams: which posts are in which.
#[derive(Debug, Default)]
pub(crate) struct Streams(BTreeMap<String, Vec<u32>>);

impl Streams {
    /// A post is in the stream of its channel and of each cashtag that the world knows; with neither, in the general one.
    pub(crate) fn new(posts: &Posts, assets: &Assets) -> Self {
        let mut streams: BTreeMap<String, Vec<u32>> =
            assets.iter().map(|asset| (assets.stream(asset.symbol.as_str()), Vec::new())).collect();
        for (index, post) in posts.rows.iter().enumerate() {
            for name in stream_names(post, assets) {
                streams.entry(name).or_default().push(index as u32);
            }
        }
        Self(streams)
    }

    /// The rows of a stream, in order; `None` for an unknown symbol.
    pub(crate) fn get(&self, name: &str) -> Option<&[u32]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// The streams that have posts; together they hold every post.
    pub(crate) fn in_use(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, rows)| !rows.is_empty()).map(|(name, _)| name.as_str())
    }
}

/// The symbols of a post as StockTwits spells them, sorted, each once; the general stream when there is none.
fn stream_names(post: &Post, assets: &Assets) -> Vec<String> {
    let mut names = symbols_of(post, assets);
    if names.is_empty() {
        names.push(GENERAL_STREAM.to_owned());
    }
    names
}

/// The symbols of a post as StockTwits spells them, sorted, each once.
pub(crate) fn symbols_of(post: &Post, assets: &Assets) -> Vec<String> {
    let tagged =
        cashtags(&post.text).filter_map(|tag| assets.by_cashtag(tag)).map(|symbol| assets.stream(symbol));
    let channel = post.channel.as_deref().filter(|c| !c.trim().is_empty()).map(|c| assets.stream(c.trim()));
    let mut names: Vec<String> = tagged.chain(channel).collect();
    names.sort_unstable();
    names.dedup();
    names
}
