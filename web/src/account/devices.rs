//! Where one is signed in, and ending it.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::event::{self, Event};
use super::recent::Recent;
use crate::auth::form::see_other;
use crate::auth::origin::device_words;
use crate::auth::session;
use crate::auth::store::sessions::{self, SessionRow};
use crate::error::Error;
use crate::format;
use crate::site::page;
use crate::site::reader::SignedIn;
use crate::text::{Lang, text};

/// What the form sends.
#[derive(Deserialize)]
pub struct End {
    id: i64,
}

#[derive(Debug, Serialize)]
struct Shown {
    id: i64,
    device: String,
    address: String,
    began: String,
    seen: String,
    current: bool,
}

/// `GET /account/devices`
///
/// # Errors
/// Not signed in, or Postgres fails.
pub async fn list(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let (edition, lang) = (reader.app.edition().await?, reader.lang());
    let rows = sessions::list(&reader.app.pool, account.id, reader.now).await?;
    let shown: Vec<Shown> = rows.into_iter().map(|row| shown(row, account.session, lang)).collect();
    let mut context = page::context(&reader, &edition, text(lang, "devices_title"));
    context.insert("devices", &shown);
    page::render(&reader.app, "account/devices.html", &context)
}

fn shown(row: SessionRow, current: i64, lang: Lang) -> Shown {
    Shown {
        id: row.id,
        device: device_words(&row.agent, lang),
        address: if row.address.is_empty() { format::MISSING.to_owned() } else { row.address },
        began: format::instant(row.created_at, lang),
        seen: format::instant(row.seen_at, lang),
        current: row.id == current,
    }
}

/// `POST /account/devices/end`: one of them. Another's is not told from one that never was.
///
/// # Errors
/// Not signed in, the password was not shown lately, or Postgres fails.
pub async fn end(recent: Recent, form: web::Form<End>) -> Result<HttpResponse, Error> {
    let reader = &recent.reader;
    let mut db = reader.app.pool.begin().await?;
    if sessions::end(&mut db, recent.account.id, form.id).await? {
        let customer = recent.customer(&mut db).await?;
        event::record(&mut db, &reader.app, &customer, &Event::SessionsEnded, &recent.origin, reader.now)
            .await?;
    }
    db.commit().await?;
    Ok(see_other("/account/devices"))
}

/// `POST /account/devices/end-all`: everywhere, here too.
///
/// # Errors
/// Not signed in, the password was not shown lately, or Postgres fails.
pub async fn end_all(recent: Recent) -> Result<HttpResponse, Error> {
    let reader = &recent.reader;
    let mut db = reader.app.pool.begin().await?;
    sessions::end_all(&mut db, recent.account.id, None).await?;
    let customer = recent.customer(&mut db).await?;
    event::record(&mut db, &reader.app, &customer, &Event::SessionsEnded, &recent.origin, reader.now).await?;
    db.commit().await?;
    let mut response = see_other("/sign-in");
    let _ = response.add_cookie(&session::no_cookie(&reader.app.settings));
    Ok(response)
}
