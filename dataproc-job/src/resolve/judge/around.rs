//! What the words right beside a name or symbol say about it.

use super::{Candidate, adjacent};
use crate::resolve::token::Case;
use crate::resolve::words::{ACTS, HOLDS, MOVES, NEXT};

impl Candidate<'_> {
    /// Whether a word for owning or trading stands before word `i`.
    pub(super) fn is_owned(&self, i: usize) -> bool {
        // "sold my last 100 NVDA".
        const SMALL: [&str; 8] = ["my", "more", "some", "the", "his", "her", "our", "last"];
        let small = |p: usize| {
            self.scan.gap(p) == Some(" ")
                && (!self.scan.tokens[p].letters || SMALL.contains(&self.scan.written(p)))
        };
        let mut i = i;
        for _ in 0..3 {
            match i.checked_sub(1) {
                Some(p) if small(p) => i = p,
                _ => break,
            }
        }
        i.checked_sub(1).is_some_and(|p| {
            self.scan.gap(p) == Some(" ")
                && (self.scan.tokens[p].case != Case::Upper)
                && self.dictionary.words.is(self.scan.tokens[p].word, HOLDS)
        })
    }

    /// "WTI at $78", "tsla to 1000".
    pub(super) fn priced(&self) -> bool {
        const AT: [&str; 8] = ["at", "above", "below", "near", "to", "over", "under", "around"];
        let tokens = self.scan.tokens;
        self.to + 1 < tokens.len()
            && self.scan.gap(self.to - 1) == Some(" ")
            && AT.contains(&self.scan.written(self.to))
            && !tokens[self.to + 1].letters
            && (tokens[self.to + 1].length() >= 2 || self.scan.after(self.to + 1) == Some(','))
    }

    /// Whether a word for what companies do follows directly, or after "has", "will" and the like.
    pub(super) fn acts(&self) -> bool {
        self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1) == Some(" ")
            && (self.dictionary.words.is(self.scan.tokens[self.to].word, ACTS) || self.acts_later())
    }

    /// "Shell to cut jobs", "Meta é multada": a helping word and what a company does.
    pub(super) fn acts_later(&self) -> bool {
        const LATER: [&str; 33] = [
            "cut", "buy", "sell", "launch", "pay", "raise", "hire", "fire", "build", "invest", "acquire",
            "axe", "shut", "slash", "sue", "settle", "recall", "expand", "unveil", "appoint", "merge",
            "scrap", "shed", "spend", "offer", "report", "exit", "restart", "delay", "lay", "spin", "bid",
            "join",
        ];
        const HELPERS: [&str; 10] = ["has", "had", "is", "was", "hat", "é", "ha", "è", "est", "wird"];
        let (scan, words) = (self.scan, &self.dictionary.words);
        let spaced = |i: usize| scan.gap(i) == Some(" ");
        if self.to + 1 >= scan.tokens.len() || !spaced(self.to - 1) || !spaced(self.to) {
            return false;
        }
        let later = |verb: &str| LATER.iter().any(|later| verb.eq_ignore_ascii_case(later));
        let first = scan.written(self.to);
        let is = |word: &str| first.eq_ignore_ascii_case(word);
        let second = scan.written(self.to + 1);
        ((is("to") || is("will")) && later(second))
            || (is("in") && second.eq_ignore_ascii_case("talks"))
            // "Meta é multada", "Next has bought", but not "Intel is said".
            || (HELPERS.iter().any(|helper| is(helper))
                && words.is(scan.tokens[self.to + 1].word, ACTS)
                && !matches!(second, "said" | "says"))
    }

    /// "the Apple-backed startup": a hyphen and what companies do to others.
    pub(super) fn is_agent(&self) -> bool {
        const DOES: [&str; 16] = [
            "led",
            "backed",
            "owned",
            "built",
            "made",
            "funded",
            "branded",
            "controlled",
            "developed",
            "supplier",
            "operated",
            "run",
            "powered",
            "linked",
            "designed",
            "affiliated",
        ];
        self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1) == Some("-")
            && DOES.contains(&self.scan.written(self.to))
    }

    /// "Chevron moves its headquarters": what acts has something, and is no person.
    pub(super) fn has_own(&self) -> bool {
        let scan = self.scan;
        let end = (self.to + 5).min(scan.tokens.len());
        let on = |i: &usize| scan.gap(i - 1) == Some(" ") && scan.tokens[*i].case == Case::Lower;
        let verb = self.to < end && {
            let written = scan.written(self.to);
            (written.len() >= 4 && written.ends_with('s')) || matches!(written, "to" | "will" | "has")
        };
        verb && self.capital() && (self.to..end).take_while(on).any(|i| scan.written(i) == "its")
    }

    /// Whether a word for what prices do follows directly, or after "is" and the like.
    pub(super) fn moves(&self) -> bool {
        let (tokens, scan) = (self.scan.tokens, self.scan);
        let spaced = |i: usize| scan.gap(i) == Some(" ");
        if self.to >= tokens.len() || !spaced(self.to - 1) {
            return false;
        }
        let second = self.to + 1 < tokens.len() && spaced(self.to);
        let helped = second && matches!(scan.written(self.to), "is" | "was" | "are" | "were");
        // "gold just smashed 4,200".
        let just = second && matches!(scan.written(self.to), "just" | "also" | "now");
        let verb = if helped || just { self.to + 1 } else { self.to };
        if !self.dictionary.words.is(tokens[verb].word, MOVES) {
            return false;
        }
        // "up 3%", "hits 7k", but not "up there".
        let vague = matches!(
            scan.written(verb),
            "up" | "down" | "flat" | "lower" | "higher" | "hit" | "hits" | "open"
        );
        let end = (verb + 4).min(tokens.len());
        let number = |i: usize| scan.written(i).starts_with(|c: char| c.is_ascii_digit());
        !(vague || helped) || (verb + 1..end).any(number)
    }

    /// `OPEN +22%`, `#Nasdaq -1.5%`: what it has gained or lost.
    pub(super) fn has_change(&self) -> bool {
        let scan = self.scan;
        self.to < scan.tokens.len()
            && matches!(scan.gap(self.to - 1), Some(" +" | " -" | " (+" | " (-" | ": +" | ": -"))
            && !scan.tokens[self.to].letters
            && scan.after(self.number_end(self.to)) == Some('%')
    }

    /// The last word of the number at word `i`: texts are cut at points.
    pub(super) fn number_end(&self, i: usize) -> usize {
        let scan = self.scan;
        let tail = matches!(scan.gap(i), Some("." | ",")) && !scan.tokens[i + 1].letters;
        if tail { i + 1 } else { i }
    }

    /// `Q2`, `4Q`, `2Q` after a name: a report.
    pub(super) fn has_quarter(&self) -> bool {
        self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1) == Some(" ")
            && matches!(
                self.scan.written(self.to).as_bytes(),
                [b'Q' | b'q', b'1'..=b'4'] | [b'1'..=b'4', b'Q' | b'q']
            )
    }

    /// "shares in Southwest", "stake in Shell", "Aktie von SAP".
    pub(super) fn has_shares_before(&self) -> bool {
        let (scan, words) = (self.scan, &self.dictionary.words);
        let spaced = |i: usize| scan.gap(i) == Some(" ");
        self.from >= 2
            && spaced(self.from - 1)
            && spaced(self.from - 2)
            && matches!(scan.written(self.from - 1), "in" | "of" | "von" | "der" | "de" | "da" | "di" | "en")
            && (words.is(scan.tokens[self.from - 2].word, NEXT)
                || matches!(scan.written(self.from - 2), "stake" | "Stake" | "acciones" | "azioni" | "ações"))
    }

    /// "apple is a buy".
    pub(super) fn is_rated(&self) -> bool {
        const RATINGS: [&str; 8] = ["buy", "sell", "hold", "steal", "short", "bargain", "winner", "loser"];
        let scan = self.scan;
        self.to + 2 < scan.tokens.len()
            && matches!(scan.written(self.to), "is" | "was" | "looks" | "remains")
            && matches!(scan.written(self.to + 1), "a" | "like" | "the")
            && (RATINGS.contains(&scan.written(self.to + 2))
                || scan.tokens.get(self.to + 3).is_some_and(|_| RATINGS.contains(&scan.written(self.to + 3))))
    }

    /// Whether it is the subject of a sentence that says what it is or was: "oracle is the new meme stock".
    pub(super) fn is_subject_of(&self) -> bool {
        const VERBS: [&str; 22] = [
            "is", "was", "has", "will", "should", "looks", "needs", "pays", "keeps", "makes", "lost",
            "wants", "just", "can", "can't", "isn't", "still", "won't", "doesn't", "stays", "made", "killed",
        ];
        self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1) == Some(" ")
            && VERBS.iter().any(|verb| self.scan.written(self.to).eq_ignore_ascii_case(verb))
    }

    /// Whether "stock", "shares", "earnings" or the like follows directly.
    pub(super) fn followed(&self) -> bool {
        self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1).is_some_and(adjacent)
            && self.dictionary.words.is(self.scan.tokens[self.to].word, NEXT)
    }
}
