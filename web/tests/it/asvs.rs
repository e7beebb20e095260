//! Small things that the verification standard asks for and no other test looks at; docs/security.md names them.

use reqwest::Method;

use crate::kit::Site;
use crate::people::{Browser, token, work};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_tells_a_browser_what_to_keep_to() {
    let site = Site::start().await;
    let key = site.sign_in_as("free").await;
    let paths = ["/", "/pricing", "/sign-in", "/account", "/nowhere", "/api/assets", "/api/v1/openapi.json"];
    for path in paths {
        // As a page of somebody else's would ask.
        let request = site.request("GET", path, key.as_deref()).header("origin", "https://evil.example");
        let reply = site.send(request).await;
        let policy = reply.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "strict-origin-when-cross-origin", "{path}");
        let allowed = reply.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
        assert!(!allowed, "{path}: {:?}", reply.headers);
        let kind = reply.header("content-type");
        assert!(kind == "text/html; charset=utf-8" || kind.starts_with("application/"), "{path}: {kind}");
        for named in ["server", "x-powered-by"] {
            assert_eq!(reply.header(named), "", "{path}");
        }
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_methods_are_refused_and_nothing_is_echoed() {
    let site = Site::start().await;
    for method in [Method::TRACE, Method::DELETE, Method::PUT, Method::PATCH] {
        let request = site.client.request(method.clone(), format!("{}/pricing", site.url));
        let reply = site.send(request.header("x-echo", "an-echo-of-the-test")).await;
        assert_eq!(reply.status, 405, "{method}");
        assert!(!reply.body.contains("an-echo-of-the-test"), "{method}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_listed_and_no_inner_file_is_served() {
    let site = Site::start().await;
    for path in [
        "/.git/config",
        "/.env",
        "/static/",
        "/static",
        "/static/../Cargo.toml",
        "/static/%2e%2e/Cargo.toml",
        "/static/..%2fCargo.toml",
        "/templates/layout.html",
        "/server-status",
        "/debug",
    ] {
        assert_eq!(site.get(path, None).await.status, 404, "{path}");
    }
    // What watches it learns that it runs, and no more.
    assert_eq!(site.get("/healthz", None).await.body, r#"{"status":"ok"}"#);
    let ready = site.get("/readyz", None).await.json();
    let names: Vec<&str> = ready.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((names, ready["status"].as_str()), (vec!["slot", "status"], Some("ready")));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_given_twice_is_refused() {
    let site = Site::start().await;
    let twice =
        [("email", "ada@example.org"), ("email", "eve@example.org"), ("password", "correct horse battery")];
    for path in ["/sign-in", "/register"] {
        assert_eq!(site.post(path, None, &twice).await.status, 400, "{path}");
    }
    assert_eq!(site.get("/search?q=a&q=b", None).await.status, 400);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_for_passwords_are_masked_and_managers_may_fill_them() {
    let site = Site::start().await;
    for (path, fills) in [("/sign-in", "current-password"), ("/register", "new-password")] {
        let body = site.get(path, None).await.body;
        let field = body.split("<input").find(|field| field.contains("name=\"password\"")).unwrap();
        let field = field.split('>').next().unwrap();
        let autocomplete = format!("autocomplete=\"{fills}\"");
        for part in ["type=\"password\"", "maxlength=\"256\"", autocomplete.as_str()] {
            assert!(field.contains(part), "{path}: {field}");
        }
        // No script of ours stands between a password manager and the field.
        assert!(!body.contains("onpaste") && !field.contains("readonly"), "{path}");
        assert!(body.contains("autocomplete=\"username\""), "{path}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_password_is_taken_as_it_is_typed() {
    let site = Site::start().await;
    let typed = format!("  Ñandú ℝ {} ", "seven purple kettles sing; ".repeat(5));
    assert!(typed.chars().count() > 128 && typed.len() <= 256);
    let email = "ada@example.org";
    site.post("/register", None, &[("email", email), ("password", &typed)]).await;
    work(&site).await;
    let link = token(&site, email).await;
    let mut ada = Browser::new(&site);
    for (tried, status) in [(typed.trim(), 422), (&typed.to_lowercase(), 422), (&typed, 303)] {
        let form = [("token", link.as_str()), ("password", tried)];
        assert_eq!(ada.post("/register/confirm", &form).await.status, status, "{tried:?}");
    }
    assert!(ada.is_signed_in().await);
    assert_eq!(ada.sign_in(email, &typed[..typed.len() - 1]).await.status, 422);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_can_sign_out_from_every_page_and_nothing_stays_behind() {
    let site = Site::start().await;
    let mut ada = Browser::new(&site);
    ada.register("ada@example.org").await;
    for path in ["/", "/pricing", "/account", "/news", "/methodology", "/search?q=x"] {
        assert!(ada.get(path).await.body.contains("action=\"/sign-out\""), "{path}");
    }
    let out = ada.post("/sign-out", &[]).await;
    assert_eq!((out.status, out.header("clear-site-data")), (303, "\"cache\""));
    assert!(!ada.is_signed_in().await && ada.sid().is_none());
    site.stop().await;
}
