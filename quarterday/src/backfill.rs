//! Runs for many slots: what a backfill would do and cost, and how a running installation is asked for one.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use chrono::Utc;
use comfy_table::{Table, presets};
use domain::Slot;
use domain::backfill::{LONGEST, Todo};
use domain::cost::{self, MicroUsd, Prices};
use ledger::store;
use ledger::store::audit::{self, Entry};
use ledger::store::orders::{self, By};
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::control::{Asker, running_bus};
use crate::home::Home;

/// What the machines would cost; `None` where a stage that is needed has never ended well.
pub fn estimate(prices: &Prices, setup: &str, todo: &[Todo], usual: &[(String, f64)]) -> Option<MicroUsd> {
    cost::of_stages(prices, prices.setup(setup)?, todo.iter().flat_map(|one| one.stages()), usual)
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

/// Asks a running installation for a backfill, as the site's page does: one order a slot, kept together. The site sends
/// them oldest first, each when the one before has been carried out and no more runs are on their way than may be.
///
/// # Errors
/// The span is too long, or the ledger is out of reach.
pub async fn ask(
    home: &Path,
    slots: (Slot, Slot),
    only_failed: bool,
    asker: &Asker,
) -> anyhow::Result<Option<ExitCode>> {
    if running_bus(home).await?.is_none() {
        return Ok(None);
    }
    if Slot::range(slots.0, slots.1).count() > LONGEST {
        bail!("a backfill has {LONGEST} slots at most: ask for it in parts");
    }
    let loaded = load(home, slots.0, slots.1, only_failed).await?;
    if loaded.slots.is_empty() {
        println!("nothing is to be done between {} and {}", slots.0, slots.1);
        return Ok(Some(ExitCode::SUCCESS));
    }
    let database = Home::open(home)?.database_to_look_at()?;
    let pool = database.connect().await?;
    let batch = Uuid::new_v4();
    place(&pool, batch, &loaded.slots, (slots, only_failed), asker).await?;
    pool.close().await;
    for one in &loaded.slots {
        println!("{} is asked for, from {} on", one.slot, one.from);
    }
    println!(
        "one after the other; the site's page /operations/orders/{batch} shows what came of them and takes back what waits"
    );
    Ok(Some(ExitCode::SUCCESS))
}

/// Keeps the orders of a backfill and its row of the audit log, all or none.
///
/// # Errors
/// Postgres fails.
pub async fn place(
    pool: &PgPool,
    batch: Uuid,
    todo: &[Todo],
    (slots, only_failed): ((Slot, Slot), bool),
    asker: &Asker,
) -> anyhow::Result<()> {
    let by = By { actor: &asker.owner, reason: &asker.reason };
    let mut tx = pool.begin().await?;
    for order in &orders::of_backfill(batch, todo, by) {
        orders::insert(&mut tx, order, by, Utc::now()).await?;
    }
    let detail = json!({ "order": batch, "orders": todo.len(), "only_failed": only_failed });
    note(&mut tx, slots, asker, detail).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes a backfill into the audit log: by whom, of which slots, why.
///
/// # Errors
/// Postgres fails.
pub async fn note(
    db: &mut PgConnection,
    (from, to): (Slot, Slot),
    asker: &Asker,
    mut detail: Value,
) -> anyhow::Result<()> {
    detail["by"] = json!("quarterday backfill");
    let entry = Entry {
        actor: &format!("operator {}", asker.owner),
        action: "operations.backfill",
        subject: &format!("{from}/{to}"),
        reason: &asker.reason,
        address: "",
        detail: &detail,
    };
    audit::append(db, &entry, Utc::now()).await?;
    Ok(())
}

struct Loaded {
    slots: Vec<Todo>,
    usual: Vec<(String, f64)>,
}

async fn load(home: &Path, from: Slot, to: Slot, only_failed: bool) -> anyhow::Result<Loaded> {
    let home = Home::open(home)?;
    let database = home.database_to_look_at()?;
    let pool = database.connect().await?;
    let mut slots = Vec::new();
    for slot in Slot::range(from, to) {
        slots.extend(Todo::of(slot, store::run(&pool, slot).await?.as_ref(), only_failed));
    }
    let usual = store::usual(&pool).await?;
    pool.close().await;
    Ok(Loaded { slots, usual })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::run::Stage;

    use super::*;

    #[test]
    fn what_it_costs_is_the_sum_of_what_its_stages_usually_take() {
        let todo = |slot: &str, from| Todo { slot: slot.parse().unwrap(), from };
        let all = [todo("2026-11-20T00Z", Stage::Collect), todo("2026-11-20T06Z", Stage::Split)];
        let usual = ["collect", "split", "predict", "publish"].map(|name| (name.to_owned(), 600.0));
        let prices = Prices::built_in().unwrap();
        // By hand, ten minutes each: 16753/6 once; 67011/6 + 20000/6 and 67011/6 twice, each rounded: 2792, 14502 and 11169.
        assert_eq!(
            estimate(&prices, "smallest", &all, &usual),
            Some(MicroUsd(2_792 + 2 * 14_502 + 2 * 11_169))
        );
        assert_eq!(estimate(&prices, "smallest", &all, &usual[..2]), None);
    }
}
