//! What staff ask for: a preview with a reason, the order, and what came of it.
//!
//! An order is kept with its audit entry in one transaction, under a name that was made with the form: a second click is
//! the same order. It is then sent to the orchestrator until the bus has taken it, and carried out there once by its name.
//! [`shown`] has the list of orders.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Duration, Utc};
use domain::backfill::Todo;
use domain::message::Topic;
use ledger::store::orders::{By, NewOrder, insert, of_backfill};
use serde_json::json;
use uuid::Uuid;

use super::asked::{Asked, Fields};
use super::preview::{self, Preview};
use super::store;
use super::{permission, words};
use crate::access::Role;
use crate::audit::{self, Entry};
use crate::auth::limit::machine;
use crate::error::Error;
use crate::site::failure::Explained;
use crate::site::page;
use crate::site::reader::{Reader, SignedIn};
use crate::state::App;
use crate::text::{fill, text};

pub mod shown;

/// Runs that may be on their way when the next slot of a backfill is asked for.
const AT_ONCE: i64 = 2;
/// The pause after the first failure to send; doubled by each further one.
const FIRST_PAUSE_S: i64 = 2;

/// `GET /operations/confirm`: what would happen, and a form that asks why.
///
/// # Errors
/// The role may not ask for it, or Postgres or the lake fails.
pub async fn confirm(signed: SignedIn, query: web::Query<Fields>) -> Result<HttpResponse, Error> {
    let mut fields = query.into_inner();
    if fields.action.is_empty() {
        return shown::list(signed, web::Query(shown::Narrow::default())).await;
    }
    let reader = signed.reader;
    if !permission::may(Role::Admin, &fields.action) {
        let says = text(reader.lang(), "ops_accept_action").to_owned();
        return refused(&reader, StatusCode::BAD_REQUEST, says).await;
    }
    let Some(role) = signed.account.who.role().filter(|role| permission::may(*role, &fields.action)) else {
        return refused(&reader, StatusCode::FORBIDDEN, text(reader.lang(), "ops_not_allowed").to_owned())
            .await;
    };
    // Its name is made here, once a form.
    fields.id = Uuid::new_v4().to_string();
    match fields.read("staff", reader.now, future(&reader.app)) {
        Ok(asked) => form(&reader, role, &fields, &asked, None).await,
        Err(problem) => {
            refused(&reader, StatusCode::BAD_REQUEST, text(reader.lang(), problem).to_owned()).await
        }
    }
}

/// Slots that have not closed are refused, unless the world has a clock of its own.
fn future(app: &App) -> bool {
    app.settings.sandbox_data
}

async fn form(
    reader: &Reader,
    role: Role,
    fields: &Fields,
    asked: &Asked,
    problem: Option<&'static str>,
) -> Result<HttpResponse, Error> {
    let (app, lang) = (&reader.app, reader.lang());
    let preview = preview::of(app, asked, lang, reader.now).await?;
    let edition = app.edition().await?;
    let what = words::action(&fields.action, lang);
    let title = fill(lang, "ops_confirm_title", &[("what", what), ("subject", &asked.subject())]);
    let mut context = page::context(reader, &edition, &title);
    let refuses = preview.refused.is_some();
    context.insert("preview", &preview);
    context.insert("fields", &hidden(fields));
    context.insert("reason", &fields.reason);
    context.insert("what", what);
    context.insert("problem", &problem.map(|key| text(lang, key)));
    context.insert("connected", &app.bus.is_some());
    context.insert("cancels", &matches!(fields.action.as_str(), "cancel" | "drop" | "skip"));
    context.insert("role", role.as_str());
    let mut response = page::render(app, "operations/confirm.html", &context)?;
    let status = match (refuses, problem) {
        (true, _) => Some(StatusCode::CONFLICT),
        (_, Some(_)) => Some(StatusCode::BAD_REQUEST),
        _ => None,
    };
    if let Some(status) = status {
        *response.status_mut() = status;
        response.extensions_mut().insert(Explained);
    }
    Ok(response)
}

/// The fields that go back with the form as they came; the reason is typed anew.
fn hidden(fields: &Fields) -> Vec<(String, String)> {
    let value = serde_json::to_value(fields).unwrap_or_default();
    let pairs = value.as_object().into_iter().flatten().filter(|(name, _)| *name != "reason");
    let pairs = pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    pairs.filter(|(_, value)| !value.is_empty()).collect()
}

/// `POST /operations/orders`: asks for it.
///
/// # Errors
/// The role may not ask for it, or Postgres fails.
pub async fn ask(
    signed: SignedIn,
    request: HttpRequest,
    sent: web::Form<Fields>,
) -> Result<HttpResponse, Error> {
    let (reader, fields) = (signed.reader, sent.into_inner());
    let (app, lang) = (&reader.app, reader.lang());
    let refuse = |status, key: &'static str| refused(&reader, status, text(lang, key).to_owned());
    if !permission::may(Role::Admin, &fields.action) {
        return refuse(StatusCode::BAD_REQUEST, "ops_accept_action").await;
    }
    let Some(role) = signed.account.who.role().filter(|role| permission::may(*role, &fields.action)) else {
        return refuse(StatusCode::FORBIDDEN, "ops_not_allowed").await;
    };
    let Ok(id) = fields.id.parse::<Uuid>() else {
        return refuse(StatusCode::BAD_REQUEST, "ops_accept_id").await;
    };
    if store::is_known(&app.pool, id).await?.is_some() {
        return Ok(see(id));
    }
    let mut db = app.pool.acquire().await?;
    let actor = audit::store::pseudonym(&mut db, signed.account.id).await?;
    drop(db);
    let asked = match fields.read(&actor, reader.now, future(app)) {
        Ok(asked) => asked,
        Err(problem) => return refuse(StatusCode::BAD_REQUEST, problem).await,
    };
    let reason = match fields.good_reason() {
        Ok(reason) => reason.to_owned(),
        Err(problem) => return form(&reader, role, &fields, &asked, Some(problem)).await,
    };
    if app.bus.is_none() {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "ops_not_connected").await;
    }
    let preview = preview::of(app, &asked, lang, reader.now).await?;
    if preview.refused.is_some() {
        return form(&reader, role, &fields, &asked, None).await;
    }
    let by = Asker { actor, reason, address: machine(&request, app.settings.trust_proxy) };
    keep(app, id, &fields, &asked, &preview, &by, reader.now).await?;
    send_due(app, reader.now).await?;
    Ok(see(id))
}

