//! What a reader sees: made from what is known by taking out what the reader's tier withholds. Pages and JSON are
//! written from these alone, so that what is not in them cannot leak.

use chrono::{DateTime, Utc};
use domain::{Feature, Tier};
use serde::Serialize;

use super::cache::{Edition, FrontRow};
use super::store::{BarRow, DocumentRow, SentimentRow};
use super::words;
use crate::access::{Access, Who};
use crate::format;
use crate::svg::{self, Sparkline};
use crate::text::{Lang, fill, text};

/// A value's direction, said three ways: a class for its colour, an arrow, and a word for those who see neither.
#[derive(Debug, Clone, Serialize)]
pub struct Direction {
    /// `up`, `down` or `flat`.
    pub class: &'static str,
    /// The arrow.
    pub arrow: &'static str,
    /// The word.
    pub word: &'static str,
}

impl Direction {
    /// The direction of `value`; what is smaller than `flat` has none.
    pub fn of(value: f64, flat: f64, lang: Lang) -> Self {
        let (class, arrow, key) = match value {
            v if v > flat => ("up", "↑", "direction_up"),
            v if v < -flat => ("down", "↓", "direction_down"),
            _ => ("flat", "→", "direction_flat"),
        };
        Self { class, arrow, word: text(lang, key) }
    }
}

/// A score with its interval, as text and as places on a scale from 0 to 100.
#[derive(Debug, Serialize)]
pub struct ScoreView {
    /// The score with its sign; `None`: too few documents.
    pub score: Option<String>,
    /// The interval as text.
    pub interval: String,
    /// The word for it.
    pub mood: &'static str,
    /// Its direction.
    pub direction: Direction,
    /// Place of the dot.
    pub dot: String,
    /// Place of the interval's lower end.
    pub low: String,
    /// Width of the interval.
    pub width: String,
}

/// A score as a reader sees it.
pub fn score(row: &SentimentRow, lang: Lang) -> ScoreView {
    let place = |value: f64| svg::on_scale(value);
    let dot = row.score.unwrap_or_default();
    let (low, high) = row.low.zip(row.high).unwrap_or((dot, dot));
    ScoreView {
        score: row.score.map(|score| format::signed(score, 2, lang)),
        interval: words::interval(row.low, row.high, lang),
        mood: row.score.map_or(text(lang, "too_few"), |s| words::mood(s, row.low, row.high, lang)),
        direction: Direction::of(dot, 0.05, lang),
        dot: format!("{:.1}", place(dot)),
        low: format!("{:.1}", place(low)),
        width: format!("{:.1}", (place(high) - place(low)).max(0.0)),
    }
}

/// A price with its change.
#[derive(Debug, Serialize)]
pub struct PriceView {
    /// The last close.
    pub price: String,
    /// Change since the close before; `None` below two bars.
    pub change: Option<String>,
    /// Its direction.
    pub direction: Direction,
    /// The last thirty closes.
    pub spark: Option<Sparkline>,
    /// The day of the last close.
    pub day: String,
}

/// The price that these bars end in; `None` without bars.
pub fn price(bars: &[BarRow], lang: Lang) -> Option<PriceView> {
    let last = bars.last()?;
    let change = words::last_change(bars);
    let recent = bars.len().saturating_sub(30);
    let closes: Vec<f64> = bars[recent..].iter().map(BarRow::basis).collect();
    Some(PriceView {
        price: format::price(last.close, lang),
        change: change.map(|c| format::change(c, 1, lang)),
        direction: Direction::of(change.unwrap_or_default(), 0.0005, lang),
        spark: svg::sparkline(&closes),
        day: format::short_day(last.traded_on, lang),
    })
}

