//! `ml-vm sentiment`: scores texts, one JSON object a line.
//!
//! `lexicon` is VADER as its authors wrote it, the yardstick; `house` is what we built for markets, in English and Spanish;
//! `champion` is what predictions use: the house's, since no model that we may ship has beaten it on texts of other people
//! (`ml-vm evaluate sentiment` shows it). A file is a model fitted by `ml-vm train sentiment`.

use std::fs;
use std::io::{BufRead, Write};
use std::path::Path;

use analytics::ngram::features::Features;
use analytics::ngram::{Model, file};
use analytics::sentiment::{score, vader};
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
    /// An asset as the text names it; a fitted model then judges the text on that asset.
    #[serde(default)]
    target: Option<String>,
}

#[derive(Serialize)]
struct Output<'a> {
    id: &'a Value,
    score: f64,
    confidence: f64,
    neg: f64,
    neu: f64,
    pos: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    compound: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<Vec<Word<'a>>>,
}

/// A word and its part.
#[derive(Serialize)]
struct Word<'a> {
    /// The word; `null` for what no single word brought about, such as exclamation marks.
    text: Option<&'a str>,
    /// Its part in the unit of the model.
    valence: f64,
    /// Its part of the score: all of a text's weights sum to it.
    weight: f64,
}

/// What scores.
enum Scorer {
    Lexicon(vader::Scorer),
    House,
    Fitted(Box<(Model, Features)>),
}

/// Reads a fitted model.
///
/// # Errors
/// The file cannot be read, or is no model that this program accepts.
pub fn load(path: &Path) -> anyhow::Result<Model> {
    let bytes = fs::read(path).with_context(|| format!("cannot read the model {}", path.display()))?;
    file::from_bytes(&bytes).with_context(|| path.display().to_string())
}

/// Scores each line of `input`. A malformed line is named on standard error and counted; the others go on.
///
/// # Errors
/// The model cannot be read, or input or output fails.
pub fn run(args: &SentimentArgs, mut input: impl BufRead, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let mut scorer = match &args.model {
        SentimentModel::Lexicon => Scorer::Lexicon(vader::Scorer::new()),
        SentimentModel::House | SentimentModel::Champion => Scorer::House,
        SentimentModel::File(path) => Scorer::Fitted(Box::new((load(path)?, Features::new()))),
    };
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
                crate::print_json(out, &scorer.output(&line, args.explain))?;
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

impl Scorer {
    fn output<'a>(&mut self, line: &'a Input, explain: bool) -> Output<'a> {
        match self {
            Self::Lexicon(scorer) if explain => {
                let explained = scorer.explain(&line.text);
                let mut parts: Vec<(Option<&str>, f64)> =
                    explained.words.iter().map(|(span, v)| (Some(&line.text[span.clone()]), *v)).collect();
                if explained.emphasis != 0.0 {
                    parts.push((None, explained.emphasis));
                }
                let words = words(parts, explained.figures.compound, explained.sum);
                Output { words: Some(words), ..of_figures(line, explained.figures) }
            }
            Self::Lexicon(scorer) => of_figures(line, scorer.score(&line.text)),
            Self::House => of_house(line, explain),
            Self::Fitted(fitted) => of_fitted(line, &fitted.0, &mut fitted.1, explain),
        }
    }
}

fn of_figures(line: &Input, figures: vader::Figures) -> Output<'_> {
    let known = figures.negative + figures.positive;
    Output {
        id: &line.id,
        score: figures.compound,
        // The share of words that say something.
        confidence: known.min(1.0),
        neg: figures.negative,
        neu: figures.neutral,
        pos: figures.positive,
        compound: Some(figures.compound),
        words: None,
    }
}

fn of_house(line: &Input, explain: bool) -> Output<'_> {
    let scored = score(&line.text, line.lang.as_deref());
    let words = explain.then(|| {
        let contributions = scored.contributions.iter();
        let mut parts: Vec<_> =
            contributions.map(|c| (Some(&line.text[c.span.clone()]), c.valence)).collect();
        if scored.emphasis != 0.0 {
            parts.push((None, scored.emphasis));
        }
        words(parts, scored.score, scored.sum)
    });
    Output {
        id: &line.id,
        score: scored.score,
        confidence: scored.confidence,
        neg: scored.negative,
        neu: scored.neutral,
        pos: scored.positive,
        compound: Some(scored.compound),
        words,
    }
}

