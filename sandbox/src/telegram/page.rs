//! Which messages are on a page: 4 to 20, oldest first.

use super::channels::{Channel, Entry, Message};
use crate::moment::Micros;
use crate::wire::Request;
use crate::world::post::Posts;

/// So many messages at most.
const LARGEST: usize = 20;

/// One page.
pub(super) struct Page {
    /// Its messages, oldest first.
    pub entries: Vec<Entry>,
    /// The number before which older ones are, where there are any.
    pub older: Option<u64>,
    /// The number after which newer ones are, where there are any.
    pub newer: Option<u64>,
}

impl Page {
    /// The newest messages, those before a number, or those after one.
    pub(super) fn find(posts: &Posts, channel: &Channel, now: Micros, request: &Request) -> Self {
        let number = |name: &str| request.param(name).and_then(|number| number.parse::<u64>().ok());
        let shown = |entry: &&Entry| is_shown(posts, entry, now);
        let (before, after) = (number("before"), number("after"));
        let size = size(before.or(after));
        let all = &channel.entries;
        let entries: Vec<Entry> = match (before, after) {
            (None, Some(after)) => {
                let from = all.partition_point(|entry| entry.number <= after);
                all[from..].iter().filter(shown).take(size).copied().collect()
            }
            (before, _) => {
                let to = before.map_or(all.len(), |bound| all.partition_point(|entry| entry.number < bound));
                let mut newest: Vec<Entry> =
                    all[..to].iter().rev().filter(shown).take(size).copied().collect();
                newest.reverse();
                newest
            }
        };
        let ends = entries.first().zip(entries.last()).map(|(first, last)| (first.number, last.number));
        let older = ends.map(|(first, _)| first).filter(|first| {
            all[..all.partition_point(|entry| entry.number < *first)].iter().rev().any(|entry| shown(&entry))
        });
        let newer = ends.map(|(_, last)| last).filter(|last| {
            all[all.partition_point(|entry| entry.number <= *last)..].iter().any(|entry| shown(&entry))
        });
        Self { entries, older, newer }
    }
}

fn is_shown(posts: &Posts, entry: &Entry, now: Micros) -> bool {
    match entry.message {
        Message::Post(row) => posts.rows[row as usize].is_visible(now),
        Message::Created(at) | Message::Pinned(at) => at <= now,
    }
}

/// Mostly twenty; some pages are short.
fn size(bound: Option<u64>) -> usize {
    match bound {
        Some(bound) if bound % 5 == 2 => 4 + (bound % 17) as usize,
        _ => LARGEST,
    }
}
