use std::collections::BTreeSet;

use chrono::Duration;
use reqwest::Response;
use serde_json::{Value, json};

use crate::kit::{Sandbox, body, instant};

/// 60 posts on `acme.corp`, one a minute, every third gone after an hour; 30 on page 4711 by their ids; 1,300 without a page;
/// one edited.
fn posts() -> Vec<Value> {
    let begin = instant("2026-03-02T00:00:00Z");
    let mut posts: Vec<Value> = (0..60)
        .map(|n| {
            let mut post = json!({"source": "facebook", "id": (9_000 + n).to_string(), "text": format!("news {n} $TSLA"), "channel": "acme.corp",
                "created_at": begin + Duration::minutes(n), "likes": 10 + n, "shares": n % 2, "replies": 3, "followers": 5_000});
            if n % 3 == 0 {
                post["deleted_at"] = json!(begin + Duration::hours(1));
            }
            post
        })
        .collect();
    posts[1]["edited_at"] = json!(begin + Duration::hours(2));
    posts[1]["text_before"] = "news before".into();
    posts.extend((0..30).map(|n| {
        json!({"source": "facebook", "id": format!("4711_{n}"), "text": "by id", "created_at": begin + Duration::minutes(n)})
    }));
    posts.extend((0..1_300).map(|n| {
        json!({"source": "facebook", "id": format!("h{n}"), "text": "no page", "created_at": begin + Duration::seconds(n)})
    }));
    posts
}

async fn sandbox(at: &str) -> Sandbox {
    Sandbox::with_posts(at, &posts()).await
}

async fn get(sandbox: &Sandbox, path: &str, params: &[(&str, &str)]) -> Response {
    let own = &sandbox.setup["facebook"];
    let url = format!("{}/v26.0{path}", own["base_url"].as_str().unwrap());
    let token = [("access_token", own["access_token"].as_str().unwrap())];
    sandbox.client.get(url).query(&token).query(params).send().await.unwrap()
}

async fn failure(response: Response) -> (u16, i64, i64) {
    let status = response.status().as_u16();
    let error = response.json::<Value>().await.unwrap()["error"].clone();
    assert!(error["message"].is_string() && error["fbtrace_id"].is_string(), "{error}");
    (status, error["code"].as_i64().unwrap(), error["error_subcode"].as_i64().unwrap_or(0))
}

fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|post| post["id"].as_str().unwrap().to_owned()).collect()
}

/// The pages that `paging.next` leads to.
async fn all(
    sandbox: &Sandbox,
    page: &str,
    params: &[(&str, &str)],
    mut between: impl AsyncFnMut(),
) -> Vec<Vec<String>> {
    let mut page = body(get(sandbox, &format!("/{page}/posts"), params).await).await;
    let mut found = Vec::new();
    loop {
        found.push(ids(&page));
        let Some(next) = page["paging"]["next"].as_str().map(str::to_owned) else { return found };
        between().await;
        page = body(sandbox.client.get(next).send().await.unwrap()).await;
    }
}

