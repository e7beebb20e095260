//! Slot after slot: late arrivals, gaps, backfills.

use domain::Outcome;

use crate::fake::{Fake, at};
use crate::kit::{TestLake, run, settings, slot};
use crate::whole::FIRST;

const SECOND: &str = "2026-11-21T12Z";

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_late_is_taken_by_the_next_slot_once() {
    let (fake, base) = Fake::start().await;
    let lake = TestLake::new().await;
    run(&lake, FIRST, &settings(&base)).await;
    fake.posts.lock().unwrap().push(("150".to_owned(), "late".to_owned(), at("2026-11-21T05:45:00Z")));
    fake.posts.lock().unwrap().push(("151".to_owned(), "too late".to_owned(), at("2026-11-21T05:15:00Z")));
    fake.articles.lock().unwrap().push((
        "g50".to_owned(),
        "late news".to_owned(),
        at("2026-11-21T05:50:00Z"),
    ));
    assert_eq!(run(&lake, SECOND, &settings(&base)).await.0, Outcome::Succeeded);
    assert_eq!(
        lake.ids(slot(SECOND)).await,
        ["104", "105", "150", "204", "205", "one:g4", "one:g5", "one:g50"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_was_read_ahead_of_its_slot_is_sent_whole_again() {
    let (fake, base) = Fake::start().await;
    let lake = TestLake::new().await;
    // The feed holds both slots from the start: an entity tag kept now would hide the second one.
    run(&lake, FIRST, &settings(&base)).await;
    run(&lake, SECOND, &settings(&base)).await;
    assert!(lake.ids(slot(SECOND)).await.contains(&"one:g5".to_owned()));
    // From here on nothing new comes, and the feed may say so.
    let third = "2026-11-21T18Z";
    assert_eq!(run(&lake, third, &settings(&base)).await.0, Outcome::Succeeded);
    assert!(lake.ids(slot(third)).await.is_empty());
    let _ = fake;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_takes_its_own_span_and_leaves_the_state_alone() {
    let (fake, base) = Fake::start().await;
    let lake = TestLake::new().await;
    run(&lake, SECOND, &settings(&base)).await;
    fake.posts.lock().unwrap().push((
        "149".to_owned(),
        "the evening before".to_owned(),
        at("2026-11-20T23:50:00Z"),
    ));
    let state = lake.watermark("x").await;
    run(&lake, FIRST, &settings(&base)).await;
    assert_eq!(lake.watermark("x").await, state);
    let ids = lake.ids(slot(FIRST)).await;
    assert!(
        ids.contains(&"103".to_owned())
            && !ids.contains(&"149".to_owned())
            && !ids.contains(&"104".to_owned())
    );
    let second = lake.ids(slot(SECOND)).await;
    assert!(ids.iter().all(|id| !second.contains(id)), "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_is_made_up_for_does_not_take_again_what_a_later_one_took_in_its_stead() {
    let (fake, base) = Fake::start().await;
    let lake = TestLake::new().await;
    fake.articles.lock().unwrap().push(("g0".to_owned(), "of old".to_owned(), at("2026-11-20T23:00:00Z")));
    run(&lake, "2026-11-21T00Z", &settings(&base)).await;
    // The first slot was missed; what feeds still show of it the second one takes as late.
    fake.articles.lock().unwrap().push(("g60".to_owned(), "news".to_owned(), at("2026-11-21T05:00:00Z")));
    run(&lake, SECOND, &settings(&base)).await;
    let second = lake.ids(slot(SECOND)).await;
    assert!(second.contains(&"one:g60".to_owned()), "{second:?}");
    run(&lake, FIRST, &settings(&base)).await;
    let first = lake.ids(slot(FIRST)).await;
    assert!(first.contains(&"103".to_owned()), "{first:?}");
    assert!(first.iter().all(|id| !second.contains(id)), "twice: {first:?} and {second:?}");
}
