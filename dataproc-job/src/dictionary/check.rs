//! `dictionary check`: lines that contradict each other.

use std::collections::BTreeMap;

use super::Entry;

/// Classes that a line may have.
const CLASSES: [&str; 4] = ["equity", "crypto", "fx", "index"];

/// Conflicts, each a message that names the lines: a symbol on two lines, an unknown class, a line without a name, and an
/// alias that two companies claim or that is another company's name. Several listings of one company may share an alias.
pub fn check(entries: &[(u64, Entry)]) -> Vec<String> {
    let mut out = Vec::new();
    let mut symbols: BTreeMap<&str, u64> = BTreeMap::new();
    let mut names: BTreeMap<String, Vec<(u64, &Entry)>> = BTreeMap::new();
    for (line, entry) in entries {
        if let Some(first) = symbols.insert(&entry.symbol, *line) {
            out.push(format!("line {line}: {} is on line {first} too: remove one", entry.symbol));
        }
        if !CLASSES.contains(&entry.class.as_str()) {
            out.push(format!("line {line}: class {:?}: use equity, crypto, fx or index", entry.class));
        }
        if entry.name.trim().is_empty() {
            out.push(format!("line {line}: {} has no name: write one", entry.symbol));
        }
        names.entry(fold(&entry.name)).or_default().push((*line, entry));
    }
    let mut claims: BTreeMap<String, Vec<(u64, &Entry)>> = BTreeMap::new();
    for (line, entry) in entries {
        for alias in entry.aliases.split('|').map(fold).filter(|a| !a.is_empty()) {
            for (other, named) in names.get(&alias).into_iter().flatten() {
                if fold(&named.name) != fold(&entry.name) && !same_company(named, entry) {
                    out.push(format!(
                        "line {line}: alias {alias:?} of {} is the name of {} on line {other}: remove the alias",
                        entry.symbol, named.symbol
                    ));
                }
            }
            claims.entry(alias).or_default().push((*line, entry));
        }
    }
    for (alias, claims) in claims {
        let (first_line, first) = claims[0];
        for (line, entry) in claims.iter().skip(1).filter(|(_, entry)| !same_company(entry, first)) {
            out.push(format!(
                "line {line}: alias {alias:?} of {} is claimed by {} on line {first_line}: keep one",
                entry.symbol, first.symbol
            ));
        }
    }
    out
}

fn fold(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Whether two lines are listings of one company: their names begin with the same word.
fn same_company(one: &Entry, other: &Entry) -> bool {
    let first = |entry: &Entry| {
        let name = fold(&entry.name);
        let word = name.split([' ', ',', '.']).find(|w| !w.is_empty() && *w != "the").map(str::to_owned);
        word.unwrap_or(name)
    };
    one.class == other.class && first(one) == first(other)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_both_lines() {
        let rows = "symbol,name,class,exchange,aliases\nA,Alpha,equity,US,Al\nB,Beta,equity,US,Al|Alpha\nA,Gamma,bond,US,\n\
            GOOG,Alphabet C,equity,US,Google\nGOOGL,Alphabet A,equity,US,Google\nN,,equity,US,\n";
        let found = check(&super::super::read(rows.as_bytes()).unwrap());
        assert_eq!(
            found,
            [
                "line 4: A is on line 2 too: remove one",
                "line 4: class \"bond\": use equity, crypto, fx or index",
                "line 7: N has no name: write one",
                "line 3: alias \"alpha\" of B is the name of A on line 2: remove the alias",
                "line 3: alias \"al\" of B is claimed by A on line 2: keep one",
            ]
        );
    }
}
