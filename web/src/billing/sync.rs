//! Makes what we know of a customer what the provider says now, and derives what follows from it.
//!
//! Everything is read and written under a lock on the customer: two who read at the same time would otherwise write in the
//! wrong order, and an older answer would win. So the last to read is the last to write, whatever made them read.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use super::alarm::Alarm;
use super::dunning;
use super::entitlement::{self, Dated, READ};
use super::facts::{Snapshot, Status};
use super::gateway::convert::Prices;
use super::gateway::{Gateway, Trouble};
use super::store::{self, access, coupons, credit_notes, invoices, mirror, plans, refunds, subscriptions};
use crate::templates::Templates;

/// What a sync works with.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// Postgres.
    pub pool: &'a PgPool,
    /// The way to the provider.
    pub gateway: &'a Gateway,
    /// Pages, for mails.
    pub templates: &'a Templates,
    /// The site's address, for links in mails.
    pub origin: &'a str,
    /// The instant.
    pub now: DateTime<Utc>,
}

impl std::fmt::Debug for Desk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("now", &self.now).finish_non_exhaustive()
    }
}

/// Whether a customer is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Yes, and what is known of them is up to date.
    Ours,
    /// Somebody else's, in the same account there.
    Foreign,
}

/// Reads a whole customer, and the refunds of these payments besides those that are known.
///
/// # Errors
/// The provider or Postgres fails; what was written until then stays, and is true.
pub async fn customer(desk: &Desk<'_>, stripe_id: &str, payments: &[String]) -> Result<Known, Trouble> {
    if standing(desk, stripe_id).await? == Known::Foreign {
        return Ok(Known::Foreign);
    }
    papers(desk, stripe_id, payments).await?;
    Ok(Known::Ours)
}

/// Reads a customer's subscriptions, and derives their access: what a reader waits for.
///
/// # Errors
/// The provider or Postgres fails.
pub async fn standing(desk: &Desk<'_>, stripe_id: &str) -> Result<Known, Trouble> {
    let mut db = desk.pool.begin().await?;
    store::lock(&mut db, stripe_id).await?;
    let Some(row) = known(desk, &mut db, stripe_id).await? else { return Ok(Known::Foreign) };
    let prices = plans::tiers_by_price(&mut *db).await?;
    let found = desk.gateway.customer(stripe_id).await?;
    let snapshots = match &found {
        Some(customer) => {
            mirror::update_customer(&mut db, customer, desk.now).await?;
            desk.gateway.subscriptions(stripe_id, &prices).await?
        }
        None => {
            mirror::deleted(&mut db, stripe_id, desk.now).await?;
            left_behind(&mut db, stripe_id, desk.now).await?
        }
    };
    write_standing(desk, &mut db, row.customer_id, &snapshots, &prices).await?;
    db.commit().await?;
    Ok(Known::Ours)
}

/// The row of a customer; one that was made for an account of ours and not stored is stored now.
async fn known(
    desk: &Desk<'_>,
    db: &mut PgConnection,
    stripe_id: &str,
) -> Result<Option<mirror::CustomerRow>, Trouble> {
    let keys = desk.gateway.keys();
    if let Some(row) = mirror::customer(&mut *db, stripe_id).await? {
        if row.livemode != keys.livemode {
            return Err(Trouble::Mixed(if row.livemode { "live" } else { "test" }));
        }
        return Ok(Some(row));
    }
    let found = match desk.gateway.customer(stripe_id).await {
        Err(Trouble::Missing(_)) => None,
        other => other?,
    };
    let Some((customer, account)) = found.and_then(|c| c.account.map(|account| (c, account))) else {
        return Ok(None);
    };
    let ours = store::person(&mut *db, account).await?.is_some();
    if !ours || mirror::customer_of(&mut *db, account).await?.is_some() {
        return Ok(None);
    }
    mirror::insert_customer(db, account, "en", &customer, desk.now).await?;
    Ok(mirror::customer(&mut *db, stripe_id).await?)
}

