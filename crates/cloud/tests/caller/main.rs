//! Who may call: real signatures, and a key server that counts.
#![allow(clippy::unwrap_used)]

mod kit;

use std::sync::Arc;
use std::time::Duration;

use cloud::caller::{CallerCheck, CallerError, OidcVerifier, Refusal};
use kit::{AUDIENCE, EMAIL, Gate, KeyServer, NOW, Reply, Signer, TestClock, authorization, claims};
use serde_json::{Value, json};

async fn warm() -> (KeyServer, TestClock, CallerCheck) {
    let server = KeyServer::start(Reply::keys(&[Signer::first()])).await;
    let (clock, check) = verifier(&server.url);
    check.check(Some(&authorization(&Signer::first().token(&claims())))).await.unwrap();
    assert_eq!(server.fetches(), 1);
    (server, clock, check)
}

fn verifier(url: &str) -> (TestClock, CallerCheck) {
    let clock = TestClock::default();
    let verifier = OidcVerifier::new(AUDIENCE.to_owned(), EMAIL.to_owned(), url).unwrap();
    (clock.clone(), CallerCheck::Oidc(verifier.with_clock(clock.as_clock())))
}

fn reason(result: Result<(), Refusal>) -> String {
    match result {
        Err(Refusal::Unauthorized(reason)) => reason,
        other => panic!("not unauthorized: {other:?}"),
    }
}

#[tokio::test]
async fn claims_are_checked_one_by_one() {
    let (server, _, check) = warm().await;
    let cases: &[(&str, Value, Option<&str>)] = &[
        ("iss", json!("accounts.google.com"), None),
        ("exp", json!(NOW - 59), None),
        ("exp", json!(NOW - 60), Some("expired")),
        ("exp", json!(0), Some("expired")),
        ("exp", json!(i64::MIN), Some("expired")),
        ("exp", json!(i64::MAX), None),
        ("exp", Value::Null, Some("not those of an identity token")),
        ("iat", json!(NOW + 60), None),
        ("iat", json!(NOW + 61), Some("not valid yet")),
        ("iat", Value::Null, Some("not those of an identity token")),
        ("nbf", json!(NOW + 61), Some("not valid yet")),
        ("nbf", json!(NOW), None),
        ("aud", json!("https://other.example"), Some("audience")),
        ("aud", json!([AUDIENCE]), Some("not those of an identity token")),
        ("aud", Value::Null, Some("not those of an identity token")),
        ("iss", json!("https://accounts.example"), Some("issuer")),
        ("iss", Value::Null, Some("not those of an identity token")),
        ("email", json!("other@project.iam.gserviceaccount.com"), Some("another account")),
        ("email", json!(EMAIL.to_uppercase()), Some("another account")),
        ("email", Value::Null, Some("another account")),
        ("email_verified", json!(false), Some("not verified")),
        ("email_verified", json!("true"), Some("not those of an identity token")),
        ("email_verified", Value::Null, Some("not verified")),
    ];
    for (claim, value, refused) in cases {
        let mut claims = claims();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(*claim);
        } else {
            claims[claim] = value.clone();
        }
        let result = check.check(Some(&authorization(&Signer::first().token(&claims)))).await;
        match refused {
            None => assert_eq!(result, Ok(()), "{claim} {value}"),
            Some(expected) => {
                let reason = reason(result);
                assert!(reason.contains(expected), "{claim} {value}: {reason}");
            }
        }
    }
    assert_eq!(server.fetches(), 1);
}

