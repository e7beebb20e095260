//! `/admin/plans`: what is sold, for how much, and how that came about.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use domain::Tier;
use serde::{Deserialize, Serialize};

use super::deeds::deed::cents;
use super::deeds::run;
use super::desk::{self, Choice, Clerk};
use super::rule::Area;
use crate::billing::actions::Order;
use crate::billing::facts::Interval;
use crate::billing::plans as set;
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
    show(&clerk, None).await
}

async fn show(clerk: &Clerk, problem: Option<(StatusCode, &str)>) -> Result<HttpResponse, Error> {
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
    let tiers = Tier::ALL.into_iter().filter(|tier| *tier != Tier::Free);
    context.insert(
        "tiers",
        &tiers.map(|tier| Choice::new(tier.as_str(), tier.as_str(), false)).collect::<Vec<_>>(),
    );
    if let Some((status, problem)) = problem {
        context.insert("problem", problem);
        return clerk.refuse(status, "console/plans.html", &context);
    }
    clerk.render("console/plans.html", &context)
}

/// What the forms send.
#[derive(Debug, Deserialize)]
pub struct Form {
    tier: String,
    #[serde(default)]
    interval: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    trial_days: String,
    reason: String,
}

/// `POST /admin/plans`: puts a price in place of the one in force, or sets the days of a trial.
///
/// # Errors
/// Postgres fails. What is wrong with the form, or refused, is said on the page.
pub async fn change(clerk: Clerk, form: web::Form<Form>) -> Result<HttpResponse, Error> {
    let (app, lang, now) = (&clerk.reader.app, clerk.lang(), clerk.reader.now);
    let bad = async |key| show(&clerk, Some((StatusCode::BAD_REQUEST, text(lang, key)))).await;
    let Some(tier) = form.tier.parse::<Tier>().ok().filter(|tier| *tier != Tier::Free) else {
        return bad("plan_bad_tier").await;
    };
    let Some(reason) = desk::reason(&form.reason) else { return bad("admin_reason_needed").await };
    let mut db = app.pool.acquire().await?;
    let by = clerk.pseudonym(&mut db).await?;
    drop(db);
    let order = Order { by: &by, reason: &reason, address: &clerk.address, once: "" };
    let done = if form.trial_days.is_empty() {
        let Some(interval) = Interval::parse(&form.interval) else { return bad("plan_bad_interval").await };
        let Some(cents) = cents(&form.amount).filter(|cents| *cents <= set::MOST_CENTS) else {
            return bad("plan_bad_amount").await;
        };
        set::set_price(app, &order, tier, interval, cents, now).await.map(drop)
    } else {
        let days = form.trial_days.parse().ok().filter(|days| (0..=90).contains(days));
        let Some(days) = days else { return bad("plan_bad_days").await };
        set::set_trial_days(app, &order, tier, days, now).await
    };
    match done {
        Ok(()) => Ok(desk::go("/admin/plans")),
        Err(trouble) => {
            let (status, says) = run::says(trouble, lang)?;
            show(&clerk, Some((status, &says))).await
        }
    }
}
