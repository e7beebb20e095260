//! The worker's step that gives credits which have been decided.

use chrono::{DateTime, Duration, Utc};

use super::letter::letter;
use super::store::{self, Credit};
use crate::auth::store::by_id;
use crate::billing::actions::{Mode, Order, credit};
use crate::billing::gateway::Trouble;
use crate::error::Error;
use crate::mail::outbox::{self, pause_after};
use crate::state::App;

/// Credits taken at once.
const BATCH: i64 = 8;
/// How long a worker may take over one batch before another takes it.
const LEASE_MINUTES: i64 = 10;

/// Gives what is due; says how many credits were tried. Any number of workers may do it at once: the payment provider is
/// asked under a key of slot and customer, so that the same credit is given once.
///
/// # Errors
/// Postgres fails. What the payment provider refuses is written down and tried again later.
pub async fn apply_due(app: &App, now: DateTime<Utc>) -> Result<usize, Error> {
    let Ok(desk) = app.desk(now) else { return Ok(0) };
    let credits = store::claim(&app.pool, now, now + Duration::minutes(LEASE_MINUTES), BATCH).await?;
    for one in &credits {
        let once = format!("late-{}", one.slot);
        let order = Order { by: "late-data", reason: &once, address: "", once: &once };
        let given = match one.customer_id {
            Some(account) => {
                credit(&desk, &order, Mode::Carry, account, one.credit_cents, &one.currency).await
            }
            None => Err(Trouble::Missing("the account is erased".to_owned())),
        };
        match given {
            Ok(_) => given_and_told(app, one, now).await?,
            Err(trouble) => {
                let says = trouble.to_string();
                tracing::warn!(slot = one.slot, customer = one.customer_stripe_id, %trouble, "a credit was not given");
                let tries = if trouble.passes() { 1 } else { 5 };
                store::tried(&app.pool, one, Err((&says, now + pause_after(tries)))).await?;
            }
        }
    }
    Ok(credits.len())
}

/// Writes down that a credit was given, and queues the letter about it; both or neither.
async fn given_and_told(app: &App, one: &Credit, now: DateTime<Utc>) -> Result<(), Error> {
    let mut tx = app.pool.begin().await?;
    store::tried(&mut *tx, one, Ok(now)).await?;
    let customer = match one.customer_id {
        Some(account) => by_id(&mut tx, account).await?,
        None => None,
    };
    if let (Some(customer), Ok(slot)) = (customer, one.slot.parse()) {
        let letter = letter(one, slot, &customer, &app.settings.origin());
        match outbox::queue(&mut *tx, &app.templates, &letter, now).await {
            // An address that is none is no reason to give the credit again.
            Err(Error::BadRequest(why)) => tracing::warn!(slot = one.slot, why, "nobody is told of a credit"),
            queued => drop(queued?),
        }
    }
    tx.commit().await?;
    Ok(())
}