fn of_fitted<'a>(line: &'a Input, model: &Model, features: &mut Features, explain: bool) -> Output<'a> {
    let target = line.target.as_deref().and_then(|name| crate::labelled::named(&line.text, name.trim()));
    let (judged, parts) = if explain {
        let (judged, parts) = model.explain(features, &line.text, target);
        (judged, Some(parts))
    } else {
        (model.judge(features, &line.text, target), None)
    };
    let [neg, neu, pos] = judged.probabilities;
    Output {
        id: &line.id,
        score: judged.score,
        confidence: judged.confidence(),
        neg,
        neu,
        pos,
        compound: None,
        words: parts.map(|parts| {
            let parts = parts.into_iter().map(|p| (p.span.map(|s| &line.text[s]), p.weight)).collect();
            words(parts, judged.score, judged.sum)
        }),
    }
}

/// Parts of `sum` as parts of the score, which has the same sign.
fn words(parts: Vec<(Option<&str>, f64)>, score: f64, sum: f64) -> Vec<Word<'_>> {
    let scale = if sum == 0.0 { 0.0 } else { score / sum };
    parts.into_iter().map(|(text, valence)| Word { text, valence, weight: valence * scale }).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn feed(input: &str, explain: bool) -> (Outcome, Vec<Value>) {
        let mut out = Vec::new();
        let args = SentimentArgs { model: SentimentModel::House, explain };
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

    fn of_model(model: SentimentModel, text: &str) -> Value {
        let line = serde_json::json!({"id": 1, "text": text, "target": "$B"}).to_string();
        let mut out = Vec::new();
        run(&SentimentArgs { model, explain: true }, line.as_bytes(), &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn weights_of_words_sum_to_the_score_of_every_model() {
        let folder = tempfile::tempdir().unwrap();
        let (data, path) = (folder.path().join("data"), folder.path().join("a.model"));
        fs::create_dir(&data).unwrap();
        let rows: String =
            (0..40).map(|i| format!("$C{i} soars,1\n$C{i} sinks again,0\n$C{i} meets,2\n")).collect();
        fs::write(data.join("x.csv"), format!("text,label\n{rows}")).unwrap();
        let train = crate::cli::TrainSentimentArgs {
            data: Some(data),
            out: path.clone(),
            lake: None,
            slot: None,
            licence: String::new(),
            owner: String::new(),
            cost: 0.5,
            seed: 1,
        };
        crate::train_sentiment::run(&train, &mut Vec::new()).unwrap();

        let text = "$A SOARS on great results 🚀, but $B sinks!!";
        for model in [
            SentimentModel::Lexicon,
            SentimentModel::House,
            SentimentModel::Champion,
            SentimentModel::File(path.clone()),
        ] {
            let scored = of_model(model.clone(), text);
            let sum: f64 =
                scored["words"].as_array().unwrap().iter().map(|w| w["weight"].as_f64().unwrap()).sum();
            assert!((sum - scored["score"].as_f64().unwrap()).abs() < 1e-9, "{model:?}: {scored}");
        }
        assert!(
            of_model(SentimentModel::File(path.clone()), text)["score"].as_f64().unwrap() < 0.0,
            "about $B"
        );

        fs::write(&path, &fs::read(&path).unwrap()[..1000]).unwrap();
        let broken = SentimentArgs { model: SentimentModel::File(path), explain: false };
        let error = format!("{:#}", run(&broken, &b""[..], &mut Vec::new()).unwrap_err());
        assert!(error.contains("cut off"), "{error}");
    }

    #[test]
    fn odd_texts_have_a_score() {
        let long = "very good but ".repeat(75_000);
        for text in ["", "\u{0}", "株価が上昇した", &long] {
            for model in [SentimentModel::Lexicon, SentimentModel::House] {
                assert!(of_model(model, text)["score"].is_number());
            }
        }
    }
}
