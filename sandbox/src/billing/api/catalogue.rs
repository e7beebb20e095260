//! `/v1/products` and `/v1/prices`.

use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{Interval, Metadata, Period, Price, Product};
use super::lists::{Created, page};
use super::{Answer, Call, currency, deleted};

pub(super) fn create_product(call: &mut Call<'_>) -> Answer {
    let params = &mut call.params;
    let id = params.text("id")?.unwrap_or_else(|| call.book.id("prod"));
    if call.book.products.get(&id).is_some() {
        return Err(Refusal::state("resource_already_exists", format!("Product already exists: {id}")));
    }
    let mut product = Product {
        id: id.clone(),
        name: params.required("name")?,
        description: params.text("description")?,
        active: params.flag("active")?.unwrap_or(true),
        default_price: None,
        created: call.book.now,
        updated: call.book.now,
        deleted: false,
        metadata: Metadata::new(),
    };
    params.metadata("metadata", &mut product.metadata)?;
    call.book.products.put(&id, product);
    told(call, "product.created", &id)
}

pub(super) fn update_product(call: &mut Call<'_>, id: &str) -> Answer {
    let now = call.book.now;
    let found = call.book.products.get_mut(id).filter(|found| !found.deleted);
    let found = found.ok_or_else(|| Refusal::missing("product", id))?;
    if let Some(name) = call.params.text("name")? {
        found.name = name;
    }
    if let Some(description) = call.params.clearable("description")? {
        found.description = description;
    }
    if let Some(active) = call.params.flag("active")? {
        found.active = active;
    }
    if let Some(price) = call.params.text("default_price")? {
        let belongs = call.book.prices.get(&price).is_some_and(|price| price.product == id);
        if !belongs {
            return Err(Refusal::missing_at("default_price", "price", &price));
        }
        found.default_price = Some(price);
    }
    call.params.metadata("metadata", &mut found.metadata)?;
    found.updated = now;
    told(call, "product.updated", id)
}

pub(super) fn delete_product(call: &mut Call<'_>, id: &str) -> Answer {
    if call.book.prices.values().any(|price| price.product == id) {
        let message = "This product cannot be deleted because it has one or more user-created prices.";
        return Err(Refusal::parameter("id", message));
    }
    let object = render::product(call.book, id);
    let found = call.book.products.get_mut(id).filter(|found| !found.deleted);
    found.ok_or_else(|| Refusal::missing("product", id))?.deleted = true;
    call.book.tell("product.deleted", object, None);
    Ok(deleted("product", id))
}

fn told(call: &mut Call<'_>, kind: &str, id: &str) -> Answer {
    let object = render::product(call.book, id);
    call.book.tell(kind, object.clone(), None);
    Ok(object)
}

pub(super) fn list_products(call: &mut Call<'_>) -> Answer {
    let active = call.params.flag("active")?;
    let (ids, created) = (call.params.texts("ids"), Created::take(&mut call.params)?);
    let all = call
        .book
        .products
        .values()
        .filter(|one| !one.deleted && active.is_none_or(|wanted| one.active == wanted))
        .filter(|one| (ids.is_empty() || ids.contains(&one.id)) && created.holds(one.created))
        .map(|one| (one.created, one.id.clone()))
        .collect();
    page(call, "/v1/products", all, render::product)
}

