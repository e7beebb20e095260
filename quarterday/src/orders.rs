//! What people ask about dead letters, publications, assets and models. The functions carry it out, so an installation has
//! to run: the order goes over its bus, by the same message as the site's pages send.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};
use cloud::{bus, models};
use domain::model::{ModelName, ModelVersion};
use domain::order::{
    By, ExclusionAction, ExclusionOrder, LetterAction, LetterOrder, ModelAction, ModelOrder, Order,
    PublicationAction, PublicationOrder,
};
use domain::{Slot, Symbol};

use crate::command::HomeArgs;
use crate::control::{Asker, running_bus};
use crate::coverage;
use crate::home::Home;

/// What can be done with a dead letter.
#[derive(Debug, Clone, Subcommand)]
pub enum LetterCommand {
    /// Publishes it again on its topic.
    Replay(LetterArgs),
    /// Puts it away.
    Drop(LetterArgs),
}

/// Which dead letter.
#[derive(Debug, Clone, Args)]
pub struct LetterArgs {
    /// Its id, as `quarterday dead-letters` prints it.
    message: String,
    /// The subscription that did not take it.
    #[arg(long)]
    subscription: String,
    #[command(flatten)]
    asker: Asker,
    #[command(flatten)]
    home: HomeArgs,
}

/// What can be done with a publication.
#[derive(Debug, Clone, Subcommand)]
pub enum PublicationCommand {
    /// Makes it but does not show it: readers keep the one before.
    Hold(PublicationArgs),
    /// Shows it.
    Release(PublicationArgs),
}

/// Which publication.
#[derive(Debug, Clone, Args)]
pub struct PublicationArgs {
    /// Its slot; one that is still to be published, too.
    #[arg(long)]
    slot: Slot,
    /// Only this version. Default: all of the slot.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    version: Option<u32>,
    #[command(flatten)]
    asker: Asker,
    #[command(flatten)]
    home: HomeArgs,
}

/// What can be done about an asset.
#[derive(Debug, Clone, Subcommand)]
pub enum AssetCommand {
    /// Leaves it out of what is published.
    Exclude(ExcludeArgs),
    /// Takes it in again.
    Include(IncludeArgs),
}

/// What to leave out.
#[derive(Debug, Clone, Args)]
pub struct ExcludeArgs {
    /// Its symbol.
    symbol: Symbol,
    /// The first slot without it.
    #[arg(long)]
    from: Slot,
    /// The first slot with it again. Default: until it is included.
    #[arg(long)]
    until: Option<Slot>,
    #[command(flatten)]
    asker: Asker,
    #[command(flatten)]
    home: HomeArgs,
}

/// What to take in again.
#[derive(Debug, Clone, Args)]
pub struct IncludeArgs {
    /// Its symbol.
    symbol: Symbol,
    /// The first slot with it again.
    #[arg(long)]
    from: Slot,
    #[command(flatten)]
    asker: Asker,
    #[command(flatten)]
    home: HomeArgs,
}

/// What can be done with models.
#[derive(Debug, Clone, Subcommand)]
pub enum ModelsCommand {
    /// Versions, and who is in use.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// The installation.
        #[command(flatten)]
        home: HomeArgs,
    },
    /// The challenger, or a version, takes the champion's place.
    Promote(ModelArgs),
    /// The place goes back to the champion before.
    Rollback(ModelArgs),
    /// The champion, or a version, keeps the place until it is unpinned.
    Pin(ModelArgs),
    /// The champion may be replaced again.
    Unpin(ModelArgs),
}

/// A model by its name.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Model {
    /// Prices five trading days ahead.
    Forecast,
    /// The sentiment of texts.
    Sentiment,
}

/// Which model.
#[derive(Debug, Clone, Args)]
pub struct ModelArgs {
    /// The model.
    model: Model,
    /// A version. Default: the challenger for promote, the champion for pin.
    #[arg(long)]
    version: Option<ModelVersion>,
    /// Promote one that did not pass its trial, too.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    asker: Asker,
    #[command(flatten)]
    home: HomeArgs,
}

fn by(asker: Asker) -> By {
    By { owner: asker.owner, reason: asker.reason, request: String::new() }
}

