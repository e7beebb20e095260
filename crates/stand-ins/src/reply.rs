//! Answers, and the two forms in which Google's services say that something went wrong.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use bytes::Bytes;
use serde_json::{Value, json};

/// One answer before it is sent.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn json(value: &Value) -> Self {
        Self::status(200, value)
    }

    pub(crate) fn status(status: u16, value: &Value) -> Self {
        Self::new(status, value.to_string()).header("content-type", "application/json; charset=UTF-8")
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::new(200, text.into()).header("content-type", "application/text")
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The form of Storage and Compute, which names a reason but no status.
    pub(crate) fn reason(code: u16, reason: &str, message: &str) -> Self {
        let errors = json!([{ "message": message, "domain": "global", "reason": reason }]);
        Self::status(code, &json!({ "error": { "code": code, "message": message, "errors": errors } }))
    }

    /// The form of Dataproc and Secret Manager.
    pub(crate) fn fault(code: u16, status: &str, message: &str) -> Self {
        Self::status(code, &json!({ "error": { "code": code, "message": message, "status": status } }))
    }

    pub(crate) fn unsupported(what: &str) -> Self {
        Self::reason(501, "notImplemented", &format!("the stand-in does not serve {what}"))
    }

    pub(crate) fn into_response(self) -> HttpResponse {
        let (mut builder, body) = self.start();
        builder.body(body)
    }

    /// Status line and headers, and the body that is still to be sent.
    pub(crate) fn start(self) -> (actix_web::HttpResponseBuilder, Bytes) {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut builder = HttpResponse::build(status);
        for (name, value) in self.headers {
            builder.append_header((name, value));
        }
        (builder, self.body)
    }
}
