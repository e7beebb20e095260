//! Rows as the pages show them.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::billing::facts::{Interval, Status};
use crate::billing::store::CreditNoteLink;
use crate::billing::store::invoices::InvoiceRow;
use crate::billing::store::subscriptions::SubscriptionRow;
use crate::billing::tax;
use crate::format;
use crate::market::view::tier_name;
use crate::text::{Lang, fill, text};

/// A subscription.
#[derive(Debug, Serialize)]
pub(super) struct Subscription {
    name: String,
    status: &'static str,
    price: String,
    /// What happens next.
    next: Vec<String>,
    over: bool,
    ending: bool,
    paused: bool,
    pausable: bool,
    late: bool,
}

/// A subscription, and until when it gives access.
pub(super) fn subscription(
    row: &SubscriptionRow,
    access: Option<&(String, DateTime<Utc>, String)>,
    now: DateTime<Utc>,
    lang: Lang,
) -> Subscription {
    let status = row.status;
    let at = |at: DateTime<Utc>| format::instant(at, lang);
    let every = match row.interval {
        Interval::Year => "pricing_yearly",
        _ => "pricing_monthly",
    };
    let amount = format::money(row.unit_amount_cents * row.quantity, &row.currency, lang);
    let ends_at = row.ends_at();
    let (over, ending) = (status.is_over(), ends_at.is_some() && !status.is_over());
    let mut next = Vec::new();
    match (status, ends_at) {
        (_, Some(end)) if over || end <= now => next.push(fill(lang, "billing_ended", &[("at", &at(end))])),
        (_, Some(end)) => next.push(fill(lang, "billing_ends", &[("at", &at(end))])),
        (Status::Trialing, None) => {
            let end = row.trial_end_at.unwrap_or(row.current_period_end_at);
            let due = format::money(row.due_cents(end), &row.currency, lang);
            next.push(fill(lang, "billing_trial_until", &[("at", &at(end)), ("amount", &due)]));
        }
        (Status::PastDue, None) => {
            let until = access.map(|(_, until, _)| at(*until));
            next.push(match until {
                Some(until) => fill(lang, "billing_late_until", &[("at", &until)]),
                None => text(lang, "billing_late").to_owned(),
            });
        }
        (Status::Active, None) if row.paused_behavior.is_some() => {
            next.push(match row.paused_until_at {
                Some(until) => fill(lang, "billing_paused_until", &[("at", &at(until))]),
                None => text(lang, "billing_paused").to_owned(),
            });
            next.extend(
                access.map(|(_, until, _)| fill(lang, "billing_access_until", &[("at", &at(*until))])),
            );
        }
        (Status::Active, None) => {
            let end = row.current_period_end_at;
            let due = format::money(row.due_cents(end), &row.currency, lang);
            next.push(fill(lang, "billing_renews", &[("at", &at(end)), ("amount", &due)]));
        }
        _ => {}
    }
    let discount = row.discount.as_ref();
    if let Some(percent) = discount.and_then(|d| d.percent) {
        next.push(fill(lang, "billing_discount", &[("percent", &format::percent(percent / 100.0, 0, lang))]));
    }
    if let Some(cents) = discount.and_then(|d| d.cents) {
        let off = format::money(cents, &row.currency, lang);
        next.push(fill(lang, "billing_discount", &[("percent", &off)]));
    }
    let paused = row.paused_behavior.is_some() && !over;
    Subscription {
        name: row.tier.map(tier_name).unwrap_or_default(),
        status: text(lang, status_key(status)),
        price: format!("{amount} {}", text(lang, every)),
        next,
        over,
        ending,
        paused,
        pausable: status == Status::Active && !ending && !paused,
        late: matches!(status, Status::PastDue | Status::Unpaid),
    }
}

/// The text for how a subscription stands.
pub(super) fn status_key(status: Status) -> &'static str {
    match status {
        Status::Incomplete => "billing_status_incomplete",
        Status::Trialing => "billing_status_trialing",
        Status::Active => "billing_status_active",
        Status::PastDue => "billing_status_past_due",
        Status::Paused => "billing_status_paused",
        Status::Unpaid => "billing_status_unpaid",
        Status::IncompleteExpired => "billing_status_incomplete_expired",
        Status::Canceled => "billing_status_canceled",
        Status::Unknown => "billing_status_unknown",
    }
}

/// An invoice.
#[derive(Debug, Serialize)]
pub(super) struct Invoice {
    number: String,
    at: String,
    total: String,
    status: &'static str,
    refunded: Option<String>,
    due: bool,
    /// When payment is tried again.
    next_try: Option<String>,
    hosted_url: Option<String>,
    pdf_url: Option<String>,
    /// Number and PDF of what was taken back of it.
    credit_notes: Vec<(String, Option<String>)>,
}

/// A tax id in words: its number, its kind, what came of its check.
pub(super) fn tax_id((kind, value, verification): (String, String, String), lang: Lang) -> [String; 3] {
    let kind = text(lang, tax::kind_key(&kind)).to_owned();
    [value, kind, text(lang, tax::verification_key(&verification)).to_owned()]
}

/// An invoice with the credit notes that are about it.
pub(super) fn invoice(row: &InvoiceRow, notes: &[CreditNoteLink], lang: Lang) -> Invoice {
    let status = match row.status.as_str() {
        "draft" => "invoice_draft",
        "open" => "invoice_open",
        "paid" => "invoice_paid",
        "void" => "invoice_void",
        _ => "invoice_uncollectible",
    };
    let refunded = (row.refunded_cents > 0).then(|| format::money(row.refunded_cents, &row.currency, lang));
    Invoice {
        number: row.number.clone().unwrap_or_else(|| "–".to_owned()),
        at: format::day(row.created_at.date_naive(), lang),
        total: format::money(row.total_cents, &row.currency, lang),
        status: text(lang, status),
        refunded: refunded.map(|amount| fill(lang, "invoice_refunded", &[("amount", &amount)])),
        due: row.status == "open",
        next_try: row
            .next_attempt_at
            .filter(|_| row.status == "open" && row.attempt_count > 0)
            .map(|at| fill(lang, "dunning_next", &[("at", &format::instant(at, lang))])),
        hosted_url: row.hosted_url.clone().filter(|url| safe(url)),
        pdf_url: row.pdf_url.clone().filter(|url| safe(url)),
        credit_notes: notes
            .iter()
            .filter(|note| note.invoice_stripe_id == row.stripe_id && note.status != "void")
            .map(|note| (note.number.clone(), note.pdf_url.clone().filter(|url| safe(url))))
            .collect(),
    }
}

/// Only addresses of web pages become links.
fn safe(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}
