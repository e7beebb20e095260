//! The names of assets, and of companies that the list does not have.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Asset, AssetClass, AssetList, Evidence};
use rayon::prelude::*;

use super::{Dictionary, Found, Kind, Pattern};
use crate::resolve::context::Context;
use crate::resolve::known::{KNOWN, Listing};
use crate::resolve::names::{self, Name};
use crate::resolve::token::{is_word, keys};
use crate::resolve::words::{ACTS, COMMON, CURRENCY, MOVES, NEXT, SLANG, SUFFIX, lines};

impl Dictionary {
    pub(super) fn add_dense(&mut self, owner: u32, asset: &Asset) {
        let listing = KNOWN.listing_of(asset).map_or("", |l| l.aliases);
        let aliases = asset.aliases.iter().map(String::as_str).chain(listing.split('|'));
        for name in aliases.chain([asset.name.as_str()]) {
            let dense = |c: char| c.is_alphabetic() && !is_word(c);
            if let Some(first) = name.chars().next().filter(|c| dense(*c))
                && name.chars().nth(1).is_some()
            {
                self.dense.entry(first).or_default().push((name.into(), owner));
            }
        }
    }

    /// All names of an asset with how far they can be trusted, the surest first.
    pub(super) fn names_of(
        &self,
        owner: u32,
        asset: &Asset,
        contexts: &BTreeMap<Vec<String>, Context>,
    ) -> Vec<(Vec<String>, Found)> {
        let symbol_keys = keys(asset.symbol.as_str());
        let unnamed = asset.name.trim().is_empty() || keys(&asset.name) == symbol_keys;
        let pair = names::pair(asset);
        let quote = pair.as_ref().map(|(_, quote)| quote.to_lowercase());
        let group = KNOWN.group(asset);
        let mut out = Vec::new();
        let mut add = |text: &str, evidence: Evidence, own: bool| {
            let text = match &quote {
                // "Bitcoin USD".
                Some(quote) if text.to_lowercase().ends_with(&format!(" {quote}")) => {
                    &text[..text.len() - quote.len() - 1]
                }
                _ => text,
            };
            // Of 标普500 only the number would be left: `dense` looks for such names.
            if text.chars().any(|c| c.is_alphabetic() && !is_word(c)) {
                return;
            }
            let Some(name) = Name::parse(text, &self.words) else { return };
            let is_pair = pair.as_ref().is_some_and(|(base, quote)| {
                let joined = name.keys.concat();
                joined == format!("{base}{quote}").to_lowercase() || joined == base.to_lowercase()
            });
            if is_pair {
                return;
            }
            for keys in name.spellings(&self.words) {
                let decided = contexts.get(&keys);
                let unclear = decided.is_some_and(|c| c.lower || (keys.len() == 1 && !c.cues.is_empty()));
                let kind = match decided {
                    // Dow Inc. is hardly ever meant by the Dow.
                    Some(context)
                        if context.lower && asset.class == AssetClass::Equity && group.is_none() =>
                    {
                        Kind::Plain
                    }
                    _ if unclear => Kind::Ambiguous,
                    _ => self.kind(&keys, &name),
                };
                out.push((keys, Found { owner, kind, evidence, own, head_of: None }));
            }
            if evidence == Evidence::Name
                && pair.is_none()
                && group.is_none()
                && let Some(head) = name.head(&self.words)
            {
                let head_of = Some(name.keys.clone());
                let kind = head.kind;
                out.push((head.keys, Found { owner, kind, evidence: Evidence::Alias, own, head_of }));
            }
        };
        if !unnamed {
            add(&asset.name, Evidence::Name, true);
        }
        for name in group.iter().flat_map(|(_, names)| names) {
            add(name, Evidence::Name, true);
        }
        const NICKNAMES: [(&str, &str, &str); 4] = [
            ("GBP", "USD", "Cable"),
            ("USD", "CAD", "Loonie"),
            ("AUD", "USD", "Aussie"),
            ("NZD", "USD", "Kiwi"),
        ];
        for (base, quote, name) in NICKNAMES {
            if pair.as_ref().is_some_and(|(b, q)| b == base && q == quote) {
                add(name, Evidence::Alias, true);
            }
        }
        for alias in &asset.aliases {
            let bare = keys(alias) == symbol_keys && !alias.contains(char::is_lowercase);
            if !bare || (names::is_code(alias) && alias.len() >= 3 && !unnamed) {
                add(alias, Evidence::Alias, true);
            }
        }
        if let Some(listing) = KNOWN.listing_of(asset) {
            let first = |name: &str| keys(name).into_iter().find(|k| k != "the");
            let same = first(listing.name) == first(&asset.name)
                || asset.aliases.iter().any(|a| first(a) == first(listing.name));
            if unnamed || same {
                add(listing.name, Evidence::Name, unnamed);
            }
            if unnamed || same || asset.class != AssetClass::Equity {
                let aliases = listing.aliases.split('|').filter(|a| !a.is_empty());
                aliases.for_each(|alias| add(alias, Evidence::Alias, false));
            }
        }
        for former in KNOWN.former.get(asset.symbol.as_str()).into_iter().flatten() {
            if !former.former_name.is_empty() {
                add(former.former_name, Evidence::Alias, false);
            }
        }
        out
    }

