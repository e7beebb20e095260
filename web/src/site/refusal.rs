//! A page that refuses what was asked for and says what is accepted instead.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::failure::Explained;
use super::page;
use super::reader::Reader;
use crate::error::Error;
use crate::market::cache::Edition;
use crate::text::text;

/// The key of the text that says what is accepted.
pub type Accepted = &'static str;

/// The page for a request that cannot be answered as it stands.
///
/// # Errors
/// The template is broken.
pub fn page(
    reader: &Reader,
    edition: &Edition,
    status: StatusCode,
    accepted: Accepted,
) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    let title = if status == StatusCode::BAD_REQUEST { "error_400_title" } else { "error_403_title" };
    let mut context = page::context(reader, edition, text(lang, title));
    context.insert("says", text(lang, accepted));
    let path = reader.looks.path.split('?').next().unwrap_or("/");
    context.insert("back", path);
    // What was asked for is not repeated in the footer's form: it may be very long.
    context.insert("path", path);
    let body = reader.app.templates.render("sentiment/refused.html", &context)?;
    let mut response = HttpResponse::build(status).content_type("text/html; charset=utf-8").body(body);
    response.extensions_mut().insert(Explained);
    Ok(response)
}
