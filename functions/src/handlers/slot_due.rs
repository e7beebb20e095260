//! `slot-due`: a slot has closed, its run begins.

use chrono::{DateTime, Utc};
use cloud::push::PushMessage;
use domain::Slot;
use domain::message::SlotDue;
use domain::run::Event;

use super::{Answer, content};
use crate::orchestrator::Orchestrator;

/// Starts the run, or repeats what failed in it.
pub(super) async fn handle(orchestrator: &Orchestrator, message: &PushMessage) -> Answer {
    let due: SlotDue = match content(message) {
        Ok(due) => due,
        Err(refused) => return refused,
    };
    let slot = due.slot.unwrap_or_else(|| closed_before(message, orchestrator.now()));
    if orchestrator.patience.refuse_future && slot.close_at() > orchestrator.now() {
        return Answer::Refused(format!("slot {slot} has not closed: name one that has, or none"));
    }
    orchestrator.take(slot, Event::SlotDue { repeat: due.repeat }, &message.message_id).await.into()
}

/// The newest slot that had closed when the message was published: a scheduler sends the same words every time, and a
/// message that is late must not start the next slot.
fn closed_before(message: &PushMessage, now: DateTime<Utc>) -> Slot {
    let published_at = message.publish_time.parse::<DateTime<Utc>>().unwrap_or(now);
    Slot::last_due(published_at)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_a_slot_means_the_one_that_closed_last() {
        let now = "2026-11-21T23:00:00Z".parse().unwrap();
        for (published, slot) in [
            ("2026-11-21T06:00:00Z", "2026-11-21T06Z"),
            ("2026-11-21T06:00:01.25Z", "2026-11-21T06Z"),
            ("2026-11-21T11:59:59Z", "2026-11-21T06Z"),
            ("2026-11-21T00:00:00.001Z", "2026-11-21T00Z"),
            ("nonsense", "2026-11-21T18Z"),
        ] {
            let message: PushMessage =
                serde_json::from_value(serde_json::json!({ "messageId": "1", "publishTime": published }))
                    .unwrap();
            assert_eq!(closed_before(&message, now).to_string(), slot, "{published}");
        }
    }
}
