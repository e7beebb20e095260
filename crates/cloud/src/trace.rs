//! The trace that something is done in: carried by messages, child programs and requests, and written into each line of
//! the log.
//!
//! | where | how |
//! | --- | --- |
//! | a message on the bus | attribute `traceparent` |
//! | a child program, a machine | variable `TRACEPARENT`; the slot in its arguments names the same trace |
//! | a manifest | `trace_id` |
//! | a line of the log | `trace_id`, `span_id` |
//! | an answer of the site | header `x-slot-trace`, and the receipt of a value |

use std::future::Future;

use domain::Slot;
use domain::trace::{TRACEPARENT, TraceId, TraceParent};

use crate::push::PushMessage;

/// The variable that gives a child program its trace.
pub const VARIABLE: &str = "TRACEPARENT";

tokio::task_local! {
    static CURRENT: TraceParent;
}

/// Does `work` in a span of a trace. What it spawns is outside, unless it is put in again.
pub async fn within<F: Future>(parent: TraceParent, work: F) -> F::Output {
    CURRENT.scope(parent, work).await
}

/// The span that this is done in, if any.
pub fn current() -> Option<TraceParent> {
    CURRENT.try_with(|parent| *parent).ok()
}

/// A new span of the trace of a slot.
pub fn of_slot(slot: Slot) -> TraceParent {
    span(TraceId::of_slot(slot))
}

/// A new span of a trace.
pub fn span(trace: TraceId) -> TraceParent {
    // A random number of 122 bits, of which 64 are taken.
    TraceParent::new(trace, uuid::Uuid::new_v4().as_u128() as u64)
}

/// The span in which a stage's program works on a slot: a new one of the slot's trace, whatever the environment says of
/// others. What started the program is named in its log.
pub fn of_program(slot: Slot) -> TraceParent {
    let parent = std::env::var(VARIABLE).ok().and_then(|text| TraceParent::parse(&text));
    let own = of_slot(slot);
    if let Some(parent) = parent {
        let same = parent.trace == own.trace;
        tracing::debug!(parent_span = format!("{:016x}", parent.span), same, "started in a trace");
    }
    own
}

/// The span in which a pushed message is handled: a new one of the trace that the message names; without a name, of a
/// trace that follows from the message's id, so that a second delivery is in the same one.
pub fn of_message(message: &PushMessage) -> TraceParent {
    let named = message.attributes.get(TRACEPARENT).and_then(|text| TraceParent::parse(text));
    match named {
        Some(parent) => span(parent.trace),
        None => {
            let id = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, message.message_id.as_bytes());
            // A version 5 identifier is never zero.
            let trace = TraceId::from_bytes(id.into_bytes());
            span(trace.unwrap_or_else(|| TraceId::of_slot(Slot::containing(chrono::DateTime::UNIX_EPOCH))))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn message(traceparent: Option<&str>) -> PushMessage {
        let attributes =
            traceparent.map(|text| (TRACEPARENT.to_owned(), text.to_owned())).into_iter().collect();
        PushMessage {
            data: String::new(),
            attributes,
            message_id: "m-1".to_owned(),
            publish_time: String::new(),
            ordering_key: None,
        }
    }

    #[tokio::test]
    async fn what_is_done_within_knows_its_trace() {
        assert_eq!(current(), None);
        let parent = of_slot("2026-11-21T06Z".parse().unwrap());
        let seen = within(parent, async {
            let outside = tokio::spawn(async { current() }).await.unwrap();
            (current(), outside)
        });
        assert_eq!(seen.await, (Some(parent), None));
    }

    #[test]
    fn a_message_goes_on_in_its_trace() {
        let slot = of_slot("2026-11-21T06Z".parse().unwrap());
        let handled = of_message(&message(Some(&slot.to_string())));
        assert_eq!(handled.trace, slot.trace);
        assert_ne!(handled.span, slot.span, "a span of its own");
        let (one, again) = (of_message(&message(None)), of_message(&message(Some("nonsense"))));
        assert_eq!(one.trace, again.trace, "the same message, delivered again");
    }
}
