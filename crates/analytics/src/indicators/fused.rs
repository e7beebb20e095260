//! The columns of a chart in one pass over the bars.
//!
//! After the warm-up the bars are taken in blocks that stay in the fastest cache. In each, what depends on the bar before
//! (averages, running sums) is done first, bar by bar; what depends on its own bar only (divisions, roots) then runs over the
//! whole block, where the compiler can take several bars at once. Every operation is the one of the single functions, in
//! their order, so the figures are the same to the last bit.

use pulp::{Arch, Simd, WithSimd};

use super::average::{RunningSum, ema_from, smoothing};
use super::oscillator::{Wilder, gain_and_loss, place, strength};
use super::{bollinger, ema, macd, rsi, stochastic};

/// The 13 columns of a chart with the usual periods; each is as long as the bars and NaN while it warms up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    /// Exponential average of 12 closes.
    pub ema12: Vec<f64>,
    /// Exponential average of 26 closes.
    pub ema26: Vec<f64>,
    /// MACD 12, 26, 9.
    pub macd: Vec<f64>,
    /// Its signal line.
    pub macd_signal: Vec<f64>,
    /// MACD minus its signal line.
    pub macd_hist: Vec<f64>,
    /// Relative strength over 14 bars.
    pub rsi14: Vec<f64>,
    /// Upper Bollinger band, 20 bars and 2 deviations.
    pub bb_upper: Vec<f64>,
    /// Middle band: the simple average of 20 closes.
    pub bb_mid: Vec<f64>,
    /// Lower band.
    pub bb_lower: Vec<f64>,
    /// Slow stochastic %K 14, 3, 3.
    pub slowk: Vec<f64>,
    /// Slow %D.
    pub slowd: Vec<f64>,
    /// Fast %K 14, 3.
    pub fastk: Vec<f64>,
    /// Fast %D.
    pub fastd: Vec<f64>,
}

/// How many columns there are.
const COLUMNS: usize = 13;

