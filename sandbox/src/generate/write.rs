//! Stores a world as files. The bytes depend on the content alone.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::assets::Asset;
use super::mood::Moods;
use super::people::People;
use super::prices::{Bar, MOOD_STRENGTH, digits};
use super::{Options, Span, articles, posts};
use crate::moment::{seconds, utc};

/// The compression level; part of what makes the bytes the same.
const LEVEL: i32 = 6;

/// Everything in a world.
pub(super) struct Content {
    pub assets: Vec<Asset>,
    pub moods: Moods,
    pub people: People,
    pub bars: Vec<Bar>,
    pub posts: Vec<posts::Line>,
    pub articles: Vec<articles::Line>,
}

/// Writes all files of a world.
///
/// # Errors
/// When the folder or a file cannot be written.
pub(super) fn world(options: &Options, out: &Path, span: Span, content: &Content) -> Result<()> {
    fs::create_dir_all(out)
        .with_context(|| format!("{}: cannot make this folder; choose another --out", out.display()))?;
    store(out, "assets.csv", &assets_csv(&content.assets)?)?;
    store(out, "posts.ndjson.zst", &packed(|to| lines(to, &content.posts))?)?;
    store(out, "articles.ndjson.zst", &packed(|to| lines(to, &content.articles))?)?;
    store(out, "bars.csv.zst", &packed(|to| bars_csv(to, &content.assets, &content.bars))?)?;
    // The description comes last: without it a folder is no world.
    let description = serde_json::to_vec(&description(options, span, content))
        .context("cannot write world.json as JSON")?;
    store(out, "world.json", &description)
}

fn store(out: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let file = out.join(name);
    fs::write(&file, bytes)
        .with_context(|| format!("{}: cannot write; is there space on the disk?", file.display()))
}

fn packed(write: impl FnOnce(&mut zstd::Encoder<'_, Vec<u8>>) -> Result<()>) -> Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL).context("cannot start zstd")?;
    write(&mut encoder)?;
    encoder.finish().context("cannot finish zstd")
}

fn lines<T: Serialize>(to: &mut impl std::io::Write, rows: &[T]) -> Result<()> {
    for row in rows {
        serde_json::to_writer(&mut *to, row)?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

fn assets_csv(assets: &[Asset]) -> Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["symbol", "name", "class", "exchange", "aliases"])?;
    for asset in assets {
        let exchange = if asset.class == domain::AssetClass::Equity { "SBX" } else { "" };
        csv.write_record([
            asset.symbol.as_str(),
            &asset.name,
            asset.class.as_str(),
            exchange,
            &asset.aliases.join("|"),
        ])?;
    }
    csv.into_inner().map_err(|e| anyhow::anyhow!("cannot write assets.csv: {e}"))
}

fn bars_csv(to: &mut impl std::io::Write, assets: &[Asset], bars: &[Bar]) -> Result<()> {
    to.write_all(b"symbol,interval,time,open,high,low,close,adj_close,volume\n")?;
    for bar in bars {
        let asset = &assets[bar.asset];
        let digits = digits(asset);
        let [open, high, low, close] = bar.prices;
        let interval = if bar.daily { "1d" } else { "1h" };
        writeln!(
            to,
            "{},{interval},{},{open:.digits$},{high:.digits$},{low:.digits$},{close:.digits$},{close:.digits$},{}",
            asset.symbol,
            seconds(bar.at),
            bar.volume
        )?;
    }
    Ok(())
}

fn description(options: &Options, span: Span, content: &Content) -> Value {
    let name = format!(
        "generated-{}-{}d-{}a-{}p",
        options.seed, options.days, options.assets, options.posts_per_slot
    );
    json!({
        "name": name,
        "licence": "CC0-1.0: invented text and prices",
        "start": seconds(span.start),
        "end": seconds(span.end()),
        "note": "Generated from a seed. Companies, people and outlets are invented; prices are too, also those of coins and currencies that exist.",
        "truth": truth(span, content),
    })
}

/// What is really so. Sentiments are in thousandths, by slot, the first one closing at `first_slot`.
fn truth(span: Span, content: &Content) -> Value {
    let sentiment: Map<String, Value> = content
        .assets
        .iter()
        .zip(&content.moods.by_asset)
        .map(|(asset, moods)| {
            (asset.symbol.clone(), moods.iter().map(|mood| (mood * 1_000.0).round() as i64).collect())
        })
        .collect();
    json!({
        "lead_slots": content.moods.lead,
        "strength": MOOD_STRENGTH,
        "strength_unit": "standard deviations of a slot's return for a sentiment of 1",
        "first_slot": utc(span.slot_start(1)).format("%Y-%m-%dT%HZ").to_string(),
        "sentiment_unit": "thousandths",
        "sentiment": sentiment,
        "bots": content.people.bots.iter().map(|bot| bot.id.as_str()).collect::<Vec<_>>(),
    })
}
