//! Why somebody has, or had, the access that they have, or had.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;

use super::shown;
use crate::billing::entitlement::{self, Because};
use crate::billing::store::{self, access};
use crate::error::Error;
use crate::format;
use crate::market::view::tier_name;
use crate::site::reader::SignedIn;
use crate::site::{page, refusal};
use crate::text::{Lang, fill, text};

/// An instant in the past.
#[derive(Debug, Deserialize)]
pub struct At {
    at: Option<String>,
}

/// `GET /account/billing/why`: why somebody has, or had, the access that they have, or had.
///
/// # Errors
/// The instant cannot be read, or Postgres fails.
pub async fn why(signed_in: SignedIn, query: web::Query<At>) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let edition = reader.app.edition().await?;
    let (lang, pool) = (reader.lang(), &reader.app.pool);
    let asked = query.at.as_deref().map(str::trim).filter(|at| !at.is_empty());
    let Some(at) = asked.map_or(Some(reader.now), instant) else {
        let says = text(lang, "billing_why_accepted");
        return refusal::page(&reader, &edition, StatusCode::BAD_REQUEST, says);
    };
    let (rules, _) = store::rules(pool).await?;
    let lives = access::lives_of(pool, account.id).await?;
    let grants = store::grants(pool, account.id).await?;
    let why = entitlement::why(&lives, &grants, rules, at);
    let reasons: Vec<String> = why.because.iter().map(|because| reason(because, lang)).collect();
    let mut context = page::context(&reader, &edition, text(lang, "billing_why_title"));
    context.insert("at", &at.format("%Y-%m-%dT%H:%M").to_string());
    let values = [("at", format::instant(at, lang)), ("tier", tier_name(why.tier))];
    let values = values.each_ref().map(|(key, value)| (*key, value.as_str()));
    context.insert("answer", &fill(lang, "billing_why_answer", &values));
    context.insert("reasons", &reasons);
    page::render(&reader.app, "billing/why.html", &context)
}

/// `2026-11-21`, `2026-11-21T06:00` or RFC 3339; UTC where it names no other zone.
fn instant(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let minute = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|format| chrono::NaiveDateTime::parse_from_str(text, format).ok());
    let day = || Some(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_time(NaiveTime::MIN));
    minute.or_else(day).map(|at| at.and_utc())
}

/// One reason in words.
pub fn reason(because: &Because, lang: Lang) -> String {
    let at = |at: DateTime<Utc>| format::instant(at, lang);
    let named = |values: &[(&'static str, String)], key: &str| {
        let values: Vec<(&'static str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
        fill(lang, key, &values)
    };
    match because {
        Because::Subscribed { span } => {
            let key = format!("why_{}", span.reason.as_str());
            let values =
                [("tier", tier_name(span.tier)), ("from", at(span.starts_at)), ("until", at(span.ends_at))];
            named(&values, &key)
        }
        Because::Granted { tier, since, until } => match until {
            Some(until) => named(
                &[("tier", tier_name(*tier)), ("from", at(*since)), ("until", at(*until))],
                "why_granted_until",
            ),
            None => named(&[("tier", tier_name(*tier)), ("from", at(*since))], "why_granted"),
        },
        Because::Nothing { status, since, .. } => {
            let status = text(lang, shown::status_key(*status)).to_owned();
            named(&[("status", status), ("from", at(*since))], "why_nothing")
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn instants_are_read_as_people_write_them() {
        for text in ["2026-11-21", "2026-11-21T00:00", "2026-11-21T00:00:00Z", "2026-11-21T01:00:00+01:00"] {
            let at = super::instant(text).map(|at| at.to_rfc3339());
            assert_eq!(at.as_deref(), Some("2026-11-21T00:00:00+00:00"), "{text}");
        }
        assert_eq!(super::instant("yesterday"), None);
    }
}
