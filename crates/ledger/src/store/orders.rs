//! Orders that wait until they are sent. The site sends them, one after the other where they belong to a backfill; the
//! operator's command leaves its backfills here, too.

use chrono::{DateTime, Utc};
use domain::backfill::Todo;
use domain::message::{Action, Control, Topic};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::LedgerError;

/// A new order.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// Its name.
    pub id: Uuid,
    /// The backfill that it belongs to, and its place there.
    pub batch: Option<(Uuid, i32)>,
    /// The topic that it goes out on.
    pub topic: Topic,
    /// What is asked.
    pub action: &'static str,
    /// Of what.
    pub subject: String,
    /// The message.
    pub body: Value,
}

/// Who asks, and why.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    /// Who: the pseudonym of an account, or a user of the command line.
    pub actor: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// The orders of a backfill, one a slot. Their names follow from the backfill's and the slot's, so that the same backfill
/// asked for again gives the same ones.
pub fn of_backfill(batch: Uuid, todo: &[Todo], by: By<'_>) -> Vec<NewOrder> {
    let order = |(one, position): (&Todo, i32)| {
        let subject = one.slot.to_string();
        let id = Uuid::new_v5(&batch, subject.as_bytes());
        let control = Control {
            action: Action::Repeat,
            slot: one.slot,
            stage: None,
            owner: by.actor.to_owned(),
            reason: by.reason.to_owned(),
            request: id.to_string(),
        };
        let body = serde_json::json!(control);
        NewOrder {
            id,
            batch: Some((batch, position)),
            topic: Topic::Control,
            action: "repeat",
            subject,
            body,
        }
    };
    todo.iter().zip(1..).map(order).collect()
}

/// Keeps an order; says whether it is new.
///
/// # Errors
/// Postgres fails.
pub async fn insert(
    db: &mut PgConnection,
    order: &NewOrder,
    by: By<'_>,
    now: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    let done = sqlx::query(
        "insert into orders (id, batch, position, topic, action, subject, body, actor, reason, asked_at, next_try_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) on conflict do nothing",
    )
    .bind(order.id)
    .bind(order.batch.map(|(batch, _)| batch))
    .bind(order.batch.map_or(0, |(_, position)| position))
    .bind(order.topic.as_str())
    .bind(order.action)
    .bind(&order.subject)
    .bind(Json(&order.body))
    .bind(by.actor)
    .bind(by.reason)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}
