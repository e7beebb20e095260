//! Plans and prices as data: set by an admin, with their history. A price is never changed; another takes its place, and who
//! has subscribed keeps theirs.

use chrono::{DateTime, Utc};
use domain::Tier;
use serde_json::json;

use super::actions::Order;
use super::facts::Interval;
use super::gateway::Trouble;
use super::store::plans::{self, NewPrice, PriceRow};
use super::sync::Desk;
use super::{catalogue, store};
use crate::audit;
use crate::state::App;

/// Largest price, in minor units: what is typed with two digits too many is refused.
pub const MOST_CENTS: i64 = 1_000_000;

/// Puts a price in place of the one in force, and makes it exist at the provider where one is set up.
///
/// # Errors
/// The tier is not sold, or the price is out of range; or the provider or Postgres fails.
pub async fn set_price(
    app: &App,
    order: &Order<'_>,
    tier: Tier,
    interval: Interval,
    cents: i64,
    now: DateTime<Utc>,
) -> Result<PriceRow, Trouble> {
    if tier == Tier::Free || !(1..=MOST_CENTS).contains(&cents) {
        return Err(Trouble::Refused(format!(
            "a price is of a tier that is sold, and 1 to {MOST_CENTS} cents"
        )));
    }
    let mut db = app.pool.begin().await?;
    store::lock(&mut db, "plans").await?;
    let current = plans::current(&mut *db).await?;
    let before = current.iter().find(|p| p.tier == tier.as_str() && p.interval == interval.as_str());
    if let Some(same) = before.filter(|p| p.unit_amount_cents == cents) {
        return Ok(same.clone());
    }
    let currency = before.map_or_else(|| "EUR".to_owned(), |p| p.currency.clone());
    let new = NewPrice { tier, interval, currency: &currency, cents, by: order.by, reason: order.reason };
    let made = plans::replace(&mut db, &new, now).await?;
    let detail = json!({
        "interval": interval, "currency": currency, "cents": cents, "before_cents": before.map(|p| p.unit_amount_cents),
    });
    let entry = audit::Entry {
        actor: order.by,
        action: "billing.price_set",
        subject: tier.as_str(),
        reason: order.reason,
        address: order.address,
        detail: &detail,
    };
    audit::append(&mut db, &entry, now).await?;
    db.commit().await?;
    match app.desk(now) {
        Ok(desk) => {
            make_exist(&desk).await;
        }
        Err(trouble) => tracing::debug!(%trouble, "the price will be made there once billing is set up"),
    }
    Ok(made)
}

/// What is not made now is made by the next who wants to buy it.
async fn make_exist(desk: &Desk<'_>) {
    if let Err(trouble) = catalogue::ensure(desk).await {
        tracing::warn!(%trouble, "a price could not be made at the provider yet");
    }
}

/// Sets the days without charge of a plan, for those who subscribe from now on.
///
/// # Errors
/// The tier is not sold, or the days are out of range; or Postgres fails.
pub async fn set_trial_days(
    app: &App,
    order: &Order<'_>,
    tier: Tier,
    days: i32,
    now: DateTime<Utc>,
) -> Result<(), Trouble> {
    if tier == Tier::Free || !(0..=90).contains(&days) {
        return Err(Trouble::Refused("a trial is of a tier that is sold, and lasts 0 to 90 days".to_owned()));
    }
    let mut db = app.pool.begin().await?;
    plans::set_trial(&mut db, tier, days, now).await?;
    let detail = json!({ "trial_days": days });
    let entry = audit::Entry {
        actor: order.by,
        action: "billing.trial_set",
        subject: tier.as_str(),
        reason: order.reason,
        address: order.address,
        detail: &detail,
    };
    audit::append(&mut db, &entry, now).await?;
    db.commit().await?;
    Ok(())
}
