//! `/alerts`: a customer's alerts and what came of them; `/alerts/new`: the form, tried against the past before it is
//! saved. All of it works without script.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use domain::Feature;
use serde::{Deserialize, Serialize};

use super::evaluate::{self, Past, readable};
use super::form::{About, Input, Wanted};
use super::rule::Measure;
use super::shown;
use super::store::alerts::{self, NewAlert};
use super::store::channel;
use super::words;
use crate::access::Access;
use crate::error::Error;
use crate::market::cache::Edition;
use crate::market::view::{self, tier_name};
use crate::site::failure::Explained;
use crate::site::page;
use crate::site::reader::{Reader, SignedIn};
use crate::text::{Lang, count, fill, text};
use crate::watch;

/// Receipts on the page.
const RECEIPTS: i64 = 50;

/// `GET /alerts`
///
/// # Errors
/// Postgres fails.
pub async fn list(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let (edition, lang) = (reader.app.edition().await?, reader.lang());
    let rows = alerts::of_customer(&reader.app.pool, account.id).await?;
    let receipts = alerts::receipts(&reader.app.pool, account.id, RECEIPTS).await?;
    let limit = evaluate::limit(&edition, reader.who(), reader.now);
    let used = fill(
        lang,
        "alerts_used",
        &[
            ("used", &rows.len().to_string()),
            ("limit", &limit.to_string()),
            ("tier", &tier_name(reader.tier())),
        ],
    );
    let mut context = page::context(&reader, &edition, text(lang, "alerts_title"));
    context.insert("used", &used);
    context.insert("full", &(rows.len() >= limit));
    context.insert("alerts", &rows.iter().map(|row| shown::alert(row, &edition, lang)).collect::<Vec<_>>());
    context
        .insert("receipts", &receipts.into_iter().map(|row| shown::receipt(row, lang)).collect::<Vec<_>>());
    page::render(&reader.app, "alerts/list.html", &context)
}

/// `GET /alerts/new`: the form, and how often the alert would have fired.
///
/// # Errors
/// Postgres fails.
pub async fn new(signed_in: SignedIn, input: web::Query<Input>) -> Result<HttpResponse, Error> {
    let reader = signed_in.reader;
    let edition = reader.app.edition().await?;
    if !input.is_filled() {
        let fresh = Input { list: input.list.clone(), ..Input::fresh(&input.asset) };
        return form(&reader, &edition, &fresh, Ok(None)).await;
    }
    let tried = match understood(&reader, &edition, &input).await? {
        Ok((wanted, assets)) => {
            Ok(Some(evaluate::past(&reader.app, wanted.rule, assets, edition.closes_at()).await?))
        }
        Err(problem) => Err(problem),
    };
    form(&reader, &edition, &input, tried).await
}

/// `POST /alerts`: saves an alert.
///
/// # Errors
/// Postgres fails. What is wrong with the form is said on it.
pub async fn save(signed_in: SignedIn, input: web::Form<Input>) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let (edition, lang) = (reader.app.edition().await?, reader.lang());
    let (wanted, assets) = match understood(&reader, &edition, &input).await? {
        Ok(understood) => understood,
        Err(problem) => return form(&reader, &edition, &input, Err(problem)).await,
    };
    let past = evaluate::past(&reader.app, wanted.rule, assets, edition.closes_at()).await?;
    let limit = evaluate::limit(&edition, reader.who(), reader.now);
    let (symbol, watchlist_id) = match &wanted.about {
        About::Asset(symbol) => (Some(symbol.as_str()), None),
        About::List(id) => (None, Some(*id)),
    };
    let alert = NewAlert {
        customer_id: account.id,
        symbol,
        watchlist_id,
        rule: wanted.rule,
        channels: &wanted.channels,
        standings: &past.standings,
        limit: i64::try_from(limit).unwrap_or(i64::MAX),
    };
    if alerts::insert(&reader.app.pool, &alert, reader.now).await?.is_none() {
        let values = [("limit", &*limit.to_string()), ("tier", &tier_name(reader.tier()))];
        let problem = fill(lang, "alert_limit", &values);
        return form(&reader, &edition, &input, Err(problem)).await;
    }
    Ok(HttpResponse::SeeOther().insert_header(("location", "/alerts")).finish())
}

type Understood = (Wanted, Vec<(String, Access)>);

