//! The frame round a page: masthead, as-of time and coverage, texts, footer.

use actix_web::HttpResponse;
use domain::manifest::Unread;
use serde::Serialize;
use tera::Context;

use crate::console::flags::Flag;
use crate::console::rule::{Area, sees};
use crate::error::Error;
use crate::format;
use crate::market::cache::Edition;
use crate::market::view::tier_name;
use crate::publish::coverage::Coverage;
use crate::site::reader::{Looks, Reader};
use crate::state::App;
use crate::status::health::BANNER;
use crate::text::{Lang, fill, shown, text};

/// The strip under the title: as of when, and what is missing.
#[derive(Debug, Serialize)]
struct Strip {
    /// For machines.
    at: String,
    /// For readers.
    as_of: String,
    slot: String,
    version: Option<String>,
    /// The version's number.
    number: i32,
    complete: bool,
    sources: Vec<SourceMark>,
    /// Sources that the product knows and does not read.
    unread: Vec<SourceMark>,
    missing: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SourceMark {
    name: String,
    mark: &'static str,
    says: String,
}

/// A context with what every page shows, for nobody in particular.
pub fn frame(app: &App, looks: &Looks, title: &str) -> Context {
    let mut context = Context::new();
    context.insert_value("t", shown(looks.lang));
    context.insert("lang", looks.lang.code());
    context.insert("theme", looks.theme);
    context.insert("colours", looks.colours);
    context.insert("path", &looks.path);
    context.insert("place", looks.path.split('?').next().unwrap_or_default());
    context.insert("title", title);
    context.insert_value("files", app.files.shown());
    context.insert("sandbox", &app.settings.sandbox_data);
    context.insert("email", &None::<&str>);
    context.insert("tier", &None::<&str>);
    context.insert("strip", &None::<Strip>);
    context.insert("late", &None::<&str>);
    context.insert("banner", &app.flags.words(Flag::Banner, looks.lang));
    context.insert("posts_on", &app.flags.is_on(Flag::Posts));
    context.insert("desk", &false);
    context.insert("held", &None::<&str>);
    context.insert("staff", &None::<&str>);
    context.insert("query", "");
    context.insert("reason", &None::<&str>);
    context.insert("back", &None::<&str>);
    context.insert("scripts", &Vec::<&str>::new());
    context
}

/// Loads these scripts of `assets/ts/pages/` with the page.
pub fn with_scripts(context: &mut Context, app: &App, names: &[&str]) {
    let hashed = |name: &&str| app.files.names().get(&format!("{name}_js")).cloned();
    // Without Node at build time there are none, and pages work without.
    context.insert("scripts", &names.iter().filter_map(hashed).collect::<Vec<_>>());
}

/// A context for this reader and this edition.
pub fn context(reader: &Reader, edition: &Edition, title: &str) -> Context {
    let mut context = frame(&reader.app, &reader.looks, title);
    if let Some(account) = &reader.account {
        context.insert("email", &account.email);
        context.insert("tier", &tier_name(reader.tier()));
        context.insert("desk", &account.who.role().is_some_and(|role| sees(role, Area::Front)));
        if let Some(role) = account.who.role().filter(|role| role.is_staff()) {
            context.insert("staff", role.as_str());
            context.insert("held", &held(edition, reader.lang()));
        }
    }
    context.insert("strip", &strip(edition, reader.lang()));
    context.insert("late", &late(reader, edition));
    context
}

/// The page as an answer.
///
/// # Errors
/// The template names something that the context does not hold.
pub fn render(app: &App, template: &str, context: &Context) -> Result<HttpResponse, Error> {
    let body = app.templates.render(template, context)?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(body))
}

/// What staff are told while something newer is held back.
fn held(edition: &Edition, lang: Lang) -> Option<String> {
    let slots = edition.held.join(", ");
    (!slots.is_empty()).then(|| fill(lang, "held_banner", &[("slots", &slots)]))
}

/// What every page says once the newest slot is seven hours old; data with a clock of their own are never late.
fn late(reader: &Reader, edition: &Edition) -> Option<String> {
    let publication = edition.publication.as_ref().filter(|_| !reader.app.settings.sandbox_data)?;
    let lang = reader.lang();
    (reader.now - publication.closes_at >= BANNER)
        .then(|| fill(lang, "late_banner", &[("at", &format::instant(publication.closes_at, lang))]))
}

fn strip(edition: &Edition, lang: Lang) -> Option<Strip> {
    let publication = edition.publication.as_ref()?;
    // A coverage of another version's shape is shown as none.
    let coverage: Coverage = serde_json::from_value(publication.coverage.clone()).unwrap_or_default();
    let sources = coverage.sources.iter().map(|(name, source)| SourceMark {
        name: name.clone(),
        mark: if source.complete { "whole" } else { "gap" },
        says: source_says(source, lang),
    });
    let unread = coverage.unread.iter().map(|(name, why)| SourceMark {
        name: name.clone(),
        mark: "unread",
        says: text(lang, unread_key(*why)).to_owned(),
    });
    let missing = coverage.missing_assets.keys().cloned().collect::<Vec<_>>();
    Some(Strip {
        at: publication.closes_at.to_rfc3339(),
        as_of: format::dated_instant(publication.closes_at, lang),
        slot: publication.slot.clone(),
        version: (publication.version > 1)
            .then(|| fill(lang, "corrected_version", &[("version", &publication.version.to_string())])),
        number: publication.version,
        complete: coverage.missing_assets.is_empty() && coverage.sources.values().all(|s| s.complete),
        sources: sources.collect(),
        unread: unread.collect(),
        missing,
    })
}

/// The text for why a source is not read.
pub fn unread_key(why: Unread) -> &'static str {
    match why {
        Unread::NotConnected => "source_not_connected",
        Unread::NotLicensed => "source_not_licensed",
    }
}

fn source_says(source: &crate::publish::coverage::SourceCoverage, lang: Lang) -> String {
    if source.complete {
        return text(lang, "source_whole").to_owned();
    }
    match source.newest_at {
        Some(at) => fill(lang, "source_gap_since", &[("at", &format::short_instant(at, lang))]),
        None => text(lang, "source_gap").to_owned(),
    }
}
