//! What a weekly report says: read from what was published in the week, and cut to what its reader may see.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use domain::Feature;
use sqlx::PgPool;

use super::store::basis::{self as store, HeadlineRow, MoodRow, OutlookRow, RecordRow, SlotRow};
use super::week::Week;
use crate::access::{Access, Who};
use crate::format;
use crate::market::cache::Edition;
use crate::market::words;
use crate::text::{Lang, count, fill, text};

/// Assets of one report.
const ASSETS: i64 = 20;
/// Assets where nothing is watched: the most mentioned.
const UNWATCHED: usize = 5;
/// Headlines of one asset.
const HEADLINES: i64 = 4;
/// Days of prices that are drawn.
const DRAWN_DAYS: i64 = 90;

/// A report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Its language.
    pub lang: Lang,
    /// Its title.
    pub title: String,
    /// The week in words.
    pub span: String,
    /// As of when, and from which slot; `None`: nothing was published.
    pub as_of: Option<String>,
    /// Why these assets.
    pub about: &'static str,
    /// Its assets.
    pub assets: Vec<AssetPart>,
    /// How forecasts have fared.
    pub record: String,
    /// Whether the data are invented.
    pub sandbox: bool,
}

/// One asset of a report. What the reader may not see is not in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssetPart {
    /// Canonical symbol.
    pub symbol: String,
    /// Full name.
    pub name: String,
    /// The last close.
    pub price: Option<String>,
    /// The change over the week.
    pub change: Option<String>,
    /// The newest mood of the week with its interval.
    pub mood: Option<String>,
    /// Documents of the week.
    pub documents: Option<String>,
    /// Five trading days, 80 %.
    pub outlook: Option<String>,
    /// Value at Risk of one day at 95 %.
    pub risk: Option<String>,
    /// What the tier withholds.
    pub withheld: Option<String>,
    /// Headlines.
    pub headlines: Vec<Headline>,
    /// Closes by day, to draw.
    pub closes: Vec<(NaiveDate, f64)>,
    /// Moods by slot, to draw.
    pub moods: Vec<(DateTime<Utc>, f64)>,
}

/// A headline.
#[derive(Debug, Clone, PartialEq)]
pub struct Headline {
    /// Its words.
    pub text: String,
    /// Outlet and day.
    pub by: String,
    /// Its link.
    pub url: Option<String>,
}

/// For whom a report is made.
pub struct Reader<'a> {
    /// The customer.
    pub customer_id: i64,
    /// What decides what they see.
    pub who: &'a Who,
    /// The language.
    pub lang: Lang,
}

/// Everything that a report rests on.
struct Basis {
    slots: Vec<SlotRow>,
    closes: BTreeMap<String, Vec<(NaiveDate, f64, f64)>>,
    moods: Vec<MoodRow>,
    headlines: Vec<HeadlineRow>,
    outlooks: Vec<OutlookRow>,
}

/// A customer's report of a week.
///
/// # Errors
/// Postgres fails.
pub async fn compose(
    pool: &PgPool,
    edition: &Edition,
    reader: &Reader<'_>,
    week: Week,
    sandbox: bool,
    now: DateTime<Utc>,
) -> sqlx::Result<Report> {
    let mut db = pool.acquire().await?;
    let mut symbols = store::watched(&mut db, reader.customer_id, ASSETS).await?;
    let watched = !symbols.is_empty();
    if !watched {
        symbols = edition.front.rows.iter().take(UNWATCHED).map(|row| row.sentiment.symbol.clone()).collect();
    }
    let until = week.ends_at().min(now);
    let slots = store::slots(&mut db, week.starts_at(), until).await?;
    let ids: Vec<i64> = slots.iter().map(|slot| slot.id).collect();
    let last_day = (until - Duration::seconds(1)).date_naive();
    let basis = Basis {
        closes: store::closes(&mut db, &symbols, last_day - Duration::days(DRAWN_DAYS), last_day).await?,
        moods: store::moods(&mut db, &symbols, &ids).await?,
        headlines: store::headlines(&mut db, &symbols, &ids, HEADLINES).await?,
        outlooks: match ids.last() {
            Some(newest) => store::outlooks(&mut db, &symbols, *newest).await?,
            None => Vec::new(),
        },
        slots,
    };
    let record = store::record(&mut db, last_day).await?;
    let lang = reader.lang;
    let day = |on| format::day(on, lang);
    Ok(Report {
        lang,
        title: fill(lang, "report_heading", &[("week", &week.name())]),
        span: fill(lang, "report_span", &[("from", &day(week.first_day())), ("to", &day(week.last_day()))]),
        as_of: basis.slots.last().map(|slot| {
            let at = format::instant(slot.closes_at, lang);
            fill(lang, "report_as_of", &[("at", &at), ("slot", &slot.slot)])
        }),
        about: text(lang, if watched { "report_watched" } else { "report_unwatched" }),
        assets: symbols.iter().map(|symbol| part(&basis, edition, reader, week, symbol, now)).collect(),
        record: record_line(&record, lang),
        sandbox,
    })
}

