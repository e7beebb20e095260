//! Bad input, case by case as the product promises it: refused with a message that helps, at once, in both languages, and
//! nothing of it comes back as markup. The parts' own tests go further.

use std::time::{Duration, Instant};

use web::text::{Lang, fill};

use crate::api::{SCOPES, call, make_key};
use crate::kit::{Reply, Site};

/// What no page may send back.
const MARKUP: &str = "<img src=x onerror=alert(1)>";

/// A refusal helps: it has this status, says this, came soon, and holds no markup of ours.
fn helps(reply: &Reply, started: Instant, status: u16, says: &str, at: &str) {
    assert_eq!(reply.status, status, "{at}: {}", reply.body);
    assert!(reply.body.contains(says), "{at}: {}", reply.body);
    assert!(!reply.body.contains(MARKUP) && !reply.body.contains("panicked"), "{at}: {}", reply.body);
    assert!(started.elapsed() < Duration::from_secs(5), "{at} took {:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_that_make_no_sense() {
    let site = Site::with_slots().await;
    let key = site.sign_in_as("pro").await;
    let many: String = (0..10_000).map(|n| format!("S{n},")).collect();
    for (path, status, says) in [
        ("/assets/NOPE".to_owned(), 404, "not one that we follow. Search for it above"),
        ("/assets/NOPE/price".to_owned(), 404, "not one that we follow. Search for it above"),
        ("/assets/SYM1/price?range=900y".to_owned(), 400, "1m, 3m, 6m, 1y, 2y, 5y or all"),
        ("/assets/SYM1/price?from=0001-01-01".to_owned(), 400, "from 1900 to 2199"),
        ("/assets/SYM1/price?from=2026-03-01&to=2026-02-01".to_owned(), 400, "not after the last one"),
        ("/assets/SYM1/price?ema=-12,1e9".to_owned(), 400, "whole numbers from 2 to 400"),
        ("/assets/SYM1/price?min=NaN".to_owned(), 400, "from 0 to 1000"),
        ("/assets/SYM1/sentiment?days=1000000000000".to_owned(), 400, "days is 7, 30"),
        ("/assets/SYM1/sentiment?slot=yesterday".to_owned(), 400, "A slot is written as"),
        ("/assets/SYM1/news?cursor=%F0%9F%A6%80".to_owned(), 400, "Start again at the newest headline"),
        ("/news?class=houses".to_owned(), 400, "equity, crypto, fx or index"),
        ("/track-record?horizon=-1".to_owned(), 400, "trading days from 1 to 5"),
        (format!("/compare?assets={many}"), 400, "two to twelve symbols"),
        (format!("/search?q={}", "x".repeat(7000)), 200, ""),
    ] {
        let started = Instant::now();
        let at = &path[..path.len().min(60)];
        helps(&site.get(&path, key.as_deref()).await, started, status, says, at);
        // The page says it in Spanish to who reads Spanish.
        let request = site.request("GET", &path, key.as_deref()).header("accept-language", "es");
        let spanish = site.send(request).await;
        assert_eq!(spanish.status, status, "{at}");
        assert!(spanish.body.contains("<html lang=\"es\""), "{at}: {}", spanish.body);
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_laboratory_is_not_overworked() {
    let site = Site::with_slots().await;
    let key = site.sign_in_as("pro").await;
    let fields = |name: &'static str, value: &'static str| {
        let usual = [
            ("symbol", "SYM1"),
            ("on", "2026-11-20"),
            ("side", "long"),
            ("position", "1000"),
            ("window", "30"),
            ("simulations", "1000"),
            ("workers", "2"),
            ("confidence", "95"),
            ("horizon", "1"),
            ("place", "site"),
            ("seed", "1"),
        ];
        usual.map(|(field, usual)| (field, if field == name { value } else { usual }))
    };
    for (field, value, says) in [
        ("position", "-1000", "Write an amount"),
        ("position", "1e400", "Write an amount"),
        ("simulations", "1000000000000", "from 100 to 10,000,000"),
        ("workers", "1000000", "from 1 to 64"),
        ("window", "-30", "from 30 to 2,500"),
        ("symbol", MARKUP, "not an asset that we follow"),
    ] {
        let started = Instant::now();
        let reply = site.post("/lab/runs", key.as_deref(), &fields(field, value)).await;
        helps(&reply, started, 400, says, &format!("{field} = {value}"));
    }
    assert_eq!(site.number("select count(*) from lab_runs").await, 0, "nothing was computed");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cursors_and_keys_that_are_none() {
    let site = Site::with_slots().await;
    let session = site.sign_in_as("pro").await.unwrap();
    let key = make_key(&site, &session, &SCOPES).await;
    for path in
        ["/api/v1/assets?cursor=zzz", "/api/v1/outcomes?cursor=eyJhIjoxfQ", "/api/v1/usage?cursor=%00"]
    {
        let started = Instant::now();
        let reply = call(&site, &key, path).await;
        assert_eq!(reply.status, 400, "{path}");
        assert!(
            ["invalid_cursor", "invalid_parameter"].contains(&reply.json()["code"].as_str().unwrap()),
            "{path}"
        );
        assert!(
            reply.json()["detail"].as_str().unwrap().len() > 10 && started.elapsed() < Duration::from_secs(5)
        );
    }
    sqlx::query("update api_keys set (created_at, expires_at) = (now() - interval '2 days', now() - interval '1 second')").execute(&site.pool).await.unwrap();
    let expired = call(&site, &key, "/api/v1/assets").await;
    assert_eq!((expired.status, expired.json()["code"].as_str()), (401, Some("expired_key")));
    assert!(expired.json()["detail"].as_str().unwrap().contains("/account/keys"), "{}", expired.body);
    let unknown = call(&site, "qd_nothing", "/api/v1/assets").await;
    assert_eq!((unknown.status, unknown.json()["code"].as_str()), (401, Some("unknown_key")));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_language_that_we_do_not_speak_is_english() {
    let site = Site::with_slots().await;
    for header in ["tlh", "xx-YY;q=banana", "*", "", "<b>es</b>"] {
        let reply = site.send(site.request("GET", "/", None).header("accept-language", header)).await;
        assert!(reply.status == 200 && reply.body.contains("<html lang=\"en\""), "{header}");
    }
    let chosen =
        site.post("/preferences", None, &[("lang", "klingon"), ("back", "https://evil.example")]).await;
    assert_eq!((chosen.status, chosen.header("location")), (303, "/"));
    let cookies: Vec<_> = chosen.headers.get_all("set-cookie").iter().collect();
    assert!(cookies.is_empty(), "a language that is none is not kept: {cookies:?}");
    let cookie = site.request("GET", "/", None).header("cookie", "lang=%3Cscript%3E; theme=\"><script>");
    let reply = site.send(cookie).await;
    assert!(
        reply.status == 200
            && reply.body.contains("<html lang=\"en\"")
            && !reply.body.contains("\"><script>")
    );
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn markup_in_names_stays_text() {
    let site = Site::with_slots().await;
    let session = site.sign_in_as("pro").await;
    let key = session.as_deref();
    assert_eq!(site.post("/watchlists", key, &[("name", MARKUP)]).await.status, 303);
    let view = [("name", MARKUP), ("path", "/assets/SYM1?x=<script>alert(2)</script>")];
    assert_eq!(site.post("/account/views", key, &view).await.status, 303);
    site.post("/account/keys", key, &[("name", MARKUP), ("days", "30"), ("price", "1")]).await;
    sqlx::query("update assets set name = $1 where symbol = 'SYM1'")
        .bind(MARKUP)
        .execute(&site.pool)
        .await
        .unwrap();
    let mut shown = 0;
    for path in ["/", "/watchlists", "/account", "/account/keys", "/search?q=img", "/assets/SYM1/receipt"] {
        let body = site.get(path, key).await.body;
        assert!(!body.contains(MARKUP) && !body.contains("<script>alert"), "{path}");
        shown += usize::from(body.contains("&lt;img"));
    }
    assert!(shown >= 3, "the names are shown, as text: {shown}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_title_is_no_formula_in_any_file() {
    let site = Site::with_slots().await;
    sqlx::query("update documents set text = '=HYPERLINK(\"http://evil\")', outlet = '+cmd', lang = '@x'")
        .execute(&site.pool)
        .await
        .unwrap();
    let session = site.sign_in_as("pro").await.unwrap();
    let api = make_key(&site, &session, &SCOPES).await;
    for file in [
        site.get("/assets/SYM1/news?format=csv", Some(&session)).await,
        site.get("/assets/SYM1/export/documents?format=csv", Some(&session)).await,
        call(&site, &api, "/api/v1/assets/SYM1/documents?format=csv").await,
    ] {
        assert_eq!(file.status, 200, "{}", file.body);
        assert!(file.body.contains("HYPERLINK"), "{}", file.body);
        let mut reader = csv::Reader::from_reader(file.body.as_bytes());
        let mut cells = 0;
        for cell in
            reader.records().flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
        {
            cells += 1;
            let number = cell.parse::<f64>().is_ok();
            assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t']), "{cell}");
        }
        assert!(cells > 10);
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_leads_outside() {
    let site = Site::with_slots().await;
    let key = site.sign_in_as("pro").await;
    for url in [
        "http://127.0.0.1:5432/",
        "https://localhost/",
        "https://[::1]/",
        "https://10.1.2.3/hook",
        "https://192.168.0.1/",
        "https://169.254.169.254/computeMetadata/v1/",
        "https://0x7f000001/",
        "https://[::ffff:127.0.0.1]/",
        "file:///etc/passwd",
        "gopher://x.example/",
    ] {
        let started = Instant::now();
        let reply = site.post("/account/webhook", key.as_deref(), &[("url", url)]).await;
        helps(&reply, started, 400, "https", url);
    }
    assert_eq!(site.number("select count(*) from webhooks").await, 0);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_or_of_another_shape_is_explained() {
    let site = Site::with_slots().await;
    let key = site.sign_in_as("pro").await;
    let started = Instant::now();
    let large = "x".repeat(400_000);
    let reply = site.post("/watchlists", key.as_deref(), &[("name", &large)]).await;
    helps(&reply, started, 413, "larger than any form here needs to be", "a form of 400 kB");
    let staff = site.sign_in_as("admin").await;
    for (key, path, says) in [
        (&key, "/lab/runs?by=colour", "lab_accepts_by"),
        (&key, "/lab/runs?level=97", "lab_accepts_level"),
        (&key, "/assets/SYM1/receipt?slot=never", "receipt_accepts_slot"),
        (&key, "/assets/SYM1/receipt?value=all", "receipt_accepts_value"),
        (&key, "/assets/SYM1/receipt?version=first", "receipt_accepts_version"),
        (&key, "/assets/SYM1/export/bars?format=exe", "export_accepts_format"),
        (&key, "/posts?page=-1", "posts_accept_page"),
        (&key, "/posts.atom?lang=tlh", "console_accepts_lang"),
        (&key, "/track-record?after=zzz", "record_accepts_after"),
        (&key, "/track-record.csv?outcome=won", "record_accepts_outcome"),
        (&staff, "/operations?until=tomorrow", "operations_accepts_until"),
        (&staff, "/operations?slots=9999", "operations_accepts_slots"),
    ] {
        for lang in Lang::ALL {
            let started = Instant::now();
            let request = site.request("GET", path, key.as_deref()).header("accept-language", lang.code());
            let reply = site.send(request).await;
            let says = fill(lang, says, &[("most", "")]);
            helps(&reply, started, 400, says.trim_end(), path);
        }
    }
    site.stop().await;
}
