//! What the provider's types say, as facts. Nothing is dropped silently: what cannot be understood is an error.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::Tier;
use stripe_shared as s;

use super::Trouble;
use crate::billing::facts::{
    Coupon, CreditNote, Customer, Discount, Interval, Invoice, Line, Refund, Snapshot, Status, TaxId,
};

/// The tiers that prices buy, by the price's id.
#[derive(Debug, Clone, Default)]
pub struct Prices(pub HashMap<String, Tier>);

impl Prices {
    fn tier(&self, price_id: &str) -> Option<Tier> {
        self.0.get(price_id).copied()
    }
}

/// Where the account's id stands in a customer's metadata.
pub const ACCOUNT: &str = "quarterday_account";

fn instant(seconds: i64) -> Result<DateTime<Utc>, Trouble> {
    DateTime::from_timestamp(seconds, 0).ok_or_else(|| Trouble::Garbled(format!("the instant {seconds}")))
}

fn maybe(seconds: Option<i64>) -> Result<Option<DateTime<Utc>>, Trouble> {
    seconds.map(instant).transpose()
}

fn count(n: u64) -> Result<i64, Trouble> {
    i64::try_from(n).map_err(|_| Trouble::Garbled(format!("the number {n}")))
}

fn code(currency: impl std::fmt::Display) -> String {
    currency.to_string().to_uppercase()
}

/// A subscription as it stands in an answer or an event. One that was made elsewhere may be paid at an interval that we do not
/// sell, or have no item: it is taken as it is, and gives nothing, so that it does not hide those that do.
///
/// # Errors
/// An instant or number is out of range.
pub fn snapshot(from: &s::Subscription, prices: &Prices) -> Result<Snapshot, Trouble> {
    // Where somebody has put others beside it, the item is the one that is ours.
    let items = &from.items.data;
    let ours = items.iter().find(|item| prices.tier(item.price.id.as_str()).is_some());
    let item = ours.or(items.first());
    let recurring = item.and_then(|item| item.price.recurring.as_ref()).map(|r| r.interval.to_string());
    let interval = recurring.as_deref().and_then(Interval::parse).unwrap_or(Interval::Other);
    let price_id = item.map(|item| item.price.id.as_str().to_owned()).unwrap_or_default();
    let discount = from.discounts.first().and_then(|d| d.as_object()).map(discount).transpose()?.flatten();
    let latest = from.latest_invoice.as_ref().and_then(|i| i.id().as_ref().map(|id| id.as_str().to_owned()));
    Ok(Snapshot {
        stripe_id: from.id.as_str().to_owned(),
        customer_stripe_id: from.customer.id().as_str().to_owned(),
        livemode: from.livemode,
        status: Status::parse(from.status.as_str()),
        tier: prices.tier(&price_id),
        price_id,
        item_stripe_id: item.map(|item| item.id.as_str().to_owned()).unwrap_or_default(),
        unit_amount_cents: item.and_then(|item| item.price.unit_amount).unwrap_or_default(),
        currency: code(&from.currency),
        interval,
        quantity: count(item.and_then(|item| item.quantity).unwrap_or(1))?,
        created_at: instant(from.created)?,
        started_at: instant(from.start_date)?,
        trial_start_at: maybe(from.trial_start)?,
        trial_end_at: maybe(from.trial_end)?,
        current_period_start_at: instant(item.map_or(from.start_date, |item| item.current_period_start))?,
        current_period_end_at: instant(item.map_or(from.start_date, |item| item.current_period_end))?,
        cancel_at_period_end: from.cancel_at_period_end,
        cancel_at: maybe(from.cancel_at)?,
        canceled_at: maybe(from.canceled_at)?,
        ended_at: maybe(from.ended_at)?,
        paused_behavior: from.pause_collection.as_ref().map(|p| p.behavior.to_string()),
        paused_until_at: maybe(from.pause_collection.as_ref().and_then(|p| p.resumes_at))?,
        discount,
        latest_invoice_id: latest,
    })
}

