//! `/admin/flags`: how flags stand, the form for each, and who switched what when.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Flag, State, store};
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
struct Shown {
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

async fn show(clerk: &Clerk, problem: Option<&'static str>) -> Result<HttpResponse, Error> {
    let (app, lang) = (&clerk.reader.app, clerk.lang());
    let states = store::states(&app.pool).await?;
    let shown = Flag::ALL.map(|flag| {
        let state = states.get(&flag).cloned().unwrap_or(State { on: flag.default_on(), ..State::default() });
        let ((label, note), [en, es]) = (flag.labels(), state.text);
        Shown {
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
    if let Some(problem) = problem {
        context.insert("problem", text(lang, problem));
        return clerk.refuse(StatusCode::BAD_REQUEST, "console/flags.html", &context);
    }
    clerk.render("console/flags.html", &context)
}

/// The first part of a pseudonym: enough to tell people apart in a list.
pub fn short(pseudonym: &str) -> &str {
    pseudonym.split('-').next().unwrap_or(pseudonym)
}

/// `POST /admin/flags`: switches one, with a reason.
///
/// # Errors
/// There is no such flag, or Postgres fails.
pub async fn change(clerk: Clerk, form: web::Form<Form>) -> Result<HttpResponse, Error> {
    let form = form.into_inner();
    let flag = Flag::parse(&form.flag).ok_or(Error::NotFound)?;
    let on = match form.turn.as_str() {
        "on" => true,
        "off" => false,
        _ => return show(&clerk, Some("admin_flag_turn")).await,
    };
    let Some(reason) = desk::reason(&form.reason) else {
        return show(&clerk, Some("admin_reason_needed")).await;
    };
    let words =
        [form.text_en, form.text_es].map(|words| words.split_whitespace().collect::<Vec<_>>().join(" "));
    let told = words.iter().all(|words| !words.is_empty() && words.chars().count() <= WORDS);
    if flag.has_text() && on && !told {
        return show(&clerk, Some("admin_flag_words")).await;
    }
    let state = State { on, text: if flag.has_text() { words } else { Default::default() } };
    let app = &clerk.reader.app;
    let mut tx = app.pool.begin().await?;
    let by = clerk.pseudonym(&mut tx).await?;
    store::switch(&mut tx, flag, &state, (&by, &reason), clerk.reader.now).await?;
    let detail = json!({ "on": on, "text": state.text });
    clerk.audit(&mut tx, ("console.flag_switched", flag.as_str()), &reason, &detail).await?;
    tx.commit().await?;
    app.flags.forget();
    Ok(desk::go("/admin/flags"))
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
