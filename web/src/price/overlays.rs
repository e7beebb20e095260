//! The indicators that are switched on, with their windows.

use analytics::indicators;

use super::params::{Params, Refused, Written, whole};
use super::series::Series;
use crate::text::{Lang, text};

/// Shortest and longest window, in bars.
pub const WINDOW: (usize, usize) = (2, 400);
/// Shortest and longest smoothing, in bars.
const SMOOTHING: (usize, usize) = (1, 100);
/// Narrowest and widest bands, in standard deviations.
const WIDTH: (f64, f64) = (0.5, 5.0);
/// The two averages that are shown unless something else is asked.
const USUAL_EMA: Option<[usize; 2]> = Some([12, 26]);

/// Which stochastic oscillator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stochastic {
    /// Range, smoothing of %K, smoothing of %D.
    Slow([usize; 3]),
    /// Range, smoothing of %D.
    Fast([usize; 2]),
}

/// What is drawn over and under the bars; `None` is switched off.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlays {
    /// Traded volume.
    pub volume: bool,
    /// Two exponential averages, the quick one first; their crossings are the signals.
    pub ema: Option<[usize; 2]>,
    /// Simple averages, at most two.
    pub sma: Vec<usize>,
    /// Bollinger bands: window and width in standard deviations.
    pub bands: Option<(usize, f64)>,
    /// Quick, slow and signal.
    pub macd: Option<[usize; 3]>,
    /// Relative strength.
    pub rsi: Option<usize>,
    /// Stochastic oscillator.
    pub stochastic: Option<Stochastic>,
}

impl Default for Overlays {
    fn default() -> Self {
        Self {
            volume: true,
            ema: USUAL_EMA,
            sma: Vec::new(),
            bands: None,
            macd: None,
            rsi: None,
            stochastic: None,
        }
    }
}

const SWITCH: [(&str, bool); 2] = [("1", true), ("0", false)];

impl Overlays {
    /// Reads them.
    ///
    /// # Errors
    /// A window is none, or none that can be computed.
    pub fn parse(params: &Params) -> Result<Self, Refused> {
        let volume = params.choice("volume", &SWITCH, true, "accepts_switch")?;
        let ema = match params.get("ema") {
            None => USUAL_EMA,
            Some("off") => None,
            // A form sends its own two fields.
            Some("own") => {
                let given = [params.get("fast"), params.get("slow")].map(Option::unwrap_or_default).join(",");
                Some(ema("fast, slow", &given)?)
            }
            Some(given) => Some(ema("ema", given)?),
        };
        Ok(Self {
            volume,
            ema,
            sma: given(params, "sma", "accepts_sma", |text| windows(text, 1..=2))?.unwrap_or_default(),
            bands: given(params, "bands", "accepts_bands", bands)?,
            macd: given(params, "macd", "accepts_macd", macd)?,
            rsi: given(params, "rsi", "accepts_rsi", |text| {
                if text == "1" { Some(14) } else { within(text, WINDOW) }
            })?,
            stochastic: given(params, "stoch", "accepts_stoch", stochastic)?,
        })
    }

    /// Writes what differs from the usual.
    pub fn write(&self, query: &mut Written) {
        query.choice("volume", &SWITCH, self.volume, true);
        if self.ema != USUAL_EMA {
            query.push("ema", &self.ema.map_or_else(|| "off".to_owned(), |w| listed(&w)));
        }
        if !self.sma.is_empty() {
            query.push("sma", &listed(&self.sma));
        }
        if let Some((window, width)) = self.bands {
            query.push("bands", &format!("{window},{width}"));
        }
        if let Some(windows) = self.macd {
            query.push("macd", &listed(&windows));
        }
        if let Some(window) = self.rsi {
            query.push("rsi", &window.to_string());
        }
        if let Some(which) = self.stochastic {
            query.push("stoch", &which.word());
        }
    }

    /// Panes of the chart: that of the price, and one for each oscillator.
    pub fn panes(&self) -> usize {
        1 + [self.macd.is_some(), self.rsi.is_some(), self.stochastic.is_some()]
            .map(usize::from)
            .iter()
            .sum::<usize>()
    }

