//! `/admin/customers` and `/admin/customers/{id}`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use super::access::{Ground, why};
use super::store::{self, Found};
use super::timeline::{self, PARTS};
use crate::access::Role;
use crate::console::credits::PROMISE_MINUTES;
use crate::console::deeds;
use crate::console::desk::{Choice, Clerk};
use crate::console::rule::Area;
use crate::error::Error;
use crate::format;
use crate::market::view::tier_name;
use crate::text::{Lang, fill, text};

/// Customers that a search shows.
const LISTED: i64 = 50;
/// Longest search, in characters.
const WORDS: usize = 254;
/// Events that a timeline shows.
const EVENTS: i64 = 200;

/// What is looked for.
#[derive(Debug, Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
}

#[derive(Serialize)]
struct Row {
    href: String,
    email: String,
    role: Option<String>,
    tier: String,
    status: String,
    since: String,
    pseudonym: String,
}

/// `GET /admin/customers`
///
/// # Errors
/// Postgres fails.
pub async fn search(clerk: Clerk, asked: web::Query<Search>) -> Result<HttpResponse, Error> {
    let lang = clerk.lang();
    let words = asked.q.trim();
    let mut context = clerk.context(Area::Customers, text(lang, "admin_customers")).await?;
    context.insert("words", words);
    if words.chars().count() > WORDS || words.contains('\0') {
        context.insert("words", "");
        context.insert("rows", &Vec::<Row>::new());
        context.insert("more", &false);
        context.insert("problem", text(lang, "admin_search_long"));
        // What was asked for is not repeated in the footer's forms: it may be very long.
        context.insert("path", "/admin/customers");
        return clerk.refuse(StatusCode::BAD_REQUEST, "console/customers.html", &context);
    }
    let mut found = store::search(&clerk.reader.app.pool, words, LISTED + 1).await?;
    let more = found.len() as i64 > LISTED;
    found.truncate(LISTED as usize);
    let rows = found.into_iter().map(|customer| Row {
        href: format!("/admin/customers/{}", customer.id),
        role: (customer.role != "subscriber").then_some(customer.role),
        tier: customer.tier.unwrap_or_else(|| format::MISSING.to_owned()),
        status: customer.status.unwrap_or_default(),
        since: format::day(customer.created_at.date_naive(), lang),
        pseudonym: customer.pseudonym.split('-').next().unwrap_or_default().to_owned(),
        email: customer.email,
    });
    context.insert("rows", &rows.collect::<Vec<_>>());
    context.insert("more", &more);
    clerk.render("console/customers.html", &context)
}

/// What of a customer is looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Only this part of the timeline.
    part: String,
    /// The instant that access is asked for, as `2026-11-22T06:00` in UTC.
    at: String,
    /// What was done a moment ago.
    done: String,
}

