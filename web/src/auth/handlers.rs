//! The pages on which one registers, signs in and signs out, and the account page.

use std::net::IpAddr;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::password::{self, Weakness};
use super::{session, store};
use crate::access::Role;
use crate::error::Error;
use crate::format;
use crate::market::view::tier_name;
use crate::site::origin::local_path;
use crate::site::page;
use crate::site::reader::{Reader, SignedIn};
use crate::text::{Lang, fill, text};
use crate::watch;

/// Where to go on afterwards.
#[derive(Debug, Deserialize)]
pub struct Next {
    next: Option<String>,
}

/// What both forms send.
#[derive(Deserialize)]
pub struct Form {
    email: String,
    password: String,
    next: Option<String>,
}

/// What a form shows when it comes back.
#[derive(Serialize)]
struct Shown<'a> {
    email: &'a str,
    next: &'a str,
    problem: Option<String>,
}

/// `GET /register`
///
/// # Errors
/// Postgres fails.
pub async fn register_form(reader: Reader, query: web::Query<Next>) -> Result<HttpResponse, Error> {
    form(&reader, "register.html", "", query.next.as_deref(), None).await
}

/// `GET /sign-in`
///
/// # Errors
/// Postgres fails.
pub async fn sign_in_form(reader: Reader, query: web::Query<Next>) -> Result<HttpResponse, Error> {
    form(&reader, "sign-in.html", "", query.next.as_deref(), None).await
}

/// `POST /register`
///
/// # Errors
/// Too many tries, or Postgres fails.
pub async fn register(
    request: HttpRequest,
    reader: Reader,
    input: web::Form<Form>,
) -> Result<HttpResponse, Error> {
    let Form { email, password, next } = input.into_inner();
    let (email, lang) = (email.trim().to_owned(), reader.lang());
    limit(&request, &reader, &email)?;
    let problem = if plausible(&email) {
        weakness(&password, &email, lang)
    } else {
        Some(text(lang, "email_bad").into())
    };
    if problem.is_some() {
        return form(&reader, "register.html", &email, next.as_deref(), problem).await;
    }
    let hash = blocking(move || password::hash(&password)).await?;
    let hash = hash.map_err(|e| Error::Internal(anyhow::anyhow!("hashing a password: {e}")))?;
    match store::store_customer(&reader.app.pool, &email, &hash, Role::Subscriber, reader.now).await? {
        Some(id) => start_session(&reader, id, next.as_deref()).await,
        None => {
            let problem = Some(text(lang, "email_taken").to_owned());
            form(&reader, "register.html", &email, next.as_deref(), problem).await
        }
    }
}

/// `POST /sign-in`
///
/// # Errors
/// Too many tries, or Postgres fails.
pub async fn sign_in(
    request: HttpRequest,
    reader: Reader,
    input: web::Form<Form>,
) -> Result<HttpResponse, Error> {
    let Form { email, password, next } = input.into_inner();
    let email = email.trim().to_owned();
    limit(&request, &reader, &email)?;
    let known = store::load_password(&reader.app.pool, &email).await?;
    let (id, hash) = known.map_or((None, None), |(id, hash)| (Some(id), Some(hash)));
    // Longer passwords exist in no account and would only cost time.
    let fits = password.len() <= password::MAX_BYTES;
    let right =
        blocking(move || password::verify(if fits { &password } else { "" }, hash.as_deref())).await?;
    match id.filter(|_| right && fits) {
        Some(id) => start_session(&reader, id, next.as_deref()).await,
        None => {
            let problem = Some(text(reader.lang(), "sign_in_wrong").to_owned());
            form(&reader, "sign-in.html", &email, next.as_deref(), problem).await
        }
    }
}

/// `POST /sign-out`
///
/// # Errors
/// Postgres fails.
pub async fn sign_out(request: HttpRequest, reader: Reader) -> Result<HttpResponse, Error> {
    let settings = &reader.app.settings;
    if let Some(key) = request.cookie(session::cookie_name(settings)) {
        store::delete_session(&reader.app.pool, &session::fingerprint(key.value())).await?;
    }
    let mut response = HttpResponse::SeeOther();
    Ok(response.insert_header(("location", "/")).cookie(session::no_cookie(settings)).finish())
}

