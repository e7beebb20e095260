//! Register, sign in, sign out, and a new password.

use chrono::{Duration, Utc};
use web::audit::{self, Verified};

use crate::kit::Site;
use crate::people::{Browser, PASSWORD, actions, forget_tries, mail, subjects, token, work};

const OTHER: &str = "seven purple kettles sing";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_registers_confirms_signs_out_and_signs_in_again() {
    let site = Site::start().await;
    let mut ada = Browser::new(&site);
    let form = [("email", "Ada@example.org"), ("password", PASSWORD), ("next", "/account")];
    let sent = ada.post("/register", &form).await;
    assert_eq!((sent.status, sent.header("location")), (303, "/register/sent"));
    assert!(ada.get("/register/sent").await.body.contains("Open the link in the mail"));
    // There is no account yet: nothing to sign in to, nobody to be.
    assert_eq!(ada.sign_in("ada@example.org", PASSWORD).await.status, 422);
    assert!(!ada.is_signed_in().await);
    assert_eq!(site.number("select count(*) from customers").await, 0);
    work(&site).await;
    let link = token(&site, "Ada@example.org").await;
    // Following the link alone does nothing.
    assert!(ada.get(&format!("/register/confirm?token={link}")).await.body.contains(&link));
    assert_eq!(site.number("select count(*) from customers").await, 0);
    let wrong = ada.post("/register/confirm", &[("token", &link), ("password", OTHER)]).await;
    assert_eq!(wrong.status, 422);
    let confirmed = ada.post("/register/confirm", &[("token", &link), ("password", PASSWORD)]).await;
    assert_eq!((confirmed.status, confirmed.header("location")), (303, "/account"));
    let account = ada.get("/account").await;
    assert!(
        account.body.contains("Ada@example.org") && account.body.contains("<b>Free</b>"),
        "{}",
        account.body
    );
    // The link is used up.
    let again = ada.post("/register/confirm", &[("token", &link), ("password", PASSWORD)]).await;
    assert_eq!(again.status, 422);
    assert!(again.body.contains("no longer works"));
    let first = ada.sid().unwrap();
    assert_eq!(ada.post("/sign-out", &[]).await.status, 303);
    assert_eq!(ada.sid(), None);
    assert_eq!(site.get("/account", Some(&first)).await.header("location"), "/sign-in?next=%2Faccount");
    assert_eq!(ada.sign_in("ada@example.org", "wrong wrong wrong").await.status, 422);
    assert_eq!(ada.sign_in("bob@example.org", PASSWORD).await.status, 422);
    let right = ada.sign_in("ADA@example.org", PASSWORD).await;
    assert_eq!((right.status, right.header("location")), (303, "/"));
    assert_ne!(ada.sid().unwrap(), first);
    let (keys, clear): (i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where position(convert_to($1, 'UTF8') in key_sha256) > 0) from sessions",
    )
    .bind(ada.sid())
    .fetch_one(&site.pool)
    .await
    .unwrap();
    assert_eq!((keys, clear), (1, 0));
    assert_eq!(
        actions(&site).await,
        ["account.registered", "account.signed_in", "account.signed_out", "account.signed_in"]
    );
    assert_eq!(audit::verify(&site.pool).await.unwrap(), Verified::Whole { rows: 4 });
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weak_passwords_and_impossible_addresses_are_refused_kindly() {
    let site = Site::start().await;
    let huge = "x".repeat(100_000);
    for (email, password, says) in [
        ("ada@example.org", "tiny-pw", "shorter than 12 characters"),
        ("ada@example.org", "aaaaaaaaaaaaaaaa", "easily guessed"),
        ("ada@example.org", "ada@example.org", "easily guessed"),
        ("ada@example.org", huge.as_str(), "longer than 256 bytes"),
        ("nobody", PASSWORD, "not an e-mail address"),
        ("p\u{430}ypal@example.org", PASSWORD, "letters that look like others"),
    ] {
        let reply = site.post("/register", None, &[("email", email), ("password", password)]).await;
        assert_eq!(reply.status, 422, "{email}");
        assert!(reply.body.contains(says) && reply.body.contains(email), "{says}: {}", reply.body);
        assert!(password.contains('@') || !reply.body.contains(password), "{says}");
    }
    // What leaks again and again, in both languages.
    for password in ["password1234", "qwertyuiop12", "contraseña123", "tequieromucho"] {
        for (lang, says) in [("en", "easily guessed"), ("es", "se adivina con facilidad")] {
            let request = site.request("POST", "/register", None).header("cookie", format!("lang={lang}"));
            // Another address each time: one of them may not be tried that often.
            let email = format!("{}.{lang}@example.org", &password[..4]);
            let form = [("email", email.as_str()), ("password", password)];
            let reply = site.send(request.form(&form)).await;
            assert!(reply.status == 422 && reply.body.contains(says), "{password}: {}", reply.body);
        }
    }
    // A megabyte is not even read.
    let megabyte = "x".repeat(1_000_000);
    for path in ["/register", "/sign-in", "/reset/new", "/register/confirm"] {
        let form = [("email", "ada@example.org"), ("token", "x"), ("password", megabyte.as_str())];
        let reply = site.post(path, None, &form).await;
        assert_eq!(reply.status, 413, "{path}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_password_is_replaced_by_a_link_that_works_once() {
    let site = Site::start().await;
    let (mut ada, mut thief) = (Browser::new(&site), Browser::new(&site));
    ada.register("ada@example.org").await;
    thief.sign_in("ada@example.org", PASSWORD).await;
    assert!(thief.is_signed_in().await);
    for _ in 0..2 {
        let asked = ada.post("/reset", &[("email", "ADA@example.org")]).await;
        assert_eq!((asked.status, asked.header("location")), (303, "/reset/sent"));
        work(&site).await;
    }
    let link = token(&site, "ada@example.org").await;
    // Of two links only the newer one works, and a refused password leaves it as it is.
    assert_eq!(site.number("select count(*) from account_tokens").await, 1);
    let weak = ada.post("/reset/new", &[("token", &link), ("password", "aaaaaaaaaaaa")]).await;
    assert_eq!(weak.status, 422);
    // Two at once: one wins.
    let form = [("token", link.as_str()), ("password", OTHER)];
    let (one, two) = tokio::join!(site.post("/reset/new", None, &form), site.post("/reset/new", None, &form));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    assert_eq!(site.post("/reset/new", None, &form).await.status, 422, "used");
    assert!(!thief.is_signed_in().await && !ada.is_signed_in().await);
    assert_eq!(ada.sign_in("ada@example.org", PASSWORD).await.status, 422);
    assert_eq!(ada.sign_in("ada@example.org", OTHER).await.status, 303);
    assert!(subjects(&site, "ada@example.org").await.contains(&"Your password was changed".to_owned()));
    // The token is nowhere but in the mail.
    let kept: i64 = sqlx::query_scalar(
        "select count(*) from account_tokens where position(convert_to($1, 'UTF8') in token_sha256) > 0",
    )
    .bind(&link)
    .fetch_one(&site.pool)
    .await
    .unwrap();
    assert_eq!(kept, 0);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_for_a_new_password_ends_after_an_hour() {
    let site = Site::start().await;
    let mut ada = Browser::new(&site);
    ada.register("ada@example.org").await;
    let now = Utc::now();
    for (minutes, status) in [(61, 422), (59, 303)] {
        site.app.clock.set(Some(now));
        ada.post("/reset", &[("email", "ada@example.org")]).await;
        work(&site).await;
        let link = token(&site, "ada@example.org").await;
        site.app.clock.set(Some(now + Duration::minutes(minutes)));
        let reply = ada.post("/reset/new", &[("token", &link), ("password", OTHER)]).await;
        assert_eq!(reply.status, status, "after {minutes} minutes");
    }
    // Nothing that was never a link works, either.
    for token in ["", "x", "' or 1=1 --", &"y".repeat(5_000)] {
        let reply = site.post("/reset/new", None, &[("token", token), ("password", OTHER)]).await;
        assert_eq!(reply.status, 422, "{token}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_ends_after_a_day_and_a_stranger_cannot_choose_the_password() {
    let site = Site::start().await;
    let (mut stranger, mut ada) = (Browser::new(&site), Browser::new(&site));
    stranger.post("/register", &[("email", "ada@example.org"), ("password", OTHER)]).await;
    work(&site).await;
    let strangers = token(&site, "ada@example.org").await;
    // Ada opens the stranger's link by mistake: her own password is not the stranger's.
    let reply = ada.post("/register/confirm", &[("token", &strangers), ("password", PASSWORD)]).await;
    assert_eq!(reply.status, 422);
    ada.post("/register", &[("email", "ada@example.org"), ("password", PASSWORD)]).await;
    work(&site).await;
    let hers = token(&site, "ada@example.org").await;
    let reply = ada.post("/register/confirm", &[("token", &hers), ("password", PASSWORD)]).await;
    assert_eq!(reply.status, 303);
    // With the account made, the stranger's link is gone.
    let reply = stranger.post("/register/confirm", &[("token", &strangers), ("password", OTHER)]).await;
    assert_eq!(reply.status, 422);
    assert_eq!(stranger.sid(), None);
    // Late.
    let now = Utc::now();
    ada.post("/register", &[("email", "bob@example.org"), ("password", PASSWORD)]).await;
    work(&site).await;
    let late = token(&site, "bob@example.org").await;
    site.app.clock.set(Some(now + Duration::hours(25)));
    let reply = stranger.post("/register/confirm", &[("token", &late), ("password", PASSWORD)]).await;
    assert_eq!(reply.status, 422);
    work(&site).await;
    assert_eq!(site.number("select count(*) from registrations").await, 0);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_does_not_tell_whether_an_address_has_an_account() {
    let site = Site::start().await;
    let mut ada = Browser::new(&site);
    ada.register("ada@example.org").await;
    let strip = |body: &str, email: &str| body.replace(email, "ADDRESS");
    for path in ["/register", "/sign-in", "/reset"] {
        let mut answers = Vec::new();
        for email in ["ada@example.org", "eve@example.org"] {
            let form = [("email", email), ("password", OTHER), ("next", "/pricing")];
            let reply = site.post(path, None, &form).await;
            let mut headers: Vec<String> = reply
                .headers
                .iter()
                .filter(|(name, _)| *name != "date")
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                .collect();
            headers.sort();
            answers.push((reply.status, headers, strip(&reply.body, email)));
        }
        assert_eq!(answers[0], answers[1], "{path}");
    }
    work(&site).await;
    // The owner is told; a stranger gets a link where there is none, and nothing for a password that nobody has.
    assert!(mail(&site, "ada@example.org").await.contains("new password"));
    assert!(subjects(&site, "ada@example.org").await.contains(&"You have an account already".to_owned()));
    assert_eq!(subjects(&site, "eve@example.org").await, ["Confirm your address"]);
    // A look-alike reaches the owner's mailbox, never the one that was typed.
    site.post("/reset", None, &[("email", "ＡＤＡ@example.org")]).await;
    work(&site).await;
    let to: Vec<String> =
        sqlx::query_scalar("select distinct recipient from mails").fetch_all(&site.pool).await.unwrap();
    assert_eq!(to.len(), 2, "{to:?}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_cannot_be_tried_without_end_not_even_over_a_restart() {
    let site = Site::start().await;
    let now = Utc::now();
    site.app.clock.set(Some(now));
    let form = [("email", "ada@example.org"), ("password", "x")];
    let mut refused = None;
    for n in 0..12 {
        let reply = site.post("/sign-in", None, &form).await;
        if reply.status == 429 {
            refused = Some((n, reply));
            break;
        }
    }
    let (tries, reply) = refused.unwrap();
    assert_eq!((tries, reply.header("retry-after")), (8, "60"));
    assert!(reply.body.contains("Too many tries"));
    // Another instance, or the same after a restart, has nothing but Postgres.
    let settings = site.app.settings.clone();
    let fresh = web::state::App::new(site.pool.clone(), None, None, settings).unwrap();
    let machine = std::net::IpAddr::from([203, 0, 113, 9]);
    let allow = |account: &'static str, at| {
        fresh.limits.allow(&site.pool, web::auth::limit::Act::Password, machine, account, at)
    };
    assert!(!allow("ada@example.org", now).await.unwrap());
    assert!(allow("eve@example.org", now).await.unwrap());
    assert!(allow("ada@example.org", now + Duration::seconds(61)).await.unwrap());
    // Neither address nor machine stands in Postgres.
    let rows: Vec<String> =
        sqlx::query_scalar("select a::text from attempts a").fetch_all(&site.pool).await.unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| !row.contains("ada@") && !row.contains("127.0.0.1")));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobodys_mailbox_is_flooded_through_us() {
    let site = Site::start().await;
    for _ in 0..6 {
        site.post("/register", None, &[("email", "eve@example.org"), ("password", PASSWORD)]).await;
    }
    work(&site).await;
    assert_eq!(subjects(&site, "eve@example.org").await.len(), 3);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_on_another_site_changes_nothing() {
    let site = Site::start().await;
    let mut ada = Browser::new(&site);
    ada.register("ada@example.org").await;
    for path in ["/sign-out", "/account/devices/end-all", "/account/password", "/account/two-step/off"] {
        for (header, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
            let request = site.request("POST", path, ada.sid().as_deref()).header(header, value);
            let reply = site.send(request).await;
            assert_eq!(reply.status, 403, "{path} {header}");
            assert!(reply.body.contains("This was refused"));
        }
    }
    assert!(ada.is_signed_in().await);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_from_before_signing_in_gives_nothing_afterwards() {
    let site = Site::start().await;
    let mut ada = Browser::new(&site);
    ada.register("ada@example.org").await;
    ada.post("/sign-out", &[]).await;
    // An attacker has put a key of their own choice into the browser.
    ada.cookies.insert("sid".to_owned(), "chosen-by-an-attacker".to_owned());
    ada.sign_in("ada@example.org", PASSWORD).await;
    assert_ne!(ada.sid().as_deref(), Some("chosen-by-an-attacker"));
    assert_eq!(site.get("/account", Some("chosen-by-an-attacker")).await.status, 303);
    // A second tab signs in again: the first tab's key is over, the browser's is the new one.
    let first = ada.sid().unwrap();
    ada.sign_in("ada@example.org", PASSWORD).await;
    assert_eq!(site.get("/account", Some(&first)).await.status, 303);
    assert!(ada.is_signed_in().await);
    assert_eq!(site.number("select count(*) from sessions").await, 1);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_goes_on_to_this_site_only() {
    let site = Site::start().await;
    let mut ada = Browser::new(&site);
    ada.register("ada@example.org").await;
    for evil in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
    ] {
        let form = [("email", "ada@example.org"), ("password", PASSWORD), ("next", evil)];
        assert_eq!(ada.post("/sign-in", &form).await.header("location"), "/", "{evil}");
        let again = ada.post("/account/again", &[("password", PASSWORD), ("next", evil)]).await;
        assert_eq!(again.header("location"), "/", "{evil}");
        let path = format!(
            "/sign-in?next={}",
            percent_encoding::utf8_percent_encode(evil, percent_encoding::NON_ALPHANUMERIC)
        );
        assert!(!ada.get(&path).await.body.contains("name=\"next\" value=\"/evil"), "{evil}");
        forget_tries(&site).await;
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_by_age_by_rest_and_sooner_for_staff() {
    let site = Site::start().await;
    let mut ada = Browser::new(&site);
    ada.register("ada@example.org").await;
    let now = Utc::now();
    for (days, lives) in [(13, true), (26, true), (29, true), (31, false)] {
        site.app.clock.set(Some(now + Duration::days(days)));
        assert_eq!(ada.is_signed_in().await, lives, "after {days} days");
    }
    site.app.clock.set(None);
    ada.sign_in("ada@example.org", PASSWORD).await;
    site.app.clock.set(Some(Utc::now() + Duration::days(15)));
    assert!(!ada.is_signed_in().await, "fifteen days of rest");
    site.app.clock.set(None);
    sqlx::query("update customers set role = 'support'").execute(&site.pool).await.unwrap();
    ada.sign_in("ada@example.org", PASSWORD).await;
    site.app.clock.set(Some(Utc::now() + Duration::hours(11)));
    assert!(ada.is_signed_in().await);
    site.app.clock.set(Some(Utc::now() + Duration::hours(13)));
    assert!(!ada.is_signed_in().await);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gives_themselves_rights_by_naming_them() {
    let site = Site::start().await;
    let mut eve = Browser::new(&site);
    let form = [
        ("email", "eve@example.org"),
        ("password", PASSWORD),
        ("role", "admin"),
        ("tier", "pro"),
        ("id", "1"),
        ("pseudonym", "x"),
        ("erase_at", "2020-01-01"),
    ];
    eve.post("/register", &form).await;
    work(&site).await;
    let link = token(&site, "eve@example.org").await;
    eve.post("/register/confirm", &[("token", &link), ("password", PASSWORD), ("role", "admin")]).await;
    let more = [("present", PASSWORD), ("password", OTHER), ("role", "admin"), ("customer_id", "7")];
    assert_eq!(eve.post("/account/password", &more).await.status, 303);
    let role: String = sqlx::query_scalar("select role from customers").fetch_one(&site.pool).await.unwrap();
    assert_eq!((role.as_str(), site.number("select count(*) from subscriptions").await), ("subscriber", 0));
    site.stop().await;
}
