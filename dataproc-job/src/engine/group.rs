//! An asset's rows in groups: each of one kind, of a bounded size, cut by the rows alone.

use std::sync::mpsc::sync_channel;

use super::arena::Arena;
use super::row::Row;
use super::runs::{Merge, Run};

/// Most rows of a group.
const ROWS: usize = 32_768;

/// A group with so many bytes takes no more rows.
const BYTES: usize = 16 << 20;

/// One asset's rows in order, each key once, to be gone through as often as needed.
pub(crate) trait Rows: Sync {
    /// Gives the groups to `take` one after the other; returns how many rows had a key that another one has.
    ///
    /// # Errors
    /// The rows cannot be read, or `take` fails.
    fn each(&self, take: &mut dyn FnMut(&[Row<'_>]) -> anyhow::Result<()>) -> anyhow::Result<u64>;
}

/// Where a group ends.
#[derive(Default)]
struct Cut {
    rows: usize,
    bytes: usize,
}

/// What is to be done with a row.
enum Step {
    /// It is dropped.
    Drop,
    /// It replaces the last one.
    Replace,
    /// It is added to the group.
    Add,
    /// It begins the next group.
    Begin,
}

impl Cut {
    fn step(&mut self, last: Option<Row<'_>>, row: &Row<'_>) -> Step {
        let weight = row.id.len() + row.body.len();
        let Some(last) = last else {
            (self.rows, self.bytes) = (1, weight);
            return Step::Add;
        };
        if last.order(row).is_eq() {
            if !row.beats(&last) {
                return Step::Drop;
            }
            self.bytes = self.bytes + weight - last.id.len() - last.body.len();
            return Step::Replace;
        }
        if self.rows >= ROWS || self.bytes >= BYTES || last.place.kind != row.place.kind {
            (self.rows, self.bytes) = (1, weight);
            return Step::Begin;
        }
        self.rows += 1;
        self.bytes += weight;
        Step::Add
    }
}

/// An asset's rows in memory, in order.
pub(crate) struct InMemory<'a>(pub(crate) &'a [Row<'a>]);

impl Rows for InMemory<'_> {
    fn each(&self, take: &mut dyn FnMut(&[Row<'_>]) -> anyhow::Result<()>) -> anyhow::Result<u64> {
        let (mut cut, mut dropped) = (Cut::default(), 0);
        let mut group: Vec<Row<'_>> = Vec::with_capacity(self.0.len().min(ROWS));
        for row in self.0.iter().copied() {
            match cut.step(group.last().copied(), &row) {
                Step::Drop => dropped += 1,
                Step::Replace => {
                    dropped += 1;
                    group.pop();
                    group.push(row);
                }
                Step::Add => group.push(row),
                Step::Begin => {
                    take(&group)?;
                    group.clear();
                    group.push(row);
                }
            }
        }
        if !group.is_empty() {
            take(&group)?;
        }
        Ok(dropped)
    }
}

/// Rows that are merged from runs: one group is in work while the next is merged.
pub(crate) struct Merged<'a> {
    /// The runs.
    pub(crate) runs: &'a [Run],
    /// The asset.
    pub(crate) asset: u32,
}

impl Rows for Merged<'_> {
    fn each(&self, take: &mut dyn FnMut(&[Row<'_>]) -> anyhow::Result<()>) -> anyhow::Result<u64> {
        std::thread::scope(|scope| {
            let (give, groups) = sync_channel::<Arena>(1);
            let (give_back, used) = sync_channel::<Arena>(3);
            let merging = scope.spawn(move || {
                let fresh = || used.try_recv().unwrap_or_default();
                self.merge(fresh, |group| give.send(group).is_ok())
            });
            for mut group in groups {
                let rows: Vec<Row<'_>> = group.rows().collect();
                take(&rows)?;
                drop(rows);
                group.clear();
                // Memory is kept for the next group; without a taker it is simply given up.
                let _ = give_back.try_send(group);
            }
            merging.join().unwrap_or_else(|_| Err(anyhow::anyhow!("merging rows failed: repeat the command")))
        })
    }
}

impl Merged<'_> {
    fn merge(
        &self,
        mut fresh: impl FnMut() -> Arena,
        mut give: impl FnMut(Arena) -> bool,
    ) -> anyhow::Result<u64> {
        let mut merge = Merge::new(self.runs, &(self.asset..self.asset + 1))?;
        let (mut cut, mut dropped, mut group) = (Cut::default(), 0, fresh());
        while let Some(row) = merge.row() {
            let last = group.len().checked_sub(1).map(|n| group.row(n));
            match cut.step(last, &row) {
                Step::Drop => dropped += 1,
                Step::Replace => {
                    dropped += 1;
                    group.pop();
                    group.push(row);
                }
                Step::Add => group.push(row),
                Step::Begin => {
                    let full = std::mem::replace(&mut group, fresh());
                    if !give(full) {
                        return Ok(dropped);
                    }
                    group.push(row);
                }
            }
            merge.advance()?;
        }
        if !group.is_empty() {
            give(group);
        }
        Ok(dropped)
    }
}
