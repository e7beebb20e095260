//! `/admin/credits`: slots that missed the promise, what each would give back, and the decision.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::Duration;
use domain::Slot;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::formula::{self, Paid};
use super::letter::lateness;
use super::store::{self, NewCredit, Payer, SlotRow};
use super::{PROMISE_MINUTES, late_by};
use crate::console::confirm::{self, Refusal};
use crate::console::desk::{self, Clerk};
use crate::console::rule::Area;
use crate::error::Error;
use crate::format;
use crate::text::{Lang, fill, text};

/// Days that the list looks back.
const DAYS: i64 = 90;
/// A run that was begun so long after its slot's close was made up for; nobody waited for it then.
const MADE_UP_HOURS: i64 = 12;
/// What confirmations of these pages are for.
const PURPOSE: &str = "late-credits";

#[derive(Serialize)]
struct Row {
    slot: String,
    closes: String,
    published: String,
    late: String,
    made_up: bool,
    credited: String,
}

/// `GET /admin/credits`
///
/// # Errors
/// Postgres fails.
pub async fn page(clerk: Clerk) -> Result<HttpResponse, Error> {
    let (lang, now) = (clerk.lang(), clerk.reader.now);
    let slots = store::slots(&clerk.reader.app.pool, now - Duration::days(DAYS), now).await?;
    let kept = slots.iter().filter(|slot| late_by(slot.closes_at, slot.published_at, now).is_none()).count();
    let total = slots.len();
    let rows = slots.into_iter().filter_map(|slot| {
        let late = late_by(slot.closes_at, slot.published_at, now)?;
        Some(Row {
            slot: Slot::closing_at(slot.closes_at)?.to_string(),
            closes: format::instant(slot.closes_at, lang),
            published: slot
                .published_at
                .map_or_else(|| text(lang, "credit_never").to_owned(), |at| format::instant(at, lang)),
            late: lateness(late, lang),
            made_up: made_up(&slot),
            credited: if slot.credited == 0 {
                format::MISSING.to_owned()
            } else {
                format!("{} / {}", slot.applied, slot.credited)
            },
        })
    });
    let mut context = clerk.context(Area::Credits, text(lang, "admin_credits")).await?;
    context.insert("rows", &rows.collect::<Vec<_>>());
    let values = [
        ("kept", &*kept.to_string()),
        ("total", &*total.to_string()),
        ("minutes", &*PROMISE_MINUTES.to_string()),
    ];
    context.insert("answer", &fill(lang, "credit_answer", &values));
    clerk.render("console/credits.html", &context)
}

fn made_up(slot: &SlotRow) -> bool {
    slot.begun_at.is_some_and(|at| at - slot.closes_at > Duration::hours(MADE_UP_HOURS))
}

/// What a slot gives back.
struct Plan {
    slot: Slot,
    late: Duration,
    shares: u32,
    made_up: bool,
    credits: Vec<(Payer, i64)>,
}

/// What a slot would give back, as things stand.
async fn plan(clerk: &Clerk, slot: &str) -> Result<Plan, Error> {
    let slot: Slot = slot.parse().map_err(|_| Error::NotFound)?;
    let (pool, now) = (&clerk.reader.app.pool, clerk.reader.now);
    let row = store::slot(pool, slot.close_at()).await?.ok_or(Error::NotFound)?;
    let late = late_by(row.closes_at, row.published_at, now).ok_or(Error::NotFound)?;
    let shares = formula::slots(late);
    let payers = store::payers(pool, row.closes_at).await?;
    let credits = payers.into_iter().map(|payer| {
        let paid =
            Paid { price_cents: payer.price_cents, starts_at: payer.starts_at, ends_at: payer.ends_at };
        let cents = formula::credit_cents(paid, shares);
        (payer, cents)
    });
    Ok(Plan {
        slot,
        late,
        shares,
        made_up: made_up(&row),
        credits: credits.filter(|(_, cents)| *cents > 0).collect(),
    })
}

impl Plan {
    /// The digest of all that would be decided.
    fn digest(&self) -> Result<String, Error> {
        let credits: Vec<_> = self
            .credits
            .iter()
            .map(|(payer, cents)| (&payer.customer_stripe_id, cents, &payer.currency))
            .collect();
        confirm::digest(&(self.slot.to_string(), self.shares, credits))
    }

    /// The sum by currency.
    fn sums(&self, lang: Lang) -> Vec<String> {
        let mut sums = std::collections::BTreeMap::new();
        for (payer, cents) in &self.credits {
            *sums.entry(payer.currency.as_str()).or_insert(0) += cents;
        }
        sums.into_iter().map(|(currency, cents)| format::money(cents, currency, lang)).collect()
    }
}

#[derive(Serialize)]
struct CreditRow {
    customer: String,
    href: Option<String>,
    price: String,
    period: String,
    credit: String,
    state: String,
}

/// `GET /admin/credits/{slot}`: what it would give back, and what has been decided.
///
/// # Errors
/// There is no such slot or it kept the promise, or Postgres fails.
pub async fn one(clerk: Clerk, slot: web::Path<String>) -> Result<HttpResponse, Error> {
    let plan = plan(&clerk, &slot).await?;
    show(&clerk, &plan, None).await
}

