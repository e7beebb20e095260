//! `/account/billing` and the pages below it: how a customer's subscription stands, what they have paid, what they can do.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::actions::{self, Outcome};
use super::checkout::{self, Outcome as Settled};
use super::orders::explained;
use super::pricing;
use super::store::subscriptions::SubscriptionRow;
use super::store::{self, access, invoices, mirror, plans, subscriptions};
use super::{tax, withdrawal};
use crate::auth::session;
use crate::error::Error;
use crate::format;
use crate::market::view::tier_name;
use crate::site::page;
use crate::site::reader::{Reader, SignedIn};
use crate::text::{Lang, fill, text};

mod shown;
mod why;

pub use why::{reason, why};

/// Invoices on the page.
const INVOICES: i64 = 60;

/// The subscription that pages are about: the newest one that is not over, else the newest.
pub(super) fn main_one(rows: &[SubscriptionRow]) -> Option<&SubscriptionRow> {
    rows.iter().find(|row| checkout::holds(row)).or(rows.first())
}

/// `GET /account/billing`
///
/// # Errors
/// Postgres fails.
pub async fn overview(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let (edition, lang, pool) = (reader.app.edition().await?, reader.lang(), &reader.app.pool);
    let customer = mirror::customer_of(pool, account.id).await?;
    let subscriptions = subscriptions::of(pool, account.id).await?;
    let invoices = invoices::of(pool, account.id, INVOICES).await?;
    let beside = store::beside(pool, account.id, reader.now).await?;
    let right = Duration::days(beside.withdrawal_days.into());
    let (access, notes) = (beside.access(), beside.credit_notes.0);
    let tax_ids: Vec<_> = beside.tax_ids.0.into_iter().map(|id| shown::tax_id(id, lang)).collect();
    let main = main_one(&subscriptions);
    let of_main: Vec<_> = invoices
        .iter()
        .filter(|i| main.is_some_and(|main| i.subscription_stripe_id.as_deref() == Some(&main.stripe_id)))
        .cloned()
        .collect();
    let withdrawable = main.and_then(|main| withdrawal::sum(main, &of_main, right, reader.now));
    let mut context = page::context(&reader, &edition, text(lang, "billing_title"));
    context.insert("ready", &reader.app.billing.gateway.is_some());
    context.insert("sandbox_billing", &reader.app.billing.is_sandbox());
    context.insert("tier_name", &tier_name(reader.tier()));
    context
        .insert("subscription", &main.map(|row| shown::subscription(row, access.as_ref(), reader.now, lang)));
    context.insert("withdraw_until", &withdrawable.map(|sum| format::instant(sum.until_at, lang)));
    let shown: Vec<_> = invoices.iter().map(|row| shown::invoice(row, &notes, lang)).collect();
    context.insert("invoices", &shown);
    context.insert("on_the_way", &(beside.on_the_way > 0));
    context.insert("tax_ids", &tax_ids);
    context.insert("tax_kinds", &tax::KINDS.map(|kind| (kind, text(lang, tax::kind_key(kind)))));
    context.insert("customer", &customer.is_some());
    let balance = customer.as_ref().map_or(0, |c| c.balance_cents);
    let currency = customer.as_ref().and_then(|c| c.currency.clone()).unwrap_or_else(|| "EUR".to_owned());
    let credit = (balance < 0).then(|| format::money(-balance, &currency, lang));
    context.insert("credit", &credit.map(|amount| fill(lang, "billing_credit", &[("amount", &amount)])));
    context.insert("once", &session::new_key());
    page::render(&reader.app, "billing/overview.html", &context)
}

/// Where a checkout page leads to.
#[derive(Debug, Deserialize)]
pub struct Return {
    session_id: Option<String>,
}

/// `GET /account/billing/return`: reads what came of a checkout page, so that nobody waits for a webhook.
///
/// # Errors
/// The page is another's, or Postgres fails.
pub async fn returned(signed_in: SignedIn, query: web::Query<Return>) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let edition = reader.app.edition().await?;
    let lang = reader.lang();
    let settled = match (&query.session_id, reader.app.desk(reader.now)) {
        (Some(session), Ok(desk)) => match checkout::settle(&desk, account.id, session).await {
            Ok(Settled::Nobodys) => return Err(Error::NotFound),
            Ok(settled) => settled,
            Err(trouble) if trouble.passes() => {
                tracing::warn!(%trouble, "a checkout page could not be read yet");
                Settled::Waiting
            }
            Err(trouble) => return explained(&reader, &edition, trouble),
        },
        _ => Settled::NotCompleted,
    };
    // What was just bought counts from this page on.
    let access = access::at(&reader.app.pool, account.id, reader.now).await?;
    let tier = access.as_ref().and_then(|(tier, _, _)| tier.parse().ok());
    let mut context = page::context(&reader, &edition, text(lang, "billing_return_title"));
    context.insert(
        "state",
        match settled {
            Settled::Open => "open",
            Settled::NotCompleted => "not_completed",
            Settled::Waiting | Settled::Nobodys => "waiting",
        },
    );
    if let Some(tier) = tier {
        let name = tier_name(tier);
        context.insert("tier", &name);
        context.insert("says", &fill(lang, "billing_return_open", &[("tier", &name)]));
    }
    page::with_scripts(&mut context, &reader.app, &["billing"]);
    page::render(&reader.app, "billing/return.html", &context)
}

/// What the page asks for until access is open.
#[derive(Debug, Serialize)]
struct State {
    tier: &'static str,
    open: bool,
    ends_at: Option<DateTime<Utc>>,
}

