//! The control endpoints below `/_world`: clock, setup, statistics, keys, secrets, truth.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::State;
use crate::moment::{exact, parse, seconds};

/// Adds the endpoints.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/_world/clock", web::get().to(clock))
        .route("/_world/clock", web::put().to(set_clock))
        .route("/_world/setup", web::get().to(setup))
        .route("/_world/stats", web::get().to(stats))
        .route("/_world/keys", web::get().to(keys))
        .route("/_world/secrets", web::get().to(secrets))
        .route("/_world/truth", web::get().to(truth));
}

async fn clock(state: web::Data<State>) -> HttpResponse {
    let shown = state.shared.clock.read();
    HttpResponse::Ok().json(json!({"at": exact(shown.now), "speed": shown.speed}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    at: Option<String>,
    speed: Option<f64>,
    since: Option<chrono::DateTime<chrono::Utc>>,
}

async fn set_clock(state: web::Data<State>, body: web::Bytes) -> HttpResponse {
    let refused = |reason: String| HttpResponse::BadRequest().json(json!({"error": reason}));
    let wish: Wish = match serde_json::from_slice(&body) {
        Ok(wish) => wish,
        Err(error) => {
            return refused(format!(
                "{error}: send {{\"at\": an RFC 3339 instant, \"speed\": a number}}, either or both, and \"since\": the real instant of at"
            ));
        }
    };
    let at = match wish.at.as_deref().map(parse) {
        Some(None) => {
            return refused("at is no RFC 3339 instant: write it like 2026-01-01T06:00:00Z".to_owned());
        }
        at => at.flatten(),
    };
    if let Err(error) = state.shared.clock.set(at, wish.speed, wish.since) {
        return refused(error.to_string());
    }
    clock(state).await
}

async fn setup(http: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let world = &state.shared.world;
    let base = format!("http://{}", http.connection_info().host());
    let clock = state.shared.clock.read();
    let symbols: Vec<&str> = world.assets.iter().map(|asset| asset.symbol.as_str()).collect();
    let mut setup = json!({
        "world": world.name,
        "start": seconds(world.start.timestamp_micros()),
        "end": seconds(world.end.timestamp_micros()),
        "licence": world.licence,
        "symbols": symbols,
        // Off unless an operator says otherwise; here nobody's terms stand against it.
        // Whoever asks a world is in no need of a long pause.
        "limits": {"again_seconds": 1},
        "terms": {"stocktwits": {"enabled": true}, "yahoo": {"enabled": true}},
    });
    for service in &state.services {
        setup[service.name()] = service.setup(world, &base, clock);
    }
    HttpResponse::Ok().json(setup)
}

async fn stats(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(state.shared.stats.to_json(&state.services))
}

async fn secrets(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(state.services.iter().flat_map(|service| service.secrets()).collect::<Vec<_>>())
}

/// What `/_world/keys` is asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    source: String,
    from: Option<String>,
    to: Option<String>,
}

async fn keys(http: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let refused = |reason: String| HttpResponse::BadRequest().json(json!({"error": reason}));
    let wanted = match web::Query::<Wanted>::from_query(http.query_string()) {
        Ok(wanted) => wanted.into_inner(),
        Err(error) => {
            return refused(format!(
                "{error}: ask ?source=NAME&from=INSTANT&to=INSTANT, the instants or not"
            ));
        }
    };
    let Some(service) = state.services.iter().find(|service| service.name() == wanted.source) else {
        let served: Vec<&str> = state.services.iter().map(|service| service.name()).collect();
        return refused(format!(
            "source {:?} is not served: use one of {}",
            wanted.source,
            served.join(", ")
        ));
    };
    let instant = |text: &Option<String>, usual| match text.as_deref() {
        None => Some(usual),
        Some(text) => parse(text),
    };
    let (Some(from), Some(to)) = (instant(&wanted.from, i64::MIN), instant(&wanted.to, i64::MAX)) else {
        return refused("from or to is no RFC 3339 instant: write it like 2026-01-01T06:00:00Z".to_owned());
    };
    let keys = service.keys(&state.shared.world, state.shared.clock.read(), from, to);
    let lines: String = keys.iter().map(|key| format!("{key}\n")).collect();
    HttpResponse::Ok().content_type("application/x-ndjson").body(lines)
}

async fn truth(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(&state.shared.world.truth)
}
