//! Products, prices, coupons, promotion codes; each is null where there is none.

use serde_json::{Value, json};

use super::super::book::Book;
use super::super::row::{Duration, Price};

/// A product.
pub fn product(book: &Book, id: &str) -> Value {
    let Some(found) = book.products.get(id) else { return Value::Null };
    if found.deleted {
        return json!({ "id": found.id, "object": "product", "deleted": true });
    }
    json!({
        "id": found.id, "object": "product", "active": found.active, "created": found.created,
        "updated": found.updated, "name": found.name, "metadata": found.metadata, "livemode": false,
        "images": [], "marketing_features": [], "type": "service",
        "default_price": found.default_price, "description": found.description,
        "package_dimensions": null, "shippable": null, "statement_descriptor": null,
        "tax_code": null, "tax_details": null, "unit_label": null, "url": null,
    })
}

/// A price.
pub fn price(book: &Book, id: &str) -> Value {
    let Some(found) = book.prices.get(id) else { return Value::Null };
    json!({
        "id": found.id, "object": "price", "active": found.active, "billing_scheme": "per_unit",
        "created": found.created, "currency": found.currency, "custom_unit_amount": null,
        "livemode": false, "lookup_key": found.lookup_key, "metadata": found.metadata,
        "nickname": found.nickname, "product": found.product, "tax_behavior": found.tax_behavior,
        "tiers_mode": null, "transform_quantity": null, "type": "recurring",
        "unit_amount": found.unit_amount, "unit_amount_decimal": found.unit_amount.to_string(),
        "recurring": {
            "interval": found.period.interval.as_str(), "interval_count": found.period.count,
            "meter": null, "usage_type": "licensed", "trial_period_days": null,
        },
    })
}

/// A price in the older form that items still carry beside it.
pub(super) fn plan(found: &Price) -> Value {
    json!({
        "id": found.id, "object": "plan", "active": found.active, "amount": found.unit_amount,
        "amount_decimal": found.unit_amount.to_string(), "billing_scheme": "per_unit",
        "created": found.created, "currency": found.currency,
        "interval": found.period.interval.as_str(), "interval_count": found.period.count,
        "livemode": false, "metadata": found.metadata, "meter": null, "nickname": found.nickname,
        "product": found.product, "tiers_mode": null, "transform_usage": null,
        "trial_period_days": null, "usage_type": "licensed",
    })
}

/// A coupon.
pub fn coupon(book: &Book, id: &str) -> Value {
    let Some(found) = book.coupons.get(id) else { return Value::Null };
    let (duration, months) = match found.duration {
        Duration::Once => ("once", None),
        Duration::Repeating(months) => ("repeating", Some(months)),
        Duration::Forever => ("forever", None),
    };
    json!({
        "id": found.id, "object": "coupon", "amount_off": found.amount_off, "created": found.created,
        "currency": found.currency, "duration": duration, "duration_in_months": months,
        "livemode": false, "max_redemptions": found.max_redemptions, "metadata": found.metadata,
        "name": found.name, "percent_off": found.percent_off, "redeem_by": found.redeem_by,
        "times_redeemed": found.times_redeemed, "valid": found.is_valid(book.now),
    })
}

/// A promotion code.
pub fn promotion_code(book: &Book, id: &str) -> Value {
    let Some(found) = book.promotion_codes.get(id) else { return Value::Null };
    json!({
        "id": found.id, "object": "promotion_code",
        "active": found.active && found.is_usable(book.now), "code": found.code,
        "created": found.created, "customer": found.customer, "customer_account": null,
        "expires_at": found.expires_at, "livemode": false, "max_redemptions": found.max_redemptions,
        "metadata": found.metadata, "times_redeemed": found.times_redeemed,
        "promotion": { "type": "coupon", "coupon": found.coupon },
        "restrictions": {
            "first_time_transaction": found.first_time_transaction, "minimum_amount": null,
            "minimum_amount_currency": null,
        },
    })
}
