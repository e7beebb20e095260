//! What readers ask for: real pages in a mix, as mixed tiers.

use rand::RngExt;
use rand::rngs::StdRng;

/// The tiers of readers with their shares in per cent; a visitor has no session.
pub const READERS: [(&str, u32); 5] =
    [("visitor", 40), ("free", 25), ("basic", 15), ("plus", 12), ("pro", 8)];

/// Pages with their shares in per mille; `{}` is an asset. Scripts, styles and fonts are not played: a browser keeps them for a
/// year, and a cache in front of the site holds them.
const PAGES: [(&str, u32); 14] = [
    ("/", 220),
    ("/assets/{}", 250),
    ("/api/assets/{}/price", 130),
    ("/assets/{}/price", 90),
    ("/assets/{}/sentiment", 70),
    ("/assets/{}/news", 60),
    ("/assets/{}/outlook", 40),
    ("/assets/{}/risk", 30),
    ("/sentiment", 30),
    ("/news", 30),
    ("/track-record", 20),
    ("/compare?assets={},{},{}", 15),
    ("/pricing", 10),
    ("/search?q={}", 5),
];

/// The mix of one reader.
pub struct Mix {
    dice: StdRng,
    assets: u32,
}

impl Mix {
    /// A mix over so many assets; the same seed asks for the same.
    pub fn new(seed: u64, assets: u32) -> Self {
        Self { dice: rand::SeedableRng::seed_from_u64(seed), assets }
    }

    /// The next path, and its pattern.
    pub fn draw(&mut self) -> (String, &'static str) {
        let pattern = pick(&PAGES, self.dice.random_range(0..1_000));
        let mut path = String::new();
        for (n, part) in pattern.split("{}").enumerate() {
            if n > 0 {
                path.push_str(&self.symbol());
            }
            path.push_str(part);
        }
        (path, pattern)
    }

    /// Which tier a new reader has.
    pub fn tier(&mut self) -> &'static str {
        pick(&READERS, self.dice.random_range(0..100))
    }

    /// Seconds that a user thinks, from 1 to 5.
    pub fn think_s(&mut self) -> f64 {
        self.dice.random_range(1.0..5.0)
    }

    /// An asset: the more mentioned, the more often asked for. Two thirds of the requests go to a tenth of the assets.
    fn symbol(&mut self) -> String {
        let part: f64 = self.dice.random();
        let index = (part.powi(6) * f64::from(self.assets)) as u32;
        super::fill::symbol(index.min(self.assets - 1))
    }
}

fn pick<T: Copy>(shares: &[(T, u32)], mut number: u32) -> T {
    for (what, share) in shares {
        if number < *share {
            return *what;
        }
        number -= share;
    }
    shares[0].0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn shares_are_whole_and_the_same_seed_asks_for_the_same() {
        assert_eq!(PAGES.iter().map(|page| page.1).sum::<u32>(), 1_000);
        assert_eq!(READERS.iter().map(|reader| reader.1).sum::<u32>(), 100);
        let (mut one, mut again) = (Mix::new(7, 500), Mix::new(7, 500));
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        let mut top = 0;
        for _ in 0..20_000 {
            let (path, pattern) = one.draw();
            assert_eq!((path.as_str(), pattern), (again.draw().0.as_str(), pattern));
            assert!(!path.contains("{}"), "{path}");
            *seen.entry(pattern).or_default() += 1;
            let rank = path.strip_prefix("/assets/B").and_then(|rest| rest.get(..4)?.parse::<u32>().ok());
            top += u32::from(rank.is_some_and(|rank| rank < 50));
        }
        assert!(seen.len() == PAGES.len() && (4_000..4_800).contains(&seen["/"]), "{seen:?}");
        let of_assets: u32 =
            seen.iter().filter(|(page, _)| page.starts_with("/assets")).map(|(_, n)| n).sum();
        assert!((0.62..0.75).contains(&(f64::from(top) / f64::from(of_assets))), "{top} of {of_assets}");
    }
}
