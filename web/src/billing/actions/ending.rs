//! The end of a subscription, its pause, and their undoing.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Mode, Order, Outcome, carry, going_on, hold, key};
use crate::billing::dispatch::REMEMBERED;
use crate::billing::facts::Status;
use crate::billing::gateway::Trouble;
use crate::billing::gateway::ask::Ask;
use crate::billing::sync::Desk;

/// When a subscription is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// With the period that is paid.
    PeriodEnd,
    /// At once, without money back: that is a [`super::refund`] of its own.
    Now,
}

/// Lets a subscription end.
///
/// # Errors
/// It is over, or the provider or Postgres fails.
pub async fn cancel(
    desk: &Desk<'_>,
    order: &Order<'_>,
    mode: Mode,
    subscription: &str,
    when: When,
) -> Result<Outcome, Trouble> {
    let mut db = desk.pool.begin().await?;
    let held = hold(desk, &mut db, subscription).await?;
    let now_is = &held.now_is;
    let mut outcome = Outcome::of("billing.subscription_cancelled", now_is);
    outcome.access_until = Some(match when {
        When::PeriodEnd => now_is.ends_at().unwrap_or(now_is.current_period_end_at),
        When::Now => desk.now,
    });
    let already = now_is.status.is_over() || (when == When::PeriodEnd && now_is.ends_at().is_some());
    if mode == Mode::DryRun || already {
        outcome.done = already;
        return Ok(outcome);
    }
    let id = subscription.to_owned();
    let (key, ask) = match when {
        When::PeriodEnd => {
            let period = now_is.current_period_end_at.timestamp().to_string();
            let key = key(&["end", subscription, &period, order.once]);
            (key, Ask::EndWithPeriod { subscription: id, ends: true })
        }
        When::Now => (key(&["end-now", subscription]), Ask::EndNow { subscription: id }),
    };
    let detail = json!({ "subscription": subscription, "at_period_end": when == When::PeriodEnd, "until": outcome.access_until });
    carry(desk, db, order, &held, (key, outcome.action, REMEMBERED), vec![ask], detail).await?;
    outcome.done = true;
    Ok(outcome)
}

/// Takes back that a subscription ends, and ends a pause.
///
/// # Errors
/// It is over, or the provider or Postgres fails.
pub async fn resume(
    desk: &Desk<'_>,
    order: &Order<'_>,
    mode: Mode,
    subscription: &str,
) -> Result<Outcome, Trouble> {
    let mut db = desk.pool.begin().await?;
    let held = hold(desk, &mut db, subscription).await?;
    let now_is = &held.now_is;
    going_on(now_is)?;
    let mut outcome = Outcome::of("billing.subscription_resumed", now_is);
    outcome.next_at = Some(now_is.current_period_end_at);
    outcome.next_cents = Some(now_is.due_cents(now_is.current_period_end_at));
    let (ends, paused) = (now_is.ends_at().is_some(), now_is.paused_behavior.is_some());
    if mode == Mode::DryRun || !(ends || paused) {
        outcome.done = !(ends || paused);
        return Ok(outcome);
    }
    let id = subscription.to_owned();
    let keep = ends.then(|| Ask::EndWithPeriod { subscription: id.clone(), ends: false });
    let asks = keep.into_iter().chain(paused.then_some(Ask::Unpause { subscription: id })).collect();
    let key = key(&["resume", subscription, order.once]);
    let detail = json!({ "subscription": subscription, "was_ending": ends, "was_paused": paused });
    carry(desk, db, order, &held, (key, outcome.action, REMEMBERED), asks, detail).await?;
    outcome.done = true;
    Ok(outcome)
}

/// Stops collecting money until an instant, or until it is resumed; access lasts as long as what was paid.
///
/// # Errors
/// It is over or not paid, the instant has passed, or the provider or Postgres fails.
pub async fn pause(
    desk: &Desk<'_>,
    order: &Order<'_>,
    mode: Mode,
    subscription: &str,
    until_at: Option<DateTime<Utc>>,
) -> Result<Outcome, Trouble> {
    let mut db = desk.pool.begin().await?;
    let held = hold(desk, &mut db, subscription).await?;
    let now_is = &held.now_is;
    going_on(now_is)?;
    if now_is.status != Status::Active || now_is.ends_at().is_some() {
        return Err(Trouble::Stale("only a subscription that is paid and goes on can be paused".to_owned()));
    }
    if until_at.is_some_and(|until| until <= desk.now) {
        return Err(Trouble::Stale("the pause would be over already".to_owned()));
    }
    let mut outcome = Outcome::of("billing.subscription_paused", now_is);
    outcome.access_until = Some(now_is.current_period_end_at);
    outcome.next_at = until_at;
    let already = now_is.paused_behavior.is_some();
    if mode == Mode::DryRun || already {
        outcome.done = already;
        return Ok(outcome);
    }
    let key = key(&["pause", subscription, order.once]);
    let ask =
        Ask::Pause { subscription: subscription.to_owned(), until_s: until_at.map(|at| at.timestamp()) };
    let detail = json!({ "subscription": subscription, "until": until_at });
    carry(desk, db, order, &held, (key, outcome.action, REMEMBERED), vec![ask], detail).await?;
    outcome.done = true;
    Ok(outcome)
}
