//! From a price to a checkout page, and back.

use chrono::{DateTime, Utc};

use super::catalogue;
use super::facts::Status;
use super::gateway::Trouble;
use super::gateway::selling::NewCheckout;
use super::store::checkouts::CheckoutRow;
use super::store::mirror::CustomerRow;
use super::store::plans::PriceRow;
use super::store::subscriptions::SubscriptionRow;
use super::store::{self, Person, checkouts, mirror, plans, subscriptions};
use super::sync::{self, Desk};
use crate::text::Lang;

/// Where a wish to buy leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lead {
    /// To a checkout page.
    Checkout(String),
    /// Back: there is a subscription already; it can be changed.
    Subscribed,
    /// There is no such price (any more).
    NoSuchPrice,
}

/// Opens a checkout page for a price. An account has one page open at a time: a second click or tab gets the same page, and
/// another price closes the first one, so that nobody buys twice.
///
/// # Errors
/// The provider or Postgres fails, or the customer pays in another currency.
pub async fn open(desk: &Desk<'_>, account: i64, price_id: i64, lang: Lang) -> Result<Lead, Trouble> {
    let mut db = desk.pool.begin().await?;
    store::lock(&mut db, &format!("account-{account}")).await?;
    if subscriptions::of(&mut *db, account).await?.iter().any(holds) {
        return Ok(Lead::Subscribed);
    }
    let Some(price) = there(desk, &mut db, price_id).await? else { return Ok(Lead::NoSuchPrice) };
    let Some(person) = store::person(&mut *db, account).await? else { return Ok(Lead::NoSuchPrice) };
    let customer = customer(desk, &mut db, &person, lang).await?;
    if let Some(theirs) = customer.currency.filter(|theirs| *theirs != price.currency) {
        return Err(Trouble::Currency { wanted: price.currency, theirs });
    }
    if let Some(before) = checkouts::open(&mut *db, account).await? {
        if before.price_id == price.id && desk.now < before.expires_at {
            return Ok(Lead::Checkout(before.url));
        }
        match desk.gateway.expire_checkout(&before.session_id).await {
            Ok(_) | Err(Trouble::Missing(_)) => {
                checkouts::settle(&mut *db, &before.session_id, "expired", None).await?;
            }
            // It was used or has lapsed meanwhile: what came of it decides.
            Err(Trouble::Refused(_)) => {
                let found = desk.gateway.checkout(&before.session_id).await?;
                let complete = found.status == "complete";
                let status = if complete { "complete" } else { "expired" };
                checkouts::settle(
                    &mut *db,
                    &before.session_id,
                    status,
                    found.subscription_stripe_id.as_deref(),
                )
                .await?;
                if complete {
                    db.commit().await?;
                    sync::standing(desk, &customer.stripe_id).await?;
                    return Ok(Lead::Subscribed);
                }
            }
            Err(trouble) => return Err(trouble),
        }
    }
    let plans = plans::plans(&mut *db).await?;
    let had = subscriptions::of(&mut *db, account).await?;
    let trial = plans.iter().find(|plan| plan.tier == price.tier).map_or(0, |plan| plan.trial_days);
    // One trial for each account, whatever became of it.
    let trial = if had.iter().any(|s| s.trial_start_at.is_some()) { 0 } else { trial };
    let price_there = price.stripe_id.as_deref().unwrap_or_default();
    let new = NewCheckout {
        customer: &customer.stripe_id,
        account,
        price: price_there,
        trial_days: u32::try_from(trial).unwrap_or_default(),
        success_url: &format!("{}/account/billing/return?session_id={{CHECKOUT_SESSION_ID}}", desk.origin),
        cancel_url: &format!("{}/pricing", desk.origin),
        lang,
    };
    // The n-th page of this customer: a try whose answer was lost gets the same page.
    let nth = checkouts::count(&mut *db, account).await?;
    let key = format!("checkout-{}-{price_there}-{trial}-{}-{nth}", customer.stripe_id, lang.code());
    let made = desk.gateway.create_checkout(&key, &new).await?;
    let url = made.url.ok_or_else(|| Trouble::Garbled("the checkout page has no address".to_owned()))?;
    let expires_at = DateTime::<Utc>::from_timestamp(made.expires_s, 0).unwrap_or(desk.now);
    let row = CheckoutRow { session_id: made.session_id, price_id: price.id, url: url.clone(), expires_at };
    checkouts::insert(&mut db, account, &row, desk.now).await?;
    db.commit().await?;
    Ok(Lead::Checkout(url))
}

