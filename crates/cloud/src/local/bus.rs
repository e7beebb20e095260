//! Publishing on the local bus, in the form of Pub/Sub's REST interface.

use std::time::Duration;

use async_trait::async_trait;
use domain::message::Topic;
use domain::trace::TRACEPARENT;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::bus::{Bus, BusError};
use crate::push::encode_data;
use crate::trace;

/// A bus that takes `POST {base}/v1/projects/local/topics/{topic}:publish`.
#[derive(Debug, Clone)]
pub struct HttpBus {
    base_url: String,
    token: SecretString,
    client: reqwest::Client,
}

impl HttpBus {
    /// The bus at this base URL; `token` goes along as bearer.
    pub fn new(base_url: String, token: SecretString) -> Self {
        Self { base_url: base_url.trim_end_matches('/').to_owned(), token, client: reqwest::Client::new() }
    }
}

#[async_trait]
impl Bus for HttpBus {
    async fn publish_bytes(
        &self,
        topic: Topic,
        data: Vec<u8>,
        ordering_key: &str,
    ) -> Result<String, BusError> {
        let error = |reason: String| BusError { topic: topic.as_str(), reason };
        let url = format!("{}/v1/projects/local/topics/{}:publish", self.base_url, topic.as_str());
        let mut message = json!({"data": encode_data(&data), "orderingKey": ordering_key});
        if let Some(parent) = trace::current() {
            message["attributes"] = json!({ TRACEPARENT: parent.to_string() });
        }
        let body = json!({ "messages": [message] });
        let request =
            self.client.post(url).bearer_auth(self.token.expose_secret()).timeout(Duration::from_secs(10));
        let reply = request.json(&body).send().await.map_err(|e| error(e.to_string()))?;
        if !reply.status().is_success() {
            let (status, words) = (reply.status(), reply.text().await.unwrap_or_default());
            return Err(error(format!("the bus answered {status} {words}")));
        }
        let reply: serde_json::Value = reply.json().await.map_err(|e| error(e.to_string()))?;
        let id = reply.pointer("/messageIds/0").and_then(|id| id.as_str());
        id.map(str::to_owned).ok_or_else(|| error("the bus gave no message id".to_owned()))
    }
}
