//! All four sources over one small world, with faults on demand.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::server::{Reply, Request, serve};

pub(crate) const TOKEN: &str = "canary-x-4711";
pub(crate) const KEY: &str = "canary-key-4711";
pub(crate) const SECRET: &str = "canary-secret-4711";

/// What goes wrong with one request.
#[derive(Clone)]
pub(crate) enum Fault {
    Status(u16, Vec<(&'static str, &'static str)>),
    Cut,
    Malformed,
    Duplicates,
}

/// A world that grows and servers that fail.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) posts: Mutex<Vec<(String, String, DateTime<Utc>)>>,
    pub(crate) messages: Mutex<Vec<(u64, String, DateTime<Utc>)>>,
    pub(crate) articles: Mutex<Vec<(String, String, DateTime<Utc>)>>,
    pub(crate) faults: Mutex<BTreeMap<&'static str, VecDeque<Fault>>>,
    pub(crate) down: Mutex<BTreeSet<&'static str>>,
    pub(crate) refuses_tweet_fields: Mutex<bool>,
    pub(crate) log: Mutex<Vec<String>>,
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn stated(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

impl Fake {
    /// A world with two slots of documents.
    pub(crate) async fn start() -> (Arc<Self>, String) {
        let fake = Arc::new(Self::default());
        for (n, instant) in
            ["00:00:00", "01:00:00", "02:30:00", "05:40:00", "06:10:00", "11:59:59"].iter().enumerate()
        {
            let instant = at(&format!("2026-11-21T{instant}Z"));
            let tag = if n % 2 == 0 { "$AAA" } else { "quietly" };
            fake.posts.lock().unwrap().push((format!("10{n}"), format!("{tag} post {n}"), instant));
            fake.messages.lock().unwrap().push((200 + n as u64, format!("$AAA message {n}"), instant));
            fake.articles.lock().unwrap().push((format!("g{n}"), format!("Alpha &amp; news {n}"), instant));
        }
        let server = Arc::clone(&fake);
        let base = serve(Arc::new(move |request| server.answer(&request))).await;
        (fake, base)
    }

    /// How many requests went to `source` so far.
    pub(crate) fn requests(&self, source: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|path| path.starts_with(&format!("/{source}/"))).count()
    }

    fn answer(&self, request: &Request) -> Reply {
        self.log.lock().unwrap().push(request.path.clone());
        let source = request.path.split('/').nth(1).unwrap().to_owned();
        if self.down.lock().unwrap().contains(source.as_str()) {
            return Reply::json(503, json!({"message": "down"}));
        }
        let fault = self.faults.lock().unwrap().get_mut(source.as_str()).and_then(VecDeque::pop_front);
        if let Some(Fault::Status(status, headers)) = &fault {
            return headers
                .iter()
                .fold(Reply::json(*status, json!({"title": "trouble"})), |r, (n, v)| r.with(n, v));
        }
        let mut reply = match source.as_str() {
            "x" => self.x(request),
            "stocktwits" => self.stocktwits(request),
            "alpaca" => self.alpaca(request),
            _ => self.feed(request),
        };
        match fault {
            Some(Fault::Cut) => reply.cut = true,
            Some(Fault::Malformed) => reply.body.truncate(reply.body.len() / 2),
            Some(Fault::Duplicates) => double(&mut reply.body),
            _ => {}
        }
        reply
    }

    fn x(&self, request: &Request) -> Reply {
        if request.headers.get("authorization") != Some(&format!("Bearer {TOKEN}")) {
            return Reply::json(401, json!({"title": "Unauthorized"}));
        }
        if *self.refuses_tweet_fields.lock().unwrap() && request.query.contains_key("tweet.fields") {
            return Reply::json(400, json!({"errors": [{"message": "tweet.fields is unknown"}]}));
        }
        if let Some(ids) = request.query.get("ids") {
            return self.x_again(ids);
        }
        let (start, end) = (at(&request.query["start_time"]), at(&request.query["end_time"]));
        let by_list = request.query["query"].starts_with("list:");
        let mut found = self.posts.lock().unwrap().clone();
        found.retain(|(_, text, at)| *at >= start && *at < end && (by_list || text.contains('$')));
        found.sort_by_key(|post| std::cmp::Reverse(post.2));
        let offset: usize = request.query.get("next_token").map_or(0, |token| token.parse().unwrap());
        let page: Vec<Value> = found.iter().skip(offset).take(2)
            .map(|(id, text, at)| json!({"id": id, "text": text, "author_id": "7", "created_at": stated(*at), "odd": [1]}))
            .collect();
        let mut meta = json!({"result_count": page.len()});
        if offset + 2 < found.len() {
            meta["next_token"] = json!((offset + 2).to_string());
        }
        let users = json!([{"id": "7", "username": "ann", "public_metrics": {"followers_count": 12}}]);
        // Some servers repeat what they were sent: it must not get into the lake.
        Reply::json(200, json!({"data": page, "includes": {"users": users}, "meta": meta, "echo": TOKEN}))
    }

    /// Posts by id; what is not there is said to be so.
    fn x_again(&self, ids: &str) -> Reply {
        let posts = self.posts.lock().unwrap();
        let (mut data, mut errors) = (Vec::new(), Vec::new());
        for asked in ids.split(',') {
            match posts.iter().find(|(id, _, _)| id == asked) {
                Some((id, text, at)) => data.push(json!({"id": id, "text": text, "author_id": "7", "created_at": stated(*at)})),
                None => errors.push(json!({"value": asked, "resource_type": "tweet", "type": "https://x/problems/resource-not-found"})),
            }
        }
        let users = json!([{"id": "7", "username": "ann", "public_metrics": {"followers_count": 12}}]);
        Reply::json(200, json!({"data": data, "includes": {"users": users}, "errors": errors}))
    }

    fn stocktwits(&self, request: &Request) -> Reply {
        let max: u64 = request.query.get("max").map_or(u64::MAX, |max| max.parse().unwrap());
        let mut found = self.messages.lock().unwrap().clone();
        found.sort_by_key(|message| std::cmp::Reverse(message.0));
        let older: Vec<_> = found.into_iter().filter(|(id, _, _)| *id < max).collect();
        let page: Vec<Value> = older.iter().take(2)
            .map(|(id, body, at)| json!({"id": id, "body": body, "created_at": stated(*at), "symbols": [{"symbol": "AAA"}]}))
            .collect();
        let cursor = json!({"more": older.len() > 2, "max": older.iter().take(2).next_back().map(|m| m.0)});
        Reply::json(
            200,
            json!({"response": {"status": 200}, "symbol": {"symbol": "AAA"}, "cursor": cursor, "messages": page}),
        )
    }

    fn alpaca(&self, request: &Request) -> Reply {
        if request.headers.get("apca-api-secret-key").map(String::as_str) != Some(SECRET) {
            return Reply::json(403, json!({"message": "forbidden."}));
        }
        if request.path.ends_with("/news") {
            return Reply::json(200, json!({"news": [], "next_page_token": null}));
        }
        let scale = if request.query.get("adjustment").is_some_and(|a| a == "all") { 0.5 } else { 1.0 };
        let second = request.query.contains_key("page_token");
        let days: &[u32] = if second { &[20, 21] } else { &[18, 19] };
        let mut bars = serde_json::Map::new();
        if request.query["timeframe"] == "1Day" {
            for symbol in request.query["symbols"].split(',') {
                let rows = days.iter().map(|day| {
                    let price = f64::from(*day) * scale;
                    json!({"t": format!("2026-11-{day}T00:00:00Z"), "o": price, "h": price, "l": price, "c": price, "v": 5})
                });
                bars.insert(symbol.to_owned(), rows.collect());
            }
        }
        Reply::json(
            200,
            json!({"bars": bars, "next_page_token": if second { Value::Null } else { json!("2") }}),
        )
    }

    fn feed(&self, request: &Request) -> Reply {
        let articles = self.articles.lock().unwrap().clone();
        let tag = format!("\"{}\"", articles.len());
        if request.headers.get("if-none-match") == Some(&tag) {
            return Reply { status: 304, ..Reply::default() }.with("etag", tag);
        }
        let items: String = articles.iter().map(|(guid, title, at)| {
            format!("<item><title>{title}</title><guid>{guid}</guid><link>https://o.example/{guid}</link><pubDate>{}</pubDate></item>", at.to_rfc2822())
        }).collect();
        let body = format!(
            "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>"
        );
        Reply { status: 200, body: body.into_bytes(), ..Reply::default() }.with("etag", tag)
    }
}

/// Repeats the records of a page.
fn double(body: &mut Vec<u8>) {
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else { return };
    for field in ["data", "messages"] {
        if let Some(rows) = value.get_mut(field).and_then(Value::as_array_mut) {
            rows.extend_from_within(..);
        }
    }
    *body = value.to_string().into_bytes();
}
