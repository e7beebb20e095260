//! The command line.

use std::path::PathBuf;

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Parser, Subcommand};

use crate::{billing, fault, generate, serve, service, world};

#[derive(Parser)]
#[command(name = "sandbox", version, about = "A small world that speaks the sources' wire formats")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes a world from a seed: the same arguments give the same bytes.
    Generate {
        /// The seed.
        #[arg(long)]
        seed: u64,
        /// How many days the world's window has.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3660))]
        days: u32,
        /// How many assets there are.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=2000))]
        assets: u32,
        /// How many posts a six-hour slot has on average.
        #[arg(long, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
        posts_per_slot: u32,
        /// The first day of the window.
        #[arg(long, default_value = "2026-01-01")]
        start: NaiveDate,
        /// The folder to write; made when it is not there.
        #[arg(long)]
        out: PathBuf,
    },
    /// Serves one or more worlds on 127.0.0.1 until stopped. --help has the format of a fault plan.
    #[command(after_long_help = fault::help::PLAN.as_str())]
    Serve {
        /// A world's folder; give it again for more worlds, which are served as one.
        #[arg(long, required = true)]
        world: Vec<PathBuf>,
        /// A fault plan; its format is below.
        #[arg(long)]
        faults: Option<PathBuf>,
        /// The port; 0 takes a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// What the clock shows first (RFC 3339); default: the world's end.
        #[arg(long)]
        at: Option<DateTime<Utc>>,
        /// World seconds in a real second; 0 freezes the clock.
        #[arg(long, default_value_t = 0.0)]
        speed: f64,
        /// The real instant at which the clock shows --at, so that a slow start does not put it behind (RFC 3339); default: the
        /// start.
        #[arg(long)]
        since: Option<DateTime<Utc>>,
        /// Seconds of rate limits in a real second while the clock is frozen or slow.
        #[arg(long, default_value_t = 600.0)]
        limit_speed: f64,
        /// What the Alpha Vantage key allows.
        #[arg(long, value_enum, default_value_t)]
        alpha_vantage_plan: service::AlphaVantagePlan,
    },
    /// Stands in for the payment provider on 127.0.0.1 until stopped; docs/billing-sandbox.md describes it. No money moves.
    Billing(BillingArguments),
}

#[derive(Args)]
struct BillingArguments {
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The folder in which the books are kept; made when it is not there. Without it they are forgotten at the end.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Where events are told; needs STRIPE_WEBHOOK_SECRET.
    #[arg(long)]
    webhook: Option<String>,
    /// Doubles, delays and loses some deliveries of events, the same ones for the same number.
    #[arg(long, requires = "webhook")]
    webhook_faults: Option<u64>,
    /// Where its pages are for visitors; default: where it listens.
    #[arg(long)]
    public_url: Option<String>,
    /// Days after a payment that failed, for each further try.
    #[arg(long, value_delimiter = ',', default_value = "3,5,7")]
    retry_days: Vec<i64>,
    /// Where a subscription stands when all tries have failed: canceled, unpaid or past_due.
    #[arg(long, default_value = "canceled", value_parser = after_retries)]
    after_retries: billing::row::Status,
    /// The key that callers show; it must begin with sk_test_.
    #[arg(long, env = "STRIPE_SECRET_KEY", hide_env_values = true)]
    key: String,
    /// What signatures of events are made with.
    #[arg(long, env = "STRIPE_WEBHOOK_SECRET", hide_env_values = true)]
    webhook_secret: Option<String>,
}

fn after_retries(text: &str) -> Result<billing::row::Status, String> {
    use billing::row::Status;
    let parsed = Status::parse(text);
    let known = parsed.filter(|one| matches!(one, Status::Canceled | Status::Unpaid | Status::PastDue));
    known.ok_or_else(|| "write canceled, unpaid or past_due".to_owned())
}

/// Runs the program and gives its exit code: 0 succeeded, 1 failed. A wrong command line exits with 2.
pub fn run() -> u8 {
    let result = match Arguments::parse().command {
        Command::Generate { seed, days, assets, posts_per_slot, start, out } => {
            run_generate(&generate::Options { seed, days, assets, posts_per_slot, start }, &out)
        }
        Command::Serve { world, faults, port, at, speed, since, limit_speed, alpha_vantage_plan } => {
            let services = service::Options { alpha_vantage: alpha_vantage_plan };
            run_serve(
                &world,
                &serve::Options {
                    port,
                    at,
                    speed,
                    since,
                    limit_speed: Some(limit_speed),
                    faults,
                    workers: 0,
                    services,
                },
            )
        }
        Command::Billing(arguments) => run_billing(arguments),
    };
    match result {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("sandbox: {error:#}");
            1
        }
    }
}

fn run_generate(options: &generate::Options, out: &std::path::Path) -> Result<()> {
    let made = generate::generate(options, out)?;
    println!(
        "{}",
        serde_json::json!({"world": out, "posts": made.posts, "articles": made.articles, "bars": made.bars})
    );
    Ok(())
}

fn run_serve(folders: &[PathBuf], options: &serve::Options) -> Result<()> {
    let (world, report) = world::load::load(folders)?;
    eprintln!("sandbox: {report}");
    actix_web::rt::System::new().block_on(async {
        cloud::telemetry::keep_leaving("sandbox", None);
        let (server, listening) = serve::start(world, options)?;
        println!("{}", serde_json::json!({"listening": listening}));
        server.await.context("the server stopped")
    })
}

fn run_billing(arguments: BillingArguments) -> Result<()> {
    let webhook = match (arguments.webhook, arguments.webhook_secret) {
        (None, _) => None,
        (Some(_), None) => anyhow::bail!("--webhook needs STRIPE_WEBHOOK_SECRET"),
        (Some(url), Some(secret)) => {
            Some(billing::webhook::Target { url, secret, faults: arguments.webhook_faults })
        }
    };
    let options = billing::server::Options {
        state: arguments.state,
        key: arguments.key,
        public_url: arguments.public_url,
        webhook,
        dunning: billing::book::Dunning { retry_days: arguments.retry_days, then: arguments.after_retries },
    };
    actix_web::rt::System::new().block_on(async {
        cloud::telemetry::keep_leaving("billing", None);
        let (server, listening) = billing::server::start(billing::server::listen(arguments.port)?, options)?;
        println!("{}", serde_json::json!({"listening": listening}));
        server.await.context("the server stopped")
    })
}
