//! The same documents give the same marks, whatever order they lay in.

use proptest::prelude::*;

use super::*;

fn canonical<'a>(documents: &[Document<'a>]) -> Vec<Document<'a>> {
    let mut sorted = documents.to_vec();
    sorted.sort_by_key(|d| (d.kind, d.at, d.source, d.id));
    sorted
}

/// Made of few words, so that much is repeated.
fn any_text() -> impl Strategy<Value = String> {
    "(RT @a: )?(buy|sell|hold) ([ab] ){0,3}(now|later)?( for (all|most) of us( here)?)?"
}

type Made = (String, i64, u8, Option<u8>, bool, bool);

fn any_documents() -> impl Strategy<Value = Vec<Made>> {
    let one = (any_text(), 0..30_i64, 0..6_u8, prop::option::of(0..40_u8), any::<bool>(), any::<bool>());
    prop::collection::vec(one, 0..60)
}

fn documents<'a>(made: &'a [Made], names: &'a [String]) -> Vec<Document<'a>> {
    let one = |(i, (text, minute, author, parent, repost, small)): (usize, &'a Made)| Document {
        kind: if i % 7 == 0 { Kind::Article } else { Kind::Post },
        repost: *repost && parent.is_some(),
        parent: parent.map(|parent| names[usize::from(parent)].as_str()),
        author: Some(&names[usize::from(*author)]),
        followers: Some(if *small { 3 } else { 30_000 }),
        ..post(&names[i], *minute, text)
    };
    made.iter().enumerate().map(one).collect()
}

fn names() -> Vec<String> {
    (0..100).map(|i| format!("{i:03}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn order_of_insertion_does_not_matter(made in any_documents(), turn in 0..60_usize) {
        let names = names();
        let one = documents(&made, &names);
        let mut other = one.clone();
        other.rotate_left(turn % one.len().max(1));
        other.reverse();
        let (one, other) = (canonical(&one), canonical(&other));
        prop_assert_eq!(marks(&one), marks(&other));
        prop_assert_eq!(analysed(&one, &[]).seen().to_vec(), analysed(&other, &[]).seen().to_vec());
    }

    #[test]
    fn origins_repeat_nothing_themselves(made in any_documents()) {
        let names = names();
        let sorted = canonical(&documents(&made, &names));
        let noise = marks(&sorted);
        for (row, mark) in noise.iter().enumerate() {
            let Some((reason, origin)) = mark else { continue };
            match origin {
                Some(origin) => {
                    prop_assert!(*origin != row);
                    prop_assert!(noise[*origin].is_none_or(|(_, origin)| origin.is_none()));
                }
                None => prop_assert!(!matches!(reason, Reason::Duplicate | Reason::NearDuplicate)),
            }
        }
        let seen = analysed(&sorted, &[]).seen().to_vec();
        prop_assert!(seen.windows(2).all(|pair| (pair[0].at, &pair[0].key) < (pair[1].at, &pair[1].key)));
    }

    /// In two slots as in one: who repeats the words of the first slot is known for it in the second.
    #[test]
    fn two_slots_know_what_one_knows(made in any_documents(), cut in 0..60_usize) {
        let names = names();
        let mut all = documents(&made, &names);
        all.iter_mut().for_each(|d| (d.kind, d.followers) = (Kind::Post, Some(30_000)));
        let sorted = canonical(&all);
        let (before, after) = sorted.split_at(cut.min(sorted.len()));
        let seen = analysed(before, &[]).seen().to_vec();
        let marks = analysed(after, &seen);
        for (row, document) in after.iter().enumerate() {
            let words = Print::of(document).words;
            if words != 0 && seen.iter().any(|seen| seen.print.words == words) {
                prop_assert!(marks.mark(row).is_some(), "{:?}", document);
            }
        }
    }
}
