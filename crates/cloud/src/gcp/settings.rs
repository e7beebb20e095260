//! Where things are on Google Cloud, from the environment:
//!
//! | variable | what | default |
//! | --- | --- | --- |
//! | `QUARTERDAY_PROJECT` | the project's id | – |
//! | `QUARTERDAY_STORAGE_ENDPOINT`, `QUARTERDAY_PUBSUB_ENDPOINT`, `QUARTERDAY_COMPUTE_ENDPOINT`, `QUARTERDAY_DATAPROC_ENDPOINT`, `QUARTERDAY_SECRETS_ENDPOINT` | base URLs of stand-ins | Google's |
//! | `QUARTERDAY_METADATA_ENDPOINT` | base URL of the machines' metadata service | `http://metadata.google.internal` |

use google_cloud_auth::credentials::{Builder, Credentials, anonymous};

use super::error::GcpError;

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Base URLs of stand-ins; `None`: Google's.
#[derive(Debug, Clone, Default)]
pub struct Endpoints {
    /// Cloud Storage, JSON over HTTP.
    pub storage: Option<String>,
    /// Pub/Sub, gRPC.
    pub pubsub: Option<String>,
    /// Compute Engine.
    pub compute: Option<String>,
    /// Dataproc.
    pub dataproc: Option<String>,
    /// Secret Manager.
    pub secrets: Option<String>,
    /// The machines' metadata service.
    pub metadata: Option<String>,
}

/// Where things are on Google Cloud.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The project's id.
    pub project: String,
    /// Base URLs of stand-ins.
    pub endpoints: Endpoints,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// `QUARTERDAY_PROJECT` is not set.
    pub fn from_env() -> Result<Self, GcpError> {
        let project = read("QUARTERDAY_PROJECT").ok_or_else(|| {
            GcpError::Setting("QUARTERDAY_PROJECT is not set: name the project's id".into())
        })?;
        Ok(Self { project, endpoints: Endpoints::from_env() })
    }
}

impl Endpoints {
    /// Reads the environment.
    pub fn from_env() -> Self {
        Self {
            storage: read("QUARTERDAY_STORAGE_ENDPOINT"),
            pubsub: read("QUARTERDAY_PUBSUB_ENDPOINT"),
            compute: read("QUARTERDAY_COMPUTE_ENDPOINT"),
            dataproc: read("QUARTERDAY_DATAPROC_ENDPOINT"),
            secrets: read("QUARTERDAY_SECRETS_ENDPOINT"),
            metadata: read("QUARTERDAY_METADATA_ENDPOINT"),
        }
    }
}

/// A variable that is set and not empty, without a slash at its end.
pub(super) fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|v| v.trim_end_matches('/').to_owned()).filter(|v| !v.is_empty())
}

/// Anonymous credentials for a stand-in, else the program's own (application default credentials).
pub(super) fn credentials(endpoint: Option<&String>) -> Result<Credentials, GcpError> {
    match endpoint {
        Some(_) => Ok(anonymous::Builder::new().build()),
        None => Builder::default().with_scopes([SCOPE]).build().map_err(|e| {
            GcpError::Setting(format!(
                "no credentials for Google Cloud: {e}: sign in with `gcloud auth application-default login`"
            ))
        }),
    }
}
