//! The pages and their posts. A page shows at most about 600 posts of a year.

use std::collections::{BTreeMap, HashMap};

use chrono::Datelike as _;

use crate::fnv;
use crate::moment::{DAY, Micros, utc};
use crate::world::post::{Post, Posts};

/// So many posts of a year are ranked.
const RANKED_A_YEAR: usize = 600;
/// So many posts of a year go on each of the pages for posts that name none.
const SPREAD_A_YEAR: usize = 500;

/// All pages.
pub(super) struct Pages {
    pages: Vec<Page>,
    by_id: HashMap<String, usize>,
    by_username: HashMap<String, usize>,
    /// By row: the page.
    of_row: Vec<u32>,
    /// Rows of posts, by their ids on the wire.
    by_wire_id: HashMap<String, u32>,
}

/// One page.
pub(super) struct Page {
    /// Its number.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What may stand for the number in a path.
    pub username: Option<String>,
    /// Its posts in order of time.
    pub rows: Vec<u32>,
}

impl Pages {
    /// Puts every post on a page.
    pub(super) fn new(posts: &Posts) -> Self {
        let mut all = Self {
            pages: Vec::new(),
            by_id: HashMap::new(),
            by_username: HashMap::new(),
            of_row: Vec::with_capacity(posts.rows.len()),
            by_wire_id: HashMap::new(),
        };
        let spread = spread(posts);
        let mut homeless = 0;
        for (row, post) in posts.rows.iter().enumerate() {
            let (stated, name) = match (stated_page(&post.id), channel(post)) {
                (stated, Some(name)) => (stated, name.to_owned()),
                (Some(stated), None) => (Some(stated), stated.to_owned()),
                (None, None) => {
                    homeless += 1;
                    (None, format!("sandbox.page{}", homeless % spread))
                }
            };
            let id = match stated {
                Some(id) => id.to_owned(),
                None if name.bytes().all(|b| b.is_ascii_digit()) => name.clone(),
                None => (100_000_000_000_000 + fnv::hash(&name) % 900_000_000_000_000).to_string(),
            };
            let page = *all.by_id.entry(id.clone()).or_insert_with(|| {
                let username = is_username(&name).then(|| name.clone());
                all.pages.push(Page { id, name, username, rows: Vec::new() });
                all.pages.len() - 1
            });
            all.pages[page].rows.push(row as u32);
            all.of_row.push(page as u32);
            let wire_id = all.wire_id(post, &all.pages[page]);
            all.by_wire_id.insert(wire_id, row as u32);
        }
        for (number, page) in all.pages.iter().enumerate() {
            if let Some(username) = &page.username {
                all.by_username.entry(username.to_lowercase()).or_insert(number);
            }
        }
        all
    }

    /// All pages.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Page> {
        self.pages.iter()
    }

    /// What a client may call the pages: the username, or the number; sorted.
    pub(super) fn handles(&self) -> Vec<&str> {
        // Of two pages with one username only the first may be called by it.
        let owned = |page: &Page, name: &str| {
            self.by_username.get(&name.to_lowercase()).is_some_and(|number| self.pages[*number].id == page.id)
        };
        let mut handles: Vec<&str> = self
            .pages
            .iter()
            .map(|page| page.username.as_deref().filter(|name| owned(page, name)).unwrap_or(&page.id))
            .collect();
        handles.sort_unstable();
        handles
    }

    /// The page with this number or username.
    pub(super) fn named(&self, name: &str) -> Option<&Page> {
        let number = self.by_id.get(name).or_else(|| self.by_username.get(&name.to_lowercase()))?;
        self.pages.get(*number)
    }

    /// The post with this id on the wire, as its row, and its page.
    pub(super) fn post(&self, posts: &Posts, id: &str) -> Option<(u32, &Page)> {
        let row = *self.by_wire_id.get(id)?;
        posts.rows.get(row as usize)?;
        Some((row, &self.pages[*self.of_row.get(row as usize)? as usize]))
    }

    /// `{page}_{post}`.
    pub(super) fn wire_id(&self, post: &Post, page: &Page) -> String {
        if post.id.contains('_') { post.id.to_string() } else { format!("{}_{}", page.id, post.id) }
    }
}

impl Page {
    /// The rows that are ranked, newest first; also those of deleted posts, which take no rank.
    pub(super) fn ranked(&self, posts: &Posts, now: Micros) -> Vec<u32> {
        let written = self.rows.partition_point(|row| posts.rows[*row as usize].at <= now);
        let mut of_year: BTreeMap<i32, usize> = BTreeMap::new();
        let rows = self.rows[..written].iter().rev().copied();
        rows.filter(|row| {
            let post = &posts.rows[*row as usize];
            if post.visible_at > now {
                return false;
            }
            let count = of_year.entry(utc(post.at).year()).or_insert(0);
            if *count < RANKED_A_YEAR && post.is_visible(now) {
                *count += 1;
                return true;
            }
            *count < RANKED_A_YEAR
        })
        .collect()
    }
}

/// On how many pages the posts that name none are spread: none of them gets more than it may show in any year.
fn spread(posts: &Posts) -> usize {
    let times: Vec<Micros> = posts
        .rows
        .iter()
        .filter(|post| stated_page(&post.id).is_none() && channel(post).is_none())
        .map(|post| post.at)
        .collect();
    let busiest = times
        .iter()
        .enumerate()
        .map(|(number, at)| times.partition_point(|later| *later < at + 366 * DAY) - number)
        .max();
    busiest.unwrap_or(0).div_ceil(SPREAD_A_YEAR).max(1)
}

/// The page that an id of the form `{page}_{post}` states.
fn stated_page(id: &str) -> Option<&str> {
    let (page, _) = id.split_once('_')?;
    (!page.is_empty() && page.bytes().all(|b| b.is_ascii_digit())).then_some(page)
}

fn channel(post: &Post) -> Option<&str> {
    post.channel.as_deref().map(str::trim).filter(|name| !name.is_empty())
}

fn is_username(name: &str) -> bool {
    name.len() >= 3
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
        && name.bytes().any(|b| b.is_ascii_alphabetic())
}
