//! Models with their cards, from the registry in the lake; the champion beside its challenger.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use cloud::models::{self, ModelsError};
use cloud::{Lake, LakeError};
use domain::model::{Beside, Card, Metric, ModelName, ModelVersion, Span, Standing, Step};
use serde::Serialize;

use crate::error::Error;
use crate::format;
use crate::site::page;
use crate::site::reader::SignedIn;
use crate::text::{Lang, count, fill, text};

/// Versions whose cards are read for the list, the newest ones.
const CARDS: usize = 20;

#[derive(Serialize)]
struct ModelView {
    name: &'static str,
    title: &'static str,
    champion: String,
    champion_href: Option<String>,
    challenger: Option<String>,
    pinned: bool,
    rollback: bool,
    compared: Vec<Compared>,
    versions: Vec<VersionView>,
    more: usize,
    history: Vec<StepView>,
    trouble: Option<String>,
}

/// A figure of champion and challenger.
#[derive(Serialize)]
struct Compared {
    what: String,
    champion: String,
    challenger: String,
    /// Which of the two their intervals leave no doubt about; empty: none.
    apart: bool,
}

#[derive(Serialize)]
struct VersionView {
    version: String,
    href: String,
    role: &'static str,
    gate: &'static str,
    passed: bool,
    reason: String,
    cases: String,
    trouble: Option<String>,
}

#[derive(Serialize)]
struct StepView {
    at: String,
    at_iso: String,
    what: &'static str,
    version: String,
    from: String,
    by: String,
    why: String,
}

/// `GET /ml/models`.
///
/// # Errors
/// Postgres fails. A lake that does not answer is said on the page.
pub async fn list(signed: SignedIn) -> Result<HttpResponse, Error> {
    let reader = signed.reader;
    let (app, lang) = (&reader.app, reader.lang());
    let mut views = Vec::new();
    if let Some(lake) = &app.lake {
        for name in ModelName::ALL {
            views.push(view(lake, name, lang).await);
        }
    }
    let edition = app.edition().await?;
    let mut context = page::context(&reader, &edition, text(lang, "ml_models_title"));
    context.insert("models", &views);
    context.insert("lake", &app.lake.is_some());
    page::render(app, "ml/models.html", &context)
}

async fn view(lake: &Arc<dyn Lake>, name: ModelName, lang: Lang) -> ModelView {
    let read = async {
        let standing = models::standing(lake.as_ref(), name).await?;
        let versions = models::versions(lake.as_ref(), name).await?;
        let newest: Vec<ModelVersion> = versions.iter().rev().take(CARDS).cloned().collect();
        let mut cards = Vec::new();
        for version in &newest {
            cards.push((version.clone(), models::card(lake.as_ref(), name, version).await));
        }
        Ok::<_, ModelsError>((standing, cards, versions.len().saturating_sub(newest.len())))
    };
    let (standing, cards, more, trouble) = match read.await {
        Ok((standing, cards, more)) => (standing, cards, more, None),
        Err(error) => {
            tracing::warn!(%error, %name, "the registry cannot be read");
            (Standing::default(), Vec::new(), 0, Some(error.to_string()))
        }
    };
    let card_of = |version: &Option<ModelVersion>| {
        let version = version.as_ref()?;
        cards.iter().find(|(known, _)| known == version)?.1.as_ref().ok()
    };
    let compared = match (card_of(&standing.champion), card_of(&standing.challenger)) {
        (champion, Some(challenger)) => compare(champion, challenger, lang),
        _ => Vec::new(),
    };
    let now = standing.newest().map(|slot| standing.at(slot));
    let mut history: Vec<StepView> = standing.history.iter().map(|step| step_view(step, lang)).collect();
    history.reverse();
    history.truncate(50);
    ModelView {
        name: name.as_str(),
        title: text(lang, if name == ModelName::Forecast { "ml_forecast" } else { "ml_sentiment" }),
        champion: named(standing.champion.as_ref(), lang),
        champion_href: standing.champion.as_ref().map(|version| href(name, version)),
        challenger: standing.challenger.as_ref().map(ToString::to_string),
        pinned: standing.pinned,
        rollback: now.is_some_and(|in_use| in_use.has_before()) && !standing.pinned,
        compared,
        versions: cards
            .iter()
            .map(|(version, card)| version_view(name, version, card, &standing, lang))
            .collect(),
        more,
        history,
        trouble,
    }
}

fn href(name: ModelName, version: &ModelVersion) -> String {
    format!("/ml/models/{name}/{version}")
}

fn named(version: Option<&ModelVersion>, lang: Lang) -> String {
    version.map_or_else(|| text(lang, "ml_built_in").to_owned(), ToString::to_string)
}