/// What the form means, with the assets it is about and what the reader may see of them; or what is wrong with it.
async fn understood(
    reader: &Reader,
    edition: &Edition,
    input: &Input,
) -> Result<Result<Understood, String>, Error> {
    let lang = reader.lang();
    let wanted = match input.read(lang) {
        Ok(wanted) => wanted,
        Err(problem) => return Ok(Err(problem)),
    };
    let symbols = match &wanted.about {
        About::Asset(symbol) if edition.front.assets.contains_key(symbol) => vec![symbol.clone()],
        About::Asset(_) => return Ok(Err(text(lang, "alert_bad_asset").to_owned())),
        About::List(id) => {
            let customer = reader.account.as_ref().map(|account| account.id).unwrap_or_default();
            let lists = watch::store::lists(&reader.app.pool, customer).await?;
            // Another's list is as good as none.
            lists.into_iter().find(|list| list.id == *id).ok_or(Error::NotFound)?.symbols
        }
    };
    let (measure, feature) = (wanted.rule.measure, wanted.rule.measure.feature());
    let seen = |symbol: String| {
        let access = edition.access(reader.who(), feature, &symbol, reader.now);
        (symbol, access)
    };
    let assets: Vec<(String, Access)> = symbols.into_iter().map(seen).collect();
    if !assets.is_empty() && !assets.iter().any(|(_, access)| readable(measure, *access)) {
        return Ok(Err(locked(edition, feature, &assets, lang)));
    }
    Ok(Ok((wanted, assets)))
}

/// What unlocks a measure.
fn locked(edition: &Edition, feature: Feature, assets: &[(String, Access)], lang: Lang) -> String {
    let unlocked_by = assets.iter().find_map(|(_, access)| match access {
        Access::Locked { unlocked_by } => Some(*unlocked_by),
        _ => None,
    });
    // Seen, but not far enough back: the lowest tier that sees further.
    let card = view::lock(edition, feature, unlocked_by.unwrap_or(Some(domain::Tier::Basic)), lang);
    fill(lang, "alert_locked", &[("tier", &card.tier), ("price", &card.price)])
}

#[derive(Debug, Serialize)]
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

fn choice(value: impl ToString, label: impl Into<String>, chosen: &str) -> Choice {
    let value = value.to_string();
    Choice { chosen: value == chosen, label: label.into(), value }
}

async fn form(
    reader: &Reader,
    edition: &Edition,
    input: &Input,
    tried: Result<Option<Past>, String>,
) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    let customer = reader.account.as_ref().map(|account| account.id).unwrap_or_default();
    let lists = watch::store::lists(&reader.app.pool, customer).await?;
    let has_webhook = channel::webhook(&reader.app.pool, customer).await?.is_some();
    let has_chat = channel::chat_linked_at(&reader.app.pool, customer).await?.is_some();
    let mut context = page::context(reader, edition, text(lang, "alert_new_title"));
    let measures = Measure::ALL.map(|m| choice(m.as_str(), words::label(m, lang), &input.measure));
    let operators = [
        choice("moves", text(lang, "operator_moves"), &input.operator),
        choice("above", text(lang, "operator_above"), &input.operator),
        choice("below", text(lang, "operator_below"), &input.operator),
    ];
    let lists: Vec<Choice> = lists.into_iter().map(|list| choice(list.id, list.name, &input.list)).collect();
    context.insert("input", input);
    context.insert("measures", &measures);
    context.insert("operators", &operators);
    context.insert("lists", &lists);
    context.insert("has_webhook", &has_webhook);
    context.insert("has_chat", &has_chat);
    let problem = tried.as_ref().err();
    context.insert("problem", &problem);
    let past = tried.as_ref().ok().and_then(Option::as_ref).map(|past| said(past, lang));
    context.insert("past", &past);
    let mut response = page::render(&reader.app, "alerts/new.html", &context)?;
    if problem.is_some() {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        // The form itself says what is wrong.
        response.extensions_mut().insert(Explained);
    }
    Ok(response)
}

/// How often it would have fired.
fn said(past: &Past, lang: Lang) -> String {
    if past.days == 0 {
        return text(lang, "alert_past_unseen").to_owned();
    }
    let fired = i64::try_from(past.fired).unwrap_or(i64::MAX);
    count(lang, "alert_past", fired, &[("days", &past.days.to_string())])
}

/// What to do with an alert.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// Switches it off.
    Pause,
    /// Switches it on again.
    Resume,
    /// Deletes it.
    Delete,
}

/// A change of an alert.
#[derive(Debug, Deserialize)]
pub struct Change {
    act: Act,
}

/// `POST /alerts/{id}`: pauses, resumes or deletes an alert.
///
/// # Errors
/// It is not the reader's.
pub async fn change(
    signed_in: SignedIn,
    id: web::Path<String>,
    form: web::Form<Change>,
) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let id: i64 = id.parse().map_err(|_| Error::NotFound)?;
    let pool = &reader.app.pool;
    let found = match form.act {
        Act::Pause => alerts::pause(pool, account.id, id, true).await?,
        Act::Resume => alerts::pause(pool, account.id, id, false).await?,
        Act::Delete => alerts::delete(pool, account.id, id).await?,
    };
    if !found {
        return Err(Error::NotFound);
    }
    Ok(HttpResponse::SeeOther().insert_header(("location", "/alerts")).finish())
}