/// `quarterday dead-letters replay|drop`.
///
/// # Errors
/// No installation runs, or its bus does not take the order.
pub async fn letters(command: LetterCommand) -> anyhow::Result<ExitCode> {
    let (action, args) = match command {
        LetterCommand::Replay(args) => (LetterAction::Replay, args),
        LetterCommand::Drop(args) => (LetterAction::Drop, args),
    };
    let LetterArgs { message, subscription, asker, home } = args;
    let order = LetterOrder { action, message_id: message, subscription, by: by(asker) };
    send(&home.home, Order::Letter(order)).await
}

/// `quarterday publication hold|release`.
///
/// # Errors
/// As [`letters`].
pub async fn publication(command: PublicationCommand) -> anyhow::Result<ExitCode> {
    let (action, args) = match command {
        PublicationCommand::Hold(args) => (PublicationAction::HoldPublication, args),
        PublicationCommand::Release(args) => (PublicationAction::ReleasePublication, args),
    };
    let PublicationArgs { slot, version, asker, home } = args;
    send(&home.home, Order::Publication(PublicationOrder { action, slot, version, by: by(asker) })).await
}

/// `quarterday asset exclude|include`.
///
/// # Errors
/// As [`letters`], or the end is not after the beginning.
pub async fn asset(command: AssetCommand) -> anyhow::Result<ExitCode> {
    let (order, home) = match command {
        AssetCommand::Exclude(ExcludeArgs { symbol, from, until, asker, home }) => {
            if until.is_some_and(|until| until <= from) {
                bail!("--until must be later than --from {from}");
            }
            (ExclusionOrder { action: ExclusionAction::Exclude, symbol, from, until, by: by(asker) }, home)
        }
        AssetCommand::Include(IncludeArgs { symbol, from, asker, home }) => (
            ExclusionOrder { action: ExclusionAction::Include, symbol, from, until: None, by: by(asker) },
            home,
        ),
    };
    send(&home.home, Order::Exclusion(order)).await
}

/// `quarterday models …`.
///
/// # Errors
/// As [`letters`], or the lake cannot be read.
pub async fn models(command: ModelsCommand) -> anyhow::Result<ExitCode> {
    let (action, args) = match command {
        ModelsCommand::List { json, home } => return list(&home.home, json).await,
        ModelsCommand::Promote(args) => (ModelAction::Promote, args),
        ModelsCommand::Rollback(args) => (ModelAction::Rollback, args),
        ModelsCommand::Pin(args) => (ModelAction::Pin, args),
        ModelsCommand::Unpin(args) => (ModelAction::Unpin, args),
    };
    let ModelArgs { model, version, force, asker, home } = args;
    let model = match model {
        Model::Forecast => ModelName::Forecast,
        Model::Sentiment => ModelName::Sentiment,
    };
    send(&home.home, Order::Model(ModelOrder { action, model, version, force, by: by(asker) })).await
}

async fn list(home: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let home = Home::open(home)?;
    let Some(lake) = coverage::lake(&home).await? else { bail!("name the lake with QUARTERDAY_LAKE") };
    for name in ModelName::ALL {
        let standing = models::standing(lake.as_ref(), name).await?;
        let versions = models::versions(lake.as_ref(), name).await?;
        if json {
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

/// Sends an order over the bus of the installation that runs.
///
/// # Errors
/// The reason is empty, no installation runs, or its bus does not take the order.
pub async fn send(home: &Path, order: Order) -> anyhow::Result<ExitCode> {
    let by = match &order {
        Order::Control(control) => {
            control.event().map_err(|e| anyhow!("{e} (--reason)"))?;
            None
        }
        Order::Letter(order) => Some(&order.by),
        Order::Publication(order) => Some(&order.by),
        Order::Exclusion(order) => Some(&order.by),
        Order::Model(order) => Some(&order.by),
    };
    if let Some(by) = by {
        by.check().map_err(|e| anyhow!("{e} (--reason)"))?;
    }
    let Some(bus) = running_bus(home).await? else {
        bail!(
            "no installation runs here, and its functions would carry this out: start `quarterday up` first"
        );
    };
    let (action, subject) = (order.action(), order.subject());
    let id = bus::publish(bus.as_ref(), Order::topic(), &order, &subject).await?;
    println!(
        "{action} of {subject} is asked for (message {id}); the site's page of orders shows what came of it"
    );
    Ok(ExitCode::SUCCESS)
}
