//! How an answer goes out, and what faults do to it on its way.

use std::any::Any;

use actix_web::http::StatusCode;
use actix_web::rt::net::TcpStream;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, dev::Extensions, web};
use anyhow::Result;
use socket2::{SockRef, Socket};

use super::bodies::{Broken, Dripping, Padded};
use super::gzip;
use crate::clock::Reading;
use crate::fault::Settings;
use crate::fault::kind::Transport;
use crate::moment::{Micros, SECOND, http_date};
use crate::wire::Answer;

/// What a long body holds beside the answer, unless the plan says otherwise.
const GIBIBYTE: u64 = 1 << 30;
/// Any number below this in a header is no instant.
const FIRST_INSTANT_S: i64 = 1_000_000_000;

/// The connection that a request came on, to end it before its time.
struct Connection(Socket);

/// Keeps a handle on each connection.
pub(super) fn keep(stream: &dyn Any, connection: &mut Extensions) {
    if let Some(stream) = stream.downcast_ref::<TcpStream>()
        && let Ok(socket) = SockRef::from(stream).try_clone()
    {
        connection.insert(Connection(socket));
    }
}

/// The pages that faults redirect to.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/_loop/{step}", web::get().to(next_step))
        .route("/_consent", web::get().to(|| async { page("Before you continue", CONSENT) }));
}

const CONSENT: &str = "<form method=\"post\" action=\"/_consent\"><p>We and our partners would like to store cookies on this device.</p><button>Accept all</button><button>Reject all</button></form>";
const GUARD: &str = "<noscript>Enable JavaScript and cookies to continue</noscript><p>Checking that this connection is safe.</p>";

fn page(title: &str, content: &str) -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=UTF-8").body(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>{title}</title></head><body>{content}</body></html>"
    ))
}

async fn next_step(step: web::Path<String>) -> HttpResponse {
    redirect(if step.as_str() == "1" { "/_loop/2" } else { "/_loop/1" })
}

fn redirect(to: &str) -> HttpResponse {
    HttpResponse::Found().insert_header(("location", to)).finish()
}

/// Sends an answer, by a fault of transport if one strikes.
pub(super) fn respond(
    answer: Answer,
    fault: Option<(Transport, &Settings)>,
    clock: Reading,
    http: &HttpRequest,
) -> HttpResponse {
    let Some((kind, settings)) = fault else { return send(answer, clock.now) };
    match kind {
        // The delay came before the answer was made.
        Transport::Slow => send(answer, clock.now),
        Transport::CutConnection => {
            let (mut head, body) = parts(answer, clock.now);
            head.body(Broken::new(body))
        }
        Transport::Drip => {
            let (mut head, body) = parts(answer, clock.now);
            plain(&mut head).body(Dripping::new(body, settings.ms.unwrap_or(1000)))
        }
        Transport::BigBody => {
            let (mut head, body) = parts(answer, clock.now);
            plain(&mut head).body(Padded::new(settings.bytes.unwrap_or(GIBIBYTE), body))
        }
        Transport::TruncatedGzip => packed(answer, clock.now, gzip::truncated),
        Transport::GzipBomb => {
            let bytes = settings.bytes.unwrap_or(GIBIBYTE);
            packed(answer, clock.now, |body| gzip::bomb(bytes, body))
        }
        Transport::Reset => {
            if let Some(Connection(socket)) = http.conn_data::<Connection>() {
                // What is still unsent is thrown away, and the rest of the conversation is answered with a reset.
                let _ = socket.set_linger(Some(std::time::Duration::ZERO));
                let _ = socket.shutdown(std::net::Shutdown::Both);
            }
            send(answer, clock.now)
        }
        Transport::RedirectLoop => redirect("/_loop/1"),
        Transport::RedirectConsent => redirect("/_consent"),
        Transport::Html200 => page("Just a moment...", GUARD),
        Transport::DateSkew => {
            let skew = settings.minutes.unwrap_or(10) * 60 * SECOND;
            send(shifted(answer, skew), clock.now + skew)
        }
        Transport::WrongContentType => send(mislabelled(answer), clock.now),
        Transport::EmptyBody => send(Answer { body: Vec::new(), ..answer }, clock.now),
        Transport::MalformedJson => send(cut_in_two(answer), clock.now),
    }
}

fn send(answer: Answer, now: Micros) -> HttpResponse {
    let (mut head, body) = parts(answer, now);
    head.body(body)
}

fn parts(answer: Answer, now: Micros) -> (HttpResponseBuilder, Vec<u8>) {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut head = HttpResponse::build(status);
    for (name, value) in answer.headers {
        head.append_header((name, value));
    }
    // The server's date is the world's, so that clients which judge windows by it agree with the clock.
    head.insert_header(("date", http_date(now)));
    (head, answer.body)
}

/// Keeps the server from packing the body.
fn plain(head: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    head.insert_header(("content-encoding", "identity"))
}

fn packed(answer: Answer, now: Micros, pack: impl FnOnce(&[u8]) -> Result<Vec<u8>>) -> HttpResponse {
    let (mut head, body) = parts(answer, now);
    match pack(&body) {
        Ok(stream) => head.insert_header(("content-encoding", "gzip")).body(stream),
        Err(error) => HttpResponse::InternalServerError().body(format!("the sandbox cannot pack: {error}")),
    }
}

/// Instants in headers, as a server with another clock would state them.
fn shifted(mut answer: Answer, skew: Micros) -> Answer {
    for (name, value) in &mut answer.headers {
        if let Some(at) =
            value.parse::<i64>().ok().filter(|at| name.ends_with("reset") && *at >= FIRST_INSTANT_S)
        {
            *value = (at + skew / SECOND).to_string();
        }
    }
    answer
}

fn mislabelled(mut answer: Answer) -> Answer {
    for (name, value) in &mut answer.headers {
        if *name == "content-type" {
            let label =
                if value.contains("html") { "application/octet-stream" } else { "text/html; charset=utf-8" };
            *value = label.to_owned();
        }
    }
    answer
}

/// Drops the second half of the body, at a character's edge.
fn cut_in_two(mut answer: Answer) -> Answer {
    let half = answer.body.len() / 2;
    let edge = (0..=half).rev().find(|at| answer.body.get(*at).is_none_or(|b| b & 0xC0 != 0x80)).unwrap_or(0);
    answer.body.truncate(edge);
    answer
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_cut_body_is_no_json() {
        let answer = cut_in_two(Answer::json(200, &json!({"text": "ééééé"})));
        assert!(std::str::from_utf8(&answer.body).is_ok());
        assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
    }

    #[test]
    fn a_skewed_server_states_its_limits_by_its_own_clock() {
        let answer = Answer::text(200, "a/b", "")
            .with("x-rate-limit-reset", 1_700_000_000)
            .with("x-ratelimit-reset", 55)
            .with("retry-after", 9);
        let answer = shifted(answer, -60 * SECOND);
        let values: Vec<&str> = answer.headers.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["a/b", "1699999940", "55", "9"]);
    }
}
