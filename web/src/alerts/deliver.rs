//! Tells customers what their alerts have to say, with retries that end.

use chrono::{DateTime, Duration, Utc};
use secrecy::SecretString;

use super::address::Resolver;
use super::hook;
use super::rule::{Measure, Operator, Rule};
use super::store::delivery::{self, Due};
use super::webhook::{self, Outcome, Post};
use super::{telegram, words};
use crate::error::Error;
use crate::format;
use crate::mail::letter::{Kind, Letter, Part};
use crate::mail::{outbox, unsubscribe};
use crate::market::view;
use crate::state::App;
use crate::text::{Lang, fill, text};

/// Deliveries taken at once.
const BATCH: i64 = 32;
/// How long a worker may take over one batch before another takes it.
const LEASE_MINUTES: i64 = 10;
/// Tries before a delivery is given up: about six hours.
pub const MAX_TRIES: i32 = 6;

/// Makes the deliveries that are due; says how many were tried.
///
/// # Errors
/// Postgres fails. What a receiver refuses is written down and tried again later.
pub async fn deliver_due(app: &App, resolver: &dyn Resolver, now: DateTime<Utc>) -> Result<usize, Error> {
    let due = delivery::claim(&app.pool, now, now + Duration::minutes(LEASE_MINUTES), BATCH).await?;
    // All at once: one slow receiver holds up no other.
    let tries = due.iter().map(|due| async {
        let outcome = deliver(app, due, resolver, now).await?;
        let again = outcome.again && due.tries < MAX_TRIES;
        let next_try_at = again.then(|| now + outbox::pause_after(due.tries));
        if let Some(problem) = &outcome.problem {
            tracing::warn!(
                delivery = due.id,
                channel = due.channel,
                tries = due.tries,
                again,
                problem,
                "not delivered"
            );
        }
        let problem = outcome.problem.as_deref();
        delivery::store(&app.pool, due.id, outcome.code, problem, next_try_at, now).await?;
        Ok::<_, Error>(())
    });
    futures::future::try_join_all(tries).await?;
    Ok(due.len())
}

async fn deliver(
    app: &App,
    due: &Due,
    resolver: &dyn Resolver,
    now: DateTime<Utc>,
) -> Result<Outcome, Error> {
    let Some(rule) = rule(due) else { return Ok(Outcome::refused("the alert is of an unknown kind")) };
    match due.channel.as_str() {
        "mail" => mail(app, due, &rule, now).await,
        "webhook" => post(app, due, resolver, now).await,
        _ => Ok(chat(app, due, &rule).await),
    }
}

fn rule(due: &Due) -> Option<Rule> {
    let (measure, operator) = (Measure::parse(&due.measure)?, Operator::parse(&due.operator)?);
    Some(Rule { measure, operator, threshold: due.threshold, days: due.days })
}

fn lang(due: &Due) -> Lang {
    due.language.as_deref().and_then(Lang::parse).unwrap_or(Lang::En)
}

fn asset_url(app: &App, symbol: &str) -> String {
    format!("{}{}", app.settings.origin(), view::asset_href(symbol))
}

/// Hands a mail to the outbox, whose own retries follow.
async fn mail(app: &App, due: &Due, rule: &Rule, now: DateTime<Utc>) -> Result<Outcome, Error> {
    if due.alert_mails == Some(false) {
        return Ok(Outcome::refused("alerts by e-mail are switched off"));
    }
    let lang = lang(due);
    let key = unsubscribe::key(&app.pool).await?;
    let claim = unsubscribe::Claim { customer_id: due.customer_id, kind: Kind::Alert };
    let as_of = format::instant(due.closes_at, lang);
    let letter = Letter {
        dedupe_key: format!("alert:{}", due.id),
        customer_id: Some(due.customer_id),
        to: due.email.clone(),
        lang,
        kind: Kind::Alert,
        subject: fill(
            lang,
            "alert_subject",
            &[("symbol", &due.symbol), ("value", &words::value(rule.measure, due.value, lang))],
        ),
        parts: vec![
            Part::text(words::fired(&due.name, &due.symbol, rule, due.value, lang)),
            Part::text(fill(lang, "alert_as_of", &[("at", &as_of), ("slot", &due.slot)])),
            Part::link(text(lang, "alert_open"), asset_url(app, &due.symbol)),
            Part::link(text(lang, "alert_manage"), format!("{}/alerts", app.settings.origin())),
        ],
        unsubscribe_url: Some(unsubscribe::link(&app.settings, &key, claim, now)),
        attachment: None,
    };
    outbox::queue(&app.pool, &app.templates, &letter, now).await?;
    Ok(Outcome { code: None, problem: None, again: false })
}

async fn post(app: &App, due: &Due, resolver: &dyn Resolver, now: DateTime<Utc>) -> Result<Outcome, Error> {
    let Some(url) = &due.webhook_url else { return Ok(Outcome::refused("no webhook is set")) };
    let secret = match hook::open(&app.settings.seals, due.customer_id, due.webhook_secret.clone()) {
        Ok(secret) => secret,
        Err(error) => {
            tracing::error!(delivery = due.id, %error, "a webhook's secret cannot be read");
            return Ok(Outcome::failed("the webhook's secret cannot be read at the moment"));
        }
    };
    let body = webhook::Body {
        r#type: "alert.fired",
        id: due.id,
        alert_id: due.alert_id,
        asset: &due.symbol,
        measure: &due.measure,
        operator: &due.operator,
        threshold: due.threshold,
        days: due.days,
        value: due.value,
        slot: &due.slot,
        as_of: due.closes_at,
        url: &asset_url(app, &due.symbol),
    };
    let body = serde_json::to_vec(&body).map_err(|e| Error::Internal(anyhow::Error::new(e)))?;
    let loopback = app.settings.outbound.webhook_loopback == "1";
    let post = Post { url, secret: &secret, delivery: due.id, loopback };
    Ok(webhook::post(&post, body, resolver, now).await)
}

async fn chat(app: &App, due: &Due, rule: &Rule) -> Outcome {
    let token: Option<&SecretString> = app.settings.outbound.telegram_token.as_ref();
    let (Some(token), Some(chat_id)) = (token, due.chat_id) else {
        return Outcome::refused("no Telegram chat is linked");
    };
    let lang = lang(due);
    let as_of = format::instant(due.closes_at, lang);
    let said = [
        words::fired(&due.name, &due.symbol, rule, due.value, lang),
        fill(lang, "alert_as_of", &[("at", &as_of), ("slot", &due.slot)]),
        asset_url(app, &due.symbol),
    ];
    telegram::send(app.settings.telegram_url(), token, chat_id, &said.join("\n\n")).await
}
