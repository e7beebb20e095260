//! Facebook pages through the Graph API: `/{page}/posts`, single posts and pages, token exchange.
//!
//! [`pages`] says which post is on which page, [`post`] writes posts.
//!
//! A post's id is `{page}_{post}`: a world's id with `_` is used as it is, any other gets its page's number before it.

mod pages;
mod post;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::clock::Reading;
use crate::graph::failure::Failure;
use crate::graph::{Call, Graph, fields, limit};
use crate::keys;
use crate::moment::{Micros, SECOND, parse_or_date};
use crate::service::{Reply, Service};
use crate::wire::{Answer, Request};
use crate::world::World;
use pages::{Page, Pages};

/// So many posts has a page of results at most, and without a wish.
const LARGEST: usize = 100;
const DEFAULT: usize = 25;
/// So many ids may be asked for at once.
const MOST_IDS: usize = 50;
/// What the token may do.
const SCOPES: [&str; 3] = ["pages_read_engagement", "pages_show_list", "pages_read_user_content"];
/// The fields of a page.
const PAGE_FIELDS: [&str; 8] =
    ["id", "name", "username", "link", "fan_count", "followers_count", "category", "about"];

/// The service.
pub(crate) struct Facebook {
    graph: Graph,
    pages: Pages,
}

impl Facebook {
    /// The service for a world.
    pub(crate) fn new(world: &World) -> Self {
        Self { graph: Graph::new(world, "facebook", &SCOPES), pages: Pages::new(world.posts("facebook")) }
    }

    fn resolve(&self, world: &World, call: &Call<'_>) -> Result<Value, Failure> {
        match call.path.as_slice() {
            [] => self.many(world, call),
            ["me"] => Ok(json!({"id": "100000000000001", "name": "sandbox"})),
            [page, "posts" | "feed" | "published_posts"] => {
                let page = self.pages.named(page).ok_or_else(|| Failure::nothing(page))?;
                self.posts(world, call, page)
            }
            [id] => self.node(world, call, id),
            [.., last] => Err(Failure::new(400, 2500, format!("Unknown path components: /{last}"))),
        }
    }

    /// `/?ids=`: one missing id fails all.
    fn many(&self, world: &World, call: &Call<'_>) -> Result<Value, Failure> {
        let ids: Vec<&str> = call
            .request
            .param("ids")
            .ok_or_else(|| Failure::new(400, 2500, "Unsupported get request."))?
            .split(',')
            .map(str::trim)
            .collect();
        if ids.len() > MOST_IDS {
            return Err(Failure::parameter(&format!(
                "Too many IDs. Maximum: {MOST_IDS}. Provided: {}.",
                ids.len()
            )));
        }
        let mut found = Map::new();
        for id in ids {
            let missing = |_| {
                Failure::new(404, 803, format!("(#803) Some of the aliases you requested do not exist: {id}"))
            };
            found.insert(id.to_owned(), self.node(world, call, id).map_err(missing)?);
        }
        Ok(Value::Object(found))
    }

    fn node(&self, world: &World, call: &Call<'_>, id: &str) -> Result<Value, Failure> {
        let posts = world.posts("facebook");
        let asked = call.request.param("fields");
        if let Some((row, page)) = self.pages.post(posts, id) {
            let post = &posts.rows[row as usize];
            let fields = fields::asked(asked, &post::FIELDS, &post::DEFAULT, "Post")?;
            return if post.is_visible(call.now) {
                Ok(post::render(post, &self.pages.wire_id(post, page), page, call.now, &fields))
            } else {
                Err(Failure::nothing(id))
            };
        }
        let page = self.pages.named(id).ok_or_else(|| Failure::nothing(id))?;
        let fields = fields::asked(asked, &PAGE_FIELDS, &["name"], "Page")?;
        let mut value = Map::new();
        for field in &fields {
            match field.name.as_str() {
                "name" => value.insert("name".into(), page.name.as_str().into()),
                "username" => value.insert("username".into(), page.username.as_deref().unwrap_or("").into()),
                "link" => value.insert("link".into(), format!("https://www.facebook.com/{}", page.id).into()),
                "fan_count" | "followers_count" => {
                    let known = page.rows.iter().map(|row| posts.rows[*row as usize].followers).max();
                    known
                        .filter(|count| *count >= 0)
                        .and_then(|count| value.insert(field.name.clone(), count.into()))
                }
                _ => None,
            };
        }
        value.insert("id".into(), page.id.as_str().into());
        Ok(Value::Object(value))
    }

