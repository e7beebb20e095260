//! What an admin changes for everybody: prices, trials, coupons, switches.
//!
//! Every change goes the way of the deeds ([`super::deeds`]): the form leads to a dry run, which shows what was and what
//! becomes, and carries a confirmation ([`super::confirm`]) bound to the digest of how things stood. Confirmed, it is held
//! against how things stand now; only where nothing has changed is it carried out. The confirmation's nonce is written down
//! before ([`super::deeds::store`]), so that a double click or a second tab changes it once.
//!
//! What a change shows and does is in the areas: [`super::plans`], [`super::coupons`], [`super::flags`].

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::confirm::{self, Claim, Refusal};
use super::deeds::store::begin_change;
use super::desk::{self, Clerk};
use super::rule::Area;
use super::{coupons, flags, plans};
use crate::billing::actions::Order;
use crate::error::Error;
use crate::text::text;

/// What confirmations of these pages are for.
const PURPOSE: &str = "changes";

/// What is changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Change {
    /// A price or a trial.
    Plan(plans::Change),
    /// A new coupon.
    Coupon(coupons::Wanted),
    /// A switch.
    Flag(flags::pages::Change),
}

/// What a dry run shows of a change.
pub struct Shown {
    /// Its title.
    pub title: String,
    /// Row by row: what, and how it will be.
    pub rows: Vec<(&'static str, String)>,
    /// The digest of how things stand that it rests on.
    pub seen: String,
}

/// Why a change is not carried out: the status and what is said.
pub type Against = (StatusCode, String);

impl Change {
    /// The part of the console that it belongs to.
    fn area(&self) -> Area {
        match self {
            Self::Plan(_) => Area::Plans,
            Self::Coupon(_) => Area::Coupons,
            Self::Flag(_) => Area::Flags,
        }
    }

    /// Its name in tables.
    fn name(&self) -> &'static str {
        match self {
            Self::Plan(change) => change.name(),
            Self::Coupon(_) => "make_coupon",
            Self::Flag(_) => "switch_flag",
        }
    }

    /// What it would do as things stand, or why it cannot be done.
    async fn shown(&self, clerk: &Clerk) -> Result<Result<Shown, Against>, Error> {
        match self {
            Self::Plan(change) => plans::shown(clerk, change).await,
            Self::Coupon(wanted) => coupons::shown(clerk, wanted).await,
            Self::Flag(change) => flags::pages::shown(clerk, change).await,
        }
    }

    /// Does it.
    async fn carry_out(&self, clerk: &Clerk, order: &Order<'_>) -> Result<Result<(), Against>, Error> {
        match self {
            Self::Plan(change) => plans::carry_out(clerk, change, order).await,
            Self::Coupon(wanted) => coupons::carry_out(clerk, wanted, order).await,
            Self::Flag(change) => flags::pages::carry_out(clerk, change, order).await.map(Ok),
        }
    }

    /// The page that it belongs to, which says why not.
    async fn refused(&self, clerk: &Clerk, (status, says): Against) -> Result<HttpResponse, Error> {
        let problem = Some((status, says.as_str()));
        match self {
            Self::Plan(_) => plans::show(clerk, problem).await,
            Self::Coupon(_) => coupons::show(clerk, problem).await,
            Self::Flag(_) => flags::pages::show(clerk, problem).await,
        }
    }
}

/// Shows what a change would do, with a confirmation. Nothing is changed.
///
/// # Errors
/// Postgres fails. Why it cannot be done is said on the page.
pub async fn propose(clerk: &Clerk, change: Change, reason: &str) -> Result<HttpResponse, Error> {
    proposed(clerk, change, reason, None).await
}