/// `GET /account`
///
/// # Errors
/// Postgres fails.
pub async fn account(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let edition = reader.app.edition().await?;
    let lang = reader.lang();
    let mut context = page::context(&reader, &edition, text(lang, "account_title"));
    context.insert("admin", &account.who.is_staff());
    context.insert("since", &format::day(account.created_at.date_naive(), lang));
    context.insert("tier_name", &tier_name(reader.tier()));
    context.insert("views", &watch::views::views(&reader).await?);
    page::render(&reader.app, "account.html", &context)
}

async fn form(
    reader: &Reader,
    template: &str,
    email: &str,
    next: Option<&str>,
    problem: Option<String>,
) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let title = if template == "register.html" { "register_title" } else { "sign_in_title" };
    let failed = problem.is_some();
    let mut context = page::context(reader, &edition, text(reader.lang(), title));
    context.insert("form", &Shown { email, next: local_path(next.unwrap_or("/")), problem });
    context.insert("min_chars", &password::MIN_CHARS);
    context.insert(
        "rule",
        &fill(reader.lang(), "password_rule", &[("count", &password::MIN_CHARS.to_string())]),
    );
    let mut response = page::render(&reader.app, template, &context)?;
    if failed {
        *response.status_mut() = actix_web::http::StatusCode::UNPROCESSABLE_ENTITY;
        // The form itself says what is wrong.
        response.extensions_mut().insert(crate::site::failure::Explained);
    }
    Ok(response)
}

async fn start_session(reader: &Reader, customer_id: i64, next: Option<&str>) -> Result<HttpResponse, Error> {
    // Always a new key: one that was known before signing in must not become valid.
    let key = session::new_key();
    let expires_at = reader.now + Duration::days(session::LIFE_DAYS);
    store::store_session(&reader.app.pool, customer_id, &session::fingerprint(&key), reader.now, expires_at)
        .await?;
    let mut response = HttpResponse::SeeOther();
    response.insert_header(("location", local_path(next.unwrap_or("/")).to_owned()));
    Ok(response.cookie(session::cookie(&reader.app.settings, key)).finish())
}

fn limit(request: &HttpRequest, reader: &Reader, email: &str) -> Result<(), Error> {
    let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let address = forwarded.and_then(|list| forwarded_address(list, reader.app.settings.trust_proxy));
    let address = address.or_else(|| request.peer_addr().map(|a| a.ip()));
    let address = address.unwrap_or(IpAddr::from([0, 0, 0, 0]));
    if reader.app.limits.allow(address, email) { Ok(()) } else { Err(Error::TooMany) }
}

/// The address that the outermost of our proxies saw. What stands before it was sent by the reader, who may write anything.
fn forwarded_address(list: &str, appended: usize) -> Option<IpAddr> {
    let mut from_right = list.rsplit(',').map(str::trim);
    from_right.nth(appended.checked_sub(1)?)?.parse().ok()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    web::block(work).await.map_err(|e| Error::Unavailable(anyhow::anyhow!("the thread pool: {e}")))
}

/// Only what can never be an address is refused; whether it is one, only a letter to it would tell.
pub(crate) fn plausible(email: &str) -> bool {
    let Some((name, host)) = email.rsplit_once('@') else { return false };
    let clean = email.len() <= 254 && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    clean && !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
}

fn weakness(password: &str, email: &str, lang: Lang) -> Option<String> {
    let found = password::check(password, email).err()?;
    Some(match found {
        Weakness::TooShort => fill(lang, "password_short", &[("count", &password::MIN_CHARS.to_string())]),
        Weakness::TooLong => fill(lang, "password_long", &[("count", &password::MAX_BYTES.to_string())]),
        Weakness::Guessable => text(lang, "password_guessable").to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    #[test]
    fn a_forged_address_does_not_count() {
        let list = "1.2.3.4, 203.0.113.9, 35.191.0.1";
        assert_eq!(super::forwarded_address(list, 2), Some(IpAddr::from([203, 0, 113, 9])));
        assert_eq!(super::forwarded_address(list, 0), None);
        assert_eq!(super::forwarded_address("203.0.113.9", 2), None);
        assert_eq!(super::forwarded_address("nonsense, 35.191.0.1", 2), None);
    }

    #[test]
    fn addresses_are_checked_for_the_impossible_only() {
        for (email, expected) in [
            ("a@b.co", true),
            ("a.b+c@d.example", true),
            ("a@b", false),
            ("a b@c.d", false),
            ("@c.d", false),
            ("", false),
        ] {
            assert_eq!(super::plausible(email), expected, "{email}");
        }
    }
}
