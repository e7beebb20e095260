//! `plan`: what a cluster reads, and which assets are so large that several of its tasks share one.
//!
//! One line each on standard output: `input TAB key`, then `split TAB symbol=shards TAB rows` of every asset that is worth placing,
//! that with the largest shards first: the rows are those of a shard, of which an asset that is not shared has one. The same
//! records give the same plan.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use cloud::{Lake, commit};
use domain::lake::RecordKind;
use domain::manifest::ObjectEntry;
use domain::{Manifest, Post, Symbol};
use rayon::prelude::*;

use crate::engine::superseded::Superseded;
use crate::read;
use crate::resolve::Resolver;

/// Objects that are looked into, spread over all.
const LOOKED_INTO: usize = 16;
/// Larger ones are not looked into: they would have to be fetched whole.
const LARGEST_BYTES: u64 = 512 << 20;
/// An asset with more rows than a task's average divided by this is worth placing.
const WORTH_PLACING: u64 = 8;
/// Rows that a task writes within a second or two: fewer are not worth a shard, which the commit has to merge.
const FEWEST_ROWS: u64 = 150_000;
/// Rows that a task should not exceed.
const MOST_ROWS: u64 = 4_000_000;
/// Most shards of an asset.
const MOST_SHARDS: u64 = 64;

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// Those of every stage.
    #[command(flatten)]
    pub stage: cloud::stage::StageArgs,
    /// Tasks that will write assets; there are at least as many as objects of records.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub tasks: u64,
    /// Rows from which an asset is shared by two tasks; three from twice as many, and so on. Without it: three quarters of
    /// what a task has on average, within 150,000 and 4,000,000.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub shard_rows: Option<u64>,
}

/// Writes the plan of a slot.
///
/// # Errors
/// There are no records or no list of assets, or the lake cannot be read or written.
pub(crate) async fn plan(
    lake: &Arc<dyn Lake>,
    args: &PlanArgs,
    mut output: impl Write,
) -> anyhow::Result<()> {
    let (manifest, entry) = read::manifest(lake.as_ref(), args.stage.slot).await?;
    let (list, ..) = read::assets(lake.as_ref()).await?;
    // Once for all tasks, which find it in the lake.
    let folder = std::env::temp_dir();
    Superseded::shared(lake.as_ref(), args.stage.slot, &entry, &manifest.objects, &folder).await?;
    for object in inputs(&manifest) {
        writeln!(output, "input\t{}", object.key)?;
    }
    let expected = expected(lake, &manifest, &Resolver::new(&list)).await;
    let tasks = args.tasks.max(inputs(&manifest).count() as u64);
    let average = expected.values().sum::<u64>() / tasks;
    let shard_rows = args.shard_rows.unwrap_or_else(|| of_a_shard(average));
    let shards = |rows: u64| (rows / shard_rows + 1).min(MOST_SHARDS);
    let mut large: Vec<(Symbol, u64)> = expected
        .into_iter()
        .filter(|(_, rows)| shards(*rows) > 1 || *rows > average / WORTH_PLACING)
        .collect();
    large.sort_by_key(|(_, rows)| std::cmp::Reverse(rows / shards(*rows)));
    for (symbol, rows) in large {
        writeln!(output, "split\t{symbol}={}\t{}", shards(rows), rows / shards(rows))?;
    }
    output.flush().context("writing the plan")
}

/// Rows from which an asset is shared where a task has `average` rows: less than that, so that a task with a shard has room for
/// the small assets that everyone gets.
fn of_a_shard(average: u64) -> u64 {
    (average / 4 * 3).clamp(FEWEST_ROWS, MOST_ROWS)
}

/// The objects that hold records; rejects are for people.
fn inputs(manifest: &Manifest) -> impl Iterator<Item = &ObjectEntry> {
    let rejects = format!("records/kind={}/", RecordKind::Reject.as_str());
    let wanted =
        move |object: &&ObjectEntry| object.key.ends_with(".parquet") && !object.key.starts_with(&rejects);
    manifest.objects.iter().filter(wanted)
}

/// How many posts each asset will about have, by the first posts of some objects. One that cannot be read says nothing:
/// the stage itself will say so.
async fn expected(lake: &Arc<dyn Lake>, manifest: &Manifest, resolver: &Resolver) -> BTreeMap<Symbol, u64> {
    let posts: Vec<&ObjectEntry> = inputs(manifest).filter(|object| is_posts(object)).collect();
    let total: u64 = posts.iter().map(|object| object.rows).sum();
    let step = posts.len().div_ceil(LOOKED_INTO).max(1);
    let (mut seen, mut counts) = (0u64, BTreeMap::<Symbol, u64>::new());
    for object in posts.into_iter().step_by(step).filter(|object| object.bytes <= LARGEST_BYTES) {
        let Ok(bytes) = commit::read_listed(lake.as_ref(), object).await else { continue };
        let Ok(mut batches) = tables::batches::<Post>(bytes, 0) else { continue };
        let Some(Ok(first)) = batches.next() else { continue };
        seen += first.len() as u64;
        let named: Vec<Vec<Symbol>> = first
            .par_iter()
            .map(|post| resolver.resolve(&post.text).into_iter().map(|mention| mention.symbol).collect())
            .collect();
        for symbol in named.into_iter().flatten() {
            *counts.entry(symbol).or_default() += 1;
        }
    }
    counts
        .values_mut()
        .for_each(|count| *count = (u128::from(*count) * u128::from(total) / u128::from(seen.max(1))) as u64);
    counts
}

fn is_posts(object: &ObjectEntry) -> bool {
    object.key.starts_with(&format!("records/kind={}/", RecordKind::Post.as_str()))
}
