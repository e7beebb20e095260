//! Whether what comes in is still like what models were fitted on: what each slot's predictions noted, over time.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use cloud::Lake;
use domain::prediction::{Level, Monitor, Watched};
use domain::{Key, Slot};
use futures::{StreamExt, stream};
use serde::Serialize;

use super::pages::far;
use crate::error::Error;
use crate::format;
use crate::operations::store;
use crate::plot::{Plot, Point, span};
use crate::site::page;
use crate::site::reader::SignedIn;
use crate::text::{Lang, fill, text};

/// Slots that are looked at: two weeks.
const SLOTS: i64 = 56;
/// Objects read at the same time.
const AT_ONCE: usize = 8;

/// One figure over time.
#[derive(Serialize)]
struct Chart {
    title: String,
    level: &'static str,
    word: &'static str,
    plot: Plot,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    slot: String,
    value: String,
    cases: String,
    level: &'static str,
    word: &'static str,
}

/// `GET /ml/drift`.
///
/// # Errors
/// Postgres fails. Slots whose notes cannot be read are left out, and counted.
pub async fn page(signed: SignedIn) -> Result<HttpResponse, Error> {
    let reader = signed.reader;
    let (app, lang) = (&reader.app, reader.lang());
    let mut runs = store::runs(&app.pool, far(reader.now), SLOTS).await?;
    runs.reverse();
    let slots: Vec<Slot> = runs.iter().filter_map(|run| Slot::closing_at(run.slot)).collect();
    let (monitors, unread) = match &app.lake {
        Some(lake) => read(lake, &slots).await,
        None => (Vec::new(), slots.len()),
    };
    let edition = app.edition().await?;
    let mut context = page::context(&reader, &edition, text(lang, "ml_drift_title"));
    context.insert("charts", &charts(&monitors, lang));
    context.insert("unread", &unread);
    context.insert("slots", &monitors.len());
    page::render(app, "ml/drift.html", &context)
}

/// What was noted at these slots, and how many notes cannot be read. A slot without notes has none.
async fn read(lake: &Arc<dyn Lake>, slots: &[Slot]) -> (Vec<(Slot, Monitor)>, usize) {
    let noted: Vec<Option<Option<(Slot, Monitor)>>> = stream::iter(slots.to_vec())
        .map(|slot| async move {
            let key = Key::Monitor { slot }.to_string();
            match lake.get(&key).await {
                Ok(None) => Some(None),
                Ok(Some(object)) => {
                    serde_json::from_slice(&object.bytes).ok().map(|monitor| Some((slot, monitor)))
                }
                Err(error) => {
                    tracing::warn!(%error, key, "cannot be read");
                    None
                }
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let unread = noted.iter().filter(|note| note.is_none()).count();
    (noted.into_iter().flatten().flatten().collect(), unread)
}

/// What was watched, when.
type Seen<'a> = (DateTime<Utc>, Slot, &'a Watched);

fn charts(monitors: &[(Slot, Monitor)], lang: Lang) -> Vec<Chart> {
    let mut by_figure: BTreeMap<(&str, &str), Vec<Seen<'_>>> = BTreeMap::new();
    for (slot, monitor) in monitors {
        for watched in &monitor.watched {
            let key = (watched.name.as_str(), watched.what.as_str());
            by_figure.entry(key).or_default().push((slot.close_at(), *slot, watched));
        }
    }
    by_figure.into_iter().filter_map(|((model, what), points)| chart(model, what, &points, lang)).collect()
}

fn chart(model: &str, what: &str, points: &[Seen<'_>], lang: Lang) -> Option<Chart> {
    let (first, last) = (points.first()?, points.last()?);
    let newest = last.2;
    let values = points.iter().map(|(_, _, watched)| watched.value);
    let (low, high) = span(values.chain([newest.warning, newest.alarm]))?;
    let x = |at: DateTime<Utc>| at.timestamp() as f64;
    let ends = (x(first.0), x(last.0));
    let title = fill(
        lang,
        "ml_drift_chart",
        &[("model", model), ("what", what), ("value", &format::number(newest.value, 3, lang))],
    );
    let flat = |value: f64| [(ends.0, value), (ends.1.max(ends.0 + 1.0), value)];
    let mut plot = Plot::new(&title, ends, (low, high))
        .below([
            (ends.0, format::short_day(first.0.date_naive(), lang)),
            (ends.1, format::short_day(last.0.date_naive(), lang)),
        ])
        .beside_round(|value| format::number(value, 3, lang))
        .line("drift-warning", flat(newest.warning))
        .line("drift-alarm", flat(newest.alarm))
        .line("drift-value", points.iter().map(|(at, _, watched)| (x(*at), watched.value)));
    let says = title.clone();
    plot = plot.mark(
        level(newest.level).0,
        &Point { x: ends.1, y: newest.value, interval: (newest.value, newest.value), says: &says },
    );
    let rows = points.iter().rev().map(|(_, slot, watched)| Row {
        slot: slot.to_string(),
        value: format::number(watched.value, 4, lang),
        cases: format::count(watched.cases as i64, lang),
        level: level(watched.level).0,
        word: text(lang, level(watched.level).1),
    });
    Some(Chart {
        title,
        level: level(newest.level).0,
        word: text(lang, level(newest.level).1),
        plot,
        rows: rows.collect(),
    })
}

fn level(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Fine => ("fine", "ml_level_fine"),
        Level::Warning => ("warning", "ml_level_warning"),
        Level::Alarm => ("alarm", "ml_level_alarm"),
    }
}
