//! Which assets a text names, where, by what evidence and how surely.
//!
//! In reading order: `text` makes a text uniform, `token` cuts it into words, `words` knows facts about words, `names`
//! takes company names apart, `context` holds what decides about names that are words too, `dictionary` puts all ways of
//! naming into one tree, `scan` prepares a text, `cashtag` finds `$AAPL`, `judge` decides about everything else.
//!
//! The time is linear in the length of the text. The same text and list give the same mentions, whatever was asked before.

mod cashtag;
mod context;
mod dictionary;
mod judge;
mod names;
mod scan;
mod text;
mod token;
mod words;

use std::collections::BTreeMap;

use domain::{AssetList, Evidence, Mention, Symbol};

use dictionary::Dictionary;
use judge::Candidate;
use scan::Scan;
use token::UNKNOWN;

/// More different cashtags than this are a list, not a statement.
const CASHTAG_SPAM: usize = 10;

/// Resolves texts to the assets of one list.
pub struct Resolver {
    dictionary: Dictionary,
}

/// What was found for one owner, spans in the uniform text.
struct Hit {
    owner: usize,
    evidence: Evidence,
    confidence: f64,
    start: usize,
    end: usize,
}

/// A mention of an asset, as [`Resolver::find`] gives it.
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
pub struct Scratch {}

impl Resolver {
    /// Puts into `out` what [`Resolver::resolve`] would answer, in the same order.
    pub fn find(
        &self,
        text: &str,
        _at: Option<chrono::DateTime<chrono::Utc>>,
        _scratch: &mut Scratch,
        out: &mut Vec<Found>,
    ) {
        out.clear();
        for mention in self.resolve(text) {
            let owner = self.dictionary.assets.binary_search_by(|(symbol, _)| symbol.cmp(&mention.symbol));
            let (Ok(owner), Some((start, end))) = (owner, mention.span) else { continue };
            let (owner, start, end) = (owner as u32, start as u32, end as u32);
            out.push(Found {
                owner,
                evidence: mention.evidence,
                confidence: mention.confidence as f32,
                start,
                end,
            });
        }
    }

    /// A resolver for the assets of `list`.
    pub fn new(list: &AssetList) -> Self {
        Self { dictionary: Dictionary::build(list) }
    }

    /// The assets that `text` names, each once with its surest evidence, in order of their symbols. Spans are byte
    /// ranges of `text`.
    pub fn resolve(&self, text: &str) -> Vec<Mention> {
        let scan = Scan::of(text, &self.dictionary);
        let mut hits = self.cashtags(&scan, text);
        self.names(&scan, &mut hits);
        self.surest(&scan, hits)
    }

    /// The asset that a vendor means by `spelling`: `BRK.B`, `BTC/USD`, `CRYPTO:BTC`, `EURUSD=X`.
    pub fn vendor(&self, spelling: &str) -> Option<&Symbol> {
        let upper = spelling.trim().trim_start_matches(['$', '^']).to_uppercase();
        let (prefix, code) = upper.rsplit_once(':').unwrap_or(("", &upper));
        let code = code.trim_end_matches("=X").replace(['-', '/', '_', ' '], ".");
        let owner = self.dictionary.code(&code, prefix == "CRYPTO")?;
        Some(&self.dictionary.assets[owner].0)
    }

    fn cashtags(&self, scan: &Scan, text: &str) -> Vec<Hit> {
        let (found, different) = cashtag::cashtags(scan, &self.dictionary);
        let spam = CASHTAG_SPAM as f64 / different.max(CASHTAG_SPAM) as f64;
        let hit = |tag: cashtag::Cashtag| {
            let (_, end) = scan.uniform.origin(tag.start, tag.end);
            // `$D…` at the end of a text that was cut may be the start of `$DIS`.
            let cut = text[end..].starts_with('…') && text[end..].len() <= 3 + " http://".len() + 32;
            let confidence = if cut { 0.7 } else { 0.99 } * spam.max(0.3);
            Hit { owner: tag.owner, evidence: Evidence::Cashtag, confidence, start: tag.start, end: tag.end }
        };
        found.into_iter().map(hit).collect()
    }

