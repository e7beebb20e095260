//! From slot to slot.

use super::*;
use crate::noise::seen;

const NEWS: &str = "Apple opens a new campus in the south of the city, says the mayor";

fn slot() -> domain::Slot {
    "1970-01-01T06Z".parse().unwrap()
}

/// Through bytes, as the next slot gets it: what is old when this one closes is forgotten.
fn kept(seen: Vec<Seen>) -> Vec<Seen> {
    let mut bytes = Vec::new();
    let oldest = seen::oldest_kept(slot()).timestamp_micros();
    seen.iter().filter(|seen| seen.at > oldest).for_each(|seen| seen.write(&mut bytes));
    let (mut rest, mut kept) = (bytes.as_slice(), Vec::new());
    while !rest.is_empty() {
        kept.push(Seen::read(&mut rest).unwrap());
    }
    kept
}

#[test]
fn repeats_of_an_earlier_slot_name_their_origin() {
    let link = Some("https://news.example/1");
    let article =
        Document { kind: Kind::Article, source: "feeds", link, ..post("a", 2, "A headline of this morning") };
    let before = [post("1", 1, NEWS), article];
    let seen = kept(analysed(&before, &[]).seen().to_vec());
    assert_eq!(seen.len(), 2);
    let near = NEWS.replace("mayor", "governor");
    let documents = [
        post("11", 400, NEWS),
        post("12", 401, &near),
        Document { repost: true, parent: Some("1"), ..post("13", 402, "look") },
        post("14", 403, "something of today"),
        Document {
            kind: Kind::Article,
            source: "other",
            link,
            ..post("b", 404, "The headline, changed at noon")
        },
    ];
    let marks = analysed(&documents, &seen);
    let mark = |row| marks.mark(row).map(|m: Mark| (m.reason, m.origin));
    let (post, article) = (Some(Origin::Key("x/1".into())), Some(Origin::Key("feeds/a".into())));
    assert_eq!(mark(0), Some((Reason::Duplicate, post.clone())));
    assert_eq!(mark(1), Some((Reason::NearDuplicate, post.clone())));
    assert_eq!(mark(2), Some((Reason::Repost, post)));
    assert_eq!(mark(3), None);
    assert_eq!(mark(4), Some((Reason::Duplicate, article)));
    let keys: Vec<String> = marks.seen().iter().map(|seen| seen.key.clone()).collect();
    assert_eq!(keys, ["x/1", "feeds/a", "x/14"], "what is known goes on, the oldest first");
}

#[test]
fn a_day_later_it_is_new_again() {
    let day = 24 * 60 * 60_000_000_i64;
    let mut seen = analysed(&[post("1", 1, NEWS), post("2", 2, "another one")], &[]).seen().to_vec();
    seen[0].at = slot().close_at().timestamp_micros() - day;
    seen[1].at = seen[0].at + 1;
    let kept = kept(seen);
    assert_eq!(kept.iter().map(|seen| seen.key.as_str()).collect::<Vec<_>>(), ["x/2"]);
}

#[test]
fn only_the_newest_go_on() {
    let (ids, texts): (Vec<String>, Vec<String>) =
        (0..3_000).map(|i| (format!("{i:05}"), format!("t{i}"))).collect();
    let documents: Vec<_> =
        ids.iter().zip(&texts).enumerate().map(|(i, (id, t))| post(id, i as i64, t)).collect();
    let old = analysed(&documents[..1_500], &[]).seen().to_vec();
    let seen = analysed(&documents[1_500..], &old).seen().to_vec();
    assert_eq!(seen.len(), seen::MOST);
    assert_eq!((seen[0].key.as_str(), seen[1_999].key.as_str()), ("x/01000", "x/02999"));
}
