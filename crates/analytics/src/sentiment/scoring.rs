//! Puts tokens, lexicon and context together.

use std::ops::Range;

use super::lexicon::{ENGLISH, Lexicon, SPANISH, emoji};
use super::token::{Kind, Token, tokens};
use super::{MAX_BYTES, rules};

/// Strength that each exclamation mark adds, up to four.
const EXCLAMATION: f64 = 0.292;
/// Spreads the sum of valences over (-1, 1): a sum of this root lies at 0.71.
const SPREAD: f64 = 15.0;
/// A sum of valences this small says nothing: one mild word in a sober sentence. The score leaves it out.
const WHISPER: f64 = 0.5;
/// Strength of a signed percentage such as `+4.2%`.
const SIGNED_PERCENT: f64 = 1.4;

/// One word's part in a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// Where it stands, in bytes of the text.
    pub span: Range<usize>,
    /// Its signed strength after all rules. The contributions of a text and its emphasis sum to [`Scored::sum`].
    pub valence: f64,
}

/// The sentiment of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// From -1 (negative) to 1 (positive): as `compound`, but 0 for sums too small to say anything.
    pub score: f64,
    /// From 0 (no word known) to 1.
    pub confidence: f64,
    /// Share of negative words; the three shares sum to 1, or are 0 for a text without words.
    pub negative: f64,
    /// Share of neutral words.
    pub neutral: f64,
    /// Share of positive words.
    pub positive: f64,
    /// The sum of valences brought into (-1, 1).
    pub compound: f64,
    /// The sum of valences, emphasis included.
    pub sum: f64,
    /// What exclamation marks added to the sum.
    pub emphasis: f64,
    /// The words behind it, in order.
    pub contributions: Vec<Contribution>,
}

/// Scores a text. `lang` is an ISO 639-1 code where it is known; Spanish is looked up first for `es` and never for `en`.
pub fn score(text: &str, lang: Option<&str>) -> Scored {
    let text = capped(text);
    let tokens = tokens(text);
    let (mut valences, ends) = base_valences(&tokens, &Languages::of(lang));
    rules::turn_burdens(&tokens, &mut valences);
    rules::compare_figures(&tokens, &mut valences);
    rules::hear_moves(&tokens, &mut valences);
    rules::apply_context(&tokens, &mut valences);
    rules::weigh_contrast(&tokens, &mut valences);
    rules::weigh_questions(&tokens, &mut valences);
    summarise(text, &tokens, &valences, &ends)
}

/// The beginning of the text that is read.
pub(super) fn capped(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BYTES)]
}

/// Which lexica are asked, in order.
pub(super) struct Languages([Option<&'static Lexicon>; 2]);

impl Languages {
    pub(super) fn of(lang: Option<&str>) -> Self {
        match lang {
            Some("en") => Self([Some(&ENGLISH), None]),
            Some("es") => Self([Some(&SPANISH), Some(&ENGLISH)]),
            _ => Self([Some(&ENGLISH), Some(&SPANISH)]),
        }
    }

    fn phrase(&self, tokens: &[Token]) -> Option<(f64, usize)> {
        let begins = |lexicon: &&&Lexicon| lexicon.longest_phrase(&tokens[0].text) > 0;
        let mut lexica = self.0.iter().flatten().filter(begins).peekable();
        lexica.peek()?;
        let words: Vec<&str> = tokens.iter().take(5).map_while(in_phrase).collect();
        lexica.find_map(|lexicon| lexicon.phrase(&words))
    }

    fn word(&self, word: &str) -> Option<f64> {
        let whole = self.0.iter().flatten().find_map(|lexicon| lexicon.derived(word));
        whole.or_else(|| {
            // Of `post-crash` the strongest part counts, so that a hyphen does not hide it.
            let parts = word
                .split('-')
                .filter_map(|part| self.0.iter().flatten().find_map(|lexicon| lexicon.derived(part)));
            if word.contains('-') { parts.max_by(|a, b| a.abs().total_cmp(&b.abs())) } else { None }
        })
    }
}

/// What each token says by itself, and where in the text that ends: a phrase speaks through its first word.
pub(super) fn base_valences(tokens: &[Token], languages: &Languages) -> (Vec<f64>, Vec<usize>) {
    let mut valences = vec![0.0; tokens.len()];
    let mut ends: Vec<usize> = tokens.iter().map(|t| t.span.end).collect();
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        let mut length = 1;
        match token.kind {
            Kind::Word => {
                if let Some((valence, n)) = languages.phrase(&tokens[at..]) {
                    valences[at] = valence;
                    length = n;
                    ends[at] = tokens[at + n - 1].span.end;
                } else {
                    valences[at] = languages.word(&token.text).unwrap_or(0.0);
                }
            }
            Kind::Emoji => valences[at] = emoji(&token.text).unwrap_or(0.0),
            Kind::Number { value, signed: true, percent: true } => {
                valences[at] = SIGNED_PERCENT * value.signum()
            }
            _ => {}
        }
        at += length;
    }
    // The fourth rocket says little that the first did not.
    for at in (1..tokens.len()).rev() {
        if tokens[at].kind == Kind::Emoji && tokens[at - 1].text == tokens[at].text {
            valences[at] *= 0.25;
        }
    }
    (valences, ends)
}

/// The text of a token that may be part of a phrase.
fn in_phrase(token: &Token) -> Option<&str> {
    matches!(token.kind, Kind::Word | Kind::Number { .. }).then_some(token.text.as_str())
}

pub(super) fn summarise(text: &str, tokens: &[Token], valences: &[f64], ends: &[usize]) -> Scored {
    let contributions: Vec<Contribution> = tokens
        .iter()
        .zip(valences)
        .zip(ends)
        .filter(|((_, valence), _)| **valence != 0.0)
        .map(|((token, valence), end)| Contribution { span: token.span.start..*end, valence: *valence })
        .collect();
    let words = contributions.iter().fold(0.0, |sum, c| sum + c.valence);
    let marks = text.bytes().filter(|b| *b == b'!').take(4).count();
    let emphasis = if words == 0.0 { 0.0 } else { words.signum() * EXCLAMATION * marks as f64 };
    let sum = words + emphasis;
    let spread = |sum: f64| sum / (sum * sum + SPREAD).sqrt();
    let heard = sum.signum() * (sum.abs() - WHISPER).max(0.0);

    // As with a show of hands, each word that says something counts one more than its strength.
    let part = |sign: f64| -> f64 {
        contributions
            .iter()
            .filter(|c| c.valence * sign > 0.0)
            .fold(0.0, |sum, c| sum + c.valence.abs() + 1.0)
    };
    let (positive, negative) = (part(1.0), part(-1.0));
    let counted = tokens.iter().filter(|t| matches!(t.kind, Kind::Word | Kind::Emoji)).count();
    let neutral = counted.saturating_sub(contributions.len()) as f64;
    let total = (positive + negative + neutral).max(f64::MIN_POSITIVE);

    let strength: f64 = contributions.iter().map(|c| c.valence.abs()).sum();
    let agreement = if strength > 0.0 { words.abs() / strength } else { 0.0 };
    let confidence = (1.0 - (-strength / 3.0).exp()) * (0.4 + 0.6 * agreement);
    Scored {
        score: if heard == 0.0 { 0.0 } else { spread(heard) },
        confidence,
        negative: negative / total,
        neutral: neutral / total,
        positive: positive / total,
        compound: spread(sum),
        sum,
        emphasis,
        contributions,
    }
}

#[cfg(test)]
#[path = "scoring_tests.rs"]
mod tests;