    fn names(&self, scan: &Scan, hits: &mut Vec<Hit>) {
        let mut at = 0;
        while at < scan.tokens.len() {
            at = self.longest(scan, at, hits).unwrap_or(at + 1);
        }
    }

    /// Judges what begins at word `at`, the longest first; returns the word after it when something was accepted.
    fn longest(&self, scan: &Scan, at: usize, hits: &mut Vec<Hit>) -> Option<usize> {
        let mut ends: Vec<(usize, u32)> = Vec::new();
        let mut node = 0;
        for (i, token) in scan.tokens.iter().enumerate().skip(at) {
            if i > at
                && !scan.gap(i - 1).is_some_and(|gap| joins(gap) || (gap == ". " && scan.is_initial(i - 1)))
            {
                break;
            }
            if token.base != UNKNOWN
                && let Some(end) = self.dictionary.step(node, token.base)
            {
                ends.push((i + 1, end));
            }
            if token.word == UNKNOWN {
                break;
            }
            let Some(next) = self.dictionary.step(node, token.word) else { break };
            node = next;
            ends.push((i + 1, node));
        }
        for (to, end) in ends.into_iter().rev() {
            let patterns = self.dictionary.ends(end).iter().map(|p| &self.dictionary.patterns[*p as usize]);
            let judged = patterns.filter(|p| p.words == to - at).filter_map(|pattern| {
                let candidate = Candidate { scan, dictionary: &self.dictionary, pattern, from: at, to };
                candidate.judge().map(|verdict| (pattern, verdict))
            });
            let judged: Vec<_> = judged.collect();
            let Some(after) = judged.iter().map(|(_, v)| at + v.words).max() else { continue };
            for (pattern, verdict) in judged {
                let (start, end) = (scan.tokens[at].start, scan.tokens[at + verdict.words - 1].end);
                let (evidence, confidence) = (verdict.evidence, verdict.confidence);
                hits.extend(pattern.owners.iter().map(|o| Hit {
                    owner: *o,
                    evidence,
                    confidence,
                    start,
                    end,
                }));
            }
            return Some(after);
        }
        None
    }

    /// Each owner once. Where a name stands for several symbols and the text itself says which, the others go.
    fn surest(&self, scan: &Scan, hits: Vec<Hit>) -> Vec<Mention> {
        let mut best: BTreeMap<usize, Hit> = BTreeMap::new();
        let tagged: Vec<usize> = hits.iter().filter(|h| is_symbol(h.evidence)).map(|h| h.owner).collect();
        let shared = |hit: &Hit| {
            let same = |other: &&usize| self.share_a_name(**other, hit.owner);
            !is_symbol(hit.evidence) && !tagged.contains(&hit.owner) && tagged.iter().find(same).is_some()
        };
        // The strongest kind of evidence is named; a weaker one may still make it surer (a cashtag among twenty and a name).
        for hit in hits.iter().filter(|h| !shared(h)) {
            let old = best.get(&hit.owner);
            let sure = old.map_or(hit.confidence, |old| old.confidence.max(hit.confidence));
            let rank = |h: &Hit| (h.evidence, h.start);
            let first = old.is_none_or(|old| rank(hit) < rank(old));
            let chosen = old.filter(|_| !first).unwrap_or(hit);
            let chosen = Hit { confidence: sure, ..*chosen };
            best.insert(hit.owner, chosen);
        }
        best.into_values()
            .map(|hit| Mention {
                symbol: self.dictionary.assets[hit.owner].0.clone(),
                evidence: hit.evidence,
                confidence: (hit.confidence * 100.0).round() / 100.0,
                span: Some(scan.uniform.origin(hit.start, hit.end)),
            })
            .collect()
    }

    fn share_a_name(&self, one: usize, other: usize) -> bool {
        one != other && self.dictionary.shared.contains(&(one.min(other), one.max(other)))
    }
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
