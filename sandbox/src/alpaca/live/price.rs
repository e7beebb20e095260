//! What a price does between the open and the close of a world's bar: pure functions of the bar and the instant.
//!
//! A world has no trades. Within a bar the price is taken to go in straight lines through its four prices, a third of the bar each:
//! a bar that rises goes by its low first, one that falls by its high. So what is served live agrees with the bar that follows it.

use crate::moment::{Micros, SECOND};
use crate::world::bar::{Bar, Series};

/// A minute, in microseconds.
const MINUTE: Micros = 60 * SECOND;

/// A bar with its length.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open<'a> {
    bar: &'a Bar,
    length: Micros,
}

/// A minute's bar as the stream tells it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Minute {
    /// When it opens.
    pub at: Micros,
    /// Open, high, low, close.
    pub prices: [f64; 4],
    /// Its share of the bar's volume.
    pub volume: f64,
}

/// The bar of the finest series in which `now` lies; at the instant between two bars, the one that closes. `None` while nothing trades.
pub(super) fn open_at<'a>(series: impl Iterator<Item = &'a Series>, now: Micros) -> Option<Open<'a>> {
    let finest = series.filter(|series| !series.bars.is_empty()).min_by_key(|series| series.length)?;
    let next = finest.bars.partition_point(|bar| bar.at < now);
    let bar = finest.bars.get(next.checked_sub(1)?)?;
    (now <= bar.at.saturating_add(finest.length)).then_some(Open { bar, length: finest.length })
}

impl Open<'_> {
    /// The four instants between which the price goes in straight lines, with its prices then.
    fn corners(&self) -> [(Micros, f64); 4] {
        let Bar { at, open, high, low, close, .. } = *self.bar;
        let (second, third) = if close >= open { (low, high) } else { (high, low) };
        [
            (at, open),
            (at + self.length / 3, second),
            (at + self.length / 3 * 2, third),
            (at + self.length, close),
        ]
    }

    /// The price at `now`, to the cent, or to five digits below 5.
    pub(super) fn price(&self, now: Micros) -> f64 {
        for pair in self.corners().windows(2) {
            let [(from, first), (to, last)] = pair else { continue };
            if now == *from {
                return *first;
            }
            if now > *from && now < *to {
                let part = (now - from) as f64 / (to - from) as f64;
                return round(first + (last - first) * part);
            }
        }
        self.bar.close
    }

    /// The last whole minute of the bar that has passed at `now`; `None` in its first minute.
    pub(super) fn minute(&self, now: Micros) -> Option<Minute> {
        let end = now.div_euclid(MINUTE) * MINUTE;
        let at = end - MINUTE;
        if at < self.bar.at {
            return None;
        }
        let (open, close) = (self.price(at), self.price(end));
        let inside = self.corners().into_iter().filter(|(corner, _)| (at..=end).contains(corner));
        let touched = || inside.clone().map(|(_, price)| price).chain([open, close]);
        let high = touched().fold(f64::MIN, f64::max);
        let low = touched().fold(f64::MAX, f64::min);
        let share = MINUTE as f64 / self.length.max(MINUTE) as f64;
        let volume = (self.bar.volume.unwrap_or(0.0) * share).round();
        Some(Minute { at, prices: [open, high, low, close], volume })
    }
}

fn round(price: f64) -> f64 {
    let scale = if price.abs() < 5.0 { 1e5 } else { 1e2 };
    (price * scale).round() / scale
}

/// The best bid and offer round a price: half a basis point to each side, a cent at least where prices have cents.
pub(super) fn spread(price: f64) -> (f64, f64) {
    let half = (price.abs() * 0.000_05).max(if price.abs() < 5.0 { 0.000_01 } else { 0.01 });
    (round(price - half), round(price + half))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::moment::HOUR;

    fn series(close: f64) -> Series {
        let bar = |at, close| Bar {
            at,
            open: 100.0,
            high: 112.0,
            low: 94.0,
            close,
            adj_close: None,
            volume: Some(6_000.0),
        };
        Series { length: HOUR, bars: vec![bar(0, close), bar(3 * HOUR, 104.0)] }
    }

    #[test]
    fn a_price_passes_all_four_of_its_bar() {
        let rising = series(106.0);
        let at = |series: &Series, now| open_at([series].into_iter(), now).map(|open| open.price(now));
        assert_eq!(at(&rising, 1), Some(100.0));
        assert_eq!(at(&rising, HOUR / 3), Some(94.0), "the low first");
        assert_eq!(at(&rising, HOUR / 2), Some(103.0), "half way from 94 to 112");
        assert_eq!(at(&rising, HOUR / 3 * 2), Some(112.0));
        assert_eq!(at(&rising, HOUR), Some(106.0), "the close, exactly");
        assert_eq!(at(&rising, HOUR + 1), None, "nothing trades between the two bars");
        assert_eq!(at(&rising, 0), None);
        assert_eq!(at(&series(99.0), HOUR / 3), Some(112.0), "a falling bar goes by its high first");
    }

    #[test]
    fn minutes_add_up_to_their_bar() {
        let series = series(106.0);
        let minutes: Vec<Minute> =
            (1..=60).filter_map(|n| open_at([&series].into_iter(), n * MINUTE)?.minute(n * MINUTE)).collect();
        assert_eq!(minutes.len(), 60);
        assert_eq!((minutes[0].prices[0], minutes[59].prices[3]), (100.0, 106.0));
        let high = minutes.iter().map(|minute| minute.prices[1]).fold(f64::MIN, f64::max);
        let low = minutes.iter().map(|minute| minute.prices[2]).fold(f64::MAX, f64::min);
        assert_eq!((high, low), (112.0, 94.0));
        assert_eq!(minutes.iter().map(|minute| minute.volume).sum::<f64>(), 6_000.0);
        assert!(minutes.windows(2).all(|pair| pair[0].prices[3] == pair[1].prices[0]));
    }

    #[test]
    fn a_spread_is_narrow_and_never_crossed() {
        for price in [0.31, 4.9, 12.0, 250.0, 64_000.0] {
            let (bid, ask) = spread(price);
            assert!(bid < price && price < ask && (ask - bid) / price < 0.002, "{price}: {bid} {ask}");
        }
    }
}