fn discount(from: &s::Discount) -> Result<Option<Discount>, Trouble> {
    let Some(coupon) = &from.source.coupon else { return Ok(None) };
    let whole = coupon.as_object();
    Ok(Some(Discount {
        coupon_id: coupon.id().as_str().to_owned(),
        percent: whole.and_then(|c| c.percent_off),
        cents: whole.and_then(|c| c.amount_off),
        ends_at: maybe(from.end)?,
    }))
}

fn discounted(amounts: Option<&Vec<s::DiscountsResourceDiscountAmount>>) -> i64 {
    amounts.map(|all| all.iter().map(|d| d.amount).sum()).unwrap_or_default()
}

/// An invoice; also one that is only a preview.
///
/// # Errors
/// An instant or number is out of range.
pub fn invoice(from: &s::Invoice, prices: &Prices) -> Result<Invoice, Trouble> {
    let parent = from.parent.as_ref().and_then(|p| p.subscription_details.as_ref());
    let subscription = parent.map(|p| &p.subscription).or(from.subscription.as_ref());
    let payment = from.payments.as_ref().and_then(|all| {
        let paid = all.data.iter().find(|p| p.status == "paid").or(all.data.first());
        paid.and_then(|p| p.payment.payment_intent.as_ref()).map(|p| p.id().as_str().to_owned())
    });
    let lines: Result<Vec<Line>, Trouble> = from.lines.data.iter().map(|l| line(l, prices)).collect();
    Ok(Invoice {
        stripe_id: from.id.as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default(),
        customer_stripe_id: from.customer.as_ref().map(|c| c.id().as_str().to_owned()).unwrap_or_default(),
        subscription_stripe_id: subscription.map(|s| s.id().as_str().to_owned()),
        livemode: from.livemode,
        number: from.number.clone(),
        status: from.status.as_ref().map_or_else(|| "draft".to_owned(), ToString::to_string),
        billing_reason: from.billing_reason.as_ref().map(ToString::to_string),
        currency: code(&from.currency),
        subtotal_cents: from.subtotal,
        discount_cents: discounted(from.total_discount_amounts.as_ref()),
        tax_cents: from
            .total_taxes
            .as_ref()
            .map(|all| all.iter().map(|t| t.amount).sum())
            .unwrap_or_default(),
        total_cents: from.total,
        amount_paid_cents: from.amount_paid,
        amount_due_cents: from.amount_due,
        credited_cents: from.post_payment_credit_notes_amount,
        starting_balance_cents: from.starting_balance,
        ending_balance_cents: from.ending_balance,
        created_at: instant(from.created)?,
        finalized_at: maybe(from.status_transitions.finalized_at)?,
        paid_at: maybe(from.status_transitions.paid_at)?,
        period_start_at: instant(from.period_start)?,
        period_end_at: instant(from.period_end)?,
        hosted_url: from.hosted_invoice_url.clone(),
        pdf_url: from.invoice_pdf.clone(),
        payment_intent_id: payment,
        attempt_count: count(from.attempt_count)?,
        next_attempt_at: maybe(from.next_payment_attempt)?,
        lines: lines?,
    })
}

fn line(from: &s::InvoiceLineItem, prices: &Prices) -> Result<Line, Trouble> {
    let price = from.pricing.as_ref().and_then(|p| p.price_details.as_ref());
    let price_id = price.map(|p| p.price.id().as_str().to_owned());
    let parent = from.parent.as_ref();
    let by_item = parent.and_then(|p| p.subscription_item_details.as_ref()).is_some_and(|d| d.proration);
    let by_hand = parent.and_then(|p| p.invoice_item_details.as_ref()).is_some_and(|d| d.proration);
    Ok(Line {
        stripe_id: from.id.as_str().to_owned(),
        description: from.description.clone().unwrap_or_default(),
        amount_cents: from.amount,
        period_start_at: instant(from.period.start)?,
        period_end_at: instant(from.period.end)?,
        proration: by_item || by_hand,
        tier: price_id.as_deref().and_then(|id| prices.tier(id)),
        price_id,
        discount_cents: discounted(from.discount_amounts.as_ref()),
        quantity: count(from.quantity.unwrap_or(1))?,
    })
}

