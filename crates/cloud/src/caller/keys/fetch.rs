//! Fetching a key set (RFC 7517) over HTTP.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::DecodingKey;
use reqwest::header::{CACHE_CONTROL, HeaderMap};
use reqwest::{Client, Url, redirect};
use serde::Deserialize;

use super::Keys;
use crate::caller::CallerError;

/// For the whole fetch.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// Longest reply; Google's has about 2 kB.
const SIZE_LIMIT_BYTES: usize = 256 << 10;

/// Fetches from one address.
#[derive(Clone)]
pub(in crate::caller) struct Fetcher {
    client: Client,
    url: Url,
}

/// What a fetch brought.
pub(super) struct Fetched {
    pub(super) keys: Keys,
    /// How long the reply may be kept, if it says so.
    pub(super) max_age: Option<TimeDelta>,
}

/// For this address: `https`, or `http` on loopback, since whoever can change the reply decides who may call.
pub(in crate::caller) fn fetcher(url: &str) -> Result<Fetcher, CallerError> {
    let wrong = |reason: String| CallerError::KeysUrl { url: url.to_owned(), reason };
    let parsed = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
    match parsed.scheme() {
        "https" => {}
        "http" if is_loopback(&parsed) => {}
        _ => return Err(wrong("write an address of https, or of http on loopback".to_owned())),
    }
    let client = Client::builder().timeout(TIME_LIMIT).redirect(redirect::Policy::none()).build()?;
    Ok(Fetcher { client, url: parsed })
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl Fetcher {
    pub(super) async fn fetch(&self) -> Result<Fetched, String> {
        let failed = |error: reqwest::Error| {
            let what = if error.is_timeout() { "takes too long" } else { "cannot be reached" };
            format!("the key server {what}: {}", innermost(&error))
        };
        let mut reply = self.client.get(self.url.clone()).send().await.map_err(failed)?;
        if reply.status() != reqwest::StatusCode::OK {
            return Err(format!("the key server answered {}", reply.status()));
        }
        let max_age = max_age(reply.headers());
        let mut body = Vec::new();
        while let Some(chunk) = reply.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > SIZE_LIMIT_BYTES {
                return Err(format!("the key server sends more than {SIZE_LIMIT_BYTES} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched { keys: parse(&body)?, max_age })
    }
}

/// The cause at the bottom; the words above it repeat the address.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    cause.to_string()
}

fn max_age(headers: &HeaderMap) -> Option<TimeDelta> {
    let directives = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut ages = directives.flat_map(|value| value.split(',')).filter_map(|directive| {
        let (name, seconds) = directive.split_once('=')?;
        let is_max_age = name.trim().eq_ignore_ascii_case("max-age");
        is_max_age.then(|| seconds.trim().trim_matches('"').parse::<u32>().ok())?
    });
    ages.next().map(|seconds| TimeDelta::seconds(i64::from(seconds)))
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Entry>,
}

/// Every field may be absent, so that a key of a new kind does not spoil the others.
#[derive(Deserialize)]
struct Entry {
    kty: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    kid: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

/// The keys of the set that sign with RS256.
fn parse(body: &[u8]) -> Result<Keys, String> {
    let document: Document =
        serde_json::from_slice(body).map_err(|error| format!("the reply is not a key set: {error}"))?;
    let keys: Keys = document.keys.into_iter().filter_map(usable).collect();
    if keys.is_empty() {
        return Err("the reply holds no key that signs with RS256".to_owned());
    }
    Ok(keys)
}

fn usable(entry: Entry) -> Option<(String, Arc<DecodingKey>)> {
    let fits = entry.kty.as_deref() == Some("RSA")
        && entry.alg.is_none_or(|alg| alg == "RS256")
        && entry.purpose.is_none_or(|purpose| purpose == "sig");
    let (kid, n, e) = (entry.kid?, entry.n?, entry.e?);
    let key = DecodingKey::from_rsa_components(&n, &e).ok()?;
    fits.then(|| (kid, Arc::new(key)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_how_long_a_reply_may_be_kept() {
        let age = |text: &str| {
            let headers = HeaderMap::from_iter([(CACHE_CONTROL, text.parse().unwrap())]);
            max_age(&headers).map(|age| age.num_seconds())
        };
        assert_eq!(age("public, max-age=19875, must-revalidate, no-transform"), Some(19_875));
        assert_eq!(age("Max-Age=\"60\""), Some(60));
        assert_eq!(age("s-maxage=5, no-cache"), None);
        assert_eq!(age("max-age=-1"), None);
        assert_eq!(max_age(&HeaderMap::new()), None);
    }

    #[test]
    fn takes_the_keys_that_fit() {
        let key = |fields: &str| format!(r#"{{"kid":"k","n":"AQAB","e":"AQAB",{fields}}}"#);
        let count = |keys: &[String]| {
            let body = format!(r#"{{"keys":[{}]}}"#, keys.join(","));
            parse(body.as_bytes()).map(|keys| keys.len()).unwrap_or_default()
        };
        assert_eq!(count(&[key(r#""kty":"RSA""#)]), 1);
        assert_eq!(count(&[key(r#""kty":"RSA","alg":"RS256","use":"sig","x5c":[]"#)]), 1);
        assert_eq!(count(&[key(r#""kty":"EC""#)]), 0);
        assert_eq!(count(&[key(r#""kty":"RSA","alg":"RS512""#)]), 0);
        assert_eq!(count(&[key(r#""kty":"RSA","use":"enc""#)]), 0);
        assert_eq!(count(&[r#"{"kty":"RSA","kid":"k","n":"+","e":"AQAB"}"#.to_owned()]), 0);
        assert_eq!(count(&[r#"{"kty":"oct"}"#.to_owned(), key(r#""kty":"RSA""#)]), 1);
        assert!(parse(b"<html>").is_err());
    }

    #[test]
    fn takes_only_an_address_that_nobody_can_change_on_the_way() {
        for good in
            ["https://www.googleapis.com/x", "http://127.0.0.1:9/x", "http://[::1]:9", "http://localhost"]
        {
            assert!(fetcher(good).is_ok(), "{good}");
        }
        for bad in ["http://keys.example/x", "http://127.0.0.1.example/", "file:///etc/passwd", "keys", ""] {
            assert!(matches!(fetcher(bad), Err(CallerError::KeysUrl { .. })), "{bad}");
        }
    }
}
