//! Why somebody had the access that they had at an instant: a pure function of the spans that billing derived, of what was
//! given by hand, and of the role.

use chrono::{DateTime, Utc};
use domain::Tier;

use crate::access::{Role, Subscription};

/// A tier for a time, as billing derived it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The subscription.
    pub subscription: String,
    /// The tier.
    pub tier: Tier,
    /// First instant.
    pub starts_at: DateTime<Utc>,
    /// First instant after it.
    pub ends_at: DateTime<Utc>,
    /// Why; billing's name of the reason.
    pub reason: String,
}

/// One thing that gives access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    /// Who works here sees everything.
    Role(Role),
    /// A subscription.
    Bought(Span),
    /// Given by hand.
    Given(Subscription),
}

impl Ground {
    /// The tier that it gives.
    pub fn tier(&self) -> Tier {
        match self {
            Self::Role(_) => Tier::Pro,
            Self::Bought(span) => span.tier,
            Self::Given(given) => given.tier,
        }
    }

    /// Until when it gives it, as far as is known.
    pub fn ends_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Role(_) => None,
            Self::Bought(span) => Some(span.ends_at),
            Self::Given(given) => given.ends_at,
        }
    }
}

/// The answer for an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The tier.
    pub tier: Tier,
    /// What gives access, the highest tier first; empty: the free tier, which everybody has.
    pub grounds: Vec<Ground>,
}

/// Why somebody had what access at `at`.
pub fn why(role: Role, bought: &[Span], given: &[Subscription], at: DateTime<Utc>) -> Why {
    let mut grounds: Vec<Ground> = Vec::new();
    if role.is_staff() {
        grounds.push(Ground::Role(role));
    }
    let holds = |span: &&Span| span.starts_at <= at && at < span.ends_at;
    grounds.extend(bought.iter().filter(holds).cloned().map(Ground::Bought));
    grounds.extend(given.iter().filter(|given| given.counts_at(at)).cloned().map(Ground::Given));
    grounds.sort_by_key(|ground| std::cmp::Reverse(ground.tier()));
    Why { tier: grounds.first().map_or(Tier::Free, Ground::tier), grounds }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_highest_tier_counts_and_every_ground_is_named() {
        let span = |tier, from: &str, to: &str, reason: &str| Span {
            subscription: "sub_1".into(),
            tier,
            starts_at: at(from),
            ends_at: at(to),
            reason: reason.into(),
        };
        let bought = [
            span(Tier::Basic, "2026-01-01T00:00:00Z", "2026-01-15T00:00:00Z", "trial"),
            span(Tier::Basic, "2026-01-15T00:00:00Z", "2026-02-15T00:00:00Z", "paid"),
        ];
        let given = [Subscription {
            tier: Tier::Plus,
            status: "active".into(),
            starts_at: at("2026-01-20T00:00:00Z"),
            ends_at: None,
        }];
        let tiers = |text: &str| {
            let why = why(Role::Subscriber, &bought, &given, at(text));
            (why.tier, why.grounds.len())
        };
        assert_eq!(tiers("2025-12-31T23:59:59Z"), (Tier::Free, 0));
        assert_eq!(tiers("2026-01-01T00:00:00Z"), (Tier::Basic, 1));
        assert_eq!(tiers("2026-01-25T00:00:00Z"), (Tier::Plus, 2));
        assert_eq!(tiers("2026-02-15T00:00:00Z"), (Tier::Plus, 1));
        // At the turn of two spans exactly one holds.
        let turn = why(Role::Subscriber, &bought, &[], at("2026-01-15T00:00:00Z"));
        assert!(matches!(&turn.grounds[..], [Ground::Bought(span)] if span.reason == "paid"));
        let staff = why(Role::Support, &bought, &[], at("2026-01-02T00:00:00Z"));
        assert_eq!((staff.tier, staff.grounds[0].ends_at()), (Tier::Pro, None));
    }
}
