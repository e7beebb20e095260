//! What people ask for beside the schedule: messages on topic `control`, each with who asks and why. `action` says which
//! kind of order it is; [`Order::parse`] reads any of them.
//!
//! | action | kind | what |
//! | --- | --- | --- |
//! | `run`, `repeat`, `skip`, `cancel` | [`Control`] | a run |
//! | `replay`, `drop` | [`LetterOrder`] | a dead letter |
//! | `hold-publication`, `release-publication` | [`PublicationOrder`] | what readers see of a slot |
//! | `exclude`, `include` | [`ExclusionOrder`] | an asset that is left out of what is published |
//! | `promote`, `rollback`, `pin`, `unpin` | [`ModelOrder`] | who is champion |

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::asset::Symbol;
use crate::message::{Control, Topic};
use crate::model::{ModelName, ModelVersion};
use crate::slot::Slot;

/// The most characters of a reason.
pub const LONGEST_REASON: usize = 500;

/// Who asks, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// Who.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Names the request: whatever comes again under this name is done once. Empty: the message's own id does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request: String,
}

impl By {
    /// Whether it says who and why.
    ///
    /// # Errors
    /// It does not, or at too great length; what to write instead.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.owner.trim().is_empty() || self.reason.trim().is_empty() {
            return Err("owner and reason are needed: say who asks and why");
        }
        if self.reason.chars().count() > LONGEST_REASON || self.owner.chars().count() > LONGEST_REASON {
            return Err("the reason is too long: 500 characters at most");
        }
        Ok(())
    }
}

/// What can be done with a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LetterAction {
    /// Publish it again on its topic.
    Replay,
    /// Put it away.
    Drop,
}

/// An order about a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterOrder {
    /// What to do.
    pub action: LetterAction,
    /// The dead letter's id.
    pub message_id: String,
    /// The subscription that did not take it.
    pub subscription: String,
    /// Who asks.
    #[serde(flatten)]
    pub by: By,
}

/// What can be done with a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PublicationAction {
    /// Made, but not shown: readers keep the one before.
    HoldPublication,
    /// Shown.
    ReleasePublication,
}

/// An order about what readers see of a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationOrder {
    /// What to do.
    pub action: PublicationAction,
    /// The slot; one that is still to be published, too.
    pub slot: Slot,
    /// Only this version; `None`: all of the slot.
    #[serde(default)]
    pub version: Option<u32>,
    /// Who asks.
    #[serde(flatten)]
    pub by: By,
}

/// What can be done about an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExclusionAction {
    /// Leave it out.
    Exclude,
    /// Take it in again.
    Include,
}

/// An order about an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExclusionOrder {
    /// What to do.
    pub action: ExclusionAction,
    /// The asset.
    pub symbol: Symbol,
    /// The first slot without it, or with it again.
    pub from: Slot,
    /// The first slot with it again; `None`: until it is included.
    #[serde(default)]
    pub until: Option<Slot>,
    /// Who asks.
    #[serde(flatten)]
    pub by: By,
}

/// What people can do with models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelAction {
    /// A version takes the champion's place.
    Promote,
    /// The place goes back to the champion before.
    Rollback,
    /// A version is champion until it is unpinned.
    Pin,
    /// The champion may be replaced again.
    Unpin,
}

/// An order about a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelOrder {
    /// What to do.
    pub action: ModelAction,
    /// Which model.
    pub model: ModelName,
    /// Which version; `None`: the challenger for promote, the champion for pin.
    #[serde(default)]
    pub version: Option<ModelVersion>,
    /// Promote one that did not pass the gate, too.
    #[serde(default)]
    pub force: bool,
    /// Who asks.
    #[serde(flatten)]
    pub by: By,
}

