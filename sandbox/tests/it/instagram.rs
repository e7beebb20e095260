use std::collections::BTreeSet;

use chrono::Duration;
use reqwest::Response;
use serde_json::{Value, json};

use crate::kit::{Sandbox, body, instant};

/// 130 media, one a minute, on two channels and one author; all of the first 40 tags once each; one edited, one deleted at 04:00.
fn posts() -> Vec<Value> {
    let begin = instant("2026-03-02T00:00:00Z");
    let mut posts: Vec<Value> = (0..130)
        .map(|n| {
            json!({"source": "instagram", "id": (17_900_000 + n).to_string(), "text": format!("picture {n} #stocks #tag{n}"),
                "created_at": begin + Duration::minutes(n), "channel": if n % 2 == 0 { "acme.corp" } else { "Quay" },
                "likes": n, "replies": 2, "followers": 700})
        })
        .collect();
    posts[3]["channel"] = Value::Null;
    posts[3]["author"] = "ann o".into();
    posts[5]["deleted_at"] = json!(begin + Duration::hours(4));
    posts[7]["edited_at"] = json!(begin + Duration::hours(4));
    posts[7]["text_before"] = "before #old".into();
    posts
}

async fn sandbox(at: &str) -> Sandbox {
    Sandbox::with_posts(at, &posts()).await
}

fn user(sandbox: &Sandbox) -> String {
    sandbox.setup["instagram"]["user_id"].as_str().unwrap().to_owned()
}

async fn get(sandbox: &Sandbox, path: &str, params: &[(&str, &str)]) -> Response {
    let own = &sandbox.setup["instagram"];
    let url = format!("{}/v26.0{path}", own["base_url"].as_str().unwrap());
    let token = [("access_token", own["access_token"].as_str().unwrap())];
    sandbox.client.get(url).query(&token).query(params).send().await.unwrap()
}

async fn failure(response: Response) -> (u16, i64, i64) {
    let status = response.status().as_u16();
    let error = response.json::<Value>().await.unwrap()["error"].clone();
    (status, error["code"].as_i64().unwrap(), error["error_subcode"].as_i64().unwrap_or(0))
}

fn ids(media: &Value) -> Vec<String> {
    media["data"].as_array().unwrap().iter().map(|medium| medium["id"].as_str().unwrap().to_owned()).collect()
}

async fn hashtag(sandbox: &Sandbox, tag: &str) -> String {
    let user = user(sandbox);
    let found = body(get(sandbox, "/ig_hashtag_search", &[("user_id", &user), ("q", tag)]).await).await;
    found["data"][0]["id"].as_str().unwrap().to_owned()
}

/// All media of an account, page by page.
async fn of_account(sandbox: &Sandbox, name: &str, mut between: impl AsyncFnMut()) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let fields = format!(
            "business_discovery.username({name}){{followers_count,media_count,media.limit(20){after}{{id,caption,timestamp,like_count,comments_count,permalink,media_type}}}}"
        );
        let page = body(get(sandbox, &format!("/{}", user(sandbox)), &[("fields", &fields)]).await).await;
        let media = &page["business_discovery"]["media"];
        found.extend(ids(media));
        match media["paging"]["cursors"]["after"].as_str() {
            Some(cursor) => after = format!(".after({cursor})"),
            None => return found,
        }
        between().await;
    }
}