async fn proposed(
    clerk: &Clerk,
    change: Change,
    reason: &str,
    problem: Option<&'static str>,
) -> Result<HttpResponse, Error> {
    let shown = match change.shown(clerk).await? {
        Ok(shown) => shown,
        Err(against) => return change.refused(clerk, against).await,
    };
    let area = change.area();
    let key = confirm::key(&clerk.reader.app.pool, PURPOSE).await?;
    let claim =
        confirm::claim((clerk.account.id, 0), change, reason.to_owned(), shown.seen, clerk.reader.now);
    let mut context = clerk.context(area, &shown.title).await?;
    context.insert("crumb", &Some([area.path(), text(clerk.lang(), area.label())]));
    context.insert("action", "/admin/changes");
    context.insert("back", area.path());
    context.insert("effects", &shown.rows);
    context.insert("lines", &Vec::<[String; 2]>::new());
    context.insert("reason", reason);
    context.insert("token", &confirm::sign(&key, &claim)?);
    context.insert("path", area.path());
    if let Some(problem) = problem {
        context.insert("problem", text(clerk.lang(), problem));
        return clerk.refuse(StatusCode::CONFLICT, "console/dry-run.html", &context);
    }
    clerk.render("console/dry-run.html", &context)
}

/// What the second form sends.
#[derive(Debug, Deserialize)]
pub struct Form {
    token: String,
}

/// `POST /admin/changes`: carries out what was confirmed, once, if nothing has changed since.
///
/// # Errors
/// Postgres fails. A confirmation that does not fit is said on the page.
pub async fn confirm(clerk: Clerk, form: web::Form<Form>) -> Result<HttpResponse, Error> {
    let (app, lang, now) = (&clerk.reader.app, clerk.lang(), clerk.reader.now);
    let claim: Claim<Change> = match claimed(&clerk, PURPOSE, &form.token, Area::Front).await? {
        Ok(claim) => claim,
        Err(refused) => return Ok(refused),
    };
    let change = claim.deed;
    let mut tx = app.pool.begin().await?;
    let by = clerk.pseudonym(&mut tx).await?;
    if !begin_change(&mut tx, &claim.nonce, (&by, clerk.role.as_str()), change.name(), now).await? {
        return change
            .refused(&clerk, (StatusCode::CONFLICT, text(lang, "admin_confirm_twice").to_owned()))
            .await;
    }
    match change.shown(&clerk).await? {
        Ok(shown) if shown.seen == claim.seen => {}
        Ok(_) => {
            drop(tx);
            return proposed(&clerk, change, &claim.reason, Some("admin_confirm_changed")).await;
        }
        Err(against) => return change.refused(&clerk, against).await,
    }
    let order = Order { by: &by, reason: &claim.reason, address: &clerk.address, once: &claim.nonce };
    if let Err(against) = change.carry_out(&clerk, &order).await? {
        return change.refused(&clerk, against).await;
    }
    super::deeds::store::finish(&mut tx, &claim.nonce, (0, None), now).await?;
    tx.commit().await?;
    Ok(desk::go(change.area().path()))
}

/// What a form confirms, or the page that says that it is no confirmation of this clerk's that works now.
///
/// # Errors
/// Postgres fails.
pub async fn claimed<D: DeserializeOwned>(
    clerk: &Clerk,
    purpose: &'static str,
    token: &str,
    area: Area,
) -> Result<Result<Claim<D>, HttpResponse>, Error> {
    let (lang, now) = (clerk.lang(), clerk.reader.now);
    let key = confirm::key(&clerk.reader.app.pool, purpose).await?;
    let refusal = match confirm::read(&key, token, clerk.account.id, now) {
        Ok(claim) => return Ok(Ok(claim)),
        Err(refusal) => refusal,
    };
    let status = if refusal == Refusal::Expired { StatusCode::CONFLICT } else { StatusCode::FORBIDDEN };
    let mut context = clerk.context(area, text(lang, area.label())).await?;
    context.insert("problem", text(lang, refusal.key()));
    context.insert("path", area.path());
    Ok(Err(clerk.refuse(status, "console/refused.html", &context)?))
}
