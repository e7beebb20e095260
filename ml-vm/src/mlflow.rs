//! Tells an MLflow tracking server what becomes of models, over its REST interface: training as runs with parameters, metrics
//! and artefacts, versions as registered models with tags, champion and challenger as aliases, drift as runs.
//!
//! The registry in the lake counts; MLflow is a view of it for those who like to look there. So nothing here fails
//! anything: what the server refuses, or that it does not answer, is one warning in the log.
//!
//! `MLFLOW_TRACKING_URI` (http or https) says where it is; without it there is no tracker. `MLFLOW_TRACKING_TOKEN`, where it
//! is set, goes along as a bearer token. Both are MLflow's own names.

mod client;

use std::collections::BTreeMap;

use domain::model::{Card, InUse, ModelName, ModelVersion};
use domain::prediction::Monitor;
use domain::{Key, Slot};
use serde_json::{Value, json};

use client::Client;
pub use client::TrackerError;

use crate::train::Trained;

/// The tag that carries our name of a version; MLflow numbers its own.
const VERSION_TAG: &str = "quarterday.version";
/// The alias of the version whose figures are shown.
pub const CHAMPION: &str = "champion";
/// The alias of the version in its shadow.
pub const CHALLENGER: &str = "challenger";

/// A tracking server.
#[derive(Debug, Clone)]
pub struct Tracker {
    client: Client,
}

impl Tracker {
    /// The server that the environment names; `None` where it names none, or one that is no web address (which is said).
    pub fn from_env() -> Option<Self> {
        let uri = std::env::var("MLFLOW_TRACKING_URI").ok().filter(|uri| !uri.trim().is_empty())?;
        let token = std::env::var("MLFLOW_TRACKING_TOKEN").ok();
        match Self::new(&uri, token) {
            Ok(tracker) => Some(tracker),
            Err(error) => {
                tracing::warn!("MLFLOW_TRACKING_URI: {error}; nothing is logged there");
                None
            }
        }
    }

    /// The server at `uri`.
    ///
    /// # Errors
    /// `uri` is no http or https address.
    pub fn new(uri: &str, token: Option<String>) -> Result<Self, TrackerError> {
        Ok(Self { client: Client::new(uri, token)? })
    }

    /// Tells of a training: its run, its version, and where it passed the gate the challenger's alias.
    pub async fn training(&self, trained: &Trained) {
        said(self.try_training(trained).await, "a training");
    }

    /// Gives an alias to a version, or takes it away where what is built in is in use again.
    pub async fn alias(&self, name: ModelName, alias: &str, version: Option<&ModelVersion>) {
        said(self.try_alias(name, alias, version).await, "a change of champion");
    }

    /// Gives champion and challenger their aliases as they are in use. Who was promoted from the site or by `quarterday`
    /// stands in the lake alone until a slot for which it holds is predicted: then it is told here.
    pub async fn in_use(&self, name: ModelName, in_use: &InUse) {
        said(self.try_in_use(name, in_use).await, "who is in use");
    }

    /// Tells of an alarm: a run with the watched figures.
    pub async fn drift(&self, name: ModelName, slot: Slot, monitor: &Monitor) {
        said(self.try_drift(name, slot, monitor).await, "a drift");
    }

    /// As [`training`](Self::training); a version that is there already is not put again.
    ///
    /// # Errors
    /// The server refuses or does not answer.
    pub async fn try_training(&self, trained: &Trained) -> Result<(), TrackerError> {
        let (card, version) = (&trained.card, &trained.version);
        if self.find(card.name, version).await?.is_none() {
            let tags = BTreeMap::from([
                ("mlflow.runName".to_owned(), version.to_string()),
                (VERSION_TAG.to_owned(), version.to_string()),
                (
                    "quarterday.gate".to_owned(),
                    if card.gate.passed { "passed" } else { "refused" }.to_owned(),
                ),
            ]);
            let run = self.start(card.name, card.slot, &tags).await?;
            self.client.log(&run.id, &metrics(card), &parameters(card), card.slot).await?;
            let (bytes, described) = (trained.bytes.clone(), card.to_bytes());
            for (file, content) in [("model.bin", bytes), ("card.json", described)] {
                self.client.upload(&run, file, content).await?;
            }
            self.client.finish(&run.id, card.slot).await?;
            self.register(card.name, version, &run, &card.gate.reason).await?;
        }
        if trained.standing.challenger.as_ref() == Some(version) {
            self.try_alias(card.name, CHALLENGER, Some(version)).await?;
        }
        Ok(())
    }

    /// As [`alias`](Self::alias). A version that becomes champion is challenger no more.
    ///
    /// # Errors
    /// The server refuses, does not answer, or does not know the version.
    pub async fn try_alias(
        &self,
        name: ModelName,
        alias: &str,
        version: Option<&ModelVersion>,
    ) -> Result<(), TrackerError> {
        let model = registered(name);
        let Some(version) = version else { return self.client.drop_alias(&model, alias).await };
        let Some((number, aliases)) = self.find(name, version).await? else {
            return Err(TrackerError::Unknown { model, version: version.to_string() });
        };
        self.client
            .post("registered-models/alias", &json!({"name": model, "alias": alias, "version": number}))
            .await?;
        if alias == CHAMPION && aliases.iter().any(|a| a == CHALLENGER) {
            self.client.drop_alias(&model, CHALLENGER).await?;
        }
        Ok(())
    }

