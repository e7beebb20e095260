//! The figures of a run, in the site or in the serverless function. Both use the same prices, proven by their digest, and
//! the same plan, so both find the same figures, however many workers share the simulations.

use std::time::{Duration, Instant};

use actix_web::web;
use analytics::risk::{self, Plan, RiskError, Series, Worked};
use analytics::statistics::{mean, sample_deviation};
use futures::{StreamExt, TryStreamExt, stream};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::form::Inputs;
use super::{Level, Place, Ran, Results, cost};
use crate::config::LabFunction;

/// Confidences of every run, beside the one that was asked for.
const ALWAYS: [f64; 2] = [0.95, 0.99];
/// Calls of the function that are under way at the same time.
const CALLS: usize = 16;
/// Longest call.
const LIMIT: Duration = Duration::from_secs(50);
/// Longest answer that is read, in bytes: Cloud Run's own limit.
const ANSWER_BYTES: usize = 32 << 20;
/// Most of a refusal that goes to the log, in characters.
const REFUSAL_CHARS: usize = 300;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The prices do not allow it.
    #[error(transparent)]
    Risk(#[from] RiskError),
    /// The function used other prices than the site.
    #[error("the function used other prices: {0}")]
    OtherPrices(String),
    /// The two places found different figures.
    #[error("site and function found different figures")]
    Differ,
    /// The function is away or refuses.
    #[error("the function: {0}")]
    Function(String),
    /// The computation was lost.
    #[error("the computation was lost")]
    Lost,
}

/// What a place is asked to do.
#[derive(Debug, Clone)]
pub struct Task {
    /// The prices.
    pub series: Series,
    /// What to simulate.
    pub plan: Plan,
}

impl Task {
    /// The task of these inputs on these prices.
    pub fn new(inputs: &Inputs, series: Series) -> Self {
        let mut confidences = ALWAYS.to_vec();
        if !ALWAYS.contains(&inputs.confidence) {
            confidences.push(inputs.confidence);
            confidences.sort_by(f64::total_cmp);
        }
        let plan = Plan {
            confidences,
            horizon: inputs.horizon,
            simulations: inputs.simulations,
            seed: inputs.seed,
            workers: inputs.workers,
            short: inputs.short,
        };
        Self { series, plan }
    }
}

/// What a place found.
struct Found {
    worked: Vec<Worked>,
    took: Duration,
    /// What each request took; the site's is one.
    requests: Vec<Duration>,
    digest: String,
    price: f64,
}

/// Computes in each of the place's places, one after the other.
///
/// # Errors
/// See [`LabError`]; nothing is half done.
pub async fn run(task: &Task, place: Place, function: Option<&LabFunction>) -> Result<Results, LabError> {
    let mut ran = Vec::new();
    let mut levels: Option<Vec<Level>> = None;
    for single in place.each() {
        let found = match single {
            Place::Function => {
                let function = function.ok_or_else(|| LabError::Function("none is set".to_owned()))?;
                in_function(task, function).await?
            }
            _ => in_site(task.clone()).await?,
        };
        if found.digest != task.series.digest() || found.price.to_bits() != task.series.price.to_bits() {
            return Err(LabError::OtherPrices(found.digest));
        }
        let here = level_rows(task, &found.worked)?;
        // To the last bit: the figures do not depend on the place.
        if levels.as_ref().is_some_and(|before| *before != here) {
            return Err(LabError::Differ);
        }
        levels = Some(here);
        ran.push(Ran {
            place: *single,
            took_ms: u64::try_from(found.took.as_millis()).unwrap_or(u64::MAX),
            cost_nano_usd: cost::price_of(*single).map_or(0, |price| price.of(&found.requests)),
            digest: found.digest,
            price: found.price,
        });
    }
    let returns = task.plan.returns(&task.series);
    let (mean, deviation) = (mean(&returns), sample_deviation(&returns));
    Ok(Results { mean, deviation, levels: levels.unwrap_or_default(), places: ran })
}

/// The figures by confidence.
fn level_rows(task: &Task, worked: &[Worked]) -> Result<Vec<Level>, RiskError> {
    let plan = &task.plan;
    let returns = plan.returns(&task.series);
    let merged = plan.merge(worked)?;
    let alone = |at: usize| -> Vec<f64> {
        // A figure for some workers only would not be an average over all of them.
        worked
            .iter()
            .map(|w| w.alone.get(at).map(|risk| risk.value_at_risk))
            .collect::<Option<_>>()
            .unwrap_or_default()
    };
    let rows = plan.confidences.iter().zip(merged).enumerate().map(|(at, (confidence, risk))| {
        Ok(Level {
            confidence: *confidence,
            value_at_risk: risk.value_at_risk,
            standard_error: risk.standard_error,
            expected_shortfall: risk.expected_shortfall,
            closed_form: risk::closed_form(&returns, *confidence, plan.horizon)?.value_at_risk,
            historical: risk::historical(&returns, *confidence, plan.horizon)?.value_at_risk,
            workers: alone(at),
        })
    });
    rows.collect()
}