/// A refund.
///
/// # Errors
/// Its instant is out of range.
pub fn refund(from: &s::Refund) -> Result<Refund, Trouble> {
    Ok(Refund {
        stripe_id: from.id.as_str().to_owned(),
        payment_intent_id: from.payment_intent.as_ref().map(|p| p.id().as_str().to_owned()),
        charge_id: from.charge.as_ref().map(|c| c.id().as_str().to_owned()),
        status: from.status.clone().unwrap_or_else(|| "pending".to_owned()),
        currency: code(&from.currency),
        amount_cents: from.amount,
        reason: from.reason.as_ref().map(ToString::to_string).unwrap_or_default(),
        created_at: instant(from.created)?,
    })
}

/// A credit note.
///
/// # Errors
/// Its instant is out of range.
pub fn credit_note(from: &s::CreditNote) -> Result<CreditNote, Trouble> {
    Ok(CreditNote {
        stripe_id: from.id.as_str().to_owned(),
        customer_stripe_id: from.customer.id().as_str().to_owned(),
        invoice_stripe_id: from.invoice.id().as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default(),
        number: from.number.clone(),
        status: from.status.to_string(),
        currency: code(&from.currency),
        amount_cents: from.amount,
        refund_cents: from.refunds.iter().map(|one| one.amount_refunded).sum(),
        refund_stripe_ids: from.refunds.iter().map(|one| one.refund.id().as_str().to_owned()).collect(),
        pdf_url: Some(from.pdf.clone()).filter(|url| !url.is_empty()),
        reason: from.reason.as_ref().map(ToString::to_string).unwrap_or_default(),
        memo: from.memo.clone().unwrap_or_default(),
        created_at: instant(from.created)?,
    })
}

/// A customer who is there.
///
/// # Errors
/// An instant is out of range.
pub fn customer(from: &s::Customer) -> Result<Customer, Trouble> {
    let account = from.metadata.as_ref().and_then(|m| m.get(ACCOUNT)).and_then(|id| id.parse().ok());
    let tax_ids: Option<Result<Vec<TaxId>, Trouble>> =
        from.tax_ids.as_ref().map(|all| all.data.iter().map(tax_id).collect());
    Ok(Customer {
        stripe_id: from.id.as_str().to_owned(),
        livemode: from.livemode,
        currency: from.currency.as_ref().map(code),
        balance_cents: from.balance.unwrap_or_default(),
        deleted: false,
        created_at: instant(from.created)?,
        account,
        tax_ids: tax_ids.transpose()?.unwrap_or_default(),
    })
}

/// A tax id.
///
/// # Errors
/// Its instant is out of range.
pub fn tax_id(from: &s::TaxId) -> Result<TaxId, Trouble> {
    let verification = from.verification.as_ref().map(|v| v.status.to_string());
    Ok(TaxId {
        stripe_id: from.id.as_str().to_owned(),
        kind: from.type_.to_string(),
        value: from.value.clone(),
        verification: verification.unwrap_or_else(|| "unavailable".to_owned()),
        created_at: instant(from.created)?,
    })
}

/// A coupon.
///
/// # Errors
/// An instant or number is out of range.
pub fn coupon(from: &s::Coupon) -> Result<Coupon, Trouble> {
    let months = from.duration_in_months.map(i32::try_from).transpose();
    Ok(Coupon {
        stripe_id: from.id.as_str().to_owned(),
        name: from.name.clone().unwrap_or_default(),
        percent_off: from.percent_off,
        amount_off_cents: from.amount_off,
        currency: from.currency.as_ref().map(code),
        duration: from.duration.to_string(),
        months: months.map_err(|e| Trouble::Garbled(e.to_string()))?,
        redeem_by_at: maybe(from.redeem_by)?,
        max_redemptions: from.max_redemptions,
        times_redeemed: from.times_redeemed,
        valid: from.valid,
        created_at: instant(from.created)?,
    })
}

/// The subscription in an event's body; `None`: its object is something else, or has a shape that this version does not
/// know. It is then read there instead.
pub fn subscription_in(body: &serde_json::Value, prices: &Prices) -> Option<Snapshot> {
    let object = body.pointer("/data/object")?;
    if object.get("object")?.as_str()? != "subscription" {
        return None;
    }
    let parsed: s::Subscription = miniserde::json::from_str(&object.to_string()).ok()?;
    snapshot(&parsed, prices).ok()
}
