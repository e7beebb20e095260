//! The programming interface over HTTP: keys, quota, entitlement, formats, pages of lists, the document.

use serde_json::Value;
use web::api::openapi::openapi;
use web::api::operation::{ALL, Answer};

use crate::kit::{Reply, Site};
use crate::slots::symbol;

pub(crate) const SCOPES: [&str; 5] = ["price", "sentiment", "news", "predictions", "exports"];

/// A new key of the account with this session, made by the form of its page.
pub(crate) async fn make_key(site: &Site, session: &str, scopes: &[&str]) -> String {
    let reply = send_key_form(site, session, scopes, "90").await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    shown_key(&reply.body).expect("the page shows the key")
}

async fn send_key_form(site: &Site, session: &str, scopes: &[&str], days: &str) -> Reply {
    let mut form = vec![("name", "a <b>test</b>"), ("days", days)];
    form.extend(scopes.iter().map(|scope| (*scope, "1")));
    site.post("/account/keys", Some(session), &form).await
}

fn shown_key(page: &str) -> Option<String> {
    let at = page.find("tabindex=\"0\">qd_")?;
    page.get(at + 13..at + 13 + 46).map(str::to_owned)
}

/// A call with a key.
pub(crate) async fn call(site: &Site, key: &str, path: &str) -> Reply {
    site.send(site.request("GET", path, None).bearer_auth(key)).await
}

