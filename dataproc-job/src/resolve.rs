//! Which assets a text names, where, by what evidence and how surely. The rules in order: `docs/resolver.md`.
//!
//! In reading order: `text` makes a text uniform, `token` cuts it into words, `vocabulary` numbers them, `words` knows facts about words, `names`
//! takes company names apart, `code` spells symbols, `context` holds what decides about names that are words too, `known` is
//! the shipped dictionary, `dictionary` puts all ways of naming into one tree, `scan` prepares a text, `cashtag` finds
//! `$AAPL`, `listing` finds `NASDAQ:AAPL`,
//! `dense` finds names in scripts without spaces, `judge` decides about everything else.
//!
//! The time is linear in the length of the text, and nothing is allocated for a text once the buffers are large enough. The
//! same text, day and list give the same mentions, whatever was asked before.

mod cashtag;
mod code;
mod context;
mod dense;
mod dictionary;
mod judge;
mod known;
mod listing;
mod names;
mod scan;
mod text;
mod token;
mod vocabulary;
mod words;

use std::cell::OnceCell;

use chrono::{DateTime, Utc};
use domain::{AssetList, Evidence, Mention, Symbol};

use cashtag::Cashtag;
use code::Code;
use dictionary::{BEGINS, Dictionary, PLACE, SMALL};
use judge::{Candidate, Verdict};
use listing::Listed;
use scan::{Line, Scan};
use text::Uniform;
use token::{Case, Token};
use vocabulary::UNKNOWN;

/// More different cashtags than this are a list, not a statement.
const CASHTAG_SPAM: usize = 10;
/// Words of the longest name that is looked for.
const LONGEST: usize = 12;

/// Resolves texts to the assets of one list.
pub struct Resolver {
    dictionary: Dictionary,
}

/// That a text names an asset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The asset, by its number in the list.
    pub owner: u32,
    /// What it rests on.
    pub evidence: Evidence,
    /// How surely, in (0, 1].
    pub confidence: f32,
    /// First byte in the text.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
}

/// Buffers that are used again for the next text; one for each thread.
#[derive(Default)]
pub struct Scratch {
    uniform: Uniform,
    tokens: Vec<Token>,
    lines: Vec<Line>,
    sums: Vec<[u32; 3]>,
    tags: Vec<Cashtag>,
    listed: Vec<Listed>,
    different: Vec<(u32, u32)>,
    hits: Vec<Found>,
    judged: Vec<(u32, Verdict)>,
}

impl Resolver {
    /// A resolver for the assets of `list`.
    pub fn new(list: &AssetList) -> Self {
        Self { dictionary: Dictionary::build(list) }
    }

    /// The assets that `text` names, each once with its surest evidence, in order of their symbols. Spans are byte
    /// ranges of `text`.
    pub fn resolve(&self, text: &str) -> Vec<Mention> {
        self.resolve_at(text, None)
    }

    /// The same for a text that was written `at` a time, on which the meaning of some symbols depends.
    pub fn resolve_at(&self, text: &str, at: Option<DateTime<Utc>>) -> Vec<Mention> {
        let mut found = Vec::new();
        self.find(text, at, &mut Scratch::default(), &mut found);
        let mention = |found: Found| Mention {
            symbol: self.symbol(found.owner).clone(),
            evidence: found.evidence,
            confidence: (f64::from(found.confidence) * 100.0).round() / 100.0,
            span: Some((found.start as usize, found.end as usize)),
        };
        found.into_iter().map(mention).collect()
    }

    /// The symbol of the asset with this number.
    ///
    /// # Panics
    /// `owner` did not come from this resolver.
    pub fn symbol(&self, owner: u32) -> &Symbol {
        &self.dictionary.assets[owner as usize].0
    }

