//! The dry run of a deed, and the confirmation.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::deed::{Deed, Fields, Subject};
use super::forms::INVOICES;
use super::{run, store};
use crate::billing::actions::{Mode, Order, Outcome};
use crate::console::changes::claimed;
use crate::console::confirm::{self, Claim};
use crate::console::customers::pages as customers;
use crate::console::customers::store::Found;
use crate::console::desk::{self, Clerk};
use crate::console::rule::{
    self, Area, Refusal as Against, SUPPORT_LIMIT_CENTS, SUPPORT_WINDOW_HOURS, Weight,
};
use crate::error::Error;
use crate::format;
use crate::text::{Lang, fill, text};

/// What confirmations of these pages are for.
const PURPOSE: &str = "deeds";

/// `POST /admin/customers/{id}/deeds`: shows what a deed would do. Nothing is changed.
///
/// # Errors
/// There is no such customer, or Postgres fails. What is wrong with the form is said on the page.
pub async fn dry_run(
    clerk: Clerk,
    id: web::Path<String>,
    sent: web::Form<Fields>,
) -> Result<HttpResponse, Error> {
    let customer = customers::load(&clerk, &id).await?;
    let lang = clerk.lang();
    let Some(reason) = desk::reason(&sent.reason) else {
        return customers::refused(
            &clerk,
            &customer,
            StatusCode::BAD_REQUEST,
            text(lang, "admin_reason_needed"),
        )
        .await;
    };
    match sent.parse() {
        Ok(deed) => propose(&clerk, &customer, deed, &reason, None).await,
        Err(key) => customers::refused(&clerk, &customer, StatusCode::BAD_REQUEST, text(lang, key)).await,
    }
}

/// Works a deed out and shows it with a confirmation; `changed` says that something else had been confirmed.
async fn propose(
    clerk: &Clerk,
    customer: &Found,
    deed: Deed,
    reason: &str,
    changed: Option<&'static str>,
) -> Result<HttpResponse, Error> {
    let lang = clerk.lang();
    let refused = async |status, says: &str| customers::refused(clerk, customer, status, says).await;
    if !owns(clerk, customer, &deed).await? {
        return refused(StatusCode::NOT_FOUND, text(lang, "deed_not_theirs")).await;
    }
    let (outcome, seen) = match work_out(clerk, customer, &deed).await? {
        Ok(worked) => worked,
        Err((status, says)) => return refused(status, &says).await,
    };
    let mut db = clerk.reader.app.pool.acquire().await?;
    let against = against(clerk, &mut db, customer.id, &deed, &outcome).await?;
    drop(db);
    if let Some((status, says)) = against {
        return refused(status, &says).await;
    }
    // What was worked out for an instant is done for that instant.
    let deed = match deed {
        Deed::ChangePlan { subscription, price, at_s } => {
            Deed::ChangePlan { subscription, price, at_s: at_s.or(outcome.at_s) }
        }
        other => other,
    };
    let seen = match &deed {
        Deed::ChangePlan { .. } => run::seen(&deed, &outcome, &stands_now(clerk, customer).await?)?,
        _ => seen,
    };
    let key = confirm::key(&clerk.reader.app.pool, PURPOSE).await?;
    let claim =
        confirm::claim((clerk.account.id, customer.id), deed, reason.to_owned(), seen, clerk.reader.now);
    show(clerk, customer, &claim, &outcome, confirm::sign(&key, &claim)?, changed).await
}

/// Whether what a deed is about belongs to the customer.
async fn owns(clerk: &Clerk, customer: &Found, deed: &Deed) -> Result<bool, Error> {
    let pool = &clerk.reader.app.pool;
    Ok(match deed.subject() {
        Subject::Subscription(id) => {
            store::subscriptions(pool, customer.id).await?.iter().any(|one| one.stripe_id == id)
        }
        Subject::Invoice(id) => store::owns_invoice(pool, customer.id, id).await?,
        Subject::Customer => customer.stripe_id.is_some(),
    })
}

