//! How runs stand.

use std::path::Path;
use std::process::ExitCode;

use chrono::{Duration, Utc};
use cloud::local::BusServer;
use cloud::push;
use comfy_table::{Table, presets};
use domain::cost::{self, Prices};
use domain::{Slot, Stage};
use ledger::store::{self, alerts, dead_letters};

use crate::coverage;
use crate::home::Home;
use crate::report::{self, RunReport};

const NEWEST: i64 = 12;
/// Dead letters that are named.
const LETTERS: i64 = 20;

/// `quarterday status`: the newest runs; with a slot, everything that happened in its run.
///
/// # Errors
/// The ledger is out of reach, or the slot has no run.
pub async fn status(home: &Path, slot: Option<Slot>, json: bool) -> anyhow::Result<ExitCode> {
    let home = Home::open(home)?;
    let database = home.database_to_look_at()?;
    let pool = database.connect().await?;
    let Some(slot) = slot else {
        let mut runs = store::recent_runs(&pool, NEWEST).await?;
        runs.reverse();
        let reports: Vec<RunReport> = runs.iter().map(RunReport::from).collect();
        report::print(&reports, json)?;
        if !json {
            say_rest(&home, &pool).await?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    let run = store::run(&pool, slot).await?;
    let run = run.ok_or_else(|| {
        anyhow::anyhow!("slot {slot} has no run: start one with `quarterday run --slot {slot}`")
    })?;
    let (report, transitions) = (RunReport::from(&run), store::transitions(&pool, slot).await?);
    let coverage = coverage::of_slot(&home, slot).await?;
    if json {
        let transitions: Vec<_> = transitions
            .iter()
            .map(|t| serde_json::json!({ "stage": t.stage, "attempt": t.attempt, "from": t.from_state, "to": t.to_state, "at": t.at, "cause": t.cause }))
            .collect();
        println!(
            "{}",
            serde_json::json!({ "run": report, "coverage": coverage, "transitions": transitions })
        );
    } else {
        report::print(std::slice::from_ref(&report), false)?;
        coverage::print(&coverage);
        let mut table = Table::new();
        table
            .load_style(presets::UTF8_HORIZONTAL_ONLY)
            .set_header(["at (UTC)", "stage", "attempt", "change", "cause"]);
        for t in transitions {
            let at = t.at.format("%Y-%m-%d %H:%M:%S%.3f").to_string();
            table.add_row([
                at,
                t.stage,
                t.attempt.to_string(),
                format!("{} → {}", t.from_state, t.to_state),
                t.cause,
            ]);
        }
        println!("{table}");
    }
    Ok(report::exit_code(report.status))
}

/// What the ML machine costs while it is held, in USD at list prices; `None` where the setup has no prices.
fn cost_of(held: Duration) -> Option<f64> {
    let prices = Prices::built_in().ok()?;
    let setup = std::env::var("QUARTERDAY_COST_SETUP").unwrap_or_else(|_| "smallest".to_owned());
    Some(cost::of_stage(&prices, prices.setup(&setup)?, Stage::Predict, held).0 as f64 / 1e6)
}

async fn say_rest(home: &Home, pool: &sqlx::PgPool) -> anyhow::Result<()> {
    let now = Utc::now();
    for hold in store::holds(pool, now).await? {
        let held = now - hold.held_at;
        let cost =
            cost_of(held).map_or_else(|| "an unknown sum".to_owned(), |usd| format!("about ${usd:.4}"));
        println!(
            "held: {} by {} for {} h {:02} min and {cost} so far, until {} ({})",
            hold.machine,
            hold.owner,
            held.num_hours(),
            held.num_minutes() % 60,
            hold.expires_at.format("%Y-%m-%d %H:%M UTC"),
            hold.reason
        );
    }
    for alert in alerts::open(pool).await? {
        println!(
            "ALERT {} since {}: {}",
            alert.key,
            alert.raised_at.format("%Y-%m-%d %H:%M UTC"),
            alert.text
        );
    }
    for letter in dead_letters::parked(pool, LETTERS).await? {
        println!("dead letter: {} of {}: {}", letter.message_id, letter.subscription, letter.reason);
    }
    // Those that the functions have not heard of: they are out of reach.
    for letter in BusServer::dead_letters(&home.join("bus")).unwrap_or_default() {
        let data = push::data(&letter.message).unwrap_or_default();
        if dead_letters::is_known(pool, &letter.subscription.name, &data).await? {
            continue;
        }
        println!(
            "dead letter: {} {}: {}",
            letter.subscription.topic, letter.message.message_id, letter.reason
        );
    }
    Ok(())
}
