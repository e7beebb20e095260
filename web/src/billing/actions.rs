//! What can be done to a subscription or a payment, by its owner or by staff: each first as a dry run.
//!
//! - [`preview`], [`change_plan`]: another price. [`cancel`], [`resume`], [`pause`]: its end, or not.
//! - [`refund`], [`credit`]: money. [`apply_coupon`], [`create_coupon`], [`retire`]: discounts.
//!
//! Every action takes who does it and why, works under a lock on the customer, and becomes an order ([`dispatch`]) with an
//! idempotency key that follows from what is done. With [`Mode::DryRun`] nothing is changed.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use super::dispatch::{self, Plan};
use super::facts::{Line, Snapshot};
use super::gateway::Trouble;
use super::gateway::ask::{Answer, Ask};
use super::gateway::convert::Prices;
use super::store::subscriptions::SubscriptionRow;
use super::store::{self, plans, subscriptions};
use super::sync::Desk;

mod change;
mod coupons;
mod ending;
mod money;

pub use change::{Change, change_plan, preview};
pub use coupons::{Code, Part, Retiring, apply_coupon, create_coupon, retire, retiring};
pub use ending::{When, cancel, pause, resume};
pub use money::{credit, refund};

/// Who does something, and why.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Who: a pseudonym, or the name of a program.
    pub by: &'a str,
    /// Why, in their words; empty where a customer acts for themselves.
    pub reason: &'a str,
    /// The address of the machine it came from; empty for programs.
    pub address: &'a str,
    /// What makes two orders two: a form carries it, so that a double click is one order.
    pub once: &'a str,
}

/// Whether it is done, or only worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is changed.
    DryRun,
    /// It is done.
    Carry,
}

/// What an action does, or would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The action, in dotted words, as in the audit log.
    pub action: &'static str,
    /// The subscription.
    pub subscription: Option<String>,
    /// Currency of the amounts.
    pub currency: String,
    /// Charged at once; negative: given back or credited.
    pub now_cents: i64,
    /// What that consists of.
    pub lines: Vec<Line>,
    /// What is charged next.
    pub next_cents: Option<i64>,
    /// When.
    pub next_at: Option<DateTime<Utc>>,
    /// When access ends; `None`: it goes on.
    pub access_until: Option<DateTime<Utc>>,
    /// The instant as of which it was worked out, in Unix seconds: pass it on to have the same amount charged.
    pub at_s: Option<i64>,
    /// Whether it was done.
    pub done: bool,
}

impl Outcome {
    fn of(action: &'static str, snapshot: &Snapshot) -> Self {
        Self {
            action,
            subscription: Some(snapshot.stripe_id.clone()),
            currency: snapshot.currency.clone(),
            now_cents: 0,
            lines: Vec::new(),
            next_cents: None,
            next_at: None,
            access_until: None,
            at_s: None,
            done: false,
        }
    }
}

/// A subscription that is worked on: locked, and as it is there now.
struct Held {
    row: SubscriptionRow,
    now_is: Snapshot,
    prices: Prices,
    /// What the audit log calls its owner.
    owner: String,
}

async fn hold(desk: &Desk<'_>, db: &mut PgConnection, subscription: &str) -> Result<Held, Trouble> {
    let row = subscriptions::one(&mut *db, subscription).await?;
    let row = row.ok_or_else(|| Trouble::Missing(format!("no subscription {subscription}")))?;
    let owner = match row.customer_id {
        Some(account) => store::person(&mut *db, account).await?.map(|person| person.pseudonym),
        None => None,
    };
    store::lock(db, &format!("order-{}", row.customer_stripe_id)).await?;
    let prices = plans::tiers_by_price(&mut *db).await?;
    let now_is = desk.gateway.subscription(subscription, &prices).await?;
    if now_is.livemode != desk.gateway.keys().livemode {
        return Err(Trouble::Mixed(if now_is.livemode { "live" } else { "test" }));
    }
    let owner = owner.unwrap_or_else(|| row.customer_stripe_id.clone());
    Ok(Held { row, now_is, prices, owner })
}

/// Refuses what cannot be done to a subscription that is over.
fn going_on(snapshot: &Snapshot) -> Result<(), Trouble> {
    if snapshot.status.is_over() {
        return Err(Trouble::Stale("the subscription is over".to_owned()));
    }
    Ok(())
}

/// Writes an order for a held subscription down and carries it out. The transaction ends here.
async fn carry(
    desk: &Desk<'_>,
    db: sqlx::Transaction<'static, sqlx::Postgres>,
    order: &Order<'_>,
    held: &Held,
    (key, action, good_for): (String, &'static str, Duration),
    asks: Vec<Ask>,
    detail: serde_json::Value,
) -> Result<Vec<Answer>, Trouble> {
    let plan = Plan {
        key,
        asks,
        customer: Some(&held.row.customer_stripe_id),
        account: held.row.customer_id,
        action,
        subject: &held.owner,
        detail,
        good_for,
    };
    let row = dispatch::place(desk, order, &plan).await?;
    dispatch::carry(desk, db, &row).await
}

/// A key that leaves room for the number of an ask: 255 characters are taken there.
fn key(parts: &[&str]) -> String {
    let joined = parts.join("-");
    joined.chars().take(240).collect()
}
