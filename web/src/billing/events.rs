//! Webhooks: checked, stored, acknowledged; handled by the worker, each once, in any order.
//!
//! An event's body is believed for one thing only: how a subscription stood at the event's own instant, for the history.
//! Everything else is read there again, so that late, repeated and reordered events lead to the same state.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Duration, Utc};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::entitlement::Dated;
use super::gateway::{Gateway, Trouble, convert};
use super::signature::{self, Refusal, TOLERANCE_S};
use super::store::events::{EventRow, NewEvent};
use super::store::{access, checkouts, events, plans};
use super::sync::{self, Known};
use crate::audit;
use crate::error::Error;
use crate::state::App;

/// Events taken at once.
const BATCH: i64 = 100;
/// How long a worker may take over them before another takes them.
const LEASE: Duration = Duration::minutes(5);

/// What is read of an event before it is stored.
#[derive(Debug, Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    created: i64,
    livemode: bool,
}

/// `POST /webhooks/stripe`
///
/// # Errors
/// It is not signed with our secret, not fresh, or of the other mode; or Postgres fails, and the provider tries again.
pub async fn receive(
    request: HttpRequest,
    app: web::Data<App>,
    body: web::Bytes,
) -> Result<HttpResponse, Error> {
    let keys = app.billing.gateway.as_ref().map(Gateway::keys);
    let Some(keys) = keys.filter(|keys| !keys.webhook_secrets.is_empty()) else {
        return Err(Error::Unavailable(anyhow::anyhow!("no webhook secret is set")));
    };
    let header = request.headers().get("stripe-signature").and_then(|v| v.to_str().ok()).unwrap_or_default();
    // The time of the machine and not of the clock that tests set: it is the wire that has to be fresh.
    let now_s = Utc::now().timestamp();
    let checks = keys.webhook_secrets.iter().map(|secret| {
        signature::verify(&body, header, secret.expose_secret().as_bytes(), now_s, TOLERANCE_S)
    });
    let best =
        checks.reduce(|best, next| if best.is_ok() || best == Err(Refusal::Stale) { best } else { next });
    if let Err(refusal) = best.unwrap_or(Err(Refusal::Malformed)) {
        return Err(refuse(&app, refusal.as_str()).await);
    }
    let parsed: Result<(Envelope, serde_json::Value), serde_json::Error> = serde_json::from_slice(&body)
        .and_then(|value: serde_json::Value| Ok((Envelope::deserialize(&value)?, value)));
    let (event, value) = parsed.map_err(|e| Error::BadRequest(format!("the event cannot be read: {e}")))?;
    if event.livemode != keys.livemode {
        return Err(refuse(&app, "other_mode").await);
    }
    let created_at = DateTime::from_timestamp(event.created, 0);
    let created_at = created_at.ok_or_else(|| Error::BadRequest("the event has no instant".to_owned()))?;
    let object = value.pointer("/data/object");
    let text = |name: &str| object.and_then(|o| o.get(name)).and_then(serde_json::Value::as_str);
    let whole = text("object");
    let new = NewEvent {
        stripe_id: &event.id,
        kind: &event.kind,
        created_at,
        livemode: event.livemode,
        customer_stripe_id: match (whole, object) {
            (Some("customer"), _) => text("id"),
            // An id, or the customer as a whole.
            (_, Some(object)) => named(&object["customer"]),
            _ => None,
        },
        object_id: text("id"),
        body: &value,
    };
    if events::insert(&app.pool, &new, app.clock.now()).await? {
        app.billing.news.notify_one();
    }
    Ok(HttpResponse::Ok().finish())
}

/// What a reference names: it is an id, or the object that has it.
fn named(reference: &serde_json::Value) -> Option<&str> {
    reference.as_str().or_else(|| reference.get("id")?.as_str())
}

/// Refuses a webhook, and leaves a row in the audit log, at most one an hour for each reason.
async fn refuse(app: &App, why: &'static str) -> Error {
    let now = app.clock.now();
    tracing::warn!(why, "a webhook was refused");
    if let Some(count) = app.billing.refused(why, now)
        && let Err(error) = write_down(app, why, count, now).await
    {
        tracing::error!(%error, "a refused webhook could not be written down");
    }
    Error::BadRequest(format!("the webhook is refused: {why}"))
}

