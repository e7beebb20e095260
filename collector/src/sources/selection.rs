//! Which of our assets a source brings bars of, so that the same bars are not fetched by several sources.

use std::collections::BTreeSet;

use domain::{Asset, AssetClass, AssetList};

use crate::settings::{Section, SettingsError};

/// How far daily bars go back, so that each slot's bars stand alone.
pub const DAILY_DAYS: i64 = 420;

/// How far hourly bars go back.
pub const HOURLY_DAYS: i64 = 7;

/// The assets that an operator wants from one source: whole classes, and single symbols beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    offered: &'static [AssetClass],
    classes: BTreeSet<AssetClass>,
    symbols: BTreeSet<String>,
}

impl Selection {
    /// Reads `classes` (`default` where absent) and `symbols` (none where absent) of a source that has bars of the
    /// `offered` classes.
    ///
    /// # Errors
    /// A class is not known, or the source has no bars of it.
    pub fn read(
        section: &Section<'_>,
        offered: &'static [AssetClass],
        default: &[AssetClass],
    ) -> Result<Self, SettingsError> {
        let classes: Option<BTreeSet<AssetClass>> = section.get("classes")?;
        let classes = classes.unwrap_or_else(|| default.iter().copied().collect());
        if let Some(class) = classes.iter().find(|class| !offered.contains(class)) {
            let names: Vec<&str> = offered.iter().map(|class| class.as_str()).collect();
            let advice = format!("it has bars of {} only: remove the others", names.join(", "));
            return Err(section.wrong("classes", class.as_str(), advice));
        }
        let symbols = section.list("symbols")?.unwrap_or_default().into_iter().collect();
        Ok(Self { offered, classes, symbols })
    }

    /// The chosen ones among the deployment's assets, by symbol.
    pub fn of<'a>(&self, assets: &'a AssetList) -> Vec<&'a Asset> {
        for symbol in self.symbols.iter().filter(|symbol| assets.get(symbol).is_none()) {
            tracing::warn!(%symbol, "named in the settings and not in the asset list");
        }
        let chosen = |a: &&Asset| self.classes.contains(&a.class) || self.symbols.contains(a.symbol.as_str());
        assets.iter().filter(|a| self.offered.contains(&a.class)).filter(chosen).collect()
    }
}
