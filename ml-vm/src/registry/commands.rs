//! What people do with models: `ml-vm train`, `promote`, `rollback`, `pin`, `models`.

use std::io::Write;

use anyhow::{Context, bail};
use chrono::Utc;
use cloud::Lake;
use domain::model::{Action, Card, ModelName, ModelVersion, Standing, Step};
use domain::{Outcome, Slot};
use serde_json::json;

use crate::cli::{ModelsArgs, PinArgs, PromoteArgs, RollbackArgs, StepArgs, Train, TrainSentimentArgs};
use crate::mlflow::{CHAMPION, Tracker};
use crate::registry;
use crate::train::{self, Cause, Trained};

/// `ml-vm promote`: the challenger, or the version that is named, takes the champion's place.
///
/// # Errors
/// There is no such version, it did not pass the gate (and `--force` is not given), or the champion is pinned.
pub async fn promote(args: &PromoteArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let lake = cloud::open_lake(&args.step.lake).await?;
    let lake = lake.as_ref();
    let name = args.name;
    let version = match &args.version {
        Some(version) => version.clone(),
        None => registry::standing(lake, name).await?.challenger.with_context(|| {
            format!("{name} has no challenger: name a version (`ml-vm models` lists them), or train one")
        })?,
    };
    // Read whole: what cannot be read must not become champion.
    let (card, _) = registry::load(lake, name, &version).await?;
    if !card.gate.passed && !args.force {
        bail!(
            "{version} did not pass the gate ({}): train another one, or promote it with --force",
            card.gate.reason
        );
    }
    step(lake, name, Action::Promote, Some(version), &args.step, out).await
}

/// `ml-vm rollback`: the champion's place goes back to the one before.
///
/// # Errors
/// There was none before, or the champion is pinned.
pub async fn rollback(args: &RollbackArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let lake = cloud::open_lake(&args.step.lake).await?;
    step(lake.as_ref(), args.name, Action::Rollback, None, &args.step, out).await
}

/// `ml-vm pin`: a version is champion until it is released.
///
/// # Errors
/// There is no such version.
pub async fn pin(args: &PinArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let lake = cloud::open_lake(&args.step.lake).await?;
    let lake = lake.as_ref();
    let name = args.name;
    if args.release {
        return step(lake, name, Action::Unpin, None, &args.step, out).await;
    }
    let version = match &args.version {
        Some(version) => {
            registry::load(lake, name, version).await?;
            Some(version.clone())
        }
        None => registry::standing(lake, name).await?.champion,
    };
    step(lake, name, Action::Pin, version, &args.step, out).await
}

async fn step(
    lake: &dyn Lake,
    name: ModelName,
    action: Action,
    version: Option<ModelVersion>,
    args: &StepArgs,
    out: &mut impl Write,
) -> anyhow::Result<Outcome> {
    let now = Utc::now();
    let next = registry::next_slot(lake, name).await?;
    let from = args.from.or(next).unwrap_or_else(|| Slot::containing(now));
    let step = Step { action, version, from, by: args.owner.clone(), at: now, why: args.reason.clone() };
    let standing = registry::take(lake, name, &step).await?;
    if let Some(tracker) = Tracker::from_env()
        && action != Action::Unpin
    {
        tracker.alias(name, CHAMPION, standing.champion.as_ref()).await;
    }
    let champion =
        standing.champion.as_ref().map_or_else(|| "what is built in".to_owned(), ToString::to_string);
    let line = json!({"name": name, "did": action.as_str(), "champion": champion, "from": from, "pinned": standing.pinned});
    crate::print_json(out, &line)?;
    Ok(Outcome::Succeeded)
}

