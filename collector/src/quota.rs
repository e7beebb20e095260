//! Calls and money by the day: counted in the lake before they are used, so that what a lost machine used stays counted.

use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, NaiveDate, Utc};
use cloud::{Lake, LakeError};
use domain::{Key, SourceId};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::trouble::Trouble;

/// How often a change that somebody else overtook is tried again.
const CONFLICTS: u32 = 20;

/// Money is taken from the day's ledger for so many calls at once,
const AHEAD_CALLS: u64 = 25;

/// but for no more than this part of what the day may cost: what a lost machine holds stays counted as spent.
const AHEAD_PART: u64 = 20;

/// What an operator allows; `None`: no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Calls a UTC day.
    pub calls_per_day: Option<u64>,
    /// Thousandths of a US cent a UTC day.
    pub millicents_per_day: Option<u64>,
    /// Thousandths of a US cent a run.
    pub millicents_per_run: Option<u64>,
    /// Whether the source bills by use at all, so that a slot's cost is said.
    pub billed: bool,
}

impl Allowance {
    fn is_counted(&self) -> bool {
        self.calls_per_day.is_some() || self.millicents_per_day.is_some()
    }
}

/// What was used on one day: `state/quota/<source>.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The UTC day.
    pub day: Option<NaiveDate>,
    /// Calls made or about to be made, where they are bounded.
    pub calls: u64,
    /// Thousandths of a US cent spent or about to be spent.
    pub millicents: u64,
    /// Whatever else a source must remember for longer than a run: ids that may be asked for so many times a week.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub notes: std::collections::BTreeMap<String, DateTime<Utc>>,
}

/// One source's quota in one run.
pub struct Quota {
    lake: Arc<dyn Lake>,
    key: String,
    allowance: Allowance,
    clock: fn() -> DateTime<Utc>,
    run: Mutex<Used>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Used {
    millicents: u64,
    /// Counted in the day's ledger and not used yet.
    in_hand: u64,
    calls_left: Option<u64>,
}

impl Quota {
    /// The quota of `source`; `clock` says which day it is.
    pub fn new(
        lake: Arc<dyn Lake>,
        source: &SourceId,
        allowance: Allowance,
        clock: fn() -> DateTime<Utc>,
    ) -> Self {
        let key = Key::Quota { source: source.clone() }.to_string();
        Self { lake, key, allowance, clock, run: Mutex::default() }
    }

    /// Takes `calls` calls that cost `millicents` together, before they are made.
    ///
    /// # Errors
    /// The day's calls, the day's money or the run's money do not suffice; or the lake fails.
    pub async fn take(&self, calls: u64, millicents: u64) -> Result<(), Trouble> {
        let mut run = self.run.lock().await;
        let spent = run.millicents + millicents;
        if self.allowance.millicents_per_run.is_some_and(|most| spent > most) {
            return Err(Trouble::exhausted(format!(
                "the next call would bring this run's cost to {}, over the cap: raise max_run_cents if that is worth it",
                dollars(spent)
            )));
        }
        if self.allowance.is_counted() {
            let missing = millicents.saturating_sub(run.in_hand);
            if self.allowance.calls_per_day.is_some() || missing > 0 {
                let (ledger, ahead) = self.count(calls, missing, self.ahead(millicents)).await?;
                run.in_hand += missing + ahead;
                run.calls_left = self.allowance.calls_per_day.map(|most| most.saturating_sub(ledger.calls));
            }
            run.in_hand -= millicents;
        }
        run.millicents = spent;
        Ok(())
    }

    /// Gives back what was taken and not used, for later calls of this run.
    pub async fn give_back(&self, millicents: u64) {
        let mut run = self.run.lock().await;
        run.millicents = run.millicents.saturating_sub(millicents);
        run.in_hand += if self.allowance.is_counted() { millicents } else { 0 };
    }

    /// Gives what the run did not use back to the day. Where the lake fails it stays counted: that errs on the side of
    /// spending less.
    pub async fn settle(&self) {
        let mut run = self.run.lock().await;
        let unused = std::mem::take(&mut run.in_hand);
        if unused == 0 {
            return;
        }
        let settled = self
            .change(|ledger| {
                ledger.millicents = ledger.millicents.saturating_sub(unused);
                Ok(())
            })
            .await;
        if let Err(trouble) = settled {
            tracing::warn!(reason = %trouble.message, "what was not spent stays counted");
        }
    }

