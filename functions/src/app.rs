//! The routes: one endpoint a topic, `/push/<topic>`, and `/healthz`.

use std::future::Future;
use std::net::SocketAddr;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, HttpResponse, HttpServer, error, web};
use anyhow::Context as _;
use domain::message::Topic;
use secrecy::{ExposeSecret, SecretString};

use crate::orchestrator::Orchestrator;
use crate::{finished, heartbeat, slot_due, watchdog};

/// What a handler came to. The answer tells the bus whether to deliver again.
pub enum Answer {
    /// Done, or nothing to do: acknowledged.
    Done,
    /// The message can never be understood: refused until it is a dead letter.
    Refused(String),
    /// Something failed that may work later: delivered again.
    Later(anyhow::Error),
}

/// A server on loopback, and its address.
///
/// # Errors
/// The port is taken.
pub fn server(
    orchestrator: Orchestrator,
    token: SecretString,
    port: u16,
) -> anyhow::Result<(Server, SocketAddr)> {
    let state = web::Data::new(orchestrator);
    let app = move || {
        let expected = web::Data::new(format!("Bearer {}", token.expose_secret()));
        App::new()
            .app_data(state.clone())
            .app_data(expected)
            .app_data(web::PayloadConfig::new(1 << 20))
            .route("/healthz", web::get().to(HttpResponse::NoContent))
            .service(
                web::scope("/push")
                    .wrap(from_fn(check_caller))
                    .route(
                        &path(Topic::SlotDue),
                        web::post().to(|s: State, body| answer(slot_due::handle(s, body))),
                    )
                    .route(
                        &path(Topic::CollectFinished),
                        web::post().to(|s: State, body| answer(finished::handle(s, body))),
                    )
                    .route(
                        &path(Topic::SplitFinished),
                        web::post().to(|s: State, body| answer(finished::handle(s, body))),
                    )
                    .route(
                        &path(Topic::PredictFinished),
                        web::post().to(|s: State, body| answer(finished::handle(s, body))),
                    )
                    .route(
                        &path(Topic::Published),
                        web::post().to(|s: State, body| answer(finished::handle(s, body))),
                    )
                    .route(
                        &path(Topic::Heartbeat),
                        web::post().to(|s: State, body| answer(heartbeat::handle(s, body))),
                    )
                    .route(
                        &path(Topic::Watchdog),
                        web::post().to(|s: State, body| answer(watchdog::handle(s, body))),
                    ),
            )
    };
    let server = HttpServer::new(app).workers(2).bind(("127.0.0.1", port));
    let server = server.with_context(|| format!("port {port} is taken: choose another"))?;
    let address = server.addrs()[0];
    Ok((server.run(), address))
}

/// What handlers share.
pub type State = web::Data<Orchestrator>;

fn path(topic: Topic) -> String {
    format!("/{}", topic.as_str())
}

async fn answer(handled: impl Future<Output = Answer>) -> HttpResponse {
    match handled.await {
        Answer::Done => HttpResponse::NoContent().finish(),
        Answer::Refused(reason) => {
            tracing::error!(reason, "message refused");
            HttpResponse::BadRequest().body(reason)
        }
        Answer::Later(error) => {
            tracing::warn!(error = format!("{error:#}"), "message to be delivered again");
            HttpResponse::ServiceUnavailable().finish()
        }
    }
}

async fn check_caller(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let expected = request.app_data::<web::Data<String>>().map(|text| text.as_str().to_owned());
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if expected.is_none() || header != expected.as_deref() {
        return Err(error::ErrorUnauthorized("the push carries no valid bearer"));
    }
    next.call(request).await
}
