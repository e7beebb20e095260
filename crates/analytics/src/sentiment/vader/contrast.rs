//! "But": what comes before weighs half, what comes after half as much again.
//!
//! The Python program finds each valence's place by value, so that the first of equal ones is changed, possibly several
//! times and in place of another. That is copied here without its quadratic search: each value's places are kept in a heap.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::dictionary::Part;
use super::text::Token;

/// Weighs the valences around the first "but", if there is one.
pub(super) fn weigh(tokens: &[Token], valences: &mut [f64]) {
    let Some(but) = tokens.iter().position(|t| t.word.part == Part::But) else { return };
    // Zeros stay what they are, so only the others need a place.
    let mut places: HashMap<u64, BinaryHeap<Reverse<usize>>> = HashMap::new();
    for (at, valence) in valences.iter().enumerate().filter(|(_, v)| **v != 0.0) {
        places.entry(valence.to_bits()).or_default().push(Reverse(at));
    }
    for turn in 0..valences.len() {
        let value = valences[turn];
        let Some(of_value) = places.get_mut(&value.to_bits()) else { continue };
        while of_value.peek().is_some_and(|Reverse(at)| valences[*at] != value) {
            of_value.pop();
        }
        let Some(&Reverse(first)) = of_value.peek() else { continue };
        let weight = match first.cmp(&but) {
            std::cmp::Ordering::Less => 0.5,
            std::cmp::Ordering::Equal => continue,
            std::cmp::Ordering::Greater => 1.5,
        };
        of_value.pop();
        valences[first] = value * weight;
        places.entry(valences[first].to_bits()).or_default().push(Reverse(first));
    }
}
