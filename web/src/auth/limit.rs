//! How often somebody may try: by machine, and by account. The counters live in Postgres, so they hold for all instances
//! of the site and survive a restart. They know machines and accounts by keyed hashes only.
//!
//! Tries are counted when they begin, so that many at once do not slip through, and whichever counter refuses, all
//! count. An account's limit holds wherever tries come from; it is short enough that keeping its owner out takes
//! constant effort, and the owner can always wait for its end.

use std::net::IpAddr;

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sqlx::PgPool;
use tokio::sync::OnceCell;

use super::site_key::Name;
use super::store::{limits as store, site_keys};
use crate::error::Error;
use crate::state::App;

/// A minute, an hour, a day.
const MINUTE: i32 = 60;
const HOUR: i32 = 3_600;
const DAY: i32 = 86_400;

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// To sign in with a password, or to confirm with it.
    Password,
    /// To sign in with a code.
    Code,
    /// To register.
    Register,
    /// To ask for a new password, or for another address.
    Ask,
    /// To use a link from a mail.
    Link,
    /// To have a letter written to an address: not refused, only not written.
    Letter,
}

/// So many tries in so many seconds.
type Limit = (i32, i32);

impl Act {
    fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Code => "code",
            Self::Register => "register",
            Self::Ask => "ask",
            Self::Link => "link",
            Self::Letter => "letter",
        }
    }

    fn by_machine(self) -> &'static [Limit] {
        match self {
            Self::Password | Self::Code => &[(30, MINUTE), (300, HOUR)],
            Self::Register | Self::Ask => &[(30, MINUTE), (100, HOUR)],
            Self::Link => &[(30, MINUTE)],
            Self::Letter => &[],
        }
    }

    fn by_account(self) -> &'static [Limit] {
        match self {
            Self::Password => &[(8, MINUTE), (60, HOUR)],
            // A code has a million values, of which three count at a time.
            Self::Code => &[(5, MINUTE), (20, HOUR), (60, DAY)],
            Self::Register | Self::Ask => &[(8, MINUTE)],
            Self::Link => &[],
            Self::Letter => &[(3, HOUR), (10, DAY)],
        }
    }
}

/// Makes the hashes by which counters are found.
#[derive(Default)]
pub struct Limits {
    key: OnceCell<Vec<u8>>,
}

impl Limits {
    /// Whether one more try is allowed; counts it. `account` is whatever names it: an address's key, or a customer's id.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn allow(
        &self,
        pool: &PgPool,
        act: Act,
        machine: IpAddr,
        account: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let key = self.key(pool).await?;
        let machine = (subject(key, act, &format!("machine {}", network(machine))), act.by_machine());
        let account = (subject(key, act, &format!("account {account}")), act.by_account());
        let mut counters: Vec<(Vec<u8>, i32, i32)> = Vec::new();
        for (subject, limits) in [machine, account] {
            counters.extend(limits.iter().map(|(most, span)| (subject.clone(), *span, *most)));
        }
        // In one order for all, so that no two wait for each other.
        counters.sort();
        let tries = store::count(pool, &counters, now).await?;
        Ok(tries.iter().all(|(subject, span, tries)| {
            counters.iter().any(|(s, p, most)| s == subject && p == span && tries <= most)
        }))
    }

    /// Forgets an account's tries, which have led to success.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn forget(&self, pool: &PgPool, act: Act, account: &str) -> Result<(), Error> {
        let key = self.key(pool).await?;
        Ok(store::forget(pool, &subject(key, act, &format!("account {account}"))).await?)
    }

    /// A keyed hash of something that is to be recognised and not to be read.
    ///
    /// # Errors
    /// Postgres fails.
    pub async fn mark(&self, pool: &PgPool, what: &str) -> Result<Vec<u8>, Error> {
        Ok(tag(self.key(pool).await?, what))
    }

    async fn key(&self, pool: &PgPool) -> Result<&[u8], Error> {
        let fresh = rand::random();
        let key = self.key.get_or_try_init(|| site_keys::key(pool, Name::Limits.as_str(), &fresh)).await?;
        Ok(key)
    }
}

/// Refuses a try too many.
///
/// # Errors
/// [`Error::TooMany`], or Postgres fails.
pub async fn limit(app: &App, act: Act, machine: IpAddr, account: &str) -> Result<(), Error> {
    if app.limits.allow(&app.pool, act, machine, account, app.clock.now()).await? {
        return Ok(());
    }
    // Neither address nor account: logs are no place for them.
    tracing::warn!(act = act.as_str(), "too many tries");
    Err(Error::TooMany)
}

fn subject(key: &[u8], act: Act, who: &str) -> Vec<u8> {
    tag(key, &format!("{} {who}", act.as_str()))
}

fn tag(key: &[u8], what: &str) -> Vec<u8> {
    // Keys of any length are taken, so there is always a tag.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return vec![0; 32] };
    mac.update(what.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// What one customer of a network provider has: an IPv4 address, or the first 64 bits of an IPv6 address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// The address of the machine that asks: what the outermost of our proxies saw, else the connection's own.
pub fn machine(request: &HttpRequest, trust_proxy: usize) -> IpAddr {
    let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let address = forwarded.and_then(|list| forwarded_address(list, trust_proxy));
    let address = address.or_else(|| request.peer_addr().map(|a| a.ip()));
    address.unwrap_or(IpAddr::from([0, 0, 0, 0]))
}

/// The address that the outermost of our proxies saw. What stands before it was sent by the reader, who may write anything.
fn forwarded_address(list: &str, appended: usize) -> Option<IpAddr> {
    let mut from_right = list.rsplit(',').map(str::trim);
    from_right.nth(appended.checked_sub(1)?)?.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_forged_address_does_not_count() {
        let list = "1.2.3.4, 203.0.113.9, 35.191.0.1";
        assert_eq!(forwarded_address(list, 2), Some(IpAddr::from([203, 0, 113, 9])));
        assert_eq!(forwarded_address(list, 0), None);
        assert_eq!(forwarded_address("203.0.113.9", 2), None);
        assert_eq!(forwarded_address("nonsense, 35.191.0.1", 2), None);
    }

    #[test]
    fn one_customer_of_a_provider_is_one_machine() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:203.0.113.9"), of("203.0.113.9"));
        assert_ne!(of("203.0.113.9"), of("203.0.113.8"));
    }

    #[test]
    fn hashes_differ_by_key_act_and_subject() {
        let one = subject(&[1; 32], Act::Password, "account 1");
        assert_eq!(one, subject(&[1; 32], Act::Password, "account 1"));
        assert_ne!(one, subject(&[2; 32], Act::Password, "account 1"));
        assert_ne!(one, subject(&[1; 32], Act::Code, "account 1"));
        assert_ne!(one, subject(&[1; 32], Act::Password, "machine 1"));
    }
}
