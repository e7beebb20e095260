//! What can be done to a subscription or a payment, by its owner or by staff: each first as a dry run.
//!
//! - [`preview`], [`change_plan`]: another price. [`cancel`], [`resume`], [`pause`]: its end, or not.
//! - [`refund`], [`credit`]: money. [`apply_coupon`], [`create_coupon`]: discounts.
//!
//! Every action takes who does it and why, works under a lock on the customer, carries an idempotency key that follows from
//! what is done, and leaves a row in the audit log. With [`Mode::DryRun`] nothing is changed.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use super::facts::{Line, Snapshot};
use super::gateway::Trouble;
use super::gateway::convert::Prices;
use super::store::mirror::SubscriptionRow;
use super::store::{self, mirror, plans};
use super::sync::{self, Desk};
use crate::audit;

mod change;
mod ending;
mod money;

pub use change::{Change, change_plan, preview};
pub use ending::{When, cancel, pause, resume};
pub use money::{Code, apply_coupon, create_coupon, credit, refund};

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
    let row = mirror::subscription(&mut *db, subscription).await?;
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

/// Writes down what was done and by whom, and reads the customer again. The transaction ends here.
async fn finish(
    desk: &Desk<'_>,
    mut db: sqlx::Transaction<'static, sqlx::Postgres>,
    order: &Order<'_>,
    action: &'static str,
    subject: &str,
    customer: &str,
    detail: &serde_json::Value,
) -> Result<(), Trouble> {
    let entry = audit::Entry {
        actor: order.by,
        action,
        subject,
        reason: order.reason,
        address: order.address,
        detail,
    };
    audit::append(&mut db, &entry, desk.now).await?;
    db.commit().await?;
    // What was done is done: where it cannot be read now, the webhook will have it read.
    if let Err(trouble) = sync::customer(desk, customer, &[]).await {
        tracing::warn!(action, %trouble, "what was done could not be read back yet");
    }
    Ok(())
}

/// A key of at most 255 characters.
fn key(parts: &[&str]) -> String {
    let joined = parts.join("-");
    joined.chars().take(255).collect()
}
