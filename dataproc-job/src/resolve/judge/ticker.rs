//! Bare symbols: where one may be a word too, only in places where a share must be meant.

use domain::Evidence;

use super::{Candidate, ENOUGH, NEAR, REACH, Verdict};
use crate::resolve::dictionary::{Kind, Pattern};
use crate::resolve::token::Case;
use crate::resolve::words::{COMMON, CURRENCY, NEVER, PROPER, SLANG, SUFFIX};

impl Candidate<'_> {
    pub(super) fn judge_ticker(&self) -> Option<Verdict> {
        let strict = self.pattern.kind == Kind::StrictTicker;
        let (scan, text) = (self.scan, self.dictionary);
        let letters = scan.tokens[self.from].length();
        if scan.before(self.from) == Some('#') {
            return (!strict && letters >= 3).then(|| self.verdict(0.8, Evidence::Ticker, 0));
        }
        if !self.upper() {
            return self.lower_coin().or_else(|| self.lower_ticker());
        }
        let previous = self.from.checked_sub(1);
        let gap = previous.and_then(|p| scan.gap(p)).unwrap_or("");
        let after = |marks: u16| previous.is_some_and(|p| text.words.is(scan.tokens[p].word, marks));
        let capital = previous.is_some_and(|p| scan.tokens[p].case != Case::Lower);
        if letters < 3 && gap.is_empty() && previous.is_some_and(|p| scan.written(p) == "&") {
            // "S&P".
            return None;
        }
        if self.is_of_house() || (self.is_index_symbol() && !scan.lines[self.from].headline && self.goes_on())
        {
            // "S&P DJI" and "SPX Flow" are companies.
            return None;
        }
        if (self.is_index_symbol() && self.is_compound()) || self.is_fund() {
            return None;
        }
        // "BMW International Open", "the IBM of Asia".
        if letters >= 3 && (self.is_venue() || self.is_likeness()) {
            return None;
        }
        if !strict && self.in_list() {
            return Some(self.verdict(0.6, Evidence::Ticker, 0));
        }
        let bracketed = gap.ends_with('(') && scan.after(self.to - 1) == Some(')');
        if bracketed && self.pattern.coin && after(SUFFIX) {
            // "Ethan Allen Interiors, Inc. (ETH)".
            return None;
        }
        if bracketed && (after(SUFFIX) || (capital && letters >= 3)) {
            return Some(self.verdict(0.9, Evidence::Ticker, 0));
        }
        // A list of tickers and their changes is mostly capitals.
        let changed = letters >= 2 && self.has_change();
        if !changed
            && scan.lines[self.from].shouted
            && letters < 5
            && !(self.pattern.coin && self.is_listed())
        {
            return None;
        }
        // "that V dip": a letter, not a share.
        let pointed = ["a", "the", "that", "this"];
        if letters == 1 && previous.is_some_and(|p| pointed.contains(&scan.written(p))) && !self.followed() {
            return None;
        }
        let points = scan.points(self.from, self.to, REACH);
        let crypto = if self.pattern.coin { points.crypto } else { 0 };
        let sum = points.company + points.trading + crypto;
        if strict {
            let coin = crypto >= ENOUGH && letters >= 3 && !self.leads_on();
            // "DOGE ends contracts": what has the name of a coin is seldom one, unless coins are spoken of.
            let named = !self.pattern.coin || crypto > 0 || self.followed() || self.is_owned(self.from);
            let held = named && self.is_held() && (sum > 0 || self.moves());
            let subject = sum >= ENOUGH && self.is_subject();
            let beside = letters >= 2
                && !text.words.is(scan.tokens[self.from].word, NEVER | CURRENCY)
                && self.is_listed();
            // "U is up 20%".
            let moved = !self.pattern.coin
                && scan.begins_sentence(self.from)
                && !text.words.is(scan.tokens[self.from].word, NEVER | CURRENCY)
                && self.moves()
                && !self.is_priced_good()
                && (sum > 0 || self.priced());
            let moved = moved && (letters >= 2 || self.is_subject_of());
            return (coin || held || subject || beside || moved || changed)
                .then(|| self.verdict(0.6, Evidence::Ticker, 0));
        }
        let enough = if letters >= 4 { 1 } else { ENOUGH };
        let alone =
            !self.pattern.coin && (letters >= 4 || (letters == 3 && points.trading > 0)) && self.stands_out();
        let acts = self.acts() && (letters >= 3 || scan.begins_sentence(self.from));
        (sum >= enough || self.moves() || self.priced() || acts || alone || changed)
            .then(|| self.verdict(0.6, Evidence::Ticker, 0))
    }

    /// Whether a comma or the like stands between it and a ticker that is no word: "BTC, ETH, SOL".
    pub(super) fn is_listed(&self) -> bool {
        let comma = |i: usize| matches!(self.scan.gap(i), Some(", " | "," | "/" | " / " | " + "));
        let clear = |i: usize| self.is_ticker(i) == Some(false);
        let before = self.from.checked_sub(1).is_some_and(|p| comma(p) && clear(p));
        before || (self.to < self.scan.tokens.len() && comma(self.to - 1) && clear(self.to))
    }

    /// "thoughts on PYPL?": the only word in capitals near by, apart from other symbols.
    pub(super) fn stands_out(&self) -> bool {
        let start = self.from.saturating_sub(REACH);
        let end = (self.to + REACH).min(self.scan.tokens.len());
        let other = |i: usize| {
            let token = &self.scan.tokens[i];
            let capitals = token.case == Case::Upper && token.length() >= 2 && token.mark != b'$';
            // "AMZN FOMO": slang is written in capitals as a rule.
            let slang = self.dictionary.words.is(token.word, SLANG);
            capitals
                && !slang
                && token.word != self.scan.tokens[self.from].word
                && self.is_ticker(i) != Some(false)
        };
        let sign = self.scan.text[..self.scan.tokens[self.from].start as usize].trim_end().ends_with('$');
        let joined = matches!(self.scan.before(self.from), Some('-' | '/' | '_' | '.' | '+'))
            || matches!(self.scan.after(self.to - 1), Some('-' | '/' | '_' | '+'));
        let near = || (start..self.from).chain(self.to..end);
        let words =
            near().filter(|i| self.scan.tokens[*i].case != Case::Upper && self.scan.tokens[*i].letters);
        // "the RBA", "an ASIC": a body or a thing.
        let article = self
            .from
            .checked_sub(1)
            .is_some_and(|p| ["the", "a", "an"].iter().any(|a| self.scan.written(p).eq_ignore_ascii_case(a)));
        !joined && !sign && !article && words.count() >= 2 && !near().any(other)
    }

    /// "KO is cheap": two letters that are no word, at the head of a sentence that goes on like one about a share.
    pub(super) fn is_subject(&self) -> bool {
        const VERBS: [&str; 8] = ["is", "was", "looks", "has", "will", "should", "might", "needs"];
        let (scan, words) = (self.scan, &self.dictionary.words);
        let word = scan.tokens[self.from].word;
        let plain = words.is(word, COMMON | PROPER | SLANG | NEVER | CURRENCY);
        scan.tokens[self.from].length() == 2
            && !plain
            && scan.begins_sentence(self.from)
            && self.to < scan.tokens.len()
            && scan.gap(self.to - 1) == Some(" ")
            && VERBS.contains(&scan.written(self.to))
            && self.stands_out()
    }

    /// `nvda earnings`, `long spx`: small letters only where a share must follow or go before, or in long symbols.
    pub(super) fn lower_ticker(&self) -> Option<Verdict> {
        let letters = self.scan.tokens[self.from].length();
        if self.pattern.kind != Kind::Ticker || self.pattern.coin {
            return None;
        }
        if letters < 3 {
            // "ford and gm", "bought gm".
            return (self.in_company() || self.is_owned(self.from))
                .then(|| self.verdict(0.6, Evidence::Ticker, 0));
        }
        let points = self.scan.points(self.from, self.to, NEAR);
        let proven = self.followed()
            || self.is_owned(self.from)
            || self.in_company()
            || (letters >= 4 && self.has_strike_after())
            || (self.is_index_symbol() && self.has_number_after())
            || (letters >= 4 && self.priced())
            || (letters >= 4 && points.company + points.trading >= ENOUGH);
        proven.then(|| self.verdict(0.6, Evidence::Ticker, 0))
    }

    /// "click this LINK to claim", "LINK in bio".
    pub(super) fn leads_on(&self) -> bool {
        const ON: [&str; 6] = ["in", "to", "below", "here", "for", "is"];
        self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1) == Some(" ")
            && ON.iter().any(|on| self.scan.written(self.to).eq_ignore_ascii_case(on))
    }

    /// Whether a ticker that is also a word stands where only a ticker can: "long MA", "NET earnings", "PG, KO, MCD".
    pub(super) fn is_held(&self) -> bool {
        let (scan, words) = (self.scan, &self.dictionary.words);
        let token = &scan.tokens[self.from];
        if words.is(token.word, NEVER | CURRENCY) || words.is(token.base, NEVER | CURRENCY) {
            return false;
        }
        // "IT stocks" and "ALL shares" are not one share.
        let next = if self.followed() { scan.written(self.to) } else { "" };
        if matches!(next, "stock" | "shares" | "calls" | "puts" | "earnings") {
            return true;
        }
        if words.is(token.word, SLANG) {
            return self.in_list();
        }
        // "NET profit" is a sum of money.
        let sum =
            matches!(next, "profit" | "profits" | "revenue" | "results") && words.is(token.word, COMMON);
        if sum {
            return false;
        }
        if !next.is_empty() && !matches!(next, "stocks" | "investors" | "shareholders") {
            return true;
        }
        if token.length() >= 2 && self.is_owned(self.from) {
            return true;
        }
        if self.moves() && !self.is_priced_good() && (token.length() >= 3 || !words.is(token.word, COMMON)) {
            return true;
        }
        // "TEAM: guidance raised".
        let headed = scan.begins_sentence(self.from) && scan.after(self.to - 1) == Some(':');
        if headed && token.length() >= 2 {
            return true;
        }
        self.in_list()
    }

    /// Whether it is in a list of tickers: each neighbour is one too, and one of them is no word, or the list is held.
    pub(super) fn in_list(&self) -> bool {
        let scan = self.scan;
        let token = &scan.tokens[self.from];
        let mut first = self.from;
        while first > 0 && self.lists(first - 1) && self.is_ticker(first - 1).is_some() {
            first -= 1;
        }
        let mut last = self.from;
        while last + 1 < scan.tokens.len() && self.lists(last) && self.is_ticker(last + 1).is_some() {
            last += 1;
        }
        let clear = (first..=last).any(|i| i != self.from && self.is_ticker(i) == Some(false));
        let near = scan.points(first, last + 1, REACH);
        let many = last > first && near.trading + near.company >= ENOUGH;
        // "V and MA are a duopoly", but not "plan A and B".
        let long = |i: usize| scan.tokens[i].length() >= 2 && scan.tokens[i].case == Case::Upper;
        let long = token.length() >= 2 || (first..=last).any(|i| i != self.from && long(i));
        // "CAR T cells": two words in capitals side by side are no list when one is a letter.
        let letter = (first..=last).any(|i| scan.tokens[i].length() == 1);
        let pair = letter && last == first + 1 && scan.gap(first) == Some(" ");
        last > first && !pair && (clear || self.is_owned(first) || (many && long))
    }

    /// Whether words `i` and `i + 1` are set side by side as in a list.
    pub(super) fn lists(&self, i: usize) -> bool {
        match self.scan.gap(i) {
            Some(", " | "," | "/" | " / " | " & " | " + " | " > " | " < ") => true,
            // "V and MA", "HD vs LOW" have a word between them: it is looked over by `is_ticker` as well.
            Some(" ") => true,
            _ => false,
        }
    }

    /// Whether word `i` is a ticker of the list, and then whether it is a word too. Small words of lists count as such.
    pub(super) fn is_ticker(&self, i: usize) -> Option<bool> {
        const BETWEEN: [&str; 7] = ["and", "vs", "or", "y", "und", "et", "e"];
        let token = &self.scan.tokens[i];
        let written = self.scan.written(i);
        if written == "&" || BETWEEN.contains(&written) {
            return Some(true);
        }
        if token.case != Case::Upper {
            return None;
        }
        let node = self.dictionary.begin(token.word)?;
        let mut kinds = self.dictionary.ends(node).iter().map(|n| &self.dictionary.patterns[*n as usize]);
        let strict = |p: &Pattern| matches!(p.kind, Kind::StrictTicker);
        if kinds.clone().any(|p| p.kind == Kind::Ticker) {
            return Some(false);
        }
        kinds.find(|p| strict(p)).map(|_| true)
    }

    /// `eth` among coins, `avax` in any talk of traders. Shares are never written so.
    pub(super) fn lower_coin(&self) -> Option<Verdict> {
        let plain = self.pattern.coin && self.pattern.kind == Kind::Ticker;
        let points = self.scan.points(self.from, self.to, REACH);
        let long = self.scan.tokens[self.from].length() >= 4;
        let proven = plain && (points.crypto >= ENOUGH || (long && points.crypto + points.trading > 0));
        proven.then(|| self.verdict(0.6, Evidence::Ticker, 0))
    }

    /// "SPOT price": the price of something.
    fn is_priced_good(&self) -> bool {
        self.to < self.scan.tokens.len()
            && matches!(self.scan.written(self.to), "price" | "prices" | "futures")
    }

    /// "spx 4500c".
    fn has_number_after(&self) -> bool {
        self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1) == Some(" ")
            && self.scan.written(self.to).starts_with(|c: char| c.is_ascii_digit())
    }

    /// "DAX-Konzern": what has to do with an index.
    fn is_compound(&self) -> bool {
        let next = self.scan.tokens.get(self.to);
        self.scan.gap(self.to - 1) == Some("-") && next.is_some_and(|next| next.case == Case::Capital)
    }

    /// "nvda 180c": the strike of an option.
    fn has_strike_after(&self) -> bool {
        let next = self.to < self.scan.tokens.len() && self.scan.gap(self.to - 1) == Some(" ");
        next && self
            .scan
            .written(self.to)
            .strip_suffix(['c', 'p', 'C', 'P'])
            .is_some_and(|strike| strike.len() >= 2 && strike.bytes().all(|b| b.is_ascii_digit()))
    }
}
