use proptest::prelude::*;

use super::*;

fn of(text: &str) -> f64 {
    score(text, None).score
}

#[test]
fn the_sign_is_what_a_reader_says() {
    let good = [
        "$AAPL beats estimates, raises guidance 🚀🚀",
        "Strong quarter. Very bullish here!",
        "not bad at all",
        "Operating loss narrowed to EUR 1 mn",
        "company cut costs and reduced debt",
        "short squeeze incoming",
        "JPMorgan upgrades Tesla to overweight",
        "Net sales totalled EUR 12 mn, compared to EUR 9 mn a year ago",
        "La acción sube con fuerza, excelente trimestre",
        "looked ugly at the open but great finish",
        "$BTC +7% today",
    ];
    let bad = [
        "$AAPL misses estimates, cuts guidance",
        "This is not good",
        "bankrupt by christmas, total scam",
        "loading puts, this will dump",
        "Costs rose again",
        "net loss widened",
        "I don't like this, isn't a great setup",
        "Las ventas caen y la empresa anuncia despidos",
        "great product but terrible management",
        "📉📉📉",
        "$BTC -7% today",
        "The company filed for Chapter 11",
    ];
    for text in good {
        assert!(of(text) > 0.05, "{text}: {}", of(text));
    }
    for text in bad {
        assert!(of(text) < -0.05, "{text}: {}", of(text));
    }
    for text in
        ["", "   ", "The board meets on Tuesday", "https://good.example/great", "@winner $BEST", "123"]
    {
        assert_eq!(of(text), 0.0, "{text}");
    }
}

#[test]
fn emphasis_and_boosters_only_strengthen() {
    let plain = of("this is good");
    for stronger in ["this is good!!!", "this is very good", "this is GOOD"] {
        assert!(of(stronger) > plain, "{stronger}");
    }
    assert!(of("this is slightly good") < plain);
    assert_eq!(of("THIS IS GOOD"), plain, "when all is shouted nothing is");
}

#[test]
fn a_phrase_is_explained_as_a_whole() {
    let text = "this goes to the moon";
    let words: Vec<&str> = score(text, None).contributions.into_iter().map(|c| &text[c.span]).collect();
    assert_eq!(words, ["to the moon"]);
    assert!(score("nothing", None).negative.is_sign_positive());
}

#[test]
fn language_decides_between_lexica() {
    assert!(score("gana", Some("es")).score > 0.0);
    assert_eq!(score("gana", Some("en")).score, 0.0);
}

#[test]
fn no_text_takes_long() {
    for unit in ["but ", "not very good ", "!?", "🚀", "short ", "a'", "$", "1,"] {
        let text = unit.repeat(200_000);
        let started = std::time::Instant::now();
        let scored = score(&text, None);
        assert!(started.elapsed().as_secs_f64() < 1.0 && scored.score.is_finite(), "{unit}");
    }
}

proptest! {
    #[test]
    fn all_figures_keep_their_ranges(text in "\\PC{0,200}", lang in prop::option::of("(en|es|fr)")) {
        let s = score(&text, lang.as_deref());
        prop_assert!((-1.0..=1.0).contains(&s.score) && (0.0..=1.0).contains(&s.confidence));
        let shares = s.negative + s.neutral + s.positive;
        prop_assert!(shares == 0.0 || (shares - 1.0).abs() < 1e-9, "shares sum to {}", shares);
        let explained: f64 = s.contributions.iter().map(|c| c.valence).sum::<f64>() + s.emphasis;
        prop_assert!((explained - s.sum).abs() < 1e-9);
        for c in &s.contributions {
            prop_assert!(text.get(c.span.clone()).is_some());
        }
    }

    #[test]
    fn words_of_the_trade_in_any_order_never_panic(words in prop::collection::vec(
        prop::sample::select(vec!["loss", "narrowed", "not", "very", "but", "5%", "+3%", "from", "profit", "12", "mn", "🚀",
            "GOOD", "bad", ".", "!", "$X", "short", "squeeze", "don’t", "más", "é"]), 0..60)) {
        let s = score(&words.join(" "), None);
        prop_assert!(s.score.is_finite());
    }
}
