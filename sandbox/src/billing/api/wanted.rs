//! What requests say of a subscription that is to be made, changed or previewed.

use super::super::calendar;
use super::super::engine::discount;
use super::super::engine::items::{Change, ItemChange, Proration};
use super::super::engine::start::{FirstPayment, Order};
use super::super::form::Params;
use super::super::refusal::Refusal;
use super::super::row::Metadata;
use super::Call;

/// Coupons and promotion codes that a list names.
pub(super) fn coupons(
    call: &mut Call<'_>,
    key: &str,
    customer: Option<&str>,
) -> Result<Vec<(String, Option<String>)>, Refusal> {
    let mut all = Vec::new();
    for mut one in call.params.list(key) {
        match (one.text("coupon")?, one.text("promotion_code")?) {
            (Some(coupon), None) => all.push((coupon, None)),
            (None, Some(code)) => {
                discount::check_code(call.book, &code, customer)?;
                all.push((call.book.promotion_code(&code)?.coupon.clone(), Some(code)));
            }
            _ => {
                let message = "You must pass either coupon or promotion_code, not both.";
                return Err(Refusal::parameter(&one.name("coupon"), message));
            }
        }
        one.finish()?;
    }
    Ok(all)
}

/// What happens at the end of a trial without a card.
pub(super) fn missing_card(params: &mut Params) -> Result<String, Refusal> {
    let known = |name: &str| matches!(name, "create_invoice" | "pause" | "cancel").then(|| name.to_owned());
    let mut found = None;
    if let Some(mut settings) = params.child("trial_settings") {
        if let Some(mut end) = settings.child("end_behavior") {
            found = end.one_of("missing_payment_method", known)?;
            end.finish()?;
        }
        settings.finish()?;
    }
    Ok(found.unwrap_or_else(|| "create_invoice".to_owned()))
}

/// Names that change nothing here, as long as they say what is true anyway.
pub(super) fn usual(params: &mut Params) -> Result<(), Refusal> {
    params.one_of("collection_method", |name| (name == "charge_automatically").then_some(()))?;
    params.flag("off_session")?;
    for (key, field, usual) in [("automatic_tax", "enabled", "false"), ("billing_mode", "type", "classic")] {
        if let Some(mut inner) = params.child(key) {
            inner.one_of(field, |name| (name == usual).then_some(()))?;
            inner.finish()?;
        }
    }
    if let Some(mut settings) = params.child("payment_settings") {
        settings.one_of("save_default_payment_method", |name| {
            matches!(name, "off" | "on_subscription").then_some(())
        })?;
        settings.texts("payment_method_types");
        settings.finish()?;
    }
    Ok(())
}

/// The items of a subscription that is to be changed.
pub(super) fn item_changes(params: &mut Params) -> Result<Vec<ItemChange>, Refusal> {
    let mut all = Vec::new();
    for mut one in params.list("items") {
        let mut metadata = Metadata::new();
        one.metadata("metadata", &mut metadata)?;
        all.push(ItemChange {
            id: one.text("id")?,
            price: one.text("price")?,
            quantity: one.int("quantity")?,
            deleted: one.flag("deleted")?.unwrap_or(false),
            metadata: (!metadata.is_empty()).then_some(metadata),
        });
        one.finish()?;
    }
    let wrong = all.iter().position(|one| one.quantity.is_some_and(|q| !(1..=1_000_000).contains(&q)));
    match wrong {
        None => Ok(all),
        Some(at) => Err(Refusal::parameter(
            &format!("items[{at}][quantity]"),
            "The quantity must be between 1 and 1000000.",
        )),
    }
}

/// A subscription that is asked for, as an order.
pub(super) fn order(call: &mut Call<'_>, customer: String) -> Result<Order, Refusal> {
    let mut items = Vec::new();
    for mut one in call.params.list("items") {
        items.push((one.required("price")?, one.int("quantity")?.unwrap_or(1)));
        one.finish()?;
    }
    let coupons = coupons(call, "discounts", Some(&customer))?;
    let (params, now) = (&mut call.params, call.book.now);
    let days = params.int("trial_period_days")?;
    if days.is_some_and(|days| !(0..=730).contains(&days)) {
        return Err(Refusal::parameter("trial_period_days", "Must be between 0 and 730."));
    }
    let trial_end = params.instant("trial_end", now)?;
    let behavior = |name: &str| match name {
        "allow_incomplete" => Some(FirstPayment::Try),
        "default_incomplete" => Some(FirstPayment::Wait),
        "error_if_incomplete" => Some(FirstPayment::Must),
        _ => None,
    };
    let mut order = Order {
        customer,
        items,
        trial_end: trial_end.or(days.map(|days| calendar::days_after(now, days))),
        missing_card: missing_card(params)?,
        coupons,
        payment_method: params.text("default_payment_method")?,
        cancel_at_period_end: params.flag("cancel_at_period_end")?.unwrap_or(false),
        first_payment: params.one_of("payment_behavior", behavior)?.unwrap_or_default(),
        description: params.text("description")?,
        metadata: Metadata::new(),
    };
    params.metadata("metadata", &mut order.metadata)?;
    check_card(call, order.payment_method.as_deref(), &order.customer)?;
    Ok(order)
}

/// Checks that a card is the customer's.
pub(super) fn check_card(call: &Call<'_>, card: Option<&str>, customer: &str) -> Result<(), Refusal> {
    let Some(id) = card else { return Ok(()) };
    let found = call.book.payment_methods.get(id).filter(|one| one.customer.as_deref() == Some(customer));
    let missing = || Refusal::missing_at("default_payment_method", "PaymentMethod", id);
    found.map(|_| ()).ok_or_else(missing)
}

/// How items are to be changed.
pub(super) fn change_of(params: &mut Params, now: i64, items: Vec<ItemChange>) -> Result<Change, Refusal> {
    let proration = params.one_of("proration_behavior", Proration::parse)?.unwrap_or(Proration::Next);
    let anchor = |name: &str| matches!(name, "now" | "unchanged").then(|| name == "now");
    Ok(Change {
        items,
        proration,
        at: params.instant("proration_date", now)?,
        restart: params.one_of("billing_cycle_anchor", anchor)?.unwrap_or(false),
    })
}
