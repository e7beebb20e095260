//! What a reply means.

use std::time::Duration;

use crate::exchange::Exchange;

/// Whether it is of use to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It may go away by itself.
    Transient,
    /// A limit: it goes away after a wait.
    Limited,
    /// The server has understood and refuses.
    Refused,
    /// The source's time is used up.
    OutOfTime,
}

impl Kind {
    /// Whether the same request may succeed a little later.
    pub fn is_worth_repeating(self) -> bool {
        matches!(self, Self::Transient | Self::Limited)
    }
}

/// Why a request came to nothing.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Of which kind.
    pub kind: Kind,
    /// What happened and what to do.
    pub message: String,
    /// How long the server asks to wait.
    pub wait: Option<Duration>,
    /// The last exchange.
    pub exchange: Exchange,
}

/// What is wrong with a reply of this status; `None` for 200 and 304.
pub(super) fn judge(status: u16, body: &[u8]) -> Option<(Kind, String)> {
    let detail = detail(body);
    let said = |text: &str| format!("HTTP {status}{}{text}", if detail.is_empty() { "" } else { &detail });
    let (kind, message) = match status {
        200..=203 | 304 => return None,
        401 => (Kind::Refused, said(": its credentials are not accepted; renew them in the settings")),
        402 => {
            (Kind::Refused, said(": its credits are used up; buy more or lower the limits in the settings"))
        }
        403 => (Kind::Refused, said(": access is denied; see what the plan or the key allows")),
        404 => (Kind::Refused, said(": it does not exist there; correct or remove it in the settings")),
        429 if contains(body, "usage-capped") => {
            (Kind::Refused, said(": the plan's usage cap is reached; raise it or wait for the next period"))
        }
        420 | 429 => (Kind::Limited, said(": the limit is reached; ask less often or raise the plan")),
        408 | 425 | 500 | 502 | 503 | 504 | 520 | 522 => {
            (Kind::Transient, said(": the server is in trouble; repeat later"))
        }
        300..=399 => {
            (Kind::Refused, said(": it redirects, perhaps to a consent or login page; correct its address"))
        }
        _ => (Kind::Refused, said("")),
    };
    Some((kind, message))
}

/// The server's own words, where it says any in JSON.
fn detail(body: &[u8]) -> String {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(body) else { return String::new() };
    let inner = ["/detail", "/message", "/errors/0/message", "/errors/0/detail", "/error/message", "/title"];
    let words = inner.iter().find_map(|path| value.pointer(path)?.as_str()).unwrap_or_default();
    let words: String = words.chars().filter(|c| !c.is_control()).take(200).collect();
    if words.is_empty() { words } else { format!(" ({words})") }
}

fn contains(body: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(body).contains(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_to_repeat() {
        for (status, body, kind) in [
            (200, "", None),
            (304, "", None),
            (401, r#"{"title":"Unauthorized"}"#, Some(Kind::Refused)),
            (402, r#"{"title":"CreditsDepleted"}"#, Some(Kind::Refused)),
            (403, "<html>", Some(Kind::Refused)),
            (429, "Too Many Requests", Some(Kind::Limited)),
            (429, r#"{"type":"https://api.x.com/2/problems/usage-capped"}"#, Some(Kind::Refused)),
            (500, "", Some(Kind::Transient)),
            (504, "", Some(Kind::Transient)),
            (501, "", Some(Kind::Refused)),
            (302, "", Some(Kind::Refused)),
        ] {
            assert_eq!(judge(status, body.as_bytes()).map(|(kind, _)| kind), kind, "{status}");
        }
        let (_, message) = judge(400, br#"{"errors":[{"message":"bad\u0007 query"}]}"#).unwrap();
        assert_eq!(message, "HTTP 400 (bad query)");
    }
}
