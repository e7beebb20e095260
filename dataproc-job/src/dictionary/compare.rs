//! `dictionary diff`: what changed from one dictionary to the next.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::Entry;

/// What changed.
#[derive(Debug, Default, Serialize)]
pub struct Difference {
    /// Lines whose symbol is new.
    pub added: Vec<Entry>,
    /// Lines whose symbol is gone.
    pub removed: Vec<Entry>,
    /// The same name and class under another symbol: (before, now).
    pub renamed: Vec<(Entry, Entry)>,
    /// The same symbol with another name, class, exchange or other aliases: (before, now).
    pub changed: Vec<(Entry, Entry)>,
}

/// Compares two dictionaries by symbol.
pub fn compare(old: Vec<(u64, Entry)>, new: Vec<(u64, Entry)>) -> Difference {
    let by_symbol = |entries: Vec<(u64, Entry)>| -> BTreeMap<String, Entry> {
        entries.into_iter().map(|(_, e)| (e.symbol.clone(), e)).collect()
    };
    let (mut old, new) = (by_symbol(old), by_symbol(new));
    let mut out = Difference::default();
    for (symbol, entry) in new {
        match old.remove(&symbol) {
            Some(before) if before == entry => {}
            Some(before) => out.changed.push((before, entry)),
            None => out.added.push(entry),
        }
    }
    out.removed = old.into_values().collect();
    let name = |e: &Entry| (e.name.to_lowercase(), e.class.clone(), e.exchange.clone());
    let mut gone: BTreeMap<_, usize> = out.removed.iter().enumerate().map(|(i, e)| (name(e), i)).collect();
    let (mut added, mut taken) = (Vec::new(), Vec::new());
    for entry in std::mem::take(&mut out.added) {
        match gone.remove(&name(&entry)) {
            Some(before) => {
                taken.push(before);
                out.renamed.push((out.removed[before].clone(), entry));
            }
            None => added.push(entry),
        }
    }
    out.added = added;
    let mut index = 0;
    out.removed.retain(|_| {
        index += 1;
        !taken.contains(&(index - 1))
    });
    out
}

impl Difference {
    /// Whether both were the same.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.renamed.is_empty() && self.changed.is_empty()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |e: &Entry| format!("{} {:?} {} {} {}", e.symbol, e.name, e.class, e.exchange, e.aliases);
        for entry in &self.added {
            writeln!(f, "added {}", text(entry))?;
        }
        for entry in &self.removed {
            writeln!(f, "removed {}", text(entry))?;
        }
        for (before, now) in &self.renamed {
            writeln!(f, "renamed {} -> {}", before.symbol, text(now))?;
        }
        for (before, now) in &self.changed {
            writeln!(f, "changed {} -> {}", text(before), text(now))?;
        }
        let counts = [self.added.len(), self.removed.len(), self.renamed.len(), self.changed.len()];
        let [added, removed, renamed, changed] = counts;
        writeln!(f, "{added} added, {removed} removed, {renamed} renamed, {changed} changed")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn says_what_changed() {
        let read = |rows: &str| {
            super::super::read(format!("symbol,name,class,exchange,aliases\n{rows}").as_bytes()).unwrap()
        };
        let old = read("A,Alpha,equity,US,\nFB,Meta,equity,US,\nC,Gamma,equity,US,\nD,Delta,equity,US,\n");
        let new = read("A,Alpha,equity,US,\nMETA,Meta,equity,US,\nC,Gamma,equity,US,Gam\nE,Eps,equity,US,\n");
        let difference = compare(old, new);
        assert_eq!(
            difference.to_string(),
            "added E \"Eps\" equity US \nremoved D \"Delta\" equity US \n\
             renamed FB -> META \"Meta\" equity US \n\
             changed C \"Gamma\" equity US  -> C \"Gamma\" equity US Gam\n\
             1 added, 1 removed, 1 renamed, 1 changed\n"
        );
    }
}
