//! Where a request comes from: the machine's address and what the browser says of itself.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header;

use super::limit;
use crate::config::Settings;
use crate::text::{Lang, fill, text};

/// Most characters that are kept of what a browser says.
const AGENT_CHARS: usize = 300;

/// Where a request comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The machine's address.
    pub machine: IpAddr,
    /// What the browser says of itself; may be empty, and may be untrue.
    pub agent: String,
}

impl Origin {
    /// Where this request comes from.
    pub fn of(request: &HttpRequest, settings: &Settings) -> Self {
        let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let agent = agent.unwrap_or_default().chars().filter(|c| !c.is_control()).take(AGENT_CHARS).collect();
        Self { machine: limit::machine(request, settings.trust_proxy), agent }
    }

    /// The machine's network, for the audit log, which outlives the account: a machine is not found by it.
    pub fn network(&self) -> String {
        match self.machine.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}::/48")
            }
        }
    }

    /// What is the same as long as it is the same browser in the same network.
    pub fn device(&self) -> String {
        format!("{} {}", self.network(), device(&self.agent).unwrap_or_default().join(" "))
    }
}

/// Browser and system that an agent names.
fn device(agent: &str) -> Option<[&'static str; 2]> {
    // The first that matches: most browsers also name those that they descend from.
    let find =
        |names: &[(&str, &'static str)]| names.iter().find(|(part, _)| agent.contains(part)).map(|n| n.1);
    let browser = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = find(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (None, None) => None,
        (browser, system) => Some([browser.unwrap_or("?"), system.unwrap_or("?")]),
    }
}

/// A device in words.
pub fn device_words(agent: &str, lang: Lang) -> String {
    match device(agent) {
        Some([browser, system]) => fill(lang, "device_words", &[("browser", browser), ("system", system)]),
        None => text(lang, "device_unknown").to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_names() {
        for (agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("", "Unknown device"),
            ("\u{0}<script>", "Unknown device"),
        ] {
            assert_eq!(device_words(agent, Lang::En), expected, "{agent}");
        }
    }

    #[test]
    fn the_log_knows_the_network_only() {
        let of = |text: &str| Origin { machine: text.parse().unwrap(), agent: String::new() }.network();
        assert_eq!(of("203.0.113.77"), "203.0.113.0/24");
        assert_eq!(of("::ffff:203.0.113.77"), "203.0.113.0/24");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1::/48");
    }
}
