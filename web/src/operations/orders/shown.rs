//! What was asked, by whom, why, and what came of it: the list, and one order or backfill.

use actix_web::{HttpResponse, web};
use domain::Slot;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::store::{self, OrderRow};
use super::super::{preview, words};
use crate::error::Error;
use crate::format;
use crate::site::page;
use crate::site::reader::SignedIn;
use crate::text::{Lang, count, fill, text};

/// Orders on the list.
const LISTED: i64 = 100;

/// An order on a page.
#[derive(Debug, Serialize)]
pub struct OrderView {
    id: String,
    href: String,
    what: &'static str,
    subject: String,
    who: String,
    reason: String,
    at: String,
    at_iso: String,
    state: String,
    done: bool,
    open: bool,
    message: String,
}

/// A pseudonym by its first part; who asked on the command line in full.
fn short(actor: &str) -> String {
    if actor.parse::<Uuid>().is_ok() { actor.chars().take(8).collect() } else { actor.to_owned() }
}

/// An order as a page shows it.
pub fn view(row: &OrderRow, lang: Lang) -> OrderView {
    let waits = row.sent_at.is_none() && row.cancelled_at.is_none();
    let state = match (&row.outcome, row.cancelled_at, row.sent_at) {
        (Some(outcome), ..) => outcome.clone(),
        (None, Some(_), _) => text(lang, "ops_order_withdrawn").to_owned(),
        (None, None, Some(_)) => text(lang, "ops_order_sent").to_owned(),
        (None, None, None) if !row.problem.is_empty() => {
            fill(lang, "ops_order_problem", &[("problem", &row.problem)])
        }
        (None, None, None) => text(lang, "ops_order_waits").to_owned(),
    };
    OrderView {
        id: row.id.to_string(),
        href: format!("/operations/orders/{}", row.batch.unwrap_or(row.id)),
        what: words::action(&row.action, lang),
        subject: row.subject.clone(),
        who: row.email.clone().unwrap_or_else(|| short(&row.actor)),
        reason: row.reason.clone(),
        at: format::short_instant(row.asked_at, lang),
        at_iso: row.asked_at.to_rfc3339(),
        state,
        done: row.outcome.is_some(),
        open: waits,
        message: serde_json::to_string_pretty(&row.body.0).unwrap_or_default(),
    }
}

/// What the list may be narrowed to.
#[derive(Debug, Default, Deserialize)]
pub struct Narrow {
    #[serde(default)]
    about: String,
}

/// `GET /operations/orders`: who asked for what, why, and what came of it.
///
/// # Errors
/// Postgres fails.
pub async fn list(signed: SignedIn, query: web::Query<Narrow>) -> Result<HttpResponse, Error> {
    let reader = signed.reader;
    let (app, lang) = (&reader.app, reader.lang());
    let about = Some(query.about.trim()).filter(|about| !about.is_empty() && about.len() <= 200);
    let rows = store::orders(&app.pool, about, LISTED).await?;
    let commands = ledger::store::overrides::recent(&app.pool, LISTED).await.map_err(preview::ledger)?;
    // What came by the command line has no order here.
    let commands: Vec<_> = commands
        .iter()
        .filter(|kept| about.is_none_or(|about| kept.subject == about))
        .filter(|kept| !rows.iter().any(|row| row.id.to_string() == kept.message_id))
        .map(|kept| Command {
            what: words::action(&kept.action, lang),
            subject: kept.subject.clone(),
            who: kept.owner.clone(),
            reason: kept.reason.clone(),
            at: format::short_instant(kept.at, lang),
            at_iso: kept.at.to_rfc3339(),
            outcome: kept.outcome.clone(),
        })
        .collect();
    let edition = app.edition().await?;
    let mut context = page::context(&reader, &edition, text(lang, "ops_orders_title"));
    context.insert("orders", &rows.iter().map(|row| view(row, lang)).collect::<Vec<_>>());
    context.insert("commands", &commands);
    context.insert("about", about.unwrap_or_default());
    page::with_scripts(&mut context, app, &["operations"]);
    page::render(app, "operations/orders.html", &context)
}

#[derive(Serialize)]
struct Command {
    what: &'static str,
    subject: String,
    who: String,
    reason: String,
    at: String,
    at_iso: String,
    outcome: String,
}

/// `GET /operations/orders/{id}`: an order, or all of a backfill.
///
/// # Errors
/// There is none, or Postgres fails.
pub async fn one(signed: SignedIn, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let reader = signed.reader;
    let (app, lang) = (&reader.app, reader.lang());
    let id: Uuid = id.parse().map_err(|_| Error::NotFound)?;
    let rows = store::order(&app.pool, id).await?;
    let Some(first) = rows.first() else { return Err(Error::NotFound) };
    let batch = first.batch.is_some();
    let views: Vec<OrderView> = rows.iter().map(|row| view(row, lang)).collect();
    let title = if batch {
        count(lang, "ops_batch_title", rows.len() as i64, &[])
    } else {
        let what = words::action(&first.action, lang);
        fill(lang, "ops_confirm_title", &[("what", what), ("subject", &first.subject)])
    };
    let edition = app.edition().await?;
    let mut context = page::context(&reader, &edition, &title);
    let slot = first.subject.parse::<Slot>().ok().map(|slot| slot.to_string());
    context.insert("slot", &slot.filter(|_| !batch));
    context.insert("batch", &batch);
    context.insert("done", &views.iter().filter(|view| view.done).count());
    context.insert("open", &views.iter().any(|view| view.open));
    context.insert("id", &id.to_string());
    context.insert("orders", &views);
    page::with_scripts(&mut context, app, &["operations"]);
    page::render(app, "operations/order.html", &context)
}
