//! Hashtags: search, the media of the last day, and the limit of thirty hashtags in seven days.
//!
//! A quirk of the real pages of media is kept: the cursor `after` is the same on every page. Whoever asks with it gets the page that
//! follows the one asked for last; the `next` link says beside it where that page begins, so that it can be asked for again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::media;
use crate::fnv;
use crate::graph::failure::Failure;
use crate::graph::{Call, fields, limit};
use crate::moment::{DAY, Micros, SECOND};
use crate::world::post::{Post, Posts};

/// So many hashtags in seven days.
const MOST_HASHTAGS: usize = 30;
/// So many hashtags has the setup.
const IN_SETUP: usize = 30;
/// So many media has a page without a wish, and at most.
const PAGE: usize = 25;
const LARGEST: usize = 50;
/// The parameter of a `next` link that says where the page begins.
const PLACE: &str = "__paging_token";
/// By how many seconds media are out of order.
const DISORDER_S: u64 = 1_200;

/// All hashtags of the world.
pub(super) struct Hashtags {
    /// Rows by hashtag in lower case, without `#`.
    rows: BTreeMap<String, Vec<u32>>,
    by_id: HashMap<String, String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When each hashtag was first asked for within its seven days.
    asked: BTreeMap<String, Micros>,
    /// By token and hashtag: after which place the next page begins.
    places: HashMap<(String, String), Place>,
}

/// Where a medium stands: by its time with some disorder, then its row.
type Place = (Micros, u32);

impl Hashtags {
    /// Indexes the hashtags of all texts.
    pub(super) fn new(posts: &Posts) -> Self {
        let mut rows: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for (row, post) in posts.rows.iter().enumerate() {
            for text in [Some(&post.text), post.text_before.as_ref()].into_iter().flatten() {
                for tag in tags(text) {
                    let of_tag = rows.entry(tag).or_default();
                    if of_tag.last() != Some(&(row as u32)) {
                        of_tag.push(row as u32);
                    }
                }
            }
        }
        let by_id = rows.keys().map(|tag| (id_of(tag), tag.clone())).collect();
        Self { rows, by_id, state: Mutex::default() }
    }

    /// The hashtags that most posts have.
    pub(super) fn most_used(&self) -> Vec<&str> {
        let mut all: Vec<(&String, usize)> = self.rows.iter().map(|(tag, rows)| (tag, rows.len())).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        all.into_iter().take(IN_SETUP).map(|(tag, _)| tag.as_str()).collect()
    }

    /// `GET /ig_hashtag_search?user_id&q`: the id of a hashtag, which never changes.
    ///
    /// # Errors
    /// When there is no such hashtag, or it is one too many.
    pub(super) fn search(&self, call: &Call<'_>) -> Result<Value, Failure> {
        let wish =
            call.request.param("q").ok_or_else(|| Failure::parameter("The parameter q is required"))?;
        let tag = wish.trim().trim_start_matches('#').to_lowercase();
        if !self.rows.contains_key(&tag) {
            let message = "The requested resource does not exist";
            return Err(Failure::new(400, 24, message).sub(2_207_024));
        }
        self.count(&tag, call.now)?;
        Ok(json!({"data": [{"id": id_of(&tag)}]}))
    }

    /// `GET /{hashtag}`: its name.
    ///
    /// # Errors
    /// When there is no such hashtag or field.
    pub(super) fn node(&self, call: &Call<'_>, id: &str) -> Result<Value, Failure> {
        let tag = self.by_id.get(id).ok_or_else(|| Failure::nothing(id))?;
        fields::asked(call.request.param("fields"), &["id", "name"], &["id"], "IGHashtag")?;
        Ok(json!({"id": id, "name": tag}))
    }

    /// `GET /{user}/recently_searched_hashtags`.
    ///
    /// # Errors
    /// When a field or the limit makes no sense.
    pub(super) fn recently_searched(&self, call: &Call<'_>) -> Result<Value, Failure> {
        let asked = fields::asked(call.request.param("fields"), &["id", "name"], &["id"], "IGHashtag")?;
        let limit = limit(call.request.param("limit"), PAGE, MOST_HASHTAGS)?;
        let mut state = self.lock();
        forget(&mut state, call.now);
        let with_name = asked.iter().any(|field| field.name == "name");
        let data: Vec<Value> =
            state
                .asked
                .keys()
                .take(limit)
                .map(|tag| {
                    if with_name { json!({"id": id_of(tag), "name": tag}) } else { json!({"id": id_of(tag)}) }
                })
                .collect();
        Ok(json!({"data": data}))
    }

