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
            && !self.young.contains_key(&key)
            && let Some(value) = self.old.remove(&key)
        {
            self.young.insert(key, value);
        }
        self.young.get_mut(&key)
    }

    /// Puts a key in; what is forgotten because of it goes to `forget`, in no order.
    pub(super) fn insert(&mut self, key: K, value: V, forget: impl FnMut((K, V))) {
        self.young.insert(key, value);
        if self.young.len() >= self.most {
            // The room of the older generation is used again.
            self.old.drain().for_each(forget);
            std::mem::swap(&mut self.young, &mut self.old);
        }
    }

    /// All that is known, in no order.
    pub(super) fn into_entries(self) -> impl Iterator<Item = (K, V)> {
        self.young.into_iter().chain(self.old)
    }
}
