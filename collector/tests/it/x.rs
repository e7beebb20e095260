use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use crate::alone::{Alone, window, window_after};
use crate::fake::at;
use crate::server::{Reply, Request, serve};

/// A server for X: each list has so many posts, one a second from 2026-11-21T01:00:00 on.
#[derive(Default)]
struct Server {
    posts: [usize; 3],
    asked: Mutex<Vec<(String, String)>>,
    /// Its clock; where there is one, windows must lie within its reach.
    now: Option<DateTime<Utc>>,
    credits: Mutex<Option<u32>>,
}

impl Server {
    async fn start(self) -> (Arc<Self>, String) {
        let server = Arc::new(self);
        let shared = Arc::clone(&server);
        let base = serve(Arc::new(move |request: Request| server.answer(&request))).await;
        (shared, base)
    }

    fn asked(&self, path: &str) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(known, _)| known == path).map(|(_, what)| what.clone()).collect()
    }

    fn answer(&self, request: &Request) -> Reply {
        let reply = self.judge(request);
        match self.now {
            Some(now) => reply.with("date", now.format("%a, %d %b %Y %H:%M:%S GMT")),
            None => reply,
        }
    }

    fn judge(&self, request: &Request) -> Reply {
        let what = request.query.get("query").or(request.query.get("ids")).unwrap().clone();
        let size = request.query.get("max_results").cloned().unwrap_or_default();
        self.asked.lock().unwrap().push((request.path.clone(), format!("{what} {size}")));
        if let Some(credits) = self.credits.lock().unwrap().as_mut() {
            match credits.checked_sub(1) {
                Some(left) => *credits = left,
                None => return Reply::json(402, json!({"title": "CreditsDepleted"})),
            }
        }
        if request.path == "/2/tweets" {
            return lookup(&what);
        }
        let (start, end) = (at(&request.query["start_time"]), at(&request.query["end_time"]));
        if self.now.is_some_and(|now| start < now - Duration::days(7) || end > now - Duration::seconds(10)) {
            return Reply::json(400, json!({"title": "Invalid Request", "detail": "out of reach"}));
        }
        let list: usize = what.strip_prefix("list:").unwrap().parse().unwrap();
        let all = self.posts[list];
        if request.path.contains("counts") {
            return Reply::json(200, json!({"data": [], "meta": {"total_tweet_count": all}}));
        }
        let from: usize = request.query.get("next_token").map_or(0, |token| token.parse().unwrap());
        let to = (from + size.parse::<usize>().unwrap()).min(all);
        let rows: Vec<Value> = (from..to)
            .map(|n| {
                let at = at("2026-11-21T01:00:00Z") + Duration::seconds(n as i64);
                json!({"id": format!("{list}{n:05}"), "text": "$AAA", "created_at": at.to_rfc3339()})
            })
            .collect();
        let mut meta = json!({"result_count": rows.len()});
        if to < all {
            meta["next_token"] = json!(to.to_string());
        }
        Reply::json(200, json!({"data": rows, "meta": meta}))
    }
}

/// 1 was edited into 11, 2 is as it was, 3 is gone; 4 belongs to somebody who is.
fn lookup(ids: &str) -> Reply {
    let (mut data, mut errors) = (Vec::new(), Vec::new());
    let post = |id: &str, text: &str, time: &str, history: &[&str]| {
        json!({"id": id, "text": text, "created_at": time, "edit_history_tweet_ids": history,
            "public_metrics": {"like_count": 5, "quote_count": 2, "impression_count": 900}})
    };
    for id in ids.split(',') {
        match id {
            "1" => data.push(post("1", "first", "2026-11-20T20:00:00Z", &["1", "11"])),
            "11" => data.push(post("11", "second", "2026-11-20T20:30:00Z", &["1", "11"])),
            "2" => data.push(post("2", "same", "2026-11-20T21:00:00Z", &["2"])),
            _ => {
                errors.push(
                    json!({"value": id, "resource_id": id, "resource_type": "tweet", "parameter": "ids",
                "type": "https://api.twitter.com/2/problems/resource-not-found", "title": "Not Found Error"}),
                )
            }
        }
    }
    Reply::json(200, json!({"data": data, "errors": errors}))
}

