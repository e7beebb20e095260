//! VADER's rules, in the order in which the Python program applies them: floating-point sums depend on it.

use super::Figures;
use super::dictionary::{BOOST, Part};
use super::text::Token;

/// Strength that capitals add in a text that is not all capitals.
const CAPITALS: f64 = 0.733;
/// What negation leaves of a word, with the opposite sign.
const NEGATED: f64 = -0.74;
/// Spreads the sum of valences over (-1, 1).
const SPREAD: f64 = 15.0;

/// The valence of each token after all rules but the contrast of "but".
pub(super) fn valences(tokens: &[Token], out: &mut Vec<f64>) {
    let shouted = tokens.iter().filter(|t| t.capitals).count();
    let some_shouted = 0 < shouted && shouted < tokens.len();
    out.clear();
    out.extend((0..tokens.len()).map(|at| valence(tokens, at, some_shouted)));
}

fn valence(tokens: &[Token], at: usize, some_shouted: bool) -> f64 {
    let word = &tokens[at].word;
    let Some(own) = word.valence else { return 0.0 };
    let part = |back: usize| if back <= at { tokens[at - back].word.part } else { Part::None };
    let next = tokens.get(at + 1);
    if word.boost != 0.0 || word.part == Part::Kind && next.is_some_and(|t| t.word.part == Part::Of) {
        return 0.0;
    }
    let mut valence = own;
    if word.part == Part::No && next.is_some_and(|t| t.word.valence.is_some()) {
        valence = 0.0;
    }
    if part(1) == Part::No
        || part(2) == Part::No
        || part(3) == Part::No && matches!(part(1), Part::Or | Part::Nor)
    {
        valence = own * NEGATED;
    }
    if tokens[at].capitals && some_shouted {
        valence += if valence > 0.0 { CAPITALS } else { -CAPITALS };
    }
    for back in 1..=at.min(3) {
        let before = &tokens[at - back];
        if before.word.valence.is_some() {
            continue;
        }
        let mut boost = before.word.boost;
        if boost != 0.0 {
            if valence < 0.0 {
                boost = -boost;
            }
            if before.capitals && some_shouted {
                boost += if valence > 0.0 { CAPITALS } else { -CAPITALS };
            }
            boost *= [1.0, 0.95, 0.9][back - 1];
        }
        valence += boost;
        valence = negate(valence, part, back, before.word.negates);
        if back == 3 {
            valence = idioms(valence, tokens, at);
        }
    }
    let spared = at > 1 && matches!(part(2), Part::At | Part::Very);
    if part(1) == Part::Least && tokens[at - 1].word.valence.is_none() && !spared {
        valence *= NEGATED;
    }
    valence
}

/// Negation by the word `back` places before, with "never so", "never this" and "without doubt" apart.
fn negate(valence: f64, part: impl Fn(usize) -> Part, back: usize, negates: bool) -> f64 {
    let emphasises = |p: Part| matches!(p, Part::So | Part::This);
    let (never, without_doubt) = match back {
        1 => (false, false),
        2 => (
            part(2) == Part::Never && emphasises(part(1)),
            part(2) == Part::Without && part(1) == Part::Doubt,
        ),
        // The program's "and" binds closer than its "or": the word just before is enough.
        _ => (
            part(3) == Part::Never && emphasises(part(2)) || emphasises(part(1)),
            part(3) == Part::Without && (part(2) == Part::Doubt || part(1) == Part::Doubt),
        ),
    };
    if never {
        valence * 1.25
    } else if without_doubt || !negates {
        valence
    } else {
        valence * NEGATED
    }
}

/// Phrases that mean something of their own, and dampeners of two words. At least three words stand before.
fn idioms(mut valence: f64, tokens: &[Token], at: usize) -> f64 {
    let spoken = [(at - 1, at + 1), (at - 2, at + 1), (at - 2, at), (at - 3, at), (at - 3, at - 1)];
    if let Some(own) = spoken.into_iter().find_map(|(from, to)| idiom(&tokens[from..to])) {
        valence = own;
    }
    for end in [at + 2, at + 3] {
        if let Some(own) = tokens.get(at..end).and_then(idiom) {
            valence = own;
        }
    }
    for from in [at - 3, at - 2] {
        let two = [tokens[from].word.part, tokens[from + 1].word.part];
        if matches!(two, [Part::Just, Part::Enough] | [Part::Kind | Part::Sort, Part::Of]) {
            valence -= BOOST;
        }
    }
    valence
}

