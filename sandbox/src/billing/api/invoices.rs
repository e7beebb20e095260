//! `/v1/invoices`, `/v1/invoiceitems`, `/v1/invoice_payments`.

use super::super::engine::closing;
use super::super::engine::invoice::{self, DRAFT_SECONDS, Plan};
use super::super::engine::payment::{self, Payment};
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{InvoiceItem, InvoiceStatus, Line, Metadata};
use super::lists::{Created, page};
use super::{Answer, Call, currency, deleted, required_customer, retrieve};

pub(super) fn route(call: &mut Call<'_>, method: &str, segments: &[&str], path: &str) -> Answer {
    if let ("invoices", Some(id)) = (segments[0], segments.get(1)) {
        let customer = call.book.invoices.get(id).map(|found| found.customer.clone());
        call.book.enter(customer.as_deref(), call.real);
    }
    match (method, segments) {
        ("POST", ["invoices"]) => create(call),
        ("GET", ["invoices"]) => list(call),
        ("POST", ["invoices", id]) => update(call, id),
        ("DELETE", ["invoices", id]) => delete(call, id),
        ("POST", ["invoices", id, "finalize"]) => finalize(call, id),
        ("POST", ["invoices", id, "pay"]) => pay(call, id),
        ("POST", ["invoices", id, "void"]) => {
            closing::void(call.book, id)?;
            Ok(render::invoice(call.book, id))
        }
        ("POST", ["invoices", id, "mark_uncollectible"]) => {
            closing::mark_uncollectible(call.book, id)?;
            Ok(render::invoice(call.book, id))
        }
        ("GET", ["invoices", id, "lines"]) => lines(call, id),
        ("POST", ["invoiceitems"]) => create_item(call),
        ("GET", ["invoiceitems"]) => list_items(call),
        ("DELETE", ["invoiceitems", id]) => delete_item(call, id),
        ("GET", ["invoice_payments"]) => list_payments(call),
        ("GET", [kind, id]) => retrieve(call, kind, id),
        _ => Err(Refusal::unknown_address(method, path)),
    }
}

fn create(call: &mut Call<'_>) -> Answer {
    let customer = required_customer(call, "customer")?;
    let params = &mut call.params;
    let subscription = params.text("subscription")?;
    let wanted = currency(params, "currency")?;
    let auto_advance = params.flag("auto_advance")?.unwrap_or(false);
    let description = params.text("description")?;
    let mut metadata = Metadata::new();
    params.metadata("metadata", &mut metadata)?;
    params.one_of("collection_method", |name| (name == "charge_automatically").then_some(()))?;
    let taking = |name: &str| matches!(name, "include" | "exclude").then(|| name == "include");
    let takes_pending = params.one_of("pending_invoice_items_behavior", taking)?.unwrap_or(false);
    let own = call.book.customer(&customer)?.currency.clone();
    if let Some(id) = &subscription {
        call.book.subscription(id).map_err(|_| Refusal::missing_at("subscription", "subscription", id))?;
    }
    let plan = Plan {
        customer,
        takes_pending: takes_pending || subscription.is_some(),
        subscription,
        reason: "manual",
        currency: wanted.or(own).unwrap_or_else(|| "eur".to_owned()),
        lines: Vec::new(),
        discounts: None,
        finalizes_at: auto_advance.then_some(call.book.now + DRAFT_SECONDS),
    };
    let id = invoice::draft(call.book, plan)?;
    let found = call.book.invoice_mut(&id)?;
    (found.description, found.metadata) = (description, metadata);
    Ok(render::invoice(call.book, &id))
}

fn update(call: &mut Call<'_>, id: &str) -> Answer {
    let now = call.book.now;
    let found = call.book.invoice_mut(id)?;
    if let Some(description) = call.params.clearable("description")? {
        found.description = description;
    }
    if let Some(auto_advance) = call.params.flag("auto_advance")? {
        found.auto_advance = auto_advance;
        let draft = found.status == InvoiceStatus::Draft;
        found.finalizes_at = (auto_advance && draft).then_some(now + DRAFT_SECONDS);
        found.next_attempt = found.next_attempt.filter(|_| auto_advance);
    }
    call.params.metadata("metadata", &mut found.metadata)?;
    invoice::tell(call.book, "invoice.updated", id);
    Ok(render::invoice(call.book, id))
}

