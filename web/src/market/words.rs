//! The sentences that answer. They say no more than the reader may see, and never advise.

use crate::format;
use crate::text::{Lang, fill, text};

use super::store::{BarRow, ForecastRow, SentimentRow};

/// Below this a score is called neutral.
const NEUTRAL: f64 = 0.05;
/// Below this a score is called slight.
const SLIGHT: f64 = 0.2;
/// Below this a score is called clear; above, strong.
const CLEAR: f64 = 0.5;

/// The word for a score and its interval.
pub fn mood(score: f64, low: Option<f64>, high: Option<f64>, lang: Lang) -> &'static str {
    let undecided = low.zip(high).is_some_and(|(low, high)| low < 0.0 && high > 0.0);
    let size = score.abs();
    let key = match (size < NEUTRAL, undecided, score > 0.0) {
        (true, ..) => "mood_neutral",
        (_, true, _) => "mood_undecided",
        (_, _, true) if size < SLIGHT => "mood_slightly_positive",
        (_, _, true) if size < CLEAR => "mood_positive",
        (_, _, true) => "mood_strongly_positive",
        _ if size < SLIGHT => "mood_slightly_negative",
        _ if size < CLEAR => "mood_negative",
        _ => "mood_strongly_negative",
    };
    text(lang, key)
}

/// Documents behind a score.
pub fn organic(row: &SentimentRow) -> i64 {
    row.posts_organic + row.articles_organic
}

/// The mood of one asset as the first part of its answer.
pub fn asset_mood(row: &SentimentRow, lang: Lang) -> String {
    let documents = format::count(organic(row), lang);
    let Some(score) = row.score else {
        return fill(lang, "answer_few", &[("documents", &documents)]);
    };
    let values = [
        ("mood", mood(score, row.low, row.high, lang)),
        ("score", &format::signed(score, 2, lang)),
        ("interval", &interval(row.low, row.high, lang)),
        ("documents", &documents),
    ];
    fill(lang, "answer_mood", &values)
}

/// An interval of scores: `+0.13 to +0.23`.
pub fn interval(low: Option<f64>, high: Option<f64>, lang: Lang) -> String {
    match low.zip(high) {
        Some((low, high)) => {
            let (low, high) = (format::signed(low, 2, lang), format::signed(high, 2, lang));
            fill(lang, "interval", &[("low", &low), ("high", &high)])
        }
        None => format::MISSING.to_owned(),
    }
}

/// The change from the last bar but one to the last; `None` below two bars.
pub fn last_change(bars: &[BarRow]) -> Option<f64> {
    let [.., before, last] = bars else { return None };
    (before.basis() != 0.0).then(|| last.basis() / before.basis() - 1.0)
}

/// The price as part of an asset's answer.
pub fn asset_price(bars: &[BarRow], lang: Lang) -> Option<String> {
    let [.., before, _] = bars else { return None };
    let change = format::change(last_change(bars)?, 1, lang);
    Some(fill(
        lang,
        "answer_price",
        &[("change", &change), ("day", &format::short_day(before.traded_on, lang))],
    ))
}

/// The outlook as part of an asset's answer: the 80 % interval of the furthest horizon.
pub fn asset_outlook(forecast: &[ForecastRow], lang: Lang) -> Option<String> {
    let furthest = forecast.last()?;
    let share = |price: f64| format::change(price / furthest.last_close - 1.0, 1, lang);
    let values = [("low", &*share(furthest.q10)), ("high", &*share(furthest.q90))];
    Some(fill(lang, "answer_outlook", &values))
}

/// Joins the parts of an answer into one sentence.
pub fn sentence(parts: &[String]) -> String {
    let joined = parts.join("; ");
    let mut letters = joined.chars();
    let start: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{start}{}.", letters.as_str())
}

/// The mean mood over assets, weighted by their documents, with half the width of its 95 % interval.
pub struct MarketMood {
    /// Mean score.
    pub score: f64,
    /// Half the width of its interval.
    pub half: f64,
    /// Assets that have a score.
    pub assets: usize,
    /// Documents behind them.
    pub documents: i64,
}

impl MarketMood {
    /// The mean over assets from its sums: of their weights, of weight times score, and of the squares of weight times half
    /// the interval's width. `None` when no asset has a score.
    pub fn of_sums(weight: f64, sum: f64, squares: f64, assets: usize, documents: i64) -> Option<Self> {
        let (score, half) = (sum / weight, squares.sqrt() / weight);
        (weight > 0.0).then_some(Self { score, half, assets, documents })
    }
}

/// The mood of the market; `None` when no asset has a score.
pub fn market_mood<'a>(rows: impl Iterator<Item = &'a SentimentRow>) -> Option<MarketMood> {
    let (mut weight, mut sum, mut variance, mut assets) = (0.0, 0.0, 0.0, 0);
    let mut documents = 0;
    for row in rows {
        let Some(score) = row.score else { continue };
        let share = organic(row) as f64;
        let half = row.low.zip(row.high).map_or(0.0, |(low, high)| (high - low) / 2.0);
        weight += share;
        sum += share * score;
        // Assets are taken as independent: a document that names two is counted for both.
        variance += (share * half).powi(2);
        assets += 1;
        documents += organic(row);
    }
    MarketMood::of_sums(weight, sum, variance, assets, documents)
}

/// The sentence over the front page.
pub fn market(mood_of: &MarketMood, lang: Lang) -> String {
    let (low, high) = (mood_of.score - mood_of.half, mood_of.score + mood_of.half);
    let values = [
        ("mood", mood(mood_of.score, Some(low), Some(high), lang)),
        ("score", &format::signed(mood_of.score, 2, lang)),
        ("half", &format::number(mood_of.half, 2, lang)),
        ("assets", &format::count(mood_of.assets as i64, lang)),
        ("documents", &format::count(mood_of.documents, lang)),
    ];
    fill(lang, "home_answer", &values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mood_whose_interval_holds_zero_is_not_called_positive() {
        assert_eq!(mood(0.12, Some(0.05), Some(0.2), Lang::En), "slightly positive");
        assert_eq!(mood(0.12, Some(-0.05), Some(0.3), Lang::En), "without a clear direction");
        assert_eq!(mood(-0.6, Some(-0.7), Some(-0.5), Lang::En), "strongly negative");
        assert_eq!(mood(0.01, None, None, Lang::En), "neutral");
    }

    #[test]
    fn parts_make_one_sentence() {
        assert_eq!(sentence(&["mood neutral".into(), "price +1 %".into()]), "Mood neutral; price +1 %.");
    }
}
