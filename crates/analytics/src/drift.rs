//! Whether what comes in is still like what a model was fitted on.
//!
//! - [`psi`], the population stability index: Σ (p − q) ln(p / q) over ten bins that held a tenth of the reference each. From
//!   0.1 on it is worth a look, from 0.25 on the two are different things.
//! - [`ks`], the two-sample Kolmogorov–Smirnov statistic: the largest distance between the two distribution functions.
//!   The reference is known by its percentiles, which puts it off by 0.01 at most.
//! - [`coverage`], how far the share of outcomes inside an interval is from what was promised.

use domain::model::Reference;

use crate::statistics::{quantile_sorted, sorted};

/// Bins of a reference.
pub const BINS: usize = 10;
/// No share is taken as less: an empty bin must not make the index infinite.
pub const FLOOR: f64 = 1e-4;
/// From here on the population stability index is a warning.
pub const PSI_WARNING: f64 = 0.1;
/// From here on it is an alarm.
pub const PSI_ALARM: f64 = 0.25;
/// Fewest values that are compared.
pub const FEWEST: usize = 100;

/// What a sample was like; `None` with fewer than [`FEWEST`] finite values. Where many values are equal there are fewer bins.
pub fn reference(values: &[f64]) -> Option<Reference> {
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    if finite.len() < FEWEST {
        return None;
    }
    let sample = sorted(&finite);
    let mut edges: Vec<f64> = (1..BINS).map(|i| quantile_sorted(&sample, i as f64 / BINS as f64)).collect();
    edges.dedup();
    // A last edge with nothing above it would make a bin that is empty from the start.
    while edges.last().is_some_and(|edge| sample.last().is_some_and(|top| edge >= top)) {
        edges.pop();
    }
    let shares = shares(&edges, &sample);
    let quantiles = (0..=100).map(|i| quantile_sorted(&sample, f64::from(i) / 100.0)).collect();
    Some(Reference { count: sample.len() as u64, edges, shares, quantiles })
}

/// Share of the values in each bin; NaN counts nowhere.
fn shares(edges: &[f64], values: &[f64]) -> Vec<f64> {
    let mut counts = vec![0_usize; edges.len() + 1];
    let finite = values.iter().filter(|v| v.is_finite());
    let mut total = 0;
    for value in finite {
        counts[edges.partition_point(|edge| edge < value)] += 1;
        total += 1;
    }
    counts.into_iter().map(|count| count as f64 / f64::from(total.max(1) as u32)).collect()
}

/// The population stability index of a sample; `None` with fewer than [`FEWEST`] finite values.
pub fn psi(reference: &Reference, values: &[f64]) -> Option<f64> {
    if values.iter().filter(|v| v.is_finite()).count() < FEWEST
        || reference.shares.len() != reference.edges.len() + 1
    {
        return None;
    }
    let pairs = shares(&reference.edges, values).into_iter().zip(&reference.shares);
    let pairs = pairs.map(|(now, then)| (now.max(FLOOR), then.max(FLOOR)));
    Some(pairs.map(|(now, then)| (now - then) * (now / then).ln()).sum())
}

/// The Kolmogorov–Smirnov distance of a sample from the reference, and the distance that equal distributions stay below in 99 of
/// 100 cases (1.628 √((n + m) / (n m)), and 0.01 for the percentiles); `None` with fewer than [`FEWEST`] finite values.
pub fn ks(reference: &Reference, values: &[f64]) -> Option<(f64, f64)> {
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    if finite.len() < FEWEST || reference.quantiles.len() != 101 {
        return None;
    }
    let sample = sorted(&finite);
    let n = sample.len() as f64;
    // Compared just below and at each percentile, since many equal values make both functions jump.
    let quantiles = &reference.quantiles;
    let mut distance = 0.0_f64;
    for at in quantiles {
        let below = sample.partition_point(|v| v < at) as f64 / n;
        let up_to = sample.partition_point(|v| v <= at) as f64 / n;
        let reference_below = quantiles.partition_point(|q| q < at) as f64 / 100.0;
        let reference_up_to = (quantiles.partition_point(|q| q <= at).saturating_sub(1)) as f64 / 100.0;
        distance = distance.max((below - reference_below).abs()).max((up_to - reference_up_to).abs());
    }
    let m = reference.count as f64;
    Some((distance, 1.628 * ((n + m) / (n * m)).sqrt() + 0.01))
}

