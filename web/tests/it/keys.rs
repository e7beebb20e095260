//! Keys of the site's own are rotated: a new one signs, the old one is still accepted.

use chrono::{Duration, Utc};
use web::audit;
use web::auth::site_key::{self, Name};
use web::console::confirm;
use web::mail::letter::Kind;
use web::mail::unsubscribe::{self, Claim};

use crate::kit::Site;

/// What a link that one unsubscribes with answers.
async fn opened(site: &Site, token: &str) -> u16 {
    site.get(&format!("/unsubscribe/{token}"), None).await.status
}

async fn rotate(site: &Site, name: Name, leaked: bool) {
    site_key::rotate(&site.pool, name, leaked, "the yearly change", Utc::now()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_of_the_key_of_before_open_until_the_next_one_or_until_it_has_leaked() {
    let site = Site::start().await;
    let (_, id, _) = site.customer("free").await;
    let now = Utc::now();
    let none = site_key::rotate(&site.pool, Name::Unsubscribe, false, "too early", now).await.unwrap_err();
    assert!(none.to_string().contains("there is no key unsubscribe yet"), "{none}");
    let fresh = async || {
        let key = unsubscribe::key(&site.pool).await.unwrap();
        let claim = Claim { customer_id: id, kind: Kind::Alert };
        unsubscribe::sign(&key, claim, now + Duration::days(1))
    };
    let first = fresh().await;
    rotate(&site, Name::Unsubscribe, false).await;
    let second = fresh().await;
    assert_ne!(first, second, "the new key signs");
    assert_eq!((opened(&site, &first).await, opened(&site, &second).await), (200, 200));
    // As a mail program posts it.
    assert_eq!(site.post(&format!("/unsubscribe/{first}"), None, &[]).await.status, 200);
    rotate(&site, Name::Unsubscribe, false).await;
    assert_eq!((opened(&site, &first).await, opened(&site, &second).await), (404, 200));
    // One that has leaked ends at once, and so does the one before it.
    let third = fresh().await;
    rotate(&site, Name::Unsubscribe, true).await;
    assert_eq!((opened(&site, &second).await, opened(&site, &third).await), (404, 404));
    assert_eq!(opened(&site, &fresh().await).await, 200);
    assert_eq!(site.number("select count(*) from site_keys where name like 'unsubscribe%'").await, 1);
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "select actor, subject, reason from audit_entries where action = 'site.key_rotated' order by id",
    )
    .fetch_all(&site.pool)
    .await
    .unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0], ("web rotate-key".into(), "unsubscribe".into(), "the yearly change".into()));
    assert_eq!(audit::verify(&site.pool).await.unwrap(), audit::Verified::Whole { rows: 3 });
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_staff_were_shown_before_a_rotation_is_confirmed_after_it() {
    let site = Site::start().await;
    let now = Utc::now();
    let key = confirm::key(&site.pool, "deed").await.unwrap();
    let claim = confirm::claim((1, 2), "refund".to_owned(), "asked".to_owned(), String::new(), now);
    let token = confirm::sign(&key, &claim).unwrap();
    rotate(&site, Name::Confirmations, false).await;
    let key = confirm::key(&site.pool, "deed").await.unwrap();
    assert_eq!(confirm::read::<String>(&key, &token, 1, now).unwrap(), claim);
    assert_ne!(confirm::sign(&key, &claim).unwrap(), token, "the new key signs");
    // For another purpose it is none, by either key.
    let other = confirm::key(&site.pool, "price").await.unwrap();
    assert!(confirm::read::<String>(&other, &token, 1, now).is_err());
    rotate(&site, Name::Confirmations, true).await;
    let key = confirm::key(&site.pool, "deed").await.unwrap();
    assert!(confirm::read::<String>(&key, &token, 1, now).is_err());
    site.stop().await;
}
