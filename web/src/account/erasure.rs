//! The end of an account: asked for, waited for, done.
//!
//! For thirty days nothing is lost: signing in calls it off. Then the account's row goes, and with it everything that
//! hangs on it; what has to be kept says so in its own table (`on delete set null`: what was paid, which tax law wants).
//! The audit log stays, too: it knows a pseudonym, which then leads to nobody.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::json;

use super::event::{self, Event};
use super::recent::Recent;
use super::store;
use crate::audit::{self, Entry};
use crate::auth::form::{self, Field, Form};
use crate::auth::session;
use crate::auth::store::{self as accounts, sessions, tokens};
use crate::error::Error;
use crate::format;
use crate::site::reader::{Reader, SignedIn};
use crate::state::App;
use crate::text::{fill, text};

/// How long one may call it off.
pub const GRACE_DAYS: i64 = 30;
/// Accounts erased at once.
const BATCH: usize = 16;

/// What the form sends: the account's address, so that nobody ends it by a slip.
#[derive(Deserialize)]
pub struct Sent {
    email: String,
}

/// `GET /account/erase`
///
/// # Errors
/// Not signed in, or Postgres fails.
pub async fn ask(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    page(&signed_in.reader, None).await
}

/// `POST /account/erase`: signs out everywhere; from now on the days count.
///
/// # Errors
/// Not signed in, the password was not shown lately, or Postgres fails.
pub async fn take(recent: Recent, input: web::Form<Sent>) -> Result<HttpResponse, Error> {
    let (reader, account) = (&recent.reader, &recent.account);
    let (app, now) = (&reader.app, reader.now);
    if input.email.trim() != account.email {
        return page(reader, Some(text(reader.lang(), "erase_wrong").to_owned())).await;
    }
    let at = now + Duration::days(GRACE_DAYS);
    let mut db = app.pool.begin().await?;
    // Nothing may be charged to an account that is gone.
    if store::subscribed(&mut db, account.id).await? {
        return page(reader, Some(text(reader.lang(), "erase_subscribed").to_owned())).await;
    }
    let customer = recent.customer(&mut db).await?;
    accounts::set_erasure(&mut db, account.id, Some(at)).await?;
    sessions::end_all(&mut db, account.id, None).await?;
    tokens::drop_all(&mut db, account.id).await?;
    event::record(&mut db, app, &customer, &Event::ErasureAsked { at }, &recent.origin, now).await?;
    db.commit().await?;
    // Nobody is signed in any more: the page that says so is a visitor's.
    let visitor = Reader { account: None, app: app.clone(), looks: reader.looks.clone(), now };
    let mut response = form::said(&visitor, "erase_title", "erase_sent", ("/", "error_home")).await?;
    let _ = response.add_cookie(&session::no_cookie(&app.settings));
    Ok(response)
}

async fn page(reader: &Reader, problem: Option<String>) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    let day = format::day((reader.now + Duration::days(GRACE_DAYS)).date_naive(), lang);
    let field =
        Field { autocomplete: "off", note: text(lang, "erase_note").to_owned(), ..Field::email(lang, "") };
    let form = Form {
        lead: fill(lang, "erase_lead", &[("days", &GRACE_DAYS.to_string()), ("day", &day)]),
        more: text(lang, "erase_more").to_owned(),
        action: "/account/erase",
        button: text(lang, "erase_button"),
        hidden: Vec::new(),
        fields: vec![field],
        links: vec![
            ("/account/export.json", text(lang, "export_title")),
            ("/account", text(lang, "account_back")),
        ],
    };
    form::page(reader, "erase_title", form, problem).await
}

/// Erases the accounts whose time has come; says how many. Any number of workers may do it at once.
///
/// # Errors
/// Postgres fails.
pub async fn erase_due(app: &App, now: DateTime<Utc>) -> Result<usize, Error> {
    let mut done = 0;
    while done < BATCH {
        let mut db = app.pool.begin().await?;
        let Some(pseudonym) = store::erase_one(&mut db, now).await? else { break };
        let entry = Entry {
            actor: "web",
            action: &format!("account.{}", Event::Erased.name()),
            subject: &pseudonym,
            reason: "the customer asked for it",
            address: "",
            detail: &json!({}),
        };
        audit::append(&mut db, &entry, now).await?;
        db.commit().await?;
        done += 1;
    }
    Ok(done)
}
