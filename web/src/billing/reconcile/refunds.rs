//! Refunds: the provider lists them for all customers at once, so they are compared once a night and not a customer.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};

use super::{Report, differs};
use crate::billing::facts::Refund;
use crate::billing::gateway::Trouble;
use crate::billing::store::{invoices, refunds};
use crate::billing::sync::{self, Desk, Known};

/// Refunds of so many days are compared: by then each has succeeded or failed (a bank takes at most ten working days, and
/// may send it back within thirty).
const DAYS: i64 = 90;

/// A refund there, and whose payment it gives back.
struct There {
    refund: Refund,
    payment: String,
    customer: String,
}

/// Compares the refunds of the last ninety days. What differs is mended by reading its customer again.
///
/// # Errors
/// The provider or Postgres fails.
pub(super) async fn compare(desk: &Desk<'_>, report: &mut Report) -> Result<(), Trouble> {
    let since = desk.now - Duration::days(DAYS);
    let there = of_ours(desk, since).await?;
    let mut found = Report::default();
    look(desk, since, &there, &mut found).await?;
    report.compared += found.compared;
    if found.drifts.is_empty() {
        return Ok(());
    }
    for one in &there {
        let concerned = found.drifts.iter().any(|drift| drift.object_id == one.refund.stripe_id);
        if concerned
            && sync::customer(desk, &one.customer, std::slice::from_ref(&one.payment)).await? != Known::Ours
        {
            report.failed.push(format!("{}: the customer is not ours any more", one.customer));
        }
    }
    let mut after = Report::default();
    look(desk, since, &there, &mut after).await?;
    for mut drift in found.drifts {
        drift.mended = !after
            .drifts
            .iter()
            .any(|left| (&left.object_id, &left.field) == (&drift.object_id, &drift.field));
        report.drifts.push(drift);
    }
    Ok(())
}

/// The refunds there that give back payments of ours: others may sell something of theirs in the same account.
async fn of_ours(desk: &Desk<'_>, since: DateTime<Utc>) -> Result<Vec<There>, Trouble> {
    let there = desk.gateway.refunds_since(since).await?;
    let payments: Vec<String> = there.iter().filter_map(|refund| refund.payment_intent_id.clone()).collect();
    let customers: HashMap<String, String> =
        invoices::customers_of_payments(desk.pool, &payments).await?.into_iter().collect();
    let ours = there.into_iter().filter_map(|refund| {
        let payment = refund.payment_intent_id.clone()?;
        let customer = customers.get(&payment)?.clone();
        Some(There { refund, payment, customer })
    });
    Ok(ours.collect())
}

async fn look(
    desk: &Desk<'_>,
    since: DateTime<Utc>,
    there: &[There],
    report: &mut Report,
) -> Result<(), Trouble> {
    let ours = refunds::since(desk.pool, desk.gateway.keys().livemode, since).await?;
    for There { refund, .. } in there {
        report.compared += 1;
        let Some(here) = ours.iter().find(|row| row.stripe_id == refund.stripe_id) else {
            differs(report, &refund.stripe_id, "exists", "no", "yes");
            continue;
        };
        differs(report, &refund.stripe_id, "status", &here.status, &refund.status);
        let (here, refunded) = (here.amount_cents.to_string(), refund.amount_cents.to_string());
        differs(report, &refund.stripe_id, "amount_cents", &here, &refunded);
    }
    for here in ours.iter().filter(|row| !there.iter().any(|one| one.refund.stripe_id == row.stripe_id)) {
        differs(report, &here.stripe_id, "exists", "yes", "no");
    }
    Ok(())
}
