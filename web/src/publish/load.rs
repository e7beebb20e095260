//! Reads one slot from the lake: only what the manifests list, and only if it is what they say.

use std::collections::{BTreeMap, HashMap};
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

use super::batch::{Batch, Document, Predicted};
use super::coverage::Coverage;
use super::lineage::{Lineage, Sealed, Step};

/// Documents of each kind that an asset's page can ever show of one slot: those with the most weight.
const SHOWN: usize = 200;
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
        sentiment,
        forecast: reader.rows(table(PredictionTable::Forecast)).await?,
        signals: reader.rows(table(PredictionTable::Signals)).await?,
        risk: reader.rows(table(PredictionTable::Risk)).await?,
        volumes: reader.rows(table(PredictionTable::Volumes)).await?,
        contributions: reader.rows(table(PredictionTable::Contributions)).await?,
        strategies: reader.rows(table(PredictionTable::Strategies)).await?,
        leads: reader.rows(table(PredictionTable::Leads)).await?,
        risk_backtests: reader.rows(table(PredictionTable::RiskBacktests)).await?,
        documents: documents(&scores, posts, articles),
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

/// Joins documents with their scores, and keeps those with the most weight.
fn documents(scores: &[DocumentScore], posts: Vec<AssetPost>, articles: Vec<AssetArticle>) -> Vec<Document> {
    let scores: HashMap<(&str, &str, &str), &DocumentScore> =
        scores.iter().map(|s| ((s.kind.as_str(), s.source.as_str(), s.id.as_str()), s)).collect();
    let score = |kind, source: &str, id: &str| {
        let found = scores.get(&(kind, source, id));
        let words = found.map(|s| s.words.clone()).unwrap_or_default();
        (found.map(|s| s.score), found.map(|s| s.weight), words)
    };
    let posts = posts.into_iter().map(|post| {
        let (score, weight, mut words) = score("post", &post.source, &post.id);
        words.retain(|_| post.may_display);
        Document {
            kind: "post",
            said_at: post.created_at,
            outlet: post.author_name.filter(|_| post.may_display),
            text: post.may_display.then_some(post.text),
            url: post.url,
            noise: post.noise,
            lang: post.lang,
            authors: None,
            duplicate_of: post.duplicate_of,
            words,
            source: post.source,
            id: post.id,
            score,
            weight,
        }
    });
    let articles = articles.into_iter().map(|article| {
        let (score, weight, mut words) = score("article", &article.source, &article.id);
        words.retain(|_| article.may_display);
        Document {
            kind: "article",
            said_at: article.published_at,
            outlet: Some(article.outlet),
            text: article.may_display.then_some(article.title),
            url: article.may_display.then_some(article.url),
            noise: article.noise,
            lang: article.lang,
            authors: article.authors.filter(|_| article.may_display),
            duplicate_of: article.duplicate_of,
            words,
            source: article.source,
            id: article.id,
            score,
            weight,
        }
    });
    let mut shown = heaviest(posts.collect());
    shown.extend(heaviest(articles.collect()));
    shown
}

fn heaviest(mut documents: Vec<Document>) -> Vec<Document> {
    documents.sort_by(|a, b| {
        let weight = |d: &Document| d.weight.unwrap_or_default();
        weight(b).total_cmp(&weight(a)).then_with(|| (&a.source, &a.id).cmp(&(&b.source, &b.id)))
    });
    // A document counts once, even if a split lists it twice.
    documents.dedup_by(|a, b| (&a.source, &a.id) == (&b.source, &b.id));
    documents.truncate(SHOWN);
    documents
}
