//! All SQL of the operator's pages. The ledger's tables are only read; orders are kept by `ledger::store::orders` and sent from
//! here.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, PgPool};
use uuid::Uuid;

/// A run, newest first in lists.
#[derive(Debug, Clone, FromRow)]
pub struct RunRow {
    /// Close of its slot.
    pub slot: DateTime<Utc>,
    /// `running`, `succeeded`, `partial` or `failed`.
    pub status: String,
}

/// A change of a stage.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ChangeRow {
    /// Close of its slot.
    pub slot: DateTime<Utc>,
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

/// What the newest version of a slot's publication covers, held back or not.
#[derive(Debug, Clone, FromRow)]
pub struct CoverageRow {
    /// Close of the slot.
    pub closes_at: DateTime<Utc>,
    /// The version.
    pub version: i32,
    /// What it covers.
    pub coverage: Value,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Whether readers do not see it.
    pub held: bool,
}

/// How much of what waits for somebody.
#[derive(Debug, Clone, Copy, Default, FromRow)]
pub struct Counts {
    /// Dead letters.
    pub letters: i64,
    /// Orders that are not sent.
    pub waiting: i64,
    /// All runs.
    pub runs: i64,
}

/// An order, with what came of it.
#[derive(Debug, Clone, FromRow)]
pub struct OrderRow {
    /// Its name.
    pub id: Uuid,
    /// The backfill that it belongs to.
    pub batch: Option<Uuid>,
    /// What is asked.
    pub action: String,
    /// Of what.
    pub subject: String,
    /// The message.
    pub body: Json<Value>,
    /// Who asks: a pseudonym.
    pub actor: String,
    /// Their address, while the account exists.
    pub email: Option<String>,
    /// Why.
    pub reason: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// Why it could not be sent.
    pub problem: String,
    /// When it was sent.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// What came of it.
    pub outcome: Option<String>,
    /// When that was.
    pub done_at: Option<DateTime<Utc>>,
}

/// An order that is to be sent.
#[derive(Debug, Clone, FromRow)]
pub struct Unsent {
    /// Its name.
    pub id: Uuid,
    /// The topic.
    pub topic: String,
    /// Messages with the same subject stay together.
    pub subject: String,
    /// The message.
    pub body: Json<Value>,
    /// Failures so far.
    pub tries: i32,
}

const ORDER: &str =
    "select o.id, o.batch, o.action, o.subject, o.body, o.actor, c.email, o.reason, o.asked_at, o.problem,
        o.sent_at, o.cancelled_at, v.outcome, v.at as done_at
    from orders o left join overrides v on v.message_id = o.id::text
    left join customers c on c.pseudonym::text = o.actor";

/// The newest runs up to and with a slot, newest first.
///
/// # Errors
/// Postgres fails.
pub async fn runs(pool: &PgPool, last: DateTime<Utc>, limit: i64) -> sqlx::Result<Vec<RunRow>> {
    let query = "select slot, status from runs where slot <= $1 order by slot desc limit $2";
    sqlx::query_as(query).bind(last).bind(limit).fetch_all(pool).await
}

/// The changes of these slots' runs, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn changes(pool: &PgPool, slots: &[DateTime<Utc>]) -> sqlx::Result<Vec<ChangeRow>> {
    let query = "select slot, stage, attempt, from_state, to_state, at, cause from transitions
        where slot = any($1) order by id";
    sqlx::query_as(query).bind(slots).fetch_all(pool).await
}

/// The changes of all runs between two slots, both included, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn changes_of_span(
    pool: &PgPool,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> sqlx::Result<Vec<ChangeRow>> {
    let query = "select slot, stage, attempt, from_state, to_state, at, cause from transitions
        where slot between $1 and $2 order by id";
    sqlx::query_as(query).bind(from).bind(to).fetch_all(pool).await
}

/// What the newest publication of each of these slots covers.
///
/// # Errors
/// Postgres fails.
pub async fn coverages(pool: &PgPool, slots: &[DateTime<Utc>]) -> sqlx::Result<Vec<CoverageRow>> {
    let query = "select distinct on (closes_at) closes_at, version, coverage, published_at,
            not exists (select from publications p where p.id = m.id) as held
        from publications_made m where closes_at = any($1) order by closes_at, version desc";
    sqlx::query_as(query).bind(slots).fetch_all(pool).await
}

