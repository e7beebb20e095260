//! Cuts a text into clauses and says which assets each names.

use std::ops::Range;

use super::super::token::{Kind, Token};
use super::names::Names;
use super::words;

/// Names that are listed together: "Ford and General Motors".
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    /// From the first to the last name.
    pub(super) tokens: Range<usize>,
    /// Whether the target is among them.
    pub(super) target: bool,
    /// Whether another asset is.
    pub(super) others: bool,
}

/// A stretch of text that says one thing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clause {
    /// Its tokens.
    pub(super) tokens: Range<usize>,
    /// The number of its sentence.
    pub(super) sentence: usize,
    /// Who is named in it.
    pub(super) groups: Vec<Group>,
    /// Where it names nobody: whether it goes on about the target.
    pub(super) carried: bool,
    /// The mark it ends with.
    mark: char,
}

/// All clauses in order.
pub(super) fn clauses(tokens: &[Token], names: &Names) -> Vec<Clause> {
    let mut out: Vec<Clause> = Vec::new();
    let (mut from, mut sentence) = (0, 0);
    for at in 0..=tokens.len() {
        let Some(mark) = boundary(tokens, names, from, at) else { continue };
        if at > from {
            let groups = groups(tokens, names, from..at);
            out.push(Clause { tokens: from..at, sentence, groups, carried: false, mark });
        }
        sentence += usize::from(matches!(mark, '.' | '!' | '?' | '\n'));
        from = at;
    }
    carry(tokens, &mut out);
    out
}

/// The mark at which a clause that began at `from` ends before `at`; a blank for a word.
fn boundary(tokens: &[Token], names: &Names, from: usize, at: usize) -> Option<char> {
    let Some(token) = tokens.get(at) else { return Some('.') };
    match token.kind {
        Kind::Break if lists(tokens, names, from, at) => None,
        Kind::Break => Some(match token.text.chars().next() {
            None => '\n',
            Some('\u{2026}') => '.',
            Some(mark) => mark,
        }),
        Kind::Word if words::turns(&token.text) => Some(' '),
        Kind::Word if words::joins(&token.text) && !lists(tokens, names, from, at) => {
            let left = (from..at).any(|i| names.at(i).is_some());
            let rest = || {
                (at + 1..tokens.len())
                    .take_while(|i| tokens[*i].kind != Kind::Break || lists(tokens, names, from, *i))
            };
            let right = rest().any(|i| names.at(i).is_some());
            // A name alone says nothing of its own: "good for us and X".
            let alone = rest().all(|i| names.at(i).is_some());
            (left && right && !alone).then_some(' ')
        }
        _ => None,
    }
}

/// Whether a comma or an "and" in a clause that began at `from` stands between two names of one list.
fn lists(tokens: &[Token], names: &Names, from: usize, at: usize) -> bool {
    let token = &tokens[at];
    let comma = token.kind == Kind::Break && token.text == ",";
    if !(comma || words::and(&token.text)) || at == 0 || names.at(at - 1).is_none() {
        return false;
    }
    let further = usize::from(comma && tokens.get(at + 1).is_some_and(|t| words::and(&t.text)));
    let next = at + 1 + further;
    if names.at(next).is_none() {
        return false;
    }
    // "Don't touch X, Y is safer": the comma ends what was said of X, unless the list goes on or ends the sentence.
    let said = (from..at).any(|i| tokens[i].kind == Kind::Word && names.at(i).is_none());
    let end = (next..tokens.len()).find(|i| names.at(*i).is_none()).and_then(|i| tokens.get(i));
    !comma || further > 0 || !said || end.is_none_or(|t| t.kind == Kind::Break || words::and(&t.text))
}

/// The groups of names in a stretch.
fn groups(tokens: &[Token], names: &Names, within: Range<usize>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for at in within {
        let Some(target) = names.at(at) else { continue };
        if let Some(last) = groups.last_mut() {
            let between = &tokens[last.tokens.end..at];
            let alone = between.is_empty() && tokens[at].kind == Kind::Name;
            let listed =
                !between.is_empty() && between.iter().all(|t| words::and(&t.text) || t.kind == Kind::Break);
            // One name of several words, or names one after the other: "$AAPL $MSFT".
            let same = between.is_empty() && names.at(last.tokens.end - 1) == Some(target);
            if alone || listed || same {
                last.tokens.end = at + 1;
                last.target |= target;
                last.others |= !target;
                continue;
            }
        }
        groups.push(Group { tokens: at..at + 1, target, others: !target });
    }
    groups
}

/// Says of each clause without names what it goes on about.
fn carry(tokens: &[Token], clauses: &mut [Clause]) {
    let named = |clause: &Clause| clause.groups.iter().any(|g| g.target);
    for at in 0..clauses.len() {
        if !clauses[at].groups.is_empty() {
            continue;
        }
        let sentence = clauses[at].sentence;
        let next = clauses[at + 1..].iter().find(|c| !c.groups.is_empty());
        let opens = !clauses[..at].iter().any(|c| c.sentence == sentence && !c.groups.is_empty());
        let ahead = next.filter(|c| opens && c.sentence == sentence);
        let before = clauses[..at].iter().rposition(|c| !c.groups.is_empty());
        clauses[at].carried = match (ahead, before) {
            // "After strong results, X rises": of the next. With a colon, of all that follows in the sentence.
            (Some(_), _) if clauses[at].mark == ':' => {
                clauses[at..].iter().filter(|c| c.sentence == sentence).any(named)
            }
            (Some(next), _) => named(next),
            (None, Some(before)) if clauses[before].sentence == sentence => {
                // "…, which" goes on about the last name, all else about who did it.
                let groups = &clauses[before].groups;
                let which = tokens[clauses[at].tokens.clone()].iter().take(2).any(|t| words::which(&t.text));
                (if which { groups.last() } else { groups.first() }).is_some_and(|g| g.target)
            }
            // A sentence of its own after one about two: about both, unless it says "it" or "the company".
            (None, Some(before)) => {
                let last = clauses[before].sentence;
                let alone = clauses[at].tokens.clone().take(3).any(|t| words::same(&tokens[t].text));
                if alone {
                    clauses[before].groups.last().is_some_and(|g| g.target)
                } else {
                    clauses[..=before].iter().filter(|c| c.sentence == last).any(named)
                }
            }
            // Nobody is named so far.
            (None, None) => true,
        };
    }
}
