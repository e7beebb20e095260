//! The nightly comparison: every customer is read there, what differs is written down, and ours is made theirs.
//!
//! In a healthy night nothing differs, because every change there sends an event. What does differ was missed.

mod refunds;

use chrono::{DateTime, NaiveDate, Timelike, Utc};
use serde_json::json;
use sqlx::PgPool;

use super::alarm::Alarm;
use super::facts::{CreditNote, Invoice, Snapshot};
use super::gateway::Trouble;
use super::store::nights::DriftRow;
use super::store::{credit_notes, invoices, mirror, nights, plans, subscriptions};
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
        let alert = Alarm::Drift.raised();
        let unmended = report.drifts.iter().filter(|drift| !drift.mended).count();
        let failed = report.failed.len();
        tracing::error!(alert, drifted, unmended, failed, "billing differs from the provider");
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
    if let Err(trouble) = refunds::compare(desk, &mut report).await {
        report.failed.push(format!("refunds: {trouble}"));
    }
    Ok(report)
}

/// Compares one customer. What differs is mended by reading them again, and counts as mended once it no longer differs.
async fn one(desk: &Desk<'_>, customer: &str, report: &mut Report) -> Result<(), Trouble> {
    let mut found = Report::default();
    look(desk, customer, &mut found).await?;
    let begin = report.drifts.len();
    report.compared += found.compared;
    report.drifts.append(&mut found.drifts);
    if report.drifts.len() > begin {
        sync::customer(desk, customer, &[]).await?;
        let mut after = Report::default();
        look(desk, customer, &mut after).await?;
        for drift in report.drifts.iter_mut().skip(begin) {
            let left = |d: &DriftRow| d.object_id == drift.object_id && d.field == drift.field;
            drift.mended = !after.drifts.iter().any(left);
        }
    }
    Ok(())
}

/// What of a customer differs now.
async fn look(desk: &Desk<'_>, customer: &str, report: &mut Report) -> Result<(), Trouble> {
    let Some(row) = mirror::customer(desk.pool, customer).await? else { return Ok(()) };
    report.compared += 1;
    let prices = plans::tiers_by_price(desk.pool).await?;
    let Some(theirs) = desk.gateway.customer(customer).await? else {
        let ours = if row.deleted_at.is_some() { "yes" } else { "no" };
        differs(report, customer, "deleted", ours, "yes");
        return Ok(());
    };
    let (ours, theirs) = (row.balance_cents.to_string(), theirs.balance_cents.to_string());
    differs(report, customer, "balance_cents", &ours, &theirs);
    let subscriptions = desk.gateway.subscriptions(customer, &prices).await?;
    let invoices = desk.gateway.invoices(customer, &prices).await?;
    let notes = desk.gateway.credit_notes(customer).await?;
    compare_subscriptions(desk.pool, customer, &subscriptions, report).await?;
    compare_invoices(desk.pool, customer, &invoices, report).await?;
    compare_credit_notes(desk.pool, customer, &notes, report).await
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
        let Some(here) = ours.iter().find(|row| row.stripe_id == there.stripe_id) else {
            differs(report, &there.stripe_id, "exists", "no", "yes");
            continue;
        };
        differs(report, &there.stripe_id, "status", &here.status, &there.status);
        for (field, ours, theirs) in [
            ("total_cents", here.total_cents, there.total_cents),
            ("amount_paid_cents", here.amount_paid_cents, there.amount_paid_cents),
            ("amount_due_cents", here.amount_due_cents, there.amount_due_cents),
            ("credited_cents", here.credited_cents, there.credited_cents),
        ] {
            differs(report, &there.stripe_id, field, &ours.to_string(), &theirs.to_string());
        }
    }
    Ok(())
}

async fn compare_credit_notes(
    pool: &PgPool,
    customer: &str,
    theirs: &[CreditNote],
    report: &mut Report,
) -> Result<(), Trouble> {
    let ours = credit_notes::of_customer(pool, customer).await?;
    let fields = |n: &CreditNote| {
        [
            ("status", n.status.clone()),
            ("invoice", n.invoice_stripe_id.clone()),
            ("currency", n.currency.clone()),
            ("amount_cents", n.amount_cents.to_string()),
            ("refund_cents", n.refund_cents.to_string()),
            ("refunds", sorted(&n.refund_stripe_ids)),
        ]
    };
    for there in theirs {
        report.compared += 1;
        let Some(here) = ours.iter().find(|row| row.stripe_id == there.stripe_id) else {
            differs(report, &there.stripe_id, "exists", "no", "yes");
            continue;
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

fn sorted(ids: &[String]) -> String {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.join(" ")
}

fn differs(report: &mut Report, object: &str, field: &str, ours: &str, theirs: &str) {
    if ours != theirs {
        let (object_id, field) = (object.to_owned(), field.to_owned());
        let (ours, theirs) = (ours.to_owned(), theirs.to_owned());
        report.drifts.push(DriftRow { object_id, field, ours, theirs, mended: false });
    }
}

/// What a drift means, in a sentence for whoever looks into it.
pub fn says(drift: &DriftRow) -> String {
    let DriftRow { object_id, field, ours, theirs, mended } = drift;
    let kinds = [
        ("sub_", "subscription"),
        ("in_", "invoice"),
        ("cn_", "credit note"),
        ("re_", "refund"),
        ("cus_", "customer"),
    ];
    let kind = kinds.into_iter().find(|(prefix, _)| object_id.starts_with(prefix)).map_or("object", |k| k.1);
    let what = match (field.as_str(), ours.as_str()) {
        ("exists", "no") => {
            "is there and was not known here: the event that told of it was missed".to_owned()
        }
        ("exists", _) => "is known here and is not there".to_owned(),
        ("deleted", _) => "was deleted there".to_owned(),
        _ => format!("has {field} {theirs:?} there and had {ours:?} here"),
    };
    let now = if *mended {
        "ours is now theirs"
    } else {
        "reading it again did not help: the runbook of billing.drift says how to go on"
    };
    format!("the {kind} {object_id} {what}; {now}")
}
