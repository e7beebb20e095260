//! Price paths by the hour: a market, a sector and an own part, each with calm and rough times, and a drift that follows the mood.

use chrono::Datelike;
use domain::AssetClass;

use super::assets::Asset;
use super::dice::{Dice, Purpose};
use super::mood::Moods;
use super::names::SECTORS;
use super::{SLOT, Span};
use crate::moment::{DAY, HOUR, Micros, utc};

/// Trading days of history before the window.
const HISTORY_DAYS: usize = 260;
/// What one unit of mood adds to the return of a slot, in standard deviations of that slot.
pub(super) const MOOD_STRENGTH: f64 = 0.35;

/// One bar as the file has it.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    /// Index of the asset.
    pub asset: usize,
    /// Whether it is a day; else an hour.
    pub daily: bool,
    /// When it opens.
    pub at: Micros,
    /// Open, high, low, close.
    pub prices: [f64; 4],
    /// Volume.
    pub volume: f64,
}

/// A standard deviation that switches between calm and rough.
struct Regime {
    rough: bool,
}

impl Regime {
    /// The factor of this hour.
    fn next(&mut self, dice: &mut Dice) -> f64 {
        let leaves = if self.rough { 1.0 / (24.0 * 6.0) } else { 1.0 / (24.0 * 25.0) };
        if dice.chance(leaves) {
            self.rough = !self.rough;
        }
        if self.rough { 2.1 } else { 0.8 }
    }
}

/// All bars: daily ones from 260 trading days before the window, hourly ones inside it. Sorted by asset, interval, time.
pub(super) fn bars(seed: u64, assets: &[Asset], moods: &Moods, span: Span) -> Vec<Bar> {
    let from = history_start(span.start);
    let hours = ((span.end() - from) / HOUR) as usize;
    let market = factor(seed, 0, hours);
    let sectors: Vec<Vec<f64>> = (0..SECTORS.len()).map(|sector| factor(seed, 1 + sector, hours)).collect();
    let mut bars = Vec::new();
    for (number, asset) in assets.iter().enumerate() {
        let mut dice = Dice::new(seed, Purpose::Prices, 100 + number);
        let mut path = Path::new(asset, number, span);
        let mut regime = Regime { rough: false };
        for hour in 0..hours {
            let at = from + hour as Micros * HOUR;
            let own = regime.next(&mut dice) * dice.normal();
            let common = (market[hour], sectors[asset.sector][hour]);
            path.hour(&mut dice, at, common, own, moods);
        }
        bars.append(&mut path.daily);
        bars.append(&mut path.hourly);
    }
    bars
}

/// The midnight from which 260 weekdays lead to the window.
fn history_start(start: Micros) -> Micros {
    let mut at = start;
    let mut weekdays = 0;
    while weekdays < HISTORY_DAYS {
        at -= DAY;
        weekdays += usize::from(is_session_day(at));
    }
    at
}

fn is_session_day(at: Micros) -> bool {
    let independence_day = (utc(at).month(), utc(at).day()) == (7, 4);
    is_weekday(at) && !is_bank_holiday(at) && !independence_day
}

fn is_bank_holiday(at: Micros) -> bool {
    matches!((utc(at).month(), utc(at).day()), (1, 1) | (12, 25))
}

fn is_weekday(at: Micros) -> bool {
    utc(at).weekday().number_from_monday() <= 5
}

fn factor(seed: u64, number: usize, hours: usize) -> Vec<f64> {
    let mut dice = Dice::new(seed, Purpose::Prices, number);
    let mut regime = Regime { rough: false };
    (0..hours).map(|_| regime.next(&mut dice) * dice.normal()).collect()
}

/// One asset's price on its way.
struct Path<'a> {
    asset: &'a Asset,
    number: usize,
    span: Span,
    price: f64,
    /// Standard deviation of an hour in session.
    sigma: f64,
    /// Average volume of an hour.
    volume: f64,
    day: Option<Bar>,
    daily: Vec<Bar>,
    hourly: Vec<Bar>,
}

