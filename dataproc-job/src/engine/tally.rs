//! What became of one object's records; the parts of one object, of one source, of all are added up.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Places that are named for each kind of damage.
const EXAMPLES: usize = 3;

/// Counts and complaints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Records read.
    pub(crate) read: u64,
    /// Rows made of them, one an asset.
    pub(crate) rows: u64,
    /// Records left out, by reason.
    pub(crate) left_out: BTreeMap<String, u64>,
    /// Records that are not valid, by reason: how many, and where the first ones are.
    pub(crate) rejected: BTreeMap<String, Rejected>,
    /// Posts of earlier slots that are gone at their source.
    pub(crate) gone: BTreeSet<String>,
    /// What could not be read.
    pub(crate) problems: BTreeSet<String>,
}

/// Records that are not valid for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rejected {
    /// How many.
    pub(crate) rows: u64,
    /// Object and row of the first ones.
    pub(crate) places: BTreeSet<(String, u64)>,
}

impl Tally {
    /// Counts a record that is left out.
    pub(crate) fn leave_out(&mut self, reason: &str) {
        if let Some(rows) = self.left_out.get_mut(reason) {
            *rows += 1;
        } else {
            self.left_out.insert(reason.to_owned(), 1);
        }
    }

    /// Counts a record that is not valid; `row` is counted from 0 in the object `key`.
    pub(crate) fn reject(&mut self, reason: &str, key: &str, row: u64) {
        let rejected = self.rejected.entry(reason.to_owned()).or_default();
        rejected.rows += 1;
        rejected.places.insert((key.to_owned(), row));
        if rejected.places.len() > EXAMPLES {
            rejected.places.pop_last();
        }
    }

    /// Adds another part's counts.
    pub(crate) fn add(&mut self, other: Self) {
        self.read += other.read;
        self.rows += other.rows;
        for (reason, rows) in other.left_out {
            *self.left_out.entry(reason).or_default() += rows;
        }
        for (reason, more) in other.rejected {
            let rejected = self.rejected.entry(reason).or_default();
            rejected.rows += more.rows;
            rejected.places.extend(more.places);
            while rejected.places.len() > EXAMPLES {
                rejected.places.pop_last();
            }
        }
        self.gone.extend(other.gone);
        self.problems.extend(other.problems);
    }

    /// What was refused, as sentences.
    pub(crate) fn refusals(&self) -> Vec<String> {
        let sentence = |(reason, rejected): (&String, &Rejected)| {
            let places: Vec<String> =
                rejected.places.iter().map(|(key, row)| format!("{key}, row {row}")).collect();
            format!("{} rows refused, {reason} (at {})", rejected.rows, places.join("; "))
        };
        self.rejected.iter().map(sentence).collect()
    }
}
