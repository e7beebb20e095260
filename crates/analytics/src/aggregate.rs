//! From the scores of documents to the sentiment of an asset, with its uncertainty.
//!
//! How much a document counts:
//! - **Mention**: its weight is proportional to how sure it is that the asset is meant.
//! - **Reach**: a post counts once with no followers, a quarter more for each ten times as many, twice at most ([`weight`]).
//! - **Source**: an article counts as a post with the largest audience: who reads an outlet is not known, but many do.
//! - **Duplication**: of nearly equal documents the first counts, the others are noise and count nothing; so do documents of
//!   coordinated accounts. Who is noise is decided before, by the split.
//!
//! The interval is a bootstrap over documents. Below [`FEWEST_DOCUMENTS`] that count there is no figure: too few.

use crate::random::Stream;
use crate::statistics::{quantile_sorted, sorted};

/// Below this number of organic documents there is no figure.
pub const FEWEST_DOCUMENTS: usize = 5;
/// Scores above this are positive, below its negative they are negative.
pub const NEUTRAL_BAND: f64 = 0.05;
/// Resamples behind an interval.
const RESAMPLES: usize = 400;
/// Above this number of documents the interval comes from the standard error: it is then as good, and does not grow slow.
const MOST_RESAMPLED: usize = 2_000;

/// One document as the aggregate sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Its score in [-1, 1].
    pub score: f64,
    /// Its weight before normalisation, at least 0.
    pub weight: f64,
    /// Whether it is organic: neither a duplicate nor otherwise noise.
    pub organic: bool,
}

/// The sentiment of an asset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aggregate {
    /// Weighted mean score of organic documents.
    pub score: f64,
    /// Standard error of `score`.
    pub standard_error: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// Share of organic documents above [`NEUTRAL_BAND`].
    pub positive: f64,
    /// Share of organic documents below minus [`NEUTRAL_BAND`].
    pub negative: f64,
    /// Number of organic documents.
    pub documents: usize,
}

/// How many may see a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A post; its author's followers, where they are known.
    Post(Option<i64>),
    /// An article of an outlet.
    Outlet,
}

/// Weight of a document before normalisation: the confidence of its mention, in [0, 1], times 1 to 2 by its reach.
pub fn weight(mention_confidence: f64, reach: Reach) -> f64 {
    let audience = match reach {
        Reach::Post(followers) => followers.map_or(0.0, |n| (n.max(0) as f64 + 1.0).log10() / 4.0).min(1.0),
        Reach::Outlet => 1.0,
    };
    mention_confidence.clamp(0.0, 1.0) * (1.0 + audience)
}

/// Each document's share in the aggregate: noise has 0, the others sum to 1 (or are all 0 when nothing counts).
pub fn shares(documents: &[Scored]) -> Vec<f64> {
    let total: f64 = documents.iter().map(counted).sum();
    documents.iter().map(|d| if total > 0.0 { counted(d) / total } else { 0.0 }).collect()
}

/// Each document's share in [`raw_mean`], noise too; they sum to 1 (or are all 0 when nothing counts).
pub fn raw_shares(documents: &[Scored]) -> Vec<f64> {
    let total: f64 = documents.iter().map(|d| d.weight).sum();
    documents.iter().map(|d| if total > 0.0 { d.weight / total } else { 0.0 }).collect()
}

/// Weighted mean of all documents, noise left in; `None` below [`FEWEST_DOCUMENTS`].
pub fn raw_mean(documents: &[Scored]) -> Option<f64> {
    let total: f64 = documents.iter().map(|d| d.weight).sum();
    let enough = documents.len() >= FEWEST_DOCUMENTS && total > 0.0;
    enough.then(|| documents.iter().map(|d| d.weight * d.score).sum::<f64>() / total)
}

/// The sentiment of the organic documents; `None` (too few) below [`FEWEST_DOCUMENTS`]. The interval is a bootstrap over
/// documents, seeded: the same documents in the same order and the same seed give the same interval.
pub fn aggregate(documents: &[Scored], seed: u64) -> Option<Aggregate> {
    let organic: Vec<Scored> = documents.iter().copied().filter(|d| counted(d) > 0.0).collect();
    let n = organic.len();
    if n < FEWEST_DOCUMENTS {
        return None;
    }
    let total: f64 = organic.iter().map(|d| d.weight).sum();
    let score = organic.iter().map(|d| d.weight * d.score).sum::<f64>() / total;
    let spread: f64 = organic.iter().map(|d| (d.weight * (d.score - score)).powi(2)).sum();
    let standard_error = (spread * n as f64 / (n - 1) as f64).sqrt() / total;
    let (low, high) = if n > MOST_RESAMPLED {
        (score - 1.96 * standard_error, score + 1.96 * standard_error)
    } else {
        resampled(&organic, seed)
    };
    let share =
        |side: f64| organic.iter().filter(|d| d.score * side > NEUTRAL_BAND).count() as f64 / n as f64;
    Some(Aggregate {
        score,
        standard_error,
        low: low.clamp(-1.0, score),
        high: high.clamp(score, 1.0),
        positive: share(1.0),
        negative: share(-1.0),
        documents: n,
    })
}

