//! Slot after slot: late arrivals, gaps, backfills.

use collector::settings::Settings;
use domain::{Key, Outcome, SourceId};

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

#[tokio::test(flavor = "multi_thread")]
async fn what_a_slot_took_in_part_the_next_one_does_not_take_again_and_what_it_missed_it_does() {
    let (fake, base) = Fake::start().await;
    let (other, elsewhere) = Fake::start().await;
    let settings = |second: &str| {
        let feed = |outlet: &str, base: &str| serde_json::json!({"outlet": outlet, "url": format!("{base}/feeds/{outlet}.xml")});
        let all = serde_json::json!({"feeds": [feed("one", &base), feed("two", second)], "limits": {"tries": 1, "rounds": 1}});
        Settings::parse(&all.to_string(), true, |_| None).unwrap()
    };
    let lake = TestLake::new().await;
    let article = |id: &str, when: &str| (id.to_owned(), "news".to_owned(), at(when));
    for feed in [&fake, &other] {
        feed.articles.lock().unwrap().push(article("g90", "2026-11-20T23:00:00Z"));
    }
    run(&lake, "2026-11-21T00Z", &settings(&elsewhere)).await;
    fake.articles.lock().unwrap().push(article("g60", "2026-11-21T05:00:00Z"));
    other.articles.lock().unwrap().push(article("g61", "2026-11-21T05:10:00Z"));
    assert_eq!(run(&lake, FIRST, &settings("http://127.0.0.1:9")).await.0, Outcome::Partial);
    let first = lake.ids(slot(FIRST)).await;
    assert!(first.contains(&"one:g60".to_owned()), "{first:?}");

    assert_eq!(run(&lake, SECOND, &settings(&elsewhere)).await.0, Outcome::Succeeded);
    let second = lake.ids(slot(SECOND)).await;
    assert!(second.contains(&"two:g61".to_owned()), "{second:?}");
    assert!(first.iter().all(|id| !second.contains(id)), "twice: {first:?} and {second:?}");

    assert_eq!(run(&lake, FIRST, &settings(&elsewhere)).await.0, Outcome::Succeeded);
    assert_eq!(lake.ids(slot(FIRST)).await, first, "what the second one made up for stays there");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_without_moving_the_cursor_is_not_taken_again() {
    let (fake, base) = Fake::start().await;
    let lake = TestLake::new().await;
    fake.articles.lock().unwrap().push(("g90".to_owned(), "of old".to_owned(), at("2026-11-20T23:00:00Z")));
    run(&lake, "2026-11-21T00Z", &settings(&base)).await;
    let cursor = Key::State { source: SourceId::new("feeds") }.to_string();
    let before = lake.lake.get(&cursor).await.unwrap().unwrap().bytes;
    fake.articles.lock().unwrap().push(("g60".to_owned(), "news".to_owned(), at("2026-11-21T05:00:00Z")));
    run(&lake, FIRST, &settings(&base)).await;
    // The disk was full between the slot's manifest and the cursor, until all attempts were used up.
    lake.lake.put(&cursor, before).await.unwrap();
    run(&lake, SECOND, &settings(&base)).await;
    let (first, second) = (lake.ids(slot(FIRST)).await, lake.ids(slot(SECOND)).await);
    assert!(first.contains(&"one:g60".to_owned()), "{first:?}");
    assert!(first.iter().all(|id| !second.contains(id)), "twice: {first:?} and {second:?}");
}
