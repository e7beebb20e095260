//! `ml-vm sentiment`: scores texts, one JSON object a line.

use std::io::{BufRead, Write};

use analytics::sentiment::{Scored, score};
use anyhow::Context;
use domain::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::{SentimentArgs, SentimentModel};

#[derive(Deserialize)]
struct Input {
    id: Value,
    text: String,
    #[serde(default)]
    lang: Option<String>,
}

#[derive(Serialize)]
struct Output<'a> {
    id: &'a Value,
    score: f64,
    confidence: f64,
    neg: f64,
    neu: f64,
    pos: f64,
    compound: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<Vec<Word<'a>>>,
}

#[derive(Serialize)]
struct Word<'a> {
    text: &'a str,
    valence: f64,
}

/// Scores each line of `input`. A malformed line is named on standard error and counted; the others go on.
///
/// # Errors
/// Input or output fails.
pub fn run(args: &SentimentArgs, mut input: impl BufRead, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let SentimentModel::Lexicon = args.model;
    let (mut accepted, mut rejected) = (0, 0);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        if input.read_until(b'\n', &mut bytes).context("cannot read standard input")? == 0 {
            break;
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<Input>(&bytes) {
            Ok(line) => {
                accepted += 1;
                let scored = score(&line.text, line.lang.as_deref());
                crate::print_json(out, &output(&line, &scored, args.explain))?;
            }
            Err(error) => {
                rejected += 1;
                eprintln!(
                    "ml-vm: standard input, line {number}: {error}: wanted {{\"id\",\"text\",\"lang\"}}"
                );
            }
        }
    }
    out.flush().context("cannot write the result")?;
    Ok(crate::judge(accepted, rejected, "lines"))
}

fn output<'a>(line: &'a Input, scored: &Scored, explain: bool) -> Output<'a> {
    let words = explain.then(|| {
        let contributions = scored.contributions.iter();
        contributions.map(|c| Word { text: &line.text[c.span.clone()], valence: c.valence }).collect()
    });
    Output {
        id: &line.id,
        score: scored.score,
        confidence: scored.confidence,
        neg: scored.negative,
        neu: scored.neutral,
        pos: scored.positive,
        compound: scored.compound,
        words,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn feed(input: &str, explain: bool) -> (Outcome, Vec<Value>) {
        let mut out = Vec::new();
        let args = SentimentArgs { model: SentimentModel::Lexicon, explain };
        let outcome = run(&args, input.as_bytes(), &mut out).unwrap();
        let lines = String::from_utf8(out).unwrap();
        (outcome, lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect())
    }

    #[test]
    fn a_bad_line_does_not_stop_the_others() {
        let (outcome, lines) = feed(
            "{\"id\":1,\"text\":\"great\"}\nnot json\n{\"id\":2}\n\n{\"id\":\"b\",\"text\":\"\",\"lang\":null}\n",
            false,
        );
        assert_eq!(outcome, Outcome::Partial);
        assert_eq!(lines.len(), 2);
        assert!(lines[0]["score"].as_f64().unwrap() > 0.0 && lines[0]["id"] == 1);
        assert_eq!((lines[1]["id"].as_str(), lines[1]["compound"].as_f64()), (Some("b"), Some(0.0)));
        assert_eq!(feed("nonsense\n", false).0, Outcome::Failed);
        assert_eq!(feed("", false).0, Outcome::Succeeded);
    }

    #[test]
    fn words_explain_a_score() {
        let (_, lines) = feed("{\"id\":1,\"text\":\"Crushed earnings, bullish\"}\n", true);
        assert_eq!(lines[0]["words"][0]["text"], "bullish");
        assert!(lines[0]["words"][0]["valence"].as_f64().unwrap() > 0.0);
    }
}
