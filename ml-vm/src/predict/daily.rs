//! The daily bars of one asset that are final at an instant.

use std::collections::BTreeMap;

use analytics::adjust::comparable;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use domain::bar::interval_duration;
use domain::mention::AssetBar;

use super::history::Felt;

/// The interval that forecasts are made of.
const INTERVAL: &str = "1d";

/// The daily bars that are final, one a day, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Daily {
    /// When each opens.
    pub opens_at: Vec<DateTime<Utc>>,
    /// First prices, on the scale of the closes.
    pub opens: Vec<f64>,
    /// Closes in which a split or a dividend is no move.
    pub closes: Vec<f64>,
    /// Traded amounts.
    pub volumes: Vec<Option<f64>>,
    /// Bars that could not be used, by what was wrong with them.
    pub refused: BTreeMap<&'static str, i64>,
    /// Final bars of other intervals, of which no forecast is made.
    pub other_intervals: i64,
}

impl Daily {
    /// Takes what is final at `now`: a bar counts once its interval has passed. Of several bars of one day the first source by
    /// name counts.
    pub fn of(bars: &[AssetBar], now: DateTime<Utc>) -> Self {
        let day = interval_duration(INTERVAL).unwrap_or_else(|| Duration::days(1));
        let mut out = Self::default();
        let mut usable: Vec<&AssetBar> = Vec::new();
        for bar in bars.iter().filter(|b| b.opens_at.checked_add_signed(day).is_some_and(|end| end <= now)) {
            if bar.interval != INTERVAL {
                out.other_intervals += 1;
            } else if let Some(wrong) = fault(bar) {
                *out.refused.entry(wrong).or_default() += 1;
            } else {
                usable.push(bar);
            }
        }
        usable.sort_by(|a, b| {
            (a.opens_at.date_naive(), &a.source, a.opens_at).cmp(&(
                b.opens_at.date_naive(),
                &b.source,
                b.opens_at,
            ))
        });
        usable.dedup_by_key(|b| b.opens_at.date_naive());
        let traded: Vec<f64> = usable.iter().map(|b| b.close).collect();
        let adjusted: Vec<Option<f64>> = usable.iter().map(|b| b.adj_close).collect();
        let marks: Vec<Option<f64>> = usable.iter().map(|b| b.split_ratio).collect();
        out.closes = comparable(&traded, &adjusted, &marks);
        out.opens = usable.iter().zip(&out.closes).map(|(b, close)| b.open * close / b.close).collect();
        out.opens_at = usable.iter().map(|b| b.opens_at).collect();
        // Where nobody adjusts, old shares are counted as the new ones that they became.
        let as_traded = adjusted.iter().all(Option::is_none);
        out.volumes = usable
            .iter()
            .zip(&out.closes)
            .map(|(b, close)| {
                b.volume.map(|volume| if as_traded { volume * b.close / close } else { volume })
            })
            .collect();
        out
    }

    /// How many bars could not be used.
    pub fn rejected(&self) -> i64 {
        self.refused.values().sum()
    }

    /// What was wrong, in plain words; nothing where all is well.
    pub fn troubles(&self) -> Vec<String> {
        let mut out: Vec<String> =
            self.refused.iter().map(|(wrong, count)| format!("{count} bars left out: {wrong}")).collect();
        if self.closes.is_empty() && self.other_intervals > 0 {
            out.push(format!(
                "{} bars are of other intervals than {INTERVAL}, of which forecasts are made",
                self.other_intervals
            ));
        }
        out
    }

    /// What was felt about each bar: the document-weighted mean of the slots that closed after the bar opened and not later than
    /// the next one opens, or for the last bar not later than `now`. Nothing that was felt after the next bar had opened can
    /// reach this one. Slots come oldest first.
    pub fn felt(&self, felt: &[Felt], now: DateTime<Utc>) -> Vec<Option<Felt>> {
        let ends = self.opens_at.iter().skip(1).copied().chain([now]);
        let mut rest = felt;
        let mut out = Vec::with_capacity(self.opens_at.len());
        for (from, end) in self.opens_at.iter().zip(ends) {
            rest = &rest[rest.partition_point(|f| f.known_at <= *from)..];
            let (known, later) = rest.split_at(rest.partition_point(|f| f.known_at <= end));
            rest = later;
            let documents: i64 = known.iter().map(|f| f.documents).sum();
            let sum: f64 = known.iter().map(|f| f.score * f.documents as f64).sum();
            let articles = known.iter().map(|f| f.articles).sum();
            let score = sum / documents as f64;
            out.push((documents > 0).then_some(Felt { known_at: end, score, documents, articles }));
        }
        out
    }

    /// The day of each bar.
    pub fn days(&self) -> Vec<NaiveDate> {
        self.opens_at.iter().map(DateTime::date_naive).collect()
    }
}