    pub(super) fn kind(&self, keys: &[String], name: &Name) -> Kind {
        let ordinary = |key: &String| key == "&" || (!name.possessive && self.words.is_ordinary(key));
        let slang = self.words.is(self.words.vocabulary.get(&keys.concat()), SLANG | CURRENCY);
        match keys {
            [one] if !name.possessive && self.words.is_plain(self.words.vocabulary.get(one)) => Kind::Plain,
            [one] if ordinary(one) || slang || one.len() <= 2 => Kind::Ambiguous,
            [_] if name.capitals => Kind::Code,
            [_] => Kind::Clear,
            several if several.iter().all(ordinary) => Kind::Phrase,
            _ => Kind::Full,
        }
    }

    /// A name that several assets claim goes to those that have it in the asset list, and among them to those that have it as
    /// their name; else to all, if their number is small.
    pub(super) fn add_name(
        &mut self,
        keys: &[String],
        found: &[Found],
        contexts: &BTreeMap<Vec<String>, Context>,
    ) {
        let plain = found.iter().all(|f| f.kind == Kind::Plain);
        let found = found.iter().filter(|f| plain || f.kind != Kind::Plain);
        let own = found.clone().any(|f| f.own);
        let chosen = found.filter(|f| !own || f.own);
        let by_name = chosen.clone().any(|f| f.evidence == Evidence::Name);
        let chosen: Vec<&Found> = chosen.filter(|f| !by_name || f.evidence == Evidence::Name).collect();
        // The first part of a name (Berkshire) that belongs to companies of different names says nothing.
        // Share classes (Berkshire Hathaway A and B) are one company.
        let company = |whole: &'_ Vec<String>| {
            let class = whole.iter().position(|key| key == "class").unwrap_or(whole.len());
            whole[..class].to_vec()
        };
        let heads: BTreeSet<Vec<String>> =
            chosen.iter().filter_map(|f| f.head_of.as_ref().map(company)).collect();
        if heads.len() > 1 {
            return;
        }
        let owners: BTreeSet<u32> = chosen.iter().map(|f| f.owner).collect();
        let Some(first) = chosen.first().filter(|_| owners.len() <= 4) else { return };
        for one in &owners {
            self.shared.extend(owners.range(one + 1..).map(|other| (*one, *other)));
        }
        let context = contexts.get(keys).filter(|_| !plain).map(|context| {
            self.contexts.push(context.clone());
            self.contexts.len() - 1
        });
        let coin = owners.iter().any(|o| self.assets[*o as usize].1 == AssetClass::Crypto);
        let pattern = Pattern {
            owners: owners.into_iter().collect(),
            context,
            ..Pattern::new(0, first.kind, first.evidence, coin)
        };
        self.add(keys, pattern);
    }

    /// Names of companies outside the list that begin like a name of the list.
    pub(super) fn add_others(&mut self, list: &AssetList, named: &BTreeMap<Vec<String>, Vec<Found>>) {
        let mut others: Vec<Vec<String>> =
            KNOWN.listings.par_iter().flat_map_iter(|listing| self.other(listing, list, named)).collect();
        let written = lines(include_str!("../words/others.txt")).map(keys);
        others.extend(written.filter(|keys| {
            // "Nokia Siemens" is not Siemens either.
            let held = |n: usize| named.contains_key(&keys[..n]) || named.contains_key(&keys[n..]);
            (1..keys.len()).any(held) || {
                // "GE Vernova": by the symbol.
                keys.first().is_some_and(|first| list.get(&first.to_uppercase()).is_some())
            }
        }));
        others.retain(|keys| !named.contains_key(keys));
        others.sort();
        others.dedup();
        for keys in others {
            let pattern =
                Pattern { owners: Vec::new(), ..Pattern::new(0, Kind::Other, Evidence::Name, false) };
            self.add(&keys, pattern);
        }
    }

    /// The names of a listing that is not of the list.
    fn other(
        &self,
        listing: &Listing,
        list: &AssetList,
        named: &BTreeMap<Vec<String>, Vec<Found>>,
    ) -> Vec<Vec<String>> {
        if list.get(listing.symbol).is_some() || listing.class == "fx" {
            return Vec::new();
        }
        let mut parts = listing.name.split_whitespace().filter(|w| !w.eq_ignore_ascii_case("the"));
        let begins = |part: &str| {
            let word = keys(part).first().map(|key| self.words.vocabulary.get(key));
            word.is_some_and(|word| self.steps.contains_key(&(0, word)))
        };
        if !parts.next().is_some_and(begins) {
            let holding = if parts.any(begins) { self.holding(listing.name, named) } else { None };
            return holding.into_iter().collect();
        }
        // Nestlé (Malaysia) is another company than Nestlé.
        let whole = listing.name.replace(['(', ')'], " ");
        let Some(name) = Name::parse(&whole, &self.words) else { return Vec::new() };
        let owned = (1..name.keys.len()).rev().find(|n| named.contains_key(&name.keys[..*n]));
        // "GE Vernova": people call the company of the list by its symbol.
        let symbol = || {
            let symbol = name.keys[0].to_uppercase();
            name.keys.len() > 1 && symbol.len() >= 2 && list.get(&symbol).is_some()
        };
        let Some(owned) = owned.or_else(|| symbol().then_some(1)) else { return Vec::new() };
        if named.contains_key(&name.keys) || self.is_same(&name.keys, named) {
            return Vec::new();
        }
        // "Tencent Music" for Tencent Music Entertainment: one word more, where that is no word of reports.
        let short = &name.keys[..owned + 1];
        let fact = self.words.of(self.words.vocabulary.get(&short[owned]));
        let reports = fact.marks & (NEXT | ACTS | MOVES | SUFFIX) != 0 || fact.company + fact.trading > 0;
        let telling = !reports && short[owned].len() >= 4;
        let apart = telling && short.len() < name.keys.len() && !named.contains_key(short);
        let short = apart.then(|| short.to_vec());
        short.into_iter().chain([name.keys]).collect()
    }

    /// The words of `listing` when a plain name of the list stands inside it: "Portland General Electric", "Barrick Gold".
    /// Names of one company may begin in several ways (Royal Dutch Shell), so those of words that mean nothing else stay.
    fn holding(&self, listing: &str, named: &BTreeMap<Vec<String>, Vec<Found>>) -> Option<Vec<String>> {
        let Name { keys, .. } = Name::parse(&listing.replace(['(', ')'], " "), &self.words)?;
        let plain = |found: &Found| {
            found.kind == Kind::Phrase || self.assets[found.owner as usize].1 != AssetClass::Equity
        };
        let inside = |i: usize| {
            (i + 1..=keys.len())
                .any(|end| named.get(&keys[i..end]).is_some_and(|found| found.iter().all(plain)))
        };
        let telling = |key: &String| !self.words.is(self.words.vocabulary.get(key), COMMON);
        let found = (1..keys.len()).any(|i| keys[..i].iter().any(telling) && inside(i));
        found.then_some(keys)
    }

    /// Whether a name is one of the list with more legal words: Toyota Motor Company Group.
    pub(super) fn is_same(&self, name: &[String], named: &BTreeMap<Vec<String>, Vec<Found>>) -> bool {
        const EMPTY: [&str; 9] =
            ["class", "common", "stock", "shares", "ordinary", "adr", "new", "com", "international"];
        (1..name.len()).any(|n| {
            let empty = |key: &String| {
                EMPTY.contains(&key.as_str())
                    || key == "&"
                    || self.words.is(self.words.vocabulary.get(key), SUFFIX)
            };
            named.contains_key(&name[..n]) && name[n..].iter().all(empty)
        })
    }
}
