#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;

use chrono::Duration;
use proptest::prelude::*;

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000 + seconds, 0).unwrap()
}

fn run() -> Run {
    Run::new("2026-11-21T06Z".parse().unwrap())
}

fn finished(stage: Stage, attempt: u32, outcome: Outcome) -> Event {
    Event::Finished { stage, attempt, outcome, message: String::new() }
}

#[test]
fn goes_through_all_stages() {
    let (mut run, limits) = (run(), Limits::default());
    let mut effects = run.apply(&Event::SlotDue { repeat: false }, at(0), &limits).effects;
    for (n, stage) in Stage::ALL.into_iter().enumerate() {
        assert_eq!(run.status(), RunStatus::Running);
        assert_eq!(effects.last(), Some(&Effect::Start { stage, attempt: 1 }));
        run.apply(&Event::Heartbeat { stage, attempt: 1 }, at(n as i64), &limits);
        assert_eq!(run.stage(stage).state, StageState::Running);
        effects = run.apply(&finished(stage, 1, Outcome::Succeeded), at(n as i64), &limits).effects;
        assert_eq!(effects[0], Effect::Stop { stage, attempt: 1 });
    }
    assert_eq!(run.status(), RunStatus::Succeeded);
    assert_eq!(run.apply(&Event::SlotDue { repeat: true }, at(9), &limits), Applied::default());
}

#[test]
fn a_silent_attempt_is_retried_then_fails_and_a_repeat_starts_there() {
    let (mut run, limits) = (run(), Limits::default());
    run.apply(&Event::SlotDue { repeat: false }, at(0), &limits);
    run.apply(&finished(Stage::Collect, 1, Outcome::Succeeded), at(1), &limits);
    for attempt in 1..=3 {
        assert_eq!(run.stage(Stage::Split).attempt, attempt);
        let applied = run.apply(&Event::Tick, at(1 + 181 * i64::from(attempt)), &limits);
        assert_eq!(applied.effects[0], Effect::Stop { stage: Stage::Split, attempt });
    }
    assert_eq!(run.status(), RunStatus::Failed);
    assert_eq!(run.stage(Stage::Publish).state, StageState::Skipped);
    let applied = run.apply(&Event::SlotDue { repeat: true }, at(9000), &limits);
    assert_eq!(applied.effects, [Effect::Start { stage: Stage::Split, attempt: 4 }]);
    assert_eq!(run.stage(Stage::Collect).state, StageState::Succeeded);
}

#[test]
fn further_attempts_wait_longer_and_longer_and_not_for_ever() {
    let limits = Limits { max_attempts: 9, pause: Duration::seconds(30), ..Limits::default() };
    let mut run = run();
    run.apply(&Event::SlotDue { repeat: false }, at(0), &limits);
    let mut pauses = Vec::new();
    for repetition in 0..2 {
        for n in 1..=9 {
            let stage = run.stage(Stage::Collect).clone();
            pauses.push(limits.pause_before(run.slot, &stage));
            assert_eq!(stage.attempt, repetition * 9 + n);
            let lost = Event::Lost { stage: Stage::Collect, attempt: stage.attempt, message: String::new() };
            run.apply(&lost, at(0), &limits);
        }
        run.apply(&Event::SlotDue { repeat: true }, at(0), &limits);
    }
    assert_eq!((pauses[0], pauses[9]), (Duration::zero(), Duration::zero()), "the first of a repetition");
    for (n, least) in [30, 60, 120, 240, 240, 240, 240, 240].into_iter().enumerate() {
        let (least, most) = (Duration::seconds(least), Duration::seconds(least * 5 / 4));
        assert!((least..=most).contains(&pauses[n + 1]), "{n}: {}", pauses[n + 1]);
    }
    // What a slot has until it is late, less than a tenth of it for each stage.
    let usual = Limits { pause: Duration::seconds(30), ..Limits::default() };
    assert!(usual.pause * 3 * 5 / 4 < Duration::minutes(9));
}

#[test]
fn an_attempt_that_waits_its_turn_is_not_silent() {
    let (mut run, limits) = (run(), Limits::default());
    run.apply(&Event::SlotDue { repeat: false }, at(0), &limits);
    run.apply(&Event::Waiting { stage: Stage::Collect, attempt: 1 }, at(170), &limits);
    run.apply(&Event::Tick, at(340), &limits);
    assert_eq!(
        (run.stage(Stage::Collect).attempt, run.stage(Stage::Collect).state),
        (1, StageState::Starting)
    );
}

#[test]
fn a_late_word_of_an_older_attempt_changes_nothing() {
    let (mut run, limits) = (run(), Limits::default());
    run.apply(&Event::SlotDue { repeat: false }, at(0), &limits);
    run.apply(&finished(Stage::Collect, 1, Outcome::Failed), at(1), &limits);
    let before = run.clone();
    assert_eq!(
        run.apply(&finished(Stage::Collect, 1, Outcome::Succeeded), at(2), &limits),
        Applied::default()
    );
    assert_eq!(run, before);
}