    /// As [`in_use`](Self::in_use).
    ///
    /// # Errors
    /// As [`try_alias`](Self::try_alias).
    pub async fn try_in_use(&self, name: ModelName, in_use: &InUse) -> Result<(), TrackerError> {
        self.try_alias(name, CHAMPION, in_use.champion.as_ref()).await?;
        self.try_alias(name, CHALLENGER, in_use.challenger.as_ref()).await
    }

    /// As [`drift`](Self::drift).
    ///
    /// # Errors
    /// The server refuses or does not answer.
    pub async fn try_drift(
        &self,
        name: ModelName,
        slot: Slot,
        monitor: &Monitor,
    ) -> Result<(), TrackerError> {
        let tags = BTreeMap::from([
            ("mlflow.runName".to_owned(), format!("drift {slot}")),
            ("quarterday.drift".to_owned(), slot.to_string()),
        ]);
        // A slot that is repeated has told it already.
        let experiment = self.client.experiment(&experiment(name)).await?;
        let filter = format!("tags.`quarterday.drift` = '{slot}'");
        let query = json!({"experiment_ids": [experiment], "filter": filter, "max_results": 1});
        if self.client.post("runs/search", &query).await?["runs"][0].is_object() {
            return Ok(());
        }
        let run = self.start(name, slot, &tags).await?;
        let own = monitor.watched.iter().filter(|w| w.name == name);
        let figures: BTreeMap<String, f64> = own.map(|w| (w.what.replace(' ', "_"), w.value)).collect();
        self.client.log(&run.id, &figures, &BTreeMap::new(), slot).await?;
        self.client.finish(&run.id, slot).await
    }

    async fn start(
        &self,
        name: ModelName,
        slot: Slot,
        tags: &BTreeMap<String, String>,
    ) -> Result<client::Run, TrackerError> {
        let experiment = self.client.experiment(&experiment(name)).await?;
        self.client.start(&experiment, slot, tags).await
    }

    async fn register(
        &self,
        name: ModelName,
        version: &ModelVersion,
        run: &client::Run,
        gate: &str,
    ) -> Result<(), TrackerError> {
        let model = registered(name);
        match self.client.post("registered-models/create", &json!({"name": model})).await {
            Err(TrackerError::Refused { code, .. }) if code == "RESOURCE_ALREADY_EXISTS" => {}
            other => {
                other?;
            }
        }
        let tags = json!([
            {"key": VERSION_TAG, "value": version.to_string()},
            {"key": "quarterday.object", "value": Key::ModelBytes { name, version: version.clone() }.to_string()},
        ]);
        let body = json!({
            "name": model, "source": format!("{}/model.bin", run.artifacts), "run_id": run.id,
            "description": gate, "tags": tags,
        });
        self.client.post("model-versions/create", &body).await?;
        Ok(())
    }

    /// MLflow's number of a version, and its aliases.
    async fn find(
        &self,
        name: ModelName,
        version: &ModelVersion,
    ) -> Result<Option<(String, Vec<String>)>, TrackerError> {
        let model = registered(name);
        let filter = format!("name='{model}' and tags.`{VERSION_TAG}`='{version}'");
        let query = [("filter", filter.as_str()), ("max_results", "1")];
        let found = self.client.get("model-versions/search", &query).await?;
        let Some(number) = found["model_versions"][0]["version"].as_str().map(str::to_owned) else {
            return Ok(None);
        };
        let whole = self.client.get("model-versions/get", &[("name", &model), ("version", &number)]).await?;
        let aliases = whole["model_version"]["aliases"].as_array().into_iter().flatten();
        Ok(Some((number, aliases.filter_map(Value::as_str).map(str::to_owned).collect())))
    }
}

/// The name of a registered model.
pub fn registered(name: ModelName) -> String {
    format!("quarterday-{name}")
}

/// The name of the experiment that holds a model's runs.
fn experiment(name: ModelName) -> String {
    format!("quarterday/{name}")
}

fn said(result: Result<(), TrackerError>, what: &str) {
    if let Err(error) = result {
        tracing::warn!("MLflow was not told of {what}: {error}");
    }
}

fn metrics(card: &Card) -> BTreeMap<String, f64> {
    let each = card.metrics.iter().flat_map(|(name, m)| {
        [(name.clone(), m.value), (format!("{name}_low"), m.low), (format!("{name}_high"), m.high)]
    });
    each.chain([("gate_passed".to_owned(), f64::from(u8::from(card.gate.passed)))]).collect()
}

fn parameters(card: &Card) -> BTreeMap<String, String> {
    let days = |span: Option<domain::model::Span>| {
        span.map(|s| format!("{} to {}", s.from, s.to)).unwrap_or_default()
    };
    let parent = card.parent.as_ref().map_or_else(|| "built in".to_owned(), ToString::to_string);
    BTreeMap::from(
        [
            ("slot", card.slot.to_string()),
            ("code_version", card.code_version.clone()),
            ("parent", parent),
            ("seed", card.seed.to_string()),
            ("cases", card.cases.to_string()),
            ("window", days(card.window)),
            ("block", days(card.block)),
            ("objects", card.trained_on.len().to_string()),
            ("licences", card.licences.join("; ")),
            ("sha256", card.sha256.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    )
}
