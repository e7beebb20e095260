//! What became of one object's records; the parts of one object, of one source, of all are added up.

use std::collections::{BTreeMap, BTreeSet};

use domain::document::RecordReject;
use serde::{Deserialize, Serialize};

/// Places that a message names for each kind of damage.
const NAMED: usize = 3;

/// Refused records that are kept of each source and reason: the first ones by object and row.
pub(crate) const KEPT: usize = 100;

/// Bytes of an id and of what a record says that are kept.
const EXCERPT: usize = 200;

/// Counts and complaints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Records read.
    pub(crate) read: u64,
    /// Rows made of them, one an asset.
    pub(crate) rows: u64,
    /// Records left out, by reason.
    pub(crate) left_out: BTreeMap<String, u64>,
    /// Records that are refused, by reason: how many, and the first ones.
    pub(crate) rejected: BTreeMap<String, Rejected>,
    /// Posts of earlier slots that are gone at their source.
    pub(crate) gone: BTreeSet<String>,
    /// What could not be read.
    pub(crate) problems: BTreeSet<String>,
}

/// Records that are refused for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rejected {
    /// How many.
    pub(crate) rows: u64,
    /// The first ones.
    pub(crate) first: BTreeSet<Record>,
}

/// A refused record. The order is that of their places.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Key of its object.
    pub(crate) object: String,
    /// Its row in there, counted from 0.
    pub(crate) row: u64,
    /// The source's id, cut.
    pub(crate) id: Option<String>,
    /// The beginning of what it says.
    pub(crate) excerpt: String,
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

    /// Counts a record that is refused; `row` is counted from 0 in the object `key`. `about` gives its id and what it says,
    /// and is not asked where enough of them are kept.
    pub(crate) fn reject(
        &mut self,
        reason: &str,
        key: &str,
        row: u64,
        about: impl FnOnce() -> (Option<String>, String),
    ) {
        let rejected = match self.rejected.get_mut(reason) {
            Some(rejected) => rejected,
            None => self.rejected.entry(reason.to_owned()).or_default(),
        };
        rejected.rows += 1;
        let later = |last: &Record| (last.object.as_str(), last.row) < (key, row);
        if rejected.first.len() >= KEPT && rejected.first.last().is_some_and(later) {
            return;
        }
        let (id, excerpt) = about();
        let id = id.filter(|id| !id.is_empty()).map(|id| cut(&id));
        let excerpt = cut(&excerpt);
        rejected.first.insert(Record { object: key.to_owned(), row, id, excerpt });
        rejected.keep_first();
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
            rejected.first.extend(more.first);
            rejected.keep_first();
        }
        self.gone.extend(other.gone);
        self.problems.extend(other.problems);
    }

    /// What was refused, as sentences; the records themselves lie in the object `kept_in`.
    pub(crate) fn refusals(&self, kept_in: &str) -> Vec<String> {
        let sentence = |(reason, rejected): (&String, &Rejected)| {
            let first = rejected.first.iter().take(NAMED);
            let places: Vec<String> = first.map(|r| format!("{}, row {}", r.object, r.row)).collect();
            let Rejected { rows, first } = rejected;
            let kept =
                if *rows > first.len() as u64 { format!("the first {KEPT}") } else { "all".to_owned() };
            format!("{rows} rows refused, {reason} (at {}; {kept} in {kept_in})", places.join("; "))
        };
        self.rejected.iter().map(sentence).collect()
    }

    /// The refused records of `source` that are kept.
    pub(crate) fn records(&self, source: &str) -> impl Iterator<Item = RecordReject> {
        self.rejected.iter().flat_map(move |(reason, rejected)| {
            rejected.first.iter().map(move |record| RecordReject {
                reason: reason.clone(),
                source: source.to_owned(),
                object: record.object.clone(),
                row: i64::try_from(record.row).unwrap_or(i64::MAX),
                id: record.id.clone(),
                excerpt: record.excerpt.clone(),
            })
        })
    }
}

impl Rejected {
    fn keep_first(&mut self) {
        while self.first.len() > KEPT {
            self.first.pop_last();
        }
    }
}

/// The beginning of a text, with an ellipsis where it goes on.
fn cut(text: &str) -> String {
    if text.len() <= EXCERPT {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(EXCERPT);
    format!("{}…", &text[..end])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_kept_whatever_the_order_and_all_are_counted() {
        let rows: Vec<u64> = (0..1000).collect();
        let tally = |rows: &mut dyn Iterator<Item = &u64>| {
            let mut tally = Tally::default();
            for row in rows {
                tally.reject("odd", "object", *row, || (Some("é".repeat(500)), row.to_string()));
            }
            tally
        };
        let forwards = tally(&mut rows.iter());
        let mut backwards = tally(&mut rows[300..].iter().rev());
        backwards.add(tally(&mut rows[..300].iter().rev()));
        assert_eq!(forwards, backwards);
        let kept: Vec<RecordReject> = forwards.records("x").collect();
        assert_eq!((kept.len(), kept[99].row, kept[99].excerpt.as_str()), (KEPT, 99, "99"));
        assert_eq!(kept[0].id, Some(format!("{}…", "é".repeat(100))));
        let said = forwards.refusals("there");
        let wanted =
            "1000 rows refused, odd (at object, row 0; object, row 1; object, row 2; the first 100 in there)";
        assert_eq!(said, [wanted]);
    }
}
