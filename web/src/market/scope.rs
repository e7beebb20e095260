//! What a reader may see of one feature over all assets: the bounds of every query that is not about one asset.

use chrono::{DateTime, Utc};
use domain::Feature;

use super::cache::Edition;
use crate::access::{Access, Who};

/// The assets and the depth that a reader sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The assets by symbol; `None`: all of them.
    pub symbols: Option<Vec<String>>,
    /// How far back. Where it differs between assets, the shortest.
    pub access: Access,
}

impl Scope {
    /// The scope of `who` for `feature` at `now`.
    pub fn of(edition: &Edition, who: &Who, feature: Feature, now: DateTime<Utc>) -> Self {
        let mut symbols = Vec::new();
        let mut shallowest: Option<Access> = None;
        let mut locked = Access::Locked { unlocked_by: None };
        for symbol in edition.front.assets.keys() {
            let access = edition.access(who, feature, symbol, now);
            if access.is_locked() {
                locked = access;
                continue;
            }
            symbols.push(symbol.clone());
            shallowest = Some(shallowest.map_or(access, |so_far| shallower(so_far, access)));
        }
        let all = symbols.len() == edition.front.assets.len();
        Self { symbols: (!all).then_some(symbols), access: shallowest.unwrap_or(locked) }
    }

    /// The scope of one asset.
    pub fn asset(symbol: &str, access: Access) -> Self {
        Self { symbols: Some(vec![symbol.to_owned()]), access }
    }

    /// Whether this asset is in it.
    pub fn holds(&self, symbol: &str) -> bool {
        !self.access.is_locked()
            && self.symbols.as_ref().is_none_or(|symbols| symbols.iter().any(|s| s == symbol))
    }

    /// Only those of its assets that `keep` takes.
    #[must_use]
    pub fn narrowed<'a>(&self, all: impl Iterator<Item = &'a String>, keep: impl Fn(&str) -> bool) -> Self {
        let kept = all.filter(|symbol| self.holds(symbol) && keep(symbol)).cloned().collect();
        Self { symbols: Some(kept), access: self.access }
    }
}

fn shallower(a: Access, b: Access) -> Access {
    match (a, b) {
        (Access::Locked { .. }, _) => a,
        (_, Access::Locked { .. }) => b,
        (Access::Latest, _) | (_, Access::Latest) => Access::Latest,
        (Access::Since(x), Access::Since(y)) => Access::Since(x.max(y)),
        (Access::Since(_), Access::Full) => a,
        (Access::Full, other) => other,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_depth_counts() {
        let day = |n: i64| Access::Since(DateTime::from_timestamp(n * 86_400, 0).unwrap());
        for (a, b, expected) in [
            (Access::Full, Access::Full, Access::Full),
            (Access::Full, day(3), day(3)),
            (day(5), day(3), day(5)),
            (day(5), Access::Latest, Access::Latest),
            (Access::Latest, Access::Full, Access::Latest),
        ] {
            assert_eq!(shallower(a, b), expected);
            assert_eq!(shallower(b, a), expected);
        }
    }
}
