//! What `/_world/keys` lists: what a source would show of a window, by the id that its wire gives a record.
//!
//! A post is `{"id","created_at","edited_at"?,"text"?}`, or `{"id","created_at","deleted":true}` where it was shown once and is gone;
//! an article is `{"outlet","id","url","published_at"}`; a bar is `{"symbol","interval","opens_at"}` with the world's symbol.

use serde_json::{Map, Value, json};

use crate::moment::{Micros, exact};
use crate::world::World;
use crate::world::article::Article;
use crate::world::post::{Post, Posts};

/// The posts written in `[from, to)` and shown by `now`, under their wire ids; also those that are gone by `now`.
pub(crate) fn of_posts(
    posts: &Posts,
    now: Micros,
    (from, to): (Micros, Micros),
    wire_id: impl Fn(&Post) -> String,
) -> Vec<Value> {
    let rows = &posts.rows[posts.first_from(from)..posts.first_from(to).max(posts.first_from(from))];
    rows.iter()
        // A post that goes before it comes is never seen at all.
        .filter(|post| post.visible_at <= now && post.visible_at < post.deleted_at)
        .map(|post| of_post(post, now, wire_id(post)))
        .collect()
}

/// One post under its wire id.
pub(crate) fn of_post(post: &Post, now: Micros, wire_id: String) -> Value {
    let mut key = Map::new();
    key.insert("id".into(), wire_id.into());
    key.insert("created_at".into(), exact(post.at).into());
    if post.deleted_at <= now {
        key.insert("deleted".into(), true.into());
        return Value::Object(key);
    }
    if post.edited_at <= now {
        key.insert("edited_at".into(), exact(post.edited_at).into());
    }
    key.insert("text".into(), post.text_at(now).into());
    Value::Object(key)
}

/// One article.
pub(crate) fn of_article(article: &Article) -> Value {
    json!({"outlet": article.outlet, "id": article.id, "url": article.url, "published_at": exact(article.at)})
}

/// The bars of a symbol that open in `[from, to)` and have ended by `now`, of every interval of the world.
pub(crate) fn of_bars(world: &World, symbol: &str, now: Micros, (from, to): (Micros, Micros)) -> Vec<Value> {
    let Some(series) = world.bars.0.get(symbol) else { return Vec::new() };
    let bars = series.iter().flat_map(|(interval, series)| {
        series.between(from, to.saturating_sub(1), now).iter().map(move |bar| (interval, bar.at))
    });
    bars.map(|(interval, at)| json!({"symbol": symbol, "interval": interval, "opens_at": exact(at)}))
        .collect()
}