    /// Every line of them over the whole series, NaN while it warms up.
    pub fn columns(&self, series: &Series, lang: Lang) -> Vec<Column> {
        let mut columns = Vec::new();
        let mut add = |name, pane, label: String, values| columns.push(Column { name, pane, label, values });
        let close = &series.close;
        for (name, window) in ["ema_fast", "ema_slow"].into_iter().zip(self.ema.into_iter().flatten()) {
            add(name, "price", format!("EMA {window}"), indicators::ema(close, window));
        }
        for (name, window) in ["sma_first", "sma_second"].into_iter().zip(&self.sma) {
            add(name, "price", format!("SMA {window}"), indicators::sma(close, *window));
        }
        if let Some((window, width)) = self.bands {
            let bands = indicators::bollinger(close, window, width);
            let label = |key| format!("{} {window}, {width}", text(lang, key));
            add("band_upper", "price", label("prices_band_upper"), bands.upper);
            add("band_middle", "price", label("prices_band_middle"), bands.middle);
            add("band_lower", "price", label("prices_band_lower"), bands.lower);
        }
        if let Some([fast, slow, signal]) = self.macd {
            let macd = indicators::macd(close, fast, slow, signal);
            add("macd", "macd", format!("MACD {fast}, {slow}"), macd.macd);
            add("macd_signal", "macd", format!("{} {signal}", text(lang, "prices_macd_signal")), macd.signal);
            add("macd_histogram", "macd", text(lang, "prices_macd_histogram").to_owned(), macd.histogram);
        }
        if let Some(window) = self.rsi {
            add("rsi", "rsi", format!("RSI {window}"), indicators::rsi(close, window));
        }
        let (high, low) = (&series.high, &series.low);
        match self.stochastic {
            Some(Stochastic::Slow([range, k, d])) => {
                let both = indicators::stochastic(high, low, close, range, k, d);
                add("slow_k", "stochastic", format!("%K {range}, {k}"), both.slow_k);
                add("slow_d", "stochastic", format!("%D {d}"), both.slow_d);
            }
            Some(Stochastic::Fast([range, d])) => {
                let both = indicators::stochastic(high, low, close, range, 1, d);
                add("fast_k", "stochastic", format!("%K {range}"), both.fast_k);
                add("fast_d", "stochastic", format!("%D {d}"), both.fast_d);
            }
            None => {}
        }
        columns
    }
}

/// One line of an indicator.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Column {
    /// What it is, for programs.
    pub name: &'static str,
    /// The pane that it is drawn in: `price`, `macd`, `rsi` or `stochastic`.
    pub pane: &'static str,
    /// What it is, for readers.
    pub label: String,
    /// A value a bar; NaN, in JSON null, while it warms up.
    pub values: Vec<f64>,
}

impl Stochastic {
    /// As an address writes it.
    pub fn word(self) -> String {
        match self {
            Self::Slow(windows) => format!("slow,{}", listed(&windows)),
            Self::Fast(windows) => format!("fast,{}", listed(&windows)),
        }
    }
}

