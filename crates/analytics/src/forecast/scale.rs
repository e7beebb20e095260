//! How much a price may be expected to move in a day: the yardstick of forecasts and their intervals.

/// Decay of the quick, the slow and the lasting part, a day.
const DECAYS: [f64; 3] = [0.94, 0.985, 1.0];
/// Their weights in the logarithm of the whole.
const WEIGHTS: [f64; 3] = [0.5, 0.35, 0.15];
/// A move counts at most as this many of the mean moves before it: a jump on one day (a quarter's results) says little about
/// the next ones, while a storm of many days is seen within a few.
const CLIP: f64 = 4.0;
/// Moves after which clipping begins.
const WARM_UP: usize = 20;
/// Never taken as less: a price that never moved may move tomorrow.
pub(super) const LEAST: f64 = 1e-5;
/// Deviation of a normal variable over its mean absolute value: sqrt(pi / 2).
const NORMAL: f64 = 1.253_314_137_315_500_3;

/// Standard deviation of the next day's log return as known at each bar, from exponentially weighted means of absolute
/// returns, combined in logarithms; and the regime: the logarithm of the quick mean over the lasting one, above 0 in a storm.
/// One more of each than there are returns; element `t` uses the returns before it only.
pub(super) fn daily(returns: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut out = vec![LEAST];
    let mut regimes = vec![0.0];
    let mut means = [0.0_f64; 3];
    for (i, r) in returns.iter().enumerate() {
        let mut log = 0.0;
        for ((mean, decay), weight) in means.iter_mut().zip(DECAYS).zip(WEIGHTS) {
            let moved = if i > WARM_UP && *mean > 0.0 { r.abs().min(CLIP * *mean) } else { r.abs() };
            // The weight of the newest falls from 1, so that no assumed start has a say.
            let keep = decay.min(i as f64 / (i as f64 + 1.0));
            *mean = keep * *mean + (1.0 - keep) * moved;
            log += weight * (NORMAL * *mean).max(LEAST).ln();
        }
        out.push(log.exp());
        regimes.push((means[0].max(LEAST) / means[2].max(LEAST)).ln());
    }
    (out, regimes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn follows_a_storm_and_shrugs_at_a_jump() {
        let mut stream = Stream::new(1);
        let mut returns: Vec<f64> = (0..400).map(|_| 0.01 * stream.next_normal()).collect();
        let calm = daily(&returns).0[400];
        assert!((0.008..0.012).contains(&calm), "{calm}");
        returns[399] = 0.20;
        assert!(daily(&returns).0[400] < 1.3 * calm);
        for r in &mut returns[385..] {
            *r = 0.05 * stream.next_normal();
        }
        assert!(daily(&returns).0[400] > 1.8 * calm);
        assert_eq!(daily(&[]), (vec![LEAST], vec![0.0]));
        assert!(daily(&[0.0; 9]).0.iter().all(|v| *v > 0.9 * LEAST));
    }
}
