//! The bus: messages on topics, delivered at least once as pushes over HTTP.

use std::sync::Arc;

use async_trait::async_trait;
use domain::message::Topic;
use serde::Serialize;

use crate::local::HttpBus;
use crate::{Provider, gcp};

/// A message that could not be published.
#[derive(Debug, thiserror::Error)]
#[error("cannot publish on {topic}: {reason}")]
pub struct BusError {
    /// The topic.
    pub topic: &'static str,
    /// What went wrong.
    pub reason: String,
}

/// Where messages are published.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes JSON bytes on a topic; returns the message's id. Messages with one ordering key belong together.
    async fn publish_bytes(
        &self,
        topic: Topic,
        data: Vec<u8>,
        ordering_key: &str,
    ) -> Result<String, BusError>;
}

/// Publishes a message of `domain::message`.
///
/// # Errors
/// The bus does not answer or refuses.
pub async fn publish(
    bus: &dyn Bus,
    topic: Topic,
    message: &impl Serialize,
    ordering_key: &str,
) -> Result<String, BusError> {
    let error = |e: serde_json::Error| BusError { topic: topic.as_str(), reason: e.to_string() };
    bus.publish_bytes(topic, serde_json::to_vec(message).map_err(error)?, ordering_key).await
}

/// The bus that the environment names: Pub/Sub with `QUARTERDAY_CLOUD=gcp`, else the one at `QUARTERDAY_BUS` (base URL) with
/// `QUARTERDAY_PUSH_TOKEN`; `None` where neither is set.
///
/// # Errors
/// A setting or the credentials for Pub/Sub are missing.
pub async fn from_env() -> Result<Option<Arc<dyn Bus>>, String> {
    if Provider::from_env()? == Provider::Gcp {
        let settings = gcp::Settings::from_env().map_err(|e| e.to_string())?;
        let bus = gcp::PubSubBus::open(&settings).await.map_err(|e| e.to_string())?;
        return Ok(Some(Arc::new(bus)));
    }
    let Ok(base_url) = std::env::var("QUARTERDAY_BUS") else { return Ok(None) };
    let token = std::env::var("QUARTERDAY_PUSH_TOKEN").unwrap_or_default();
    Ok(Some(Arc::new(HttpBus::new(base_url, token.into()))))
}
