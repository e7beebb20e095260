//! The page that says how we work, and the answers to those who watch over us.

use actix_web::{HttpResponse, web};

use super::page;
use super::reader::Reader;
use crate::error::Error;
use crate::state::App;
use crate::text::text;

/// `GET /methodology`
///
/// # Errors
/// Postgres fails.
pub async fn methodology(reader: Reader) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let context = page::context(&reader, &edition, text(reader.lang(), "methodology_title"));
    page::render(&reader.app, "methodology.html", &context)
}

/// `GET /healthz`: the process answers.
pub async fn healthy() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "ok" }))
}

/// `GET /readyz`: the process and its database answer.
///
/// # Errors
/// Postgres does not answer.
pub async fn ready(app: web::Data<App>) -> Result<HttpResponse, Error> {
    let edition = app.edition().await?;
    let slot = edition.publication.as_ref().map(|p| p.slot.clone());
    let body = serde_json::json!({ "status": "ready", "slot": slot });
    Ok(HttpResponse::Ok().json(body))
}
