//! The shipped dictionary: public listings, former symbols and other names of well-known assets.
//!
//! The asset list of a deployment says which assets exist; the dictionary only adds to them: names where the list has none,
//! other names, symbols that they had before. It also knows companies that the list does not have, so that their names are
//! not taken for others (Siemens Energy is not Siemens).

use std::sync::LazyLock;

use chrono::NaiveDate;
use domain::{Asset, AssetClass};
use rustc_hash::FxHashMap;

/// One line of `dictionary/listings.csv`.
pub(crate) struct Listing {
    /// Symbol in the lake's spelling.
    pub(crate) symbol: &'static str,
    /// Full name.
    pub(crate) name: &'static str,
    /// `equity`, `crypto`, `fx`, `index`.
    pub(crate) class: &'static str,
    /// Other names.
    pub(crate) aliases: &'static str,
}

/// One line of `dictionary/renames.csv`: what an asset was called before.
pub(crate) struct Former {
    /// Symbol before; the same where only the name changed.
    pub(crate) former_symbol: &'static str,
    /// Name before; may be empty.
    pub(crate) former_name: &'static str,
    /// The day of the change, counted from 1970.
    pub(crate) day: i32,
}

/// The dictionary as it was shipped.
pub(crate) struct Known {
    /// Listings in order of their lines.
    pub(crate) listings: Vec<Listing>,
    /// Former names by symbol.
    pub(crate) former: FxHashMap<&'static str, Vec<Former>>,
    /// Symbols that are one well-known index or commodity at several vendors, and its names.
    pub(crate) groups: Vec<(Vec<&'static str>, Vec<&'static str>)>,
    by_symbol: FxHashMap<&'static str, usize>,
}

/// The shipped dictionary, read once.
pub(crate) static KNOWN: LazyLock<Known> = LazyLock::new(Known::load);

const LISTINGS: &str = include_str!("../../dictionary/listings.csv");
const RENAMES: &str = include_str!("../../dictionary/renames.csv");
const GROUPS: &str = include_str!("words/known.txt");

impl Known {
    fn load() -> Self {
        let mut listings = Vec::new();
        for row in rows(LISTINGS) {
            let [symbol, name, class, _, aliases] = row[..] else { continue };
            listings.push(Listing { symbol, name, class, aliases });
        }
        let by_symbol = listings.iter().enumerate().map(|(i, l)| (l.symbol, i)).collect();
        let mut former: FxHashMap<&str, Vec<Former>> = FxHashMap::default();
        for row in rows(RENAMES) {
            let [symbol, former_symbol, former_name, changed_on, ..] = row[..] else { continue };
            let Ok(date) = changed_on.parse::<NaiveDate>() else { continue };
            let day = day(date);
            former.entry(symbol).or_default().push(Former { former_symbol, former_name, day });
        }
        let groups = super::words::lines(GROUPS).filter_map(|line| line.split_once('|'));
        let groups = groups.map(|(symbols, names)| {
            (symbols.split_ascii_whitespace().collect(), names.split('|').map(str::trim).collect())
        });
        Self { listings, former, groups: groups.collect(), by_symbol }
    }

    /// The listing of a symbol.
    pub(crate) fn listing(&self, symbol: &str) -> Option<&Listing> {
        self.by_symbol.get(symbol).map(|i| &self.listings[*i])
    }

    /// The listing of an asset, by symbol and class.
    pub(crate) fn listing_of(&self, asset: &Asset) -> Option<&Listing> {
        self.listing(asset.symbol.as_str()).filter(|l| l.class == asset.class.as_str())
    }

    /// All symbols and names of the index or commodity that `asset` is.
    pub(crate) fn group(&self, asset: &Asset) -> Option<&(Vec<&'static str>, Vec<&'static str>)> {
        let symbol = asset.symbol.as_str();
        let stock = asset.class == AssetClass::Equity && !symbol.starts_with('^') && !symbol.ends_with("=F");
        let same = |text: &str| text.trim_start_matches('^') == symbol.trim_start_matches('^');
        let named = |names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(asset.name.trim()));
        let mut groups = self.groups.iter().filter(|_| !stock);
        groups.find(|(symbols, names)| symbols.iter().any(|s| same(s)) || named(names))
    }
}

/// The days from 1970 to `date`.
pub(crate) fn day(date: NaiveDate) -> i32 {
    date.signed_duration_since(NaiveDate::default()).num_days() as i32
}

/// The lines of a CSV file, its first left out. Quoted fields may hold commas but neither quotes nor line feeds: what
/// `dictionary build` writes.
fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).filter(|line| !line.is_empty()).map(fields)
}

fn fields(line: &'static str) -> Vec<&'static str> {
    let mut out = Vec::with_capacity(6);
    let mut rest = line;
    loop {
        let (field, after) = match rest.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
            Some((field, after)) => (field, after.strip_prefix(',')),
            None => match rest.split_once(',') {
                Some((field, after)) => (field, Some(after)),
                None => (rest, None),
            },
        };
        out.push(field);
        match after {
            Some(after) => rest = after,
            None => return out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_quoted_fields() {
        assert_eq!(fields("A,\"B, Inc.\",equity,,"), ["A", "B, Inc.", "equity", "", ""]);
        assert_eq!(fields("A,\"B\""), ["A", "B"]);
    }

    #[test]
    fn every_line_of_the_dictionary_is_read() {
        let lines = |text: &str| text.lines().skip(1).filter(|l| !l.is_empty()).count();
        assert_eq!(KNOWN.listings.len(), lines(LISTINGS));
        assert_eq!(KNOWN.former.values().map(Vec::len).sum::<usize>(), lines(RENAMES));
    }
}
