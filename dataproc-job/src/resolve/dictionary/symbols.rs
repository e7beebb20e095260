//! The symbols of assets, with their exchange and bare, and pairs of currencies.

use domain::{Asset, AssetClass, Evidence};

use super::{Dictionary, HABIT, Kind, Pattern, QUOTES};
use crate::resolve::code::{Code, Named, Rank};
use crate::resolve::known::{KNOWN, Listing};
use crate::resolve::names;
use crate::resolve::token::keys;
use crate::resolve::words::{COMMON, CURRENCY, PROPER, SLANG, lines};

impl Dictionary {
    /// Whether the name is a share of a company in the US, and which.
    pub(super) fn us_listing(code: &str) -> Option<&'static Listing> {
        KNOWN.listing(code).filter(|l| l.class == "equity")
    }

    pub(super) fn add_codes(&mut self, owner: u32, asset: &Asset) {
        let symbol = asset.symbol.as_str().trim_start_matches('^').trim_end_matches("=X");
        let coin = asset.class == AssetClass::Crypto;
        let mut add = |code: &str, rank| {
            self.codes.add(code, Named { owner, rank, coin, until: i32::MAX });
        };
        add(symbol, Rank::Exact);
        match names::pair(asset) {
            Some((base, quote)) => {
                add(&format!("{base}{quote}"), Rank::Exact);
                add(&format!("{base}.{quote}"), Rank::Exact);
                if coin {
                    add(&format!("{base}.X"), Rank::Exact);
                    add(&base, Rank::Other);
                    for quote in QUOTES.map(str::to_uppercase) {
                        add(&format!("{base}{quote}"), Rank::Other);
                        add(&format!("{base}.{quote}"), Rank::Other);
                    }
                }
            }
            // `$BRKB`: two parts written as one; but `$VODL` is nobody's.
            None if self.words.endings().all(|ending| !symbol.ends_with(ending)) => {
                add(&symbol.replace(['-', '/', '_', '.'], ""), Rank::Other)
            }
            None => {}
        }
        let group = KNOWN.group(asset);
        let symbols = group.iter().flat_map(|(symbols, _)| symbols).copied();
        let free = |code: &&str| Self::us_listing(code).is_none();
        let aliases = asset.aliases.iter().map(String::as_str);
        let aliases = aliases.filter(|a| asset.class != AssetClass::Equity && names::is_code(a));
        for code in symbols.filter(free).chain(aliases) {
            add(code.trim_start_matches(['^', '.']), Rank::Other);
        }
    }

    /// Symbols of former days and symbols without the ending of their exchange, where nobody else has them.
    pub(super) fn add_foreign_codes(&mut self, owner: u32, asset: &Asset) {
        let coin = asset.class == AssetClass::Crypto;
        let symbol = asset.symbol.as_str();
        for former in KNOWN.former.get(symbol).into_iter().flatten() {
            if former.former_symbol != symbol && !self.codes.is_own(former.former_symbol) {
                let until = former.day + HABIT;
                self.codes.add(former.former_symbol, Named { owner, rank: Rank::Former, coin, until });
            }
        }
        if let Some(bare) = self.bare(asset)
            && !self.codes.is_own(&bare)
        {
            self.codes.add(&bare, Named { owner, rank: Rank::Bare, coin, until: i32::MAX });
        }
    }

    /// `VOD` of `VOD.L`, where no other company has it in the US.
    pub(super) fn bare(&self, asset: &Asset) -> Option<String> {
        let symbol = asset.symbol.as_str();
        let equity = asset.class == AssetClass::Equity && !symbol.starts_with('^');
        let ending =
            self.words.endings().filter(|e| equity && symbol.ends_with(e)).max_by_key(|e| e.len())?;
        let bare = &symbol[..symbol.len() - ending.len()];
        let fits = bare.len() >= 2 && bare.starts_with(|c: char| c.is_ascii_alphabetic());
        let same = |listing: &Listing| {
            let first = |name: &str| keys(name).into_iter().find(|k| k != "the" && k != "banco");
            first(listing.name) == first(&asset.name)
        };
        let taken = Self::us_listing(bare).is_some_and(|listing| !same(listing));
        let plain = self.words.is_plain(self.words.vocabulary.get(&bare.to_lowercase()));
        (fits && !taken && !plain).then(|| bare.to_owned())
    }

    pub(super) fn add_tickers(&mut self, owner: u32, asset: &Asset) {
        let coin = asset.class == AssetClass::Crypto;
        if let Some((base, quote)) = names::pair(asset) {
            let (base, quote) = (base.to_lowercase(), quote.to_lowercase());
            self.pairs.insert((base.as_str().into(), quote.as_str().into()), owner);
            let mut pairs = vec![(base.clone(), quote.clone())];
            if coin {
                let other = QUOTES.into_iter().filter(|q| *q != quote && *q != base);
                pairs.extend(other.map(|q| (base.clone(), q.to_owned())));
                self.add_ticker(owner, std::slice::from_ref(&base), i32::MAX);
            }
            for (base, quote) in pairs {
                let code = Code::of(&format!("{base}{quote}"));
                let named = code.and_then(|code| self.codes.get(&code, None, || true));
                if named.is_some_and(|named| named.owner == owner) {
                    let mut pair = Pattern::new(owner, Kind::Pair, Evidence::Pair, coin);
                    // ETH/BTC is about both coins.
                    let other = Code::of(&quote).filter(|_| coin);
                    let other = other.and_then(|code| self.codes.get(&code, None, || true));
                    pair.owners.extend(other.filter(|o| o.coin && o.owner != owner).map(|o| o.owner));
                    self.add(&[base.clone(), quote.clone()], pair.clone());
                    self.add(&[format!("{base}{quote}")], pair);
                }
            }
            if asset.class == AssetClass::Fx {
                self.add_spoken(owner, &base, &quote);
            }
            return;
        }
        let parts = keys(asset.symbol.as_str().trim_start_matches('^'));
        self.add_ticker(owner, &parts, i32::MAX);
        for code in KNOWN.group(asset).into_iter().flat_map(|(symbols, _)| symbols) {
            if code.bytes().all(|b| b.is_ascii_uppercase()) && Self::us_listing(code).is_none() {
                self.add_ticker(owner, &keys(code), i32::MAX);
            }
        }
        if let Some(bare) = self.bare(asset)
            && !self.codes.is_own(&bare)
        {
            self.add_ticker(owner, &keys(&bare), i32::MAX);
        }
        for former in KNOWN.former.get(asset.symbol.as_str()).into_iter().flatten() {
            if former.former_symbol != asset.symbol.as_str() && !self.codes.is_own(former.former_symbol) {
                self.add_ticker(owner, &keys(former.former_symbol), former.day + HABIT);
            }
        }
    }

    pub(super) fn add_ticker(&mut self, owner: u32, parts: &[String], until: i32) {
        let coin = self.assets[owner as usize].1 == AssetClass::Crypto;
        let letters: usize = parts.iter().map(String::len).sum();
        let word = self.words.vocabulary.get(&parts.concat());
        let marked = self.words.is(word, COMMON | PROPER | SLANG | CURRENCY) || self.words.is_plain(word);
        let ordinary = parts.len() == 1 && (marked || self.words.is_ordinary(&parts[0]));
        let short = letters < 3 && !["ba", "ge", "gm", "mu"].contains(&parts.concat().as_str());
        let digits = parts.len() == 1 && parts[0].bytes().all(|b| b.is_ascii_digit());
        let kind = match parts.len() {
            0 => return,
            1 if digits => return,
            1 if ordinary || short => Kind::StrictTicker,
            1 => Kind::Ticker,
            _ => Kind::Listed,
        };
        let pattern = Pattern { until, ..Pattern::new(owner, kind, Evidence::Ticker, coin) };
        self.add(parts, pattern);
    }

    /// `euro dollar`, `dollar yen`.
    pub(super) fn add_spoken(&mut self, owner: u32, base: &str, quote: &str) {
        let names = |code: &str| {
            let mut all = lines(include_str!("../words/spoken.txt")).filter_map(|line| line.split_once('|'));
            let found = all.find(|(c, _)| c.trim() == code).map(|(_, names)| names);
            found.unwrap_or("").split_ascii_whitespace()
        };
        for base in names(base) {
            if quote == "usd" {
                self.add(&[base.to_owned()], Pattern::new(owner, Kind::Rate, Evidence::Pair, false));
            }
            for quote in names(quote).filter(|quote| *quote != base) {
                let pattern = Pattern::new(owner, Kind::Spoken, Evidence::Pair, false);
                self.add(&[base.to_owned(), quote.to_owned()], pattern.clone());
                self.add(&[base.to_owned(), "to".to_owned(), quote.to_owned()], pattern.clone());
                self.add(&[format!("{base}{quote}")], Pattern { words: 1, ..pattern });
            }
        }
    }
}
