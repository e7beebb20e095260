//! Posts an alert to a customer's own server, signed.
//!
//! Headers:
//! - `Quarterday-Signature: t=<unix seconds>,v1=<hex>`: HMAC-SHA256 with the webhook's secret over `<t>.<body>`. Compare
//!   it, and refuse a `t` that is older than five minutes.
//! - `Quarterday-Delivery: <id>`: the same for every try, so that a repeated one can be told.
//!
//! Any 2xx answer is taken as received; its body is not read. Redirects are not followed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::redirect::Policy;
use serde::Serialize;
use sha2::Sha256;

use super::address::{self, Problem, Resolver};

/// Longest that a server may take, all in all.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// What is posted.
#[derive(Debug, Clone, Serialize)]
pub struct Body<'a> {
    /// Always `alert.fired`.
    pub r#type: &'static str,
    /// The delivery.
    pub id: i64,
    /// The alert.
    pub alert_id: i64,
    /// The asset's symbol.
    pub asset: &'a str,
    /// What is looked at.
    pub measure: &'a str,
    /// `above`, `below` or `moves`.
    pub operator: &'a str,
    /// The threshold, in the measure's unit (shares, not per cent).
    pub threshold: f64,
    /// Days, where the measure takes any.
    pub days: i32,
    /// The value that crossed it.
    pub value: f64,
    /// The slot.
    pub slot: &'a str,
    /// Its close (UTC).
    pub as_of: DateTime<Utc>,
    /// The asset's page.
    pub url: &'a str,
}

/// What came of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The answer's status, where there was one.
    pub code: Option<u16>,
    /// What went wrong; `None`: received.
    pub problem: Option<String>,
    /// Whether trying again may help.
    pub again: bool,
}

impl Outcome {
    /// It will never work.
    pub fn refused(problem: impl Into<String>) -> Self {
        Self { code: None, problem: Some(problem.into()), again: false }
    }

    /// It may work later.
    pub fn failed(problem: impl Into<String>) -> Self {
        Self { code: None, problem: Some(problem.into()), again: true }
    }

    /// What this answer means.
    pub fn answered(code: u16) -> Self {
        let fine = (200..300).contains(&code);
        Self { code: Some(code), problem: (!fine).then(|| format!("answered {code}")), again: !fine }
    }
}

/// The signature header for a body at an instant.
pub fn signature(secret: &str, at: DateTime<Utc>, body: &[u8]) -> String {
    let t = at.timestamp();
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{t}.").as_bytes());
    mac.update(body);
    format!("t={t},v1={}", hex::encode(mac.finalize().into_bytes()))
}

/// Where and how a body is posted.
pub struct Post<'a> {
    /// The URL as the customer typed it.
    pub url: &'a str,
    /// The webhook's secret.
    pub secret: &'a str,
    /// The delivery.
    pub delivery: i64,
    /// Whether this machine may be spoken to.
    pub loopback: bool,
}

/// Posts a body once.
pub async fn post(post: &Post<'_>, body: Vec<u8>, resolver: &dyn Resolver, now: DateTime<Utc>) -> Outcome {
    let checked = tokio::time::timeout(PATIENCE, address::check(post.url, post.loopback, resolver)).await;
    let target = match checked {
        Ok(Ok(target)) => target,
        Ok(Err(problem @ Problem::Unresolved)) => return Outcome::failed(problem.to_string()),
        Ok(Err(problem)) => return Outcome::refused(problem.to_string()),
        Err(_) => return Outcome::failed("the name server did not answer in time"),
    };
    let host = target.url.host_str().unwrap_or_default().to_owned();
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        // A name that changes its mind after the check changes nothing.
        .resolve_to_addrs(&host, &target.addresses)
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return Outcome::failed(error.without_url().to_string()),
    };
    let request = client
        .post(target.url)
        .header("content-type", "application/json")
        .header("user-agent", "Quarterday")
        .header("quarterday-signature", signature(post.secret, now, &body))
        .header("quarterday-delivery", post.delivery)
        .body(body);
    match request.send().await {
        // The body is dropped unread.
        Ok(answer) => Outcome::answered(answer.status().as_u16()),
        Err(error) if error.is_timeout() => Outcome::failed("no answer within 5 seconds"),
        Err(error) if error.is_connect() => Outcome::failed("cannot connect"),
        Err(error) => Outcome::failed(error.without_url().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_hmac_of_time_and_body() {
        // printf '0.{"a":1}' | openssl dgst -sha256 -hmac secret
        let header = signature("secret", DateTime::UNIX_EPOCH, br#"{"a":1}"#);
        assert_eq!(header, format!("t=0,v1={EXPECTED}"));
        assert_ne!(header, signature("secret2", DateTime::UNIX_EPOCH, br#"{"a":1}"#));
    }

    const EXPECTED: &str = "55c498df3ff41dd140790befae289faf44a8f98c3e7b73e141c2a6c0f250d423";

    #[test]
    fn only_2xx_is_received() {
        assert_eq!(Outcome::answered(204).problem, None);
        for code in [199, 301, 302, 400, 410, 500] {
            let outcome = Outcome::answered(code);
            assert!(outcome.again && outcome.problem.is_some_and(|p| p.contains(&code.to_string())));
        }
    }
}
