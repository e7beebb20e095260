//! Which tier a subscription gives, from when until when, and why: pure functions of what is known of its life.
//!
//! A life is a **set** of snapshots, each with the instant from which it holds. Order of arrival and repetition mean nothing:
//! the set is put in order by Stripe's own instants, and what follows from it follows from it alone. So the answer for an
//! instant in the past is as good as the one for now.
//!
//! | the subscription is | access |
//! | --- | --- |
//! | on trial | until the trial ends |
//! | active | until the paid period ends, and `late` longer: news of the renewal may be late |
//! | active or on trial, and will end | until it ends, exactly |
//! | active with collection paused | until the period ends in which it was paused |
//! | past due | `grace` long from when the payment first failed |
//! | anything else | none |

use chrono::{DateTime, Duration, Utc};
use domain::Tier;
use serde::{Deserialize, Serialize};

use super::facts::{Snapshot, Status};
use crate::access::Subscription;

/// A snapshot, and from when it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dated {
    /// From when.
    pub as_of_at: DateTime<Utc>,
    /// The event that said so, or [`READ`].
    pub source: String,
    /// How the subscription stood.
    pub snapshot: Snapshot,
}

/// The source of a snapshot that was read there, without an event.
pub const READ: &str = "read";

/// Times that follow from nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Access while a payment is late.
    pub grace: Duration,
    /// Access after the end of a period until news of its renewal must have come.
    pub late: Duration,
}

/// Why there is access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The trial.
    Trial,
    /// A paid period.
    Paid,
    /// A paid period after which it ends.
    PaidUntilEnd,
    /// A paid period after which collection is paused.
    PaidUntilPause,
    /// The period is over and news of the next is awaited.
    AwaitingRenewal,
    /// A payment failed; it is tried again.
    Grace,
}

impl Reason {
    /// Its name in Postgres.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Paid => "paid",
            Self::PaidUntilEnd => "paid_until_end",
            Self::PaidUntilPause => "paid_until_pause",
            Self::AwaitingRenewal => "awaiting_renewal",
            Self::Grace => "grace",
        }
    }
}

/// A tier for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Span {
    /// The subscription that gives it.
    pub subscription: String,
    /// The tier.
    pub tier: Tier,
    /// First instant.
    pub starts_at: DateTime<Utc>,
    /// First instant that is no longer covered.
    pub ends_at: DateTime<Utc>,
    /// Why.
    pub reason: Reason,
}

/// What all that is known of one subscription gives, in order and without overlap.
pub fn spans(life: &[Dated], rules: Rules) -> Vec<Span> {
    let ordered = in_order(life);
    let over_at = ordered.iter().filter_map(|dated| over_at(dated)).min();
    let mut spans: Vec<Span> = Vec::new();
    let mut run = Run::default();
    for (n, dated) in ordered.iter().enumerate() {
        run.follow(dated);
        // What was known first holds from the beginning.
        let from = if n == 0 { dated.as_of_at.min(dated.snapshot.started_at) } else { dated.as_of_at };
        let next = ordered.get(n + 1).map(|next| next.as_of_at);
        let until = [next, over_at].into_iter().flatten().min();
        let Some(tier) = dated.snapshot.tier.filter(|tier| *tier != Tier::Free) else { continue };
        for (begins, ends, reason) in gives(&dated.snapshot, &run, rules) {
            let starts_at = begins.map_or(from, |begins| begins.max(from));
            let ends_at = until.map_or(ends, |until| until.min(ends));
            if starts_at < ends_at {
                let subscription = dated.snapshot.stripe_id.clone();
                append(&mut spans, Span { subscription, tier, starts_at, ends_at, reason });
            }
        }
    }
    spans
}

/// The snapshot that held at `at`; `None`: there was none yet.
pub fn stood_at(life: &[Dated], at: DateTime<Utc>) -> Option<&Dated> {
    in_order(life).into_iter().rfind(|dated| dated.as_of_at <= at)
}

/// The newest snapshot.
pub fn newest(life: &[Dated]) -> Option<&Dated> {
    in_order(life).into_iter().next_back()
}

/// By instant; within one second, in which Stripe tells no order, by how far the life has come, and what was read last.
fn in_order(life: &[Dated]) -> Vec<&Dated> {
    let mut ordered: Vec<&Dated> = life.iter().collect();
    ordered.sort_by(|a, b| key(a).cmp(&key(b)));
    ordered
}

type Key<'a> = (DateTime<Utc>, bool, Status, DateTime<Utc>, bool, &'a str);

fn key(dated: &Dated) -> Key<'_> {
    let snapshot = &dated.snapshot;
    let read = dated.source == READ;
    (
        dated.as_of_at,
        read,
        snapshot.status,
        snapshot.current_period_end_at,
        snapshot.cancel_at_period_end,
        &dated.source,
    )
}