    fn posts(&self, world: &World, call: &Call<'_>, page: &Page) -> Result<Value, Failure> {
        let posts = world.posts("facebook");
        let request = call.request;
        let fields = fields::asked(request.param("fields"), &post::FIELDS, &post::DEFAULT, "Post")?;
        let limit = limit(request.param("limit"), DEFAULT, LARGEST)?;
        let (since, until) = (instant(request, "since")?, instant(request, "until")?);
        let (after, before) = (cursor(request, "after")?, cursor(request, "before")?);
        let rows: Vec<u32> = page
            .ranked(posts, call.now)
            .into_iter()
            .filter(|row| {
                let at = posts.rows[*row as usize].at;
                since.is_none_or(|since| since <= at) && until.is_none_or(|until| at < until + SECOND)
            })
            .collect();
        // Rows are newest first: what is after a cursor has a smaller number.
        let (from, to) = match (after, before) {
            (Some(after), _) => {
                let from = rows.partition_point(|row| *row >= after);
                (from, (from + limit).min(rows.len()))
            }
            (None, Some(before)) => {
                let to = rows.partition_point(|row| *row > before);
                (to.saturating_sub(limit), to)
            }
            (None, None) => (0, limit.min(rows.len())),
        };
        let here = &rows[from..to];
        // The deleted are taken out after the page was cut: pages are short, even empty, and have a next one all the same.
        let data: Vec<Value> = here
            .iter()
            .map(|row| &posts.rows[*row as usize])
            .filter(|post| post.is_visible(call.now))
            .map(|post| post::render(post, &self.pages.wire_id(post, page), page, call.now, &fields))
            .collect();
        let mut body = json!({"data": data});
        if let (Some(first), Some(last)) = (here.first(), here.last()) {
            let mut paging = json!({"cursors": {"before": written(*first), "after": written(*last)}});
            let link = |side, row| link(call, &page.id, limit, side, row);
            if from > 0 {
                paging["previous"] = link("before", *first).into();
            }
            if to < rows.len() {
                paging["next"] = link("after", *last).into();
            }
            body["paging"] = paging;
        }
        Ok(body)
    }
}

impl Service for Facebook {
    fn name(&self) -> &'static str {
        "facebook"
    }

    fn answer(&self, world: &World, clock: Reading, request: &Request) -> Reply {
        self.graph.serve(clock, request, |call| self.resolve(world, call))
    }

    fn too_many(&self, wait_s: Option<u64>) -> Answer {
        Graph::too_many(wait_s)
    }

    fn broken(&self, status: u16) -> Answer {
        Graph::broken(status)
    }

    fn unauthorised(&self) -> Answer {
        Graph::unauthorised()
    }

    fn expire_tokens(&self) {
        self.graph.expire_tokens();
    }

    fn setup(&self, _world: &World, base: &str, _clock: Reading) -> Value {
        let mut setup = self.graph.setup(base);
        setup["pages"] = self.pages.handles().into();
        setup
    }

    fn secrets(&self) -> Vec<String> {
        self.graph.secrets()
    }

    /// What is still ranked, and what is gone.
    fn keys(&self, world: &World, clock: Reading, from: Micros, to: Micros) -> Vec<Value> {
        let posts = world.posts("facebook");
        let mut keys = Vec::new();
        for page in self.pages.iter() {
            let rows = page.ranked(posts, clock.now);
            let posts = rows.iter().rev().map(|row| &posts.rows[*row as usize]);
            let shown =
                posts.filter(|post| (from..to).contains(&post.at) && post.visible_at < post.deleted_at);
            keys.extend(shown.map(|post| keys::of_post(post, clock.now, self.pages.wire_id(post, page))));
        }
        keys
    }
}

fn instant(request: &Request, name: &str) -> Result<Option<Micros>, Failure> {
    let Some(text) = request.param(name) else { return Ok(None) };
    let seconds = text.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(SECOND));
    let wrong = || Failure::parameter(&format!("Param {name} must be a UNIX timestamp or a date"));
    seconds.or_else(|| parse_or_date(text)).ok_or_else(wrong).map(Some)
}

fn written(row: u32) -> String {
    URL_SAFE_NO_PAD.encode(format!("row:{row}"))
}

fn cursor(request: &Request, name: &str) -> Result<Option<u32>, Failure> {
    let Some(text) = request.param(name) else { return Ok(None) };
    let row = URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok()?.strip_prefix("row:")?.parse().ok());
    row.map(Some).ok_or_else(|| Failure::parameter("Invalid cursors values"))
}

/// The link to another page; the token is in it, as in Meta's own.
fn link(call: &Call<'_>, page: &str, limit: usize, side: &str, row: u32) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("access_token", &call.token).append_pair("pretty", "0");
    for name in ["fields", "since", "until"] {
        if let Some(value) = call.request.param(name) {
            query.append_pair(name, value);
        }
    }
    query.append_pair("limit", &limit.to_string()).append_pair(side, &written(row));
    format!("{}/{page}/posts?{}", call.base, query.finish())
}
