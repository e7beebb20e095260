//! A new password for who has forgotten theirs: an address, a letter with a link, and the new password behind it.
//!
//! The link shows that one reads the owner's mails and no more: a second factor is still asked for when signing in.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::address::Address;
use super::form::{self, Field, Form, see_other};
use super::limit::{Act, limit, machine};
use super::origin::Origin;
use super::register::{Link, flaw_words, short};
use super::session::fingerprint;
use super::store::{self, sessions, tokens};
use crate::account::event::{self, Event};
use crate::error::Error;
use crate::site::reader::Reader;
use crate::text::text;

/// How long the link in the letter works.
pub const LINK_MINUTES: i64 = 60;

/// What the first form sends.
#[derive(Deserialize)]
pub struct Asked {
    email: String,
}

/// What the form behind the link sends.
#[derive(Deserialize)]
pub struct Chosen {
    token: String,
    password: String,
}

/// `GET /reset`
///
/// # Errors
/// Postgres fails.
pub async fn ask(reader: Reader) -> Result<HttpResponse, Error> {
    page(&reader, "", None).await
}

/// `POST /reset`: the same work and the same answer for every address.
///
/// # Errors
/// Too many tries, or Postgres fails.
pub async fn take(
    request: HttpRequest,
    reader: Reader,
    input: web::Form<Asked>,
) -> Result<HttpResponse, Error> {
    let (app, lang) = (&reader.app, reader.lang());
    let machine = machine(&request, app.settings.trust_proxy);
    match Address::parse(&input.email) {
        Ok(address) => {
            limit(app, Act::Ask, machine, address.key()).await?;
            tokens::ask_reset(&app.pool, address.key(), lang.code(), reader.now).await?;
            Ok(see_other("/reset/sent"))
        }
        Err(flaw) => {
            limit(app, Act::Ask, machine, "nobody").await?;
            page(&reader, &input.email, Some(flaw_words(flaw, lang))).await
        }
    }
}

/// `GET /reset/sent`
///
/// # Errors
/// Postgres fails.
pub async fn sent(reader: Reader) -> Result<HttpResponse, Error> {
    form::said(&reader, "reset_sent_title", "reset_sent", ("/sign-in", "sign_in_title")).await
}

/// `GET /reset/new?token=…`
///
/// # Errors
/// Postgres fails.
pub async fn opened(reader: Reader, link: web::Query<Link>) -> Result<HttpResponse, Error> {
    new_page(&reader, &link.token, None).await
}

/// `POST /reset/new`: the new password; whoever was signed in no longer is.
///
/// # Errors
/// Too many tries, or Postgres fails.
pub async fn choose(
    request: HttpRequest,
    reader: Reader,
    input: web::Form<Chosen>,
) -> Result<HttpResponse, Error> {
    let Chosen { token, password } = input.into_inner();
    let (app, now, lang) = (&reader.app, reader.now, reader.lang());
    limit(app, Act::Link, machine(&request, app.settings.trust_proxy), "").await?;
    let print = fingerprint(&token);
    let ended = || Some(text(lang, "link_ended").to_owned());
    let Some((id, email)) = tokens::reset(&app.pool, &print, now).await? else {
        return new_page(&reader, "", ended()).await;
    };
    // A refused password leaves the link as it is.
    let hash = match form::new_hash(&reader, password, email).await? {
        Ok(hash) => hash,
        Err(problem) => return new_page(&reader, &token, Some(problem)).await,
    };
    let mut db = app.pool.begin().await?;
    if !tokens::use_reset(&mut db, &print, now).await? {
        return new_page(&reader, "", ended()).await;
    }
    let Some(customer) = store::by_id(&mut db, id).await? else {
        return new_page(&reader, "", ended()).await;
    };
    store::set_password(&mut db, id, &hash).await?;
    sessions::end_all(&mut db, id, None).await?;
    tokens::drop_all(&mut db, id).await?;
    let origin = Origin::of(&request, &app.settings);
    event::record(&mut db, app, &customer, &Event::PasswordReset, &origin, now).await?;
    db.commit().await?;
    Ok(see_other("/sign-in"))
}

async fn page(reader: &Reader, email: &str, problem: Option<String>) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    let email = if email.len() <= 254 { email } else { "" };
    let form = Form {
        lead: text(lang, "reset_lead").to_owned(),
        more: String::new(),
        action: "/reset",
        button: text(lang, "reset_button"),
        hidden: Vec::new(),
        fields: vec![Field::email(lang, email)],
        links: vec![("/sign-in", text(lang, "sign_in_title"))],
    };
    form::page(reader, "reset_title", form, problem).await
}

async fn new_page(reader: &Reader, token: &str, problem: Option<String>) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    let form = Form {
        lead: text(lang, "reset_new_lead").to_owned(),
        more: String::new(),
        action: "/reset/new",
        button: text(lang, "reset_new_button"),
        hidden: vec![("token", short(token))],
        fields: vec![Field::new_password(lang)],
        links: vec![("/reset", text(lang, "reset_again"))],
    };
    form::page(reader, "reset_title", form, problem).await
}
