//! `/v1/credit_notes`.

use super::super::engine::credit::{self, Wish};
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::Metadata;
use super::lists::{Created, page};
use super::{Answer, Call, retrieve};

pub(super) fn route(call: &mut Call<'_>, method: &str, segments: &[&str], path: &str) -> Answer {
    match (method, &segments[1..]) {
        ("POST", []) => create(call),
        ("GET", []) => list(call),
        ("GET", [id]) => retrieve(call, "credit_notes", id),
        _ => Err(Refusal::unknown_address(method, path)),
    }
}

fn create(call: &mut Call<'_>) -> Answer {
    let invoice = call.params.required("invoice")?;
    let customer = call.book.invoices.get(&invoice).map(|found| found.customer.clone());
    call.book.enter(customer.as_deref(), call.real);
    let params = &mut call.params;
    let reasons = |name: &str| {
        let known = ["duplicate", "fraudulent", "order_change", "product_unsatisfactory"];
        known.contains(&name).then(|| name.to_owned())
    };
    let mut metadata = Metadata::new();
    params.metadata("metadata", &mut metadata)?;
    let wish = Wish {
        invoice,
        amount: params.int("amount")?,
        refund: params.int("refund_amount")?,
        credit: params.int("credit_amount")?,
        out_of_band: params.int("out_of_band_amount")?,
        reason: params.one_of("reason", reasons)?,
        memo: params.text("memo")?,
        metadata,
    };
    let id = credit::note(call.book, wish)?;
    Ok(render::credit_note(call.book, &id))
}

fn list(call: &mut Call<'_>) -> Answer {
    let (invoice, customer) = (call.params.text("invoice")?, call.params.text("customer")?);
    let created = Created::take(&mut call.params)?;
    let all = call
        .book
        .credit_notes
        .values()
        .filter(|one| {
            invoice.as_ref().is_none_or(|wanted| one.invoice == *wanted) && created.holds(one.created)
        })
        .filter(|one| customer.as_ref().is_none_or(|wanted| one.customer == *wanted))
        .map(|one| (one.created, one.id.clone()))
        .collect();
    page(call, "/v1/credit_notes", all, render::credit_note)
}
