//! Reads one slot from the lake: only what the manifests list, and only if it is what they say.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use cloud::Lake;
use cloud::commit::{read_listed, read_manifest};
use cloud::seal::seal_of;
use domain::lake::{Area, AssetFile, Format, PredictionTable};
use domain::manifest::{Manifest, ObjectEntry};
use domain::mention::{AssetArticle, AssetBar, AssetPost};
use domain::prediction::{DocumentScore, Sentiment};
use domain::{AssetList, Key, Outcome, Slot, Symbol};
use futures::{StreamExt, TryStreamExt};
use ledger::store::exclusions::Exclusion;
use tables::Table;

use super::batch::{Batch, Predicted};
use super::coverage::Coverage;
use super::documents::documents;
use super::lineage::{Lineage, Sealed, Step};

/// Assets read at the same time.
const AT_ONCE: usize = 16;

type Listed = Arc<BTreeMap<String, ObjectEntry>>;

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
    let listed = Arc::new(listing(&predictions, split.as_ref()));
    let symbols = predictions.assets.iter().filter(|(symbol, asset)| {
        asset.outcome != Outcome::Failed && !left_out.iter().any(|out| out.symbol == **symbol)
    });
    let predicted: Vec<Option<Predicted>> = futures::stream::iter(symbols.map(|(symbol, _)| symbol.clone()))
        .map(|symbol| {
            let (lake, listed) = (Arc::clone(lake), Arc::clone(&listed));
            // A task each, so that decoding uses all cores.
            async move { tokio::spawn(asset(lake, listed, slot, symbol)).await? }
        })
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

fn listing(predictions: &Manifest, split: Option<&Manifest>) -> BTreeMap<String, ObjectEntry> {
    let objects = predictions.objects.iter().chain(split.into_iter().flat_map(|m| &m.objects));
    objects.map(|entry| (entry.key.clone(), entry.clone())).collect()
}

/// One asset's part; `None` where it has no sentiment, and so no place on the site.
async fn asset(
    lake: Arc<dyn Lake>,
    listed: Listed,
    slot: Slot,
    symbol: String,
) -> anyhow::Result<Option<Predicted>> {
    let parsed: Symbol = symbol.parse()?;
    let table = |table| Key::Prediction { slot, symbol: parsed.clone(), table }.to_string();
    let file =
        |file| Key::AssetRows { slot, symbol: parsed.clone(), file, format: Format::Parquet }.to_string();
    let reader = Reader { lake, listed };
    let sentiment: Vec<Sentiment> = reader.rows(table(PredictionTable::Sentiment)).await?;
    let Some(sentiment) = sentiment.into_iter().next() else { return Ok(None) };
    let scores: Vec<DocumentScore> = reader.rows(table(PredictionTable::Documents)).await?;
    let posts: Vec<AssetPost> = reader.rows(file(AssetFile::Posts)).await?;
    let articles: Vec<AssetArticle> = reader.rows(file(AssetFile::Articles)).await?;
    let mut bars: Vec<AssetBar> = reader.rows(file(AssetFile::Bars)).await?;
    bars.retain(|bar| bar.interval == "1d");
    Ok(Some(Predicted {
        documents: documents(&scores, sentiment.score_raw, posts, articles),
        sentiment,
        forecast: reader.rows(table(PredictionTable::Forecast)).await?,
        signals: reader.rows(table(PredictionTable::Signals)).await?,
        risk: reader.rows(table(PredictionTable::Risk)).await?,
        volumes: reader.rows(table(PredictionTable::Volumes)).await?,
        contributions: reader.rows(table(PredictionTable::Contributions)).await?,
        strategies: reader.rows(table(PredictionTable::Strategies)).await?,
        leads: reader.rows(table(PredictionTable::Leads)).await?,
        risk_backtests: reader.rows(table(PredictionTable::RiskBacktests)).await?,
        bars,
        symbol,
    }))
}

struct Reader {
    lake: Arc<dyn Lake>,
    listed: Listed,
}

impl Reader {
    /// The rows of a table; none where no manifest lists it.
    async fn rows<T: Table>(&self, key: String) -> anyhow::Result<Vec<T>> {
        let Some(entry) = self.listed.get(&key) else { return Ok(Vec::new()) };
        let bytes = read_listed(self.lake.as_ref(), entry).await?;
        tables::decode(&bytes).with_context(|| format!("{key}: repeat the stage that wrote it"))
    }
}
