//! What people ask about dead letters, publications, assets and models. The functions carry it out, so an installation has
//! to run: the order goes over its bus, by the same message as the site's pages send.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};
use cloud::bus;
use domain::model::{ModelName, ModelVersion};
use domain::order::{
    By, ExclusionAction, ExclusionOrder, LetterAction, LetterOrder, ModelAction, ModelOrder, Order,
    PublicationAction, PublicationOrder,
};
use domain::{Slot, Symbol};

use crate::command::HomeArgs;
use crate::control::{Asker, running_bus};
use crate::models;

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
    List(models::ListArgs),
    /// The card of a version: what it was trained on, how good it was, how its trial went.
    Card(models::CardArgs),
    /// The champion beside its challenger, figure by figure.
    Compare(models::CompareArgs),
    /// Whether what comes in is still like what models were fitted on: figures slot by slot.
    Drift(models::DriftArgs),
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

impl Model {
    /// Its name.
    pub fn name(self) -> ModelName {
        match self {
            Self::Forecast => ModelName::Forecast,
            Self::Sentiment => ModelName::Sentiment,
        }
    }
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
        ModelsCommand::List(args) => return models::list(&args).await,
        ModelsCommand::Card(args) => return models::card(&args).await,
        ModelsCommand::Compare(args) => return models::compare(&args).await,
        ModelsCommand::Drift(args) => return models::drift(&args).await,
        ModelsCommand::Promote(args) => (ModelAction::Promote, args),
        ModelsCommand::Rollback(args) => (ModelAction::Rollback, args),
        ModelsCommand::Pin(args) => (ModelAction::Pin, args),
        ModelsCommand::Unpin(args) => (ModelAction::Unpin, args),
    };
    let ModelArgs { model, version, force, asker, home } = args;
    let model = model.name();
    send(&home.home, Order::Model(ModelOrder { action, model, version, force, by: by(asker) })).await
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
