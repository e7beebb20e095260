//! What the worker writes to those who registered or forgot their password. Only here is it found out whether an address
//! has an account, and only the address is told.

use chrono::{DateTime, Duration, Utc};
use sqlx::PgConnection;

use super::limit::Act;
use super::reset;
use super::session::{fingerprint, new_key};
use super::store::registration::{self, Waiting};
use super::store::tokens::{self, NewToken};
use super::store::{self, Customer};
use crate::error::Error;
use crate::mail::letter::{Kind, Letter, Part};
use crate::mail::outbox;
use crate::state::App;
use crate::text::{Lang, text};

/// Letters written at once.
const BATCH: usize = 32;

/// Writes what is due; says how many were looked at. Any number of workers may do it at once.
///
/// # Errors
/// Postgres fails.
pub async fn write_due(app: &App, now: DateTime<Utc>) -> Result<usize, Error> {
    let mut done = 0;
    while done < BATCH {
        let mut db = app.pool.begin().await?;
        if let Some(waiting) = registration::claim(&mut db).await? {
            register(app, &mut db, &waiting, now).await?;
        } else if let Some((key, language)) = tokens::take_reset(&mut db).await? {
            forgotten(app, &mut db, &key, &language, now).await?;
        } else {
            break;
        }
        db.commit().await?;
        done += 1;
    }
    Ok(done)
}

/// To whoever registered: a link, or a notice where there is an account already.
async fn register(
    app: &App,
    db: &mut PgConnection,
    waiting: &Waiting,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let known = store::by_key(&app.pool, &waiting.address_key).await?;
    if !may_write(app, &waiting.address_key, now).await? {
        return Ok(registration::handled(db, waiting.id, None, now).await?);
    }
    if let Some(customer) = known {
        let parts = vec![Part::text(text(customer.lang, "mail_known"))];
        let parts = with_link(parts, customer.lang, "mail_reset_link", link(app, "/reset"));
        queue(app, db, &customer, "mail_known_subject", parts, now).await?;
        return Ok(registration::handled(db, waiting.id, None, now).await?);
    }
    let (token, lang) = (new_key(), Lang::parse(&waiting.language).unwrap_or(Lang::En));
    let parts = vec![Part::text(text(lang, "mail_confirm"))];
    let url = link(app, &format!("/register/confirm?token={token}"));
    let letter = Letter {
        dedupe_key: format!("register:{}", waiting.id),
        customer_id: None,
        to: waiting.email.clone(),
        lang,
        kind: Kind::Account,
        subject: text(lang, "mail_confirm_subject").to_owned(),
        parts: with_link(parts, lang, "mail_confirm_link", url),
        unsubscribe_url: None,
        attachment: None,
    };
    outbox::queue(&mut *db, &app.templates, &letter, now).await?;
    // The link counts from when somebody registered.
    Ok(registration::handled(db, waiting.id, Some(&fingerprint(&token)), now).await?)
}

/// To whoever forgot their password, where the address has an account; to nobody where it has none.
async fn forgotten(
    app: &App,
    db: &mut PgConnection,
    key: &str,
    language: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let Some(mut customer) = store::by_key(&app.pool, key).await? else { return Ok(()) };
    if !may_write(app, key, now).await? {
        return Ok(());
    }
    customer.lang = Lang::parse(language).unwrap_or(customer.lang);
    let token = new_key();
    let new = NewToken {
        fingerprint: &fingerprint(&token),
        customer_id: customer.id,
        address: None,
        expires_at: now + Duration::minutes(reset::LINK_MINUTES),
    };
    tokens::store(db, &new, now).await?;
    let parts = vec![Part::text(text(customer.lang, "mail_reset"))];
    let url = link(app, &format!("/reset/new?token={token}"));
    let parts = with_link(parts, customer.lang, "mail_reset_link", url);
    queue(app, db, &customer, "mail_reset_subject", parts, now).await
}

/// Queues a letter to a customer.
///
/// # Errors
/// Postgres fails.
pub async fn queue(
    app: &App,
    db: &mut PgConnection,
    customer: &Customer,
    subject: &'static str,
    parts: Vec<Part>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let letter = Letter {
        dedupe_key: format!("account:{}", new_key()),
        customer_id: Some(customer.id),
        to: customer.email.clone(),
        lang: customer.lang,
        kind: Kind::Account,
        subject: text(customer.lang, subject).to_owned(),
        parts,
        unsubscribe_url: None,
        attachment: None,
    };
    outbox::queue(db, &app.templates, &letter, now).await?;
    Ok(())
}

/// These parts with a link below them.
pub fn with_link(mut parts: Vec<Part>, lang: Lang, label: &'static str, url: String) -> Vec<Part> {
    parts.push(Part::link(text(lang, label), url));
    parts
}

/// An address on this site, as it stands in a mail.
pub fn link(app: &App, path: &str) -> String {
    format!("{}{path}", app.settings.origin())
}

/// Whether this address may get another letter that somebody signed out has caused: nobody's mailbox is flooded through us.
async fn may_write(app: &App, key: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    app.limits.allow(&app.pool, Act::Letter, [0, 0, 0, 0].into(), key, now).await
}