/// What was still going on when a customer was deleted there is over.
async fn left_behind(
    db: &mut PgConnection,
    stripe_id: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Snapshot>, Trouble> {
    let rows = subscriptions::of_customer(db, stripe_id).await?;
    let going_on = rows.into_iter().map(|row| row.now_is).filter(|s| !s.status.is_over());
    let over = going_on.map(|s| Snapshot {
        status: Status::Canceled,
        canceled_at: s.canceled_at.or(Some(now)),
        ended_at: Some(now),
        ..s
    });
    Ok(over.collect())
}

async fn write_standing(
    desk: &Desk<'_>,
    db: &mut PgConnection,
    account: Option<i64>,
    snapshots: &[Snapshot],
    prices: &Prices,
) -> Result<(), Trouble> {
    let (rules, _) = store::rules(&mut *db).await?;
    for snapshot in snapshots {
        if snapshot.livemode != desk.gateway.keys().livemode {
            return Err(Trouble::Mixed(if snapshot.livemode { "live" } else { "test" }));
        }
        subscriptions::upsert(db, snapshot, account, desk.now).await?;
        let mut life = access::life(&mut *db, &snapshot.stripe_id).await?;
        if let Some(read) = news(&life, snapshot, desk.now) {
            access::add_snapshot(db, &read).await?;
            life.push(read);
        }
        for dated in &mut life {
            // A price may have become ours after the snapshot was taken.
            let bought = prices.0.get(&dated.snapshot.price_id).copied();
            dated.snapshot.tier = dated.snapshot.tier.or(bought);
        }
        let spans = entitlement::spans(&life, rules);
        access::replace(db, account, &snapshot.stripe_id, &spans).await?;
    }
    let going_on = snapshots.iter().filter(|s| !s.status.is_over() && s.tier.is_some()).count();
    if going_on > 1 {
        let alert = Alarm::TwoSubscriptions.raised();
        tracing::error!(alert, going_on, "a customer pays for more than one subscription");
    }
    Ok(())
}

/// What was read, where it says something that is not known yet.
fn news(life: &[Dated], snapshot: &Snapshot, now: DateTime<Utc>) -> Option<Dated> {
    let newest = entitlement::newest(life);
    if newest.is_some_and(|newest| newest.snapshot == *snapshot) {
        return None;
    }
    // The provider's clock may be ahead of ours, and two may be read at one instant: what was read last holds last. Postgres
    // tells microseconds apart.
    let after = |newest: &Dated| newest.as_of_at + chrono::Duration::microseconds(1);
    let as_of_at = newest.map_or(now, |newest| after(newest).max(now));
    Some(Dated { as_of_at, source: READ.to_owned(), snapshot: snapshot.clone() })
}

/// Reads a customer's invoices and refunds, and queues the mails that they call for.
///
/// # Errors
/// The provider or Postgres fails.
pub async fn papers(desk: &Desk<'_>, stripe_id: &str, payments: &[String]) -> Result<(), Trouble> {
    let mut db = desk.pool.begin().await?;
    store::lock(&mut db, stripe_id).await?;
    let Some(row) = mirror::customer(&mut *db, stripe_id).await? else { return Ok(()) };
    if row.deleted_at.is_some() {
        return Ok(());
    }
    let prices = plans::tiers_by_price(&mut *db).await?;
    for invoice in desk.gateway.invoices(stripe_id, &prices).await? {
        invoices::upsert(&mut db, &invoice, row.customer_id, desk.now).await?;
    }
    // Before the refunds: a note tells of some.
    for note in desk.gateway.credit_notes(stripe_id).await? {
        credit_notes::upsert(&mut db, &note, row.customer_id, desk.now).await?;
    }
    let mut paid_back = invoices::refunded_payments(&mut *db, stripe_id).await?;
    paid_back.extend(payments.iter().cloned());
    paid_back.sort();
    paid_back.dedup();
    for payment in &paid_back {
        for refund in desk.gateway.refunds(payment).await? {
            refunds::upsert(&mut db, &refund, stripe_id, row.customer_id, desk.now).await?;
        }
    }
    dunning::queue(desk, &mut db, &row).await?;
    db.commit().await?;
    Ok(())
}

/// Makes what we know of our coupons what the provider says now.
///
/// # Errors
/// The provider or Postgres fails.
pub async fn coupons(desk: &Desk<'_>) -> Result<(), Trouble> {
    let mut db = desk.pool.begin().await?;
    store::lock(&mut db, &format!("order-{}", super::dispatch::COUPONS)).await?;
    let ours = coupons::ours(&mut *db).await?;
    let there = desk.gateway.coupons().await?;
    for coupon in there.iter().filter(|coupon| ours.contains(&coupon.stripe_id)) {
        coupons::upsert(&mut db, coupon, desk.now).await?;
    }
    let kept: Vec<String> = there.into_iter().map(|coupon| coupon.stripe_id).collect();
    coupons::gone(&mut db, &kept, &desk.gateway.active_codes().await?, desk.now).await?;
    db.commit().await?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::billing::facts::Interval;

    fn snapshot(status: Status) -> Snapshot {
        let at = DateTime::UNIX_EPOCH;
        Snapshot {
            stripe_id: "sub_1".into(),
            customer_stripe_id: "cus_1".into(),
            livemode: false,
            status,
            tier: None,
            price_id: "price_1".into(),
            item_stripe_id: "si_1".into(),
            unit_amount_cents: 900,
            currency: "EUR".into(),
            interval: Interval::Month,
            quantity: 1,
            created_at: at,
            started_at: at,
            trial_start_at: None,
            trial_end_at: None,
            current_period_start_at: at,
            current_period_end_at: at,
            cancel_at_period_end: false,
            cancel_at: None,
            canceled_at: None,
            ended_at: None,
            paused_behavior: None,
            paused_until_at: None,
            discount: None,
            latest_invoice_id: None,
        }
    }

    #[test]
    fn only_what_is_new_is_added_and_it_holds_last() {
        let now = DateTime::UNIX_EPOCH + chrono::Duration::hours(1);
        let ahead = now + chrono::Duration::minutes(2);
        let life = [Dated { as_of_at: ahead, source: "evt_1".into(), snapshot: snapshot(Status::Trialing) }];
        assert_eq!(news(&life, &snapshot(Status::Trialing), now), None);
        let read = news(&life, &snapshot(Status::Active), now).unwrap();
        let both = [life[0].clone(), read];
        assert_eq!(entitlement::newest(&both).unwrap().snapshot.status, Status::Active);
        // Nor is one of two that were read at one instant lost: their times are their key.
        let again = news(&both, &snapshot(Status::PastDue), now).unwrap();
        assert!(again.as_of_at > both[1].as_of_at && both[1].as_of_at > ahead);
        assert_eq!(news(&[], &snapshot(Status::Active), now).unwrap().as_of_at, now);
    }
}