/// All workers on threads of this process, off the threads that serve pages.
async fn in_site(task: Task) -> Result<Found, LabError> {
    let (digest, price) = (task.series.digest(), task.series.price);
    let done = web::block(move || {
        let start = Instant::now();
        work(&task).map(|worked| (worked, start.elapsed()))
    });
    let (worked, took) = done.await.map_err(|_| LabError::Lost)??;
    Ok(Found { worked, took, requests: vec![took], digest, price })
}

/// The workers in order, on as many threads as there are processors.
fn work(task: &Task) -> Result<Vec<Worked>, RiskError> {
    let workers = task.plan.workers;
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u32).min(workers).max(1);
    if threads == 1 {
        return (0..workers).map(|index| task.plan.work(&task.series, index)).collect();
    }
    let mut all: Vec<Worked> = Vec::with_capacity(workers as usize);
    std::thread::scope(|scope| {
        let part = |thread: u32| {
            move || {
                (thread..workers).step_by(threads as usize).map(|i| task.plan.work(&task.series, i)).collect()
            }
        };
        let handles: Vec<_> = (0..threads).map(|thread| scope.spawn(part(thread))).collect();
        for (thread, handle) in (0..threads).zip(handles) {
            // The work cannot panic; should a thread be lost all the same, its part is done here.
            let found: Result<Vec<Worked>, RiskError> = handle.join().unwrap_or_else(|_| part(thread)());
            all.extend(found?);
        }
        Ok::<(), RiskError>(())
    })?;
    all.sort_by_key(|worked| worked.share.index());
    Ok(all)
}

#[derive(Serialize)]
struct Question<'a> {
    series: &'a Series,
    digest: &'a str,
    plan: &'a Plan,
    index: u32,
}

#[derive(Deserialize)]
struct Answer {
    digest: String,
    price: f64,
    #[serde(flatten)]
    worked: Worked,
}

/// Each worker in a request of its own.
async fn in_function(task: &Task, function: &LabFunction) -> Result<Found, LabError> {
    let failed = |e: &dyn std::fmt::Display| LabError::Function(e.to_string());
    let bearer = function.credential.bearer().await.map_err(|e| failed(&e))?;
    let url = format!("{}/value-at-risk/worker", function.url.as_str().trim_end_matches('/'));
    let client =
        reqwest::Client::builder().timeout(LIMIT).redirect(reqwest::redirect::Policy::none()).build();
    let client = client.map_err(|e| failed(&e))?;
    let digest = task.series.digest();
    let start = Instant::now();
    let calls = (0..task.plan.workers).map(|index| {
        let question = Question { series: &task.series, digest: &digest, plan: &task.plan, index };
        let request = client.post(&url).bearer_auth(bearer.expose_secret()).json(&question);
        async move {
            let begun = Instant::now();
            let answer = ask(request).await?;
            Ok::<_, LabError>((answer, begun.elapsed()))
        }
    });
    let calls: Vec<_> = calls.collect();
    let answers: Vec<(Answer, Duration)> = stream::iter(calls).buffered(CALLS).try_collect().await?;
    let took = start.elapsed();
    let price = task.series.price;
    let other = answers.iter().find(|(a, _)| a.digest != digest || a.price.to_bits() != price.to_bits());
    if let Some((answer, _)) = other {
        return Err(LabError::OtherPrices(answer.digest.chars().take(64).collect()));
    }
    let (worked, requests) = answers.into_iter().map(|(answer, took)| (answer.worked, took)).unzip();
    Ok(Found { worked, took, requests, digest, price })
}

async fn ask(request: reqwest::RequestBuilder) -> Result<Answer, LabError> {
    let failed = |e: reqwest::Error| LabError::Function(e.without_url().to_string());
    let mut reply = request.send().await.map_err(failed)?;
    let status = reply.status();
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES {
            return Err(LabError::Function(format!("an answer is longer than {ANSWER_BYTES} bytes")));
        }
    }
    match status.as_u16() {
        200 => {
            serde_json::from_slice(&body).map_err(|e| LabError::Function(format!("an answer is broken: {e}")))
        }
        409 => Err(LabError::OtherPrices(said(&body))),
        other => Err(LabError::Function(format!("answered {other}: {}", said(&body)))),
    }
}

/// The beginning of a refusal, for the log.
fn said(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(REFUSAL_CHARS).collect()
}