#[actix_web::test]
async fn the_pages_of_the_setup_lead_to_every_post() {
    let sandbox = sandbox("2026-03-02T00:59:00Z").await;
    let pages: Vec<&str> = sandbox.setup["facebook"]["pages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| page.as_str().unwrap())
        .collect();
    assert_eq!(pages, ["4711", "acme.corp", "sandbox.page0", "sandbox.page1", "sandbox.page2"]);
    let mut found = BTreeSet::new();
    for page in pages {
        for ids in all(&sandbox, page, &[("limit", "100")], async || {}).await {
            assert!(ids.iter().all(|id| found.insert(id.clone())), "each post once");
        }
    }
    assert_eq!(found.len(), 1_390);
    assert!(found.contains("4711_7"), "an id with its page stays as it is");
    let keys = sandbox.keys("facebook", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z").await;
    assert_eq!(found, keys.iter().map(|key| key["id"].as_str().unwrap().to_owned()).collect());
    let some =
        body(get(&sandbox, "/4711/posts", &[("since", "1772409900"), ("until", "1772410200")]).await).await;
    assert_eq!(ids(&some).len(), 6, "from 00:05 to 00:10");
}

#[actix_web::test]
async fn pages_may_be_short_and_have_a_next_one() {
    let sandbox = sandbox("2026-03-02T01:00:00Z").await;
    let pages = all(&sandbox, "acme.corp", &[("limit", "1")], async || {}).await;
    assert_eq!(pages.len(), 60);
    assert_eq!(pages.iter().filter(|ids| ids.is_empty()).count(), 20, "the deleted leave empty pages");
    let pages = all(&sandbox, "acme.corp", &[("limit", "30")], async || {}).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [20, 20]);
}

#[actix_web::test]
async fn nothing_is_lost_when_posts_come_and_go_between_two_pages() {
    let sandbox = sandbox("2026-03-02T00:57:00Z").await;
    let mut minute = 57;
    let pages = all(&sandbox, "acme.corp", &[("limit", "7")], async || {
        minute += 1;
        let at = format!("2026-03-02T{:02}:{:02}:00Z", minute / 60, minute % 60);
        sandbox.set_clock(json!({"at": at})).await;
    })
    .await;
    let found: Vec<String> = pages.concat();
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
    let page = body(get(&sandbox, "/acme.corp", &[]).await).await["id"].as_str().unwrap().to_owned();
    let stayed = (0..=57).filter(|n| n % 3 != 0).map(|n| format!("{page}_{}", 9_000 + n));
    assert!(stayed.into_iter().all(|id| found.contains(&id)));
}

#[actix_web::test]
async fn only_what_is_asked_for_is_sent() {
    let sandbox = sandbox("2026-03-02T02:00:00Z").await;
    let fields = "id,message,created_time,permalink_url,from,shares,reactions.summary(true).limit(0),comments.summary(true).limit(0)";
    let page = body(get(&sandbox, "/acme.corp/posts", &[("fields", fields), ("limit", "100")]).await).await;
    let posts = page["data"].as_array().unwrap();
    let edited = posts.last().unwrap();
    assert_eq!(
        (&edited["message"], &edited["created_time"]),
        (&"news 1 $TSLA".into(), &"2026-03-02T00:01:00+0000".into())
    );
    assert_eq!((&edited["from"]["name"], &edited["shares"]["count"]), (&"acme.corp".into(), &1.into()));
    assert_eq!(
        (&edited["reactions"]["summary"]["total_count"], &edited["comments"]["summary"]["total_count"]),
        (&11.into(), &3.into())
    );
    assert!(posts[posts.len() - 2].get("shares").is_none(), "not shared");
    let plain = body(get(&sandbox, "/acme.corp/posts", &[("limit", "1")]).await).await;
    let names: Vec<&String> = plain["data"][0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["created_time", "id", "message"]);
    let id = edited["id"].as_str().unwrap();
    let node = body(get(&sandbox, &format!("/{id}"), &[("fields", "updated_time")]).await).await;
    assert_eq!(node, json!({"id": id, "updated_time": "2026-03-02T02:00:00+0000"}));
    let many =
        body(get(&sandbox, "/", &[("ids", &format!("{id},4711_3")), ("fields", "message")]).await).await;
    assert_eq!(many["4711_3"]["message"], "by id");
    let account = body(get(&sandbox, "/acme.corp", &[("fields", "name,fan_count")]).await).await;
    assert_eq!((&account["name"], &account["fan_count"]), (&"acme.corp".into(), &5_000.into()));
}

#[actix_web::test]
async fn errors_have_metas_codes() {
    let sandbox = sandbox("2026-03-02T02:00:00Z").await;
    let base = sandbox.setup["facebook"]["base_url"].as_str().unwrap().to_owned();
    let bare = sandbox.client.get(format!("{base}/v26.0/acme.corp/posts")).send().await.unwrap();
    assert_eq!(failure(bare).await, (400, 104, 0));
    let wrong =
        sandbox.client.get(format!("{base}/v26.0/acme.corp/posts?access_token=x")).send().await.unwrap();
    assert_eq!(failure(wrong).await, (400, 190, 0));
    for (path, params, expected) in [
        ("/nobody/posts", vec![], (400, 100, 33)),
        ("/acme.corp/posts", vec![("limit", "101")], (400, 100, 0)),
        ("/acme.corp/posts", vec![("limit", "many")], (400, 100, 0)),
        ("/acme.corp/posts", vec![("fields", "id,shoe_size")], (400, 100, 0)),
        ("/acme.corp/posts", vec![("fields", "id,")], (400, 2500, 0)),
        ("/acme.corp/posts", vec![("since", "once")], (400, 100, 0)),
        ("/acme.corp/posts", vec![("after", "nonsense")], (400, 100, 0)),
        ("/acme.corp/enemies", vec![], (400, 2500, 0)),
        ("/4711_999", vec![], (400, 100, 33)),
        ("/", vec![("ids", "4711_1,4711_999")], (404, 803, 0)),
    ] {
        assert_eq!(failure(get(&sandbox, path, &params).await).await, expected, "{path} {params:?}");
    }
    let old = sandbox.client.get(format!("{base}/v2.0/me")).send().await.unwrap();
    assert_eq!(failure(old).await, (400, 2635, 0));
}

#[actix_web::test]
async fn tokens_are_exchanged_and_told_of() {
    let sandbox = sandbox("2026-03-02T02:00:00Z").await;
    let own = sandbox.setup["facebook"].clone();
    let text = |name: &str| own[name].as_str().unwrap().to_owned();
    let (token, app) = (text("access_token"), format!("{}|{}", text("app_id"), text("app_secret")));
    let debug = async |input: &str| {
        let url = format!("{}/debug_token", text("base_url"));
        let query = [("input_token", input), ("access_token", &app)];
        body(sandbox.client.get(url).query(&query).send().await.unwrap()).await["data"].clone()
    };
    assert_eq!(
        (&debug(&token).await["is_valid"], &debug(&token).await["expires_at"]),
        (&true.into(), &0.into())
    );
    let exchange = async |secret: &str, token: &str| {
        let query = [
            ("grant_type", "fb_exchange_token"),
            ("client_id", own["app_id"].as_str().unwrap()),
            ("client_secret", secret),
            ("fb_exchange_token", token),
        ];
        sandbox
            .client
            .get(format!("{}/oauth/access_token", text("base_url")))
            .query(&query)
            .send()
            .await
            .unwrap()
    };
    assert_eq!(failure(exchange("wrong", &token).await).await, (400, 1, 0));
    assert_eq!(failure(exchange(&text("app_secret"), "wrong").await).await, (400, 190, 0));
    let given = body(exchange(&text("app_secret"), &token).await).await;
    assert_eq!((&given["token_type"], &given["expires_in"]), (&"bearer".into(), &(60 * 86_400).into()));
    let long = given["access_token"].as_str().unwrap();
    assert_eq!(debug(long).await["expires_at"], instant("2026-05-01T02:00:00Z").timestamp());
    sandbox.set_clock(json!({"at": "2026-05-01T02:00:01Z"})).await;
    let late = debug(long).await;
    assert_eq!((&late["is_valid"], &late["error"]["subcode"]), (&false.into(), &463.into()));
    assert_eq!(
        failure(exchange(&text("app_secret"), long).await).await,
        (400, 190, 463),
        "too late to exchange it"
    );
    assert!(late["error"]["message"].as_str().unwrap().contains("expired"));
}

#[actix_web::test]
async fn usage_rises_until_the_limit() {
    let sandbox = sandbox("2026-03-02T02:00:00Z").await;
    sandbox.set_clock(json!({"speed": 1.0})).await;
    let usage = |reply: &Response| {
        let header = reply.headers()["x-app-usage"].to_str().unwrap().to_owned();
        serde_json::from_str::<Value>(&header).unwrap()["call_count"].as_i64().unwrap()
    };
    assert_eq!(usage(&get(&sandbox, "/me", &[]).await), 1);
    for _ in 0..799 {
        get(&sandbox, "/me", &[]).await;
    }
    assert_eq!(usage(&get(&sandbox, "/me", &[]).await), 81);
    for _ in 0..199 {
        get(&sandbox, "/me", &[]).await;
    }
    assert_eq!(failure(get(&sandbox, "/me", &[]).await).await, (403, 4, 0));
    assert_eq!(sandbox.stats().await["facebook"]["limits_exceeded"], 1);
    sandbox.set_clock(json!({"at": "2026-03-02T03:01:00Z"})).await;
    assert_eq!(get(&sandbox, "/me", &[]).await.status(), 200);
}
