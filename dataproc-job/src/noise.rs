//! Marks of noise: what only repeats something else. Marked, never dropped, so that a reader can switch it back on.
//!
//! - `repost`: the source says so, or the text begins with `RT @`.
//! - `duplicate`: the same words (or the same link of an article) as an earlier document.
//! - `near-duplicate`: nearly the same words about the same asset; found by MinHash with banding, so that the work grows
//!   linearly with the number of documents, and then checked exactly.

mod fingerprint;

use std::collections::HashMap;

use domain::Symbol;
use fingerprint::Fingerprint;

/// Documents compared in one band before the search gives up there; keeps the work linear.
const REPRESENTATIVES: usize = 4;
/// Share of common word pairs from which two texts are nearly the same.
const NEARLY: f64 = 0.75;

/// What is needed to know whether a document repeats another.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    /// `source/id`.
    pub key: String,
    /// Its text.
    pub text: &'a str,
    /// Whether the source calls it a repost.
    pub repost: bool,
    /// `source/id` of what it reposts, where known.
    pub parent: Option<String>,
    /// Link without tracking parameters; two documents with the same one are the same.
    pub link: Option<&'a str>,
    /// The assets that it names, in order.
    pub about: Vec<&'a Symbol>,
}

/// Why a document is noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The same words as an earlier one.
    Duplicate,
    /// Nearly the same words as an earlier one.
    NearDuplicate,
    /// Passed on from somebody else.
    Repost,
}

impl Mark {
    /// The name used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::NearDuplicate => "near-duplicate",
            Self::Repost => "repost",
        }
    }
}

/// The mark of one document, and the number of the document that it repeats (unknown for a repost from elsewhere).
pub type Noise = Option<(Mark, Option<usize>)>;

/// Marks `documents`, which come in the order of their creation. The first of its kind carries no mark.
pub fn mark(documents: &[Document<'_>]) -> Vec<Noise> {
    let prints: Vec<Fingerprint> = {
        use rayon::prelude::*;
        documents.par_iter().map(|d| Fingerprint::of(d.text)).collect()
    };
    let mut groups = Groups::default();
    let mut noise: Vec<Noise> = vec![None; documents.len()];
    let reposts: Vec<bool> = documents.iter().map(|d| d.repost || is_repost(d.text)).collect();
    // Originals first: what was passed on within the slot then points to what was written, whichever was collected first.
    for (i, document) in documents.iter().enumerate().filter(|(i, _)| !reposts[*i]) {
        noise[i] = groups.find(i, documents, &prints).map(|(mark, first)| (mark, Some(first)));
        if noise[i].is_none() {
            groups.insert(i, document, &prints[i]);
        }
    }
    let by_key: HashMap<&str, usize> =
        documents.iter().enumerate().map(|(i, d)| (d.key.as_str(), i)).collect();
    for (i, document) in documents.iter().enumerate().filter(|(i, _)| reposts[*i]) {
        let parent = document.parent.as_deref().and_then(|p| by_key.get(p).copied()).filter(|p| *p != i);
        let first = parent.or_else(|| groups.find(i, documents, &prints).map(|(_, first)| first));
        // A parent that itself repeats something leads to the first of its group.
        let first = first.map(|f| noise[f].and_then(|(_, origin)| origin).filter(|o| *o != i).unwrap_or(f));
        noise[i] = Some((Mark::Repost, first));
        if first.is_none() {
            groups.insert(i, document, &prints[i]);
        }
    }
    noise
}

fn is_repost(text: &str) -> bool {
    text.trim_start().get(..4).is_some_and(|head| head == "RT @")
}

/// The first documents of all groups, by words, by link and by band.
#[derive(Default)]
struct Groups<'a> {
    by_text: HashMap<String, usize>,
    by_link: HashMap<&'a str, usize>,
    by_band: HashMap<(usize, u64), Vec<usize>>,
}

impl<'a> Groups<'a> {
    fn find(&self, i: usize, documents: &[Document<'a>], prints: &[Fingerprint]) -> Option<(Mark, usize)> {
        let (document, print) = (&documents[i], &prints[i]);
        let same = document.link.and_then(|l| self.by_link.get(l)).or_else(|| self.by_text.get(&print.text));
        if let Some(first) = same {
            return Some((Mark::Duplicate, *first));
        }
        let near = |first: &usize| {
            related(&document.about, &documents[*first].about) && print.similarity(&prints[*first]) >= NEARLY
        };
        let bands = print.bands().iter().enumerate();
        let candidates = bands.filter_map(|(band, hash)| self.by_band.get(&(band, *hash))).flatten();
        candidates.filter(|first| near(first)).min().map(|first| (Mark::NearDuplicate, *first))
    }

    fn insert(&mut self, i: usize, document: &Document<'a>, print: &Fingerprint) {
        self.by_text.insert(print.text.clone(), i);
        if let Some(link) = document.link {
            self.by_link.insert(link, i);
        }
        for (band, hash) in print.bands().iter().enumerate() {
            let firsts = self.by_band.entry((band, *hash)).or_default();
            if firsts.len() < REPRESENTATIVES {
                firsts.push(i);
            }
        }
    }
}

/// Whether two documents name a common asset, or both none: a template filled in for another company says something else.
fn related(one: &[&Symbol], other: &[&Symbol]) -> bool {
    (one.is_empty() && other.is_empty()) || one.iter().any(|symbol| other.contains(symbol))
}

#[cfg(test)]
mod tests;
