//! What has been asked to start and stop. A row is written with the change of the run that asks for it; whoever carries it
//! out claims it first, so that two handlers do not do the same, and a crash leaves it to the next look round.

use chrono::{DateTime, Duration, Utc};
use domain::Slot;
use domain::run::{Effect, Limits, Run, Stage, Work};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};
use uuid::Uuid;

use crate::LedgerError;

/// For how long a claimed row is left to who claimed it; longer than a handler takes.
const CLAIM_S: i64 = 30;
/// Nothing is put off for longer than this; what seems to be was put off before the clock was set back.
const LONGEST_WAIT_S: i64 = 600;

/// Nothing is asked for at an instant that lies further ahead, but by a clock that has been set back since.
const AHEAD_S: i64 = 10;

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationState {
    /// To be started.
    Asked,
    /// Started.
    Started,
    /// To be stopped.
    Stopping,
    /// Stopped: nothing is left to do.
    Stopped,
}

impl OperationState {
    fn parse(name: &str) -> Result<Self, LedgerError> {
        match name {
            "asked" => Ok(Self::Asked),
            "started" => Ok(Self::Started),
            "stopping" => Ok(Self::Stopping),
            "stopped" => Ok(Self::Stopped),
            other => Err(LedgerError::Unknown(other.to_owned())),
        }
    }
}

/// An attempt that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRow {
    /// The attempt.
    pub work: Work,
    /// Where it stands.
    pub state: OperationState,
    /// Names the request; from the message that asked.
    pub request_id: Uuid,
    /// Place of the provider's operation; empty where there is none.
    pub place: String,
    /// Name of the provider's operation; empty where there is none.
    pub name: String,
    /// Failures so far.
    pub tries: u32,
    /// Why it has to be tried again.
    pub reason: String,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
}

fn read(row: &PgRow) -> Result<OperationRow, LedgerError> {
    let (slot, stage): (DateTime<Utc>, String) = (row.try_get("slot")?, row.try_get("stage")?);
    let count = |name: &str| row.try_get::<i32, _>(name).map(i32::unsigned_abs);
    let unknown = || LedgerError::Unknown(format!("the operation {stage} of {slot}"));
    let work = Work {
        slot: Slot::closing_at(slot).ok_or_else(unknown)?,
        stage: Stage::parse(&stage).ok_or_else(unknown)?,
        attempt: count("attempt")?,
    };
    Ok(OperationRow {
        work,
        state: OperationState::parse(row.try_get("state")?)?,
        request_id: row.try_get("request_id")?,
        place: row.try_get("place")?,
        name: row.try_get("name")?,
        tries: count("tries")?,
        reason: row.try_get("reason")?,
        asked_at: row.try_get("asked_at")?,
    })
}

fn read_all(rows: &[PgRow]) -> Result<Vec<OperationRow>, LedgerError> {
    let mut all = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    all.sort_by_key(|row| row.work);
    Ok(all)
}

