//! The channels and the numbers of their posts.
//!
//! Numbers count up in order of time, with gaps: service messages and the further pictures of an album take numbers too.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::fnv;
use crate::moment::Micros;
use crate::world::post::{Post, Posts};

/// The channel of posts that name none.
const DEFAULT_CHANNEL: &str = "sandbox_channel";
/// So many pictures has an album.
pub(super) const ALBUM: u64 = 3;

/// All channels.
pub(super) struct Channels {
    /// By the name in lower case.
    by_name: BTreeMap<String, Channel>,
    /// By row: the channel in lower case, and the number.
    by_row: Vec<(String, u64)>,
}

/// One channel.
pub(super) struct Channel {
    /// Its public name.
    pub name: String,
    /// What it has, sorted by number.
    pub entries: Vec<Entry>,
}

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its number in the channel.
    pub number: u64,
    /// What it is.
    pub message: Message,
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Message {
    /// A post of the world, by its row.
    Post(u32),
    /// "Channel created".
    Created(Micros),
    /// "pinned", about the post before.
    Pinned(Micros),
}

impl Channels {
    /// Numbers all posts.
    pub(super) fn new(posts: &Posts) -> Self {
        let mut rows: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let mut names: HashMap<String, String> = HashMap::new();
        for (row, post) in posts.rows.iter().enumerate() {
            let name = channel_of(post);
            let key = name.to_ascii_lowercase();
            names.entry(key.clone()).or_insert(name);
            rows.entry(key).or_default().push(row as u32);
        }
        let mut by_row = vec![(String::new(), 0); posts.rows.len()];
        let by_name = rows
            .into_iter()
            .map(|(key, rows)| {
                let entries = number(posts, &rows);
                for entry in &entries {
                    if let Message::Post(row) = entry.message {
                        by_row[row as usize] = (key.clone(), entry.number);
                    }
                }
                let name = names.remove(&key).unwrap_or_else(|| key.clone());
                (key, Channel { name, entries })
            })
            .collect();
        Self { by_name, by_row }
    }

    /// The names of all channels.
    pub(super) fn names(&self) -> Vec<&str> {
        self.by_name.values().map(|channel| channel.name.as_str()).collect()
    }

    /// The channel with this name in any case.
    pub(super) fn named(&self, name: &str) -> Option<&Channel> {
        self.by_name.get(&name.to_ascii_lowercase())
    }

    /// `channel/number` of a row.
    pub(super) fn wire_id(&self, row: u32) -> String {
        let (key, number) = &self.by_row[row as usize];
        let name = self.by_name.get(key).map_or(key.as_str(), |channel| channel.name.as_str());
        format!("{name}/{number}")
    }
}

/// Some posts carry an album.
pub(super) fn has_album(post: &Post) -> bool {
    luck(post) % 17 == 3
}

/// A number that looks random and is always the same for a post.
pub(super) fn luck(post: &Post) -> u64 {
    fnv::hash(&post.id) >> 7
}

/// The channel and the number that an id of the form `channel/123` states.
fn stated(id: &str) -> Option<(&str, u64)> {
    let (channel, number) = id.split_once('/')?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    is_name(channel).then_some((channel, number))
}

fn is_name(text: &str) -> bool {
    (3..=32).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The public name of a post's channel; what is no name is made one.
fn channel_of(post: &Post) -> String {
    if let Some((channel, _)) = stated(&post.id) {
        return channel.to_owned();
    }
    let said = post.channel.as_deref().unwrap_or("").trim().trim_start_matches('@');
    if said.is_empty() {
        return DEFAULT_CHANNEL.to_owned();
    }
    if is_name(said) {
        return said.to_owned();
    }
    let letters = said.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    format!("ch_{}", letters.take(28).collect::<String>())
}

/// Numbers the posts of a channel, which come in order of time, and puts service messages between them.
fn number(posts: &Posts, rows: &[u32]) -> Vec<Entry> {
    let post = |row: u32| &posts.rows[row as usize];
    let given = |row: u32| stated(&post(row).id).map(|(_, number)| number);
    let mut taken: HashSet<u64> = rows.iter().filter_map(|row| given(*row)).collect();
    let mut entries = Vec::with_capacity(rows.len() + 1);
    let mut next = 1;
    let mut free = move |taken: &mut HashSet<u64>| {
        while !taken.insert(next) {
            next += 1;
        }
        next
    };
    let mut used = HashSet::new();
    if let Some(first) = rows.first()
        && taken.insert(1)
    {
        entries.push(Entry { number: 1, message: Message::Created(post(*first).at) });
    }
    for row in rows {
        // The first post with a number has it; another one with the same gets a free one.
        let stated = given(*row).filter(|number| used.insert(*number));
        let number = stated.unwrap_or_else(|| free(&mut taken));
        entries.push(Entry { number, message: Message::Post(*row) });
        if stated.is_none() && has_album(post(*row)) {
            (1..ALBUM).for_each(|_| {
                free(&mut taken);
            });
        }
        if luck(post(*row)) % 41 == 5 {
            // Among stated numbers only a gap has room.
            let number = match stated {
                Some(number) => Some(number + 1).filter(|next| taken.insert(*next)),
                None => Some(free(&mut taken)),
            };
            entries.extend(number.map(|number| Entry { number, message: Message::Pinned(post(*row).at) }));
        }
    }
    entries.sort_by_key(|entry| entry.number);
    entries
}
