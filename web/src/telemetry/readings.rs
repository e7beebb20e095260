//! What Postgres knows of freshness, coverage, quality, queues and money, as gauges.

use chrono::Duration;

use super::store;
use crate::publish::coverage::Coverage;
use crate::state::App;
use crate::status::budget::{self, Budget};

/// Days of outcomes that quality is taken of.
const QUALITY_DAYS: i64 = 90;

/// Sets the gauges.
///
/// # Errors
/// Postgres fails.
pub async fn take(app: &App) -> sqlx::Result<()> {
    let now = app.clock.now();
    let gauge = |name: &'static str, value: f64| metrics::gauge!(name).set(value);
    gauge("http_requests_under_way", app.load.now() as f64);
    gauge("quarterday_live_streams", app.live.open() as f64);
    let reading = store::reading(&app.pool, now, now - Duration::days(QUALITY_DAYS)).await?;
    if let (Some(closes_at), Some(published_at)) = (reading.closes_at, reading.first_published_at) {
        gauge("quarterday_slot_age_seconds", (now - closes_at).num_seconds() as f64);
        gauge("quarterday_slot_delay_seconds", (published_at - closes_at).num_seconds() as f64);
    }
    let coverage: Coverage =
        reading.coverage.and_then(|coverage| serde_json::from_value(coverage).ok()).unwrap_or_default();
    for (source, found) in &coverage.sources {
        let complete = if found.complete { 1.0 } else { 0.0 };
        metrics::gauge!("quarterday_source_complete", "source" => source.clone()).set(complete);
    }
    gauge("quarterday_assets_missing", coverage.missing_assets.len() as f64);
    gauge("quarterday_mails_queued", reading.mails_queued as f64);
    if reading.walk_error > 0.0 {
        gauge("quarterday_forecast_skill_ratio", 1.0 - reading.error / reading.walk_error);
        gauge(
            "quarterday_forecast_coverage_ratio",
            reading.inside_80 as f64 / reading.forecasts.max(1) as f64,
        );
    }
    for tier in store::tiers(&app.pool, now).await? {
        metrics::gauge!("quarterday_subscriptions", "tier" => tier.tier.clone()).set(tier.customers as f64);
        let cents = tier.customers as f64 * f64::from(tier.monthly_cents);
        metrics::gauge!("quarterday_monthly_revenue_cents", "tier" => tier.tier, "currency" => tier.currency)
            .set(cents);
    }
    let delays = crate::status::store::delays(&app.pool, budget::since(now)).await?;
    let budget = Budget::of(&delays, now);
    gauge("quarterday_slots_in_time_ratio", budget.kept_ratio());
    gauge("quarterday_error_budget_ratio", budget.left_ratio());
    Ok(())
}
