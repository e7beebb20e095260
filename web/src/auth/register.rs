//! Registering: an address and a password, a letter with a link, and the password once more behind it.
//!
//! The password is asked for again because the letter may reach somebody who asked for nothing: opening its link alone
//! must not make an account whose password a stranger has chosen.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Duration;
use serde::Deserialize;

use super::address::{Address, Flaw};
use super::form::{self, Field, Form, blocking, see_other};
use super::limit::{Act, limit, machine};
use super::session::{self, fingerprint};
use super::store::registration::{self, NewRegistration};
use super::store::{self, NewCustomer};
use super::{origin::Origin, password};
use crate::access::Role;
use crate::account::event::{self, Event};
use crate::console::flags;
use crate::error::Error;
use crate::site::origin::local_path;
use crate::site::reader::Reader;
use crate::text::{Lang, text};

/// How long the link in the letter works.
pub const LINK_HOURS: i64 = 24;

/// Where to go on afterwards.
#[derive(Debug, Deserialize)]
pub struct Next {
    /// A path on this site.
    pub next: Option<String>,
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Sent {
    email: String,
    password: String,
    next: Option<String>,
}

/// What a link holds.
#[derive(Deserialize)]
pub struct Link {
    /// The token.
    #[serde(default)]
    pub token: String,
}

/// What the form behind the link sends.
#[derive(Deserialize)]
pub struct Confirmed {
    token: String,
    password: String,
}

/// `GET /register`
///
/// # Errors
/// Postgres fails.
pub async fn ask(reader: Reader, query: web::Query<Next>) -> Result<HttpResponse, Error> {
    if let Some(closed) = flags::pages::registration_closed(&reader).await? {
        return Ok(closed);
    }
    page(&reader, "", query.next.as_deref(), None).await
}

/// `POST /register`: the same work and the same answer for every address.
///
/// # Errors
/// Too many tries, or Postgres fails.
pub async fn take(
    request: HttpRequest,
    reader: Reader,
    input: web::Form<Sent>,
) -> Result<HttpResponse, Error> {
    if let Some(closed) = flags::pages::registration_closed(&reader).await? {
        return Ok(closed);
    }
    let Sent { email, password, next } = input.into_inner();
    let (app, lang) = (&reader.app, reader.lang());
    let machine = machine(&request, app.settings.trust_proxy);
    let address = match Address::parse(&email) {
        Ok(address) => address,
        Err(flaw) => {
            limit(app, Act::Register, machine, "nobody").await?;
            return page(&reader, &email, next.as_deref(), Some(flaw_words(flaw, lang))).await;
        }
    };
    limit(app, Act::Register, machine, address.key()).await?;
    let hash = match form::new_hash(&reader, password, address.shown().to_owned()).await? {
        Ok(hash) => hash,
        Err(problem) => return page(&reader, &email, next.as_deref(), Some(problem)).await,
    };
    let new = NewRegistration {
        email: address.shown(),
        address_key: address.key(),
        password_hash: &hash,
        language: lang.code(),
        next_path: local_path(next.as_deref().unwrap_or("/")),
    };
    registration::store(&app.pool, &new, reader.now).await?;
    Ok(see_other("/register/sent"))
}

/// `GET /register/sent`
///
/// # Errors
/// Postgres fails.
pub async fn sent(reader: Reader) -> Result<HttpResponse, Error> {
    form::said(&reader, "register_sent_title", "register_sent", ("/sign-in", "register_have")).await
}

/// `GET /register/confirm?token=…`: asks for the password; a program that follows links changes nothing.
///
/// # Errors
/// Postgres fails.
pub async fn opened(reader: Reader, link: web::Query<Link>) -> Result<HttpResponse, Error> {
    confirm_page(&reader, &link.token, None).await
}

/// `POST /register/confirm`: makes the account and begins a session.
///
/// # Errors
/// Too many tries, or Postgres fails.
pub async fn confirm(
    request: HttpRequest,
    reader: Reader,
    input: web::Form<Confirmed>,
) -> Result<HttpResponse, Error> {
    let Confirmed { token, password } = input.into_inner();
    let (app, now, lang) = (&reader.app, reader.now, reader.lang());
    let machine = machine(&request, app.settings.trust_proxy);
    limit(app, Act::Link, machine, "").await?;
    let print = fingerprint(&token);
    let found = registration::opened(&app.pool, &print, now - Duration::hours(LINK_HOURS)).await?;
    if let Some(found) = &found {
        limit(app, Act::Password, machine, &found.address_key).await?;
    }
    let hash = found.as_ref().map(|found| found.password_hash.clone());
    let right = blocking(move || password::verify(&password, hash.as_deref())).await?;
    let Some(found) = found else {
        return confirm_page(&reader, "", Some(text(lang, "link_ended").to_owned())).await;
    };
    if !right {
        return confirm_page(&reader, &token, Some(text(lang, "confirm_wrong").to_owned())).await;
    }
    let mut db = app.pool.begin().await?;
    let new = NewCustomer {
        email: &found.email,
        address_key: &found.address_key,
        password_hash: &found.password_hash,
        role: Role::Subscriber,
        lang: Lang::parse(&found.language).unwrap_or(lang),
    };
    // Others who registered with this address have not shown that it is theirs.
    registration::drop_all(&mut db, &found.address_key).await?;
    let id = store::insert_customer(&mut db, &new, now).await?;
    let customer = match id {
        Some(id) => store::by_id(&mut db, id).await?,
        None => None,
    };
    let Some(customer) = customer else {
        // Of two at once, the other one was first.
        return confirm_page(&reader, "", Some(text(lang, "link_ended").to_owned())).await;
    };
    let origin = Origin::of(&request, &app.settings);
    event::record(&mut db, app, &customer, &Event::Registered, &origin, now).await?;
    let cookie = session::begin(&reader, &request, &mut db, &customer).await?;
    db.commit().await?;
    let mut response = see_other(local_path(&found.next_path));
    let _ = response.add_cookie(&cookie);
    Ok(response)
}

/// What is wrong with an address, in words.
pub fn flaw_words(flaw: Flaw, lang: Lang) -> String {
    let key = match flaw {
        Flaw::Impossible => "email_bad",
        Flaw::LooksLike => "email_looks_like",
    };
    text(lang, key).to_owned()
}

async fn page(
    reader: &Reader,
    email: &str,
    next: Option<&str>,
    problem: Option<String>,
) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    // What was sent may be very long; it goes back only where it may be mended.
    let email = if email.len() <= 254 { email } else { "" };
    let form = Form {
        lead: text(lang, "register_lead").to_owned(),
        more: String::new(),
        action: "/register",
        button: text(lang, "register_button"),
        hidden: vec![("next", local_path(next.unwrap_or("/")).to_owned())],
        fields: vec![Field::email(lang, email), Field::new_password(lang)],
        links: vec![("/sign-in", text(lang, "register_have"))],
    };
    form::page(reader, "register_title", form, problem).await
}

async fn confirm_page(reader: &Reader, token: &str, problem: Option<String>) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    let form = Form {
        lead: text(lang, "confirm_lead").to_owned(),
        more: String::new(),
        action: "/register/confirm",
        button: text(lang, "confirm_button"),
        hidden: vec![("token", short(token))],
        fields: vec![Field::password(lang)],
        links: vec![("/register", text(lang, "sign_in_none")), ("/sign-in", text(lang, "register_have"))],
    };
    form::page(reader, "confirm_title", form, problem).await
}

/// A token as it goes back into a form: nothing longer than ours.
pub fn short(token: &str) -> String {
    token.chars().take(64).collect()
}
