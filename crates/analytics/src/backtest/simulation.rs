//! One strategy on one asset, bar by bar.

use super::sharpe::Sharpe;
use super::{BacktestError, FEWEST_BARS, Prices};

/// What trading costs and allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trading {
    /// Fees, as a share of what is traded: 0.0005 is 5 basis points.
    pub costs: f64,
    /// How much worse than the open a trade is made, as a share of the price.
    pub slippage: f64,
    /// The largest long position, as a share of the capital.
    pub longest: f64,
    /// The largest short position, as a share of the capital, 0 or above.
    pub shortest: f64,
}

impl Trading {
    /// What a trade earned by share, in the currency of the prices: the way from entry to exit, less the fees of both.
    /// Slippage is in the prices already. Of a short position a fall earns. A position that is open has paid one fee.
    pub fn by_share(&self, trade: &Trade) -> f64 {
        let way = (trade.exit - trade.entry) * trade.size.signum();
        let left = if trade.left.is_some() { trade.exit } else { 0.0 };
        way - self.costs * (trade.entry + left)
    }
}

impl Default for Trading {
    fn default() -> Self {
        Self { costs: 0.0005, slippage: 0.0005, longest: 1.0, shortest: 1.0 }
    }
}

/// One position from its opening to its closing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    /// The bar at whose open it began.
    pub entered: usize,
    /// The price paid or got, slippage in it.
    pub entry: f64,
    /// The bar at whose open it ended; `None` while it is open, and then it is valued at the last close.
    pub left: Option<usize>,
    /// The price got or paid at the end.
    pub exit: f64,
    /// Share of the capital, below 0 for a short position.
    pub size: f64,
    /// What the capital gained, as a share of it at the entry; costs of both ends in it.
    pub gain: f64,
}

/// What a strategy did.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// All trades, oldest first.
    pub trades: Vec<Trade>,
    /// Capital at each close; it begins with 1.
    pub equity: Vec<f64>,
    /// Share of the highest capital so far that was lost at each close, 0 or above.
    pub drawdown: Vec<f64>,
    /// Gain over the whole time, as a share.
    pub total: f64,
    /// The largest drawdown.
    pub worst: f64,
    /// What fees and slippage took, as a share of the capital at the beginning.
    pub costs: f64,
    /// Share of the bars with a position.
    pub invested: f64,
    /// The Sharpe ratio of the daily returns; `None` where they do not vary.
    pub sharpe: Option<Sharpe>,
}

/// What several trades came to, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// Gain of the capital after each trade since before the first, as a share.
    pub grown: Vec<f64>,
    /// Money by share after each trade, added up.
    pub by_share: Vec<f64>,
    /// Trades that are closed.
    pub closed: usize,
    /// Share of the closed ones that gained; `None` without any.
    pub won: Option<f64>,
}

impl Tally {
    /// The tally of trades, oldest first, as `trading` let them be made.
    pub fn of(trades: &[Trade], trading: &Trading) -> Self {
        let (mut capital, mut money) = (1.0, 0.0);
        let mut tally = Self { grown: Vec::new(), by_share: Vec::new(), closed: 0, won: None };
        let mut won = 0;
        for trade in trades {
            capital *= 1.0 + trade.gain;
            money += trading.by_share(trade);
            tally.grown.push(capital - 1.0);
            tally.by_share.push(money);
            tally.closed += usize::from(trade.left.is_some());
            won += usize::from(trade.left.is_some() && trade.gain > 0.0);
        }
        tally.won = (tally.closed > 0).then(|| won as f64 / tally.closed as f64);
        tally
    }
}

