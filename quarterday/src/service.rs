//! A child program that is kept alive: started again when it dies, ended with us.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

const START: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(300);

/// Where a program of this house lies: beside this one.
///
/// # Errors
/// It is not there.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("finding this program's folder")?;
    let path = own.with_file_name(name);
    if !path.is_file() {
        bail!("{} is missing: build the whole workspace (make build)", path.display());
    }
    Ok(path)
}

/// How to start a service.
pub struct Start {
    /// The program's name.
    pub name: &'static str,
    /// Its arguments, asked for at each start.
    pub arguments: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    /// Its environment beside ours.
    pub environment: Vec<(String, String)>,
    /// Where its standard error goes.
    pub log: PathBuf,
}

/// A running service.
pub struct Service {
    /// Where it listens.
    pub url: String,
    stop: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Service {
    /// Starts it, waits until it says where it listens, and keeps it alive. A restart must listen at the same place, so its
    /// arguments name the port.
    ///
    /// # Errors
    /// It ends or stays silent; its last words are named.
    pub async fn start(start: Start) -> anyhow::Result<Self> {
        let (child, url) = spawn(&start).await?;
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(keep_alive(start, child, stop.clone()));
        Ok(Self { url, stop, task })
    }

    /// Ends it.
    pub async fn stop(self) {
        self.stop.notify_one();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "a service's keeper panicked");
        }
    }
}

async fn keep_alive(start: Start, mut child: Child, stop: Arc<Notify>) {
    // Held apart from the child: to wait for a child closes the input that it still has.
    let mut lifeline = child.stdin.take();
    loop {
        tokio::select! {
            () = stop.notified() => break,
            ended = child.wait() => tracing::warn!(service = start.name, ?ended, "ended by itself, started again"),
        }
        loop {
            tokio::select! {
                () = stop.notified() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
            match spawn(&start).await {
                Ok((again, _)) => {
                    child = again;
                    lifeline = child.stdin.take();
                    break;
                }
                Err(error) => tracing::error!(
                    service = start.name,
                    error = format!("{error:#}"),
                    "cannot be started again"
                ),
            }
        }
    }
    drop(lifeline);
    if tokio::time::timeout(STOP, child.wait()).await.is_err()
        && let Err(error) = child.kill().await
    {
        tracing::error!(service = start.name, %error, "cannot be killed");
    }
}

async fn spawn(start: &Start) -> anyhow::Result<(Child, String)> {
    let log = OpenOptions::new().create(true).append(true).open(&start.log);
    let log = log.with_context(|| start.log.display().to_string())?;
    let mut child = Command::new(program(start.name)?)
        .args((start.arguments)())
        .envs(start.environment.iter().cloned())
        .env("QUARTERDAY_CHILD", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("starting {}", start.name))?;
    let Some(stdout) = child.stdout.take() else { bail!("{} has no standard output", start.name) };
    let mut lines = BufReader::new(stdout).lines();
    let first = tokio::time::timeout(START, lines.next_line()).await;
    let line = first.ok().and_then(Result::ok).flatten();
    let url = line.as_deref().and_then(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let url = url.as_ref().and_then(|said| said["listening"].as_str()).map(str::to_owned);
    let Some(url) = url else { bail!("{} does not start: {}", start.name, last_words(&start.log)) };
    // What it prints later is of no use to us, but a full pipe would stop it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let log = start.log.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    metrics::counter!("quarterday_service_starts_total", "service" => log).increment(1);
    Ok((child, url))
}

/// The end of a log, for an error message.
pub fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(3)..].join(" / ");
    if last.is_empty() {
        format!("it said nothing in {}", log.display())
    } else {
        format!("{last} (more in {})", log.display())
    }
}
