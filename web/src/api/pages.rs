//! `/account/keys`: a customer's keys and what they were used for.

use actix_web::{HttpResponse, web};
use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::key::{self, Scope};
use super::store::{self, NewKey, OwnKeyRow};
use crate::error::Error;
use crate::format;
use crate::site::failure::Explained;
use crate::site::page;
use crate::site::reader::SignedIn;
use crate::text::{Lang, fill, text};

/// Keys that count at a time.
const KEYS: i64 = 20;
/// Rows of usage shown.
const USAGE: i64 = 60;
/// Lives that the form offers, in days.
const LIVES: [i64; 4] = [7, 30, 90, key::MAX_DAYS];
/// The one that it proposes.
const LIFE: i64 = 90;

/// The form for a new key. A scope that is wanted is there, whatever its value.
#[derive(Deserialize)]
pub struct NewKeyForm {
    name: String,
    days: i64,
    price: Option<String>,
    sentiment: Option<String>,
    news: Option<String>,
    predictions: Option<String>,
    exports: Option<String>,
}

/// The form that revokes a key.
#[derive(Deserialize)]
pub struct RevokeForm {
    id: i64,
}

/// A key as the page shows it.
#[derive(Debug, Serialize)]
struct KeyView {
    id: i64,
    name: String,
    hint: String,
    scopes: Vec<String>,
    made: String,
    ends: String,
    used: String,
    state: &'static str,
    counts: bool,
}

/// A row of usage.
#[derive(Debug, Serialize)]
struct UsageView {
    day: String,
    endpoint: String,
    calls: String,
    refused: String,
}

/// What a form has led to.
#[derive(Default)]
struct After {
    /// The new key, shown this once.
    key: Option<String>,
    problem: Option<String>,
}

/// `GET /account/keys`
///
/// # Errors
/// Not signed in, or Postgres fails.
pub async fn list(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    render(&signed_in, After::default()).await
}

/// `POST /account/keys`: makes a key and shows it, this once.
///
/// # Errors
/// Not signed in, or Postgres fails.
pub async fn create(signed_in: SignedIn, form: web::Form<NewKeyForm>) -> Result<HttpResponse, Error> {
    let (form, lang) = (form.into_inner(), signed_in.reader.lang());
    let refused = |problem: String| After { problem: Some(problem), ..After::default() };
    if calls_a_day(&signed_in).await? == 0 {
        return render(&signed_in, refused(text(lang, "keys_locked").to_owned())).await;
    }
    let name: String = form.name.trim().chars().filter(|c| !c.is_control()).collect();
    if !(1..=60).contains(&name.chars().count()) {
        return render(&signed_in, refused(text(lang, "keys_name_bad").to_owned())).await;
    }
    if !(1..=key::MAX_DAYS).contains(&form.days) {
        let most = key::MAX_DAYS.to_string();
        return render(&signed_in, refused(fill(lang, "keys_days_bad", &[("most", &most)]))).await;
    }
    let wanted = [&form.price, &form.sentiment, &form.news, &form.predictions, &form.exports];
    let scopes: Vec<String> = Scope::ALL
        .into_iter()
        .zip(wanted)
        .filter(|(_, wanted)| wanted.is_some())
        .map(|(scope, _)| scope.as_str().to_owned())
        .collect();
    if scopes.is_empty() {
        return render(&signed_in, refused(text(lang, "keys_scopes_none").to_owned())).await;
    }
    let (secret, now) = (key::invent(), signed_in.reader.now);
    let fingerprint = key::fingerprint(&secret);
    let new = NewKey {
        customer_id: signed_in.account.id,
        name: &name,
        hint: key::hint(&secret),
        fingerprint: &fingerprint,
        scopes: &scopes,
        created_at: now,
        expires_at: now + Duration::days(form.days),
    };
    if !store::store_key(&signed_in.reader.app.pool, &new, KEYS).await? {
        let most = KEYS.to_string();
        return render(&signed_in, refused(fill(lang, "keys_too_many", &[("most", &most)]))).await;
    }
    tracing::info!(customer = signed_in.account.id, hint = new.hint, "an API key was made");
    render(&signed_in, After { key: Some(secret), ..After::default() }).await
}

