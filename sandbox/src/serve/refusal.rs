//! Answers that a fault gives instead of the source's own.

use serde_json::{Map, Value, json};

use crate::clock::Reading;
use crate::fault::kind::Refusal;
use crate::fault::{HttpFault, Wording};
use crate::moment::{SECOND, http_date};
use crate::service::Service;
use crate::wire::{Answer, Request};

/// How long X's window lasts, in seconds.
const X_WINDOW_S: i64 = 900;

/// The answer of a kind.
pub(super) fn answer(
    kind: Refusal,
    fault: &HttpFault,
    service: &dyn Service,
    clock: Reading,
    request: &Request,
) -> Answer {
    let settings = &fault.settings;
    match kind {
        Refusal::RateLimit => {
            let wait = settings.retry_after_s.or(settings.as_date.then_some(1));
            let answer = service.too_many(wait);
            if settings.as_date { with_date(answer, clock, wait.unwrap_or(1)) } else { answer }
        }
        Refusal::ServerError => service.broken(settings.status.unwrap_or(500)),
        Refusal::Unavailable => service.broken(settings.status.unwrap_or(503)),
        Refusal::UsageCapped => usage_capped(clock),
        Refusal::Credits => credits(),
        Refusal::MetaUsage => meta_usage(settings.code.unwrap_or(80_001), settings.minutes.unwrap_or(1)),
        Refusal::Information => information(settings.wording, request),
        Refusal::Flood => flood(settings.retry_after_s.unwrap_or(1)),
        Refusal::TokenExpired => {
            service.expire_tokens();
            service.unauthorised()
        }
        Refusal::TokenError200 => Answer::json(200, &json!({"error": "invalid_grant"})),
        Refusal::PermissionRevoked => permission_revoked(service, settings.code.unwrap_or(10), request),
    }
}

/// The wait as a date, counted from the `Date` header.
fn with_date(mut answer: Answer, clock: Reading, wait_s: u64) -> Answer {
    let at = clock.now + wait_s as i64 * SECOND;
    for (name, value) in &mut answer.headers {
        if *name == "retry-after" {
            *value = http_date(at);
        }
    }
    answer
}

/// X's month is used up, while its quarter of an hour is not.
fn usage_capped(clock: Reading) -> Answer {
    let body = json!({
        "title": "UsageCapExceeded",
        "detail": "Usage cap exceeded: Monthly product cap",
        "period": "Monthly",
        "scope": "Product",
        "status": 429,
        "type": "https://api.twitter.com/2/problems/usage-capped",
    });
    Answer::json(429, &body)
        .with("x-rate-limit-limit", 450)
        .with("x-rate-limit-remaining", 300)
        .with("x-rate-limit-reset", clock.now.div_euclid(SECOND) + X_WINDOW_S)
}

fn credits() -> Answer {
    let body = json!({
        "title": "CreditsDepleted",
        "detail": "The account that this app belongs to has no credits left",
        "type": "https://api.twitter.com/2/problems/credits",
        "status": 402,
    });
    Answer::json(402, &body)
}

/// An error as Meta writes it.
fn meta_error(status: u16, code: u32, message: &str) -> Answer {
    let error = json!({"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AsandboxTrace0000000000"});
    Answer::json(status, &json!({"error": error}))
}

/// Meta's limits: by business case with a header that states the wait, or by app, user or page with one that says it is full.
fn meta_usage(code: u32, minutes: i64) -> Answer {
    let what = match code {
        4 => "Application request limit reached",
        17 => "User request limit reached",
        32 => "Page request limit reached",
        341 => "Application limit reached",
        613 => "Calls to this api have exceeded the rate limit.",
        _ => "There have been too many calls to this account. Wait a bit and try again.",
    };
    let status = if code == 4 { 403 } else { 400 };
    let answer = meta_error(status, code, &format!("(#{code}) {what}"));
    if code < 80_000 {
        let usage = json!({"call_count": 100, "total_time": 42, "total_cputime": 40});
        return answer.with("x-app-usage", usage);
    }
    let kind = if code == 80_002 { "instagram" } else { "pages" };
    let case = json!({"type": kind, "call_count": 100, "total_time": 42, "total_cputime": 40, "estimated_time_to_regain_access": minutes});
    let mut usage = Map::new();
    usage.insert("1234567890".into(), Value::Array(vec![case]));
    answer.with("x-business-use-case-usage", Value::Object(usage))
}

