//! Reads one slot from the lake: only what the manifests list, and only if it is what they say.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::web::Bytes;
use anyhow::{Context, bail, ensure};
use cloud::Lake;
use cloud::commit::{read_listed, read_manifest};
use cloud::seal::seal_of;
use domain::lake::{Area, AssetFile, Format, PredictionTable};
use domain::manifest::{Manifest, ObjectEntry};
use domain::mention::{AssetArticle, AssetBar, AssetPost};
use domain::prediction::{DocumentScore, Sentiment};
use domain::{AssetList, Key, Outcome, Slot, Symbol};
use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt};
use ledger::store::exclusions::Exclusion;
use tables::Table;

use super::batch::{Batch, Predicted};
use super::coverage::Coverage;
use super::documents::documents;
use super::lineage::{Lineage, Sealed, Step};

/// Assets read at the same time.
const AT_ONCE: usize = 16;

/// What the manifests list, by key.
type Listed = BTreeMap<String, ObjectEntry>;

/// The slot's batch, without the assets that are left out at the slot.
///
/// # Errors
/// The slot has no predictions, an object is missing or damaged, or the predictions were made from another split.
pub async fn load(lake: &Arc<dyn Lake>, slot: Slot, left_out: &[Exclusion]) -> anyhow::Result<Batch> {
    let key = |area| Key::SlotManifest { area, slot }.to_string();
    let (predictions, entry) = read_manifest(lake.as_ref(), &key(Area::Predictions))
        .await?
        .with_context(|| format!("{slot} has no predictions: run `ml-vm predict --slot {slot}` first"))?;
    if predictions.outcome == Outcome::Failed {
        bail!("the predictions of {slot} failed: repeat the predict stage");
    }
    let split = read_manifest(lake.as_ref(), &key(Area::Assets)).await?;
    if let Some((_, split)) = &split {
        let used = predictions.inputs.iter().find(|input| input.key == split.key);
        ensure!(
            used.is_none_or(|used| used.sha256 == split.sha256),
            "the predictions of {slot} were made from another split: repeat the predict stage"
        );
    }
    let list = lake.get(&Key::AssetList.to_string()).await?.context("the lake has no state/assets.csv")?;
    let list = AssetList::from_csv(&list.bytes).context("state/assets.csv")?;
    let mut steps = vec![Step::of(&predictions, &entry)];
    steps.extend(split.iter().map(|(manifest, entry)| Step::of(manifest, entry)));
    // A slot can be published without its seal; the receipt then says that none was found.
    let seal = seal_of(lake.as_ref(), slot).await.unwrap_or_else(|error| {
        tracing::warn!(%slot, %error, "the seal of the forecasts cannot be read");
        None
    });
    let lineage = Lineage { steps, seal: seal.as_ref().map(Sealed::of) };
    let split = split.map(|(manifest, _)| manifest);
    let listed = listing(&predictions, split.as_ref());
    let symbols = predictions.assets.iter().filter(|(symbol, asset)| {
        asset.outcome != Outcome::Failed && !left_out.iter().any(|out| out.symbol == **symbol)
    });
    let predicted: Vec<Option<Predicted>> = futures::stream::iter(symbols)
        .map(|(symbol, _)| asset(lake.as_ref(), &listed, slot, symbol))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(Batch {
        slot,
        manifest_sha256: entry.sha256,
        lineage,
        coverage: Coverage::of(&predictions, split.as_ref())
            .without(left_out.iter().map(|out| out.symbol.as_str())),
        gone: split.map(|manifest| manifest.gone).unwrap_or_default(),
        partial: predictions.outcome != Outcome::Succeeded || !left_out.is_empty(),
        left_out: left_out.iter().map(|out| out.symbol.as_str()).collect::<Vec<_>>().join(" "),
        assets: list.iter().cloned().collect(),
        predicted: predicted.into_iter().flatten().collect(),
    })
}

fn listing(predictions: &Manifest, split: Option<&Manifest>) -> Listed {
    let objects = predictions.objects.iter().chain(split.into_iter().flat_map(|m| &m.objects));
    objects.map(|entry| (entry.key.clone(), entry.clone())).collect()
}

/// One asset's part; `None` where it has no sentiment, and so no place on the site.
async fn asset(
    lake: &dyn Lake,
    listed: &Listed,
    slot: Slot,
    symbol: &str,
) -> anyhow::Result<Option<Predicted>> {
    let parsed: Symbol = symbol.parse()?;
    let format = Format::Parquet;
    let tables = PredictionTable::ALL.map(|table| Key::Prediction { slot, symbol: parsed.clone(), table });
    let files = AssetFile::ALL.map(|file| Key::AssetRows { slot, symbol: parsed.clone(), file, format });
    let wanted = tables.iter().chain(&files).filter_map(|key| listed.get(&key.to_string()));
    // Side by side: a bucket takes its time for each.
    let read = wanted.map(|entry| async {
        let bytes = read_listed(lake, entry).await?;
        anyhow::Ok((entry.key.clone(), bytes))
    });
    let bytes: BTreeMap<String, Bytes> = try_join_all(read).await?.into_iter().collect();
    // A worker of the site has one thread for all its readers.
    let decoding = tokio::task::spawn_blocking(move || decode(slot, parsed, &bytes));
    decoding.await.context("decoding an asset's tables")?
}

fn decode(slot: Slot, symbol: Symbol, bytes: &BTreeMap<String, Bytes>) -> anyhow::Result<Option<Predicted>> {
    let format = Format::Parquet;
    let table = |table| Key::Prediction { slot, symbol: symbol.clone(), table }.to_string();
    let file = |file| Key::AssetRows { slot, symbol: symbol.clone(), file, format }.to_string();
    let sentiment: Vec<Sentiment> = rows(bytes, table(PredictionTable::Sentiment))?;
    let Some(sentiment) = sentiment.into_iter().next() else { return Ok(None) };
    let scores: Vec<DocumentScore> = rows(bytes, table(PredictionTable::Documents))?;
    let posts: Vec<AssetPost> = rows(bytes, file(AssetFile::Posts))?;
    let articles: Vec<AssetArticle> = rows(bytes, file(AssetFile::Articles))?;
    let mut bars: Vec<AssetBar> = rows(bytes, file(AssetFile::Bars))?;
    bars.retain(|bar| bar.interval == "1d");
    Ok(Some(Predicted {
        documents: documents(&scores, sentiment.score_raw, posts, articles),
        sentiment,
        forecast: rows(bytes, table(PredictionTable::Forecast))?,
        signals: rows(bytes, table(PredictionTable::Signals))?,
        risk: rows(bytes, table(PredictionTable::Risk))?,
        volumes: rows(bytes, table(PredictionTable::Volumes))?,
        contributions: rows(bytes, table(PredictionTable::Contributions))?,
        strategies: rows(bytes, table(PredictionTable::Strategies))?,
        leads: rows(bytes, table(PredictionTable::Leads))?,
        risk_backtests: rows(bytes, table(PredictionTable::RiskBacktests))?,
        bars,
        symbol: symbol.to_string(),
    }))
}

/// The rows of a table; none where no manifest lists it.
fn rows<T: Table>(bytes: &BTreeMap<String, Bytes>, key: String) -> anyhow::Result<Vec<T>> {
    let Some(bytes) = bytes.get(&key) else { return Ok(Vec::new()) };
    tables::decode(bytes).with_context(|| format!("{key}: repeat the stage that wrote it"))
}