    /// Puts into `out` what [`Resolver::resolve`] would answer, in the same order, without allocating for each text.
    pub fn find(&self, text: &str, at: Option<DateTime<Utc>>, scratch: &mut Scratch, out: &mut Vec<Found>) {
        out.clear();
        let Scratch { uniform, tokens, lines, sums, tags, listed, different, hits, judged } = scratch;
        uniform.make(text);
        let plain = uniform.text(text);
        let seen = token::tokens(plain, &self.dictionary.words.vocabulary, tokens);
        let day = at.map(|at| at.timestamp().div_euclid(86_400) as i32);
        hits.clear();
        if seen.dollar {
            cashtag::cashtags(plain, tokens, &self.dictionary, day, tags);
            let number =
                if tags.len() > CASHTAG_SPAM { cashtag::different(plain, tags, different) } else { 0 };
            let spam = CASHTAG_SPAM as f32 / number.max(CASHTAG_SPAM) as f32;
            for tag in tags.iter() {
                let Some(named) = tag.named else { continue };
                let (_, end) = uniform.origin(tag.start, tag.end);
                // `$D…` at the end of a text that was cut may be the start of `$DIS`.
                let cut = text[end..].starts_with('…') && text[end..].len() <= 3 + " http://".len() + 32;
                let sure = if cut { 0.7 } else { tag.confidence() };
                let confidence = sure * spam.max(0.3);
                hits.push(hit(named.owner, Evidence::Cashtag, confidence, tag.start, tag.end));
            }
        }
        if seen.dense {
            dense::named(plain, &self.dictionary, |owner, start, end| {
                hits.push(hit(owner, Evidence::Alias, 0.9, start, end));
            });
        }
        for (owner, start, end) in listing::signs(plain, &self.dictionary) {
            hits.push(hit(owner, Evidence::Pair, 0.95, start, end));
        }
        let marks = tokens.iter().fold(0, |marks, token| marks | self.begins(token));
        if marks != 0 {
            scan::count(plain, tokens, &self.dictionary.words, sums);
            scan::mark_lines(plain, tokens, lines);
            let scan = Scan { text: plain, tokens, lines, sums, introduced: OnceCell::new() };
            listed.clear();
            if marks & PLACE != 0 {
                listing::listed(&scan, &self.dictionary, day, listed);
            }
            self.names(&scan, day, listed, judged, hits);
        }
        self.surest(hits, out);
        for found in out.iter_mut() {
            let (start, end) = uniform.origin(found.start as usize, found.end as usize);
            (found.start, found.end) = (start as u32, end as u32);
        }
    }

    /// The asset that a vendor means by `spelling`: `BRK.B`, `BTC/USD`, `CRYPTO:BTC`, `EURUSD=X`.
    pub fn vendor(&self, spelling: &str) -> Option<&Symbol> {
        let spelling = spelling.trim().trim_start_matches(['$', '^']);
        let (prefix, code) = spelling.rsplit_once(':').unwrap_or(("", spelling));
        let code = Code::of(code.trim_end_matches("=X"))?;
        let coins = prefix.eq_ignore_ascii_case("crypto");
        let named = self.dictionary.codes.get(&code, None, || coins)?;
        Some(self.symbol(named.owner))
    }

    /// What may begin with this word as it is written: [`BEGINS`] and [`PLACE`].
    fn begins(&self, token: &Token) -> u8 {
        let marks = self.dictionary.begins(token.word) | self.dictionary.begins(token.base);
        let wanted = if token.case == Case::Lower { SMALL } else { BEGINS };
        (marks & PLACE) | if marks & wanted != 0 { BEGINS } else { 0 }
    }

    fn names(
        &self,
        scan: &Scan,
        day: Option<i32>,
        listed: &[Listed],
        judged: &mut Vec<(u32, Verdict)>,
        hits: &mut Vec<Found>,
    ) {
        let mut skip = listed.iter().peekable();
        let mut at = 0;
        while at < scan.tokens.len() {
            if let Some(found) = skip.next_if(|found| found.from <= at) {
                if let Some(owner) = found.named {
                    hits.push(hit(owner, Evidence::Ticker, 0.95, found.start, found.end));
                }
                at = at.max(found.to);
                continue;
            }
            at = self.longest(scan, day, at, judged, hits).unwrap_or(at + 1);
        }
    }