/// The valence of two or three words that are a phrase together.
fn idiom(words: &[Token]) -> Option<f64> {
    // Most words are part of no phrase; this asks them first.
    let part = |at: usize| words[at].word.part;
    match (part(0), part(1), words.len()) {
        (Part::None, ..) => None,
        (Part::The, Part::Shit | Part::Bomb, 2) => Some(3.0),
        (Part::Bad, Part::Ass, 2) => Some(1.5),
        (Part::Bus, Part::Stop, 2) => Some(0.0),
        (Part::Yeah, Part::Right, 2) => Some(-2.0),
        (Part::Beating, Part::Heart, 2) => Some(3.5),
        (Part::Kiss, Part::Of, 3) if part(2) == Part::Death => Some(-1.5),
        (Part::To, Part::Die, 3) if part(2) == Part::For => Some(3.0),
        _ => None,
    }
}

/// The sums that the four figures are made of.
pub(super) struct Sums {
    tokens: usize,
    /// Sum of the words' valences.
    pub(super) words: f64,
    /// The same with emphasis.
    pub(super) sum: f64,
    positive: f64,
    negative: f64,
    neutral: f64,
}

/// Adds up the valences of a text; its punctuation decides the emphasis.
pub(super) fn sums(text: &str, valences: &[f64]) -> Sums {
    let words = valences.iter().fold(0.0, |sum, v| sum + v);
    let emphasis = emphasis(text);
    let sum = if words > 0.0 {
        words + emphasis
    } else if words < 0.0 {
        words - emphasis
    } else {
        words
    };
    let (mut positive, mut negative, mut neutral) = (0.0, 0.0, 0.0);
    for valence in valences {
        // A word that says something counts one more than its strength, as a neutral one counts one.
        if *valence > 0.0 {
            positive += valence + 1.0;
        } else if *valence < 0.0 {
            negative += valence - 1.0;
        } else {
            neutral += 1.0;
        }
    }
    if positive > -negative {
        positive += emphasis;
    } else if positive < -negative {
        negative -= emphasis;
    }
    Sums { tokens: valences.len(), words, sum, positive, negative: -negative, neutral }
}

impl Sums {
    /// The four figures, rounded.
    pub(super) fn figures(&self) -> Figures {
        if self.tokens == 0 {
            return Figures::default();
        }
        let total = self.positive + self.negative + self.neutral;
        Figures {
            negative: rounded(self.negative / total, 3),
            neutral: rounded(self.neutral / total, 3),
            positive: rounded(self.positive / total, 3),
            compound: rounded((self.sum / (self.sum * self.sum + SPREAD).sqrt()).clamp(-1.0, 1.0), 4),
        }
    }
}

/// What exclamation marks (up to four) and question marks (two or more) add.
fn emphasis(text: &str) -> f64 {
    let (mut exclamations, mut questions) = (0, 0);
    for byte in text.bytes() {
        exclamations += usize::from(byte == b'!');
        questions += usize::from(byte == b'?');
    }
    let asked = match questions {
        0 | 1 => 0.0,
        2 | 3 => questions as f64 * 0.18,
        _ => 0.96,
    };
    exclamations.min(4) as f64 * 0.292 + asked
}

/// To the nearest number of so many places, as Python does it: by the exact value, ties to even.
fn rounded(value: f64, places: usize) -> f64 {
    let scale = [1.0, 10.0, 100.0, 1_000.0, 10_000.0][places];
    let scaled = value * scale;
    let near = scaled.round_ties_even();
    if ((scaled - near).abs() - 0.5).abs() > 1e-7 {
        return near / scale + 0.0;
    }
    // So close to a tie the product's own rounding could decide: the formatter works on the exact value.
    format!("{value:.places$}").parse().unwrap_or(near / scale) + 0.0
}
