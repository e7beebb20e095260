//! What a customer's forms send: each leads back to a page that shows what came of it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{Days, Utc};
use serde::Deserialize;

use super::account::held;
use super::actions::{self, Change, Code, Mode, Order, When};
use super::checkout::{self, Lead};
use super::gateway::Trouble;
use super::store::{self, mirror};
use super::withdrawal;
use crate::error::Error;
use crate::market::cache::Edition;
use crate::site::reader::{Reader, SignedIn};
use crate::site::refusal;
use crate::text::{fill, text};

/// Kinds of tax ids that the form offers; Stripe's names.
pub(super) const TAX_KINDS: [&str; 5] = ["eu_vat", "es_cif", "gb_vat", "ch_vat", "no_vat"];

/// What went wrong at the provider, as a page: what it means for the reader, and that nothing was changed.
///
/// # Errors
/// What no page can mend: it becomes the site's own page for failures.
pub(super) fn explained(reader: &Reader, edition: &Edition, trouble: Trouble) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    let (status, says) = match &trouble {
        Trouble::Declined(said) => {
            (StatusCode::PAYMENT_REQUIRED, fill(lang, "billing_declined", &[("said", said)]))
        }
        Trouble::Stale(_) => (StatusCode::CONFLICT, text(lang, "billing_stale").to_owned()),
        Trouble::Currency { wanted, theirs } => {
            let values = [("wanted", wanted.as_str()), ("theirs", theirs.as_str())];
            (StatusCode::CONFLICT, fill(lang, "billing_currency", &values))
        }
        Trouble::Refused(_) => (StatusCode::CONFLICT, text(lang, "billing_refused").to_owned()),
        Trouble::Missing(_) => (StatusCode::CONFLICT, text(lang, "billing_missing").to_owned()),
        Trouble::NotSetUp => (StatusCode::CONFLICT, text(lang, "billing_not_set_up").to_owned()),
        Trouble::Mixed(_) => {
            tracing::error!(alert = "billing.mixed", %trouble, "keys and database do not belong together");
            (StatusCode::CONFLICT, text(lang, "billing_refused").to_owned())
        }
        Trouble::Away(_) | Trouble::Database(_) => {
            return Err(Error::Unavailable(anyhow::Error::new(trouble)));
        }
        Trouble::Garbled(_) | Trouble::Ours(_) => return Err(Error::Internal(anyhow::Error::new(trouble))),
    };
    tracing::info!(%trouble, "billing refused a request");
    refusal::page(reader, edition, status, &says)
}

fn to(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("location", path)).finish()
}

/// The machine that a request came from, for the audit log.
fn address(request: &HttpRequest) -> String {
    request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default()
}

/// Who acts: what every order carries.
struct Acting {
    reader: Reader,
    account: i64,
    pseudonym: String,
    address: String,
}

impl Acting {
    async fn new(request: &HttpRequest, signed_in: SignedIn) -> Result<Self, Error> {
        let SignedIn { reader, account } = signed_in;
        let person = store::person(&reader.app.pool, account.id).await?.ok_or(Error::NotFound)?;
        mirror::set_language(&reader.app.pool, account.id, reader.lang().code()).await?;
        Ok(Self { reader, account: account.id, pseudonym: person.pseudonym, address: address(request) })
    }

    fn order<'a>(&'a self, once: &'a str) -> Order<'a> {
        Order { by: &self.pseudonym, reason: "", address: &self.address, once }
    }

    /// The page for what went wrong.
    async fn refuse(&self, trouble: Trouble) -> Result<HttpResponse, Error> {
        let edition = self.reader.app.edition().await?;
        explained(&self.reader, &edition, trouble)
    }

    /// Where to go on: the page on which what was done is seen.
    async fn answer<T>(&self, done: Result<T, Trouble>) -> Result<HttpResponse, Error> {
        match done {
            Ok(_) => Ok(to("/account/billing")),
            Err(trouble) => self.refuse(trouble).await,
        }
    }
}

/// What is to be bought.
#[derive(Debug, Deserialize)]
pub struct Buy {
    price: i64,
}

