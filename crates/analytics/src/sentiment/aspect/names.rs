//! Which tokens name the target, which another asset.

use std::ops::Range;

use super::super::context;
use super::super::lexicon::ENGLISH;
use super::super::token::{Kind, Token};

/// Whom each token names.
pub(super) struct Names {
    /// For each token `Some(true)`: the target, `Some(false)`: another asset.
    of: Vec<Option<bool>>,
}

impl Names {
    /// `None` where the target, or every other asset, is missing.
    pub(super) fn find(
        text: &str,
        tokens: &[Token],
        target: &Range<usize>,
        others: &[Range<usize>],
    ) -> Option<Self> {
        let mut names = Self { of: vec![None; tokens.len()] };
        let surface = |span: &Range<usize>| text.get(span.clone()).filter(|s| !s.trim().is_empty());
        surface(target)?;
        for other in others.iter().filter(|o| surface(o).is_some()) {
            // Two names of one place, as of "Alphabet Class A": the target's is meant.
            if other.end <= target.start || target.end <= other.start {
                names.mark(tokens, other, false);
            }
        }
        names.mark(tokens, target, true);
        names.repeat(tokens, true);
        names.repeat(tokens, false);
        for (name, token) in names.of.iter_mut().zip(tokens) {
            if token.kind == Kind::Name && token.text.starts_with('$') {
                name.get_or_insert(false);
            }
        }
        (names.of.contains(&Some(true)) && names.of.contains(&Some(false))).then_some(names)
    }

    /// Whom the token at `at` names.
    pub(super) fn at(&self, at: usize) -> Option<bool> {
        self.of.get(at).copied().flatten()
    }

    /// Whether the token says something by itself and is no name.
    pub(super) fn loud(&self, at: usize, tokens: &[Token]) -> bool {
        let Some(token) = tokens.get(at).filter(|_| self.at(at).is_none()) else { return false };
        match token.kind {
            Kind::Word => {
                ENGLISH.derived(&token.text).is_some_and(|v| v != 0.0)
                    || context::direction(&token.text).is_some()
            }
            Kind::Emoji | Kind::Number { signed: true, .. } => true,
            _ => false,
        }
    }

    fn mark(&mut self, tokens: &[Token], span: &Range<usize>, target: bool) {
        let from = tokens.partition_point(|t| t.span.end <= span.start);
        for (name, token) in self.of.iter_mut().zip(tokens).skip(from) {
            if token.span.start >= span.end {
                break;
            }
            if token.kind != Kind::Break {
                *name = Some(target);
            }
        }
    }

    /// Marks further places where the same words stand.
    fn repeat(&mut self, tokens: &[Token], target: bool) {
        let mut at = 0;
        let mut surfaces: Vec<Vec<String>> = Vec::new();
        while at < tokens.len() {
            let end = (at..tokens.len()).find(|i| self.of[*i] != Some(target)).unwrap_or(tokens.len());
            if end > at {
                let words: Vec<String> = tokens[at..end].iter().map(|t| plain(t).to_owned()).collect();
                if !surfaces.contains(&words) {
                    surfaces.push(words);
                }
            }
            at = end.max(at) + 1;
        }
        // Of a text that names a hundred assets the first few do.
        for words in surfaces.iter().take(32) {
            for from in 0..tokens.len().saturating_sub(words.len() - 1) {
                let place = from..from + words.len();
                let same = tokens[place.clone()].iter().zip(words).all(|(t, w)| plain(t) == w);
                let free = self.of[place.clone()].iter().all(Option::is_none);
                // A name that is a word of the language ("gap", "target") is one only where it was found.
                let sure = words.len() > 1 || tokens[from].kind == Kind::Name || self.proper(tokens, from);
                if same && free && sure {
                    self.of[place].fill(Some(target));
                }
            }
        }
    }

    fn proper(&self, tokens: &[Token], at: usize) -> bool {
        let word = plain(&tokens[at]);
        word.len() > 2 && ENGLISH.derived(word).is_none() && context::direction(word).is_none()
    }
}

/// A token's text without what marks it as a name or a possessive.
fn plain(token: &Token) -> &str {
    let text = token.text.strip_prefix('$').unwrap_or(&token.text);
    text.strip_suffix("'s").unwrap_or(text)
}
