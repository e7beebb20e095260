//! What a customer's forms send: each leads back to a page that shows what came of it.
//!
//! Here: what is done to a subscription. [`buying`]: what leads to one, and what belongs to the customer.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Days;
use serde::Deserialize;

use super::account::held;
use super::actions::{self, Change, Mode, Order, When};
use super::alarm::Alarm;
use super::gateway::Trouble;
use super::store::{self, mirror};
use super::sync::{self, Desk};
use super::withdrawal;
use crate::auth::limit::machine;
use crate::auth::session;
use crate::error::Error;
use crate::market::cache::Edition;
use crate::site::reader::{Reader, SignedIn};
use crate::site::refusal;
use crate::text::{fill, text};

pub mod buying;

/// What went wrong at the provider, as a page: what it means for the reader, and what was changed.
///
/// # Errors
/// What no page can mend: it becomes the site's own page for failures.
pub(super) fn explained(reader: &Reader, edition: &Edition, trouble: Trouble) -> Result<HttpResponse, Error> {
    let lang = reader.lang();
    let conflict = |key: &'static str| (StatusCode::CONFLICT, text(lang, key).to_owned());
    let (status, says) = match &trouble {
        Trouble::Declined(said) => {
            (StatusCode::PAYMENT_REQUIRED, fill(lang, "billing_declined", &[("said", said)]))
        }
        Trouble::Currency { wanted, theirs } => {
            let values = [("wanted", wanted.as_str()), ("theirs", theirs.as_str())];
            (StatusCode::CONFLICT, fill(lang, "billing_currency", &values))
        }
        Trouble::TaxId(_) => (StatusCode::BAD_REQUEST, text(lang, "billing_tax_invalid").to_owned()),
        Trouble::Sent(_) => (StatusCode::SERVICE_UNAVAILABLE, text(lang, "billing_sent").to_owned()),
        Trouble::Stale(_) => conflict("billing_stale"),
        Trouble::Half(_) => conflict("billing_half"),
        Trouble::Refused(_) => conflict("billing_refused"),
        Trouble::Missing(_) => conflict("billing_missing"),
        Trouble::NotSetUp => conflict("billing_not_set_up"),
        Trouble::Mixed(_) => {
            let alert = Alarm::Mixed.raised();
            tracing::error!(alert, %trouble, "keys and database do not belong together");
            conflict("billing_refused")
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
        let address = machine(request, reader.app.settings.trust_proxy).to_string();
        Ok(Self { reader, account: account.id, pseudonym: person.pseudonym, address })
    }

    fn order<'a>(&'a self, once: &'a str) -> Order<'a> {
        Order { by: &self.pseudonym, reason: "", address: &self.address, once }
    }

    fn desk(&self) -> Result<Desk<'_>, Trouble> {
        self.reader.app.desk(self.reader.now)
    }

    /// Does something to the reader's own subscription. Whoever has none is led to their page.
    async fn with_held<T>(
        &self,
        act: impl AsyncFnOnce(&Desk<'_>, &str) -> Result<T, Trouble>,
    ) -> Result<HttpResponse, Error> {
        let Some(subscription) = held(&self.reader, self.account).await? else {
            return Ok(to("/account/billing"));
        };
        let done = match self.desk() {
            Ok(desk) => act(&desk, &subscription).await,
            Err(trouble) => Err(trouble),
        };
        self.answer(done).await
    }

    /// The page for what went wrong. What the provider no longer knows is read again, so that the next page tells how it is.
    async fn refuse(&self, trouble: Trouble) -> Result<HttpResponse, Error> {
        if matches!(trouble, Trouble::Missing(_))
            && let Ok(desk) = self.desk()
            && let Some(customer) = mirror::customer_of(desk.pool, self.account).await?
            && let Err(trouble) = sync::customer(&desk, &customer.stripe_id, &[]).await
        {
            tracing::warn!(%trouble, "a customer could not be read again");
        }
        let edition = self.reader.app.edition().await?;
        explained(&self.reader, &edition, trouble)
    }

    /// A form that says something that it cannot say.
    async fn bad(&self, key: &'static str) -> Result<HttpResponse, Error> {
        let edition = self.reader.app.edition().await?;
        refusal::page(&self.reader, &edition, StatusCode::BAD_REQUEST, text(self.reader.lang(), key))
    }

    /// Where to go on: the page on which what was done is seen.
    async fn answer<T>(&self, done: Result<T, Trouble>) -> Result<HttpResponse, Error> {
        match done {
            Ok(_) => Ok(to("/account/billing")),
            Err(trouble) => self.refuse(trouble).await,
        }
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
    acting
        .with_held(async |desk: &Desk<'_>, subscription: &str| {
            let change = Change {
                subscription,
                price_id: form.price,
                at_s: Some(form.at_s),
                expected_cents: Some(form.expected),
            };
            actions::change_plan(desk, &acting.order(""), Mode::Carry, change).await
        })
        .await
}

/// What makes two orders two.
#[derive(Debug, Deserialize)]
pub struct Once {
    once: Option<String>,
}

impl Once {
    /// At most so much of what was sent; where nothing was, each order is another.
    fn text(&self) -> String {
        let sent = self.once.as_deref().unwrap_or_default();
        let sent: String = sent.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
        if sent.is_empty() { session::new_key() } else { sent }
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
    let once = form.text();
    acting
        .with_held(async |desk: &Desk<'_>, subscription: &str| {
            actions::cancel(desk, &acting.order(&once), Mode::Carry, subscription, When::PeriodEnd).await
        })
        .await
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
    let once = form.text();
    acting
        .with_held(async |desk: &Desk<'_>, subscription: &str| {
            actions::resume(desk, &acting.order(&once), Mode::Carry, subscription).await
        })
        .await
}

/// For how long.
#[derive(Debug, Deserialize)]
pub struct PauseForm {
    days: u32,
    #[serde(flatten)]
    once: Once,
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
        return acting.bad("billing_pause_accepted").await;
    }
    let until = acting.reader.now.checked_add_days(Days::new(days.into()));
    let once = form.once.text();
    acting
        .with_held(async |desk: &Desk<'_>, subscription: &str| {
            actions::pause(desk, &acting.order(&once), Mode::Carry, subscription, until).await
        })
        .await
}

/// `POST /account/billing/withdraw`: withdraws from the contract, and gives back what was not used.
///
/// # Errors
/// Postgres or the provider is away.
pub async fn withdraw(request: HttpRequest, signed_in: SignedIn) -> Result<HttpResponse, Error> {
    let acting = Acting::new(&request, signed_in).await?;
    let (account, lang) = (acting.account, acting.reader.lang());
    acting
        .with_held(async |desk: &Desk<'_>, subscription: &str| {
            withdrawal::withdraw(desk, &acting.order(""), Mode::Carry, account, subscription, lang).await
        })
        .await
}
