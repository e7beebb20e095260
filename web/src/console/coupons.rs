//! `/admin/coupons`: what takes something off a price, and the codes that customers type.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use super::changes::{self, Against, Change, Shown};
use super::confirm;
use super::deeds::deed::cents;
use super::deeds::run;
use super::desk::{self, Clerk};
use super::rule::Area;
use crate::billing::actions::{Order, create_coupon};
use crate::billing::facts::NewCoupon;
use crate::error::Error;
use crate::format;
use crate::text::{Lang, count, fill, text};

pub mod retire;
pub mod store;

/// The currency of amounts that coupons take off: that of the plans.
const CURRENCY: &str = "EUR";

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
    /// When it was retired, and why.
    retired: Option<String>,
    code_retired: Option<String>,
}

/// `GET /admin/coupons`
///
/// # Errors
/// Postgres fails.
pub async fn page(clerk: Clerk) -> Result<HttpResponse, Error> {
    show(&clerk, None).await
}

/// The page, with a problem where there is one.
///
/// # Errors
/// Postgres fails.
pub async fn show(clerk: &Clerk, problem: Option<(StatusCode, &str)>) -> Result<HttpResponse, Error> {
    let (lang, pool) = (clerk.lang(), &clerk.reader.app.pool);
    let rows: Vec<Row> = store::coupons(pool).await?.into_iter().map(|coupon| row(coupon, lang)).collect();
    let mut context = clerk.context(Area::Coupons, text(lang, "admin_coupons")).await?;
    context.insert("rows", &rows);
    context.insert("set_up", &clerk.reader.app.desk(clerk.reader.now).is_ok());
    if let Some((status, problem)) = problem {
        context.insert("problem", problem);
        return clerk.refuse(status, "console/coupons.html", &context);
    }
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
        retired: coupon.retired_at.map(|at| {
            let reason = coupon.retired_reason.as_deref().unwrap_or_default();
            fill(lang, "coupon_retired_on", &[("at", &format::instant(at, lang)), ("reason", reason)])
        }),
        code_retired: coupon.code_retired_at.map(|at| format::instant(at, lang)),
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
        (Some(percent), _) => percent_off(percent, lang),
        (None, Some((cents, currency))) => format::money(cents, currency, lang),
        (None, None) => format::MISSING.to_owned(),
    }
}

fn percent_off(percent: f64, lang: Lang) -> String {
    format::percent(percent / 100.0, usize::from(percent.fract() != 0.0), lang)
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    name: String,
    percent: String,
    amount: String,
    lasts: String,
    code: String,
    most: String,
    until: String,
    reason: String,
}

/// A coupon that can be made: what it takes off, for how many months (0: once, `None`: for ever), and its limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    name: String,
    percent_off: Option<f64>,
    amount_cents: Option<i64>,
    months: Option<u32>,
    code: Option<String>,
    most: Option<i64>,
    until: Option<DateTime<Utc>>,
}

impl Form {
    fn parse(&self, now: DateTime<Utc>) -> Result<Wanted, &'static str> {
        let name = crate::watch::name(&self.name)
            .filter(|name| name.chars().count() <= 40)
            .ok_or("coupon_bad_name")?;
        let (percent_off, amount_cents) = match (self.percent.trim(), self.amount.trim()) {
            (percent, "") => {
                let hundredths = cents(percent).filter(|n| *n <= 10_000).ok_or("coupon_bad_off")?;
                (Some(hundredths as f64 / 100.0), None)
            }
            ("", amount) => (None, Some(cents(amount).ok_or("coupon_bad_off")?)),
            _ => return Err("coupon_bad_off"),
        };
        let months = match self.lasts.as_str() {
            "once" => Some(0),
            "forever" => None,
            months => Some(months.parse().ok().filter(|n| (1..=36).contains(n)).ok_or("coupon_bad_months")?),
        };
        let code = match self.code.trim() {
            "" => None,
            code if (3..=40).contains(&code.len())
                && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) =>
            {
                Some(code.to_owned())
            }
            _ => return Err("coupon_bad_code"),
        };
        let most = match self.most.trim() {
            "" => None,
            most => Some(most.parse().ok().filter(|n| (1..=1_000_000).contains(n)).ok_or("coupon_bad_most")?),
        };
        let until = match self.until.as_str() {
            "" => None,
            day => {
                let at = day.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN).and_utc());
                Some(
                    at.filter(|at| *at > now && *at < now + chrono::Duration::days(1826))
                        .ok_or("coupon_bad_until")?,
                )
            }
        };
        Ok(Wanted { name, percent_off, amount_cents, months, code, most, until })
    }
}

