//! Server-sent events: that a slot was published, for programs (`/api/v1/events`) and for the site's pages (`/events`).
//!
//! Publishing notifies Postgres in its own transaction; the [`hub`] of every instance listens there and passes on what is
//! new. [`store`]: all SQL.

pub mod hub;
pub mod store;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING};
use actix_web::{HttpRequest, HttpResponse};

use crate::api::caller::call;
use crate::api::operation::EVENTS;
use crate::api::problem::Problem;
use crate::app::{Guard, Route, get};
use crate::error::Error;
use crate::site::reader::SignedIn;
use crate::state::App;

use hub::Full;

/// The routes.
pub static ROUTES: &[Route] = &[get("/events", Guard::Stream, |r| r.to(for_pages))];

/// `GET /events`: for the pages of who is signed in.
///
/// # Errors
/// Not signed in, too many streams, or Postgres fails.
pub async fn for_pages(request: HttpRequest, signed_in: SignedIn) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    // A page that was not in front for a while hears at once of the newest slot.
    let newest = reader.app.edition().await?.publication.as_ref().map(|publication| publication.id - 1);
    match open(&reader.app, &request, account.id, newest).await? {
        Ok(response) => Ok(response),
        Err(Full) => Err(Error::TooMany),
    }
}

/// `GET /api/v1/events`: for programs.
pub async fn for_programs(request: HttpRequest) -> HttpResponse {
    call(request, &EVENTS, async |caller| {
        match open(&caller.app, &caller.request, caller.customer_id, None).await? {
            Ok(response) => Ok(response),
            Err(Full) => {
                let detail = format!("At most {} streams of a customer may be open.", hub::STREAMS);
                Err(Problem::new("too_many_streams", detail).retry_after(60))
            }
        }
    })
    .await
}

/// A stream that goes on after the event that the request names, or else after `since`.
async fn open(
    app: &App,
    request: &HttpRequest,
    customer_id: i64,
    since: Option<i64>,
) -> Result<Result<HttpResponse, Full>, Error> {
    let last = request.headers().get("last-event-id").and_then(|value| value.to_str().ok());
    // What is not one of our ids is no position.
    let last = last.and_then(|id| id.parse().ok()).filter(|id| *id >= 0).or(since);
    let stream = match app.hub.subscribe(customer_id, last).await? {
        Ok(stream) => stream,
        Err(full) => return Ok(Err(full)),
    };
    Ok(Ok(HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header((CACHE_CONTROL, "private, no-store"))
        // Named, so that nothing collects events in order to compress them.
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream)))
}
