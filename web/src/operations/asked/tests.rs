//! Forms of staff: what becomes which message, and what is refused.
#![allow(clippy::unwrap_used)]

use super::*;

fn fields(pairs: &[(&str, &str)]) -> Fields {
    let map: serde_json::Map<String, Value> =
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).into())).collect();
    serde_json::from_value(Value::Object(map)).unwrap()
}

fn read(pairs: &[(&str, &str)]) -> Result<Asked, Problem> {
    fields(pairs).read("ann", "2026-11-21T07:00:00Z".parse().unwrap(), false)
}

#[test]
fn every_action_becomes_the_message_that_the_orchestrator_reads() {
    let slot = ("slot", "2026-11-21T06Z");
    for pairs in [
        &[("action", "run"), slot, ("stage", "split")][..],
        &[("action", "repeat"), slot],
        &[("action", "skip"), slot],
        &[("action", "cancel"), slot],
        &[("action", "replay"), ("message_id", "7"), ("subscription", "functions-control")],
        &[("action", "hold-publication"), slot, ("version", "2")],
        &[("action", "exclude"), ("symbol", "EUR/USD"), ("from", "2026-11-21T06Z")],
        &[("action", "include"), ("symbol", "EUR/USD"), ("from", "2026-11-21T06Z")],
        &[("action", "unpin"), ("model", "sentiment")],
    ] {
        let Asked::Order(order) = read(pairs).unwrap() else { panic!("{pairs:?}") };
        let (topic, body) = Asked::Order(order.clone()).message().unwrap();
        assert_eq!(topic, Topic::Control);
        assert_eq!(Order::parse(body.to_string().as_bytes()).unwrap(), order);
    }
    let Asked::Hold(hold) = read(&[("action", "hold"), ("hours", "2")]).unwrap() else { panic!() };
    assert_eq!(hold.until, Some("2026-11-21T09:00:00Z".parse().unwrap()));
    let Asked::Hold(release) = read(&[("action", "release")]).unwrap() else { panic!() };
    assert_eq!(release.until, None);
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_is_accepted() {
    let slot = ("slot", "2026-11-21T06Z");
    for (pairs, problem) in [
        (&[("action", "explode")][..], "ops_accept_action"),
        (&[("action", "run"), slot], "ops_accept_stage"),
        (&[("action", "run"), slot, ("stage", "dream")], "ops_accept_stage"),
        (&[("action", "cancel"), slot, ("stage", "split")], "ops_accept_stage"),
        (&[("action", "repeat"), ("slot", "2026-11-21T05Z")], "ops_accept_slot"),
        (&[("action", "repeat"), ("slot", "2026-11-21T12Z")], "ops_accept_closed"),
        (&[("action", "repeat"), ("slot", "' or 1=1")], "ops_accept_slot"),
        (&[("action", "hold"), ("hours", "169")], "ops_accept_hours"),
        (&[("action", "hold"), ("hours", "-1")], "ops_accept_hours"),
        (&[("action", "hold"), ("hours", "NaN")], "ops_accept_hours"),
        (&[("action", "hold"), ("hours", "1000000000000")], "ops_accept_hours"),
        (&[("action", "replay"), ("message_id", "a b"), ("subscription", "x")], "ops_accept_letter"),
        (&[("action", "promote"), ("model", "weather")], "ops_accept_model"),
        (
            &[("action", "promote"), ("model", "forecast"), ("model_version", "../x")],
            "ops_accept_model_version",
        ),
        (&[("action", "hold-publication"), slot, ("version", "-1")], "ops_accept_version"),
        (&[("action", "exclude"), ("symbol", "A\nB"), ("from", "2026-11-21T06Z")], "ops_accept_symbol"),
        (
            &[
                ("action", "exclude"),
                ("symbol", "A"),
                ("from", "2026-11-21T06Z"),
                ("until", "2026-11-21T06Z"),
            ],
            "ops_accept_until",
        ),
        (&[("action", "backfill"), ("from", "2026-11-21T06Z"), ("to", "2026-11-20T06Z")], "ops_accept_span"),
        (&[("action", "backfill"), ("from", "2000-01-01T00Z"), ("to", "2026-11-20T06Z")], "ops_accept_span"),
    ] {
        assert_eq!(read(pairs), Err(problem), "{pairs:?}");
    }
    assert!(fields(&[("reason", " x ")]).good_reason().is_ok());
    for reason in [" ", "a\u{1b}[2Jb", &"x".repeat(501)] {
        assert!(fields(&[("reason", reason)]).good_reason().is_err(), "{reason:?}");
    }
}
