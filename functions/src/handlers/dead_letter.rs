//! `dead-letter`: a message that nobody took. It is parked in the ledger with the reason, and one alert is raised.

use std::collections::BTreeMap;

use cloud::push::{self, PushMessage};
use ledger::store::dead_letters;

use super::Answer;
use crate::orchestrator::Orchestrator;

/// Pub/Sub says in these attributes where a dead letter comes from.
const SOURCE: &str = "CloudPubSubDeadLetterSourceSubscription";
const DELIVERIES: &str = "CloudPubSubDeadLetterSourceDeliveryCount";

/// Parks the message.
pub(super) async fn handle(orchestrator: &Orchestrator, message: &PushMessage, subscription: &str) -> Answer {
    park(orchestrator, message, subscription).await.into()
}

async fn park(orchestrator: &Orchestrator, message: &PushMessage, subscription: &str) -> anyhow::Result<()> {
    let attribute = |name: &str, attributes: &BTreeMap<String, String>| attributes.get(name).cloned();
    let source = attribute(SOURCE, &message.attributes).unwrap_or_else(|| subscription.to_owned());
    let deliveries = attribute(DELIVERIES, &message.attributes).unwrap_or_else(|| "several".to_owned());
    let data = push::data(message).unwrap_or_default();
    let reason = format!("not taken in {deliveries} deliveries; the functions were out of reach");
    let now = orchestrator.now();
    dead_letters::park(&orchestrator.pool, &message.message_id, &source, &data, &reason, now).await?;
    // Also where it was parked before: who did so may have died before the alert. One that is open is not raised again.
    let text = format!("a message of {source} was not taken: see `quarterday dead-letters`");
    orchestrator.alert(&format!("dead-letter/{source}"), &text).await
}
