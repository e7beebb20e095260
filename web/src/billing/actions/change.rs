//! Another price: what it costs to the cent, and then exactly that.

use chrono::Duration;
use serde_json::json;

use super::{Mode, Order, Outcome, carry, going_on, hold, key};
use crate::billing::alarm::Alarm;
use crate::billing::checkout;
use crate::billing::facts::Snapshot;
use crate::billing::gateway::Trouble;
use crate::billing::gateway::ask::{Answer, Ask};
use crate::billing::store::invoices;
use crate::billing::sync::Desk;

/// A change worked out longer ago is worked out anew, in seconds: prorations follow the clock.
const FRESH_S: i64 = 15 * 60;

/// A change of price that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// Of which subscription.
    pub subscription: &'a str,
    /// To which price of ours.
    pub price_id: i64,
    /// The instant as of which its cost was shown, in Unix seconds; `None`: now.
    pub at_s: Option<i64>,
    /// The cost that was shown: another one is refused.
    pub expected_cents: Option<i64>,
}

/// What a change would cost now; nothing is changed.
///
/// # Errors
/// It cannot be made, or the provider or Postgres fails.
pub async fn preview(desk: &Desk<'_>, subscription: &str, price_id: i64) -> Result<Outcome, Trouble> {
    let order = Order { by: "preview", reason: "", address: "", once: "" };
    let change = Change { subscription, price_id, at_s: None, expected_cents: None };
    change_plan(desk, &order, Mode::DryRun, change).await
}

/// Changes the price. What the change costs is charged at once; where that payment fails nothing is changed.
///
/// # Errors
/// The payment is declined; it would cost something else than what was shown; it cannot be made; or the provider or
/// Postgres fails.
pub async fn change_plan(
    desk: &Desk<'_>,
    order: &Order<'_>,
    mode: Mode,
    change: Change<'_>,
) -> Result<Outcome, Trouble> {
    let mut db = desk.pool.begin().await?;
    let held = hold(desk, &mut db, change.subscription).await?;
    let now_is = &held.now_is;
    going_on(now_is)?;
    let price = checkout::there(desk, &mut db, change.price_id).await?;
    let price = price.ok_or_else(|| Trouble::Stale("the price is no longer offered".to_owned()))?;
    let to = price.stripe_id.clone().unwrap_or_default();
    if price.currency != now_is.currency {
        return Err(Trouble::Currency { wanted: price.currency, theirs: now_is.currency.clone() });
    }
    let mut outcome = Outcome::of("billing.plan_changed", now_is);
    let next = Snapshot { unit_amount_cents: price.unit_amount_cents, quantity: 1, ..now_is.clone() };
    outcome.next_cents = Some(next.due_cents(now_is.current_period_end_at));
    if now_is.price_id == to {
        // A second click, or another tab: it is so already.
        outcome.done = mode == Mode::Carry;
        outcome.next_at = Some(now_is.current_period_end_at);
        return Ok(outcome);
    }
    let now_s = desk.now.timestamp();
    let at_s = change.at_s.unwrap_or(now_s);
    if at_s > now_s + FRESH_S || at_s < now_s - FRESH_S {
        return Err(Trouble::Stale("what it costs was worked out too long ago".to_owned()));
    }
    let quote = desk.gateway.preview_change(now_is, &to, at_s, &held.prices).await?;
    outcome.now_cents = quote.amount_due_cents;
    outcome.lines.clone_from(&quote.lines);
    outcome.at_s = Some(at_s);
    outcome.next_at = quote.lines.iter().map(|line| line.period_end_at).max();
    if quote.total_cents < 0 {
        // Nothing is due: the rest becomes credit.
        outcome.now_cents = quote.total_cents;
    }
    if change.expected_cents.is_some_and(|expected| expected != outcome.now_cents) {
        return Err(Trouble::Stale("it would cost something else than what was shown".to_owned()));
    }
    if mode == Mode::DryRun {
        return Ok(outcome);
    }
    let key = key(&["change", change.subscription, &now_is.price_id, &to, &at_s.to_string()]);
    let detail = json!({
        "subscription": change.subscription, "from": now_is.price_id, "to": to,
        "charged_cents": outcome.now_cents, "currency": outcome.currency,
    });
    let ask = Ask::Change {
        subscription: change.subscription.to_owned(),
        item: now_is.item_stripe_id.clone(),
        price: to,
        at_s,
    };
    // What was shown is good for a quarter of an hour, and so is the order.
    let good_for = Duration::seconds(at_s + FRESH_S - now_s);
    let answers = carry(desk, db, order, &held, (key, outcome.action, good_for), vec![ask], detail).await?;
    let Some(Answer::Subscription(changed)) = answers.into_iter().next() else {
        return Err(Trouble::Garbled("a change of plan was not answered with the subscription".to_owned()));
    };
    outcome.done = true;
    outcome.next_at = Some(changed.current_period_end_at);
    if let Some(made) =
        changed.latest_invoice_id.filter(|made| Some(made) != now_is.latest_invoice_id.as_ref())
        && let Some(invoice) = invoices::one(desk.pool, &made).await?
    {
        let charged = if invoice.total_cents < 0 { invoice.total_cents } else { invoice.amount_due_cents };
        if charged != outcome.now_cents {
            let (alert, shown) = (Alarm::PreviewDiffers.raised(), outcome.now_cents);
            tracing::error!(alert, shown, charged, "a change was charged differently");
            outcome.now_cents = charged;
        }
    }
    Ok(outcome)
}
