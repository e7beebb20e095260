//! `quarterday receipt`: everything behind the values of one asset in one slot, from the lake's manifests back to the
//! sources, with a check of every object on the way.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use cloud::Lake;
use cloud::commit::{read_listed, read_manifest};
use cloud::seal::seal_of;
use domain::lake::{Area, AssetFile, Format, PredictionTable};
use domain::manifest::{Manifest, ObjectEntry};
use domain::mention::{AssetArticle, AssetPost};
use domain::prediction::DocumentScore;
use domain::{Key, Slot, Symbol};
use ledger::store;
use tables::Table;

use crate::command::HomeArgs;
use crate::coverage;
use crate::home::Home;
use crate::report::RunReport;

mod print;
mod shape;

pub use shape::{Checked, Receipt, Step, Weighed};

/// Documents that are listed.
const DOCUMENTS: usize = 20;

/// What a receipt is wanted of.
#[derive(Debug, Args)]
pub struct ReceiptArgs {
    /// The slot, for example 2026-11-21T06Z.
    #[arg(long)]
    slot: Slot,
    /// The asset's symbol.
    #[arg(long)]
    asset: Symbol,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    home: HomeArgs,
}

/// Prints the receipt. Exit codes: 0 whole, 3 the asset is partial, 1 something is damaged or missing.
///
/// # Errors
/// The slot has no predictions, the asset is not among them, or the lake cannot be read.
pub async fn receipt(args: ReceiptArgs) -> anyhow::Result<ExitCode> {
    let home = Home::open(&args.home.home)?;
    let lake = coverage::lake(&home).await?.context("no lake: set QUARTERDAY_LAKE")?;
    let mut receipt = collect(&lake, args.slot, args.asset).await?;
    // The lake proves the values; the ledger only adds the times.
    match run_of(&home, args.slot).await {
        Ok(run) => receipt.run = run,
        Err(error) => eprintln!("quarterday: the ledger is out of reach, times are left out: {error:#}"),
    }
    if args.json {
        println!("{}", serde_json::to_string(&receipt)?);
    } else {
        print::print(&receipt);
    }
    let whole = receipt.objects.iter().all(|o| o.whole) && receipt.manifests.iter().all(|m| m.as_noted);
    Ok(if whole { ExitCode::from(receipt.outcome.exit_code()) } else { ExitCode::FAILURE })
}

async fn run_of(home: &Home, slot: Slot) -> anyhow::Result<Option<RunReport>> {
    let database = home.database_to_look_at()?;
    let pool = database.connect().await?;
    Ok(store::run(&pool, slot).await?.as_ref().map(RunReport::from))
}

/// Collects the receipt from the lake.
///
/// # Errors
/// The slot has no predictions, the asset is not among them, or the lake cannot be read.
pub async fn collect(lake: &Arc<dyn Lake>, slot: Slot, asset: Symbol) -> anyhow::Result<Receipt> {
    let lake = lake.as_ref();
    let key = Key::SlotManifest { area: Area::Predictions, slot }.to_string();
    let (manifest, entry) = read_manifest(lake, &key).await?.with_context(|| {
        format!("{slot} has no predictions: run `quarterday run --slot {slot}` first, or name another slot")
    })?;
    let Some(fared) = manifest.assets.get(asset.as_str()).cloned() else {
        bail!(
            "{asset} is not among the assets of {slot}: `quarterday status --slot {slot}` says what the run did"
        )
    };
    let mut manifests = Vec::new();
    let splits = trace(lake, &mut manifests, &manifest, &entry).await?;
    let split: Vec<ObjectEntry> = splits.iter().flat_map(|split| split.objects.clone()).collect();
    let own = format!("/asset={}/", segment(&key_of(slot, &asset)));
    let listed = manifest.objects.iter().chain(&split).filter(|entry| entry.key.contains(&own));
    let mut reader = Reader { lake, objects: HashMap::new() };
    let mut objects = Vec::new();
    for entry in listed {
        objects.push(Checked { entry: entry.clone(), whole: reader.take(entry).await? });
    }
    let table = |table| Key::Prediction { slot, symbol: asset.clone(), table }.to_string();
    let file =
        |file| Key::AssetRows { slot, symbol: asset.clone(), file, format: Format::Parquet }.to_string();
    let scores: Vec<DocumentScore> = reader.rows(&table(PredictionTable::Documents))?;
    let posts: Vec<AssetPost> = reader.rows(&file(AssetFile::Posts))?;
    let articles: Vec<AssetArticle> = reader.rows(&file(AssetFile::Articles))?;
    Ok(Receipt {
        sentiment: reader.rows(&table(PredictionTable::Sentiment))?.into_iter().next(),
        forecast: reader.rows(&table(PredictionTable::Forecast))?,
        signals: reader.rows(&table(PredictionTable::Signals))?,
        risk: reader.rows(&table(PredictionTable::Risk))?,
        documents: scores.len(),
        heaviest: heaviest(scores, &posts, &articles),
        asset,
        slot,
        outcome: fared.outcome,
        message: fared.message,
        objects,
        manifests,
        seal: seal_of(lake, slot).await?,
        run: None,
    })
}