/// How the customer stands, as far as deeds rest on it.
async fn stands_now(clerk: &Clerk, customer: &Found) -> Result<impl Serialize + use<>, Error> {
    let pool = &clerk.reader.app.pool;
    let fresh = crate::console::customers::store::one(pool, customer.id).await?;
    let balance = fresh.and_then(|found| found.balance_cents);
    Ok((
        store::subscriptions(pool, customer.id).await?,
        store::invoices(pool, customer.id, INVOICES).await?,
        balance,
    ))
}

type Worked = Result<(Outcome, String), (StatusCode, String)>;

/// What a deed would do, and the digest of it.
async fn work_out(clerk: &Clerk, customer: &Found, deed: &Deed) -> Result<Worked, Error> {
    let (app, lang, now) = (&clerk.reader.app, clerk.lang(), clerk.reader.now);
    let order = Order { by: "console", reason: "", address: "", once: "dry-run" };
    let worked = match app.desk(now) {
        Ok(desk) => run::run(&desk, &order, Mode::DryRun, (customer.id, deed), None).await,
        Err(trouble) => Err(trouble),
    };
    let outcome = match worked {
        Ok(outcome) => outcome,
        Err(trouble) => return Ok(Err(run::says(trouble, lang)?)),
    };
    let seen = run::seen(deed, &outcome, &stands_now(clerk, customer).await?)?;
    Ok(Ok((outcome, seen)))
}

/// Why the clerk's role may not do this; `None` where it may.
async fn against(
    clerk: &Clerk,
    db: &mut sqlx::PgConnection,
    customer: i64,
    deed: &Deed,
    outcome: &Outcome,
) -> Result<Option<(StatusCode, String)>, Error> {
    let lang = clerk.lang();
    let moved = store::moved(db, customer, clerk.reader.now - Duration::hours(SUPPORT_WINDOW_HOURS)).await?;
    Ok(match rule::may(clerk.role, deed.weight(outcome.now_cents), moved) {
        Ok(()) => None,
        Err(Against::Role) => Some((StatusCode::FORBIDDEN, text(lang, "deed_not_yours").to_owned())),
        Err(Against::Limit) => {
            let limit = format::money(SUPPORT_LIMIT_CENTS, &outcome.currency, lang);
            let values = [("limit", &*limit), ("hours", &*SUPPORT_WINDOW_HOURS.to_string())];
            Some((StatusCode::FORBIDDEN, fill(lang, "deed_beyond_limit", &values)))
        }
    })
}

async fn show(
    clerk: &Clerk,
    customer: &Found,
    claim: &Claim<Deed>,
    outcome: &Outcome,
    token: String,
    changed: Option<&'static str>,
) -> Result<HttpResponse, Error> {
    let lang = clerk.lang();
    let mut context = clerk.context(Area::Customers, text(lang, claim.deed.label())).await?;
    let back = format!("/admin/customers/{}", customer.id);
    context.insert("crumb", &Some([&*back, &customer.email]));
    context.insert("action", "/admin/deeds");
    context.insert("back", &back);
    context.insert("effects", &effects(&claim.deed, outcome, lang));
    let lines: Vec<_> = outcome
        .lines
        .iter()
        .map(|line| (&line.description, format::money(line.amount_cents, &outcome.currency, lang)))
        .collect();
    context.insert("lines", &lines);
    context.insert("reason", &claim.reason);
    context.insert("token", &token);
    context.insert("path", &back);
    if let Some(key) = changed {
        context.insert("problem", text(lang, key));
        return clerk.refuse(StatusCode::CONFLICT, "console/dry-run.html", &context);
    }
    clerk.render("console/dry-run.html", &context)
}

