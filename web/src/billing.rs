//! Billing: what is sold, who has bought it, and what follows from it. The only part that names the payment provider, Stripe
//! or the billing sandbox.
//!
//! In reading order:
//! - [`facts`]: what the provider says, in our words. [`entitlement`]: which tier follows, when and why: pure functions.
//! - [`keys`]: which account there. [`gateway`]: the way to it. [`signature`]: whether a webhook is genuine.
//! - [`catalogue`]: makes plans and prices exist there. [`checkout`]: from a price to a checkout page and back.
//! - [`events`]: webhooks, stored first. [`sync`]: makes what we know what the provider says now. [`worker`] does both.
//! - [`dispatch`]: orders to the provider, written down before they are sent.
//! - [`actions`]: what can be done to a subscription, each as a dry run first. [`withdrawal`]: the right of withdrawal.
//! - [`dunning`]: mails about payments. [`reconcile`]: the nightly comparison. [`plans`]: prices as data.
//! - [`alarm`]: what a person has to look into. [`pricing`], [`account`], [`orders`]: the pages. [`store`]: all SQL of it.
//!
//! The invariant: what we know of a customer is what the provider says now, read under a lock; what a customer may see follows
//! from that by a pure function. No event, no order of events and no repetition of one changes it in any other way.
//! docs/billing.md says more.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use tokio::sync::Notify;

use crate::app::{Guard, Route, get, post};
use crate::config::Settings;
use crate::state::App;

pub mod account;
pub mod actions;
pub mod alarm;
pub mod catalogue;
pub mod checkout;
pub mod command;
pub mod dispatch;
pub mod dunning;
pub mod entitlement;
pub mod events;
pub mod facts;
pub mod gateway;
pub mod keys;
pub mod orders;
pub mod plans;
pub mod pricing;
pub mod reconcile;
pub mod signature;
pub mod store;
pub mod sync;
pub mod tax;
pub mod withdrawal;
pub mod worker;

use gateway::{Gateway, Trouble};
use sync::Desk;

/// The routes of billing.
pub static ROUTES: &[Route] = &[
    get("/pricing", Guard::Open, |r| r.to(pricing::pricing)),
    post("/billing/checkout", Guard::SignedIn, |r| r.to(orders::buying::checkout)),
    get("/account/billing", Guard::SignedIn, |r| r.to(account::overview)),
    get("/account/billing/return", Guard::SignedIn, |r| r.to(account::returned)),
    get("/account/billing/state", Guard::SignedIn, |r| r.to(account::state)),
    get("/account/billing/why", Guard::SignedIn, |r| r.to(account::why)),
    get("/account/billing/change", Guard::SignedIn, |r| r.to(account::change)),
    get("/account/billing/cancel", Guard::SignedIn, |r| r.to(account::cancel)),
    get("/account/billing/withdraw", Guard::SignedIn, |r| r.to(account::withdraw)),
    post("/account/billing/change", Guard::SignedIn, |r| r.to(orders::change)),
    post("/account/billing/cancel", Guard::SignedIn, |r| r.to(orders::cancel)),
    post("/account/billing/resume", Guard::SignedIn, |r| r.to(orders::resume)),
    post("/account/billing/pause", Guard::SignedIn, |r| r.to(orders::pause)),
    post("/account/billing/withdraw", Guard::SignedIn, |r| r.to(orders::withdraw)),
    post("/account/billing/portal", Guard::SignedIn, |r| r.to(orders::buying::portal)),
    post("/account/billing/tax-id", Guard::SignedIn, |r| r.to(orders::buying::tax_id)),
    post("/account/billing/coupon", Guard::SignedIn, |r| r.to(orders::buying::coupon)),
    post("/webhooks/stripe", Guard::Signature, |r| r.to(events::receive)),
];

/// The way to the payment provider, if there is one, and news from it.
#[derive(Debug)]
pub struct Billing {
    /// The way; `None`: no key is set.
    pub gateway: Option<Gateway>,
    /// Wakes the worker when an event was stored.
    pub news: Notify,
    origin: String,
    /// The night for which this instance last looked whether a comparison is due: spares a query every two seconds.
    compared_on: Mutex<Option<NaiveDate>>,
    /// When this instance last looked whom to remind.
    reminded_at: Mutex<Option<DateTime<Utc>>>,
    /// Webhooks that were refused, by why: when that was last written down, and how many there were since.
    refused: Mutex<BTreeMap<&'static str, (DateTime<Utc>, u64)>>,
}

impl Billing {
    /// The way that the settings name.
    ///
    /// # Errors
    /// A key cannot be used.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        let gateway = settings.billing.clone().map(Gateway::new).transpose()?;
        Ok(Self {
            gateway,
            news: Notify::new(),
            origin: settings.origin(),
            compared_on: Mutex::default(),
            reminded_at: Mutex::default(),
            refused: Mutex::default(),
        })
    }

    /// Counts a webhook that was refused; says how many there were since that was last written down, where an hour has
    /// passed: whoever sends forged ones shall not fill the audit log.
    fn refused(&self, why: &'static str, now: DateTime<Utc>) -> Option<u64> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, count) = refused.entry(why).or_insert((DateTime::<Utc>::MIN_UTC, 0));
        *count += 1;
        if now.signed_duration_since(*last) < Duration::hours(1) {
            return None;
        }
        *last = now;
        Some(std::mem::take(count))
    }

    /// Whether it is time to look whom to remind: once an hour.
    fn reminds(&self, now: DateTime<Utc>) -> bool {
        let mut last = self.reminded_at.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| now.signed_duration_since(last) >= Duration::hours(1));
        if due {
            *last = Some(now);
        }
        due
    }

    fn compared_on(&self) -> Option<NaiveDate> {
        *self.compared_on.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_compared_on(&self, night: NaiveDate) {
        *self.compared_on.lock().unwrap_or_else(PoisonError::into_inner) = Some(night);
    }

    /// Whether no real money moves, because there is no account at Stripe.
    pub fn is_sandbox(&self) -> bool {
        self.gateway.as_ref().is_some_and(|gateway| gateway.keys().sandbox)
    }
}

impl App {
    /// What billing works with at `now`.
    ///
    /// # Errors
    /// No key is set.
    pub fn desk(&self, now: DateTime<Utc>) -> Result<Desk<'_>, Trouble> {
        let gateway = self.billing.gateway.as_ref().ok_or(Trouble::NotSetUp)?;
        let (pool, templates, origin) = (&self.pool, &self.templates, self.billing.origin.as_str());
        Ok(Desk { pool, gateway, templates, origin, now })
    }
}
