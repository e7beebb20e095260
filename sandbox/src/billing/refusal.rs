//! Why something is refused, in the provider's words for it.

use serde_json::{Value, json};

/// Why something is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// `invalid_request_error`, `card_error`, `idempotency_error` or `api_error`.
    pub kind: &'static str,
    /// For example `resource_missing`.
    pub code: Option<&'static str>,
    /// Why a card was declined.
    pub decline_code: Option<String>,
    /// The parameter that is wrong.
    pub param: Option<String>,
    /// What is wrong.
    pub message: String,
    /// Whether what was done until then stays done: a try to pay leaves its trace.
    pub keeps: bool,
}

impl Refusal {
    fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, kind, code: None, decline_code: None, param: None, message, keeps: false }
    }

    /// A parameter is wrong.
    pub fn parameter(param: &str, message: impl Into<String>) -> Self {
        Self { param: Some(param.to_owned()), ..Self::new(400, "invalid_request_error", message) }
    }

    /// A parameter is missing.
    pub fn required(param: &str) -> Self {
        let message = format!("Missing required param: {param}.");
        Self { code: Some("parameter_missing"), ..Self::parameter(param, message) }
    }

    /// Something cannot be done as things stand.
    pub fn state(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Some(code), ..Self::new(400, "invalid_request_error", message) }
    }

    /// There is no such thing.
    pub fn missing(what: &str, id: &str) -> Self {
        Self::missing_at("id", what, id)
    }

    /// There is no such thing as a parameter names.
    pub fn missing_at(param: &str, what: &str, id: &str) -> Self {
        let status = if param == "id" { 404 } else { 400 };
        Self {
            status,
            code: Some("resource_missing"),
            ..Self::parameter(param, format!("No such {what}: '{id}'"))
        }
    }

    /// A card was declined. With `keeps` the try stays in the books.
    pub fn declined(decline_code: &str, keeps: bool) -> Self {
        let (code, message) = match decline_code {
            "missing_payment_method" => {
                let message = "This customer has no attached payment source or default payment method.";
                return Self { keeps, ..Self::state("resource_missing", message) };
            }
            "insufficient_funds" => ("card_declined", "Your card has insufficient funds."),
            "expired_card" => ("expired_card", "Your card has expired."),
            _ => ("card_declined", "Your card was declined."),
        };
        let decline_code = Some(decline_code.to_owned());
        Self { code: Some(code), decline_code, keeps, ..Self::new(402, "card_error", message) }
    }

    /// The key that was shown is not the sandbox's.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(401, "invalid_request_error", message)
    }

    /// There is no such address.
    pub fn unknown_address(method: &str, path: &str) -> Self {
        Self::new(404, "invalid_request_error", format!("Unrecognized request URL ({method}: {path})."))
    }

    /// A key was used again with other parameters.
    pub fn other_request(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '{key}'."
        );
        Self::new(400, "idempotency_error", message)
    }

    /// The sandbox itself failed.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "api_error", message)
    }

    /// The body of the answer.
    pub fn body(&self) -> Value {
        let mut error = json!({ "type": self.kind, "message": self.message });
        let optional = [
            ("code", self.code.map(str::to_owned)),
            ("decline_code", self.decline_code.clone()),
            ("param", self.param.clone()),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                error[name] = value.into();
            }
        }
        json!({ "error": error })
    }
}
