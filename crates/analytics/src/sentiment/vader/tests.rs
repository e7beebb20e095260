use proptest::prelude::*;

use super::*;

fn figures(text: &str) -> [f64; 4] {
    let f = Scorer::new().score(text);
    [f.negative, f.neutral, f.positive, f.compound]
}

/// Values of `SentimentIntensityAnalyzer().polarity_scores(text)` of vaderSentiment 3.3.2 on Python 3.11.
#[test]
fn figures_are_those_of_the_authors_program() {
    let reference = [
        ("", [0.0, 0.0, 0.0, 0.0]),
        ("   ", [0.0, 0.0, 0.0, 0.0]),
        ("The board meets on Tuesday", [0.0, 1.0, 0.0, 0.0]),
        ("Great quarter!!!", [0.0, 0.167, 0.833, 0.7163]),
        ("not good but bad but good", [0.138, 0.243, 0.619, 0.7859]),
        ("good good good but good great bad", [0.225, 0.047, 0.727, 0.8625]),
        ("NOT great at all, really??", [0.477, 0.523, 0.0, -0.5653]),
        ("no profit or gain", [0.722, 0.278, 0.0, -0.6348]),
        ("kind of good news", [0.0, 0.508, 0.492, 0.4404]),
        ("This is sort of a bad deal", [0.387, 0.613, 0.0, -0.5849]),
        ("never so happy with this", [0.0, 0.458, 0.542, 0.6948]),
        ("without a doubt the best", [0.0, 0.322, 0.678, 0.7438]),
        ("at least it is great", [0.0, 0.494, 0.506, 0.6249]),
        ("least happy outcome", [0.6, 0.4, 0.0, -0.4585]),
        ("1 2 3 the bomb", [0.0, 0.5, 0.5, 0.6124]),
        ("they gave it the kiss of death", [0.5, 0.5, 0.0, -0.6124]),
        ("this food is to die for ok", [0.302, 0.388, 0.31, 0.0258]),
        ("\u{1f600}great", [0.0, 0.286, 0.714, 0.3612]),
        ("great \u{1f600}\u{1f600} but \u{1f4c9}", [0.0, 0.452, 0.548, 0.6187]),
        ("GOOD\u{1c}bad", [0.491, 0.0, 0.509, 0.0343]),
        ("\u{fb00} GREAT ok", [0.0, 0.124, 0.876, 0.7925]),
        ("\u{130} good", [0.0, 0.256, 0.744, 0.4404]),
        ("don\u{2019}t like it", [0.0, 0.444, 0.556, 0.3612]),
        ("I don't like it", [0.413, 0.587, 0.0, -0.2755]),
        (":p :P D: :)", [0.0, 0.0, 1.0, 0.8647]),
        ("heart hearts", [0.0, 0.0, 1.0, 0.8591]),
        ("Very VERY good", [0.0, 0.322, 0.678, 0.6375]),
        ("hardly any losses", [0.548, 0.452, 0.0, -0.3446]),
        ("won't fail", [0.0, 0.26, 0.74, 0.431]),
        ("seldom profitable success", [0.844, 0.156, 0.0, -0.6602]),
        ("good?! bad?? ???", [0.549, 0.116, 0.335, -0.4314]),
        ("EVERY WORD IS GREAT", [0.0, 0.423, 0.577, 0.6249]),
    ];
    for (text, wanted) in reference {
        assert_eq!(figures(text), wanted, "{text:?}");
    }
}

#[test]
fn words_and_emphasis_explain_the_sum() {
    let text = "Great 😀 quarter, but a TERRIBLE outlook!!";
    let explained = Scorer::new().explain(text);
    let words: Vec<&str> = explained.words.iter().map(|(span, _)| &text[span.clone()]).collect();
    assert_eq!(words, ["Great", "😀", "TERRIBLE"]);
    let sum: f64 = explained.words.iter().map(|w| w.1).sum::<f64>() + explained.emphasis;
    assert!((sum - explained.sum).abs() < 1e-12 && explained.emphasis < 0.0);
    let emoji = "so 😍 now";
    let span = Scorer::new().explain(emoji).words[0].0.clone();
    assert_eq!(&emoji[span], "😍");
}

#[test]
fn a_megabyte_takes_no_longer_than_a_megabyte_of_short_texts() {
    for unit in ["but good ", "not very good but ", "good bad great but awful ", "!?", "😀", "a'b", "é "] {
        let text = unit.repeat(1_000_000 / unit.len());
        let started = std::time::Instant::now();
        let f = Scorer::new().score(&text);
        // Two seconds without optimisation, on a busy machine; a quadratic search would take hours.
        assert!(started.elapsed().as_secs_f64() < 20.0 && f.compound.abs() <= 1.0, "{unit}");
    }
}

/// The contrast of "but" as the Python program words it: the first of equal valences is looked for each time.
fn contrast_by_search(but: usize, mut valences: Vec<f64>) -> Vec<f64> {
    for turn in 0..valences.len() {
        let value = valences[turn];
        let first = valences.iter().position(|v| *v == value).unwrap_or(turn);
        if first < but {
            valences[first] = value * 0.5;
        } else if first > but {
            valences[first] = value * 1.5;
        }
    }
    valences
}

proptest! {
    #[test]
    fn any_text_has_figures_in_range(text in "\\PC{0,200}") {
        let f = Scorer::new().score(&text);
        let sum = f.negative + f.neutral + f.positive;
        prop_assert!(sum == 0.0 || (sum - 1.0).abs() < 0.002);
        prop_assert!((-1.0..=1.0).contains(&f.compound));
        for (span, _) in Scorer::new().explain(&text).words {
            prop_assert!(text.get(span).is_some());
        }
    }

    #[test]
    fn contrast_is_what_the_search_finds(
        words in prop::collection::vec(prop::sample::select(vec!["good", "bad", "but", "great", "nice", "x", "😍"]), 1..40)
    ) {
        let text = words.join(" ");
        let mut scorer = Scorer::new();
        scorer.score(&text);
        let mut valences = Vec::new();
        rules::valences(&scorer.tokens, &mut valences);
        if let Some(but) = scorer.tokens.iter().position(|t| t.word.part == dictionary::Part::But) {
            valences = contrast_by_search(but, valences);
        }
        prop_assert_eq!(valences, scorer.valences);
    }
}
