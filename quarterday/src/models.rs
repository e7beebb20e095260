//! What is known of models, from the registry in the lake: versions, cards, champion beside challenger, drift. What is asked
//! about them is in [`crate::orders`].

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use cloud::{Lake, models};
use comfy_table::{Table, presets};
use domain::model::{Card, Metric, ModelName, ModelVersion};
use domain::prediction::{Level, Monitor};
use domain::{Key, Slot};

use crate::command::HomeArgs;
use crate::coverage;
use crate::home::Home;
use crate::orders::Model;

/// What `models list` takes.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    home: HomeArgs,
}

/// What `models card` takes.
#[derive(Debug, Clone, Args)]
pub struct CardArgs {
    /// The model.
    model: Model,
    /// The version. Default: the champion.
    #[arg(long)]
    version: Option<ModelVersion>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    home: HomeArgs,
}

/// What `models compare` takes.
#[derive(Debug, Clone, Args)]
pub struct CompareArgs {
    /// The model.
    model: Model,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    home: HomeArgs,
}

/// What `models drift` takes.
#[derive(Debug, Clone, Args)]
pub struct DriftArgs {
    /// The last slot.
    #[arg(long)]
    slot: Slot,
    /// How many slots back.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=400))]
    slots: u16,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    home: HomeArgs,
}

async fn lake(home: &HomeArgs) -> anyhow::Result<Arc<dyn Lake>> {
    let home = Home::open(&home.home)?;
    coverage::lake(&home).await?.context("name the lake with QUARTERDAY_LAKE")
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(header);
    table
}

