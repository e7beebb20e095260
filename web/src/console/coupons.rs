//! `/admin/coupons`: what takes something off a price, and the codes that customers type.

use actix_web::HttpResponse;
use serde::Serialize;

use super::desk::Clerk;
use super::rule::Area;
use crate::error::Error;
use crate::format;
use crate::text::{Lang, count, text};

pub mod store;

#[derive(Serialize)]
struct Row {
    id: String,
    name: String,
    off: String,
    lasts: String,
    until: String,
    used: String,
    code: Option<String>,
    code_active: bool,
    valid: bool,
}

/// `GET /admin/coupons`
///
/// # Errors
/// Postgres fails.
pub async fn page(clerk: Clerk) -> Result<HttpResponse, Error> {
    let (lang, pool) = (clerk.lang(), &clerk.reader.app.pool);
    let rows: Vec<Row> = store::coupons(pool).await?.into_iter().map(|coupon| row(coupon, lang)).collect();
    let mut context = clerk.context(Area::Coupons, text(lang, "admin_coupons")).await?;
    context.insert("rows", &rows);
    clerk.render("console/coupons.html", &context)
}

fn row(coupon: store::Coupon, lang: Lang) -> Row {
    Row {
        off: off(&coupon, lang),
        lasts: match (coupon.duration.as_str(), coupon.months) {
            ("once", _) => text(lang, "coupon_once").to_owned(),
            ("repeating", Some(months)) => count(lang, "coupon_for_months", i64::from(months), &[]),
            ("forever", _) => text(lang, "coupon_forever").to_owned(),
            (other, _) => other.to_owned(),
        },
        until: coupon.redeem_by_at.map_or_else(|| format::MISSING.to_owned(), |at| format::instant(at, lang)),
        used: match coupon.max_redemptions {
            Some(most) => format!("{} / {most}", coupon.times_redeemed),
            None => coupon.times_redeemed.to_string(),
        },
        id: coupon.stripe_id,
        name: coupon.name,
        code: coupon.code,
        code_active: coupon.code_active,
        valid: coupon.valid,
    }
}

/// What a coupon takes off, in words.
pub fn off(coupon: &store::Coupon, lang: Lang) -> String {
    match (coupon.percent_off, coupon.amount_off_cents.zip(coupon.currency.as_deref())) {
        (Some(percent), _) => format::percent(percent / 100.0, usize::from(percent.fract() != 0.0), lang),
        (None, Some((cents, currency))) => format::money(cents, currency, lang),
        (None, None) => format::MISSING.to_owned(),
    }
}