impl Columns {
    /// Names and columns, in the order of the file that `ml-vm indicators` writes.
    pub fn named(&self) -> [(&'static str, &[f64]); COLUMNS] {
        [
            ("ema12", &self.ema12),
            ("ema26", &self.ema26),
            ("macd", &self.macd),
            ("macd_signal", &self.macd_signal),
            ("macd_hist", &self.macd_hist),
            ("rsi14", &self.rsi14),
            ("bb_upper", &self.bb_upper),
            ("bb_mid", &self.bb_mid),
            ("bb_lower", &self.bb_lower),
            ("slowk", &self.slowk),
            ("slowd", &self.slowd),
            ("fastk", &self.fastk),
            ("fastd", &self.fastd),
        ]
    }

    /// The columns by the functions of this module, one after the other.
    fn one_by_one(high: &[f64], low: &[f64], close: &[f64]) -> Self {
        let swing = stochastic(high, low, close, 14, 3, 3);
        let macd = macd(close, 12, 26, 9);
        let bands = bollinger(close, 20, 2.0);
        Self {
            ema12: ema(close, 12),
            ema26: ema(close, 26),
            macd: macd.macd,
            macd_signal: macd.signal,
            macd_hist: macd.histogram,
            rsi14: rsi(close, 14),
            bb_upper: bands.upper,
            bb_mid: bands.middle,
            bb_lower: bands.lower,
            slowk: swing.slow_k,
            slowd: swing.slow_d,
            fastk: swing.fast_k,
            fastd: swing.fast_d,
        }
    }

    fn all(&mut self) -> [&mut Vec<f64>; COLUMNS] {
        [
            &mut self.ema12,
            &mut self.ema26,
            &mut self.macd,
            &mut self.macd_signal,
            &mut self.macd_hist,
            &mut self.rsi14,
            &mut self.bb_upper,
            &mut self.bb_mid,
            &mut self.bb_lower,
            &mut self.slowk,
            &mut self.slowd,
            &mut self.fastk,
            &mut self.fastd,
        ]
    }
}

/// Bars after which every column has a value: MACD's signal is the last to start, at index 33.
const WARM_UP: usize = 34;
/// Bars of a block: what it needs beside the columns takes 7 kB.
const BLOCK: usize = 128;
/// Bars of the longest window before the present one and the one that leaves it.
const LONGEST: usize = 20;
/// Bars of the stochastic oscillator's window before the present one.
const BEFORE: usize = 13;

/// All columns. Three slices of different lengths are cut to the shortest.
pub fn fused(high: &[f64], low: &[f64], close: &[f64]) -> Columns {
    let mut columns = Columns::default();
    fused_into(high, low, close, &mut columns);
    columns
}

/// [`fused`] into columns that may hold those of other bars, whose memory is used again: with fresh memory for each series,
/// getting it takes longer than the figures.
pub fn fused_into(high: &[f64], low: &[f64], close: &[f64], columns: &mut Columns) {
    let n = close.len().min(high.len()).min(low.len());
    let (high, low, close) = (&high[..n], &low[..n], &close[..n]);
    // The sum is NaN when a price is; infinite prices of both signs may make it so as well, which does no harm.
    let sum: f64 = [high, low, close].iter().map(|prices| blocked_sum(prices)).sum();
    if n <= WARM_UP || sum.is_nan() {
        *columns = Columns::one_by_one(high, low, close);
        return;
    }
    let warm_up = Columns::one_by_one(&high[..WARM_UP], &low[..WARM_UP], &close[..WARM_UP]);
    for (column, (_, begin)) in columns.all().into_iter().zip(warm_up.named()) {
        column.resize(n, f64::NAN);
        column[..WARM_UP].copy_from_slice(begin);
    }
    let state = State::after(&warm_up, &high[..WARM_UP], &low[..WARM_UP], &close[..WARM_UP]);
    Arch::new().dispatch(Blocks { high, low, close, columns, state });
}

/// All blocks after the warm-up. It is compiled once more for the widest registers that the processor may have, as far as
/// everything is inlined into it.
struct Blocks<'a> {
    high: &'a [f64],
    low: &'a [f64],
    close: &'a [f64],
    columns: &'a mut Columns,
    state: State,
}

impl WithSimd for Blocks<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { high, low, close, columns, mut state } = self;
        let mut block = Block::default();
        let mut from = WARM_UP;
        while from < close.len() {
            let to = (from + BLOCK).min(close.len());
            let out = columns.all().map(|column| &mut column[from..to]);
            block.compute(
                &mut state,
                &high[from - BEFORE..to],
                &low[from - BEFORE..to],
                &close[from - LONGEST..to],
                out,
            );
            from = to;
        }
    }
}

/// A sum in eight strands, which is quick; only whether it is NaN matters.
fn blocked_sum(values: &[f64]) -> f64 {
    let mut strands = [0.0; 8];
    for eight in values.chunks_exact(8) {
        for (strand, value) in strands.iter_mut().zip(eight) {
            *strand += value;
        }
    }
    strands.iter().chain(values.chunks_exact(8).remainder()).sum()
}

/// What is carried from bar to bar.
#[derive(Clone, Copy)]
struct State {
    /// Averages of 12 and 26 closes, and MACD's own one of 12, which starts later.
    averages: [f64; 3],
    signal: f64,
    wilder: Wilder,
    sum: RunningSum,
    raw: RunningSum,
    slow: RunningSum,
    /// The last two values of the raw and of the slow %K.
    last_raw: [f64; 2],
    last_slow: [f64; 2],
}

