//! Pages that say what we do and what it costs, and the answers to those who watch over us.

use actix_web::{HttpResponse, web};
use domain::{Feature, Tier};
use serde::Serialize;

use super::page;
use super::reader::Reader;
use crate::access::Depth;
use crate::error::Error;
use crate::format;
use crate::market::cache::Edition;
use crate::market::view::tier_name;
use crate::state::App;
use crate::text::{Lang, fill, text};

/// One column of the pricing page.
#[derive(Debug, Serialize)]
struct Plan {
    name: String,
    monthly: String,
    yearly: String,
    free: bool,
    current: bool,
    lines: Vec<String>,
}

/// `GET /pricing`: written from the entitlement table, so that it cannot promise what is not given.
///
/// # Errors
/// Postgres fails.
pub async fn pricing(reader: Reader) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let lang = reader.lang();
    let plans: Vec<Plan> = edition.tiers.iter().filter_map(|tier| plan(&reader, &edition, tier)).collect();
    let mut context = page::context(&reader, &edition, text(lang, "pricing_title"));
    context.insert("plans", &plans);
    page::render(&reader.app, "pricing.html", &context)
}

fn plan(reader: &Reader, edition: &Edition, row: &crate::market::store::TierRow) -> Option<Plan> {
    let tier: Tier = row.tier.parse().ok()?;
    let lang = reader.lang();
    let mut lines: Vec<String> =
        Feature::ALL.into_iter().filter_map(|f| promise(edition, tier, f, lang)).collect();
    lines.push(fill(lang, "plan_alerts", &[("count", &format::count(i64::from(row.alerts), lang))]));
    if row.api_calls > 0 {
        lines.push(fill(
            lang,
            "plan_api_calls",
            &[("count", &format::count(i64::from(row.api_calls), lang))],
        ));
    }
    let money = |cents: i32| format::money(i64::from(cents), &row.currency, lang);
    Some(Plan {
        name: tier_name(tier),
        monthly: money(row.monthly_cents),
        yearly: money(row.yearly_cents),
        free: row.monthly_cents == 0,
        current: reader.account.is_some() && reader.tier() == tier,
        lines,
    })
}

fn promise(edition: &Edition, tier: Tier, feature: Feature, lang: Lang) -> Option<String> {
    let granted = edition.entitlements.iter().find(|e| e.tier == tier && e.feature == feature)?;
    let what = match feature {
        Feature::Price => "plan_price",
        Feature::Sentiment => "plan_sentiment",
        Feature::News => "plan_news",
        Feature::Predictions => "plan_predictions",
    };
    let of = match granted.max_rank {
        Some(rank) => fill(lang, "plan_of_ranked", &[("count", &rank.to_string())]),
        None => text(lang, "plan_of_all").to_owned(),
    };
    let depth = match (feature, granted.depth) {
        (Feature::Price | Feature::Predictions, _) => String::new(),
        (Feature::News, Depth::Latest) => text(lang, "plan_depth_headlines").to_owned(),
        (_, Depth::Latest) => text(lang, "plan_depth_latest").to_owned(),
        (_, Depth::Days(days)) => fill(lang, "plan_depth_days", &[("days", &days.to_string())]),
        (_, Depth::Full) => text(lang, "plan_depth_full").to_owned(),
    };
    let line = fill(lang, what, &[("of", &of)]);
    Some(if depth.is_empty() { line } else { format!("{line}: {depth}") })
}

/// `GET /methodology`
///
/// # Errors
/// Postgres fails.
pub async fn methodology(reader: Reader) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let context = page::context(&reader, &edition, text(reader.lang(), "methodology_title"));
    page::render(&reader.app, "methodology.html", &context)
}

/// `GET /healthz`: the process answers.
pub async fn healthy() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "ok" }))
}

/// `GET /readyz`: the process and its database answer.
///
/// # Errors
/// Postgres does not answer.
pub async fn ready(app: web::Data<App>) -> Result<HttpResponse, Error> {
    let edition = app.edition().await?;
    let slot = edition.publication.as_ref().map(|p| p.slot.clone());
    let body = serde_json::json!({ "status": "ready", "slot": slot });
    Ok(HttpResponse::Ok().json(body))
}
