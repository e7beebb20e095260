//! Errors as the Graph API writes them.

use serde_json::{Value, json};

use crate::moment::{Micros, utc};
use crate::wire::Answer;

/// An error with its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    status: u16,
    code: u32,
    subcode: Option<u32>,
    kind: &'static str,
    message: String,
    transient: bool,
    /// Whether it tells of a limit that the client went over.
    pub is_over_limit: bool,
}

impl Failure {
    /// An error of the usual type.
    pub(crate) fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status,
            code,
            subcode: None,
            kind: "OAuthException",
            message,
            transient: false,
            is_over_limit: false,
        }
    }

    /// The same with a subcode.
    pub(crate) fn sub(mut self, subcode: u32) -> Self {
        self.subcode = Some(subcode);
        self
    }

    /// The same as the refusal of a client that went over a limit.
    pub(crate) fn over_limit(mut self) -> Self {
        self.is_over_limit = true;
        self
    }

    /// A parameter that is missing or wrong.
    pub(crate) fn parameter(message: &str) -> Self {
        Self::new(400, 100, format!("(#100) {message}"))
    }

    /// A field that the node has not.
    pub(crate) fn field(name: &str, node: &str) -> Self {
        Self::parameter(&format!("Tried accessing nonexisting field ({name}) on node type ({node})"))
    }

    /// An object that is not there, or not for this token.
    pub(crate) fn nothing(id: &str) -> Self {
        let message = format!(
            "Unsupported get request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api"
        );
        Self { kind: "GraphMethodException", ..Self::new(400, 100, message).sub(33) }
    }

    /// No token at all.
    pub(crate) fn no_token() -> Self {
        Self::new(400, 104, "An access token is required to request this resource.")
    }

    /// Something that is no token.
    pub(crate) fn bad_token() -> Self {
        Self::new(400, 190, "Invalid OAuth access token - Cannot parse access token")
    }

    /// A token whose time is over.
    pub(crate) fn expired(until: Option<Micros>, now: Option<Micros>) -> Self {
        let message = match (until, now) {
            (Some(until), Some(now)) => format!(
                "Error validating access token: Session has expired at unix time {}. The current unix time is {}.",
                utc(until).timestamp(),
                utc(now).timestamp()
            ),
            _ => "Error validating access token: Session has expired.".to_owned(),
        };
        Self::new(400, 190, message).sub(463)
    }

    /// The app's limit.
    pub(crate) fn limit() -> Self {
        Self { transient: true, ..Self::new(403, 4, "(#4) Application request limit reached") }
    }

    /// Trouble of Meta's own.
    pub(crate) fn trouble(status: u16) -> Self {
        let message = "An unexpected error has occurred. Please retry your request later.";
        Self { transient: true, ..Self::new(status, 2, message) }
    }

    /// As the body of an answer.
    pub(crate) fn answer(&self) -> Answer {
        let trace = crate::fnv::hash(&self.message);
        let mut error = json!({"message": self.message, "type": self.kind, "code": self.code, "fbtrace_id": format!("A{trace:016x}")});
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        if self.transient {
            error["is_transient"] = true.into();
        }
        Answer::json(self.status, &json!({"error": error}))
    }

    /// As `/debug_token` tells of it.
    pub(crate) fn in_debug(&self) -> Value {
        json!({"code": self.code, "message": self.message, "subcode": self.subcode.unwrap_or(0)})
    }
}
