//! Whether a way of naming, found in a text, really names the asset, and how surely.

use domain::{AssetClass, Evidence};

use super::context::Context;
use super::dictionary::{Dictionary, Kind, Pattern};
use super::scan::Scan;
use super::token::{Case, UNKNOWN};
use super::words::{COMMON, EXCHANGE, GIVEN, NEXT, SUFFIX};

/// Words around a name in which cues count.
const REACH: usize = 30;
/// Words around a name in which the company's own words count.
const NEAR: usize = 12;
/// Points that it takes.
const ENOUGH: u32 = 2;

/// A judgement in favour.
pub(crate) struct Verdict {
    /// How surely.
    pub(crate) confidence: f64,
    /// What it rests on.
    pub(crate) evidence: Evidence,
    /// How many words it covers, legal form included.
    pub(crate) words: usize,
}

/// Words `from..to` of a text, spelt like a pattern.
pub(crate) struct Candidate<'a> {
    pub(crate) scan: &'a Scan,
    pub(crate) dictionary: &'a Dictionary,
    pub(crate) pattern: &'a Pattern,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl Candidate<'_> {
    /// The judgement; `None` when the asset is not meant.
    pub(crate) fn judge(&self) -> Option<Verdict> {
        if matches!(self.scan.before(self.from), Some('$' | '£' | '€' | '¥')) {
            return None;
        }
        match self.pattern.kind {
            Kind::Pair => self.judge_pair(),
            Kind::Ticker | Kind::StrictTicker => self.judge_ticker(),
            _ => self.judge_name(),
        }
    }

    fn judge_pair(&self) -> Option<Verdict> {
        let joined = self.to - self.from == 1;
        let written = self.scan.gap(self.from).map(str::trim);
        let split = self.upper() && matches!(written, Some("/" | "-" | "_"));
        (joined || split).then(|| self.verdict(0.98, Evidence::Pair, 0))
    }

    fn judge_ticker(&self) -> Option<Verdict> {
        let strict = self.pattern.kind == Kind::StrictTicker;
        let (scan, text) = (self.scan, self.dictionary);
        let letters = scan.tokens[self.to - 1].end - scan.tokens[self.from].start;
        if scan.before(self.from) == Some('#') {
            return (!strict && letters >= 3).then(|| self.verdict(0.8, Evidence::Ticker, 0));
        }
        let previous = self.from.checked_sub(1);
        let gap = previous.and_then(|p| scan.gap(p)).unwrap_or("");
        if !self.upper() || (self.to - self.from > 1 && scan.gap(self.from).is_none_or(|g| g.trim() != g)) {
            return self.lower_coin();
        }
        let after = |marks: u8| previous.is_some_and(|p| text.words.is(scan.tokens[p].word, marks));
        if after(EXCHANGE) && gap.contains(':') {
            return Some(self.verdict(0.95, Evidence::Ticker, 0));
        }
        let capital = previous.is_some_and(|p| scan.tokens[p].case != Case::Lower);
        let bracketed = gap.ends_with('(') && scan.after(self.to - 1) == Some(')');
        if bracketed && (after(SUFFIX) || (capital && letters >= 3)) {
            return Some(self.verdict(0.9, Evidence::Ticker, 0));
        }
        let crypto = self.is_crypto();
        let points = scan.points(self.from, self.to, REACH);
        let sum = points.company + points.trading + if crypto { points.crypto } else { 0 };
        let proven = !strict && !scan.shouted[self.from] && sum >= ENOUGH;
        proven.then(|| self.verdict(0.6, Evidence::Ticker, 0))
    }

    /// `eth` among coins. Shares are never written so.
    fn lower_coin(&self) -> Option<Verdict> {
        let plain = self.is_crypto() && self.pattern.kind == Kind::Ticker && self.to - self.from == 1;
        let proven = plain && self.scan.points(self.from, self.to, REACH).crypto >= ENOUGH;
        proven.then(|| self.verdict(0.6, Evidence::Ticker, 0))
    }

    fn judge_name(&self) -> Option<Verdict> {
        if self.vetoed() {
            return None;
        }
        let evidence = self.pattern.evidence;
        if self.legal_form() {
            return Some(self.verdict(0.95, Evidence::Name, 1));
        }
        match self.pattern.kind {
            Kind::Full => Some(self.verdict(0.95, evidence, 0)),
            Kind::Clear => Some(self.verdict(if self.capital() { 0.9 } else { 0.85 }, evidence, 0)),
            Kind::Code => self.upper().then(|| self.verdict(0.85, evidence, 0)),
            Kind::Phrase => self.judge_phrase(evidence),
            _ => self.judge_ambiguous(evidence),
        }
    }

    fn judge_phrase(&self, evidence: Evidence) -> Option<Verdict> {
        let points = self.scan.points(self.from, self.to, NEAR);
        let proven = self.followed() || points.company + points.trading >= ENOUGH || self.own_points() > 0;
        let long = self.to - self.from >= 3;
        if self.capital() && (long || proven || !self.scan.headline[self.from]) {
            return Some(self.verdict(if proven || long { 0.95 } else { 0.9 }, evidence, 0));
        }
        (!self.capital() && (long || proven)).then(|| self.verdict(0.75, evidence, 0))
    }

    fn judge_ambiguous(&self, evidence: Evidence) -> Option<Verdict> {
        let context = self.context();
        if !self.capital() {
            let known = context.is_some_and(|c| !c.trading && !c.cues.is_empty());
            let shares_of = self.from >= 2
                && self.scan.before(self.from) == Some(' ')
                && self.dictionary.words.of(self.scan.tokens[self.from - 2].word).trading >= 2;
            return (known && (self.followed() || shares_of)).then(|| self.verdict(0.65, evidence, 0));
        }
        if self.is_short() && !self.upper() {
            return None;
        }
        let points = self.scan.points(self.from, self.to, REACH);
        let trading = if context.is_some_and(|c| c.trading) { 0 } else { points.trading };
        let placed = !self.scan.begins_sentence(self.from) && !self.scan.headline[self.from];
        let telling = placed && !self.scan.shouted[self.from] && !self.is_short();
        let sum = points.company + trading + self.own_points() + u32::from(telling);
        if self.followed() || self.possessive_company() {
            return Some(self.verdict(0.8, evidence, 0));
        }
        if self.scan.shouted[self.from] && self.own_points() == 0 {
            return None;
        }
        (sum >= ENOUGH).then(|| self.verdict(if sum >= 2 * ENOUGH { 0.8 } else { 0.7 }, evidence, 0))
    }

    /// Two points for each of the company's own words near by.
    fn own_points(&self) -> u32 {
        let Some(context) = self.context() else { return 0 };
        let start = self.from.saturating_sub(NEAR);
        let end = (self.to + NEAR).min(self.scan.tokens.len());
        let near = (start..self.from).chain(self.to..end);
        let hits = near.filter(|i| {
            let token = self.scan.tokens[*i];
            [token.word, token.base].iter().any(|w| *w != UNKNOWN && context.cues.contains(w))
        });
        2 * hits.count() as u32
    }

    /// Whether the words around it say that something else is meant.
    fn vetoed(&self) -> bool {
        let words = &self.dictionary.words;
        let tokens = &self.scan.tokens;
        let previous = self.from.checked_sub(1).filter(|p| self.scan.gap(*p).is_some_and(adjacent));
        let ambiguous = self.pattern.kind == Kind::Ambiguous;
        if ambiguous
            && let Some(p) = previous
            && tokens[p].case == Case::Capital
            && words.is(tokens[p].word, GIVEN)
            && !words.is(tokens[p].word, COMMON)
        {
            return true;
        }
        let Some(context) = self.context() else { return false };
        let next =
            (self.to < tokens.len() && self.scan.gap(self.to - 1).is_some_and(adjacent)).then_some(self.to);
        let owned = tokens[self.to - 1].base != UNKNOWN;
        let meets = |i: usize, set: &std::collections::BTreeSet<u32>| {
            [tokens[i].word, tokens[i].base].iter().any(|w| *w != UNKNOWN && set.contains(w))
        };
        if !owned && next.is_some_and(|n| meets(n, &context.next)) {
            return true;
        }
        match previous {
            Some(p) if context.follow => meets(p, &context.previous) && self.is_boilerplate(p),
            // "the Apple results": what follows outweighs an article before it.
            Some(p) => {
                meets(p, &context.previous) && !(self.followed() && self.capital() && !context.trading)
            }
            None => false,
        }
    }

    /// "follow us on", "share this via".
    fn is_boilerplate(&self, previous: usize) -> bool {
        const ASKS: [&str; 13] = [
            "share", "shared", "follow", "us", "like", "find", "watch", "live", "join", "post", "posted",
            "google", "login",
        ];
        let asks: Vec<u32> = ASKS.iter().map(|w| self.dictionary.words.vocabulary.get(w)).collect();
        let start = previous.saturating_sub(3);
        (start..=previous).any(|i| {
            let word = self.scan.tokens[i].word;
            word != UNKNOWN && asks.contains(&word)
        })
    }

    fn legal_form(&self) -> bool {
        let next = self.to < self.scan.tokens.len();
        let gap = self.scan.gap(self.to - 1);
        let token = self.scan.tokens.get(self.to);
        next && matches!(gap, Some(" " | ", "))
            && self.capital()
            && token.is_some_and(|t| t.case != Case::Lower && self.dictionary.words.is(t.word, SUFFIX))
    }

    /// Whether "stock", "shares", "earnings" or the like follows directly.
    fn followed(&self) -> bool {
        self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1).is_some_and(adjacent)
            && self.dictionary.words.is(self.scan.tokens[self.to].word, NEXT)
    }

    /// `Apple's` before a word for a company's doings.
    fn possessive_company(&self) -> bool {
        let owned = self.scan.tokens[self.to - 1].base != UNKNOWN;
        let end = (self.to + 3).min(self.scan.tokens.len());
        owned && (self.to..end).any(|i| self.dictionary.words.of(self.scan.tokens[i].word).company > 0)
    }

    fn context(&self) -> Option<&Context> {
        self.pattern.context.and_then(|i| self.dictionary.contexts.get(i))
    }

    fn is_crypto(&self) -> bool {
        self.pattern.owners.iter().any(|o| self.dictionary.assets[*o].1 == AssetClass::Crypto)
    }

    fn is_short(&self) -> bool {
        let tokens = &self.scan.tokens;
        self.to - self.from == 1 && tokens[self.from].end - tokens[self.from].start <= 2
    }

    /// Whether all words but the small ones begin with a capital.
    fn capital(&self) -> bool {
        const SMALL: usize = 3;
        let mut words = self.scan.tokens[self.from..self.to].iter().enumerate();
        words.all(|(i, t)| t.case != Case::Lower || !t.letters || (i > 0 && t.end - t.start <= SMALL))
    }

    fn upper(&self) -> bool {
        self.scan.tokens[self.from..self.to].iter().all(|t| t.case == Case::Upper || !t.letters)
    }

    fn verdict(&self, confidence: f64, evidence: Evidence, more: usize) -> Verdict {
        Verdict { confidence, evidence, words: self.to - self.from + more }
    }
}

/// Whether two words with this between them stand side by side.
fn adjacent(gap: &str) -> bool {
    matches!(gap, " " | "-" | "  " | " #")
}
