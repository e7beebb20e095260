//! The sentiment of texts: by lexicon beside Python's vaderSentiment, and by the n-gram model.

use std::hint::black_box;

use analytics::ngram::Class;
use analytics::ngram::features::Features;
use analytics::ngram::fit::{Example, Options, fit};
use analytics::sentiment::vader;

use super::{Figure, Part, Unit, fastest};

/// The part.
pub const PART: Part =
    Part { name: "sentiment", measure, peer: Some(include_str!("../../../bench/ml/sentiment.py")) };

/// Texts of one run; the peer makes the same.
const TEXTS: usize = 10_000;
const WHO: [&str; 6] = ["$AAPL", "Tesla", "$MSFT", "the bank", "Nokia", "$F"];
const DOES: [&str; 8] = [
    "beats estimates and raises its guidance",
    "is a great buy, very bullish!!",
    "plunges after a terrible quarter",
    "cuts 300 jobs, but margins improve",
    "will report results on Thursday",
    "isn't good at all :(",
    "LOVES this market, I hope it stays",
    "warns of weak demand and rising costs",
];
const ENDS: [&str; 5] =
    ["", " according to people familiar with the matter", " lol", " - what do you think?", " #stocks"];

/// Text number `i`: how often each word comes is the same for every one of the lists.
fn text(i: usize) -> String {
    format!("{} {}{} ({i})", WHO[i % WHO.len()], DOES[(i / 6) % DOES.len()], ENDS[(i / 48) % ENDS.len()])
}

fn measure() -> anyhow::Result<Vec<Figure>> {
    let texts: Vec<String> = (0..TEXTS).map(text).collect();
    let per_second = |what: &str, seconds: f64| Figure {
        what: what.to_owned(),
        value: TEXTS as f64 / seconds,
        unit: Unit::PerSecond("texts"),
    };
    let mut scorer = vader::Scorer::new();
    let lexicon = fastest(|| {
        for text in &texts {
            black_box(scorer.score(black_box(text)));
        }
    });
    let house = fastest(|| {
        for text in &texts {
            black_box(analytics::sentiment::score(black_box(text), Some("en")));
        }
    });
    let classes = [Class::Positive, Class::Positive, Class::Negative, Class::Neutral];
    let example = |(i, text): (usize, &String)| Example {
        text: text.clone(),
        class: classes[(i / 6) % classes.len()],
        target: None,
    };
    let examples: Vec<Example> = texts.iter().enumerate().take(2_000).map(example).collect();
    let model = fit("bench", &examples, Options::default())?;
    let mut features = Features::new();
    let ngram = fastest(|| {
        for text in &texts {
            black_box(model.judge(&mut features, black_box(text), None));
        }
    });
    Ok(vec![
        per_second("sentiment, lexicon", lexicon.as_secs_f64()),
        per_second("sentiment, the house's lexicon", house.as_secs_f64()),
        per_second("sentiment, n-grams", ngram.as_secs_f64()),
    ])
}
