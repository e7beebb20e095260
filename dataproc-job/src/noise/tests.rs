//! What the marks say. In `tests/`: how sure they are, and what the rules for bursts and bots let through.
#![allow(clippy::unwrap_used)]

mod account;
mod burst;
mod near;
mod odd;
mod order;
mod slots;

use super::seen::Seen;
use super::*;

/// A post of `x` by an account of its own, a minute after the one before.
pub(super) fn post<'a>(id: &'a str, minute: i64, text: &'a str) -> Document<'a> {
    Document {
        kind: Kind::Post,
        source: "x",
        id,
        at: minute * 60_000_000,
        text,
        link: None,
        repost: false,
        parent: None,
        author: Some(id),
        followers: Some(5_000),
    }
}

pub(super) fn analysed(documents: &[Document<'_>], seen: &[Seen]) -> Marks {
    let mut analysis = Analysis::new(seen.to_vec());
    for document in documents {
        analysis.add(document, &Print::of(document));
    }
    analysis.finish()
}

/// Reason and origin of each document.
pub(super) fn marks(documents: &[Document<'_>]) -> Vec<Option<(Reason, Option<usize>)>> {
    let marks = analysed(documents, &[]);
    let row = |origin| match origin {
        Origin::Row(row) => row,
        Origin::Key(key) => panic!("{key} of nowhere"),
    };
    (0..documents.len()).map(|i| marks.mark(i).map(|m| (m.reason, m.origin.map(row)))).collect()
}

fn marks_of(texts: &[&str]) -> Vec<Option<(Reason, Option<usize>)>> {
    let ids: Vec<String> = (0..texts.len()).map(|i| format!("{i:06}")).collect();
    let documents: Vec<Document<'_>> =
        texts.iter().zip(&ids).enumerate().map(|(i, (text, id))| post(id, i as i64 * 60, text)).collect();
    marks(&documents)
}

#[test]
fn marks_the_same_words() {
    let noise = marks_of(&[
        "Huge news for $AAPL today! http://t.co/abc",
        "huge news for $AAPL today http://t.co/xyz",
        "something else entirely about the weather",
        "“Huge news for $AAPL today!” @someone",
        "Ｈｕｇｅ news for $AA\u{200b}PL today",
    ]);
    let again = Some((Reason::Duplicate, Some(0)));
    assert_eq!(noise, [None, again, None, again, again]);
}

#[test]
fn marks_nearly_the_same_words() {
    let first = "Our alert on $AAPL gained over 340% for all of our happy members in only seven short months";
    let second = "Our alert on $AAPL gained over 512% for all of our happy members in only seven short weeks";
    let other =
        "Our alert on $AAPL says nothing about members, months or anything that resembles the first text";
    assert_eq!(marks_of(&[first, second, other]), [None, Some((Reason::NearDuplicate, Some(0))), None]);
}

#[test]
fn another_number_in_a_short_text_is_another_text() {
    assert_eq!(marks_of(&["gm to all", "gm to you"]), [None, None]);
    assert_eq!(marks_of(&["$AAPL 187", "$AAPL 188"]), [None, None]);
}

#[test]
fn reposts_point_to_what_was_written() {
    let noise = marks_of(&[
        "RT @someone: Apple opens a new campus in the south of the city",
        "Apple opens a new campus in the south of the city",
        "RT @nobody: never seen before in this slot at all",
        "RT @nobody: never seen before in this slot at all",
    ]);
    assert_eq!(noise[0], Some((Reason::Repost, Some(1))));
    assert_eq!(noise[1], None);
    assert_eq!(noise[2], Some((Reason::Repost, None)));
    assert_eq!(noise[3], Some((Reason::Repost, Some(2))));
}

#[test]
fn a_parent_in_the_slot_is_the_origin() {
    let first = post("2", 0, "first words of all");
    let repost = Document { repost: true, parent: Some("3"), ..post("1", 1, "what is this about") };
    let again = post("3", 2, "first words of all");
    let expected = [None, Some((Reason::Repost, Some(0))), Some((Reason::Duplicate, Some(0)))];
    assert_eq!(
        marks(&[first, repost, again]),
        expected,
        "the original may come later, and may repeat something"
    );
    let answer = Document { parent: Some("2"), ..post("4", 3, "an answer is no repost") };
    assert_eq!(marks(&[first, answer]), [None, None]);
}

#[test]
fn the_same_link_is_the_same_article() {
    let link = Some("https://news.example/1");
    let article = |id, text| Document { kind: Kind::Article, link, ..post(id, 1, text) };
    let noise = marks(&[article("a", "One headline"), article("b", "Another headline of the same story")]);
    assert_eq!(noise, [None, Some((Reason::Duplicate, Some(0)))]);
}

#[test]
fn an_article_may_repeat_a_post() {
    let text = "Apple opens a new campus in the south of the city";
    let article = Document { kind: Kind::Article, source: "feeds", ..post("b", 0, text) };
    assert_eq!(marks(&[post("a", 5, text), article])[1], Some((Reason::Duplicate, Some(0))));
}

#[test]
fn a_number_that_there_is_not_has_no_mark() {
    assert_eq!(analysed(&[], &[]).mark(0), None);
}
