//! `/admin/plans`: what is sold, for how much, and how that came about.

use actix_web::HttpResponse;
use serde::Serialize;

use super::desk::Clerk;
use super::rule::Area;
use crate::error::Error;
use crate::format;
use crate::text::text;

pub mod store;

#[derive(Serialize)]
struct Row {
    tier: String,
    interval: &'static str,
    price: String,
    trial_days: i32,
    subscribers: String,
    there: bool,
}

#[derive(Serialize)]
struct Past {
    tier: String,
    interval: &'static str,
    price: String,
    from: String,
    until: String,
    by: String,
    reason: String,
}

/// `GET /admin/plans`
///
/// # Errors
/// Postgres fails.
pub async fn page(clerk: Clerk) -> Result<HttpResponse, Error> {
    let (lang, pool) = (clerk.lang(), &clerk.reader.app.pool);
    let prices = store::prices(pool).await?;
    let every = |interval: &str| text(lang, if interval == "year" { "plan_year" } else { "plan_month" });
    let current = prices.iter().filter(|price| price.retired_at.is_none()).map(|price| Row {
        tier: price.tier.clone(),
        interval: every(&price.interval),
        price: format::money(price.unit_amount_cents, &price.currency, lang),
        trial_days: price.trial_days,
        subscribers: format::count(price.subscribers, lang),
        there: price.stripe_id.is_some(),
    });
    let past = prices.iter().map(|price| Past {
        tier: price.tier.clone(),
        interval: every(&price.interval),
        price: format::money(price.unit_amount_cents, &price.currency, lang),
        from: format::instant(price.set_at, lang),
        until: price.retired_at.map_or_else(|| format::MISSING.to_owned(), |at| format::instant(at, lang)),
        by: super::flags::pages::short(&price.set_by).to_owned(),
        reason: price.reason.clone(),
    });
    let mut context = clerk.context(Area::Plans, text(lang, "admin_plans")).await?;
    context.insert("rows", &current.collect::<Vec<_>>());
    context.insert("past", &past.collect::<Vec<_>>());
    clerk.render("console/plans.html", &context)
}
