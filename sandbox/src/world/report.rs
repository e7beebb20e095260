//! What was refused while a world was loaded. A record that is bad by itself never stops the load; it is named and counted.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// So many warnings of one reason are printed; the rest is only counted.
const SHOWN_PER_REASON: u64 = 5;

/// Counts and warnings of a load.
#[derive(Debug, Default)]
pub struct LoadReport {
    /// Records accepted, by kind.
    pub(crate) accepted: BTreeMap<&'static str, u64>,
    /// Records refused, by reason.
    pub(crate) refused: BTreeMap<&'static str, u64>,
    /// Things put right, by what was done.
    pub(crate) repaired: BTreeMap<&'static str, u64>,
    /// The first few of each, naming file and line.
    pub(crate) warnings: Vec<String>,
}

impl LoadReport {
    /// Counts a refused record and keeps a warning.
    pub(crate) fn refuse(&mut self, file: &Path, line: u64, reason: &'static str, detail: &str) {
        let count = self.refused.entry(reason).or_insert(0);
        *count += 1;
        if *count <= SHOWN_PER_REASON {
            self.warnings.push(format!("{}, line {line}: refused: {reason}{detail}", file.display()));
        }
    }

    /// Counts something put right and keeps a warning.
    pub(crate) fn repair(&mut self, file: &Path, line: u64, done: &'static str) {
        let count = self.repaired.entry(done).or_insert(0);
        *count += 1;
        if *count <= SHOWN_PER_REASON {
            self.warnings.push(format!("{}, line {line}: {done}", file.display()));
        }
    }

    /// How many records were refused.
    pub fn refused_total(&self) -> u64 {
        self.refused.values().sum()
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        let list = |counts: &BTreeMap<&'static str, u64>| {
            counts.iter().map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
        };
        write!(f, "loaded {}", list(&self.accepted))?;
        if !self.refused.is_empty() {
            write!(f, "; refused {}", list(&self.refused))?;
        }
        if !self.repaired.is_empty() {
            write!(f, "; {}", list(&self.repaired))?;
        }
        Ok(())
    }
}
