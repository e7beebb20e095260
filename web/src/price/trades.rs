//! Signals where two averages cross, and what following them would have earned: simulated by `analytics::backtest`, bought
//! and sold at the next open, long or aside, with costs.

use analytics::backtest::{
    BacktestError, FEWEST_BARS, Prices, Tally, Trade, Trading, check, crossing, simulate,
};
use analytics::indicators::{ema, sma};
use chrono::NaiveDate;
use serde::Serialize;

use super::question::{Question, Rule};
use super::series::Series;
use super::table::dated;
use crate::format;
use crate::market::view::{Direction, encode};
use crate::text::{Lang, fill, text};

/// A signal, given at the close of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    /// The bar.
    pub at: usize,
    /// Whether it says buy; else sell.
    pub buy: bool,
}

/// What following the signals came to.
#[derive(Debug, Clone)]
pub struct Followed {
    /// The averages, the quick one first.
    pub windows: [usize; 2],
    /// Signals in the time that is looked at, oldest first.
    pub signals: Vec<Signal>,
    /// Trades that began or ended in it, oldest first; a position that is open is valued at the last close.
    pub trades: Vec<Trade>,
    /// What they came to.
    pub tally: Tally,
    /// On which terms.
    pub trading: Trading,
}

/// Follows the signals of the two chosen windows over `series`, which holds adjusted prices: a split is no loss. All bars
/// up to the last day that is looked at count, so that a trade is the same whatever day the reader starts from.
/// `None` where no two windows are chosen.
///
/// # Errors
/// Too few bars, or prices that are none.
pub fn follow(series: &Series, question: &Question) -> Option<Result<Followed, BacktestError>> {
    let windows = question.overlays.ema?;
    Some(followed(series, question, windows))
}

fn followed(series: &Series, question: &Question, windows: [usize; 2]) -> Result<Followed, BacktestError> {
    let place = question.span.place(&series.days);
    let (opens, closes) = (upto(&series.open, place.end), upto(&series.close, place.end));
    let trading = Trading { costs: f64::from(question.costs) / 10_000.0, ..Trading::default() };
    let prices = Prices { opens, closes };
    check(&prices, &trading)?;
    let [fast, slow] = windows.map(|window| match question.rule {
        Rule::Ema => ema(closes, window),
        Rule::Sma => sma(closes, window),
    });
    let wanted = crossing(&fast, &slow, 0.0);
    let trades = simulate(&prices, &wanted, &trading).trades;
    let within = |trade: &Trade| trade.left.is_none_or(|left| left >= place.start);
    let trades: Vec<Trade> = trades.into_iter().filter(within).collect();
    let before = std::iter::once(0.0).chain(wanted.iter().copied());
    let turns = wanted.iter().zip(before).enumerate().filter(|(_, (now, before))| *now != before);
    let signals = turns.map(|(at, (now, _))| Signal { at, buy: *now > 0.0 });
    let signals = signals.filter(|signal| signal.at >= place.start).collect();
    Ok(Followed { windows, signals, tally: Tally::of(&trades, &trading), trades, trading })
}

fn upto(values: &[f64], end: usize) -> &[f64] {
    values.get(..end).unwrap_or_default()
}

/// The trades as a reader sees them.
#[derive(Debug, Serialize)]
pub struct TradesView {
    /// One sentence: what it came to.
    answer: String,
    /// Why there is no table.
    none: Option<String>,
    rows: Vec<TradeRow>,
    /// A signal at the last close, which nobody could follow yet.
    pending: Option<SignalView>,
    terms: String,
}

#[derive(Debug, Serialize)]
struct SignalView {
    day: String,
    /// The laboratory for Value at Risk, as of that day.
    href: String,
    word: &'static str,
}

#[derive(Debug, Serialize)]
struct TradeRow {
    bought: SignalView,
    entry_day: String,
    entry: String,
    sold: Option<SignalView>,
    exit_day: String,
    exit: String,
    by_share: (Direction, String),
    gain: (Direction, String),
    total_by_share: String,
    total: String,
}

