//! One run: its attempts, every change, what each source and asset came to, and what was asked about it.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use cloud::Lake;
use cloud::commit::read_manifest;
use domain::lake::Area;
use domain::manifest::Manifest;
use domain::run::Stage;
use domain::{Key, Outcome, Slot};
use serde::Serialize;

use super::money::{self, Tariff};
use super::{attempts, orders, permission, preview, store, timeline, words};
use crate::error::Error;
use crate::format;
use crate::site::page;
use crate::site::reader::SignedIn;
use crate::text::{Lang, fill, text};

/// Assets on the page: those that are not whole come first.
const ASSETS: usize = 200;

/// An attempt on the page.
#[derive(Serialize)]
struct AttemptView {
    stage: &'static str,
    name: &'static str,
    number: i32,
    state: &'static str,
    word: &'static str,
    asked: String,
    asked_iso: String,
    waited: String,
    lasted: String,
    cost: String,
    why: String,
}

#[derive(Serialize)]
struct ChangeView {
    at: String,
    stage: String,
    attempt: i32,
    from: String,
    to: String,
    cause: String,
}

/// What one stage left in the lake.
#[derive(Serialize)]
struct Left {
    name: &'static str,
    outcome: &'static str,
    word: &'static str,
    version: String,
    objects: String,
    bytes: String,
    sources: Vec<Part>,
    assets: Vec<Part>,
    more: usize,
    models: Vec<String>,
}

#[derive(Serialize)]
struct Part {
    name: String,
    outcome: &'static str,
    word: &'static str,
    rows: String,
    says: String,
}

/// `GET /operations/runs/{slot}`.
///
/// # Errors
/// There is no such run, or Postgres fails. A lake that does not answer is said on the page.
pub async fn page(signed: SignedIn, slot: web::Path<String>) -> Result<HttpResponse, Error> {
    let reader = signed.reader;
    let (app, lang, now) = (&reader.app, reader.lang(), reader.now);
    let slot: Slot = slot.parse().map_err(|_| Error::NotFound)?;
    let run = ledger::store::run(&app.pool, slot).await.map_err(preview::ledger)?.ok_or(Error::NotFound)?;
    let changes = store::changes(&app.pool, &[slot.close_at()]).await?;
    let coverage = store::coverages(&app.pool, &[slot.close_at()]).await?;
    let asked = store::orders(&app.pool, Some(&slot.to_string()), 20).await?;
    let all = attempts::attempts(&changes);
    let tariff = Tariff::of(app);
    let cost = |attempt: &attempts::Attempt| {
        tariff.map_or_else(
            || format::MISSING.to_owned(),
            |t| money::usd(attempt.cost(t.prices, t.setup, now), lang),
        )
    };
    let views: Vec<AttemptView> = all
        .iter()
        .map(|attempt| {
            let running = if attempt.running_at.is_some() {
                domain::StageState::Running
            } else {
                domain::StageState::Starting
            };
            let state = attempt.ended.unwrap_or(running);
            AttemptView {
                stage: attempt.stage.as_str(),
                name: words::stage(attempt.stage, lang),
                number: attempt.number,
                state: state.as_str(),
                word: words::state(state, lang),
                asked: format::short_instant(attempt.asked_at, lang),
                asked_iso: attempt.asked_at.to_rfc3339(),
                waited: attempt.running_at.map_or_else(
                    || format::MISSING.to_owned(),
                    |at| money::lasted(at - attempt.asked_at, lang),
                ),
                lasted: money::lasted(attempt.lasted(now), lang),
                cost: cost(attempt),
                why: attempt.why.clone(),
            }
        })
        .collect();
    let total = tariff.map(|t| money::usd(attempts::cost(&all, t.prices, t.setup, now), lang));
    let (left, trouble) = match &app.lake {
        Some(lake) => match left(lake, slot, lang).await {
            Ok(left) => (left, None),
            Err(error) => {
                tracing::warn!(%error, %slot, "the manifests cannot be read");
                (Vec::new(), Some("ops_lake_trouble"))
            }
        },
        None => (Vec::new(), Some("ops_not_lake")),
    };
    let span = timeline::span(&all, now);
    let role = signed.account.who.role();
    let may = |action: &str| role.is_some_and(|role| permission::may(role, action));
    let status = run.status().as_str();
    let edition = app.edition().await?;
    let title = fill(lang, "ops_run_title", &[("slot", &slot.to_string())]);
    let mut context = page::context(&reader, &edition, &title);
    context.insert("slot", &slot.to_string());
    context.insert("status", status);
    context.insert("word", &words::status(status, lang));
    context.insert("bars", &timeline::bars(&all, span, lang, now));
    context.insert("lasted", &money::lasted(span, lang));
    context.insert("attempts", &views);
    context.insert("cost", &total);
    context.insert("coverage", &coverage.first().map(|row| timeline::covered(row, lang)));
    context.insert("held", &coverage.first().is_some_and(|row| row.held));
    context.insert("changes", &changes.iter().map(|change| change_view(change, lang)).collect::<Vec<_>>());
    context.insert("left", &left);
    context.insert("trouble", &trouble.map(|key| text(lang, key)));
    context.insert("orders", &asked.iter().map(|row| orders::shown::view(row, lang)).collect::<Vec<_>>());
    context.insert("previous", &slot.previous().to_string());
    context.insert("next", &slot.next().to_string());
    context.insert("stages", &Stage::ALL.map(|stage| (stage.as_str(), words::stage(stage, lang))));
    context.insert("running", &(run.status() == domain::RunStatus::Running));
    context.insert("may_repeat", &(may("repeat") && matches!(status, "failed" | "partial")));
    context.insert("may_cancel", &(may("cancel") && status == "running"));
    context.insert("may_run", &may("run"));
    context.insert("may_hold", &may("hold-publication"));
    page::with_scripts(&mut context, app, &["operations"]);
    page::render(app, "operations/run.html", &context)
}

