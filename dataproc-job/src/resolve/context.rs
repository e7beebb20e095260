//! What decides about names that are also words: the list `words/contexts.txt`.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::token::keys;
use super::vocabulary::Word;
use super::words::{Words, lines};

/// What speaks for and against one name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    /// Words near by that speak for the company.
    pub(crate) cues: FxHashSet<Word>,
    /// Words directly after it that speak against.
    pub(crate) next: FxHashSet<Word>,
    /// Words directly before it that speak against.
    pub(crate) previous: FxHashSet<Word>,
    /// Whether the word belongs to traders' talk, which then proves nothing.
    pub(crate) trading: bool,
    /// Whether people are asked to follow somebody there: "like us on …".
    pub(crate) follow: bool,
    /// Whether it is written in small letters too, and a cue is needed however it is written: gold, the dow.
    pub(crate) lower: bool,
    /// Whether talk of markets is no cue, only its own words are: cable, coffee.
    pub(crate) own: bool,
    /// Whether a capital is proof enough: Coke, Uber.
    pub(crate) capital: bool,
}

/// Reads the list, by the words of the name.
pub(crate) fn contexts(words: &mut Words) -> BTreeMap<Vec<String>, Context> {
    let mut out = BTreeMap::new();
    for line in lines(include_str!("words/contexts.txt")) {
        let mut columns = line.split('|');
        let mut column = || columns.next().unwrap_or("").trim();
        let name = keys(column());
        let mut set =
            |text: &str| text.split_ascii_whitespace().map(|w| words.add(&keys(w).concat())).collect();
        let (cues, next, previous) = (set(column()), set(column()), set(column()));
        let flags = column();
        let context = Context {
            cues,
            next,
            previous,
            trading: flags.contains("trading"),
            follow: flags.contains("follow"),
            lower: flags.contains("lower"),
            own: flags.contains("own"),
            capital: flags.contains("capital"),
        };
        out.insert(name, context);
    }
    out
}
