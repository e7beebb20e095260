//! Alpha Vantage: news of all outlets with moods, and series of bars.
//!
//! The free plan has 25 calls a day, so a run plans with a quarter of the day's calls: news first, then the series, of
//! which each run begins with another one, so that all get their turn.

mod news;
mod reply;
mod request;
mod series;

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use domain::AssetClass;
use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;
use secrecy::SecretString;
use url::Url;

use super::Definition;
use super::selection::Selection;
use crate::exchange::Exchange;
use crate::http::Request;
use crate::normalise::Collected;
use crate::quota::Allowance;
use crate::settings::{Section, SettingsError};
use crate::source::{Source, Stream, Task, read_all};
use crate::trouble::{Class, Trouble};

/// All that the rest of the collector knows of it.
pub const DEFINITION: Definition = Definition {
    id: "alpha_vantage",
    terms: Terms { enabled: true, may_display: true, may_infer: true, may_train: true },
    revises: false,
    configure,
    read,
};

/// Calls a minute of the smallest premium plan. Premium plans have no limit by the day.
const PREMIUM_A_MINUTE: u32 = 75;

/// Calls a minute on the free plan where the settings do not say: it has one a second and so few a day that slowness
/// costs nothing.
const FREE_A_MINUTE: u32 = 20;

/// Calls a day on the free plan.
const FREE_A_DAY: u64 = 25;

/// The stream of news.
const NEWS: &str = "news";

/// Runs a day.
const RUNS: u64 = 4;

/// The classes that it has bars of.
const OFFERED: &[AssetClass] = &[AssetClass::Equity, AssetClass::Crypto, AssetClass::Fx];

/// Alpha Vantage, read through its one address.
#[derive(Debug)]
struct AlphaVantage {
    base_url: Url,
    api_key: SecretString,
    calls_per_minute: u32,
    /// `None` on a premium plan, which has whole and adjusted series too.
    calls_per_day: Option<u64>,
    /// Whether news is read.
    news: bool,
    /// The zone of the instants that news is asked for and told in.
    news_zone: Tz,
    /// Whether hours are read beside days; for premium plans.
    intraday: bool,
    selection: Selection,
}

fn configure(section: &Section<'_>) -> Result<Arc<dyn Source>, SettingsError> {
    let by_minute: Option<u32> = section.get("calls_per_minute")?;
    let is_premium = by_minute.is_some_and(|calls| calls >= PREMIUM_A_MINUTE);
    let by_day: Option<u64> = section.get("calls_per_day")?;
    let by_day = by_day.unwrap_or(if is_premium { 0 } else { FREE_A_DAY });
    let usual = if by_day == 0 { PREMIUM_A_MINUTE } else { FREE_A_MINUTE };
    let zone = section.get::<String>("news_zone")?.unwrap_or_else(|| "UTC".to_owned());
    let news_zone =
        zone.parse().map_err(|_| section.wrong("news_zone", &zone, "write a zone such as US/Eastern"))?;
    Ok(Arc::new(AlphaVantage {
        base_url: section.base_url("base_url", "https://www.alphavantage.co")?,
        api_key: section.secret("api_key")?,
        calls_per_minute: by_minute.unwrap_or(usual).max(1),
        calls_per_day: Some(by_day).filter(|calls| *calls > 0),
        news: section.get("news")?.unwrap_or(true),
        news_zone,
        intraday: section.get("intraday")?.unwrap_or(false),
        selection: Selection::read(section, OFFERED, &[AssetClass::Fx])?,
    }))
}

/// What is read one after the other.
enum Job {
    News,
    Series(Box<Request>),
}

impl Job {
    fn name(&self) -> &str {
        match self {
            Self::News => NEWS,
            Self::Series(request) => &request.stream,
        }
    }
}

impl Source for AlphaVantage {
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            let mut jobs: Vec<Job> = request::series(self, task)
                .into_iter()
                .map(|request| Job::Series(Box::new(request)))
                .collect();
            let turn = self.turn(jobs.len(), task.window.to);
            jobs.rotate_left(turn);
            if self.news {
                jobs.insert(0, Job::News);
            }
            let stopped = Mutex::default();
            // One at a time: the plan is counted, and a refusal ends all that would follow.
            read_all(&jobs, 1, |job| self.read(task, job, &stopped).boxed()).await
        }
        .boxed()
    }

    fn check<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            task.quota.take(1, 0).await?;
            task.session.get(&request::probe(self), news::page).await?;
            Ok("the key opens news; that took one call of the day".to_owned())
        }
        .boxed()
    }

    fn calls_per_minute(&self) -> Option<u32> {
        Some(self.calls_per_minute)
    }

    fn allowance(&self) -> Allowance {
        Allowance { calls_per_day: self.calls_per_day, ..Allowance::default() }
    }

    fn needs_tls(&self) -> bool {
        self.base_url.scheme() == "https"
    }
}

