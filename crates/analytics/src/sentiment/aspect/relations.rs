//! Words that speak of two assets at once: what is good of one is bad of the other.

use std::ops::Range;

use super::super::token::{Kind, Token};
use super::super::{context, lexicon};
use super::clauses::{Clause, Group};
use super::names::Names;
use super::{DEED, words};

/// What negation leaves, with the opposite sign.
const NEGATED: f64 = -0.74;
/// What "unlike X" says of X, against what is said of the other.
const UNLIKE: f64 = -0.8;

/// Phrases between the one who is ahead and the other, the longest first.
const AHEAD: &[&str] = &[
    "pulls away from",
    "por delante de",
    "leaves behind",
    "adelantó a",
    "en lugar de",
    "instead of",
    "rather than",
    "adelanta a",
    "antes que",
    "en vez de",
    "ahead of",
    "supera a",
    "superó a",
    "vence a",
    "gana a",
    "ganó a",
    "bate a",
    "outperform",
    "outperforms",
    "outperformed",
    "outperforming",
    "outpace",
    "outpaces",
    "outpaced",
    "outsell",
    "outsells",
    "outsold",
    "outgrows",
    "outgrew",
    "outshines",
    "outshone",
    "overtake",
    "overtakes",
    "overtook",
    "overtaking",
    "surpass",
    "surpasses",
    "surpassed",
    "eclipses",
    "eclipsed",
    "dethrones",
    "unseats",
    "replaces",
    "trounces",
    "crushes",
    "beats",
    "beat",
    "beating",
    "tops",
    "topped",
];

/// Phrases between the one who is behind and the other.
const BEHIND: &[&str] = &[
    "por detrás de",
    "pierde frente a",
    "pierde ante",
    "superada por",
    "superado por",
    "adelantada por",
    "adelantado por",
    "overtaken by",
    "outperformed by",
    "outpaced by",
    "surpassed by",
    "eclipsed by",
    "beaten by",
    "replaced by",
    "behind",
    "lags",
    "lagged",
    "lagging",
    "trails",
    "trailed",
    "trailing",
    "underperform",
    "underperforms",
    "underperformed",
];

/// "Unlike X, Y …".
const UNLIKE_PHRASES: &[&str] = &["unlike", "in contrast to", "in contrast with", "a diferencia de"];

/// A sentence and who is named in it.
struct Sentence {
    tokens: Range<usize>,
    groups: Vec<Group>,
}

fn sentences(clauses: &[Clause]) -> impl Iterator<Item = Sentence> {
    clauses.chunk_by(|a, b| a.sentence == b.sentence).map(|of_one| Sentence {
        tokens: of_one[0].tokens.start..of_one[of_one.len() - 1].tokens.end,
        groups: of_one.iter().flat_map(|c| c.groups.iter().cloned()).collect(),
    })
}

/// Lets relations speak: each puts a valence on its own words, for the target's side of it. `valences` are those of all words,
/// `own` those that are about the target.
pub(super) fn apply(tokens: &[Token], names: &Names, clauses: &[Clause], valences: &[f64], own: &mut [f64]) {
    for sentence in sentences(clauses).filter(|s| s.groups.len() > 1) {
        for at in
            sentence.tokens.clone().filter(|at| tokens[*at].kind == Kind::Word && names.at(*at).is_none())
        {
            if let Some((sign, length)) = compares(tokens, &sentence, at) {
                settle(tokens, &sentence, at..at + length, sign, own);
            } else if let Some(sign) = moves(tokens, &sentence, at) {
                own[at] = sign * DEED;
            }
        }
        unlike(tokens, &sentence, valences, own);
    }
}

/// The sign for whoever stands on the left, and the number of words, of a comparison that begins at `at`.
fn compares(tokens: &[Token], sentence: &Sentence, at: usize) -> Option<(f64, usize)> {
    for (phrases, sign) in [(AHEAD, 1.0), (BEHIND, -1.0)] {
        if let Some(length) = phrases.iter().find_map(|p| stands(tokens, at, p)) {
            return Some((sign, length));
        }
    }
    let word = tokens[at].text.as_str();
    let before = &tokens[at.saturating_sub(5).max(sentence.tokens.start)..at];
    match word {
        // "Better than", "more profitable than", "mejor que".
        "than" | "que" => (0..before.len()).rev().find_map(|i| degree(before, i)).map(|sign| (sign, 1)),
        // "Over" says many things; between two names only one.
        "over" => sentence.groups.iter().any(|g| g.tokens.end == at).then_some((1.0, 1)),
        // "Takes customers from", "loses ground to".
        "from" => before.iter().any(|t| takes(&t.text)).then_some((1.0, 1)),
        "to" => before.iter().any(|t| loses(&t.text)).then_some((-1.0, 1)),
        _ => None,
    }
}

fn takes(word: &str) -> bool {
    matches!(
        word,
        "takes"
            | "take"
            | "took"
            | "taking"
            | "steals"
            | "steal"
            | "stealing"
            | "stole"
            | "wins"
            | "won"
            | "winning"
            | "gains"
            | "gaining"
            | "gained"
            | "grabs"
            | "grabbing"
            | "poaches"
            | "poaching"
    )
}