/// `ml-vm train forecast`, and `train sentiment` with a lake: trains a challenger by hand.
///
/// # Errors
/// Too little to train on, or the lake fails.
pub async fn train(args: &Train, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let (lake, slot, owner) = match args {
        Train::Forecast(args) => (args.lake.as_str(), args.slot, &args.owner),
        Train::Sentiment(args) => {
            let lake = args.lake.as_deref().context("--lake: which lake keeps the registry?")?;
            (lake, args.slot.context("--slot: up to which slot?")?, &args.owner)
        }
    };
    let lake = cloud::open_lake(lake).await?;
    let lake = lake.as_ref();
    let name = if matches!(args, Train::Forecast(_)) { ModelName::Forecast } else { ModelName::Sentiment };
    let champion = registry::standing(lake, name).await?.at(slot).champion;
    let cause = Cause { by: owner.clone(), at: Utc::now(), why: "trained by hand".to_owned() };
    let trained = match args {
        Train::Sentiment(TrainSentimentArgs { data: Some(folder), licence, .. }) => {
            let gathered = train::sentiment::supplied(folder, licence)?;
            train::train(lake, name, slot, &gathered, champion, &cause).await?
        }
        _ => train::from_lake(lake, name, slot, champion, &cause).await?,
    };
    if let Some(tracker) = Tracker::from_env() {
        tracker.training(&trained).await;
    }
    print_trained(&trained, out)
}

/// Says what a training came to.
///
/// # Errors
/// Output fails.
fn print_trained(trained: &Trained, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let Card { name, gate, cases, metrics, .. } = &trained.card;
    let line = json!({
        "name": name, "version": trained.version, "passed": gate.passed, "gate": gate.reason, "cases": cases,
        "metrics": metrics, "challenger": trained.standing.challenger, "champion": trained.standing.champion,
    });
    crate::print_json(out, &line)?;
    Ok(Outcome::Succeeded)
}

/// `ml-vm models`: what there is, who is in use, and how that came.
///
/// # Errors
/// The lake fails, or output does. A version that cannot be read is listed with the reason.
pub async fn models(args: &ModelsArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let lake = cloud::open_lake(&args.lake).await?;
    let lake = lake.as_ref();
    let mut outcome = Outcome::Succeeded;
    for name in ModelName::ALL {
        let standing = registry::standing(lake, name).await?;
        let mut cards = Vec::new();
        for version in registry::versions(lake, name).await? {
            let card = registry::card(lake, name, &version).await.map_err(|error| format!("{error:#}"));
            if card.is_err() {
                outcome = Outcome::Partial;
            }
            cards.push((version, card));
        }
        if args.json {
            let versions: Vec<_> = cards
                .iter()
                .map(|(version, card)| match card {
                    Ok(card) => json!({"version": version, "card": card}),
                    Err(error) => json!({"version": version, "error": error}),
                })
                .collect();
            crate::print_json(out, &json!({"name": name, "standing": standing, "versions": versions}))?;
        } else {
            print(out, name, &standing, &cards).context("cannot write the result")?;
        }
    }
    Ok(outcome)
}

fn print(
    out: &mut impl Write,
    name: ModelName,
    standing: &Standing,
    cards: &[(ModelVersion, Result<Card, String>)],
) -> std::io::Result<()> {
    let champion =
        standing.champion.as_ref().map_or_else(|| "what is built in".to_owned(), ToString::to_string);
    let pinned = if standing.pinned { ", pinned" } else { "" };
    writeln!(out, "{name}: champion {champion}{pinned}")?;
    for (version, card) in cards {
        let role = match version {
            v if Some(v) == standing.champion.as_ref() => "champion",
            v if Some(v) == standing.challenger.as_ref() => "challenger",
            _ => "",
        };
        match card {
            Ok(card) => writeln!(out, "  {version}  {role:<10}  {}", card.gate.reason)?,
            Err(error) => writeln!(out, "  {version}  {role:<10}  cannot be read: {error}")?,
        }
    }
    for step in &standing.history {
        let version =
            step.version.as_ref().map_or_else(|| "what is built in".to_owned(), ToString::to_string);
        let (at, action) = (step.at.format("%Y-%m-%d %H:%M"), step.action.as_str());
        writeln!(out, "  {at}  {action:<9}  {version} from {} by {}: {}", step.from, step.by, step.why)?;
    }
    Ok(())
}
