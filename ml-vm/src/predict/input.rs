//! What the split left for each asset: read only as its manifest lists it.

use std::collections::BTreeMap;

use cloud::{Lake, LakeError, commit};
use domain::lake::{AssetFile, Format};
use domain::manifest::{Manifest, ObjectEntry};
use domain::mention::{AssetArticle, AssetBar, AssetPost};
use domain::{Key, Outcome, Symbol};
use futures::{StreamExt, stream};

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
    Ok(inputs)
}

async fn load_asset(
    lake: &dyn Lake,
    split: &Manifest,
    listed: &BTreeMap<&str, &ObjectEntry>,
    symbol: &str,
) -> Result<Rows, String> {
    let symbol: Symbol = symbol.parse().map_err(|e: domain::asset::SymbolError| e.to_string())?;
    let key = |file| {
        Key::AssetRows { slot: split.slot, symbol: symbol.clone(), file, format: Format::Parquet }.to_string()
    };
    Ok(Rows {
        posts: load_rows(lake, listed, &key(AssetFile::Posts)).await?,
        articles: load_rows(lake, listed, &key(AssetFile::Articles)).await?,
        bars: load_rows(lake, listed, &key(AssetFile::Bars)).await?,
    })
}

/// The rows of one file; none where the manifest does not list it.
async fn load_rows<T: tables::Table>(
    lake: &dyn Lake,
    listed: &BTreeMap<&str, &ObjectEntry>,
    key: &str,
) -> Result<Vec<T>, String> {
    let Some(entry) = listed.get(key) else { return Ok(Vec::new()) };
    let bytes = commit::read_listed(lake, entry).await.map_err(|e| e.to_string())?;
    tables::decode(&bytes).map_err(|e| format!("{key}: {e}"))
}
