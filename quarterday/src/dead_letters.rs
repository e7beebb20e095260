//! Messages that nobody took.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use cloud::gcp::{PubSubBus, Settings};
use comfy_table::{Table, presets};
use ledger::store::dead_letters;
use serde::Serialize;

use crate::command::HomeArgs;
use crate::home::Home;
use crate::orders::{self, LetterCommand};

const NEWEST: i64 = 100;
/// How long to wait for a further message.
const PATIENCE: Duration = Duration::from_secs(5);

/// What `dead-letters` takes.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct DeadLettersArgs {
    #[command(subcommand)]
    command: Option<LetterCommand>,
    /// Take them from Pub/Sub's subscription `dead-letters` instead of the ledger: for the day when the functions are down.
    /// Each is shown once.
    #[arg(long)]
    pull: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    home: HomeArgs,
}

#[derive(Serialize)]
struct Letter {
    message_id: String,
    subscription: String,
    reason: String,
    content: String,
}

/// `quarterday dead-letters`.
///
/// # Errors
/// The ledger or Pub/Sub is out of reach.
pub async fn dead_letters(args: DeadLettersArgs) -> anyhow::Result<ExitCode> {
    if let Some(command) = args.command {
        return orders::letters(command).await;
    }
    let letters = if args.pull { pulled().await? } else { parked(&args.home.home).await? };
    if args.json {
        println!("{}", serde_json::to_string(&letters)?);
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header([
        "message",
        "subscription",
        "reason",
        "content",
    ]);
    for letter in letters {
        table.add_row([letter.message_id, letter.subscription, letter.reason, letter.content]);
    }
    println!("{table}");
    Ok(ExitCode::SUCCESS)
}

async fn parked(home: &Path) -> anyhow::Result<Vec<Letter>> {
    let home = Home::open(home)?;
    let database = home.database_to_look_at()?;
    let pool = database.connect().await?;
    let parked = dead_letters::parked(&pool, NEWEST).await?;
    Ok(parked
        .into_iter()
        .map(|letter| Letter {
            message_id: letter.message_id,
            subscription: letter.subscription,
            reason: letter.reason,
            content: shown(&letter.data),
        })
        .collect())
}

async fn pulled() -> anyhow::Result<Vec<Letter>> {
    let bus = PubSubBus::open(&Settings::from_env()?).await?;
    let letters = bus.dead_letters(PATIENCE).await?;
    Ok(letters
        .into_iter()
        .map(|letter| {
            let attribute = |name: &str| letter.attributes.get(name).cloned().unwrap_or_default();
            let deliveries = attribute("CloudPubSubDeadLetterSourceDeliveryCount");
            Letter {
                subscription: attribute("CloudPubSubDeadLetterSourceSubscription"),
                reason: format!("not taken in {deliveries} deliveries"),
                content: shown(&letter.data),
                message_id: letter.message_id,
            }
        })
        .collect())
}

fn shown(data: &[u8]) -> String {
    String::from_utf8_lossy(data).chars().take(500).collect()
}