/// The trades of a question, the newest first.
pub fn view(series: &Series, question: &Question, symbol: &str, lang: Lang) -> TradesView {
    let empty = |none: String| TradesView {
        answer: String::new(),
        none: Some(none),
        rows: Vec::new(),
        pending: None,
        terms: String::new(),
    };
    let followed = match follow(series, question) {
        None => return empty(text(lang, "prices_trades_off").to_owned()),
        Some(Err(BacktestError::TooShort(_))) => {
            return empty(fill(lang, "prices_trades_short", &[("count", &FEWEST_BARS.to_string())]));
        }
        Some(Err(_)) => return empty(text(lang, "prices_trades_bad").to_owned()),
        Some(Ok(followed)) => followed,
    };
    let day = |at: usize| series.days.get(at).copied().unwrap_or_default();
    let signal = |at: usize, buy: bool| signal_view(day(at), buy, symbol, lang);
    let tally = &followed.tally;
    let share = |value: f64| format::change(value, 2, lang);
    let row = |(at, trade): (usize, &Trade)| {
        let by_share = followed.trading.by_share(trade);
        let last = question.span.place(&series.days).end.saturating_sub(1);
        TradeRow {
            // A trade is made at the open after the close that gave the signal.
            bought: signal(trade.entered.saturating_sub(1), true),
            entry_day: dated(day(trade.entered), lang),
            entry: format::price(trade.entry, lang),
            sold: trade.left.map(|left| signal(left.saturating_sub(1), false)),
            exit_day: dated(day(trade.left.unwrap_or(last)), lang),
            exit: format::price(trade.exit, lang),
            by_share: (Direction::of(by_share, 0.0, lang), signed_price(by_share, trade.entry, lang)),
            gain: (Direction::of(trade.gain, 0.0, lang), share(trade.gain)),
            total_by_share: tally
                .by_share
                .get(at)
                .map(|v| signed_price(*v, trade.entry, lang))
                .unwrap_or_default(),
            total: tally.grown.get(at).map(|value| share(*value)).unwrap_or_default(),
        }
    };
    let end = question.span.place(&series.days).end;
    let pending = followed.signals.last().filter(|signal| signal.at + 1 == end);
    TradesView {
        answer: answer(&followed, lang),
        none: followed.trades.is_empty().then(|| text(lang, "prices_trades_none").to_owned()),
        rows: followed.trades.iter().enumerate().map(row).rev().collect(),
        pending: pending.map(|found| signal(found.at, found.buy)),
        terms: terms(&followed, question.rule, lang),
    }
}

fn signal_view(on: NaiveDate, buy: bool, symbol: &str, lang: Lang) -> SignalView {
    SignalView {
        day: dated(on, lang),
        href: format!("/lab?symbol={}&on={on}", encode(symbol)),
        word: text(lang, if buy { "prices_buy" } else { "prices_sell" }),
    }
}

/// An amount with its sign, in the currency of a price and with as many digits as that.
fn signed_price(value: f64, price: f64, lang: Lang) -> String {
    format::signed(value, format::price_digits(price), lang)
}

fn answer(followed: &Followed, lang: Lang) -> String {
    let tally = &followed.tally;
    let (Some(total), Some(money)) = (tally.grown.last(), tally.by_share.last()) else {
        return String::new();
    };
    let closed = i64::try_from(tally.closed).unwrap_or(i64::MAX);
    let open = if tally.closed < followed.trades.len() { text(lang, "prices_one_open") } else { "" };
    let won = tally.won.map_or_else(|| format::MISSING.to_owned(), |won| format::percent(won, 0, lang));
    let (total, money) = (
        format::change(*total, 2, lang),
        signed_price(*money, followed.trades.last().map_or(0.0, |trade| trade.entry), lang),
    );
    let values = [("open", open), ("won", &*won), ("total", &*total), ("money", &*money)];
    crate::text::count(lang, "prices_trades_answer", closed, &values)
}

