//! Coupons and the codes by which customers ask for them: made, put on a subscription, retired.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Mode, Order, Outcome, carry, going_on, hold, key};
use crate::billing::dispatch::{self, COUPONS, Plan, REMEMBERED};
use crate::billing::facts::{Coupon, NewCoupon};
use crate::billing::gateway::Trouble;
use crate::billing::gateway::ask::{Answer, Ask};
use crate::billing::store::{self, coupons};
use crate::billing::sync::Desk;

/// A coupon, named by its id or by the code that customers type.
#[derive(Debug, Clone, Copy)]
pub enum Code<'a> {
    /// Its id.
    Coupon(&'a str),
    /// A promotion code.
    Promotion(&'a str),
}

/// Puts a coupon on a subscription, in place of any other.
///
/// # Errors
/// There is no such coupon, it cannot be redeemed, takes off an amount of another currency, or the provider or Postgres fails.
pub async fn apply_coupon(
    desk: &Desk<'_>,
    order: &Order<'_>,
    mode: Mode,
    subscription: &str,
    code: Code<'_>,
) -> Result<Outcome, Trouble> {
    let mut db = desk.pool.begin().await?;
    let held = hold(desk, &mut db, subscription).await?;
    going_on(&held.now_is)?;
    let (coupon, promotion) = match code {
        Code::Coupon(id) => (Some(id.to_owned()), None),
        Code::Promotion(text) => {
            let found = desk.gateway.promotion_code(text).await?;
            (None, Some(found.ok_or_else(|| Trouble::Missing(format!("no code {text}")))?))
        }
    };
    let of = match code {
        Code::Coupon(id) => coupons::currency(&mut *db, Some(id), None).await?,
        Code::Promotion(_) => coupons::currency(&mut *db, None, promotion.as_deref()).await?,
    };
    if let Some(wanted) = of.filter(|of| *of != held.now_is.currency) {
        return Err(Trouble::Currency { wanted, theirs: held.now_is.currency.clone() });
    }
    let mut outcome = Outcome::of("billing.coupon_applied", &held.now_is);
    outcome.next_at = Some(held.now_is.current_period_end_at);
    if mode == Mode::DryRun {
        return Ok(outcome);
    }
    let named = coupon.as_deref().or(promotion.as_deref()).unwrap_or_default();
    let mine = key(&["coupon", subscription, named, order.once]);
    let detail = json!({ "subscription": subscription });
    let ask = Ask::Discount { subscription: subscription.to_owned(), coupon, promotion_code: promotion };
    carry(desk, db, order, &held, (mine, outcome.action, REMEMBERED), vec![ask], detail).await?;
    outcome.done = true;
    Ok(outcome)
}

/// Makes a coupon, and a code by which customers ask for it at checkout.
///
/// # Errors
/// It takes off nothing, more than all, or both a share and an amount; the code is taken; or the provider or Postgres fails.
pub async fn create_coupon(
    desk: &Desk<'_>,
    order: &Order<'_>,
    new: &NewCoupon,
    code: Option<&str>,
) -> Result<Coupon, Trouble> {
    let fine = match (new.percent_off, &new.amount_off) {
        (Some(percent), None) => percent > 0.0 && percent <= 100.0,
        (None, Some((cents, _))) => *cents > 0,
        _ => false,
    };
    if !fine || new.name.trim().is_empty() {
        return Err(Trouble::Refused(
            "a coupon has a name and takes off either a share or an amount".to_owned(),
        ));
    }
    let mut db = desk.pool.begin().await?;
    store::lock(&mut db, &format!("order-{COUPONS}")).await?;
    let id = key(&["quarterday", order.once]);
    let made = Ask::NewCoupon { id: id.clone(), coupon: new.clone() };
    let asked_by = code.map(|code| Ask::NewCode { coupon: id.clone(), code: code.to_owned() });
    let plan = Plan {
        key: key(&["new-coupon", order.once]),
        asks: std::iter::once(made).chain(asked_by).collect(),
        customer: None,
        account: None,
        action: "billing.coupon_created",
        subject: &id,
        detail: json!({
            "coupon": id, "name": new.name, "percent_off": new.percent_off, "amount_off": new.amount_off, "code": code,
        }),
        good_for: REMEMBERED,
    };
    let placed = dispatch::place(desk, order, &plan).await?;
    match dispatch::carry(desk, db, &placed).await?.into_iter().next() {
        Some(Answer::Coupon(coupon)) => Ok(coupon),
        _ => Err(Trouble::Garbled("a new coupon was not answered with the coupon".to_owned())),
    }
}

/// What of a coupon is retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Its code: staff may still put the coupon on a subscription.
    Code,
    /// All of it.
    Coupon,
}

