//! The command line.

use std::path::PathBuf;

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, Utc};
use clap::{Parser, Subcommand};

use crate::{fault, generate, serve, service, world};

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
        /// What the Alpha Vantage key allows.
        #[arg(long, value_enum, default_value_t)]
        alpha_vantage_plan: service::AlphaVantagePlan,
    },
}

/// Runs the program and gives its exit code: 0 succeeded, 1 failed. A wrong command line exits with 2.
pub fn run() -> u8 {
    let result = match Arguments::parse().command {
        Command::Generate { seed, days, assets, posts_per_slot, start, out } => {
            run_generate(&generate::Options { seed, days, assets, posts_per_slot, start }, &out)
        }
        Command::Serve { world, faults, port, at, speed, alpha_vantage_plan } => {
            let services = service::Options { alpha_vantage: alpha_vantage_plan };
            run_serve(&world, &serve::Options { port, at, speed, faults, workers: 0, services })
        }
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
        let (server, listening) = serve::start(world, options)?;
        println!("{}", serde_json::json!({"listening": listening}));
        server.await.context("the server stopped")
    })
}