/// `quarterday models list`.
///
/// # Errors
/// The lake cannot be read.
pub async fn list(args: &ListArgs) -> anyhow::Result<ExitCode> {
    let lake = lake(&args.home).await?;
    for name in ModelName::ALL {
        let standing = models::standing(lake.as_ref(), name).await?;
        let versions = models::versions(lake.as_ref(), name).await?;
        if args.json {
            println!("{}", serde_json::json!({ "name": name, "standing": standing, "versions": versions }));
            continue;
        }
        let champion = standing.champion.as_ref().map_or("what is built in".to_owned(), ToString::to_string);
        println!("{name}: champion {champion}{}", if standing.pinned { ", pinned" } else { "" });
        for version in versions {
            let role = match &version {
                v if standing.champion.as_ref() == Some(v) => "champion",
                v if standing.challenger.as_ref() == Some(v) => "challenger",
                _ => "",
            };
            println!("  {version} {role}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `quarterday models card`.
///
/// # Errors
/// There is no such version, or the lake cannot be read.
pub async fn card(args: &CardArgs) -> anyhow::Result<ExitCode> {
    let (lake, name) = (lake(&args.home).await?, args.model.name());
    let version = match &args.version {
        Some(version) => version.clone(),
        None => models::standing(lake.as_ref(), name).await?.champion.with_context(|| {
            format!("the champion of {name} is what is built in, which has no card: name a --version (`quarterday models list`)")
        })?,
    };
    let card = models::card(lake.as_ref(), name, &version).await?;
    if args.json {
        println!("{}", serde_json::to_string(&card)?);
    } else {
        print!("{}", described(&card, &version));
    }
    Ok(ExitCode::SUCCESS)
}

/// A card for people to read.
fn described(card: &Card, version: &ModelVersion) -> String {
    let built_in = || "what is built in".to_owned();
    let days = |span: &Option<domain::model::Span>| {
        span.map_or_else(|| "no days".to_owned(), |span| format!("{} to {}", span.from, span.to))
    };
    let mut facts = table(&[card.name.as_str(), &version.to_string()]);
    let gate = if card.gate.passed { "passed" } else { "not passed" };
    for (what, value) in [
        ("trained up to", card.slot.to_string()),
        ("on", format!("{} cases, {}", card.cases, days(&card.window))),
        ("judged on", days(&card.block)),
        ("trial", format!("{gate}: {}", card.gate.reason)),
        ("against", card.gate.against.as_ref().map_or_else(built_in, ToString::to_string)),
        ("after", card.parent.as_ref().map_or_else(built_in, ToString::to_string)),
        ("program, seed", format!("{}, {}", card.code_version, card.seed)),
        ("licences", card.licences.join("; ")),
        ("sha256", card.sha256.clone()),
    ] {
        facts.add_row([what.to_owned(), value]);
    }
    let mut metrics = table(&["figure", "value (95 % interval), cases"]);
    for (what, metric) in &card.metrics {
        metrics.add_row([what.clone(), figure(Some(metric))]);
    }
    format!("{facts}\n{metrics}\n")
}

fn figure(metric: Option<&Metric>) -> String {
    metric.map_or_else(
        || "–".to_owned(),
        |m| format!("{:.4} ({:.4}; {:.4}), {}", m.value, m.low, m.high, m.cases),
    )
}

/// `quarterday models compare`.
///
/// # Errors
/// There is no challenger, or the lake cannot be read.
pub async fn compare(args: &CompareArgs) -> anyhow::Result<ExitCode> {
    let (lake, name) = (lake(&args.home).await?, args.model.name());
    let standing = models::standing(lake.as_ref(), name).await?;
    let Some(challenger) = &standing.challenger else { bail!("{name} has no challenger") };
    let theirs = models::card(lake.as_ref(), name, challenger).await?;
    let own = match &standing.champion {
        Some(champion) => Some(models::card(lake.as_ref(), name, champion).await?),
        None => None,
    };
    let figures = theirs.beside(own.as_ref());
    if args.json {
        let said = serde_json::json!({
            "name": name, "champion": standing.champion, "challenger": challenger, "figures": figures,
        });
        println!("{said}");
        return Ok(ExitCode::SUCCESS);
    }
    let champion = standing.champion.as_ref().map_or("what is built in".to_owned(), ToString::to_string);
    let (champion, challenger) = (format!("champion {champion}"), format!("challenger {challenger}"));
    let mut rows = table(&["figure", &champion, &challenger, "intervals"]);
    for one in &figures {
        let apart = if one.apart { "apart" } else { "overlap" };
        let both = one.champion.is_some() && one.challenger.is_some();
        rows.add_row([
            one.what.clone(),
            figure(one.champion.as_ref()),
            figure(one.challenger.as_ref()),
            if both { apart } else { "–" }.to_owned(),
        ]);
    }
    println!("{rows}");
    Ok(ExitCode::SUCCESS)
}

/// `quarterday models drift`.
///
/// # Errors
/// The lake cannot be read, or notes in it are broken.
pub async fn drift(args: &DriftArgs) -> anyhow::Result<ExitCode> {
    let lake = lake(&args.home).await?;
    let mut rows = table(&["slot", "model", "figure", "value", "warning", "alarm", "level"]);
    let mut first = args.slot;
    for _ in 1..args.slots {
        first = first.previous();
    }
    for slot in Slot::range(first, args.slot) {
        let Some(object) = lake.get(&Key::Monitor { slot }.to_string()).await? else { continue };
        let monitor: Monitor =
            serde_json::from_slice(&object.bytes).with_context(|| format!("the notes of {slot}"))?;
        if args.json {
            println!("{}", serde_json::json!({ "slot": slot, "watched": monitor.watched }));
            continue;
        }
        for one in &monitor.watched {
            let level = match one.level {
                Level::Fine => "fine",
                Level::Warning => "warning",
                Level::Alarm => "ALARM",
            };
            let number = |value: f64| format!("{value:.4}");
            rows.add_row([
                slot.to_string(),
                one.name.to_string(),
                one.what.clone(),
                number(one.value),
                number(one.warning),
                number(one.alarm),
                level.to_owned(),
            ]);
        }
    }
    if !args.json {
        println!("{rows}");
    }
    Ok(ExitCode::SUCCESS)
}
