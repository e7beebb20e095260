//! Rows by id that are cheap to copy and know which of them were touched since they were last kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Rows by id. Ids of one kind sort by age, so the order is that of creation.
#[derive(Debug, Clone)]
pub struct Table<T> {
    rows: BTreeMap<Arc<str>, Arc<T>>,
    touched: BTreeSet<Arc<str>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), touched: BTreeSet::new() }
    }
}

impl<T: Clone> Table<T> {
    /// The row with this id.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(id).map(Arc::as_ref)
    }

    /// The row with this id, to be changed; it counts as touched.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        let (key, _) = self.rows.get_key_value(id)?;
        self.touched.insert(key.clone());
        self.rows.get_mut(id).map(Arc::make_mut)
    }

    /// Puts a row in, in place of one with the same id.
    pub fn put(&mut self, id: &str, row: T) {
        let key: Arc<str> = id.into();
        self.touched.insert(key.clone());
        self.rows.insert(key, Arc::new(row));
    }

    /// All rows, the oldest first.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.values().map(Arc::as_ref)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Counts all rows as touched.
    pub fn touch_all(&mut self) {
        self.touched = self.rows.keys().cloned().collect();
    }

    /// The ids that were touched since the last call.
    pub fn take_touched(&mut self) -> BTreeSet<Arc<str>> {
        std::mem::take(&mut self.touched)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_what_it_had_and_what_was_touched_is_told_once() {
        let mut table = Table::default();
        table.put("a", 1);
        assert_eq!(table.take_touched().len(), 1);
        let copy = table.clone();
        *table.get_mut("a").unwrap() = 2;
        assert!(table.get_mut("b").is_none());
        assert_eq!((copy.get("a"), table.get("a")), (Some(&1), Some(&2)));
        assert_eq!(table.take_touched().iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["a"]);
        assert!(table.take_touched().is_empty());
    }
}
