//! What all parts of the engine know of a slot: its time, its sources, its assets.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use anyhow::Context;
use chrono::{DateTime, Utc};
use domain::source::Terms;
use domain::{AssetList, Manifest, Slot, Symbol};

use super::forms::Forms;
use crate::read;
use crate::resolve::Resolver;

/// Memory for rows, in bytes, where nothing else is said.
pub(crate) const MEMORY: usize = 768 << 20;

/// How much of this machine the split may use.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bytes for rows in memory; the rest goes to `spill`. The results do not depend on it.
    pub memory: usize,
    /// Folder for what memory has no room for.
    pub spill: PathBuf,
    /// Threads. The results do not depend on them.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { memory: MEMORY, spill: std::env::temp_dir(), threads }
    }
}

/// A source by its number.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Its name.
    pub(crate) name: String,
    /// What its terms allow.
    pub(crate) terms: Terms,
}

/// What all parts know.
pub(crate) struct Frame {
    /// The slot.
    pub(crate) slot: Slot,
    /// Nothing later counts.
    pub(crate) as_of: DateTime<Utc>,
    /// The sources in the order of their names.
    pub(crate) sources: Vec<Source>,
    /// The assets in the order of their symbols.
    pub(crate) symbols: Vec<Symbol>,
    /// Number of each asset.
    pub(crate) numbers: HashMap<Symbol, u32>,
    /// The forms of their files.
    pub(crate) forms: Forms,
}

impl Frame {
    /// The frame of a slot with these records and assets.
    ///
    /// # Errors
    /// There are more sources than rows can name, or tables have no form.
    pub(crate) fn new(records: &Manifest, list: &AssetList, as_of: DateTime<Utc>) -> anyhow::Result<Self> {
        let mut names: BTreeSet<String> = records.sources.keys().cloned().collect();
        names.extend(records.objects.iter().filter_map(|o| Some(read::kind_and_source(&o.key)?.1)));
        u16::try_from(names.len()).context("more than 65,535 sources in one slot")?;
        let terms = |name: &str| records.sources.get(name).map_or_else(Terms::default, |s| s.terms);
        let sources = names.into_iter().map(|name| Source { terms: terms(&name), name }).collect();
        let symbols: Vec<Symbol> = list.iter().map(|asset| asset.symbol.clone()).collect();
        let numbers = symbols.iter().cloned().zip(0u32..).collect();
        let forms = Forms::new().context("the tables of assets")?;
        Ok(Self { slot: records.slot, as_of, sources, symbols, numbers, forms })
    }

    /// The number of a source.
    pub(crate) fn source(&self, name: &str) -> Option<u16> {
        let number = self.sources.binary_search_by(|source| source.name.as_str().cmp(name)).ok()?;
        u16::try_from(number).ok()
    }

    /// The number of the asset that a vendor calls `spelling`: its own symbol, or what the resolver takes it for.
    pub(crate) fn vendor(&self, spelling: &str, resolver: &Resolver) -> Option<u32> {
        self.numbers.get(resolver.vendor(spelling)?).copied()
    }

    /// The number of the asset that a bar is of.
    pub(crate) fn bar(&self, symbol: &str, resolver: &Resolver) -> Option<u32> {
        let exact = symbol.parse::<Symbol>().ok().and_then(|symbol| self.numbers.get(&symbol).copied());
        exact.or_else(|| self.vendor(symbol, resolver))
    }
}

/// The names of `tallies`' reasons and counts joined into a sentence.
pub(crate) fn list_counts(counts: &BTreeMap<String, u64>) -> String {
    counts.iter().map(|(reason, rows)| format!("{rows} rows {reason}")).collect::<Vec<_>>().join(", ")
}
