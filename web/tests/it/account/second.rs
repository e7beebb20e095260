//! The second factor: codes, recovery codes, and how the secret lies in Postgres.

use web::auth::seal::Seals;
use web::auth::vault::{Vault, seal_due};

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codes_are_asked_for_and_none_counts_twice() {
    let site = Site::start().await;
    let mut ada = Browser::new(&site);
    ada.register("ada@example.org").await;
    let mut now = Utc::now();
    site.app.clock.set(Some(now));
    let mut other = Browser::new(&site);
    other.sign_in("ada@example.org", PASSWORD).await;
    let (key, codes) = switch_on(&mut ada).await;
    assert_eq!(codes.len(), 10);
    assert!(!other.is_signed_in().await, "who has shown no code is out");
    // The password alone gives a question, and no session.
    assert_eq!(other.sign_in("ada@example.org", PASSWORD).await.header("location"), "/sign-in/code");
    assert!(!other.is_signed_in().await);
    // The code that switched it on has been used.
    let replay = other.post("/sign-in/code", &[("code", &code(&key, now))]).await;
    assert_eq!(replay.status, 422);
    assert!(replay.body.contains("used already"));
    now += Duration::seconds(30);
    site.app.clock.set(Some(now));
    let fresh = code(&key, now);
    // Another browser has the same code, seen over a shoulder, at the same time.
    let mut thief = Browser::new(&site);
    thief.sign_in("ada@example.org", PASSWORD).await;
    let form = [("code", fresh.as_str())];
    let (one, two) = tokio::join!(other.post("/sign-in/code", &form), thief.post("/sign-in/code", &form));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    assert_eq!(site.number("select count(*) from sign_in_challenges").await, 1);
    // Without a challenge there is nothing to answer.
    assert_eq!(site.post("/sign-in/code", None, &form).await.header("location"), "/sign-in");
    // A recovery code works once, however it is written.
    forget_tries(&site).await;
    let recovery = codes[3].to_lowercase().replace('-', " ");
    for (status, left) in [(303, 9), (422, 9)] {
        let mut phoneless = Browser::new(&site);
        phoneless.sign_in("ada@example.org", PASSWORD).await;
        assert_eq!(phoneless.post("/sign-in/code", &[("code", &recovery)]).await.status, status);
        assert_eq!(phoneless.is_signed_in().await, status == 303);
        assert_eq!(site.number("select count(*) from recovery_codes").await, left);
    }
    // Kept as hashes only.
    let clear: i64 = sqlx::query_scalar(
        "select count(*) from recovery_codes where position(convert_to($1, 'UTF8') in code_sha256) > 0",
    )
    .bind(&codes[0])
    .fetch_one(&site.pool)
    .await
    .unwrap();
    assert_eq!(clear, 0);
    let told = subjects(&site, "ada@example.org").await;
    assert!(
        told.contains(&"Codes are on".to_owned()) && told.contains(&"A recovery code was used".to_owned())
    );
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codes_cannot_be_tried_without_end_and_a_challenge_ends() {
    let site = Site::start().await;
    let mut ada = Browser::new(&site);
    ada.register("ada@example.org").await;
    let now = Utc::now();
    site.app.clock.set(Some(now));
    let (key, _) = switch_on(&mut ada).await;
    forget_tries(&site).await;
    let mut eve = Browser::new(&site);
    eve.sign_in("ada@example.org", PASSWORD).await;
    let mut statuses = Vec::new();
    for n in 0..7 {
        statuses.push(eve.post("/sign-in/code", &[("code", &format!("{n:06}"))]).await.status);
    }
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429, 429]);
    let later = now + Duration::minutes(11);
    site.app.clock.set(Some(later));
    let late = eve.post("/sign-in/code", &[("code", &code(&key, later))]).await;
    assert_eq!((late.status, late.header("location")), (303, "/sign-in"));
    assert!(!eve.is_signed_in().await);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_by_a_link_leaves_codes_on() {
    let site = Site::start().await;
    let mut ada = Browser::new(&site);
    ada.register("ada@example.org").await;
    let now = Utc::now();
    site.app.clock.set(Some(now));
    let (key, _) = switch_on(&mut ada).await;
    // Somebody reads her mail.
    let mut thief = Browser::new(&site);
    thief.post("/reset", &[("email", "ada@example.org")]).await;
    work(&site).await;
    let link = token(&site, "ada@example.org").await;
    let fresh = "seven purple kettles sing";
    let set = thief.post("/reset/new", &[("token", &link), ("password", fresh)]).await;
    assert_eq!(set.status, 303, "{}", set.body);
    assert!(!thief.is_signed_in().await, "the link gives no session");
    forget_tries(&site).await;
    assert_eq!(thief.sign_in("ada@example.org", fresh).await.header("location"), "/sign-in/code");
    assert!(!thief.is_signed_in().await);
    let later = now + Duration::minutes(1);
    site.app.clock.set(Some(later));
    assert_eq!(thief.post("/sign-in/code", &[("code", &code(&key, later))]).await.status, 303);
    site.stop().await;
}