/// Writes down what a change has made the run ask for; `cause` is the id of the message that led to it. What is to be stopped
/// is stopped now, a further attempt is started after its pause.
pub(super) async fn ask(
    connection: &mut PgConnection,
    run: &Run,
    effects: &[Effect],
    cause: &str,
    now: DateTime<Utc>,
    limits: &Limits,
) -> Result<(), LedgerError> {
    let slot = run.slot;
    for effect in effects {
        let (text, stage, attempt) = match effect {
            Effect::Start { stage, attempt } => (
                "insert into operations (slot, stage, attempt, state, request_id, asked_at, next_try_at) values ($1, $2, $3, 'asked', $4, $5, $6)",
                stage,
                attempt,
            ),
            Effect::Stop { stage, attempt } => (
                "update operations set state = 'stopping', request_id = $4, tries = 0, next_try_at = $5 where slot = $1 and stage = $2 and attempt = $3",
                stage,
                attempt,
            ),
        };
        let request = format!("{cause} {}", Work { slot, stage: *stage, attempt: *attempt });
        let query = sqlx::query(text)
            .bind(slot.close_at())
            .bind(stage.as_str())
            .bind(attempt.cast_signed())
            .bind(Uuid::new_v5(&Uuid::NAMESPACE_OID, request.as_bytes()))
            .bind(now);
        let query = match effect {
            Effect::Start { stage, .. } => query.bind(now + limits.pause_before(slot, run.stage(*stage))),
            Effect::Stop { .. } => query,
        };
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// What is to be started or stopped now, of one slot or of all, in order. What is returned is left to the caller for half
/// a minute. What was asked for at an instant well ahead was asked for before the clock was set back, and has waited enough.
///
/// # Errors
/// Postgres fails.
pub async fn claim(
    pool: &PgPool,
    slot: Option<Slot>,
    now: DateTime<Utc>,
) -> Result<Vec<OperationRow>, LedgerError> {
    let query = "with due as (select slot, stage, attempt from operations
            where state in ('asked', 'stopping') and (next_try_at <= $1 or next_try_at > $4 or asked_at > $5) and ($2::timestamptz is null or slot = $2)
            for update skip locked)
        update operations o set next_try_at = $3, asked_at = least(o.asked_at, $1) from due
        where o.slot = due.slot and o.stage = due.stage and o.attempt = due.attempt returning o.*";
    let rows = sqlx::query(query)
        .bind(now)
        .bind(slot.map(Slot::close_at))
        .bind(now + Duration::seconds(CLAIM_S))
        .bind(now + Duration::seconds(LONGEST_WAIT_S))
        .bind(now + Duration::seconds(AHEAD_S))
        .fetch_all(pool)
        .await?;
    read_all(&rows)
}

/// The attempts of a slot that were asked for and are not stopped.
///
/// # Errors
/// Postgres fails.
pub async fn open(pool: &PgPool, slot: Slot) -> Result<Vec<OperationRow>, LedgerError> {
    let query = "select * from operations where slot = $1 and state <> 'stopped'";
    read_all(&sqlx::query(query).bind(slot.close_at()).fetch_all(pool).await?)
}

/// The oldest attempt of a stage that still waits to be started.
///
/// # Errors
/// Postgres fails.
pub async fn oldest_asked(pool: &PgPool, stage: Stage) -> Result<Option<OperationRow>, LedgerError> {
    let query = "select * from operations where stage = $1 and state = 'asked' order by slot limit 1";
    sqlx::query(query).bind(stage.as_str()).fetch_optional(pool).await?.as_ref().map(read).transpose()
}

/// An attempt is started, by an operation of the provider where one is named. One that is to be stopped meanwhile stays so.
///
/// # Errors
/// Postgres fails.
pub async fn started(pool: &PgPool, work: Work, place: &str, name: &str) -> Result<(), LedgerError> {
    let update = "update operations set state = 'started', place = $4, name = $5, reason = ''
        where slot = $1 and stage = $2 and attempt = $3 and state in ('asked', 'started')";
    let query = sqlx::query(update).bind(work.slot.close_at()).bind(work.stage.as_str());
    query.bind(work.attempt.cast_signed()).bind(place).bind(name).execute(pool).await?;
    Ok(())
}

/// Nothing is left to do for an attempt.
///
/// # Errors
/// Postgres fails.
pub async fn stopped(pool: &PgPool, work: Work) -> Result<(), LedgerError> {
    let update = "update operations set state = 'stopped' where slot = $1 and stage = $2 and attempt = $3 and state = 'stopping'";
    let query = sqlx::query(update).bind(work.slot.close_at()).bind(work.stage.as_str());
    query.bind(work.attempt.cast_signed()).execute(pool).await?;
    Ok(())
}

/// An attempt waits its turn behind another one: its time to be started has not begun.
///
/// # Errors
/// Postgres fails.
pub async fn wait(pool: &PgPool, work: Work, reason: &str, now: DateTime<Utc>) -> Result<(), LedgerError> {
    let update = "update operations set asked_at = $4, next_try_at = $4, reason = $5
        where slot = $1 and stage = $2 and attempt = $3 and state = 'asked'";
    let query = sqlx::query(update).bind(work.slot.close_at()).bind(work.stage.as_str());
    query.bind(work.attempt.cast_signed()).bind(now).bind(reason).execute(pool).await?;
    Ok(())
}

/// What was tried has to be tried again at `next_try_at`, for a reason; `failed` says whether it counts as a failure. A
/// start that had been taken for made goes back to being asked for.
///
/// # Errors
/// Postgres fails.
pub async fn try_again(
    pool: &PgPool,
    work: Work,
    reason: &str,
    failed: bool,
    next_try_at: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let update = "update operations set state = case state when 'started' then 'asked' else state end,
            place = '', name = '', reason = $4, tries = tries + $5, next_try_at = $6
        where slot = $1 and stage = $2 and attempt = $3 and state <> 'stopped'";
    let query = sqlx::query(update).bind(work.slot.close_at()).bind(work.stage.as_str());
    let query = query.bind(work.attempt.cast_signed()).bind(reason).bind(i32::from(failed)).bind(next_try_at);
    query.execute(pool).await?;
    Ok(())
}