/// `POST /billing/checkout`: leads to a checkout page.
///
/// # Errors
/// Postgres or the provider is away.
pub async fn checkout(
    request: HttpRequest,
    signed_in: SignedIn,
    form: web::Form<Buy>,
) -> Result<HttpResponse, Error> {
    let acting = Acting::new(&request, signed_in).await?;
    let desk = match acting.reader.app.desk(acting.reader.now) {
        Ok(desk) => desk,
        Err(trouble) => return acting.refuse(trouble).await,
    };
    match checkout::open(&desk, acting.account, form.price, acting.reader.lang()).await {
        Ok(Lead::Checkout(url)) => Ok(to(&url)),
        Ok(Lead::Subscribed) => Ok(to(&format!("/account/billing/change?price={}", form.price))),
        Ok(Lead::NoSuchPrice) => {
            acting.refuse(Trouble::Stale("the price is no longer offered".to_owned())).await
        }
        Err(trouble) => acting.refuse(trouble).await,
    }
}

/// A change that was shown.
#[derive(Debug, Deserialize)]
pub struct ChangeForm {
    price: i64,
    at_s: i64,
    expected: i64,
}

/// `POST /account/billing/change`: changes the price, and charges exactly what was shown.
///
/// # Errors
/// Postgres or the provider is away.
pub async fn change(
    request: HttpRequest,
    signed_in: SignedIn,
    form: web::Form<ChangeForm>,
) -> Result<HttpResponse, Error> {
    let acting = Acting::new(&request, signed_in).await?;
    let Some(subscription) = held(&acting.reader, acting.account).await? else { return Ok(to("/pricing")) };
    let change = Change {
        subscription: &subscription,
        price_id: form.price,
        at_s: Some(form.at_s),
        expected_cents: Some(form.expected),
    };
    let done = match acting.reader.app.desk(acting.reader.now) {
        Ok(desk) => actions::change_plan(&desk, &acting.order(""), Mode::Carry, change).await,
        Err(trouble) => Err(trouble),
    };
    acting.answer(done).await
}

/// What makes two orders two.
#[derive(Debug, Deserialize)]
pub struct Once {
    once: Option<String>,
}

impl Once {
    /// At most so much of what was sent.
    fn text(&self) -> String {
        self.once
            .as_deref()
            .unwrap_or_default()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(64)
            .collect()
    }
}

/// `POST /account/billing/cancel`: lets the subscription end with its period.
///
/// # Errors
/// Postgres or the provider is away.
pub async fn cancel(
    request: HttpRequest,
    signed_in: SignedIn,
    form: web::Form<Once>,
) -> Result<HttpResponse, Error> {
    let acting = Acting::new(&request, signed_in).await?;
    let Some(subscription) = held(&acting.reader, acting.account).await? else {
        return Ok(to("/account/billing"));
    };
    let once = form.text();
    let done = match acting.reader.app.desk(acting.reader.now) {
        Ok(desk) => {
            actions::cancel(&desk, &acting.order(&once), Mode::Carry, &subscription, When::PeriodEnd).await
        }
        Err(trouble) => Err(trouble),
    };
    acting.answer(done).await
}

/// `POST /account/billing/resume`: takes back the end, or ends a pause.
///
/// # Errors
/// Postgres or the provider is away.
pub async fn resume(
    request: HttpRequest,
    signed_in: SignedIn,
    form: web::Form<Once>,
) -> Result<HttpResponse, Error> {
    let acting = Acting::new(&request, signed_in).await?;
    let Some(subscription) = held(&acting.reader, acting.account).await? else {
        return Ok(to("/account/billing"));
    };
    let once = form.text();
    let done = match acting.reader.app.desk(acting.reader.now) {
        Ok(desk) => actions::resume(&desk, &acting.order(&once), Mode::Carry, &subscription).await,
        Err(trouble) => Err(trouble),
    };
    acting.answer(done).await
}

/// For how long.
#[derive(Debug, Deserialize)]
pub struct PauseForm {
    days: u32,
    once: Option<String>,
}

/// `POST /account/billing/pause`: collects nothing for so many days.
///
/// # Errors
/// Postgres or the provider is away.
pub async fn pause(
    request: HttpRequest,
    signed_in: SignedIn,
    form: web::Form<PauseForm>,
) -> Result<HttpResponse, Error> {
    let acting = Acting::new(&request, signed_in).await?;
    let days = form.days;
    if ![30, 60, 90].contains(&days) {
        let edition = acting.reader.app.edition().await?;
        let says = text(acting.reader.lang(), "billing_pause_accepted");
        return refusal::page(&acting.reader, &edition, StatusCode::BAD_REQUEST, says);
    }
    let Some(subscription) = held(&acting.reader, acting.account).await? else {
        return Ok(to("/account/billing"));
    };
    let until = acting.reader.now.checked_add_days(Days::new(days.into()));
    let once = Once { once: form.once.clone() }.text();
    let done = match acting.reader.app.desk(acting.reader.now) {
        Ok(desk) => actions::pause(&desk, &acting.order(&once), Mode::Carry, &subscription, until).await,
        Err(trouble) => Err(trouble),
    };
    acting.answer(done).await
}

