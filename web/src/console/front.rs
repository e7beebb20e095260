//! `/admin`: what is to be done today, and how the company stands.

use actix_web::HttpResponse;
use serde::Serialize;

use super::desk::Clerk;
use super::revenue::month::Month;
use super::revenue::movements::movements;
use super::revenue::recurring::{currencies, spans};
use super::revenue::store as revenue;
use super::revenue::view::{self, Pen};
use super::rule::{Area, sees};
use super::store;
use crate::error::Error;
use crate::format;
use crate::text::{count, fill, text};

/// Late payments that the page lists.
const LATE: i64 = 10;
/// Months of the small chart.
const MONTHS: u32 = 12;

#[derive(Serialize)]
struct Fact {
    label: &'static str,
    value: String,
    href: Option<&'static str>,
}

#[derive(Serialize)]
struct LateRow {
    customer: String,
    href: Option<String>,
    number: String,
    due: String,
    attempts: i64,
    next: String,
}

#[derive(Serialize)]
struct Money {
    currency: String,
    says: String,
    grown: Option<crate::plot::Plot>,
}

/// `GET /admin`
///
/// # Errors
/// Postgres fails.
pub async fn page(clerk: Clerk) -> Result<HttpResponse, Error> {
    let (app, lang, now) = (&clerk.reader.app, clerk.lang(), clerk.reader.now);
    let counts = store::counts(&app.pool, now).await?;
    let late = store::late(&app.pool, LATE).await?;
    let fact =
        |key, value: i64, href| Fact { label: text(lang, key), value: format::count(value, lang), href };
    let facts = [
        fact("admin_count_customers", counts.customers, Some("/admin/customers")),
        fact("admin_count_fresh", counts.fresh, Some("/admin/customers")),
        fact("admin_count_active", counts.active, None),
        fact("admin_count_trialing", counts.trialing, None),
        fact("admin_count_ending", counts.ending, None),
        fact("admin_count_past_due", counts.past_due, None),
    ];
    let mut duties = Vec::new();
    for (key, n) in [
        ("admin_duty_late", counts.late),
        ("admin_duty_events", counts.events_stuck),
        ("admin_duty_mails", counts.mails_failed),
    ] {
        if n > 0 {
            duties.push(count(lang, key, n, &[]));
        }
    }
    let rows = late.into_iter().map(|row| LateRow {
        href: row.customer_id.map(|id| format!("/admin/customers/{id}")),
        customer: row.email.unwrap_or_else(|| text(lang, "admin_erased").to_owned()),
        number: row.number.unwrap_or_else(|| format::MISSING.to_owned()),
        due: format::money(row.due_cents, &row.currency, lang),
        attempts: row.attempts,
        next: row.next_at.map_or_else(|| format::MISSING.to_owned(), |at| format::short_instant(at, lang)),
    });
    let money = if sees(clerk.role, Area::Revenue) { money(&clerk).await? } else { Vec::new() };
    let mut context = clerk.context(Area::Front, text(lang, "admin_title")).await?;
    context.insert("facts", &facts);
    context.insert("duties", &duties);
    context.insert("late_rows", &rows.collect::<Vec<_>>());
    context.insert("money", &money);
    clerk.render("console/front.html", &context)
}

/// What comes in, by currency: for admins.
async fn money(clerk: &Clerk) -> Result<Vec<Money>, Error> {
    let (lang, now) = (clerk.lang(), clerk.reader.now);
    let books = revenue::books(&clerk.reader.app.pool).await?;
    let spans = spans(&books.lines, &books.ended);
    let last = Month::of(now);
    let mut all = Vec::new();
    for currency in currencies(&spans) {
        let rows = movements(&spans, &currency, last.minus(MONTHS - 1).until(last), now);
        let Some(present) = rows.last() else { continue };
        let pen = Pen { lang, currency: &currency };
        let grown = format::money(present.end_cents - present.start_cents, &currency, lang);
        let values = [
            ("mrr", &*pen.money(present.end_cents)),
            ("grown", &grown),
            ("customers", &*present.customers_end.to_string()),
        ];
        all.push(Money {
            says: fill(lang, "revenue_answer", &values),
            grown: view::grown(&rows, pen),
            currency,
        });
    }
    Ok(all)
}
