//! `control`: an operator runs a stage again, skips one, or ends a run. Kept for good: who, why, and what came of it.

use cloud::push::PushMessage;
use domain::message::Control;

use super::{Answer, content};
use crate::orchestrator::Orchestrator;

/// Does what the operator asks, once.
pub(super) async fn handle(orchestrator: &Orchestrator, message: &PushMessage) -> Answer {
    let control: Control = match content(message) {
        Ok(control) => control,
        Err(refused) => return refused,
    };
    match control.event() {
        Ok(event) => orchestrator.take_control(&control, &event, &message.message_id).await.into(),
        Err(reason) => Answer::Refused(reason.to_owned()),
    }
}