pub(super) fn create_price(call: &mut Call<'_>) -> Answer {
    let params = &mut call.params;
    let product = match params.child("product_data") {
        None => params.required("product")?,
        Some(mut wanted) => {
            let id = wanted.text("id")?.unwrap_or_else(|| call.book.id("prod"));
            let mut product = Product {
                id: id.clone(),
                name: wanted.required("name")?,
                description: None,
                active: wanted.flag("active")?.unwrap_or(true),
                default_price: None,
                created: call.book.now,
                updated: call.book.now,
                deleted: false,
                metadata: Metadata::new(),
            };
            wanted.metadata("metadata", &mut product.metadata)?;
            wanted.finish()?;
            call.book.products.put(&id, product);
            let object = render::product(call.book, &id);
            call.book.tell("product.created", object, None);
            id
        }
    };
    if call.book.products.get(&product).is_none_or(|found| found.deleted) {
        return Err(Refusal::missing_at("product", "product", &product));
    }
    let currency = currency(params, "currency")?.ok_or_else(|| Refusal::required("currency"))?;
    let unit_amount = match params.decimal("unit_amount_decimal")? {
        Some(amount) if amount.fract() == 0.0 && (0.0..1e9).contains(&amount) => amount as i64,
        Some(_) => {
            let message = "The sandbox takes whole minor units only.";
            return Err(Refusal::parameter("unit_amount_decimal", message));
        }
        None => params.int("unit_amount")?.ok_or_else(|| Refusal::required("unit_amount"))?,
    };
    if !(0..=99_999_999).contains(&unit_amount) {
        return Err(Refusal::parameter("unit_amount", "This value must be between 0 and 99999999."));
    }
    let mut recurring = params.child("recurring").ok_or_else(|| Refusal::required("recurring"))?;
    let interval = recurring.one_of("interval", Interval::parse)?;
    let interval = interval.ok_or_else(|| Refusal::required("recurring[interval]"))?;
    let count = recurring.int("interval_count")?.unwrap_or(1);
    let count = u32::try_from(count).ok().filter(|count| (1..=36).contains(count));
    let count =
        count.ok_or_else(|| Refusal::parameter("recurring[interval_count]", "Must be between 1 and 36."))?;
    recurring.one_of("usage_type", |name| (name == "licensed").then_some(()))?;
    recurring.finish()?;
    params.one_of("billing_scheme", |name| (name == "per_unit").then_some(()))?;
    let taxes =
        |name: &str| matches!(name, "inclusive" | "exclusive" | "unspecified").then(|| name.to_owned());
    let mut price = Price {
        id: call.book.id("price"),
        product,
        unit_amount,
        currency,
        period: Period { interval, count },
        nickname: params.text("nickname")?,
        lookup_key: params.text("lookup_key")?,
        tax_behavior: params.one_of("tax_behavior", taxes)?.unwrap_or_else(|| "unspecified".to_owned()),
        active: params.flag("active")?.unwrap_or(true),
        created: call.book.now,
        metadata: Metadata::new(),
    };
    params.metadata("metadata", &mut price.metadata)?;
    let transfer = params.flag("transfer_lookup_key")?.unwrap_or(false);
    let id = price.id.clone();
    let key = price.lookup_key.clone();
    call.book.prices.put(&id, price);
    name_price(call, &id, key, transfer)?;
    told_price(call, "price.created", &id)
}

/// A lookup key belongs to one price; it is taken from another only when that is wanted.
fn name_price(call: &mut Call<'_>, id: &str, key: Option<String>, transfer: bool) -> Result<(), Refusal> {
    let Some(key) = key else { return Ok(()) };
    let other = call.book.prices.values().find(|one| one.id != id && one.lookup_key.as_ref() == Some(&key));
    if let Some(other) = other.map(|one| one.id.clone()) {
        if !transfer {
            let message = format!("A price (`{other}`) already uses that lookup key.");
            return Err(Refusal::parameter("lookup_key", message));
        }
        call.book.price_mut(&other)?.lookup_key = None;
    }
    call.book.price_mut(id)?.lookup_key = Some(key);
    Ok(())
}

pub(super) fn update_price(call: &mut Call<'_>, id: &str) -> Answer {
    let found = call.book.price_mut(id)?;
    if let Some(active) = call.params.flag("active")? {
        found.active = active;
    }
    if let Some(nickname) = call.params.clearable("nickname")? {
        found.nickname = nickname;
    }
    call.params.metadata("metadata", &mut found.metadata)?;
    let transfer = call.params.flag("transfer_lookup_key")?.unwrap_or(false);
    if let Some(key) = call.params.clearable("lookup_key")? {
        found.lookup_key = None;
        name_price(call, id, key, transfer)?;
    }
    told_price(call, "price.updated", id)
}

fn told_price(call: &mut Call<'_>, kind: &str, id: &str) -> Answer {
    let object = render::price(call.book, id);
    call.book.tell(kind, object.clone(), None);
    Ok(object)
}

pub(super) fn list_prices(call: &mut Call<'_>) -> Answer {
    let (active, product) = (call.params.flag("active")?, call.params.text("product")?);
    let (keys, currency) = (call.params.texts("lookup_keys"), currency(&mut call.params, "currency")?);
    call.params.one_of("type", |name| (name == "recurring").then_some(()))?;
    let created = Created::take(&mut call.params)?;
    let has_key =
        |one: &Price| keys.is_empty() || one.lookup_key.as_ref().is_some_and(|key| keys.contains(key));
    let all = call
        .book
        .prices
        .values()
        .filter(|one| active.is_none_or(|wanted| one.active == wanted) && has_key(one))
        .filter(|one| product.as_ref().is_none_or(|wanted| one.product == *wanted))
        .filter(|one| currency.as_ref().is_none_or(|wanted| one.currency == *wanted))
        .filter(|one| created.holds(one.created))
        .map(|one| (one.created, one.id.clone()))
        .collect();
    page(call, "/v1/prices", all, render::price)
}
