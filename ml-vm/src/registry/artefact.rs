//! What models of both kinds have in common: bytes, and what they lose on cases whose outcome is known.

use std::ops::Range;

use analytics::aggregate::NEUTRAL_BAND;
use analytics::ngram::features::Features;
use analytics::ngram::{self, Class, Model};
use analytics::sentiment;
use analytics::tuning::{self, Trial, Tuning};
use anyhow::bail;
use chrono::{Datelike, NaiveDate};
use domain::ModelName;

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub enum Artefact {
    /// What was learned about the forecasting method.
    Forecast(Tuning),
    /// A linear model over n-grams.
    Sentiment(Box<Model>),
}

/// A text whose label is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// The text, with the place where the asset is named.
    pub example: ngram::fit::Example,
    /// Its language, where it is known.
    pub lang: Option<String>,
    /// The [`hour`] in which it was written, or below [`UNDATED`] the set of texts that are nearly the same.
    pub group: i64,
}

/// A forecast whose outcome is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// The forecast and its outcome.
    pub trial: Trial,
    /// The first [`hour`] of the day it was made on.
    pub group: i64,
}

/// Cases whose outcome is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Cases {
    /// Of forecasts.
    Forecasts(Vec<Past>),
    /// Of texts.
    Texts(Vec<Labelled>),
}

/// Groups that are no hours are below this.
pub const UNDATED: i64 = 0;

/// Hours since the Common Era began, at the first of a day.
pub fn hour(day: NaiveDate) -> i64 {
    i64::from(day.num_days_from_ce()) * 24
}

/// The day of an hour.
pub fn day(hour: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(hour.div_euclid(24)).ok()?)
}

impl Cases {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Forecasts(pasts) => pasts.len(),
            Self::Texts(texts) => texts.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the groups are sets of near duplicates instead of hours.
    pub fn is_undated(&self) -> bool {
        match self {
            Self::Forecasts(_) => false,
            Self::Texts(texts) => texts.iter().any(|text| text.group < UNDATED),
        }
    }

    /// The cases of the groups that `keep` accepts.
    #[must_use]
    pub fn of_groups(&self, keep: impl Fn(i64) -> bool) -> Self {
        match self {
            Self::Forecasts(pasts) => {
                Self::Forecasts(pasts.iter().filter(|p| keep(p.group)).cloned().collect())
            }
            Self::Texts(texts) => Self::Texts(texts.iter().filter(|t| keep(t.group)).cloned().collect()),
        }
    }
}

/// What one case cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loss {
    /// Its group.
    pub group: i64,
    /// For a forecast its mean pinball loss in log returns, for a text 0 (right) or 1 (wrong).
    pub loss: f64,
}

impl Artefact {
    /// As bytes, the same for the same model.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Forecast(tuning) => tuning.to_bytes(),
            Self::Sentiment(model) => ngram::file::to_bytes(model),
        }
    }

    /// Reads a model of the given kind.
    ///
    /// # Errors
    /// The bytes are no such model, or one of another version, or damaged.
    pub fn from_bytes(name: ModelName, bytes: &[u8]) -> anyhow::Result<Self> {
        Ok(match name {
            ModelName::Forecast => Self::Forecast(Tuning::from_bytes(bytes)?),
            ModelName::Sentiment => Self::Sentiment(Box::new(ngram::file::from_bytes(bytes)?)),
        })
    }

    /// What it is for.
    pub fn name(&self) -> ModelName {
        match self {
            Self::Forecast(_) => ModelName::Forecast,
            Self::Sentiment(_) => ModelName::Sentiment,
        }
    }
}

/// What a model loses on each case, in the order of the cases; `None`: what is built in.
///
/// # Errors
/// The cases are of another kind than the model.
pub fn losses(artefact: Option<&Artefact>, cases: &Cases) -> anyhow::Result<Vec<Loss>> {
    Ok(match (artefact, cases) {
        (None, Cases::Forecasts(pasts)) => of_forecasts(&Tuning::default(), pasts),
        (Some(Artefact::Forecast(tuning)), Cases::Forecasts(pasts)) => of_forecasts(tuning, pasts),
        (None, Cases::Texts(texts)) => answers(None, texts),
        (Some(Artefact::Sentiment(model)), Cases::Texts(texts)) => answers(Some(model), texts),
        (Some(artefact), _) => bail!("a model of {} cannot be asked about these cases", artefact.name()),
    })
}

