//! `/admin/revenue`: recurring revenue and what moved it, retention, trials, payments.

use actix_web::{HttpResponse, web};
use tables::export::{Columns, Kind as Column};

use super::asked::{Asked, Ready, filters, ready, shown};
use super::movements::{Movements, movements};
use super::view::{self, Pen};
use super::{cohorts, figures, payments, trials};
use crate::console::audit::file;
use crate::console::desk::Clerk;
use crate::console::rule::Area;
use crate::error::Error;
use crate::export::csv;
use crate::text::{fill, text};

/// `GET /admin/revenue`
///
/// # Errors
/// Postgres fails. What is wrong with the address is said on the page.
pub async fn page(clerk: Clerk, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    let (lang, now) = (clerk.lang(), clerk.reader.now);
    let Ready { books, spans, currencies, question } = match ready(&clerk, &asked).await? {
        Ok(ready) => ready,
        Err(refused) => return Ok(refused),
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
        let grown = pen.change(row.end_cents - row.start_cents);
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
