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

/// The page for a request that cannot be answered as it stands; `says` is what the reader is told.
///
/// # Errors
/// The template is broken.
pub fn page(
    reader: &Reader,
    edition: &Edition,
    status: StatusCode,
    says: &str,
) -> Result<HttpResponse, Error> {
    let title = match status {
        StatusCode::FORBIDDEN => "error_403_title",
        StatusCode::NOT_FOUND => "error_404_title",
        _ => "error_400_title",
    };
    let mut context = page::context(reader, edition, text(reader.lang(), title));
    context.insert("says", says);
    context.insert("status", &status.as_u16());
    let path = reader.looks.path.split('?').next().unwrap_or("/");
    context.insert("back", path);
    // What was asked for is not repeated in the footer's form: it may be very long.
    context.insert("path", path);
    let body = reader.app.templates.render("error.html", &context)?;
    let mut response = HttpResponse::build(status).content_type("text/html; charset=utf-8").body(body);
    response.extensions_mut().insert(Explained);
    Ok(response)
}
