//! Whether a webhook may be posted to an address: only machines on the open internet, so that nobody can make the site
//! knock at doors inside.
//!
//! All addresses that a name resolves to are checked, and the connection goes to those, not to what the name resolves to
//! a moment later.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use async_trait::async_trait;
use url::{Host, Url};

/// Longest URL, in bytes.
const URL_BYTES: usize = 2000;

/// Finds the addresses of a name.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// All of them.
    ///
    /// # Errors
    /// The name is unknown or the name server away.
    async fn resolve(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>>;
}

/// The machine's own resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

#[async_trait]
impl Resolver for System {
    async fn resolve(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No URL, or one with a name and password in it.
    #[error("not a plain https URL")]
    Malformed,
    /// Not https.
    #[error("not https")]
    NotHttps,
    /// It points inside.
    #[error("the address is not on the open internet")]
    Inside,
    /// The name does not resolve; trying later may help.
    #[error("the name does not resolve")]
    Unresolved,
}

/// A URL with the addresses that were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The URL.
    pub url: Url,
    /// Where to connect to.
    pub addresses: Vec<SocketAddr>,
}

/// Checks what can be seen without asking a name server. `loopback`: this machine is allowed, also by http.
///
/// # Errors
/// Why it is refused.
pub fn plausible(url: &str, loopback: bool) -> Result<Url, Problem> {
    let plain = url.len() <= URL_BYTES && !url.chars().any(char::is_control);
    let url = Url::parse(url).ok().filter(|_| plain).ok_or(Problem::Malformed)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Problem::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Problem::Malformed);
    }
    // The parser has turned decimal, octal and hexadecimal hosts into addresses.
    let literal = match url.host().ok_or(Problem::Malformed)? {
        Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
        Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
        Host::Domain(_) => None,
    };
    let local = literal.map_or_else(|| url.host_str() == Some("localhost"), |ip| ip.is_loopback());
    if loopback && local {
        return Ok(url);
    }
    if url.scheme() != "https" {
        return Err(Problem::NotHttps);
    }
    if local || literal.is_some_and(|ip| !is_public(ip)) {
        return Err(Problem::Inside);
    }
    Ok(url)
}

/// Checks a URL and all addresses of its host.
///
/// # Errors
/// Why it is refused.
pub async fn check(url: &str, loopback: bool, resolver: &dyn Resolver) -> Result<Target, Problem> {
    let url = plausible(url, loopback)?;
    let port = url.port_or_known_default().ok_or(Problem::Malformed)?;
    let addresses = match url.host().ok_or(Problem::Malformed)? {
        Host::Ipv4(ip) => vec![SocketAddr::from((ip, port))],
        Host::Ipv6(ip) => vec![SocketAddr::from((ip, port))],
        Host::Domain(name) => resolver.resolve(name, port).await.map_err(|_| Problem::Unresolved)?,
    };
    if addresses.is_empty() {
        return Err(Problem::Unresolved);
    }
    let allowed = |address: &SocketAddr| {
        // By http only this machine is spoken to.
        let own = loopback && address.ip().is_loopback();
        own || (url.scheme() == "https" && is_public(address.ip()))
    };
    if addresses.iter().all(allowed) { Ok(Target { url, addresses }) } else { Err(Problem::Inside) }
}

/// Whether an address is one of the open internet.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127, ..) // this network, private, loopback
            | (100, 64..=127, _) // shared by carriers
            | (169, 254, _) // link-local; cloud metadata
            | (172, 16..=31, _) // private
            | (192, 0, 0 | 2) // protocol assignments, documentation
            | (192, 31, 196) | (192, 52, 193) | (192, 175, 48) // name servers' own
            | (192, 88, 99) // relays from IPv6
            | (192, 168, _) // private
            | (198, 18 | 19, _) // benchmarks
            | (198, 51, 100) | (203, 0, 113) // documentation
            | (224..=255, ..) // multicast, reserved, broadcast
    );
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // Only what has been given out, and nothing of it that carries an IPv4 address in itself or documents.
    let [first, second, third, ..] = ip.segments();
    let given_out = (0x2000..=0x3fff).contains(&first);
    let special = first == 0x2002 // 6to4
        || (first == 0x2001 && second < 0x0200) // Teredo, benchmarks, ORCHID and other protocols
        || (first == 0x2001 && second == 0x0db8) // documentation
        || (first == 0x3fff && second < 0x1000) // documentation
        || (first == 0x2620 && second == 0x004f && third == 0x8000); // name servers' own
    given_out && !special
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
