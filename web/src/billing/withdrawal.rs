//! The right of withdrawal from a contract concluded at a distance (directive 2011/83/EU, articles 9 to 16).
//!
//! A consumer may withdraw within fourteen days, without a reason. Who has asked for the service to begin at once pays for
//! the time that they used it, in proportion; the rest is given back:
//!
//! `used = ⌊paid · seconds used / seconds of the paid period⌋`, `given back = paid − used`, in minor units, so that what
//! cannot be divided is the customer's. A trial costs nothing, so nothing is given back, and the fourteen days begin when
//! it ends.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use serde_json::json;

use super::actions::{Mode, Order};
use super::dunning;
use super::facts::{Snapshot, Status};
use super::gateway::Trouble;
use super::store::invoices::InvoiceRow;
use super::store::withdrawals::WithdrawalRow;
use super::store::{self, invoices, mirror, plans, withdrawals};
use super::sync::{self, Desk};
use crate::audit;
use crate::format;
use crate::mail::letter::Part;
use crate::text::{Lang, fill, text};

/// What a withdrawal comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// Until when one may withdraw.
    pub until_at: DateTime<Utc>,
    /// What was paid and has not been given back.
    pub paid_cents: i64,
    /// Currency.
    pub currency: String,
    /// How long the service was used, of …
    pub used_seconds: i64,
    /// … the length of the paid period.
    pub period_seconds: i64,
    /// What is given back.
    pub refund_cents: i64,
}

/// What withdrawing at `now` comes to; `None`: the subscription is over, or the time has passed.
pub fn sum(snapshot: &Snapshot, paid: &[InvoiceRow], right: Duration, now: DateTime<Utc>) -> Option<Sum> {
    if snapshot.status.is_over() || matches!(snapshot.status, Status::Incomplete | Status::Unknown) {
        return None;
    }
    let began_at = match snapshot.trial_end_at {
        Some(trial_end) if trial_end > snapshot.started_at => trial_end,
        _ => snapshot.started_at,
    };
    let until_at = began_at + right;
    if now >= until_at {
        return None;
    }
    let paid_cents: i64 = paid.iter().map(|i| (i.amount_paid_cents - i.refunded_cents).max(0)).sum();
    let (from, to) = (snapshot.current_period_start_at, snapshot.current_period_end_at);
    let period_seconds = (to - from).num_seconds().max(1);
    let used_seconds = (now - from).num_seconds().clamp(0, period_seconds);
    let on_trial = snapshot.status == Status::Trialing;
    let used = i128::from(paid_cents) * i128::from(used_seconds) / i128::from(period_seconds);
    let used = if on_trial { 0 } else { i64::try_from(used).unwrap_or(paid_cents) };
    let currency = snapshot.currency.clone();
    Some(Sum {
        until_at,
        paid_cents,
        currency,
        used_seconds,
        period_seconds,
        refund_cents: paid_cents - used,
    })
}

/// How the sum is given back: of the newest payment first, of each at most what is left of it.
pub fn parts(paid: &[InvoiceRow], refund_cents: i64) -> Vec<(String, i64)> {
    let mut left = refund_cents;
    let mut parts = Vec::new();
    for invoice in paid {
        let Some(payment) = &invoice.payment_intent_id else { continue };
        let part = left.min(invoice.amount_paid_cents - invoice.refunded_cents);
        if part > 0 {
            parts.push((payment.clone(), part));
            left -= part;
        }
    }
    parts
}

