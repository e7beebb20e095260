//! `/v1/coupons` and `/v1/promotion_codes`.

use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{Coupon, Duration, Metadata, PromotionCode};
use super::lists::{Created, page};
use super::{Answer, Call, currency, customer, deleted};

pub(super) fn create_coupon(call: &mut Call<'_>) -> Answer {
    let params = &mut call.params;
    let id = params.text("id")?.unwrap_or_else(|| call.book.secret("coupon")[..8].to_uppercase());
    if call.book.coupons.get(&id).is_some() {
        return Err(Refusal::state("resource_already_exists", "Coupon already exists."));
    }
    let (percent_off, amount_off) = (params.decimal("percent_off")?, params.int("amount_off")?);
    if percent_off.is_some() == amount_off.is_some() {
        let message = "You must pass either percent_off or amount_off when creating a coupon, not both.";
        return Err(Refusal::parameter("percent_off", message));
    }
    if percent_off.is_some_and(|share| !(share > 0.0 && share <= 100.0)) {
        return Err(Refusal::parameter("percent_off", "percent_off must be between 0 and 100."));
    }
    if amount_off.is_some_and(|amount| amount <= 0) {
        return Err(Refusal::parameter("amount_off", "amount_off must be positive."));
    }
    let currency = currency(params, "currency")?;
    if amount_off.is_some() && currency.is_none() {
        return Err(Refusal::required("currency"));
    }
    let months = params.int("duration_in_months")?;
    let duration = params.text("duration")?;
    let duration = match (duration.as_deref().unwrap_or("once"), months) {
        ("once", None) => Duration::Once,
        ("forever", None) => Duration::Forever,
        ("repeating", Some(months)) if (1..=1200).contains(&months) => {
            Duration::Repeating(u32::try_from(months).unwrap_or(1))
        }
        ("repeating", None) => return Err(Refusal::required("duration_in_months")),
        (other, _) => {
            let message = format!("Invalid duration: {other}, or duration_in_months does not go with it.");
            return Err(Refusal::parameter("duration", message));
        }
    };
    let now = call.book.now;
    let mut coupon = Coupon {
        id: id.clone(),
        name: params.text("name")?,
        percent_off,
        amount_off,
        currency,
        duration,
        redeem_by: params.instant("redeem_by", now)?,
        max_redemptions: params.int("max_redemptions")?,
        times_redeemed: 0,
        created: now,
        deleted: false,
        metadata: Metadata::new(),
    };
    call.book.header.next += 1;
    params.metadata("metadata", &mut coupon.metadata)?;
    call.book.coupons.put(&id, coupon);
    told(call, "coupon.created", &id)
}

pub(super) fn update_coupon(call: &mut Call<'_>, id: &str) -> Answer {
    let found = call.book.coupons.get_mut(id).filter(|found| !found.deleted);
    let found = found.ok_or_else(|| Refusal::missing("coupon", id))?;
    if let Some(name) = call.params.clearable("name")? {
        found.name = name;
    }
    call.params.metadata("metadata", &mut found.metadata)?;
    told(call, "coupon.updated", id)
}

fn told(call: &mut Call<'_>, kind: &str, id: &str) -> Answer {
    let object = render::coupon(call.book, id);
    call.book.tell(kind, object.clone(), None);
    Ok(object)
}

pub(super) fn delete_coupon(call: &mut Call<'_>, id: &str) -> Answer {
    let found = call.book.coupons.get_mut(id).filter(|found| !found.deleted);
    found.ok_or_else(|| Refusal::missing("coupon", id))?.deleted = true;
    told(call, "coupon.deleted", id)?;
    Ok(deleted("coupon", id))
}

pub(super) fn list_coupons(call: &mut Call<'_>) -> Answer {
    let created = Created::take(&mut call.params)?;
    let all = call.book.coupons.values().filter(|one| !one.deleted && created.holds(one.created));
    let all = all.map(|one| (one.created, one.id.clone())).collect();
    page(call, "/v1/coupons", all, render::coupon)
}

pub(super) fn create_promotion_code(call: &mut Call<'_>) -> Answer {
    let coupon = match call.params.child("promotion") {
        None => return Err(Refusal::required("promotion")),
        Some(mut promotion) => {
            promotion.one_of("type", |name| (name == "coupon").then_some(()))?;
            let coupon = promotion.required("coupon")?;
            promotion.finish()?;
            coupon
        }
    };
    if call.book.coupons.get(&coupon).is_none_or(|found| found.deleted) {
        return Err(Refusal::missing_at("promotion[coupon]", "coupon", &coupon));
    }
    let customer = customer(call, "customer")?;
    let id = call.book.id("promo");
    let params = &mut call.params;
    let code = params.text("code")?.unwrap_or_else(|| call.book.secret("code")[..8].to_uppercase());
    if !code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(Refusal::parameter(
            "code",
            "Promotion codes may only contain letters, digits and dashes.",
        ));
    }
    let taken = |one: &PromotionCode| one.active && one.code.eq_ignore_ascii_case(&code);
    if call.book.promotion_codes.values().any(taken) {
        let message = format!("An active promotion code with `code: {code}` already exists.");
        return Err(Refusal::parameter("code", message));
    }
    let mut first_time_transaction = false;
    if let Some(mut restrictions) = params.child("restrictions") {
        first_time_transaction = restrictions.flag("first_time_transaction")?.unwrap_or(false);
        restrictions.finish()?;
    }
    let now = call.book.now;
    let mut row = PromotionCode {
        id: id.clone(),
        code,
        coupon,
        customer,
        active: params.flag("active")?.unwrap_or(true),
        created: now,
        expires_at: params.instant("expires_at", now)?,
        max_redemptions: params.int("max_redemptions")?,
        times_redeemed: 0,
        first_time_transaction,
        metadata: Metadata::new(),
    };
    params.metadata("metadata", &mut row.metadata)?;
    call.book.promotion_codes.put(&id, row);
    told_code(call, "promotion_code.created", &id)
}

pub(super) fn update_promotion_code(call: &mut Call<'_>, id: &str) -> Answer {
    let found = call.book.promotion_code_mut(id)?;
    if let Some(active) = call.params.flag("active")? {
        found.active = active;
    }
    call.params.metadata("metadata", &mut found.metadata)?;
    told_code(call, "promotion_code.updated", id)
}

fn told_code(call: &mut Call<'_>, kind: &str, id: &str) -> Answer {
    let object = render::promotion_code(call.book, id);
    call.book.tell(kind, object.clone(), None);
    Ok(object)
}

pub(super) fn list_promotion_codes(call: &mut Call<'_>) -> Answer {
    let params = &mut call.params;
    let (active, code, coupon) = (params.flag("active")?, params.text("code")?, params.text("coupon")?);
    let (customer, created) = (params.text("customer")?, Created::take(params)?);
    let now = call.book.now;
    let all = call
        .book
        .promotion_codes
        .values()
        .filter(|one| active.is_none_or(|wanted| one.is_usable(now) == wanted) && created.holds(one.created))
        .filter(|one| code.as_ref().is_none_or(|wanted| one.code.eq_ignore_ascii_case(wanted)))
        .filter(|one| coupon.as_ref().is_none_or(|wanted| one.coupon == *wanted))
        .filter(|one| customer.is_none() || one.customer == customer)
        .map(|one| (one.created, one.id.clone()))
        .collect();
    page(call, "/v1/promotion_codes", all, render::promotion_code)
}