    /// `GET /{hashtag}/recent_media?user_id&fields&limit&after`: what was posted in the last day, roughly newest first.
    ///
    /// # Errors
    /// When there is no such hashtag or field, the cursor is another's, or the hashtag is one too many.
    pub(super) fn recent_media(&self, posts: &Posts, call: &Call<'_>, id: &str) -> Result<Value, Failure> {
        let tag = self.by_id.get(id).ok_or_else(|| Failure::nothing(id))?;
        let request = call.request;
        let asked = fields::asked(request.param("fields"), &media::HASHTAG_FIELDS, &["id"], "IGMedia")?;
        let limit = limit(request.param("limit"), PAGE, LARGEST)?;
        self.count(tag, call.now)?;
        let session = (call.token.clone(), tag.clone());
        let place = match (request.param("after"), request.param(PLACE)) {
            (None, _) => None,
            (Some(after), _) if after != cursor(tag) => {
                return Err(Failure::parameter("Invalid cursors values"));
            }
            (Some(_), Some(place)) => {
                Some(read(place).ok_or_else(|| Failure::parameter("Invalid paging token"))?)
            }
            (Some(_), None) => self.lock().places.get(&session).copied(),
        };
        let rows = self.rows.get(tag).map_or(&[][..], Vec::as_slice);
        let mut shown = recent(posts, rows, tag, call.now);
        shown.retain(|found| place.is_none_or(|place| *found < place));
        let here = &shown[..limit.min(shown.len())];
        let data: Vec<Value> = here
            .iter()
            .map(|(_, row)| media::render(&posts.rows[*row as usize], None, call.now, &asked))
            .collect();
        let mut body = json!({"data": data});
        if let Some(last) = here.last().filter(|_| here.len() < shown.len()) {
            self.lock().places.insert(session, *last);
            body["paging"] =
                json!({"cursors": {"after": cursor(tag)}, "next": next(call, id, tag, limit, *last)});
        }
        Ok(body)
    }

    /// Counts a hashtag towards the thirty.
    fn count(&self, tag: &str, now: Micros) -> Result<(), Failure> {
        let mut state = self.lock();
        forget(&mut state, now);
        if state.asked.contains_key(tag) {
            return Ok(());
        }
        if state.asked.len() >= MOST_HASHTAGS {
            let message = format!("You may ask for {MOST_HASHTAGS} different hashtags within 7 days");
            return Err(Failure::new(400, 18, format!("(#18) {message}")).sub(2_207_034).over_limit());
        }
        state.asked.insert(tag.to_owned(), now);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets what is older than seven days, and what lies ahead after the clock was set back.
fn forget(state: &mut State, now: Micros) {
    state.asked.retain(|_, at| now - 7 * DAY < *at && *at <= now);
}

/// The media of the last day in the order in which they are shown, newest first.
fn recent(posts: &Posts, rows: &[u32], tag: &str, now: Micros) -> Vec<Place> {
    let from = rows.partition_point(|row| posts.rows[*row as usize].at <= now - DAY);
    let to = rows.partition_point(|row| posts.rows[*row as usize].at <= now);
    let mut shown: Vec<Place> = rows[from.min(to)..to]
        .iter()
        .map(|row| (*row, &posts.rows[*row as usize]))
        .filter(|(_, post)| post.is_visible(now) && tags(post.text_at(now)).any(|found| found == tag))
        .map(|(row, post)| (disordered(post), row))
        .collect();
    shown.sort_unstable_by(|a, b| b.cmp(a));
    shown
}

fn disordered(post: &Post) -> Micros {
    post.at + (fnv::hash(&post.id) >> 9).wrapping_rem(DISORDER_S) as Micros * SECOND
}

/// The hashtags of a text in lower case, without `#`.
fn tags(text: &str) -> impl Iterator<Item = String> {
    text.split('#').skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let tag = &rest[..end];
        tag.contains(char::is_alphabetic).then(|| tag.to_lowercase())
    })
}

fn id_of(tag: &str) -> String {
    (17_840_000_000_000_000 + fnv::hash(tag) % 1_000_000_000_000).to_string()
}

/// The cursor of a hashtag, the same on every page.
fn cursor(tag: &str) -> String {
    format!("QVFI{:x}ZD", fnv::hash(tag))
}

fn read(place: &str) -> Option<Place> {
    let (at, row) = place.split_once('-')?;
    Some((at.parse().ok()?, row.parse().ok()?))
}

fn next(call: &Call<'_>, id: &str, tag: &str, limit: usize, last: Place) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("access_token", &call.token).append_pair("pretty", "0");
    for name in ["fields", "user_id"] {
        if let Some(value) = call.request.param(name) {
            query.append_pair(name, value);
        }
    }
    query.append_pair("limit", &limit.to_string()).append_pair("after", &cursor(tag));
    query.append_pair(PLACE, &format!("{}-{}", last.0, last.1));
    format!("{}/{id}/recent_media?{}", call.base, query.finish())
}
