//! Yahoo Finance: charts, which are bars. Undocumented, and off where the settings do not say otherwise.
//!
//! A refusal for asking too often ends the run: it often has to do with who asks rather than how often, and there is
//! nothing to be done about it that would be right.

mod chart;
mod crumb;
mod request;

use std::sync::{Arc, Mutex, PoisonError};

use domain::AssetClass;
use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;
use url::Url;

use super::Definition;
use super::selection::Selection;
use crate::http::{Answer, Judgement, Request};
use crate::settings::{Section, SettingsError};
use crate::source::{Source, Stream, Task, read_all};
use crate::trouble::{Class, Trouble};
use crumb::Crumb;

/// All that the rest of the collector knows of it.
pub const DEFINITION: Definition = Definition {
    id: "yahoo",
    terms: Terms { enabled: false, may_display: true, may_infer: true, may_train: false },
    revises: false,
    configure,
    read: chart::read,
};

/// Series that are read at the same time.
const AT_ONCE: usize = 2;

/// Calls a minute where the settings do not say: no limit is documented.
const CALLS_A_MINUTE: u32 = 60;

/// The classes that it has bars of.
const OFFERED: &[AssetClass] = &[AssetClass::Equity, AssetClass::Crypto, AssetClass::Fx, AssetClass::Index];

/// Yahoo Finance, read through its charts.
#[derive(Debug)]
struct Yahoo {
    base_url: Url,
    /// Where a cookie is handed out, for servers that ask for a crumb.
    cookie_url: Url,
    calls_per_minute: u32,
    /// Whether hours are read beside days.
    intraday: bool,
    selection: Selection,
}

fn configure(section: &Section<'_>) -> Result<Arc<dyn Source>, SettingsError> {
    let stated: Option<String> = section.get("base_url")?;
    let cookies = stated.as_deref().unwrap_or("https://fc.yahoo.com");
    Ok(Arc::new(Yahoo {
        base_url: section.base_url("base_url", "https://query2.finance.yahoo.com")?,
        cookie_url: section.base_url("cookie_url", cookies)?,
        calls_per_minute: section.get("calls_per_minute")?.unwrap_or(CALLS_A_MINUTE).max(1),
        intraday: section.get("intraday")?.unwrap_or(true),
        selection: Selection::read(section, OFFERED, &[AssetClass::Index])?,
    }))
}

/// What the series of one run share.
#[derive(Default)]
struct Run {
    crumb: tokio::sync::Mutex<Option<Crumb>>,
    /// What ended the run for all series.
    stopped: Mutex<Option<Trouble>>,
}

impl Source for Yahoo {
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            let (series, run) = (request::series(self, task), Run::default());
            read_all(&series, AT_ONCE, |request| self.read(task, &run, request).boxed()).await
        }
        .boxed()
    }

    fn check<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            let mut request = request::probe(self, task);
            request.judge = Some(judge);
            task.session.get(&request, chart::page).await?;
            Ok("charts are answered; there are no credentials".to_owned())
        }
        .boxed()
    }

    fn calls_per_minute(&self) -> Option<u32> {
        Some(self.calls_per_minute)
    }

    fn needs_tls(&self) -> bool {
        self.base_url.scheme() == "https" || self.cookie_url.scheme() == "https"
    }
}

impl Yahoo {
    async fn read(&self, task: &Task, run: &Run, request: &Request) -> Stream {
        let mut stream = task.stream();
        let stopped = run.stopped.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(trouble) = stopped {
            return stream.fail(request.stream.clone(), trouble);
        }
        match self.ask(task, run, &mut stream, request).await {
            Ok(()) => stream,
            Err(trouble) => {
                if trouble.class == Class::Limit {
                    let message = format!("not asked for, since {} was refused", request.stream);
                    let trouble = Trouble { again: false, exchange: None, message, ..trouble.clone() };
                    run.stopped.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(trouble);
                }
                stream.fail(request.stream.clone(), trouble)
            }
        }
    }

    /// Asks for a chart; with a crumb only where that is demanded.
    async fn ask(
        &self,
        task: &Task,
        run: &Run,
        stream: &mut Stream,
        request: &Request,
    ) -> Result<(), Trouble> {
        let mut request = request.clone();
        request.judge = Some(judge);
        let crumb = run.crumb.lock().await.clone();
        let asked = match crumb {
            Some(crumb) => crumb.on(&request)?,
            None => request.clone(),
        };
        match stream.get(task, &asked, chart::page).await {
            Err(trouble) if trouble.status == Some(401) => {}
            answered => return answered,
        }
        let crumb = {
            let mut known = run.crumb.lock().await;
            // A series that waited here finds the crumb that another one fetched; the same one twice is of no use.
            match known.clone().filter(|crumb| !crumb.is_on(&asked)) {
                Some(crumb) => crumb,
                None => known.insert(self.fetch_crumb(task).await?).clone(),
            }
        };
        stream.get(task, &crumb.on(&request)?, chart::page).await
    }
}

/// Too many requests are not waited out, and the reason for a refusal stands in the body.
fn judge(answer: &Answer<'_>) -> Judgement {
    let advice = match answer.status {
        429 | 999 => {
            return Judgement::Bad(Trouble::exhausted(format!(
                "HTTP {}: it refuses this address for now: ask for fewer symbols, or use another source",
                answer.status
            )));
        }
        400 | 404 | 422 => "correct or remove the symbol",
        _ => return Judgement::Usual,
    };
    match chart::reason(answer.body) {
        Some(reason) => {
            Judgement::Bad(Trouble::configuration(format!("HTTP {} ({reason}): {advice}", answer.status)))
        }
        None => Judgement::Usual,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "yahoo/tests.rs"]
mod tests;
