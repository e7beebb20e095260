//! The chain of seals: which forecasts were made at which slot, before anybody knew what would come.
//!
//! A seal names the object that holds a slot's forecasts with its sha256, and the sha256 of the seal before it. Whoever
//! has noted one seal's sha256 can prove that no forecast sealed up to then was changed, added or taken away.
//!
//! The first word counts: forecasts that are sealed again differ in nothing that was said before, and what is sealed for a
//! slot after a later one was sealed is marked `late` and never scored, since its outcome may have been known.

use serde::{Deserialize, Serialize};

use crate::lake::sha256;
use crate::manifest::ObjectEntry;
use crate::slot::Slot;

/// One link: `ledger/seals/<number>.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// Its number, from 1.
    pub number: u64,
    /// The slot whose forecasts it seals.
    pub slot: Slot,
    /// Sha256 of the seal before it; `None` for the first.
    pub previous: Option<String>,
    /// What it seals.
    pub forecasts: ObjectEntry,
    /// Whether a later slot was sealed before it.
    pub late: bool,
}

impl Seal {
    /// Its bytes, the same for the same content.
    pub fn to_bytes(&self) -> Vec<u8> {
        // A seal has string keys and whole numbers only, so it can always be written.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// The sha256 of its bytes, which the next seal carries.
    pub fn sha256(&self) -> String {
        sha256(&self.to_bytes())
    }
}

/// The newest link: `ledger/head.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Number of the newest seal.
    pub number: u64,
    /// Its sha256.
    pub sha256: String,
    /// The newest slot that is sealed.
    pub newest: Slot,
}

impl Head {
    /// The head once `seal` has been put on `before`.
    pub fn after(before: Option<&Self>, seal: &Seal) -> Self {
        let newest = before.map_or(seal.slot, |head| head.newest.max(seal.slot));
        Self { number: seal.number, sha256: seal.sha256(), newest }
    }

    /// Its bytes, the same for the same content.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

/// The seal that follows `head` for `slot`.
pub fn next(head: Option<&Head>, slot: Slot, forecasts: ObjectEntry) -> Seal {
    Seal {
        number: head.map_or(1, |head| head.number + 1),
        slot,
        previous: head.map(|head| head.sha256.clone()),
        forecasts,
        late: head.is_some_and(|head| slot < head.newest),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_seal_holds_the_one_before() {
        let entry = |text: &str| ObjectEntry::of("k", text.as_bytes(), 1);
        let slot: Slot = "2026-11-21T06Z".parse().unwrap();
        let first = next(None, slot.next(), entry("a"));
        let head = Head::after(None, &first);
        let second = next(Some(&head), slot, entry("b"));
        assert_eq!((first.number, second.number), (1, 2));
        assert_eq!(second.previous, Some(first.sha256()));
        assert!(!first.late && second.late, "an older slot that comes later");
        assert_eq!(Head::after(Some(&head), &second).newest, slot.next());
        assert_ne!(next(None, slot.next(), entry("c")).sha256(), first.sha256());
    }
}