fn key_of(slot: Slot, asset: &Symbol) -> String {
    Key::Prediction { slot, symbol: asset.clone(), table: PredictionTable::Sentiment }.to_string()
}

/// The asset as keys write it.
fn segment(key: &str) -> &str {
    let inside = key.split_once("/asset=").map_or(key, |(_, rest)| rest);
    inside.split('/').next().unwrap_or(inside)
}

/// Notes a manifest and those that it rests on; gives back the split's.
async fn trace(
    lake: &dyn Lake,
    steps: &mut Vec<Step>,
    manifest: &Manifest,
    entry: &ObjectEntry,
) -> anyhow::Result<Option<Manifest>> {
    steps.push(step(manifest, entry, true));
    let mut split = None;
    let mut waiting: Vec<ObjectEntry> = manifest.inputs.clone();
    while let Some(noted) = waiting.pop() {
        // Models and tables are inputs, too; the chain goes on through manifests only.
        if !noted.key.ends_with(domain::lake::MANIFEST) || steps.iter().any(|step| step.key == noted.key) {
            continue;
        }
        let Some((read, found)) = read_manifest(lake, &noted.key).await? else {
            bail!("{} is gone, on which {} rests", noted.key, entry.key)
        };
        steps.push(step(&read, &found, found.sha256 == noted.sha256));
        // Other slots' splits were read for what they had seen; their own past is not this slot's.
        if read.slot == manifest.slot {
            waiting.extend(read.inputs.iter().cloned());
            if read.stage == "split" {
                split = Some(read);
            }
        }
    }
    Ok(split)
}

fn step(manifest: &Manifest, entry: &ObjectEntry, as_noted: bool) -> Step {
    Step {
        stage: manifest.stage.clone(),
        key: entry.key.clone(),
        sha256: entry.sha256.clone(),
        as_noted,
        outcome: manifest.outcome,
        code_version: manifest.code_version.clone(),
        models: manifest.models.clone(),
        seed: manifest.seed,
    }
}

struct Reader<'a> {
    lake: &'a dyn Lake,
    objects: HashMap<String, Vec<u8>>,
}

impl Reader<'_> {
    /// Reads an object; says whether it is there and what its manifest says.
    async fn take(&mut self, entry: &ObjectEntry) -> anyhow::Result<bool> {
        match read_listed(self.lake, entry).await {
            Ok(bytes) => {
                self.objects.insert(entry.key.clone(), bytes.to_vec());
                Ok(true)
            }
            Err(cloud::LakeError::Missing(_) | cloud::LakeError::Damaged(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The rows of a table; none where no manifest lists it, or it is not whole.
    fn rows<T: Table>(&self, key: &str) -> anyhow::Result<Vec<T>> {
        let Some(bytes) = self.objects.get(key) else { return Ok(Vec::new()) };
        tables::decode(bytes).with_context(|| key.to_owned())
    }
}

fn heaviest(mut scores: Vec<DocumentScore>, posts: &[AssetPost], articles: &[AssetArticle]) -> Vec<Weighed> {
    scores.sort_by(|a, b| {
        b.weight
            .total_cmp(&a.weight)
            .then_with(|| (&a.kind, &a.source, &a.id).cmp(&(&b.kind, &b.source, &b.id)))
    });
    let said = |score: &DocumentScore| {
        if score.kind == "post" {
            let post = posts.iter().find(|post| post.source == score.source && post.id == score.id)?;
            Some((post.created_at, post.may_display.then(|| post.text.clone())))
        } else {
            let found = articles.iter().find(|a| a.source == score.source && a.id == score.id)?;
            Some((found.published_at, found.may_display.then(|| found.title.clone())))
        }
    };
    let weighed = scores.into_iter().take(DOCUMENTS).map(|score| {
        let (said_at, text) = said(&score).unzip();
        Weighed {
            said_at,
            text: text.flatten(),
            kind: score.kind,
            source: score.source,
            id: score.id,
            score: score.score,
            weight: score.weight,
        }
    });
    weighed.collect()
}
