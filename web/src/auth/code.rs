//! The second step of signing in: a code from an app, or a recovery code.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use sqlx::PgConnection;

use super::factor;
use super::form::{self, Field, Form, see_other};
use super::limit::{Act, limit, machine};
use super::origin::Origin;
use super::session::{self, fingerprint};
use super::store::{self, Customer, second, sessions};
use super::totp;
use super::vault::Opened;
use crate::account::event::{self, Event};
use crate::error::Error;
use crate::site::origin::local_path;
use crate::site::reader::Reader;
use crate::text::text;

/// What the form sends.
#[derive(Deserialize)]
pub struct Sent {
    code: String,
}

/// `GET /sign-in/code`
///
/// # Errors
/// Postgres fails.
pub async fn ask(reader: Reader) -> Result<HttpResponse, Error> {
    page(&reader, None).await
}

/// `POST /sign-in/code`
///
/// # Errors
/// Too many tries, or Postgres fails.
pub async fn take(
    request: HttpRequest,
    reader: Reader,
    input: web::Form<Sent>,
) -> Result<HttpResponse, Error> {
    let (app, now) = (&reader.app, reader.now);
    let print = request.cookie(session::challenge_name(&app.settings)).map(|c| fingerprint(c.value()));
    let Some(print) = print else { return Ok(see_other("/sign-in")) };
    let Some((id, next)) = sessions::challenge(&app.pool, &print, now).await? else {
        return Ok(see_other("/sign-in"));
    };
    limit(app, Act::Code, machine(&request, app.settings.trust_proxy), &id.to_string()).await?;
    let mut db = app.pool.begin().await?;
    let Some(customer) = store::by_id(&mut db, id).await? else { return Ok(see_other("/sign-in")) };
    let factor = factor::of(app, id).await?;
    let origin = Origin::of(&request, &app.settings);
    if !accept(&reader, &mut db, &customer, factor.as_ref(), &input.code, &origin).await? {
        return page(&reader, Some(text(reader.lang(), "code_wrong").to_owned())).await;
    }
    // Of two at once, one gets the session.
    if !sessions::end_challenge(&mut db, &print).await? {
        return Ok(see_other("/sign-in"));
    }
    let cookie = session::begin(&reader, &request, &mut db, &customer).await?;
    db.commit().await?;
    app.limits.forget(&app.pool, Act::Code, &id.to_string()).await?;
    let mut response = see_other(local_path(&next));
    let _ = response.add_cookie(&cookie);
    let _ = response.add_cookie(&session::no_challenge(&app.settings));
    Ok(response)
}

/// Whether this is a code that the customer may use now; it is used up with the transaction.
///
/// # Errors
/// Postgres fails.
pub async fn accept(
    reader: &Reader,
    db: &mut PgConnection,
    customer: &Customer,
    factor: Option<&Opened>,
    code: &str,
    origin: &Origin,
) -> Result<bool, Error> {
    let shown = factor.and_then(|factor| Some((factor, totp::step(&factor.secret, code, reader.now)?)));
    if let Some((factor, step)) = shown {
        if !second::take_step(db, customer.id, step).await? {
            return Ok(false);
        }
        factor::renew(&reader.app, db, customer.id, factor).await?;
        return Ok(true);
    }
    let Some(print) = totp::recovery_fingerprint(code) else { return Ok(false) };
    if !second::take_code(db, customer.id, &print).await? {
        return Ok(false);
    }
    event::record(db, &reader.app, customer, &Event::RecoveryUsed, origin, reader.now).await?;
    Ok(true)
}

async fn page(reader: &Reader, problem: Option<String>) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    let form = Form {
        lead: text(lang, "code_lead").to_owned(),
        more: String::new(),
        action: "/sign-in/code",
        button: text(lang, "sign_in_button"),
        hidden: Vec::new(),
        fields: vec![Field::code(lang)],
        links: vec![("/sign-in", text(lang, "code_back"))],
    };
    form::page(reader, "code_title", form, problem).await
}
