//! One asset, from its rows to its encoded tables.

use std::collections::BTreeMap;

use anyhow::Context;
use chrono::{DateTime, Utc};
use domain::lake::PredictionTable;
use domain::manifest::AssetOutcome;
use domain::prediction::{MoodSeries, SummaryRow};
use domain::{Key, Outcome, Slot, Symbol};

use super::across::Unjudged;
use super::history::{Felt, History};
use super::input::{AssetInput, Rows};
use super::known::Known;
use super::watch::{Past, Watched};
use super::{leads, moods, price, seed, strategies, volumes, watch};
use crate::registry::in_use::Models;

/// One encoded table.
#[derive(Debug)]
pub struct Table {
    /// Where it goes.
    pub key: String,
    /// Its Parquet bytes.
    pub bytes: Vec<u8>,
    /// Its number of rows.
    pub rows: u64,
}

/// What came out for one asset.
#[derive(Debug)]
pub struct Computed {
    /// Which asset.
    pub symbol: String,
    /// How it ended.
    pub outcome: AssetOutcome,
    /// Its tables; none when it failed.
    pub tables: Vec<Table>,
    /// Its row of the slot's summary; none when it failed.
    pub summary: Option<SummaryRow>,
    /// Its mood day by day, for the slots to come; as it was before when it failed.
    pub moods: Vec<MoodSeries>,
    /// What is judged among all assets, by [`super::across::judge`].
    pub unjudged: Unjudged,
    /// What is sealed and watched of it; nothing when it failed.
    pub watched: Watched,
}

/// What all assets of a slot are computed with.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The sentiment of earlier slots.
    pub history: &'a History,
    /// The models in use.
    pub models: &'a Models,
    /// Forecasts that were sealed before.
    pub past: &'a Past,
    /// The slot.
    pub slot: Slot,
    /// The instant as of which.
    pub now: DateTime<Utc>,
}

/// Computes one asset. A failure ends in its outcome, never in the caller.
pub fn compute(input: &AssetInput, context: &Setting<'_>) -> Computed {
    let rows = input.rows.as_ref().map_err(|reason| anyhow::anyhow!("{reason}"));
    let felt = context.history.felt.get(&input.symbol).map_or(&[][..], Vec::as_slice);
    rows.and_then(|rows| try_compute(&input.symbol, rows, felt, context)).unwrap_or_else(|error| Computed {
        symbol: input.symbol.clone(),
        outcome: AssetOutcome {
            outcome: Outcome::Failed,
            message: format!("{error:#}"),
            counts: BTreeMap::new(),
        },
        tables: Vec::new(),
        summary: None,
        moods: context
            .history
            .moods
            .get(&input.symbol)
            .map(|before| moods::rows(&input.symbol, before, context.slot))
            .unwrap_or_default(),
        unjudged: Unjudged::default(),
        watched: Watched::default(),
    })
}

fn try_compute(symbol: &str, rows: &Rows, felt: &[Felt], context: &Setting<'_>) -> anyhow::Result<Computed> {
    let Setting { models, slot, now, .. } = *context;
    let key_symbol: Symbol = symbol.parse()?;
    let seed_for = |purpose: &str| seed(slot) ^ analytics::random::seed_of(&format!("{symbol}/{purpose}"));
    let (mut scorer, model) = (models.scorer(), models.sentiment_name());
    let known = Known::judged_by(rows, felt, slot, now, seed_for("sentiment"), &mut scorer, model);
    let (mood, daily) = (&known.mood, &known.daily);
    let organic = mood.sentiment.posts_organic + mood.sentiment.articles_organic;
    let mut messages = Vec::new();
    let (untuned, walk) = match price::outlook(&known, seed_for("forecast")) {
        Ok((outlook, walk)) => (Some(outlook), Some(walk)),
        Err(reason) => {
            messages.push(format!("no forecast: {reason}"));
            (None, None)
        }
    };
    let outlook = untuned.clone().map(|o| watch::tuned(models.forecast.as_ref(), symbol, o));
    messages.extend(daily.troubles());
    let forecasts = outlook.as_ref().map(|o| price::forecast_rows(o, symbol, daily)).unwrap_or_default();
    let signals = price::signal_rows(outlook.as_ref(), daily);
    let contributions = outlook.as_ref().map(price::contribution_rows).unwrap_or_default();
    let risks = price::risk_rows(daily, seed_for("risk")).context("risk")?;
    let risk_backtests = price::risk_backtest_rows(daily).unwrap_or_else(|reason| {
        messages.push(format!("no back-test of risk: {reason}"));
        Vec::new()
    });
    let volumes = volumes::rows(rows, now, &mood.documents);
    let mut felt_by_day = context.history.moods.get(symbol).cloned().unwrap_or_default();
    moods::add_slot(&mut felt_by_day, slot, &volumes);
    let unjudged = Unjudged {
        strategies: walk.map(|walk| strategies::drafts(daily, walk.in_deviations())).unwrap_or_default(),
        leads: leads::drafts(daily, &felt_by_day, slot, seed_for("leads")),
    };

    let mut watched = watch::asset(symbol, &forecasts, untuned, daily, context);
    watched.add_sentiment(symbol, rows, mood, seed_for("sentiment"), context);

    let counts = BTreeMap::from(
        [
            ("documents", mood.documents.len() as i64),
            ("documents_organic", organic),
            ("documents_later", mood.later),
            ("documents_forbidden", mood.forbidden),
            ("bars", daily.closes.len() as i64),
            ("bars_rejected", daily.rejected()),
            ("forecasts", forecasts.len() as i64),
        ]
        .map(|(name, count)| (name.to_owned(), count.unsigned_abs())),
    );
    let summary = SummaryRow {
        symbol: symbol.to_owned(),
        score: mood.sentiment.score,
        documents: organic,
        mentions: mood.sentiment.posts + mood.sentiment.articles,
        last_close: daily.closes.last().copied(),
        last_bar_at: daily.opens_at.last().copied(),
        articles: Some(mood.sentiment.articles_organic),
    };
    let key = |table| Key::Prediction { slot, symbol: key_symbol.clone(), table }.to_string();
    let mut tables = vec![
        table(key(PredictionTable::Sentiment), std::slice::from_ref(&mood.sentiment))?,
        table(key(PredictionTable::Documents), &mood.documents)?,
        table(key(PredictionTable::Forecast), &forecasts)?,
        table(key(PredictionTable::Signals), &signals)?,
        table(key(PredictionTable::Risk), &risks)?,
    ];
    tables.extend(table_if_any(key(PredictionTable::Volumes), &volumes)?);
    tables.extend(table_if_any(key(PredictionTable::Contributions), &contributions)?);
    tables.extend(table_if_any(key(PredictionTable::RiskBacktests), &risk_backtests)?);
    Ok(Computed {
        symbol: symbol.to_owned(),
        outcome: AssetOutcome { outcome: Outcome::Succeeded, message: messages.join("; "), counts },
        tables,
        summary: Some(summary),
        moods: moods::rows(symbol, &felt_by_day, slot),
        unjudged,
        watched,
    })
}

/// The table, unless it has no rows: readers take a table that is not there for one without rows.
pub(super) fn table_if_any<T: tables::Table>(key: String, rows: &[T]) -> anyhow::Result<Option<Table>> {
    if rows.is_empty() { Ok(None) } else { table(key, rows).map(Some) }
}

fn table<T: tables::Table>(key: String, rows: &[T]) -> anyhow::Result<Table> {
    let bytes = tables::encode(rows).with_context(|| key.clone())?;
    Ok(Table { key, bytes, rows: rows.len() as u64 })
}