impl State {
    /// The state after the bars of the warm-up, whose columns are given, all prices being numbers.
    fn after(warm_up: &Columns, high: &[f64], low: &[f64], close: &[f64]) -> Self {
        let last = WARM_UP - 1;
        let mut wilder = Wilder::start(&close[..=14]);
        for pair in close[14..].windows(2) {
            wilder.step(gain_and_loss(pair[1] - pair[0]));
        }
        let running = |values: &[f64], period: usize| {
            let mut sum = RunningSum(values[..period - 1].iter().sum());
            for i in period - 1..values.len() {
                sum.step(values[i], values[i + 1 - period]);
            }
            sum
        };
        // Smoothed over one bar the raw %K comes out as it is.
        let raw = stochastic(high, low, close, BEFORE + 1, 1, 1).fast_k;
        let raw = &raw[BEFORE..];
        // The slow %K, from its first value on.
        let slow = &warm_up.fastd[BEFORE + 2..];
        let last_two = |values: &[f64]| [values[values.len() - 2], values[values.len() - 1]];
        Self {
            averages: [warm_up.ema12[last], warm_up.ema26[last], ema_from(close, 12, 25)[last]],
            signal: warm_up.macd_signal[last],
            wilder,
            sum: running(close, 20),
            raw: running(raw, 3),
            slow: running(slow, 3),
            last_raw: last_two(raw),
            last_slow: last_two(slow),
        }
    }
}

/// What the figures of up to [`BLOCK`] bars are made of.
struct Block {
    gains: [f64; BLOCK],
    losses: [f64; BLOCK],
    sums: [f64; BLOCK],
    squares: [f64; BLOCK],
    top: Extremes,
    bottom: Extremes,
}

/// Extremes of the bars of a block and the 13 before it.
type Extremes = [f64; BLOCK + BEFORE];

impl Default for Block {
    fn default() -> Self {
        let (blank, longer) = ([0.0; BLOCK], [0.0; BLOCK + BEFORE]);
        Self { gains: blank, losses: blank, sums: blank, squares: blank, top: longer, bottom: longer }
    }
}

impl Block {
    /// Computes a block. `high` and `low` begin 13 bars before it, `close` 20 bars; `out` are its parts of the columns.
    #[inline(always)]
    fn compute(
        &mut self,
        state: &mut State,
        high: &[f64],
        low: &[f64],
        close: &[f64],
        out: [&mut [f64]; COLUMNS],
    ) {
        let [ema12, ema26, macd, signal, hist, rsi, upper, middle, lower, slowk, slowd, fastk, fastd] = out;
        let n = rsi.len();
        self.carry(state, close, [ema12, ema26, macd, signal, hist]);
        let averages = self.gains[..n].iter().zip(&self.losses[..n]);
        for (rsi, (gain, loss)) in rsi.iter_mut().zip(averages) {
            *rsi = strength([*gain, *loss]);
        }
        let bands = upper.iter_mut().zip(middle).zip(lower);
        for mean in &mut self.sums {
            *mean *= 1.0 / 20.0;
        }
        squared_distances(&mut self.squares[..n], &self.sums[..n], &close[1..]);
        let sums = self.sums[..n].iter().zip(&self.squares[..n]);
        for (((upper, middle), lower), (mean, squares)) in bands.zip(sums) {
            let width = (squares * (1.0 / 20.0)).sqrt() * 2.0;
            *middle = *mean;
            *upper = mean + width;
            *lower = mean - width;
        }
        moving_extreme(&mut self.top, high, |a, b| if a > b { a } else { b });
        moving_extreme(&mut self.bottom, low, |a, b| if a < b { a } else { b });
        let extremes = self.top[BEFORE..].iter().zip(&self.bottom[BEFORE..]);
        for ((place_of, close), (top, bottom)) in fastk.iter_mut().zip(&close[LONGEST..]).zip(extremes) {
            *place_of = place(*close, *top, *bottom);
        }
        smooth(&mut state.raw, &mut state.last_raw, fastk, slowk);
        smooth(&mut state.slow, &mut state.last_slow, slowk, slowd);
        // The fast %D is the slow %K by another name.
        fastd.copy_from_slice(slowk);
    }

