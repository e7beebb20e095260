//! One Monte-Carlo simulation, shared out to callers that compute apart: any number of shares merge to the figures of
//! [`monte_carlo`](super::monte_carlo), bit for bit.
//!
//! Draws are numbered and each is a function of its number, so a share is a range of numbers. It holds those of its draws
//! that the tail of the whole simulation may need, which is little more than `1 - confidence` of them.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::simulation::{Cut, lowest_among};
use super::{Normal, Risk, RiskError, Simulation, check};

/// Most simulations of all shares together.
pub const MAX_SIMULATIONS: usize = 100_000_000;

/// Most shares of one simulation.
pub const MAX_SHARES: u32 = 1000;

/// A draw's lowest bits, which do not count: see [`crate::random::unit`]. Without them every reader of JSON takes a draw as
/// it is.
const SPARE_BITS: u32 = 11;

/// One share of a simulation, to be sent to where they are merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Share {
    index: u32,
    shares: u32,
    seed: u64,
    /// Of all shares together.
    simulations: usize,
    confidence: f64,
    /// Mean return over the horizon.
    mean: f64,
    /// Standard deviation of that return.
    deviation: f64,
    /// The share's lowest uniform draws (so its worst losses), 53 bits each, lowest first.
    lowest: Vec<u64>,
}

/// About how many draws a share of such a simulation holds; each is at most 17 bytes of JSON.
///
/// # Errors
/// Too few or too many simulations or shares, or a confidence outside (0.5, 1).
pub fn expected_draws(confidence: f64, simulations: usize, shares: u32) -> Result<usize, RiskError> {
    let cut = cut(confidence, simulations, shares)?;
    let kept = cut.ceiling as f64 / u64::MAX as f64;
    Ok((kept * simulations.div_ceil(shares as usize) as f64).ceil() as usize)
}

/// Computes share `index` of `shares` on the calling thread. `simulations` are those of all shares together.
///
/// # Errors
/// See [`RiskError`].
pub fn share(
    returns: &[f64],
    confidence: f64,
    horizon: u32,
    simulations: usize,
    seed: u64,
    index: u32,
    shares: u32,
) -> Result<Share, RiskError> {
    check(returns, confidence, horizon, 2)?;
    let cut = cut(confidence, simulations, shares)?;
    if index >= shares {
        return Err(RiskError::Index { index, shares });
    }
    let Normal { mean, deviation } = Normal::fit(returns, horizon)?;
    // What is not finite has no form in JSON.
    if !(mean.is_finite() && deviation.is_finite()) {
        return Err(RiskError::TooLarge);
    }
    let lowest = lowest_among(seed, numbers(simulations, index, shares), cut.ceiling);
    Ok(Share { index, shares, seed, simulations, confidence, mean, deviation, lowest: packed(lowest) })
}

/// Draws as a share holds them: lowest first, without the bits that do not count.
fn packed(mut draws: Vec<u64>) -> Vec<u64> {
    draws.sort_unstable();
    for bits in &mut draws {
        *bits >>= SPARE_BITS;
    }
    draws
}

/// [`share`], and what its own draws say by themselves at each of `confidences`, none of which is below the share's. Nothing
/// where they are fewer than a simulation may have.
pub(super) fn share_and_own(
    model: Normal,
    confidences: &[f64],
    simulations: usize,
    seed: u64,
    index: u32,
    shares: u32,
) -> Result<(Share, Vec<Risk>), RiskError> {
    let confidence = confidences.iter().copied().fold(f64::INFINITY, f64::min);
    let whole = cut(confidence, simulations, shares)?;
    if index >= shares {
        return Err(RiskError::Index { index, shares });
    }
    let Normal { mean, deviation } = model;
    if !(mean.is_finite() && deviation.is_finite()) {
        return Err(RiskError::TooLarge);
    }
    let range = numbers(simulations, index, shares);
    // A part of the draws says less surely where its tail ends, so it needs a few more of them than the whole.
    let own = Cut::new(range.len(), confidence).ok();
    let ceiling = own.map_or(whole.ceiling, |own| own.ceiling.max(whole.ceiling));
    let mut draws = lowest_among(seed, range.clone(), ceiling);
    let alone = match own {
        None => Vec::new(),
        Some(own) => {
            let enough = draws.len() >= own.needed;
            let kept = if enough { draws.clone() } else { lowest_among(seed, range.clone(), u64::MAX) };
            let simulation = Simulation::of_lowest(kept, range.len());
            confidences.iter().map(|c| simulation.risk(&model, *c)).collect::<Result<_, _>>()?
        }
    };
    draws.retain(|bits| *bits <= whole.ceiling);
    let share =
        Share { index, shares, seed, simulations, confidence, mean, deviation, lowest: packed(draws) };
    Ok((share, alone))
}

