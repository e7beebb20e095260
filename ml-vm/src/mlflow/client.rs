//! MLflow's REST interface, as far as it is used.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Slot;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// How long a request may take.
const LIMIT: Duration = Duration::from_secs(20);
/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(3);
/// Longest value of a parameter.
const PARAMETER_CHARS: usize = 500;

/// Why the server was not told.
#[derive(Debug, thiserror::Error)]
pub enum TrackerError {
    /// No web address.
    #[error("{0:?} is no address of a tracking server: write http://HOST:PORT or https://…")]
    Address(String),
    /// No answer.
    #[error("{what}: no answer ({reason})")]
    Silent {
        /// What was asked.
        what: String,
        /// Why.
        reason: String,
    },
    /// It answered that it will not.
    #[error("{what}: {code}: {reason}")]
    Refused {
        /// What was asked.
        what: String,
        /// MLflow's code, or the HTTP status.
        code: String,
        /// What it said.
        reason: String,
    },
    /// It answered in another form.
    #[error("{what}: the answer has no {missing}: is this an MLflow server?")]
    Odd {
        /// What was asked.
        what: String,
        /// What is missing.
        missing: &'static str,
    },
    /// It has no such version.
    #[error("{model} has no version {version}: it was trained while the server was not told")]
    Unknown {
        /// The registered model.
        model: String,
        /// Our name of the version.
        version: String,
    },
}

/// A run that was started.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) id: String,
    /// Where its artefacts are, as MLflow says it.
    pub(super) artifacts: String,
    experiment: String,
}

#[derive(Clone)]
pub(super) struct Client {
    base: String,
    token: Option<String>,
    http: reqwest::Client,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the token.
        f.debug_struct("Client").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Client {
    pub(super) fn new(uri: &str, token: Option<String>) -> Result<Self, TrackerError> {
        let base = uri.trim().trim_end_matches('/').to_owned();
        let address = reqwest::Url::parse(&base).ok();
        if !address.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some()) {
            return Err(TrackerError::Address(uri.to_owned()));
        }
        let http = reqwest::Client::builder().timeout(LIMIT).connect_timeout(CONNECT).build();
        let silent =
            |e: reqwest::Error| TrackerError::Silent { what: "setting up".to_owned(), reason: e.to_string() };
        Ok(Self { base, token, http: http.map_err(silent)? })
    }

    pub(super) async fn post(&self, what: &str, body: &Value) -> Result<Value, TrackerError> {
        self.send(what, self.request(Method::POST, what).json(body)).await
    }

    pub(super) async fn get(&self, what: &str, query: &[(&str, &str)]) -> Result<Value, TrackerError> {
        self.send(what, self.request(Method::GET, what).query(query)).await
    }

    /// The id of an experiment, which is made where it is missing.
    pub(super) async fn experiment(&self, name: &str) -> Result<String, TrackerError> {
        let what = "experiments/get-by-name";
        let found = match self.get(what, &[("experiment_name", name)]).await {
            Ok(found) => found["experiment"]["experiment_id"].as_str().map(str::to_owned),
            Err(TrackerError::Refused { code, .. }) if code == "RESOURCE_DOES_NOT_EXIST" => None,
            Err(error) => return Err(error),
        };
        if let Some(id) = found {
            return Ok(id);
        }
        let what = "experiments/create";
        let made = self.post(what, &json!({"name": name})).await?;
        text(&made["experiment_id"], what, "experiment_id")
    }

    pub(super) async fn start(
        &self,
        experiment: &str,
        slot: Slot,
        tags: &BTreeMap<String, String>,
    ) -> Result<Run, TrackerError> {
        let what = "runs/create";
        let tags: Vec<Value> = tags.iter().map(|(k, v)| json!({"key": k, "value": v})).collect();
        let body = json!({"experiment_id": experiment, "start_time": millis(slot), "tags": tags});
        let made = self.post(what, &body).await?;
        let info = &made["run"]["info"];
        Ok(Run {
            id: text(&info["run_id"], what, "run_id")?,
            artifacts: text(&info["artifact_uri"], what, "artifact_uri")?,
            experiment: experiment.to_owned(),
        })
    }

