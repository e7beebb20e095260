//! The first pass over an asset's documents: groups what says the same, and watches who says it.

use std::collections::HashMap;

use super::account::{self, Accounts, NOBODY};
use super::burst::{self, Bursts, Member};
use super::hash::{self, Plain};
use super::marks::{Base, EARLIER, Marks, Rows};
use super::near::{First, Near};
use super::recent::Recent;
use super::seen::{self, Newest, Seen};
use super::{Document, Kind, Print};

/// Texts, links and ids that are known, in each generation.
const KNOWN: usize = 200_000;
/// Reposts whose original may still come.
const AWAITED: usize = 100_000;

/// A document that was met before.
#[derive(Debug, Clone, Copy)]
struct Place {
    row: u32,
    /// Serial number of its group's representative.
    serial: u32,
}

/// What is known of the documents so far. Memory grows by nine bytes a document; the rest has an end, where the oldest is
/// forgotten first: at most about 50 MB.
pub struct Analysis {
    rows: Rows,
    /// Which account wrote which document.
    accounts_of: Vec<u32>,
    known: Recent<u64, Place>,
    ids: Recent<u64, u32>,
    /// Reposts by the id of an original that has not come yet.
    awaited: HashMap<u64, u32, Plain>,
    near: Near,
    bursts: Bursts,
    accounts: Accounts,
    earlier: Vec<Seen>,
    newest: Newest,
}

impl Analysis {
    /// Begins with the representatives of earlier slots, of which the oldest comes first.
    pub fn new(seen: Vec<Seen>) -> Self {
        let mut analysis = Self {
            rows: Rows::default(),
            accounts_of: Vec::new(),
            known: Recent::new(KNOWN),
            ids: Recent::new(KNOWN),
            awaited: HashMap::default(),
            near: Near::default(),
            bursts: Bursts::new(),
            accounts: Accounts::new(),
            earlier: Vec::new(),
            newest: Newest::default(),
        };
        for (i, seen) in seen.iter().enumerate() {
            let row = EARLIER | i as u32;
            let first = First { print: seen.print, at: seen.at, row, account: NOBODY, is_small: false };
            let serial = analysis.near.insert(first);
            let hashes = [(seen.print.words != 0).then_some(seen.print.words), seen.link];
            for hash in hashes.into_iter().flatten() {
                analysis.known.insert(hash, Place { row, serial }, drop);
            }
            if let Some(id) = seen::key_hash(&seen.key) {
                analysis.ids.insert(id, row, drop);
            }
        }
        analysis.earlier = seen;
        analysis
    }

    /// Takes the next document, in the order of (kind, at, source, id), with its print.
    pub fn add(&mut self, document: &Document<'_>, print: &Print) {
        let row = self.rows.len() as u32;
        let author = document.author.map(|author| hash::name(document.source, author));
        let account = author.map_or(NOBODY, account::number);
        self.accounts_of.push(account);
        let link = document.link.map(hash::link);
        let is_repost = document.repost || print.is_retold;
        let parent = document.parent.filter(|_| is_repost).map(|id| hash::name(document.source, id));
        let is_small =
            document.kind == Kind::Post && !is_repost && burst::may_join(print.count, document.followers);
        let this = First { print: *print, at: document.at, row, account, is_small };

        let found = match parent.and_then(|parent| self.ids.get(parent).copied()) {
            Some(row) => Some((Place { row, serial: u32::MAX }, Base::Repost)),
            None => self.find(print, link),
        };
        let mut place = Place { row, serial: u32::MAX };
        match found {
            Some((old, base)) => {
                let root = self.rows.root(old.row);
                place.serial = old.serial;
                if is_repost {
                    self.rows.push(root, Base::Repost);
                } else if self.rows.is_repost(root) {
                    // So far there were only reposts: this is what they pass on.
                    self.rows.point(root, row);
                    self.rows.push(row, Base::Organic);
                    match self.near.get(old.serial) {
                        Some(first) => *first = this,
                        None => place.serial = self.near.insert(this),
                    }
                    self.newest.push(document, row, place.serial, link);
                } else {
                    self.rows.push(root, base);
                    if is_small {
                        self.join_burst(root, old.serial, Member { at: document.at, account, row });
                    }
                }
            }
            None => {
                self.rows.push(row, if is_repost { Base::Repost } else { Base::Organic });
                place.serial = self.near.insert(this);
                self.newest.push(document, row, place.serial, link);
                if let Some(parent) = parent {
                    self.await_original(parent, row);
                }
            }
        }
        let is_new = !matches!(found, Some((_, Base::Duplicate | Base::Repost)));
        self.remember(document, print, link, place, is_new);
        if let (Some(author), false, Kind::Post) = (author, is_repost, document.kind) {
            let root = self.rows.root(row);
            let own = self.near.get(place.serial).is_some_and(|first| first.account == account);
            self.accounts.wrote(author, document.at, document.followers, root, own && root != row);
        }
    }

