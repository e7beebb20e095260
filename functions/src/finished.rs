//! `collect-finished`, `split-finished`, `predict-finished`, `published`: an attempt has ended, the next stage begins.

use actix_web::web::Bytes;
use cloud::push;
use domain::message::StageFinished;
use domain::run::Event;

use crate::app::{Answer, State};

/// Takes the end of an attempt; that of an older attempt changes nothing.
pub async fn handle(orchestrator: State, body: Bytes) -> Answer {
    match push::decode::<StageFinished>(&body) {
        Ok((_, said)) => {
            let StageFinished { slot, stage, attempt, outcome, message } = said;
            orchestrator.answer(slot, Event::Finished { stage, attempt, outcome, message }).await
        }
        Err(error) => Answer::Refused(error.to_string()),
    }
}
