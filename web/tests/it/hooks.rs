//! The secrets of customers' webhooks: how they lie in Postgres, and what becomes of them when keys change.

use chrono::{Duration, Utc};
use web::account;
use web::auth::seal::Seals;
use web::auth::vault::{Vault, seal_due};
use web::config::Settings;

use crate::alerts::{about_to_fire, hmac, loopback, shown_secret, worker};
use crate::kit::{Part, Site};
use crate::servers::{HttpStandIn, Request};

/// Open, sealed, and the name of the key, as they lie in Postgres.
type Lying = (Option<String>, Option<Vec<u8>>, Option<String>);

async fn lying(site: &Site, customer: i64) -> Lying {
    sqlx::query_as("select secret, secret_sealed, secret_key from webhooks where customer_id = $1")
        .bind(customer)
        .fetch_one(&site.pool)
        .await
        .unwrap()
}

/// What the version before does when a webhook is set, in its words.
async fn set_by_the_version_before(site: &Site, customer: i64, url: &str, secret: &str) {
    sqlx::query(
        "insert into webhooks (customer_id, url, secret, created_at) values ($1, $2, $3, now())
         on conflict (customer_id) do update
         set (url, secret, created_at) = (excluded.url, excluded.secret, excluded.created_at)",
    )
    .bind(customer)
    .bind(url)
    .bind(secret)
    .execute(&site.pool)
    .await
    .unwrap();
}

fn is_signed_with(request: &Request, secret: &str) -> bool {
    let header = &request.headers["quarterday-signature"];
    let (t, v1) = header.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    v1 == hmac(secret.as_bytes(), &[t.as_bytes(), b".", &request.body].concat())
}

async fn server() -> HttpStandIn {
    HttpStandIn::start(|_| Some(("204 No Content".into(), String::new()))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_lies_sealed_and_one_of_the_version_before_is_used_and_then_sealed() {
    let server = server().await;
    let site = Site::start_with(loopback()).await.with_past(3).await;
    let (key, id, _) = site.customer("pro").await;
    let page = site.post("/account/webhook", Some(&key), &[("url", &server.url())]).await;
    let secret = shown_secret(&page.body);
    let (open, sealed, name) = lying(&site, id).await;
    let sealed = sealed.unwrap();
    assert!(open.is_none() && !sealed.windows(20).any(|part| secret.as_bytes().starts_with(part)));
    assert!(site.app.settings.seals.is_newest(&name.unwrap()));
    let whole: String = sqlx::query_scalar("select row_to_json(w)::text from webhooks w")
        .fetch_one(&site.pool)
        .await
        .unwrap();
    assert!(!whole.contains(&secret), "{whole}");
    // A program of the version before sets another one over it: that one signs, not what is sealed beside it.
    set_by_the_version_before(&site, id, &server.url(), "whsec_of_the_version_before").await;
    about_to_fire(&site, id, "price", &["webhook"]).await;
    worker(&site).step().await;
    let [request] = server.requests().try_into().unwrap();
    assert!(is_signed_with(&request, "whsec_of_the_version_before") && !is_signed_with(&request, &secret));
    // The worker seals it, once programs of the version before are gone.
    let now = Utc::now();
    account::work(&site.app, now + Duration::minutes(50)).await.unwrap();
    assert!(lying(&site, id).await.0.is_some());
    account::work(&site.app, now + Duration::minutes(70)).await.unwrap();
    assert!(matches!(lying(&site, id).await, (None, Some(_), Some(_))));
    about_to_fire(&site, id, "sentiment", &["webhook"]).await;
    sqlx::query("delete from alert_evaluations").execute(&site.pool).await.unwrap();
    worker(&site).step().await;
    let requests = server.requests();
    assert!(requests.len() == 2 && is_signed_with(&requests[1], "whsec_of_the_version_before"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_rotated_and_what_cannot_be_opened_signs_nothing() {
    let server = server().await;
    let site = Site::start_with(loopback()).await.with_past(3).await;
    let (ada, ada_id, _) = site.customer("pro").await;
    let (eve, eve_id, _) = site.customer("pro").await;
    for key in [&ada, &eve] {
        site.post("/account/webhook", Some(key), &[("url", &server.url())]).await;
    }
    // The new key beside the old one: everything is sealed with the new one, and twice is once.
    let (old, new) = ("5e".repeat(32), "c1".repeat(32));
    let both = Seals::parse(&format!("{new},{old}")).unwrap();
    assert_eq!(seal_due(&site.pool, &both, Vault::Webhooks).await.unwrap(), 2);
    assert_eq!(seal_due(&site.pool, &both, Vault::Webhooks).await.unwrap(), 0);
    assert!(Seals::parse(&new).unwrap().is_newest(&lying(&site, ada_id).await.2.unwrap()));
    // This site knows the old one only: nothing goes out, and it is tried again.
    about_to_fire(&site, ada_id, "price", &["webhook"]).await;
    worker(&site).step().await;
    assert!(server.requests().is_empty());
    let (state, error): (String, String) =
        sqlx::query_as("select state, error from alert_deliveries").fetch_one(&site.pool).await.unwrap();
    assert_eq!(
        (state.as_str(), error.as_str()),
        ("queued", "the webhook's secret cannot be read at the moment")
    );
    // Back to the old key, by the same way: it goes out.
    let back = Seals::parse(&format!("{old},{new}")).unwrap();
    assert_eq!(seal_due(&site.pool, &back, Vault::Webhooks).await.unwrap(), 2);
    site.app.clock.set(Some(Utc::now() + Duration::hours(1)));
    worker(&site).step().await;
    assert_eq!(server.requests().len(), 1);
    // Put in another's place, it is not theirs; sealing leaves it as it is.
    let swap = "update webhooks t set secret_sealed = o.secret_sealed from webhooks o where t.customer_id = $1 and o.customer_id = $2";
    sqlx::query(swap).bind(eve_id).bind(ada_id).execute(&site.pool).await.unwrap();
    assert_eq!(seal_due(&site.pool, &both, Vault::Webhooks).await.unwrap(), 1);
    assert!(!Seals::parse(&new).unwrap().is_newest(&lying(&site, eve_id).await.2.unwrap()));
    // Setting it anew mends it.
    let page = site.post("/account/webhook", Some(&eve), &[("url", &server.url())]).await;
    assert!(page.status == 200 && shown_secret(&page.body).len() > 40);
    site.stop().await;
}

/// A site that has no key to seal with, and may post to this machine.
struct NoKey;

impl Part for NoKey {
    fn put(self, settings: &mut Settings) {
        settings.seals = Seals::default();
        settings.outbound = loopback();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_no_webhook_is_set_and_that_is_said() {
    let server = server().await;
    let site = Site::start_with(NoKey).await.with_past(3).await;
    let (key, id, _) = site.customer("pro").await;
    let page = site.post("/account/webhook", Some(&key), &[("url", &server.url())]).await;
    assert!(page.body.contains("A webhook cannot be set up at the moment"), "{}", page.body);
    assert!(!page.body.contains("whsec_"));
    assert_eq!(site.number("select count(*) from webhooks").await, 0);
    // One of the version before goes on.
    set_by_the_version_before(&site, id, &server.url(), "whsec_of_the_version_before").await;
    about_to_fire(&site, id, "price", &["webhook"]).await;
    worker(&site).step().await;
    assert!(is_signed_with(&server.requests()[0], "whsec_of_the_version_before"));
    assert_eq!(seal_due(&site.pool, &site.app.settings.seals, Vault::Webhooks).await.unwrap(), 0);
    site.stop().await;
}