    /// Decides what is noise.
    pub fn finish(self) -> Marks {
        let bots = self.accounts.into_bots();
        let mut rows = self.rows;
        if !bots.is_empty() {
            let of_bots = self.accounts_of.iter().enumerate().filter(|(_, account)| bots.contains(account));
            of_bots.for_each(|(row, _)| rows.set_bot(row));
        }
        let mut near = self.near;
        let own = self.newest.into_iter().filter(|new| rows.root(new.row) == new.row);
        let own = own.filter_map(|new| near.get(new.serial).map(|first| new.into_seen(first)));
        let seen = seen::newest(own.chain(self.earlier.iter().cloned()).collect());
        Marks::new(rows, self.earlier, seen)
    }

    fn find(&mut self, print: &Print, link: Option<u64>) -> Option<(Place, Base)> {
        let same = link.and_then(|link| self.known.get(link).copied());
        let same = same.or_else(|| {
            let words = (print.words != 0).then_some(print.words)?;
            self.known.get(words).copied()
        });
        if let Some(place) = same {
            return Some((place, Base::Duplicate));
        }
        let serial = self.near.find(print)?;
        let row = self.near.get(serial)?.row;
        Some((Place { row, serial }, Base::NearDuplicate))
    }

    fn join_burst(&mut self, root: u32, serial: u32, member: Member) {
        let (near, rows) = (&mut self.near, &mut self.rows);
        let first = || {
            let first = near.get(serial).filter(|first| first.row == root && first.is_small)?;
            Some(Member { at: first.at, account: first.account, row: first.row })
        };
        self.bursts.join(root, first, member, |row| rows.set_coordinated(row));
    }

    /// A repost of something unknown. Other reposts of the same thing were perhaps here before.
    fn await_original(&mut self, parent: u64, row: u32) {
        if let Some(first) = self.awaited.get(&parent) {
            self.rows.point(row, self.rows.root(*first));
        } else if self.awaited.len() < AWAITED {
            self.awaited.insert(parent, row);
        }
    }

    fn remember(
        &mut self,
        document: &Document<'_>,
        print: &Print,
        link: Option<u64>,
        place: Place,
        is_new: bool,
    ) {
        let id = hash::name(document.source, document.id);
        if !self.awaited.is_empty()
            && let Some(waiting) = self.awaited.remove(&id)
            && self.rows.root(waiting) == waiting
        {
            self.rows.point(waiting, self.rows.root(place.row));
        }
        self.ids.insert(id, place.row, drop);
        // What repeats words or a link may bring the other one, a repost its own words; what is new brings both.
        let words = (print.words != 0)
            .then_some(print.words)
            .filter(|_| is_new || link.is_some() || document.parent.is_some());
        for hash in [link, words].into_iter().flatten() {
            if is_new || self.known.get(hash).is_none() {
                self.known.insert(hash, place, drop);
            }
        }
    }
}
