//! Secret Manager.

use google_cloud_secretmanager_v1::client::SecretManagerService;
use secrecy::SecretString;

use super::error::{GcpError, retries};
use super::settings::{Settings, credentials};

/// The secrets of a project.
#[derive(Clone)]
pub struct Secrets {
    client: SecretManagerService,
    project: String,
}

impl Secrets {
    /// The secrets of the project.
    ///
    /// # Errors
    /// There are no credentials.
    pub async fn open(settings: &Settings) -> Result<Self, GcpError> {
        let endpoint = settings.endpoints.secrets.as_ref();
        let mut builder = SecretManagerService::builder().with_credentials(credentials(endpoint)?);
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let client = builder.with_retry_policy(retries()).build().await;
        let client = client.map_err(GcpError::client("Secret Manager"))?;
        Ok(Self { client, project: settings.project.clone() })
    }

    /// The newest version of the secret that stands for an environment variable: `X_BEARER_TOKEN` is
    /// `quarterday-x-bearer-token`.
    ///
    /// # Errors
    /// There is no such secret, or this program may not read it; it is named, its value never.
    pub async fn variable(&self, name: &str) -> Result<SecretString, GcpError> {
        let secret = format!("quarterday-{}", name.to_lowercase().replace('_', "-"));
        let version = format!("projects/{}/secrets/{secret}/versions/latest", self.project);
        let reply = self.client.access_secret_version().set_name(version).send().await;
        let reply = reply.map_err(|error| {
            let reason = format!("{secret}: {}", super::error::words(&error));
            GcpError::Service { service: "Secret Manager", reason }
        })?;
        let bytes = reply.payload.map(|payload| payload.data).unwrap_or_default();
        let text = String::from_utf8(bytes.to_vec()).map_err(|_| GcpError::Service {
            service: "Secret Manager",
            reason: format!("{secret} is no text: store it again as UTF-8"),
        })?;
        Ok(text.trim_end_matches(['\n', '\r']).to_owned().into())
    }
}