    /// Judges what begins at word `at`, the longest first; returns the word after it when something was accepted.
    fn longest(
        &self,
        scan: &Scan,
        day: Option<i32>,
        at: usize,
        judged: &mut Vec<(u32, Verdict)>,
        hits: &mut Vec<Found>,
    ) -> Option<usize> {
        if self.begins(&scan.tokens[at]) & BEGINS == 0 {
            return None;
        }
        let mut ends = [(0usize, 0u32); 2 * LONGEST];
        let (mut count, mut node) = (0, 0);
        for (i, token) in scan.tokens.iter().enumerate().skip(at).take(LONGEST) {
            if i > at
                && !scan.gap(i - 1).is_some_and(|gap| joins(gap) || (gap == ". " && scan.is_initial(i - 1)))
            {
                break;
            }
            if token.base != UNKNOWN
                && let Some(end) = self.dictionary.step(node, token.base)
            {
                ends[count] = (i + 1, end);
                count += 1;
            }
            let Some(next) = self.dictionary.step(node, token.word) else { break };
            node = next;
            ends[count] = (i + 1, node);
            count += 1;
        }
        for (to, end) in ends[..count].iter().rev().copied() {
            judged.clear();
            let mut elsewhere = false;
            for number in self.dictionary.ends(end) {
                let pattern = &self.dictionary.patterns[*number as usize];
                if pattern.words != to - at || day.is_some_and(|day| day > pattern.until) {
                    continue;
                }
                let candidate = Candidate { scan, dictionary: &self.dictionary, pattern, from: at, to };
                let verdict = candidate.judge();
                elsewhere |= verdict.is_none() && candidate.is_elsewhere();
                judged.extend(verdict.map(|verdict| (*number, verdict)));
            }
            if elsewhere && judged.is_empty() {
                // "BNP Paribas Open": nor is it BNP.
                return Some(to);
            }
            let Some(after) = judged.iter().map(|(_, v)| at + v.words).max() else { continue };
            for (number, verdict) in judged.iter() {
                let pattern = &self.dictionary.patterns[*number as usize];
                let start = scan.tokens[at].start as usize;
                let end = scan.tokens[at + verdict.words - 1].end as usize;
                let owners = pattern.owners.iter();
                hits.extend(owners.map(|o| hit(*o, verdict.evidence, verdict.confidence, start, end)));
            }
            return Some(after);
        }
        None
    }

    /// Each owner once. Where a name stands for several symbols and the text itself says which, the others go.
    fn surest(&self, hits: &mut [Found], out: &mut Vec<Found>) {
        // By owner, the strongest kind of evidence first; a weaker one may still make it surer (a cashtag among twenty
        // and a name).
        hits.sort_by_key(|h| (h.owner, h.evidence, h.start));
        let symbols = hits.iter().any(|h| is_symbol(h.evidence));
        let other =
            |owner: u32| hits.iter().any(|h| is_symbol(h.evidence) && self.share_a_name(h.owner, owner));
        for same in hits.chunk_by(|a, b| a.owner == b.owner) {
            let tagged = same.iter().any(|h| is_symbol(h.evidence));
            if symbols && !tagged && other(same[0].owner) {
                continue;
            }
            let confidence = same.iter().map(|h| h.confidence).fold(0.0, f32::max);
            out.push(Found { confidence, ..same[0] });
        }
    }

    fn share_a_name(&self, one: u32, other: u32) -> bool {
        one != other && self.dictionary.shared.contains(&(one.min(other), one.max(other)))
    }
}

fn hit(owner: u32, evidence: Evidence, confidence: f32, start: usize, end: usize) -> Found {
    Found { owner, evidence, confidence, start: start as u32, end: end as u32 }
}

/// Whether the evidence is a symbol, which says exactly who is meant.
fn is_symbol(evidence: Evidence) -> bool {
    matches!(evidence, Evidence::Cashtag | Evidence::Ticker | Evidence::Pair)
}

/// Whether two words with this between them may belong to one name.
fn joins(gap: &str) -> bool {
    gap.len() <= 3
        && gap.chars().all(|c| matches!(c, ' ' | '-' | '/' | '_' | '.' | ',' | '\'' | '\u{a0}'))
        && gap != ". "
}

#[cfg(test)]
mod tests;
