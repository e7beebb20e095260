//! The envelope in which Pub/Sub pushes a message to an HTTP endpoint.
//!
//! Wrapped form, as documented by Google: `{"message": {"data": base64, "attributes": {…}, "messageId": "…",
//! "publishTime": "…", "orderingKey": "…"}, "subscription": "projects/…/subscriptions/…", "deliveryAttempt": 1}`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A pushed message. Unknown and doubled fields (`message_id` beside `messageId`) are let pass.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Push {
    /// The message.
    pub message: PushMessage,
    /// Full name of the subscription.
    pub subscription: String,
    /// How often it has been delivered, this time included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_attempt: Option<u32>,
}

/// The message in a push.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PushMessage {
    /// Content, base64.
    #[serde(default)]
    pub data: String,
    /// Attributes.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Id given by the bus; the same on every delivery.
    pub message_id: String,
    /// When it was published, RFC 3339.
    #[serde(default)]
    pub publish_time: String,
    /// Messages with the same key belong together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordering_key: Option<String>,
}

/// A body that is not a push of the message expected.
#[derive(Debug, thiserror::Error)]
#[error("not a push of the expected message: {0}")]
pub struct PushError(String);

impl Push {
    /// The subscription's name without its project.
    pub fn short_subscription(&self) -> &str {
        self.subscription.rsplit('/').next().unwrap_or_default()
    }
}

/// The envelope in the body of a push.
///
/// # Errors
/// The body is no envelope.
pub fn envelope(body: &[u8]) -> Result<Push, PushError> {
    serde_json::from_slice(body).map_err(|e| PushError(format!("envelope: {e}")))
}

/// The bytes of a message.
///
/// # Errors
/// Its data is not base64.
pub fn data(message: &PushMessage) -> Result<Vec<u8>, PushError> {
    STANDARD.decode(&message.data).map_err(|e| PushError(format!("data: {e}")))
}

/// The content of a message.
///
/// # Errors
/// Its data is not base64, or the content is not a `T`.
pub fn content<T: DeserializeOwned>(message: &PushMessage) -> Result<T, PushError> {
    let data = data(message)?;
    // Every message is an object; serde would take a list for one too.
    if !data.trim_ascii_start().starts_with(b"{") {
        return Err(PushError("content: it is no JSON object".to_owned()));
    }
    serde_json::from_slice(&data).map_err(|e| PushError(format!("content: {e}")))
}

/// The message in the body of a push.
///
/// # Errors
/// The body is not an envelope, its data is not base64, or the content is not a `T`.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<(PushMessage, T), PushError> {
    let message = envelope(body)?.message;
    let content = content(&message)?;
    Ok((message, content))
}

/// Bytes as the `data` of a message.
pub fn encode_data(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::message::SlotDue;

    use super::*;

    #[test]
    fn reads_the_emulators_form() {
        let body = r#"{"subscription":"projects\/demo\/subscriptions\/s","message":{"publishTime":"2026-11-21T11:01:35.975Z","data":"eyJzbG90IjoiMjAyNi0xMS0yMVQwNloifQ==","publish_time":"x","messageId":"11","attributes":{"source":"scheduler"},"message_id":"11"}}"#;
        let (message, due): (_, SlotDue) = decode(body.as_bytes()).unwrap();
        assert_eq!(
            (message.message_id.as_str(), due.slot.unwrap().to_string().as_str(), due.repeat),
            ("11", "2026-11-21T06Z", false)
        );
    }

    #[test]
    fn says_which_part_is_wrong() {
        for (body, part) in [
            ("[]", "envelope"),
            (r#"{"subscription":"s","message":{"messageId":"1","data":"%"}}"#, "data"),
            (r#"{"subscription":"s","message":{"messageId":"1","data":"W10="}}"#, "content"),
        ] {
            let error = decode::<SlotDue>(body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
