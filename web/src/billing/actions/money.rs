//! Money back, credit, and discounts.

use serde_json::json;

use super::{Mode, Order, Outcome, finish, going_on, hold, key};
use crate::audit;
use crate::billing::facts::Coupon;
use crate::billing::gateway::Trouble;
use crate::billing::gateway::write::NewCoupon;
use crate::billing::store::{self, coupons, invoices, mirror};
use crate::billing::sync::Desk;

/// Gives back a part of what was paid for an invoice, or all that is left of it (`None`).
///
/// # Errors
/// It is more than what is left, nothing was paid, or the provider or Postgres fails.
pub async fn refund(
    desk: &Desk<'_>,
    order: &Order<'_>,
    mode: Mode,
    invoice: &str,
    cents: Option<i64>,
) -> Result<Outcome, Trouble> {
    let mut db = desk.pool.begin().await?;
    let row = invoices::one(&mut *db, invoice).await?;
    let row = row.ok_or_else(|| Trouble::Missing(format!("no invoice {invoice}")))?;
    store::lock(&mut db, &format!("order-{}", row.customer_stripe_id)).await?;
    let payment = row.payment_intent_id.clone().filter(|_| row.amount_paid_cents > 0);
    let payment = payment.ok_or_else(|| Trouble::Stale("nothing was paid for this invoice".to_owned()))?;
    // What was given back is asked for there: somebody may have done so in the provider's own console.
    let before = desk.gateway.refunds(&payment).await?;
    let given_back: i64 = before
        .iter()
        .filter(|r| r.status != "failed" && r.status != "canceled")
        .map(|r| r.amount_cents)
        .sum();
    let left = row.amount_paid_cents - given_back;
    let cents = cents.unwrap_or(left);
    let mut outcome = Outcome {
        action: "billing.refunded",
        subscription: row.subscription_stripe_id.clone(),
        currency: row.currency.clone(),
        now_cents: -cents,
        lines: Vec::new(),
        next_cents: None,
        next_at: None,
        access_until: None,
        at_s: None,
        done: false,
    };
    let mine = key(&["refund", invoice, order.once]);
    if cents <= 0 || cents > left {
        return Err(Trouble::Stale(format!(
            "{cents} is not between 1 and {left}, which is left of the payment"
        )));
    }
    if mode == Mode::DryRun {
        return Ok(outcome);
    }
    let made = desk.gateway.create_refund(&mine, &payment, cents).await?;
    if before.iter().any(|r| r.stripe_id == made.stripe_id) {
        // A second click: it was done by the first.
        outcome.done = true;
        return Ok(outcome);
    }
    let owner = owner(&mut db, row.customer_id, &row.customer_stripe_id).await?;
    invoices::upsert_refund(&mut db, &made, &row.customer_stripe_id, row.customer_id, desk.now).await?;
    let detail = json!({
        "invoice": invoice, "refund": made.stripe_id, "amount_cents": cents, "currency": row.currency,
        "status": made.status,
    });
    finish(desk, db, order, outcome.action, &owner, &row.customer_stripe_id, &detail).await?;
    outcome.done = true;
    Ok(outcome)
}

/// Credits an account's coming invoices with a positive amount. The order's `once` names what it is for: the same is
/// credited once.
///
/// # Errors
/// The amount is not positive, the account has never paid, pays in another currency, or the provider or Postgres fails.
pub async fn credit(
    desk: &Desk<'_>,
    order: &Order<'_>,
    mode: Mode,
    account: i64,
    cents: i64,
    currency: &str,
) -> Result<Outcome, Trouble> {
    let mut db = desk.pool.begin().await?;
    let customer = mirror::customer_of(&mut *db, account).await?;
    let customer = customer.ok_or_else(|| Trouble::Missing("the account is no customer yet".to_owned()))?;
    store::lock(&mut db, &format!("order-{}", customer.stripe_id)).await?;
    if cents <= 0 {
        return Err(Trouble::Refused("a credit is more than nothing".to_owned()));
    }
    if let Some(theirs) = customer.currency.clone().filter(|theirs| theirs != currency) {
        return Err(Trouble::Currency { wanted: currency.to_owned(), theirs });
    }
    let mut outcome = Outcome {
        action: "billing.credited",
        subscription: None,
        currency: currency.to_owned(),
        now_cents: -cents,
        lines: Vec::new(),
        next_cents: None,
        next_at: None,
        access_until: None,
        at_s: None,
        done: false,
    };
    if mode == Mode::DryRun {
        return Ok(outcome);
    }
    let mine = key(&["credit", &customer.stripe_id, order.once]);
    let balance =
        desk.gateway.adjust_balance(&mine, &customer.stripe_id, -cents, currency, order.reason).await?;
    let owner = owner(&mut db, Some(account), &customer.stripe_id).await?;
    let detail =
        json!({ "amount_cents": cents, "currency": currency, "balance_cents": balance, "for": order.once });
    finish(desk, db, order, outcome.action, &owner, &customer.stripe_id, &detail).await?;
    outcome.done = true;
    Ok(outcome)
}

