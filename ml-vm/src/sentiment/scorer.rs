//! The models that `ml-vm sentiment` can ask, and what they say as JSON.

use analytics::ngram::Model;
use analytics::ngram::features::Features;
use analytics::sentiment::{score, score_about, vader};
use serde::Serialize;
use serde_json::Value;

use super::input::Input;
use crate::cli::{SentimentArgs, SentimentModel};
use crate::registry::artefact::Place;

/// What is printed of one line.
#[derive(Serialize)]
pub(super) struct Output<'a> {
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
pub(super) enum Scorer {
    Lexicon(vader::Scorer),
    House,
    Fitted(Box<(Model, Features)>),
    #[cfg(feature = "transformer")]
    Transformer(Box<crate::transformer::Transformer>),
}

impl Scorer {
    /// The scorer that is asked for.
    ///
    /// # Errors
    /// The model cannot be read, or this program was built without it.
    pub(super) fn new(args: &SentimentArgs) -> anyhow::Result<Self> {
        Ok(match &args.model {
            SentimentModel::Lexicon => Self::Lexicon(vader::Scorer::new()),
            SentimentModel::House | SentimentModel::Champion => Self::House,
            SentimentModel::Transformer => transformer(args)?,
            SentimentModel::File(path) => Self::Fitted(Box::new((super::load(path)?, Features::new()))),
        })
    }

    /// How many lines are best scored together.
    pub(super) fn batch(&self) -> usize {
        match self {
            #[cfg(feature = "transformer")]
            Self::Transformer(_) => crate::transformer::BATCH,
            _ => 1,
        }
    }

    /// Scores lines, in their order.
    ///
    /// # Errors
    /// A transformer cannot be computed.
    pub(super) fn outputs<'a>(
        &mut self,
        lines: &'a [Input],
        explain: bool,
    ) -> anyhow::Result<Vec<Output<'a>>> {
        Ok(match self {
            Self::Lexicon(scorer) => lines.iter().map(|line| of_lexicon(line, scorer, explain)).collect(),
            Self::House => lines.iter().map(|line| of_house(line, &line.place(), explain)).collect(),
            Self::Fitted(fitted) => {
                let (model, features) = fitted.as_mut();
                lines.iter().map(|line| of_fitted(line, &line.place(), model, features, explain)).collect()
            }
            #[cfg(feature = "transformer")]
            Self::Transformer(model) => {
                let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
                let judged = model.judge(&texts)?;
                lines.iter().zip(judged).map(|(line, judged)| of_transformer(line, judged)).collect()
            }
        })
    }
}

fn of_lexicon<'a>(line: &'a Input, scorer: &mut vader::Scorer, explain: bool) -> Output<'a> {
    if !explain {
        return of_figures(line, scorer.score(&line.text));
    }
    let explained = scorer.explain(&line.text);
    let mut parts: Vec<(Option<&str>, f64)> =
        explained.words.iter().map(|(span, v)| (Some(&line.text[span.clone()]), *v)).collect();
    if explained.emphasis != 0.0 {
        parts.push((None, explained.emphasis));
    }
    let words = words(parts, explained.figures.compound, explained.sum);
    Output { words: Some(words), ..of_figures(line, explained.figures) }
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

fn of_house<'a>(line: &'a Input, place: &Place<'_>, explain: bool) -> Output<'a> {
    let lang = line.lang.as_deref();
    let scored = match &place.target {
        Some(target) => score_about(&line.text, lang, target, place.others),
        None => score(&line.text, lang),
    };
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

fn of_fitted<'a>(
    line: &'a Input,
    place: &Place<'_>,
    model: &Model,
    features: &mut Features,
    explain: bool,
) -> Output<'a> {
    let target = place.target.clone();
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

#[cfg(feature = "transformer")]
fn transformer(args: &SentimentArgs) -> anyhow::Result<Scorer> {
    use anyhow::Context;

    if args.explain {
        anyhow::bail!("--explain: a transformer does not take its scores apart into words");
    }
    let folder = args.model_dir.as_deref().context("--model transformer: --model-dir is wanted, too")?;
    let model =
        crate::transformer::Transformer::load(folder).with_context(|| folder.display().to_string())?;
    Ok(Scorer::Transformer(Box::new(model)))
}

#[cfg(not(feature = "transformer"))]
fn transformer(_: &SentimentArgs) -> anyhow::Result<Scorer> {
    anyhow::bail!(
        "--model transformer: this program was built without it; build with `--features transformer`"
    )
}

#[cfg(feature = "transformer")]
fn of_transformer(line: &Input, judged: crate::transformer::Judged) -> Output<'_> {
    let [neg, neu, pos] = judged.probabilities;
    Output {
        id: &line.id,
        score: judged.score(),
        confidence: judged.confidence(),
        neg,
        neu,
        pos,
        compound: None,
        words: None,
    }
}
