//! Errors of the Graph API, by their codes (sources.md, section 3.3).

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::usage::Usage;
use crate::json;
use crate::trouble::Trouble;

/// Where a limit is said to be used up and no wait is named: some of it comes back with every minute.
const STEP: Duration = Duration::from_secs(60);

/// An error as it is answered:
///
/// ```json
/// {"error":{"message":"(#4) Application request limit reached","type":"OAuthException","is_transient":true,"code":4,
///  "error_subcode":0,"fbtrace_id":"E+h93KlSgIM"}}
/// ```
#[derive(Debug, Deserialize)]
pub(super) struct Failure {
    #[serde(default, deserialize_with = "json::text")]
    message: Option<String>,
    #[serde(default, deserialize_with = "json::count")]
    code: Option<i64>,
    #[serde(default, deserialize_with = "json::count")]
    error_subcode: Option<i64>,
    is_transient: Option<Value>,
}

#[derive(Deserialize)]
struct Reply {
    error: Option<Failure>,
}

/// The error in a body, if there is one.
pub(super) fn of(body: &[u8]) -> Option<Failure> {
    // Most bodies are long and hold none.
    memchr::memmem::find(body, b"\"error\"")?;
    json::parse::<Reply>(body).ok()?.error
}

/// Whether an error is all that a body says.
pub(super) fn is_alone(body: &[u8]) -> bool {
    let value: Option<Value> = json::parse(body).ok();
    value.is_some_and(|value| value.get("data").is_none() && value.get("id").is_none())
}

/// The code of the error that ended a request.
pub(super) fn code_of(trouble: &Trouble) -> Option<i64> {
    of(&trouble.exchange.as_ref()?.body)?.code
}

/// Whether a code says that a token is missing, wrong, withdrawn or past its end.
pub(super) fn is_of_token(code: i64) -> bool {
    matches!(code, 102 | 104 | 190)
}

impl Failure {
    /// What is to be done about it.
    pub(super) fn trouble(&self, status: u16, used: &Usage, retry_after: Option<Duration>) -> Trouble {
        let code = self.code.unwrap_or_default();
        let words: String = self
            .message
            .iter()
            .flat_map(|words| words.chars())
            .filter(|c| !c.is_control())
            .take(300)
            .collect();
        let said = |advice: &str| format!("HTTP {status}, code {code} ({words}): {advice}");
        match code {
            // The whole range is of limits by business case; 80001 is of pages, 80002 of Instagram.
            4 | 17 | 32 | 341 | 613 | 80_000..=80_014 => {
                let stated = used.regained_in.or(retry_after);
                let wait = stated.or_else(|| used.is_full().then_some(STEP));
                Trouble::limited(
                    said("a limit of the Graph API is reached; ask for less or less often"),
                    wait,
                )
            }
            18 => Trouble::exhausted(said(
                "30 different hashtags were asked for within 7 days; keep the list of hashtags as it is",
            )),
            _ if is_of_token(code) => Trouble::configuration(said(self.about_token())),
            3 | 10 | 200..=299 => Trouble::configuration(said(
                "the token or the app lacks a permission or feature for this; grant it, or have it reviewed by Meta",
            )),
            24 => {
                Trouble::configuration(said("there is no such hashtag; correct or remove it in the settings"))
            }
            110 => Trouble::configuration(said(
                "there is no such account, or it is private, personal or age-gated; correct or remove it in the settings",
            )),
            1 | 2 => Trouble::transient(said("Meta is in trouble; repeat later")),
            _ if self.is_transient == Some(Value::Bool(true)) || status >= 500 => {
                Trouble::transient(said("Meta is in trouble; repeat later"))
            }
            100 if self.error_subcode == Some(33) => Trouble::configuration(said(
                "it does not exist, or the token may not see it; correct or remove it in the settings, or grant the permission",
            )),
            100 => Trouble::configuration(said(
                "a parameter, a name or a permission is wrong; see what the message names",
            )),
            2635 => {
                Trouble::configuration(said("this version of the Graph API has ended; set a newer version"))
            }
            101 => Trouble::configuration(said("correct app_id and app_secret")),
            _ => Trouble::configuration(said("it does not accept the request; see what the message names")),
        }
    }

    fn about_token(&self) -> &'static str {
        match self.error_subcode {
            Some(463) => {
                "the access token is past its end and cannot be exchanged any more; make a new one and set access_token"
            }
            Some(458 | 460 | 464 | 467 | 492) => {
                "the access token was withdrawn (app removed, password changed, or logged out); make a new one and set access_token"
            }
            _ => "the access token is not accepted; make a new one and set access_token",
        }
    }
}
