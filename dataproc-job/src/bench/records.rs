//! A slot of invented records, as the collector leaves one: Parquet parts of several sources, the list of assets, the manifest.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Duration, Utc};
use cloud::{Lake, commit};
use domain::lake::{Area, RecordKind, digest};
use domain::manifest::{ObjectEntry, SourceOutcome};
use domain::source::Terms;
use domain::{Article, Bar, Key, Manifest, Outcome, Post, PostKind, Slot, SourceId};
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use tables::{Table, Writer};

use super::assets::{self, Invented};
use super::dice::{Dice, Zipf};
use super::texts::Speaker;

/// Rows that are encoded at a time.
const BATCH: usize = 4096;
/// Who says it, with the share of posts in percent.
const POSTS: [(&str, u64); 4] = [("x", 55), ("stocktwits", 20), ("reddit", 15), ("telegram", 10)];
/// One article for so many posts.
const POSTS_AN_ARTICLE: u64 = 100;
/// Daily bars of each asset.
const BARS: i64 = 5;
/// Authors; what they say falls by Zipf's law as well.
const AUTHORS: usize = 100_000;

/// What is written. The same order gives the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Order {
    /// Posts of all sources.
    pub(super) posts: u64,
    /// Assets of the list.
    pub(super) assets: usize,
    /// Share of the first asset among the mentions, where it is not Zipf's.
    pub(super) hot: Option<f64>,
    /// Most rows of a part.
    pub(super) part_rows: u64,
    /// Whether there are articles and bars as well.
    pub(super) all_kinds: bool,
    /// Seed of the choices.
    pub(super) seed: u64,
    /// When.
    pub(super) slot: Slot,
}

/// What was written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Written {
    /// The order.
    pub(super) order: Order,
    /// Posts.
    pub(super) posts: u64,
    /// Articles.
    pub(super) articles: u64,
    /// Bars.
    pub(super) bars: u64,
    /// Bytes of the records' Parquet files.
    pub(super) bytes: u64,
}

/// One part to be made.
#[derive(Debug, Clone, Copy)]
struct Part {
    source: &'static str,
    kind: RecordKind,
    /// Number of the part among all, which seeds its choices.
    number: u64,
    /// Rows of the source, and which of them are this part's.
    of: u64,
    from: u64,
    to: u64,
}

/// What all parts share.
struct World {
    order: Order,
    assets: Vec<Invented>,
    zipf: Zipf,
    authors: Zipf,
}

/// Writes the slot's records, list of assets and manifest; `at_once` parts are made at the same time.
///
/// # Errors
/// The lake cannot be written.
pub(super) async fn write(lake: &Arc<dyn Lake>, order: Order, at_once: usize) -> anyhow::Result<Written> {
    let invented = assets::invent(order.assets, order.seed);
    lake.put(&Key::AssetList.to_string(), assets::list(&invented).into())
        .await
        .context("writing the list of assets")?;
    let zipf = Zipf::new(invented.len(), order.hot);
    let world = Arc::new(World { order, assets: invented, zipf, authors: Zipf::new(AUTHORS, None) });
    let parts = parts(&world.order);
    let made = futures::stream::iter(parts.iter().copied()).map(|part| {
        let (world, lake) = (Arc::clone(&world), Arc::clone(lake));
        async move {
            let bytes = tokio::task::spawn_blocking({
                let world = Arc::clone(&world);
                move || world.encode(part)
            });
            let bytes = bytes.await.context("a part's thread")??;
            let (slot, source, digest) = (world.order.slot, SourceId::new(part.source), digest(&bytes));
            let key = Key::RecordsPart { kind: part.kind, slot, source, digest };
            let entry = commit::put_object(lake.as_ref(), key, bytes, part.to - part.from).await?;
            anyhow::Ok((part, entry))
        }
    });
    let made: Vec<(Part, ObjectEntry)> =
        made.buffer_unordered(at_once).try_collect().await.context("writing the records")?;
    finish(lake, &world.order, made).await
}

async fn finish(
    lake: &Arc<dyn Lake>,
    order: &Order,
    made: Vec<(Part, ObjectEntry)>,
) -> anyhow::Result<Written> {
    let mut manifest = Manifest::new("collect", order.slot, env!("CARGO_PKG_VERSION"));
    let mut rows: BTreeMap<RecordKind, u64> = BTreeMap::new();
    for (part, entry) in made {
        let empty = || SourceOutcome::empty(Outcome::Succeeded, Terms::default(), String::new());
        let source = manifest.sources.entry(part.source.to_owned()).or_insert_with(empty);
        *source.counts.entry(part.kind.as_str().to_owned()).or_default() += entry.rows;
        *rows.entry(part.kind).or_default() += entry.rows;
        manifest.objects.push(entry);
    }
    let key = Key::SlotManifest { area: Area::Records, slot: order.slot }.to_string();
    commit::commit(lake.as_ref(), &key, &manifest, &[]).await.with_context(|| format!("writing {key}"))?;
    let rows = |kind| rows.get(&kind).copied().unwrap_or_default();
    Ok(Written {
        order: order.clone(),
        posts: rows(RecordKind::Post),
        articles: rows(RecordKind::Article),
        bars: rows(RecordKind::Bar),
        bytes: manifest.objects.iter().map(|object| object.bytes).sum(),
    })
}