/// `POST /account/billing/withdraw`: withdraws from the contract, and gives back what was not used.
///
/// # Errors
/// Postgres or the provider is away.
pub async fn withdraw(request: HttpRequest, signed_in: SignedIn) -> Result<HttpResponse, Error> {
    let acting = Acting::new(&request, signed_in).await?;
    let Some(subscription) = held(&acting.reader, acting.account).await? else {
        return Ok(to("/account/billing"));
    };
    let (account, lang) = (acting.account, acting.reader.lang());
    let done = match acting.reader.app.desk(acting.reader.now) {
        Ok(desk) => {
            withdrawal::withdraw(&desk, &acting.order(""), Mode::Carry, account, &subscription, lang).await
        }
        Err(trouble) => Err(trouble),
    };
    acting.answer(done).await
}

/// `POST /account/billing/portal`: leads to the provider's page for cards, addresses and invoices.
///
/// # Errors
/// Postgres or the provider is away.
pub async fn portal(request: HttpRequest, signed_in: SignedIn) -> Result<HttpResponse, Error> {
    let acting = Acting::new(&request, signed_in).await?;
    let Some(customer) = mirror::customer_of(&acting.reader.app.pool, acting.account).await? else {
        return Ok(to("/pricing"));
    };
    let opened = match acting.reader.app.desk(acting.reader.now) {
        Ok(desk) => {
            // Each press opens a page of its own; it changes nothing there.
            let key = format!("portal-{}-{}", customer.stripe_id, Utc::now().timestamp_micros());
            desk.gateway.portal(&key, &customer.stripe_id, &format!("{}/account/billing", desk.origin)).await
        }
        Err(trouble) => Err(trouble),
    };
    match opened {
        Ok(url) => Ok(to(&url)),
        Err(trouble) => acting.refuse(trouble).await,
    }
}

/// A tax id.
#[derive(Debug, Deserialize)]
pub struct TaxForm {
    kind: String,
    value: String,
}

/// `POST /account/billing/tax-id`: adds a tax id to coming invoices.
///
/// # Errors
/// Postgres or the provider is away.
pub async fn tax_id(
    request: HttpRequest,
    signed_in: SignedIn,
    form: web::Form<TaxForm>,
) -> Result<HttpResponse, Error> {
    let acting = Acting::new(&request, signed_in).await?;
    let value: String = form.value.chars().filter(|c| !c.is_whitespace()).collect();
    let fine = (4..=32).contains(&value.len())
        && value.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    if !fine || !TAX_KINDS.contains(&form.kind.as_str()) {
        let edition = acting.reader.app.edition().await?;
        let says = text(acting.reader.lang(), "billing_tax_accepted");
        return refusal::page(&acting.reader, &edition, StatusCode::BAD_REQUEST, says);
    }
    let Some(customer) = mirror::customer_of(&acting.reader.app.pool, acting.account).await? else {
        return Ok(to("/pricing"));
    };
    let added = match acting.reader.app.desk(acting.reader.now) {
        Ok(desk) => desk.gateway.add_tax_id(&customer.stripe_id, &form.kind, &value).await,
        Err(trouble) => Err(trouble),
    };
    if let Ok(tax_id) = &added {
        let mut db = acting.reader.app.pool.acquire().await?;
        mirror::upsert_tax_id(&mut db, &customer.stripe_id, tax_id).await?;
    }
    acting.answer(added).await
}

/// A promotion code.
#[derive(Debug, Deserialize)]
pub struct CouponForm {
    code: String,
    once: Option<String>,
}

/// `POST /account/billing/coupon`: redeems a promotion code for a subscription.
///
/// # Errors
/// Postgres or the provider is away.
pub async fn coupon(
    request: HttpRequest,
    signed_in: SignedIn,
    form: web::Form<CouponForm>,
) -> Result<HttpResponse, Error> {
    let acting = Acting::new(&request, signed_in).await?;
    let Some(subscription) = held(&acting.reader, acting.account).await? else { return Ok(to("/pricing")) };
    let code: String = form.code.trim().chars().take(64).collect();
    let once = Once { once: form.once.clone() }.text();
    let done = match acting.reader.app.desk(acting.reader.now) {
        Ok(desk) => {
            let code = Code::Promotion(&code);
            actions::apply_coupon(&desk, &acting.order(&once), Mode::Carry, &subscription, code).await
        }
        Err(trouble) => Err(trouble),
    };
    acting.answer(done).await
}
