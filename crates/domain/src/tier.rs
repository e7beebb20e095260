//! Tiers: what a customer has paid for. What each may see is data in Postgres; here are only the words.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A subscription tier, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Registered or signed out; pays nothing.
    Free,
    /// First paid tier.
    Basic,
    /// Second paid tier.
    Plus,
    /// All analyses.
    Pro,
}

impl Tier {
    /// All tiers in rising order.
    pub const ALL: [Self; 4] = [Self::Free, Self::Basic, Self::Plus, Self::Pro];

    /// The name used in files, tables and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Basic => "basic",
            Self::Plus => "plus",
            Self::Pro => "pro",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Tier {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|tier| tier.as_str() == text)
            .ok_or_else(|| format!("unknown tier {text:?}: use free, basic, plus or pro"))
    }
}

/// What a tier may see or do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Prices, indicators, comparison.
    Price,
    /// Sentiment of an asset.
    Sentiment,
    /// News behind an asset.
    News,
    /// Forecasts, signals and risk.
    Predictions,
}

impl Feature {
    /// All features.
    pub const ALL: [Self; 4] = [Self::Price, Self::Sentiment, Self::News, Self::Predictions];

    /// The name used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Sentiment => "sentiment",
            Self::News => "news",
            Self::Predictions => "predictions",
        }
    }
}
