//! Orders to the provider: written down before they are sent, and settled together with their row in the audit log.
//!
//! 1. [`place`] stores an order with its idempotency key, state `sent`, in a transaction of its own.
//! 2. [`carry`] asks the provider and stores what came of it: the mirror's rows, the order's state and the audit row, in one
//!    transaction.
//! 3. Whatever ends the program in between leaves an order that is `sent`. [`finish_due`] sends it again under the same key,
//!    which counts once there, until it is settled; after [`Row::good_until_at`] it is not sent any more but reported.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use sqlx::{PgConnection, Postgres, Transaction};

use super::actions::Order;
use super::alarm::Alarm;
use super::gateway::Trouble;
use super::gateway::ask::{Answer, Ask};
use super::store::orders::{self, New, Row};
use super::store::{self, coupons, credit_notes, mirror, plans, refunds};
use super::sync::{self, Desk};
use super::withdrawal;
use crate::audit;
use crate::state::App;

/// The worker leaves an order alone for so long: who placed it is carrying it out.
const FIRST_PAUSE: Duration = Duration::seconds(60);
/// How long the provider is known to remember a key; it says 24 hours at least.
pub const REMEMBERED: Duration = Duration::hours(23);
/// Orders taken at once.
const BATCH: i64 = 20;
/// The word for all coupons, where an order is about no customer.
pub const COUPONS: &str = "coupons";

/// An order that is to be placed.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// Its idempotency key.
    pub key: String,
    /// What is asked, in order.
    pub asks: Vec<Ask>,
    /// The customer there whom it is about; `None`: coupons.
    pub customer: Option<&'a str>,
    /// Their account here.
    pub account: Option<i64>,
    /// As in the audit log.
    pub action: &'static str,
    /// To whom or what, as in the audit log.
    pub subject: &'a str,
    /// Whatever else tells what changes.
    pub detail: Value,
    /// For how long it may be sent again.
    pub good_for: Duration,
}

/// Writes an order down. The same key again is the same order: one that was refused is sent once more, one that is done stays
/// as it is.
///
/// # Errors
/// The key was used for something else, or nobody knows what came of it; or Postgres fails.
pub async fn place(desk: &Desk<'_>, by: &Order<'_>, plan: &Plan<'_>) -> Result<Row, Trouble> {
    let new = New {
        key: &plan.key,
        waits_for: plan.customer.unwrap_or(COUPONS),
        customer_stripe_id: plan.customer,
        customer_id: plan.account,
        asks: &plan.asks,
        action: plan.action,
        subject: plan.subject,
        actor: by.by,
        reason: by.reason,
        address: by.address,
        detail: &plan.detail,
        good_until_at: desk.now + plan.good_for,
        next_try_at: desk.now + FIRST_PAUSE,
    };
    let row = orders::place(desk.pool, &new, desk.now).await?;
    if row.asks.0 != plan.asks {
        return Err(Trouble::Stale("this form has been used for something else".to_owned()));
    }
    if row.state == "unclear" {
        return Err(Trouble::Stale(
            "nobody knows what came of this order: it is being looked into".to_owned(),
        ));
    }
    Ok(row)
}

/// Asks the provider for what an order says, under a lock that `db` holds, and settles it. The transaction ends here.
///
/// # Errors
/// The provider refuses: nothing was changed, or ([`Trouble::Half`]) only a part. It is away: the order is sent again later
/// ([`Trouble::Sent`]). Or Postgres fails: then, too.
pub async fn carry(
    desk: &Desk<'_>,
    mut db: Transaction<'static, Postgres>,
    row: &Row,
) -> Result<Vec<Answer>, Trouble> {
    if row.state == "done" {
        return Ok(row.answers.0.clone());
    }
    let prices = plans::tiers_by_price(&mut *db).await?;
    // What was done before the rest was refused is not done again.
    let mut answers = row.answers.0.clone();
    for (n, ask) in row.asks.0.iter().enumerate().skip(answers.len()) {
        let key = key_of(row, n);
        match desk.gateway.ask(&key, ask, &prices).await {
            Ok(answer) => answers.push(answer),
            Err(trouble) => return Err(fell_through(desk, db, row, &answers, trouble).await?),
        }
    }
    write(desk, &mut db, row, &answers).await?;
    if row.action == withdrawal::ACTION {
        withdrawal::conclude(desk, &mut db, row, &answers).await?;
    }
    orders::settle(&mut db, row.id, "done", &answers, "", desk.now).await?;
    note(desk, &mut db, row, &row.action, &told(&row.detail.0, &answers)).await?;
    db.commit().await?;
    read_again(desk, row).await;
    Ok(answers)
}