/// The figures of the whole simulation, from all its shares in any order.
///
/// # Errors
/// The shares are not those of one simulation, one is missing, comes twice or is damaged.
pub fn merge(shares: &[Share]) -> Result<Risk, RiskError> {
    let first = shares.first().ok_or(RiskError::Mixed)?;
    Ok(merge_at(shares, &[first.confidence])?.remove(0))
}

/// [`merge`] at several confidences, none of them below that of the shares.
///
/// # Errors
/// As there, or a confidence that the shares do not reach.
pub fn merge_at(shares: &[Share], confidences: &[f64]) -> Result<Vec<Risk>, RiskError> {
    let first = shares.first().ok_or(RiskError::Mixed)?;
    // Between the share's confidence and the end of what it keeps lie draws of which some may be missing.
    if let Some(low) = confidences.iter().find(|c| !(**c >= first.confidence && **c < 1.0)) {
        return Err(RiskError::Confidence(*low));
    }
    if shares.iter().any(|share| share.simulation() != first.simulation()) {
        return Err(RiskError::Mixed);
    }
    let cut = cut(first.confidence, first.simulations, first.shares)?;
    let mut seen = vec![false; first.shares as usize];
    let mut lowest = Vec::with_capacity(shares.iter().map(|share| share.lowest.len()).sum());
    for share in shares {
        let index = share.index;
        let seen = seen.get_mut(index as usize).ok_or(RiskError::Index { index, shares: first.shares })?;
        if std::mem::replace(seen, true) {
            return Err(RiskError::Doubled(index));
        }
        if !share.is_possible(cut.ceiling) {
            return Err(RiskError::Damaged(index));
        }
        lowest.extend(share.lowest.iter().map(|bits| bits << SPARE_BITS));
    }
    if let Some(missing) = seen.iter().position(|seen| !seen) {
        return Err(RiskError::Incomplete(missing as u32));
    }
    let model = Normal { mean: first.mean, deviation: first.deviation };
    if !(model.mean.is_finite() && model.deviation.is_finite()) {
        return Err(RiskError::TooLarge);
    }
    let simulation = if lowest.len() < cut.needed {
        // No share can know that the tail falls short; so rarely that drawing it all again here does no harm.
        Simulation::run(first.seed, first.simulations, 1, first.confidence)?
    } else {
        Simulation::of_lowest(lowest, first.simulations)
    };
    confidences.iter().map(|confidence| simulation.risk(&model, *confidence)).collect()
}

impl Share {
    /// Which one it is, from 0.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// What all shares of a simulation have in common.
    fn simulation(&self) -> impl PartialEq {
        let numbers = [self.confidence, self.mean, self.deviation].map(f64::to_bits);
        (self.shares, self.seed, self.simulations, numbers)
    }

    /// Whether a share of this index can hold these draws.
    fn is_possible(&self, ceiling: u64) -> bool {
        self.lowest.len() <= numbers(self.simulations, self.index, self.shares).len()
            && self.lowest.is_sorted()
            && self.lowest.last().is_none_or(|highest| *highest <= ceiling >> SPARE_BITS)
    }
}

fn cut(confidence: f64, simulations: usize, shares: u32) -> Result<Cut, RiskError> {
    if !(1..=MAX_SHARES).contains(&shares) {
        return Err(RiskError::Shares(shares));
    }
    Cut::new(simulations, confidence)
}

