//! `/v1/checkout/sessions` and `/v1/billing_portal/sessions`.

use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{CheckoutSession, Flow, Metadata, PortalSession, SessionStatus};
use super::super::visit;
use super::lists::{Created, page};
use super::wanted::{coupons, missing_card, usual};
use super::{Answer, Call, customer, required_customer, retrieve};

/// Somebody may pay for so long (24 hours).
const CHECKOUT_SECONDS: i64 = 24 * 3600;

pub(super) fn route(call: &mut Call<'_>, method: &str, segments: &[&str], path: &str) -> Answer {
    match (method, segments) {
        ("POST", ["checkout", "sessions"]) => create(call),
        ("GET", ["checkout", "sessions"]) => list(call),
        ("GET", ["checkout", "sessions", id]) => retrieve(call, "checkout", id),
        ("GET", ["checkout", "sessions", id, "line_items"]) => {
            call.params.int("limit")?;
            let found = call.book.checkout(id)?;
            Ok(render::checkout_lines(call.book, found))
        }
        ("POST", ["checkout", "sessions", id, "expire"]) => {
            if call.book.checkout(id)?.status != SessionStatus::Open {
                let message = "Only Checkout Sessions with a status in [\"open\"] can be expired.";
                return Err(Refusal::parameter("session", message));
            }
            visit::expire_one(call.book, id)?;
            Ok(render::checkout(call.book, id))
        }
        ("POST", ["billing_portal", "sessions"]) => create_portal(call),
        _ => Err(Refusal::unknown_address(method, path)),
    }
}

/// An address that visitors are sent to.
fn address(call: &mut Call<'_>, key: &str) -> Result<Option<String>, Refusal> {
    let Some(text) = call.params.text(key)? else { return Ok(None) };
    // The placeholder's braces belong to no address.
    let plain = text.replace("{CHECKOUT_SESSION_ID}", "id");
    let good = url::Url::parse(&plain).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if good {
        Ok(Some(text))
    } else {
        Err(Refusal { code: Some("url_invalid"), ..Refusal::parameter(key, "Not a valid URL") })
    }
}

fn locale(call: &mut Call<'_>) -> Result<Option<String>, Refusal> {
    let known = |name: &str| match name {
        "auto" => Some(None),
        _ => matches!(name.get(..2), Some("en" | "es")).then(|| Some(name.to_owned())),
    };
    Ok(call.params.one_of("locale", known)?.flatten())
}

fn create(call: &mut Call<'_>) -> Answer {
    call.params
        .one_of("mode", |name| (name == "subscription").then_some(()))?
        .ok_or_else(|| Refusal::required("mode"))?;
    let customer = customer(call, "customer")?;
    let coupon = coupons(call, "discounts", customer.as_deref())?.pop();
    let success_url = address(call, "success_url")?.ok_or_else(|| Refusal::required("success_url"))?;
    let cancel_url = address(call, "cancel_url")?;
    let locale = locale(call)?;
    usual(&mut call.params)?;
    let id = call.book.id("cs_test");
    let id = format!("{id}{}", &call.book.secret("checkout")[..24]);
    let (lines, currency) = lines(call)?;
    // A visit follows the sandbox's clock even where its customer has a clock of their own.
    let made = call.book.clock_shows(None, call.real);
    let (params, now) = (&mut call.params, call.book.now);
    let trial = params.child("subscription_data");
    let mut subscription_metadata = Metadata::new();
    let (mut trial_days, mut trial_end, mut missing, mut description) =
        (None, None, "create_invoice".to_owned(), None);
    if let Some(mut trial) = trial {
        trial_days = trial.int("trial_period_days")?;
        trial_end = trial.instant("trial_end", now)?;
        missing = missing_card(&mut trial)?;
        description = trial.text("description")?;
        trial.metadata("metadata", &mut subscription_metadata)?;
        usual(&mut trial)?;
        trial.finish()?;
    }
    if trial_days.is_some_and(|days| !(1..=730).contains(&days)) {
        let name = "subscription_data[trial_period_days]";
        return Err(Refusal::parameter(name, "Must be between 1 and 730."));
    }
    let collects = |name: &str| matches!(name, "always" | "if_required").then(|| name == "always");
    let allow_promotion_codes = params.flag("allow_promotion_codes")?.unwrap_or(false);
    if allow_promotion_codes && coupon.is_some() {
        let message = "You may only specify one of these parameters: allow_promotion_codes, discounts.";
        return Err(Refusal::parameter("allow_promotion_codes", message));
    }
    let mut row = CheckoutSession {
        id: id.clone(),
        status: SessionStatus::Open,
        customer_email: params.text("customer_email")?.filter(|_| customer.is_none()),
        customer,
        client_reference_id: params.text("client_reference_id")?,
        lines,
        currency,
        success_url,
        cancel_url,
        locale,
        allow_promotion_codes,
        coupon,
        tax_id_collection: enabled(params, "tax_id_collection")?,
        trial_days,
        trial_end,
        missing_card: missing,
        always_card: params.one_of("payment_method_collection", collects)?.unwrap_or(true),
        subscription_metadata,
        subscription_description: description,
        subscription: None,
        invoice: None,
        amounts: None,
        created: made,
        expires_at: params.instant("expires_at", made)?.unwrap_or(made + CHECKOUT_SECONDS),
        metadata: Metadata::new(),
    };
    params.metadata("metadata", &mut row.metadata)?;
    params.texts("payment_method_types");
    params.one_of("billing_address_collection", |name| (name == "auto").then_some(()))?;
    params.one_of("ui_mode", |name| matches!(name, "hosted" | "hosted_page").then_some(()))?;
    if let Some(mut update) = params.child("customer_update") {
        for key in ["name", "address"] {
            update.one_of(key, |name| matches!(name, "auto" | "never").then_some(()))?;
        }
        update.finish()?;
    }
    call.book.checkouts.put(&id, row);
    Ok(render::checkout(call.book, &id))
}