/// The key of the n-th ask. What was refused was not done, and the provider would repeat its refusal under the same key: so it is
/// asked under another.
fn key_of(row: &Row, n: usize) -> String {
    let mut key = row.key.clone();
    if n > 0 {
        key.push_str(&format!("-{n}"));
    }
    if row.refusals > 0 {
        key.push_str(&format!("-r{}", row.refusals));
    }
    key
}

/// What was done is done: where it cannot be read now, the webhook will have it read.
async fn read_again(desk: &Desk<'_>, row: &Row) {
    let Some(customer) = &row.customer_stripe_id else { return };
    if let Err(trouble) = sync::customer(desk, customer, &payments(row)).await {
        tracing::warn!(action = row.action, %trouble, "what was done could not be read back yet");
    }
}

/// The payments of which an order gives something back.
fn payments(row: &Row) -> Vec<String> {
    let payment = |ask: &Ask| match ask {
        Ask::CreditNote { payment, .. } => Some(payment.clone()),
        _ => None,
    };
    row.asks.0.iter().filter_map(payment).collect()
}

/// Settles an order that was refused, or leaves it where no answer came.
async fn fell_through(
    desk: &Desk<'_>,
    mut db: Transaction<'static, Postgres>,
    row: &Row,
    answers: &[Answer],
    trouble: Trouble,
) -> Result<Trouble, Trouble> {
    let said = trouble.to_string();
    if trouble.passes() || matches!(trouble, Trouble::Garbled(_)) {
        // Its transaction goes back; what is noted here stays.
        drop(db);
        orders::waits(desk.pool, row.id, &said, desk.now + pause_after(row.tries)).await?;
        return Ok(Trouble::Sent(said));
    }
    write(desk, &mut db, row, answers).await?;
    orders::settle(&mut db, row.id, "refused", answers, &said, desk.now).await?;
    let detail = json!({ "order": row.action, "said": said, "done": answers.len(), "of": row.asks.0.len(), "asked": row.detail.0 });
    note(desk, &mut db, row, "billing.order_refused", &detail).await?;
    db.commit().await?;
    read_again(desk, row).await;
    if answers.is_empty() {
        return Ok(trouble);
    }
    let alert = Alarm::HalfDone.raised();
    tracing::error!(
        alert,
        order = row.id,
        done = answers.len(),
        of = row.asks.0.len(),
        %trouble,
        "the provider did a part of an order and refused the rest"
    );
    Ok(Trouble::Half(said))
}

