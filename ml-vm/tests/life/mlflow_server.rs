//! A real MLflow tracking server, where one is installed: the program that `QUARTERDAY_MLFLOW` names, else `mlflow` on the path.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use domain::model::ModelVersion;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

pub(crate) struct Server {
    pub(crate) uri: String,
    http: reqwest::Client,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // The server's workers are its children, in one group with it.
        if let Some(pid) = self.child.id() {
            let _ = std::process::Command::new("kill").arg("--").arg(format!("-{pid}")).status();
        }
    }
}

/// Starts a server on a free port; `None`, loudly, where MLflow is not installed.
pub(crate) async fn start() -> Option<Server> {
    let program = std::env::var_os("QUARTERDAY_MLFLOW").map_or_else(|| "mlflow".into(), PathBuf::from);
    let folder = tempfile::tempdir().unwrap();
    let port = cloud::local::free_port().unwrap();
    let started = Command::new(&program)
        .args(["server", "--host", "127.0.0.1", "--port", &port.to_string(), "--workers", "1"])
        .arg("--backend-store-uri")
        .arg(format!("sqlite:///{}/mlflow.db", folder.path().display()))
        .arg("--artifacts-destination")
        .arg(folder.path().join("artifacts"))
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .env("DO_NOT_TRACK", "true")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let Ok(child) = started else {
        let text = "SKIPPED: the life of models in MLflow: it is not installed (pip install mlflow, QUARTERDAY_MLFLOW=…/bin/mlflow)";
        let _ = writeln!(std::io::stderr(), "{text}");
        return None;
    };
    let (uri, http) = (format!("http://127.0.0.1:{port}"), reqwest::Client::new());
    let server = Server { uri, http, child, _folder: folder };
    for _ in 0..600 {
        let reply = server.http.get(format!("{}/health", server.uri)).send().await;
        if reply.is_ok_and(|reply| reply.status().is_success()) {
            return Some(server);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{} server did not answer within two minutes", program.display());
}

impl Server {
    async fn ask(&self, request: reqwest::RequestBuilder) -> Value {
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    fn url(&self, what: &str) -> String {
        format!("{}/api/2.0/mlflow/{what}", self.uri)
    }

    /// Whether all that happened can be seen: two trainings, a drift, both versions, and who is champion in the end.
    pub(crate) async fn check_life(&self, one: &ModelVersion, two: &ModelVersion) {
        let query = [("experiment_name", "quarterday/forecast")];
        let experiment = self.ask(self.http.get(self.url("experiments/get-by-name")).query(&query)).await;
        let id = experiment["experiment"]["experiment_id"].as_str().unwrap();
        let search = json!({"experiment_ids": [id], "max_results": 100});
        let runs = self.ask(self.http.post(self.url("runs/search")).json(&search)).await;
        let runs = runs["runs"].as_array().unwrap();
        let names: Vec<&str> = runs.iter().map(|run| run["info"]["run_name"].as_str().unwrap()).collect();
        assert_eq!(runs.len(), 3, "{names:?}");
        for wanted in [one.to_string(), two.to_string(), "drift 2026-09-01T06Z".to_owned()] {
            assert!(names.contains(&wanted.as_str()), "{wanted} is not among {names:?}");
        }
        let trained = runs.iter().find(|run| run["info"]["run_name"] == one.to_string()).unwrap();
        let values = |kind: &str| trained["data"][kind].as_array().unwrap().len();
        assert!(values("metrics") >= 10 && values("params") >= 9, "{trained}");
        assert_eq!(trained["info"]["status"], "FINISHED");
        let run_id = trained["info"]["run_id"].as_str().unwrap();
        let listed = self
            .ask(self.http.get(self.url("artifacts/list")).query(&[("run_id", run_id)]))
            .await
            .to_string();
        assert!(listed.contains("model.bin") && listed.contains("card.json"), "{listed}");
        let query = [("filter", "name='quarterday-forecast'")];
        let versions = self.ask(self.http.get(self.url("model-versions/search")).query(&query)).await;
        assert_eq!(versions["model_versions"].as_array().unwrap().len(), 2, "{versions}");
        let query = [("name", "quarterday-forecast"), ("alias", "champion")];
        let champion = self.ask(self.http.get(self.url("registered-models/alias")).query(&query)).await;
        let tags = champion["model_version"]["tags"].to_string();
        assert!(tags.contains(&one.to_string()), "rolled back: {champion}");
    }
}
