//! What an address below `/admin/revenue` asks for, and what all its pages rest on.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::month::Month;
use super::recurring::{Span, currencies, spans};
use super::store::{self, Books};
use crate::console::desk::{Choice, Clerk};
use crate::console::rule::Area;
use crate::error::Error;
use crate::text::text;

/// How many months a page may look back.
const SPANS: [u32; 3] = [12, 24, 36];
/// The currency that the page shows where nothing has been sold yet.
const USUAL: &str = "EUR";

/// What the address asks for.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Asked {
    /// ISO 4217 code.
    pub currency: String,
    /// How many months back.
    pub months: String,
    /// `customers` or `revenue`: what the retention table counts.
    pub by: String,
    /// `csv` for a file.
    pub format: String,
    /// A month like 2026-11.
    pub month: String,
    /// `new`, `expansion`, `contraction`, `churn`; empty: all.
    pub kind: String,
    /// `1`: only invoices whose payment failed.
    pub failed: String,
}

/// What has been read of an address.
pub(super) struct Question {
    /// ISO 4217 code.
    pub(super) currency: String,
    /// How many months back.
    pub(super) months: u32,
    /// The month that a list is about.
    pub(super) month: Month,
    /// Whether the retention table counts money.
    pub(super) by_revenue: bool,
}

impl Asked {
    fn parse(&self, known: &[String], now: DateTime<Utc>) -> Result<Question, &'static str> {
        let usual = || {
            known.iter().find(|one| *one == USUAL).or(known.first()).map_or(USUAL, String::as_str).to_owned()
        };
        let currency = match self.currency.as_str() {
            "" => usual(),
            code if code == USUAL || known.iter().any(|one| one == code) => code.to_owned(),
            _ => return Err("revenue_accepted"),
        };
        let months = match self.months.as_str() {
            "" => SPANS[0],
            text => text.parse().ok().filter(|n| SPANS.contains(n)).ok_or("revenue_accepted")?,
        };
        let month = match self.month.as_str() {
            "" => Month::of(now),
            text => text.parse().ok().filter(|month| *month <= Month::of(now)).ok_or("revenue_accepted")?,
        };
        let fine = ["", "customers", "revenue"].contains(&self.by.as_str())
            && ["", "new", "expansion", "contraction", "churn"].contains(&self.kind.as_str())
            && ["", "1"].contains(&self.failed.as_str())
            && ["", "csv", "html"].contains(&self.format.as_str());
        if !fine {
            return Err("revenue_accepted");
        }
        Ok(Question { currency, months, month, by_revenue: self.by == "revenue" })
    }
}

/// The months that a page shows: those before the present one, as many as were asked for, and the present one.
pub(super) fn shown(months: u32, now: DateTime<Utc>) -> Vec<Month> {
    let last = Month::of(now);
    last.minus(months - 1).until(last).collect()
}

/// What every page of revenue rests on.
pub(super) struct Ready {
    /// What was billed, paid and given back.
    pub(super) books: Books,
    /// What was paid for, in spans of time.
    pub(super) spans: Vec<Span>,
    /// The currencies in them.
    pub(super) currencies: Vec<String>,
    /// What the address asks for.
    pub(super) question: Question,
}

/// Reads the books and the address; a page that says what is wrong with the address, where something is.
///
/// # Errors
/// Postgres fails.
pub(super) async fn ready(clerk: &Clerk, asked: &Asked) -> Result<Result<Ready, HttpResponse>, Error> {
    let books = store::books(&clerk.reader.app.pool).await?;
    let spans = spans(&books.lines, &books.ended);
    let currencies = currencies(&spans);
    Ok(match asked.parse(&currencies, clerk.reader.now) {
        Ok(question) => Ok(Ready { books, spans, currencies, question }),
        Err(problem) => Err(refused(clerk, problem).await?),
    })
}

/// The choices of a page's filters.
pub(super) fn filters(
    context: &mut tera::Context,
    clerk: &Clerk,
    currencies: &[String],
    question: &Question,
) {
    let lang = clerk.lang();
    let mut known = currencies.to_vec();
    if known.is_empty() {
        known.push(USUAL.to_owned());
    }
    let choices =
        known.into_iter().map(|code| Choice::new(code.clone(), code.clone(), code == question.currency));
    context.insert("currencies", &choices.collect::<Vec<_>>());
    let spans = SPANS.map(|n| Choice::new(n.to_string(), n.to_string(), n == question.months));
    context.insert("spans", &spans);
    let bys = [
        ("customers", "revenue_by_customers", !question.by_revenue),
        ("revenue", "revenue_by_revenue", question.by_revenue),
    ];
    context.insert("bys", &bys.map(|(value, key, chosen)| Choice::new(value, text(lang, key), chosen)));
    context.insert("currency", &question.currency);
}

async fn refused(clerk: &Clerk, problem: &'static str) -> Result<HttpResponse, Error> {
    let mut context = clerk.context(Area::Revenue, text(clerk.lang(), "admin_revenue")).await?;
    context.insert("problem", text(clerk.lang(), problem));
    context.insert("path", "/admin/revenue");
    clerk.refuse(StatusCode::BAD_REQUEST, "console/refused.html", &context)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn absurd_addresses_are_refused() {
        let now = "2026-11-22T06:00:00Z".parse().unwrap();
        let known = ["EUR".to_owned(), "USD".to_owned()];
        let with = |change: fn(&mut Asked)| {
            let mut asked = Asked::default();
            change(&mut asked);
            asked.parse(&known, now).map(|q| (q.currency, q.months, q.month.to_string()))
        };
        assert_eq!(with(|_| {}), Ok(("EUR".into(), 12, "2026-11".into())));
        assert_eq!(with(|a| a.currency = "USD".into()).unwrap().0, "USD");
        for wrong in [
            with(|a| a.currency = "eur".into()),
            with(|a| a.currency = "XXX".into()),
            with(|a| a.months = "1000000000000".into()),
            with(|a| a.months = "-12".into()),
            with(|a| a.month = "2027-01".into()),
            with(|a| a.month = "NaN".into()),
            with(|a| a.kind = "all".into()),
            with(|a| a.failed = "yes".into()),
            with(|a| a.format = "xlsx".into()),
            with(|a| a.by = "tier".into()),
        ] {
            assert_eq!(wrong, Err("revenue_accepted"));
        }
        assert_eq!(shown(12, now).len(), 12);
    }
}