fn counted(document: &Scored) -> f64 {
    if document.organic { document.weight } else { 0.0 }
}

fn resampled(organic: &[Scored], seed: u64) -> (f64, f64) {
    let mut stream = Stream::new(seed);
    let means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let (mut sum, mut total) = (0.0, 0.0);
            for _ in 0..organic.len() {
                let document = &organic[stream.next_index(organic.len())];
                sum += document.weight * document.score;
                total += document.weight;
            }
            sum / total
        })
        .collect();
    let means = sorted(&means);
    (quantile_sorted(&means, 0.025), quantile_sorted(&means, 0.975))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn documents(scores: &[f64]) -> Vec<Scored> {
        scores.iter().map(|s| Scored { score: *s, weight: 1.0, organic: true }).collect()
    }

    #[test]
    fn too_few_give_nothing() {
        assert_eq!(aggregate(&documents(&[0.5; 4]), 1), None);
        assert!(aggregate(&documents(&[0.5; 5]), 1).is_some());
        let mut noisy = documents(&[0.5; 5]);
        noisy[0].organic = false;
        assert_eq!(aggregate(&noisy, 1), None);
        assert!(raw_mean(&noisy).is_some());
    }

    #[test]
    fn noise_does_not_move_the_figure() {
        let mut all = documents(&[0.1, 0.2, 0.3, -0.1, 0.0]);
        let calm = aggregate(&all, 1).unwrap();
        all.extend([Scored { score: 1.0, weight: 2.0, organic: false }; 100]);
        assert_eq!(aggregate(&all, 1).unwrap(), calm);
        assert!(raw_mean(&all).unwrap() > 0.9);
        let shares = shares(&all);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12 && shares[50] == 0.0);
        let raw = raw_shares(&all);
        let sum: f64 = raw.iter().zip(&all).map(|(share, document)| share * document.score).sum();
        assert!(
            (raw.iter().sum::<f64>() - 1.0).abs() < 1e-12 && (sum - raw_mean(&all).unwrap()).abs() < 1e-12
        );
        assert_eq!(raw_shares(&[Scored { score: 1.0, weight: 0.0, organic: true }]), [0.0]);
    }

    #[test]
    fn the_interval_covers_the_truth_as_often_as_it_says() {
        let mut covered = 0;
        for seed in 0..300 {
            let mut stream = Stream::new(seed);
            let scores: Vec<f64> =
                (0..60).map(|_| (0.1 + 0.3 * stream.next_normal()).clamp(-1.0, 1.0)).collect();
            let a = aggregate(&documents(&scores), seed).unwrap();
            covered += u32::from(a.low <= 0.1 && 0.1 <= a.high);
        }
        assert!((270..=297).contains(&covered), "{covered} of 300");
    }

    #[test]
    fn weight_grows_slowly_with_the_audience() {
        assert_eq!(weight(1.0, Reach::Post(None)), 1.0);
        assert_eq!(weight(0.5, Reach::Post(Some(0))), 0.5);
        assert!((weight(1.0, Reach::Post(Some(9))) - 1.25).abs() < 1e-12);
        assert_eq!(weight(1.0, Reach::Post(Some(50_000_000))), 2.0);
        assert_eq!(weight(0.5, Reach::Outlet), 1.0);
    }

    proptest! {
        #[test]
        fn the_figure_lies_in_its_interval_and_among_its_scores(
            scores in prop::collection::vec(-1.0..1.0f64, 5..80), seed: u64,
        ) {
            let a = aggregate(&documents(&scores), seed).unwrap();
            let (min, max) = scores.iter().fold((1.0_f64, -1.0_f64), |(l, h), s| (l.min(*s), h.max(*s)));
            prop_assert!(a.low <= a.score && a.score <= a.high);
            prop_assert!(min - 1e-12 <= a.score && a.score <= max + 1e-12);
            prop_assert!(a.positive + a.negative <= 1.0 + 1e-12);
        }
    }
}