/// How far the share of hits is from `promised`, and the standard error of that share when the hits of one day come and go
/// together; days are (hits, cases). `None` below ten days.
pub fn coverage(days: &[(u64, u64)], promised: f64) -> Option<(f64, f64)> {
    let cases: u64 = days.iter().map(|d| d.1).sum();
    if days.len() < 10 || cases == 0 {
        return None;
    }
    let share = days.iter().map(|d| d.0).sum::<u64>() as f64 / cases as f64;
    let residuals = days.iter().map(|(hits, cases)| (*hits as f64 - share * *cases as f64).powi(2));
    let k = days.len() as f64;
    let error = (residuals.sum::<f64>() * k / (k - 1.0)).sqrt() / cases as f64;
    Some((share - promised, error))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn normal(seed: u64, n: usize, mean: f64, deviation: f64) -> Vec<f64> {
        let mut stream = Stream::new(seed);
        (0..n).map(|_| mean + deviation * stream.next_normal()).collect()
    }

    #[test]
    fn the_same_world_is_fine_and_another_is_not() {
        let then = reference(&normal(1, 4_000, 0.0, 1.0)).unwrap();
        assert_eq!((then.edges.len(), then.shares.len(), then.quantiles.len()), (9, 10, 101));
        for seed in 2..22 {
            let same = normal(seed, 1_000, 0.0, 1.0);
            assert!(psi(&then, &same).unwrap() < PSI_WARNING);
        }
        let calm = (2..102).filter(|seed| {
            let (distance, limit) = ks(&then, &normal(*seed, 1_000, 0.0, 1.0)).unwrap();
            distance <= limit
        });
        assert!(calm.count() >= 98);
        for other in [normal(3, 1_000, 1.0, 1.0), normal(3, 1_000, 0.0, 3.0)] {
            assert!(psi(&then, &other).unwrap() > PSI_ALARM);
            let (distance, limit) = ks(&then, &other).unwrap();
            assert!(distance > limit, "{distance} {limit}");
        }
    }

    #[test]
    fn the_index_is_what_the_formula_says() {
        let values: Vec<f64> = (1..=1_000).map(f64::from).collect();
        let then = reference(&values).unwrap();
        // All in the last bin: nine bins at the floor.
        let now = vec![999.0; 200];
        let wanted = 9.0 * (1e-4_f64 - 0.1) * (1e-4_f64 / 0.1).ln() + 0.9 * 10.0_f64.ln();
        assert!((psi(&then, &now).unwrap() - wanted).abs() < 1e-9);
        assert!(psi(&then, &values).unwrap() < 1e-12);
        // Half of the values one tenth higher: the distance of a mean shift of 500 of uniform values.
        let moved: Vec<f64> = values.iter().map(|v| v + 500.0).collect();
        assert!((ks(&then, &moved).unwrap().0 - 0.5).abs() < 0.02);
    }

    #[test]
    fn many_equal_values_are_no_drift() {
        let mut values = vec![0.0; 700];
        values.extend(normal(5, 300, 0.0, 1.0));
        let then = reference(&values).unwrap();
        assert!(then.edges.len() < 9 && (then.shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(psi(&then, &values).unwrap() < 1e-12);
        let (distance, limit) = ks(&then, &values).unwrap();
        assert!(distance <= limit, "{distance}");
        let constant = reference(&[2.0; 200]).unwrap();
        assert_eq!(constant.shares, [1.0]);
        assert_eq!(psi(&constant, &[2.0; 200]), Some(0.0));
        assert!(ks(&constant, &[3.0; 200]).unwrap().0 > 0.9);
    }

    #[test]
    fn too_little_says_nothing() {
        assert_eq!(reference(&[1.0; 99]), None);
        let then = reference(&normal(1, 200, 0.0, 1.0)).unwrap();
        assert_eq!((psi(&then, &[f64::NAN; 500]), ks(&then, &[0.0; 20])), (None, None));
        assert_eq!(coverage(&[(1, 1); 9], 0.8), None);
    }

    #[test]
    fn coverage_counts_days() {
        let (far, error) = coverage(&[(8, 10); 20], 0.8).unwrap();
        assert!(far.abs() < 1e-12 && error < 1e-12);
        let swings: Vec<(u64, u64)> = (0..20).map(|i| if i % 2 == 0 { (10, 10) } else { (6, 10) }).collect();
        let (far, error) = coverage(&swings, 0.8).unwrap();
        assert!(far.abs() < 1e-12 && (error - 0.2 / 19.0_f64.sqrt()).abs() < 1e-9);
    }
}
