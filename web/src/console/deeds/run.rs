//! Does a deed through `billing::actions`, or only works out what it would do.

use actix_web::http::StatusCode;
use serde::Serialize;

use super::deed::Deed;
use crate::billing::actions::{self, Change, Code, Mode, Order, Outcome, When};
use crate::billing::gateway::Trouble;
use crate::billing::sync::Desk;
use crate::console::confirm;
use crate::error::Error;
use crate::text::{Lang, fill, text};

/// Works out or does a deed for an account. `expected_cents` is what was shown; a change that costs something else is refused.
///
/// # Errors
/// It cannot be done, or the payment provider or Postgres fails.
pub async fn run(
    desk: &Desk<'_>,
    order: &Order<'_>,
    mode: Mode,
    (account, deed): (i64, &Deed),
    expected_cents: Option<i64>,
) -> Result<Outcome, Trouble> {
    match deed {
        Deed::ChangePlan { subscription, price, at_s } => {
            let change = Change { subscription, price_id: *price, at_s: *at_s, expected_cents };
            actions::change_plan(desk, order, mode, change).await
        }
        Deed::Cancel { subscription, now } => {
            let when = if *now { When::Now } else { When::PeriodEnd };
            actions::cancel(desk, order, mode, subscription, when).await
        }
        Deed::Resume { subscription } => actions::resume(desk, order, mode, subscription).await,
        Deed::Pause { subscription, until } => actions::pause(desk, order, mode, subscription, *until).await,
        Deed::Refund { invoice, cents } => actions::refund(desk, order, mode, invoice, *cents).await,
        Deed::Coupon { subscription, coupon } => {
            actions::apply_coupon(desk, order, mode, subscription, Code::Coupon(coupon)).await
        }
        Deed::Credit { cents, currency } => {
            actions::credit(desk, order, mode, account, *cents, currency).await
        }
    }
}

/// The digest of what a dry run saw: what would happen, and how things stand that it rests on.
///
/// # Errors
/// It does not serialise.
pub fn seen(deed: &Deed, outcome: &Outcome, stands: &impl Serialize) -> Result<String, Error> {
    // An end at once is at whatever instant it is confirmed.
    let until = outcome.access_until.filter(|_| !matches!(deed, Deed::Cancel { now: true, .. }));
    let lines: Vec<_> = outcome.lines.iter().map(|line| (&line.price_id, line.amount_cents)).collect();
    let money = (outcome.now_cents, &outcome.currency, outcome.next_cents, outcome.next_at);
    confirm::digest(&(deed, money, until, lines, stands))
}

/// What went wrong, for staff: its status and its words.
///
/// # Errors
/// What no page can mend: it becomes the site's own page for failures.
pub fn says(trouble: Trouble, lang: Lang) -> Result<(StatusCode, String), Error> {
    let said = trouble.to_string();
    let with = |status, key: &str| Ok((status, fill(lang, key, &[("said", &said)])));
    match trouble {
        Trouble::Declined(_) => with(StatusCode::PAYMENT_REQUIRED, "deed_trouble"),
        Trouble::NotSetUp => Ok((StatusCode::CONFLICT, text(lang, "deed_not_set_up").to_owned())),
        Trouble::Missing(_)
        | Trouble::Refused(_)
        | Trouble::TaxId(_)
        | Trouble::Currency { .. }
        | Trouble::Mixed(_)
        | Trouble::Stale(_) => with(StatusCode::CONFLICT, "deed_trouble"),
        Trouble::Half(_) => with(StatusCode::CONFLICT, "deed_half"),
        Trouble::Sent(_) => with(StatusCode::SERVICE_UNAVAILABLE, "deed_sent"),
        Trouble::Away(_) => with(StatusCode::SERVICE_UNAVAILABLE, "deed_away"),
        Trouble::Database(error) => Err(error.into()),
        Trouble::Garbled(_) | Trouble::Ours(_) => Err(Error::Internal(anyhow::Error::new(trouble))),
    }
}
