//! Pub/Sub as the bus: publishing with an ordering key and attributes, and pulling the dead letters.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use async_trait::async_trait;
use domain::message::Topic;
use domain::trace::TRACEPARENT;
use google_cloud_pubsub::client::{BasePublisher, Publisher, Subscriber};
use google_cloud_pubsub::model::Message;
use tokio::sync::Mutex;

use super::error::{GcpError, words};
use super::settings::{Settings, credentials};
use crate::bus::{Bus, BusError};
use crate::trace;

/// How long a publish may take.
const LIMIT: Duration = Duration::from_secs(15);
/// The subscription by which an operator looks at what nobody took.
const DEAD_LETTERS: &str = "dead-letters";

/// A message that nobody took, as it was pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id.
    pub message_id: String,
    /// Its content.
    pub data: Vec<u8>,
    /// Its attributes; Pub/Sub adds `CloudPubSubDeadLetterSource…` ones.
    pub attributes: BTreeMap<String, String>,
}

/// The topics of a project.
pub struct PubSubBus {
    settings: Settings,
    base: BasePublisher,
    publishers: Mutex<HashMap<Topic, Publisher>>,
}

impl PubSubBus {
    /// The bus of the project.
    ///
    /// # Errors
    /// There are no credentials.
    pub async fn open(settings: &Settings) -> Result<Self, GcpError> {
        let endpoint = settings.endpoints.pubsub.as_ref();
        let mut builder = BasePublisher::builder().with_credentials(credentials(endpoint)?);
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let base = builder.build().await.map_err(GcpError::client("Pub/Sub"))?;
        Ok(Self { settings: settings.clone(), base, publishers: Mutex::default() })
    }

    async fn publisher(&self, topic: Topic) -> Publisher {
        let mut publishers = self.publishers.lock().await;
        let name = format!("projects/{}/topics/{}", self.settings.project, topic.as_str());
        // One message at a time matters to somebody: nothing is held back to fill a batch.
        let make = || self.base.publisher(name).set_message_count_threshold(1).build();
        publishers.entry(topic).or_insert_with(make).clone()
    }

    /// Pulls dead letters until none has come for `patience`; each is acknowledged, and so returned once.
    ///
    /// # Errors
    /// Pub/Sub refuses or does not answer.
    pub async fn dead_letters(&self, patience: Duration) -> Result<Vec<DeadLetter>, GcpError> {
        let endpoint = self.settings.endpoints.pubsub.as_ref();
        let mut builder = Subscriber::builder().with_credentials(credentials(endpoint)?);
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let subscriber = builder.build().await.map_err(GcpError::client("Pub/Sub"))?;
        let name = format!("projects/{}/subscriptions/{DEAD_LETTERS}", self.settings.project);
        let mut stream = subscriber.subscribe(name).build();
        let done = stream.shutdown_token();
        let mut letters = Vec::new();
        while let Ok(Some(next)) = tokio::time::timeout(patience, stream.next()).await {
            let (message, handler) = next.map_err(GcpError::of("Pub/Sub"))?;
            letters.push(DeadLetter {
                message_id: message.message_id,
                data: message.data.to_vec(),
                attributes: message.attributes.into_iter().collect(),
            });
            handler.ack();
        }
        drop(stream);
        done.shutdown().await;
        Ok(letters)
    }
}

#[async_trait]
impl Bus for PubSubBus {
    async fn publish_bytes(
        &self,
        topic: Topic,
        data: Vec<u8>,
        ordering_key: &str,
    ) -> Result<String, BusError> {
        let error = |reason: String| BusError { topic: topic.as_str(), reason };
        let publisher = self.publisher(topic).await;
        let mut attributes = vec![("topic", topic.as_str().to_owned())];
        attributes.extend(trace::current().map(|parent| (TRACEPARENT, parent.to_string())));
        let message = Message::new().set_data(data).set_attributes(attributes).set_ordering_key(ordering_key);
        match tokio::time::timeout(LIMIT, publisher.publish(message)).await {
            Ok(Ok(id)) => Ok(id),
            Ok(Err(failed)) => {
                // A failure pauses the key; whoever publishes decides about repeating.
                publisher.resume_publish(ordering_key);
                let reason = match &failed {
                    google_cloud_pubsub::error::PublishError::Rpc(rpc) => words(rpc),
                    other => other.to_string(),
                };
                Err(error(reason))
            }
            Err(_) => {
                publisher.resume_publish(ordering_key);
                Err(error(format!("Pub/Sub has not answered for {} s", LIMIT.as_secs())))
            }
        }
    }
}
