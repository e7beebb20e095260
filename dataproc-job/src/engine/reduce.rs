//! Writes all assets: the largest first, each alone with all cores helping; the others many at a time.

use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::arena::Arena;
use super::asset::{self, Asset};
use super::frame::{Frame, Options};
use super::group::{InMemory, Merged};
use super::runs::{Run, Size, gather};
use super::seen::Store;

/// Large assets in work at the same time: each has its groups and its analysis in memory.
const LARGE_AT_ONCE: usize = 2;

/// What has to be done, the largest first.
#[derive(Default)]
struct Tasks {
    large: Vec<u32>,
    small: Vec<Range<u32>>,
    running: usize,
}

enum Task {
    Large(u32),
    Small(Range<u32>),
}

impl Tasks {
    /// Assets of more than `share` bytes are large; the others are put together so that a task has about that much, or
    /// less where there is little altogether.
    fn new(sizes: &[Size], share: u64, threads: u64) -> Self {
        let total: u64 = sizes.iter().map(|size| size.bytes).sum();
        let wanted = (total / (threads * 16)).clamp(1 << 20, share);
        let (mut tasks, mut weights) = (Self::default(), Vec::new());
        let (mut from, mut weight) = (0u32, 0u64);
        for (asset, size) in (0u32..).zip(sizes) {
            if size.bytes > share {
                tasks.large.push(asset);
            }
            if size.bytes > share || weight + size.bytes > wanted {
                if weight > 0 {
                    weights.push((weight, from..asset));
                }
                (from, weight) = (if size.bytes > share { asset + 1 } else { asset }, 0);
            }
            weight += if size.bytes > share { 0 } else { size.bytes };
        }
        if weight > 0 {
            weights.push((weight, from..sizes.len() as u32));
        }
        // The last comes first.
        weights.sort_by_key(|(weight, range)| (*weight, range.start));
        tasks.small = weights.into_iter().map(|(_, range)| range).collect();
        tasks.large.sort_by_key(|asset| (sizes[*asset as usize].bytes, *asset));
        tasks
    }

    fn next(&mut self) -> Option<Task> {
        if self.running < LARGE_AT_ONCE
            && let Some(asset) = self.large.pop()
        {
            self.running += 1;
            return Some(Task::Large(asset));
        }
        let small = self.small.pop().map(Task::Small);
        // Nothing else is left: better three large ones than an idle core.
        small.or_else(|| {
            self.large.pop().map(|asset| {
                self.running += 1;
                Task::Large(asset)
            })
        })
    }
}

/// Writes every asset that has rows; `done` takes each as it is finished, in any order.
///
/// # Errors
/// The disk fails, or `done` does.
pub(crate) fn all(
    frame: &Frame,
    runs: &[Run],
    sizes: &[Size],
    earlier: &Store,
    next: &Store,
    options: &Options,
    done: &(impl Fn(u32, Asset) -> anyhow::Result<()> + Sync),
) -> anyhow::Result<()> {
    let share = (options.memory / 4 / options.threads.max(1)).max(1 << 20) as u64;
    let tasks = Mutex::new(Tasks::new(sizes, share, options.threads.max(1) as u64));
    let work = || -> anyhow::Result<()> {
        let mut arena = Arena::default();
        loop {
            let task = tasks.lock().unwrap_or_else(PoisonError::into_inner).next();
            let result = match task {
                None => return Ok(()),
                Some(Task::Large(number)) => {
                    let rows = Merged { runs, asset: number };
                    let result = asset::write(frame, number, &rows, earlier, next, true, &options.spill)
                        .and_then(|asset| done(number, asset));
                    tasks.lock().unwrap_or_else(PoisonError::into_inner).running -= 1;
                    result
                }
                Some(Task::Small(range)) => {
                    some(frame, runs, range, &mut arena, (earlier, next), &options.spill, done)
                }
            };
            if result.is_err() {
                *tasks.lock().unwrap_or_else(PoisonError::into_inner) = Tasks::default();
                return result;
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..options.threads.max(1)).map(|_| scope.spawn(work)).collect();
        let ended = threads.into_iter().map(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("writing an asset failed: repeat the command")))
        });
        ended.fold(Ok(()), Result::and)
    })
}

/// Writes the assets of a range from memory.
fn some(
    frame: &Frame,
    runs: &[Run],
    range: Range<u32>,
    arena: &mut Arena,
    (earlier, next): (&Store, &Store),
    folder: &Path,
    done: &impl Fn(u32, Asset) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    arena.clear();
    let rows = gather(runs, &range, arena)?;
    for rows in rows.chunk_by(|a, b| a.place.asset == b.place.asset) {
        let Some(number) = rows.first().map(|row| row.place.asset) else { continue };
        done(number, asset::write(frame, number, &InMemory(rows), earlier, next, false, folder)?)?;
    }
    Ok(())
}