/// `GET /admin/customers/{id}`
///
/// # Errors
/// There is no such customer, or Postgres fails.
pub async fn one(
    clerk: Clerk,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Error> {
    let customer = load(&clerk, &id).await?;
    show(&clerk, &customer, &asked, None).await
}

/// The customer with this number.
///
/// # Errors
/// There is no such customer, or Postgres fails.
pub async fn load(clerk: &Clerk, id: &str) -> Result<Found, Error> {
    let id: i64 = id.parse().map_err(|_| Error::NotFound)?;
    store::one(&clerk.reader.app.pool, id).await?.ok_or(Error::NotFound)
}

/// A customer's page that says why something was not done.
///
/// # Errors
/// Postgres fails.
pub async fn refused(
    clerk: &Clerk,
    customer: &Found,
    status: StatusCode,
    says: &str,
) -> Result<HttpResponse, Error> {
    show(clerk, customer, &Asked::default(), Some((status, says))).await
}

async fn show(
    clerk: &Clerk,
    customer: &Found,
    asked: &Asked,
    wrong: Option<(StatusCode, &str)>,
) -> Result<HttpResponse, Error> {
    let (app, lang, now) = (&clerk.reader.app, clerk.lang(), clerk.reader.now);
    let part = PARTS.into_iter().find(|(name, _)| *name == asked.part).map_or("", |(name, _)| name);
    let at = instant(&asked.at);
    let bad = (!asked.at.is_empty() && at.is_none()) || part != asked.part;
    let at = at.unwrap_or(now);
    let (bought, given) = store::grounds(&app.pool, customer.id).await?;
    let answer = why(Role::parse(&customer.role), &bought, &given, at);
    let grounds: Vec<String> = answer.grounds.iter().map(|ground| says(ground, lang)).collect();
    let events = store::events(&app.pool, customer.id, (part, PROMISE_MINUTES), now, EVENTS).await?;
    let cut = events.len() as i64 == EVENTS;
    let mut events: Vec<_> = events.into_iter().map(|event| timeline::entry(event, lang)).collect();
    for event in &mut events {
        event.link = event.link.take().filter(|link| timeline::opens(clerk.role, link));
    }
    let mut parts = vec![Choice::new("", text(lang, "admin_part_all"), part.is_empty())];
    parts.extend(PARTS.map(|(name, key)| Choice::new(name, text(lang, key), name == part)));
    let balance = customer.balance_cents.zip(customer.currency.as_deref());
    let mut context = clerk.context(Area::Customers, &customer.email).await?;
    context.insert("crumb", &Some(["/admin/customers", text(lang, "admin_customers")]));
    context.insert("id", &customer.id);
    context.insert("pseudonym", &customer.pseudonym);
    context.insert("stripe_id", &customer.stripe_id);
    context.insert("kind", &customer.role);
    context.insert("since", &format::day(customer.created_at.date_naive(), lang));
    context.insert("balance", &balance.map(|(cents, currency)| format::money(-cents, currency, lang)));
    let tier = fill(
        lang,
        "admin_access_answer",
        &[("tier", &tier_name(answer.tier)), ("at", &format::instant(at, lang))],
    );
    context.insert("access", &tier);
    context.insert("grounds", &grounds);
    context.insert("asked_at", &at.format("%Y-%m-%dT%H:%M").to_string());
    context.insert("events", &events);
    context.insert("cut", &cut);
    context.insert("parts", &parts);
    context.insert("part", part);
    deeds::forms::forms(clerk, customer, &mut context).await?;
    context.insert("notice", &deeds::forms::done(&asked.done, lang));
    let wrong = wrong.or_else(|| bad.then(|| (StatusCode::BAD_REQUEST, text(lang, "admin_at_accepted"))));
    if let Some((status, problem)) = wrong {
        context.insert("problem", problem);
        context.insert("path", &format!("/admin/customers/{}", customer.id));
        return clerk.refuse(status, "console/customer.html", &context);
    }
    clerk.render("console/customer.html", &context)
}

/// An instant as a form sends it (UTC), within reason.
fn instant(text: &str) -> Option<DateTime<Utc>> {
    let at = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M");
    let at = at.or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S")).ok()?.and_utc();
    let years = 2000..2200;
    years.contains(&chrono::Datelike::year(&at)).then_some(at)
}

/// One ground in words.
fn says(ground: &Ground, lang: Lang) -> String {
    let until = ground
        .ends_at()
        .map_or_else(|| text(lang, "admin_ground_open").to_owned(), |at| format::instant(at, lang));
    let tier = tier_name(ground.tier());
    match ground {
        Ground::Role(role) => fill(lang, "admin_ground_role", &[("role", role.as_str())]),
        Ground::Bought(span) => fill(
            lang,
            "admin_ground_bought",
            &[
                ("tier", &tier),
                ("reason", &timeline::reason(&span.reason, lang)),
                ("from", &format::instant(span.starts_at, lang)),
                ("until", &until),
                ("subscription", &span.subscription),
            ],
        ),
        Ground::Given(given) => fill(
            lang,
            "admin_ground_given",
            &[("tier", &tier), ("from", &format::instant(given.starts_at, lang)), ("until", &until)],
        ),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_instants_within_reason_are_taken() {
        for (text, fine) in [
            ("2026-11-22T06:00", true),
            ("2026-11-22T06:00:30", true),
            ("1026-11-22T06:00", false),
            ("99999-01-01T00:00", false),
            ("now", false),
            ("", false),
        ] {
            assert_eq!(super::instant(text).is_some(), fine, "{text}");
        }
    }
}
