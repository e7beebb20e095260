//! Who is behind a month's movements, and the invoices behind that.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use serde::Serialize;
use tables::export::{Columns, Kind as Column};

use super::asked::{Asked, Question, Ready, filters, ready};
use super::movements::{Change, Kind, changes as changes_of};
use super::store::{self, Wanted};
use super::view::Pen;
use crate::console::audit::file;
use crate::console::customers::timeline::leads_somewhere;
use crate::console::desk::{Choice, Clerk};
use crate::console::rule::Area;
use crate::error::Error;
use crate::export::csv;
use crate::format;
use crate::text::{fill, text};

/// Invoices that a list shows.
const INVOICES: i64 = 500;
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
    let Ready { spans, currencies, question, .. } = match ready(&clerk, &asked).await? {
        Ok(ready) => ready,
        Err(refused) => return Ok(refused),
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
fn kind_key(kind: Kind) -> &'static str {
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
    let Ready { spans, question, .. } = match ready(&clerk, &asked).await? {
        Ok(ready) => ready,
        Err(refused) => return Ok(refused),
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