    /// What needs the bar before: exponential averages, running sums.
    #[inline(always)]
    fn carry(&mut self, state: &mut State, close: &[f64], out: [&mut [f64]; 5]) {
        let [ema12, ema26, macd, macd_signal, macd_hist] = out;
        // The compiler drops its checks of the bounds only where it sees that all lengths are one.
        let n = ema12.len().min(BLOCK);
        let (ema26, macd, macd_hist) = (&mut ema26[..n], &mut macd[..n], &mut macd_hist[..n]);
        let (ema12, macd_signal) = (&mut ema12[..n], &mut macd_signal[..n]);
        let (gains, losses) = (&mut self.gains[..n], &mut self.losses[..n]);
        let sums = &mut self.sums[..n];
        let (leaving, before) = (&close[1..=n], &close[LONGEST - 1..LONGEST - 1 + n]);
        let now = &close[LONGEST..LONGEST + n];
        let weights = [smoothing(12), smoothing(26), smoothing(12)];
        let weight = smoothing(9);
        // Apart from the loop that carries, so that which way a price went costs no wrong guess of the processor.
        for i in 0..n {
            [gains[i], losses[i]] = gain_and_loss(now[i] - before[i]);
        }
        let State { mut averages, mut signal, mut wilder, sum: mut running, .. } = *state;
        for i in 0..n {
            for (average, k) in averages.iter_mut().zip(weights) {
                *average += (now[i] - *average) * k;
            }
            let [twelve, slow, quick] = averages;
            let difference = quick - slow;
            signal += (difference - signal) * weight;
            (ema12[i], ema26[i]) = (twelve, slow);
            (macd[i], macd_signal[i]) = (difference, signal);
            macd_hist[i] = difference - signal;
            wilder.step([gains[i], losses[i]]);
            [gains[i], losses[i]] = wilder.averages;
            sums[i] = running.step(now[i], leaving[i]);
        }
        *state = State { averages, signal, wilder, sum: running, ..*state };
    }
}

/// For each mean the sum of the squared distances of its 20 closes, the first of which are `close[..20]`. Eight sums at a
/// time stay in registers.
#[inline(always)]
fn squared_distances(out: &mut [f64], means: &[f64], close: &[f64]) {
    const LANES: usize = 8;
    for (chunk, (out, means)) in out.chunks_mut(LANES).zip(means.chunks(LANES)).enumerate() {
        let close = &close[chunk * LANES..];
        let mut sums = [0.0; LANES];
        if let Some(means) = means.first_chunk::<LANES>() {
            let starts = (0..LONGEST).filter_map(|from| close.get(from..)?.first_chunk::<LANES>());
            for window in starts {
                for ((sum, close), mean) in sums.iter_mut().zip(window).zip(means) {
                    *sum += (close - mean) * (close - mean);
                }
            }
        } else {
            for ((sum, window), mean) in sums.iter_mut().zip(close.windows(LONGEST)).zip(means) {
                *sum = window.iter().fold(0.0, |sum, close| sum + (close - mean) * (close - mean));
            }
        }
        out.copy_from_slice(&sums[..out.len()]);
    }
}

/// The extreme of the 14 values that end at each place from the 14th on: the extremes of 2, 4 and 8 values first. Places
/// before it hold less.
#[inline(always)]
fn moving_extreme(out: &mut Extremes, values: &[f64], pick: impl Fn(f64, f64) -> f64) {
    let mut other = [0.0; BLOCK + BEFORE];
    let n = values.len().min(BLOCK + BEFORE);
    let (a, b) = (&mut out[..n], &mut other[..n]);
    widen(values, b, 1, &pick);
    widen(b, a, 2, &pick);
    widen(a, b, 4, &pick);
    widen(b, a, 6, &pick);
}

/// Each value, or the one `step` places before it, whichever is picked.
#[inline(always)]
fn widen(from: &[f64], to: &mut [f64], step: usize, pick: impl Fn(f64, f64) -> f64) {
    for ((to, now), before) in to[step..].iter_mut().zip(&from[step..]).zip(from) {
        *to = pick(*now, *before);
    }
    to[..step].copy_from_slice(&from[..step]);
}

