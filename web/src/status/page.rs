//! The pages: how the product is, and what its words mean.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::HttpResponse;
use chrono::Duration;
use domain::manifest::Unread;
use serde::Serialize;

use super::health::{self, Health, Mark, PROMISE, Published};
use super::store::{self, SlotRow};
use crate::error::Error;
use crate::format;
use crate::publish::coverage::Coverage;
use crate::site::page;
use crate::site::reader::Reader;
use crate::text::{Lang, count, fill, text};

/// Slots that the page looks back on: a week.
const SLOTS: i64 = 28;

/// How something is, as the page shows it.
#[derive(Debug, Serialize)]
struct State {
    health: Health,
    word: &'static str,
    says: String,
}

impl State {
    fn new(health: Health, says: String, lang: Lang) -> Self {
        Self { health, word: text(lang, word_key(health)), says }
    }
}

#[derive(Debug, Serialize)]
struct SourceLine {
    name: String,
    state: State,
    newest: Option<String>,
    newest_at: Option<String>,
    whole: String,
}

#[derive(Debug, Serialize)]
struct SlotLine {
    slot: String,
    state: State,
    after: Option<String>,
}

/// `GET /status`
///
/// # Errors
/// Postgres fails.
pub async fn status(reader: Reader) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let slots: Vec<(SlotRow, Published)> =
        store::slots(&reader.app.pool, SLOTS).await?.into_iter().map(published).collect();
    let (lang, own_clock) = (reader.lang(), reader.app.settings.sandbox_data);
    let now = health::overall(reader.now, slots.first().map(|(_, p)| p), own_clock);
    let mut context = page::context(&reader, &edition, text(lang, "status_title"));
    context.insert("state", &State::new(now, text(lang, says_key(now)).to_owned(), lang));
    context.insert("own_clock", &own_clock);
    context.insert("sources", &sources(&slots, lang));
    context.insert("promise", &promise(&slots, own_clock, lang));
    let lines: Vec<SlotLine> = slots.iter().map(|(row, p)| slot_line(row, p, own_clock, lang)).collect();
    context.insert("slots", &lines);
    page::render(&reader.app, "public/status.html", &context)
}

fn published(row: SlotRow) -> (SlotRow, Published) {
    // A coverage of another version's shape is shown as none.
    let coverage: Coverage = serde_json::from_value(row.coverage.clone()).unwrap_or_default();
    let published = Published { closes_at: row.closes_at, version: row.version, coverage };
    (row, published)
}

fn sources(slots: &[(SlotRow, Published)], lang: Lang) -> Vec<SourceLine> {
    let names: BTreeSet<&String> = slots.iter().flat_map(|(_, p)| p.coverage.sources.keys()).collect();
    let unread: BTreeMap<&String, Unread> =
        slots.first().into_iter().flat_map(|(_, p)| p.coverage.unread.iter().map(|(n, w)| (n, *w))).collect();
    let read = names.into_iter().filter(|name| !unread.contains_key(*name)).map(|name| {
        let marks: Vec<Mark> = slots
            .iter()
            .filter_map(|(_, p)| {
                let source = p.coverage.sources.get(name)?;
                Some(Mark { closes_at: p.closes_at, complete: source.complete, newest_at: source.newest_at })
            })
            .collect();
        let health = health::source(&marks);
        let newest_at = marks.iter().find_map(|mark| mark.newest_at);
        let whole = marks.iter().filter(|mark| mark.complete).count();
        SourceLine {
            name: name.clone(),
            state: State::new(health, text(lang, source_key(health)).to_owned(), lang),
            newest: newest_at.map(|at| format::short_instant(at, lang)),
            newest_at: newest_at.map(|at| at.to_rfc3339()),
            whole: fill(
                lang,
                "status_whole_of",
                &[("whole", &whole.to_string()), ("all", &marks.len().to_string())],
            ),
        }
    });
    let mut lines: Vec<SourceLine> = read.collect();
    lines.extend(unread.iter().map(|(name, why)| SourceLine {
        name: (*name).clone(),
        state: State::new(Health::Unknown, text(lang, page::unread_key(*why)).to_owned(), lang),
        newest: None,
        newest_at: None,
        whole: "–".to_owned(),
    }));
    lines
}

