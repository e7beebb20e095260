//! Forms that lead to a subscription, and those about the customer: checkout, portal, tax ids, promotion codes.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;
use serde::Deserialize;
use serde_json::json;

use super::{Acting, Once, to};
use crate::billing::actions::{self, Code, Mode};
use crate::billing::checkout::{self, Lead};
use crate::billing::dispatch::{self, Plan, REMEMBERED};
use crate::billing::gateway::Trouble;
use crate::billing::gateway::ask::Ask;
use crate::billing::store::mirror::CustomerRow;
use crate::billing::store::{self, mirror};
use crate::billing::sync::Desk;
use crate::billing::tax;
use crate::error::Error;
use crate::site::reader::SignedIn;

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
    let desk = match acting.desk() {
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

/// `POST /account/billing/portal`: leads to the provider's page for cards, addresses and invoices.
///
/// # Errors
/// Postgres or the provider is away.
pub async fn portal(request: HttpRequest, signed_in: SignedIn) -> Result<HttpResponse, Error> {
    let acting = Acting::new(&request, signed_in).await?;
    let Some(customer) = mirror::customer_of(&acting.reader.app.pool, acting.account).await? else {
        return Ok(to("/pricing"));
    };
    let opened = match acting.desk() {
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
    #[serde(flatten)]
    once: Once,
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
    let value = match tax::tidy(&form.kind, &form.value) {
        Ok(value) => value,
        Err(key) => return acting.bad(key).await,
    };
    let Some(customer) = mirror::customer_of(&acting.reader.app.pool, acting.account).await? else {
        return Ok(to("/pricing"));
    };
    let added = match acting.desk() {
        Ok(desk) => add(&desk, &acting, &customer, &form, value).await,
        Err(trouble) => Err(trouble),
    };
    acting.answer(added).await
}

async fn add(
    desk: &Desk<'_>,
    acting: &Acting,
    customer: &CustomerRow,
    form: &TaxForm,
    value: String,
) -> Result<(), Trouble> {
    let mut db = desk.pool.begin().await?;
    store::lock(&mut db, &format!("order-{}", customer.stripe_id)).await?;
    let once = form.once.text();
    let (kind, whose) = (form.kind.clone(), customer.stripe_id.clone());
    let plan = Plan {
        key: format!("tax-id-{whose}-{kind}-{once}"),
        asks: vec![Ask::TaxId { customer: whose, kind, value }],
        customer: Some(&customer.stripe_id),
        account: Some(acting.account),
        action: "billing.tax_id_added",
        subject: &acting.pseudonym,
        // The number itself names a person: the log does not hold it.
        detail: json!({ "kind": form.kind }),
        good_for: REMEMBERED,
    };
    let placed = dispatch::place(desk, &acting.order(&once), &plan).await?;
    dispatch::carry(desk, db, &placed).await.map(|_| ())
}

/// A promotion code.
#[derive(Debug, Deserialize)]
pub struct CouponForm {
    code: String,
    #[serde(flatten)]
    once: Once,
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
    let code: String = form.code.trim().chars().take(64).collect();
    if code.is_empty() {
        return acting.bad("billing_code_accepted").await;
    }
    let once = form.once.text();
    acting
        .with_held(async |desk: &Desk<'_>, subscription: &str| {
            let code = Code::Promotion(&code);
            actions::apply_coupon(desk, &acting.order(&once), Mode::Carry, subscription, code).await
        })
        .await
}
