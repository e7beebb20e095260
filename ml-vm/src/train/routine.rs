//! What the stage does by itself once a slot's predictions are committed: notes drift, and trains weekly or on an alarm.
//!
//! Weekly means at the slot that closes as Monday begins (UTC). First a challenger that has been in the shadow for a week
//! without doing worse there takes the champion's place, unless that is pinned; then a new one is trained. On an alarm a new
//! one is trained at most once a day. All steps carry the slot's close as their time, so a repeat of the slot takes them
//! again word for word, which changes nothing.
//!
//! Nothing here can fail the predictions: they are committed, and trouble is told as a warning.

use std::collections::BTreeMap;

use chrono::{Datelike, Duration, Timelike, Weekday};
use cloud::Lake;
use domain::Slot;
use domain::model::{Action, InUse, ModelName, ModelVersion, Standing, Step};
use domain::prediction::{Level, Monitor};

use super::gate::{Champion, measure};
use super::{Cause, TooLittle};
use crate::mlflow::Tracker;
use crate::registry;
use crate::registry::artefact::{Loss, hour, losses};
use crate::seal::score::{self, Due};

/// Who does it, as the history has it.
pub const BY: &str = "predict";
/// How long a challenger runs in the shadow before it may be promoted by routine.
const SHADOW: Duration = Duration::days(7);
/// A drift that was noted is not noted again for so long.
const QUIET: Duration = Duration::days(7);
/// An alarm trains at most so often.
const PAUSE: Duration = Duration::days(1);
/// Days whose sealed forecasts tell how a shadow fared.
const RECORD_DAYS: usize = 40;
/// Fewest cases from which a shadow's record says anything.
const FEWEST: usize = 50;

/// Whether `slot` is the one of weekly training.
pub fn is_weekly(slot: Slot) -> bool {
    slot.close_at().weekday() == Weekday::Mon && slot.close_at().hour() == 0
}

/// Does what is due after `slot`, and returns what a person should know.
pub async fn after_predict(
    lake: &dyn Lake,
    slot: Slot,
    monitor: &Monitor,
    tracker: Option<&Tracker>,
) -> Vec<String> {
    let mut warnings = Vec::new();
    for name in ModelName::ALL {
        match one(lake, name, slot, monitor, tracker).await {
            Ok(()) => {}
            Err(error) if error.is::<TooLittle>() || error.chain().any(|c| c.is::<TooLittle>()) => {
                tracing::info!(%slot, %name, "not trained: {error:#}");
            }
            Err(error) => warnings.push(format!("the routine of {name} failed: {error:#}")),
        }
    }
    warnings
}

async fn one(
    lake: &dyn Lake,
    name: ModelName,
    slot: Slot,
    monitor: &Monitor,
    tracker: Option<&Tracker>,
) -> anyhow::Result<()> {
    let alarms: Vec<String> = monitor
        .watched
        .iter()
        .filter(|w| w.name == name && w.level == Level::Alarm)
        .map(|w| format!("{} {:.3} (alarm from {:.3})", w.what, w.value, w.alarm))
        .collect();
    let mut standing = registry::standing(lake, name).await?;
    let mut in_use = standing.at(slot);
    if let Some(tracker) = tracker {
        tracker.in_use(name, &in_use).await;
    }
    if !alarms.is_empty() && !lately(&standing, slot, QUIET, |step| step.action == Action::Drift) {
        let why = alarms.join("; ");
        standing = step(lake, name, slot, Action::Drift, in_use.champion.clone(), &why).await?;
        if let Some(tracker) = tracker {
            tracker.drift(name, slot, monitor).await;
        }
    }
    let why = if is_weekly(slot) {
        "weekly training".to_owned()
    } else if !alarms.is_empty() && !lately(&standing, slot, PAUSE, is_training) {
        format!("drift: {}", alarms.join("; "))
    } else {
        return Ok(());
    };
    if is_weekly(slot)
        && let Some(promoted) = promote_held(lake, name, slot, &in_use, &standing).await?
    {
        if let Some(tracker) = tracker {
            tracker.alias(name, "champion", Some(&promoted)).await;
        }
        in_use.champion = Some(promoted);
    }
    let cause = Cause { by: BY.to_owned(), at: slot.close_at(), why };
    let trained = super::from_lake(lake, name, slot, in_use.champion, &cause).await?;
    tracing::info!(%slot, %name, version = %trained.version, "trained: {}", trained.card.gate.reason);
    if let Some(tracker) = tracker {
        tracker.training(&trained).await;
    }
    Ok(())
}

/// Whether the step tells of a training.
pub fn is_training(step: &Step) -> bool {
    matches!(step.action, Action::Challenge | Action::Refuse)
}

/// Whether such a step was taken within `span` before this slot's own.
fn lately(standing: &Standing, slot: Slot, span: Duration, wanted: impl Fn(&Step) -> bool) -> bool {
    let own = slot.next();
    let near = |step: &&Step| step.from < own && own.close_at() - step.from.close_at() < span;
    standing.history.iter().filter(near).any(wanted)
}