fn part(
    basis: &Basis,
    edition: &Edition,
    reader: &Reader<'_>,
    week: Week,
    symbol: &str,
    now: DateTime<Utc>,
) -> AssetPart {
    let (lang, newest_at) = (reader.lang, edition.closes_at());
    let access = |feature| edition.access(reader.who, feature, symbol, now);
    let mut part = AssetPart {
        symbol: symbol.to_owned(),
        name: edition.front.assets.get(symbol).map_or_else(|| symbol.to_owned(), |asset| asset.name.clone()),
        withheld: withheld(edition, reader, symbol, now),
        ..AssetPart::default()
    };
    if !access(Feature::Price).is_locked() {
        let closes = basis.closes.get(symbol).map(Vec::as_slice).unwrap_or_default();
        part.price = closes.last().map(|(_, close, _)| format::price(*close, lang));
        part.change = week_change(closes, week).map(|change| format::change(change, 1, lang));
        part.closes = closes.iter().map(|(day, _, basis)| (*day, *basis)).collect();
    }
    let moods = access(Feature::Sentiment);
    let seen: Vec<&MoodRow> = basis
        .moods
        .iter()
        .filter(|mood| mood.symbol == symbol && moods.covers(mood.closes_at, newest_at))
        .collect();
    if let Some(last) = seen.last() {
        let documents = seen.iter().map(|mood| mood.documents).sum();
        part.documents = Some(format::count(documents, lang));
        part.mood = Some(last.score.map_or_else(
            || text(lang, "too_few").to_owned(),
            |score| {
                let interval = words::interval(last.low, last.high, lang);
                format!("{} ({interval})", format::signed(score, 2, lang))
            },
        ));
        part.moods = seen.iter().filter_map(|mood| Some((mood.closes_at, mood.score?))).collect();
    }
    let news = access(Feature::News);
    let headlines = basis.headlines.iter().filter(|row| row.symbol == symbol && shows(news, row, newest_at));
    part.headlines = headlines.map(|row| headline(row, lang)).collect();
    if access(Feature::Predictions) == Access::Full {
        let outlook = basis.outlooks.iter().find(|row| row.symbol == symbol);
        part.outlook = outlook.map(|o| {
            let (low, high) = (format::change(o.low, 1, lang), format::change(o.high, 1, lang));
            fill(lang, "interval", &[("low", &low), ("high", &high)])
        });
        part.risk = outlook.and_then(|o| o.value_at_risk).map(|var| format::percent(var, 1, lang));
    }
    part
}

fn shows(access: Access, row: &HeadlineRow, newest_at: DateTime<Utc>) -> bool {
    match access {
        Access::Latest => row.closes_at == newest_at,
        other => other.covers(row.said_at, newest_at),
    }
}

fn headline(row: &HeadlineRow, lang: Lang) -> Headline {
    let day = format::short_day(row.said_at.date_naive(), lang);
    Headline {
        text: row.text.clone(),
        by: row.outlet.as_ref().map_or_else(|| day.clone(), |outlet| format!("{outlet}, {day}")),
        url: row.url.clone().filter(|url| url.starts_with("https://") || url.starts_with("http://")),
    }
}

/// The change from the last close before the week to the last one in it.
fn week_change(closes: &[(NaiveDate, f64, f64)], week: Week) -> Option<f64> {
    let first_in = closes.partition_point(|(day, ..)| *day < week.first_day());
    let (_, _, before) = closes.get(first_in.checked_sub(1)?)?;
    let (_, _, last) = closes.get(first_in..)?.last()?;
    (*before > 0.0).then(|| last / before - 1.0)
}

/// What is not in the report because of the tier.
fn withheld(edition: &Edition, reader: &Reader<'_>, symbol: &str, now: DateTime<Utc>) -> Option<String> {
    let lang = reader.lang;
    let names = [
        (Feature::Price, "section_price"),
        (Feature::Sentiment, "section_sentiment"),
        (Feature::News, "section_news"),
        (Feature::Predictions, "section_outlook"),
    ];
    let locked: Vec<&str> = names
        .into_iter()
        .filter(|(feature, _)| edition.access(reader.who, *feature, symbol, now).is_locked())
        .map(|(_, key)| text(lang, key))
        .collect();
    (!locked.is_empty()).then(|| fill(lang, "report_withheld", &[("what", &locked.join(", "))]))
}

fn record_line(record: &RecordRow, lang: Lang) -> String {
    let skill = record.error.zip(record.walk_error).filter(|(_, walk)| *walk > 0.0);
    let Some((error, walk)) = skill.filter(|_| record.forecasts > 0) else {
        return text(lang, "record_empty").to_owned();
    };
    let inside = record.inside_80 as f64 / record.forecasts as f64;
    let values = [
        ("inside", &*format::percent(inside, 0, lang)),
        ("skill", &*format::change(1.0 - error / walk, 1, lang)),
        ("count", &*format::count(record.forecasts, lang)),
    ];
    count(lang, "report_record", record.forecasts, &values)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_weeks_change_starts_at_the_close_before_it() {
        let day = |n| NaiveDate::from_ymd_opt(2026, 11, n).unwrap();
        let week = Week::parse("2026-W47").unwrap();
        let close = |n, basis| (day(n), basis * 2.0, basis);
        // Friday before, then Monday and Friday of the week.
        let closes = [close(12, 90.0), close(13, 100.0), close(16, 103.0), close(20, 110.0)];
        assert!((week_change(&closes, week).unwrap() - 0.1).abs() < 1e-12);
        assert_eq!(week_change(&closes[2..], week), None, "nothing before the week");
        assert_eq!(week_change(&closes[..2], week), None, "nothing in the week");
        assert_eq!(week_change(&[], week), None);
    }

    #[test]
    fn the_record_says_its_figures_or_that_there_are_none() {
        let none = RecordRow { forecasts: 0, inside_80: 0, error: None, walk_error: None };
        assert!(record_line(&none, Lang::En).contains("No forecast has come due"));
        let some = RecordRow { forecasts: 1200, inside_80: 948, error: Some(9.5), walk_error: Some(10.0) };
        let line = record_line(&some, Lang::En);
        for part in ["1,200", "79\u{a0}%", "+5.0\u{a0}%"] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }
}
