//! The metadata service of a machine, and what stands in an instance's metadata.
//!
//! | attribute | what | set by |
//! | --- | --- | --- |
//! | `quarterday-work` | `SLOT STAGE ATTEMPT`, what the machine is on for | functions |
//! | `quarterday-hold` | RFC 3339 instant until which it stays on; empty: as soon as it is done | functions |
//! | `quarterday-env` | the programs' environment, one NAME=VALUE a line | deploy/ |
//! | `quarterday-sources` | the collector's settings, TOML | deploy/ |

use std::time::Duration;

use domain::Stage;
use secrecy::SecretString;

use super::error::GcpError;
use super::settings::Endpoints;
use crate::machines::Work;

pub(super) const WORK: &str = "quarterday-work";
pub(super) const HOLD: &str = "quarterday-hold";
pub(super) const ENVIRONMENT: &str = "quarterday-env";
pub(super) const SOURCES: &str = "quarterday-sources";

const GOOGLE: &str = "http://metadata.google.internal";
const LIMIT: Duration = Duration::from_secs(10);
const TRIES: u32 = 6;

/// The value of `quarterday-work`.
pub(super) fn write_work(work: Work) -> String {
    format!("{} {} {}", work.slot, work.stage, work.attempt)
}

/// The work that `quarterday-work` names; `None` where it names none.
pub(super) fn parse_work(text: &str) -> Option<Work> {
    let mut words = text.split_whitespace();
    let work = Work {
        slot: words.next()?.parse().ok()?,
        stage: Stage::parse(words.next()?)?,
        attempt: words.next()?.parse().ok()?,
    };
    words.next().is_none().then_some(work)
}

/// The metadata service of this machine.
#[derive(Debug, Clone)]
pub struct MetadataService {
    base_url: String,
    client: reqwest::Client,
}

impl MetadataService {
    /// The service at `QUARTERDAY_METADATA_ENDPOINT`, else Google's.
    pub fn from_env() -> Self {
        let base_url = Endpoints::from_env().metadata.unwrap_or_else(|| GOOGLE.to_owned());
        Self { base_url, client: reqwest::Client::new() }
    }

    /// An attribute of this instance; `None` where it has none of that name.
    ///
    /// # Errors
    /// The service does not answer, although asked several times.
    pub async fn attribute(&self, name: &str) -> Result<Option<String>, GcpError> {
        let mut pause = Duration::from_millis(200);
        for attempt in 1.. {
            match self.ask(name).await {
                Err(reason) if attempt == TRIES => {
                    return Err(GcpError::Service { service: "the metadata service", reason });
                }
                Err(_) => {}
                Ok(value) => return Ok(value),
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        unreachable!("the last attempt returns")
    }

    /// An identity token of this instance's account, meant for `audience`. The service keeps and renews it by itself.
    ///
    /// # Errors
    /// The service does not answer, or the instance has no account.
    pub async fn identity(&self, audience: &str) -> Result<SecretString, GcpError> {
        let failed = |reason: String| GcpError::Service { service: "the metadata service", reason };
        let url = format!("{}/computeMetadata/v1/instance/service-accounts/default/identity", self.base_url);
        let request = self.client.get(url).query(&[("audience", audience), ("format", "full")]);
        let request = request.header("Metadata-Flavor", "Google").timeout(LIMIT);
        let reply = request.send().await.map_err(|e| failed(e.to_string()))?;
        match reply.status().as_u16() {
            200 => Ok(reply.text().await.map_err(|e| failed(e.to_string()))?.trim().into()),
            other => Err(failed(format!("answered {other} when asked for an identity token"))),
        }
    }

    async fn ask(&self, name: &str) -> Result<Option<String>, String> {
        let url = format!("{}/computeMetadata/v1/instance/attributes/{name}", self.base_url);
        let request = self.client.get(url).header("Metadata-Flavor", "Google").timeout(LIMIT);
        let reply = request.send().await.map_err(|e| e.to_string())?;
        match reply.status().as_u16() {
            404 => Ok(None),
            200 => reply.text().await.map(Some).map_err(|e| e.to_string()),
            other => Err(format!("answered {other}")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn work_survives_the_way_through_metadata() {
        let work = Work { slot: "2026-11-21T06Z".parse().unwrap(), stage: Stage::Collect, attempt: 2 };
        assert_eq!(parse_work(&write_work(work)), Some(work));
        for nonsense in ["", "2026-11-21T06Z", "2026-11-21T06Z cook 1", "2026-11-21T06Z collect 1 more"] {
            assert_eq!(parse_work(nonsense), None, "{nonsense:?}");
        }
    }
}