fn change_view(change: &store::ChangeRow, lang: Lang) -> ChangeView {
    let name = Stage::parse(&change.stage);
    ChangeView {
        at: change.at.format("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        stage: name.map_or_else(|| change.stage.clone(), |stage| words::stage(stage, lang).to_owned()),
        attempt: change.attempt,
        from: words::status(&change.from_state, lang),
        to: words::status(&change.to_state, lang),
        cause: change.cause.clone(),
    }
}

/// What the stages of a slot left in the lake.
async fn left(lake: &Arc<dyn Lake>, slot: Slot, lang: Lang) -> Result<Vec<Left>, cloud::LakeError> {
    let areas =
        [(Area::Records, Stage::Collect), (Area::Assets, Stage::Split), (Area::Predictions, Stage::Predict)];
    let mut all = Vec::new();
    for (area, stage) in areas {
        let key = Key::SlotManifest { area, slot }.to_string();
        if let Some((manifest, _)) = read_manifest(lake.as_ref(), &key).await? {
            all.push(of_manifest(&manifest, stage, lang));
        }
    }
    Ok(all)
}

fn of_manifest(manifest: &Manifest, stage: Stage, lang: Lang) -> Left {
    let rows = |counts: &std::collections::BTreeMap<String, u64>| {
        let each = counts.iter().filter(|(_, rows)| **rows > 0);
        each.map(|(kind, rows)| format!("{} {kind}", format::count(*rows as i64, lang)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let sources = manifest.coverage().into_iter().map(|(name, coverage)| {
        let source = manifest.sources.get(name);
        let mut says: Vec<String> = Vec::new();
        if let Some(source) = source {
            says.extend((!source.message.is_empty()).then(|| source.message.clone()));
            says.extend(source.warnings.iter().cloned());
        }
        Part {
            name: name.to_owned(),
            outcome: source.map_or("unread", |source| source.outcome.as_str()),
            word: source.map_or_else(
                || {
                    text(
                        lang,
                        if coverage.as_str() == "not licensed" {
                            "source_not_licensed"
                        } else {
                            "source_not_connected"
                        },
                    )
                },
                |source| outcome_word(source.outcome, lang),
            ),
            rows: source.map(|source| rows(&source.counts)).unwrap_or_default(),
            says: says.join("; "),
        }
    });
    let mut assets: Vec<(bool, Part)> = manifest
        .assets
        .iter()
        .map(|(name, asset)| {
            let part = Part {
                name: name.clone(),
                outcome: asset.outcome.as_str(),
                word: outcome_word(asset.outcome, lang),
                rows: rows(&asset.counts),
                says: asset.message.clone(),
            };
            (asset.outcome == Outcome::Succeeded, part)
        })
        .collect();
    assets.sort_by(|(a, x), (b, y)| (a, &x.name).cmp(&(b, &y.name)));
    let more = assets.len().saturating_sub(ASSETS);
    let bytes: u64 = manifest.objects.iter().map(|object| object.bytes).sum();
    Left {
        name: words::stage(stage, lang),
        outcome: manifest.outcome.as_str(),
        word: outcome_word(manifest.outcome, lang),
        version: manifest.code_version.clone(),
        objects: format::count(manifest.objects.len() as i64, lang),
        bytes: format!("{}\u{a0}kB", format::number(bytes as f64 / 1e3, 1, lang)),
        sources: sources.collect(),
        assets: assets.into_iter().take(ASSETS).map(|(_, part)| part).collect(),
        more,
        models: manifest.models.clone(),
    }
}

fn outcome_word(outcome: Outcome, lang: Lang) -> &'static str {
    text(
        lang,
        match outcome {
            Outcome::Succeeded => "ops_state_succeeded",
            Outcome::Partial => "ops_state_partial",
            Outcome::Failed => "ops_state_failed",
        },
    )
}
