//! The page, or the JSON, that says what is accepted.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::params::Refused;
use crate::error::Error;
use crate::site::failure::Explained;
use crate::site::page;
use crate::site::reader::Reader;
use crate::text::{Lang, text};

/// The refusal as a page.
///
/// # Errors
/// Postgres fails.
pub async fn page(reader: &Reader, refused: &Refused) -> Result<HttpResponse, Error> {
    explained(reader, StatusCode::BAD_REQUEST, &refused.says(reader.lang())).await
}

/// A page with this status that says why.
///
/// # Errors
/// Postgres fails.
pub async fn explained(reader: &Reader, status: StatusCode, says: &str) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let title = if status == StatusCode::NOT_FOUND { "error_404_title" } else { "error_400_title" };
    let mut context = page::context(reader, &edition, text(reader.lang(), title));
    context.insert("says", says);
    context.insert("status", &status.as_u16());
    let mut response = page::render(&reader.app, "error.html", &context)?;
    *response.status_mut() = status;
    response.extensions_mut().insert(Explained);
    Ok(response)
}

/// The refusal as an error of the JSON interface.
pub fn json(refused: &Refused, lang: Lang) -> Error {
    Error::BadRequest(refused.says(lang))
}
