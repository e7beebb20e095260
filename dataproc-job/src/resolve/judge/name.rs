//! Names of companies, coins and indices.

use domain::Evidence;

use super::{Candidate, ENOUGH, NEAR, REACH, Verdict};
use crate::resolve::context::Context;
use crate::resolve::dictionary::Kind;
use crate::resolve::token::Case;
use crate::resolve::vocabulary::UNKNOWN;
use crate::resolve::words::{PROPER, SUFFIX};

impl Candidate<'_> {
    pub(super) fn judge_name(&self) -> Option<Verdict> {
        if self.vetoed() {
            return None;
        }
        let evidence = self.pattern.evidence;
        // "Wells, Fargo and the stagecoach".
        if (self.from..self.to - 1).any(|i| self.scan.gap(i).is_some_and(|gap| gap.contains(','))) {
            return None;
        }
        if self.legal_form() {
            // "Delta Corp", "Nikkei Inc": nobody puts a legal form after a nickname, an index or a metal.
            let nickname = self.pattern.kind == Kind::Ambiguous && evidence == Evidence::Alias;
            let market = self.context().is_some_and(|c| c.lower);
            return (!nickname && !market).then(|| self.verdict(0.95, Evidence::Name, 1));
        }
        match self.pattern.kind {
            Kind::Full => Some(self.verdict(0.95, evidence, 0)),
            Kind::Clear => Some(self.verdict(if self.capital() { 0.9 } else { 0.85 }, evidence, 0)),
            Kind::Code if self.upper() => Some(self.verdict(0.85, evidence, 0)),
            Kind::Code => self.lower_code(evidence),
            Kind::Phrase => self.judge_phrase(evidence),
            Kind::Plain => {
                let line = self.scan.lines[self.from];
                let placed = self.capital()
                    && !line.headline
                    && !line.shouted
                    && !self.scan.begins_sentence(self.from)
                    && !self.is_short();
                let stock = self.followed() && self.to < self.scan.tokens.len() && {
                    matches!(self.scan.written(self.to), "stock" | "shares" | "earnings" | "Aktie" | "calls")
                };
                (placed && stock).then(|| self.verdict(0.7, evidence, 0))
            }
            _ if self.capital()
                && !self.scan.lines[self.from].shouted
                && self.context().is_some_and(|c| c.capital) =>
            {
                Some(self.verdict(0.9, evidence, 0))
            }
            // The word has no accent, the name has: Nestlé.
            _ if self.capital() && !self.scan.written(self.from).is_ascii() => {
                Some(self.verdict(0.9, evidence, 0))
            }
            _ => self.judge_ambiguous(evidence),
        }
    }

    /// `tsmc`, "long hsbc": a name in capitals that somebody wrote small.
    fn lower_code(&self, evidence: Evidence) -> Option<Verdict> {
        let letters = self.scan.tokens[self.from].length();
        let points = self.scan.points(self.from, self.to, NEAR);
        let proven = self.followed()
            || self.is_owned(self.from)
            || self.in_company()
            || (letters >= 4 && points.company + points.trading >= ENOUGH);
        let written = self.scan.tokens[self.from].case == Case::Lower;
        (written && letters >= 3 && proven).then(|| self.verdict(0.65, evidence, 0))
    }

    pub(super) fn judge_phrase(&self, evidence: Evidence) -> Option<Verdict> {
        let points = self.scan.points(self.from, self.to, NEAR);
        // "Standard Chartered, RBS escape": in a headline, what it does or whom it stands beside tells as well.
        let told = self.capital() && (self.acts() || self.moves() || self.in_company());
        let proven =
            self.followed() || told || points.company + points.trading >= ENOUGH || self.own_points() > 0;
        let long = self.to - self.from >= 3;
        if self.capital() && (long || proven || !self.scan.lines[self.from].headline) {
            return Some(self.verdict(if proven || long { 0.95 } else { 0.9 }, evidence, 0));
        }
        (!self.capital() && (long || proven)).then(|| self.verdict(0.75, evidence, 0))
    }

    pub(super) fn judge_ambiguous(&self, evidence: Evidence) -> Option<Verdict> {
        let context = self.context();
        if let Some(context) = context.filter(|c| c.lower) {
            let played = self.is_metal() && self.is_won();
            if (context.own && self.goes_before()) || played || self.is_among_tags() {
                return None;
            }
            let near = self.scan.points(self.from, self.to, NEAR);
            let coins = if self.pattern.coin { near.crypto } else { 0 };
            let talk = if context.own { 0 } else { near.trading };
            let sum = self.own_points() + talk + coins;
            let article = self.from.checked_sub(1).filter(|p| self.scan.written(*p) == "the");
            let owned = self.is_owned(article.unwrap_or(self.from));
            // "the S&P is one big bet", "Nasdaq was red".
            let level = (article.is_some() || (self.capital() && self.scan.begins_sentence(self.from)))
                && self.is_index_symbol()
                && self.is_subject_of();
            // "#nasdaq" below any talk of shares names the exchange, or nothing.
            let tagged = self.scan.before(self.from) == Some('#') && self.is_index_symbol();
            let proven = self.followed() || self.moves() || self.priced() || owned || level;
            let proven = proven || if tagged { self.has_change() } else { sum >= ENOUGH };
            let confidence = if sum >= 2 * ENOUGH { 0.8 } else { 0.7 };
            return proven.then(|| self.verdict(confidence, evidence, 0));
        }
        if !self.capital() {
            let known = context.is_some_and(|c| !c.trading && !c.cues.is_empty());
            let shares_of = self.from >= 2
                && self.scan.before(self.from) == Some(' ')
                && self.dictionary.words.of(self.scan.tokens[self.from - 2].word).trading >= 2;
            let points = self.own_points();
            let near = self.scan.points(self.from, self.to, NEAR);
            // "oracle is the new meme stock", "delta cancels flights".
            let told = self.scan.begins_sentence(self.from)
                && (self.is_subject_of() || self.acts())
                && (near.company + near.trading >= ENOUGH || points >= ENOUGH || self.is_rated())
                || self.acts_later();
            let proven = self.followed()
                || told
                || shares_of
                || self.in_company()
                || self.is_owned(self.from)
                || points >= 2 * ENOUGH
                || (points >= ENOUGH && context.is_some_and(|c| !c.next.is_empty()));
            let talked = context.is_some_and(|c| c.trading && !c.cues.is_empty());
            let listed = talked && (self.in_company() || (told && points >= ENOUGH));
            // "target stores", "ford trucks".
            let beside = context.is_some_and(|c| {
                self.to < self.scan.tokens.len()
                    && self.scan.gap(self.to - 1) == Some(" ")
                    && c.cues.contains(&self.scan.tokens[self.to].word)
            });
            return ((known && proven)
                || listed
                || (beside && (known || self.scan.begins_sentence(self.from))))
            .then(|| self.verdict(0.65, evidence, 0));
        }
        if self.is_short() && !self.upper() {
            return None;
        }
        let points = self.scan.points(self.from, self.to, REACH);
        let trading = if context.is_some_and(|c| c.trading) { 0 } else { points.trading };
        let placed = !self.scan.begins_sentence(self.from) && !self.scan.lines[self.from].headline;
        let telling = placed && !self.scan.lines[self.from].shouted && !self.is_short();
        let company = if self.in_company() { ENOUGH } else { 0 };
        let priced = self.to < self.scan.tokens.len()
            && matches!(self.scan.written(self.to), "price" | "prices" | "futures");
        let moves = if self.moves() && !priced && !context.is_some_and(|c| c.trading) { ENOUGH } else { 0 };
        let acts = if !self.acts() && !self.is_agent() && !self.has_own() {
            0
        } else if context.is_some_and(|c| c.trading) && !self.acts_later() {
            1
        } else {
            ENOUGH
        };
        let sum = points.company + trading + self.own_points() + u32::from(telling) + company + moves + acts;
        if self.followed()
            || self.has_shares_before()
            || self.possessive_company()
            || self.is_agent()
            || self.is_newsmaker()
        {
            return Some(self.verdict(0.8, evidence, 0));
        }
        if self.scan.lines[self.from].shouted && self.own_points() == 0 {
            // "AMAZON CUTS 14,000 OFFICE JOBS", "*DELTA SEES 3Q EPS".
            let told = self.scan.begins_sentence(self.from) || self.scan.before(self.from) == Some('*');
            let business = points.company + trading >= ENOUGH;
            let told = told && business && (self.acts() || self.moves() || self.has_quarter());
            return told.then(|| self.verdict(0.7, evidence, 0));
        }
        // "Full-Year Income Target": in a headline a capital says nothing, and there are always words of business.
        let weak = context.is_some_and(|c| c.trading) && self.scan.lines[self.from].headline;
        if weak && self.own_points() == 0 && company == 0 && !self.acts() {
            return None;
        }
        (sum >= ENOUGH).then(|| self.verdict(if sum >= 2 * ENOUGH { 0.8 } else { 0.7 }, evidence, 0))
    }

    /// Whether it stands beside a name that means nothing else: "walmart, target and costco", "intel vs amd".
    pub(super) fn in_company(&self) -> bool {
        const BETWEEN: [&str; 9] = ["and", "&", "vs", "or", "y", "und", "et", "e", "versus"];
        let (scan, count) = (self.scan, self.scan.tokens.len());
        let between = |i: usize| BETWEEN.iter().any(|b| scan.written(i).eq_ignore_ascii_case(b));
        let comma = |i: usize| matches!(scan.gap(i), Some(", " | "," | "/" | " / " | " + "));
        let after = match self.to {
            to if to < count && comma(to - 1) => Some(to),
            to if to + 1 < count && scan.gap(to - 1) == Some(" ") && between(to) => Some(to + 1),
            _ => None,
        };
        let before = match self.from {
            from if from >= 1 && comma(from - 1) => Some(from - 1),
            from if from >= 2 && scan.gap(from - 1) == Some(" ") && between(from - 1) => Some(from - 2),
            _ => None,
        };
        after.is_some_and(|i| self.is_clear(i)) || before.is_some_and(|i| self.is_clear(i))
    }

    /// Whether word `i` is, or begins, a name of the list that means nothing else, or a symbol that is no word.
    pub(super) fn is_clear(&self, i: usize) -> bool {
        let token = &self.scan.tokens[i];
        let Some(node) = self.dictionary.begin(token.word).or_else(|| self.dictionary.begin(token.base))
        else {
            return false;
        };
        let mut kinds = self.dictionary.ends(node).iter().map(|n| self.dictionary.patterns[*n as usize].kind);
        kinds.any(|kind| match kind {
            Kind::Clear | Kind::Full => true,
            Kind::Ambiguous => token.case != Case::Lower || self.is_company(node),
            Kind::Code | Kind::Ticker => token.case == Case::Upper,
            _ => false,
        })
    }

    /// Whether a name at `node` is known by its context, and no word of traders.
    pub(super) fn is_company(&self, node: u32) -> bool {
        let patterns = self.dictionary.ends(node).iter().map(|n| &self.dictionary.patterns[*n as usize]);
        let mut contexts = patterns.filter_map(|p| self.dictionary.contexts.get(p.context?));
        contexts.any(|c| !c.trading && !c.lower && !c.cues.is_empty())
    }

    /// Two points for each of the company's own words near by.
    pub(super) fn own_points(&self) -> u32 {
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

    pub(super) fn legal_form(&self) -> bool {
        let next = self.to < self.scan.tokens.len();
        let gap = self.scan.gap(self.to - 1);
        let token = self.scan.tokens.get(self.to);
        next && matches!(gap, Some(" " | ", "))
            && self.capital()
            && token.is_some_and(|t| t.case != Case::Lower && self.dictionary.words.is(t.word, SUFFIX))
    }

    /// `Meta's` with a capital, where the name is nobody's surname and no place: "Visa's network went down".
    pub(super) fn is_newsmaker(&self) -> bool {
        let token = &self.scan.tokens[self.to - 1];
        let next = self.scan.tokens.get(self.to);
        let other = |context: &Context| next.is_some_and(|next| context.next.contains(&next.word));
        token.base != UNKNOWN
            && !self.is_short()
            && !self.scan.lines[self.from].shouted
            && !self.dictionary.words.is(token.base, PROPER)
            && self.context().is_some_and(|c| !c.lower && !c.cues.is_empty() && !other(c))
    }

    /// `Apple's` before a word for a company's doings.
    pub(super) fn possessive_company(&self) -> bool {
        let owned = self.scan.tokens[self.to - 1].base != UNKNOWN;
        let end = (self.to + 3).min(self.scan.tokens.len());
        owned && (self.to..end).any(|i| self.dictionary.words.of(self.scan.tokens[i].word).company > 0)
    }
}
