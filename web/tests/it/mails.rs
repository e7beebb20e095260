//! The outbox, the mailbox, and links that unsubscribe.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use chrono::{Duration, Utc};
use web::auth::site_key::SiteKey;
use web::mail::carrier::{Carrier, LocalMailbox, Refusal, Smtp};
use web::mail::letter::{Kind, Letter, Part};
use web::mail::outbox::{self, MAX_TRIES};
use web::mail::store::Mail;
use web::mail::unsubscribe::{self, Claim};
use web::text::Lang;

use crate::kit::Site;
use crate::servers::SmtpStandIn;

fn letter(n: usize) -> Letter {
    Letter {
        dedupe_key: format!("test:{n}"),
        customer_id: None,
        to: format!("reader{n}@example.org"),
        lang: Lang::En,
        kind: Kind::Alert,
        subject: format!("Subject {n}\r\nBcc: all@example.org"),
        parts: vec![Part::text("A <b>bold</b> claim"), Part::link("Open", "https://q.example/x")],
        unsubscribe_url: Some("https://q.example/unsubscribe/t".into()),
        attachment: None,
    }
}

/// Counts, and refuses at first.
#[derive(Default)]
struct Counting {
    carried: Mutex<BTreeMap<i64, usize>>,
    refuse: Option<Refusal>,
}

