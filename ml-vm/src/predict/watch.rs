//! What surrounds a slot's predictions: what earlier forecasts came to, what the challengers say in the shadow, and the seal.

use std::collections::BTreeMap;

use analytics::forecast::Outlook;
use analytics::tuning::Tuning;
use cloud::{Lake, commit};
use domain::manifest::ObjectEntry;
use domain::prediction::{Forecast, Monitor, SealedForecast, ShadowSentiment};
use domain::{Key, Slot};

use super::asset::{Computed, Setting};
use super::daily::Daily;
use super::input::Rows;
use super::mood::{self, Mood};
use super::price::forecast_rows;
use crate::drift::{self, Sample};
use crate::registry::artefact::{Place, Scorer};
use crate::registry::in_use::{Chosen, Models};
use crate::seal::{self, score};
use crate::train;

/// Forecasts that were sealed before, by asset.
#[derive(Debug, Default)]
pub struct Past {
    by_asset: BTreeMap<String, Vec<SealedForecast>>,
    /// The objects that were read.
    pub inputs: Vec<ObjectEntry>,
    /// Sealed objects that are gone or were changed.
    pub warnings: Vec<String>,
}

impl Past {
    /// Reads the forecasts of the last [`drift::DAYS`] days. What is damaged leaves a warning: it says nothing of this slot.
    ///
    /// # Errors
    /// The lake fails.
    pub async fn load(lake: &dyn Lake, slot: Slot) -> anyhow::Result<Self> {
        let mut past = Self::default();
        let seals = match seal::earlier(lake, slot, drift::DAYS).await {
            Ok(seals) => seals,
            Err(error) => {
                past.warnings.push(format!("the chain of sealed forecasts cannot be read: {error:#}"));
                return Ok(past);
            }
        };
        let mut all = Vec::new();
        for seal in seals.iter().rev() {
            match seal::forecasts(lake, seal).await {
                Ok(forecasts) => {
                    past.inputs.push(seal.forecasts.clone());
                    all.extend(forecasts);
                }
                Err(error) => past.warnings.push(format!("slot {}: {error:#}", seal.slot)),
            }
        }
        for forecast in score::first_words(all.iter()) {
            past.by_asset.entry(forecast.symbol.clone()).or_default().push(forecast.clone());
        }
        Ok(past)
    }
}

/// What is sealed and watched of one asset.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    /// Its forecasts: the champion's, then the challenger's.
    pub forecasts: Vec<SealedForecast>,
    /// Its sentiment as the challenger has it.
    pub shadow: Option<ShadowSentiment>,
    /// What is compared with the days of training.
    pub sample: Sample,
}

/// An outlook as the champion has it.
pub fn tuned(chosen: Option<&Chosen<Tuning>>, symbol: &str, outlook: Outlook) -> Outlook {
    match chosen {
        Some(chosen) => chosen.model.apply(symbol, outlook),
        None => outlook,
    }
}

/// The forecasts of an asset as they are sealed, and what its earlier ones came to.
pub fn asset(
    symbol: &str,
    shown: &[Forecast],
    untuned: Option<Outlook>,
    daily: &Daily,
    context: &Setting<'_>,
) -> Watched {
    let models = context.models;
    let version = models.forecast.as_ref().map(|chosen| chosen.version.to_string());
    let mut forecasts: Vec<SealedForecast> =
        shown.iter().map(|row| sealed(symbol, "champion", version.clone(), row)).collect();
    if let (Some(shadow), Some(outlook)) = (&models.forecast_shadow, untuned) {
        let outlook = shadow.model.apply(symbol, outlook);
        let version = Some(shadow.version.to_string());
        let rows = forecast_rows(&outlook, symbol, daily);
        forecasts.extend(rows.iter().map(|row| sealed(symbol, "challenger", version.clone(), row)));
    }
    let days = daily.days();
    let earlier = context.past.by_asset.get(symbol).map_or(&[][..], Vec::as_slice);
    let due = earlier.iter().filter_map(|f| score::due(f, &days, &daily.closes)).collect();
    let returns = train::forecast::recent_returns(daily, drift::RETURNS);
    Watched { forecasts, shadow: None, sample: Sample { returns, due, ..Sample::default() } }
}

