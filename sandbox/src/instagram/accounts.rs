//! Named accounts: `business_discovery.username(X){…,media.limit(50).after(C){…}}`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::media;
use crate::fnv;
use crate::graph::failure::Failure;
use crate::graph::fields::{self, Field};
use crate::graph::limit;
use crate::moment::Micros;
use crate::world::post::{Post, Posts};

/// The account of posts that name neither a channel nor an author.
const DEFAULT_ACCOUNT: &str = "sandbox.stories";
/// So many media has a page without a wish, and at most.
const PAGE: usize = 25;
const LARGEST: usize = 100;
/// The fields of a discovered account.
const FIELDS: [&str; 11] = [
    "biography",
    "followers_count",
    "follows_count",
    "id",
    "ig_id",
    "media",
    "media_count",
    "name",
    "profile_picture_url",
    "username",
    "website",
];

/// All accounts, by name in lower case.
pub(super) struct Accounts(BTreeMap<String, Account>);

struct Account {
    name: String,
    rows: Vec<u32>,
}

impl Accounts {
    /// A post is on the account of its channel, else of its author.
    pub(super) fn new(posts: &Posts) -> Self {
        let mut all: BTreeMap<String, Account> = BTreeMap::new();
        for (row, post) in posts.rows.iter().enumerate() {
            let name = account(posts, post);
            let known = all.entry(name.to_lowercase()).or_insert_with(|| Account { name, rows: Vec::new() });
            known.rows.push(row as u32);
        }
        Self(all)
    }

    /// The names of all accounts.
    pub(super) fn names(&self) -> Vec<&str> {
        self.0.values().map(|account| account.name.as_str()).collect()
    }

    /// What is asked of an account.
    ///
    /// # Errors
    /// When there is no such account, or a field is not known.
    pub(super) fn discover(
        &self,
        posts: &Posts,
        now: Micros,
        username: &str,
        asked: &[Field],
    ) -> Result<Value, Failure> {
        fields::check(asked, &FIELDS, "IGUser")?;
        let account = self
            .0
            .get(&username.to_lowercase())
            .ok_or_else(|| Failure::new(400, 110, "Invalid user id").sub(2_207_013))?;
        let written = account.rows.partition_point(|row| posts.rows[*row as usize].at <= now);
        let shown: Vec<u32> = account.rows[..written]
            .iter()
            .rev()
            .copied()
            .filter(|row| posts.rows[*row as usize].is_visible(now))
            .collect();
        let mut value = Map::new();
        for field in asked {
            match field.name.as_str() {
                "username" | "name" => value.insert(field.name.clone(), account.name.as_str().into()),
                "media_count" => value.insert(field.name.clone(), shown.len().into()),
                "followers_count" => {
                    let known = shown.iter().map(|row| posts.rows[*row as usize].followers).find(|n| *n >= 0);
                    known.and_then(|count| value.insert(field.name.clone(), count.into()))
                }
                "media" => value.insert(field.name.clone(), page(posts, now, &account.name, &shown, field)?),
                _ => None,
            };
        }
        let id = 17_841_400_000_000_000 + fnv::hash(&account.name) % 99_999_999_999;
        value.insert("id".into(), id.to_string().into());
        Ok(Value::Object(value))
    }
}

/// A page of an account's media, newest first; the last page has no `after`.
fn page(posts: &Posts, now: Micros, account: &str, shown: &[u32], field: &Field) -> Result<Value, Failure> {
    fields::check(&field.fields, &media::ACCOUNT_FIELDS, "IGMedia")?;
    let limit = limit(field.modifier("limit"), PAGE, LARGEST)?;
    let bound = |name: &str| field.modifier(name).map(read).transpose();
    // Rows are newest first: what is after a cursor has a smaller number.
    let (from, to) = match (bound("after")?, bound("before")?) {
        (Some(after), _) => {
            let from = shown.partition_point(|row| *row >= after);
            (from, (from + limit).min(shown.len()))
        }
        (None, Some(before)) => {
            let to = shown.partition_point(|row| *row > before);
            (to.saturating_sub(limit), to)
        }
        (None, None) => (0, limit.min(shown.len())),
    };
    let here = &shown[from..to];
    let data: Vec<Value> = here
        .iter()
        .map(|row| media::render(&posts.rows[*row as usize], Some(account), now, &field.fields))
        .collect();
    let mut value = json!({"data": data});
    if let (Some(first), Some(last)) = (here.first(), here.last()) {
        let mut cursors = Map::new();
        if from > 0 {
            cursors.insert("before".into(), written(*first).into());
        }
        if to < shown.len() {
            cursors.insert("after".into(), written(*last).into());
        }
        value["paging"] = json!({"cursors": cursors});
    }
    Ok(value)
}

fn written(row: u32) -> String {
    URL_SAFE_NO_PAD.encode(format!("medium:{row}"))
}

fn read(cursor: &str) -> Result<u32, Failure> {
    let row = URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok()?.strip_prefix("medium:")?.parse().ok());
    row.ok_or_else(|| Failure::parameter("Invalid cursors values"))
}

fn account(posts: &Posts, post: &Post) -> String {
    let channel = post.channel.as_deref().map(|name| name.trim().trim_start_matches('@'));
    let author = posts.author(post).map(|author| &*author.name);
    let name = channel.filter(|name| !name.is_empty()).or(author).unwrap_or(DEFAULT_ACCOUNT);
    let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' });
    letters.collect()
}