/// Makes the mirror what the answers say, as far as reading the customer again does not.
async fn write(desk: &Desk<'_>, db: &mut PgConnection, row: &Row, answers: &[Answer]) -> Result<(), Trouble> {
    for (ask, answer) in row.asks.0.iter().zip(answers) {
        match (ask, answer) {
            (Ask::CreditNote { payment, .. }, Answer::CreditNote(made)) => {
                credit_notes::upsert(db, made, row.customer_id, desk.now).await?;
                match desk.gateway.refunds(payment).await {
                    Ok(refunds) => {
                        let customer = &made.customer_stripe_id;
                        for refund in &refunds {
                            refunds::upsert(db, refund, customer, row.customer_id, desk.now).await?;
                        }
                    }
                    Err(trouble) => tracing::warn!(%trouble, "a refund could not be read back yet"),
                }
            }
            (Ask::NewCoupon { .. }, Answer::Coupon(made)) => coupons::upsert(db, made, desk.now).await?,
            (Ask::NewCode { coupon, code }, Answer::Code(id)) => {
                coupons::set_code(db, coupon, (code, id)).await?;
            }
            (Ask::RetireCode { code_id }, _) => coupons::retire_code(db, code_id, desk.now).await?,
            (Ask::RetireCoupon { coupon }, _) => {
                coupons::retire(db, coupon, (&row.actor, &row.reason), desk.now).await?;
            }
            (Ask::TaxId { customer, .. }, Answer::TaxId(made)) => {
                mirror::upsert_tax_id(db, customer, made).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// What the audit log says beside what was asked.
fn told(asked: &Value, answers: &[Answer]) -> Value {
    let mut all = asked.as_object().cloned().unwrap_or_default();
    for answer in answers {
        match answer {
            Answer::CreditNote(made) => {
                let notes = all.entry("credit_notes").or_insert_with(|| json!([]));
                if let Some(notes) = notes.as_array_mut() {
                    notes.push(json!({ "number": made.number, "refunds": made.refund_stripe_ids }));
                }
            }
            Answer::Balance(cents) => {
                all.insert("balance_cents".to_owned(), json!(cents));
            }
            Answer::Subscription(now_is) => {
                all.insert("status".to_owned(), json!(now_is.status));
                if let Some(discount) = &now_is.discount {
                    all.insert("coupon".to_owned(), json!(discount.coupon_id));
                }
            }
            Answer::TaxId(made) => {
                all.insert("verification".to_owned(), json!(made.verification));
            }
            Answer::Coupon(_) | Answer::Code(_) | Answer::Done => {}
        }
    }
    Value::Object(all)
}

async fn note(
    desk: &Desk<'_>,
    db: &mut PgConnection,
    row: &Row,
    action: &str,
    detail: &Value,
) -> sqlx::Result<()> {
    let entry = audit::Entry {
        actor: &row.actor,
        action,
        subject: &row.subject,
        reason: &row.reason,
        address: &row.address,
        detail,
    };
    audit::append(db, &entry, desk.now).await.map(|_| ())
}

/// Takes up orders that were sent and never settled; says how many were.
///
/// # Errors
/// Postgres fails. What the provider refuses settles an order, too.
pub async fn finish_due(app: &App, now: DateTime<Utc>) -> Result<usize, Trouble> {
    let Ok(desk) = app.desk(now) else { return Ok(0) };
    let mut settled = 0;
    for id in orders::due(desk.pool, now, BATCH).await? {
        let mut db = desk.pool.begin().await?;
        let Some(row) = orders::one(&mut *db, id).await?.filter(|row| row.state == "sent") else { continue };
        if !store::try_lock(&mut db, &format!("order-{}", row.waits_for)).await? {
            continue;
        }
        // Whoever held the lock may have settled it meanwhile.
        let Some(row) = orders::one(&mut *db, id).await?.filter(|row| row.state == "sent") else { continue };
        if now >= row.good_until_at {
            give_up(&desk, db, &row).await?;
            settled += 1;
            continue;
        }
        tracing::info!(order = row.id, action = row.action, tries = row.tries, "an order is sent again");
        match carry(&desk, db, &row).await {
            Ok(_) => settled += 1,
            Err(trouble) => tracing::warn!(order = row.id, %trouble, "an order that was left is not done"),
        }
    }
    Ok(settled)
}

/// The provider may have forgotten the key: sending the order again could do it twice. So it is reported, and the customer is
/// read, so that what we know is what is there.
async fn give_up(desk: &Desk<'_>, mut db: Transaction<'static, Postgres>, row: &Row) -> Result<(), Trouble> {
    orders::settle(&mut db, row.id, "unclear", &[], &row.error, desk.now).await?;
    let detail = json!({ "order": row.action, "said": row.error, "asked": row.detail.0 });
    note(desk, &mut db, row, "billing.order_unclear", &detail).await?;
    db.commit().await?;
    let alert = Alarm::Unclear.raised();
    tracing::error!(alert, order = row.id, "nobody knows what came of an order to the provider");
    read_again(desk, row).await;
    Ok(())
}

/// 30 s, 60 s, 2 min … at most ten minutes.
fn pause_after(tries: i32) -> Duration {
    let steps = u32::try_from(tries.clamp(1, 6) - 1).unwrap_or_default();
    Duration::seconds((30 * 2_i64.pow(steps)).min(600))
}