/// `GET /account/billing/state`
///
/// # Errors
/// Postgres fails.
pub async fn state(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let access = access::at(&reader.app.pool, account.id, reader.now).await?;
    let ends_at = access.as_ref().map(|(_, ends_at, _)| *ends_at);
    Ok(HttpResponse::Ok().json(State { tier: reader.tier().as_str(), open: access.is_some(), ends_at }))
}

/// Which price.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    price: Option<i64>,
}

/// `GET /account/billing/change`: what another price costs, to the cent, before it is charged.
///
/// # Errors
/// Postgres fails.
pub async fn change(signed_in: SignedIn, query: web::Query<Wanted>) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let edition = reader.app.edition().await?;
    let (lang, pool) = (reader.lang(), &reader.app.pool);
    let subscriptions = subscriptions::of(pool, account.id).await?;
    let prices = plans::current(pool).await?;
    let held = main_one(&subscriptions).filter(|row| checkout::holds(row));
    let mut context = page::context(&reader, &edition, text(lang, "billing_change_title"));
    let choices: Vec<_> = prices
        .iter()
        .filter(|price| held.is_some_and(|held| price.stripe_id.as_deref() != Some(&held.price_id)))
        .filter_map(|price| Some((tier_name(price.tier()?), pricing::choice(price, lang))))
        .collect();
    context.insert("held", &held.is_some());
    context.insert("choices", &choices);
    context.insert("quote", &None::<Quote>);
    if let (Some(held), Some(wanted)) = (held, query.price) {
        let quoted = match reader.app.desk(reader.now) {
            Ok(desk) => actions::preview(&desk, &held.stripe_id, wanted).await,
            Err(trouble) => Err(trouble),
        };
        let outcome = match quoted {
            Ok(outcome) => outcome,
            Err(trouble) => return explained(&reader, &edition, trouble),
        };
        let price = prices.iter().find(|price| price.id == wanted);
        context.insert("quote", &price.map(|price| quote(&outcome, price, lang)));
    }
    page::render(&reader.app, "billing/change.html", &context)
}

/// A change with what it costs.
#[derive(Debug, Serialize)]
struct Quote {
    price: i64,
    name: String,
    line: String,
    at_s: i64,
    expected: i64,
    lines: Vec<(String, String)>,
    says: String,
    already: bool,
}

fn quote(outcome: &Outcome, price: &plans::PriceRow, lang: Lang) -> Quote {
    let money = |cents| format::money(cents, &outcome.currency, lang);
    let key = match outcome.now_cents {
        0 => "billing_change_nothing",
        1.. => "billing_change_charged",
        _ => "billing_change_credited",
    };
    let says = fill(lang, key, &[("amount", &money(outcome.now_cents.abs()))]);
    Quote {
        price: price.id,
        name: price.tier().map(tier_name).unwrap_or_default(),
        line: pricing::choice(price, lang).line,
        at_s: outcome.at_s.unwrap_or_default(),
        expected: outcome.now_cents,
        lines: outcome
            .lines
            .iter()
            .map(|line| (line.description.clone(), money(line.amount_cents)))
            .collect(),
        says,
        already: outcome.at_s.is_none(),
    }
}

/// `GET /account/billing/cancel`: the second click.
///
/// # Errors
/// Postgres fails.
pub async fn cancel(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let edition = reader.app.edition().await?;
    let lang = reader.lang();
    let subscriptions = subscriptions::of(&reader.app.pool, account.id).await?;
    let held = main_one(&subscriptions).filter(|row| checkout::holds(row));
    let says = held.map(|row| {
        let until = format::instant(row.current_period_end_at, lang);
        fill(lang, "billing_cancel_says", &[("at", &until)])
    });
    let mut context = page::context(&reader, &edition, text(lang, "billing_cancel_title"));
    context.insert("says", &says);
    context.insert("once", &session::new_key());
    page::render(&reader.app, "billing/cancel.html", &context)
}

/// `GET /account/billing/withdraw`: what a withdrawal comes to, with its formula.
///
/// # Errors
/// Postgres fails.
pub async fn withdraw(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let edition = reader.app.edition().await?;
    let (lang, pool) = (reader.lang(), &reader.app.pool);
    let subscriptions = subscriptions::of(pool, account.id).await?;
    let (_, right) = store::rules(pool).await?;
    let mut sum = None;
    if let Some(row) = main_one(&subscriptions).filter(|row| checkout::holds(row)) {
        let paid = invoices::for_subscription(pool, &row.stripe_id).await?;
        sum = withdrawal::sum(row, &paid, right, reader.now);
    }
    let mut context = page::context(&reader, &edition, text(lang, "withdraw_title"));
    context.insert("says", &sum.as_ref().map(|sum| withdrawal::words(sum, lang)));
    let until =
        sum.as_ref().map(|sum| fill(lang, "withdraw_until", &[("at", &format::instant(sum.until_at, lang))]));
    context.insert("until", &until);
    context.insert("days", &fill(lang, "withdraw_right", &[("days", &right.num_days().to_string())]));
    page::render(&reader.app, "billing/withdraw.html", &context)
}

/// The reader's subscription that can be worked on; `None`: there is none.
pub(super) async fn held(reader: &Reader, account: i64) -> Result<Option<String>, Error> {
    let subscriptions = subscriptions::of(&reader.app.pool, account).await?;
    Ok(main_one(&subscriptions).filter(|row| checkout::holds(row)).map(|row| row.stripe_id.clone()))
}
