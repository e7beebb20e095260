//! One module a trigger: what a pushed message asks for.

pub(crate) mod control;
mod dead_letter;
mod finished;
mod heartbeat;
mod hold;
mod slot_due;

use cloud::push::{self, PushMessage};
use domain::message::Topic;
use serde::de::DeserializeOwned;

use crate::orchestrator::Orchestrator;
use crate::watchdog;

/// What a handler came to. The answer tells the bus whether to deliver again.
#[derive(Debug)]
pub enum Answer {
    /// Done, or nothing to do: acknowledged.
    Done,
    /// The message can never be understood: refused until it is a dead letter.
    Refused(String),
    /// Something failed that may work later: delivered again.
    Later(anyhow::Error),
}

impl From<anyhow::Result<()>> for Answer {
    fn from(result: anyhow::Result<()>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(error) => Self::Later(error),
        }
    }
}

/// Takes one message of a topic.
pub async fn handle(
    orchestrator: &Orchestrator,
    topic: Topic,
    message: &PushMessage,
    subscription: &str,
) -> Answer {
    match topic {
        Topic::SlotDue => slot_due::handle(orchestrator, message).await,
        Topic::CollectFinished | Topic::SplitFinished | Topic::PredictFinished | Topic::Published => {
            finished::handle(orchestrator, topic, message).await
        }
        Topic::Heartbeat => heartbeat::handle(orchestrator, message).await,
        Topic::Watchdog => watchdog::look_round(orchestrator, &message.message_id).await.into(),
        Topic::Hold => hold::handle(orchestrator, message).await,
        Topic::Control => control::handle(orchestrator, message).await,
        Topic::DeadLetter => dead_letter::handle(orchestrator, message, subscription).await,
        Topic::PublishDue | Topic::Quotes => {
            Answer::Refused(format!("{} goes to the site, not to the functions", topic.as_str()))
        }
    }
}

/// The content of a message, or the refusal that says what is wrong with it.
fn content<T: DeserializeOwned>(message: &PushMessage) -> Result<T, Answer> {
    push::content(message).map_err(|error| Answer::Refused(error.to_string()))
}
