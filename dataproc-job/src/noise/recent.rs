//! A map with an end: it remembers at least the last `most` keys that were put in or asked for, at most twice as many.

use std::collections::HashMap;
use std::hash::Hash;

use super::hash::Plain;

/// Two generations: when the younger is full, the older is forgotten. What is asked for moves to the younger one.
pub(super) struct Recent<K, V> {
    young: HashMap<K, V, Plain>,
    old: HashMap<K, V, Plain>,
    most: usize,
}

impl<K: Hash + Eq + Copy, V> Recent<K, V> {
    /// An empty map whose generations hold `most` keys.
    pub(super) fn new(most: usize) -> Self {
        Self { young: HashMap::default(), old: HashMap::default(), most }
    }

    /// What is known of a key.
    pub(super) fn get(&mut self, key: K) -> Option<&mut V> {
        if !self.old.is_empty()
            && let Some(value) = self.old.remove(&key)
        {
            self.young.insert(key, value);
        }
        self.young.get_mut(&key)
    }

    /// Puts a key in; gives back what is forgotten because of it.
    pub(super) fn insert(&mut self, key: K, value: V) -> Option<HashMap<K, V, Plain>> {
        self.young.insert(key, value);
        (self.young.len() >= self.most)
            .then(|| std::mem::replace(&mut self.old, std::mem::take(&mut self.young)))
    }

    /// All values, in no order.
    pub(super) fn into_values(self) -> impl Iterator<Item = V> {
        self.young.into_values().chain(self.old.into_values())
    }
}
