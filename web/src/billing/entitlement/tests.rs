//! The life of a subscription in every order and with every repetition.
#![allow(clippy::unwrap_used)]

use chrono::Duration;
use proptest::prelude::*;

use super::*;
use crate::billing::facts::Interval;

const RULES: Rules = Rules { grace: Duration::days(14), late: Duration::hours(72) };

fn at(text: &str) -> DateTime<Utc> {
    format!("2026-{text}:00Z").parse().unwrap()
}

/// A trial of the tier plus from 1 to 15 January.
fn trial() -> Snapshot {
    Snapshot {
        stripe_id: "sub_1".into(),
        customer_stripe_id: "cus_1".into(),
        livemode: false,
        status: Status::Trialing,
        tier: Some(Tier::Plus),
        price_id: "price_plus".into(),
        item_stripe_id: "si_1".into(),
        unit_amount_cents: 1900,
        currency: "EUR".into(),
        interval: Interval::Month,
        quantity: 1,
        created_at: at("01-01T00:00"),
        started_at: at("01-01T00:00"),
        trial_start_at: Some(at("01-01T00:00")),
        trial_end_at: Some(at("01-15T00:00")),
        current_period_start_at: at("01-01T00:00"),
        current_period_end_at: at("01-15T00:00"),
        cancel_at_period_end: false,
        cancel_at: None,
        canceled_at: None,
        ended_at: None,
        paused_behavior: None,
        paused_until_at: None,
        discount: None,
        latest_invoice_id: None,
    }
}

fn period(status: Status, tier: Tier, from: &str, to: &str) -> Snapshot {
    Snapshot {
        status,
        tier: Some(tier),
        current_period_start_at: at(from),
        current_period_end_at: at(to),
        ..trial()
    }
}

/// Trial, upgrade on trial, first payment, failure, dunning, recovery, refund (which changes nothing), cancel, end.
fn life() -> Vec<Dated> {
    let (jan, feb, mar, apr) = ("01-15T00:00", "02-15T00:00", "03-15T00:00", "04-15T00:00");
    let ending = Snapshot {
        cancel_at_period_end: true,
        canceled_at: Some(at("03-20T12:00")),
        ..period(Status::Active, Tier::Pro, mar, apr)
    };
    let over = Snapshot { status: Status::Canceled, ended_at: Some(at(apr)), ..ending.clone() };
    let steps = [
        ("01-01T00:00", "evt_01", Snapshot { status: Status::Incomplete, ..trial() }),
        ("01-01T00:00", "evt_00", trial()),
        ("01-05T09:00", "evt_02", Snapshot { tier: Some(Tier::Pro), ..trial() }),
        ("01-15T00:00", "evt_03", period(Status::Active, Tier::Pro, jan, feb)),
        ("02-15T01:00", "evt_04", period(Status::PastDue, Tier::Pro, feb, mar)),
        ("02-18T01:00", "evt_05", period(Status::PastDue, Tier::Pro, feb, mar)),
        ("02-20T10:00", "evt_06", period(Status::Active, Tier::Pro, feb, mar)),
        ("03-15T01:00", "evt_07", period(Status::Active, Tier::Pro, mar, apr)),
        ("03-18T10:00", "evt_08", period(Status::Active, Tier::Pro, mar, apr)),
        ("03-20T12:00", "evt_09", ending),
        ("04-15T00:05", "evt_10", over),
    ];
    let dated = |(as_of, source, snapshot): (&str, &str, Snapshot)| Dated {
        as_of_at: at(as_of),
        source: source.into(),
        snapshot,
    };
    steps.map(dated).to_vec()
}

#[test]
fn a_life_gives_what_was_paid_for() {
    let spans = spans(&life(), RULES);
    let shown: Vec<(Tier, Reason, DateTime<Utc>, DateTime<Utc>)> =
        spans.into_iter().map(|s| (s.tier, s.reason, s.starts_at, s.ends_at)).collect();
    assert_eq!(
        shown,
        [
            (Tier::Plus, Reason::Trial, at("01-01T00:00"), at("01-05T09:00")),
            (Tier::Pro, Reason::Trial, at("01-05T09:00"), at("01-15T00:00")),
            (Tier::Pro, Reason::Paid, at("01-15T00:00"), at("02-15T00:00")),
            (Tier::Pro, Reason::AwaitingRenewal, at("02-15T00:00"), at("02-15T01:00")),
            (Tier::Pro, Reason::Grace, at("02-15T01:00"), at("02-20T10:00")),
            (Tier::Pro, Reason::Paid, at("02-20T10:00"), at("03-15T00:00")),
            (Tier::Pro, Reason::AwaitingRenewal, at("03-15T00:00"), at("03-15T01:00")),
            (Tier::Pro, Reason::Paid, at("03-15T01:00"), at("03-20T12:00")),
            (Tier::Pro, Reason::PaidUntilEnd, at("03-20T12:00"), at("04-15T00:00")),
        ]
    );
}

