//! Being the program of a machine: does the work that the machine was started for, stays while it is held, then ends. The
//! unit under which it runs turns the machine off when it has ended.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::Stage;
use secrecy::ExposeSecret;
use tokio::process::Command;

use super::metadata::{ENVIRONMENT, HOLD, MetadataService, SOURCES, WORK, parse_work};
use super::{Endpoints, Secrets, Settings};
use crate::machines::Work;
use crate::trace;

/// How often a held machine looks for new work.
const LOOK: Duration = Duration::from_secs(10);

/// Does a stage's work, as often as the metadata names new work while the machine is held. Each piece of work is a child of
/// this program, `PROGRAM VERB --slot … --attempt …`, with the environment that the metadata and the secrets give.
pub async fn attend(stage: Stage, verb: &str) -> ExitCode {
    match attend_all(stage, verb).await {
        Ok(code) => code,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), %stage, "the machine cannot do its work");
            ExitCode::FAILURE
        }
    }
}

async fn attend_all(stage: Stage, verb: &str) -> anyhow::Result<ExitCode> {
    let metadata = MetadataService::from_env();
    let (mut done, mut code) = (None, ExitCode::SUCCESS);
    loop {
        let named = metadata.attribute(WORK).await?.unwrap_or_default();
        let work = parse_work(&named).filter(|work| work.stage == stage);
        if work.is_some() && work != done {
            code = match work {
                Some(work) => do_work(&metadata, work, verb).await?,
                None => code,
            };
            done = work;
            continue;
        }
        if work.is_none() {
            tracing::warn!(%stage, named, "the metadata names no work of this machine's");
        }
        let held_until =
            metadata.attribute(HOLD).await?.and_then(|text| text.trim().parse::<DateTime<Utc>>().ok());
        if held_until.is_none_or(|at| at <= Utc::now()) {
            return Ok(code);
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn do_work(metadata: &MetadataService, work: Work, verb: &str) -> anyhow::Result<ExitCode> {
    tracing::info!(%work, "at work");
    let (slot, attempt) = (work.slot.to_string(), work.attempt.to_string());
    let mut child = child(metadata, &[verb, "--slot", &slot, "--attempt", &attempt]).await?;
    child.env(trace::VARIABLE, trace::of_slot(work.slot).to_string());
    let ended = child.status().await.context("starting the stage")?;
    tracing::info!(%work, %ended, "done");
    Ok(ended.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Runs this program's command `verb` with the environment that the metadata and the secrets give, until it ends: for a machine
/// that is always on. Whoever started us starts us again.
pub async fn attend_always(verb: &str) -> ExitCode {
    let ended = async {
        let mut child = child(&MetadataService::from_env(), &[verb]).await?;
        child.status().await.with_context(|| format!("starting {verb}"))
    };
    match ended.await {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => {
            tracing::error!(%status, verb, "ended");
            ExitCode::FAILURE
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), verb, "the machine cannot do its work");
            ExitCode::FAILURE
        }
    }
}

/// This program with other arguments, and with all that the metadata give.
async fn child(metadata: &MetadataService, arguments: &[&str]) -> anyhow::Result<Command> {
    let program = std::env::current_exe().context("finding this program")?;
    let mut child = Command::new(program);
    child.args(arguments);
    child.kill_on_drop(true);
    let variables = environment(metadata).await?;
    for (name, value) in &variables {
        child.env(name, value);
    }
    if let Some(sources) = metadata.attribute(SOURCES).await? {
        child.env("QUARTERDAY_SOURCES", write_sources(&sources)?);
    }
    for (name, value) in secrets(&variables).await? {
        child.env(name, value.expose_secret());
    }
    Ok(child)
}

/// The variables of the attribute `quarterday-env`; lines without `=` and comments are left out.
async fn environment(metadata: &MetadataService) -> anyhow::Result<Vec<(String, String)>> {
    let text = metadata.attribute(ENVIRONMENT).await?.unwrap_or_default();
    let pairs = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    Ok(pairs
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect())
}

/// Writes the collector's settings into the unit's own folder, where one is given.
fn write_sources(text: &str) -> anyhow::Result<std::path::PathBuf> {
    let folder = std::env::var_os("RUNTIME_DIRECTORY").unwrap_or_else(|| std::env::temp_dir().into());
    let file = Path::new(&folder).join("sources.toml");
    std::fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
    Ok(file)
}

/// The secrets that `QUARTERDAY_SECRETS` lists by their variables' names.
async fn secrets(variables: &[(String, String)]) -> anyhow::Result<Vec<(String, secrecy::SecretString)>> {
    let value = |name: &str| {
        let given = variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        given.or_else(|| std::env::var(name).ok()).unwrap_or_default()
    };
    let listed = value("QUARTERDAY_SECRETS");
    let names: Vec<&str> = listed.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let settings = Settings { project: value("QUARTERDAY_PROJECT"), endpoints: Endpoints::from_env() };
    let manager = Secrets::open(&settings).await?;
    let mut all = Vec::new();
    for name in names {
        all.push((name.to_owned(), manager.variable(name).await?));
    }
    Ok(all)
}
