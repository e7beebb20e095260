//! `slot-due`: a slot has closed, its run begins.

use actix_web::web::Bytes;
use cloud::push;
use domain::message::SlotDue;
use domain::run::Event;

use crate::app::{Answer, State};

/// Starts the run, or repeats what failed in it.
pub async fn handle(orchestrator: State, body: Bytes) -> Answer {
    match push::decode::<SlotDue>(&body) {
        Ok((_, due)) => orchestrator.answer(due.slot, Event::SlotDue { repeat: due.repeat }).await,
        Err(error) => Answer::Refused(error.to_string()),
    }
}