fn over_at(dated: &Dated) -> Option<DateTime<Utc>> {
    let over = dated.snapshot.status.is_over().then_some(dated.as_of_at);
    dated.snapshot.ended_at.or(over)
}

/// What has been so without a break up to a snapshot.
#[derive(Debug, Default)]
struct Run {
    past_due_since: Option<DateTime<Utc>>,
    paused_period_ends_at: Option<DateTime<Utc>>,
}

impl Run {
    fn follow(&mut self, dated: &Dated) {
        let snapshot = &dated.snapshot;
        self.past_due_since =
            (snapshot.status == Status::PastDue).then(|| self.past_due_since.unwrap_or(dated.as_of_at));
        self.paused_period_ends_at = snapshot
            .paused_behavior
            .is_some()
            .then(|| self.paused_period_ends_at.unwrap_or(snapshot.current_period_end_at));
    }
}

type Given = (Option<DateTime<Utc>>, DateTime<Utc>, Reason);

fn gives(snapshot: &Snapshot, run: &Run, rules: Rules) -> Vec<Given> {
    let (period_end, paid) = match snapshot.status {
        Status::Trialing => (snapshot.trial_end_at.unwrap_or(snapshot.current_period_end_at), Reason::Trial),
        Status::Active => (snapshot.current_period_end_at, Reason::Paid),
        Status::PastDue => {
            let since = run.past_due_since.unwrap_or(snapshot.current_period_start_at);
            let end = since + rules.grace;
            return vec![(None, snapshot.ends_at().map_or(end, |ends| ends.min(end)), Reason::Grace)];
        }
        _ => return Vec::new(),
    };
    if let Some(ends) = snapshot.ends_at() {
        let reason = if paid == Reason::Trial { Reason::Trial } else { Reason::PaidUntilEnd };
        return vec![(None, ends, reason)];
    }
    if let Some(ends) = run.paused_period_ends_at {
        return vec![(None, ends, Reason::PaidUntilPause)];
    }
    vec![(None, period_end, paid), (Some(period_end), period_end + rules.late, Reason::AwaitingRenewal)]
}

/// Adds a span, lengthening the last one where nothing changed.
fn append(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut() {
        Some(last)
            if last.ends_at == span.starts_at && last.tier == span.tier && last.reason == span.reason =>
        {
            last.ends_at = span.ends_at;
        }
        _ => spans.push(span),
    }
}

/// One reason for access, or for none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Because {
    /// A subscription gives a tier.
    Subscribed {
        /// What it gives, and why.
        #[serde(flatten)]
        span: Span,
    },
    /// A tier was given by hand.
    Granted {
        /// The tier.
        tier: Tier,
        /// Since when.
        since: DateTime<Utc>,
        /// Until when; `None`: without end.
        until: Option<DateTime<Utc>>,
    },
    /// A subscription that gives nothing at that instant.
    Nothing {
        /// Which.
        subscription: String,
        /// How it stood.
        status: Status,
        /// Since when it had stood so, as far as is known.
        since: DateTime<Utc>,
    },
}

/// The tier at an instant, and every reason for it, the deciding one first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The tier.
    pub tier: Tier,
    /// The reasons.
    pub because: Vec<Because>,
}

/// Why a customer had the tier that they had at `at`: from the lives of their subscriptions and what was given by hand.
pub fn why(lives: &[Vec<Dated>], grants: &[Subscription], rules: Rules, at: DateTime<Utc>) -> Why {
    let mut giving: Vec<(Tier, Because)> = Vec::new();
    let mut nothing = Vec::new();
    for life in lives {
        let covering = spans(life, rules).into_iter().find(|s| s.starts_at <= at && at < s.ends_at);
        match (covering, stood_at(life, at)) {
            (Some(span), _) => giving.push((span.tier, Because::Subscribed { span })),
            (None, Some(dated)) => nothing.push(Because::Nothing {
                subscription: dated.snapshot.stripe_id.clone(),
                status: dated.snapshot.status,
                since: dated.as_of_at,
            }),
            (None, None) => {}
        }
    }
    for grant in grants.iter().filter(|grant| grant.counts_at(at)) {
        let because = Because::Granted { tier: grant.tier, since: grant.starts_at, until: grant.ends_at };
        giving.push((grant.tier, because));
    }
    giving.sort_by(|(a, _), (b, _)| b.cmp(a));
    let tier = giving.first().map_or(Tier::Free, |(tier, _)| *tier);
    Why { at, tier, because: giving.into_iter().map(|(_, because)| because).chain(nothing).collect() }
}

#[cfg(test)]
mod tests;