    /// How much more than a call's cost is taken with it.
    fn ahead(&self, millicents: u64) -> u64 {
        let most = self.allowance.millicents_per_day.map_or(0, |most| most / AHEAD_PART);
        millicents.saturating_mul(AHEAD_CALLS).min(most)
    }

    /// Calls left today, where they are counted and any was made.
    pub async fn calls_left(&self) -> Option<u64> {
        self.run.lock().await.calls_left
    }

    /// What is left of the day's money, where it is bounded.
    ///
    /// # Errors
    /// The lake fails.
    pub async fn money_left(&self) -> Result<Option<u64>, Trouble> {
        let Some(most) = self.allowance.millicents_per_day else { return Ok(None) };
        let (ledger, _) = self.read().await.map_err(trouble)?;
        let today = ledger.day == Some(self.now().date_naive());
        let free = most.saturating_sub(if today { ledger.millicents } else { 0 });
        Ok(Some(free + self.run.lock().await.in_hand))
    }

    /// What this run cost so far, where the source bills.
    pub async fn spent(&self) -> Option<u64> {
        let run = self.run.lock().await;
        self.allowance.billed.then_some(run.millicents)
    }

    /// What the source remembers by name.
    ///
    /// # Errors
    /// The lake fails.
    pub async fn notes(&self) -> Result<std::collections::BTreeMap<String, DateTime<Utc>>, Trouble> {
        Ok(self.read().await.map_err(trouble)?.0.notes)
    }

    /// Changes what the source remembers.
    ///
    /// # Errors
    /// The lake fails.
    pub async fn note(
        &self,
        change: impl Fn(&mut std::collections::BTreeMap<String, DateTime<Utc>>),
    ) -> Result<(), Trouble> {
        self.change(|ledger| {
            change(&mut ledger.notes);
            Ok(())
        })
        .await?;
        Ok(())
    }

    /// The instant by the quota's clock.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// Counts calls and their cost, and of `ahead` as much as the day has left; returns the ledger and how much that was.
    async fn count(&self, calls: u64, millicents: u64, ahead: u64) -> Result<(Ledger, u64), Trouble> {
        let mut more = 0;
        let ledger = self
            .change(|ledger| {
            let (all, cost) = (ledger.calls + calls, ledger.millicents + millicents);
            if let Some(most) = self.allowance.calls_per_day.filter(|most| all > *most) {
                return Err(Trouble::exhausted(format!(
                    "the day's {most} calls are used up ({} made): wait for the next UTC day or raise calls_per_day with the plan",
                    ledger.calls
                )));
            }
            if self.allowance.millicents_per_day.is_some_and(|most| cost > most) {
                return Err(Trouble::exhausted(format!(
                    "{} are spent today and the next call would go over the cap: raise max_day_cents if that is worth it",
                    dollars(ledger.millicents)
                )));
            }
            more = self.allowance.millicents_per_day.map_or(0, |most| ahead.min(most - cost));
            ledger.calls = if self.allowance.calls_per_day.is_some() { all } else { 0 };
            ledger.millicents = cost + more;
            Ok(())
        })
        .await?;
        Ok((ledger, more))
    }

    async fn change(
        &self,
        mut change: impl FnMut(&mut Ledger) -> Result<(), Trouble>,
    ) -> Result<Ledger, Trouble> {
        for _ in 0..CONFLICTS {
            let (mut ledger, version) = self.read().await.map_err(trouble)?;
            let today = self.now().date_naive();
            if ledger.day != Some(today) {
                ledger = Ledger { day: Some(today), notes: ledger.notes, ..Ledger::default() };
            }
            change(&mut ledger)?;
            let mut bytes = serde_json::to_vec_pretty(&ledger).map_err(|e| trouble(e.into()))?;
            bytes.push(b'\n');
            match self.lake.compare_and_swap(&self.key, version.as_ref(), bytes.into()).await {
                Ok(_) => return Ok(ledger),
                Err(LakeError::Conflict(_) | LakeError::Exists(_)) => {}
                Err(error) => return Err(trouble(error.into())),
            }
        }
        Err(Trouble::system(format!("{} is changed by too many at once: repeat the collect stage", self.key)))
    }

