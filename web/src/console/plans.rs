//! `/admin/plans`: what is sold, for how much, and how that came about.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use domain::Tier;
use serde::{Deserialize, Serialize};

use super::changes::{self, Against, Shown};
use super::confirm;
use super::deeds::deed::cents;
use super::deeds::run;
use super::desk::{self, Choice, Clerk};
use super::rule::Area;
use crate::billing::actions::Order;
use crate::billing::facts::Interval;
use crate::billing::plans as set;
use crate::error::Error;
use crate::format;
use crate::text::{Lang, text};

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

/// The page, with a problem where there is one.
///
/// # Errors
/// Postgres fails.
pub async fn show(clerk: &Clerk, problem: Option<(StatusCode, &str)>) -> Result<HttpResponse, Error> {
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

/// A change of what is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A price in place of the one in force.
    Price {
        /// Of which plan.
        tier: Tier,
        /// Paid how often.
        interval: Interval,
        /// How much, in minor units.
        cents: i64,
    },
    /// The days of a plan's trial.
    Trial {
        /// Of which plan.
        tier: Tier,
        /// How many.
        days: i32,
    },
}

impl Change {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Price { .. } => "set_price",
            Self::Trial { .. } => "set_trial",
        }
    }
}

impl Form {
    fn parse(&self) -> Result<Change, &'static str> {
        let tier = self.tier.parse().ok().filter(|tier| *tier != Tier::Free).ok_or("plan_bad_tier")?;
        if self.trial_days.is_empty() {
            let interval = Interval::parse(&self.interval).ok_or("plan_bad_interval")?;
            let cents = cents(&self.amount).filter(|cents| *cents <= set::MOST_CENTS);
            return Ok(Change::Price { tier, interval, cents: cents.ok_or("plan_bad_amount")? });
        }
        let days = self.trial_days.parse().ok().filter(|days| (0..=90).contains(days));
        Ok(Change::Trial { tier, days: days.ok_or("plan_bad_days")? })
    }
}

/// `POST /admin/plans`: shows what another price or trial would do. Nothing is changed.
///
/// # Errors
/// Postgres fails. What is wrong with the form is said on the page.
pub async fn propose(clerk: Clerk, form: web::Form<Form>) -> Result<HttpResponse, Error> {
    let bad = async |key| show(&clerk, Some((StatusCode::BAD_REQUEST, text(clerk.lang(), key)))).await;
    let change = match form.parse() {
        Ok(change) => change,
        Err(key) => return bad(key).await,
    };
    let Some(reason) = desk::reason(&form.reason) else { return bad("admin_reason_needed").await };
    changes::propose(&clerk, changes::Change::Plan(change), &reason).await
}

/// What a change would do.
///
/// # Errors
/// Postgres fails.
pub async fn shown(clerk: &Clerk, change: &Change) -> Result<Result<Shown, Against>, Error> {
    let lang = clerk.lang();
    let mut prices = store::prices(&clerk.reader.app.pool).await?;
    prices.retain(|price| price.retired_at.is_none());
    let (title, same, rows, seen) = match *change {
        Change::Price { tier, interval, cents } => {
            let of = |p: &&store::Price| p.tier == tier.as_str() && p.interval == interval.as_str();
            let before = prices.iter().find(of);
            let currency = before.map_or("EUR", |price| &price.currency);
            let every = text(lang, if interval == Interval::Year { "plan_year" } else { "plan_month" });
            let amount = |cents| format!("{} {every}", format::money(cents, currency, lang));
            let was = before.map(|price| amount(price.unit_amount_cents));
            let kept = format::count(before.map_or(0, |price| price.subscribers), lang);
            let mut rows = was_and_becomes(tier, was, amount(cents), lang);
            rows.push((text(lang, "change_keep"), kept));
            let same = before.is_some_and(|price| price.unit_amount_cents == cents);
            ("plan_set_price", same, rows, confirm::digest(&before.map(|p| (p.id, p.subscribers)))?)
        }
        Change::Trial { tier, days } => {
            let before = prices.iter().find(|price| price.tier == tier.as_str()).map(|p| p.trial_days);
            let in_days = |days: i32| format!("{days} {}", text(lang, "change_days"));
            let mut rows = was_and_becomes(tier, before.map(in_days), in_days(days), lang);
            rows.push((text(lang, "change_for"), text(lang, "change_new_ones").to_owned()));
            ("plan_set_trial", before == Some(days), rows, confirm::digest(&before)?)
        }
    };
    if same {
        return Ok(Err((StatusCode::CONFLICT, text(lang, "change_nothing").to_owned())));
    }
    Ok(Ok(Shown { title: text(lang, title).to_owned(), rows, seen }))
}

fn was_and_becomes(
    tier: Tier,
    was: Option<String>,
    becomes: String,
    lang: Lang,
) -> Vec<(&'static str, String)> {
    vec![
        (text(lang, "admin_tier"), tier.as_str().to_owned()),
        (text(lang, "change_was"), was.unwrap_or_else(|| format::MISSING.to_owned())),
        (text(lang, "change_becomes"), becomes),
    ]
}

/// Puts the price in place, or sets the days.
///
/// # Errors
/// What no page can mend.
pub async fn carry_out(
    clerk: &Clerk,
    change: &Change,
    order: &Order<'_>,
) -> Result<Result<(), Against>, Error> {
    let (app, now) = (&clerk.reader.app, clerk.reader.now);
    let done = match *change {
        Change::Price { tier, interval, cents } => {
            set::set_price(app, order, tier, interval, cents, now).await.map(drop)
        }
        Change::Trial { tier, days } => set::set_trial_days(app, order, tier, days, now).await,
    };
    done.map_or_else(|trouble| run::says(trouble, clerk.lang()).map(Err), |()| Ok(Ok(())))
}