struct Asker {
    actor: String,
    reason: String,
    address: IpAddr,
}

impl Asker {
    fn by(&self) -> By<'_> {
        By { actor: &self.actor, reason: &self.reason }
    }
}

fn see(id: Uuid) -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("location", format!("/operations/orders/{id}"))).finish()
}

/// Keeps an order and its audit entry, or neither.
async fn keep(
    app: &App,
    id: Uuid,
    fields: &Fields,
    asked: &Asked,
    preview: &Preview,
    by: &Asker,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let orders = new_orders(id, fields, asked, &preview.todo, by);
    let mut tx = app.pool.begin().await?;
    let mut new = 0;
    for order in &orders {
        new += usize::from(insert(&mut tx, order, by.by(), now).await.map_err(preview::ledger)?);
    }
    if new == 0 {
        return Ok(());
    }
    let action = format!("operations.{}", fields.action.replace('-', "_"));
    let detail =
        json!({ "order": id, "orders": orders.len(), "message": orders.first().map(|order| &order.body) });
    let entry = Entry {
        actor: &by.actor,
        action: &action,
        subject: &asked.subject(),
        reason: &by.reason,
        address: &by.address.to_string(),
        detail: &detail,
    };
    audit::append(&mut tx, &entry, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The orders that it takes: one, or one a slot for a backfill.
fn new_orders(id: Uuid, fields: &Fields, asked: &Asked, todo: &[Todo], by: &Asker) -> Vec<NewOrder> {
    if let Some((topic, body)) = asked.message() {
        let action = action_of(asked);
        return vec![NewOrder { id, batch: None, topic, action, subject: asked.subject(), body }];
    }
    tracing::debug!(action = fields.action, slots = todo.len(), "backfill");
    of_backfill(id, todo, by.by())
}

fn action_of(asked: &Asked) -> &'static str {
    match asked {
        Asked::Order(order) => order.action(),
        Asked::Hold(order) if order.until.is_some() => "hold",
        Asked::Hold(_) => "release",
        Asked::Backfill { .. } => "backfill",
    }
}

/// Sends what is to be sent now; says how many were.
///
/// # Errors
/// Postgres fails. What the bus does not take is tried again later.
pub async fn send_due(app: &App, now: DateTime<Utc>) -> Result<usize, Error> {
    let Some(bus) = app.bus.as_deref() else { return Ok(0) };
    let mut tx = app.pool.begin().await?;
    let mut sent = 0;
    for order in store::unsent(&mut tx, AT_ONCE, now).await? {
        let Some(topic) = Topic::parse(&order.topic) else { continue };
        let bytes = order.body.0.to_string().into_bytes();
        match bus.publish_bytes(topic, bytes, &order.subject).await {
            Ok(_) => {
                store::tried(&mut tx, order.id, Some(now), "", now).await?;
                sent += 1;
            }
            Err(error) => {
                tracing::warn!(%error, id = %order.id, "an order could not be sent; it is tried again");
                let pause = Duration::seconds(FIRST_PAUSE_S << order.tries.clamp(0, 8));
                store::tried(&mut tx, order.id, None, &error.to_string(), now + pause).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(sent)
}

/// `POST /operations/orders/{id}/withdraw`: takes back what has not been sent.
///
/// # Errors
/// There is none, the role may not ask for it, or Postgres fails.
pub async fn withdraw(
    signed: SignedIn,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let reader = signed.reader;
    let app = &reader.app;
    let id: Uuid = id.parse().map_err(|_| Error::NotFound)?;
    let rows = store::order(&app.pool, id).await?;
    let first = rows.first().ok_or(Error::NotFound)?;
    if !signed.account.who.role().is_some_and(|role| permission::may(role, &first.action)) {
        return refused(&reader, StatusCode::FORBIDDEN, text(reader.lang(), "ops_not_allowed").to_owned())
            .await;
    }
    let mut tx = app.pool.begin().await?;
    let actor = audit::store::pseudonym(&mut tx, signed.account.id).await?;
    let withdrawn = store::withdraw(&mut tx, id, reader.now).await?;
    if withdrawn > 0 {
        let detail = json!({ "order": id, "orders": withdrawn });
        let entry = Entry {
            actor: &actor,
            action: "operations.withdraw",
            subject: &first.subject,
            reason: "",
            address: &machine(&request, app.settings.trust_proxy).to_string(),
            detail: &detail,
        };
        audit::append(&mut tx, &entry, reader.now).await?;
    }
    tx.commit().await?;
    Ok(see(id))
}

/// A page that says why not.
pub(crate) async fn refused(
    reader: &Reader,
    status: StatusCode,
    says: String,
) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let mut context = page::context(reader, &edition, text(reader.lang(), "ops_refused_title"));
    context.insert("says", &says);
    // What was asked for may be very long: the footer's form does not repeat it.
    context.insert("path", "/operations");
    let mut response = page::render(&reader.app, "operations/refused.html", &context)?;
    *response.status_mut() = status;
    response.extensions_mut().insert(Explained);
    Ok(response)
}
