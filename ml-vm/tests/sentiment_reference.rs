//! The lexicon scorer against Python's vaderSentiment on real texts and odd ones. Needs a Python with that package:
//! `QUARTERDAY_PYTHON` names it, else `python3` is tried. Without it, or without the data, the test says so and passes.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use analytics::random::Stream;
use analytics::sentiment::vader::Scorer;

const SCRIPT: &str = "
import json, sys
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer as Analyzer
analyzer = Analyzer()
for line in sys.stdin:
    figures = analyzer.polarity_scores(json.loads(line))
    print(json.dumps([figures[key] for key in ('neg', 'neu', 'pos', 'compound')]))
";

/// Mixtures of words that rules name, in odd spellings and with odd spaces.
fn odd_texts() -> Vec<String> {
    let words = [
        "good", "bad", "GREAT", "no", "nor", "or", "but", "But", "kind", "of", "least", "at", "very",
        "never", "so", "this", "without", "doubt", "the", "bomb", "to", "die", "for", "isn't", "ISN'T", "😀",
        "😀!", "©", ":)", ":p", ":P", "!", "??", "\"fine\"", "ﬀ", "ǅ", "İ", "ok", "not", "hardly", "VERY",
        "heart", "sort", "Σας", "x\u{1c}y", "\u{2003}", "n't",
    ];
    let mut stream = Stream::new(11);
    let mut texts = vec![String::new(), " ".to_owned(), "a ".repeat(5_000), "good but ".repeat(300)];
    for _ in 0..5_000 {
        let mut text = String::new();
        for _ in 0..1 + stream.next_index(25) {
            write!(
                text,
                "{}{}",
                words[stream.next_index(words.len())],
                [" ", " ", "", "\n"][stream.next_index(4)]
            )
            .unwrap();
        }
        texts.push(text);
    }
    texts
}

#[test]
fn the_lexicon_equals_the_authors_program() {
    let python = std::env::var("QUARTERDAY_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let there = Command::new(&python).args(["-c", "import vaderSentiment"]).stderr(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: {python} has no vaderSentiment; set QUARTERDAY_PYTHON to a Python that has");
        return;
    }
    let mut texts = odd_texts();
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/eval/sentiment");
    match ml_vm::labelled::read(&shared) {
        Ok(sets) => texts.extend(sets.into_iter().flat_map(|s| s.examples).map(|e| e.text)),
        Err(error) => eprintln!("SKIPPED the real texts: {error:#}"),
    }
    let mut input: File = tempfile::tempfile().unwrap();
    for text in &texts {
        serde_json::to_writer(&mut input, text).unwrap();
        writeln!(input).unwrap();
    }
    input.rewind().unwrap();
    let output = Command::new(&python).args(["-c", SCRIPT]).stdin(Stdio::from(input)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().count(), texts.len());
    let mut scorer = Scorer::new();
    for (text, line) in texts.iter().zip(lines.lines()) {
        let wanted: [f64; 4] = serde_json::from_str(line).unwrap();
        let f = scorer.score(text);
        assert_eq!([f.negative, f.neutral, f.positive, f.compound], wanted, "{text:?}");
    }
    eprintln!("{} texts equal", texts.len());
}