async fn key_of(site: &Site, tier: &str) -> String {
    let session = site.sign_in_as(tier).await.unwrap();
    make_key(site, &session, &SCOPES).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_shown_once_and_ends_when_it_is_told_to() {
    let site = Site::with_slots().await;
    let session = site.sign_in_as("plus").await.unwrap();
    let made = send_key_form(&site, &session, &SCOPES, "90").await;
    let key = shown_key(&made.body).unwrap();
    assert_eq!(made.body.matches(&key).count(), 1);
    assert_eq!(made.header("cache-control"), "private, no-store");
    assert!(made.body.contains("a &lt;b&gt;test"), "names are escaped");
    let page = site.get("/account/keys", Some(&session)).await;
    assert!(!page.body.contains(&key) && page.body.contains(&key[..9]), "later only its start is shown");
    let kept: String = sqlx::query_scalar("select string_agg(k::text, ' ') from api_keys k")
        .fetch_one(&site.pool)
        .await
        .unwrap();
    assert!(!kept.contains(&key), "Postgres does not know the key");

    assert_eq!(call(&site, &key, "/api/v1/assets").await.status, 200);
    let cases =
        [("qd_nonsense".to_owned(), "unknown_key"), (format!("qd_{}", "A".repeat(43)), "unknown_key")];
    for (wrong, code) in cases {
        let reply = call(&site, &wrong, "/api/v1/assets").await;
        assert_eq!((reply.status, reply.json()["code"].as_str()), (401, Some(code)));
        assert!(reply.header("www-authenticate").starts_with("Bearer"));
        assert_eq!(reply.header("content-type"), "application/problem+json");
    }
    let none = site.get("/api/v1/assets", Some(&session)).await;
    assert_eq!(
        (none.status, none.json()["code"].as_str()),
        (401, Some("missing_key")),
        "a session is no key"
    );

    // Nobody revokes somebody else's key.
    let id: i64 = sqlx::query_scalar("select max(id) from api_keys").fetch_one(&site.pool).await.unwrap();
    let stranger = site.sign_in_as("pro").await.unwrap();
    site.post("/account/keys/revoke", Some(&stranger), &[("id", &id.to_string())]).await;
    assert_eq!(call(&site, &key, "/api/v1/assets").await.status, 200);
    let revoked = site.post("/account/keys/revoke", Some(&session), &[("id", &id.to_string())]).await;
    assert_eq!(revoked.status, 303);
    assert_eq!(call(&site, &key, "/api/v1/assets").await.json()["code"], "revoked_key");

    let key = make_key(&site, &session, &SCOPES).await;
    sqlx::query("update api_keys set created_at = now() - interval '2 days', expires_at = now() where revoked_at is null")
        .execute(&site.pool)
        .await
        .unwrap();
    assert_eq!(call(&site, &key, "/api/v1/assets").await.json()["code"], "expired_key");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_form_for_keys_refuses_what_makes_no_sense() {
    let site = Site::with_slots().await;
    let session = site.sign_in_as("plus").await.unwrap();
    for days in ["0", "-1", "367", "999999999999"] {
        assert_eq!(send_key_form(&site, &session, &SCOPES, days).await.status, 422, "{days}");
    }
    assert_eq!(send_key_form(&site, &session, &SCOPES, "soon").await.status, 400);
    assert_eq!(send_key_form(&site, &session, &[], "30").await.status, 422, "no scope");
    let nameless = [("name", "   "), ("days", "30"), ("price", "1")];
    assert_eq!(site.post("/account/keys", Some(&session), &nameless).await.status, 422);
    for tier in ["free", "basic"] {
        let session = site.sign_in_as(tier).await.unwrap();
        assert_eq!(send_key_form(&site, &session, &SCOPES, "30").await.status, 422, "{tier} has no calls");
    }
    for _ in 0..20 {
        make_key(&site, &session, &["price"]).await;
    }
    assert_eq!(send_key_form(&site, &session, &["price"], "30").await.status, 422, "too many");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_quota_is_exact_under_fifty_calls_at_once() {
    let site = Site::start().await;
    sqlx::query("update tiers set api_calls = 20 where tier = 'plus'").execute(&site.pool).await.unwrap();
    let session = site.sign_in_as("plus").await.unwrap();
    // Two keys of one customer share the quota.
    let keys = [make_key(&site, &session, &SCOPES).await, make_key(&site, &session, &SCOPES).await];
    let calls = (0..50).map(|n| call(&site, &keys[n % 2], "/api/v1/publications"));
    let replies = futures::future::join_all(calls).await;
    let fine: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(fine.len(), 20);
    let mut left: Vec<i64> = fine.iter().map(|r| r.header("ratelimit-remaining").parse().unwrap()).collect();
    left.sort_unstable();
    assert_eq!(left, (0..20).collect::<Vec<_>>(), "each call is told its own place");
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        assert_eq!((reply.status, reply.json()["code"].as_str()), (429, Some("quota_exhausted")));
        let (wait, reset) = (reply.header("retry-after"), reply.header("ratelimit-reset"));
        assert!(wait == reset && (1..=86_401).contains(&wait.parse::<i64>().unwrap()), "{wait} {reset}");
        assert_eq!((reply.header("ratelimit-limit"), reply.header("ratelimit-remaining")), ("20", "0"));
    }
    let row: (i64, i64, String) =
        sqlx::query_as("select calls, refused, endpoint from api_usage").fetch_one(&site.pool).await.unwrap();
    assert_eq!(row, (20, 30, "listPublications".to_owned()));
    let page = site.get("/account/keys", Some(&session)).await;
    assert!(page.body.contains("20 of 20 calls") && page.body.contains("listPublications"), "{}", page.body);
    // A key that is not known costs nobody anything.
    call(&site, &format!("qd_{}", "A".repeat(43)), "/api/v1/publications").await;
    // The next day begins anew: the count is by day, wherever it is kept.
    sqlx::query("update api_quota set used_on = used_on - 1").execute(&site.pool).await.unwrap();
    assert_eq!(call(&site, &keys[0], "/api/v1/publications").await.header("ratelimit-remaining"), "19");
    site.stop().await;
}

/// Paths of the endpoints of the n-th asset with the scope that each needs.
fn of_asset(n: usize) -> Vec<(String, &'static str)> {
    let at = format!("/api/v1/assets/{}", symbol(n).replace('/', "%2F"));
    [
        ("bars", "price"),
        ("indicators", "price"),
        ("sentiment", "sentiment"),
        ("documents", "news"),
        ("forecast", "predictions"),
        ("signals", "predictions"),
        ("risk", "predictions"),
    ]
    .map(|(end, scope)| (format!("{at}/{end}"), scope))
    .into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_without_the_scope_gets_nothing() {
    let site = Site::with_slots().await;
    let session = site.sign_in_as("pro").await.unwrap();
    for scope in &SCOPES[..4] {
        let key = make_key(&site, &session, &[scope]).await;
        for (path, needed) in of_asset(3) {
            let reply = call(&site, &key, &path).await;
            assert_eq!(reply.status, if needed == *scope { 200 } else { 403 }, "{path} with {scope}");
            if needed != *scope {
                assert_eq!(reply.json()["code"], "missing_scope");
                assert!(reply.json()["detail"].as_str().unwrap().contains(&format!("read:{needed}")));
            }
        }
        let file = call(&site, &key, "/api/v1/assets?format=csv").await;
        assert_eq!(file.json()["code"], "missing_scope", "files need a scope of their own");
    }
    site.stop().await;
}

/// Every tier, also those that an admin gives calls to, sees what its pages show it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entitlement_is_that_of_the_pages() {
    let site = Site::start().await;
    sqlx::query("update tiers set api_calls = 1000").execute(&site.pool).await.unwrap();
    let site = site.fill().await;
    for tier in ["free", "basic", "plus", "pro", "admin"] {
        let key = key_of(&site, tier).await;
        for n in [1, 3, 11] {
            let (top, paid) = (n <= 10, tier != "free");
            for (path, feature) in of_asset(n) {
                let reply = call(&site, &key, &path).await;
                let granted = match feature {
                    "predictions" => matches!(tier, "pro" | "admin"),
                    _ => paid || top,
                };
                let at = format!("{path} as {tier}");
                assert_eq!(reply.status, if granted { 200 } else { 403 }, "{at}: {}", reply.body);
                if !granted {
                    assert_eq!(reply.json()["code"], "locked", "{at}");
                    assert_eq!(reply.json()["feature"], feature, "{at}");
                    continue;
                }
                let rows = reply.json()["data"].as_array().unwrap().clone();
                let full = !matches!(tier, "free" | "basic");
                match path.rsplit('/').next().unwrap() {
                    "sentiment" => {
                        assert_eq!(rows.len(), 1 + usize::from(paid) + usize::from(full), "{at}");
                    }
                    "documents" => {
                        let says = |word: &str| reply.body.contains(word);
                        assert!(says("headline just-now"), "{at}");
                        assert_eq!(says("post just-now"), paid, "{at}");
                        assert_eq!(says("this-week"), paid, "{at}");
                        assert_eq!(says("long-ago"), full, "{at}");
                        assert_eq!(says("0.654"), paid, "{at}");
                        assert!(!says("javascript:"), "{at}");
                    }
                    _ => assert!(!rows.is_empty(), "{at}"),
                }
            }
        }
        let old = call(&site, &key, "/api/v1/assets/SYM1/forecast?slot=2026-10-15T06Z").await;
        assert_eq!(old.status, if matches!(tier, "pro" | "admin") { 200 } else { 403 }, "{tier}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn formats_follow_the_tier_and_open_safely() {
    let site = Site::start().await;
    sqlx::query("update tiers set api_calls = 100 where tier = 'basic'").execute(&site.pool).await.unwrap();
    let site = site.fill().await;
    sqlx::query("update documents set text = '=1+cmd|x, \"y\"' where kind = 'article' and symbol = 'SYM1'")
        .execute(&site.pool)
        .await
        .unwrap();
    for (tier, csv, parquet) in [("basic", 200, 403), ("plus", 200, 200), ("pro", 200, 200)] {
        let key = key_of(&site, tier).await;
        let reply = call(&site, &key, "/api/v1/assets/SYM1/documents?kind=article&format=csv").await;
        assert_eq!(reply.status, csv, "{tier}");
        assert!(reply.body.contains("\"'=1+cmd|x, \"\"y\"\"\""), "{}", reply.body);
        assert!(reply.header("content-type").starts_with("text/csv"));
        assert_eq!(
            reply.header("content-disposition"),
            "attachment; filename=\"quarterday-listDocuments.csv\""
        );
        let request = site.request("GET", "/api/v1/assets/SYM1/bars", None).bearer_auth(&key);
        let reply = request.header("accept", "application/vnd.apache.parquet").send().await.unwrap();
        assert_eq!(reply.status(), parquet, "{tier}");
        let bytes = reply.bytes().await.unwrap();
        assert_eq!(bytes.starts_with(b"PAR1"), parquet == 200, "{tier}");
    }
    // The same from the site's own pages, by session.
    for (tier, csv, parquet) in [("free", 403, 403), ("basic", 200, 403), ("plus", 200, 200)] {
        let session = site.sign_in_as(tier).await;
        let at = |format: &str| format!("/assets/SYM1/export/bars?format={format}");
        assert_eq!(site.get(&at("csv"), session.as_deref()).await.status, csv, "{tier}");
        let file = site.request("GET", &at("parquet"), session.as_deref()).send().await.unwrap();
        assert_eq!(file.status(), parquet, "{tier}");
        assert_eq!(site.get(&at("xls"), session.as_deref()).await.status, 400);
        let forecast = site.get("/assets/SYM1/export/forecast", session.as_deref()).await;
        assert_eq!(forecast.status, 403, "{tier}");
        assert_eq!(
            site.get("/assets/SYM1/export/secrets", session.as_deref()).await.status,
            if csv == 200 { 404 } else { 403 }
        );
    }
    assert_eq!(site.get("/assets/SYM1/export/bars", None).await.status, 303);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_a_list_make_the_whole_list() {
    let site = Site::with_slots().await;
    let key = key_of(&site, "pro").await;
    let lists = [
        ("/api/v1/assets", "symbol"),
        ("/api/v1/assets/SYM1/bars", "date"),
        ("/api/v1/assets/SYM1/bars?order=desc", "date"),
        ("/api/v1/assets/SYM1/sentiment", "at"),
        ("/api/v1/assets/SYM1/documents", "id"),
        ("/api/v1/publications", "id"),
    ];
    for (path, name) in lists {
        let mark = if path.contains('?') { '&' } else { '?' };
        let whole = call(&site, &key, &format!("{path}{mark}limit=5000")).await.json();
        assert!(whole["next"].is_null(), "{path}");
        let names = |page: &Value| -> Vec<Value> {
            page["data"].as_array().unwrap().iter().map(|row| row[name].clone()).collect()
        };
        let (mut found, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let reply = call(&site, &key, &format!("{path}{mark}limit=2{cursor}")).await;
            let page = reply.json();
            found.extend(names(&page));
            pages += 1;
            let Some(next) = page["next"].as_str() else { break };
            assert!(reply.header("link").contains(next), "{path}: {}", reply.header("link"));
            cursor = format!("&cursor={next}");
        }
        assert_eq!(found, names(&whole), "{path}");
        assert!(pages > 1 && found.len() > 2, "{path}");
    }
    let next = call(&site, &key, "/api/v1/assets?limit=2").await.json()["next"].as_str().unwrap().to_owned();
    let other = key_of(&site, "pro").await;
    for (key, path) in [
        (&key, "/api/v1/assets?cursor=nonsense".to_owned()),
        (&key, format!("/api/v1/assets?cursor={}x", &next[1..])),
        (&key, format!("/api/v1/publications?cursor={next}")),
        (&key, format!("/api/v1/assets?class=equity&cursor={next}")),
        (&other, format!("/api/v1/assets?cursor={next}")),
    ] {
        let reply = call(&site, key, &path).await;
        assert_eq!((reply.status, reply.json()["code"].as_str()), (400, Some("invalid_cursor")), "{path}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_not_changed_is_not_sent_again() {
    let site = Site::with_slots().await;
    let key = key_of(&site, "pro").await;
    let path = "/api/v1/assets/SYM1/forecast";
    let first = call(&site, &key, path).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    assert_eq!(first.header("cache-control"), "private, no-cache");
    let horizons = first.json()["data"].as_array().unwrap().len();
    assert_eq!((horizons, first.json()["slot"].as_str()), (5, Some("2026-11-21T06Z")));
    let again = |tag: String| {
        site.send(site.request("GET", path, None).bearer_auth(&key).header("if-none-match", tag))
    };
    let same = again(tag.clone()).await;
    assert_eq!((same.status, same.body.as_str(), same.header("etag")), (304, "", tag.as_str()));
    assert!(!same.header("ratelimit-remaining").is_empty(), "it is counted all the same");
    assert_eq!(again("W/\"other\"".into()).await.status, 200);
    // The cache gives nobody what their tier locks.
    let plus = key_of(&site, "plus").await;
    assert_eq!(call(&site, &plus, path).await.json()["code"], "locked");
    // A correction is another answer.
    let mut builder = crate::slots::SlotBuilder::new("2026-11-21T06Z", "corrected");
    builder.price_shift = 1.0;
    builder.write(&site.lake).await;
    site.publish("2026-11-21T06Z").await;
    let corrected = again(tag).await;
    assert_eq!((corrected.status, corrected.json()["version"].as_i64()), (200, Some(2)));
    site.stop().await;
}

/// A client that knows nothing but the document: it calls every path with the document's examples, and holds every answer
/// against the document's schemas.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_made_from_the_document_works() {
    let site = Site::with_slots().await;
    let key = key_of(&site, "pro").await;
    let served = site.get("/api/v1/openapi.json", None).await;
    let document = served.json();
    assert_eq!(&document, openapi());
    assert_eq!(document["openapi"], "3.1.0");
    let mut called = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let get = &item["get"];
        let content = get["responses"]["200"]["content"].as_object().unwrap();
        let Some(json) = content.get("application/json") else { continue };
        let parameters = get["parameters"].as_array().unwrap();
        let example = |p: &Value| match (&p["name"], &p["example"]) {
            (name, _) if name == "symbol" => "SYM1".to_owned(),
            (_, Value::String(text)) => text.clone(),
            (_, other) => other.to_string(),
        };
        let mut url = path.clone();
        for parameter in parameters.iter().filter(|p| p["in"] == "path") {
            url = url.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), &example(parameter));
        }
        let plain = url.clone();
        let optional = parameters.iter().filter(|p| p["in"] == "query" && !p["example"].is_null());
        let query: Vec<String> =
            optional.map(|p| format!("{}={}", p["name"].as_str().unwrap(), example(p))).collect();
        for url in [plain, format!("{url}?{}", query.join("&"))] {
            let reply = call(&site, &key, &url).await;
            assert_eq!(reply.status, 200, "{url}: {}", reply.body);
            valid(&document, &json["schema"], &reply.json(), &url);
            called += 1;
        }
    }
    let with_json = ALL.iter().filter(|operation| !matches!(operation.answer, Answer::Stream)).count();
    assert_eq!(called, 2 * with_json);
    let problem =
        document["paths"]["/api/v1/assets"]["get"]["responses"]["400"]["content"]["application/problem+json"]
            ["schema"]
            .clone();
    for path in [
        "/api/v1/assets?limit=0",
        "/api/v1/assets/NOPE",
        "/api/v1/nothing",
        "/api/v1/receipts/SYM1/2001-01-01T06Z",
    ] {
        let reply = call(&site, &key, path).await;
        assert!(matches!(reply.status, 400 | 404), "{path}: {}", reply.status);
        valid(&document, &problem, &reply.json(), path);
    }
    site.stop().await;
}

/// Holds a value against a schema of the document.
fn valid(document: &Value, schema: &Value, value: &Value, at: &str) {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let wrong: Vec<String> =
        validator.iter_errors(value).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(wrong.is_empty(), "{at}: {wrong:?}\n{value}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reference_is_the_document_in_both_languages() {
    let site = Site::with_slots().await;
    for (lang, says) in [
        ("en", ["Daily bars of an asset.", "The trading day.", "The API key has expired", ">path<"]),
        ("es", ["Barras diarias de un activo.", "El día de mercado.", "La clave ha caducado", ">ruta<"]),
    ] {
        let page = site.send(site.request("GET", "/api", None).header("accept-language", lang)).await;
        assert_eq!(page.status, 200, "{}", page.body);
        for operation in ALL {
            let path = operation.path.replace('/', "&#x2F;");
            assert!(page.body.contains(&path) || page.body.contains(operation.path), "{}", operation.path);
        }
        for text in says {
            assert!(page.body.contains(text), "{lang}: {text}");
        }
        assert!(page.body.contains("schema-Forecast") && page.body.contains("id=\"quota_exhausted\""));
    }
    site.stop().await;
}
