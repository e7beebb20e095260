//! `POST /value-at-risk/worker`: one worker of the site's VaR laboratory.
//!
//! Body: `{"series": {"symbol", "on", "price", "closes"}, "digest", "plan": {"confidences", "horizon", "simulations", "seed",
//! "workers", "short"}, "index"}`: prices, the digest that the caller made of them, what to simulate, and which worker this
//! is, from 0. The answer holds digest and price of what was used here, the worker's share, and the figures of its own draws.
//! Prices whose digest is another are refused with 409; 400 says what is wrong with a body.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, Resource, web};
use analytics::risk::{self, Plan, Series, Worked};
use serde::{Deserialize, Serialize};

use super::{BODY_LIMIT_BYTES, Refusal, refused, within_limits};

/// Where [`resource`] is.
pub const PATH: &str = "/value-at-risk/worker";

/// What the body says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    series: Series,
    digest: String,
    plan: Plan,
    index: u32,
}

/// What was found, and from what.
#[derive(Debug, Serialize)]
struct Answer {
    digest: String,
    price: f64,
    #[serde(flatten)]
    worked: Worked,
}

/// The endpoint. It lets every caller in: the check of callers goes around it.
pub fn resource() -> Resource {
    web::resource(PATH).app_data(web::PayloadConfig::new(BODY_LIMIT_BYTES)).route(web::post().to(handle))
}

async fn handle(body: web::Bytes) -> HttpResponse {
    match web::block(move || answer(&body)).await {
        Ok(Ok(json)) => HttpResponse::Ok().content_type("application/json").body(json),
        Ok(Err(refusal @ Refusal::OtherPrices { .. })) => refused(StatusCode::CONFLICT, &refusal.to_string()),
        Ok(Err(refusal)) => refused(StatusCode::BAD_REQUEST, &refusal.to_string()),
        Err(_) => refused(StatusCode::SERVICE_UNAVAILABLE, "the computation was lost: ask again"),
    }
}

fn answer(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let Question { series, digest, plan, index } =
        serde_json::from_slice(body).map_err(Refusal::Unreadable)?;
    let used = series.digest();
    if used != digest {
        return Err(Refusal::OtherPrices { asked: digest.chars().take(64).collect(), used });
    }
    let lowest = plan.confidences.iter().copied().fold(f64::INFINITY, f64::min);
    let draws = risk::expected_draws(lowest, plan.simulations, plan.workers).map_err(Refusal::Impossible)?;
    within_limits(draws)?;
    let worked = plan.work(&series, index).map_err(Refusal::Impossible)?;
    let answer = Answer { digest: used, price: series.price, worked };
    serde_json::to_vec(&answer).map_err(Refusal::Unreadable)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use actix_web::{App, test};
    use serde_json::{Value, json};

    use super::*;

    fn series() -> Series {
        serde_json::from_value(json!({"symbol": "A", "on": "2026-11-20", "price": 99.5,
            "closes": [100.0, 101.5, 99.0, 100.25, 99.5]}))
        .unwrap()
    }

    fn question(index: u32, workers: u32) -> Value {
        json!({"series": series(), "digest": series().digest(), "index": index,
            "plan": {"confidences": [0.95, 0.99], "horizon": 2, "simulations": 20_000, "seed": 4, "workers": workers,
                "short": true}})
    }

    async fn ask(body: &Value) -> (u16, Value) {
        let app = test::init_service(App::new().service(resource())).await;
        let request = test::TestRequest::post().uri(PATH).set_payload(body.to_string()).to_request();
        let reply = test::call_service(&app, request).await;
        let status = reply.status().as_u16();
        (status, serde_json::from_slice(&test::read_body(reply).await).unwrap())
    }

    #[actix_web::test]
    async fn workers_together_find_the_whole_figure_from_the_stated_prices() {
        let plan: Plan = serde_json::from_value(question(0, 3)["plan"].clone()).unwrap();
        let mut found: Vec<Worked> = Vec::new();
        for index in 0..3 {
            let (status, answer) = ask(&question(index, 3)).await;
            assert_eq!((status, &answer["price"]), (200, &json!(99.5)));
            assert_eq!(answer["digest"], json!(series().digest()));
            found.push(serde_json::from_value(answer).unwrap());
        }
        let whole = risk::monte_carlo(&plan.returns(&series()), 0.99, 2, 20_000, 4, 1).unwrap();
        assert_eq!(plan.merge(&found).unwrap()[1], whole);
    }

    #[actix_web::test]
    async fn other_prices_than_stated_are_refused() {
        let mut body = question(0, 1);
        body["series"]["closes"][2] = json!(98.0);
        let (status, answer) = ask(&body).await;
        assert_eq!(status, 409);
        assert!(answer["error"].as_str().unwrap().contains("prices"), "{answer}");
        let mut body = question(0, 1);
        body["series"]["price"] = json!(1.0);
        assert_eq!(ask(&body).await.0, 409);
    }

    #[actix_web::test]
    async fn what_is_wrong_with_a_body_is_said() {
        for (path, value, reason) in [
            ("/plan/workers", json!(0), "0 shares"),
            ("/plan/simulations", json!(1_000_000_000_000_u64), "too many"),
            ("/plan/simulations", json!(-1), "expected usize"),
            ("/plan/confidences", json!([]), "confidence"),
            ("/plan/confidences", json!([0.2]), "confidence"),
            ("/plan/horizon", json!(0), "horizon"),
            ("/index", json!(1), "no share 1 of 1"),
        ] {
            let mut body = question(0, 1);
            *body.pointer_mut(path).unwrap() = value;
            let (status, answer) = ask(&body).await;
            assert_eq!(status, 400, "{path}");
            assert!(answer["error"].as_str().unwrap().contains(reason), "{path}: {answer}");
        }
    }
}