#[actix_web::test]
async fn every_post_is_on_an_account_of_the_setup() {
    let sandbox = sandbox("2026-03-02T03:00:00Z").await;
    assert_eq!(sandbox.setup["instagram"]["accounts"], json!(["acme.corp", "ann_o", "Quay"]));
    let mut found = BTreeSet::new();
    for account in ["acme.corp", "ANN_O", "quay"] {
        for id in of_account(&sandbox, account, async || {}).await {
            assert!(found.insert(id), "each once");
        }
    }
    assert_eq!(found.len(), 130);
    let keys = sandbox.keys("instagram", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z").await;
    assert_eq!(found, keys.iter().map(|key| key["id"].as_str().unwrap().to_owned()).collect());
}

#[actix_web::test]
async fn nothing_of_an_account_is_lost_between_two_pages() {
    let sandbox = sandbox("2026-03-02T01:30:00Z").await;
    let there = of_account(&sandbox, "acme.corp", async || {}).await;
    let mut minute = 30;
    let found = of_account(&sandbox, "acme.corp", async || {
        minute += 7;
        sandbox.set_clock(json!({"at": format!("2026-03-02T01:{minute}:00Z")})).await;
    })
    .await;
    assert!(there.len() == 46 && there.iter().all(|id| found.contains(id)));
}

#[actix_web::test]
async fn a_hashtag_shows_its_last_day_with_one_cursor_for_all_pages() {
    let sandbox = sandbox("2026-03-02T12:00:00Z").await;
    let tag = hashtag(&sandbox, "#Stocks").await;
    assert_eq!(tag, hashtag(&sandbox, "stocks").await, "the id is static");
    let user = user(&sandbox);
    let path = format!("/{tag}/recent_media");
    let fields = "id,caption,media_type,comments_count,like_count,permalink,timestamp";
    let first = [("user_id", user.as_str()), ("fields", fields), ("limit", "50")];
    let (mut found, mut cursors, mut stamps) = (Vec::new(), BTreeSet::new(), Vec::new());
    let mut page = body(get(&sandbox, &path, &first).await).await;
    let hidden =
        page["data"].as_array().unwrap().iter().filter(|medium| medium.get("like_count").is_none()).count();
    assert!((1..25).contains(&hidden), "{hidden} hide their likes");
    assert!(page["data"][0].get("username").is_none());
    let mut again = Value::Null;
    loop {
        found.extend(ids(&page));
        stamps.extend(
            page["data"].as_array().unwrap().iter().map(|m| m["timestamp"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["paging"]["next"].as_str().map(str::to_owned) else { break };
        cursors.insert(page["paging"]["cursors"]["after"].as_str().unwrap().to_owned());
        page = body(sandbox.client.get(&next).send().await.unwrap()).await;
        again = body(sandbox.client.get(&next).send().await.unwrap()).await;
        assert_eq!(page, again, "a link may be followed twice");
    }
    assert_eq!((found.len(), cursors.len(), found.iter().collect::<BTreeSet<_>>().len()), (129, 1, 129));
    assert!(!stamps.windows(2).all(|pair| pair[0] >= pair[1]), "not always chronological");
    assert!(again["data"].as_array().is_some());
    // By the cursor alone the pages follow each other too.
    let after = cursors.into_iter().next().unwrap();
    let mut found = ids(&body(get(&sandbox, &path, &first).await).await);
    for _ in 0..2 {
        let with_after: Vec<_> = first.into_iter().chain([("after", after.as_str())]).collect();
        found.extend(ids(&body(get(&sandbox, &path, &with_after).await).await));
    }
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 129);
    sandbox.set_clock(json!({"at": "2026-03-03T01:00:00Z"})).await;
    let late = body(get(&sandbox, &path, &first).await).await;
    assert_eq!(late["data"].as_array().unwrap().len(), 50);
    sandbox.set_clock(json!({"at": "2026-03-04T01:00:00Z"})).await;
    assert_eq!(body(get(&sandbox, &path, &first).await).await, json!({"data": []}));
}

#[actix_web::test]
async fn thirty_hashtags_in_seven_days() {
    let sandbox = sandbox("2026-03-02T03:00:00Z").await;
    let user = user(&sandbox);
    assert_eq!(sandbox.setup["instagram"]["hashtags"].as_array().unwrap().len(), 30);
    assert_eq!(sandbox.setup["instagram"]["hashtags"][0], "stocks");
    for n in 0..30 {
        hashtag(&sandbox, &format!("tag{}", n + 20)).await;
    }
    hashtag(&sandbox, "tag20").await;
    let one_more = [("user_id", user.as_str()), ("q", "tag90")];
    assert_eq!(failure(get(&sandbox, "/ig_hashtag_search", &one_more).await).await, (400, 18, 2_207_034));
    assert_eq!(sandbox.stats().await["instagram"]["limits_exceeded"], 1);
    let path = format!("/{user}/recently_searched_hashtags");
    let asked = body(get(&sandbox, &path, &[("limit", "30"), ("fields", "id,name")]).await).await;
    assert_eq!((ids(&asked).len(), &asked["data"][0]["name"]), (30, &"tag20".into()));
    sandbox.set_clock(json!({"at": "2026-03-09T03:00:01Z"})).await;
    assert_eq!(get(&sandbox, "/ig_hashtag_search", &one_more).await.status(), 200);
}

#[actix_web::test]
async fn errors_have_metas_codes() {
    let sandbox = sandbox("2026-03-02T03:00:00Z").await;
    let user = user(&sandbox);
    let nobody = "business_discovery.username(nobody){id}";
    let field = "business_discovery.username(quay){media{shoe_size}}";
    for (path, params, expected) in [
        (
            "/ig_hashtag_search".to_owned(),
            vec![("user_id", user.as_str()), ("q", "nothing")],
            (400, 24, 2_207_024),
        ),
        ("/ig_hashtag_search".to_owned(), vec![("q", "stocks")], (400, 100, 0)),
        ("/ig_hashtag_search".to_owned(), vec![("user_id", "1"), ("q", "stocks")], (400, 100, 33)),
        (format!("/{user}"), vec![("fields", nobody)], (400, 110, 2_207_013)),
        (format!("/{user}"), vec![("fields", field)], (400, 100, 0)),
        (format!("/{user}"), vec![("fields", "business_discovery{id}")], (400, 100, 0)),
        ("/123/recent_media".to_owned(), vec![("user_id", user.as_str())], (400, 100, 33)),
        ("/a/b/c".to_owned(), vec![], (400, 2500, 0)),
    ] {
        assert_eq!(failure(get(&sandbox, &path, &params).await).await, expected, "{path} {params:?}");
    }
    let tag = hashtag(&sandbox, "stocks").await;
    let with_name = [("user_id", user.as_str()), ("fields", "id,username")];
    let refused = get(&sandbox, &format!("/{tag}/recent_media"), &with_name).await;
    assert_eq!(failure(refused).await, (400, 100, 0), "a hashtag's media do not say whose they are");
}

#[actix_web::test]
async fn edits_and_deletions_show() {
    let sandbox = sandbox("2026-03-02T03:00:00Z").await;
    let caption = async |id: &str| {
        let fields = "business_discovery.username(quay){media.limit(100){caption}}";
        let page = body(get(&sandbox, &format!("/{}", user(&sandbox)), &[("fields", fields)]).await).await;
        let media = page["business_discovery"]["media"]["data"].as_array().unwrap().clone();
        media
            .iter()
            .find(|medium| medium["id"] == id)
            .map(|medium| medium["caption"].as_str().unwrap().to_owned())
    };
    assert_eq!(caption("17900007").await.as_deref(), Some("before #old"));
    assert!(caption("17900005").await.is_some());
    sandbox.set_clock(json!({"at": "2026-03-02T04:00:00Z"})).await;
    assert_eq!(caption("17900007").await.as_deref(), Some("picture 7 #stocks #tag7"));
    assert!(caption("17900005").await.is_none());
}