/// Withdraws from a subscription: it ends now, and the sum is given back. What was worked out is written down before
/// anything is done, so that a repeat gives back the same.
///
/// # Errors
/// The time has passed, or the provider or Postgres fails; a repeat then takes up where it was left.
pub async fn withdraw(
    desk: &Desk<'_>,
    order: &Order<'_>,
    mode: Mode,
    account: i64,
    subscription: &str,
    lang: Lang,
) -> Result<Sum, Trouble> {
    let mut db = desk.pool.begin().await?;
    store::lock(&mut db, &format!("withdraw-{subscription}")).await?;
    let row = mirror::subscription(&mut *db, subscription).await?;
    let row = row.filter(|row| row.customer_id == Some(account));
    let row = row.ok_or_else(|| Trouble::Missing(format!("no subscription {subscription}")))?;
    let prices = plans::tiers_by_price(&mut *db).await?;
    let (_, right) = store::rules(&mut *db).await?;
    let now_is = desk.gateway.subscription(subscription, &prices).await?;
    let paid = invoices::for_subscription(&mut *db, subscription).await?;
    let asked = withdrawals::of(&mut *db, subscription).await?;
    let sum = match &asked {
        Some(asked) => Sum {
            until_at: asked.asked_at,
            paid_cents: asked.paid_cents,
            currency: asked.currency.clone(),
            used_seconds: asked.used_seconds,
            period_seconds: asked.period_seconds,
            refund_cents: asked.refund_cents,
        },
        None => sum(&now_is, &paid, right, desk.now)
            .ok_or_else(|| Trouble::Stale("the time in which one may withdraw has passed".to_owned()))?,
    };
    if mode == Mode::DryRun || asked.as_ref().is_some_and(|asked| asked.done_at.is_some()) {
        return Ok(sum);
    }
    if asked.is_none() {
        let row = WithdrawalRow {
            subscription_stripe_id: subscription.to_owned(),
            asked_at: desk.now,
            paid_cents: sum.paid_cents,
            currency: sum.currency.clone(),
            used_seconds: sum.used_seconds,
            period_seconds: sum.period_seconds,
            refund_cents: sum.refund_cents,
            refund_stripe_ids: Vec::new(),
            done_at: None,
        };
        // In a transaction of its own: it stays, whatever happens next.
        let mut first = desk.pool.begin().await?;
        withdrawals::ask(&mut first, account, &row).await?;
        first.commit().await?;
    }
    if !now_is.status.is_over() {
        desk.gateway.end_now(&format!("withdraw-{subscription}"), subscription, &prices).await?;
    }
    let mut refunds = Vec::new();
    for (payment, cents) in parts(&paid, sum.refund_cents) {
        let made = desk
            .gateway
            .create_refund(&format!("withdraw-{subscription}-{payment}"), &payment, cents)
            .await?;
        invoices::upsert_refund(&mut db, &made, &row.customer_stripe_id, Some(account), desk.now).await?;
        refunds.push(made.stripe_id);
    }
    withdrawals::done(&mut db, subscription, &refunds, desk.now).await?;
    tell(desk, &mut db, account, subscription, &sum, lang).await?;
    let detail = json!({ "subscription": subscription, "sum": sum, "refunds": refunds });
    let entry = audit::Entry {
        actor: order.by,
        action: "billing.withdrawn",
        subject: order.by,
        reason: order.reason,
        address: order.address,
        detail: &detail,
    };
    audit::append(&mut db, &entry, desk.now).await?;
    db.commit().await?;
    if let Err(trouble) = sync::customer(desk, &row.customer_stripe_id, &[]).await {
        tracing::warn!(%trouble, "a withdrawal could not be read back yet");
    }
    Ok(sum)
}

/// The confirmation that the law wants on a durable medium.
async fn tell(
    desk: &Desk<'_>,
    db: &mut sqlx::PgConnection,
    account: i64,
    subscription: &str,
    sum: &Sum,
    lang: Lang,
) -> Result<(), Trouble> {
    let Some(person) = store::person(&mut *db, account).await? else { return Ok(()) };
    let parts = vec![
        Part::text(fill(lang, "withdrawn_at", &[("at", &format::instant(desk.now, lang))])),
        Part::text(words(sum, lang)),
    ];
    let key = format!("billing/withdrawn/{subscription}");
    let subject = text(lang, "withdrawn_subject").to_owned();
    dunning::send(desk, db, &dunning::account_letter(key, &person, lang, subject, parts)).await
}

/// The sum and its formula in words.
pub fn words(sum: &Sum, lang: Lang) -> String {
    let money = |cents| format::money(cents, &sum.currency, lang);
    let days = |seconds: i64| format::number(seconds as f64 / 86_400.0, 2, lang);
    if sum.paid_cents == 0 {
        return text(lang, "withdraw_nothing_paid").to_owned();
    }
    let values = [
        ("paid", money(sum.paid_cents)),
        ("used", days(sum.used_seconds)),
        ("period", days(sum.period_seconds)),
        ("kept", money(sum.paid_cents - sum.refund_cents)),
        ("refund", money(sum.refund_cents)),
    ];
    let values = values.each_ref().map(|(key, value)| (*key, value.as_str()));
    fill(lang, "withdraw_formula", &values)
}
