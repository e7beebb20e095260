//! Who may call an endpoint.
//!
//! | variable | what | default |
//! | --- | --- | --- |
//! | `QUARTERDAY_CALLER_CHECK` | `iam`, `oidc`, `token` or `none`: see [`CallerCheck`] | – |
//! | `QUARTERDAY_PUSH_TOKEN` | `token`: the bearer that a caller must carry | – |
//! | `QUARTERDAY_PUSH_TOKEN_BEFORE` | `token`: while it is being replaced, the bearer of before, which is taken as well | – |
//! | `QUARTERDAY_OIDC_AUDIENCE` | `oidc`: whom the token must be meant for | – |
//! | `QUARTERDAY_OIDC_EMAIL` | `oidc` and `iam`: the account that must call; `iam` takes any that got through without it | – |
//! | `QUARTERDAY_OIDC_KEYS_URL` | `oidc`: Google's signing keys; `http` only on loopback | [`GOOGLE_KEYS_URL`] |
//!
//! There is no default for the kind of check: an endpoint that is open by oversight is worse than one that does not start.

mod credential;
mod keys;
mod oidc;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

pub use credential::Credential;
pub use oidc::{Clock, GOOGLE_KEYS_URL, OidcVerifier};

/// How callers are checked.
#[derive(Debug)]
pub enum CallerCheck {
    /// The platform has checked the token.
    ///
    /// For Cloud Run services that require `roles/run.invoker`. Cloud Run verifies the identity token in front of the
    /// container and strips its signature, so that a second check of it in here would fail; only an account with that role
    /// gets through. Where several accounts have it, `email` says which of them this endpoint is for. A service that is open
    /// to all users must not be set to this.
    Iam {
        /// The account that must call; `None`: any that the platform lets through.
        email: Option<String>,
    },
    /// The caller carries an identity token of Google that is checked here.
    Oidc(OidcVerifier),
    /// The caller carries this bearer.
    Token(SecretString),
    /// The same while the bearer is being replaced: either is taken.
    Overlap {
        /// The new one.
        now: SecretString,
        /// The one of before.
        before: SecretString,
    },
    /// Everything passes: for loopback and emulators only.
    None,
}

/// Why a caller is turned away. No reason holds any part of what the caller sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The caller does not show that it may call: answer 401.
    #[error("unauthorized: {0}")]
    Unauthorized(String),
    /// The signing keys are not at hand, so that nobody can tell yet: answer 503.
    #[error("the caller cannot be checked now: {0}")]
    Unavailable(String),
}

impl Refusal {
    fn unauthorized(reason: impl fmt::Display) -> Self {
        Self::Unauthorized(reason.to_string())
    }
}