#[test]
fn without_news_access_ends() {
    let silent = &life()[..4];
    assert_eq!(spans(silent, RULES).last().unwrap().ends_at, at("02-18T00:00"));
    // A payment that never comes: grace from the first failure, whatever failed afterwards.
    let failing = &life()[..6];
    assert_eq!(spans(failing, RULES).last().unwrap().ends_at, at("03-01T01:00"));
}

#[test]
fn a_pause_ends_with_the_period_in_which_it_began() {
    let paused = |from, to| Snapshot {
        paused_behavior: Some("void".into()),
        ..period(Status::Active, Tier::Pro, from, to)
    };
    let mut life = life()[..4].to_vec();
    let steps = [
        ("02-01T00:00", paused("01-15T00:00", "02-15T00:00")),
        ("02-15T00:00", paused("02-15T00:00", "03-15T00:00")),
        ("03-01T00:00", period(Status::Active, Tier::Pro, "02-15T00:00", "03-15T00:00")),
    ];
    for (n, (as_of, snapshot)) in steps.into_iter().enumerate() {
        life.push(Dated { as_of_at: at(as_of), source: format!("evt_p{n}"), snapshot });
    }
    let tier = |when: &str| why(&[life.clone()], &[], RULES, at(when)).tier;
    assert_eq!(tier("02-14T23:59"), Tier::Pro);
    assert_eq!(tier("02-15T00:00"), Tier::Free);
    assert_eq!(tier("02-28T00:00"), Tier::Free);
    assert_eq!(tier("03-01T00:00"), Tier::Pro);
}

#[test]
fn every_instant_has_its_reasons() {
    let lives = [life()];
    let grant = Subscription {
        tier: Tier::Basic,
        status: "active".into(),
        starts_at: at("01-10T00:00"),
        ends_at: None,
    };
    let asked = |when: &str| why(&lives, std::slice::from_ref(&grant), RULES, at(when));
    let during = asked("02-16T00:00");
    assert_eq!(during.tier, Tier::Pro);
    assert!(matches!(&during.because[0], Because::Subscribed { span } if span.reason == Reason::Grace));
    assert!(matches!(during.because[1], Because::Granted { tier: Tier::Basic, .. }));
    let after = asked("05-01T00:00");
    assert_eq!(after.tier, Tier::Basic);
    assert!(matches!(&after.because[1], Because::Nothing { status: Status::Canceled, .. }));
    assert_eq!(why(&lives, &[], RULES, at("01-01T00:00")).tier, Tier::Plus);
    assert!(why(&lives, &[], RULES, at("01-01T00:00") - Duration::days(9)).because.is_empty());
}

#[test]
fn a_price_of_somebody_else_gives_nothing() {
    let mut life = life();
    for dated in &mut life {
        dated.snapshot.tier = None;
    }
    assert!(spans(&life, RULES).is_empty());
}

/// The life in any order, any of it repeated.
fn arrivals() -> impl Strategy<Value = Vec<Dated>> {
    let all = life();
    let repeated = prop::collection::vec(0..all.len(), 0..12);
    repeated.prop_flat_map(move |again| {
        let mut arrived = life();
        arrived.extend(again.into_iter().map(|n| all[n].clone()));
        Just(arrived).prop_shuffle()
    })
}

proptest! {
    #[test]
    fn order_and_repetition_mean_nothing(arrived in arrivals()) {
        let expected = spans(&life(), RULES);
        prop_assert_eq!(spans(&arrived, RULES), expected);
        let whole = life();
        prop_assert_eq!(newest(&arrived).map(|d| &d.snapshot), newest(&whole).map(|d| &d.snapshot));
        for day in 0..120 {
            let when = at("01-01T06:00") + Duration::days(day);
            let (left, right) =
                (why(std::slice::from_ref(&arrived), &[], RULES, when), why(&[life()], &[], RULES, when));
            prop_assert_eq!(left, right);
        }
    }

    #[test]
    fn spans_never_overlap_and_never_outlive_the_end(arrived in arrivals(), known in 1_usize..12) {
        let part: Vec<Dated> = arrived.into_iter().take(known).collect();
        let spans = spans(&part, RULES);
        for pair in spans.windows(2) {
            prop_assert!(pair[0].ends_at <= pair[1].starts_at);
        }
        if part.iter().any(|d| d.snapshot.status == Status::Canceled) {
            prop_assert!(spans.iter().all(|s| s.ends_at <= at("04-15T00:00")));
        }
    }
}