    async fn read(&self) -> anyhow::Result<(Ledger, Option<cloud::Version>)> {
        match self.lake.get(&self.key).await? {
            None => Ok((Ledger::default(), None)),
            Some(object) => {
                let ledger = serde_json::from_slice(&object.bytes).with_context(|| {
                    format!("{} is damaged: correct it, or delete it if nothing was used today", self.key)
                })?;
                Ok((ledger, Some(object.version)))
            }
        }
    }
}

fn trouble(error: anyhow::Error) -> Trouble {
    Trouble::system(format!("the quota cannot be counted, so nothing is asked: {error:#}"))
}

/// Thousandths of a cent in words.
pub fn dollars(millicents: u64) -> String {
    format!("${:.2}", millicents as f64 / 100_000.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn first_day() -> DateTime<Utc> {
        "2026-11-21T23:59:00Z".parse().unwrap()
    }

    fn second_day() -> DateTime<Utc> {
        "2026-11-22T00:00:00Z".parse().unwrap()
    }

    async fn lake() -> (tempfile::TempDir, Arc<dyn Lake>) {
        let folder = tempfile::tempdir().unwrap();
        let lake = cloud::open_lake(folder.path().to_str().unwrap()).await.unwrap();
        (folder, lake)
    }

    #[tokio::test]
    async fn a_day_is_counted_over_machines_and_begins_afresh() {
        let (_folder, lake) = lake().await;
        let allowance = Allowance { calls_per_day: Some(3), ..Allowance::default() };
        let quota = |clock| Quota::new(Arc::clone(&lake), &SourceId::new("s"), allowance, clock);
        let first = quota(first_day);
        first.take(2, 0).await.unwrap();
        assert_eq!(first.calls_left().await, Some(1));
        // Another machine, the same day.
        let other = quota(first_day);
        assert!(other.take(2, 0).await.unwrap_err().message.contains("3 calls are used up (2 made)"));
        other.take(1, 0).await.unwrap();
        assert!(first.take(1, 0).await.is_err());
        quota(second_day).take(3, 0).await.unwrap();
    }

    #[tokio::test]
    async fn money_is_capped_by_run_and_by_day() {
        let (_folder, lake) = lake().await;
        let allowance = Allowance {
            millicents_per_run: Some(1_000),
            millicents_per_day: Some(1_500),
            billed: true,
            ..Allowance::default()
        };
        let quota = || Quota::new(Arc::clone(&lake), &SourceId::new("s"), allowance, first_day);
        let first = quota();
        first.take(1, 1_000).await.unwrap();
        assert!(first.take(1, 1).await.unwrap_err().message.contains("this run's cost"));
        first.give_back(200).await;
        assert_eq!(first.spent().await, Some(800));
        first.settle().await;
        let second = quota();
        assert!(second.take(1, 701).await.unwrap_err().message.contains("$0.01 are spent today"));
        second.take(1, 700).await.unwrap();
    }

    #[tokio::test]
    async fn money_is_taken_ahead_of_many_calls_and_settled() {
        let (_folder, lake) = lake().await;
        let allowance = Allowance { millicents_per_day: Some(10_000), ..Allowance::default() };
        let quota = || Quota::new(Arc::clone(&lake), &SourceId::new("s"), allowance, first_day);
        let (first, second) = (quota(), quota());
        first.take(1, 10).await.unwrap();
        assert_eq!(second.money_left().await.unwrap(), Some(10_000 - 10 - 250), "25 calls more are in hand");
        for _ in 0..25 {
            first.take(1, 10).await.unwrap();
        }
        first.give_back(60).await;
        assert_eq!(second.money_left().await.unwrap(), Some(10_000 - 260), "nothing was written in between");
        // A lost machine (no settling) leaves what it held counted; nobody can take it twice.
        second.take(1, 9_740).await.unwrap();
        assert!(second.take(1, 1).await.is_err());
        first.take(1, 60).await.unwrap();
        first.give_back(20).await;
        first.settle().await;
        assert_eq!(second.money_left().await.unwrap(), Some(20));
    }
}
