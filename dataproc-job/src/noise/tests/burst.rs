//! Coordinated posting.

use super::*;

const TEXT: &str = "$GME is about to explode, do not miss this one, join the group";

/// Posts of one text, a minute apart, by accounts with so many followers.
fn wave<'a>(ids: &'a [String], followers: Option<i64>) -> Vec<Document<'a>> {
    ids.iter().enumerate().map(|(i, id)| Document { followers, ..post(id, i as i64, TEXT) }).collect()
}

fn ids(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("{i:05}")).collect()
}

#[test]
fn many_small_accounts_with_one_text_are_marked_the_first_one_too() {
    let ids = ids(6);
    let noise = marks(&wave(&ids, Some(8)));
    assert_eq!(noise[0], Some((Reason::Coordinated, None)));
    assert!(noise[1..].iter().all(|mark| *mark == Some((Reason::Coordinated, Some(0)))), "{noise:?}");
}

#[test]
fn accounts_with_an_audience_are_only_copied() {
    let ids = ids(9);
    let mut documents = wave(&ids, Some(8));
    documents[0].followers = Some(900_000);
    let noise = marks(&documents);
    assert_eq!(noise[0], None, "who is copied has done nothing");
    assert_eq!(noise[4], Some((Reason::Coordinated, Some(0))));
    let large = marks(&wave(&ids, Some(900_000)));
    assert!(large[1..].iter().all(|mark| *mark == Some((Reason::Duplicate, Some(0)))), "{large:?}");
}

#[test]
fn few_posts_few_accounts_short_texts_slow_ones_and_reposts_are_no_burst() {
    let ids = ids(8);
    let wave = wave(&ids, None);
    let is_burst = |documents: &[Document<'_>]| {
        marks(documents).iter().flatten().any(|(reason, _)| *reason == Reason::Coordinated)
    };
    assert!(is_burst(&wave));
    assert!(!is_burst(&wave[..4]), "four posts");
    let by_two: Vec<_> =
        wave.iter().enumerate().map(|(i, d)| Document { author: Some(["a", "b"][i % 2]), ..*d }).collect();
    assert!(!is_burst(&by_two), "two accounts");
    let nobody: Vec<_> = wave.iter().map(|d| Document { author: None, ..*d }).collect();
    assert!(!is_burst(&nobody), "who knows how many accounts");
    let short: Vec<_> = wave.iter().map(|d| Document { text: "$GME to the moon", ..*d }).collect();
    assert!(!is_burst(&short), "short texts meet by chance");
    let slow: Vec<_> = wave.iter().map(|d| Document { at: d.at * 10, ..*d }).collect();
    assert!(!is_burst(&slow), "ten minutes apart");
    let reposts: Vec<_> = wave.iter().map(|d| Document { repost: true, ..*d }).collect();
    assert!(!is_burst(&reposts), "reposts");
    let articles: Vec<_> = wave.iter().map(|d| Document { kind: Kind::Article, ..*d }).collect();
    assert!(!is_burst(&articles), "articles are syndicated");
}

#[test]
fn a_burst_goes_on_until_it_is_quiet() {
    let ids = ids(12);
    let mut documents = wave(&ids, Some(1));
    documents[8].at += 10 * 60_000_000;
    documents[9].at += 60 * 60_000_000;
    documents[10].at += 61 * 60_000_000;
    documents[11].at += 62 * 60_000_000;
    let noise: Vec<Reason> = marks(&documents).into_iter().flatten().map(|(reason, _)| reason).collect();
    assert_eq!(noise[..9], [Reason::Coordinated; 9]);
    assert_eq!(noise[9..], [Reason::Duplicate; 3]);
}
