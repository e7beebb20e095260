//! The desk: the machine and its meter, the newest publications, assets that are left out, stages to do again.

use actix_web::HttpResponse;
use chrono::{DateTime, Duration, Utc};
use domain::{Slot, Stage};
use ledger::store::{exclusions, publication_holds};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::error::Error;
use crate::format;
use crate::operations::money::{self, Tariff};
use crate::operations::{machines, preview, store};
use crate::site::page;
use crate::site::reader::SignedIn;
use crate::text::text;

/// Slots on the desk.
const SLOTS: i64 = 8;

#[derive(Serialize)]
struct PublicationView {
    slot: String,
    version: i32,
    at: String,
    at_iso: String,
    held: bool,
    /// Whether it is held as all of its slot.
    whole_slot: bool,
    says: String,
}

#[derive(Serialize)]
struct Out {
    symbol: String,
    /// The symbol as it stands in an address.
    query: String,
    from: String,
    until: Option<String>,
    owner: String,
    reason: String,
}

/// `GET /ml`.
///
/// # Errors
/// Postgres fails.
pub async fn desk(signed: SignedIn) -> Result<HttpResponse, Error> {
    let reader = signed.reader;
    let (app, lang, now) = (&reader.app, reader.lang(), reader.now);
    let holds = ledger::store::holds(&app.pool, now).await.map_err(preview::ledger)?;
    let runs = store::runs(&app.pool, far(now), SLOTS).await?;
    let slots: Vec<DateTime<Utc>> = runs.iter().map(|run| run.slot).collect();
    let published = store::coverages(&app.pool, &slots).await?;
    let held = publication_holds::open(&app.pool).await.map_err(preview::ledger)?;
    let out = exclusions::open(&app.pool, DateTime::UNIX_EPOCH).await.map_err(preview::ledger)?;
    let tariff = Tariff::of(app);
    let mut publications: Vec<PublicationView> = published
        .iter()
        .filter_map(|row| {
            let slot = Slot::closing_at(row.closes_at)?.to_string();
            let hold = held.iter().find(|h| h.slot == slot && h.version.is_none_or(|v| v == row.version));
            Some(PublicationView {
                version: row.version,
                at: format::short_instant(row.published_at, lang),
                at_iso: row.published_at.to_rfc3339(),
                held: row.held,
                whole_slot: hold.is_some_and(|hold| hold.version.is_none()),
                says: hold.map(|hold| hold.reason.clone()).unwrap_or_default(),
                slot,
            })
        })
        .collect();
    publications.reverse();
    // Held before they were made, or too old for the list.
    let others: Vec<(&str, &str)> = held
        .iter()
        .filter(|hold| !publications.iter().any(|p| p.slot == hold.slot))
        .map(|hold| (hold.slot.as_str(), hold.reason.as_str()))
        .collect();
    let out: Vec<Out> = out
        .iter()
        .map(|one| Out {
            symbol: one.symbol.clone(),
            query: utf8_percent_encode(&one.symbol, NON_ALPHANUMERIC).to_string(),
            from: slot_name(one.from_at),
            until: one.until_at.map(slot_name),
            owner: one.owner.clone(),
            reason: one.reason.clone(),
        })
        .collect();
    let edition = app.edition().await?;
    let next = runs
        .first()
        .and_then(|run| Slot::closing_at(run.slot))
        .map_or_else(|| Slot::containing(now), Slot::next);
    let assets: Vec<_> = edition.front.assets.values().map(|a| (&a.symbol, &a.name)).collect();
    let mut context = page::context(&reader, &edition, text(lang, "ml_title"));
    context.insert(
        "holds",
        &holds.iter().map(|hold| machines::held(tariff, hold, lang, now)).collect::<Vec<_>>(),
    );
    context.insert(
        "hour",
        &tariff.map(|tariff| money::usd(tariff.stage(Stage::Predict, Duration::hours(1)), lang)),
    );
    context.insert("publications", &publications);
    context.insert("others", &others);
    context.insert("out", &out);
    context.insert("assets", &assets);
    context.insert("next", &next.to_string());
    context.insert("runs", &runs.iter().map(|run| slot_name(run.slot)).collect::<Vec<_>>());
    page::with_scripts(&mut context, app, &["operations"]);
    page::render(app, "ml/desk.html", &context)
}

/// Later than any slot: a world's clock may be ahead of ours.
pub(super) fn far(now: DateTime<Utc>) -> DateTime<Utc> {
    now + Duration::days(36_500)
}

fn slot_name(close_at: DateTime<Utc>) -> String {
    Slot::closing_at(close_at).map_or_else(|| close_at.to_rfc3339(), |slot| slot.to_string())
}