/// A coupon, named by its id or by the code that customers type.
#[derive(Debug, Clone, Copy)]
pub enum Code<'a> {
    /// Its id.
    Coupon(&'a str),
    /// A promotion code.
    Promotion(&'a str),
}

/// Puts a coupon on a subscription, in place of any other.
///
/// # Errors
/// There is no such coupon, it cannot be redeemed, or the provider or Postgres fails.
pub async fn apply_coupon(
    desk: &Desk<'_>,
    order: &Order<'_>,
    mode: Mode,
    subscription: &str,
    code: Code<'_>,
) -> Result<Outcome, Trouble> {
    let mut db = desk.pool.begin().await?;
    let held = hold(desk, &mut db, subscription).await?;
    going_on(&held.now_is)?;
    let (coupon, promotion) = match code {
        Code::Coupon(id) => (Some(id.to_owned()), None),
        Code::Promotion(text) => {
            let found = desk.gateway.promotion_code(text).await?;
            (None, Some(found.ok_or_else(|| Trouble::Missing(format!("no code {text}")))?))
        }
    };
    let mut outcome = Outcome::of("billing.coupon_applied", &held.now_is);
    outcome.next_at = Some(held.now_is.current_period_end_at);
    if mode == Mode::DryRun {
        return Ok(outcome);
    }
    let mine = key(&["coupon", subscription, order.once]);
    let changed = desk
        .gateway
        .discount(&mine, subscription, coupon.as_deref(), promotion.as_deref(), &held.prices)
        .await?;
    let detail = json!({ "subscription": subscription, "coupon": changed.discount.map(|d| d.coupon_id) });
    finish(desk, db, order, outcome.action, &held.owner, &held.row.customer_stripe_id, &detail).await?;
    outcome.done = true;
    Ok(outcome)
}

/// Makes a coupon, and a code by which customers ask for it at checkout.
///
/// # Errors
/// It takes off nothing, more than all, or both a share and an amount; the code is taken; or the provider or Postgres fails.
pub async fn create_coupon(
    desk: &Desk<'_>,
    order: &Order<'_>,
    new: &NewCoupon<'_>,
    code: Option<&str>,
) -> Result<Coupon, Trouble> {
    let fine = match (new.percent_off, new.amount_off) {
        (Some(percent), None) => percent > 0.0 && percent <= 100.0,
        (None, Some((cents, _))) => cents > 0,
        _ => false,
    };
    if !fine || new.name.trim().is_empty() {
        return Err(Trouble::Refused(
            "a coupon has a name and takes off either a share or an amount".to_owned(),
        ));
    }
    let mut db = desk.pool.begin().await?;
    let made = desk.gateway.create_coupon(&key(&["new-coupon", order.once]), new).await?;
    let promotion = match code {
        Some(code) => {
            let mine = key(&["new-code", order.once, code]);
            let id = desk.gateway.create_promotion_code(&mine, &made.stripe_id, code).await?;
            Some((code, id))
        }
        None => None,
    };
    let named = promotion.as_ref().map(|(code, id)| (*code, id.as_str()));
    coupons::upsert(&mut db, &made, named, desk.now).await?;
    let detail = json!({
        "coupon": made.stripe_id, "name": made.name, "percent_off": made.percent_off,
        "amount_off_cents": made.amount_off_cents, "currency": made.currency, "code": code,
    });
    let entry = audit::Entry {
        actor: order.by,
        action: "billing.coupon_created",
        subject: &made.stripe_id,
        reason: order.reason,
        address: order.address,
        detail: &detail,
    };
    audit::append(&mut db, &entry, desk.now).await?;
    db.commit().await?;
    Ok(made)
}

/// What the audit log calls an account; one that was erased has only its name there.
async fn owner(db: &mut sqlx::PgConnection, account: Option<i64>, customer: &str) -> Result<String, Trouble> {
    let Some(account) = account else { return Ok(customer.to_owned()) };
    let person = store::person(&mut *db, account).await?;
    Ok(person.map_or_else(|| customer.to_owned(), |person| person.pseudonym))
}