/// The numbers of a share's draws.
fn numbers(simulations: usize, index: u32, shares: u32) -> Range<usize> {
    let part = simulations.div_ceil(shares as usize);
    let start = (index as usize).saturating_mul(part).min(simulations);
    start..start.saturating_add(part).min(simulations)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::super::monte_carlo;
    use super::*;

    const RETURNS: [f64; 6] = [0.01, -0.02, 0.003, 0.0, -0.011, 0.007];

    fn bits(risk: Risk) -> [u64; 4] {
        [risk.value_at_risk, risk.expected_shortfall, risk.standard_error, risk.shortfall_error]
            .map(f64::to_bits)
    }

    fn all(returns: &[f64], confidence: f64, simulations: usize, seed: u64, shares: u32) -> Vec<Share> {
        let one = |index| share(returns, confidence, 3, simulations, seed, index, shares).unwrap();
        (0..shares).map(one).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        #[test]
        fn any_number_of_shares_merges_to_the_whole(
            returns in prop::collection::vec(-0.2..0.2f64, 2..40),
            confidence in prop_oneof![0.5001..0.9999f64, Just(0.95), Just(0.99)],
            simulations in 100usize..20_000,
            seed: u64,
            shares in prop_oneof![1u32..20, Just(MAX_SHARES)],
        ) {
            let whole = monte_carlo(&returns, confidence, 3, simulations, seed, 2).map(bits);
            let sent = serde_json::to_string(&all(&returns, confidence, simulations, seed, shares)).unwrap();
            let mut received: Vec<Share> = serde_json::from_str(&sent).unwrap();
            received.reverse();
            prop_assert_eq!(merge(&received).map(bits), whole);
        }

        #[test]
        fn nothing_that_is_asked_for_or_sent_panics(
            returns in prop::collection::vec(any::<f64>(), 0..4),
            confidence: f64, horizon: u32, simulations in 0usize..2_000, seed: u64, index in 0u32..4, shares in 0u32..4,
            lowest in prop::collection::vec(any::<u64>(), 0..50),
        ) {
            let _ = share(&returns, confidence, horizon, simulations, seed, index, shares);
            let forged = Share { index, shares, seed, simulations, confidence, mean: 0.0, deviation: 1.0, lowest };
            let _ = merge(&[forged]);
        }
    }

    #[test]
    fn a_set_must_be_whole() {
        let set = all(&RETURNS, 0.99, 5_000, 7, 3);
        assert!(merge(&set).is_ok());
        assert_eq!(merge(&[]), Err(RiskError::Mixed));
        assert_eq!(merge(&set[..2]), Err(RiskError::Incomplete(2)));
        assert_eq!(merge(&[&set[..], &set[1..2]].concat()), Err(RiskError::Doubled(1)));
        let others = [all(&RETURNS, 0.99, 5_000, 8, 3), all(&RETURNS[1..], 0.99, 5_000, 7, 3)];
        for other in others {
            assert_eq!(merge(&[&set[..2], &other[2..]].concat()), Err(RiskError::Mixed));
        }
        let damage: [fn(&mut Vec<u64>); 3] =
            [|lowest| lowest.push(u64::MAX), |lowest| lowest.reverse(), |lowest| lowest.resize(5_000, 0)];
        for change in damage {
            let mut damaged = set.clone();
            change(&mut damaged[1].lowest);
            assert_eq!(merge(&damaged), Err(RiskError::Damaged(1)));
        }
    }

    #[test]
    fn a_tail_that_falls_short_is_drawn_again() {
        let mut set = all(&RETURNS, 0.99, 5_000, 7, 3);
        set.iter_mut().for_each(|share| share.lowest.clear());
        let whole = monte_carlo(&RETURNS, 0.99, 3, 5_000, 7, 1);
        assert_eq!(merge(&set), whole);
    }

    #[test]
    fn what_cannot_be_shared_out_is_an_error() {
        let ask = |returns: &[f64], confidence, horizon, simulations, index, shares| {
            share(returns, confidence, horizon, simulations, 1, index, shares).map(|_| ()).unwrap_err()
        };
        assert_eq!(ask(&[0.1, f64::NAN], 0.99, 1, 1_000, 0, 1), RiskError::NotFinite(1));
        assert_eq!(ask(&[0.1], 0.99, 1, 1_000, 0, 1), RiskError::TooShort { found: 1, needed: 2 });
        assert_eq!(ask(&[f64::MAX, f64::MAX], 0.99, 1, 1_000, 0, 1), RiskError::TooLarge);
        assert_eq!(ask(&RETURNS, 1.0, 1, 1_000, 0, 1), RiskError::Confidence(1.0));
        assert!(matches!(ask(&RETURNS, f64::NAN, 1, 1_000, 0, 1), RiskError::Confidence(_)));
        assert_eq!(ask(&RETURNS, 0.99, 0, 1_000, 0, 1), RiskError::Horizon);
        assert_eq!(ask(&RETURNS, 0.99, 1, 99, 0, 1), RiskError::Simulations(99));
        let many = MAX_SIMULATIONS + 1;
        assert_eq!(ask(&RETURNS, 0.99, 1, many, 0, 1), RiskError::TooManySimulations(many));
        assert_eq!(ask(&RETURNS, 0.99, 1, 1_000, 0, 0), RiskError::Shares(0));
        assert_eq!(ask(&RETURNS, 0.99, 1, 1_000, 0, 1001), RiskError::Shares(1001));
        assert_eq!(ask(&RETURNS, 0.99, 1, 1_000, 3, 3), RiskError::Index { index: 3, shares: 3 });
    }

    #[test]
    fn the_size_of_a_share_is_known_beforehand() {
        let expected = expected_draws(0.99, 200_000, 4).unwrap();
        for share in all(&RETURNS, 0.99, 200_000, 3, 4) {
            assert!((expected * 9 / 10..expected * 11 / 10).contains(&share.lowest.len()));
        }
        assert_eq!(expected_draws(0.99, 1_000, 0), Err(RiskError::Shares(0)));
    }
}
