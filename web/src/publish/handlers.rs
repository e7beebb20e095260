//! The endpoint that the bus pushes `publish-due` to.

use std::sync::Arc;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};
use cloud::caller::{CallerCheck, Refusal};
use cloud::trace;
use domain::message::{PublishDue, StageFinished, Topic};
use domain::{Outcome, Stage};

use super::store::Published;
use super::{load, store};
use ledger::store::exclusions;

use crate::error::Error;
use crate::operations::preview::ledger;
use crate::state::App;

/// `POST /internal/publish`: publishes a slot and says so on the bus. Any number of deliveries do it once.
///
/// What a repetition cannot heal (no predictions, a damaged object) is announced as failed and acknowledged, so that the
/// ledger decides; what it can heal (Postgres or the bus is away) is refused, so that the bus delivers again.
///
/// # Errors
/// The caller is not the bus, the message is none, or a service is away.
pub async fn publish(
    app: web::Data<App>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Error> {
    check_caller(&request, app.settings.caller.as_deref()).await?;
    let (message, due): (_, PublishDue) =
        cloud::push::decode(&body).map_err(|e| Error::BadRequest(e.to_string()))?;
    // In the trace of the slot, whatever the message says of it: see `domain::trace`.
    let parent = trace::of_slot(due.slot);
    let named = trace::of_message(&message);
    tracing::debug!(same = named.trace == parent.trace, "a slot is to be published");
    trace::within(parent, take(app, due)).await
}

async fn take(app: web::Data<App>, due: PublishDue) -> Result<HttpResponse, Error> {
    let lake = app.lake.clone();
    let lake =
        lake.ok_or_else(|| Error::Unavailable(anyhow::anyhow!("no lake: set QUARTERDAY_LAKE or --lake")))?;
    let started = std::time::Instant::now();
    let left_out = exclusions::at(&app.pool, due.slot).await.map_err(ledger)?;
    let (outcome, message, done) = match load::load(&lake, due.slot, &left_out).await {
        Err(error) => (Outcome::Failed, format!("{error:#}"), None),
        Ok(batch) => {
            let published = store::store(&app.pool, &batch).await?;
            app.market.refresh().await;
            (Outcome::Succeeded, String::new(), Some(published))
        }
    };
    let elapsed_ms = started.elapsed().as_millis() as u64;
    match &done {
        Some(done) => {
            tracing::info!(slot = %due.slot, version = done.version(), new = done.is_new(), elapsed_ms, "published")
        }
        None => tracing::error!(slot = %due.slot, message, "not published"),
    }
    announce(&app, &due, outcome, message.clone()).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({
        "slot": due.slot,
        "outcome": outcome,
        "message": message,
        "version": done.as_ref().map(Published::version),
        "new": done.as_ref().is_some_and(Published::is_new),
        "elapsed_ms": elapsed_ms,
    })))
}

async fn announce(app: &App, due: &PublishDue, outcome: Outcome, message: String) -> Result<(), Error> {
    let Some(bus) = &app.bus else { return Ok(()) };
    let finished =
        StageFinished { slot: due.slot, stage: Stage::Publish, attempt: due.attempt, outcome, message };
    let sent =
        cloud::bus::publish(Arc::as_ref(bus), Topic::Published, &finished, &due.slot.to_string()).await;
    sent.map(|_| ()).map_err(|e| Error::Unavailable(anyhow::Error::new(e)))
}

/// Refuses who is not the bus.
///
/// # Errors
/// The caller is not the bus, or it cannot be found out.
pub async fn check_caller(request: &HttpRequest, check: Option<&CallerCheck>) -> Result<(), Error> {
    let check = check.ok_or(Error::Refused("no caller check is configured: set QUARTERDAY_CALLER_CHECK"))?;
    let shown = request.headers().get(AUTHORIZATION).and_then(|v| v.to_str().ok());
    match check.check(shown).await {
        Ok(()) => Ok(()),
        Err(Refusal::Unauthorized(reason)) => {
            tracing::warn!(reason, "caller refused");
            Err(Error::Refused("the caller is not the bus"))
        }
        Err(Refusal::Unavailable(reason)) => Err(Error::Unavailable(anyhow::anyhow!(reason))),
    }
}
