//! Writes a world from a seed. The same options give the same bytes, on any machine.
//!
//! In reading order: `assets` invents who is traded; `mood` is the hidden sentiment; `prices` follow it some slots later;
//! `people` write, at `places`, `grammar` gives them words, `posts` and `articles` put both together; `write` stores it.
//!
//! Only additions, multiplications, divisions and square roots touch the numbers, which IEEE 754 defines to the last bit.

mod articles;
mod assets;
mod dice;
mod grammar;
mod mood;
mod names;
mod people;
mod places;
mod posts;
mod prices;
mod words;
mod write;

use std::path::Path;

use anyhow::{Result, ensure};
use chrono::NaiveDate;

use crate::moment::{DAY, HOUR, Micros};

/// Slots in a day.
const SLOTS_A_DAY: usize = 4;
/// How long a slot lasts.
const SLOT: Micros = 6 * HOUR;

/// What world to write.
#[derive(Debug, Clone)]
pub struct Options {
    /// The seed.
    pub seed: u64,
    /// Days in the window.
    pub days: u32,
    /// Number of assets: about three quarters are shares, the others coins, currency pairs and an index.
    pub assets: u32,
    /// Posts in a slot, on average.
    pub posts_per_slot: u32,
    /// First day of the window.
    pub start: NaiveDate,
}

/// How many records were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Posts.
    pub posts: usize,
    /// Articles.
    pub articles: usize,
    /// Bars.
    pub bars: usize,
}

/// The window of a world, in slots.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: Micros,
    slots: usize,
}

impl Span {
    fn slot_start(self, slot: usize) -> Micros {
        self.start + slot as Micros * SLOT
    }

    fn end(self) -> Micros {
        self.slot_start(self.slots)
    }
}

/// Writes the world to a folder, which is made when it is not there.
///
/// # Errors
/// When the options make no sense or a file cannot be written; it is named.
pub fn generate(options: &Options, out: &Path) -> Result<Made> {
    ensure!(options.days >= 1, "--days is 0: give 1 or more");
    ensure!(options.assets >= 1, "--assets is 0: give 1 or more");
    let start = options.start.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros();
    ensure!((0..100_000 * DAY).contains(&start), "--start is too far from today: give a date after 1970");
    let span = Span { start, slots: options.days as usize * SLOTS_A_DAY };
    let assets = assets::invent(options.seed, options.assets as usize);
    let moods = mood::Moods::new(options.seed, assets.len(), span.slots);
    let bars = prices::bars(options.seed, &assets, &moods, span);
    let people = people::People::new(options.seed, options.posts_per_slot, span);
    let posts = posts::write_all(options, &assets, &moods, &people, span);
    let articles = articles::write_all(options, &assets, &moods, span);
    let made = Made { posts: posts.len(), articles: articles.len(), bars: bars.len() };
    write::world(options, out, span, &write::Content { assets, moods, people, bars, posts, articles })?;
    Ok(made)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
