//! The control endpoints below `/_world`: clock, setup, statistics, truth.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::State;
use crate::moment::{exact, parse, seconds};

/// Adds the endpoints.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/_world/clock", web::get().to(clock))
        .route("/_world/clock", web::put().to(set_clock))
        .route("/_world/setup", web::get().to(setup))
        .route("/_world/stats", web::get().to(stats))
        .route("/_world/truth", web::get().to(truth));
}

async fn clock(state: web::Data<State>) -> HttpResponse {
    let shown = state.clock.read();
    HttpResponse::Ok().json(json!({"at": exact(shown.now), "speed": shown.speed}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    at: Option<String>,
    speed: Option<f64>,
}

async fn set_clock(state: web::Data<State>, body: web::Bytes) -> HttpResponse {
    let refused = |reason: String| HttpResponse::BadRequest().json(json!({"error": reason}));
    let wish: Wish = match serde_json::from_slice(&body) {
        Ok(wish) => wish,
        Err(error) => {
            return refused(format!(
                "{error}: send {{\"at\": an RFC 3339 instant, \"speed\": a number}}, either or both"
            ));
        }
    };
    let at = match wish.at.as_deref().map(parse) {
        Some(None) => {
            return refused("at is no RFC 3339 instant: write it like 2026-01-01T06:00:00Z".to_owned());
        }
        at => at.flatten(),
    };
    if let Err(error) = state.clock.set(at, wish.speed) {
        return refused(error.to_string());
    }
    clock(state).await
}

async fn setup(http: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let world = &state.world;
    let base = format!("http://{}", http.connection_info().host());
    let feeds: Vec<Value> = world
        .outlets
        .iter()
        .map(|outlet| {
            let mut feed = Map::new();
            feed.insert("outlet".into(), outlet.name.as_str().into());
            feed.insert("url".into(), format!("{base}/feeds/{}/{}", outlet.slug, outlet.file()).into());
            if let Some(lang) = &outlet.lang {
                feed.insert("lang".into(), lang.as_str().into());
            }
            Value::Object(feed)
        })
        .collect();
    let symbols: Vec<&str> = world.assets.iter().map(|asset| asset.symbol.as_str()).collect();
    HttpResponse::Ok().json(json!({
        "world": world.name,
        "start": seconds(world.start.timestamp_micros()),
        "end": seconds(world.end.timestamp_micros()),
        "licence": world.licence,
        "symbols": symbols,
        "x": {"base_url": format!("{base}/x"), "bearer_token": state.x_token, "lists": world.x.lists()},
        "stocktwits": {"base_url": format!("{base}/stocktwits"), "streams": world.streams.in_use().collect::<Vec<_>>()},
        "alpaca": {"base_url": format!("{base}/alpaca"), "key_id": state.alpaca_key.id, "secret_key": state.alpaca_key.secret},
        "feeds": feeds,
    }))
}

async fn stats(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(state.stats.to_json())
}

async fn truth(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(&state.world.truth)
}
