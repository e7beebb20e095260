//! What Alpha Vantage means: every answer has status 200, also those that say that something is wrong.

use std::time::Duration;

use serde::Deserialize;

use crate::http::{Answer, Judgement};
use crate::json;
use crate::trouble::Trouble;

/// After a limit by the second.
const SECOND: Duration = Duration::from_secs(2);

/// After a limit by the minute; a request is tried often enough to wait for a whole one.
const MINUTE: Duration = Duration::from_secs(15);

/// What a refused key's trouble begins with.
const KEY: &str = "its key is not accepted";

/// The fields that stand in place of data.
#[derive(Deserialize)]
struct Said {
    #[serde(rename = "Error Message", default, deserialize_with = "json::text")]
    error: Option<String>,
    #[serde(rename = "Information", default, deserialize_with = "json::text")]
    information: Option<String>,
    #[serde(rename = "Note", default, deserialize_with = "json::text")]
    note: Option<String>,
}

/// Judges an answer by those fields.
pub(super) fn judge(answer: &Answer<'_>) -> Judgement {
    if answer.status != 200 {
        return Judgement::Usual;
    }
    let Ok(said) = json::parse::<Said>(answer.body) else { return Judgement::Usual };
    match (said.error, said.information.or(said.note)) {
        (Some(error), _) => Judgement::Bad(refused(&error)),
        (None, Some(text)) if is_empty(&text) => Judgement::Usual,
        (None, Some(text)) => Judgement::Bad(limited(&text)),
        (None, None) => Judgement::Usual,
    }
}

/// Whether these words say that there is no news in the window, which is no error.
pub(super) fn is_empty(text: &str) -> bool {
    text.to_ascii_lowercase().contains("no articles found")
}

/// Whether it would be the same for every other call.
pub(super) fn is_about_the_key(trouble: &Trouble) -> bool {
    trouble.message.starts_with(KEY)
}

fn refused(text: &str) -> Trouble {
    let said = cut(text);
    let lower = text.to_ascii_lowercase();
    Trouble::configuration(if lower.contains("apikey") || lower.contains("api key") {
        format!("{KEY} ({said}): correct api_key")
    } else {
        format!("it does not know what it was asked for ({said}): correct symbols or classes")
    })
}

fn limited(text: &str) -> Trouble {
    let said = cut(text);
    let lower = text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if says(&["premium endpoint", "premium feature", "premium parameter"]) {
        let message = format!("the plan does not include it ({said}): raise the plan, or switch it off");
        Trouble::configuration(message)
    } else if says(&["per second", "sparingly"]) {
        Trouble::limited(format!("too fast for the plan ({said}): lower calls_per_minute"), Some(SECOND))
    } else if says(&["per minute"]) {
        Trouble::limited(format!("too fast for the plan ({said}): lower calls_per_minute"), Some(MINUTE))
    } else {
        Trouble::exhausted(format!(
            "the plan's limit is reached ({said}): wait for the next day or raise the plan"
        ))
    }
}

/// The server's words, as many as a message bears.
fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(160).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use crate::trouble::Class;

    fn judged(status: u16, body: &str) -> Option<(Class, bool)> {
        let headers = HeaderMap::new();
        match judge(&Answer { status, headers: &headers, body: body.as_bytes() }) {
            Judgement::Bad(trouble) => Some((trouble.class, trouble.again)),
            Judgement::Usual | Judgement::Good { .. } => None,
        }
    }

    #[test]
    fn tells_limits_from_mistakes() {
        let long = "our standard API rate limit is 25 requests per day. Please subscribe to any of the premium plans";
        for (body, kind) in [
            (
                r#"{"Error Message": "the parameter apikey is invalid or missing."}"#,
                Some((Class::Configuration, false)),
            ),
            (
                r#"{"Error Message": "Invalid API call. Please retry or visit the documentation"}"#,
                Some((Class::Configuration, false)),
            ),
            (
                &format!(r#"{{"Information": "We have detected your API key as [redacted] and {long}"}}"#),
                Some((Class::Limit, false)),
            ),
            (
                r#"{"Information": "Thank you! This is a premium endpoint. You may subscribe"}"#,
                Some((Class::Configuration, false)),
            ),
            (
                r#"{"Information": "spread out your free API requests more sparingly (1 request per second)"}"#,
                Some((Class::Limit, true)),
            ),
            (
                r#"{"Note": "our standard API call frequency is 5 calls per minute and 500 calls per day."}"#,
                Some((Class::Limit, true)),
            ),
            (r#"{"Information": "No articles found. Please adjust the time range"}"#, None),
            (r#"{"Meta Data": {"1. Information": "Daily"}, "Time Series (Daily)": {}}"#, None),
            (r#"{"items": "0", "feed": []}"#, None),
            ("<html>", None),
        ] {
            assert_eq!(judged(200, body), kind, "{body}");
        }
        assert_eq!(judged(500, r#"{"Note": "x"}"#), None);
    }

    #[test]
    fn judges_quoted_replies_where_they_are_present() {
        let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
        let path = std::path::Path::new(&shared).join("data/eval/recordings/quoted_error_bodies.json");
        let Ok(text) = std::fs::read(path) else { return };
        let quoted: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
        let bodies = quoted.iter().filter(|q| q["source"] == "alpha_vantage");
        let judged: Vec<_> = bodies.map(|q| judged(200, q["body"].as_str().unwrap())).collect();
        let (limit, mistake) = (Some((Class::Limit, false)), Some((Class::Configuration, false)));
        assert_eq!(judged, [Some((Class::Limit, true)), limit, limit, mistake, mistake]);
    }
}
