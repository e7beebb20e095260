//! The sentiment of one text by lexicon and rules, made for social media and headlines about markets: the house's own, and
//! in [`vader`] the public scorer that it is measured against.
//!
//! [`score`] looks words, phrases and emoji up in the house's own lexicon (English, Spanish) and lets their surroundings
//! change them: negation, boosters and dampeners, capitals, exclamation marks, "but", falling costs and shrinking losses,
//! and figures that are compared with earlier ones. Every score can be taken apart into [`Contribution`]s.
//!
//! Where a text names several assets, [`score_about`] says which words are about which. Either sees one text and no context:
//! irony is beyond them.

mod aspect;
mod context;
mod figures;
mod lexicon;
mod rules;
mod scoring;
mod token;
pub mod vader;

pub use aspect::score_about;
pub use scoring::{Contribution, Scored, score};

/// Name and version of this model, as manifests state it. The version changes with any change of lexicon or rules.
pub const MODEL: &str = "house/2";

/// Only this many bytes of a text are read, cut at a character's end, so that no text can take long.
pub const MAX_BYTES: usize = 8_192;