fn sealed(symbol: &str, role: &str, version: Option<String>, row: &Forecast) -> SealedForecast {
    SealedForecast {
        symbol: symbol.to_owned(),
        role: role.to_owned(),
        model: row.model.clone(),
        version,
        horizon: row.horizon,
        last_on: row.last_on,
        target_on: row.target_on,
        last_close: row.last_close,
        q025: row.q025,
        q10: row.q10,
        q50: row.q50,
        q90: row.q90,
        q975: row.q975,
    }
}

impl Watched {
    /// Adds what the challenger of sentiment says, and how posts that their authors labelled were scored. `seed` is the
    /// champion's, so that both means are drawn alike.
    pub fn add_sentiment(
        &mut self,
        symbol: &str,
        rows: &Rows,
        mood: &Mood,
        seed: u64,
        context: &Setting<'_>,
    ) {
        let models = context.models;
        if let Some(shadow) = &models.sentiment_shadow {
            let version = shadow.version.to_string();
            let mut scorer = Scorer::new(Some(&shadow.model));
            let other = mood::measure(rows, context.now, seed, &mut scorer, version.clone());
            let pairs = mood.documents.iter().zip(&other.documents);
            self.shadow = Some(ShadowSentiment {
                symbol: symbol.to_owned(),
                version,
                score: other.sentiment.score,
                champion_score: mood.sentiment.score,
                documents: mood.sentiment.posts_organic + mood.sentiment.articles_organic,
                differ: pairs.filter(|(a, b)| a.score * b.score < 0.0).count() as i64,
            });
        }
        if models.sentiment.is_none() {
            return;
        }
        let posts = rows.posts.iter().filter(|post| post.created_at <= context.now);
        let labelled: Vec<_> = posts.filter_map(train::sentiment::of_post).collect();
        let mut house = Scorer::new(None);
        let score = |text: &crate::registry::artefact::Labelled| {
            house.score(&text.example.text, text.lang.as_deref(), &Place::default()).score
        };
        self.sample.scores.extend(labelled.iter().map(score));
        self.sample.wrong.extend(train::sentiment::wrong(models, &labelled));
    }
}

/// Seals the forecasts, and writes what the challengers say and how the models fare; returns that and the objects, which the
/// manifest is to list.
///
/// # Errors
/// The lake fails, or the chain of seals is broken at its end.
pub async fn write(
    lake: &dyn Lake,
    slot: Slot,
    models: &Models,
    computed: &mut [Computed],
) -> anyhow::Result<(Monitor, Vec<ObjectEntry>)> {
    let (mut forecasts, mut shadows, mut sample) = (Vec::new(), Vec::new(), Sample::default());
    for asset in computed {
        let watched = std::mem::take(&mut asset.watched);
        forecasts.extend(watched.forecasts);
        shadows.extend(watched.shadow);
        sample.add(watched.sample);
    }
    // Before the manifest: what is shown is sealed already.
    let mut objects = vec![seal::seal(lake, slot, &forecasts).await?];
    if models.sentiment_shadow.is_some() {
        let bytes = tables::encode(&shadows)?;
        objects.push(commit::put_object(lake, Key::Shadow { slot }, bytes, shadows.len() as u64).await?);
    }
    let monitor = drift::watch(models, &sample);
    if !monitor.watched.is_empty() || !monitor.records.is_empty() {
        let mut bytes = serde_json::to_vec_pretty(&monitor)?;
        bytes.push(b'\n');
        let rows = (monitor.watched.len() + monitor.records.len()) as u64;
        objects.push(commit::put_object(lake, Key::Monitor { slot }, bytes, rows).await?);
    }
    Ok((monitor, objects))
}
