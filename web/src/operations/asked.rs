//! What a form asks for: read, checked, and turned into the message that goes to the orchestrator.

use chrono::{DateTime, Duration, SubsecRound, Utc};
use domain::backfill;
use domain::message::{Action, Control, HoldOrder, Topic};
use domain::order::{
    By, ExclusionAction, ExclusionOrder, LetterAction, LetterOrder, ModelAction, ModelOrder, Order,
    PublicationAction, PublicationOrder,
};
use domain::{Slot, Stage};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest hold, in hours.
pub const LONGEST_HOLD_HOURS: i64 = 7 * 24;
/// The machine that can be held.
pub const MACHINE: &str = "ml";

/// The fields of every form about operations; what an action does not need is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fields {
    /// Names the order; made with the form.
    pub id: String,
    /// What to do.
    pub action: String,
    /// Why.
    pub reason: String,
    /// A slot.
    pub slot: String,
    /// A stage.
    pub stage: String,
    /// A version of a publication.
    pub version: String,
    /// The first slot of a backfill, or from which on an asset is left out.
    pub from: String,
    /// The last slot of a backfill.
    pub to: String,
    /// The first slot with the asset again.
    pub until: String,
    /// `1`: leave out slots that never ran.
    pub only_failed: String,
    /// A dead letter.
    pub message_id: String,
    /// The subscription that did not take it.
    pub subscription: String,
    /// An asset.
    pub symbol: String,
    /// How long to hold the machine.
    pub hours: String,
    /// `forecast` or `sentiment`.
    pub model: String,
    /// A version of a model.
    pub model_version: String,
    /// `1`: although it did not pass the gate.
    pub force: String,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// One order on topic `control`.
    Order(Order),
    /// Hold or release the machine.
    Hold(HoldOrder),
    /// Runs of many slots, both ends included.
    Backfill {
        /// The first slot.
        from: Slot,
        /// The last slot.
        to: Slot,
        /// Leave out slots that never ran.
        only_failed: bool,
    },
}

/// The key of the text that says what is accepted instead.
pub type Problem = &'static str;

impl Fields {
    /// What the fields ask for at `now`, in the name of `owner`. `future` says whether slots may be named that have not
    /// closed: a world's clock may be ahead of ours.
    ///
    /// # Errors
    /// They cannot be understood, or ask for what is never done.
    pub fn read(&self, owner: &str, now: DateTime<Utc>, future: bool) -> Result<Asked, Problem> {
        let by = || By {
            owner: owner.to_owned(),
            reason: self.reason.trim().to_owned(),
            request: self.id.clone(),
        };
        let order = match self.action.as_str() {
            "run" | "repeat" | "skip" | "cancel" => self.control(by(), now, future)?,
            "replay" | "drop" => Order::Letter(LetterOrder {
                action: if self.action == "replay" { LetterAction::Replay } else { LetterAction::Drop },
                message_id: plain(&self.message_id)?,
                subscription: plain(&self.subscription)?,
                by: by(),
            }),
            "hold-publication" | "release-publication" => {
                let hold = self.action == "hold-publication";
                Order::Publication(PublicationOrder {
                    action: if hold {
                        PublicationAction::HoldPublication
                    } else {
                        PublicationAction::ReleasePublication
                    },
                    slot: slot(&self.slot)?,
                    version: optional(&self.version, |text| {
                        text.parse().ok().filter(|v| (1..=1_000_000).contains(v)).ok_or("ops_accept_version")
                    })?,
                    by: by(),
                })
            }
            "exclude" | "include" => self.exclusion(by())?,
            "promote" | "rollback" | "pin" | "unpin" => self.about_model(by())?,
            "hold" | "release" => return self.hold(by(), now),
            "backfill" => return self.backfill(now, future),
            _ => return Err("ops_accept_action"),
        };
        Ok(Asked::Order(order))
    }

    fn control(&self, by: By, now: DateTime<Utc>, future: bool) -> Result<Order, Problem> {
        let (action, needs_stage, may_have_stage) = match self.action.as_str() {
            "run" => (Action::Run, true, true),
            "skip" => (Action::Skip, false, true),
            "repeat" => (Action::Repeat, false, false),
            _ => (Action::Cancel, false, false),
        };
        let stage = optional(&self.stage, |text| Stage::parse(text).ok_or("ops_accept_stage"))?;
        if stage.is_none() && needs_stage || stage.is_some() && !may_have_stage {
            return Err("ops_accept_stage");
        }
        let slot = slot(&self.slot)?;
        closed(slot, now, future)?;
        let By { owner, reason, request } = by;
        Ok(Order::Control(Control { action, slot, stage, owner, reason, request }))
    }

