//! `ml-vm sentiment`: scores texts, one JSON object a line.
//!
//! `lexicon` is VADER as its authors wrote it, the yardstick; `house` is what we built for markets, in English and Spanish;
//! `champion` is what predictions use: the house's, since no model that we may ship has beaten it on texts of other people
//! (`ml-vm evaluate sentiment` shows it). A file is a model fitted by `ml-vm train sentiment`; `transformer` a classifier of
//! the BERT family that you supply, where the program was built with the feature of that name.

mod input;
mod scorer;

use std::fs;
use std::io::{BufRead, Write};
use std::path::Path;

use analytics::ngram::{Model, file};
use anyhow::{Context, bail};
use domain::Outcome;

use crate::cli::{SentimentArgs, SentimentModel};
use input::Input;
use scorer::Scorer;

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
    if args.model_dir.is_some() && args.model != SentimentModel::Transformer {
        bail!("--model-dir is for --model transformer");
    }
    let mut scorer = Scorer::new(args)?;
    let (mut accepted, mut rejected) = (0, 0);
    let mut bytes = Vec::new();
    let mut waiting: Vec<Input> = Vec::new();
    for number in 1.. {
        bytes.clear();
        if input.read_until(b'\n', &mut bytes).context("cannot read standard input")? == 0 {
            break;
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match Input::read(&bytes) {
            Ok(line) => {
                accepted += 1;
                waiting.push(line);
            }
            Err(error) => {
                rejected += 1;
                eprintln!("ml-vm: standard input, line {number}: {error}");
            }
        }
        if waiting.len() >= scorer.batch() {
            flush(&mut scorer, &mut waiting, args.explain, out)?;
        }
    }
    flush(&mut scorer, &mut waiting, args.explain, out)?;
    out.flush().context("cannot write the result")?;
    Ok(crate::judge(accepted, rejected, "lines"))
}

fn flush(
    scorer: &mut Scorer,
    waiting: &mut Vec<Input>,
    explain: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    for output in scorer.outputs(waiting, explain)? {
        crate::print_json(out, &output)?;
    }
    waiting.clear();
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use analytics::sentiment::score;
    use serde_json::Value;

    use super::*;

    fn feed(input: &str, explain: bool) -> (Outcome, Vec<Value>) {
        let mut out = Vec::new();
        let args = SentimentArgs { model: SentimentModel::House, model_dir: None, explain };
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

    #[test]
    fn a_text_is_judged_on_the_asset_that_is_asked_about() {
        let text = "Apple soars while Tesla collapses";
        let ask = |target: Value, others: Value| {
            serde_json::json!({"id": 1, "text": text, "target": target, "others": others}).to_string() + "\n"
        };
        let input = [
            ask("Apple".into(), serde_json::json!(["Tesla"])),
            ask(serde_json::json!({"start": 18, "end": 23}), serde_json::json!([{"start": 0, "end": 5}])),
            ask("Nokia".into(), Value::Array(Vec::new())),
            ask(serde_json::json!({"start": 18, "end": 99}), Value::Array(Vec::new())),
        ]
        .concat();
        let (outcome, lines) = feed(&input, true);
        assert_eq!((outcome, lines.len()), (Outcome::Partial, 3), "bytes outside the text are refused");
        let of = |at: usize| lines[at]["score"].as_f64().unwrap();
        assert!(of(0) > 0.3 && of(1) < -0.3, "{lines:?}");
        assert_eq!(of(2), score(text, None).score, "an asset that is not named: the whole text");
        assert_eq!(lines[0]["words"].as_array().unwrap().len(), 1);
    }

    fn of_model(model: SentimentModel, text: &str) -> Value {
        let line = serde_json::json!({"id": 1, "text": text, "target": "$B"}).to_string();
        let mut out = Vec::new();
        run(&SentimentArgs { model, model_dir: None, explain: true }, line.as_bytes(), &mut out).unwrap();
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
        let broken = SentimentArgs { model: SentimentModel::File(path), model_dir: None, explain: false };
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
