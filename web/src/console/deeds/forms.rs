//! What can be done, on a customer's page: a form for each deed.

use serde::Serialize;
use tera::Context;

use super::store;
use crate::console::coupons;
use crate::console::customers::store::Found;
use crate::console::desk::{Choice, Clerk};
use crate::console::plans::store as plans;
use crate::console::rule::{self, SUPPORT_LIMIT_CENTS, SUPPORT_WINDOW_HOURS, Weight};
use crate::error::Error;
use crate::format;
use crate::text::{Lang, fill, text};

/// Invoices that a refund can be chosen from.
pub(super) const INVOICES: i64 = 24;

#[derive(Serialize)]
struct Shown {
    id: String,
    says: String,
    ends: bool,
    paused: bool,
    active: bool,
    prices: Vec<Choice>,
}

/// Puts what can be done to a customer into their page.
///
/// # Errors
/// Postgres fails.
pub async fn forms(clerk: &Clerk, customer: &Found, context: &mut Context) -> Result<(), Error> {
    let (lang, pool) = (clerk.lang(), &clerk.reader.app.pool);
    let subscriptions = store::subscriptions(pool, customer.id).await?;
    let prices = plans::prices(pool).await?;
    let shown = subscriptions.iter().map(|one| {
        let offered = prices.iter().filter(|p| p.retired_at.is_none() && p.currency == one.currency);
        let others = offered.filter(|p| p.stripe_id.as_deref() != Some(&one.price_id));
        Shown {
            id: one.stripe_id.clone(),
            says: stands(one, lang),
            ends: one.cancel_at_period_end,
            paused: one.paused_behavior.is_some(),
            active: one.status == "active",
            prices: others
                .map(|p| {
                    Choice::new(
                        p.id.to_string(),
                        price(&p.tier, &p.interval, (p.unit_amount_cents, &p.currency), lang),
                        false,
                    )
                })
                .collect(),
        }
    });
    let shown: Vec<Shown> = shown.collect();
    let invoices = store::invoices(pool, customer.id, INVOICES).await?;
    let left = invoices.iter().filter(|invoice| invoice.paid_cents > invoice.refunded_cents).map(|invoice| {
        let left = format::money(invoice.paid_cents - invoice.refunded_cents, &invoice.currency, lang);
        let number = invoice.number.as_deref().unwrap_or(&invoice.stripe_id);
        let day = format::day(invoice.created_at.date_naive(), lang);
        Choice::new(invoice.stripe_id.clone(), format!("{number} · {day} · {left}"), false)
    });
    let admin = rule::may(clerk.role, Weight::Reserved, 0).is_ok();
    let coupons = if admin { coupons::store::coupons(pool).await? } else { Vec::new() };
    let coupons = coupons.iter().filter(|coupon| coupon.valid);
    let coupons = coupons
        .map(|c| Choice::new(c.stripe_id.clone(), format!("{} · {}", c.name, coupons::off(c, lang)), false));
    let limit = (!admin).then(|| {
        let values = [
            ("limit", &*format::number(SUPPORT_LIMIT_CENTS as f64 / 100.0, 2, lang)),
            ("hours", &*SUPPORT_WINDOW_HOURS.to_string()),
        ];
        fill(lang, "deed_limit", &values)
    });
    context.insert("subscriptions", &shown);
    context.insert("refundable", &left.collect::<Vec<_>>());
    context.insert("coupon_choices", &coupons.collect::<Vec<_>>());
    context.insert(
        "credit_currency",
        customer.currency.as_deref().filter(|_| customer.stripe_id.is_some()).unwrap_or_default(),
    );
    context.insert("limit", &limit);
    context.insert("set_up", &clerk.reader.app.desk(clerk.reader.now).is_ok());
    Ok(())
}

fn price(tier: &str, interval: &str, (cents, currency): (i64, &str), lang: Lang) -> String {
    let every = text(lang, if interval == "year" { "plan_year" } else { "plan_month" });
    format!("{tier}, {} {every}", format::money(cents, currency, lang))
}

fn stands(one: &store::Subscription, lang: Lang) -> String {
    let tier = one.tier.as_deref().unwrap_or(&one.price_id);
    let price = price(tier, &one.interval, (one.unit_amount_cents, &one.currency), lang);
    let until = format::instant(one.current_period_end_at, lang);
    fill(
        lang,
        if one.cancel_at_period_end { "deed_stands_ends" } else { "deed_stands" },
        &[("price", &price), ("status", &one.status), ("until", &until)],
    )
}

/// What a customer's page says after a deed; nothing for a name that is none.
pub fn done(name: &str, lang: Lang) -> Option<&'static str> {
    let known = ["change_plan", "cancel", "cancel_now", "resume", "pause", "refund", "coupon", "credit"];
    known.contains(&name).then(|| text(lang, "deed_done"))
}
