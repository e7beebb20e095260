//! Marks of noise: what only repeats something else, and what is not meant as anybody's own word. Marked with a reason,
//! never dropped, so that a reader can switch it back on. `docs/noise.md` says the same for readers of the files.
//!
//! Everything here is about the documents of one asset, in the order of [`Document`]: a template that is filled in for
//! another company is no repeat. [`Print::of`] is made of each document, side by side on all cores; [`Analysis`] takes the
//! prints one after the other and remembers little; [`Marks`] answers by the number of the document.
//!
//! In reading order: `words` (what of a text is compared), [`print`](Print) (the fingerprint), `recent` (memory with an
//! end), `near` (which fingerprints are worth comparing), `burst` (many accounts, one text), `account` (one account, many
//! texts), `analysis`, `marks`, [`seen`] (what goes from slot to slot).

mod account;
mod analysis;
mod burst;
mod hash;
mod marks;
mod near;
mod print;
mod recent;
pub mod seen;
mod words;

pub use analysis::Analysis;
pub use marks::Marks;
pub use print::Print;

/// What kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A post, comment, quote or repost.
    Post,
    /// An article.
    Article,
}

/// What is needed to know whether a document is noise. Documents come in the order of (kind, at, source, id).
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// Post or article.
    pub kind: Kind,
    /// Which source it came from.
    pub source: &'a str,
    /// The source's own id.
    pub id: &'a str,
    /// When it was written, in microseconds since 1970 (UTC).
    pub at: i64,
    /// Its text; of an article title and summary.
    pub text: &'a str,
    /// Link without tracking parameters; two documents with the same one are the same.
    pub link: Option<&'a str>,
    /// Whether the source calls it a repost.
    pub repost: bool,
    /// The id, in the same source, of what it reposts or answers.
    pub parent: Option<&'a str>,
    /// The account that wrote it, as the source names it.
    pub author: Option<&'a str>,
    /// That account's followers.
    pub followers: Option<i64>,
}

/// Why a document is noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The same words, or the same link, as an earlier one.
    Duplicate,
    /// Nearly the same words as an earlier one.
    NearDuplicate,
    /// Passed on from somebody else.
    Repost,
    /// One of many near-copies that small accounts wrote within minutes.
    Coordinated,
    /// Its account writes about the asset like a machine.
    Bot,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 5] =
        [Self::Duplicate, Self::NearDuplicate, Self::Repost, Self::Coordinated, Self::Bot];

    /// The name used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::NearDuplicate => "near-duplicate",
            Self::Repost => "repost",
            Self::Coordinated => "coordinated",
            Self::Bot => "bot",
        }
    }
}

/// Which document another one repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The number, in order, of one of this slot.
    Row(usize),
    /// `source/id` of one of an earlier slot.
    Key(String),
}

/// The mark of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Why it is noise.
    pub reason: Reason,
    /// What it repeats; `None` where that is not known, or where it repeats nothing.
    pub origin: Option<Origin>,
}

#[cfg(test)]
mod tests;