fn settings(base: &str, more: Value) -> Value {
    let mut x =
        json!({"base_url": base, "bearer_token": "t-secret-1", "cashtags": false, "lists": ["0", "1", "2"]});
    x.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"x": x, "limits": {"tries": 1}})
}

#[tokio::test]
async fn x_shares_its_budget_out_by_counts_and_gives_what_is_over_to_the_others() {
    let (server, base) = Server { posts: [900, 300, 3], ..Server::default() }.start().await;
    // 500 posts at half a cent and three calls for counts.
    let more = json!({"cents_per_1000_posts": 500, "cents_per_1000_counts": 500, "max_run_cents": 252});
    let alone = Alone::new(settings(&base, more), window()).await;
    let (records, troubles) = alone.fetch().await;
    assert_eq!(server.asked("/2/tweets/counts/recent").len(), 3);
    let of = |list: &str| records.posts.iter().filter(|post| post.id.starts_with(list)).count();
    assert_eq!(of("2"), 3, "the quiet one is read whole");
    let all = of("0") + of("1") + of("2");
    assert!((492..=501).contains(&all), "{all}");
    assert!(of("0") > 2 * of("1") && of("1") > 100, "{} {}", of("0"), of("1"));
    assert_eq!(troubles.len(), 2);
    assert!(troubles["search list-0"].starts_with("limit: "), "{troubles:?}");
    assert!(troubles["search list-0"].contains(" of about 900 are read"));
    let spent = alone.task.quota.spent().await.unwrap();
    assert_eq!(spent, (all as u64 + 3) * 500, "only what came is billed");
}

#[tokio::test]
async fn x_without_a_cap_counts_nothing_and_reads_all() {
    let (server, base) = Server { posts: [250, 0, 3], ..Server::default() }.start().await;
    let alone = Alone::new(settings(&base, json!({})), window()).await;
    let (records, troubles) = alone.fetch().await;
    assert!(troubles.is_empty() && server.asked("/2/tweets/counts/recent").is_empty());
    assert_eq!((records.posts.len(), alone.task.quota.spent().await), (253, None));
    assert_eq!(server.asked("/2/tweets/search/recent").len(), 5);
}

#[tokio::test]
async fn x_stops_where_credits_end_and_keeps_what_was_read() {
    let server = Server { posts: [250, 0, 0], credits: Mutex::new(Some(2)), ..Server::default() };
    let (_, base) = server.start().await;
    let more = json!({"lists": ["0"], "cents_per_1000_posts": 500});
    let alone = Alone::new(settings(&base, more), window()).await;
    let (records, troubles) = alone.fetch().await;
    assert_eq!(records.posts.len(), 200);
    assert!(troubles["search list-0"].starts_with("limit: HTTP 402"), "{troubles:?}");
    assert_eq!(alone.task.quota.spent().await, Some(100_000));
}

#[tokio::test]
async fn x_reads_what_is_in_reach_of_an_old_slot_and_says_what_is_not() {
    // Seven days after 03:00: the first half of the slot is out of reach.
    let now = Some(at("2026-11-28T03:00:00Z"));
    let (_, base) = Server { posts: [20, 0, 0], now, ..Server::default() }.start().await;
    let alone = Alone::new(settings(&base, json!({"lists": ["0"]})), window()).await;
    let (records, troubles) = alone.fetch().await;
    assert_eq!(records.posts.len(), 20, "the server does not look at the window");
    let said = &troubles["search list-0"];
    assert!(said.starts_with("limit: what was written before 2026-11-21T03:0"), "{said}");
}

#[tokio::test]
async fn x_ends_its_window_before_the_servers_now() {
    let now = Some(at("2026-11-21T06:00:03Z"));
    let (server, base) = Server { posts: [20, 0, 0], now, ..Server::default() }.start().await;
    let alone = Alone::new(settings(&base, json!({"lists": ["0"]})), window()).await;
    let (records, troubles) = alone.fetch().await;
    assert_eq!((records.posts.len(), troubles.len()), (20, 0));
    assert_eq!(server.asked("/2/tweets/search/recent").len(), 2);
}

