//! The market's mood as JSON: what its chart reads.

use actix_web::{HttpResponse, web};
use domain::Feature;
use serde_json::json;

use super::asked::{Asked, Query};
use super::market::series;
use crate::error::Error;
use crate::market::scope::Scope;
use crate::site::reader::Reader;
use crate::text::{Lang, text};

/// `GET /api/sentiment?days=`: the market's mood slot by slot, as far as the caller sees back.
///
/// # Errors
/// The query asks for what there is not, or Postgres fails.
pub async fn market(reader: Reader, query: web::Query<Query>) -> Result<HttpResponse, Error> {
    let asked = Asked::parse(&query).map_err(|key| Error::BadRequest(text(Lang::En, key).to_owned()))?;
    let edition = reader.app.edition().await?;
    let scope = Scope::of(&edition, reader.who(), Feature::Sentiment, reader.now);
    let publication = edition.publication.as_ref();
    let points = series(&reader.app, &edition, scope.access, asked.days).await?;
    Ok(HttpResponse::Ok().json(json!({
        "slot": publication.map(|p| p.slot.as_str()),
        "as_of": publication.map(|p| p.closes_at.to_rfc3339()),
        "points": points,
    })))
}
