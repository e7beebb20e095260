//! Answers: rows in the format that was asked for, with an ETag, and not sent again to who has them.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{IF_NONE_MATCH, LINK};
use chrono::{DateTime, Utc};
use moka::future::Cache;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::caller::Caller;
use super::problem::Problem;
use super::rows::Row;
use crate::error::Error;
use crate::export::{self, Format};
use crate::market::store::Publication;

/// Answers kept in memory, in bytes.
const KEPT_BYTES: u64 = 32 << 20;
/// How long an answer may be kept: what was published never changes, but nobody asks for old slots for ever.
const KEPT: Duration = Duration::from_secs(3600);

/// A page of rows.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// The cursor of the next page; null: this is the last one.
    pub next: Option<String>,
    /// The slot whose publication the answer rests on; null: nothing has been published.
    pub slot: Option<String>,
    /// Its version.
    pub version: Option<i32>,
    /// As of when it holds.
    pub as_of: Option<DateTime<Utc>>,
}

/// What a publication says, ready to be sent: publication, asset, operation and format name it.
type Name = (i64, String, &'static str, Format);

/// Answers that follow from a publication alone, in memory.
pub struct Answers(Cache<Name, Arc<Ready>>);

/// An answer, ready to be sent.
pub struct Ready {
    body: Vec<u8>,
    etag: String,
}

impl Default for Answers {
    fn default() -> Self {
        let weigher =
            |_: &Name, ready: &Arc<Ready>| u32::try_from(ready.body.len() + 200).unwrap_or(u32::MAX);
        Self(Cache::builder().weigher(weigher).max_capacity(KEPT_BYTES).time_to_live(KEPT).build())
    }
}

/// Rows of a publication: made once for everybody who may see them, then taken from memory. Call it only after the
/// caller's access has been checked.
///
/// # Errors
/// The rows cannot be loaded or written.
pub async fn published<R, F>(
    caller: &Caller,
    publication: &Publication,
    symbol: &str,
    load: F,
) -> Result<HttpResponse, Problem>
where
    R: Row,
    F: Future<Output = sqlx::Result<Vec<R>>>,
{
    let name = (publication.id, symbol.to_owned(), caller.operation.id, caller.format);
    let ready = match caller.app.answers.0.get(&name).await {
        Some(ready) => ready,
        None => {
            let ready = Arc::new(ready(caller.format, load.await?, None, Some(publication))?);
            caller.app.answers.0.insert(name, Arc::clone(&ready)).await;
            ready
        }
    };
    Ok(send(caller, &ready, None))
}

/// A page of rows.
///
/// # Errors
/// The rows cannot be written.
pub fn page<R: Row>(caller: &Caller, rows: Vec<R>, next: Option<String>) -> Result<HttpResponse, Problem> {
    let ready = ready(caller.format, rows, next.clone(), caller.edition.publication.as_ref())?;
    Ok(send(caller, &ready, next.as_deref()))
}

/// One object.
///
/// # Errors
/// It cannot be written.
pub fn one<T: Serialize>(caller: &Caller, value: &T) -> Result<HttpResponse, Problem> {
    let body = serde_json::to_vec(value).map_err(unwritable)?;
    let etag = etag(&body);
    Ok(send(caller, &Ready { body, etag }, None))
}

fn ready<R: Row>(
    format: Format,
    data: Vec<R>,
    next: Option<String>,
    publication: Option<&Publication>,
) -> Result<Ready, Problem> {
    let body = match format {
        Format::Json => {
            let page = Page {
                data,
                next,
                slot: publication.map(|p| p.slot.clone()),
                version: publication.map(|p| p.version),
                as_of: publication.map(|p| p.closes_at),
            };
            serde_json::to_vec(&page).map_err(unwritable)?
        }
        Format::Csv => export::csv(R::COLUMNS, &data).map_err(Problem::from)?,
        Format::Parquet => tables::export::parquet(R::COLUMNS, &data).map_err(unwritable)?,
    };
    let etag = etag(&body);
    Ok(Ready { body, etag })
}

fn send(caller: &Caller, ready: &Ready, next: Option<&str>) -> HttpResponse {
    let request = &caller.request;
    let seen = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh =
        seen.is_some_and(|seen| seen.split(',').any(|tag| tag.trim() == ready.etag || tag.trim() == "*"));
    let mut response = if fresh { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(("etag", ready.etag.clone()))
        .insert_header(("cache-control", "private, no-cache"))
        .insert_header(("vary", "authorization, accept"));
    if let Some(next) = next {
        let (path, filters) = (request.path(), request.query_string());
        let kept: Vec<&str> =
            filters.split('&').filter(|p| !p.is_empty() && !p.starts_with("cursor=")).collect();
        let query = kept.into_iter().chain([]).fold(String::new(), |all, part| format!("{all}{part}&"));
        // What a caller wrote must not end the header's brackets.
        let link = format!("<{path}?{query}cursor={next}>; rel=\"next\"");
        response.insert_header((LINK, link.replace(['\r', '\n'], "")));
    }
    if fresh {
        return response.finish();
    }
    response.content_type(caller.format.media_type());
    if let Some(file) = caller.format.attachment(caller.operation.id) {
        response.insert_header(("content-disposition", file));
    }
    response.body(ready.body.clone())
}

/// Weak: the same values may travel compressed in several ways.
fn etag(body: &[u8]) -> String {
    format!("W/\"{}\"", hex::encode(&Sha256::digest(body)[..16]))
}

fn unwritable(error: impl std::error::Error + Send + Sync + 'static) -> Problem {
    Error::Internal(anyhow::Error::new(error).context("writing an answer")).into()
}