/// Whether these prices can be simulated on these terms.
///
/// # Errors
/// Slices of different lengths, a price that is not positive, too few bars, terms out of range.
pub fn check(prices: &Prices<'_>, trading: &Trading) -> Result<(), BacktestError> {
    let (opens, closes) = (prices.opens, prices.closes);
    if opens.len() != closes.len() {
        return Err(BacktestError::Lengths(opens.len(), closes.len()));
    }
    let bad = |(open, close): (&f64, &f64)| ![open, close].into_iter().all(|p| p.is_finite() && *p > 0.0);
    if let Some(bar) = opens.iter().zip(closes).position(bad) {
        return Err(BacktestError::BadPrice(bar));
    }
    if closes.len() < FEWEST_BARS {
        return Err(BacktestError::TooShort(closes.len()));
    }
    if ![trading.costs, trading.slippage].into_iter().all(|c| (0.0..0.5).contains(&c)) {
        return Err(BacktestError::BadTrading(
            "costs and slippage are shares of the price: 0 or more, below 0.5",
        ));
    }
    if ![trading.longest, trading.shortest].into_iter().all(|c| (0.0..=10.0).contains(&c)) {
        return Err(BacktestError::BadTrading(
            "limits of the position are multiples of the capital from 0 to 10",
        ));
    }
    Ok(())
}

/// A position that is held.
struct Held {
    entered: usize,
    entry: f64,
    size: f64,
    capital: f64,
}

/// Follows `wanted`, one position a close, on prices that `check` has passed: a change that is wanted at close `t` is made at
/// the open of bar `t + 1`; one wanted at the last close is never made. A position is a share of the capital and is brought back to
/// it daily at no cost, which for a whole long position is nothing to do. Capital that is used up stays 0.
pub fn simulate(prices: &Prices<'_>, wanted: &[f64], trading: &Trading) -> Run {
    let (opens, closes) = (prices.opens, prices.closes);
    let allowed =
        |wish: f64| if wish.is_finite() { wish.clamp(-trading.shortest, trading.longest) } else { 0.0 };
    let mut capital = 1.0_f64;
    let mut position = 0.0;
    let mut held: Option<Held> = None;
    let mut trades = Vec::new();
    let mut equity = vec![1.0];
    let mut invested = 0;
    let mut costs = 0.0;
    for t in 1..closes.len() {
        let grown =
            |capital: f64, position: f64, ratio: f64| (capital * (1.0 + position * (ratio - 1.0))).max(0.0);
        capital = grown(capital, position, opens[t] / closes[t - 1]);
        let next = wanted.get(t - 1).map_or(0.0, |wish| allowed(*wish));
        if next != position {
            // Slippage costs as a fee of its size would: it is the same share of what is traded.
            let traded: f64 = next - position;
            let before = capital;
            let price = opens[t] * (1.0 + trading.slippage * traded.signum());
            capital = (capital * (1.0 - traded.abs() * (trading.costs + trading.slippage))).max(0.0);
            costs += before - capital;
            // Of a turn from long to short the fees of both trades end the first one: none is counted twice.
            let mut start = before;
            if let Some(held) = held.take() {
                trades.push(held.close(Some(t), price, capital));
                start = capital;
            }
            if next != 0.0 {
                held = Some(Held { entered: t, entry: price, size: next, capital: start });
            }
            position = next;
        }
        capital = grown(capital, position, closes[t] / opens[t]);
        invested += usize::from(position != 0.0);
        equity.push(capital);
    }
    if let (Some(held), Some(close)) = (held, closes.last()) {
        trades.push(held.close(None, *close, capital));
    }
    let mut highest = 0.0_f64;
    let drawdown: Vec<f64> = equity
        .iter()
        .map(|e| {
            highest = highest.max(*e);
            1.0 - e / highest
        })
        .collect();
    let returns: Vec<f64> =
        equity.windows(2).map(|pair| if pair[0] > 0.0 { pair[1] / pair[0] - 1.0 } else { 0.0 }).collect();
    Run {
        trades,
        total: capital - 1.0,
        costs,
        worst: drawdown.iter().copied().fold(0.0, f64::max),
        invested: invested as f64 / closes.len().max(1) as f64,
        sharpe: Sharpe::of(&returns),
        equity,
        drawdown,
    }
}

impl Held {
    fn close(self, left: Option<usize>, exit: f64, capital: f64) -> Trade {
        let gain = if self.capital > 0.0 { capital / self.capital - 1.0 } else { 0.0 };
        Trade { entered: self.entered, entry: self.entry, left, exit, size: self.size, gain }
    }
}
