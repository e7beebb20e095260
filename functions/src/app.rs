//! The routes: `/push/<topic>` for what the bus pushes, `/value-at-risk` and `/value-at-risk/worker` for the site, `/healthz`,
//! `/metrics` for whoever watches.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, HttpResponse, HttpServer, error, web};
use anyhow::Context as _;
use cloud::caller::{CallerCheck, Refusal};
use cloud::push::{self, Push};
use cloud::{telemetry, trace};
use domain::Slot;
use domain::message::Topic;
use domain::trace::TraceParent;
use ledger::store::dead_letters;

use crate::handlers::{Answer, handle};
use crate::metrics;
use crate::orchestrator::Orchestrator;
use crate::value_at_risk;

/// Pub/Sub's largest message is 10 MB, which base64 and the envelope make longer. What is larger than any message of ours
/// is refused with a reason; what could not even be read would be delivered for ever.
const LARGEST_BODY: usize = 15 << 20;
/// The largest message that any of ours can be, base64.
const LARGEST_DATA: usize = 256 << 10;

/// A server, and its address. `check` says who may push, `site` who may ask for a computation.
///
/// # Errors
/// The port is taken.
pub fn server(
    orchestrator: Orchestrator,
    (check, site): (CallerCheck, CallerCheck),
    bind: IpAddr,
    port: u16,
) -> anyhow::Result<(Server, SocketAddr)> {
    let (state, check, site) = (web::Data::new(orchestrator), Arc::new(check), Arc::new(site));
    let app = move || {
        let (check, site, lab) = (check.clone(), site.clone(), site.clone());
        App::new()
            .app_data(state.clone())
            .app_data(web::PayloadConfig::new(LARGEST_BODY))
            .wrap(from_fn(observe))
            .route("/healthz", web::get().to(HttpResponse::NoContent))
            .route("/metrics", web::get().to(metrics::metrics))
            .service(
                web::resource("/push/{topic}")
                    .wrap(from_fn(move |request, next| check_caller(check.clone(), request, next)))
                    .route(web::post().to(take_push)),
            )
            .service(
                value_at_risk::worker::resource()
                    .wrap(from_fn(move |request, next| check_caller(lab.clone(), request, next))),
            )
            .service(
                value_at_risk::resource()
                    .wrap(from_fn(move |request, next| check_caller(site.clone(), request, next))),
            )
    };
    let server = HttpServer::new(app).tcp_nodelay(true).workers(2).bind((bind, port));
    let server = server.with_context(|| format!("port {port} is taken: choose another"))?;
    let address = server.addrs()[0];
    Ok((server.run(), address))
}

async fn take_push(
    orchestrator: web::Data<Orchestrator>,
    topic: web::Path<String>,
    body: web::Bytes,
) -> HttpResponse {
    let Some(topic) = Topic::parse(&topic) else {
        return HttpResponse::NotFound().body(format!("there is no topic {topic}"));
    };
    let push = match push::envelope(&body) {
        Ok(push) => push,
        Err(error) => {
            tracing::error!(%error, topic = topic.as_str(), "push refused");
            return HttpResponse::BadRequest().body(error.to_string());
        }
    };
    // A task of its own: a bus that hangs up does not end what has begun.
    match tokio::spawn(take(orchestrator.into_inner(), topic, push)).await {
        Ok(Answer::Done) => HttpResponse::NoContent().finish(),
        Ok(Answer::Refused(reason)) => HttpResponse::BadRequest().body(reason),
        Ok(Answer::Later(_)) | Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

async fn take(orchestrator: Arc<Orchestrator>, topic: Topic, push: Push) -> Answer {
    let parent = trace_of(&push);
    trace::within(parent, take_within(orchestrator, topic, push)).await
}

/// The trace of the slot that a message is about; else the one that the message names.
fn trace_of(push: &Push) -> TraceParent {
    #[derive(serde::Deserialize)]
    struct About {
        slot: Slot,
    }
    match push::content::<About>(&push.message) {
        Ok(about) => trace::of_slot(about.slot),
        Err(_) => trace::of_message(&push.message),
    }
}

/// Counts requests by their route.
async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let (begun, method) = (std::time::Instant::now(), request.method().as_str().to_owned());
    let response = next.call(request).await?;
    let route = response.request().match_pattern().unwrap_or_else(|| "(none)".to_owned());
    telemetry::answered(&route, &method, response.status().as_u16(), begun.elapsed());
    Ok(response)
}

async fn take_within(orchestrator: Arc<Orchestrator>, topic: Topic, push: Push) -> Answer {
    let answer = if push.message.data.len() > LARGEST_DATA {
        Answer::Refused(format!("{} bytes are more than any message has", push.message.data.len()))
    } else {
        handle(&orchestrator, topic, &push.message, push.short_subscription()).await
    };
    keep(&orchestrator, topic, &push, &answer).await;
    answer
}

/// Keeps why a message was not taken, for the day when it is a dead letter; forgets it when it was.
async fn keep(orchestrator: &Orchestrator, topic: Topic, push: &Push, answer: &Answer) {
    let (id, subscription) = (push.message.message_id.as_str(), push.short_subscription());
    let reason = match answer {
        Answer::Done => None,
        Answer::Refused(reason) => {
            tracing::error!(reason, topic = topic.as_str(), message_id = id, "message refused");
            Some(format!("refused: {reason}"))
        }
        Answer::Later(error) => {
            tracing::warn!(
                error = format!("{error:#}"),
                topic = topic.as_str(),
                "message to be delivered again"
            );
            Some(format!("failed: {error:#}"))
        }
    };
    let kept = match reason {
        None => dead_letters::taken(&orchestrator.pool, id, subscription).await,
        Some(reason) => {
            let data = push::data(&push.message).unwrap_or_default();
            dead_letters::note(&orchestrator.pool, id, subscription, &data, &reason, orchestrator.now()).await
        }
    };
    if let Err(error) = kept {
        tracing::warn!(%error, "the reason could not be kept");
    }
}

async fn check_caller(
    check: Arc<CallerCheck>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    match check.check(header).await {
        Ok(()) => next.call(request).await,
        Err(Refusal::Unauthorized(reason)) => {
            tracing::warn!(reason, path = request.path(), "caller refused");
            Err(error::ErrorUnauthorized(reason))
        }
        Err(Refusal::Unavailable(reason)) => {
            tracing::error!(reason, "callers cannot be checked");
            Err(error::ErrorServiceUnavailable(reason))
        }
    }
}
