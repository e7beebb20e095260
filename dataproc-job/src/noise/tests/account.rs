//! Bots by behaviour.

use super::near::Dice;
use super::*;

/// Posts of one account at these minutes.
fn of_one<'a>(ids: &'a [String], minutes: &[i64], texts: &'a [String]) -> Vec<Document<'a>> {
    let one = |((id, minute), text): ((&'a String, &i64), &'a String)| Document {
        author: Some("one"),
        followers: Some(300),
        ..post(id, *minute, text)
    };
    ids.iter().zip(minutes).zip(texts).map(one).collect()
}

fn ids(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("{i:05}")).collect()
}

fn different(n: usize) -> Vec<String> {
    let mut dice = Dice(3);
    (0..n).map(|_| dice.text(14).join(" ")).collect()
}

fn bots(documents: &[Document<'_>]) -> usize {
    marks(documents).iter().flatten().filter(|(reason, _)| *reason == Reason::Bot).count()
}

#[test]
fn who_says_the_same_again_and_again_is_a_bot() {
    let (ids, minutes) = (ids(12), [0, 1, 5, 30, 31, 40, 77, 78, 90, 130, 131, 160]);
    let texts: Vec<String> = (0..12)
        .map(|i| format!("our alert number {i} on $AAPL gained for all of our members today"))
        .collect();
    let documents = of_one(&ids, &minutes, &texts);
    assert_eq!(bots(&documents), 12, "all of them, the first one too");
    assert_eq!(bots(&documents[..9]), 0, "nine are not many");
}

#[test]
fn who_writes_by_the_clock_is_a_bot() {
    let (ids, texts) = (ids(12), different(12));
    let even: Vec<i64> = (0..12).map(|i| i * 15).collect();
    let documents = of_one(&ids, &even, &texts);
    assert_eq!(bots(&documents), 12);
    let large: Vec<_> = documents.iter().map(|d| Document { followers: Some(80_000), ..*d }).collect();
    assert_eq!(bots(&large), 0, "a newsroom with a schedule");
    let at_once = of_one(&ids, &[7; 12], &texts);
    assert_eq!(bots(&at_once), 0, "a source that dates by the day");
}

#[test]
fn a_busy_person_and_an_agency_are_no_bots() {
    let (ids, texts) = (ids(30), different(30));
    let mut dice = Dice(5);
    let mut minute = 0;
    let uneven: Vec<i64> = (0..30)
        .map(|_| {
            minute += dice.below(20) as i64;
            minute
        })
        .collect();
    assert_eq!(bots(&of_one(&ids, &uneven, &texts)), 0);
}

#[test]
fn copies_of_others_count_as_copies_of_each_other() {
    let (ids, texts) =
        (ids(11), vec!["join the group that called $AAPL before everybody else did".to_owned(); 11]);
    let mut documents = of_one(&ids, &[0, 1, 5, 30, 31, 40, 77, 78, 90, 130, 131], &texts);
    documents[0].author = Some("another");
    assert_eq!(bots(&documents), 10);
    assert_eq!(marks(&documents)[0], None, "what is copied stays");
}