impl AlphaVantage {
    /// Calls that one run may make for series, where they are counted; news takes one more at the least.
    fn share(&self) -> Option<u64> {
        Some((self.calls_per_day? / RUNS).max(1))
    }

    /// With which of `count` series the slot that closes at `close_at` begins.
    fn turn(&self, count: usize, close_at: DateTime<Utc>) -> usize {
        let Some(share) = self.share() else { return 0 };
        let slot = close_at.timestamp() / (86_400 / RUNS as i64);
        let step = share.saturating_sub(u64::from(self.news)).max(1);
        (slot.unsigned_abs() * step).checked_rem(count as u64).unwrap_or_default() as usize
    }

    async fn read(&self, task: &Task, job: &Job, stopped: &Mutex<Option<Trouble>>) -> Stream {
        let ended = stopped.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(trouble) = ended {
            return task.stream().fail(job.name(), trouble);
        }
        let stream = match job {
            Job::News => self.news(task).await,
            Job::Series(request) => self.series(task, request).await,
        };
        // A limit, or a key that is refused, is the same for whatever follows.
        let ends = |trouble: &&Trouble| trouble.class == Class::Limit || reply::is_about_the_key(trouble);
        if let Some(trouble) = stream.trouble.as_ref().filter(ends) {
            let message = format!("not asked for, since {} was refused", job.name());
            let trouble = Trouble { again: false, exchange: None, message, ..trouble.clone() };
            *stopped.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
        }
        stream
    }

    async fn series(&self, task: &Task, request: &Request) -> Stream {
        let mut stream = task.stream();
        if self.share().is_some_and(|share| task.session.requests() >= share) {
            tracing::debug!(series = %request.stream, "left to a later run: this run's share of the day's calls is used up");
            return stream;
        }
        match self.ask(task, &mut stream, request, series::page).await {
            Ok(()) => stream,
            Err(trouble) => stream.fail(request.stream.clone(), trouble),
        }
    }

    /// Reads the window's news. There are no pages: where an answer is as long as it may be, the next one begins at its
    /// last minute.
    async fn news(&self, task: &Task) -> Stream {
        let mut stream = task.stream();
        let (mut from, to) = (minute(task.window.from), task.horizon());
        let mut crowded = None;
        for _ in 0..task.pages {
            let request = request::news(self, from, to);
            let page = match self.ask(task, &mut stream, &request, news::page).await {
                Ok(page) => page,
                Err(trouble) => return stream.fail(NEWS, trouble),
            };
            let last = page.last.as_deref().and_then(|text| news::instant(text, self.news_zone));
            let next = match last.map(minute) {
                _ if page.items < request::NEWS => break,
                None => {
                    let message = "its articles have no time that can be read, so the rest cannot be asked for: report it";
                    return stream.fail(NEWS, Trouble::system(message));
                }
                Some(last) if last > from => last,
                Some(_) => {
                    crowded.get_or_insert(from);
                    from + Duration::minutes(1)
                }
            };
            if next > to {
                break;
            }
            from = next;
        }
        match crowded {
            None => stream,
            Some(at) => stream.fail(
                NEWS,
                Trouble::system(format!(
                    "the minute {} has more articles than one answer holds: the rest of them is lost",
                    at.format("%Y-%m-%dT%H:%MZ")
                )),
            ),
        }
    }

    /// Asks once, and counts what it took.
    async fn ask<T>(
        &self,
        task: &Task,
        stream: &mut Stream,
        request: &Request,
        read: impl Fn(&[u8]) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        task.quota.take(1, 0).await?;
        let before = task.session.requests();
        let result = stream.get(task, request, read).await;
        // The session repeats what failed in passing: those calls count too, though there may be none left to take.
        let repeated = (task.session.requests() - before).saturating_sub(1);
        if repeated > 0 {
            let _ = task.quota.take(repeated, 0).await;
        }
        // A refusal has status 200 too; kept, it would look like an answer. Its words are in the message.
        result.map_err(|trouble| match trouble.class {
            Class::Limit | Class::Configuration => Trouble { exchange: None, ..trouble },
            Class::Transient | Class::System => trouble,
        })
    }
}

/// The start of the minute.
fn minute(at: DateTime<Utc>) -> DateTime<Utc> {
    at - Duration::nanoseconds(at.timestamp_nanos_opt().unwrap_or_default().rem_euclid(60_000_000_000))
}

fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    if exchange.hints.contains_key("interval") {
        series::read(raw_ref, exchange, collected);
    } else {
        news::read(raw_ref, exchange, collected);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "alpha_vantage/tests.rs"]
mod tests;