fn loses(word: &str) -> bool {
    matches!(word, "loses" | "losing" | "lost" | "lose" | "ceding" | "cedes" | "ceded")
}

/// Whether a phrase's words stand from `at` on, and how many they are.
fn stands(tokens: &[Token], at: usize, phrase: &str) -> Option<usize> {
    let mut length = 0;
    for word in phrase.split(' ') {
        if tokens.get(at + length)?.text != word {
            return None;
        }
        length += 1;
    }
    Some(length)
}

/// Of a word before "than": +1 where more of it is better.
fn degree(tokens: &[Token], at: usize) -> Option<f64> {
    let word = tokens[at].text.as_str();
    let of = |at: usize| {
        let word = &tokens.get(at)?.text;
        lexicon::ENGLISH.derived(word).or_else(|| lexicon::SPANISH.word(word)).map(f64::signum)
    };
    match word {
        "better" | "stronger" | "faster" | "safer" | "healthier" | "cheaper" | "higher" | "superior"
        | "mejor" | "rather" | "sooner" => Some(1.0),
        "worse" | "weaker" | "slower" | "riskier" | "pricier" | "inferior" | "peor" => Some(-1.0),
        "more" | "más" => Some(of(at + 1).unwrap_or(1.0)),
        "less" | "fewer" | "menos" => Some(-of(at + 1).unwrap_or(1.0)),
        _ => None,
    }
}

/// Puts a comparison's valence on its first word where the target is on one side of it.
fn settle(tokens: &[Token], sentence: &Sentence, cue: Range<usize>, sign: f64, own: &mut [f64]) {
    let right = sentence.groups.iter().find(|g| g.tokens.start >= cue.end);
    let linked = |g: &&Group| tokens[cue.end..g.tokens.start].iter().all(|t| words::links(&t.text));
    let left = sentence.groups.iter().rev().find(|g| g.tokens.end <= cue.start);
    let (Some(left), Some(right)) = (left, right.filter(linked)) else { return };
    if left.target == right.target {
        return;
    }
    let before = tokens[..cue.start].iter().rev().take(3).take_while(|t| t.kind != Kind::Break);
    let turned = if before.filter(|t| context::negates(&t.text)).count() % 2 == 1 { NEGATED } else { 1.0 };
    let side = if left.target { 1.0 } else { -1.0 };
    // What its words said by themselves is said by the comparison.
    own[cue.clone()].fill(0.0);
    own[cue.start] = sign * side * turned * DEED;
}

/// "Switch from X to Y", "swap X for Y": what it says of the target.
fn moves(tokens: &[Token], sentence: &Sentence, at: usize) -> Option<f64> {
    let word = tokens[at].text.as_str();
    let swaps = matches!(
        word,
        "swap"
            | "swapped"
            | "swapping"
            | "traded"
            | "trading"
            | "exchange"
            | "exchanged"
            | "replace"
            | "replaced"
            | "ditched"
            | "dumped"
            | "cambio"
            | "cambié"
            | "cambiar"
    );
    let goes = swaps
        || matches!(
            word,
            "switch"
                | "switched"
                | "switching"
                | "rotate"
                | "rotated"
                | "rotating"
                | "rotation"
                | "move"
                | "moved"
                | "moving"
                | "shift"
                | "shifted"
                | "shifting"
                | "flows"
                | "flowing"
                | "paso"
                | "pasé"
                | "roto"
                | "rotar"
                | "rotación"
                | "muevo"
        );
    let from = sentence.groups.iter().find(|g| g.tokens.start > at).filter(|_| goes)?;
    let to = sentence.groups.iter().find(|g| g.tokens.start >= from.tokens.end)?;
    let between = &tokens[from.tokens.end..to.tokens.start];
    let before = &tokens[at + 1..from.tokens.start];
    let has = |tokens: &[Token], list: &[&str]| tokens.iter().any(|t| list.contains(&t.text.as_str()));
    let onward = has(between, &["to", "into", "a", "hacia"])
        && has(before, &["from", "out", "of", "de", "desde"])
        || swaps && has(between, &["for", "por", "with"]);
    (onward && from.target != to.target).then_some(if to.target { 1.0 } else { -1.0 })
}

/// "Unlike X, Y delivers": X does not, where nothing else is said of it.
fn unlike(tokens: &[Token], sentence: &Sentence, valences: &[f64], own: &mut [f64]) {
    let stands_at = |at: &usize| UNLIKE_PHRASES.iter().any(|phrase| stands(tokens, *at, phrase).is_some());
    let Some(cue) = sentence.tokens.clone().find(stands_at) else { return };
    let unlike = sentence.groups.iter().find(|g| g.tokens.start > cue);
    let silent = sentence.tokens.clone().all(|at| own[at] == 0.0);
    if unlike.is_some_and(|g| g.target) && silent {
        let others: f64 = valences[sentence.tokens.clone()].iter().sum();
        own[cue] = if others == 0.0 { 0.0 } else { UNLIKE * others.signum() * DEED };
    }
}
