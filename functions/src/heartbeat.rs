//! `heartbeat`: an attempt is alive.

use actix_web::web::Bytes;
use cloud::push;
use domain::message::Heartbeat;
use domain::run::Event;

use crate::app::{Answer, State};

/// Notes the sign of life.
pub async fn handle(orchestrator: State, body: Bytes) -> Answer {
    match push::decode::<Heartbeat>(&body) {
        Ok((_, beat)) => {
            orchestrator
                .answer(beat.slot, Event::Heartbeat { stage: beat.stage, attempt: beat.attempt })
                .await
        }
        Err(error) => Answer::Refused(error.to_string()),
    }
}
