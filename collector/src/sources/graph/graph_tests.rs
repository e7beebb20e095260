use proptest::prelude::*;
use reqwest::header::HeaderMap;

use super::*;
use crate::trouble::Class;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

fn judged(status: u16, headers: &HeaderMap, body: &str) -> Judgement {
    judge(&Answer { status, headers, body: body.as_bytes() })
}

fn error(code: i64) -> String {
    format!(
        r#"{{"error":{{"message":"(#{code}) words","type":"OAuthException","code":{code},"fbtrace_id":"A"}}}}"#
    )
}

#[test]
fn errors_are_told_apart_by_their_codes() {
    let none = HeaderMap::new();
    for (status, code, class, again) in [
        (500, 1, Class::Transient, true),
        (503, 2, Class::Transient, true),
        (403, 4, Class::Limit, true),
        (400, 17, Class::Limit, true),
        (400, 32, Class::Limit, true),
        (400, 341, Class::Limit, true),
        (400, 613, Class::Limit, true),
        (400, 80_001, Class::Limit, true),
        (400, 80_002, Class::Limit, true),
        (400, 18, Class::Limit, false),
        (400, 102, Class::Configuration, false),
        (400, 190, Class::Configuration, false),
        (400, 3, Class::Configuration, false),
        (400, 10, Class::Configuration, false),
        (403, 200, Class::Configuration, false),
        (403, 299, Class::Configuration, false),
        (400, 100, Class::Configuration, false),
        (200, 190, Class::Configuration, false),
        (200, 2, Class::Transient, true),
    ] {
        let Judgement::Bad(trouble) = judged(status, &none, &error(code)) else { panic!("{code} is bad") };
        assert_eq!((trouble.class, trouble.again, trouble.wait), (class, again, None), "{code}");
        assert!(trouble.message.contains(&format!("code {code}")), "{}", trouble.message);
    }
    let transient = r#"{"error":{"message":"x","code":9999,"is_transient":true}}"#;
    let Judgement::Bad(trouble) = judged(400, &none, transient) else { panic!("it is bad") };
    assert!(trouble.again);
    assert!(matches!(judged(502, &none, "<html>"), Judgement::Usual));
    assert!(matches!(
        judged(200, &none, r#"{"data":[{"message":"the \"error\" is"}]}"#),
        Judgement::Good { pause: None }
    ));
}

#[test]
fn waits_as_the_headers_say() {
    let business = (
        "x-business-use-case-usage",
        r#"{"1":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":"3"}]}"#,
    );
    let wait = |pairs: &[(&'static str, &str)], code: i64| match judged(400, &headers(pairs), &error(code)) {
        Judgement::Bad(trouble) => trouble.wait.map(|wait| wait.as_secs()),
        _ => None,
    };
    assert_eq!(wait(&[business], 80_001), Some(180));
    assert_eq!(wait(&[("retry-after", "7")], 4), Some(7));
    assert_eq!(wait(&[("x-app-usage", r#"{"call_count":100}"#)], 17), Some(60));
    assert_eq!(wait(&[("x-app-usage", r#"{"call_count":10}"#)], 17), None);
}

#[test]
fn slows_down_before_a_limit_is_hit() {
    let pause = |name: &'static str, value: &str| match judged(200, &headers(&[(name, value)]), "{}") {
        Judgement::Good { pause } => pause.map(|pause| pause.as_millis()),
        _ => None,
    };
    assert_eq!(pause("x-app-usage", r#"{"call_count":74,"total_time":1,"total_cputime":1}"#), None);
    assert_eq!(pause("x-app-usage", r#"{"call_count":75,"total_time":1,"total_cputime":1}"#), Some(20));
    assert_eq!(pause("x-app-usage", r#"{"call_volume":"80","cpu_time":3}"#), Some(720));
    assert_eq!(pause("x-business-use-case-usage", r#"{"1":[{"call_count":1,"total_time":84}]}"#), Some(2000));
    assert_eq!(pause("x-app-usage", r#"{"call_count":100}"#), Some(3_600_000));
    assert_eq!(
        pause(
            "x-business-use-case-usage",
            r#"{"1":[{"call_count":100,"estimated_time_to_regain_access":2}]}"#
        ),
        Some(120_000)
    );
    assert_eq!(pause("x-app-usage", "[[[nonsense"), None);
}

#[test]
fn says_how_long_a_token_lasts() {
    let at = |text: &str| text.parse::<chrono::DateTime<Utc>>().unwrap();
    let body = br#"{"data":{"app_id":"1","data_access_expires_at":1585040349,"expires_at":1577347200,"is_valid":true}}"#;
    let life = life::read(body).unwrap();
    assert!(life.trouble().is_none());
    assert_eq!(life.warning(at("2019-12-01T00:00:00Z")), None);
    let warning = life.warning(at("2019-12-20T00:00:00Z")).unwrap();
    assert!(warning.contains("2019-12-26"), "{warning}");
    let endless = life::read(br#"{"data":{"expires_at":0,"is_valid":true}}"#).unwrap();
    assert_eq!(endless.in_words(at("2019-12-20T00:00:00Z")), "the access token has no end");
    let ended =
        life::read(br#"{"data":{"is_valid":false,"error":{"code":190,"message":"Session has expired"}}}"#)
            .unwrap();
    assert!(ended.trouble().unwrap().message.contains("Session has expired"));
    assert!(life::read(b"{}").is_err());
}

#[test]
fn a_proof_is_the_hmac_of_the_token() {
    // RFC 4231, test case 2.
    let app = App { id: "1".into(), secret: "Jefe".into() };
    let proof = app.proof(&"what do ya want for nothing?".into());
    assert_eq!(proof.expose_secret(), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

#[test]
fn knows_a_version_when_it_sees_one() {
    assert!(is_version("v26.0") && !is_version("26.0") && !is_version("v26") && !is_version("v26.0/x"));
}

#[test]
fn a_granted_token_is_read_and_never_repeated() {
    let token = granted(br#"{"access_token":"EAAB","token_type":"bearer","expires_in":5183944}"#).unwrap();
    assert_eq!(token.expose_secret(), "EAAB");
    assert!(!granted(br#"{"access_token":"EAA"#).unwrap_err().message.contains("EAA"));
}

#[test]
fn reads_recorded_and_quoted_errors_where_they_are_present() {
    let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
    let data = std::path::Path::new(&shared).join("data");
    let none = HeaderMap::new();
    for (name, part) in [
        ("error_100_missing_permission.json", "pages_read_engagement"),
        ("error_100_page_public_content.json", "app secret proof"),
    ] {
        let Ok(body) = std::fs::read_to_string(data.join("open/recordings/facebook").join(name)) else {
            continue;
        };
        let Judgement::Bad(trouble) = judged(400, &none, &body) else { panic!("{name} is bad") };
        assert_eq!((trouble.class, trouble.again), (Class::Configuration, false));
        assert!(
            trouble.message.contains("code 100") && trouble.message.contains(part),
            "{}",
            trouble.message
        );
    }
    if let Ok(body) = std::fs::read(data.join("open/recordings/facebook/debug_token.json")) {
        let life = life::read(&body).unwrap();
        assert!(
            life.trouble().is_none()
                && life.in_words("2019-01-01T00:00:00Z".parse().unwrap()).contains("2019-12-26")
        );
    }
    let Ok(text) = std::fs::read(data.join("eval/recordings/quoted_error_bodies.json")) else { return };
    let quoted: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
    let facebook: Vec<(Class, bool)> = quoted
        .iter()
        .filter(|quote| quote["source"] == "facebook")
        .map(|quote| {
            let status = quote["http_status"].as_u64().unwrap() as u16;
            match judged(status, &none, quote["body"].as_str().unwrap()) {
                Judgement::Bad(trouble) => (trouble.class, trouble.again),
                other => panic!("{other:?}"),
            }
        })
        .collect();
    let limit = (Class::Limit, true);
    assert_eq!(facebook, [limit, limit, limit, (Class::Configuration, false)]);
}

proptest! {
    #[test]
    fn any_answer_is_judged(
        body in prop::collection::vec(any::<u8>(), 0..200), status in 100u16..600, usage in "[ -~]{0,80}",
    ) {
        let headers = headers(&[("x-app-usage", usage.as_str())]);
        let _ = judge(&Answer { status, headers: &headers, body: &body });
        let _ = life::read(&body);
        let _ = granted(&body);
    }

    #[test]
    fn any_link_is_rebuilt_or_refused(link in "\\PC{0,80}") {
        let first = Url::parse("https://g/v26.0/1/posts?limit=5").unwrap();
        if let Some(url) = walk::rebuilt(&first, &link) {
            prop_assert_eq!((url.host_str(), url.path()), (Some("g"), "/v26.0/1/posts"));
        }
    }
}
