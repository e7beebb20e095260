//! `heartbeat`: an attempt is alive.

use cloud::push::PushMessage;
use domain::message::Heartbeat;
use domain::run::Event;

use super::{Answer, content};
use crate::orchestrator::Orchestrator;

/// Notes the sign of life.
pub(super) async fn handle(orchestrator: &Orchestrator, message: &PushMessage) -> Answer {
    let Heartbeat { slot, stage, attempt } = match content(message) {
        Ok(beat) => beat,
        Err(refused) => return refused,
    };
    orchestrator.take(slot, Event::Heartbeat { stage, attempt }, &message.message_id).await.into()
}
