//! `/admin/revenue`, who is behind a movement, and the invoices behind that.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tables::export::{Columns, Kind as Column};

use super::month::Month;
use super::movements::{Change, Movements, changes as changes_of, movements};
use super::recurring::{Span, currencies, spans};
use super::store::{self, Books, Wanted};
use super::view::{self, Pen};
use super::{cohorts, figures, payments, trials};
use crate::console::audit::file;
use crate::console::customers::timeline::leads_somewhere;
use crate::console::desk::{Choice, Clerk};
use crate::console::rule::Area;
use crate::error::Error;
use crate::export::csv;
use crate::format;
use crate::text::{fill, text};

/// How many months a page may look back.
const SPANS: [u32; 3] = [12, 24, 36];
/// Invoices that a list shows.
const INVOICES: i64 = 500;
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
struct Question {
    currency: String,
    months: u32,
    month: Month,
    by_revenue: bool,
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
fn shown(months: u32, now: DateTime<Utc>) -> Vec<Month> {
    let last = Month::of(now);
    last.minus(months - 1).until(last).collect()
}

struct Ready {
    books: Books,
    spans: Vec<Span>,
    currencies: Vec<String>,
}

async fn ready(clerk: &Clerk) -> Result<Ready, Error> {
    let books = store::books(&clerk.reader.app.pool).await?;
    let spans = spans(&books.lines, &books.ended);
    let currencies = currencies(&spans);
    Ok(Ready { books, spans, currencies })
}

/// `GET /admin/revenue`
///
/// # Errors
/// Postgres fails. What is wrong with the address is said on the page.
pub async fn page(clerk: Clerk, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    let (lang, now) = (clerk.lang(), clerk.reader.now);
    let Ready { books, spans, currencies } = ready(&clerk).await?;
    let question = match asked.parse(&currencies, now) {
        Ok(question) => question,
        Err(problem) => return refused(&clerk, problem).await,
    };
    let pen = Pen { lang, currency: &question.currency };
    let months = shown(question.months, now);
    let rows = movements(&spans, pen.currency, months.iter().copied(), now);
    if asked.format == "csv" {
        return export(&rows, pen.currency);
    }
    // Shares are taken from months that are over; what comes in now is taken from now.
    let complete = rows.split_last().map_or(&rows[..], |(_, before)| before);
    let mut known = figures::figures(complete);
    if let (Some(known), Some(present)) = (&mut known, rows.last()) {
        known.mrr_cents = present.end_cents;
        known.arr_cents = present.end_cents * 12;
        known.customers = present.customers_end;
    }
    let cohorts = cohorts::cohorts(&spans, pen.currency, now);
    let recent = cohorts.len().saturating_sub(question.months as usize);
    let cash = payments::cash(&books.bills, &books.refunds, pen.currency, months.iter().copied());
    let trials = trials::conversions(&books.trials, now);
    let recent_trials = trials.len().saturating_sub(question.months as usize);
    let mut context = clerk.context(Area::Revenue, text(lang, "admin_revenue")).await?;
    let answer = rows.last().map(|row| {
        let grown = format::money(row.end_cents - row.start_cents, pen.currency, lang);
        let values = [
            ("mrr", &*pen.money(row.end_cents)),
            ("grown", &grown),
            ("customers", &*row.customers_end.to_string()),
        ];
        fill(lang, "revenue_answer", &values)
    });
    context.insert("answer", &answer);
    context.insert("facts", &known.as_ref().map(|known| view::facts(known, pen)));
    context.insert("grown", &view::grown(&rows, pen));
    context.insert("moved", &view::moved(&rows, pen));
    context.insert("rows", &view::rows(&rows, pen));
    context.insert("cohorts", &view::cohort_rows(&cohorts[recent..], question.by_revenue, pen));
    context.insert("ages", &(0..=view::AGES).collect::<Vec<_>>());
    context.insert("trials", &view::trial_rows(&trials[recent_trials..], pen));
    context.insert("cash", &view::cash_rows(&cash, pen));
    filters(&mut context, &clerk, &currencies, &question);
    context.insert(
        "csv",
        &format!("/admin/revenue?currency={}&months={}&format=csv", pen.currency, question.months),
    );
    clerk.render("console/revenue.html", &context)
}

fn filters(context: &mut tera::Context, clerk: &Clerk, currencies: &[String], question: &Question) {
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

const COLUMNS: Columns = &[
    ("month", Column::Text),
    ("currency", Column::Text),
    ("start_cents", Column::Integer),
    ("new_cents", Column::Integer),
    ("returning_cents", Column::Integer),
    ("expansion_cents", Column::Integer),
    ("contraction_cents", Column::Integer),
    ("churn_cents", Column::Integer),
    ("end_cents", Column::Integer),
    ("customers_start", Column::Integer),
    ("customers_new", Column::Integer),
    ("customers_lost", Column::Integer),
    ("customers_end", Column::Integer),
];

fn export(rows: &[Movements], currency: &str) -> Result<HttpResponse, Error> {
    let line = |row: &Movements| {
        serde_json::json!({
            "month": row.month.to_string(), "currency": currency, "start_cents": row.start_cents, "new_cents": row.new_cents,
            "returning_cents": row.returning_cents, "expansion_cents": row.expansion_cents,
            "contraction_cents": row.contraction_cents, "churn_cents": row.churn_cents, "end_cents": row.end_cents,
            "customers_start": row.customers_start, "customers_new": row.customers_new,
            "customers_lost": row.customers_lost, "customers_end": row.customers_end,
        })
    };
    file("revenue", csv(COLUMNS, &rows.iter().map(line).collect::<Vec<_>>())?)
}

#[derive(Serialize)]
struct ChangeRow {
    customer: String,
    href: Option<String>,
    kind: &'static str,
    before: String,
    after: String,
    moved: String,
}

/// `GET /admin/revenue/changes`: who is behind a month's movements.
///
/// # Errors
/// Postgres fails. What is wrong with the address is said on the page.
pub async fn changes(clerk: Clerk, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    let (lang, now) = (clerk.lang(), clerk.reader.now);
    let Ready { spans, currencies, .. } = ready(&clerk).await?;
    let question = match asked.parse(&currencies, now) {
        Ok(question) => question,
        Err(problem) => return refused(&clerk, problem).await,
    };
    let pen = Pen { lang, currency: &question.currency };
    let mut listed = changes_of(&spans, pen.currency, question.month, now);
    listed.retain(|change| asked.kind.is_empty() || change.kind.as_str() == asked.kind);
    listed.sort_by_key(|change| std::cmp::Reverse(change.moved_cents()));
    let customers: Vec<String> = listed.iter().map(|change| change.customer.clone()).collect();
    let names = store::names(&clerk.reader.app.pool, &customers).await?;
    if asked.format == "csv" {
        return export_changes(&listed, &names, &question);
    }
    let row = |change: &Change| {
        let name = names.get(&change.customer);
        ChangeRow {
            customer: name.map_or_else(|| change.customer.clone(), |(_, email)| email.clone()),
            href: name.map(|(id, _)| format!("/admin/customers/{id}")),
            kind: text(lang, kind_key(change.kind)),
            before: pen.money(change.before_cents),
            after: pen.money(change.after_cents),
            moved: pen.money(change.after_cents - change.before_cents),
        }
    };
    let rows: Vec<ChangeRow> = listed.iter().map(row).collect();
    let sum: i64 = listed.iter().map(|change| change.after_cents - change.before_cents).sum();
    let title = fill(lang, "revenue_changes_title", &[("month", &question.month.to_string())]);
    let mut context = clerk.context(Area::Revenue, &title).await?;
    context.insert("crumb", &Some(["/admin/revenue", text(lang, "admin_revenue")]));
    context.insert("rows", &rows);
    context.insert("sum", &pen.money(sum));
    let kinds = ["new", "expansion", "contraction", "churn"];
    let mut choices = vec![Choice::new("", text(lang, "revenue_all"), asked.kind.is_empty())];
    let keys = ["revenue_new", "revenue_expansion", "revenue_contraction", "revenue_churn"];
    choices.extend(
        kinds.into_iter().zip(keys).map(|(kind, key)| Choice::new(kind, text(lang, key), kind == asked.kind)),
    );
    context.insert("kinds", &choices);
    context.insert("month", &question.month.to_string());
    filters(&mut context, &clerk, &currencies, &question);
    let address = format!("currency={}&month={}&kind={}", pen.currency, question.month, asked.kind);
    context.insert("csv", &format!("/admin/revenue/changes?{address}&format=csv"));
    context.insert("invoices", &format!("/admin/revenue/invoices?{address}"));
    clerk.render("console/changes.html", &context)
}

/// The key of a kind's name.
fn kind_key(kind: super::movements::Kind) -> &'static str {
    use super::movements::Kind;
    match kind {
        Kind::New { returning: false } => "revenue_new",
        Kind::New { returning: true } => "revenue_returning",
        Kind::Expansion => "revenue_expansion",
        Kind::Contraction => "revenue_contraction",
        Kind::Churn => "revenue_churn",
    }
}

fn export_changes(
    listed: &[Change],
    names: &BTreeMap<String, (i64, String)>,
    question: &Question,
) -> Result<HttpResponse, Error> {
    const COLUMNS: Columns = &[
        ("month", Column::Text),
        ("currency", Column::Text),
        ("customer", Column::Text),
        ("email", Column::Text),
        ("kind", Column::Text),
        ("before_cents", Column::Integer),
        ("after_cents", Column::Integer),
    ];
    let line = |change: &Change| {
        serde_json::json!({
            "month": question.month.to_string(), "currency": question.currency, "customer": change.customer,
            "email": names.get(&change.customer).map(|(_, email)| email), "kind": change.kind.as_str(),
            "before_cents": change.before_cents, "after_cents": change.after_cents,
        })
    };
    file("revenue-changes", csv(COLUMNS, &listed.iter().map(line).collect::<Vec<_>>())?)
}

#[derive(Serialize)]
struct InvoiceShown {
    number: String,
    url: Option<String>,
    customer: String,
    href: Option<String>,
    status: String,
    total: String,
    paid: String,
    made: String,
    attempts: i64,
    next: String,
}

/// `GET /admin/revenue/invoices`: the invoices of a month, all of them or those behind a movement or whose payment failed.
///
/// # Errors
/// Postgres fails. What is wrong with the address is said on the page.
pub async fn invoices(clerk: Clerk, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    let (lang, now) = (clerk.lang(), clerk.reader.now);
    let Ready { spans, currencies, .. } = ready(&clerk).await?;
    let question = match asked.parse(&currencies, now) {
        Ok(question) => question,
        Err(problem) => return refused(&clerk, problem).await,
    };
    let pen = Pen { lang, currency: &question.currency };
    let behind: Option<Vec<String>> = (!asked.kind.is_empty()).then(|| {
        let all = changes_of(&spans, pen.currency, question.month, now).into_iter();
        all.filter(|change| change.kind.as_str() == asked.kind).map(|change| change.customer).collect()
    });
    let wanted = Wanted {
        currency: pen.currency,
        // What left or shrank was invoiced before.
        from: if behind.is_some() {
            question.month.minus(12).starts_at()
        } else {
            question.month.starts_at()
        },
        to: question.month.ends_at(),
        customers: behind.as_deref(),
        failed: asked.failed == "1",
    };
    let found = store::invoices(&clerk.reader.app.pool, &wanted, INVOICES).await?;
    let cut = found.len() as i64 == INVOICES;
    let sum: i64 = found.iter().map(|invoice| invoice.total_cents).sum();
    let rows = found.into_iter().map(|invoice| InvoiceShown {
        number: invoice.number.unwrap_or(invoice.stripe_id),
        url: invoice.hosted_url.filter(|url| leads_somewhere(url)),
        customer: invoice.email.unwrap_or(invoice.customer),
        href: invoice.customer_id.map(|id| format!("/admin/customers/{id}")),
        status: invoice.status,
        total: pen.money(invoice.total_cents),
        paid: pen.money(invoice.paid_cents),
        made: format::instant(invoice.created_at, lang),
        attempts: invoice.attempts,
        next: invoice
            .next_at
            .map_or_else(|| format::MISSING.to_owned(), |at| format::short_instant(at, lang)),
    });
    let title = fill(lang, "revenue_invoices_title", &[("month", &question.month.to_string())]);
    let mut context = clerk.context(Area::Revenue, &title).await?;
    context.insert("crumb", &Some(["/admin/revenue", text(lang, "admin_revenue")]));
    context.insert("rows", &rows.collect::<Vec<_>>());
    context.insert("sum", &pen.money(sum));
    context.insert("cut", &cut);
    context.insert("behind", &behind.is_some());
    clerk.render("console/invoices.html", &context)
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
