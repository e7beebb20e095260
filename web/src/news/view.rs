//! What a reader sees of headlines and of what was counted in them.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::asked::Filters;
use super::digest::{DayTone, MeanTone, Tally};
use super::store::HeadlineRow;
use crate::format;
use crate::market::cache::Edition;
use crate::market::view::{Direction, asset_href};
use crate::market::words;
use crate::sentiment::removed;
use crate::sentiment::xray::{Figure, link};
use crate::text::{Lang, text};

/// Sizes of words in the cloud, from 1.
const SIZES: usize = 6;

/// A tone as a reader sees it.
#[derive(Debug, Serialize)]
pub struct ToneView {
    /// The score.
    pub figure: Figure,
    /// Its direction.
    pub direction: Direction,
}

/// A headline.
#[derive(Debug, Serialize)]
pub struct HeadlineView {
    /// The headline; `None`: it may not be shown.
    pub title: Option<String>,
    /// Link, if it is one.
    pub url: Option<String>,
    /// Its outlet.
    pub outlet: Option<String>,
    /// The headlines of that outlet.
    pub outlet_query: String,
    /// Who wrote it.
    pub authors: String,
    /// Its language, where it is known and another than the page's.
    pub lang: Option<String>,
    /// When it was written, for machines.
    pub said_at: DateTime<Utc>,
    /// When it was written.
    pub said: String,
    /// Its tone; `None`: not known, or withheld.
    pub tone: Option<ToneView>,
    /// Why it is noise.
    pub noise: Option<String>,
    /// The assets that it names: symbol and path.
    pub assets: Vec<(String, String)>,
}

/// A headline as a reader sees it, with its tone where `tones` says so.
pub fn headline(row: &HeadlineRow, filters: &Filters, tones: bool, lang: Lang) -> HeadlineView {
    let shown = row.title.is_some();
    let known_lang = |code: &&String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase());
    HeadlineView {
        title: row.title.clone(),
        url: row.url.as_deref().filter(|_| shown).and_then(link),
        outlet: row.outlet.clone(),
        outlet_query: row.outlet.as_deref().map(|o| filters.query(&[("outlet", o)])).unwrap_or_default(),
        authors: row
            .authors
            .as_deref()
            .filter(|_| shown)
            .map(|authors| authors.join(", "))
            .unwrap_or_default(),
        lang: row.lang.as_ref().filter(known_lang).filter(|code| *code != lang.code()).cloned(),
        said_at: row.said_at,
        said: format::short_instant(row.said_at, lang),
        tone: row.score.filter(|_| tones).map(|score| tone(score, lang)),
        noise: row.noise.as_deref().map(|noise| removed::reason(noise, lang)),
        assets: row.symbols.iter().map(|s| (s.clone(), format!("{}/news", asset_href(s)))).collect(),
    }
}

fn tone(score: f64, lang: Lang) -> ToneView {
    let direction = Direction::of(score, analytics::aggregate::NEUTRAL_BAND, lang);
    ToneView { figure: Figure { class: direction.class, ..Figure::of(score, 2, lang) }, direction }
}

/// A name with its headlines.
#[derive(Debug, Serialize)]
pub struct TallyView {
    /// The name.
    pub name: String,
    /// What it is called, where that differs.
    pub title: String,
    /// Where its headlines are.
    pub href: String,
    /// How many.
    pub headlines: String,
    /// Size in the cloud, from 1 to 6.
    pub size: usize,
    /// Mean tone; `None`: too few.
    pub tone: Option<ToneView>,
    /// Its interval.
    pub interval: Option<String>,
}

/// Names as a reader sees them; `href` says where the headlines of one are.
pub fn tallies(tallies: &[Tally], href: impl Fn(&str) -> String, lang: Lang) -> Vec<TallyView> {
    let most = tallies.iter().map(|t| t.headlines).max().unwrap_or(1);
    let least = tallies.iter().map(|t| t.headlines).min().unwrap_or(1);
    tallies
        .iter()
        .map(|tally| TallyView {
            name: tally.name.clone(),
            title: tally.name.clone(),
            href: href(&tally.name),
            headlines: format::count(tally.headlines as i64, lang),
            size: size(tally.headlines, least, most),
            tone: tally.tone.map(|t| tone(t.score, lang)),
            interval: tally.tone.map(|t| interval(&t, lang)),
        })
        .collect()
}

/// Assets as readers know them.
pub fn assets(found: &[Tally], edition: &Edition, lang: Lang) -> Vec<TallyView> {
    let mut views = tallies(found, |symbol| format!("{}/news", asset_href(symbol)), lang);
    for view in &mut views {
        if let Some(asset) = edition.front.assets.get(&view.name) {
            view.title.clone_from(&asset.name);
        }
    }
    views
}

/// Sizes grow with the square root, so that the area follows the number.
fn size(headlines: usize, least: usize, most: usize) -> usize {
    let root = |n: usize| (n as f64).sqrt();
    let span = root(most) - root(least);
    let share = if span > 0.0 { (root(headlines) - root(least)) / span } else { 0.5 };
    1 + (share * (SIZES - 1) as f64).round() as usize
}

/// The cloud: the same words by the alphabet.
pub fn cloud(words: &[TallyView]) -> Vec<&TallyView> {
    let mut cloud: Vec<_> = words.iter().collect();
    cloud.sort_by(|a, b| a.name.cmp(&b.name));
    cloud
}

fn interval(tone: &MeanTone, lang: Lang) -> String {
    words::interval(Some(tone.low), Some(tone.high), lang)
}

/// The tone of one day.
#[derive(Debug, Serialize)]
pub struct DayView {
    /// The day, for machines.
    pub day: String,
    /// The day.
    pub shown: String,
    /// How many headlines.
    pub headlines: String,
    /// Mean tone; `None`: too few.
    pub tone: Option<ToneView>,
    /// Lower end of its interval, for machines.
    pub low: String,
    /// Upper end.
    pub high: String,
    /// The interval.
    pub interval: String,
}

/// Days as a reader sees them, newest first.
pub fn days(days: &[DayTone], lang: Lang) -> Vec<DayView> {
    let exact = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
    days.iter()
        .rev()
        .map(|day| DayView {
            day: day.day.to_string(),
            shown: format::day(day.day, lang),
            headlines: format::count(day.headlines as i64, lang),
            tone: day.tone.map(|t| tone(t.score, lang)),
            low: exact(day.tone.map(|t| t.low)),
            high: exact(day.tone.map(|t| t.high)),
            interval: day.tone.map_or_else(|| text(lang, "too_few").to_owned(), |t| interval(&t, lang)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_number_of_headlines() {
        assert_eq!([1, 4, 9, 100].map(|n| size(n, 1, 100)), [1, 2, 2, 6]);
        assert_eq!(size(7, 7, 7), 4);
    }
}