/// How the promise of freshness was kept; nothing is said of data with a clock of their own.
fn promise(slots: &[(SlotRow, Published)], own_clock: bool, lang: Lang) -> Option<String> {
    if own_clock || slots.is_empty() {
        return None;
    }
    let delays: Vec<Duration> = slots.iter().map(|(row, _)| row.first_published_at - row.closes_at).collect();
    let kept = delays.iter().filter(|delay| **delay <= PROMISE).count();
    let longest = delays.iter().max().map_or(0, Duration::num_minutes);
    Some(count(
        lang,
        "status_promise",
        i64::try_from(slots.len()).unwrap_or(i64::MAX),
        &[("kept", &kept.to_string()), ("longest", &format::count(longest, lang))],
    ))
}

fn slot_line(row: &SlotRow, published: &Published, own_clock: bool, lang: Lang) -> SlotLine {
    // Every slot is judged by what it covers; when it came stands beside.
    let health = health::overall(published.closes_at, Some(published), true);
    let missing = published.coverage.missing_assets.len();
    let gaps = published.coverage.sources.values().filter(|source| !source.complete).count();
    let says = fill(
        lang,
        "status_slot_says",
        &[
            ("gaps", &gaps.to_string()),
            ("missing", &missing.to_string()),
            ("version", &row.version.to_string()),
        ],
    );
    let after = (row.first_published_at - row.closes_at).num_minutes();
    SlotLine {
        slot: row.slot.clone(),
        state: State::new(health, says, lang),
        after: (!own_clock).then(|| fill(lang, "status_after", &[("minutes", &format::count(after, lang))])),
    }
}

fn word_key(health: Health) -> &'static str {
    match health {
        Health::Healthy => "health_healthy",
        Health::Informational => "health_informational",
        Health::Degraded => "health_degraded",
        Health::Partial => "health_partial",
        Health::Late => "health_late",
        Health::Down => "health_down",
        Health::Unknown => "health_unknown",
    }
}

fn says_key(health: Health) -> &'static str {
    match health {
        Health::Healthy => "status_healthy",
        Health::Informational => "status_informational",
        Health::Degraded => "status_degraded",
        Health::Partial => "status_partial",
        Health::Late => "status_late",
        Health::Down => "status_down",
        Health::Unknown => "status_unknown",
    }
}

fn source_key(health: Health) -> &'static str {
    match health {
        Health::Healthy => "source_is_healthy",
        Health::Informational => "source_is_informational",
        Health::Partial => "source_is_partial",
        Health::Degraded | Health::Late => "source_is_degraded",
        Health::Down => "source_is_down",
        Health::Unknown => "source_is_unknown",
    }
}

/// Terms of the glossary: the keys of a name and of its meaning, by English name.
const TERMS: [(&str, &str); 24] = [
    ("term_backtest", "meaning_backtest"),
    ("term_bar", "meaning_bar"),
    ("term_bollinger", "meaning_bollinger"),
    ("term_coverage", "meaning_coverage"),
    ("term_document", "meaning_document"),
    ("term_drawdown", "meaning_drawdown"),
    ("term_ema", "meaning_ema"),
    ("term_shortfall", "meaning_shortfall"),
    ("term_forecast", "meaning_forecast"),
    ("term_interval", "meaning_interval"),
    ("term_lead", "meaning_lead"),
    ("term_macd", "meaning_macd"),
    ("term_mention", "meaning_mention"),
    ("term_noise", "meaning_noise"),
    ("term_walk", "meaning_walk"),
    ("term_receipt", "meaning_receipt"),
    ("term_rsi", "meaning_rsi"),
    ("term_score", "meaning_score"),
    ("term_sharpe", "meaning_sharpe"),
    ("term_signal", "meaning_signal"),
    ("term_skill", "meaning_skill"),
    ("term_slot", "meaning_slot"),
    ("term_stochastic", "meaning_stochastic"),
    ("term_var", "meaning_var"),
];

/// `GET /glossary`: the words of the site, sorted as the reader's language sorts them.
///
/// # Errors
/// Postgres fails.
pub async fn glossary(reader: Reader) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let lang = reader.lang();
    let mut terms: Vec<_> = TERMS
        .into_iter()
        .map(|(name, meaning)| (name.trim_start_matches("term_"), text(lang, name), text(lang, meaning)))
        .collect();
    terms.sort_by_key(|(_, name, _)| name.to_lowercase());
    let mut context = page::context(&reader, &edition, text(lang, "glossary_title"));
    context.insert("terms", &terms);
    page::render(&reader.app, "public/glossary.html", &context)
}