impl<'a> Path<'a> {
    fn new(asset: &'a Asset, number: usize, span: Span) -> Self {
        let (sigma, volume) = match asset.class {
            AssetClass::Equity => (0.0062, 2.4e6 * asset.attention + 2e5),
            AssetClass::Crypto => (0.0058, 9e9 / asset.first_price / 24.0 * (asset.attention + 0.1)),
            AssetClass::Fx => (0.0009, 4e6),
            AssetClass::Index => (0.0034, 3e8),
        };
        Self {
            asset,
            number,
            span,
            price: asset.first_price,
            sigma,
            volume,
            day: None,
            daily: Vec::new(),
            hourly: Vec::new(),
        }
    }

    fn hour(&mut self, dice: &mut Dice, at: Micros, (market, sector): (f64, f64), own: f64, moods: &Moods) {
        let of_day = at.rem_euclid(DAY) / HOUR;
        let open = match self.asset.class {
            AssetClass::Equity | AssetClass::Index => is_session_day(at) && (14..21).contains(&of_day),
            // Banks are closed at weekends and on two days of the year, and vendors of daily bars have none of those.
            AssetClass::Fx => is_weekday(at) && !is_bank_holiday(at),
            AssetClass::Crypto => true,
        };
        // The market sleeps while it is closed, but not quite: prices gap a little.
        let awake = if open { 1.0 } else { 0.12 };
        let mix = match self.asset.class {
            AssetClass::Equity => 0.5 * market + 0.35 * sector + 0.75 * own,
            AssetClass::Index => 0.95 * market + 0.2 * own,
            AssetClass::Crypto => 0.25 * market + 0.9 * own,
            AssetClass::Fx => 0.1 * market + 0.95 * own,
        };
        let jump = if dice.chance(0.0006) { 6.0 * dice.normal() } else { 0.0 };
        let drift = self.drift(at, moods);
        let change = self.sigma * awake * (mix + jump + drift);
        let before = self.price;
        self.price *= 1.0 + change.clamp(-0.4, 0.4);
        let wiggle = [dice.unit(), dice.unit()];
        if open {
            let stir = 0.6 + change.abs() / self.sigma * 0.5 + dice.unit() * 0.5;
            self.trade(at, before, wiggle, stir);
        }
        if of_day == 23 {
            self.close_day();
        }
    }

    /// What the mood of some slots ago adds, in standard deviations of an hour.
    fn drift(&self, at: Micros, moods: &Moods) -> f64 {
        if at < self.span.start {
            return 0.0;
        }
        let slot = ((at - self.span.start) / SLOT) as usize;
        // Six hours add up to MOOD_STRENGTH standard deviations of the slot: sqrt(6) of an hour's, spread over 6 hours.
        MOOD_STRENGTH * moods.behind_price(self.number, slot) * 6f64.sqrt() / 6.0
    }

    fn trade(&mut self, at: Micros, before: f64, wiggle: [f64; 2], stir: f64) {
        let reach = self.sigma * 0.5;
        let high = before.max(self.price) * (1.0 + reach * wiggle[0]);
        let low = before.min(self.price) * (1.0 - reach * wiggle[1]);
        let prices = [before, high, low, self.price].map(|price| round(self.asset, price));
        let volume = (self.volume * stir).round();
        if at >= self.span.start {
            self.hourly.push(Bar { asset: self.number, daily: false, at, prices, volume });
        }
        match &mut self.day {
            Some(day) => {
                day.prices =
                    [day.prices[0], day.prices[1].max(prices[1]), day.prices[2].min(prices[2]), prices[3]];
                day.volume += volume;
            }
            None => {
                let midnight = at.div_euclid(DAY) * DAY;
                self.day = Some(Bar { asset: self.number, daily: true, at: midnight, prices, volume });
            }
        }
    }

    fn close_day(&mut self) {
        self.daily.extend(self.day.take());
    }
}

/// Digits as an exchange has them.
pub(super) fn digits(asset: &Asset) -> usize {
    match asset.class {
        AssetClass::Fx if asset.first_price < 10.0 => 5,
        AssetClass::Fx => 3,
        _ if asset.first_price < 5.0 => 5,
        _ => 2,
    }
}

fn round(asset: &Asset, price: f64) -> f64 {
    let scale = [1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0][digits(asset)];
    (price.max(2.0 / scale) * scale).round() / scale
}
