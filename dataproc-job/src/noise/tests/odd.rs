//! Texts that are no sentences.

use proptest::prelude::*;

use super::*;

#[test]
fn texts_without_words() {
    assert_eq!(marks_of(&["", " \n", ""]), [None, None, None], "nothing repeats nothing");
    let rockets = marks_of(&["🚀🚀🚀", "🚀🚀🚀", "🚀🚀", "👨‍👩‍👧", "👨👩👧"]);
    assert_eq!(rockets[1], Some((Reason::Duplicate, Some(0))));
    assert_eq!(rockets[2], None);
    let links = marks_of(&["http://t.co/1", "http://t.co/2", "http://t.co/1 "]);
    assert_eq!(links, [None, None, Some((Reason::Duplicate, Some(0)))]);
    assert_eq!(marks_of(&["RT", "rt", "rt rt"]).iter().flatten().count(), 2);
    assert_eq!(marks_of(&["...", "!!!", "@a", "@b"]), [None; 4]);
}

#[test]
fn invisible_characters_hide_nothing() {
    let plain = "buy $GME now before it is too late for all of us";
    let hidden: String = plain.chars().flat_map(|c| [c, '\u{200b}']).collect();
    let marked = "\u{202e}buy $GME now\u{a0}before it is too late for\u{2003}all of us\u{202c}";
    let wide = "ｂｕｙ $GME now before it is too late for all of us";
    let noise = marks_of(&[plain, &hidden, marked, wide]);
    assert!(noise[1..].iter().all(|mark| *mark == Some((Reason::Duplicate, Some(0)))), "{noise:?}");
}

#[test]
fn right_to_left_and_without_spaces() {
    let noise = marks_of(&[
        "סהם אפל עולה היום",
        "סהם אפל עולה היום!",
        "苹果公司今天上涨了",
        "苹果公司今天上涨了",
        "苹果公司今天下跌了",
    ]);
    let again = |n| Some((Reason::Duplicate, Some(n)));
    assert_eq!(noise, [None, again(0), None, again(2), None]);
}

#[test]
fn a_megabyte() {
    let text = "all work and no play makes the stock go up and down ".repeat(20_000);
    let longer = format!("{text} at last");
    let noise = marks_of(&[&text, &text, &longer, "a short one"]);
    assert_eq!(noise[1], Some((Reason::Duplicate, Some(0))));
    assert_eq!(
        noise[2],
        Some((Reason::NearDuplicate, Some(0))),
        "long texts are compared by their beginnings"
    );
    let one_word = "x".repeat(1_000_000);
    assert_eq!(marks_of(&[&one_word, &one_word])[1], Some((Reason::Duplicate, Some(0))));
}

#[test]
fn a_print_is_small() {
    assert!(size_of::<Print>() <= 100, "{} bytes", size_of::<Print>());
}

proptest! {
    #[test]
    fn any_text_will_do(texts in prop::collection::vec(any::<String>(), 0..20)) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        prop_assert_eq!(marks_of(&texts).len(), texts.len());
    }

    #[test]
    fn case_and_punctuation_change_nothing(words in prop::collection::vec("[a-z]{1,12}[0-9]{0,9}", 1..30)) {
        let plain = words.join(" ");
        let loud = format!("\"{}!\" https://t.example/{}", words.join("  ").to_uppercase(), words.len());
        prop_assume!(words[0] != "rt");
        prop_assert_eq!(marks_of(&[&plain, &loud])[1], Some((Reason::Duplicate, Some(0))));
    }
}
