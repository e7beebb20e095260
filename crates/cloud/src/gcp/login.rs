//! Signing in to Cloud SQL as a service account: an access token is the password. It is checked at the login alone, so that
//! each new connection needs one that is still good.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use gcp_auth::TokenProvider;
use secrecy::SecretString;

use super::error::GcpError;
use super::settings::read;

/// What Cloud SQL asks for.
const SCOPES: &[&str] = &["https://www.googleapis.com/auth/sqlservice.login"];

/// Passwords for Cloud SQL, good for some minutes each.
#[derive(Clone)]
pub struct DatabaseLogin(Arc<dyn TokenProvider>);

impl DatabaseLogin {
    /// The login of this program's own service account.
    ///
    /// # Errors
    /// There are no credentials.
    pub async fn open() -> Result<Self, GcpError> {
        gcp_auth::provider().await.map(Self).map_err(GcpError::client("the login to Cloud SQL"))
    }

    /// The login that `QUARTERDAY_DATABASE_LOGIN` asks for: `iam`, or `password` (also where it is not set), which is `None`.
    ///
    /// # Errors
    /// It asks for something else, or there are no credentials.
    pub async fn from_env() -> Result<Option<Self>, GcpError> {
        match read("QUARTERDAY_DATABASE_LOGIN").as_deref() {
            None | Some("password") => Ok(None),
            Some("iam") => Self::open().await.map(Some),
            Some(other) => Err(GcpError::Setting(format!(
                "QUARTERDAY_DATABASE_LOGIN is {other:?}: write password or iam"
            ))),
        }
    }

    /// [`Self::password`] as a function, for who opens connections.
    #[allow(
        clippy::type_complexity,
        reason = "the type that the ledger takes; the two crates do not know each other"
    )]
    pub fn passwords(
        self,
    ) -> Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<SecretString, String>> + Send>> + Send + Sync>
    {
        Box::new(move || {
            let login = self.clone();
            Box::pin(async move { login.password().await.map_err(|e| e.to_string()) })
        })
    }

    /// A password for a connection that is made now; the source renews it before it ends.
    ///
    /// # Errors
    /// The source of tokens does not answer.
    pub async fn password(&self) -> Result<SecretString, GcpError> {
        let token = self.0.token(SCOPES).await;
        let token = token
            .map_err(|e| GcpError::Service { service: "the login to Cloud SQL", reason: e.to_string() })?;
        Ok(token.as_str().to_owned().into())
    }
}