    pub(super) async fn log(
        &self,
        run: &str,
        metrics: &BTreeMap<String, f64>,
        parameters: &BTreeMap<String, String>,
        slot: Slot,
    ) -> Result<(), TrackerError> {
        let metrics: Vec<Value> = metrics
            .iter()
            .filter(|(_, v)| v.is_finite())
            .map(|(k, v)| json!({"key": k, "value": v, "timestamp": millis(slot), "step": 0}))
            .collect();
        let parameters: Vec<Value> = parameters
            .iter()
            .map(|(k, v)| json!({"key": k, "value": v.chars().take(PARAMETER_CHARS).collect::<String>()}))
            .collect();
        self.post("runs/log-batch", &json!({"run_id": run, "metrics": metrics, "params": parameters}))
            .await?;
        Ok(())
    }

    pub(super) async fn finish(&self, run: &str, slot: Slot) -> Result<(), TrackerError> {
        let body = json!({"run_id": run, "status": "FINISHED", "end_time": millis(slot)});
        self.post("runs/update", &body).await?;
        Ok(())
    }

    /// Puts an artefact through the server. One that keeps artefacts elsewhere is not sent any: then the lake has them alone.
    pub(super) async fn upload(&self, run: &Run, file: &str, content: Vec<u8>) -> Result<(), TrackerError> {
        if !run.artifacts.starts_with("mlflow-artifacts:") {
            tracing::info!(
                artifacts = run.artifacts,
                "this MLflow keeps artefacts elsewhere: they stay in the lake"
            );
            return Ok(());
        }
        let what = format!("artefact {file}");
        let url = format!(
            "{}/api/2.0/mlflow-artifacts/artifacts/{}/{}/artifacts/{file}",
            self.base, run.experiment, run.id
        );
        let request = self.authorised(self.http.put(url)).body(content);
        self.send(&what, request).await?;
        Ok(())
    }

    /// Takes an alias away; that it is not there is no error.
    pub(super) async fn drop_alias(&self, model: &str, alias: &str) -> Result<(), TrackerError> {
        let what = "registered-models/alias";
        let request = self.request(Method::DELETE, what).json(&json!({"name": model, "alias": alias}));
        match self.send(what, request).await {
            Err(TrackerError::Refused { code, .. })
                if code == "RESOURCE_DOES_NOT_EXIST" || code == "INVALID_PARAMETER_VALUE" =>
            {
                Ok(())
            }
            other => other.map(|_| ()),
        }
    }

    fn request(&self, method: Method, what: &str) -> RequestBuilder {
        self.authorised(self.http.request(method, format!("{}/api/2.0/mlflow/{what}", self.base)))
    }

    fn authorised(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn send(&self, what: &str, request: RequestBuilder) -> Result<Value, TrackerError> {
        let silent = |e: reqwest::Error| TrackerError::Silent {
            what: what.to_owned(),
            // The cause says more than the sentence around it, and holds no address.
            reason: std::error::Error::source(&e).map_or_else(|| e.to_string(), ToString::to_string),
        };
        let reply = request.send().await.map_err(silent)?;
        let status = reply.status();
        let body = reply.text().await.map_err(silent)?;
        let value: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(value);
        }
        let code =
            value["error_code"].as_str().map_or_else(|| format!("HTTP {}", status.as_u16()), str::to_owned);
        let said = value["message"].as_str().unwrap_or(&body);
        let reason = said.lines().next().unwrap_or_default().chars().take(300).collect();
        Err(TrackerError::Refused { what: what.to_owned(), code, reason })
    }
}

fn text(value: &Value, what: &str, missing: &'static str) -> Result<String, TrackerError> {
    value.as_str().map(str::to_owned).ok_or_else(|| TrackerError::Odd { what: what.to_owned(), missing })
}

fn millis(slot: Slot) -> i64 {
    slot.close_at().timestamp_millis()
}
