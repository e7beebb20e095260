//! How often somebody may try to sign in or register: by address of the machine, and by account.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Tries a minute from one machine.
const BY_MACHINE: NonZeroU32 = NonZeroU32::MIN.saturating_add(29);
/// Tries a minute for one account.
const BY_ACCOUNT: NonZeroU32 = NonZeroU32::MIN.saturating_add(7);

/// The counters. They live in memory: each replica of the site counts for itself.
pub struct Limits {
    machines: DefaultKeyedRateLimiter<IpAddr>,
    accounts: DefaultKeyedRateLimiter<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            machines: RateLimiter::keyed(Quota::per_minute(BY_MACHINE)),
            accounts: RateLimiter::keyed(Quota::per_minute(BY_ACCOUNT)),
        }
    }
}

impl Limits {
    /// Whether one more try from this machine for this account is allowed; counts it.
    pub fn allow(&self, machine: IpAddr, email: &str) -> bool {
        // Both are counted, whichever refuses.
        let machine = self.machines.check_key(&machine).is_ok();
        let account = self.accounts.check_key(&email.to_lowercase()).is_ok();
        machine && account
    }

    /// Forgets those who have not tried for a while.
    pub fn tidy(&self) {
        self.machines.retain_recent();
        self.accounts.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn an_account_is_limited_wherever_the_tries_come_from() {
        let limits = Limits::default();
        let machine = |n: u8| IpAddr::V4(Ipv4Addr::new(10, 0, 0, n));
        let allowed = (0..20).filter(|n| limits.allow(machine(*n), "A@example.org")).count();
        assert_eq!(allowed, 8);
        assert!(!limits.allow(machine(99), "a@EXAMPLE.org"));
        assert!(limits.allow(machine(99), "b@example.org"));
        limits.tidy();
    }
}
