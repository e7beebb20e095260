//! The stage: reads the records of a slot, gives them to assets, writes each asset's rows, and commits.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Utc};
use cloud::{Lake, commit};
use domain::lake::{Area, AssetFile, Format, slot_prefix};
use domain::manifest::{AssetOutcome, ObjectEntry};
use domain::{Key, Manifest, Outcome, Slot, Symbol};
use futures::{StreamExt, TryStreamExt};
use rayon::prelude::*;

use crate::assign::{Haul, assign};
use crate::noise::seen;
use crate::{csv_rows, read};

/// Objects written at the same time.
const AT_ONCE: usize = 16;

/// Splits a slot as of an instant. Returns how it ended and what a person should know.
///
/// # Errors
/// There are no records or no asset list, or the lake cannot be written; nothing is committed then.
pub async fn split(
    lake: Arc<dyn Lake>,
    slot: Slot,
    as_of: DateTime<Utc>,
) -> anyhow::Result<(Outcome, String)> {
    let (haul, entry) = read::manifest(lake.as_ref(), slot).await?;
    let (list, list_entry) = read::assets(lake.as_ref()).await?;
    let mut records = read::records(lake.as_ref(), &haul).await;
    let (seen, seen_entry) = read::seen(lake.as_ref(), slot).await?;

    let mut manifest = Manifest::new("split", slot, env!("CARGO_PKG_VERSION"));
    manifest.as_of = as_of;
    manifest.inputs = vec![entry, list_entry];
    manifest.inputs.extend(seen_entry);
    manifest.sources = haul.sources.clone();
    manifest.unread = haul.unread.clone();
    let problems = std::mem::take(&mut records.problems);
    let assigned = assign(records, &list, &manifest.sources, as_of, &seen);
    manifest.gone.clone_from(&assigned.gone);
    manifest.assets =
        assigned.hauls.iter().map(|(symbol, haul)| (symbol.to_string(), outcome_of(haul))).collect();
    for (source, reasons) in &assigned.left_out {
        let parts: Vec<String> =
            reasons.iter().map(|(reason, rows)| format!("{rows} rows {reason}")).collect();
        note(&mut manifest, source, None, &format!("left out: {}", parts.join(", ")));
    }
    for (source, list) in &problems {
        note(&mut manifest, source, Some(Outcome::Partial), &list.join("; "));
    }
    let incomplete = haul.outcome != Outcome::Succeeded
        || !problems.is_empty()
        || manifest.sources.values().any(|s| s.outcome != Outcome::Succeeded);
    manifest.outcome = if incomplete { Outcome::Partial } else { Outcome::Succeeded };

    let seen = assigned.hauls.iter().map(|(symbol, haul)| (symbol.to_string(), haul.seen.clone())).collect();
    let seen = seen::rows(slot, &seen);
    let mut files = encode(slot, assigned.hauls)?;
    let bytes = tables::encode(&seen).context("encoding what the next slot is to know")?;
    files.push(File { key: Key::Seen { slot }, bytes, rows: seen.len() as u64 });
    manifest.objects = write(lake.as_ref(), files).await?;
    let key = Key::SlotManifest { area: Area::Assets, slot }.to_string();
    commit::commit(lake.as_ref(), &key, &manifest, &[slot_prefix(Area::Assets, slot)])
        .await
        .with_context(|| format!("committing {key}"))?;
    Ok((manifest.outcome, message(&manifest)))
}

struct File {
    key: Key,
    bytes: Vec<u8>,
    rows: u64,
}

/// All files of all assets; assets and formats are encoded side by side.
fn encode(slot: Slot, hauls: BTreeMap<Symbol, Haul>) -> anyhow::Result<Vec<File>> {
    let mut wanted = Vec::new();
    for (symbol, haul) in &hauls {
        for (file, rows) in [
            (AssetFile::Posts, haul.posts.len()),
            (AssetFile::Articles, haul.articles.len()),
            (AssetFile::Bars, haul.bars.len()),
        ] {
            if rows > 0 {
                wanted
                    .extend([Format::Parquet, Format::Csv].map(|format| (symbol, haul, file, format, rows)));
            }
        }
    }
    let one = |(symbol, haul, file, format, rows): (&Symbol, &Haul, AssetFile, Format, usize)| {
        let bytes = match (file, format) {
            (AssetFile::Posts, Format::Parquet) => tables::encode(&haul.posts)?,
            (AssetFile::Posts, Format::Csv) => csv_rows::posts(&haul.posts)?,
            (AssetFile::Articles, Format::Parquet) => tables::encode(&haul.articles)?,
            (AssetFile::Articles, Format::Csv) => csv_rows::articles(&haul.articles)?,
            (AssetFile::Bars, Format::Parquet) => tables::encode(&haul.bars)?,
            (AssetFile::Bars, Format::Csv) => csv_rows::bars(symbol, &haul.bars)?,
        };
        let key = Key::AssetRows { slot, symbol: symbol.clone(), file, format };
        Ok(File { key, bytes, rows: rows as u64 })
    };
    wanted
        .into_par_iter()
        .map(one)
        .collect::<anyhow::Result<Vec<File>>>()
        .context("encoding the assets' rows")
}

async fn write(lake: &dyn Lake, files: Vec<File>) -> anyhow::Result<Vec<ObjectEntry>> {
    let entries = futures::stream::iter(files)
        .map(|file| async move {
            let written = commit::put_object(lake, &file.key, file.bytes, file.rows).await;
            written.with_context(|| format!("writing {}", file.key))
        })
        .buffered(AT_ONCE);
    entries.try_collect().await
}

fn outcome_of(haul: &Haul) -> AssetOutcome {
    let count = |name: &str, rows: usize| (name.to_owned(), rows as u64);
    let counts = BTreeMap::from([
        count("posts", haul.posts.len()),
        count("posts_organic", haul.posts.iter().filter(|p| p.noise.is_none()).count()),
        count("articles", haul.articles.len()),
        count("articles_organic", haul.articles.iter().filter(|a| a.noise.is_none()).count()),
        count("bars", haul.bars.len()),
    ]);
    AssetOutcome { outcome: Outcome::Succeeded, message: String::new(), counts }
}

/// Adds a sentence to a source's message; `outcome` replaces one that was better.
fn note(manifest: &mut Manifest, source: &str, outcome: Option<Outcome>, text: &str) {
    let Some(entry) = manifest.sources.get_mut(source) else { return };
    if !entry.message.is_empty() {
        entry.message.push_str("; ");
    }
    entry.message.push_str(text);
    if let Some(outcome) = outcome {
        entry.outcome = entry.outcome.max(outcome);
    }
}

fn message(manifest: &Manifest) -> String {
    let bad = manifest.sources.iter().filter(|(_, s)| !s.message.is_empty());
    bad.map(|(source, s)| format!("{source}: {}", s.message)).collect::<Vec<_>>().join("; ")
}