fn terms(followed: &Followed, rule: Rule, lang: Lang) -> String {
    let [fast, slow] = followed.windows.map(|window| window.to_string());
    let kind = if rule == Rule::Ema { "EMA" } else { "SMA" };
    let costs = format::percent(followed.trading.costs, 2, lang);
    let slippage = format::percent(followed.trading.slippage, 2, lang);
    let values =
        [("kind", kind), ("fast", &*fast), ("slow", &*slow), ("costs", &*costs), ("slippage", &*slippage)];
    fill(lang, "prices_terms", &values)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Forty bars at 100, but for a rise to 110 (bars 20 and 21): the average of 2 crosses that of 3 there.
    fn series() -> Series {
        let mut close = vec![100.0; 40];
        close[20] = 110.0;
        close[21] = 120.0;
        let first: NaiveDate = "2026-01-01".parse().unwrap();
        let days = first.iter_days().take(40).collect();
        let open: Vec<f64> = close.iter().map(|c| c + 1.0).collect();
        Series { days, open, high: close.clone(), low: close.clone(), volume: vec![None; 40], close }
    }

    /// By hand, simple averages of 2 and 3 closes. Bar 20: 105 over 103.33, buy at the open of bar 21, 121 with 0.05 %
    /// slippage. Bar 22: 110 against 110, no longer above: sell at the open of bar 23, 101 less slippage.
    #[test]
    fn a_trade_by_hand() {
        let question = Question::parse("ema=2,3&signals=sma&costs=0").unwrap();
        let followed = follow(&series(), &question).unwrap().unwrap();
        assert_eq!(followed.signals, [Signal { at: 20, buy: true }, Signal { at: 22, buy: false }]);
        let trade = followed.trades[0];
        assert_eq!((followed.trades.len(), trade.entered, trade.left), (1, 21, Some(23)));
        let (entry, exit) = (121.0 * 1.0005, 101.0 * 0.9995);
        assert!((trade.entry - entry).abs() < 1e-9 && (trade.exit - exit).abs() < 1e-9);
        assert!((followed.tally.by_share[0] - (exit - entry)).abs() < 1e-9);
        assert!((trade.gain - (101.0 / 121.0 * 0.9995 * 0.9995 - 1.0)).abs() < 1e-12);
        assert_eq!(followed.tally.won, Some(0.0));
        let view = view(&series(), &question, "EUR/USD", Lang::En);
        assert_eq!(view.rows[0].bought.href, "/lab?symbol=EUR%2FUSD&on=2026-01-21");
        assert_eq!(view.rows[0].sold.as_ref().unwrap().day, "23 Jan 2026");
        assert!(view.pending.is_none());
    }

    #[test]
    fn the_last_day_decides_what_is_open_or_pending() {
        let asked = |query: &str| view(&series(), &Question::parse(query).unwrap(), "S", Lang::En);
        let pending = asked("ema=2,3&signals=sma&to=2026-01-21&range=all");
        assert!(pending.rows.is_empty(), "too short: 21 bars");
        let mut late = series();
        for column in [&mut late.close, &mut late.open] {
            column.rotate_left(20);
            column.reverse();
        }
        // The rise is now at bars 38 and 39: a signal at 38, bought at 39, open.
        let open = view(&late, &Question::parse("ema=2,3&signals=sma").unwrap(), "S", Lang::En);
        assert_eq!((open.rows.len(), open.rows[0].sold.is_none()), (1, true));
        let cut = Question::parse("ema=2,3&signals=sma&to=2026-02-08").unwrap();
        let cut = view(&late, &cut, "S", Lang::En);
        assert_eq!((cut.rows.len(), cut.pending.unwrap().word), (0, "Buy"));
    }

    #[test]
    fn without_windows_or_bars_it_says_so() {
        let off = view(&series(), &Question::parse("ema=off").unwrap(), "S", Lang::En);
        assert!(off.none.is_some() && off.rows.is_empty());
        let short = view(&Series::default(), &Question::parse("").unwrap(), "S", Lang::En);
        assert!(short.none.unwrap().contains("30"));
    }
}
