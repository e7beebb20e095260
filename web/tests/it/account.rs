//! What one does with an account once signed in.

use chrono::{Duration, Utc};
use data_encoding::BASE32_NOPAD;
use serde_json::Value;
use totp_rs::{Builder, Secret};
use web::access::Role;
use web::account::{self, role};
use web::audit::{self, Verified};

use crate::kit::{Part, Site};
use crate::people::{Browser, PASSWORD, actions, forget_tries, mail, subjects, token, work};

const OTHER: &str = "seven purple kettles sing";

/// The code that an app with this key shows at an instant.
fn code(key: &str, at: chrono::DateTime<Utc>) -> String {
    let secret: [u8; 20] = BASE32_NOPAD.decode(key.as_bytes()).unwrap().try_into().unwrap();
    let totp = Builder::new().with_secret(Secret::new_stack(secret)).build().unwrap();
    totp.generate(at.timestamp().try_into().unwrap()).to_string()
}

/// What stands between two texts.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("{start} in {text}"));
    rest.split_once(end).unwrap().0
}

/// Switches codes on; the key and the recovery codes.
async fn switch_on(ada: &mut Browser<'_>) -> (String, Vec<String>) {
    let page = ada.get("/account/two-step").await.body;
    let key = between(&page, "<p class=\"secret manual\">", "<").replace(' ', "");
    assert!(page.contains("<svg class=\"qr\"") && page.contains("QR code for your app"));
    let wrong = ada.post("/account/two-step", &[("code", "000000")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains(&key[..4]), "the same key");
    let first = code(&key, ada.site.app.clock.now());
    let on = ada.post("/account/two-step", &[("code", &first)]).await;
    assert_eq!(on.status, 200, "{}", on.body);
    let codes = on.body.split("<code class=\"secret\">").skip(1);
    (key, codes.map(|rest| rest.split('<').next().unwrap().to_owned()).collect())
}

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
async fn what_matters_asks_for_the_password_once_more() {
    let site = Site::start().await;
    let mut ada = Browser::new(&site);
    ada.register("ada@example.org").await;
    let now = Utc::now();
    site.app.clock.set(Some(now + Duration::minutes(16)));
    for (path, form) in [
        ("/account/password", vec![("present", PASSWORD), ("password", OTHER)]),
        ("/account/email", vec![("email", "eve@example.org")]),
        ("/account/two-step", vec![("code", "123456")]),
        ("/account/two-step/off", vec![]),
        ("/account/two-step/codes", vec![]),
        ("/account/erase", vec![("email", "ada@example.org")]),
    ] {
        let reply = ada.post(path, &form).await;
        assert_eq!(reply.status, 303, "{path}");
        assert!(reply.header("location").starts_with("/account/again?next=%2Faccount%2F"), "{path}");
    }
    for path in ["/account/export.json", "/account/two-step"] {
        assert_eq!(ada.get(path).await.status, 303, "{path}");
    }
    assert_eq!(actions(&site).await, ["account.registered", "account.signed_in"]);
    assert_eq!(ada.post("/account/again", &[("password", OTHER)]).await.status, 422);
    let again = ada.post("/account/again", &[("password", PASSWORD), ("next", "/account/two-step")]).await;
    assert_eq!((again.status, again.header("location")), (303, "/account/two-step"));
    assert_eq!(ada.get("/account/two-step").await.status, 200);
    // With codes on, the password alone is not enough here, either.
    let (key, _) = switch_on(&mut ada).await;
    let later = now + Duration::minutes(60);
    site.app.clock.set(Some(later));
    assert_eq!(ada.post("/account/again", &[("password", PASSWORD)]).await.status, 422);
    let form = [("password", PASSWORD), ("code", &code(&key, later)), ("next", "/account/two-step")];
    assert_eq!(ada.post("/account/again", &form).await.status, 303);
    assert_eq!(ada.post("/account/two-step/off", &[]).await.header("location"), "/account");
    assert_eq!(site.number("select count(*) from totp_secrets").await, 0);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_password_signs_everybody_else_out() {
    let site = Site::start().await;
    let (mut ada, mut thief) = (Browser::new(&site), Browser::new(&site));
    ada.register("ada@example.org").await;
    thief.agent = "curl/8.0".to_owned();
    thief.sign_in("ada@example.org", PASSWORD).await;
    assert_eq!(subjects(&site, "ada@example.org").await, ["Confirm your address", "New device"]);
    let before = ada.sid();
    for (present, new) in [("wrong wrong wrong", OTHER), (PASSWORD, "short")] {
        let reply = ada.post("/account/password", &[("present", present), ("password", new)]).await;
        assert_eq!(reply.status, 422);
    }
    assert!(thief.is_signed_in().await);
    let changed = ada.post("/account/password", &[("present", PASSWORD), ("password", OTHER)]).await;
    assert_eq!((changed.status, changed.header("location")), (303, "/account"));
    assert!(ada.is_signed_in().await && !thief.is_signed_in().await);
    assert_ne!(ada.sid(), before, "a new key");
    assert_eq!(thief.sign_in("ada@example.org", PASSWORD).await.status, 422);
    assert!(mail(&site, "ada@example.org").await.contains("The password of your account was changed"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_address_is_told_to_the_old_one_and_confirmed_at_the_new_one() {
    let site = Site::start().await;
    let (mut ada, mut eve) = (Browser::new(&site), Browser::new(&site));
    ada.register("ada@example.org").await;
    eve.register("eve@example.org").await;
    assert_eq!(ada.post("/account/email", &[("email", "nonsense")]).await.status, 422);
    let asked = ada.post("/account/email", &[("email", "lovelace@example.org")]).await;
    assert_eq!(asked.status, 200);
    assert_eq!(
        subjects(&site, "ada@example.org").await,
        ["Confirm your address", "Another address was asked for"]
    );
    let link = token(&site, "lovelace@example.org").await;
    // Nothing has changed yet, and the link is Ada's alone.
    assert!(ada.get("/account").await.body.contains("ada@example.org"));
    assert_eq!(eve.post("/account/email/confirm", &[("token", &link)]).await.status, 422);
    assert_eq!(
        site.post("/account/email/confirm", None, &[("token", &link)]).await.status,
        303,
        "sign in first"
    );
    // A link for a new password is none for an address, nor the other way round.
    assert_eq!(ada.post("/reset/new", &[("token", &link), ("password", OTHER)]).await.status, 422);
    let confirmed = ada.post("/account/email/confirm", &[("token", &link)]).await;
    assert_eq!((confirmed.status, confirmed.header("location")), (303, "/account"));
    assert_eq!(ada.post("/account/email/confirm", &[("token", &link)]).await.status, 422, "used");
    assert!(ada.get("/account").await.body.contains("lovelace@example.org"));
    assert!(subjects(&site, "ada@example.org").await.contains(&"Your address was changed".to_owned()));
    assert_eq!(ada.sign_in("ada@example.org", PASSWORD).await.status, 422);
    assert_eq!(ada.sign_in("lovelace@example.org", PASSWORD).await.status, 303);
    // An address that is taken: the same answer, and only its owner learns of it.
    let taken = ada.post("/account/email", &[("email", "EVE@example.org")]).await;
    let strip = |body: String| body.replace("lovelace@example.org", "X").replace("ada@example.org", "X");
    assert_eq!((taken.status, strip(taken.body)), (200, strip(asked.body)));
    assert!(mail(&site, "eve@example.org").await.contains("You have an account already"));
    // Somebody else takes the address between asking and confirming.
    ada.post("/account/email", &[("email", "countess@example.org")]).await;
    let link = token(&site, "countess@example.org").await;
    Browser::new(&site).register("countess@example.org").await;
    assert_eq!(ada.post("/account/email/confirm", &[("token", &link)]).await.status, 422);
    // Late.
    ada.post("/account/email", &[("email", "late@example.org")]).await;
    let link = token(&site, "late@example.org").await;
    sqlx::query("update account_tokens set expires_at = now()").execute(&site.pool).await.unwrap();
    assert_eq!(ada.post("/account/email/confirm", &[("token", &link)]).await.status, 422);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_sees_ones_devices_and_ends_them_but_nobody_elses() {
    let site = Site::start().await;
    let (mut ada, mut phone, mut eve) = (Browser::new(&site), Browser::new(&site), Browser::new(&site));
    ada.register("ada@example.org").await;
    eve.register("eve@example.org").await;
    phone.agent = "Mozilla/5.0 (iPhone; like Mac OS X) Version/18.0 Safari/604.1 <script>".to_owned();
    phone.sign_in("ada@example.org", PASSWORD).await;
    let page = ada.get("/account/devices").await.body;
    assert!(
        page.contains("Firefox on Linux") && page.contains("Safari on iPhone") && page.contains("127.0.0.1")
    );
    assert!(page.matches("this device").count() == 1 && !page.contains("<script>"));
    let id: i64 = sqlx::query_scalar("select id from sessions where agent like '%iPhone%'")
        .fetch_one(&site.pool)
        .await
        .unwrap();
    let id = id.to_string();
    eve.post("/account/devices/end", &[("id", &id)]).await;
    assert!(phone.is_signed_in().await, "another's");
    ada.post("/account/devices/end", &[("id", &id)]).await;
    assert!(!phone.is_signed_in().await && ada.is_signed_in().await);
    phone.sign_in("ada@example.org", PASSWORD).await;
    let out = ada.post("/account/devices/end-all", &[]).await;
    assert_eq!(out.header("location"), "/sign-in");
    assert!(!ada.is_signed_in().await && !phone.is_signed_in().await && eve.is_signed_in().await);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_the_customers_is_in_the_file_and_nothing_of_others() {
    let site = Site::with_slots().await;
    let (mut ada, mut eve) = (Browser::new(&site), Browser::new(&site));
    for (who, email, name) in
        [(&mut ada, "ada@example.org", "Hers"), (&mut eve, "eve@example.org", "Not hers")]
    {
        who.register(email).await;
        who.post("/account/views", &[("name", name), ("path", "/news")]).await;
        who.post("/watch", &[("symbol", "SYM1"), ("turn", "on")]).await;
    }
    switch_on(&mut ada).await;
    let reply = ada.get("/account/export.json").await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.header("content-disposition").starts_with("attachment"));
    assert_eq!(reply.header("cache-control"), "private, no-store");
    let file = reply.json();
    let rows = |table: &str| file["tables"][table].as_array().unwrap_or_else(|| panic!("{table}")).clone();
    assert_eq!(rows("customers")[0]["email"], "ada@example.org");
    assert_eq!(rows("saved_views")[0]["name"], "Hers");
    // Two tables away from the account.
    assert_eq!(rows("watched_assets")[0]["symbol"], "SYM1");
    assert_eq!((rows("customers").len(), rows("watched_assets").len()), (1, 1));
    assert!(file["audit_log"].as_array().unwrap().iter().any(|e| e["action"] == "account.two_step_on"));
    assert!(!reply.body.contains("eve@example.org") && !reply.body.contains("Not hers"));
    for secret in ["argon2id", "password_hash", "sha256", "\"secret\""] {
        assert!(!reply.body.contains(secret), "{secret}");
    }
    // No table that hangs on an account is forgotten, except those of secrets alone.
    let hanging: Vec<String> = sqlx::query_scalar(
        "select conrelid::regclass::text from pg_constraint where confrelid = 'customers'::regclass",
    )
    .fetch_all(&site.pool)
    .await
    .unwrap();
    assert!(hanging.len() > 10, "{hanging:?}");
    for table in hanging {
        assert!(file["tables"].get(&table).is_some_and(Value::is_array), "{table}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_erased_after_thirty_days_unless_its_owner_comes_back() {
    let site = Site::with_slots().await;
    let (mut ada, mut eve) = (Browser::new(&site), Browser::new(&site));
    ada.register("ada@example.org").await;
    eve.register("eve@example.org").await;
    ada.post("/watch", &[("symbol", "SYM1"), ("turn", "on")]).await;
    assert_eq!(ada.post("/account/erase", &[("email", "eve@example.org")]).await.status, 422);
    let pseudonym: String =
        sqlx::query_scalar("select pseudonym::text from customers where email like 'ada%'")
            .fetch_one(&site.pool)
            .await
            .unwrap();
    // Whoever pays has to cancel first.
    for sql in [
        "insert into billing_customers (stripe_id, customer_id, livemode, created_at, synced_at)
         select 'cus_1', id, false, now(), now() from customers where email like 'ada%'",
        "insert into billing_subscriptions (stripe_id, customer_stripe_id, customer_id, livemode, status, tier, price_id,
             item_stripe_id, unit_amount_cents, currency, interval, quantity, created_at, started_at,
             current_period_start_at, current_period_end_at, cancel_at_period_end, synced_at)
         select 'sub_1', 'cus_1', id, false, 'active', 'pro', 'price_1', 'si_1', 4900, 'EUR', 'month', 1, now(), now(),
             now(), now() + interval '30 days', false, now() from customers where email like 'ada%'",
    ] {
        sqlx::query(sql).execute(&site.pool).await.unwrap();
    }
    let refused = ada.post("/account/erase", &[("email", "ada@example.org")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("A subscription is running"));
    sqlx::query("update billing_subscriptions set cancel_at_period_end = true")
        .execute(&site.pool)
        .await
        .unwrap();
    let start = Utc::now();
    site.app.clock.set(Some(start));
    let erase = [("email", "ada@example.org")];
    assert_eq!(ada.post("/account/erase", &erase).await.status, 200);
    assert!(!ada.is_signed_in().await);
    assert!(mail(&site, "ada@example.org").await.contains("will be erased on"));
    // Back after 29 days: it stays.
    site.app.clock.set(Some(start + Duration::days(29)));
    work(&site).await;
    assert_eq!(ada.sign_in("ada@example.org", PASSWORD).await.status, 303);
    assert!(subjects(&site, "ada@example.org").await.contains(&"Your account stays".to_owned()));
    site.app.clock.set(Some(start + Duration::days(31)));
    work(&site).await;
    assert!(ada.is_signed_in().await);
    // Asked for again: this time nobody comes.
    ada.post("/account/again", &[("password", PASSWORD)]).await;
    assert_eq!(ada.post("/account/erase", &erase).await.status, 200);
    site.app.clock.set(Some(start + Duration::days(61) - Duration::seconds(1)));
    work(&site).await;
    assert_eq!(site.number("select count(*) from customers where email like 'ada%'").await, 1);
    site.app.clock.set(Some(start + Duration::days(61)));
    work(&site).await;
    let left = left_of(&site, &["ada@example.org"]).await;
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(site.number("select count(*) from watched_assets").await, 0);
    // What was paid for stays, and no longer says by whom.
    assert_eq!(site.number("select count(*) from billing_subscriptions where customer_id is null").await, 1);
    assert_eq!(site.number("select count(*) from billing_customers where customer_id is null").await, 1);
    // The log still tells what happened, to whom it no longer says.
    let told: Vec<String> =
        sqlx::query_scalar("select action from audit_entries where subject = $1 order by id")
            .bind(&pseudonym)
            .fetch_all(&site.pool)
            .await
            .unwrap();
    assert_eq!(told.last().map(String::as_str), Some("account.erased"));
    assert!(told.contains(&"account.erasure_cancelled".to_owned()));
    assert!(matches!(audit::verify(&site.pool).await.unwrap(), Verified::Whole { rows } if rows > 5));
    // The address is free again, and Eve is where she was.
    site.app.clock.set(None);
    assert_eq!(eve.sign_in("eve@example.org", PASSWORD).await.status, 303);
    forget_tries(&site).await;
    Browser::new(&site).register("ada@example.org").await;
    site.stop().await;
}

/// Tables in which one of these texts stands anywhere.
async fn left_of(site: &Site, texts: &[&str]) -> Vec<String> {
    let tables: Vec<String> =
        sqlx::query_scalar("select table_name::text from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'")
            .fetch_all(&site.pool)
            .await
            .unwrap();
    let mut left = Vec::new();
    for table in tables {
        for text in texts {
            let sql = format!("select count(*) from \"{table}\" t where t::text ilike '%' || $1 || '%'");
            let found: i64 =
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(text).fetch_one(&site.pool).await.unwrap();
            if found > 0 {
                left.push(table.clone());
            }
        }
    }
    left
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hangs_on_an_account_goes_with_it_or_says_that_it_stays() {
    let site = Site::start().await;
    // `c`: goes with the account; `n`: stays and no longer names it. Anything else would make an erasure fail.
    let others: Vec<String> = sqlx::query_scalar(
        "select conrelid::regclass::text from pg_constraint
         where confrelid = 'customers'::regclass and confdeltype not in ('c', 'n')",
    )
    .fetch_all(&site.pool)
    .await
    .unwrap();
    assert!(others.is_empty(), "{others:?}");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_is_given_with_a_reason_and_ends_sessions() {
    let site = Site::start().await;
    let mut ada = Browser::new(&site);
    ada.register("ada@example.org").await;
    let now = Utc::now();
    let before =
        role::set(&site.pool, "ADA@example.org", Role::Support, "helps out in August", now).await.unwrap();
    assert_eq!(before, Role::Subscriber);
    assert!(!ada.is_signed_in().await);
    ada.sign_in("ada@example.org", PASSWORD).await;
    assert!(ada.get("/account").await.body.contains("Support"));
    let (reason, detail): (String, String) =
        sqlx::query_as("select reason, detail from audit_entries where action = 'account.role_changed'")
            .fetch_one(&site.pool)
            .await
            .unwrap();
    assert_eq!(reason, "helps out in August");
    assert!(detail.contains("\"from\":\"subscriber\"") && detail.contains("\"to\":\"support\""));
    let unknown = role::set(&site.pool, "nobody@example.org", Role::Admin, "x", now).await;
    assert!(unknown.unwrap_err().to_string().contains("has no account"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_lets_somebody_in_does_not_stay_in_the_outbox() {
    use web::mail::{carrier, letter, outbox, store};

    /// Takes everything, and keeps nothing.
    struct Gone;

    #[async_trait::async_trait]
    impl carrier::Carrier for Gone {
        async fn carry(&self, mail: &store::Mail) -> Result<(), carrier::Refusal> {
            assert!(mail.text.contains("token="));
            Ok(())
        }
    }

    let site = Site::start().await;
    assert_eq!(letter::Kind::Account.as_str(), "account");
    site.post("/register", None, &[("email", "ada@example.org"), ("password", PASSWORD)]).await;
    account::work(&site.app, Utc::now()).await.unwrap();
    assert_eq!(outbox::send_due(&site.pool, &Gone, Utc::now()).await.unwrap(), 1);
    let (state, text, html): (String, String, String) =
        sqlx::query_as("select state, text, html from mails").fetch_one(&site.pool).await.unwrap();
    assert_eq!((state.as_str(), text.as_str(), html.as_str()), ("sent", "", ""));
    site.stop().await;
}