fn enabled(params: &mut super::super::form::Params, key: &str) -> Result<bool, Refusal> {
    let Some(mut inner) = params.child(key) else { return Ok(false) };
    let found = inner.flag("enabled")?.unwrap_or(false);
    inner.finish()?;
    Ok(found)
}

/// Line's id, price and quantity.
type Lines = Vec<(String, String, i64)>;

/// The lines of a visit, and their currency.
fn lines(call: &mut Call<'_>) -> Result<(Lines, String), Refusal> {
    let (mut lines, mut currency) = (Vec::new(), None);
    for mut one in call.params.list("line_items") {
        let (price, quantity) = (one.required("price")?, one.int("quantity")?.unwrap_or(1));
        one.finish()?;
        let name = one.name("price");
        let found =
            call.book.prices.get(&price).ok_or_else(|| Refusal::missing_at(&name, "price", &price))?;
        let wanted = currency.get_or_insert_with(|| found.currency.clone()).clone();
        super::super::engine::items::check_price(call.book, &price, &wanted, &name)?;
        if !(1..=1_000_000).contains(&quantity) {
            return Err(Refusal::parameter(&one.name("quantity"), "Must be between 1 and 1000000."));
        }
        lines.push((call.book.id("li"), price, quantity));
    }
    let currency = currency.ok_or_else(|| Refusal::required("line_items"))?;
    Ok((lines, currency))
}

fn list(call: &mut Call<'_>) -> Answer {
    let params = &mut call.params;
    let (customer, subscription) = (params.text("customer")?, params.text("subscription")?);
    let (status, created) = (params.text("status")?, Created::take(params)?);
    let all = call
        .book
        .checkouts
        .values()
        .filter(|one| customer.is_none() || one.customer == customer)
        .filter(|one| subscription.is_none() || one.subscription == subscription)
        .filter(|one| status.as_deref().is_none_or(|wanted| one.status.as_str() == wanted))
        .filter(|one| created.holds(one.created))
        .map(|one| (one.created, one.id.clone()))
        .collect();
    page(call, "/v1/checkout/sessions", all, render::checkout)
}

fn create_portal(call: &mut Call<'_>) -> Answer {
    let customer = required_customer(call, "customer")?;
    let return_url = address(call, "return_url")?;
    let locale = locale(call)?;
    call.params.text("configuration")?;
    let flow = match call.params.child("flow_data") {
        None => None,
        Some(mut wanted) => {
            let found = flow(&mut wanted)?;
            wanted.child("after_completion");
            wanted.finish()?;
            Some(found)
        }
    };
    if let Some(Flow::Cancel(id) | Flow::Change(id) | Flow::Confirm(id, _)) = &flow {
        let belongs = call.book.subscriptions.get(id).is_some_and(|found| found.customer == customer);
        if !belongs {
            return Err(Refusal::missing_at("flow_data[subscription]", "subscription", id));
        }
    }
    let id = call.book.id("bps");
    let row = PortalSession {
        id: id.clone(),
        secret: call.book.secret("portal"),
        customer,
        return_url,
        locale,
        flow,
        created: call.real,
    };
    let shown = render::portal(call.book, &row);
    let object = shown.clone();
    call.book.portals.put(&id, row);
    call.book.tell("billing_portal.session.created", object, None);
    Ok(shown)
}

fn flow(wanted: &mut super::super::form::Params) -> Result<Flow, Refusal> {
    let kind = wanted.required("type")?;
    let mut inner = wanted.child(&kind).unwrap_or_default();
    let found = match kind.as_str() {
        "payment_method_update" => Flow::Card,
        "subscription_cancel" => Flow::Cancel(inner.required("subscription")?),
        "subscription_update" => Flow::Change(inner.required("subscription")?),
        "subscription_update_confirm" => {
            let mut items = inner.list("items");
            let item = items.first_mut().ok_or_else(|| Refusal::required("items"))?;
            item.text("id")?;
            item.int("quantity")?;
            Flow::Confirm(inner.required("subscription")?, item.required("price")?)
        }
        other => return Err(Refusal::parameter("flow_data[type]", format!("Invalid type: {other}"))),
    };
    inner.finish()?;
    Ok(found)
}
