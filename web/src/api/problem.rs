//! What is answered instead of values: problem JSON (RFC 9457) with a code that programs may compare and a sentence that
//! helps.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use domain::{Feature, Tier};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;
use crate::site::failure::Explained;
use crate::text::{Lang, text};

/// A refused or failed call.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    kind: Box<str>,
    /// The HTTP status.
    pub status: u16,
    /// What programs may compare.
    pub code: &'static str,
    /// What happened, in a few words.
    pub title: &'static str,
    /// What to do about it.
    pub detail: Box<str>,
    /// The feature that the tier locks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<&'static str>,
    /// The lowest tier that includes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlocked_by: Option<&'static str>,
    #[serde(skip)]
    retry_after_s: Option<u64>,
}

/// Every code with its status and title, as the reference lists them.
pub const CODES: [(&str, u16, &str); 17] = [
    ("missing_key", 401, "No API key was shown"),
    ("unknown_key", 401, "The API key is not known"),
    ("expired_key", 401, "The API key has expired"),
    ("revoked_key", 401, "The API key has been revoked"),
    ("missing_scope", 403, "The API key lacks a scope"),
    ("tier_without_api", 403, "The tier includes no API calls"),
    ("locked", 403, "The tier does not include this"),
    ("format_not_included", 403, "The tier does not include this format"),
    ("quota_exhausted", 429, "The day's calls are used up"),
    ("too_many_streams", 429, "Too many streams are open"),
    ("invalid_parameter", 400, "A parameter cannot be understood"),
    ("invalid_cursor", 400, "The cursor is not valid here"),
    ("not_found", 404, "There is no such thing"),
    ("method_not_allowed", 405, "The method is not allowed here"),
    ("unavailable", 503, "A service is away"),
    ("refused", 400, "The call was refused"),
    ("internal", 500, "Something went wrong on our side"),
];

impl Problem {
    /// A problem with this code; a code that is not in [`CODES`] counts as internal.
    pub fn new(code: &str, detail: impl Into<Box<str>>) -> Self {
        let (code, status, title) =
            CODES.into_iter().find(|(known, ..)| *known == code).unwrap_or(CODES[CODES.len() - 1]);
        Self {
            kind: format!("/api#{code}").into(),
            status,
            code,
            title,
            detail: detail.into(),
            feature: None,
            unlocked_by: None,
            retry_after_s: None,
        }
    }

    /// The problem that a status without more to say stands for.
    pub fn of(status: StatusCode) -> Self {
        let code = match status.as_u16() {
            404 => "not_found",
            405 => "method_not_allowed",
            503 => "unavailable",
            _ if status.is_client_error() => "refused",
            _ => "internal",
        };
        let mut problem = Self::new(code, "See /api for what there is.");
        problem.status = status.as_u16();
        problem
    }

    /// A parameter that cannot be understood, and what would be.
    pub fn parameter(name: &str, accepted: &str) -> Self {
        Self::new("invalid_parameter", format!("{name}: {accepted}"))
    }

    /// A feature that the caller's tier locks.
    pub fn locked(feature: Feature, unlocked_by: Option<Tier>) -> Self {
        let needed = unlocked_by.map_or("no tier", Tier::as_str);
        let mut problem =
            Self::new("locked", format!("{} of this asset comes with tier {needed}.", feature.as_str()));
        problem.feature = Some(feature.as_str());
        problem.unlocked_by = unlocked_by.map(Tier::as_str);
        problem
    }

    /// The same, to be tried again after so many seconds.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The answer.
    pub fn into_response(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        response
            .content_type("application/problem+json")
            .insert_header(("cache-control", "private, no-store"));
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header(("www-authenticate", "Bearer realm=\"quarterday\""));
        }
        if let Some(seconds) = self.retry_after_s {
            response.insert_header(("retry-after", seconds.to_string()));
        }
        let body = serde_json::to_string(&self).unwrap_or_default();
        let mut response = response.body(body);
        response.extensions_mut().insert(Explained);
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::new(
                "not_found",
                "Look the symbol or slot up with /api/v1/assets or /api/v1/publications.",
            ),
            Error::Locked { feature, unlocked_by } => Self::locked(feature, unlocked_by),
            Error::BadRequest(reason) => Self::new("invalid_parameter", reason),
            Error::Unclear { why } => Self::new("invalid_parameter", text(Lang::En, why)),
            Error::Unavailable(cause) => {
                tracing::error!(error = %format!("{cause:#}"), "an API call failed");
                Self::new("unavailable", "Nothing is lost; try again in a few seconds.").retry_after(5)
            }
            Error::Refused(_)
            | Error::SignedOut { .. }
            | Error::Stale { .. }
            | Error::NeedsCode
            | Error::TooMany => Self::new("refused", "See /api for what there is."),
            Error::Internal(cause) => {
                tracing::error!(error = %format!("{cause:#}"), "an API call failed");
                Self::new("internal", "It is our fault and has been noted; trying again may help.")
            }
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Error::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unlike_and_carry_their_status() {
        for (n, (code, status, _)) in CODES.into_iter().enumerate() {
            assert!(CODES[n + 1..].iter().all(|(other, ..)| *other != code), "{code}");
            assert_eq!(Problem::new(code, "x").status, status);
        }
        assert_eq!(Problem::new("no such code", "x").code, "internal");
        assert_eq!(Problem::of(StatusCode::PAYLOAD_TOO_LARGE).status, 413);
    }
}
