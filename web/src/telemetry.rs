//! What the site counts of itself, and `/metrics`, where Prometheus reads it.
//!
//! [`observe`]: every request by its route, and refusing those that are too many. [`readings`]: how fresh, whole, good and
//! paid for the published is, read when it is asked for. [`store`]: all SQL.

pub mod observe;
pub mod readings;
pub mod store;

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL};
use actix_web::{HttpRequest, HttpResponse, web};
use cloud::telemetry;

use crate::app::{Guard, Route, get};
use crate::billing::alarm;
use crate::error::Error;
use crate::state::App;

/// The routes.
pub static ROUTES: &[Route] = &[get("/metrics", Guard::Internal, |r| r.to(metrics))];

/// `GET /metrics`: for this machine itself, or for who shows the token.
///
/// # Errors
/// The caller is neither.
pub async fn metrics(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let headers = request.headers();
    let proxied = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
    let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let peer = request.peer_addr().map(|address| address.ip());
    if !telemetry::may_read(peer, proxied, shown) {
        return Err(Error::Refused("metrics are for this machine and for who has the token"));
    }
    alarm::stand();
    // Without Postgres the counts of requests are the more needed.
    if let Err(error) = readings::take(&app).await {
        tracing::warn!(%error, "what is published is not read");
    }
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(telemetry::render()))
}
