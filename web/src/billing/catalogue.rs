//! Makes our plans and prices exist at the provider. May run at any time and any number of times: what is there is found by
//! its lookup key, what is missing is made, and nothing is ever changed.

use super::gateway::read::Priced;
use super::gateway::{Gateway, Trouble};
use super::store::plans::{PlanRow, PriceRow};
use super::store::{self, plans};
use super::sync::Desk;
use crate::market::view::tier_name;

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Made {
    /// Products that were made.
    pub products: usize,
    /// Prices that were made.
    pub prices: usize,
    /// Prices that were found.
    pub found: usize,
}

/// Makes every plan and price exist.
///
/// # Errors
/// The provider or Postgres fails, or a price there differs from ours: it would charge what we do not say.
pub async fn ensure(desk: &Desk<'_>) -> Result<Made, Trouble> {
    let mut db = desk.pool.begin().await?;
    store::lock(&mut db, "catalogue").await?;
    let (plans, prices) = (plans::plans(&mut *db).await?, plans::current(&mut *db).await?);
    let livemode = desk.gateway.keys().livemode;
    if let Some(other) = plans.iter().filter_map(|plan| plan.livemode).find(|mode| *mode != livemode) {
        return Err(Trouble::Mixed(if other { "live" } else { "test" }));
    }
    let keys: Vec<String> = prices.iter().map(|price| price.lookup_key.clone()).collect();
    let there = desk.gateway.prices(&keys).await?;
    let mut made = Made { found: there.len(), ..Made::default() };
    for plan in &plans {
        let of_plan: Vec<&PriceRow> = prices.iter().filter(|price| price.tier == plan.tier).collect();
        let product = product(desk.gateway, plan, &of_plan, &there, &mut made).await?;
        plans::made_product(&mut db, &plan.tier, &product, livemode, desk.now).await?;
        for price in of_plan {
            let priced = match there.iter().find(|there| there.lookup_key == price.lookup_key) {
                Some(priced) => priced.clone(),
                None => {
                    made.prices += 1;
                    create(desk.gateway, &product, price).await?
                }
            };
            same(price, &priced)?;
            plans::made_price(&mut db, &priced).await?;
        }
    }
    db.commit().await?;
    Ok(made)
}

/// The product of a plan: that of a price that is there, else the one that was noted, else a new one.
async fn product(
    gateway: &Gateway,
    plan: &PlanRow,
    prices: &[&PriceRow],
    there: &[Priced],
    made: &mut Made,
) -> Result<String, Trouble> {
    let of_price = there.iter().find(|t| prices.iter().any(|price| price.lookup_key == t.lookup_key));
    if let Some(found) = of_price {
        return Ok(found.product_stripe_id.clone());
    }
    // Noted, but with none of its prices there: the account there may be another one, so it is made again.
    made.products += 1;
    let name = plan.tier.parse().map_or_else(|_| plan.tier.clone(), tier_name);
    let known = plan.product_stripe_id.as_deref().unwrap_or("first");
    gateway
        .create_product(&format!("product-{}-{known}", plan.tier), &format!("Quarterday {name}"), &plan.tier)
        .await
}

async fn create(gateway: &Gateway, product: &str, price: &PriceRow) -> Result<Priced, Trouble> {
    let interval = price.interval().ok_or_else(|| anyhow::anyhow!("price {} has no interval", price.id))?;
    gateway.create_price(product, &price.lookup_key, price.unit_amount_cents, &price.currency, interval).await
}

fn same(ours: &PriceRow, theirs: &Priced) -> Result<(), Trouble> {
    let same = ours.unit_amount_cents == theirs.unit_amount_cents
        && ours.currency == theirs.currency
        && ours.interval == theirs.interval;
    if same {
        return Ok(());
    }
    Err(Trouble::Refused(format!(
        "the price {} is {} {} a {} there and {} {} a {} here: retire one of them",
        ours.lookup_key,
        theirs.unit_amount_cents,
        theirs.currency,
        theirs.interval,
        ours.unit_amount_cents,
        ours.currency,
        ours.interval
    )))
}
