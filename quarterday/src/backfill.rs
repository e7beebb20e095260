//! What a backfill would do: which slots, from which stage on, and what that costs by the usual length of each stage.

use std::path::Path;
use std::process::ExitCode;

use chrono::Duration;
use cloud::bus;
use comfy_table::{Table, presets};
use domain::cost::{self, MicroUsd, Prices};
use domain::message::{Action, Control, Topic};
use domain::run::{Event, Run, Stage};
use domain::{RunStatus, Slot, StageState};
use ledger::store;

use crate::control::{Asker, running_bus};
use crate::home::Home;

/// A slot for which something would be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Todo {
    /// The slot.
    pub slot: Slot,
    /// The first stage to do.
    pub from: Stage,
}

/// What would be done for each run; `None` for slots that never ran. What has succeeded and what is on its way is left out.
pub fn todo(runs: &[(Slot, Option<Run>)], only_failed: bool) -> Vec<Todo> {
    let wanted = runs.iter().filter_map(|(slot, run)| {
        let Some(run) = run else {
            return (!only_failed).then_some(Todo { slot: *slot, from: Stage::Collect });
        };
        let stays =
            run.status() == RunStatus::Running || run.why_not(&Event::SlotDue { repeat: true }).is_some();
        let first = run.stages.iter().find(|stage| stage.state != StageState::Succeeded)?;
        (!stays).then_some(Todo { slot: *slot, from: first.stage })
    });
    wanted.collect()
}

/// What the machines would cost; `None` where a stage that is needed has never ended well.
pub fn estimate(prices: &Prices, setup: &str, todo: &[Todo], usual: &[(String, f64)]) -> Option<MicroUsd> {
    let setup = prices.setup(setup)?;
    let mut total = MicroUsd::default();
    for stage in todo.iter().flat_map(|one| Stage::ALL.into_iter().filter(|stage| *stage >= one.from)) {
        let (_, seconds) = usual.iter().find(|(name, _)| name == stage.as_str())?;
        total = total + cost::of_stage(prices, setup, stage, Duration::milliseconds((seconds * 1e3) as i64));
    }
    Some(total)
}

/// `quarterday backfill --preview`.
///
/// # Errors
/// The ledger or the prices cannot be read.
pub async fn preview(home: &Path, from: Slot, to: Slot, only_failed: bool) -> anyhow::Result<ExitCode> {
    let todo = load(home, from, to, only_failed).await?;
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(["slot", "would be done"]);
    for one in &todo.slots {
        table.add_row([one.slot.to_string(), format!("from {} on", one.from)]);
    }
    println!("{table}");
    let setup = std::env::var("QUARTERDAY_COST_SETUP").unwrap_or_else(|_| "smallest".to_owned());
    match estimate(&Prices::built_in()?, &setup, &todo.slots, &todo.usual) {
        Some(cost) => println!(
            "{} slots, about ${:.4} of machines at list prices ({setup})",
            todo.slots.len(),
            cost.0 as f64 / 1e6
        ),
        None => println!(
            "{} slots; what they would cost is not known: a stage has never ended well",
            todo.slots.len()
        ),
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks a running installation for a backfill: one order a slot, oldest first.
///
/// # Errors
/// The ledger or the bus is out of reach.
pub async fn ask(
    home: &Path,
    slots: (Slot, Slot),
    only_failed: bool,
    asker: Asker,
) -> anyhow::Result<Option<ExitCode>> {
    let Some(bus) = running_bus(home).await? else { return Ok(None) };
    let todo = load(home, slots.0, slots.1, only_failed).await?.slots;
    for one in &todo {
        let control = Control {
            action: Action::Repeat,
            slot: one.slot,
            stage: None,
            owner: asker.owner.clone(),
            reason: asker.reason.clone(),
            request: String::new(),
        };
        let id = bus::publish(bus.as_ref(), Topic::Control, &control, &one.slot.to_string()).await?;
        println!("{} is asked for (message {id})", one.slot);
    }
    Ok(Some(ExitCode::SUCCESS))
}

struct Loaded {
    slots: Vec<Todo>,
    usual: Vec<(String, f64)>,
}

async fn load(home: &Path, from: Slot, to: Slot, only_failed: bool) -> anyhow::Result<Loaded> {
    let home = Home::open(home)?;
    let database = home.database_to_look_at()?;
    let pool = database.connect().await?;
    let mut runs = Vec::new();
    for slot in Slot::range(from, to) {
        runs.push((slot, store::run(&pool, slot).await?));
    }
    let usual = store::usual(&pool).await?;
    pool.close().await;
    Ok(Loaded { slots: todo(&runs, only_failed), usual })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::Outcome;
    use domain::run::Limits;

    use super::*;

    #[test]
    fn what_failed_or_never_ran_is_done_and_nothing_else() {
        let slot = |hour: &str| format!("2026-11-20T{hour}Z").parse::<Slot>().unwrap();
        let limits = Limits { max_attempts: 1, ..Limits::default() };
        let ran = |hour: &str, outcomes: &[Outcome]| {
            let mut run = Run::new(slot(hour));
            run.apply(&Event::SlotDue { repeat: false }, slot(hour).close_at(), &limits);
            for (stage, outcome) in Stage::ALL.into_iter().zip(outcomes) {
                let event = Event::Finished { stage, attempt: 1, outcome: *outcome, message: String::new() };
                run.apply(&event, slot(hour).close_at(), &limits);
            }
            (slot(hour), Some(run))
        };
        let runs = [
            (slot("00"), None),
            ran("06", &[Outcome::Succeeded, Outcome::Failed]),
            ran("12", &[Outcome::Succeeded; 4]),
            ran("18", &[Outcome::Succeeded]),
        ];
        let all = todo(&runs, false);
        assert_eq!(
            all,
            [Todo { slot: slot("00"), from: Stage::Collect }, Todo { slot: slot("06"), from: Stage::Split }]
        );
        assert_eq!(todo(&runs, true), all[1..]);
        let usual = ["collect", "split", "predict", "publish"].map(|name| (name.to_owned(), 600.0));
        let prices = Prices::built_in().unwrap();
        // By hand, ten minutes each: 16751/6 once; (67006 + 20000)/6 and 67006/6 twice, each rounded: 2792, 14501 and 11168.
        assert_eq!(
            estimate(&prices, "smallest", &all, &usual),
            Some(MicroUsd(2_792 + 2 * 14_501 + 2 * 11_168))
        );
        assert_eq!(estimate(&prices, "smallest", &all, &usual[..2]), None);
    }
}
