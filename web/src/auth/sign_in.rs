//! Signing in with a password, and signing out.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Duration;
use serde::Deserialize;

use super::address::key_of;
use super::form::{self, Field, Form, blocking, see_other};
use super::limit::{Act, limit, machine};
use super::origin::Origin;
use super::password;
use super::register::Next;
use super::session::{self, fingerprint};
use super::store::{self, second, sessions};
use crate::account::event::{self, Event};
use crate::error::Error;
use crate::site::origin::local_path;
use crate::site::reader::Reader;
use crate::text::text;

/// What the form sends.
#[derive(Deserialize)]
pub struct Sent {
    email: String,
    password: String,
    next: Option<String>,
}

/// `GET /sign-in`
///
/// # Errors
/// Postgres fails.
pub async fn ask(reader: Reader, query: web::Query<Next>) -> Result<HttpResponse, Error> {
    page(&reader, "", query.next.as_deref(), None).await
}

/// `POST /sign-in`: a session, or the question for a code where the account has that.
///
/// # Errors
/// Too many tries, or Postgres fails.
pub async fn take(
    request: HttpRequest,
    reader: Reader,
    input: web::Form<Sent>,
) -> Result<HttpResponse, Error> {
    let Sent { email, password, next } = input.into_inner();
    let (app, now) = (&reader.app, reader.now);
    // What can be nobody's address is tried and looked for all the same.
    let key = key_of(&email).unwrap_or_default();
    limit(app, Act::Password, machine(&request, app.settings.trust_proxy), &key).await?;
    let known = store::by_key(&app.pool, &key).await?;
    let hash = known.as_ref().map(|customer| customer.password_hash.clone());
    let right = blocking(move || password::verify(&password, hash.as_deref())).await?;
    let Some(customer) = known.as_ref().filter(|_| right) else {
        let pseudonym = known.as_ref().map(|customer| customer.pseudonym.as_str());
        tracing::info!(account = pseudonym, "a wrong password, or no such account");
        let problem = Some(text(reader.lang(), "sign_in_wrong").to_owned());
        return page(&reader, &email, next.as_deref(), problem).await;
    };
    app.limits.forget(&app.pool, Act::Password, &key).await?;
    let next = local_path(next.as_deref().unwrap_or("/"));
    if second::is_on(&app.pool, customer.id).await? {
        let key = session::new_key();
        let expires_at = now + Duration::minutes(session::CHALLENGE_MINUTES);
        sessions::store_challenge(&app.pool, &fingerprint(&key), customer.id, next, expires_at).await?;
        let mut response = see_other("/sign-in/code");
        let _ = response.add_cookie(&session::challenge(&app.settings, key));
        return Ok(response);
    }
    let mut db = app.pool.begin().await?;
    let cookie = session::begin(&reader, &request, &mut db, customer).await?;
    db.commit().await?;
    let mut response = see_other(next);
    let _ = response.add_cookie(&cookie);
    Ok(response)
}

/// `POST /sign-out`
///
/// # Errors
/// Postgres fails.
pub async fn leave(request: HttpRequest, reader: Reader) -> Result<HttpResponse, Error> {
    let app = &reader.app;
    if let Some(account) = &reader.account {
        let mut db = app.pool.begin().await?;
        sessions::end(&mut db, account.id, account.session).await?;
        if let Some(customer) = store::by_id(&mut db, account.id).await? {
            let origin = Origin::of(&request, &app.settings);
            event::record(&mut db, app, &customer, &Event::SignedOut, &origin, reader.now).await?;
        }
        db.commit().await?;
    }
    let mut response = see_other("/");
    let _ = response.add_cookie(&session::no_cookie(&app.settings));
    // What the browser keeps of pages goes, too.
    response.headers_mut().insert(
        actix_web::http::header::HeaderName::from_static("clear-site-data"),
        actix_web::http::header::HeaderValue::from_static("\"cache\""),
    );
    Ok(response)
}

async fn page(
    reader: &Reader,
    email: &str,
    next: Option<&str>,
    problem: Option<String>,
) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    let email = if email.len() <= 254 { email } else { "" };
    let form = Form {
        lead: String::new(),
        more: String::new(),
        action: "/sign-in",
        button: text(lang, "sign_in_button"),
        hidden: vec![("next", local_path(next.unwrap_or("/")).to_owned())],
        fields: vec![Field::email(lang, email), Field::password(lang)],
        links: vec![("/reset", text(lang, "sign_in_forgotten")), ("/register", text(lang, "sign_in_none"))],
    };
    form::page(reader, "sign_in_title", form, problem).await
}
