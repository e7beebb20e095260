//! Who may see what: one pure function, [`decide`], used by every page and every JSON endpoint.

use chrono::{DateTime, Duration, Utc};
use domain::{Feature, Tier};

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Pays and reads.
    Subscriber,
    /// Helps customers: sees their accounts and what they paid, changes little.
    Support,
    /// Runs the company: customers, money, posts.
    Admin,
    /// Models, and the machine they run on.
    Ml,
    /// The six-hour runs.
    Operator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Subscriber, Self::Support, Self::Admin, Self::Ml, Self::Operator];

    /// Its name in Postgres and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscriber => "subscriber",
            Self::Support => "support",
            Self::Admin => "admin",
            Self::Ml => "ml",
            Self::Operator => "operator",
        }
    }

    /// The role of this name. A name that this version does not know has the fewest rights.
    pub fn parse(name: &str) -> Self {
        Self::ALL.into_iter().find(|role| role.as_str() == name).unwrap_or(Self::Subscriber)
    }

    /// Whether this is somebody who works here. Staff read the site as the highest tier does.
    pub fn is_staff(self) -> bool {
        self != Self::Subscriber
    }
}

/// A tier bought for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The tier.
    pub tier: Tier,
    /// The payment provider's name for its state.
    pub status: String,
    /// First instant at which it counts.
    pub starts_at: DateTime<Utc>,
    /// First instant at which it no longer counts; `None`: until cancelled.
    pub ends_at: Option<DateTime<Utc>>,
}

impl Subscription {
    /// Whether it gives its tier at `at`. A payment that is late (`past_due`) is given time; the provider ends it.
    pub fn counts_at(&self, at: DateTime<Utc>) -> bool {
        let paid = matches!(self.status.as_str(), "trialing" | "active" | "past_due");
        paid && self.starts_at <= at && self.ends_at.is_none_or(|end| at < end)
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Not signed in: sees what the free tier sees.
    Visitor,
    /// Signed in.
    Customer {
        /// What the account is for.
        role: Role,
        /// Everything ever bought.
        subscriptions: Vec<Subscription>,
    },
}

impl Who {
    /// The tier at `at`: the highest of those that count, or free.
    pub fn tier_at(&self, at: DateTime<Utc>) -> Tier {
        match self {
            Self::Visitor => Tier::Free,
            Self::Customer { role, .. } if role.is_staff() => Tier::Pro,
            Self::Customer { subscriptions, .. } => {
                let counting = subscriptions.iter().filter(|s| s.counts_at(at));
                counting.map(|s| s.tier).max().unwrap_or(Tier::Free)
            }
        }
    }

    /// What the account is for; `None` for a visitor.
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Visitor => None,
            Self::Customer { role, .. } => Some(*role),
        }
    }

    /// Whether this is somebody who works here.
    pub fn is_staff(&self) -> bool {
        self.role().is_some_and(Role::is_staff)
    }
}

/// How far into the past a tier sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The newest slot only.
    Latest,
    /// So many days.
    Days(i64),
    /// All there is.
    Full,
}

/// What one tier may see of one feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// The tier.
    pub tier: Tier,
    /// The feature.
    pub feature: Feature,
    /// Only the assets mentioned most, up to this rank; `None`: all assets.
    pub max_rank: Option<i32>,
    /// How far back.
    pub depth: Depth,
}

impl Entitlement {
    fn covers(&self, feature: Feature, rank: Option<i32>) -> bool {
        self.feature == feature && self.max_rank.is_none_or(|max| rank.is_some_and(|rank| rank <= max))
    }
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    Full,
    /// Only what is known since then.
    Since(DateTime<Utc>),
    /// Only the newest slot's values, without what lies behind them.
    Latest,
    /// Nothing.
    Locked {
        /// The lowest tier that would see something; `None` where no tier does.
        unlocked_by: Option<Tier>,
    },
}

impl Access {
    /// Whether nothing may be seen.
    pub fn is_locked(self) -> bool {
        matches!(self, Self::Locked { .. })
    }

    /// Whether what lies behind a value may be seen: documents, history.
    pub fn sees_behind(self) -> bool {
        matches!(self, Self::Full | Self::Since(_))
    }

