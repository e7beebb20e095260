//! Another address: told to the one in force, confirmed at the new one.

use actix_web::{HttpResponse, web};
use chrono::Duration;
use serde::Deserialize;

use super::event::{self, Event};
use super::recent::Recent;
use crate::auth::address::{Address, Flaw};
use crate::auth::form::{self, Field, Form, see_other};
use crate::auth::letters::{link, queue, with_link};
use crate::auth::limit::{Act, limit};
use crate::auth::register::{Link, flaw_words, short};
use crate::auth::session::{fingerprint, new_key};
use crate::auth::store::{self, Customer, sessions, tokens};
use crate::error::Error;
use crate::mail::letter::{Kind, Letter, Part};
use crate::mail::outbox;
use crate::site::reader::{Reader, SignedIn};
use crate::state::App;
use crate::text::{fill, text};

/// How long the link in the letter works.
const LINK_MINUTES: i64 = 60;

/// What the form sends.
#[derive(Deserialize)]
pub struct Asked {
    email: String,
}

/// What the form behind the link sends.
#[derive(Deserialize)]
pub struct Confirmed {
    token: String,
}

/// `GET /account/email`
///
/// # Errors
/// Not signed in, or Postgres fails.
pub async fn ask(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    page(&signed_in.reader, &signed_in.account.email, "", None).await
}

/// `POST /account/email`: two letters, whatever address it is. One that has an account already gets a notice in place of a
/// link, which only its owner sees.
///
/// # Errors
/// Not signed in, the password was not shown lately, too many tries, or Postgres fails.
pub async fn take(recent: Recent, input: web::Form<Asked>) -> Result<HttpResponse, Error> {
    let (reader, account) = (&recent.reader, &recent.account);
    let (app, now) = (&reader.app, reader.now);
    limit(app, Act::Ask, recent.origin.machine, &account.id.to_string()).await?;
    let address = match Address::parse(&input.email) {
        Ok(address) => address,
        Err(flaw) => return refuse(reader, &account.email, &input.email, flaw).await,
    };
    let taken = store::by_key(&app.pool, address.key()).await?;
    let mut db = app.pool.begin().await?;
    let customer = recent.customer(&mut db).await?;
    let token = new_key();
    let new = tokens::NewToken {
        fingerprint: &fingerprint(&token),
        customer_id: account.id,
        address: Some((address.shown(), address.key())),
        expires_at: now + Duration::minutes(LINK_MINUTES),
    };
    tokens::store(&mut db, &new, now).await?;
    match taken.filter(|owner| owner.id != account.id) {
        Some(owner) => {
            let parts = vec![Part::text(text(owner.lang, "mail_known"))];
            let parts = with_link(parts, owner.lang, "mail_reset_link", link(app, "/reset"));
            queue(app, &mut db, &owner, "mail_known_subject", parts, now).await?;
        }
        None => {
            let letter = confirm_letter(app, &customer, &address, &token);
            outbox::queue(&mut *db, &app.templates, &letter, now).await?;
        }
    }
    event::record(&mut db, app, &customer, &Event::EmailAsked, &recent.origin, now).await?;
    db.commit().await?;
    form::said(reader, "email_title", "email_sent", ("/account", "account_back")).await
}

fn confirm_letter(app: &App, customer: &Customer, address: &Address, token: &str) -> Letter {
    let lang = customer.lang;
    let parts = vec![Part::text(text(lang, "mail_email"))];
    let url = link(app, &format!("/account/email/confirm?token={token}"));
    Letter {
        dedupe_key: format!("account:{}", new_key()),
        customer_id: Some(customer.id),
        to: address.shown().to_owned(),
        lang,
        kind: Kind::Account,
        subject: text(lang, "mail_email_subject").to_owned(),
        parts: with_link(parts, lang, "mail_email_link", url),
        unsubscribe_url: None,
        attachment: None,
    }
}

/// `GET /account/email/confirm?token=…`
///
/// # Errors
/// Not signed in, or Postgres fails.
pub async fn opened(signed_in: SignedIn, query: web::Query<Link>) -> Result<HttpResponse, Error> {
    confirm_page(&signed_in.reader, &query.token, None).await
}

/// `POST /account/email/confirm`: the new address counts, for the customer who asked for it and nobody else.
///
/// # Errors
/// Not signed in, the password was not shown lately, or Postgres fails.
pub async fn confirm(recent: Recent, input: web::Form<Confirmed>) -> Result<HttpResponse, Error> {
    let (reader, account) = (&recent.reader, &recent.account);
    let (app, now) = (&reader.app, reader.now);
    limit(app, Act::Link, recent.origin.machine, "").await?;
    let mut db = app.pool.begin().await?;
    let used = tokens::use_email(&mut db, &fingerprint(&input.token), account.id, now).await?;
    let changed = match &used {
        Some(new) => store::set_email(&mut db, account.id, &new.email, &new.address_key).await?,
        None => false,
    };
    if !changed {
        let problem = Some(text(reader.lang(), "link_ended").to_owned());
        return confirm_page(reader, "", problem).await;
    }
    // Who was signed in elsewhere may be whom the owner wants to leave behind.
    sessions::end_all(&mut db, account.id, Some(account.session)).await?;
    tokens::drop_all(&mut db, account.id).await?;
    let customer = recent.customer(&mut db).await?;
    let event = Event::EmailChanged { from: account.email.clone() };
    event::record(&mut db, app, &customer, &event, &recent.origin, now).await?;
    db.commit().await?;
    Ok(see_other("/account"))
}

async fn refuse(reader: &Reader, present: &str, sent: &str, flaw: Flaw) -> Result<HttpResponse, Error> {
    page(reader, present, sent, Some(flaw_words(flaw, reader.lang()))).await
}

async fn page(
    reader: &Reader,
    present: &str,
    sent: &str,
    problem: Option<String>,
) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    let sent = if sent.len() <= 254 { sent } else { "" };
    let form = Form {
        lead: fill(lang, "email_lead", &[("email", present)]),
        more: String::new(),
        action: "/account/email",
        button: text(lang, "email_button"),
        hidden: Vec::new(),
        fields: vec![Field {
            label: text(lang, "field_new_email"),
            autocomplete: "email",
            ..Field::email(lang, sent)
        }],
        links: vec![("/account", text(lang, "account_back"))],
    };
    form::page(reader, "email_title", form, problem).await
}

async fn confirm_page(reader: &Reader, token: &str, problem: Option<String>) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    let form = Form {
        lead: text(lang, "email_confirm_lead").to_owned(),
        more: String::new(),
        action: "/account/email/confirm",
        button: text(lang, "email_confirm_button"),
        hidden: vec![("token", short(token))],
        fields: Vec::new(),
        links: vec![("/account/email", text(lang, "email_title")), ("/account", text(lang, "account_back"))],
    };
    form::page(reader, "email_title", form, problem).await
}
