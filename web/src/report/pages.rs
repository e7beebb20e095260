//! `GET /account/reports/{week}.pdf`: a customer's own report of a week.

use actix_web::{HttpResponse, web};

use super::content::{self, Reader};
use super::pdf;
use super::week::Week;
use crate::error::Error;
use crate::site::reader::SignedIn;

/// `GET /account/reports/{week}.pdf`
///
/// # Errors
/// There is no such week or it has not begun, Postgres fails, or the site was built without fonts.
pub async fn pdf(signed_in: SignedIn, week: web::Path<String>) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let week = Week::parse(&week).filter(|week| week.starts_at() < reader.now).ok_or(Error::NotFound)?;
    let edition = reader.app.edition().await?;
    let settings = super::store::settings(&reader.app.pool, account.id).await?;
    let chosen = settings.and_then(|settings| crate::text::Lang::parse(&settings.language));
    let lang = chosen.unwrap_or_else(|| reader.lang());
    let for_whom = Reader { customer_id: account.id, who: &account.who, lang };
    let sandbox = reader.app.settings.sandbox_data;
    let report = content::compose(&reader.app.pool, &edition, &for_whom, week, sandbox, reader.now).await?;
    let bytes = web::block(move || pdf::render(&report)).await;
    let bytes = bytes.map_err(|e| Error::Unavailable(anyhow::anyhow!("the thread pool: {e}")))?;
    let bytes = bytes.map_err(|e| Error::Unavailable(anyhow::Error::new(e)))?;
    let name = format!("inline; filename=\"quarterday-{}.pdf\"", week.name());
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header(("content-disposition", name))
        .body(bytes))
}
