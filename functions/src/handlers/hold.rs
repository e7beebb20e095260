//! `hold`: the ML team keeps its machine on, or lets it go. Kept for good: who, why, until when.

use anyhow::Context as _;
use chrono::Duration;
use cloud::push::PushMessage;
use domain::message::HoldOrder;
use ledger::store::{self, Hold};

use super::{Answer, content};
use crate::orchestrator::{ML, Orchestrator};
use crate::watchdog;

/// The longest hold.
const LONGEST: Duration = Duration::days(7);

/// Holds or releases the machine, and tells it.
pub(super) async fn handle(orchestrator: &Orchestrator, message: &PushMessage) -> Answer {
    let order: HoldOrder = match content(message) {
        Ok(order) => order,
        Err(refused) => return refused,
    };
    let id = super::control::name(&order.request, message).to_owned();
    match check(&order, orchestrator) {
        Ok(()) => carry_out(orchestrator, order, &id).await.into(),
        Err(reason) => Answer::Refused(reason.to_owned()),
    }
}

fn check(order: &HoldOrder, orchestrator: &Orchestrator) -> Result<(), &'static str> {
    if order.machine != ML {
        return Err("only the machine ml can be held");
    }
    if order.owner.trim().is_empty() || order.reason.trim().is_empty() {
        return Err("owner and reason are needed: say who asks and why");
    }
    match order.until {
        Some(until) if until > orchestrator.now() + LONGEST => Err("a hold lasts seven days at most"),
        _ => Ok(()),
    }
}

async fn carry_out(orchestrator: &Orchestrator, order: HoldOrder, message_id: &str) -> anyhow::Result<()> {
    let now = orchestrator.now();
    let HoldOrder { machine, owner, reason, until, request: _ } = order;
    // One whose end has passed while the message was on its way is a release.
    let until = until.filter(|at| *at > now);
    let hold = Hold { machine, owner, reason, held_at: now, expires_at: until.unwrap_or(now) };
    match until {
        Some(_) => drop(store::hold(&orchestrator.pool, &hold, message_id).await?),
        None => drop(store::release(&orchestrator.pool, &hold, message_id).await?),
    }
    orchestrator.machines.hold(&hold.machine, until).await.context("telling the machine")?;
    if until.is_none() {
        watchdog::look_round(orchestrator, message_id).await?;
    }
    Ok(())
}
