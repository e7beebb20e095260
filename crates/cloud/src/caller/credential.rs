//! What a program of ours shows when it calls another one over HTTP: the other side of [`super::CallerCheck`].

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::Provider;
use crate::gcp::MetadataService;

/// What a call carries.
#[derive(Clone)]
pub enum Credential {
    /// This bearer, on one machine.
    Bearer(SecretString),
    /// An identity token of this program's own account, meant for this audience: the address that is called.
    Identity {
        /// Whom the token is meant for.
        audience: String,
        /// Where tokens come from.
        metadata: MetadataService,
    },
}

impl Credential {
    /// What calls to `audience`, a base URL, carry: an identity token with `QUARTERDAY_CLOUD=gcp`, else the bearer
    /// `QUARTERDAY_PUSH_TOKEN`.
    ///
    /// # Errors
    /// `QUARTERDAY_CLOUD` says something unknown, or the bearer is not set.
    pub fn from_env(audience: &str) -> Result<Self, String> {
        if Provider::from_env()? == Provider::Gcp {
            return Ok(Self::Identity {
                audience: audience.to_owned(),
                metadata: MetadataService::from_env(),
            });
        }
        match std::env::var("QUARTERDAY_PUSH_TOKEN") {
            Ok(token) if !token.trim().is_empty() => Ok(Self::Bearer(token.into())),
            _ => Err("QUARTERDAY_PUSH_TOKEN is not set: write the bearer that calls carry".to_owned()),
        }
    }

    /// The bearer for a call that is made now.
    ///
    /// # Errors
    /// No identity token can be had.
    pub async fn bearer(&self) -> Result<SecretString, String> {
        match self {
            Self::Bearer(token) => Ok(token.expose_secret().into()),
            Self::Identity { audience, metadata } => {
                metadata.identity(audience).await.map_err(|e| e.to_string())
            }
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bearer(_) => f.write_str("Bearer"),
            Self::Identity { audience, .. } => f.debug_tuple("Identity").field(audience).finish(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bearer_is_carried_and_never_printed() {
        let credential = Credential::Bearer("secret".to_owned().into());
        assert_eq!(credential.bearer().await.unwrap().expose_secret(), "secret");
        assert!(!format!("{credential:?}").contains("secret"));
    }
}