async fn show(
    clerk: &Clerk,
    plan: &Plan,
    problem: Option<(StatusCode, &'static str)>,
) -> Result<HttpResponse, Error> {
    let (lang, now, pool) = (clerk.lang(), clerk.reader.now, &clerk.reader.app.pool);
    let slot = plan.slot.to_string();
    let decided = store::decided(pool, &slot).await?;
    let state = |customer: &str| {
        let credit = decided.iter().find(|credit| credit.customer_stripe_id == customer)?;
        Some(match (credit.applied_at, credit.error.as_str()) {
            (Some(at), _) => fill(lang, "credit_given", &[("at", &format::short_instant(at, lang))]),
            (None, "") => text(lang, "credit_waits").to_owned(),
            (None, why) => fill(lang, "credit_failed", &[("why", why)]),
        })
    };
    let mut rows: Vec<CreditRow> = plan
        .credits
        .iter()
        .map(|(payer, cents)| CreditRow {
            customer: payer.email.clone().unwrap_or_else(|| payer.customer_stripe_id.clone()),
            href: payer.customer_id.map(|id| format!("/admin/customers/{id}")),
            price: format::money(payer.price_cents, &payer.currency, lang),
            period: format!(
                "{} – {}",
                format::day(payer.starts_at.date_naive(), lang),
                format::day(payer.ends_at.date_naive(), lang)
            ),
            credit: format::money(*cents, &payer.currency, lang),
            state: state(&payer.customer_stripe_id).unwrap_or_else(|| format::MISSING.to_owned()),
        })
        .collect();
    let planned = |id: &str| plan.credits.iter().any(|(payer, _)| payer.customer_stripe_id == id);
    // Who was credited and has gone since stays in the list.
    rows.extend(decided.iter().filter(|credit| !planned(&credit.customer_stripe_id)).map(|credit| {
        CreditRow {
            customer: credit.email.clone().unwrap_or_else(|| credit.customer_stripe_id.clone()),
            href: credit.customer_id.map(|id| format!("/admin/customers/{id}")),
            price: format::MISSING.to_owned(),
            period: format::MISSING.to_owned(),
            credit: format::money(credit.credit_cents, &credit.currency, lang),
            state: state(&credit.customer_stripe_id).unwrap_or_default(),
        }
    }));
    let open = plan
        .credits
        .iter()
        .any(|(payer, _)| !decided.iter().any(|c| c.customer_stripe_id == payer.customer_stripe_id));
    let key = confirm::key(pool, PURPOSE).await?;
    let claim = confirm::claim((clerk.account.id, 0), slot.clone(), String::new(), plan.digest()?, now);
    let title = fill(lang, "credit_title", &[("slot", &slot)]);
    let mut context = clerk.context(Area::Credits, &title).await?;
    context.insert("crumb", &Some(["/admin/credits", text(lang, "admin_credits")]));
    context.insert("slot", &slot);
    let values = [("late", &*lateness(plan.late, lang)), ("slots", &*plan.shares.to_string())];
    context.insert("says", &fill(lang, "credit_says", &values));
    context.insert("made_up", &plan.made_up);
    context.insert("sums", &plan.sums(lang));
    context.insert("rows", &rows);
    context.insert("token", &(open).then_some(confirm::sign(&key, &claim)?));
    if let Some((status, problem)) = problem {
        context.insert("problem", text(lang, problem));
        return clerk.refuse(status, "console/credit.html", &context);
    }
    clerk.render("console/credit.html", &context)
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct Form {
    token: String,
    reason: String,
}

/// `POST /admin/credits/{slot}`: decides what the page has shown; the worker gives it.
///
/// # Errors
/// There is no such slot or it kept the promise, or Postgres fails. A confirmation that does not fit is said on the page.
pub async fn apply(
    clerk: Clerk,
    slot: web::Path<String>,
    form: web::Form<Form>,
) -> Result<HttpResponse, Error> {
    let (pool, now) = (&clerk.reader.app.pool, clerk.reader.now);
    let plan = plan(&clerk, &slot).await?;
    let key = confirm::key(pool, PURPOSE).await?;
    let claim = match confirm::read::<String>(&key, &form.token, clerk.account.id, now) {
        Ok(claim) => claim,
        Err(refusal) => {
            let status =
                if refusal == Refusal::Expired { StatusCode::CONFLICT } else { StatusCode::FORBIDDEN };
            return show(&clerk, &plan, Some((status, refusal.key()))).await;
        }
    };
    if claim.deed != plan.slot.to_string() {
        return show(&clerk, &plan, Some((StatusCode::FORBIDDEN, Refusal::Forged.key()))).await;
    }
    if claim.seen != plan.digest()? {
        return show(&clerk, &plan, Some((StatusCode::CONFLICT, "admin_confirm_changed"))).await;
    }
    let Some(reason) = desk::reason(&form.reason) else {
        return show(&clerk, &plan, Some((StatusCode::BAD_REQUEST, "admin_reason_needed"))).await;
    };
    decide(&clerk, &plan, &reason).await?;
    Ok(desk::go(&format!("/admin/credits/{}", plan.slot)))
}

async fn decide(clerk: &Clerk, plan: &Plan, reason: &str) -> Result<(), Error> {
    let slot = plan.slot.to_string();
    let mut tx = clerk.reader.app.pool.begin().await?;
    let by = clerk.pseudonym(&mut tx).await?;
    let (mut fresh, mut cents) = (0, 0);
    for (payer, credit_cents) in &plan.credits {
        let credit = NewCredit {
            slot: &slot,
            payer,
            late_minutes: plan.late.num_minutes().max(1),
            shares: i32::try_from(plan.shares).unwrap_or(i32::MAX),
            credit_cents: *credit_cents,
        };
        if store::decide(&mut tx, &credit, &by, clerk.reader.now).await? {
            fresh += 1;
            cents += credit_cents;
        }
    }
    // A second click decides nothing and is no entry.
    if fresh > 0 {
        let detail = json!({ "customers": fresh, "cents": cents, "slots": plan.shares, "late_minutes": plan.late.num_minutes() });
        clerk.audit(&mut tx, ("credits.decided", &slot), reason, &detail).await?;
    }
    tx.commit().await?;
    Ok(())
}
