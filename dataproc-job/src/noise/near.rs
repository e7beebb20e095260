//! Which of the representatives nearly says the same. Each is filed under its four smallest hashes; two texts that share
//! three quarters of their pairs nearly always share one of those (`tests/near.rs` measures how often).

use super::hash::mix;
use super::print::{Print, SKETCH};

/// Representatives that are kept; the oldest goes first.
const MOST: usize = 32_768;
/// Hashes under which one is filed.
const KEYS: usize = 4;
/// Representatives in one drawer; the oldest goes first, so that a phrase that everybody uses costs no time.
const DRAWER: usize = 4;

/// The first document of its kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct First {
    /// Its print.
    pub(super) print: Print,
    /// When it was written.
    pub(super) at: i64,
    /// Its number, or that of a document of an earlier slot.
    pub(super) row: u32,
    /// The number of its account.
    pub(super) account: u32,
    /// Whether it may be part of a burst: a post that small accounts write.
    pub(super) is_small: bool,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// One bit for each hash of the sketch, so that most strangers need not be looked up.
    bits: u64,
    serial: u32,
}

const NOTHING: Entry = Entry { bits: 0, serial: u32::MAX };

/// A drawer is a line of the processor's cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Drawer([Entry; DRAWER]);

const EMPTY: Drawer = Drawer([NOTHING; DRAWER]);

/// The representatives and their drawers.
#[derive(Default)]
pub(super) struct Near {
    firsts: Vec<First>,
    /// Serial number of the next one.
    next: u32,
    drawers: Vec<Drawer>,
}

impl Near {
    /// Keeps a representative; gives back its serial number.
    pub(super) fn insert(&mut self, first: First) -> u32 {
        let serial = self.next;
        self.next += 1;
        if self.firsts.len() < MOST {
            self.firsts.push(first);
            if self.firsts.len() * 2 > self.drawers.len() {
                self.enlarge();
                return serial;
            }
        } else {
            self.firsts[serial as usize % MOST] = first;
        }
        self.file(serial, &first.print);
        serial
    }

    /// The representative with this serial number, unless it has gone.
    pub(super) fn get(&mut self, serial: u32) -> Option<&mut First> {
        self.is_kept(serial).then(|| &mut self.firsts[serial as usize % MOST])
    }

    /// The oldest representative that nearly says the same.
    pub(super) fn find(&self, print: &Print) -> Option<u32> {
        let sketch = print.sketch();
        if self.drawers.is_empty() || sketch.is_empty() {
            return None;
        }
        let bits = bits(sketch);
        // Of A at most a quarter is not in B; of B at most a third of A's number is not in A. Samples may differ by more.
        let slack = if sketch.len() < SKETCH { 0 } else { 3 };
        let (most_own, most_other) = ((sketch.len() / 4 + slack) as u32, (sketch.len() / 3 + slack) as u32);
        let mut best: Option<u32> = None;
        // All drawers are fetched before the first is looked into, so that the waits for memory overlap.
        let drawers: [Drawer; KEYS] =
            std::array::from_fn(|i| sketch.get(i).map_or(EMPTY, |hash| self.drawers[self.drawer(*hash)]));
        for drawer in &drawers {
            for entry in &drawer.0 {
                let strange = (bits & !entry.bits).count_ones() > most_own
                    || (entry.bits & !bits).count_ones() > most_other;
                if strange || best.is_some_and(|best| best <= entry.serial) || !self.is_kept(entry.serial) {
                    continue;
                }
                if print.is_near(&self.firsts[entry.serial as usize % MOST].print) {
                    best = Some(entry.serial);
                }
            }
        }
        best
    }

    fn is_kept(&self, serial: u32) -> bool {
        serial < self.next && (self.next - serial) as usize <= self.firsts.len()
    }

    fn drawer(&self, hash: u32) -> usize {
        mix(u64::from(hash)) as usize & (self.drawers.len() - 1)
    }

    fn file(&mut self, serial: u32, print: &Print) {
        let sketch = print.sketch();
        let bits = bits(sketch);
        for hash in sketch.iter().take(KEYS) {
            let drawer = self.drawer(*hash);
            let entries = &mut self.drawers[drawer].0;
            entries.copy_within(..DRAWER - 1, 1);
            entries[0] = Entry { bits, serial };
        }
    }

    /// Makes more drawers and files everything again, in order.
    fn enlarge(&mut self) {
        let drawers = (self.firsts.len() * 4).next_power_of_two().max(8);
        self.drawers = vec![EMPTY; drawers];
        // Nothing is overwritten before the drawers have their last size, so serial numbers are places.
        for place in 0..self.firsts.len() {
            let print = self.firsts[place].print;
            self.file(place as u32, &print);
        }
    }
}

fn bits(sketch: &[u32]) -> u64 {
    sketch.iter().fold(0, |bits, hash| bits | 1 << (hash & 63))
}
