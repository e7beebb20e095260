//! What `/_world/keys` lists: what a source would show of a window, by the id that its wire gives a record.
//!
//! A post is `{"id","created_at","edited_at"?,"text"?}`, or `{"id","created_at","deleted":true}` where it was shown once and is gone;
//! an article is `{"outlet","id","url","published_at"}`; a bar is `{"symbol","interval","opens_at"}` with the
//! world's symbol, and with `session_date` where it is a day's or longer. A source that states only dates has them open at midnight UTC.

use serde_json::{Map, Value, json};

use crate::moment::{DAY, Micros, exact};
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

/// The bars of a symbol that open in `[from, to)` and have ended by `now`, of every interval of the world, as the world has them.
pub(crate) fn of_bars(world: &World, symbol: &str, now: Micros, window: (Micros, Micros)) -> Vec<Value> {
    of_bars_opening(world, symbol, now, window, |_, at| at)
}

/// The same where a source says otherwise when a bar opens: `opening` is told whether it is a day's, and when the world opens it.
pub(crate) fn of_bars_opening(
    world: &World,
    symbol: &str,
    now: Micros,
    (from, to): (Micros, Micros),
    opening: impl Fn(bool, Micros) -> Micros,
) -> Vec<Value> {
    let mut keys = Vec::new();
    for (interval, series) in world.bars.intervals(symbol) {
        let is_daily = series.length >= DAY;
        // A source's day may open up to a day before or after that of the world.
        for bar in series.between(from.saturating_sub(DAY), to.saturating_add(DAY), now) {
            let opens_at = opening(is_daily, bar.at);
            if !(from..to).contains(&opens_at) {
                continue;
            }
            let mut key = json!({"symbol": symbol, "interval": interval, "opens_at": exact(opens_at)});
            if is_daily {
                key["session_date"] = exact(bar.at)[..10].into();
            }
            keys.push(key);
        }
    }
    keys
}
