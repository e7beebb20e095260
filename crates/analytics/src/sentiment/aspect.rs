//! What a text says of one asset when it names others, too: "Apple soars while Tesla collapses".
//!
//! Words keep the valence that lexicon and surroundings give them; here it is decided whose they are. A text is cut into
//! clauses ([`clauses`]): at the ends of sentences, at commas, at words that set one thing against another, and at an "and"
//! that does not merely list. A clause that names one asset speaks of it, one that names none goes on about the last;
//! in one that names several, each word goes to the asset it stands with. Then come words that speak of two assets at once
//! ([`relations`]): who beats, trails or replaces whom, what is sold to buy what.
//!
//! It is a reading by position and word lists, no grammar: who is meant by "it", and what follows for one asset from news of
//! another, is beyond it.

mod clauses;
mod names;
mod relations;
mod words;

use std::ops::Range;

use super::scoring::{self, Languages, Scored};
use super::token::{Kind, Token, tokens};
use super::{context, rules};
use names::Names;

/// Strength of buying, selling, and of winning or losing against somebody.
const DEED: f64 = 2.0;

/// Scores what a text says of the asset that it names at `target`, where it names other assets at `others` (bytes of the text;
/// more cashtags and repeated names are found by themselves). With no other asset in it, or where `target` is no place in the
/// text, it is the score of the whole text.
///
/// The result is taken apart as that of [`score`](super::score) is: contributions and emphasis sum to its sum.
pub fn score_about(text: &str, lang: Option<&str>, target: &Range<usize>, others: &[Range<usize>]) -> Scored {
    let text = scoring::capped(text);
    let tokens = tokens(text);
    let Some(names) = Names::find(text, &tokens, target, others) else {
        return super::score(text, lang);
    };
    let (mut valences, mut ends) = scoring::base_valences(&tokens, &Languages::of(lang));
    for at in (0..tokens.len()).filter(|at| names.at(*at).is_some()) {
        // "Target" and "Best Buy" are names here, whatever they mean elsewhere.
        valences[at] = 0.0;
        ends[at] = tokens[at].span.end;
    }
    rules::turn_burdens(&tokens, &mut valences);
    rules::compare_figures(&tokens, &mut valences);
    rules::hear_moves(&tokens, &mut valences);
    deeds(&tokens, &names, &mut valences);
    rules::apply_context(&tokens, &mut valences);
    rules::weigh_questions(&tokens, &mut valences);

    let clauses = clauses::clauses(&tokens, &names);
    let mut own = owned(&tokens, &names, &clauses, &valences);
    relations::apply(&tokens, &names, &clauses, &valences, &mut own);
    weigh_contrast(&tokens, &mut own);
    scoring::summarise(text, &tokens, &own, &ends)
}

/// Buying and selling, hoping and fearing, with the asset as their object.
fn deeds(tokens: &[Token], names: &Names, valences: &mut [f64]) {
    for at in 0..tokens.len() {
        let word = tokens[at].text.as_str();
        let Some(sign) = words::deed(word) else { continue };
        let held = words::held(word) && at > 0 && names.at(at - 1).is_some();
        if held || object(tokens, names, at).is_some() {
            valences[at] = sign * DEED;
        }
    }
}

/// The name that a word is linked to on its right: nothing but articles and prepositions stand between.
fn object(tokens: &[Token], names: &Names, at: usize) -> Option<usize> {
    let mut next = at + 1;
    while let Some(token) = tokens.get(next) {
        if names.at(next).is_some() {
            return Some(next);
        }
        if token.kind != Kind::Word || !words::links(&token.text) || next > at + 6 {
            return None;
        }
        next += 1;
    }
    None
}

/// The valences that are about the target; all others are 0.
fn owned(tokens: &[Token], names: &Names, clauses: &[clauses::Clause], valences: &[f64]) -> Vec<f64> {
    let mut own = vec![0.0; tokens.len()];
    for clause in clauses {
        for at in clause.tokens.clone().filter(|at| valences[*at] != 0.0) {
            let mine = match clause.groups.as_slice() {
                [] => clause.carried,
                [only] => only.target,
                several => several[holder(tokens, names, clause, at)].target,
            };
            if mine {
                own[at] = valences[at];
            }
        }
    }
    own
}

/// Which of a clause's several groups a word goes with.
fn holder(tokens: &[Token], names: &Names, clause: &clauses::Clause, at: usize) -> usize {
    let groups = &clause.groups;
    let right = groups.partition_point(|g| g.tokens.start <= at);
    let (Some(before), Some(after)) = (right.checked_sub(1), groups.get(right)) else {
        // Before the first: it is introduced by the word. After the last: it is its object's.
        return right.saturating_sub(1).min(groups.len() - 1);
    };
    let next = after.tokens.start;
    let between = &tokens[at + 1..next];
    let passive = between.iter().any(|t| words::by(&t.text));
    let to =
        words::done_to(&tokens[at].text) && between.iter().any(|t| matches!(t.text.as_str(), "to" | "a"));
    let meant_for = between.len() <= 6 && (to || between.iter().any(|t| words::meant_for(&t.text)));
    let linked = object(tokens, names, at) == Some(next);
    let acts = words::deed(&tokens[at].text).is_some() || words::acts_on(&tokens[at].text);
    // "Analysts cut X": a verb right before a name, unless the name has a word of its own behind it ("A up B down").
    let bare = between.is_empty() && {
        let end = groups.get(right + 1).map_or(clause.tokens.end, |g| g.tokens.start);
        !(after.tokens.end..end).any(|t| names.loud(t, tokens))
    };
    if !passive && (linked && (acts || bare) || meant_for) { right } else { before }
}

/// Where an asset is spoken of on both sides of a "but", what comes after weighs more.
fn weigh_contrast(tokens: &[Token], own: &mut [f64]) {
    let but = tokens.iter().rposition(|t| t.kind == Kind::Word && context::contrasts(&t.text));
    if but.is_some_and(|but| own[..but].iter().any(|v| *v != 0.0) && own[but..].iter().any(|v| *v != 0.0)) {
        rules::weigh_contrast(tokens, own);
    }
}

#[cfg(test)]
mod tests;