macro_rules! names {
    ($kind:ty, $($variant:ident => $name:literal),+) => {
        impl $kind {
            /// The name used in messages and tables.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

names!(LetterAction, Replay => "replay", Drop => "drop");
names!(PublicationAction, HoldPublication => "hold-publication", ReleasePublication => "release-publication");
names!(ExclusionAction, Exclude => "exclude", Include => "include");
names!(ModelAction, Promote => "promote", Rollback => "rollback", Pin => "pin", Unpin => "unpin");

/// Any order of topic `control`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Order {
    /// About a run.
    Control(Control),
    /// About a dead letter.
    Letter(LetterOrder),
    /// About what readers see.
    Publication(PublicationOrder),
    /// About an asset.
    Exclusion(ExclusionOrder),
    /// About a model.
    Model(ModelOrder),
}

impl Order {
    /// Reads the content of a message.
    ///
    /// # Errors
    /// It is no order; what is wrong with it.
    pub fn parse(data: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(data).map_err(|e| format!("no JSON: {e}"))?;
        let action = value.get("action").and_then(Value::as_str).unwrap_or_default().to_owned();
        let order = match action.as_str() {
            "run" | "repeat" | "skip" | "cancel" => Self::Control(read(value)?),
            "replay" | "drop" => Self::Letter(read(value)?),
            "hold-publication" | "release-publication" => Self::Publication(read(value)?),
            "exclude" | "include" => Self::Exclusion(read(value)?),
            "promote" | "rollback" | "pin" | "unpin" => Self::Model(read(value)?),
            other => return Err(format!("there is no action {other:?}")),
        };
        Ok(order)
    }

    /// What is asked.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Control(order) => order.action.as_str(),
            Self::Letter(order) => order.action.as_str(),
            Self::Publication(order) => order.action.as_str(),
            Self::Exclusion(order) => order.action.as_str(),
            Self::Model(order) => order.action.as_str(),
        }
    }

    /// What it is about: a slot, a message, an asset or a model.
    pub fn subject(&self) -> String {
        match self {
            Self::Control(order) => order.slot.to_string(),
            Self::Letter(order) => order.message_id.clone(),
            Self::Publication(order) => order.slot.to_string(),
            Self::Exclusion(order) => order.symbol.to_string(),
            Self::Model(order) => order.model.to_string(),
        }
    }

    /// The topic that it goes out on.
    pub fn topic() -> Topic {
        Topic::Control
    }
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|e| e.to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_read_as_its_kind_and_written_back() {
        let by = r#""owner":"ann","reason":"why""#;
        for (content, action, subject) in [
            (r#""slot":"2026-11-21T06Z","stage":"split""#, "run", "2026-11-21T06Z"),
            (r#""slot":"2026-11-21T06Z","stage":null"#, "repeat", "2026-11-21T06Z"),
            (r#""message_id":"7","subscription":"functions-control""#, "replay", "7"),
            (r#""slot":"2026-11-21T06Z","version":2"#, "hold-publication", "2026-11-21T06Z"),
            (r#""symbol":"EUR/USD","from":"2026-11-21T06Z","until":null"#, "exclude", "EUR/USD"),
            (r#""model":"sentiment","version":null,"force":false"#, "rollback", "sentiment"),
        ] {
            let text = format!(r#"{{"action":"{action}",{content},{by}}}"#);
            let order = Order::parse(text.as_bytes()).unwrap();
            assert_eq!((order.action(), order.subject().as_str()), (action, subject));
            let written: Value = serde_json::to_value(&order).unwrap();
            assert_eq!(written, serde_json::from_str::<Value>(&text).unwrap());
        }
    }

    #[test]
    fn what_is_no_order_is_refused_and_says_why() {
        for (text, why) in [
            ("{", "no JSON"),
            (r#"{"action":"explode"}"#, "explode"),
            (r#"{"slot":"2026-11-21T06Z"}"#, "no action"),
            (r#"{"action":"replay","owner":"a","reason":"b"}"#, "message_id"),
            (r#"{"action":"promote","model":"weather","owner":"a","reason":"b"}"#, "weather"),
        ] {
            let error = Order::parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        let by = By { owner: "ann".into(), reason: " ".into(), request: String::new() };
        assert!(by.check().is_err());
        let long = By { owner: "ann".into(), reason: "x".repeat(501), request: String::new() };
        assert!(long.check().unwrap_err().contains("500"));
    }
}
