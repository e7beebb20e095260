//! What Stripe publishes of its interface, and whether what is asked of it, and what stands in for it answers, fit that.
//!
//! Stripe's own npm package `stripe` holds declarations in TypeScript that are generated from the description of its interface, and
//! the paths that they belong to. The version in `stripe/package.json` is the one for the interface's version that the site's client
//! asks for. What was asked is written down as TypeScript, everything being text as in the form that carried it, and the compiler
//! judges it: names at every depth, what is required, numbers, and the values of sets. Answers are judged as they are.
//!
//! In reading order: [`Recorder`] stands before a stand-in and writes down what is asked; `form` makes objects of forms;
//! [`Declarations`] has the paths and asks the compiler.

mod declarations;
mod form;
mod recorder;

use serde_json::Value;

pub use declarations::{Declarations, shared};
pub use recorder::Recorder;

/// Messages that a failed test shows, and characters of each: the compiler writes out whole types.
const SHOWN: usize = 20;
const LONGEST: usize = 400;

/// One request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `GET`, `POST` or `DELETE`.
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The parameters of query and form in their order, decoded.
    pub pairs: Vec<(String, String)>,
    /// The interface's version that it asks for; empty: none.
    pub version: String,
    /// What it was answered, where it was done.
    pub answer: Option<Value>,
}

/// Fails a test in which something was asked or answered that Stripe does not publish. Without npm or network it says loudly that nobody looked.
///
/// # Panics
/// Nothing was asked, or something does not fit; the message says what.
pub fn check(asked: &[Asked]) {
    assert!(!asked.is_empty(), "nothing was asked");
    let Some(declarations) = shared() else { return };
    let wrong = declarations.misfits(asked);
    let shown: Vec<String> =
        wrong.iter().take(SHOWN).map(|one| one.chars().take(LONGEST).collect()).collect();
    assert!(wrong.is_empty(), "Stripe does not publish this ({} in all):\n{}", wrong.len(), shown.join("\n"));
}