/// Alpha Vantage's messages, as it words them.
fn information(wording: Wording, request: &Request) -> Answer {
    let key = request.param("apikey").unwrap_or("demo");
    let (name, text) = match wording {
        Wording::Daily => (
            "Information",
            "Thank you for using Alpha Vantage! Our standard API rate limit is 25 requests per day. Please subscribe to any of the premium plans at https://www.alphavantage.co/premium/ to instantly remove all daily rate limits.".to_owned(),
        ),
        Wording::Premium => (
            "Information",
            "Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe to any of the premium plans at https://www.alphavantage.co/premium/ to instantly unlock all premium endpoints".to_owned(),
        ),
        Wording::Echo => (
            "Information",
            format!("We have detected your API key as {key} and our standard API rate limit is 25 requests per day. Please subscribe to any of the premium plans at https://www.alphavantage.co/premium/ to instantly remove all daily rate limits."),
        ),
        Wording::Note => (
            "Note",
            "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute and 500 calls per day. Please visit https://www.alphavantage.co/premium/ if you would like to target a higher API call frequency.".to_owned(),
        ),
    };
    Answer::json(200, &json!({name: text}))
}

fn flood(wait_s: u64) -> Answer {
    let body = json!({"ok": false, "error_code": 420, "description": format!("FLOOD_WAIT_{wait_s}"), "parameters": {"retry_after": wait_s}});
    Answer::json(420, &body).with("retry-after", wait_s)
}

/// What a client gets that was let in before and is no longer.
fn permission_revoked(service: &dyn Service, code: u32, request: &Request) -> Answer {
    match service.name() {
        "facebook" | "instagram" => {
            let what = if code == 200 {
                "(#200) Permissions error"
            } else {
                "(#10) Application does not have permission for this action"
            };
            meta_error(if code == 200 { 403 } else { 400 }, code, what)
        }
        "x" => Answer::json(
            403,
            &json!({
                "title": "Forbidden",
                "detail": "This app may no longer use this endpoint.",
                "type": "https://api.twitter.com/2/problems/client-forbidden",
                "reason": "client-not-enrolled",
                "status": 403,
            }),
        ),
        "reddit" => Answer::json(403, &json!({"reason": "private", "message": "Forbidden", "error": 403})),
        "alpaca" => Answer::json(403, &json!({"message": "forbidden."})),
        "telegram" => {
            let channel = request.path.trim_start_matches("/s/");
            let mut answer = Answer::text(302, "text/html; charset=utf-8", "");
            answer.headers.push(("location", format!("/telegram/{channel}")));
            answer
        }
        "stocktwits" => service.unauthorised(),
        _ => {
            Answer::text(403, "text/html; charset=utf-8", "<html><body><h1>403 Forbidden</h1></body></html>")
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn metas_limits_say_how_long_or_how_full() {
        let header = |answer: &Answer| answer.headers[1].clone();
        let (name, usage) = header(&meta_usage(80_001, 3));
        assert_eq!(name, "x-business-use-case-usage");
        let usage: Value = serde_json::from_str(&usage).unwrap();
        assert_eq!(usage["1234567890"][0]["estimated_time_to_regain_access"], 3);
        assert_eq!(header(&meta_usage(17, 3)).0, "x-app-usage");
        assert_eq!(meta_usage(4, 0).status, 403);
    }

    #[test]
    fn alpha_vantage_repeats_the_key_when_told_to() {
        let request = Request { params: vec![("apikey".into(), "k1".into())], ..Request::default() };
        let text = |wording| String::from_utf8(information(wording, &request).body).unwrap();
        assert!(text(Wording::Echo).contains("k1") && !text(Wording::Daily).contains("k1"));
        assert!(text(Wording::Note).starts_with("{\"Note\""));
    }
}
