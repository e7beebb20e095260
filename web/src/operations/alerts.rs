//! Alerts that the orchestrator raised, each with what to do.

use actix_web::{HttpResponse, web};
use ledger::store::alerts::{self, Alert};
use serde::Serialize;

use super::{preview, runbook};
use crate::error::Error;
use crate::format;
use crate::site::page;
use crate::site::reader::SignedIn;
use crate::text::{Lang, text};

/// Ended ones on the page.
const ENDED: i64 = 50;

/// An alert on a page.
#[derive(Debug, Serialize)]
pub struct AlertView {
    key: String,
    text: String,
    raised: String,
    raised_iso: String,
    ended: Option<String>,
    /// Its runbook, where there is one.
    runbook: Option<String>,
}

/// An alert as a page shows it.
pub fn view(alert: &Alert, lang: Lang) -> AlertView {
    let kind = alert.kind();
    AlertView {
        key: alert.key.clone(),
        text: alert.text.clone(),
        raised: format::short_instant(alert.raised_at, lang),
        raised_iso: alert.raised_at.to_rfc3339(),
        ended: alert.ended_at.map(|at| format::short_instant(at, lang)),
        runbook: runbook::text(kind, lang).map(|_| format!("/operations/alerts/{kind}")),
    }
}

/// `GET /operations/alerts`: those that go on, those that have ended, and all runbooks.
///
/// # Errors
/// Postgres fails.
pub async fn page(signed: SignedIn) -> Result<HttpResponse, Error> {
    let reader = signed.reader;
    let (app, lang) = (&reader.app, reader.lang());
    let open = alerts::open(&app.pool).await.map_err(preview::ledger)?;
    let ended = alerts::ended(&app.pool, ENDED).await.map_err(preview::ledger)?;
    let edition = app.edition().await?;
    let mut context = page::context(&reader, &edition, text(lang, "ops_alerts_title"));
    context.insert("open", &open.iter().map(|alert| view(alert, lang)).collect::<Vec<_>>());
    context.insert("ended", &ended.iter().map(|alert| view(alert, lang)).collect::<Vec<_>>());
    context.insert("runbooks", &runbook::titles(lang));
    page::with_scripts(&mut context, app, &["operations"]);
    page::render(app, "operations/alerts.html", &context)
}

/// `GET /operations/alerts/{kind}`: what to do about alerts of this kind.
///
/// # Errors
/// There is no runbook for it, or Postgres fails.
pub async fn runbook(signed: SignedIn, kind: web::Path<String>) -> Result<HttpResponse, Error> {
    let reader = signed.reader;
    let (app, lang) = (&reader.app, reader.lang());
    let markdown = runbook::text(&kind, lang).ok_or(Error::NotFound)?;
    let book = runbook::blocks(markdown);
    let open = alerts::open(&app.pool).await.map_err(preview::ledger)?;
    let open = open.iter().filter(|alert| alert.kind() == kind.as_str()).map(|alert| view(alert, lang));
    let edition = app.edition().await?;
    let mut context = page::context(&reader, &edition, &book.title);
    context.insert("blocks", &book.blocks);
    context.insert("open", &open.collect::<Vec<_>>());
    context.insert("kind", kind.as_str());
    page::render(app, "operations/runbook.html", &context)
}
