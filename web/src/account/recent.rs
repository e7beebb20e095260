//! The password once more before what matters: changing what one signs in with, taking everything away, ending the
//! account. It counts for a quarter of an hour in this session.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use chrono::Duration;
use serde::Deserialize;

use crate::auth::form::{self, Field, Form, blocking, see_other};
use crate::auth::limit::{Act, limit, machine};
use crate::auth::origin::Origin;
use crate::auth::register::Next;
use crate::auth::store::{self, Account, Customer, second, sessions};
use crate::auth::{code, factor};
use crate::auth::{password, session};
use crate::error::Error;
use crate::site::origin::local_path;
use crate::site::reader::{Reader, SignedIn};
use crate::text::text;

/// How long it counts.
pub const MINUTES: i64 = 15;

/// A reader who has shown the password a short while ago; others are asked for it first.
pub struct Recent {
    /// The reader.
    pub reader: Reader,
    /// The account.
    pub account: Account,
    /// Where the request comes from.
    pub origin: Origin,
}

impl Recent {
    /// All of the account, in a transaction.
    ///
    /// # Errors
    /// Postgres fails, or the account has just gone.
    pub async fn customer(&self, db: &mut sqlx::PgConnection) -> Result<Customer, Error> {
        customer(db, &self.account).await
    }
}

/// All of an account that is signed in.
///
/// # Errors
/// Postgres fails, or the account has just gone.
pub async fn customer(db: &mut sqlx::PgConnection, account: &Account) -> Result<Customer, Error> {
    store::by_id(db, account.id).await?.ok_or_else(|| Error::SignedOut { next: "/account".to_owned() })
}

impl FromRequest for Recent {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (signed_in, request) = (SignedIn::from_request(request, payload), request.clone());
        Box::pin(async move {
            let SignedIn { reader, account } = signed_in.await?;
            let origin = Origin::of(&request, &reader.app.settings);
            if reader.now < account.authenticated_at + Duration::minutes(MINUTES) {
                return Ok(Self { reader, account, origin });
            }
            // A form is not sent again by itself: one comes back to the page that holds it.
            Err(Error::Stale { next: page_of(request.path()).to_owned() })
        })
    }
}

/// The page on which the form of this path stands.
fn page_of(path: &str) -> &str {
    let below = ["/account/two-step", "/account/devices"];
    below.into_iter().find(|page| path.starts_with(page)).unwrap_or(path)
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Sent {
    password: String,
    #[serde(default)]
    code: String,
    next: Option<String>,
}

/// `GET /account/again`
///
/// # Errors
/// Postgres fails.
pub async fn ask(signed_in: SignedIn, query: web::Query<Next>) -> Result<HttpResponse, Error> {
    page(&signed_in, query.next.as_deref(), None).await
}

/// `POST /account/again`
///
/// # Errors
/// Too many tries, or Postgres fails.
pub async fn take(
    request: HttpRequest,
    signed_in: SignedIn,
    input: web::Form<Sent>,
) -> Result<HttpResponse, Error> {
    let Sent { password, code, next } = input.into_inner();
    let (reader, account) = (&signed_in.reader, &signed_in.account);
    let (app, lang) = (&reader.app, reader.lang());
    let machine = machine(&request, app.settings.trust_proxy);
    limit(app, Act::Password, machine, &format!("again {}", account.id)).await?;
    let mut db = app.pool.begin().await?;
    let customer = customer(&mut db, account).await?;
    let hash = customer.password_hash.clone();
    let right = blocking(move || password::verify(&password, Some(&hash))).await?;
    let factor = factor::of(app, account.id).await?;
    let mut shown = right;
    if right && factor.is_some() {
        limit(app, Act::Code, machine, &account.id.to_string()).await?;
        let origin = Origin::of(&request, &app.settings);
        shown = code::accept(reader, &mut db, &customer, factor.as_ref(), &code, &origin).await?;
    }
    if !shown {
        return page(&signed_in, next.as_deref(), Some(text(lang, "again_wrong").to_owned())).await;
    }
    let key = session::new_key();
    sessions::authenticated(&mut db, account.session, &session::fingerprint(&key), reader.now).await?;
    db.commit().await?;
    let mut response = see_other(local_path(next.as_deref().unwrap_or("/account")));
    let _ = response.add_cookie(&session::cookie(&app.settings, key));
    Ok(response)
}

async fn page(
    signed_in: &SignedIn,
    next: Option<&str>,
    problem: Option<String>,
) -> Result<HttpResponse, Error> {
    let (reader, lang) = (&signed_in.reader, signed_in.reader.lang());
    let mut fields = vec![Field::password(lang)];
    if second::is_on(&reader.app.pool, signed_in.account.id).await? {
        fields.push(Field::code(lang));
    }
    let form = Form {
        lead: text(lang, "again_lead").to_owned(),
        more: String::new(),
        action: "/account/again",
        button: text(lang, "again_button"),
        hidden: vec![("next", local_path(next.unwrap_or("/account")).to_owned())],
        fields,
        links: vec![("/account", text(lang, "account_back"))],
    };
    form::page(reader, "again_title", form, problem).await
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_comes_back_to_a_page_and_not_to_a_form() {
        for (path, page) in [
            ("/account/two-step/off", "/account/two-step"),
            ("/account/devices/end-all", "/account/devices"),
            ("/account/password", "/account/password"),
            ("/account/export.json", "/account/export.json"),
        ] {
            assert_eq!(super::page_of(path), page);
        }
    }
}