#[tokio::test]
async fn x_looks_again_at_posts_of_the_last_slots() {
    let (server, base) = Server::default().start().await;
    let prior = [
        ("1", None, "2026-11-20T20:00:00Z"),
        ("2", None, "2026-11-20T21:00:00Z"),
        ("3", None, "2026-11-20T22:00:00Z"),
    ];
    let more = json!({"lists": ["0"], "cents_per_1000_posts": 500});
    let alone = Alone::new(settings(&base, more), window_after(&prior)).await;
    let (records, troubles) = alone.fetch().await;
    assert!(troubles.is_empty(), "{troubles:?}");
    assert_eq!(server.asked("/2/tweets"), ["3,2,1 ", "11 "], "newest first, then the newer version");
    let found: Vec<(&str, &str, bool)> =
        records.posts.iter().map(|post| (post.id.as_str(), post.text.as_str(), post.deleted)).collect();
    assert_eq!(found, [("1", "second", false), ("2", "same", false), ("3", "", true)]);
    let edited = &records.posts[0];
    assert_eq!(
        (edited.created_at, edited.edited_at),
        (at("2026-11-20T20:00:00Z"), Some(at("2026-11-20T20:30:00Z")))
    );
    assert_eq!((edited.quotes, edited.views), (Some(2), Some(900)));
    assert_eq!(alone.task.quota.spent().await, Some(1_500));

    let capped = json!({"lists": ["0"], "max_posts": 12});
    let (_, troubles) = Alone::new(settings(&base, capped), window_after(&prior)).await.fetch().await;
    assert!(troubles.is_empty(), "three of twelve");
    let capped = json!({"lists": ["0"], "max_posts": 2});
    let (_, troubles) = Alone::new(settings(&base, capped), window_after(&prior)).await.fetch().await;
    assert!(troubles["posts of the last slots"].starts_with("limit: 0 of 3 posts"), "{troubles:?}");
}

#[tokio::test]
async fn x_looks_again_at_many_posts_in_order_and_keeps_what_was_answered_before_its_credits_ended() {
    let (server, base) = Server::default().start().await;
    let said: Vec<(String, String)> = (0..950)
        .map(|n| (format!("{}", 5_000 + n), (at("2026-11-20T20:00:00Z") + Duration::seconds(n)).to_rfc3339()))
        .collect();
    let prior: Vec<_> = said.iter().map(|(id, at)| (id.as_str(), None, at.as_str())).collect();
    // What is gone costs nothing, so that a small cap suffices.
    let more = json!({"lists": ["0"], "max_posts": 262});
    let alone = Alone::new(settings(&base, more), window_after(&prior)).await;
    let (records, troubles) = alone.fetch().await;
    assert!(troubles.is_empty(), "{troubles:?}");
    let asked = server.asked("/2/tweets");
    assert_eq!((asked.len(), asked[0].split(',').next()), (10, Some("5949")), "the newest first");
    let gone: Vec<&str> = records.posts.iter().map(|post| post.id.as_str()).collect();
    assert_eq!(gone, prior.iter().map(|(id, ..)| *id).collect::<Vec<_>>());
    let raw_refs = records.posts.iter().rev().map(|post| post.raw_ref.as_str());
    let newest_first: Vec<String> = (0..950).map(|n| format!("raw#{}", 1 + n / 100)).collect();
    assert!(raw_refs.eq(newest_first.iter().map(String::as_str)), "the search, then calls in their order");

    *server.credits.lock().unwrap() = Some(4);
    let alone = Alone::new(settings(&base, json!({"lists": ["0"]})), window_after(&prior)).await;
    let (records, troubles) = alone.fetch().await;
    assert!(troubles["posts of the last slots"].contains("402"), "{troubles:?}");
    assert_eq!(records.posts.len(), 300, "a search and three calls were answered");
}