/// The parts of all sources.
fn parts(order: &Order) -> Vec<Part> {
    let mut left = order.posts;
    let mut wanted: Vec<(&'static str, RecordKind, u64)> = Vec::new();
    for (source, percent) in POSTS.iter().skip(1) {
        let rows = order.posts * percent / 100;
        left -= rows;
        wanted.push((source, RecordKind::Post, rows));
    }
    wanted.push((POSTS[0].0, RecordKind::Post, left));
    if order.all_kinds {
        wanted.push(("feeds", RecordKind::Article, order.posts / POSTS_AN_ARTICLE));
        wanted.push(("alpaca", RecordKind::Bar, order.assets as u64 * BARS as u64));
    }
    let mut parts = Vec::new();
    for (source, kind, of) in wanted {
        for from in (0..of).step_by(order.part_rows as usize) {
            let to = of.min(from + order.part_rows);
            parts.push(Part { source, kind, number: parts.len() as u64, of, from, to });
        }
    }
    parts
}

impl World {
    fn encode(&self, part: Part) -> anyhow::Result<Vec<u8>> {
        // Stream 0 invents the assets.
        let mut dice = Dice::new(self.order.seed, part.number + 1);
        let mut speaker = Speaker::new(&self.assets, &self.zipf);
        match part.kind {
            RecordKind::Article => encode(part, |row| self.article(part, row, &mut speaker, &mut dice)),
            RecordKind::Bar => encode(part, |row| self.bar(row)),
            _ => encode(part, |row| self.post(part, row, &mut speaker, &mut dice)),
        }
    }

    fn at(&self, part: Part, row: u64) -> DateTime<Utc> {
        let length_ms = (self.order.slot.close_at() - self.order.slot.open_at()).num_milliseconds();
        let ms = u128::from(row) * length_ms.unsigned_abs() as u128 / u128::from(part.of);
        self.order.slot.open_at() + Duration::milliseconds(ms as i64)
    }

    fn post(&self, part: Part, row: u64, speaker: &mut Speaker<'_>, dice: &mut Dice) -> Post {
        let said = speaker.say(dice);
        let author = self.authors.draw(dice);
        let id = (1_700_000_000_000 + row * 7).to_string();
        Post {
            kind: if said.repost { PostKind::Repost } else { PostKind::Post },
            author_id: Some(author.to_string()),
            author_name: Some(format!("author{author}")),
            author_followers: Some((AUTHORS / (author + 1)) as i64),
            text: said.text,
            lang: Some("en".to_owned()),
            created_at: self.at(part, row),
            url: Some(format!("https://{}.example/{id}", part.source)),
            likes: Some(dice.below(40) as i64),
            replies: Some(dice.below(8) as i64),
            reposts: Some(dice.below(6) as i64),
            collected_at: self.order.slot.close_at(),
            raw_ref: format!("raw/{}#{}", part.number, row - part.from + 1),
            id,
            ..Post::default()
        }
    }

    fn article(&self, part: Part, row: u64, speaker: &mut Speaker<'_>, dice: &mut Dice) -> Article {
        let (title, summary) = (speaker.say(dice).text, speaker.say(dice).text);
        let url = format!("https://{}.example/{row}", part.source);
        Article {
            id: row.to_string(),
            outlet: "The Ledger".to_owned(),
            title,
            summary: Some(summary),
            authors: vec!["A. Writer".to_owned()],
            lang: Some("en".to_owned()),
            published_at: Some(self.at(part, row)),
            canonical_url: url.clone(),
            url,
            collected_at: self.order.slot.close_at(),
            raw_ref: format!("raw/{}#{}", part.number, row + 1),
            ..Article::default()
        }
    }

    /// The bars of one asset lie side by side, a day apart.
    fn bar(&self, row: u64) -> Bar {
        let (asset, day) = (row / BARS as u64, row as i64 % BARS);
        let close = 10.0 + (asset % 90) as f64 + day as f64;
        let midnight = self.order.slot.open_at() - Duration::hours(24 * (BARS - day));
        Bar {
            symbol: self.assets[asset as usize].symbol.clone(),
            interval: "1d".to_owned(),
            opens_at: midnight,
            open: close - 0.5,
            high: close + 1.0,
            low: close - 1.0,
            close,
            adj_close: Some(close),
            volume: Some(1_000.0 * (asset + 1) as f64),
            collected_at: self.order.slot.close_at(),
        }
    }
}

fn encode<T: Table>(part: Part, mut row: impl FnMut(u64) -> T) -> anyhow::Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::new())?;
    let mut batch = Vec::with_capacity(BATCH);
    for number in part.from..part.to {
        batch.push(row(number));
        if batch.len() == BATCH {
            writer.write(&batch)?;
            batch.clear();
        }
    }
    writer.write(&batch)?;
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_every_row_once() {
        let slot = "2026-03-02T18Z".parse();
        let Ok(slot) = slot else { panic!("no slot") };
        let order = Order {
            posts: 1_234_567,
            assets: 50,
            hot: None,
            part_rows: 250_000,
            all_kinds: true,
            seed: 1,
            slot,
        };
        let parts = parts(&order);
        let rows = |kind| parts.iter().filter(|p| p.kind == kind).map(|p| p.to - p.from).sum::<u64>();
        assert_eq!(rows(RecordKind::Post), 1_234_567);
        assert_eq!(rows(RecordKind::Article), 12_345);
        assert_eq!(rows(RecordKind::Bar), 250);
    }
}
