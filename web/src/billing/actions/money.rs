//! Money back, and credit.

use serde_json::json;

use super::{Mode, Order, Outcome, key};
use crate::billing::dispatch::{self, Plan, REMEMBERED};
use crate::billing::gateway::Trouble;
use crate::billing::gateway::ask::Ask;
use crate::billing::store::{self, invoices, mirror};
use crate::billing::sync::Desk;

/// Gives back a part of what was paid for an invoice, or all that is left of it (`None`), with a credit note.
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
    let mine = key(&["refund", invoice, order.once]);
    let mut outcome = moved("billing.refunded", row.subscription_stripe_id.clone(), &row.currency);
    let owner = owner(&mut db, row.customer_id, &row.customer_stripe_id).await?;
    let before = store::orders::by_key(&mut *db, &mine).await?.filter(|before| before.state == "done");
    if let Some(before) = before.filter(|_| mode == Mode::Carry) {
        // A second click: it was done by the first.
        let given =
            before.asks.0.iter().map(|ask| if let Ask::CreditNote { cents, .. } = ask { *cents } else { 0 });
        outcome.now_cents = -given.sum::<i64>();
        outcome.done = true;
        return Ok(outcome);
    }
    // What was given back is asked for there: somebody may have done so in the provider's own console.
    let given_back: i64 = desk
        .gateway
        .refunds(&payment)
        .await?
        .iter()
        .filter(|r| r.status != "failed" && r.status != "canceled")
        .map(|r| r.amount_cents)
        .sum();
    let left = row.amount_paid_cents - given_back;
    let cents = cents.unwrap_or(left);
    outcome.now_cents = -cents;
    if cents <= 0 || cents > left {
        return Err(Trouble::Stale(format!(
            "{cents} is not between 1 and {left}, which is left of the payment"
        )));
    }
    if mode == Mode::DryRun {
        return Ok(outcome);
    }
    let ask = Ask::CreditNote { invoice: invoice.to_owned(), payment, cents, memo: String::new() };
    let plan = Plan {
        key: mine,
        asks: vec![ask],
        customer: Some(&row.customer_stripe_id),
        account: row.customer_id,
        action: outcome.action,
        subject: &owner,
        detail: json!({ "invoice": invoice, "amount_cents": cents, "currency": row.currency }),
        good_for: REMEMBERED,
    };
    let placed = dispatch::place(desk, order, &plan).await?;
    dispatch::carry(desk, db, &placed).await?;
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
    let mut outcome = moved("billing.credited", None, currency);
    outcome.now_cents = -cents;
    if mode == Mode::DryRun {
        return Ok(outcome);
    }
    let owner = owner(&mut db, Some(account), &customer.stripe_id).await?;
    let ask = Ask::Balance {
        customer: customer.stripe_id.clone(),
        cents: -cents,
        currency: currency.to_owned(),
        description: order.reason.to_owned(),
    };
    let plan = Plan {
        key: key(&["credit", &customer.stripe_id, order.once]),
        asks: vec![ask],
        customer: Some(&customer.stripe_id),
        account: Some(account),
        action: outcome.action,
        subject: &owner,
        detail: json!({ "amount_cents": cents, "currency": currency, "for": order.once }),
        good_for: REMEMBERED,
    };
    let placed = dispatch::place(desk, order, &plan).await?;
    dispatch::carry(desk, db, &placed).await?;
    outcome.done = true;
    Ok(outcome)
}

fn moved(action: &'static str, subscription: Option<String>, currency: &str) -> Outcome {
    Outcome {
        action,
        subscription,
        currency: currency.to_owned(),
        now_cents: 0,
        lines: Vec::new(),
        next_cents: None,
        next_at: None,
        access_until: None,
        at_s: None,
        done: false,
    }
}

/// What the audit log calls an account; one that was erased has only its name there.
async fn owner(db: &mut sqlx::PgConnection, account: Option<i64>, customer: &str) -> Result<String, Trouble> {
    let Some(account) = account else { return Ok(customer.to_owned()) };
    let person = store::person(&mut *db, account).await?;
    Ok(person.map_or_else(|| customer.to_owned(), |person| person.pseudonym))
}