/// What is wrong with a bar; `None` where it can be used.
fn fault(bar: &AssetBar) -> Option<&'static str> {
    let prices = [bar.open, bar.high, bar.low, bar.close];
    if !prices.iter().chain(&bar.adj_close).chain(&bar.volume).all(|v| v.is_finite()) {
        return Some("a price or the volume is not a finite number");
    }
    if !prices.iter().chain(&bar.adj_close).all(|v| *v > 0.0) {
        return Some("a price is 0 or negative, and returns need positive ones");
    }
    if bar.volume.is_some_and(|volume| volume < 0.0) {
        return Some("the volume is negative");
    }
    (bar.high < bar.low).then_some("the highest price is below the lowest")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn bar(source: &str, opens_at: &str, close: f64) -> AssetBar {
        AssetBar {
            source: source.to_owned(),
            interval: "1d".to_owned(),
            opens_at: at(opens_at),
            open: close,
            high: close,
            low: close,
            close,
            adj_close: None,
            volume: None,
            split_ratio: None,
        }
    }

    #[test]
    fn only_final_usable_bars_count_once_and_in_order() {
        let mut hourly = bar("a", "2015-11-02T00:00:00Z", 9.0);
        hourly.interval = "1h".to_owned();
        let bars = [
            bar("b", "2015-11-03T00:00:00Z", 2.5),
            bar("a", "2015-11-03T00:00:00Z", 2.0),
            bar("a", "2015-11-02T00:00:00Z", 1.0),
            bar("a", "2015-11-04T00:00:00Z", f64::NAN),
            bar("a", "2015-11-05T00:00:00Z", 3.0),
            bar("a", "2015-11-06T00:00:00Z", 4.0),
            hourly,
        ];
        let daily = Daily::of(&bars, at("2015-11-06T18:00:00Z"));
        assert_eq!((daily.closes.as_slice(), daily.rejected()), ([1.0, 2.0, 3.0].as_slice(), 1));
    }

    #[test]
    fn sentiment_belongs_to_the_bar_before_the_next_opens() {
        let bars = [bar("a", "2015-11-05T00:00:00Z", 1.0), bar("a", "2015-11-06T00:00:00Z", 2.0)];
        let felt = |known_at: &str, score: f64, documents: i64| Felt {
            known_at: at(known_at),
            score,
            documents,
            articles: None,
        };
        let all = [
            felt("2015-11-05T00:00:00Z", -1.0, 10),
            felt("2015-11-05T06:00:00Z", 0.2, 10),
            felt("2015-11-06T00:00:00Z", 0.8, 20),
            felt("2015-11-06T06:00:00Z", 0.5, 5),
            felt("2015-11-08T06:00:00Z", -0.5, 5),
            felt("2015-11-09T06:00:00Z", -1.0, 50),
        ];
        let now = at("2015-11-08T06:00:00Z");
        let daily = Daily::of(&bars, now);
        let sentiment: Vec<Option<f64>> = daily.felt(&all, now).iter().map(|f| f.map(|f| f.score)).collect();
        assert!(
            (sentiment[0].unwrap() - 0.6).abs() < 1e-12 && sentiment[1].unwrap().abs() < 1e-12,
            "{sentiment:?}"
        );
        assert_eq!(daily.felt(&[], now), [None, None]);
    }

    #[test]
    fn bad_bars_are_named_and_left_out() {
        let good = bar("a", "2015-11-02T00:00:00Z", 1.0);
        let mut bars = vec![good.clone()];
        let mut spoil = |day: u32, change: &dyn Fn(&mut AssetBar)| {
            let mut bar = bar("a", &format!("2015-11-{day:02}T00:00:00Z"), 1.0);
            change(&mut bar);
            bars.push(bar);
        };
        spoil(3, &|b| b.close = -1.0);
        spoil(4, &|b| b.open = 0.0);
        spoil(5, &|b| b.volume = Some(f64::INFINITY));
        spoil(6, &|b| b.volume = Some(-5.0));
        spoil(7, &|b| (b.high, b.low) = (1.0, 2.0));
        let daily = Daily::of(&bars, at("2015-12-01T00:00:00Z"));
        assert_eq!((daily.closes.len(), daily.rejected()), (1, 5));
        let troubles = daily.troubles().join("; ");
        assert!(troubles.contains("2 bars left out: a price is 0 or negative"), "{troubles}");
        let mut minute = good;
        minute.interval = "1m".to_owned();
        let minutes = vec![minute; 1000];
        let daily = Daily::of(&minutes, at("2015-12-01T00:00:00Z"));
        assert!(
            daily.troubles()[0].starts_with("1000 bars are of other intervals"),
            "{:?}",
            daily.troubles()
        );
    }

    #[test]
    fn a_split_without_adjusted_closes_is_no_move() {
        let bars: Vec<AssetBar> = (0..60)
            .map(|i| {
                let close = (100.0 + (f64::from(i) * 0.9).sin()) * if i < 40 { 4.0 } else { 1.0 };
                let mut bar = bar("a", "2015-01-01T00:00:00Z", close);
                bar.opens_at += Duration::days(i64::from(i));
                bar
            })
            .collect();
        let daily = Daily::of(&bars, at("2015-12-01T00:00:00Z"));
        let moves = daily.closes.windows(2).map(|p| (p[1] / p[0]).ln().abs()).fold(0.0, f64::max);
        assert!(moves < 0.02, "{moves}");
        assert!((daily.opens[0] / daily.closes[0] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_split_that_the_bars_are_marked_with_is_no_move_and_volumes_count_new_shares() {
        let mut bars: Vec<AssetBar> = (0..60)
            .map(|i| {
                let ratio = if i < 3 { 1.5 } else { 1.0 };
                let mut bar = bar("a", "2015-01-01T00:00:00Z", (100.0 + (f64::from(i) * 0.9).sin()) * ratio);
                bar.opens_at += Duration::days(i64::from(i));
                bar.volume = Some(3e6 / ratio);
                bar
            })
            .collect();
        let largest = |bars: &[AssetBar]| {
            let daily = Daily::of(bars, at("2015-12-01T00:00:00Z"));
            daily.closes.windows(2).map(|p| (p[1] / p[0]).ln().abs()).fold(0.0, f64::max)
        };
        assert!(largest(&bars) > 0.3, "so near to the first bar it cannot be told without the mark");
        bars[3].split_ratio = Some(1.5);
        assert!(largest(&bars) < 0.02);
        let daily = Daily::of(&bars, at("2015-12-01T00:00:00Z"));
        assert!(daily.volumes.iter().flatten().all(|v| (v - 3e6).abs() < 1.0), "{:?}", daily.volumes);
    }
}