/// Whether a subscription stands in the way of another one. What was sold elsewhere under a price that is none of ours does not.
pub fn holds(row: &SubscriptionRow) -> bool {
    row.tier.is_some()
        && !matches!(
            row.status,
            Status::Canceled | Status::IncompleteExpired | Status::Incomplete | Status::Unknown
        )
}

/// A price in force with its id there; what is missing there is made first.
///
/// # Errors
/// The provider or Postgres fails.
pub async fn there(
    desk: &Desk<'_>,
    db: &mut sqlx::PgConnection,
    price_id: i64,
) -> Result<Option<PriceRow>, Trouble> {
    let Some(price) = plans::price(&mut *db, price_id).await? else { return Ok(None) };
    if price.stripe_id.is_some() {
        return Ok(Some(price));
    }
    catalogue::ensure(desk).await?;
    Ok(plans::price(&mut *db, price_id).await?)
}

/// The customer of an account there; made where there is none, or it was deleted.
async fn customer(
    desk: &Desk<'_>,
    db: &mut sqlx::PgConnection,
    person: &Person,
    lang: Lang,
) -> Result<CustomerRow, Trouble> {
    let livemode = desk.gateway.keys().livemode;
    if let Some(row) = mirror::customer_of(&mut *db, person.id).await? {
        if row.livemode != livemode {
            return Err(Trouble::Mixed(if row.livemode { "live" } else { "test" }));
        }
        mirror::set_language(&mut *db, person.id, lang.code()).await?;
        match desk.gateway.customer(&row.stripe_id).await {
            // Somebody may have billed them in the provider's own console meanwhile.
            Ok(Some(found)) => return Ok(CustomerRow { currency: found.currency.or(row.currency), ..row }),
            Ok(None) | Err(Trouble::Missing(_)) => mirror::deleted(db, &row.stripe_id, desk.now).await?,
            Err(trouble) => return Err(trouble),
        }
    }
    let nth = mirror::customers_of(&mut *db, person.id).await?;
    let key = format!("customer-{}-{}-{nth}", person.pseudonym, person.id);
    let made = desk.gateway.create_customer(&key, &person.email, person.id, lang).await?;
    mirror::insert_customer(db, person.id, lang.code(), &made, desk.now).await?;
    let row = mirror::customer(&mut *db, &made.stripe_id).await?;
    row.ok_or_else(|| Trouble::Ours(anyhow::anyhow!("the customer that was just stored is gone")))
}

/// Whether this can be the id of a checkout page: it becomes part of an address there, and comes from the reader.
fn plausible(session_id: &str) -> bool {
    let rest = session_id.strip_prefix("cs_");
    rest.is_some_and(|rest| {
        (1..=250).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

/// What came of a checkout page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was paid, and what it gives is open.
    Open,
    /// It was completed, and the subscription has yet to begin.
    Waiting,
    /// It was not completed.
    NotCompleted,
    /// There is no such page of this account.
    Nobodys,
}

/// Reads what came of a checkout page and derives what follows, so that a webhook that is late does not matter.
///
/// # Errors
/// The provider or Postgres fails.
pub async fn settle(desk: &Desk<'_>, account: i64, session_id: &str) -> Result<Outcome, Trouble> {
    if !plausible(session_id) {
        return Ok(Outcome::Nobodys);
    }
    let Some(row) = mirror::customer_of(desk.pool, account).await? else { return Ok(Outcome::Nobodys) };
    let found = match desk.gateway.checkout(session_id).await {
        Err(Trouble::Missing(_)) => return Ok(Outcome::Nobodys),
        other => other?,
    };
    if found.customer_stripe_id.as_deref() != Some(&row.stripe_id) {
        return Ok(Outcome::Nobodys);
    }
    if found.status != "complete" {
        return Ok(Outcome::NotCompleted);
    }
    checkouts::settle(desk.pool, session_id, "complete", found.subscription_stripe_id.as_deref()).await?;
    sync::standing(desk, &row.stripe_id).await?;
    let open = store::access::at(desk.pool, account, desk.now).await?.is_some();
    Ok(if open { Outcome::Open } else { Outcome::Waiting })
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_ids_become_part_of_an_address() {
        for (id, fine) in [
            ("cs_test_a1B2", true),
            ("cs_", false),
            ("", false),
            ("cs_1/line_items", false),
            ("cs_1?expand[]=customer", false),
            ("../customers/cus_1", false),
        ] {
            assert_eq!(super::plausible(id), fine, "{id}");
        }
        assert!(!super::plausible(&format!("cs_{}", "a".repeat(251))));
    }
}