/// `POST /account/keys/revoke`
///
/// # Errors
/// Not signed in, or Postgres fails.
pub async fn revoke(signed_in: SignedIn, form: web::Form<RevokeForm>) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    // Somebody else's key is not told from one that never was.
    if store::revoke_key(&reader.app.pool, account.id, form.id, reader.now).await? {
        tracing::info!(customer = account.id, key = form.id, "an API key was revoked");
    }
    Ok(HttpResponse::SeeOther().insert_header(("location", "/account/keys")).finish())
}

async fn calls_a_day(signed_in: &SignedIn) -> Result<i64, Error> {
    let edition = signed_in.reader.app.edition().await?;
    let tier = signed_in.reader.tier();
    let row = edition.tiers.iter().find(|row| row.tier == tier.as_str());
    Ok(row.map_or(0, |row| i64::from(row.api_calls)))
}

async fn render(signed_in: &SignedIn, after: After) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let (pool, lang, today) = (&reader.app.pool, reader.lang(), reader.now.date_naive());
    let edition = reader.app.edition().await?;
    let keys = store::keys(pool, account.id).await?;
    let usage = store::usage(pool, account.id, None, USAGE).await?;
    let used = store::calls_on(pool, account.id, today).await?;
    let quota = calls_a_day(signed_in).await?;
    let mut context = page::context(reader, &edition, text(lang, "keys_title"));
    let keys: Vec<KeyView> = keys.into_iter().map(|row| view(row, reader.now, lang)).collect();
    let usage = usage.into_iter().map(|row| UsageView {
        day: format::day(row.date, lang),
        endpoint: row.endpoint,
        calls: format::count(row.calls, lang),
        refused: format::count(row.refused, lang),
    });
    context.insert("keys", &keys);
    context.insert("usage", &usage.collect::<Vec<_>>());
    context.insert(
        "scopes",
        &[
            ("price", "read:price", text(lang, "scope_price")),
            ("sentiment", "read:sentiment", text(lang, "scope_sentiment")),
            ("news", "read:news", text(lang, "scope_news")),
            ("predictions", "read:predictions", text(lang, "scope_predictions")),
            ("exports", "read:exports", text(lang, "scope_exports")),
        ],
    );
    context.insert("lives", &LIVES);
    context.insert("life", &LIFE);
    context.insert("open", &(quota > 0));
    let counts = [("used", &*format::count(used, lang)), ("quota", &*format::count(quota, lang))];
    context.insert("today", &fill(lang, "keys_today", &counts));
    let refused = after.problem.is_some();
    context.insert("new_key", &after.key);
    context.insert("problem", &after.problem);
    let mut response = page::render(&reader.app, "api/keys.html", &context)?;
    if refused {
        *response.status_mut() = actix_web::http::StatusCode::UNPROCESSABLE_ENTITY;
        // The page itself says what is wrong.
        response.extensions_mut().insert(Explained);
    }
    Ok(response)
}

fn view(row: OwnKeyRow, now: chrono::DateTime<chrono::Utc>, lang: Lang) -> KeyView {
    let (state, counts) = match (row.revoked_at, row.expires_at <= now) {
        (Some(_), _) => ("key_revoked", false),
        (None, true) => ("key_expired", false),
        (None, false) => ("key_counts", true),
    };
    KeyView {
        id: row.id,
        name: row.name,
        hint: row.hint,
        scopes: row.scopes,
        made: format::day(row.created_at.date_naive(), lang),
        ends: format::day(row.expires_at.date_naive(), lang),
        used: row
            .used_on
            .map_or_else(|| text(lang, "key_never_used").to_owned(), |day| format::day(day, lang)),
        state: text(lang, state),
        counts,
    }
}
