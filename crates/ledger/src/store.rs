//! Runs, stages, transitions and holds; below, what hangs on them: all SQL of the ledger.

pub mod alerts;
pub mod audit;
pub mod backups;
pub mod dead_letters;
pub mod exclusions;
pub mod operations;
pub mod orders;
pub mod overrides;
pub mod publication_holds;
pub mod readings;

use chrono::{DateTime, Utc};
use domain::Slot;
use domain::message::Control;
use domain::run::{Applied, Event, Limits, Run, RunStatus, Stage, StageRun, StageState};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};

use crate::LedgerError;

/// Takes one event for the run of `slot` at `now`, and keeps what has changed and what is to be done about it, in one
/// transaction. `cause` is the id of the message. A run is made by an event that [`Event::makes_run`]; any other for a slot
/// without a run changes nothing.
///
/// # Errors
/// Postgres fails; then nothing is kept.
pub async fn apply(
    pool: &PgPool,
    slot: Slot,
    event: &Event,
    cause: &str,
    now: DateTime<Utc>,
    limits: &Limits,
) -> Result<Applied, LedgerError> {
    let mut tx = pool.begin().await?;
    let applied = apply_in(&mut tx, slot, event, cause, now, limits).await?;
    tx.commit().await?;
    Ok(applied)
}

/// As [`apply`], for what an operator asks; kept for good with who, why and what came of it. `None`: the message has been
/// carried out before.
///
/// # Errors
/// Postgres fails; then nothing is kept.
pub async fn apply_control(
    pool: &PgPool,
    control: &Control,
    event: &Event,
    message_id: &str,
    now: DateTime<Utc>,
    limits: &Limits,
) -> Result<Option<Applied>, LedgerError> {
    let mut tx = pool.begin().await?;
    if overrides::known(&mut tx, message_id).await? {
        return Ok(None);
    }
    let why_not = load_run(&mut tx, control.slot).await?.why_not(event);
    let applied = apply_in(&mut tx, control.slot, event, message_id, now, limits).await?;
    let changes: Vec<String> =
        applied.transitions.iter().map(|t| format!("{} {}", t.stage, t.to.as_str())).collect();
    let unchanged = why_not.map_or_else(
        || "nothing changed: there is no run".to_owned(),
        |why| format!("nothing changed: {why}"),
    );
    let order = overrides::Override {
        message_id: message_id.to_owned(),
        action: control.action.as_str().to_owned(),
        subject: control.slot.to_string(),
        stage: control.stage.map(|stage| stage.as_str().to_owned()),
        owner: control.owner.clone(),
        reason: control.reason.clone(),
        at: now,
        outcome: if changes.is_empty() { unchanged } else { changes.join(", ") },
    };
    if !overrides::keep(&mut tx, &order).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(applied))
}

async fn apply_in(
    connection: &mut PgConnection,
    slot: Slot,
    event: &Event,
    cause: &str,
    now: DateTime<Utc>,
    limits: &Limits,
) -> Result<Applied, LedgerError> {
    if event.makes_run() {
        let insert = "insert into runs (slot, status, created_at, updated_at) values ($1, 'running', $2, $2) on conflict do nothing";
        sqlx::query(insert).bind(slot.close_at()).bind(now).execute(&mut *connection).await?;
    }
    // The row is the lock: events of one slot are taken one after the other.
    let locked = sqlx::query("select 1 from runs where slot = $1 for update").bind(slot.close_at());
    if locked.fetch_optional(&mut *connection).await?.is_none() {
        return Ok(Applied::default());
    }
    let mut run = load_run(connection, slot).await?;
    let before = run.clone();
    let applied = run.apply(event, now, limits);
    if run != before {
        store_run(connection, &run, &before, now).await?;
        store_transitions(connection, slot, &applied).await?;
        alerts::follow(connection, slot, &run, &applied, now).await?;
        operations::ask(connection, &run, &applied.effects, cause, now, limits).await?;
    }
    Ok(applied)
}

async fn load_run(connection: &mut PgConnection, slot: Slot) -> Result<Run, LedgerError> {
    let mut run = Run::new(slot);
    let rows = sqlx::query("select * from stages where slot = $1")
        .bind(slot.close_at())
        .fetch_all(connection)
        .await?;
    for row in rows {
        let stage = read_stage(&row)?;
        let index = stage.stage as usize;
        run.stages[index] = stage;
    }
    Ok(run)
}

fn read_stage(row: &PgRow) -> Result<StageRun, LedgerError> {
    let (stage, state): (String, String) = (row.try_get("stage")?, row.try_get("state")?);
    let count = |name: &str| row.try_get::<i32, _>(name).map(i32::unsigned_abs);
    Ok(StageRun {
        stage: Stage::parse(&stage).ok_or(LedgerError::Unknown(stage))?,
        state: StageState::parse(&state).ok_or(LedgerError::Unknown(state))?,
        attempt: count("attempt")?,
        last_attempt: count("last_attempt")?,
        started_at: row.try_get("started_at")?,
        heartbeat_at: row.try_get("heartbeat_at")?,
        finished_at: row.try_get("finished_at")?,
        message: row.try_get("message")?,
    })
}

