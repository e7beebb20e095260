//! Retiring a coupon, or only its code: a dry run, a reason, a confirmation. What was redeemed goes on.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::show;
use crate::billing::actions::{self, Order, Part, Retiring};
use crate::billing::gateway::Trouble;
use crate::console::confirm::{self, Claim, Refusal};
use crate::console::deeds::run;
use crate::console::desk::{self, Clerk};
use crate::console::rule::Area;
use crate::error::Error;
use crate::format;
use crate::text::{Lang, count, text};

/// What confirmations of these pages are for.
const PURPOSE: &str = "coupons";

/// What is retired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    coupon: String,
    part: Part,
}

/// What the first form sends.
#[derive(Debug, Deserialize)]
pub struct Form {
    part: String,
    reason: String,
}

/// `POST /admin/coupons/{id}/retire`: shows what retiring comes to. Nothing is changed.
///
/// # Errors
/// Postgres fails. What is wrong with the form is said on the page.
pub async fn dry_run(
    clerk: Clerk,
    id: web::Path<String>,
    form: web::Form<Form>,
) -> Result<HttpResponse, Error> {
    let lang = clerk.lang();
    let part = match form.part.as_str() {
        "code" => Part::Code,
        "coupon" => Part::Coupon,
        _ => return show(&clerk, Some((StatusCode::BAD_REQUEST, text(lang, "coupon_bad_part")))).await,
    };
    let Some(reason) = desk::reason(&form.reason) else {
        return show(&clerk, Some((StatusCode::BAD_REQUEST, text(lang, "admin_reason_needed")))).await;
    };
    propose(&clerk, Deed { coupon: id.into_inner(), part }, &reason, None).await
}

/// Works it out and shows it with a confirmation; `changed` says that something else had been confirmed.
async fn propose(
    clerk: &Clerk,
    deed: Deed,
    reason: &str,
    changed: Option<&'static str>,
) -> Result<HttpResponse, Error> {
    let (app, lang, now) = (&clerk.reader.app, clerk.lang(), clerk.reader.now);
    let worked = match app.desk(now) {
        Ok(desk) => actions::retiring(&desk, &deed.coupon, deed.part).await,
        Err(trouble) => Err(trouble),
    };
    let comes_to = match worked {
        Ok(comes_to) if comes_to.already => {
            return show(clerk, Some((StatusCode::CONFLICT, text(lang, "coupon_retired_already")))).await;
        }
        Ok(comes_to) => comes_to,
        Err(trouble) => return refused(clerk, trouble).await,
    };
    let key = confirm::key(&app.pool, PURPOSE).await?;
    let effects = effects(&deed, &comes_to, lang);
    let seen = confirm::digest(&(&deed, &comes_to))?;
    let claim = confirm::claim((clerk.account.id, 0), deed, reason.to_owned(), seen, now);
    let mut context = clerk.context(Area::Coupons, text(lang, "coupon_retire")).await?;
    context.insert("crumb", &Some(["/admin/coupons", text(lang, "admin_coupons")]));
    context.insert("back", "/admin/coupons");
    context.insert("action", "/admin/coupons/retire");
    context.insert("effects", &effects);
    context.insert("lines", &Vec::<(String, String)>::new());
    context.insert("reason", &claim.reason);
    context.insert("token", &confirm::sign(&key, &claim)?);
    context.insert("path", "/admin/coupons");
    if let Some(key) = changed {
        context.insert("problem", text(lang, key));
        return clerk.refuse(StatusCode::CONFLICT, "console/dry-run.html", &context);
    }
    clerk.render("console/dry-run.html", &context)
}

async fn refused(clerk: &Clerk, trouble: Trouble) -> Result<HttpResponse, Error> {
    let missing = matches!(trouble, Trouble::Missing(_));
    let (status, says) = run::says(trouble, clerk.lang())?;
    show(clerk, Some((if missing { StatusCode::NOT_FOUND } else { status }, &says))).await
}

/// What retiring comes to, row by row.
fn effects(deed: &Deed, comes_to: &Retiring, lang: Lang) -> Vec<(&'static str, String)> {
    let whole = deed.part == Part::Coupon;
    vec![
        (text(lang, "coupon_name"), comes_to.name.clone()),
        (text(lang, "coupon_code"), comes_to.code.clone().unwrap_or_else(|| format::MISSING.to_owned())),
        (
            text(lang, "coupon_retire_effect"),
            text(lang, if whole { "coupon_retire_all" } else { "coupon_retire_code" }).to_owned(),
        ),
        (text(lang, "coupon_used"), comes_to.times_redeemed.to_string()),
        (text(lang, "coupon_running"), count(lang, "coupon_running_on", comes_to.running, &[])),
    ]
}

/// What the second form sends.
#[derive(Debug, Deserialize)]
pub struct Confirmed {
    token: String,
}

/// `POST /admin/coupons/retire`: retires what was confirmed, if nothing has changed since.
///
/// # Errors
/// Postgres fails. A confirmation that does not fit is said on the page.
pub async fn confirm(clerk: Clerk, form: web::Form<Confirmed>) -> Result<HttpResponse, Error> {
    let (app, lang, now) = (&clerk.reader.app, clerk.lang(), clerk.reader.now);
    let key = confirm::key(&app.pool, PURPOSE).await?;
    let claim: Claim<Deed> = match confirm::read(&key, &form.token, clerk.account.id, now) {
        Ok(claim) => claim,
        Err(refusal) => {
            let status =
                if refusal == Refusal::Expired { StatusCode::CONFLICT } else { StatusCode::FORBIDDEN };
            return show(&clerk, Some((status, text(lang, refusal.key())))).await;
        }
    };
    let desk = match app.desk(now) {
        Ok(desk) => desk,
        Err(trouble) => return refused(&clerk, trouble).await,
    };
    let comes_to = match actions::retiring(&desk, &claim.deed.coupon, claim.deed.part).await {
        Ok(comes_to) => comes_to,
        Err(trouble) => return refused(&clerk, trouble).await,
    };
    if comes_to.already {
        return Ok(desk::go("/admin/coupons"));
    }
    if confirm::digest(&(&claim.deed, &comes_to))? != claim.seen {
        return propose(&clerk, claim.deed, &claim.reason, Some("admin_confirm_changed")).await;
    }
    let mut db = app.pool.acquire().await?;
    let by = clerk.pseudonym(&mut db).await?;
    drop(db);
    let order = Order { by: &by, reason: &claim.reason, address: &clerk.address, once: &claim.nonce };
    match actions::retire(&desk, &order, &claim.deed.coupon, claim.deed.part).await {
        Ok(_) => Ok(desk::go("/admin/coupons")),
        Err(trouble) => refused(&clerk, trouble).await,
    }
}
