//! Prices, and how they are written.

use std::sync::LazyLock;

use chrono::Duration;
use domain::Stage;
use domain::cost::{self, MicroUsd, Prices, Setup};

use crate::format;
use crate::state::App;
use crate::text::Lang;

static PRICES: LazyLock<Option<Prices>> = LazyLock::new(|| {
    Prices::built_in().map_err(|error| tracing::error!(%error, "no prices: costs are not shown")).ok()
});

/// What things cost, and what this installation consists of.
#[derive(Debug, Clone, Copy)]
pub struct Tariff {
    /// The prices.
    pub prices: &'static Prices,
    /// What there is.
    pub setup: &'static Setup,
}

impl Tariff {
    /// That of the site's settings; `None` where they name a setup that there is none of.
    pub fn of(app: &App) -> Option<Self> {
        let prices = PRICES.as_ref()?;
        Some(Self { prices, setup: prices.setup(&app.settings.cost_setup)? })
    }

    /// What the machines of a stage cost while they are on for `time`.
    pub fn stage(self, stage: Stage, time: Duration) -> MicroUsd {
        cost::of_stage(self.prices, self.setup, stage, time)
    }
}

/// An amount: `$0.0134` in English, `0,0134 US$` in Spanish; below ten dollars with four digits, so that a run's cost shows.
pub fn usd(amount: MicroUsd, lang: Lang) -> String {
    let value = amount.0 as f64 / 1e6;
    let number = format::number(value, if value < 10.0 { 4 } else { 2 }, lang);
    match lang {
        Lang::En => format!("${number}"),
        Lang::Es => format!("{number}\u{a0}US$"),
    }
}

/// How long something took: `45 s`, `12 min`, `3 h 05 min`.
pub fn lasted(time: Duration, lang: Lang) -> String {
    let seconds = time.num_seconds();
    match seconds {
        ..60 => format!(
            "{}\u{a0}s",
            format::number(time.num_milliseconds() as f64 / 1e3, usize::from(seconds < 10), lang)
        ),
        60..3600 => format!("{}\u{a0}min {:02}\u{a0}s", seconds / 60, seconds % 60),
        _ => format!("{}\u{a0}h {:02}\u{a0}min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_times_are_short() {
        assert_eq!(usd(MicroUsd(67_006), Lang::En), "$0.0670");
        assert_eq!(usd(MicroUsd(12_345_678), Lang::Es), "12,35\u{a0}US$");
        assert_eq!(lasted(Duration::milliseconds(3_240), Lang::Es), "3,2\u{a0}s");
        assert_eq!(lasted(Duration::seconds(59), Lang::En), "59\u{a0}s");
        assert_eq!(lasted(Duration::seconds(65), Lang::En), "1\u{a0}min 05\u{a0}s");
        assert_eq!(lasted(Duration::minutes(125), Lang::En), "2\u{a0}h 05\u{a0}min");
    }
}
