//! What a reply means.

use std::time::Duration;

use reqwest::header::HeaderMap;

use super::wait;
use crate::trouble::Trouble;

/// An answer as it came, secrets removed.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: &'a HeaderMap,
    /// The decoded body.
    pub body: &'a [u8],
}

/// What a source makes of an answer.
#[derive(Debug)]
pub enum Judgement {
    /// What every server means by it.
    Usual,
    /// It is good; nothing more is asked for a while.
    Good {
        /// For how long.
        pause: Option<Duration>,
    },
    /// It is bad, whatever its status says.
    Bad(Trouble),
}

/// A source's own judgement.
pub type Judge = fn(&Answer<'_>) -> Judgement;

/// What is wrong with an answer by what every server means; `None` for 200 and 304.
pub(super) fn judge(answer: &Answer<'_>) -> Option<Trouble> {
    let Answer { status, headers, body } = *answer;
    let detail = detail(body);
    let said = |text: &str| format!("HTTP {status}{}{text}", if detail.is_empty() { "" } else { &detail });
    let trouble = match status {
        200..=203 | 304 => return None,
        401 => Trouble::configuration(said(": its credentials are not accepted; renew them in the settings")),
        402 => Trouble::exhausted(said(
            ": its credits are used up; buy more or lower the limits in the settings",
        )),
        403 => Trouble::configuration(said(": access is denied; see what the plan or the key allows")),
        404 => {
            Trouble::configuration(said(": it does not exist there; correct or remove it in the settings"))
        }
        429 if contains(body, "usage-capped") => Trouble::exhausted(said(
            ": the plan's usage cap is reached; raise it or wait for the next period",
        )),
        420 | 429 => Trouble::limited(
            said(": the limit is reached; ask less often or raise the plan"),
            wait::asked(headers),
        ),
        408 | 425 | 500 | 502 | 503 | 504 | 520 | 522 => {
            let wait = (status == 503).then(|| wait::retry_after(headers)).flatten();
            Trouble { wait, ..Trouble::transient(said(": the server is in trouble; repeat later")) }
        }
        300..=399 => Trouble::configuration(said(
            ": it redirects, perhaps to a consent or login page; correct its address",
        ))
        .worth_another_try(),
        _ => Trouble::configuration(said(": it does not accept the request; report it with the log")),
    };
    Some(trouble)
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
    use crate::trouble::Class;

    #[test]
    fn tells_what_to_repeat() {
        let headers = HeaderMap::new();
        let judged =
            |status: u16, body: &str| judge(&Answer { status, headers: &headers, body: body.as_bytes() });
        for (status, body, kind) in [
            (200, "", None),
            (304, "", None),
            (401, r#"{"title":"Unauthorized"}"#, Some((Class::Configuration, false))),
            (402, r#"{"title":"CreditsDepleted"}"#, Some((Class::Limit, false))),
            (403, "<html>", Some((Class::Configuration, false))),
            (429, "Too Many Requests", Some((Class::Limit, true))),
            (429, r#"{"type":"https://api.x.com/2/problems/usage-capped"}"#, Some((Class::Limit, false))),
            (500, "", Some((Class::Transient, true))),
            (504, "", Some((Class::Transient, true))),
            (501, "", Some((Class::Configuration, false))),
            (302, "", Some((Class::Configuration, true))),
        ] {
            assert_eq!(judged(status, body).map(|t| (t.class, t.again)), kind, "{status}");
        }
        let trouble = judged(400, r#"{"errors":[{"message":"bad\u0007 query"}]}"#).unwrap();
        assert!(trouble.message.starts_with("HTTP 400 (bad query)"));
    }
}
