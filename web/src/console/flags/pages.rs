//! `/admin/flags`: how flags stand, the form for each, and who switched what when.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Flag, State, store};
use crate::billing::actions::Order;
use crate::console::changes::{self, Against, Shown};
use crate::console::confirm;
use crate::console::desk::{self, Clerk};
use crate::console::rule::Area;
use crate::error::Error;
use crate::format;
use crate::site::reader::Reader;
use crate::site::refusal;
use crate::text::text;

/// Longest words of a flag, in characters.
const WORDS: usize = 200;
/// Changes that the page lists.
const HISTORY: i64 = 50;

#[derive(Serialize)]
struct Row {
    name: &'static str,
    label: &'static str,
    note: &'static str,
    on: bool,
    has_text: bool,
    en: String,
    es: String,
}

#[derive(Serialize)]
struct Past {
    flag: String,
    on: bool,
    words: String,
    by: String,
    at: String,
    reason: String,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct Form {
    flag: String,
    turn: String,
    reason: String,
    #[serde(default)]
    text_en: String,
    #[serde(default)]
    text_es: String,
}

/// `GET /admin/flags`
///
/// # Errors
/// Postgres fails.
pub async fn page(clerk: Clerk) -> Result<HttpResponse, Error> {
    show(&clerk, None).await
}

/// The page, with a problem where there is one.
///
/// # Errors
/// Postgres fails.
pub async fn show(clerk: &Clerk, problem: Option<(StatusCode, &str)>) -> Result<HttpResponse, Error> {
    let (app, lang) = (&clerk.reader.app, clerk.lang());
    let states = store::states(&app.pool).await?;
    let shown = Flag::ALL.map(|flag| {
        let state = states.get(&flag).cloned().unwrap_or(State { on: flag.default_on(), ..State::default() });
        let ((label, note), [en, es]) = (flag.labels(), state.text);
        Row {
            name: flag.as_str(),
            label: text(lang, label),
            note: text(lang, note),
            on: state.on,
            has_text: flag.has_text(),
            en,
            es,
        }
    });
    let past = store::history(&app.pool, HISTORY).await?.into_iter().map(|change| Past {
        words: [change.text_en, change.text_es].join(" · ").trim_matches([' ', '·']).to_owned(),
        flag: change.flag,
        on: change.is_on,
        by: short(&change.changed_by).to_owned(),
        at: format::instant(change.changed_at, lang),
        reason: change.reason,
    });
    let mut context = clerk.context(Area::Flags, text(lang, "admin_flags")).await?;
    context.insert("flags", &shown);
    context.insert("past", &past.collect::<Vec<_>>());
    if let Some((status, problem)) = problem {
        context.insert("problem", problem);
        return clerk.refuse(status, "console/flags.html", &context);
    }
    clerk.render("console/flags.html", &context)
}

/// The first part of a pseudonym: enough to tell people apart in a list.
pub fn short(pseudonym: &str) -> &str {
    pseudonym.split('-').next().unwrap_or(pseudonym)
}

/// A switch as it is to stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    flag: Flag,
    on: bool,
    text: [String; 2],
}

/// `POST /admin/flags`: shows what switching one would do. Nothing is changed.
///
/// # Errors
/// There is no such flag, or Postgres fails. What is wrong with the form is said on the page.
pub async fn propose(clerk: Clerk, form: web::Form<Form>) -> Result<HttpResponse, Error> {
    let form = form.into_inner();
    let flag = Flag::parse(&form.flag).ok_or(Error::NotFound)?;
    let bad = async |key| show(&clerk, Some((StatusCode::BAD_REQUEST, text(clerk.lang(), key)))).await;
    let on = match form.turn.as_str() {
        "on" => true,
        "off" => false,
        _ => return bad("admin_flag_turn").await,
    };
    let Some(reason) = desk::reason(&form.reason) else { return bad("admin_reason_needed").await };
    let words =
        [form.text_en, form.text_es].map(|words| words.split_whitespace().collect::<Vec<_>>().join(" "));
    let told = words.iter().all(|words| !words.is_empty() && words.chars().count() <= WORDS);
    if flag.has_text() && on && !told {
        return bad("admin_flag_words").await;
    }
    let change = Change { flag, on, text: if flag.has_text() { words } else { Default::default() } };
    changes::propose(&clerk, changes::Change::Flag(change), &reason).await
}

/// What switching would do.
///
/// # Errors
/// Postgres fails.
pub async fn shown(clerk: &Clerk, change: &Change) -> Result<Result<Shown, Against>, Error> {
    let (lang, flag) = (clerk.lang(), change.flag);
    let states = store::states(&clerk.reader.app.pool).await?;
    let before = states.get(&flag).cloned().unwrap_or(State { on: flag.default_on(), ..State::default() });
    if before.on == change.on && (before.text == change.text || !change.on) {
        return Ok(Err((StatusCode::CONFLICT, text(lang, "change_nothing").to_owned())));
    }
    let says = |on: bool, words: &[String; 2]| {
        let state = text(lang, if on { "admin_on" } else { "admin_off" });
        let words: Vec<&str> =
            words.iter().map(String::as_str).filter(|words| on && !words.is_empty()).collect();
        [&[state][..], &words].concat().join(" · ")
    };
    let (label, note) = flag.labels();
    let rows = vec![
        (text(lang, "admin_flag"), text(lang, label).to_owned()),
        (text(lang, "change_was"), says(before.on, &before.text)),
        (text(lang, "change_becomes"), says(change.on, &change.text)),
        (text(lang, "change_means"), text(lang, note).to_owned()),
    ];
    let seen = confirm::digest(&(before.on, &before.text))?;
    Ok(Ok(Shown { title: text(lang, label).to_owned(), rows, seen }))
}

/// Switches it.
///
/// # Errors
/// Postgres fails.
pub async fn carry_out(clerk: &Clerk, change: &Change, order: &Order<'_>) -> Result<(), Error> {
    let app = &clerk.reader.app;
    let state = State { on: change.on, text: change.text.clone() };
    let mut tx = app.pool.begin().await?;
    store::switch(&mut tx, change.flag, &state, (order.by, order.reason), clerk.reader.now).await?;
    let detail = json!({ "on": change.on, "text": state.text });
    clerk.audit(&mut tx, ("console.flag_switched", change.flag.as_str()), order.reason, &detail).await?;
    tx.commit().await?;
    app.flags.forget();
    Ok(())
}

/// The page that says that nobody can make a new account; `None` while everybody can.
///
/// # Errors
/// Postgres fails.
pub async fn registration_closed(reader: &Reader) -> Result<Option<HttpResponse>, Error> {
    if reader.app.flags.is_on(Flag::Registration) {
        return Ok(None);
    }
    let edition = reader.app.edition().await?;
    refusal::page(reader, &edition, StatusCode::FORBIDDEN, text(reader.lang(), "registration_closed"))
        .map(Some)
}
