//! Everything that is the customer's, as one JSON file, from every table that hangs on the account.
//!
//! Which tables those are is asked of Postgres, so that a new one is in the file without anybody thinking of it: those
//! that refer to the account, and those that refer to a row of one of them. What is left out says [`store::SECRETS`].

use actix_web::HttpResponse;
use actix_web::http::header;
use serde_json::{Map, Value, json};

use super::event::{self, Event};
use super::recent::Recent;
use super::store;
use crate::error::Error;

/// `GET /account/export.json`
///
/// # Errors
/// Not signed in, the password was not shown lately, or Postgres fails.
pub async fn download(recent: Recent) -> Result<HttpResponse, Error> {
    let (app, now, account) = (&recent.reader.app, recent.reader.now, &recent.account);
    // One view of all tables.
    let mut db = store::snapshot(&app.pool).await?;
    let mut tables = Map::new();
    for table in store::tables(&mut db).await? {
        let rows = store::rows(&mut db, &table, account.id).await?;
        tables.insert(table.name, Value::Array(rows));
    }
    db.commit().await?;
    let mut db = app.pool.begin().await?;
    let customer = recent.customer(&mut db).await?;
    let history = store::audited(&mut db, &customer.pseudonym).await?;
    event::record(&mut db, app, &customer, &Event::Exported, &recent.origin, now).await?;
    db.commit().await?;
    let body = json!({ "exported_at": now, "format": 1, "tables": tables, "audit_log": history });
    let body = serde_json::to_vec_pretty(&body).map_err(|e| Error::Internal(e.into()))?;
    Ok(HttpResponse::Ok()
        .content_type("application/json; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"quarterday-account.json\""))
        .body(body))
}
