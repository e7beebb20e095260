//! What was found out, by the number of the document.

use super::seen::Seen;
use super::{Mark, Origin, Reason};

/// Set in the number of a document of an earlier slot; the rest is its place among them.
pub(super) const EARLIER: u32 = 1 << 31;

/// What a document is by its words alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Base {
    /// The first of its kind.
    Organic = 0,
    /// The same words.
    Duplicate = 1,
    /// Nearly the same words.
    NearDuplicate = 2,
    /// Passed on.
    Repost = 3,
}

const BASE: u8 = 3;
const COORDINATED: u8 = 4;
const BOT: u8 = 8;

/// What is kept of each document: five bytes.
#[derive(Default)]
pub(super) struct Rows {
    /// What it repeats; its own number for the first of its kind.
    to: Vec<u32>,
    flags: Vec<u8>,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.to.len()
    }

    pub(super) fn push(&mut self, to: u32, base: Base) {
        self.to.push(to);
        self.flags.push(base as u8);
    }

    /// A document turns out to repeat another one.
    pub(super) fn point(&mut self, row: u32, to: u32) {
        self.to[row as usize] = to;
    }

    /// The first document of the group that `row` belongs to, perhaps one of an earlier slot.
    pub(super) fn root(&self, mut row: u32) -> u32 {
        while row & EARLIER == 0 && self.to[row as usize] != row {
            row = self.to[row as usize];
        }
        row
    }

    pub(super) fn is_repost(&self, row: u32) -> bool {
        row & EARLIER == 0 && self.flags[row as usize] & BASE == Base::Repost as u8
    }

    pub(super) fn set_coordinated(&mut self, row: u32) {
        self.flags[row as usize] |= COORDINATED;
    }

    pub(super) fn set_bot(&mut self, row: usize) {
        self.flags[row] |= BOT;
    }

    fn reason(&self, row: usize) -> Option<Reason> {
        let flags = self.flags[row];
        let base = match flags & BASE {
            0 => None,
            1 => Some(Reason::Duplicate),
            2 => Some(Reason::NearDuplicate),
            // What the source itself calls a repost stays one.
            _ => return Some(Reason::Repost),
        };
        match flags {
            flags if flags & COORDINATED != 0 => Some(Reason::Coordinated),
            flags if flags & BOT != 0 => Some(Reason::Bot),
            _ => base,
        }
    }
}

/// The marks of one asset's documents, by their number in the order in which [`super::Analysis::add`] took them.
pub struct Marks {
    rows: Rows,
    earlier: Vec<Seen>,
    seen: Vec<Seen>,
}

impl Marks {
    pub(super) fn new(rows: Rows, earlier: Vec<Seen>, seen: Vec<Seen>) -> Self {
        Self { rows, earlier, seen }
    }

    /// The mark of a document; `None` for an organic one, and for a number that there is not.
    pub fn mark(&self, row: usize) -> Option<Mark> {
        if row >= self.rows.len() {
            return None;
        }
        let reason = self.rows.reason(row)?;
        let root = self.rows.root(row as u32);
        let origin = if root & EARLIER != 0 {
            let seen = self.earlier.get((root & !EARLIER) as usize);
            seen.map(|seen| Origin::Key(seen.key.clone()))
        } else {
            (root as usize != row).then_some(Origin::Row(root as usize))
        };
        Some(Mark { reason, origin })
    }

    /// The representatives for the next slot, the oldest first: those of earlier slots and the first of each kind of this
    /// one, the newest [`super::seen::MOST`] of all.
    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }
}