/// One row of the front page.
#[derive(Debug, Serialize)]
pub struct RowView {
    /// Canonical symbol.
    pub symbol: String,
    /// Path of its page.
    pub href: String,
    /// Full name.
    pub name: String,
    /// Price; `None`: no bars, or withheld.
    pub price: Option<PriceView>,
    /// Sentiment; `None`: withheld.
    pub sentiment: Option<ScoreView>,
    /// Documents of the last day.
    pub documents: String,
    /// How that compares with the day before.
    pub trend: Option<Direction>,
}

/// Whether the reader may see anything of an asset's row.
pub fn listed(edition: &Edition, who: &Who, front: &FrontRow, now: DateTime<Utc>) -> bool {
    let locked = |feature| edition.access(who, feature, &front.sentiment.symbol, now).is_locked();
    !(locked(Feature::Price) && locked(Feature::Sentiment))
}

/// The row of one asset; `None` when the reader may see nothing of it.
pub fn row(
    edition: &Edition,
    who: &Who,
    front: &FrontRow,
    now: DateTime<Utc>,
    lang: Lang,
) -> Option<RowView> {
    if !listed(edition, who, front, now) {
        return None;
    }
    let symbol = &front.sentiment.symbol;
    let prices = edition.access(who, Feature::Price, symbol, now);
    let moods = edition.access(who, Feature::Sentiment, symbol, now);
    let today = front.sentiment.documents_day;
    let trend = front.documents_day_before.filter(|_| moods.sees_behind() && today > 0);
    // A tenth more or less is noise.
    let trend = trend.map(|before| Direction::of((today - before) as f64 / today.max(1) as f64, 0.1, lang));
    Some(RowView {
        symbol: symbol.clone(),
        href: asset_href(symbol),
        name: edition.front.assets.get(symbol).map_or_else(|| symbol.clone(), |a| a.name.clone()),
        price: (!prices.is_locked()).then(|| price(&front.bars, lang)).flatten(),
        sentiment: (!moods.is_locked()).then(|| score(&front.sentiment, lang)),
        documents: format::count(today, lang),
        trend,
    })
}

/// A mood that moved by more than chance since the last slot.
#[derive(Debug, Serialize)]
pub struct MoveView {
    /// Full name.
    pub name: String,
    /// Path of its page.
    pub href: String,
    /// The score one slot ago.
    pub from: String,
    /// The score now.
    pub to: String,
    /// Its direction.
    pub direction: Direction,
}

