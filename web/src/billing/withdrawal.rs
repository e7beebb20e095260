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
use super::dispatch::{self, Plan, REMEMBERED};
use super::dunning;
use super::facts::{Snapshot, Status};
use super::gateway::Trouble;
use super::gateway::ask::{Answer, Ask};
use super::store::invoices::InvoiceRow;
use super::store::orders::Row;
use super::store::withdrawals::WithdrawalRow;
use super::store::{self, invoices, mirror, plans, subscriptions, withdrawals};
use super::sync::Desk;
use crate::format;
use crate::mail::letter::Part;
use crate::text::{Lang, fill, text};

/// Its name in the audit log.
pub const ACTION: &str = "billing.withdrawn";

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

impl From<&WithdrawalRow> for Sum {
    fn from(asked: &WithdrawalRow) -> Self {
        Self {
            until_at: asked.asked_at,
            paid_cents: asked.paid_cents,
            currency: asked.currency.clone(),
            used_seconds: asked.used_seconds,
            period_seconds: asked.period_seconds,
            refund_cents: asked.refund_cents,
        }
    }
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

/// How the sum is given back: invoice, payment and amount; of the newest payment first, of each at most what is left of it.
pub fn parts(paid: &[InvoiceRow], refund_cents: i64) -> Vec<(String, String, i64)> {
    let mut left = refund_cents;
    let mut parts = Vec::new();
    for invoice in paid {
        let Some(payment) = &invoice.payment_intent_id else { continue };
        let part = left.min(invoice.amount_paid_cents - invoice.refunded_cents);
        if part > 0 {
            parts.push((invoice.stripe_id.clone(), payment.clone(), part));
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
    let row = subscriptions::one(&mut *db, subscription).await?;
    let row = row.filter(|row| row.customer_id == Some(account));
    let row = row.ok_or_else(|| Trouble::Missing(format!("no subscription {subscription}")))?;
    store::lock(&mut db, &format!("order-{}", row.customer_stripe_id)).await?;
    let prices = plans::tiers_by_price(&mut *db).await?;
    let (_, right) = store::rules(&mut *db).await?;
    let now_is = desk.gateway.subscription(subscription, &prices).await?;
    let paid = invoices::for_subscription(&mut *db, subscription).await?;
    let asked = withdrawals::of(&mut *db, subscription).await?;
    let sum = match &asked {
        Some(asked) => Sum::from(asked),
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
    let end = (!now_is.status.is_over()).then(|| Ask::EndNow { subscription: subscription.to_owned() });
    let back = parts(&paid, sum.refund_cents).into_iter().map(|(invoice, payment, cents)| Ask::CreditNote {
        invoice,
        payment,
        cents,
        memo: text(lang, "withdraw_memo").to_owned(),
    });
    let key = format!("withdraw-{subscription}");
    // A repeat sends what was asked at first: what has been given back since would make other parts of it.
    let before = store::orders::by_key(&mut *db, &key).await?;
    let asks = before.map_or_else(|| end.into_iter().chain(back).collect(), |before| before.asks.0);
    let plan = Plan {
        key,
        asks,
        customer: Some(&row.customer_stripe_id),
        account: Some(account),
        action: ACTION,
        subject: order.by,
        detail: json!({ "subscription": subscription, "sum": sum }),
        good_for: REMEMBERED,
    };
    let placed = dispatch::place(desk, order, &plan).await?;
    dispatch::carry(desk, db, &placed).await?;
    Ok(sum)
}

/// Notes that a withdrawal was carried out and confirms it, in the transaction in which its order is settled.
///
/// # Errors
/// Postgres or a template fails.
pub async fn conclude(
    desk: &Desk<'_>,
    db: &mut sqlx::PgConnection,
    order: &Row,
    answers: &[Answer],
) -> Result<(), Trouble> {
    let Some(subscription) = order.detail.0.get("subscription").and_then(serde_json::Value::as_str) else {
        return Ok(());
    };
    let Some(asked) = withdrawals::of(&mut *db, subscription).await? else { return Ok(()) };
    let refunds = answers.iter().flat_map(|answer| match answer {
        Answer::CreditNote(note) => note.refund_stripe_ids.clone(),
        _ => Vec::new(),
    });
    withdrawals::done(db, subscription, &refunds.collect::<Vec<_>>(), desk.now).await?;
    let (Some(account), Some(customer)) = (order.customer_id, &order.customer_stripe_id) else {
        return Ok(());
    };
    let row = mirror::customer(&mut *db, customer).await?;
    let lang = row.and_then(|row| Lang::parse(&row.language)).unwrap_or(Lang::En);
    tell(desk, db, account, &asked, lang).await
}

/// The confirmation that the law wants on a durable medium.
async fn tell(
    desk: &Desk<'_>,
    db: &mut sqlx::PgConnection,
    account: i64,
    asked: &WithdrawalRow,
    lang: Lang,
) -> Result<(), Trouble> {
    let Some(person) = store::person(&mut *db, account).await? else { return Ok(()) };
    let parts = vec![
        Part::text(fill(lang, "withdrawn_at", &[("at", &format::instant(asked.asked_at, lang))])),
        Part::text(words(&Sum::from(asked), lang)),
    ];
    let key = format!("billing/withdrawn/{}", asked.subscription_stripe_id);
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
