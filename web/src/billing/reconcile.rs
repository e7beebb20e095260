//! The nightly comparison: every customer is read there, what differs is written down, and ours is made theirs.
//!
//! In a healthy night nothing differs, because every change there sends an event. What does differ was missed.

use chrono::{DateTime, NaiveDate, Timelike, Utc};
use serde_json::json;
use sqlx::PgPool;

use super::facts::{Invoice, Snapshot};
use super::gateway::Trouble;
use super::store::nights::DriftRow;
use super::store::{invoices, mirror, nights, plans, subscriptions};
use super::sync::{self, Desk};
use crate::audit;
use crate::state::App;

/// From which hour on, UTC.
const HOUR: u32 = 3;

/// What a comparison found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Objects that were compared.
    pub compared: i32,
    /// What differed.
    pub drifts: Vec<DriftRow>,
    /// Customers that could not be read, and why.
    pub failed: Vec<String>,
}

/// Compares once a night; `None`: not due, or done.
///
/// # Errors
/// Postgres fails.
pub async fn nightly(app: &App, now: DateTime<Utc>) -> Result<Option<Report>, Trouble> {
    let Ok(desk) = app.desk(now) else { return Ok(None) };
    let night = now.date_naive();
    if now.hour() < HOUR || app.billing.compared_on() == Some(night) {
        return Ok(None);
    }
    app.billing.set_compared_on(night);
    compare(&desk, night).await
}

/// Compares for this night, unless somebody has or does.
///
/// # Errors
/// Postgres fails.
pub async fn compare(desk: &Desk<'_>, night: NaiveDate) -> Result<Option<Report>, Trouble> {
    let Some(id) = nights::take(desk.pool, night, desk.now).await? else { return Ok(None) };
    let report = all(desk).await?;
    for drift in &report.drifts {
        nights::drift(desk.pool, id, drift, desk.now).await?;
    }
    let drifted = i32::try_from(report.drifts.len()).unwrap_or(i32::MAX);
    let error = report.failed.join("; ");
    let mut db = desk.pool.begin().await?;
    nights::finish(&mut *db, id, report.compared, drifted, &error, desk.now).await?;
    let detail = json!({ "compared": report.compared, "drifted": drifted, "failed": report.failed.len() });
    let entry = audit::Entry {
        actor: "web",
        action: "billing.reconciled",
        subject: &night.to_string(),
        reason: "",
        address: "",
        detail: &detail,
    };
    audit::append(&mut db, &entry, desk.now).await?;
    db.commit().await?;
    if drifted > 0 || !report.failed.is_empty() {
        tracing::error!(
            alert = "billing.drift",
            drifted,
            failed = report.failed.len(),
            "billing differs from the provider"
        );
    }
    Ok(Some(report))
}

async fn all(desk: &Desk<'_>) -> Result<Report, Trouble> {
    let mut report = Report::default();
    for customer in mirror::all_customers(desk.pool, desk.gateway.keys().livemode).await? {
        if let Err(trouble) = one(desk, &customer, &mut report).await {
            report.failed.push(format!("{customer}: {trouble}"));
        }
    }
    Ok(report)
}

async fn one(desk: &Desk<'_>, customer: &str, report: &mut Report) -> Result<(), Trouble> {
    let before = report.drifts.len();
    let Some(row) = mirror::customer(desk.pool, customer).await? else { return Ok(()) };
    report.compared += 1;
    let prices = plans::tiers_by_price(desk.pool).await?;
    match desk.gateway.customer(customer).await? {
        None => differs(report, customer, "deleted", "no", "yes"),
        Some(theirs) => {
            differs(
                report,
                customer,
                "balance_cents",
                &row.balance_cents.to_string(),
                &theirs.balance_cents.to_string(),
            );
            let subscriptions = desk.gateway.subscriptions(customer, &prices).await?;
            let invoices = desk.gateway.invoices(customer, &prices).await?;
            compare_subscriptions(desk.pool, customer, &subscriptions, report).await?;
            compare_invoices(desk.pool, customer, &invoices, report).await?;
        }
    }
    if report.drifts.len() > before {
        sync::customer(desk, customer, &[]).await?;
        for drift in report.drifts.iter_mut().skip(before) {
            drift.mended = true;
        }
    }
    Ok(())
}

async fn compare_subscriptions(
    pool: &PgPool,
    customer: &str,
    theirs: &[Snapshot],
    report: &mut Report,
) -> Result<(), Trouble> {
    let ours = subscriptions::of_customer(pool, customer).await?;
    for there in theirs {
        report.compared += 1;
        let here = ours.iter().find(|row| row.stripe_id == there.stripe_id).map(|row| &row.now_is);
        let Some(here) = here else {
            differs(report, &there.stripe_id, "exists", "no", "yes");
            continue;
        };
        let fields = |s: &Snapshot| {
            [
                ("status", s.status.as_str().to_owned()),
                ("price", s.price_id.clone()),
                ("quantity", s.quantity.to_string()),
                ("current_period_end_at", s.current_period_end_at.to_rfc3339()),
                ("ends_at", s.ends_at().map(|at| at.to_rfc3339()).unwrap_or_default()),
                ("paused", s.paused_behavior.clone().unwrap_or_default()),
                ("coupon", s.discount.as_ref().map(|d| d.coupon_id.clone()).unwrap_or_default()),
            ]
        };
        for ((field, ours), (_, theirs)) in fields(here).into_iter().zip(fields(there)) {
            differs(report, &there.stripe_id, field, &ours, &theirs);
        }
    }
    for here in ours.iter().filter(|row| !theirs.iter().any(|there| there.stripe_id == row.stripe_id)) {
        differs(report, &here.stripe_id, "exists", "yes", "no");
    }
    Ok(())
}

async fn compare_invoices(
    pool: &PgPool,
    customer: &str,
    theirs: &[Invoice],
    report: &mut Report,
) -> Result<(), Trouble> {
    let ours = invoices::compared(pool, customer).await?;
    for there in theirs {
        report.compared += 1;
        let Some((_, status, total, paid, due)) = ours.iter().find(|row| row.0 == there.stripe_id) else {
            differs(report, &there.stripe_id, "exists", "no", "yes");
            continue;
        };
        differs(report, &there.stripe_id, "status", status, &there.status);
        for (field, ours, theirs) in [
            ("total_cents", total, there.total_cents),
            ("amount_paid_cents", paid, there.amount_paid_cents),
            ("amount_due_cents", due, there.amount_due_cents),
        ] {
            differs(report, &there.stripe_id, field, &ours.to_string(), &theirs.to_string());
        }
    }
    Ok(())
}

fn differs(report: &mut Report, object: &str, field: &str, ours: &str, theirs: &str) {
    if ours != theirs {
        let (object_id, field) = (object.to_owned(), field.to_owned());
        let (ours, theirs) = (ours.to_owned(), theirs.to_owned());
        report.drifts.push(DriftRow { object_id, field, ours, theirs, mended: false });
    }
}