/// A setting that does not do.
#[derive(Debug, thiserror::Error)]
pub enum CallerError {
    /// A variable is missing or empty.
    #[error("{name} is not set: {what}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What belongs there.
        what: &'static str,
    },
    /// `QUARTERDAY_CALLER_CHECK` names a check that does not exist.
    #[error("QUARTERDAY_CALLER_CHECK is {0:?}: write iam, oidc, token or none")]
    Unknown(String),
    /// The address of the keys cannot be used.
    #[error("QUARTERDAY_OIDC_KEYS_URL is {url:?}: {reason}")]
    KeysUrl {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No HTTP client can be made.
    #[error("no HTTP client for the signing keys: {0}")]
    Client(#[from] reqwest::Error),
}

impl CallerCheck {
    /// Reads the environment; the variables are in the head of [this module](self).
    ///
    /// # Errors
    /// A variable is missing or malformed; it is named.
    pub fn from_env() -> Result<Self, CallerError> {
        Self::from(|name| std::env::var(name).ok())
    }

    /// [`Self::from_env`] for endpoints that another account calls: the one that this variable names, where it is set.
    ///
    /// # Errors
    /// As there.
    pub fn from_env_for(email: &str) -> Result<Self, CallerError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        Self::from(|name| match name {
            "QUARTERDAY_OIDC_EMAIL" => variable(email).or_else(|| variable(name)),
            _ => variable(name),
        })
    }

    /// [`Self::from_env`] with another source of variables. An empty variable counts as missing.
    ///
    /// # Errors
    /// A variable is missing or malformed; it is named.
    pub fn from(variable: impl Fn(&str) -> Option<String>) -> Result<Self, CallerError> {
        let filled = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let required = |name, what| filled(name).ok_or(CallerError::Missing { name, what });
        let kind = required("QUARTERDAY_CALLER_CHECK", "write iam, oidc, token or none")?;
        match kind.as_str() {
            "iam" => Ok(Self::Iam { email: filled("QUARTERDAY_OIDC_EMAIL") }),
            "oidc" => {
                let audience = required("QUARTERDAY_OIDC_AUDIENCE", "whom the tokens must be meant for")?;
                let email = required("QUARTERDAY_OIDC_EMAIL", "the account that must call")?;
                let url = filled("QUARTERDAY_OIDC_KEYS_URL").unwrap_or_else(|| GOOGLE_KEYS_URL.to_owned());
                Ok(Self::Oidc(OidcVerifier::new(audience, email, &url)?))
            }
            "token" => {
                let now = required("QUARTERDAY_PUSH_TOKEN", "the bearer that callers carry")?.into();
                Ok(match filled("QUARTERDAY_PUSH_TOKEN_BEFORE") {
                    Some(before) => Self::Overlap { now, before: before.into() },
                    None => Self::Token(now),
                })
            }
            "none" => {
                tracing::warn!("callers are not checked: for loopback and emulators only");
                Ok(Self::None)
            }
            _ => Err(CallerError::Unknown(kind)),
        }
    }

    /// Whether a request with this `Authorization` header may go on.
    ///
    /// # Errors
    /// It may not, or nobody can tell now: see [`Refusal`].
    pub async fn check(&self, authorization: Option<&str>) -> Result<(), Refusal> {
        match self {
            Self::Iam { email: None } | Self::None => Ok(()),
            Self::Iam { email: Some(email) } => {
                let claims = oidc::unchecked_email(bearer(authorization)?);
                match claims.as_deref() == Some(email) {
                    true => Ok(()),
                    false => Err(Refusal::unauthorized("the token is another account's")),
                }
            }
            Self::Oidc(verifier) => verifier.verify(bearer(authorization)?).await,
            Self::Token(expected) => is_bearer(authorization, &[expected]),
            Self::Overlap { now, before } => is_bearer(authorization, &[now, before]),
        }
    }
}

/// Compares in constant time, so that an answer's delay does not tell how much of a guess is right, or of which.
fn is_bearer(authorization: Option<&str>, expected: &[&SecretString]) -> Result<(), Refusal> {
    let given = bearer(authorization)?.as_bytes();
    let same = expected.iter().map(|one| given.ct_eq(one.expose_secret().as_bytes()));
    match bool::from(same.fold(subtle::Choice::from(0), |any, one| any | one)) {
        true => Ok(()),
        false => Err(Refusal::unauthorized("the bearer is not the expected one")),
    }
}

fn bearer(authorization: Option<&str>) -> Result<&str, Refusal> {
    let header = authorization.ok_or_else(|| Refusal::unauthorized("no Authorization header"))?;
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() => Ok(token),
        _ => Err(Refusal::unauthorized("the Authorization header holds no bearer")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// As receivers and senders are started again one after the other: no caller is turned away at any step.
    #[tokio::test]
    async fn a_token_is_replaced_without_turning_anybody_away() {
        let check = |now: &'static str, before: &'static str| {
            let variable = move |name: &str| match name {
                "QUARTERDAY_CALLER_CHECK" => Some("token".to_owned()),
                "QUARTERDAY_PUSH_TOKEN" => Some(now.to_owned()),
                "QUARTERDAY_PUSH_TOKEN_BEFORE" => Some(before.to_owned()),
                _ => None,
            };
            CallerCheck::from(variable).unwrap()
        };
        let steps = [
            ("old", "", "old", true),
            ("new", "old", "old", true),
            ("new", "old", "new", true),
            ("new", "", "new", true),
        ];
        let ends = [("new", "", "old", false), ("new", "old", "other", false), ("new", "old", "", false)];
        for (now, before, shown, taken) in steps.into_iter().chain(ends) {
            let header = format!("Bearer {shown}");
            let found = check(now, before).check(Some(&header)).await;
            assert_eq!(found.is_ok(), taken, "{now:?} after {before:?}, shown {shown:?}: {found:?}");
        }
    }
}
