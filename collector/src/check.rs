//! Trying each source's credentials with the cheapest call there is.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::Utc;
use domain::manifest::{TroubleClass, Unread};
use domain::{AssetList, Slot, SourceId};
use futures::future::join_all;
use serde::Serialize;
use tokio::time::Instant;

use crate::http::{Redactor, Session, client};
use crate::quota::Quota;
use crate::settings::Settings;
use crate::source::Task;
use crate::spool::Spool;
use crate::window::Window;

/// How long one source may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How one source answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Which.
    pub source: SourceId,
    /// `ok`, `failed`, `not connected`, `not licensed`.
    pub state: &'static str,
    /// Who can do something about a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<TroubleClass>,
    /// What works, or what is wrong and what to do.
    pub message: String,
}

/// Tries every source that the settings connect, all at the same time. Nothing is written anywhere; calls that cost money
/// or count by the day are made once each.
///
/// # Errors
/// The HTTP client cannot be made, or this machine's folder for temporary files cannot be written.
pub async fn check(settings: &Settings) -> anyhow::Result<Vec<Checked>> {
    let client = client(settings).context("the HTTP client cannot be made: see the system's certificates")?;
    let redactor = Redactor::new(settings.secrets.clone());
    let folder = tempfile::tempdir()?;
    // Quotas are counted where nobody else counts: a check is no run.
    let lake = cloud::open_lake(&folder.path().to_string_lossy()).await?;
    let slot = Slot::last_due(Utc::now());
    let limits = crate::settings::Limits { tries: 2, ..settings.limits };
    let checks = settings.sources.iter().map(|(id, connected)| {
        let (client, redactor, lake) = (client.clone(), redactor.clone(), Arc::clone(&lake));
        async move {
            let source = &connected.source;
            let task = Task {
                session: Session::new(
                    client,
                    redactor.clone(),
                    Instant::now() + PATIENCE,
                    &limits,
                    source.calls_per_minute(),
                ),
                window: Window::plain(slot.open_at(), slot.close_at()),
                assets: AssetList::default(),
                state: None,
                pages: 1,
                quota: Quota::new(lake, id, source.allowance(), Utc::now),
                spool: Spool::new()?,
            };
            let checked = match tokio::time::timeout(PATIENCE, source.check(&task)).await {
                Ok(Ok(message)) => Checked { source: id.clone(), state: "ok", class: None, message },
                Ok(Err(trouble)) => Checked {
                    source: id.clone(),
                    state: "failed",
                    class: Some(trouble.class),
                    message: redactor.text(&trouble.message),
                },
                Err(_) => Checked {
                    source: id.clone(),
                    state: "failed",
                    class: Some(TroubleClass::Transient),
                    message: format!("no answer within {} s: see whether it is up", PATIENCE.as_secs()),
                },
            };
            anyhow::Ok(checked)
        }
    });
    let mut checked = join_all(checks).await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    checked.extend(settings.unread.iter().map(|(id, why)| {
        let (state, message) = match why {
            Unread::NotConnected => ("not connected", "the settings have no section for it"),
            Unread::NotLicensed => ("not licensed", "terms.<source>.enabled is false, stated or by default"),
        };
        Checked { source: id.clone(), state, class: None, message: message.replace("<source>", id.as_str()) }
    }));
    checked.sort_by(|a, b| a.source.cmp(&b.source));
    Ok(checked)
}
