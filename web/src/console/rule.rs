//! Who may do what in the console. The whole rule is here; pages, forms and the router ask it.
//!
//! - An admin sees and does everything.
//! - Support sees the front page without revenue, customers with their timelines, and may cancel, resume and pause
//!   subscriptions. Support moves money (a refund, a credit, a change of plan) up to [`SUPPORT_LIMIT_CENTS`] for one
//!   customer within [`SUPPORT_WINDOW_HOURS`] hours, all of support taken together; coupons are for admins.
//! - Support sees no revenue, no costs, no flags, no posts in the making, and changes no plan.
//! - Other roles see nothing of it.

use crate::access::Role;

/// The most that support may move for one customer within [`SUPPORT_WINDOW_HOURS`], in minor units of any currency.
pub const SUPPORT_LIMIT_CENTS: i64 = 5_000;
/// The hours over which that is summed up.
pub const SUPPORT_WINDOW_HOURS: i64 = 24;

/// Who may see what only admins see.
pub const ADMINS: &[Role] = &[Role::Admin];
/// Who may see what support sees, too.
pub const DESK: &[Role] = &[Role::Admin, Role::Support];

/// A part of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// The front page.
    Front,
    /// Customers, their timelines, and what is done for them.
    Customers,
    /// Recurring revenue, churn, cohorts, payments.
    Revenue,
    /// What runs cost.
    Costs,
    /// Coupons and promotion codes.
    Coupons,
    /// Plans and prices.
    Plans,
    /// Credits for late data.
    Credits,
    /// Announcements and analyses.
    Posts,
    /// The audit log.
    Audit,
    /// Feature flags.
    Flags,
}

impl Area {
    /// All of them, in the order of the console's own navigation.
    pub const ALL: [Self; 10] = [
        Self::Front,
        Self::Customers,
        Self::Revenue,
        Self::Costs,
        Self::Coupons,
        Self::Plans,
        Self::Credits,
        Self::Posts,
        Self::Audit,
        Self::Flags,
    ];

    /// Where it begins.
    pub fn path(self) -> &'static str {
        match self {
            Self::Front => "/admin",
            Self::Customers => "/admin/customers",
            Self::Revenue => "/admin/revenue",
            Self::Costs => "/admin/costs",
            Self::Coupons => "/admin/coupons",
            Self::Plans => "/admin/plans",
            Self::Credits => "/admin/credits",
            Self::Posts => "/admin/posts",
            Self::Audit => "/admin/audit",
            Self::Flags => "/admin/flags",
        }
    }

    /// The key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Front => "admin_front",
            Self::Customers => "admin_customers",
            Self::Revenue => "admin_revenue",
            Self::Costs => "admin_costs",
            Self::Coupons => "admin_coupons",
            Self::Plans => "admin_plans",
            Self::Credits => "admin_credits",
            Self::Posts => "admin_posts",
            Self::Audit => "admin_audit",
            Self::Flags => "admin_flags",
        }
    }
}

/// Whether a role sees a part of the console.
pub fn sees(role: Role, area: Area) -> bool {
    match role {
        Role::Admin => true,
        Role::Support => matches!(area, Area::Front | Area::Customers),
        _ => false,
    }
}

/// What a deed does, as far as the rule goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Moves no money: cancel, resume, pause.
    Free,
    /// Moves so many minor units, either way.
    Moves(i64),
    /// For admins alone.
    Reserved,
}

/// Why a role may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The role has no say here.
    #[error("the role may not do this")]
    Role,
    /// It would go beyond what support may move for one customer.
    #[error("beyond the limit of support")]
    Limit,
}

/// Whether a role may do something of this weight for a customer for whom support has moved `moved_cents` within the last
/// [`SUPPORT_WINDOW_HOURS`].
///
/// # Errors
/// Why not.
pub fn may(role: Role, weight: Weight, moved_cents: i64) -> Result<(), Refusal> {
    match (role, weight) {
        (Role::Admin, _) | (Role::Support, Weight::Free) => Ok(()),
        (Role::Support, Weight::Moves(cents)) => {
            let sum = cents.checked_abs().and_then(|cents| cents.checked_add(moved_cents.max(0)));
            if sum.is_some_and(|sum| sum <= SUPPORT_LIMIT_CENTS) { Ok(()) } else { Err(Refusal::Limit) }
        }
        _ => Err(Refusal::Role),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn support_moves_little_and_never_twice_as_much() {
        use Weight::{Free, Moves, Reserved};
        for (role, weight, moved, expected) in [
            (Role::Admin, Moves(1_000_000), 1_000_000, Ok(())),
            (Role::Admin, Reserved, 0, Ok(())),
            (Role::Support, Free, 1_000_000, Ok(())),
            (Role::Support, Moves(5_000), 0, Ok(())),
            (Role::Support, Moves(5_001), 0, Err(Refusal::Limit)),
            (Role::Support, Moves(-5_001), 0, Err(Refusal::Limit)),
            (Role::Support, Moves(2_501), 2_500, Err(Refusal::Limit)),
            (Role::Support, Moves(2_500), 2_500, Ok(())),
            // What was given back before does not raise the limit.
            (Role::Support, Moves(5_001), -100, Err(Refusal::Limit)),
            (Role::Support, Moves(i64::MIN), 0, Err(Refusal::Limit)),
            (Role::Support, Moves(i64::MAX), i64::MAX, Err(Refusal::Limit)),
            (Role::Support, Reserved, 0, Err(Refusal::Role)),
            (Role::Subscriber, Free, 0, Err(Refusal::Role)),
            (Role::Operator, Free, 0, Err(Refusal::Role)),
            (Role::Ml, Moves(0), 0, Err(Refusal::Role)),
        ] {
            assert_eq!(may(role, weight, moved), expected, "{role:?} {weight:?} {moved}");
        }
    }

    #[test]
    fn support_sees_customers_and_no_figures() {
        let seen = |role| Area::ALL.into_iter().filter(|area| sees(role, *area)).count();
        assert_eq!((seen(Role::Admin), seen(Role::Support)), (10, 2));
        assert_eq!((seen(Role::Subscriber), seen(Role::Operator), seen(Role::Ml)), (0, 0, 0));
        assert!(!sees(Role::Support, Area::Revenue) && !sees(Role::Support, Area::Flags));
    }
}