async fn store_run(
    connection: &mut PgConnection,
    run: &Run,
    before: &Run,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let upsert = "insert into stages (slot, stage, state, attempt, last_attempt, started_at, heartbeat_at, finished_at, message)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (slot, stage) do update set state = excluded.state, attempt = excluded.attempt,
            last_attempt = excluded.last_attempt, started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at,
            finished_at = excluded.finished_at, message = excluded.message";
    for (stage, old) in run.stages.iter().zip(&before.stages) {
        if stage == old {
            continue;
        }
        sqlx::query(upsert)
            .bind(run.slot.close_at())
            .bind(stage.stage.as_str())
            .bind(stage.state.as_str())
            .bind(stage.attempt.cast_signed())
            .bind(stage.last_attempt.cast_signed())
            .bind(stage.started_at)
            .bind(stage.heartbeat_at)
            .bind(stage.finished_at)
            .bind(&stage.message)
            .execute(&mut *connection)
            .await?;
    }
    let update = "update runs set status = $2, updated_at = $3 where slot = $1";
    sqlx::query(update)
        .bind(run.slot.close_at())
        .bind(run.status().as_str())
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

async fn store_transitions(
    connection: &mut PgConnection,
    slot: Slot,
    applied: &Applied,
) -> Result<(), LedgerError> {
    let insert = "insert into transitions (slot, stage, attempt, from_state, to_state, at, cause) values ($1, $2, $3, $4, $5, $6, $7)";
    for change in &applied.transitions {
        sqlx::query(insert)
            .bind(slot.close_at())
            .bind(change.stage.as_str())
            .bind(change.attempt.cast_signed())
            .bind(change.from.as_str())
            .bind(change.to.as_str())
            .bind(change.at)
            .bind(&change.cause)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// The run of a slot; `None` where there has been none.
///
/// # Errors
/// Postgres fails.
pub async fn run(pool: &PgPool, slot: Slot) -> Result<Option<Run>, LedgerError> {
    let mut connection = pool.acquire().await?;
    let known = sqlx::query("select 1 from runs where slot = $1").bind(slot.close_at());
    match known.fetch_optional(&mut *connection).await? {
        Some(_) => Ok(Some(load_run(&mut connection, slot).await?)),
        None => Ok(None),
    }
}

/// The newest runs, newest first.
///
/// # Errors
/// Postgres fails.
pub async fn recent_runs(pool: &PgPool, limit: i64) -> Result<Vec<Run>, LedgerError> {
    let slots: Vec<DateTime<Utc>> = sqlx::query_scalar("select slot from runs order by slot desc limit $1")
        .bind(limit)
        .fetch_all(pool)
        .await?;
    load_runs(pool, slots).await
}

/// The runs that have not ended, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn unfinished_runs(pool: &PgPool) -> Result<Vec<Run>, LedgerError> {
    let slots: Vec<DateTime<Utc>> =
        sqlx::query_scalar("select slot from runs where status = 'running' order by slot")
            .fetch_all(pool)
            .await?;
    load_runs(pool, slots).await
}

async fn load_runs(pool: &PgPool, slots: Vec<DateTime<Utc>>) -> Result<Vec<Run>, LedgerError> {
    let mut runs = Vec::with_capacity(slots.len());
    for close_at in slots {
        let slot =
            Slot::closing_at(close_at).ok_or_else(|| LedgerError::Unknown(format!("the slot {close_at}")))?;
        runs.extend(run(pool, slot).await?);
    }
    Ok(runs)
}

/// Whether an earlier slot's predict stage is still to come or at work.
///
/// # Errors
/// Postgres fails.
pub async fn predicts_before(pool: &PgPool, slot: Slot) -> Result<bool, LedgerError> {
    let query =
        "select exists (select from stages join runs using (slot) where slot < $1 and status = 'running'
        and stage = 'predict' and state in ('pending', 'starting', 'running'))";
    Ok(sqlx::query_scalar(query).bind(slot.close_at()).fetch_one(pool).await?)
}

/// Whether the split stage of the slot just before is still to come or at work: not where that slot has no run, nor where its
/// run has ended or its split has failed or been skipped.
///
/// # Errors
/// Postgres fails.
pub async fn splits_just_before(pool: &PgPool, slot: Slot) -> Result<bool, LedgerError> {
    let query =
        "select exists (select from stages join runs using (slot) where slot = $1 and status = 'running'
        and stage = 'split' and state in ('pending', 'starting', 'running'))";
    Ok(sqlx::query_scalar(query).bind(slot.previous().close_at()).fetch_one(pool).await?)
}

