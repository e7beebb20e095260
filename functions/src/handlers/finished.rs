//! `collect-finished`, `split-finished`, `predict-finished`, `published`: an attempt has ended, the next stage begins.

use cloud::push::PushMessage;
use domain::Stage;
use domain::message::{StageFinished, Topic};
use domain::run::Event;

use super::{Answer, content};
use crate::orchestrator::Orchestrator;

/// Takes the end of an attempt; that of an older attempt changes nothing.
pub(super) async fn handle(orchestrator: &Orchestrator, topic: Topic, message: &PushMessage) -> Answer {
    let said: StageFinished = match content(message) {
        Ok(said) => said,
        Err(refused) => return refused,
    };
    let StageFinished { slot, stage, attempt, outcome, message: words } = said;
    if Topic::finished(stage) != topic {
        return Answer::Refused(format!("the end of {stage} belongs on {}", Topic::finished(stage).as_str()));
    }
    let noted = match stage {
        Stage::Collect => orchestrator.note_sources(slot, outcome, &words).await,
        Stage::Predict => orchestrator.note_models(slot, outcome, &words).await,
        Stage::Split | Stage::Publish => Ok(()),
    };
    if let Err(error) = noted {
        return Answer::Later(error);
    }
    let event = Event::Finished { stage, attempt, outcome, message: words };
    orchestrator.take(slot, event, &message.message_id).await.into()
}
