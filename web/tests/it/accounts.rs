//! Register, sign in, sign out.

use crate::kit::{Reply, Site};

const PASSWORD: &str = "correct horse battery staple";

fn key(reply: &Reply) -> String {
    let cookie = reply.header("set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
        "{cookie}"
    );
    cookie.strip_prefix("sid=").unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_registers_signs_out_and_signs_in_again() {
    let site = Site::start().await;
    let form = [("email", "Ada@example.org"), ("password", PASSWORD), ("next", "/account")];
    let registered = site.post("/register", None, &form).await;
    assert_eq!((registered.status, registered.header("location")), (303, "/account"));
    let first = key(&registered);
    let account = site.get("/account", Some(&first)).await;
    assert!(
        account.body.contains("Ada@example.org") && account.body.contains("<b>Free</b>"),
        "{}",
        account.body
    );

    let again = site.post("/register", None, &[("email", "ada@EXAMPLE.org"), ("password", PASSWORD)]).await;
    assert_eq!(again.status, 422);
    assert!(again.body.contains("has an account already"));

    assert_eq!(site.post("/sign-out", Some(&first), &[]).await.status, 303);
    assert_eq!(site.get("/account", Some(&first)).await.header("location"), "/sign-in?next=%2Faccount");

    let wrong =
        site.post("/sign-in", None, &[("email", "ada@example.org"), ("password", "wrong wrong wrong")]).await;
    assert_eq!(wrong.status, 422);
    let unknown = site.post("/sign-in", None, &[("email", "bob@example.org"), ("password", PASSWORD)]).await;
    assert_eq!(unknown.status, 422);
    let form = [("email", "ADA@example.org"), ("password", PASSWORD), ("next", "//evil.example")];
    let right = site.post("/sign-in", None, &form).await;
    assert_eq!((right.status, right.header("location")), (303, "/"));
    assert_ne!(key(&right), first);
    let (keys, clear): (i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where position(convert_to($1, 'UTF8') in key_sha256) > 0) from sessions",
    )
    .bind(key(&right))
    .fetch_one(&site.pool)
    .await
    .unwrap();
    assert_eq!((keys, clear), (1, 0));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weak_passwords_and_impossible_addresses_are_refused_kindly() {
    let site = Site::start().await;
    for (email, password, says) in [
        ("ada@example.org", "tiny-pw", "shorter than 12 characters"),
        ("ada@example.org", "aaaaaaaaaaaaaaaa", "easily guessed"),
        ("nobody", PASSWORD, "not an e-mail address"),
    ] {
        let reply = site.post("/register", None, &[("email", email), ("password", password)]).await;
        assert_eq!(reply.status, 422, "{email}");
        assert!(
            reply.body.contains(says) && reply.body.contains(email) && !reply.body.contains(password),
            "{says}"
        );
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_cannot_be_tried_without_end() {
    let site = Site::start().await;
    let mut refused = None;
    for n in 0..12 {
        let reply = site.post("/sign-in", None, &[("email", "ada@example.org"), ("password", "x")]).await;
        if reply.status == 429 {
            refused = Some((n, reply));
            break;
        }
    }
    let (tries, reply) = refused.unwrap();
    assert_eq!((tries, reply.header("retry-after")), (8, "60"));
    assert!(reply.body.contains("Too many tries"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_on_another_site_changes_nothing() {
    let site = Site::start().await;
    let key = site.sign_in_as("free").await;
    for (header, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = site.request("POST", "/sign-out", key.as_deref()).header(header, value);
        let reply = site.send(request).await;
        assert_eq!(reply.status, 403, "{header}");
        assert!(reply.body.contains("This was refused"));
    }
    assert_eq!(site.get("/account", key.as_deref()).await.status, 200);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends() {
    let site = Site::start().await;
    let key = site.sign_in_as("pro").await;
    assert_eq!(site.get("/account", key.as_deref()).await.status, 200);
    sqlx::query("update sessions set expires_at = now()").execute(&site.pool).await.unwrap();
    assert_eq!(site.get("/account", key.as_deref()).await.status, 303);
    site.stop().await;
}