    /// Whether something of the instant `at` may be seen; `newest_at` is the newest slot's.
    pub fn covers(self, at: DateTime<Utc>, newest_at: DateTime<Utc>) -> bool {
        match self {
            Self::Full => true,
            Self::Since(since) => at >= since,
            Self::Latest => at >= newest_at,
            Self::Locked { .. } => false,
        }
    }
}

/// What `who` may see of `feature` for the asset of this `rank` (1 is the most mentioned; `None`: not ranked).
/// `paid_at` decides which subscriptions count, `newest_at` from where a window of days is counted.
pub fn decide(
    table: &[Entitlement],
    who: &Who,
    feature: Feature,
    rank: Option<i32>,
    paid_at: DateTime<Utc>,
    newest_at: DateTime<Utc>,
) -> Access {
    let granting = |tier: Tier| table.iter().find(|e| e.tier == tier && e.covers(feature, rank));
    match granting(who.tier_at(paid_at)).map(|e| e.depth) {
        Some(Depth::Full) => Access::Full,
        Some(Depth::Days(days)) => Access::Since(newest_at - Duration::days(days)),
        Some(Depth::Latest) => Access::Latest,
        None if who.is_staff() => Access::Full,
        None => Access::Locked { unlocked_by: Tier::ALL.into_iter().find(|tier| granting(*tier).is_some()) },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn table() -> Vec<Entitlement> {
        let e = |tier, feature, max_rank, depth| Entitlement { tier, feature, max_rank, depth };
        vec![
            e(Tier::Free, Feature::Sentiment, Some(10), Depth::Latest),
            e(Tier::Basic, Feature::Sentiment, None, Depth::Days(7)),
            e(Tier::Plus, Feature::Sentiment, None, Depth::Full),
            e(Tier::Pro, Feature::Sentiment, None, Depth::Full),
            e(Tier::Pro, Feature::Predictions, None, Depth::Full),
        ]
    }

    fn holder(tier: Tier, status: &str, ends_at: Option<&str>) -> Who {
        let starts_at = at("2026-01-01T00:00:00Z");
        let subscription = Subscription { tier, status: status.into(), starts_at, ends_at: ends_at.map(at) };
        Who::Customer { role: Role::Subscriber, subscriptions: vec![subscription] }
    }

    #[test]
    fn each_tier_gets_what_the_table_says() {
        let now = at("2026-02-10T00:00:00Z");
        let week = Access::Since(at("2026-02-03T00:00:00Z"));
        let locked = |tier| Access::Locked { unlocked_by: Some(tier) };
        let admin = Who::Customer { role: Role::Admin, subscriptions: vec![] };
        let cases = [
            (Who::Visitor, Feature::Sentiment, Some(10), Access::Latest),
            (Who::Visitor, Feature::Sentiment, Some(11), locked(Tier::Basic)),
            (Who::Visitor, Feature::Sentiment, None, locked(Tier::Basic)),
            (holder(Tier::Basic, "active", None), Feature::Sentiment, None, week),
            (holder(Tier::Basic, "past_due", None), Feature::Sentiment, None, week),
            (holder(Tier::Basic, "canceled", None), Feature::Sentiment, Some(1), Access::Latest),
            (holder(Tier::Plus, "active", None), Feature::Sentiment, Some(30), Access::Full),
            (holder(Tier::Plus, "active", None), Feature::Predictions, Some(1), locked(Tier::Pro)),
            (holder(Tier::Pro, "trialing", None), Feature::Predictions, None, Access::Full),
            (holder(Tier::Pro, "active", None), Feature::Price, None, Access::Locked { unlocked_by: None }),
            (admin, Feature::Price, None, Access::Full),
        ];
        for (who, feature, rank, expected) in cases {
            assert_eq!(
                decide(&table(), &who, feature, rank, now, now),
                expected,
                "{who:?} {feature:?} {rank:?}"
            );
        }
    }

    #[test]
    fn a_subscription_ends_at_its_end_exclusive() {
        let who = holder(Tier::Pro, "active", Some("2026-02-01T00:00:00Z"));
        assert_eq!(who.tier_at(at("2026-01-31T23:59:59Z")), Tier::Pro);
        assert_eq!(who.tier_at(at("2026-02-01T00:00:00Z")), Tier::Free);
        assert_eq!(who.tier_at(at("2025-12-31T23:59:59Z")), Tier::Free);
    }
}