async fn step(
    lake: &dyn Lake,
    name: ModelName,
    slot: Slot,
    action: Action,
    version: Option<ModelVersion>,
    why: &str,
) -> anyhow::Result<Standing> {
    let (by, why) = (BY.to_owned(), why.to_owned());
    let step = Step { action, version, from: slot.next(), by, at: slot.close_at(), why };
    Ok(registry::take(lake, name, &step).await?)
}

/// Promotes the challenger that has been in the shadow long enough without doing worse; says which.
async fn promote_held(
    lake: &dyn Lake,
    name: ModelName,
    slot: Slot,
    in_use: &InUse,
    standing: &Standing,
) -> anyhow::Result<Option<ModelVersion>> {
    let Some(version) = in_use.challenger.clone().filter(|_| !in_use.pinned) else { return Ok(None) };
    let since = standing.history.iter().filter(|s| s.from <= slot && s.action == Action::Challenge);
    let Some(since) = since.filter(|s| s.version.as_ref() == Some(&version)).map(|s| s.from).next_back()
    else {
        return Ok(None);
    };
    if slot.next().close_at() - since.close_at() < SHADOW {
        return Ok(None);
    }
    let (ours, theirs) = match name {
        ModelName::Forecast => of_ledger(lake, slot, &version, in_use.champion.as_ref()).await?,
        ModelName::Sentiment => of_posts(lake, slot, &version, in_use.champion.as_ref()).await?,
    };
    let why = if ours.len() < FEWEST {
        format!("a week in the shadow; {} cases came due, too few to tell it from the champion", ours.len())
    } else {
        let difference: Vec<Loss> =
            ours.iter().zip(&theirs).map(|(a, b)| Loss { group: a.group, loss: a.loss - b.loss }).collect();
        let d = measure(&difference, analytics::random::seed_of(&format!("{slot}/shadow/{name}")));
        let record = format!("loss {:+.5} [{:+.5}, {:+.5}] on {} cases", d.value, d.low, d.high, d.cases);
        if d.low > 0.0 {
            let why = format!("worse than the champion in its shadow: {record}");
            step(lake, name, slot, Action::Refuse, Some(version), &why).await?;
            return Ok(None);
        }
        format!("a week in the shadow without doing worse: {record}")
    };
    step(lake, name, slot, Action::Promote, Some(version.clone()), &why).await?;
    Ok(Some(version))
}

/// Losses of sealed forecasts that have come due: the challenger's and the champion's of the same asset, day and horizon.
async fn of_ledger(
    lake: &dyn Lake,
    slot: Slot,
    version: &ModelVersion,
    champion: Option<&ModelVersion>,
) -> anyhow::Result<(Vec<Loss>, Vec<Loss>)> {
    let due = score::collect(lake, slot, RECORD_DAYS).await?;
    let champion = champion.map_or_else(String::new, ToString::to_string);
    let of = |role: &str, version: &str| -> BTreeMap<_, &Due> {
        let own = due.iter().filter(|d| d.role == role && d.version == version);
        own.map(|d| ((d.symbol.as_str(), d.horizon, d.day), d)).collect()
    };
    let (ours, theirs) = (of("challenger", &version.to_string()), of("champion", &champion));
    let loss = |d: &Due| Loss { group: hour(d.day), loss: d.loss };
    let both = ours.iter().filter_map(|(case, d)| Some((loss(d), loss(theirs.get(case)?))));
    Ok(both.unzip())
}

/// Errors on posts that their authors labelled after the challenger was trained.
async fn of_posts(
    lake: &dyn Lake,
    slot: Slot,
    version: &ModelVersion,
    champion: Option<&ModelVersion>,
) -> anyhow::Result<(Vec<Loss>, Vec<Loss>)> {
    let (card, artefact) = registry::load(lake, ModelName::Sentiment, version).await?;
    let after = hour(card.slot.close_at().date_naive()) + i64::from(card.slot.close_at().hour());
    let cases = match super::sentiment::gather(lake, slot).await {
        Ok(gathered) => gathered.block.of_groups(|at| at >= after),
        Err(error) if error.is::<TooLittle>() => return Ok((Vec::new(), Vec::new())),
        Err(error) => return Err(error),
    };
    let loaded = match champion {
        Some(version) => Some(registry::load(lake, ModelName::Sentiment, version).await?),
        None => None,
    };
    let against = match (champion, &loaded) {
        (Some(version), Some((card, artefact))) => Some(Champion { version, card, artefact }),
        _ => None,
    };
    Ok((losses(Some(&artefact), &cases)?, losses(against.map(|c| c.artefact), &cases)?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_slot_a_week_trains() {
        let first: Slot = "2026-11-16T00Z".parse().unwrap();
        let slots = std::iter::successors(Some(first), |slot| Some(slot.next())).take(56);
        let weekly: Vec<String> =
            slots.filter(|slot| is_weekly(*slot)).map(|slot| slot.to_string()).collect();
        assert_eq!(weekly, ["2026-11-16T00Z", "2026-11-23T00Z"]);
    }
}