    fn exclusion(&self, by: By) -> Result<Order, Problem> {
        let exclude = self.action == "exclude";
        let from = slot(&self.from)?;
        let until = if exclude { optional(&self.until, slot)? } else { None };
        if until.is_some_and(|until| until <= from) {
            return Err("ops_accept_until");
        }
        Ok(Order::Exclusion(ExclusionOrder {
            action: if exclude { ExclusionAction::Exclude } else { ExclusionAction::Include },
            symbol: self.symbol.trim().parse().map_err(|_| "ops_accept_symbol")?,
            from,
            until,
            by,
        }))
    }

    fn about_model(&self, by: By) -> Result<Order, Problem> {
        let action = match self.action.as_str() {
            "promote" => ModelAction::Promote,
            "rollback" => ModelAction::Rollback,
            "pin" => ModelAction::Pin,
            _ => ModelAction::Unpin,
        };
        Ok(Order::Model(ModelOrder {
            action,
            model: self.model.parse().map_err(|_| "ops_accept_model")?,
            version: optional(&self.model_version, |text| {
                text.parse().map_err(|_| "ops_accept_model_version")
            })?,
            force: self.force == "1",
            by,
        }))
    }

    fn hold(&self, by: By, now: DateTime<Utc>) -> Result<Asked, Problem> {
        let until = if self.action == "hold" {
            let hours =
                self.hours.trim().parse::<i64>().ok().filter(|h| (1..=LONGEST_HOLD_HOURS).contains(h));
            Some((now + Duration::hours(hours.ok_or("ops_accept_hours")?)).trunc_subsecs(0))
        } else {
            None
        };
        let By { owner, reason, request } = by;
        Ok(Asked::Hold(HoldOrder { machine: MACHINE.to_owned(), owner, reason, until, request }))
    }

    fn backfill(&self, now: DateTime<Utc>, future: bool) -> Result<Asked, Problem> {
        let (from, to) = (slot(&self.from)?, slot(&self.to)?);
        closed(to, now, future)?;
        let span = (to.close_at() - from.close_at()).num_hours() / domain::slot::SLOT_HOURS;
        if span < 0 || span >= backfill::LONGEST as i64 {
            return Err("ops_accept_span");
        }
        Ok(Asked::Backfill { from, to, only_failed: self.only_failed == "1" })
    }

    /// The reason, if one is given that is not too long.
    ///
    /// # Errors
    /// There is none, or it is too long.
    pub fn good_reason(&self) -> Result<&str, Problem> {
        let reason = self.reason.trim();
        let long = reason.chars().count() > domain::order::LONGEST_REASON;
        // What is written into logs and tables is text, not what steers a terminal.
        if reason.is_empty() || long || reason.chars().any(char::is_control) {
            return Err("ops_accept_reason");
        }
        Ok(reason)
    }
}

impl Asked {
    /// The messages that carry it, with the topic that each goes out on.
    pub fn message(&self) -> Option<(Topic, Value)> {
        match self {
            Self::Order(order) => Some((Order::topic(), serde_json::to_value(order).ok()?)),
            Self::Hold(order) => Some((Topic::Hold, serde_json::to_value(order).ok()?)),
            Self::Backfill { .. } => None,
        }
    }

    /// What it is about.
    pub fn subject(&self) -> String {
        match self {
            Self::Order(order) => order.subject(),
            Self::Hold(order) => order.machine.clone(),
            Self::Backfill { from, to, .. } => format!("{from}/{to}"),
        }
    }
}

fn slot(text: &str) -> Result<Slot, Problem> {
    text.trim().parse().map_err(|_| "ops_accept_slot")
}

fn closed(slot: Slot, now: DateTime<Utc>, future: bool) -> Result<(), Problem> {
    if slot.close_at() > now && !future { Err("ops_accept_closed") } else { Ok(()) }
}

fn optional<T>(text: &str, read: impl Fn(&str) -> Result<T, Problem>) -> Result<Option<T>, Problem> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

/// A name of the bus: short, printable.
fn plain(text: &str) -> Result<String, Problem> {
    let fine = (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fine { Ok(text.to_owned()) } else { Err("ops_accept_letter") }
}

#[cfg(test)]
mod tests;
