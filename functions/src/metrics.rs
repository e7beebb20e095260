//! `/metrics`: what the ledger knows of runs, and what programs that have ended left behind.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Duration;
use cloud::telemetry;
use ledger::store::readings;

use crate::orchestrator::Orchestrator;

/// Days of runs that are counted.
const DAYS: i64 = 7;

/// `GET /metrics`: for this machine itself, or for who shows the token.
pub async fn metrics(orchestrator: web::Data<Orchestrator>, request: HttpRequest) -> HttpResponse {
    let headers = request.headers();
    let proxied = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
    let shown = headers.get("authorization").and_then(|value| value.to_str().ok());
    if !telemetry::may_read(request.peer_addr().map(|address| address.ip()), proxied, shown) {
        return HttpResponse::Forbidden().body("metrics are for this machine and for who has the token");
    }
    if let Err(error) = take(&orchestrator).await {
        tracing::warn!(%error, "what the ledger knows is not read");
    }
    let text = format!("{}{}", telemetry::render(), telemetry::left());
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text)
}

/// Sets the gauges.
async fn take(orchestrator: &Orchestrator) -> Result<(), ledger::LedgerError> {
    let (pool, now) = (&orchestrator.pool, orchestrator.now());
    for stage in readings::stages(pool).await? {
        metrics::gauge!("quarterday_stage_attempts", "stage" => stage.stage.clone()).set(stage.attempts);
        if let Some(seconds) = stage.seconds {
            metrics::gauge!("quarterday_stage_duration_seconds", "stage" => stage.stage).set(seconds);
        }
    }
    let counts = readings::counts(pool).await?;
    metrics::gauge!("quarterday_operations_open").set(counts.operations as f64);
    metrics::gauge!("quarterday_dead_letters").set(counts.dead_letters as f64);
    for (status, count) in readings::runs(pool, now - Duration::days(DAYS)).await? {
        metrics::gauge!("quarterday_runs", "status" => status).set(count as f64);
    }
    for (key, count) in readings::alerts(pool).await? {
        metrics::gauge!("quarterday_alerts_open", "key" => key).set(count as f64);
    }
    for (machine, held) in readings::holds(pool, now).await? {
        metrics::gauge!("quarterday_machine_hold", "machine" => machine).set(if held { 1.0 } else { 0.0 });
    }
    Ok(())
}
