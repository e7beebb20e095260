//! Messages that nobody took: why, what they hold, and what to do with them.

use actix_web::HttpResponse;
use domain::message::Topic;
use ledger::store::dead_letters;
use serde::Serialize;

use super::preview;
use crate::error::Error;
use crate::format;
use crate::site::page;
use crate::site::reader::SignedIn;
use crate::text::text;

const SHOWN: i64 = 100;
/// Characters of a message on the page.
const CONTENT: usize = 2_000;

#[derive(Serialize)]
struct Letter {
    id: String,
    subscription: String,
    topic: Option<&'static str>,
    reason: String,
    at: Option<String>,
    at_iso: Option<String>,
    content: String,
}

/// `GET /operations/letters`.
///
/// # Errors
/// Postgres fails.
pub async fn page(signed: SignedIn) -> Result<HttpResponse, Error> {
    let reader = signed.reader;
    let (app, lang) = (&reader.app, reader.lang());
    let parked = dead_letters::parked(&app.pool, SHOWN).await.map_err(preview::ledger)?;
    let letters: Vec<Letter> = parked
        .iter()
        .map(|letter| Letter {
            id: letter.message_id.clone(),
            subscription: letter.subscription.clone(),
            topic: Topic::of_subscription(&letter.subscription).map(Topic::as_str),
            reason: letter.reason.clone(),
            at: letter.parked_at.map(|at| format::short_instant(at, lang)),
            at_iso: letter.parked_at.map(|at| at.to_rfc3339()),
            content: String::from_utf8_lossy(&letter.data).chars().take(CONTENT).collect(),
        })
        .collect();
    let edition = app.edition().await?;
    let mut context = page::context(&reader, &edition, text(lang, "ops_letters_title"));
    context.insert("letters", &letters);
    page::with_scripts(&mut context, app, &["operations"]);
    page::render(app, "operations/letters.html", &context)
}