/// `POST /admin/coupons`: shows what a coupon would take off, for how long. Nothing is made.
///
/// # Errors
/// Postgres fails. What is wrong with the form is said on the page.
pub async fn propose(clerk: Clerk, form: web::Form<Form>) -> Result<HttpResponse, Error> {
    let bad = async |key| show(&clerk, Some((StatusCode::BAD_REQUEST, text(clerk.lang(), key)))).await;
    let wanted = match form.parse(clerk.reader.now) {
        Ok(wanted) => wanted,
        Err(key) => return bad(key).await,
    };
    let Some(reason) = desk::reason(&form.reason) else { return bad("admin_reason_needed").await };
    changes::propose(&clerk, Change::Coupon(wanted), &reason).await
}

/// What a coupon would be.
///
/// # Errors
/// Postgres fails.
pub async fn shown(clerk: &Clerk, wanted: &Wanted) -> Result<Result<Shown, Against>, Error> {
    let lang = clerk.lang();
    let known = store::coupons(&clerk.reader.app.pool).await?;
    let with_code = |coupon: &&store::Coupon| wanted.code.is_some() && coupon.code == wanted.code;
    if known.iter().filter(with_code).any(|coupon| coupon.code_active) {
        return Ok(Err((StatusCode::CONFLICT, text(lang, "coupon_code_taken").to_owned())));
    }
    let off = match (wanted.percent_off, wanted.amount_cents) {
        (Some(percent), _) => percent_off(percent, lang),
        (None, cents) => format::money(cents.unwrap_or_default(), CURRENCY, lang),
    };
    let months = wanted.months.map(i64::from);
    let lasts = match months {
        Some(0) => text(lang, "coupon_once").to_owned(),
        Some(months) => count(lang, "coupon_for_months", months, &[]),
        None => text(lang, "coupon_forever").to_owned(),
    };
    let missing = || format::MISSING.to_owned();
    let rows = vec![
        (text(lang, "coupon_name"), wanted.name.clone()),
        (text(lang, "coupon_off"), off),
        (text(lang, "coupon_lasts"), lasts),
        (text(lang, "coupon_code"), wanted.code.clone().unwrap_or_else(missing)),
        (text(lang, "coupon_at_most"), wanted.most.map_or_else(missing, |most| format::count(most, lang))),
        (text(lang, "coupon_until"), wanted.until.map_or_else(missing, |at| format::instant(at, lang))),
    ];
    // What it rests on: that nobody else has made one meanwhile under this name or code.
    let alike: Vec<_> =
        known.iter().filter(|coupon| coupon.name == wanted.name || with_code(coupon)).collect();
    let seen = confirm::digest(&alike.iter().map(|coupon| &coupon.stripe_id).collect::<Vec<_>>())?;
    Ok(Ok(Shown { title: text(lang, "coupon_make").to_owned(), rows, seen }))
}

/// Makes a coupon, and a code where one is named.
///
/// # Errors
/// What no page can mend.
pub async fn carry_out(
    clerk: &Clerk,
    wanted: &Wanted,
    order: &Order<'_>,
) -> Result<Result<(), Against>, Error> {
    let new = NewCoupon {
        name: wanted.name.clone(),
        percent_off: wanted.percent_off,
        amount_off: wanted.amount_cents.map(|cents| (cents, CURRENCY.to_owned())),
        months: wanted.months,
        redeem_by_s: wanted.until.map(|at| at.timestamp()),
        max_redemptions: wanted.most,
    };
    let made = match clerk.reader.app.desk(clerk.reader.now) {
        Ok(desk) => create_coupon(&desk, order, &new, wanted.code.as_deref()).await,
        Err(trouble) => Err(trouble),
    };
    made.map_or_else(|trouble| run::says(trouble, clerk.lang()).map(Err), |_| Ok(Ok(())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_coupon_takes_off_one_thing_within_reason() {
        let now = "2026-11-22T06:00:00Z".parse().unwrap();
        let form = |change: fn(&mut Form)| {
            let mut form =
                Form { name: "Launch".into(), percent: "20".into(), lasts: "3".into(), ..Form::default() };
            change(&mut form);
            form.parse(now)
        };
        let fine = form(|f| f.code = "LAUNCH20".into()).unwrap();
        assert_eq!(
            (fine.percent_off, fine.months, fine.code.as_deref()),
            (Some(20.0), Some(3), Some("LAUNCH20"))
        );
        assert_eq!(
            form(|f| (f.percent, f.amount) = (String::new(), "5".into())).unwrap().amount_cents,
            Some(500)
        );
        for (wrong, why) in [
            (form(|f| f.name = " ".into()), "coupon_bad_name"),
            (form(|f| f.percent = "101".into()), "coupon_bad_off"),
            (form(|f| f.percent = "-5".into()), "coupon_bad_off"),
            (form(|f| f.amount = "5".into()), "coupon_bad_off"),
            (form(|f| f.lasts = "1000000000000".into()), "coupon_bad_months"),
            (form(|f| f.code = "<b>".into()), "coupon_bad_code"),
            (form(|f| f.most = "0".into()), "coupon_bad_most"),
            (form(|f| f.until = "2020-01-01".into()), "coupon_bad_until"),
        ] {
            assert_eq!(wrong, Err(why));
        }
    }
}