fn version_view(
    name: ModelName,
    version: &ModelVersion,
    card: &Result<Card, ModelsError>,
    standing: &Standing,
    lang: Lang,
) -> VersionView {
    let role = if standing.champion.as_ref() == Some(version) {
        text(lang, "ml_champion")
    } else if standing.challenger.as_ref() == Some(version) {
        text(lang, "ml_challenger")
    } else {
        ""
    };
    let passed = card.as_ref().is_ok_and(|card| card.gate.passed);
    VersionView {
        version: version.to_string(),
        href: href(name, version),
        role,
        gate: text(lang, if passed { "ml_gate_passed" } else { "ml_gate_failed" }),
        passed,
        reason: card.as_ref().map(|card| card.gate.reason.clone()).unwrap_or_default(),
        cases: card
            .as_ref()
            .map_or_else(|_| format::MISSING.to_owned(), |c| format::count(c.cases as i64, lang)),
        trouble: card.as_ref().err().map(ToString::to_string),
    }
}

fn step_view(step: &Step, lang: Lang) -> StepView {
    use domain::model::Action;
    StepView {
        at: format::short_instant(step.at, lang),
        at_iso: step.at.to_rfc3339(),
        what: text(
            lang,
            match step.action {
                Action::Challenge => "ml_step_challenge",
                Action::Refuse => "ml_step_refuse",
                Action::Promote => "ml_step_promote",
                Action::Rollback => "ml_step_rollback",
                Action::Pin => "ml_step_pin",
                Action::Unpin => "ml_step_unpin",
                Action::Drift => "ml_step_drift",
            },
        ),
        version: named(step.version.as_ref(), lang),
        from: step.from.to_string(),
        by: step.by.clone(),
        why: step.why.clone(),
    }
}

/// Champion and challenger, figure by figure.
fn compare(champion: Option<&Card>, challenger: &Card, lang: Lang) -> Vec<Compared> {
    let shown = |one: Beside| Compared {
        champion: figure(one.champion.as_ref(), lang),
        challenger: figure(one.challenger.as_ref(), lang),
        apart: one.apart,
        what: one.what,
    };
    challenger.beside(champion).into_iter().map(shown).collect()
}

/// A figure with its interval and how many cases it rests on.
fn figure(metric: Option<&Metric>, lang: Lang) -> String {
    let Some(metric) = metric else { return format::MISSING.to_owned() };
    let number = |value| format::number(value, 4, lang);
    let cases = count(lang, "ml_cases", metric.cases as i64, &[]);
    format!("{} ({}; {}) · {cases}", number(metric.value), number(metric.low), number(metric.high))
}

/// `GET /ml/models/{name}/{version}`: a card.
///
/// # Errors
/// There is no such version, or the lake fails.
pub async fn card(signed: SignedIn, path: web::Path<(String, String)>) -> Result<HttpResponse, Error> {
    let reader = signed.reader;
    let (app, lang) = (&reader.app, reader.lang());
    let (name, version) = path.into_inner();
    let name: ModelName = name.parse().map_err(|_| Error::NotFound)?;
    let version: ModelVersion = version.parse().map_err(|_| Error::NotFound)?;
    let lake = app.lake.as_deref().ok_or(Error::NotFound)?;
    let card = match models::card(lake, name, &version).await {
        Ok(card) => card,
        Err(ModelsError::Lake(error @ (LakeError::Io { .. } | LakeError::Service { .. }))) => {
            return Err(Error::Unavailable(error.into()));
        }
        Err(_) => return Err(Error::NotFound),
    };
    let standing = models::standing(lake, name).await.unwrap_or_default();
    let metrics: Vec<(String, String)> =
        card.metrics.iter().map(|(what, metric)| (what.clone(), figure(Some(metric), lang))).collect();
    let references: Vec<(String, String, String)> = card
        .references
        .iter()
        .map(|(what, reference)| {
            let at = |share: usize| {
                reference.quantiles.get(share).map_or_else(String::new, |q| format::number(*q, 4, lang))
            };
            let spread = format!("{} · {} · {}", at(5), at(50), at(95));
            (what.clone(), format::count(reference.count as i64, lang), spread)
        })
        .collect();
    let title = fill(lang, "ml_card_title", &[("model", name.as_str()), ("version", &version.to_string())]);
    let edition = app.edition().await?;
    let mut context = page::context(&reader, &edition, &title);
    context.insert("name", name.as_str());
    context.insert("version", &version.to_string());
    context.insert("card", &card);
    context.insert("cases", &format::count(card.cases as i64, lang));
    context.insert("bytes", &format::count(card.bytes as i64, lang));
    context.insert("window", &card.window.map(|span| days(&span, lang)));
    context.insert("block", &card.block.map(|span| days(&span, lang)));
    context.insert("parent", &named(card.parent.as_ref(), lang));
    context.insert("against", &named(card.gate.against.as_ref(), lang));
    context.insert("metrics", &metrics);
    context.insert("references", &references);
    context.insert("is_champion", &(standing.champion.as_ref() == Some(&version)));
    context.insert("pinned", &standing.pinned);
    page::render(app, "ml/card.html", &context)
}

fn days(span: &Span, lang: Lang) -> String {
    format!("{} – {}", format::day(span.from, lang), format::day(span.to, lang))
}
