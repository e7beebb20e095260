//! A request and an answer, free of any web framework, so that a source knows nothing of HTTP's machinery.

use actix_web::http::StatusCode;
use serde_json::Value;

/// What a client asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The path below the source's prefix, with its leading slash.
    pub path: String,
    /// The decoded query, in its order.
    pub params: Vec<(String, String)>,
    /// Headers with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
    /// The client's IP address.
    pub address: String,
}

impl Request {
    /// The first value of a parameter; an empty one counts as absent.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The decoded pairs of a body of type `application/x-www-form-urlencoded`, in their order.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// The refusal of any method but GET; for services that know no other.
    pub(crate) fn refuse_all_but_get(&self) -> Option<Answer> {
        let refusal =
            || Answer::text(405, "text/plain; charset=utf-8", "only GET is served").with("allow", "GET");
        (self.method != "GET").then(refusal)
    }

    /// A header by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What the client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers, the content type included.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A JSON body.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json; charset=utf-8", body.to_string())
    }

    /// A body of any type.
    pub(crate) fn text(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
    }

    /// The same with one more header.
    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// What HTTP calls a status.
pub(crate) fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Server Error")
}