/// What a deed does, row by row.
fn effects(deed: &Deed, outcome: &Outcome, lang: Lang) -> Vec<(&'static str, String)> {
    let money = |cents: i64| format::money(cents, &outcome.currency, lang);
    let mut rows = Vec::new();
    match deed.subject() {
        Subject::Subscription(id) => rows.push((text(lang, "deed_of_subscription"), id.to_owned())),
        Subject::Invoice(id) => rows.push((text(lang, "deed_of_invoice"), id.to_owned())),
        Subject::Customer => {}
    }
    if let Deed::Coupon { coupon, .. } = deed {
        rows.push((text(lang, "coupon_name"), coupon.clone()));
    }
    if let Deed::Pause { until, .. } = deed {
        let until =
            until.map_or_else(|| text(lang, "admin_ground_open").to_owned(), |at| format::instant(at, lang));
        rows.push((text(lang, "deed_pause_until"), until));
    }
    let now = match outcome.now_cents {
        0 => text(lang, "deed_nothing_now").to_owned(),
        cents if cents > 0 => fill(lang, "deed_charged_now", &[("amount", &money(cents))]),
        cents => fill(lang, "deed_given_now", &[("amount", &money(-cents))]),
    };
    rows.push((text(lang, "deed_now"), now));
    if let Some(cents) = outcome.next_cents {
        let at = outcome.next_at.map_or_else(|| format::MISSING.to_owned(), |at| format::instant(at, lang));
        rows.push((text(lang, "deed_next"), format!("{} · {at}", money(cents))));
    }
    if let Some(at) = outcome.access_until {
        rows.push((text(lang, "deed_access_until"), format::instant(at, lang)));
    }
    rows
}

/// What the second form sends.
#[derive(Debug, Deserialize)]
pub struct Form {
    token: String,
}

/// `POST /admin/deeds`: does what was confirmed, once, if nothing has changed since.
///
/// # Errors
/// Postgres fails. A confirmation that does not fit is said on the page.
pub async fn confirm(clerk: Clerk, form: web::Form<Form>) -> Result<HttpResponse, Error> {
    let (app, lang, now) = (&clerk.reader.app, clerk.lang(), clerk.reader.now);
    let claim: Claim<Deed> = match claimed(&clerk, PURPOSE, &form.token, Area::Customers).await? {
        Ok(claim) => claim,
        Err(refused) => return Ok(refused),
    };
    let customer = customers::load(&clerk, &claim.customer.to_string()).await?;
    let refused = async |status, says: &str| customers::refused(&clerk, &customer, status, says).await;
    let mut tx = app.pool.begin().await?;
    let by = clerk.pseudonym(&mut tx).await?;
    let who = (by.as_str(), clerk.role.as_str());
    if !store::begin(&mut tx, &claim.nonce, who, (customer.id, claim.deed.name()), now).await? {
        return refused(StatusCode::CONFLICT, text(lang, "admin_confirm_twice")).await;
    }
    if !owns(&clerk, &customer, &claim.deed).await? {
        return propose(&clerk, &customer, claim.deed, &claim.reason, Some("admin_confirm_changed")).await;
    }
    let (shown, seen) = match work_out(&clerk, &customer, &claim.deed).await? {
        Ok(worked) => worked,
        Err((status, says)) => return refused(status, &says).await,
    };
    if seen != claim.seen {
        drop(tx);
        return propose(&clerk, &customer, claim.deed, &claim.reason, Some("admin_confirm_changed")).await;
    }
    if let Some((status, says)) = against(&clerk, &mut tx, customer.id, &claim.deed, &shown).await? {
        return refused(status, &says).await;
    }
    let order = Order { by: &by, reason: &claim.reason, address: &clerk.address, once: &claim.nonce };
    let done = match app.desk(now) {
        Ok(desk) => {
            run::run(&desk, &order, Mode::Carry, (customer.id, &claim.deed), Some(shown.now_cents)).await
        }
        Err(trouble) => Err(trouble),
    };
    let outcome = match done {
        Ok(outcome) => outcome,
        Err(trouble) => {
            let (status, says) = run::says(trouble, lang)?;
            return refused(status, &says).await;
        }
    };
    let moved = match claim.deed.weight(outcome.now_cents) {
        Weight::Moves(cents) => cents.saturating_abs(),
        Weight::Free | Weight::Reserved => 0,
    };
    store::finish(&mut tx, &claim.nonce, (moved, Some(&outcome.currency)), now).await?;
    tx.commit().await?;
    Ok(desk::go(&format!("/admin/customers/{}?done={}", customer.id, claim.deed.name())))
}
