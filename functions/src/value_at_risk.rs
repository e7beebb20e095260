//! `POST /value-at-risk`: one share of a Monte-Carlo simulation, for the site, which asks for all shares at the same time and
//! merges them.
//!
//! Body: `{"returns": [0.01, …], "confidence": 0.99, "horizon": 1, "simulations": 1000000, "seed": 42, "index": 0,
//! "shares": 8}`; `returns` daily, `horizon` in days, `simulations` of all shares together, `index` from 0. The answer is an
//! [`analytics::risk::Share`]; 400 says what is wrong with a body, 413 that it is longer than [`BODY_LIMIT_BYTES`].

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, Resource, web};
use analytics::risk::{self, RiskError};
use serde::Deserialize;

pub mod worker;

/// Where [`resource`] is.
pub const PATH: &str = "/value-at-risk";

/// Longest body.
pub const BODY_LIMIT_BYTES: usize = 1 << 20;

/// Most draws of one answer: at 17 bytes each, below the 32 MiB that Cloud Run lets pass.
const MOST_DRAWS: usize = 1_500_000;

/// What the body says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    returns: Vec<f64>,
    confidence: f64,
    horizon: u32,
    simulations: usize,
    seed: u64,
    index: u32,
    shares: u32,
}

/// Why there is no share.
#[derive(Debug)]
enum Refusal {
    Unreadable(serde_json::Error),
    Impossible(RiskError),
    TooMany(usize),
    OtherPrices { asked: String, used: String },
}

/// The endpoint. It lets every caller in: the check of callers goes around it.
pub fn resource() -> Resource {
    web::resource(PATH).app_data(web::PayloadConfig::new(BODY_LIMIT_BYTES)).route(web::post().to(handle))
}

async fn handle(body: web::Bytes) -> HttpResponse {
    // Reading a long body takes its time as well.
    match web::block(move || answer(&body)).await {
        Ok(Ok(json)) => HttpResponse::Ok().content_type("application/json").body(json),
        Ok(Err(refusal)) => refused(StatusCode::BAD_REQUEST, &refusal.to_string()),
        Err(_) => refused(StatusCode::SERVICE_UNAVAILABLE, "the computation was lost: ask again"),
    }
}

fn refused(status: StatusCode, reason: &str) -> HttpResponse {
    tracing::warn!(reason, "no share of a simulation");
    HttpResponse::build(status).json(serde_json::json!({ "error": reason }))
}

fn answer(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let Question { returns, confidence, horizon, simulations, seed, index, shares } =
        serde_json::from_slice(body).map_err(Refusal::Unreadable)?;
    let draws = risk::expected_draws(confidence, simulations, shares).map_err(Refusal::Impossible)?;
    within_limits(draws)?;
    let share = risk::share(&returns, confidence, horizon, simulations, seed, index, shares);
    serde_json::to_vec(&share.map_err(Refusal::Impossible)?).map_err(Refusal::Unreadable)
}

/// Whether an answer with so many draws may be sent.
fn within_limits(draws: usize) -> Result<(), Refusal> {
    if draws > MOST_DRAWS { Err(Refusal::TooMany(draws)) } else { Ok(()) }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "the body is not a question for a share: {error}"),
            Self::Impossible(error) => error.fmt(f),
            Self::OtherPrices { asked, used } => {
                write!(f, "the prices are not those that were stated: their digest is {used}, not {asked}")
            }
            Self::TooMany(draws) => write!(
                f,
                "a share would hold about {draws} draws, and at most {MOST_DRAWS} are sent: ask for more shares"
            ),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use actix_web::{App, test};
    use risk::Share;
    use serde_json::{Value, json};

    use super::*;

    const RETURNS: [f64; 5] = [0.1 + 0.2, -0.021_345_678_901_234_5, 1.0 / 3.0, 0.0, -0.011];

    async fn ask(body: impl Into<web::Bytes>) -> (StatusCode, web::Bytes) {
        let app = test::init_service(App::new().service(resource())).await;
        let request = test::TestRequest::post().uri(PATH).set_payload(body).to_request();
        let reply = test::call_service(&app, request).await;
        (reply.status(), test::read_body(reply).await)
    }

    fn question(index: u32, shares: u32) -> Value {
        json!({"returns": RETURNS, "confidence": 0.99, "horizon": 2, "simulations": 300_000, "seed": u64::MAX,
            "index": index, "shares": shares})
    }

    #[actix_web::test]
    async fn the_answers_merge_to_the_whole_figure() {
        let whole = risk::monte_carlo(&RETURNS, 0.99, 2, 300_000, u64::MAX, 2).unwrap();
        for shares in [1, 7] {
            let mut received: Vec<Share> = Vec::new();
            for index in 0..shares {
                let (status, body) = ask(question(index, shares).to_string()).await;
                assert_eq!(status, StatusCode::OK);
                received.push(serde_json::from_slice(&body).unwrap());
            }
            // Fails in the last bit when JSON's numbers are not read exactly (serde_json's `float_roundtrip`).
            assert_eq!(risk::merge(&received).unwrap(), whole);
        }
    }

    #[actix_web::test]
    async fn what_is_wrong_with_a_body_is_said() {
        let changed = |field: &str, value: Value| {
            let mut body = question(0, 1);
            body[field] = value;
            body.to_string()
        };
        for (body, reason) in [
            (String::new(), "EOF"),
            ("[".to_owned(), "EOF"),
            (r#"{"returns":[NaN]}"#.to_owned(), "expected value"),
            (r#"{"returns":[1e999]}"#.to_owned(), "out of range"),
            (r#"{"returns":[]}"#.to_owned(), "missing field `confidence`"),
            (changed("horizont", json!(1)), "unknown field `horizont`"),
            (changed("returns", json!([0.1])), "too short: 1 returns"),
            (changed("confidence", json!(1.0)), "confidence 1 is not between"),
            (changed("horizon", json!(0)), "horizon"),
            (changed("horizon", json!(-1)), "expected u32"),
            (changed("simulations", json!(10)), "too few"),
            (changed("simulations", json!(100_000_001)), "too many"),
            (changed("shares", json!(0)), "0 shares"),
            (changed("shares", json!(1001)), "1001 shares"),
            (changed("index", json!(1)), "no share 1 of 1"),
        ] {
            let (status, answer) = ask(body.clone()).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            assert!(answer["error"].as_str().unwrap().contains(reason), "{body}: {answer}");
        }
    }

    #[actix_web::test]
    async fn an_answer_or_a_body_that_is_too_long_is_refused() {
        let mut body = question(0, 1);
        (body["simulations"], body["confidence"]) = (json!(100_000_000), json!(0.9));
        let (status, answer) = ask(body.to_string()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(String::from_utf8_lossy(&answer).contains("ask for more shares"));
        let (status, _) = ask(vec![b' '; BODY_LIMIT_BYTES + 1]).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[actix_web::test]
    async fn there_is_nothing_to_get() {
        let app = test::init_service(App::new().service(resource())).await;
        let reply = test::call_service(&app, test::TestRequest::get().uri(PATH).to_request()).await;
        assert_eq!(reply.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
