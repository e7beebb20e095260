#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// The score of `text` for the asset that stands in it as `name`, beside `other`.
fn about(text: &str, name: &str, other: &str) -> Scored {
    let place = |name: &str| {
        let at = text.find(name).unwrap();
        at..at + name.len()
    };
    score_about(text, None, &place(name), &[place(other)])
}

/// Asserts the signs for two assets of a text.
fn signs(text: &str, of: [(&str, i32); 2]) {
    for (me, other) in [(0, 1), (1, 0)] {
        let scored = about(text, of[me].0, of[other].0);
        let sign = if scored.score > 0.05 { 1 } else { -i32::from(scored.score < -0.05) };
        assert_eq!(sign, of[me].1, "{text} about {}: {scored:?}", of[me].0);
    }
}

#[test]
fn clauses_speak_of_the_asset_that_they_name() {
    signs("Acme soars while Zeta collapses", [("Acme", 1), ("Zeta", -1)]);
    signs("Acme soars. Zeta collapses.", [("Acme", 1), ("Zeta", -1)]);
    signs("$ACME up 3%, $ZETA down 4%", [("$ACME", 1), ("$ZETA", -1)]);
    signs("Acme crushed estimates. Zeta reports tomorrow.", [("Acme", 1), ("Zeta", 0)]);
    signs("Acme, hit by recalls, slumped; Zeta, which beat forecasts, rallied", [("Acme", -1), ("Zeta", 1)]);
    signs("After strong results Acme reports on Monday, Zeta sinks", [("Acme", 1), ("Zeta", -1)]);
    signs("Acme sube con fuerza pero Zeta se hunde", [("Acme", 1), ("Zeta", -1)]);
}

#[test]
fn lists_share_what_is_said() {
    signs("Acme and Zeta both rally", [("Acme", 1), ("Zeta", 1)]);
    signs("Acme, Zeta and Nova tumble", [("Acme", -1), ("Zeta", -1)]);
    signs("Acme y Zeta caen con fuerza", [("Acme", -1), ("Zeta", -1)]);
    signs("Acme is up, Zeta is up. What a great day!", [("Acme", 1), ("Zeta", 1)]);
}

#[test]
fn comparisons_are_good_for_one_and_bad_for_the_other() {
    signs("Acme outperforms Zeta", [("Acme", 1), ("Zeta", -1)]);
    signs("Acme was overtaken by Zeta", [("Acme", -1), ("Zeta", 1)]);
    signs("Acme doesn't outperform Zeta", [("Acme", -1), ("Zeta", 1)]);
    signs("Acme is more profitable than Zeta", [("Acme", 1), ("Zeta", -1)]);
    signs("Acme is less profitable than Zeta", [("Acme", -1), ("Zeta", 1)]);
    signs("Acme takes customers from Zeta", [("Acme", 1), ("Zeta", -1)]);
    signs("I prefer Acme over Zeta", [("Acme", 1), ("Zeta", -1)]);
    signs("Acme supera a Zeta", [("Acme", 1), ("Zeta", -1)]);
    signs("Unlike Acme, Zeta delivers solid growth", [("Acme", -1), ("Zeta", 1)]);
}

#[test]
fn trades_have_an_object() {
    signs("Long $ACME, short $ZETA", [("$ACME", 1), ("$ZETA", -1)]);
    signs("$ACME calls and $ZETA puts", [("$ACME", 1), ("$ZETA", -1)]);
    signs("Sold my $ACME and bought $ZETA", [("$ACME", -1), ("$ZETA", 1)]);
    signs("Switching from Acme to Zeta", [("Acme", -1), ("Zeta", 1)]);
    signs("Swapped my Acme shares for Zeta", [("Acme", -1), ("Zeta", 1)]);
    signs("Vendo Acme y compro Zeta", [("Acme", -1), ("Zeta", 1)]);
    signs("Brokers cut Acme to sell, says Zeta", [("Acme", -1), ("Zeta", 0)]);
}

#[test]
fn with_one_asset_the_whole_text_counts() {
    for text in ["Acme soars. What a great day!", "Nothing about it", "Acme beats Acme"] {
        let whole = super::super::score(text, Some("en"));
        assert_eq!(score_about(text, Some("en"), &(0..4), &[]), whole, "{text}");
        for (start, end) in [(3, 3), (5, 2), (900, 904)] {
            let found = score_about(text, Some("en"), &(start..end), std::slice::from_ref(&(0..4)));
            assert_eq!(found, whole, "{text}");
        }
    }
}

#[test]
fn a_name_says_nothing_and_is_known_again() {
    let text = "Gap and Target report. Gap tumbles, Target wins.";
    signs(text, [("Gap", -1), ("Target", 1)]);
    signs("Acme rallies, then Acme falls hard; Zeta", [("Acme", -1), ("Zeta", 0)]);
}

#[test]
fn words_sum_to_what_is_said_of_the_asset() {
    let text = "Acme soars to a great record!! But Zeta is a terrible mess";
    for (name, other) in [("Acme", "Zeta"), ("Zeta", "Acme")] {
        let scored = about(text, name, other);
        let sum: f64 = scored.contributions.iter().map(|c| c.valence).sum::<f64>() + scored.emphasis;
        assert!((sum - scored.sum).abs() < 1e-12 && scored.sum != 0.0);
    }
    let words = about(text, "Zeta", "Acme").contributions;
    assert!(words.iter().all(|c| c.span.start > text.find("But").unwrap()), "{words:?}");
}

#[test]
fn no_text_takes_long() {
    for unit in ["and $A ", "$A, $B and ", "$A beats $B but ", "from $A to ", "unlike $A, $B. ", ", "] {
        let text = format!("$A {}", unit.repeat(100_000));
        let started = std::time::Instant::now();
        assert!(score_about(&text, None, &(0..2), &[]).score.is_finite());
        assert!(started.elapsed().as_secs_f64() < 2.0, "{unit}");
    }
}

proptest! {
    #[test]
    fn any_text_and_any_place_have_a_score(
        words in prop::collection::vec(prop::sample::select(vec!["$A", "$B", "Zé", "beats", "than", "better", "and", ",", ".",
            "from", "to", "switch", "unlike", "not", "good", "bad", "but", "short", "calls", "5%", "🚀", ":", "\n"]), 0..40),
        target in (0_usize..80, 0_usize..10),
        other in (0_usize..80, 0_usize..10),
    ) {
        let text = words.join(" ");
        let other = other.0..other.0 + other.1;
        let scored = score_about(&text, None, &(target.0..target.0 + target.1), std::slice::from_ref(&other));
        prop_assert!((-1.0..=1.0).contains(&scored.score));
        let sum: f64 = scored.contributions.iter().map(|c| c.valence).sum::<f64>() + scored.emphasis;
        prop_assert!((sum - scored.sum).abs() < 1e-9);
        for c in &scored.contributions {
            prop_assert!(text.get(c.span.clone()).is_some());
        }
    }
}