/// The status of every run between two slots, both included, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn statuses(pool: &PgPool, first: Slot, last: Slot) -> Result<Vec<(Slot, RunStatus)>, LedgerError> {
    let query = "select slot, status from runs where slot between $1 and $2 order by slot";
    let rows: Vec<(DateTime<Utc>, String)> =
        sqlx::query_as(query).bind(first.close_at()).bind(last.close_at()).fetch_all(pool).await?;
    let known = rows.into_iter().map(|(close_at, status)| {
        let all = [RunStatus::Running, RunStatus::Succeeded, RunStatus::Partial, RunStatus::Failed];
        let parsed = all.into_iter().find(|s| s.as_str() == status);
        Slot::closing_at(close_at)
            .zip(parsed)
            .ok_or_else(|| LedgerError::Unknown(format!("{status} of {close_at}")))
    });
    known.collect()
}

/// How long an attempt of each stage that gave something usually took, in seconds: the median of the newest forty.
///
/// # Errors
/// Postgres fails.
pub async fn usual(pool: &PgPool) -> Result<Vec<(String, f64)>, LedgerError> {
    let query = "select stage, percentile_cont(0.5) within group (order by extract(epoch from finished_at - started_at)::float8)
        from (select *, row_number() over (partition by stage order by slot desc) as n from stages
              where state in ('succeeded', 'partial') and finished_at >= started_at) s
        where n <= 40 group by stage";
    Ok(sqlx::query_as(query).fetch_all(pool).await?)
}

/// A change of a stage as it was kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TransitionRow {
    /// The stage.
    pub stage: String,
    /// Which attempt.
    pub attempt: i32,
    /// Before.
    pub from_state: String,
    /// After.
    pub to_state: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub cause: String,
}

/// How the run of a slot came to where it stands, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn transitions(pool: &PgPool, slot: Slot) -> Result<Vec<TransitionRow>, LedgerError> {
    let query =
        "select stage, attempt, from_state, to_state, at, cause from transitions where slot = $1 order by id";
    Ok(sqlx::query_as(query).bind(slot.close_at()).fetch_all(pool).await?)
}

/// A machine that is kept on, on purpose.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Hold {
    /// The machine.
    pub machine: String,
    /// Who holds it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub held_at: DateTime<Utc>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// Holds a machine; a hold that is open on it is replaced. Kept for good under the id of the message that asked; says
/// whether that is new: a message that has been carried out before changes nothing.
///
/// # Errors
/// Postgres fails, or the hold ends before it begins, or owner or reason is empty.
pub async fn hold(pool: &PgPool, hold: &Hold, message_id: &str) -> Result<bool, LedgerError> {
    let mut tx = pool.begin().await?;
    let until = format!("held until {}", hold.expires_at.format("%Y-%m-%dT%H:%M:%SZ"));
    let order = machine_override(message_id, "hold", hold, until);
    if !overrides::keep(&mut tx, &order).await? {
        return Ok(false);
    }
    close_hold(&mut tx, &hold.machine, hold.held_at).await?;
    let insert =
        "insert into holds (machine, owner, reason, held_at, expires_at) values ($1, $2, $3, $4, $5)";
    let insert = sqlx::query(insert).bind(&hold.machine).bind(&hold.owner).bind(&hold.reason);
    insert.bind(hold.held_at).bind(hold.expires_at).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(true)
}

/// Releases a machine, by `release`'s owner and for its reason, at its `held_at`. Kept as [`hold`] is; says whether the
/// machine was held.
///
/// # Errors
/// Postgres fails, or owner or reason is empty.
pub async fn release(pool: &PgPool, release: &Hold, message_id: &str) -> Result<bool, LedgerError> {
    let mut tx = pool.begin().await?;
    let held = close_hold(&mut tx, &release.machine, release.held_at).await?;
    let outcome = if held { "released" } else { "was not held" };
    let order = machine_override(message_id, "release", release, outcome.to_owned());
    if !overrides::keep(&mut tx, &order).await? {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(held)
}

fn machine_override(message_id: &str, action: &str, hold: &Hold, outcome: String) -> overrides::Override {
    overrides::Override {
        message_id: message_id.to_owned(),
        action: action.to_owned(),
        subject: hold.machine.clone(),
        stage: None,
        owner: hold.owner.clone(),
        reason: hold.reason.clone(),
        at: hold.held_at,
        outcome,
    }
}

async fn close_hold(
    connection: &mut PgConnection,
    machine: &str,
    now: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    let update = "update holds set released_at = $2 where machine = $1 and released_at is null";
    Ok(sqlx::query(update).bind(machine).bind(now).execute(connection).await?.rows_affected() > 0)
}

/// The holds that are in force at `now`.
///
/// # Errors
/// Postgres fails.
pub async fn holds(pool: &PgPool, now: DateTime<Utc>) -> Result<Vec<Hold>, LedgerError> {
    let query = "select machine, owner, reason, held_at, expires_at from holds where released_at is null and expires_at > $1 order by machine";
    Ok(sqlx::query_as(query).bind(now).fetch_all(pool).await?)
}
