#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn documents<'a>(texts: &[&'a str]) -> Vec<Document<'a>> {
    let document = |(i, text): (usize, &&'a str)| Document {
        key: format!("x/{i}"),
        text,
        repost: false,
        parent: None,
        link: None,
        about: Vec::new(),
    };
    texts.iter().enumerate().map(document).collect()
}

fn marks(texts: &[&str]) -> Vec<Noise> {
    mark(&documents(texts))
}

#[test]
fn marks_the_same_words() {
    let noise = marks(&[
        "Huge news for $AAPL today! http://t.co/abc",
        "huge news for $AAPL today http://t.co/xyz",
        "something else entirely about the weather",
        "Huge news for $AAPL today!",
    ]);
    assert_eq!(noise, [None, Some((Mark::Duplicate, Some(0))), None, Some((Mark::Duplicate, Some(0)))]);
}

#[test]
fn marks_nearly_the_same_words() {
    let first = "Our alert on $AAPL gained over 340% for all of our happy members in only seven short months";
    let second = "Our alert on $AAPL gained over 512% for all of our happy members in only seven short weeks";
    let other =
        "Our alert on $AAPL says nothing about members, months or anything that resembles the first text";
    assert_eq!(marks(&[first, second, other]), [None, Some((Mark::NearDuplicate, Some(0))), None]);
}

#[test]
fn spares_short_texts_and_other_assets() {
    assert_eq!(marks(&["gm to all", "gm to you"]), [None, None]);
    let (one, two): (Symbol, Symbol) = ("AAPL".parse().unwrap(), "TSLA".parse().unwrap());
    let texts = [
        "AAPL beats the estimates of all analysts and raises its outlook for the whole year",
        "TSLA beats the estimates of all analysts and raises its outlook for the whole year",
    ];
    let mut list = documents(&texts);
    list[0].about = vec![&one];
    list[1].about = vec![&two];
    assert_eq!(mark(&list), [None, None]);
    list[1].about = vec![&one, &two];
    assert_eq!(mark(&list)[1], Some((Mark::NearDuplicate, Some(0))));
}

#[test]
fn reposts_point_to_what_was_written() {
    let noise = marks(&[
        "RT @someone: Apple opens a new campus in the south of the city",
        "Apple opens a new campus in the south of the city",
        "RT @nobody: never seen before in this slot at all",
        "RT @nobody: never seen before in this slot at all",
    ]);
    assert_eq!(noise[0], Some((Mark::Repost, Some(1))));
    assert_eq!(noise[1], None);
    assert_eq!(noise[2], Some((Mark::Repost, None)));
    assert_eq!(noise[3], Some((Mark::Repost, Some(2))));
}

#[test]
fn a_parent_in_the_slot_is_the_origin() {
    let mut list = documents(&["first words of all", "what is this about", "first words of all"]);
    list[1].repost = true;
    list[1].parent = Some("x/2".to_owned());
    assert_eq!(mark(&list)[1], Some((Mark::Repost, Some(0))));
}

#[test]
fn the_same_link_is_the_same_article() {
    let mut list = documents(&["One headline", "Another headline of the same story"]);
    list[0].link = Some("https://news.example/1");
    list[1].link = Some("https://news.example/1");
    assert_eq!(mark(&list)[1], Some((Mark::Duplicate, Some(0))));
}

#[test]
fn the_work_grows_linearly() {
    // 20,000 copies of one template: quadratic work would take minutes.
    let texts: Vec<String> =
        (0..20_000).map(|i| format!("buy this great stock number {i} now before it is too late")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let noise = marks(&texts);
    assert!(noise[1..].iter().all(Option::is_some));
}

proptest! {
    #[test]
    fn origins_are_unmarked_or_reposts(texts in prop::collection::vec("(RT @a: )?[ab]( [abc]){0,8}", 0..40)) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let noise = marks(&texts);
        for (_, first) in noise.iter().flatten() {
            if let Some(first) = first {
                prop_assert!(noise[*first].is_none_or(|(mark, origin)| mark == Mark::Repost && origin.is_none()));
            }
        }
    }

    #[test]
    fn any_text_will_do(texts in prop::collection::vec(any::<String>(), 0..20)) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        prop_assert_eq!(marks(&texts).len(), texts.len());
    }
}
