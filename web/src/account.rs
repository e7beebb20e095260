//! What one does with an account once signed in.
//!
//! - [`event`]: everything that happens to an account, in the audit log and in mails to its owner.
//! - [`overview`]: the account page. [`recent`]: the password once more before what matters.
//! - [`password`], [`email`], [`two_step`], [`devices`]: what one signs in with, and where one is signed in.
//! - [`export`]: everything that is the customer's, as JSON. [`erasure`]: the end of an account.
//! - [`role`]: what staff may do, given on the command line. [`store`]: SQL that belongs to no other area.
//! - [`work`]: the worker's part.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};

use crate::app::{Guard, Route, get, post};
use crate::auth;
use crate::auth::vault::{self, Vault};
use crate::error::Error;
use crate::state::App;

pub mod devices;
pub mod email;
pub mod erasure;
pub mod event;
pub mod export;
pub mod overview;
pub mod password;
pub mod recent;
pub mod role;
pub mod store;
pub mod two_step;

/// The routes of an account.
pub static ROUTES: &[Route] = &[
    get("/account", Guard::SignedIn, |r| r.to(overview::show)),
    get("/account/again", Guard::SignedIn, |r| r.to(recent::ask)),
    post("/account/again", Guard::SignedIn, |r| r.to(recent::take)),
    get("/account/password", Guard::SignedIn, |r| r.to(password::ask)),
    post("/account/password", Guard::SignedIn, |r| r.to(password::change)),
    get("/account/email", Guard::SignedIn, |r| r.to(email::ask)),
    post("/account/email", Guard::SignedIn, |r| r.to(email::take)),
    get("/account/email/confirm", Guard::SignedIn, |r| r.to(email::opened)),
    post("/account/email/confirm", Guard::SignedIn, |r| r.to(email::confirm)),
    get("/account/two-step", Guard::SignedIn, |r| r.to(two_step::show)),
    post("/account/two-step", Guard::SignedIn, |r| r.to(two_step::start)),
    post("/account/two-step/off", Guard::SignedIn, |r| r.to(two_step::stop)),
    post("/account/two-step/codes", Guard::SignedIn, |r| r.to(two_step::renew)),
    get("/account/devices", Guard::SignedIn, |r| r.to(devices::list)),
    post("/account/devices/end", Guard::SignedIn, |r| r.to(devices::end)),
    post("/account/devices/end-all", Guard::SignedIn, |r| r.to(devices::end_all)),
    get("/account/export.json", Guard::SignedIn, |r| r.to(export::download)),
    get("/account/erase", Guard::SignedIn, |r| r.to(erasure::ask)),
    post("/account/erase", Guard::SignedIn, |r| r.to(erasure::take)),
];

/// Says once an hour that something is due.
#[derive(Debug, Default)]
pub struct Hourly(Mutex<Option<DateTime<Utc>>>);

impl Hourly {
    /// It was due at this instant: it is so again an hour later.
    pub fn since(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(Some(now)))
    }

    /// Whether an hour has gone since this was last true.
    pub fn due(&self, now: DateTime<Utc>) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| now >= last + Duration::hours(1));
        if due {
            *last = Some(now);
        }
        due
    }
}

/// How long what somebody asked for signed out is kept.
const KEPT_HOURS: i64 = 24;

/// The worker's part: writes letters, erases what is due, forgets what has ended. Says how much there was to do.
///
/// # Errors
/// Postgres fails.
pub async fn work(app: &App, now: DateTime<Utc>) -> Result<usize, Error> {
    let done = auth::letters::write_due(app, now).await? + erasure::erase_due(app, now).await?;
    if app.tidied.due(now) {
        auth::store::limits::tidy(&app.pool, now).await?;
        auth::store::sessions::tidy(&app.pool, now).await?;
        auth::store::tokens::tidy(&app.pool, now).await?;
        auth::store::registration::tidy(&app.pool, now - Duration::hours(KEPT_HOURS)).await?;
    }
    if app.sealed.due(now) {
        for vault in Vault::ALL {
            vault::seal_due(&app.pool, &app.settings.seals, vault).await?;
        }
    }
    Ok(done)
}
