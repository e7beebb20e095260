//! Clocks and events.

use serde_json::{Value, json};

use super::super::book::{Book, SANDBOX_CLOCK};
use super::super::row::Event;
use super::API_VERSION;

/// Clocks are deleted after so long (30 days).
const CLOCK_SECONDS: i64 = 30 * 86_400;

/// A clock; null where there is none. The sandbox's own shows `now`.
pub fn clock(book: &Book, id: &str, now: Option<i64>) -> Value {
    let shown = |id: &str, name: Option<&str>, created: i64, frozen_time: i64| {
        json!({
            "id": id, "object": "test_helpers.test_clock", "created": created,
            "deletes_after": created + CLOCK_SECONDS, "frozen_time": frozen_time, "livemode": false,
            "name": name, "status": "ready", "status_details": {},
        })
    };
    if id == SANDBOX_CLOCK {
        let now = now.unwrap_or(book.now);
        return shown(id, Some("The sandbox's own clock: it runs, and can be moved ahead"), now, now);
    }
    let Some(found) = book.clocks.get(id) else { return Value::Null };
    if found.deleted {
        return json!({ "id": id, "object": "test_helpers.test_clock", "deleted": true });
    }
    shown(id, found.name.as_deref(), found.created, found.frozen_time)
}

/// An event, as it is listed and as it is told.
pub fn event(book: &Book, found: &Event) -> Value {
    let waiting = book.deliveries.get(&found.id).is_some_and(|one| one.delivered_at.is_none());
    let mut data = json!({ "object": found.object });
    if let Some(previous) = &found.previous {
        data["previous_attributes"] = previous.clone();
    }
    json!({
        "id": found.id, "object": "event", "api_version": API_VERSION, "created": found.created,
        "data": data, "livemode": false, "pending_webhooks": i64::from(waiting),
        "request": { "id": null, "idempotency_key": found.idempotency_key }, "type": found.kind,
    })
}