/// Numbers with commas between.
pub fn listed(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

/// A parameter that is off unless it is given.
fn given<T>(
    params: &Params,
    name: &'static str,
    accepts: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Refused> {
    match params.get(name) {
        None | Some("off") => Ok(None),
        Some(text) => read(text).map(Some).ok_or_else(|| Refused::new(name, text, accepts)),
    }
}

fn within(text: &str, (lowest, highest): (usize, usize)) -> Option<usize> {
    whole(text.trim()).filter(|n| (lowest..=highest).contains(n))
}

/// Different windows, the shortest first.
fn windows(text: &str, count: std::ops::RangeInclusive<usize>) -> Option<Vec<usize>> {
    let mut windows: Vec<usize> =
        text.split(',').take(9).map(|part| within(part, WINDOW)).collect::<Option<_>>()?;
    windows.sort_unstable();
    let different = windows.windows(2).all(|pair| pair[0] < pair[1]);
    (count.contains(&windows.len()) && different).then_some(windows)
}

fn ema(name: &'static str, given: &str) -> Result<[usize; 2], Refused> {
    let pair = windows(given, 2..=2).and_then(|pair| <[usize; 2]>::try_from(pair).ok());
    pair.ok_or_else(|| Refused::new(name, given, "accepts_ema"))
}

fn bands(text: &str) -> Option<(usize, f64)> {
    if text == "1" {
        return Some((20, 2.0));
    }
    let (window, width) = text.split_once(',')?;
    let width: f64 = width.trim().parse().ok()?;
    Some((within(window, WINDOW)?, Some(width).filter(|w| (WIDTH.0..=WIDTH.1).contains(w))?))
}

fn macd(text: &str) -> Option<[usize; 3]> {
    if text == "1" {
        return Some([12, 26, 9]);
    }
    let (averages, signal) = text.rsplit_once(',')?;
    let [fast, slow] = <[usize; 2]>::try_from(windows(averages, 2..=2)?).ok()?;
    Some([fast, slow, within(signal, SMOOTHING)?])
}

fn stochastic(text: &str) -> Option<Stochastic> {
    let mut parts = text.split(',').map(str::trim);
    let kind = parts.next()?;
    let numbers: Vec<&str> = parts.collect();
    match (kind, numbers.as_slice()) {
        ("slow" | "1", []) => Some(Stochastic::Slow([14, 3, 3])),
        ("fast", []) => Some(Stochastic::Fast([14, 3])),
        ("slow", [range, k, d]) => {
            Some(Stochastic::Slow([within(range, WINDOW)?, within(k, SMOOTHING)?, within(d, SMOOTHING)?]))
        }
        ("fast", [range, d]) => Some(Stochastic::Fast([within(range, WINDOW)?, within(d, SMOOTHING)?])),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Overlays, Refused> {
        Overlays::parse(&Params::parse(query).unwrap())
    }

    #[test]
    fn what_is_written_is_read_again() {
        for query in [
            "",
            "volume=0&ema=50,200&sma=20&bands=20,2&macd=12,26,9&rsi=14&stoch=slow,14,3,3",
            "ema=off&sma=20,50&bands=50,2.5&stoch=fast,14,3",
        ] {
            let mut written = Written::default();
            read(query).unwrap().write(&mut written);
            assert_eq!(written.done(), query);
        }
    }

    #[test]
    fn forms_and_short_forms_are_understood() {
        assert_eq!(read("ema=own&fast=30&slow=10").unwrap().ema, Some([10, 30]));
        assert_eq!(read("ema=26,12").unwrap().ema, Some([12, 26]));
        assert_eq!(read("macd=1&rsi=1&bands=1&stoch=1").unwrap().panes(), 4);
        assert_eq!(read("macd=off&rsi=&stoch=off").unwrap(), Overlays::default());
        assert_eq!(read("stoch=fast").unwrap().stochastic, Some(Stochastic::Fast([14, 3])));
    }

    #[test]
    fn absurd_windows_are_refused() {
        for query in [
            "ema=0,26",
            "ema=1,26",
            "ema=12",
            "ema=12,12",
            "ema=12,1000000000",
            "ema=-12,26",
            "ema=NaN,26",
            "ema=12,26,50",
            "ema=own",
            "ema=own&fast=1&slow=5",
            "ema=<b>",
            "sma=0",
            "sma=1",
            "sma=20,20",
            "sma=1,2,3",
            "sma=1000000000",
            "bands=20",
            "bands=20,NaN",
            "bands=20,-2",
            "bands=20,inf",
            "bands=1,2",
            "bands=20,1e9",
            "macd=2",
            "macd=26,26,9",
            "macd=12,26,0",
            "macd=12,26,-9",
            "rsi=-14",
            "rsi=NaN",
            "rsi=1000000000",
            "rsi=14.5",
            "stoch=slow,14",
            "stoch=fast,14,3,3",
            "stoch=middle",
            "stoch=slow,0,3,3",
            "volume=2",
        ] {
            assert!(read(query).is_err(), "{query}");
        }
    }
}