#[tokio::test]
async fn a_token_that_was_touched_is_refused() {
    let (server, clock, check) = warm().await;
    // From now on an unknown key is worth a fetch.
    clock.advance_s(60);
    let first = Signer::first();
    let good = first.token(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let mut other = claims();
    other["sub"] = json!("somebody else");
    let of_another = Signer::second().token_with(&json!({"alg": "RS256", "kid": first.kid}), &claims());
    let header = |alg: &str| json!({"alg": alg, "typ": "JWT", "kid": first.kid});
    let with = |header: Value| first.token_with(&header, &claims());
    let unsigned = |header: Value| {
        let token = first.token_with(&header, &claims());
        format!("{}.", token.rsplit_once('.').unwrap().0)
    };
    let mut flipped = parts[2].as_bytes().to_vec();
    flipped[100] = if flipped[100] == b'A' { b'B' } else { b'A' };
    let cases = [
        format!("{}.{}.{}", parts[0], kit::encode(&other), parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], String::from_utf8(flipped).unwrap()),
        format!("{}.{}.{}", parts[0], parts[1], &parts[2][..parts[2].len() - 4]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        // What Cloud Run hands on in place of a signature.
        format!("{}.{}.SIGNATURE_REMOVED_BY_GOOGLE", parts[0], parts[1]),
        of_another,
        unsigned(header("none")),
        unsigned(header("None")),
        unsigned(header("RS256")),
        with(header("RS512")),
        with(header("PS256")),
        with(json!({"alg": "RS512", "kid": "unknown"})),
        with(json!({"alg": "RS256"})),
        with(json!({"kid": first.kid})),
        first.hmac_token(&first.modulus()),
        first.hmac_token(first.public_der()),
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        "..".to_owned(),
        "\u{fffd}.\u{fffd}.\u{fffd}".to_owned(),
        "x".repeat(1 << 20),
    ];
    for token in cases {
        let shown: String = token.chars().take(60).collect();
        let reason = reason(check.check(Some(&authorization(&token))).await);
        assert!(!reason.contains(parts[1]) && reason.len() < 100, "{shown}: {reason}");
    }
    for header in [None, Some(""), Some("Bearer"), Some("Bearer "), Some("Basic eDp5"), Some(good.as_str())] {
        reason(check.check(header).await);
    }
    assert_eq!(check.check(Some(&format!("bearer {good}"))).await, Ok(()));
    assert_eq!(server.fetches(), 1, "no bad token may cause a fetch");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_cold_callers_share_one_fetch() {
    let gate = Gate::closed();
    let server = KeyServer::start(Reply::keys(&[Signer::first()]).behind(&gate)).await;
    let check = Arc::new(verifier(&server.url).1);
    let header = authorization(&Signer::first().token(&claims()));
    let callers: Vec<_> = (0..200)
        .map(|_| {
            let (check, header) = (check.clone(), header.clone());
            tokio::spawn(async move { check.check(Some(&header)).await })
        })
        .collect();
    server.wait_for_fetches(1).await;
    gate.open();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Ok(()));
    }
    assert_eq!(server.fetches(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_keys_hold_up_nobody_else() {
    let (server, clock, check) = warm().await;
    let check = Arc::new(check);
    let good = authorization(&Signer::first().token(&claims()));
    let flood = || {
        let callers = (0..500).map(|n| {
            let header = json!({"alg": "RS256", "kid": format!("unknown {n}")});
            let header = authorization(&Signer::second().token_with(&header, &claims()));
            let check = check.clone();
            tokio::spawn(async move { check.check(Some(&header)).await })
        });
        callers.collect::<Vec<_>>()
    };
    // Within a minute of the first fetch there is none.
    for caller in flood() {
        reason(caller.await.unwrap());
    }
    assert_eq!(server.fetches(), 1);

    clock.advance_s(60);
    let gate = Gate::closed();
    server.answer(Reply::keys(&[Signer::first()]).behind(&gate));
    let callers = flood();
    server.wait_for_fetches(2).await;
    for _ in 0..50 {
        let answer = tokio::time::timeout(Duration::from_secs(2), check.check(Some(&good))).await;
        assert_eq!(answer, Ok(Ok(())), "held up by the fetch");
    }
    gate.open();
    for caller in callers {
        reason(caller.await.unwrap());
    }
    for caller in flood() {
        reason(caller.await.unwrap());
    }
    assert_eq!(server.fetches(), 2);
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_end_the_fetch() {
    let gate = Gate::closed();
    let server = KeyServer::start(Reply::keys(&[Signer::first()]).behind(&gate)).await;
    let check = verifier(&server.url).1;
    let header = authorization(&Signer::first().token(&claims()));
    tokio::select! {
        biased;
        _ = check.check(Some(&header)) => panic!("answered without keys"),
        () = server.wait_for_fetches(1) => {}
    }
    gate.open();
    assert_eq!(check.check(Some(&header)).await, Ok(()));
    assert_eq!(server.fetches(), 1);
}

#[tokio::test]
async fn keys_rotate() {
    let (server, clock, check) = warm().await;
    let (first, second) = (Signer::first(), Signer::second());
    let old = authorization(&first.token(&claims()));
    let new = authorization(&second.token(&claims()));
    server.answer(Reply::keys(&[first, second]).max_age(600));
    reason(check.check(Some(&new)).await);
    clock.advance_s(61);
    assert_eq!(check.check(Some(&new)).await, Ok(()));
    assert_eq!(check.check(Some(&old)).await, Ok(()));
    assert_eq!(server.fetches(), 2);

    // The old key goes; it counts as long as the reply may be kept, and no longer.
    server.answer(Reply::keys(&[second]));
    clock.advance_s(599);
    assert_eq!(check.check(Some(&old)).await, Ok(()));
    assert_eq!(server.fetches(), 2);
    clock.advance_s(1);
    reason(check.check(Some(&old)).await);
    assert_eq!(check.check(Some(&new)).await, Ok(()));
    assert_eq!(server.fetches(), 3);
}

#[tokio::test]
async fn a_reply_may_be_as_long_as_the_limit() {
    let server = KeyServer::start(Reply::keys(&[Signer::first()]).filled_up_to(256 * 1024)).await;
    let header = authorization(&Signer::first().token(&claims()));
    assert_eq!(verifier(&server.url).1.check(Some(&header)).await, Ok(()));
}

#[tokio::test]
async fn replies_are_kept_within_bounds() {
    for (max_age, fresh_s) in [(0, 300), (1_000, 1_000), (u32::MAX, 86_400)] {
        let server = KeyServer::start(Reply::keys(&[Signer::first()]).max_age(max_age)).await;
        let (clock, check) = verifier(&server.url);
        let mut claims = claims();
        claims["exp"] = json!(NOW + 100_000);
        let header = authorization(&Signer::first().token(&claims));
        for (advance_s, fetches) in [(0, 1), (fresh_s - 1, 1), (1, 2)] {
            clock.advance_s(advance_s);
            assert_eq!(check.check(Some(&header)).await, Ok(()));
            assert_eq!(server.fetches(), fetches, "max-age {max_age}");
        }
    }
}

#[tokio::test]
async fn without_a_key_server_the_old_keys_serve_a_day() {
    let (server, clock, check) = warm().await;
    let mut claims = claims();
    claims["exp"] = json!(NOW + 100_000);
    let header = authorization(&Signer::first().token(&claims));
    let unknown = authorization(&Signer::second().token(&claims));
    server.answer(Reply::status(500));
    clock.advance_s(3_600);
    for _ in 0..20 {
        assert_eq!(check.check(Some(&header)).await, Ok(()));
    }
    assert_eq!(server.fetches(), 2, "one try a minute");
    // It may be one of the keys that could not be fetched.
    assert!(matches!(check.check(Some(&unknown)).await, Err(Refusal::Unavailable(_))));
    clock.advance_s(60);
    assert_eq!(check.check(Some(&header)).await, Ok(()));
    assert_eq!(server.fetches(), 3);
    clock.advance_s(86_400 - 3_660 - 1);
    assert_eq!(check.check(Some(&header)).await, Ok(()));
    clock.advance_s(1);
    assert!(matches!(check.check(Some(&header)).await, Err(Refusal::Unavailable(_))));
    server.answer(Reply::keys(&[Signer::first()]));
    clock.advance_s(2);
    assert_eq!(check.check(Some(&header)).await, Ok(()));
}

#[tokio::test]
async fn without_keys_nobody_can_tell() {
    let header = authorization(&Signer::first().token(&claims()));
    let long = Reply::keys(&[Signer::first()]).filled_up_to(256 * 1024 + 1);
    for reply in
        [Reply::status(503), Reply::status(302), Reply::body("<html>"), Reply::body(r#"{"keys":[]}"#), long]
    {
        let server = KeyServer::start(reply).await;
        let (clock, check) = verifier(&server.url);
        for _ in 0..20 {
            assert!(matches!(check.check(Some(&header)).await, Err(Refusal::Unavailable(_))));
        }
        assert_eq!(server.fetches(), 1, "a broken key server is not asked for every caller");
        server.answer(Reply::keys(&[Signer::first()]));
        clock.advance_s(2);
        assert_eq!(check.check(Some(&header)).await, Ok(()));
    }
    // A port where nobody listens.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let result = verifier(&format!("http://{free}/certs")).1.check(Some(&header)).await;
    assert!(matches!(result, Err(Refusal::Unavailable(_))));
}

#[tokio::test]
async fn a_key_server_that_hangs_is_given_up() {
    let (server, clock, check) = warm().await;
    let header = authorization(&Signer::first().token(&claims()));
    server.answer(Reply::keys(&[Signer::first()]).behind(&Gate::closed()));
    let cold = verifier(&server.url).1;
    clock.advance_s(3_000);
    let both = async { tokio::join!(check.check(Some(&header)), cold.check(Some(&header))) };
    let (warm, cold) = tokio::time::timeout(Duration::from_secs(8), both).await.unwrap();
    assert_eq!(warm, Ok(()));
    assert!(matches!(cold, Err(Refusal::Unavailable(reason)) if reason.contains("takes too long")));
}

fn settings(pairs: &[(&str, &str)]) -> Result<CallerCheck, CallerError> {
    let find = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
    CallerCheck::from(find)
}

#[tokio::test]
async fn the_check_is_chosen_by_name() {
    const CHECK: &str = "QUARTERDAY_CALLER_CHECK";
    for (kind, expected) in [("iam", "Iam { email: None }"), ("none", "None")] {
        let check = settings(&[(CHECK, kind)]).unwrap();
        assert_eq!(format!("{check:?}"), expected);
        assert_eq!(check.check(None).await, Ok(()));
    }
    let error = |pairs: &[(&str, &str)]| settings(pairs).unwrap_err().to_string();
    assert!(error(&[]).starts_with("QUARTERDAY_CALLER_CHECK is not set"));
    assert!(error(&[(CHECK, "")]).starts_with("QUARTERDAY_CALLER_CHECK is not set"));
    assert!(error(&[(CHECK, "IAM")]).contains("\"IAM\": write iam, oidc, token or none"));
    assert!(error(&[(CHECK, "token")]).starts_with("QUARTERDAY_PUSH_TOKEN is not set"));
    assert!(error(&[(CHECK, "token"), ("QUARTERDAY_PUSH_TOKEN", " ")]).contains("is not set"));
    assert!(error(&[(CHECK, "oidc")]).starts_with("QUARTERDAY_OIDC_AUDIENCE is not set"));
    let mut oidc = vec![(CHECK, "oidc"), ("QUARTERDAY_OIDC_AUDIENCE", AUDIENCE)];
    assert!(error(&oidc).starts_with("QUARTERDAY_OIDC_EMAIL is not set"));
    oidc.push(("QUARTERDAY_OIDC_EMAIL", EMAIL));
    assert!(matches!(settings(&oidc), Ok(CallerCheck::Oidc(_))));
    oidc.push(("QUARTERDAY_OIDC_KEYS_URL", "http://keys.example/certs"));
    assert!(error(&oidc).starts_with("QUARTERDAY_OIDC_KEYS_URL is \"http://keys.example/certs\""));
}

#[tokio::test]
async fn what_the_platform_lets_through_may_still_be_the_wrong_account() {
    let check = settings(&[("QUARTERDAY_CALLER_CHECK", "iam"), ("QUARTERDAY_OIDC_EMAIL", EMAIL)]).unwrap();
    let stripped = |claims: &Value| {
        let parts = [
            kit::encode(&json!({ "alg": "RS256" })),
            kit::encode(claims),
            "SIGNATURE_REMOVED_BY_GOOGLE".to_owned(),
        ];
        authorization(&parts.join("."))
    };
    assert_eq!(check.check(Some(&stripped(&claims()))).await, Ok(()));
    let mut other = claims();
    other["email"] = json!("web@project.iam.gserviceaccount.com");
    reason(check.check(Some(&stripped(&other))).await);
    for bad in [None, Some("Bearer x"), Some("Bearer a.b.c"), Some("Bearer a.e30.c")] {
        reason(check.check(bad).await);
    }
}

#[tokio::test]
async fn a_bearer_is_compared_whole() {
    let check =
        settings(&[("QUARTERDAY_CALLER_CHECK", "token"), ("QUARTERDAY_PUSH_TOKEN", "s3cret")]).unwrap();
    assert!(!format!("{check:?}").contains("s3cret"));
    assert_eq!(check.check(Some("Bearer s3cret")).await, Ok(()));
    for bad in ["Bearer s3cre", "Bearer s3crets", "Bearer S3cret", "Bearer  s3cret", "s3cret", "Basic s3cret"]
    {
        let reason = reason(check.check(Some(bad)).await);
        assert!(!reason.contains("s3c"), "{reason}");
    }
    reason(check.check(None).await);
}