/// What retiring comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retiring {
    /// The coupon's id.
    pub coupon: String,
    /// Its name.
    pub name: String,
    /// The code that no longer works.
    pub code: Option<String>,
    /// How often it was redeemed.
    pub times_redeemed: i64,
    /// Subscriptions on which it runs, and goes on.
    pub running: i64,
    /// Whether it is so already.
    pub already: bool,
}

/// Works out what retiring a coupon, or its code, comes to. Nothing is changed.
///
/// # Errors
/// There is no such coupon, it has no code, or Postgres fails.
pub async fn retiring(desk: &Desk<'_>, coupon: &str, part: Part) -> Result<Retiring, Trouble> {
    let found = coupons::standing(desk.pool, coupon).await?;
    let found = found.ok_or_else(|| Trouble::Missing(format!("no coupon {coupon}")))?;
    if part == Part::Code && found.code.is_none() {
        return Err(Trouble::Stale("the coupon has no code".to_owned()));
    }
    let already = found.retired_at.is_some() || (part == Part::Code && !found.code_active);
    Ok(Retiring {
        coupon: coupon.to_owned(),
        name: found.name,
        code: found.code.filter(|_| found.code_active),
        times_redeemed: found.times_redeemed,
        running: found.running,
        already,
    })
}

/// Retires a coupon or its code: nobody can ask for it any more. Where it was redeemed it goes on as it was promised, and its
/// row stays.
///
/// # Errors
/// There is no such coupon, it has no code, or the provider or Postgres fails.
pub async fn retire(
    desk: &Desk<'_>,
    order: &Order<'_>,
    coupon: &str,
    part: Part,
) -> Result<Retiring, Trouble> {
    let mut db = desk.pool.begin().await?;
    store::lock(&mut db, &format!("order-{COUPONS}")).await?;
    let comes_to = retiring(desk, coupon, part).await?;
    if comes_to.already {
        return Ok(comes_to);
    }
    let found = coupons::standing(&mut *db, coupon).await?;
    let code_id = found.filter(|found| found.code_active).and_then(|found| found.code_stripe_id);
    let code = code_id.map(|code_id| Ask::RetireCode { code_id });
    let whole = (part == Part::Coupon).then(|| Ask::RetireCoupon { coupon: coupon.to_owned() });
    let (action, word) = match part {
        Part::Code => ("billing.code_retired", "retire-code"),
        Part::Coupon => ("billing.coupon_retired", "retire-coupon"),
    };
    let plan = Plan {
        key: key(&[word, coupon, order.once]),
        asks: code.into_iter().chain(whole).collect(),
        customer: None,
        account: None,
        action,
        subject: coupon,
        detail: json!({
            "coupon": coupon, "name": comes_to.name, "code": comes_to.code, "times_redeemed": comes_to.times_redeemed,
            "running": comes_to.running,
        }),
        good_for: REMEMBERED,
    };
    let placed = dispatch::place(desk, order, &plan).await?;
    dispatch::carry(desk, db, &placed).await?;
    Ok(comes_to)
}