fn delete(call: &mut Call<'_>, id: &str) -> Answer {
    let found = call.book.invoice(id)?;
    if found.status != InvoiceStatus::Draft || found.subscription.is_some() {
        let message = "You can only delete draft invoices that are of no subscription.";
        return Err(Refusal::state("invoice_not_editable", message));
    }
    let object = render::invoice(call.book, id);
    let found = call.book.invoice_mut(id)?;
    found.status = InvoiceStatus::Void;
    (found.auto_advance, found.finalizes_at) = (false, None);
    call.book.tell("invoice.deleted", object, None);
    Ok(deleted("invoice", id))
}

fn finalize(call: &mut Call<'_>, id: &str) -> Answer {
    let advance = call.params.flag("auto_advance")?;
    invoice::finalize(call.book, id)?;
    if advance == Some(true) && call.book.invoice(id)?.status == InvoiceStatus::Open {
        let now = call.book.now;
        let found = call.book.invoice_mut(id)?;
        (found.auto_advance, found.next_attempt) = (true, Some(now + DRAFT_SECONDS));
    }
    Ok(render::invoice(call.book, id))
}

fn pay(call: &mut Call<'_>, id: &str) -> Answer {
    let (elsewhere, card) = (call.params.flag("paid_out_of_band")?, call.params.text("payment_method")?);
    call.params.flag("off_session")?;
    if call.book.invoice(id)?.status == InvoiceStatus::Draft {
        invoice::finalize(call.book, id)?;
    }
    if elsewhere == Some(true) {
        payment::paid_elsewhere(call.book, id)?;
        return Ok(render::invoice(call.book, id));
    }
    let was_paid =
        call.book.invoice(id)?.status == InvoiceStatus::Paid && call.book.invoice(id)?.amount_due == 0;
    if was_paid {
        return Ok(render::invoice(call.book, id));
    }
    if let Payment::Declined(code) = payment::pay(call.book, id, card.as_deref())? {
        invoice::tell(call.book, "invoice.payment_failed", id);
        // The answer is an error, yet the try has happened.
        return Err(Refusal::declined(code, true));
    }
    Ok(render::invoice(call.book, id))
}

fn lines(call: &mut Call<'_>, id: &str) -> Answer {
    call.book.invoice(id)?;
    let shown = render::invoice(call.book, id)["lines"]["data"].take();
    let count = shown.as_array().map_or(0, Vec::len);
    let place = |id: &str| id.parse::<usize>().unwrap_or(0);
    // Lines stand in the order of the invoice, the first one first.
    let all = (0..count).map(|at| (i64::try_from(count - at).unwrap_or(0), at.to_string())).collect();
    page(call, &format!("/v1/invoices/{id}/lines"), all, |_, at| shown[place(at)].clone())
}

fn list(call: &mut Call<'_>) -> Answer {
    let params = &mut call.params;
    let (customer, subscription) = (params.text("customer")?, params.text("subscription")?);
    let status = params.text("status")?;
    let created = Created::take(params)?;
    params.one_of("collection_method", |name| (name == "charge_automatically").then_some(()))?;
    let all = call
        .book
        .invoices
        .values()
        .filter(|one| customer.as_ref().is_none_or(|wanted| one.customer == *wanted))
        .filter(|one| subscription.is_none() || one.subscription == subscription)
        .filter(|one| status.as_deref().is_none_or(|wanted| one.status.as_str() == wanted))
        .filter(|one| created.holds(one.created))
        .map(|one| (one.created, one.id.clone()))
        .collect();
    page(call, "/v1/invoices", all, render::invoice)
}