/// How much of what waits for somebody.
///
/// # Errors
/// Postgres fails.
pub async fn counts(pool: &PgPool) -> sqlx::Result<Counts> {
    let query = "select
        (select count(*) from dead_letters where parked_at is not null and settled_at is null) as letters,
        (select count(*) from orders where sent_at is null and cancelled_at is null) as waiting,
        (select count(*) from runs) as runs";
    sqlx::query_as(query).fetch_one(pool).await
}

/// Attempts that were asked for and are not stopped: what the ledger takes for on.
#[derive(Debug, Clone, FromRow)]
pub struct OnRow {
    /// Close of the slot.
    pub slot: DateTime<Utc>,
    /// The stage.
    pub stage: String,
    /// Which attempt.
    pub attempt: i32,
    /// `asked`, `started` or `stopping`.
    pub state: String,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// Why it has to be tried again.
    pub reason: String,
}

/// What the ledger takes for on, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn on(pool: &PgPool) -> sqlx::Result<Vec<OnRow>> {
    let query = "select slot, stage, attempt, state, asked_at, reason from operations where state <> 'stopped' order by asked_at";
    sqlx::query_as(query).fetch_all(pool).await
}

/// Whether something was asked under this name, as an order or as a backfill.
///
/// # Errors
/// Postgres fails.
pub async fn is_known(pool: &PgPool, id: Uuid) -> sqlx::Result<Option<Option<Uuid>>> {
    let query = "select batch from orders where id = $1 or batch = $1 limit 1";
    sqlx::query_scalar(query).bind(id).fetch_optional(pool).await
}

/// Orders that can be sent now; they are locked until the transaction ends, and others who look skip them. Those of a
/// backfill come one after the other, and only while fewer than `at_once` runs are on their way.
///
/// # Errors
/// Postgres fails.
pub async fn unsent(db: &mut PgConnection, at_once: i64, now: DateTime<Utc>) -> sqlx::Result<Vec<Unsent>> {
    sqlx::query_as(
        "select id, topic, subject, body, tries from orders o
         where sent_at is null and cancelled_at is null and next_try_at <= $1
           and (batch is null or (
               (select count(*) from runs where status = 'running') < $2
               and not exists (select from orders b where b.batch = o.batch and b.position < o.position
                   and b.cancelled_at is null
                   and not exists (select from overrides v where v.message_id = b.id::text))))
         order by asked_at, position limit 20 for update skip locked",
    )
    .bind(now)
    .bind(at_once)
    .fetch_all(db)
    .await
}

/// An order was sent, or is to be tried again at `next_try_at` because of a problem.
///
/// # Errors
/// Postgres fails.
pub async fn tried(
    db: &mut PgConnection,
    id: Uuid,
    sent_at: Option<DateTime<Utc>>,
    problem: &str,
    next_try_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let update = "update orders set sent_at = $2, problem = $3, next_try_at = $4, tries = tries + ($2::timestamptz is null)::integer where id = $1";
    sqlx::query(update).bind(id).bind(sent_at).bind(problem).bind(next_try_at).execute(db).await?;
    Ok(())
}

/// Takes back what has not been sent of an order, or of a backfill; says how many.
///
/// # Errors
/// Postgres fails.
pub async fn withdraw(db: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let update = "update orders set cancelled_at = $2 where (id = $1 or batch = $1) and sent_at is null and cancelled_at is null";
    Ok(sqlx::query(update).bind(id).bind(now).execute(db).await?.rows_affected())
}

/// One order, or all of one backfill in their order.
///
/// # Errors
/// Postgres fails.
pub async fn order(pool: &PgPool, id: Uuid) -> sqlx::Result<Vec<OrderRow>> {
    let query = format!("{ORDER} where o.id = $1 or o.batch = $1 order by o.position");
    sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(id).fetch_all(pool).await
}

/// The newest orders, newest first; those of a slot where one is named.
///
/// # Errors
/// Postgres fails.
pub async fn orders(pool: &PgPool, subject: Option<&str>, limit: i64) -> sqlx::Result<Vec<OrderRow>> {
    let query = format!(
        "{ORDER} where $1::text is null or o.subject = $1 order by o.asked_at desc, o.position desc limit $2"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(subject).bind(limit).fetch_all(pool).await
}
