//! Training: a challenger is fitted to what the lake holds up to a slot, tried against the champion, and registered.
//!
//! [`forecast`] and [`sentiment`] gather cases whose outcome is known; [`gate`] tries the challenger on the last block of
//! them, which neither it nor the champion has seen. One that passes runs in the champion's shadow from the next slot on;
//! one that does not is registered and refused, so that nobody trains it again without knowing.
//!
//! [`routine`] is what the stage does by itself: weekly, and when a model's input has drifted.
//!
//! The same lake and slot give the same model, the same card and so the same version.

pub mod forecast;
pub mod gate;
pub mod routine;
pub mod sentiment;

use analytics::{drift, random};
use anyhow::Context;
use chrono::{DateTime, NaiveDate, Utc};
use cloud::Lake;
use domain::Slot;
use domain::lake::sha256;
use domain::manifest::ObjectEntry;
use domain::model::{Action, Card, ModelName, ModelVersion, Reference, SCHEMA_VERSION, Span, Standing, Step};

use crate::registry::artefact::{Artefact, Cases};
use crate::registry::{self, Fitted};

/// Too little to train on: no fault, and no reason to warn anybody.
#[derive(Debug, thiserror::Error)]
#[error("too little to train {name} on: {reason}")]
pub struct TooLittle {
    /// Which model.
    pub name: ModelName,
    /// What is missing.
    pub reason: String,
}

/// Cases from the lake, and what is to be said of them.
#[derive(Debug, Clone)]
pub struct Gathered {
    /// The cases to fit to.
    pub seen: Cases,
    /// The cases to judge on.
    pub block: Cases,
    /// The objects behind the first.
    pub trained_on: Vec<ObjectEntry>,
    /// The objects behind the second.
    pub judged_on: Vec<ObjectEntry>,
    /// The days of the first; `None`: the cases carry no days.
    pub window: Option<Span>,
    /// The days of the second.
    pub span: Option<Span>,
    /// The licence or terms of each part.
    pub licences: Vec<String>,
    /// What the input was like, by name.
    pub references: Vec<(&'static str, Vec<f64>)>,
}

/// Who trains, and why.
#[derive(Debug, Clone)]
pub struct Cause {
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub why: String,
}

/// What training came to.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The version.
    pub version: ModelVersion,
    /// Its card.
    pub card: Card,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Who is in use after it.
    pub standing: Standing,
}

/// Trains, tries and registers a challenger on what `gathered` holds as of `slot`, against `champion` (`None`: what is built
/// in). It is the champion of the slot itself that a repeat of the training meets again, not one that was promoted since.
///
/// # Errors
/// Too little to train on, or the lake fails.
pub async fn train(
    lake: &dyn Lake,
    name: ModelName,
    slot: Slot,
    gathered: &Gathered,
    champion: Option<ModelVersion>,
    cause: &Cause,
) -> anyhow::Result<Trained> {
    let champion = match champion {
        Some(version) => Some((version.clone(), registry::load(lake, name, &version).await?)),
        None => None,
    };
    let against =
        champion.as_ref().map(|(version, (card, artefact))| gate::Champion { version, card, artefact });
    let seed = random::seed_of(&format!("{slot}/train/{name}"));
    let (artefact, trial) = tokio::task::block_in_place(|| {
        let artefact = fit(name, slot, &gathered.seen)?;
        let trial = gate::judge(&artefact, against.as_ref(), gathered, seed)?;
        anyhow::Ok((artefact, trial))
    })?;
    let bytes = artefact.to_bytes();
    let card = Card {
        schema_version: SCHEMA_VERSION,
        name,
        slot,
        created_at: slot.close_at(),
        sha256: sha256(&bytes),
        bytes: bytes.len() as u64,
        trained_on: gathered.trained_on.clone(),
        judged_on: gathered.judged_on.clone(),
        window: gathered.window,
        block: gathered.span,
        cases: gathered.seen.len() as u64,
        metrics: trial.metrics,
        gate: trial.gate,
        licences: gathered.licences.clone(),
        code_version: env!("CARGO_PKG_VERSION").to_owned(),
        parent: champion.map(|(version, _)| version),
        seed,
        references: references(&gathered.references),
    };
    let fitted = Fitted { card, bytes };
    let version = registry::register(lake, &fitted).await?;
    let action = if fitted.card.gate.passed { Action::Challenge } else { Action::Refuse };
    let standing = registry::standing(lake, name).await?;
    let told = |s: &Step| routine::is_training(s) && s.version.as_ref() == Some(&version);
    if standing.history.iter().any(told) {
        return Ok(Trained { version, card: fitted.card, bytes: fitted.bytes, standing });
    }
    let why = format!("{}: {}", cause.why, fitted.card.gate.reason);
    let newest = standing.newest();
    let from = slot.next().max(newest.unwrap_or_else(|| slot.next()));
    let step = Step { action, version: Some(version.clone()), from, by: cause.by.clone(), at: cause.at, why };
    let standing = registry::take(lake, name, &step).await?;
    Ok(Trained { version, card: fitted.card, bytes: fitted.bytes, standing })
}

fn fit(name: ModelName, slot: Slot, seen: &Cases) -> anyhow::Result<Artefact> {
    match seen {
        Cases::Forecasts(pasts) => {
            let trials: Vec<_> = pasts.iter().map(|past| past.trial.clone()).collect();
            let too_little = |error| TooLittle { name, reason: format!("{error}") };
            Ok(Artefact::Forecast(analytics::tuning::Tuning::fit(&trials).map_err(too_little)?))
        }
        Cases::Texts(texts) => {
            let examples: Vec<_> = texts.iter().map(|text| text.example.clone()).collect();
            let options = analytics::ngram::fit::Options::default();
            let fitted = analytics::ngram::fit::fit(&format!("ngram/{slot}"), &examples, options);
            let too_little = |error| TooLittle { name, reason: format!("{error}") };
            Ok(Artefact::Sentiment(Box::new(fitted.map_err(too_little)?)))
        }
    }
}

fn references(samples: &[(&'static str, Vec<f64>)]) -> std::collections::BTreeMap<String, Reference> {
    let known =
        samples.iter().filter_map(|(name, values)| Some(((*name).to_owned(), drift::reference(values)?)));
    known.collect()
}

/// The first and the last of some days.
pub fn span(days: impl Iterator<Item = NaiveDate> + Clone) -> Option<Span> {
    Some(Span { from: days.clone().min()?, to: days.max()? })
}

/// Gathers and trains.
///
/// # Errors
/// As [`train`].
pub async fn from_lake(
    lake: &dyn Lake,
    name: ModelName,
    slot: Slot,
    champion: Option<ModelVersion>,
    cause: &Cause,
) -> anyhow::Result<Trained> {
    let gathered = match name {
        ModelName::Forecast => forecast::gather(lake, slot).await,
        ModelName::Sentiment => sentiment::gather(lake, slot).await,
    };
    let gathered = gathered.with_context(|| format!("gathering what {name} is trained on"))?;
    train(lake, name, slot, &gathered, champion, cause).await
}
