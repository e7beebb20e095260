//! The VaR laboratory: Value at Risk of a position, simulated as the reader wishes, in the site or in the serverless
//! function, and kept for comparison.
//!
//! In reading order: [`form`] (fields and what is wrong with them), [`series`] (the prices), [`compute`] (the figures, in
//! both places), [`cost`], [`desk`] (who may compute now), [`store`], then the pages: [`pages`], [`view`], [`compare`].
//!
//! Boundaries: every figure comes from `analytics::risk`; here it is asked for, checked, kept and shown.

pub mod compare;
pub mod compute;
pub mod cost;
pub mod desk;
pub mod form;
pub mod pages;
pub mod series;
pub mod store;
pub mod view;

use serde::{Deserialize, Serialize};

use crate::app::{Guard, Route, get, post};

/// The laboratory's routes.
pub static ROUTES: &[Route] = &[
    get("/lab", Guard::Shows(&[]), |r| r.to(pages::lab)),
    get("/lab/runs", Guard::SignedIn, |r| r.to(compare::runs)),
    post("/lab/runs", Guard::SignedIn, |r| r.to(pages::run)),
    get("/lab/runs/{id}", Guard::SignedIn, |r| r.to(pages::result)),
    post("/lab/runs/{id}/delete", Guard::SignedIn, |r| r.to(pages::delete)),
];

/// Where a run is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In the site.
    Site,
    /// In the serverless function.
    Function,
    /// In both, one after the other; the figures must be the same.
    Both,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Site, Self::Function, Self::Both];

    /// Its name in forms and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Function => "function",
            Self::Both => "both",
        }
    }

    /// The place with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.name() == name)
    }

    /// The single places that it stands for.
    pub fn each(self) -> &'static [Self] {
        match self {
            Self::Site => &[Self::Site],
            Self::Function => &[Self::Function],
            Self::Both => &[Self::Site, Self::Function],
        }
    }
}

/// What came of a run. Losses are positive shares of the position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Mean of the position's daily returns.
    pub mean: f64,
    /// Their standard deviation.
    pub deviation: f64,
    /// Figures by confidence, rising.
    pub levels: Vec<Level>,
    /// Where it was computed, and from what.
    pub places: Vec<Ran>,
}

/// The figures at one confidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The confidence, as a share.
    pub confidence: f64,
    /// Simulated Value at Risk.
    pub value_at_risk: f64,
    /// Its Monte-Carlo standard error.
    pub standard_error: f64,
    /// Simulated expected shortfall.
    pub expected_shortfall: f64,
    /// Value at Risk of the normal model in closed form.
    pub closed_form: f64,
    /// Value at Risk of the returns themselves.
    pub historical: f64,
    /// Value at Risk of each worker's own draws; empty where each has too few.
    pub workers: Vec<f64>,
}

/// One place's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ran {
    /// Where.
    pub place: Place,
    /// Wall-clock time, in milliseconds.
    pub took_ms: u64,
    /// Cost at list price, in billionths of a US dollar.
    pub cost_nano_usd: u64,
    /// Digest of the prices that it used.
    pub digest: String,
    /// The price at the signal's date that it used.
    pub price: f64,
}
