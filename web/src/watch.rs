//! Watchlists and saved views: what one customer wants to see first and come back to.
//!
//! - [`lists`]: the page of watchlists and the forms on it. [`button`]: the one on an asset's page.
//! - [`home`]: the front page's part. [`views`]: saved views. [`store`]: all SQL of it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use crate::app::{Guard, Route, get, post};
use crate::error::Error;
use crate::site::failure::Explained;
use crate::site::page;
use crate::site::reader::Reader;
use crate::text::text;

pub mod button;
pub mod home;
pub mod lists;
pub mod store;
pub mod views;

/// The routes of watchlists and saved views.
pub static ROUTES: &[Route] = &[
    get("/watchlists", Guard::SignedIn, |r| r.to(lists::page)),
    post("/watchlists", Guard::SignedIn, |r| r.to(lists::create)),
    post("/watchlists/{id}", Guard::SignedIn, |r| r.to(lists::change)),
    post("/watchlists/{id}/assets", Guard::SignedIn, |r| r.to(lists::change_asset)),
    post("/watch", Guard::SignedIn, |r| r.to(button::press)),
    post("/account/views", Guard::SignedIn, |r| r.to(views::save)),
    post("/account/views/{id}/delete", Guard::SignedIn, |r| r.to(views::delete)),
];

/// Longest name of a list or view, in characters.
pub const NAME_CHARS: usize = 80;

/// A page that says why a form was refused.
///
/// # Errors
/// Postgres fails.
pub(crate) async fn refused(reader: &Reader, why: &'static str) -> Result<HttpResponse, Error> {
    let (edition, lang) = (reader.app.edition().await?, reader.lang());
    let mut context = page::context(reader, &edition, text(lang, "error_400_title"));
    context.insert("says", text(lang, why));
    context.insert("status", &400);
    let mut response = page::render(&reader.app, "error.html", &context)?;
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.extensions_mut().insert(Explained);
    Ok(response)
}

/// A name as it is kept: one line, trimmed; `None` where nothing is left or it is too long.
pub fn name(typed: &str) -> Option<String> {
    let spaced: String = typed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let name = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.is_empty() && name.chars().count() <= NAME_CHARS).then_some(name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_one_line() {
        for (typed, kept) in [
            (" My  list ", Some("My list")),
            ("a\r\nBcc: x\0", Some("a Bcc: x")),
            ("<b>bold</b>", Some("<b>bold</b>")),
            (" \t", None),
            ("", None),
        ] {
            assert_eq!(super::name(typed).as_deref(), kept, "{typed:?}");
        }
        assert_eq!(super::name(&"ñ".repeat(80)), Some("ñ".repeat(80)));
        assert_eq!(super::name(&"ñ".repeat(81)), None);
    }
}
