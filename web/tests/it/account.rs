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

mod erasure;
mod second;

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
