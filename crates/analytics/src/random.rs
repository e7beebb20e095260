//! Counter-based random numbers: draw `i` of a seed is a pure function of both, so any number of workers may share a
//! simulation and get the same figures.

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Draw number `counter` of the stream that `seed` names: uniform over all 64-bit values (SplitMix64's output function).
#[inline(always)]
pub fn draw(seed: u64, counter: u64) -> u64 {
    mix(mix(seed ^ STEP).wrapping_add(counter.wrapping_add(1).wrapping_mul(STEP)))
}

/// A stable seed for a name, for example `2026-11-21T06Z/AAPL` (FNV-1a, then mixed).
pub fn seed_of(name: &str) -> u64 {
    let fnv = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    mix(fnv)
}

/// The draws of one seed, one after the other.
#[derive(Debug, Clone)]
pub struct Stream {
    seed: u64,
    counter: u64,
}

impl Stream {
    /// Starts at the first draw of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }

    /// The next 64 bits.
    pub fn next_bits(&mut self) -> u64 {
        self.counter += 1;
        draw(self.seed, self.counter - 1)
    }

    /// The next index below `bound`, which must be above zero (else 0).
    pub fn next_index(&mut self, bound: usize) -> usize {
        // The high half of a 128-bit product: its bias is bound / 2^64, far below anything measurable here.
        ((u128::from(self.next_bits()) * bound as u128) >> 64) as usize
    }

    /// The next number, uniform in the open interval (0, 1).
    pub fn next_unit(&mut self) -> f64 {
        unit(self.next_bits())
    }

    /// The next standard normal number.
    pub fn next_normal(&mut self) -> f64 {
        crate::normal::quantile(self.next_unit())
    }
}

/// Maps 64 bits to the open interval (0, 1), keeping their order.
#[inline]
pub fn unit(bits: u64) -> f64 {
    ((bits >> 11) as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
}

#[inline(always)]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_its_numbered_draws() {
        let mut stream = Stream::new(7);
        let drawn: Vec<u64> = (0..5).map(|_| stream.next_bits()).collect();
        let numbered: Vec<u64> = (0..5).map(|i| draw(7, i)).collect();
        assert_eq!(drawn, numbered);
        assert_ne!(draw(7, 0), draw(8, 0));
    }

    #[test]
    fn normals_have_the_moments_of_a_normal() {
        let mut stream = Stream::new(seed_of("moments"));
        let n = 200_000;
        let z: Vec<f64> = (0..n).map(|_| stream.next_normal()).collect();
        let moment = |k: i32| z.iter().map(|x| x.powi(k)).sum::<f64>() / f64::from(n);
        assert!(moment(1).abs() < 0.01, "mean {}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.02, "variance {}", moment(2));
        assert!(moment(3).abs() < 0.05, "skew {}", moment(3));
        assert!((moment(4) - 3.0).abs() < 0.1, "kurtosis {}", moment(4));
    }

    #[test]
    fn indices_cover_their_range_evenly() {
        let mut stream = Stream::new(1);
        let mut seen = [0_u32; 10];
        for _ in 0..100_000 {
            seen[stream.next_index(10)] += 1;
        }
        assert!(seen.iter().all(|n| (9_500..10_500).contains(n)), "{seen:?}");
    }
}