/// What changed since the last slot, the largest move first: only scores whose intervals no longer overlap, and only
/// for readers who may see the slot before.
pub fn moves(edition: &Edition, who: &Who, now: DateTime<Utc>, lang: Lang) -> Vec<MoveView> {
    let mut found: Vec<(f64, MoveView)> = Vec::new();
    for front in &edition.front.rows {
        let (Some(before), symbol) = (&front.before, &front.sentiment.symbol) else { continue };
        if !edition.access(who, Feature::Sentiment, symbol, now).sees_behind() {
            continue;
        }
        let after = &front.sentiment;
        let values = (before.score, before.low, before.high, after.score, after.low, after.high);
        let (Some(from), Some(l0), Some(h0), Some(to), Some(l1), Some(h1)) = values else { continue };
        if l1 > h0 || h1 < l0 {
            let view = MoveView {
                name: edition.front.assets.get(symbol).map_or_else(|| symbol.clone(), |a| a.name.clone()),
                href: asset_href(symbol),
                from: format::signed(from, 2, lang),
                to: format::signed(to, 2, lang),
                direction: Direction::of(to - from, 0.0, lang),
            };
            found.push(((to - from).abs(), view));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().take(5).map(|(_, view)| view).collect()
}

/// A card in the place of what is withheld.
#[derive(Debug, Serialize)]
pub struct LockView {
    /// What it is, in one honest line.
    pub line: &'static str,
    /// The tier that unlocks it.
    pub tier: String,
    /// That tier's price a month.
    pub price: String,
}

/// The card for a locked feature.
pub fn lock(edition: &Edition, feature: Feature, unlocked_by: Option<Tier>, lang: Lang) -> LockView {
    let line = match feature {
        Feature::Price => "lock_price",
        Feature::Sentiment => "lock_sentiment",
        Feature::News => "lock_news",
        Feature::Predictions => "lock_predictions",
    };
    let tier = unlocked_by.unwrap_or(Tier::Pro);
    let row = edition.tiers.iter().find(|t| t.tier == tier.as_str());
    let price = row.map(|t| format::money(i64::from(t.monthly_cents), &t.currency, lang)).unwrap_or_default();
    LockView {
        line: text(lang, line),
        tier: tier_name(tier),
        price: fill(lang, "price_a_month", &[("price", &price)]),
    }
}

/// A tier's name as readers see it.
pub fn tier_name(tier: Tier) -> String {
    let name = tier.as_str();
    name[..1].to_uppercase() + &name[1..]
}

/// The path of an asset's page.
pub fn asset_href(symbol: &str) -> String {
    format!("/assets/{}", encode(symbol))
}

/// A symbol as one segment of a path.
pub fn encode(symbol: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
    utf8_percent_encode(symbol, SEGMENT).to_string()
}

/// A document as a reader sees it.
#[derive(Debug, Serialize)]
pub struct DocumentView {
    /// Its source.
    pub source: String,
    /// When it was written (UTC).
    pub said_at: DateTime<Utc>,
    /// The same as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// An article's outlet, a post's author.
    pub outlet: Option<String>,
    /// A post's text, an article's headline; null where the source does not let us show it.
    pub text: Option<String>,
    /// Link, if it is one.
    pub url: Option<String>,
    /// Its score; left out where only headlines may be seen.
    pub score: Option<f64>,
    /// Direction of the score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// The score as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown_score: Option<String>,
}

/// The documents that `access` covers.
pub fn documents(rows: &[DocumentRow], access: Access, newest_at: DateTime<Utc>) -> Vec<DocumentView> {
    let covered = rows.iter().filter(|row| match access {
        // The newest slot's headlines, whenever they were written.
        Access::Latest => row.closes_at == newest_at,
        other => other.covers(row.said_at, newest_at),
    });
    covered
        .map(|row| DocumentView {
            source: row.source.clone(),
            said_at: row.said_at,
            said: None,
            outlet: row.outlet.clone(),
            text: row.text.clone(),
            url: row.url.clone().filter(|url| url.starts_with("https://") || url.starts_with("http://")),
            score: row.score.filter(|_| access.sees_behind()),
            direction: None,
            shown_score: None,
        })
        .collect()
}

/// Adds to documents what only pages show.
pub fn dress(mut documents: Vec<DocumentView>, lang: Lang) -> Vec<DocumentView> {
    for document in &mut documents {
        document.said = Some(format::short_instant(document.said_at, lang));
        document.direction = document.score.map(|s| Direction::of(s, 0.05, lang));
        document.shown_score = document.score.map(|s| format::signed(s, 2, lang));
    }
    documents
}

/// One point of a sentiment history.
#[derive(Debug, Serialize)]
pub struct PointView {
    /// The slot's close.
    pub at: DateTime<Utc>,
    /// Mean score; null: too few documents.
    pub score: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// The mean with noise left in; it has no interval.
    pub raw: Option<f64>,
    /// Documents behind it.
    pub documents: i64,
    /// Documents left out as noise.
    pub noise: i64,
}

/// The points of the history that `access` covers.
pub fn points(history: &[SentimentRow], access: Access, newest_at: DateTime<Utc>) -> Vec<PointView> {
    let covered = history.iter().filter(|row| access.covers(row.closes_at, newest_at));
    covered
        .map(|row| PointView {
            at: row.closes_at,
            score: row.score,
            low: row.low,
            high: row.high,
            raw: row.score_raw,
            documents: words::organic(row),
            noise: row.posts + row.articles - words::organic(row),
        })
        .collect()
}