/// A site as the world reaches it.
struct Public;

impl Part for Public {
    fn put(self, settings: &mut web::config::Settings) {
        settings.public_url = "https://quarterday.example".parse().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_public_staff_need_a_code_and_cookies_are_bound_to_the_host() {
    let site = Site::start_with(Public).await;
    let mut ada = Browser::new(&site);
    ada.cookies.insert("__Host-sid".to_owned(), site.sign_in_as("admin").await.unwrap());
    let reply = ada.get("/admin").await;
    assert_eq!((reply.status, reply.header("location")), (303, "/account/two-step"));
    switch_on(&mut ada).await;
    assert_eq!(ada.get("/admin").await.status, 200);
    // Nobody reads mails on the page that is for one's own machine.
    assert_eq!(ada.get("/mailbox").await.status, 404);
    let mut eve = Browser::new(&site);
    eve.register("eve@example.org").await;
    assert!(eve.cookies.contains_key("__Host-sid") && eve.sid().is_none());
    let reply = eve.get("/account").await;
    assert_eq!(reply.header("strict-transport-security"), "max-age=31536000; includeSubDomains");
    let out = eve.post("/sign-out", &[]).await;
    let cookie = out.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-sid=;") && cookie.contains("Secure") && cookie.contains("Path=/"),
        "{cookie}"
    );
    site.stop().await;
}

/// The secret of the only second factor, as it lies in Postgres.
async fn lying(site: &Site) -> (Option<Vec<u8>>, Option<Vec<u8>>, Option<String>) {
    sqlx::query_as("select secret, secret_sealed, secret_key from totp_secrets")
        .fetch_one(&site.pool)
        .await
        .unwrap()
}

/// Lays it open, as the version before wrote it.
async fn lay_open(site: &Site, key: &str) {
    sqlx::query("update totp_secrets set secret = $1, secret_sealed = null, secret_key = null")
        .bind(BASE32_NOPAD.decode(key.as_bytes()).unwrap())
        .execute(&site.pool)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_lie_sealed_and_what_lies_open_is_sealed_at_sign_in_or_by_the_worker() {
    let site = Site::start().await;
    let mut ada = Browser::new(&site);
    ada.register("ada@example.org").await;
    let mut now = Utc::now();
    site.app.clock.set(Some(now));
    let (key, _) = switch_on(&mut ada).await;
    let secret = BASE32_NOPAD.decode(key.as_bytes()).unwrap();
    let (open, sealed, name) = lying(&site).await;
    let sealed = sealed.unwrap();
    assert!(open.is_none() && !sealed.windows(secret.len()).any(|part| part == secret));
    assert!(site.app.settings.seals.is_newest(&name.unwrap()));
    // As the version before wrote it: the owner gets in, and it is sealed from then on.
    lay_open(&site, &key).await;
    now += Duration::minutes(2);
    site.app.clock.set(Some(now));
    let mut other = Browser::new(&site);
    other.sign_in("ada@example.org", PASSWORD).await;
    assert_eq!(lying(&site).await.0.as_deref(), Some(&secret[..]), "the password alone changes nothing");
    assert_eq!(other.post("/sign-in/code", &[("code", &code(&key, now))]).await.status, 303);
    assert!(other.is_signed_in().await);
    assert!(matches!(lying(&site).await, (None, Some(_), Some(_))));
    // Nobody signs in: the worker does it, once programs of the version before are gone.
    lay_open(&site, &key).await;
    account::work(&site.app, now + Duration::minutes(50)).await.unwrap();
    assert!(lying(&site).await.0.is_some());
    account::work(&site.app, now + Duration::minutes(70)).await.unwrap();
    assert!(matches!(lying(&site).await, (None, Some(_), Some(_))));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_rotated_and_what_cannot_be_opened_lets_nobody_in() {
    let site = Site::start().await;
    let (mut ada, mut eve) = (Browser::new(&site), Browser::new(&site));
    ada.register("ada@example.org").await;
    let now = Utc::now();
    site.app.clock.set(Some(now));
    let (key, codes) = switch_on(&mut ada).await;
    // Put in another's place, it is not theirs.
    eve.register("eve@example.org").await;
    switch_on(&mut eve).await;
    let swap = "update totp_secrets t set secret_sealed = o.secret_sealed, last_step = null from totp_secrets o
         where t.customer_id <> o.customer_id and o.customer_id = (select id from customers where email = 'ada@example.org')";
    assert_eq!(sqlx::query(swap).execute(&site.pool).await.unwrap().rows_affected(), 1);
    forget_tries(&site).await;
    let mut thief = Browser::new(&site);
    thief.sign_in("eve@example.org", PASSWORD).await;
    assert_eq!(thief.post("/sign-in/code", &[("code", &code(&key, now))]).await.status, 500);
    assert!(!thief.is_signed_in().await);
    let gone = "delete from totp_secrets where customer_id <> (select id from customers where email = 'ada@example.org')";
    sqlx::query(gone).execute(&site.pool).await.unwrap();
    // The new key beside the old one: everything is sealed with the new one, and twice is once.
    let (old, new) = ("5e".repeat(32), "c1".repeat(32));
    let both = Seals::parse(&format!("{new},{old}")).unwrap();
    assert_eq!(seal_due(&site.pool, &both, Vault::SecondFactors).await.unwrap(), 1);
    assert_eq!(seal_due(&site.pool, &both, Vault::SecondFactors).await.unwrap(), 0);
    let (_, _, name) = lying(&site).await;
    assert!(Seals::parse(&new).unwrap().is_newest(&name.unwrap()));
    // This site knows the old one only: it says that it cannot, and lets nobody in by a code.
    let later = now + Duration::minutes(2);
    site.app.clock.set(Some(later));
    thief.sign_in("ada@example.org", PASSWORD).await;
    assert_eq!(thief.post("/sign-in/code", &[("code", &code(&key, later))]).await.status, 500);
    assert!(!thief.is_signed_in().await);
    // Back to the old key: by the same way.
    let back = Seals::parse(&format!("{old},{new}")).unwrap();
    assert_eq!(seal_due(&site.pool, &back, Vault::SecondFactors).await.unwrap(), 1);
    assert_eq!(thief.post("/sign-in/code", &[("code", &codes[0])]).await.status, 303);
    assert!(thief.is_signed_in().await);
    // What is sealed with a key that nobody has any more is left as it is.
    assert_eq!(seal_due(&site.pool, &Seals::parse(&new).unwrap(), Vault::SecondFactors).await.unwrap(), 0);
    site.stop().await;
}

/// A site that has no key to seal with.
struct NoKey;

impl Part for NoKey {
    fn put(self, settings: &mut web::config::Settings) {
        settings.seals = Seals::default();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_nothing_secret_is_kept() {
    let site = Site::start_with(NoKey).await;
    let mut ada = Browser::new(&site);
    ada.register("ada@example.org").await;
    assert_eq!(ada.get("/account/two-step").await.status, 503);
    assert_eq!(site.number("select count(*) from totp_secrets").await, 0);
    site.stop().await;
}