#[async_trait]
impl Carrier for Counting {
    async fn carry(&self, mail: &Mail) -> Result<(), Refusal> {
        // Long enough that the other worker comes in between.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        *self.carried.lock().unwrap().entry(mail.id).or_default() += 1;
        match &self.refuse {
            Some(Refusal::Transient(why)) => Err(Refusal::Transient(why.clone())),
            Some(Refusal::Permanent(why)) => Err(Refusal::Permanent(why.clone())),
            None => Ok(()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_workers_send_each_mail_once() {
    let site = Site::start().await;
    let now = Utc::now();
    for n in 0..40 {
        for again in 0..2 {
            let queued = outbox::queue(&site.pool, &site.app.templates, &letter(n), now).await.unwrap();
            assert_eq!(queued, again == 0, "{n}");
        }
    }
    let carrier = Counting::default();
    let work = || async { while outbox::send_due(&site.pool, &carrier, now).await.unwrap() > 0 {} };
    tokio::join!(work(), work(), work());
    let carried = carrier.carried.lock().unwrap().clone();
    assert_eq!((carried.len(), carried.values().max()), (40, Some(&1)));
    assert_eq!(
        site.number("select count(*) from mails where state = 'sent' and sent_at is not null").await,
        40
    );
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_is_tried_again_with_growing_pauses_and_then_given_up() {
    let site = Site::start().await;
    let start = Utc::now();
    outbox::queue(&site.pool, &site.app.templates, &letter(1), start).await.unwrap();
    let carrier = Counting { refuse: Some(Refusal::Transient("away".into())), ..Counting::default() };
    let mut now = start;
    for tries in 1..=MAX_TRIES {
        assert_eq!(outbox::send_due(&site.pool, &carrier, now).await.unwrap(), 1, "{tries}");
        assert_eq!(outbox::send_due(&site.pool, &carrier, now).await.unwrap(), 0, "{tries}: no pause");
        now += outbox::pause_after(tries);
    }
    assert_eq!(outbox::send_due(&site.pool, &carrier, now + Duration::days(30)).await.unwrap(), 0);
    let (state, error): (String, String) =
        sqlx::query_as("select state, error from mails").fetch_one(&site.pool).await.unwrap();
    assert_eq!((state.as_str(), error.as_str()), ("failed", "away"));
    // What can never work is given up at once.
    outbox::queue(&site.pool, &site.app.templates, &letter(2), start).await.unwrap();
    let never = Counting { refuse: Some(Refusal::Permanent("no such user".into())), ..Counting::default() };
    outbox::send_due(&site.pool, &never, start).await.unwrap();
    assert_eq!(site.number("select count(*) from mails where state = 'failed'").await, 2);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_worker_had_taken_is_sent_by_another() {
    let site = Site::start().await;
    let now = Utc::now();
    outbox::queue(&site.pool, &site.app.templates, &letter(1), now).await.unwrap();
    // Taken, and then the process is gone.
    web::mail::store::claim(&site.pool, now, now + Duration::minutes(15), 10).await.unwrap();
    let carrier = Counting::default();
    assert_eq!(outbox::send_due(&site.pool, &carrier, now + Duration::minutes(14)).await.unwrap(), 0);
    assert_eq!(outbox::send_due(&site.pool, &carrier, now + Duration::minutes(15)).await.unwrap(), 1);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_gets_both_bodies_and_safe_headers() {
    let site = Site::start().await;
    let now = Utc::now();
    outbox::queue(&site.pool, &site.app.templates, &letter(1), now).await.unwrap();
    let server = SmtpStandIn::start(None).await;
    let carrier = |server: &SmtpStandIn| {
        Smtp::new(&format!("smtp://{}", server.address).into(), "Quarterday <hello@q.example>").unwrap()
    };
    outbox::send_due(&site.pool, &carrier(&server), now).await.unwrap();
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    let (headers, body) = mails[0].split_once("\r\n\r\n").unwrap();
    for part in
        ["To: reader1@example.org", "Subject: Subject 1 Bcc: all@example.org", "List-Unsubscribe-Post: "]
    {
        assert!(headers.contains(part), "{part}: {headers}");
    }
    assert!(!headers.lines().any(|line| line.starts_with("Bcc:")), "{headers}");
    assert!(
        body.contains("A <b>bold</b> claim") && body.contains("A &lt;b&gt;bold&lt;/b&gt; claim"),
        "{body}"
    );
    // 550 is for ever, 450 for now.
    for (code, state) in [("550 no such user", "failed"), ("450 busy", "queued")] {
        let mut other = letter(9);
        other.dedupe_key = code.to_owned();
        outbox::queue(&site.pool, &site.app.templates, &other, now).await.unwrap();
        let server = SmtpStandIn::start(Some(code)).await;
        outbox::send_due(&site.pool, &carrier(&server), now).await.unwrap();
        let found: String = sqlx::query_scalar("select state from mails where dedupe_key = $1")
            .bind(code)
            .fetch_one(&site.pool)
            .await
            .unwrap();
        assert_eq!(found, state, "{code}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_local_mailbox_shows_mails_and_says_what_it_is() {
    let site = Site::start().await;
    let mut mail = letter(1);
    mail.to = "evil\r\nBcc: x@example.org".into();
    assert!(outbox::queue(&site.pool, &site.app.templates, &mail, Utc::now()).await.is_err());
    outbox::queue(&site.pool, &site.app.templates, &letter(1), Utc::now()).await.unwrap();
    outbox::send_due(&site.pool, &LocalMailbox, Utc::now()).await.unwrap();
    let list = site.get("/mailbox", None).await;
    assert!(list.body.contains("This is a local mailbox") && list.body.contains("reader1@example.org"));
    assert_eq!(list.header("cache-control"), "private, no-store");
    let id = site.number("select id from mails").await;
    let mail = site.get(&format!("/mailbox/{id}"), None).await;
    assert_eq!(mail.status, 200);
    assert!(
        mail.body.contains("A &lt;b&gt;bold") && mail.body.contains("href=\"https://q.example/x\""),
        "{}",
        mail.body
    );
    for path in ["/mailbox/0", "/mailbox/x", "/mailbox/99999999999999999999"] {
        assert_eq!(site.get(path, None).await.status, 404, "{path}");
    }
    site.stop().await;
    // With a mail server there is no such page.
    let smtp = web::config::Outbound {
        smtp_url: Some("smtp://127.0.0.1:1".to_owned().into()),
        ..Default::default()
    };
    let site = Site::start_with(smtp).await;
    assert_eq!(site.get("/mailbox", None).await.status, 404);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_unsubscribes_signed_out_and_only_by_a_link_of_ours() {
    let site = Site::start().await;
    let (_, id, _) = site.customer("free").await;
    let key = unsubscribe::key(&site.pool).await.unwrap();
    assert_eq!(key, unsubscribe::key(&site.pool).await.unwrap(), "one key for all");
    let claim = |kind| Claim { customer_id: id, kind };
    let now = Utc::now();
    let path = |token: &str| format!("/unsubscribe/{token}");
    let token = unsubscribe::sign(&key, claim(Kind::Alert), now + Duration::days(1));
    let asked = site.get(&path(&token), None).await;
    assert!(asked.status == 200 && asked.body.contains("method=\"post\""));
    assert_eq!(site.number("select count(*) from notification_settings").await, 0, "asking changes nothing");
    // As a mail program posts it, twice.
    for _ in 0..2 {
        let done = site.post(&path(&token), None, &[("List-Unsubscribe", "One-Click")]).await;
        assert!(done.status == 200 && done.body.contains("no more alerts by e-mail"), "{}", done.body);
    }
    assert_eq!(site.number("select count(*) from notification_settings where not alert_mails").await, 1);
    let others =
        unsubscribe::sign(&key, Claim { customer_id: 999_999, kind: Kind::Report }, now + Duration::days(1));
    assert_eq!(site.post(&path(&others), None, &[]).await.status, 200, "an account that is gone");
    assert_eq!(site.number("select count(*) from notification_settings").await, 1);
    for bad in [
        unsubscribe::sign(&SiteKey::from(&[1; 32][..]), claim(Kind::Report), now + Duration::days(1)),
        unsubscribe::sign(&key, claim(Kind::Report), now - Duration::seconds(1)),
        unsubscribe::sign(&key, claim(Kind::Account), now + Duration::days(1)),
        token.replacen("alert", "report", 1),
        "x".to_owned(),
    ] {
        assert_eq!(site.get(&path(&bad), None).await.status, 404, "{bad}");
        assert_eq!(site.post(&path(&bad), None, &[]).await.status, 404, "{bad}");
    }
    site.stop().await;
}
