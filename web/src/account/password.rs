//! Another password: the present one, the new one, and everybody else who is signed in no longer is.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::event::{self, Event};
use super::recent::{Recent, customer};
use crate::auth::form::{self, Field, Form, blocking, see_other};
use crate::auth::limit::{Act, limit, machine};
use crate::auth::store::{self, sessions, tokens};
use crate::auth::{password, session};
use crate::error::Error;
use crate::site::reader::SignedIn;
use crate::text::text;

/// What the form sends.
#[derive(Deserialize)]
pub struct Sent {
    present: String,
    password: String,
}

/// `GET /account/password`
///
/// # Errors
/// Not signed in, or Postgres fails.
pub async fn ask(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    page(&signed_in.reader, None).await
}

/// `POST /account/password`
///
/// # Errors
/// Not signed in, the password was not shown lately, too many tries, or Postgres fails.
pub async fn change(
    request: HttpRequest,
    recent: Recent,
    input: web::Form<Sent>,
) -> Result<HttpResponse, Error> {
    let Sent { present, password } = input.into_inner();
    let Recent { reader, account, origin } = recent;
    let (app, now) = (&reader.app, reader.now);
    let machine = machine(&request, app.settings.trust_proxy);
    limit(app, Act::Password, machine, &format!("again {}", account.id)).await?;
    let mut db = app.pool.begin().await?;
    let customer = customer(&mut db, &account).await?;
    let hash = customer.password_hash.clone();
    if !blocking(move || password::verify(&present, Some(&hash))).await? {
        return page(&reader, Some(text(reader.lang(), "again_wrong").to_owned())).await;
    }
    let hash = match form::new_hash(&reader, password, customer.email.clone()).await? {
        Ok(hash) => hash,
        Err(problem) => return page(&reader, Some(problem)).await,
    };
    store::set_password(&mut db, account.id, &hash).await?;
    // Whoever knew the old one is out, and what was begun with it ends.
    sessions::end_all(&mut db, account.id, None).await?;
    tokens::drop_all(&mut db, account.id).await?;
    event::record(&mut db, app, &customer, &Event::PasswordChanged, &origin, now).await?;
    let cookie = session::begin(&reader, &request, &mut db, &customer).await?;
    db.commit().await?;
    let mut response = see_other("/account");
    let _ = response.add_cookie(&cookie);
    Ok(response)
}

async fn page(reader: &crate::site::reader::Reader, problem: Option<String>) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    let present = Field { name: "present", label: text(lang, "field_present"), ..Field::password(lang) };
    let new = Field { label: text(lang, "field_new_password"), ..Field::new_password(lang) };
    let form = Form {
        lead: text(lang, "password_lead").to_owned(),
        more: String::new(),
        action: "/account/password",
        button: text(lang, "password_button"),
        hidden: Vec::new(),
        fields: vec![present, new],
        links: vec![("/account", text(lang, "account_back"))],
    };
    form::page(reader, "password_title", form, problem).await
}