#[test]
fn an_operator_skips_cancels_and_does_again() {
    let (mut run, limits) = (run(), Limits::default());
    let by = || "ana: feed is down".to_owned();
    run.apply(&Event::SlotDue { repeat: false }, at(0), &limits);
    let skipped = run.apply(&Event::Skip { stage: Some(Stage::Collect), message: by() }, at(1), &limits);
    let (stop, start) = (
        Effect::Stop { stage: Stage::Collect, attempt: 1 },
        Effect::Start { stage: Stage::Split, attempt: 1 },
    );
    assert_eq!(skipped.effects, [stop, start]);
    run.apply(&Event::Skip { stage: Some(Stage::Predict), message: by() }, at(2), &limits);
    let done = run.apply(&finished(Stage::Split, 1, Outcome::Succeeded), at(3), &limits);
    assert_eq!(done.effects[1], Effect::Start { stage: Stage::Publish, attempt: 1 });
    let cancelled = run.apply(&Event::Cancel { message: by() }, at(4), &limits);
    assert_eq!(cancelled.effects, [Effect::Stop { stage: Stage::Publish, attempt: 1 }]);
    assert_eq!(
        (run.status(), run.stage(Stage::Publish).message.as_str()),
        (RunStatus::Failed, "ana: feed is down")
    );
    let again = run.apply(&Event::Redo { stage: Stage::Predict, message: by() }, at(5), &limits);
    assert_eq!(again.effects, [Effect::Start { stage: Stage::Predict, attempt: 1 }]);
    let busy = run.apply(&Event::Redo { stage: Stage::Split, message: by() }, at(6), &limits);
    assert_eq!(busy, Applied::default(), "a stage behind it is at work");
}

#[test]
fn a_slot_that_was_skipped_whole_does_not_begin() {
    let (mut run, limits) = (run(), Limits::default());
    run.apply(&Event::Skip { stage: None, message: "ana: exchange holiday".into() }, at(0), &limits);
    assert_eq!(run.apply(&Event::SlotDue { repeat: false }, at(1), &limits), Applied::default());
    assert_eq!(run.status(), RunStatus::Partial);
}

fn any_event() -> impl Strategy<Value = Event> {
    let stage = prop::sample::select(Stage::ALL.to_vec());
    let outcome = prop::sample::select(vec![Outcome::Succeeded, Outcome::Partial, Outcome::Failed]);
    prop_oneof![
        any::<bool>().prop_map(|repeat| Event::SlotDue { repeat }),
        (stage.clone(), 0u32..6).prop_map(|(stage, attempt)| Event::Heartbeat { stage, attempt }),
        (stage.clone(), 0u32..6, outcome)
            .prop_map(|(stage, attempt, outcome)| finished(stage, attempt, outcome)),
        stage.clone().prop_map(|stage| Event::Redo { stage, message: "ana: again".into() }),
        prop::option::of(stage.clone())
            .prop_map(|stage| Event::Skip { stage, message: "ana: not needed".into() }),
        Just(Event::Cancel { message: "ana: stop".into() }),
        (stage, 0u32..6).prop_map(|(stage, attempt)| Event::Lost { stage, attempt, message: "gone".into() }),
        Just(Event::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Any events in any order: the state stays legal, each attempt is started once, stopped at most once and only after its start.
    #[test]
    fn stays_legal_and_does_each_thing_once(events in prop::collection::vec((any_event(), 0i64..400), 0..60)) {
        let (mut run, limits) = (run(), Limits::default());
        let (mut now, mut starts, mut stops) = (0, BTreeMap::new(), BTreeMap::new());
        for (event, step) in events {
            now += step;
            let applied = run.apply(&event, at(now), &limits);
            for effect in &applied.effects {
                match *effect {
                    Effect::Start { stage, attempt } => *starts.entry((stage, attempt)).or_insert(0) += 1,
                    Effect::Stop { stage, attempt } => {
                        prop_assert!(starts.contains_key(&(stage, attempt)), "stopped before it was started");
                        *stops.entry((stage, attempt)).or_insert(0) += 1;
                    }
                }
            }
            for pair in applied.transitions.windows(2) {
                prop_assert!(pair[0].stage != pair[1].stage || pair[0].to == pair[1].from);
            }
            prop_assert_eq!(run.illegality(), None);
            let again = run.clone().apply(&event, at(now), &limits);
            if !matches!(event, Event::SlotDue { repeat: true } | Event::Tick | Event::Cancel { .. }) {
                prop_assert!(again.effects.is_empty(), "the same message twice did something: {:?}", again);
            }
        }
        prop_assert!(starts.values().chain(stops.values()).all(|n| *n == 1));
        if run.status() != RunStatus::Running {
            prop_assert_eq!(starts.len(), stops.len(), "an attempt was left running");
        }
    }

    /// Each stage's messages duplicated and shuffled, with some lost: ticks bring the run to an end all the same.
    #[test]
    fn always_comes_to_an_end(losses in prop::collection::vec(any::<bool>(), 0..40)) {
        let (mut run, limits) = (run(), Limits::default());
        let mut now = 0;
        let mut lost = losses.into_iter();
        run.apply(&Event::SlotDue { repeat: false }, at(now), &limits);
        for _ in 0..100 {
            let Some(active) = run.stages.iter().find(|s| s.state.is_active()).cloned() else { break };
            if lost.next() != Some(true) {
                run.apply(&finished(active.stage, active.attempt, Outcome::Succeeded), at(now), &limits);
            }
            now += 200;
            run.apply(&Event::Tick, at(now), &limits);
        }
        prop_assert!(run.status() != RunStatus::Running);
    }
}
