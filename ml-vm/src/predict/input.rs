//! What the split left for each asset: read only as its manifest lists it.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use bytes::Bytes;
use cloud::{Lake, LakeError, commit};
use domain::lake::{AssetFile, Format};
use domain::manifest::{Manifest, ObjectEntry};
use domain::mention::{AssetArticle, AssetBar, AssetPost};
use domain::{Key, Outcome, Symbol};
use futures::{StreamExt, stream};

use super::mood;
use crate::registry::artefact::target;

/// The rows of one asset, or why they cannot be had.
#[derive(Debug)]
pub struct AssetInput {
    /// Which asset.
    pub symbol: String,
    /// Its rows, or the reason.
    pub rows: Result<Rows, String>,
}

/// The rows of one asset.
#[derive(Debug, Default)]
pub struct Rows {
    /// Posts that mention it.
    pub posts: Vec<AssetPost>,
    /// Articles that mention it.
    pub articles: Vec<AssetArticle>,
    /// Its bars.
    pub bars: Vec<AssetBar>,
    /// Where each of the posts, then each of the articles, names other assets of the split, in bytes of what
    /// [`text`](super::mood::text) has; shorter where the last ones name none.
    pub besides: [Vec<Vec<Range<usize>>>; 2],
}

/// Reads all assets that the split's manifest names, in order of their symbols.
///
/// # Errors
/// The lake itself fails. A missing or damaged object concerns its asset only.
pub async fn load(lake: &dyn Lake, split: &Manifest) -> Result<Vec<AssetInput>, LakeError> {
    let listed: BTreeMap<&str, &ObjectEntry> = split.objects.iter().map(|o| (o.key.as_str(), o)).collect();
    let mut inputs = stream::iter(&split.assets)
        .map(|(symbol, outcome)| {
            let listed = &listed;
            async move {
                if outcome.outcome == Outcome::Failed {
                    return AssetInput {
                        symbol: symbol.clone(),
                        rows: Err(format!("the split failed: {}", outcome.message)),
                    };
                }
                AssetInput { symbol: symbol.clone(), rows: load_asset(lake, split, listed, symbol).await }
            }
        })
        .buffered(16)
        .collect::<Vec<_>>()
        .await;
    inputs.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    name_others(&mut inputs);
    Ok(inputs)
}

/// A document by its kind, source and id.
type Document = (usize, String, String);

/// Tells each asset's rows where their documents name the other assets.
fn name_others(inputs: &mut [AssetInput]) {
    let mut named: HashMap<Document, Vec<(usize, Range<usize>)>> = HashMap::new();
    let documents = |rows: &Rows| -> Vec<(Document, Option<Range<usize>>)> {
        let posts = rows
            .posts
            .iter()
            .map(|p| ((0, p.source.clone(), p.id.clone()), target(&p.text, p.span_start, p.span_end)));
        let articles = rows
            .articles
            .iter()
            .map(|a| ((1, a.source.clone(), a.id.clone()), target(&mood::text(a), a.span_start, a.span_end)));
        posts.chain(articles).collect()
    };
    for (asset, input) in inputs.iter().enumerate() {
        let Ok(rows) = &input.rows else { continue };
        for (document, span) in documents(rows) {
            if let Some(span) = span {
                named.entry(document).or_default().push((asset, span));
            }
        }
    }
    named.retain(|_, spans| spans.len() > 1);
    for (asset, input) in inputs.iter_mut().enumerate() {
        let Ok(rows) = &mut input.rows else { continue };
        let mut besides = [Vec::new(), Vec::new()];
        for (document, _) in documents(rows) {
            let spans = named.get(&document).map(Vec::as_slice).unwrap_or_default();
            besides[document.0].push(spans.iter().filter(|s| s.0 != asset).map(|s| s.1.clone()).collect());
        }
        rows.besides = besides;
    }
}

async fn load_asset(
    lake: &dyn Lake,
    split: &Manifest,
    listed: &BTreeMap<&str, &ObjectEntry>,
    symbol: &str,
) -> Result<Rows, String> {
    let symbol: Symbol = symbol.parse().map_err(|e: domain::asset::SymbolError| e.to_string())?;
    let read = |file| {
        let (slot, symbol, format) = (split.slot, symbol.clone(), Format::Parquet);
        content(lake, listed, Key::AssetRows { slot, symbol, file, format }.to_string())
    };
    let (posts, articles, bars) =
        tokio::try_join!(read(AssetFile::Posts), read(AssetFile::Articles), read(AssetFile::Bars))?;
    // Each asset's on a thread of its own: decoding takes longer than reading.
    let decoding = tokio::task::spawn_blocking(move || {
        Ok(Rows {
            posts: rows(posts)?,
            articles: rows(articles)?,
            bars: rows(bars)?,
            besides: Default::default(),
        })
    });
    decoding.await.map_err(|e| e.to_string())?
}

/// The key and the bytes of one file; none where the manifest does not list it.
async fn content(
    lake: &dyn Lake,
    listed: &BTreeMap<&str, &ObjectEntry>,
    key: String,
) -> Result<Option<(String, Bytes)>, String> {
    let Some(entry) = listed.get(key.as_str()) else { return Ok(None) };
    let bytes = commit::read_listed(lake, entry).await.map_err(|e| e.to_string())?;
    Ok(Some((key, bytes)))
}

fn rows<T: tables::Table>(file: Option<(String, Bytes)>) -> Result<Vec<T>, String> {
    let Some((key, bytes)) = file else { return Ok(Vec::new()) };
    tables::decode(&bytes).map_err(|e| format!("{key}: {e}"))
}