fn of_forecasts(tuning: &Tuning, pasts: &[Past]) -> Vec<Loss> {
    let each = pasts.iter().filter_map(|past| {
        let outlook = tuning.apply(&past.trial.symbol, past.trial.outlook.clone());
        let loss = tuning::loss(&outlook, &past.trial.actual)?;
        Some(Loss { group: past.group, loss })
    });
    each.collect()
}

/// What a scorer loses on labelled texts. Positive from a score of 0 on where a text must be on one of two sides; else the band around 0 is neutral.
pub fn answers(model: Option<&Model>, texts: &[Labelled]) -> Vec<Loss> {
    let two = texts.iter().all(|t| t.example.class != Class::Neutral);
    let mut scorer = Scorer::new(model);
    let each = texts.iter().map(|t| {
        let place = Place { target: t.example.target.clone(), others: &[] };
        let said = scorer.score(&t.example.text, t.lang.as_deref(), &place);
        let class = match said.score {
            s if two => {
                if s >= 0.0 {
                    Class::Positive
                } else {
                    Class::Negative
                }
            }
            s if s > NEUTRAL_BAND => Class::Positive,
            s if s < -NEUTRAL_BAND => Class::Negative,
            _ => Class::Neutral,
        };
        Loss { group: t.group, loss: f64::from(u8::from(class != t.example.class)) }
    });
    each.collect()
}

/// What a scorer says of one text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Said {
    /// In [-1, 1].
    pub score: f64,
    /// How sure it is, in [0, 1].
    pub confidence: f64,
}

/// Where a text names the asset that is asked about, and where it names others, in bytes.
#[derive(Debug, Clone, Default)]
pub struct Place<'a> {
    /// The asset; `None`: the whole text is about it.
    pub target: Option<Range<usize>>,
    /// Other assets.
    pub others: &'a [Range<usize>],
}

/// A place in a text (`None`: nowhere in particular) and its part of the score.
pub type Part = (Option<Range<usize>>, f64);

/// Scores texts one after the other: by a fitted model, or by what is built in.
pub struct Scorer<'a> {
    fitted: Option<(&'a Model, Box<Features>)>,
}

impl<'a> Scorer<'a> {
    /// A scorer; `None`: the house's lexicon and rules.
    pub fn new(model: Option<&'a Model>) -> Self {
        Self { fitted: model.map(|model| (model, Box::new(Features::new()))) }
    }

    /// Scores what a text says of an asset.
    pub fn score(&mut self, text: &str, lang: Option<&str>, place: &Place<'_>) -> Said {
        match &mut self.fitted {
            Some((model, features)) => {
                let judged = model.judge(features, text, place.target.clone());
                Said { score: judged.score, confidence: judged.confidence() }
            }
            None => {
                let scored = by_house(text, lang, place);
                Said { score: scored.score, confidence: scored.confidence }
            }
        }
    }

    /// Scores a text as [`score`](Self::score) does, and takes the score apart.
    pub fn explain(&mut self, text: &str, lang: Option<&str>, place: &Place<'_>) -> (Said, Vec<Part>) {
        match &mut self.fitted {
            Some((model, features)) => {
                let (judged, parts) = model.explain(features, text, place.target.clone());
                let said = Said { score: judged.score, confidence: judged.confidence() };
                (said, scaled(parts.into_iter().map(|p| (p.span, p.weight)), judged.score, judged.sum))
            }
            None => {
                let scored = by_house(text, lang, place);
                let said = Said { score: scored.score, confidence: scored.confidence };
                let words = scored.contributions.into_iter().map(|c| (Some(c.span), c.valence));
                let marks = (scored.emphasis != 0.0).then_some((None, scored.emphasis));
                (said, scaled(words.chain(marks), scored.score, scored.sum))
            }
        }
    }
}

fn by_house(text: &str, lang: Option<&str>, place: &Place<'_>) -> sentiment::Scored {
    match &place.target {
        Some(target) => sentiment::score_about(text, lang, target, place.others),
        None => sentiment::score(text, lang),
    }
}

/// The weights are brought from the unit of the sum to that of the score, which has the same sign.
fn scaled(parts: impl Iterator<Item = Part>, score: f64, sum: f64) -> Vec<Part> {
    let scale = if sum == 0.0 { 0.0 } else { score / sum };
    parts.map(|(span, weight)| (span, weight * scale)).collect()
}

/// Where an asset is named, as the split left it: bytes of the text, where they are whole characters of it.
pub fn target(text: &str, start: Option<i32>, end: Option<i32>) -> Option<Range<usize>> {
    let (start, end) = (usize::try_from(start?).ok()?, usize::try_from(end?).ok()?);
    text.get(start..end).map(|_| start..end)
}
