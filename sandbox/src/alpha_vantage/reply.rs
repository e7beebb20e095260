//! Replies: every one has status 200, also those that say that something is wrong.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use crate::wire::Answer;

/// An object whose fields come in their order: a series is written with the newest first.
pub(super) struct Ordered<T>(pub Vec<(String, T)>);

impl<T: Serialize> Serialize for Ordered<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// A series below its description.
pub(super) fn series(meta: Vec<(String, String)>, name: String, rows: Vec<(String, Value)>) -> Answer {
    #[derive(serde::Serialize)]
    #[serde(untagged)]
    enum Part {
        Meta(Ordered<String>),
        Rows(Ordered<Value>),
    }
    let whole =
        Ordered(vec![("Meta Data".to_owned(), Part::Meta(Ordered(meta))), (name, Part::Rows(Ordered(rows)))]);
    let body = serde_json::to_string(&whole).unwrap_or_default();
    Answer::text(200, "application/json", body)
}

/// Any other JSON.
pub(super) fn plain(body: &Value) -> Answer {
    Answer::text(200, "application/json", body.to_string())
}

/// A parameter is wrong, or the symbol unknown.
pub(super) fn invalid_call(function: &str) -> Answer {
    error_message(&format!(
        "Invalid API call. Please retry or visit the documentation (https://www.alphavantage.co/documentation/) for {function}."
    ))
}

/// `Error Message`: a wrong parameter or key.
pub(super) fn error_message(text: &str) -> Answer {
    plain(&json!({"Error Message": text}))
}

/// `Information`: a limit, or something that the plan does not have.
pub(super) fn information(text: &str) -> Answer {
    plain(&json!({"Information": text}))
}

/// The plan does not have it; asking again is useless.
pub(super) fn premium_only() -> Answer {
    information(
        "Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe to any of the premium plans at https://www.alphavantage.co/premium/ to instantly unlock all premium endpoints",
    )
}
