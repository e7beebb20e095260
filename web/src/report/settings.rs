//! `/account/notifications`: which mails, when, in which language; the webhook and the chat.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::store::{self, Settings};
use super::week::Week;
use crate::alerts::store::channel;
use crate::error::Error;
use crate::format;
use crate::site::failure::Explained;
use crate::site::page;
use crate::site::reader::{Reader, SignedIn};
use crate::text::{Lang, fill, text};

/// What the page has to say beside the settings.
#[derive(Debug, Default)]
pub struct Said {
    /// What was wrong with a form.
    pub problem: Option<String>,
    /// A new webhook's secret, shown this once.
    pub webhook_secret: Option<String>,
    /// A code that links a chat.
    pub telegram_code: Option<String>,
}

/// `GET /account/notifications`
///
/// # Errors
/// Postgres fails.
pub async fn page(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    render(&signed_in.reader, signed_in.account.id, Said::default()).await
}

/// What the form sends; a box that is not ticked sends nothing.
#[derive(Debug, Deserialize)]
pub struct Form {
    alert_mails: Option<String>,
    report_mails: Option<String>,
    language: String,
    weekday: String,
    hour: String,
}

/// `POST /account/notifications`
///
/// # Errors
/// Postgres fails. What is wrong with the form is said on the page.
pub async fn save(signed_in: SignedIn, form: web::Form<Form>) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let number = |typed: &str, most: i16| typed.parse().ok().filter(|n| (0..=most).contains(n));
    let chosen = (Lang::parse(&form.language), number(&form.weekday, 6), number(&form.hour, 23));
    let (Some(language), Some(report_weekday), Some(report_hour)) = chosen else {
        let problem = Some(text(reader.lang(), "notify_bad").to_owned());
        return render(&reader, account.id, Said { problem, ..Said::default() }).await;
    };
    let settings = Settings {
        language: language.code().to_owned(),
        alert_mails: form.alert_mails.is_some(),
        report_mails: form.report_mails.is_some(),
        report_weekday,
        report_hour,
    };
    store::store_settings(&reader.app.pool, account.id, &settings, reader.now).await?;
    Ok(back())
}

/// Back to the page.
pub fn back() -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("location", "/account/notifications")).finish()
}

#[derive(Debug, Serialize)]
struct Choice {
    value: i16,
    label: String,
    chosen: bool,
}

/// The page.
///
/// # Errors
/// Postgres fails.
pub async fn render(reader: &Reader, customer_id: i64, said: Said) -> Result<HttpResponse, Error> {
    let (edition, lang, pool) = (reader.app.edition().await?, reader.lang(), &reader.app.pool);
    let settings = store::settings(pool, customer_id).await?.unwrap_or_else(|| Settings::unset(lang.code()));
    let weekdays = [
        "weekday_monday",
        "weekday_tuesday",
        "weekday_wednesday",
        "weekday_thursday",
        "weekday_friday",
        "weekday_saturday",
        "weekday_sunday",
    ];
    let weekdays = (0..).zip(weekdays).map(|(value, key)| Choice {
        value,
        label: text(lang, key).to_owned(),
        chosen: value == settings.report_weekday,
    });
    let hours = (0..24).map(|value| Choice {
        value,
        label: format!("{value:02}:00"),
        chosen: value == settings.report_hour,
    });
    let outbound = &reader.app.settings.outbound;
    let linked = channel::chat_linked_at(pool, customer_id).await?;
    let mut context = page::context(reader, &edition, text(lang, "notify_title"));
    context.insert("alert_mails", &settings.alert_mails);
    context.insert("report_mails", &settings.report_mails);
    context.insert("language", &settings.language);
    context.insert("weekdays", &weekdays.collect::<Vec<_>>());
    context.insert("hours", &hours.collect::<Vec<_>>());
    context.insert("week", &Week::containing(reader.now).previous().name());
    context.insert("webhook_url", &channel::webhook(pool, customer_id).await?);
    context.insert("webhook_secret", &said.webhook_secret);
    context.insert("telegram_on", &outbound.telegram_token.is_some());
    context.insert("telegram_bot", &outbound.telegram_bot);
    context.insert("telegram_code", &said.telegram_code);
    let since = linked.map(|at| fill(lang, "telegram_linked", &[("at", &format::instant(at, lang))]));
    context.insert("telegram_since", &since);
    context.insert("problem", &said.problem);
    let mut response = page::render(&reader.app, "alerts/notifications.html", &context)?;
    if said.problem.is_some() {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        // The page itself says what is wrong.
        response.extensions_mut().insert(Explained);
    }
    Ok(response)
}
