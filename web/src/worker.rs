//! What the site does without being asked: writes to those who registered, erases accounts, holds alerts against new slots, tells customers, sends mails and reports.
//!
//! Every step takes its work from Postgres with locks that others skip, so any number of instances may run side by side,
//! and what one of them leaves undone another takes up.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch::Receiver;

use crate::account;
use crate::alerts::address::{Resolver, System};
use crate::alerts::{deliver, evaluate, telegram};
use crate::console::credits;
use crate::error::Error;
use crate::mail::carrier::{Carrier, LocalMailbox, Smtp};
use crate::mail::outbox;
use crate::operations::orders;
use crate::report::schedule;
use crate::state::App;

/// Pause where nothing was to do.
const IDLE: Duration = Duration::from_secs(2);

/// The worker of one instance.
pub struct Worker {
    app: Arc<App>,
    carrier: Option<Arc<dyn Carrier>>,
    resolver: Arc<dyn Resolver>,
}

impl Worker {
    /// A worker with the adapters that the settings name.
    ///
    /// # Errors
    /// The mail server or the sender is malformed.
    pub fn new(app: Arc<App>) -> anyhow::Result<Self> {
        let settings = &app.settings;
        let host = settings.public_url.host_str().unwrap_or("localhost");
        let from = settings.outbound.mail_from.clone();
        let from = from.unwrap_or_else(|| format!("Quarterday <hello@{host}>"));
        let carrier: Option<Arc<dyn Carrier>> = match settings.smtp_url() {
            Some(url) => Some(Arc::new(Smtp::new(url, &from)?)),
            None if settings.local_mailbox() => Some(Arc::new(LocalMailbox)),
            None => {
                tracing::warn!("no mail server: mails wait until QUARTERDAY_SMTP_URL is set");
                None
            }
        };
        Ok(Self { app, carrier, resolver: Arc::new(System) })
    }

    /// A worker with these adapters: for tests.
    pub fn with(app: Arc<App>, carrier: Option<Arc<dyn Carrier>>, resolver: Arc<dyn Resolver>) -> Self {
        Self { app, carrier, resolver }
    }

    /// Works until told to stop. Failures are logged and tried again: they never end it. What the payment provider says is
    /// handled beside the rest: somebody may be waiting for what they have just paid.
    pub async fn run(self, stop: Receiver<bool>) {
        let billing = crate::billing::worker::run(Arc::clone(&self.app), stop.clone());
        tokio::join!(self.work(stop), billing);
    }

    async fn work(self, mut stop: Receiver<bool>) {
        while !*stop.borrow() {
            let busy = self.step().await;
            if busy {
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(IDLE) => {}
                changed = stop.changed() => if changed.is_err() { break },
            }
        }
    }

    /// Does what is due once; says whether there was anything to do.
    pub async fn step(&self) -> bool {
        let now = self.app.clock.now();
        let app = self.app.as_ref();
        let mut busy = false;
        busy |= done("accounts", account::work(app, now).await);
        busy |= done("alerts", evaluate::evaluate_new(app, now).await);
        busy |= done("telegram", telegram::link_chats(app, now).await);
        busy |= done("reports", schedule::make_due(app, now).await);
        busy |= done("orders", orders::send_due(app, now).await);
        busy |= done("deliveries", deliver::deliver_due(app, self.resolver.as_ref(), now).await);
        busy |= done("late data", credits::apply::apply_due(app, now).await);
        if let Some(carrier) = &self.carrier {
            let sent = outbox::send_due(&app.pool, carrier.as_ref(), now).await;
            busy |= done("mails", sent.map_err(Error::from));
        }
        busy
    }
}

fn done(what: &'static str, result: Result<usize, Error>) -> bool {
    match result {
        Ok(count) => count > 0,
        Err(error) => {
            tracing::error!(what, %error, "a step of the worker failed; it is tried again");
            false
        }
    }
}