/// The simple average of three values.
#[inline(always)]
fn smooth(sum: &mut RunningSum, last: &mut [f64; 2], values: &[f64], out: &mut [f64]) {
    for (out, value) in out.iter_mut().zip(values) {
        *out = sum.step(*value, last[0]);
        *last = [last[1], *value];
    }
    for value in out {
        *value *= 1.0 / 3.0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits(columns: &Columns) -> Vec<Vec<u64>> {
        // All NaN are one: their payload is nobody's business.
        let bits = |v: &f64| if v.is_nan() { u64::MAX } else { v.to_bits() };
        columns.named().iter().map(|(_, column)| column.iter().map(bits).collect()).collect()
    }

    fn assert_same(high: &[f64], low: &[f64], close: &[f64]) {
        assert_eq!(bits(&fused(high, low, close)), bits(&Columns::one_by_one(high, low, close)));
    }

    #[test]
    fn any_length_gives_the_figures_of_the_single_functions() {
        let close: Vec<f64> = (0..700).map(|i| 50.0 + f64::from(i * i % 89) * 0.37).collect();
        let high: Vec<f64> = close.iter().enumerate().map(|(i, c)| c + (i % 5) as f64).collect();
        let low: Vec<f64> = close.iter().enumerate().map(|(i, c)| c - (i % 3) as f64).collect();
        for n in (0..60).chain([160, 161, 162, 163, 289, 290, 291, 700]) {
            assert_same(&high[..n], &low[..n], &close[..n]);
        }
    }

    #[test]
    fn series_without_turns_are_no_exception() {
        let flat = vec![3.3; 400];
        let rising: Vec<f64> = (0..400).map(f64::from).collect();
        let falling: Vec<f64> = (0..400).map(|i| 1e9 - f64::from(i)).collect();
        let tiny: Vec<f64> = (0..400).map(|i| 1e-12 * f64::from(i % 7)).collect();
        let huge: Vec<f64> = (0..400).map(|i| 1e200 * f64::from(1 + i % 7)).collect();
        for series in [flat, rising, falling, tiny, huge] {
            assert_same(&series, &series, &series);
        }
    }

    #[test]
    fn prices_that_are_unknown_or_infinite_are_no_exception() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for at in [0, 5, 33, 34, 100, 299] {
                let mut close: Vec<f64> = (0..300).map(|i| f64::from(i % 11)).collect();
                let quiet = close.clone();
                close[at] = bad;
                assert_same(&quiet, &quiet, &close);
                assert_same(&close, &quiet, &quiet);
            }
        }
    }

    proptest! {
        #[test]
        fn random_walks_give_the_figures_of_the_single_functions(
            steps in prop::collection::vec((-3.0..3.0f64, 0.0..2.0f64, 0.0..2.0f64), 0..420),
            start in prop_oneof![Just(1e-9), Just(100.0), Just(1e12), -10.0..10.0f64],
        ) {
            let mut price = start;
            let (mut high, mut low, mut close) = (vec![], vec![], vec![]);
            for (step, up, down) in steps {
                price += step;
                close.push(price);
                high.push(price + up);
                low.push(price - down);
            }
            assert_same(&high, &low, &close);
        }

        #[test]
        fn no_figure_knows_a_later_bar(
            closes in prop::collection::vec(1.0..100.0f64, 40..300), at in 0usize..300, noise in -50.0..50.0f64,
        ) {
            let at = at % closes.len();
            let mut changed = closes.clone();
            for close in &mut changed[at..] { *close += noise; }
            let (a, b) = (fused(&closes, &closes, &closes), fused(&changed, &changed, &changed));
            for (one, other) in bits(&a).iter().zip(bits(&b)) { prop_assert_eq!(&one[..at], &other[..at]); }
        }
    }
}
