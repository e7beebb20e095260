//! What to ask for.

use std::collections::BTreeMap;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::reply::Judge;
use crate::trouble::Trouble;

/// What to ask for.
#[derive(Clone)]
pub struct Request {
    /// Stream of the source, for the record.
    pub stream: String,
    /// Address.
    pub url: Url,
    /// Headers beside those of every request; secret ones marked sensitive.
    pub headers: HeaderMap,
    /// Sent as a form by POST where there is one; the values may be secret.
    pub form: Option<Vec<(&'static str, SecretString)>>,
    /// Whether redirects are followed. Never where a header or the address holds a secret.
    pub follow: bool,
    /// Kept with the exchange: what a reader has to know beside the body.
    pub hints: BTreeMap<String, String>,
    /// A header of the answer that is handed on beside those that are kept, all its values by line. It may be secret: only
    /// for exchanges that are not stored.
    pub reveal: Option<HeaderName>,
    /// The source's own judgement of answers; the usual one where there is none.
    pub judge: Option<Judge>,
}

impl Request {
    /// A plain request.
    pub fn new(stream: impl Into<String>, url: Url) -> Self {
        Self {
            stream: stream.into(),
            url,
            headers: HeaderMap::new(),
            form: None,
            follow: false,
            hints: BTreeMap::new(),
            reveal: None,
            judge: None,
        }
    }

    /// The same with one more header whose value is secret.
    ///
    /// # Errors
    /// The value has characters that no header may have.
    pub fn with_secret(mut self, name: HeaderName, value: &SecretString) -> Result<Self, Trouble> {
        self.headers.insert(name, secret_header(value.expose_secret())?);
        Ok(self)
    }

    /// The same with one more hint.
    #[must_use]
    pub fn with_hint(mut self, name: &str, value: impl Into<String>) -> Self {
        self.hints.insert(name.to_owned(), value.into());
        self
    }
}

/// Adds the `Authorization` of a bearer token.
///
/// # Errors
/// The token has characters that no header may have.
pub fn bearer(request: Request, token: &SecretString) -> Result<Request, Trouble> {
    request.with_secret(AUTHORIZATION, &format!("Bearer {}", token.expose_secret()).into())
}

/// A header's value that is never printed.
///
/// # Errors
/// It has characters that no header may have.
pub fn secret_header(value: &str) -> Result<HeaderValue, Trouble> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        Trouble::configuration(
            "a key or token has characters that no header may have: copy it again into the settings",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The form as it is sent.
pub(super) fn exposed<'a>(form: &'a [(&'static str, SecretString)]) -> Vec<(&'static str, &'a str)> {
    form.iter().map(|(name, value)| (*name, value.expose_secret())).collect()
}
