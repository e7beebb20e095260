//! What is known of every stock before a day begins.

use super::{Bar, Panel};

/// Number of features.
pub const WIDTH: usize = 34;
/// The features of one stock before one day.
pub type Features = [f64; WIDTH];
/// Bars before the day that are read at most.
const LOOK_BACK: usize = 241;
/// Bars that a stock needs.
const FEWEST: usize = 61;
/// Decay of the deviation, a day.
const DECAY: f64 = 0.94;
/// No deviation is taken as less.
const LEAST: f64 = 1e-6;

/// What is computed of a stock first.
struct Stock {
    /// Bars before the day, oldest first, without gaps.
    bars: Vec<Bar>,
    /// Log returns: one fewer.
    returns: Vec<f64>,
    /// Days of the panel on which they ended, counted back from the day: 1 is the day before.
    ago: Vec<usize>,
    deviation: f64,
}

/// Features of every stock before day `day` of the panel, from bars before it only; `None` where a stock has fewer than 61
/// of them or none on the day before.
pub fn features(panel: &Panel, day: usize) -> Vec<Option<Features>> {
    let stocks: Vec<Option<Stock>> =
        panel.bars.iter().map(|bars| Stock::before(&bars[..day.min(bars.len())])).collect();
    // Mean return of all stocks and of each sector, by days ago.
    let mut market = Mean::default();
    let mut sectors = vec![Mean::default(); panel.sectors.iter().max().map_or(0, |most| most + 1)];
    for (stock, sector) in stocks.iter().zip(&panel.sectors) {
        for (r, ago) in stock.iter().flat_map(|s| s.returns.iter().zip(&s.ago)) {
            market.add(*ago, *r);
            sectors[*sector].add(*ago, *r);
        }
    }
    let deviations: Vec<f64> = stocks.iter().flatten().map(|s| s.deviation.ln()).collect();
    let usual = crate::statistics::mean(&deviations);
    let rows = stocks.iter().zip(&panel.sectors);
    rows.map(|(stock, sector)| Some(row(stock.as_ref()?, &market, &sectors[*sector], usual))).collect()
}

impl Stock {
    fn before(bars: &[Option<Bar>]) -> Option<Self> {
        bars.last()?.as_ref()?;
        let tail = &bars[bars.len().saturating_sub(LOOK_BACK)..];
        let known: Vec<(usize, Bar)> =
            tail.iter().enumerate().filter_map(|(i, bar)| Some((tail.len() - i, (*bar)?))).collect();
        if known.len() < FEWEST {
            return None;
        }
        let returns: Vec<f64> =
            known.windows(2).map(|pair| (pair[1].1.close / pair[0].1.close).ln()).collect();
        let deviation = crate::statistics::ewma_volatility(&returns, DECAY).last()?.max(LEAST);
        let ago = known.iter().skip(1).map(|(ago, _)| *ago).collect();
        Some(Self { bars: known.into_iter().map(|(_, bar)| bar).collect(), returns, ago, deviation })
    }

    /// The latest `n` returns, or as many as there are.
    fn latest(&self, n: usize) -> impl Iterator<Item = (f64, usize)> {
        let start = self.returns.len().saturating_sub(n);
        self.returns[start..].iter().copied().zip(self.ago[start..].iter().copied())
    }
}

/// Means by days ago.
#[derive(Clone, Default)]
struct Mean {
    sums: Vec<(f64, f64)>,
}

impl Mean {
    fn add(&mut self, ago: usize, value: f64) {
        if self.sums.len() <= ago {
            self.sums.resize(ago + 1, (0.0, 0.0));
        }
        self.sums[ago].0 += value;
        self.sums[ago].1 += 1.0;
    }

    fn at(&self, ago: usize) -> f64 {
        self.sums.get(ago).filter(|s| s.1 > 0.0).map_or(0.0, |s| s.0 / s.1)
    }

    fn sum(&self, days: usize) -> f64 {
        (1..=days).map(|ago| self.at(ago)).sum()
    }
}

fn row(stock: &Stock, market: &Mean, sector: &Mean, usual: f64) -> Features {
    let n = stock.bars.len();
    let (last, before) = (&stock.bars[n - 1], &stock.bars[n - 2]);
    let sd = stock.deviation;
    let root = |days: usize| (days as f64).sqrt();
    let moved = |days: usize| stock.latest(days).map(|(r, _)| r).sum::<f64>() / (sd * root(days));
    let against = |mean: &Mean, days: usize| {
        stock.latest(days).map(|(r, ago)| r - mean.at(ago)).sum::<f64>() / (sd * root(days))
    };
    let deviation = |values: &mut dyn Iterator<Item = f64>| {
        crate::statistics::sample_deviation(&values.collect::<Vec<f64>>()).max(LEAST)
    };
    let market_sd = deviation(&mut (1..=60).map(|ago| market.at(ago)));
    let market_moved = |days: usize| market.sum(days) / (market_sd * root(days));
    let momentum = |days: usize| {
        let from = n.saturating_sub(1 + days);
        (stock.bars[n.saturating_sub(6)].close / stock.bars[from].close).ln() / (sd * root(days))
    };
    let (mut both, mut square) = (0.0, 0.0);
    for (r, ago) in stock.latest(120) {
        both += r * market.at(ago);
        square += market.at(ago).powi(2);
    }
    let beta = if square > 0.0 { both / square - 1.0 } else { 0.0 };
    let own = |days: usize| stock.bars[n - days..].iter();
    let volume = own(20).map(|b| b.volume).sum::<f64>() / 20.0;
    let highest = own(60).map(|b| b.close).fold(0.0, f64::max);
    let range = last.high - last.low;
    let inside: f64 = own(20).map(|b| (b.close / b.open).ln()).sum();
    let jumps: f64 =
        stock.latest(20).map(|(r, ago)| (r - market.at(ago)) / sd).filter(|jump| jump.abs() > 3.0).sum();
    let sector_moved =
        |days: usize| (1..=days).map(|ago| sector.at(ago) - market.at(ago)).sum::<f64>() / (sd * root(days));
    let whole: f64 = stock.latest(20).map(|(r, _)| r).sum();
    [
        moved(1),
        moved(2),
        moved(3),
        moved(5),
        moved(10),
        moved(20),
        against(market, 1),
        against(market, 2),
        against(market, 5),
        against(market, 20),
        market_moved(1),
        market_moved(2),
        market_moved(5),
        market_moved(20),
        if range > 0.0 { (last.close - last.low) / range - 0.5 } else { 0.0 },
        (last.open / before.close).ln() / sd,
        (last.close / last.open).ln() / sd,
        if volume > 0.0 && last.volume > 0.0 { (last.volume / volume).ln() } else { 0.0 },
        (sd / deviation(&mut stock.latest(60).map(|(r, _)| r))).ln(),
        (last.close / highest).ln() / (8.0 * sd),
        momentum(60),
        momentum(120),
        momentum(240),
        sd.ln() - usual,
        beta,
        beta * market_moved(1),
        beta * market_moved(5),
        against(sector, 1),
        against(sector, 5),
        sector_moved(5),
        sector_moved(20),
        jumps / 3.0,
        (whole - inside) / (sd * root(20)),
        inside / (sd * root(20)),
    ]
    .map(|x| if x.is_finite() { x.clamp(-6.0, 6.0) } else { 0.0 })
}
