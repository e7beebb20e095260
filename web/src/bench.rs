//! `web bench` and `web load`: a site filled with two years of slots, played from outside while it is measured. `web stage`:
//! that site alone, for who measures it with something else.
//!
//! [`fill`]: published rows of a made-up market, by `COPY`. [`stage`]: Postgres, the site as a program of its own, accounts.
//! [`pages`]: what readers ask for. [`play`]: an even stream of requests, or users who think. [`gauge`]: times, memory,
//! processor. [`report`]: what is printed. [`store`]: all SQL.
//!
//! A load generator of one's own and not a package: `oha`, the one in Rust's registry, has neither time to think nor readers
//! with sessions of their own.

pub mod fill;
pub mod gauge;
pub mod pages;
pub mod play;
pub mod report;
pub mod stage;
pub mod store;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;

use play::{Open, Think};
use report::Report;
use stage::Stage;

/// What is played on.
#[derive(Debug, Clone, Args)]
pub struct StageArgs {
    /// Assets.
    #[arg(long, default_value_t = 500)]
    pub assets: u32,
    /// Slots; 2922 are two years.
    #[arg(long, default_value_t = 2_922)]
    pub slots: u32,
    /// Where the database is kept between runs, when no --database-url is given; another size fills it anew.
    #[arg(long, default_value = "target/bench-site")]
    pub home: PathBuf,
    /// An empty Postgres to fill, instead of a private one.
    #[arg(long)]
    pub database_url: Option<String>,
    /// Processors of the site and its Postgres, as `taskset -c` names them; empty pins nothing.
    #[arg(long, default_value = "0,1")]
    pub site_cpus: String,
    /// Processors of the generator.
    #[arg(long, default_value = "2,3")]
    pub player_cpus: String,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 30)]
    pub seconds: u64,
    /// Seconds before that, which fill caches and are not counted.
    #[arg(long, default_value_t = 10)]
    pub warm_up: u64,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `bench`.
#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    #[command(flatten)]
    stage: StageArgs,
    /// Requests a second, evenly spread, whether or not earlier ones are answered.
    #[arg(long, default_value_t = 1_000)]
    rate: u32,
    /// Fail when the 99th percentile is above this many milliseconds.
    #[arg(long)]
    goal_ms: Option<f64>,
}

/// Flags of `load`.
#[derive(Debug, Clone, Args)]
pub struct LoadArgs {
    #[command(flatten)]
    stage: StageArgs,
    /// Users at once; several numbers are played one after the other.
    #[arg(long, value_delimiter = ',', default_value = "1000,5000,10000")]
    users: Vec<u32>,
}

/// `web bench`.
///
/// # Errors
/// The site cannot be started or measured, a request failed, or it was slower than the goal.
pub async fn bench(args: BenchArgs) -> anyhow::Result<()> {
    let stage = Stage::set(&args.stage).await?;
    let plan = Open { rate: args.rate, seconds: args.stage.seconds, warm_up: args.stage.warm_up };
    let played = play::open(&stage, &plan).await?;
    let report = Report::of(&format!("{} requests/s, open loop", args.rate), &args.stage, &played);
    report.print(args.stage.json)?;
    stage.end().await;
    ensure!(report.failures() == 0, "{} requests failed", report.failures());
    if let Some(goal) = args.goal_ms {
        ensure!(report.p99_ms() <= goal, "p99 is {:.1} ms, the goal {goal} ms", report.p99_ms());
    }
    Ok(())
}

/// `web stage`.
///
/// # Errors
/// The site cannot be started.
pub async fn stand(args: StageArgs) -> anyhow::Result<()> {
    let stage = Stage::set(&args).await?;
    let sessions: std::collections::BTreeMap<&str, String> =
        pages::READERS.into_iter().filter_map(|(tier, _)| Some((tier, stage.session(tier, 0)?))).collect();
    println!("{}", serde_json::json!({ "listening": stage.url, "sessions": sessions }));
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()))
        .await
        .context("waiting for the end of standard input")??;
    stage.end().await;
    Ok(())
}

/// `web load`.
///
/// # Errors
/// The site cannot be started or measured, or a request failed.
pub async fn load(args: LoadArgs) -> anyhow::Result<()> {
    let stage = Stage::set(&args.stage).await?;
    let mut failures = 0;
    for users in args.users {
        let seconds = Duration::from_secs(args.stage.seconds);
        let plan = Think { users, measured: seconds, warm_up: Duration::from_secs(args.stage.warm_up) };
        let played = play::think(&stage, &plan).await?;
        let report = Report::of(&format!("{users} users, 1 to 5 s between pages"), &args.stage, &played);
        report.print(args.stage.json)?;
        failures += report.failures();
    }
    stage.end().await;
    ensure!(failures == 0, "{failures} requests failed");
    Ok(())
}