async fn write_down(app: &App, why: &str, count: u64, now: DateTime<Utc>) -> sqlx::Result<()> {
    let detail = serde_json::json!({ "why": why, "count": count });
    let entry = audit::Entry {
        actor: "web",
        action: "billing.webhook_refused",
        subject: "webhooks/stripe",
        reason: "",
        address: "",
        detail: &detail,
    };
    let mut db = app.pool.begin().await?;
    audit::append(&mut db, &entry, now).await?;
    db.commit().await
}

/// Handles the events that are due; says how many.
///
/// # Errors
/// Postgres fails. What the provider refuses is noted with the event and tried again.
pub async fn handle_due(app: &App, now: DateTime<Utc>) -> Result<usize, Error> {
    let Ok(desk) = app.desk(now) else { return Ok(0) };
    let taken = events::claim(&app.pool, now, now + LEASE, BATCH).await?;
    let mut by_customer: BTreeMap<Option<String>, Vec<EventRow>> = BTreeMap::new();
    let count = taken.len();
    for event in taken {
        by_customer.entry(event.customer_stripe_id.clone()).or_default().push(event);
    }
    for (customer, about) in by_customer {
        let ids: Vec<String> = about.iter().map(|event| event.stripe_id.clone()).collect();
        match handle(&desk, customer.as_deref(), &about).await {
            Ok(Known::Ours) => events::handled(&app.pool, &ids, "", now).await?,
            Ok(Known::Foreign) => {
                events::handled(&app.pool, &ids, "not about a customer of ours", now).await?
            }
            Err(trouble) => {
                let tries = about.iter().map(|event| event.tries).max().unwrap_or(1);
                tracing::warn!(events = ids.len(), tries, %trouble, "events could not be handled; they are tried again");
                events::failed(&app.pool, &ids, &trouble.to_string(), now + pause_after(tries)).await?;
            }
        }
    }
    Ok(count)
}

async fn handle(desk: &sync::Desk<'_>, customer: Option<&str>, about: &[EventRow]) -> Result<Known, Trouble> {
    let prices = plans::tiers_by_price(desk.pool).await?;
    for event in about {
        if let Some(snapshot) = convert::subscription_in(&event.body.0, &prices) {
            let dated = Dated { as_of_at: event.created_at, source: event.stripe_id.clone(), snapshot };
            let mut db = desk.pool.acquire().await?;
            access::add_snapshot(&mut db, &dated).await?;
        }
        settle_checkout(desk, event).await?;
    }
    if about
        .iter()
        .any(|event| event.kind.starts_with("coupon.") || event.kind.starts_with("promotion_code."))
    {
        sync::coupons(desk).await?;
    }
    let Some(customer) = customer else { return Ok(Known::Foreign) };
    let payments: Vec<String> = about.iter().filter_map(refunded_payment).collect();
    sync::customer(desk, customer, &payments).await
}

async fn settle_checkout(desk: &sync::Desk<'_>, event: &EventRow) -> Result<(), Trouble> {
    let status = match event.kind.as_str() {
        "checkout.session.completed" => "complete",
        "checkout.session.expired" => "expired",
        _ => return Ok(()),
    };
    let Some(session) = &event.object_id else { return Ok(()) };
    let subscription = event.body.0.pointer("/data/object/subscription").and_then(named);
    checkouts::settle(desk.pool, session, status, subscription).await?;
    Ok(())
}

/// The payment that an event says something was given back of.
fn refunded_payment(event: &EventRow) -> Option<String> {
    let about_refunds = event.kind.starts_with("refund.") || event.kind.starts_with("charge.refund");
    let payment = event.body.0.pointer("/data/object/payment_intent").filter(|_| about_refunds)?;
    named(payment).map(str::to_owned)
}

/// 5 s, 10 s, 20 s … at most an hour; never given up.
fn pause_after(tries: i32) -> Duration {
    let steps = u32::try_from(tries.clamp(1, 11) - 1).unwrap_or_default();
    Duration::seconds((5 * 2_i64.pow(steps)).min(3600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_bounded() {
        let seconds: Vec<i64> =
            [0, 1, 2, 3, 10, 11, 400].map(|tries| pause_after(tries).num_seconds()).to_vec();
        assert_eq!(seconds, [5, 5, 10, 20, 2560, 3600, 3600]);
    }
}