fn create_item(call: &mut Call<'_>) -> Answer {
    let customer = required_customer(call, "customer")?;
    let params = &mut call.params;
    let (subscription, invoice) = (params.text("subscription")?, params.text("invoice")?);
    if let Some(id) = &subscription {
        let belongs = call.book.subscriptions.get(id).is_some_and(|found| found.customer == customer);
        if !belongs {
            return Err(Refusal::missing_at("subscription", "subscription", id));
        }
    }
    if let Some(id) = invoice {
        let message = format!("The sandbox adds items to the next invoice, not to one that is there ({id}).");
        return Err(Refusal::parameter("invoice", message));
    }
    let amount = params.int("amount")?.ok_or_else(|| Refusal::required("amount"))?;
    let wanted = currency(params, "currency")?;
    let own = call.book.customer(&customer)?.currency.clone();
    let currency = wanted.or(own).ok_or_else(|| Refusal::required("currency"))?;
    let mut metadata = Metadata::new();
    params.metadata("metadata", &mut metadata)?;
    let (id, line_id, now) = (call.book.id("ii"), call.book.id("il"), call.book.now);
    let line = Line {
        id: line_id,
        description: params.text("description")?.unwrap_or_else(|| "Invoice item".to_owned()),
        amount,
        discounts: Vec::new(),
        start: now,
        end: now,
        proration: false,
        price: None,
        quantity: 1,
        item: None,
        invoice_item: Some(id.clone()),
    };
    let row = InvoiceItem {
        id: id.clone(),
        customer,
        subscription,
        invoice: None,
        currency,
        line,
        created: now,
        deleted: false,
        metadata,
    };
    call.book.invoice_items.put(&id, row);
    let object = render::invoice_item(call.book, &id);
    call.book.tell("invoiceitem.created", object.clone(), None);
    Ok(object)
}

fn list_items(call: &mut Call<'_>) -> Answer {
    let (customer, pending) = (call.params.text("customer")?, call.params.flag("pending")?);
    let created = Created::take(&mut call.params)?;
    let all = call
        .book
        .invoice_items
        .values()
        .filter(|one| !one.deleted && created.holds(one.created))
        .filter(|one| customer.as_ref().is_none_or(|wanted| one.customer == *wanted))
        .filter(|one| pending.is_none_or(|wanted| one.invoice.is_none() == wanted))
        .map(|one| (one.created, one.id.clone()))
        .collect();
    page(call, "/v1/invoiceitems", all, render::invoice_item)
}

fn delete_item(call: &mut Call<'_>, id: &str) -> Answer {
    let found = call.book.invoice_item_mut(id)?;
    if found.invoice.is_some() {
        let message = "You cannot delete an invoice item that is attached to an invoice.";
        return Err(Refusal::parameter("id", message));
    }
    found.deleted = true;
    let object = render::invoice_item(call.book, id);
    call.book.tell("invoiceitem.deleted", object, None);
    Ok(deleted("invoiceitem", id))
}

fn list_payments(call: &mut Call<'_>) -> Answer {
    let (invoice, status) = (call.params.text("invoice")?, call.params.text("status")?);
    let mut of = call.params.child("payment");
    let intent = match &mut of {
        Some(of) => {
            of.one_of("type", |name| (name == "payment_intent").then_some(()))?;
            let intent = of.text("payment_intent")?;
            of.finish()?;
            intent
        }
        None => None,
    };
    let status_of = |id: &str| render::invoice_payment(call.book, id)["status"].take();
    let all = call
        .book
        .intents
        .values()
        .filter(|one| invoice.as_ref().is_none_or(|wanted| one.invoice == *wanted))
        .filter(|one| intent.as_ref().is_none_or(|wanted| one.id == *wanted))
        .filter(|one| status.as_ref().is_none_or(|wanted| status_of(&one.invoice_payment) == wanted.as_str()))
        .map(|one| (one.created, one.invoice_payment.clone()))
        .collect();
    page(call, "/v1/invoice_payments", all, render::invoice_payment)
}
