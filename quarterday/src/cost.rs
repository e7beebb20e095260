//! `quarterday cost`: what a run, a month and a year come to on Google Cloud, from measured durations and a price file.
//!
//! Durations come from [`measured`]: a file of measurements with command, machine and date, or the ledger of an
//! installation. Prices come from `deploy/prices.toml` with their dates and sources. docs/cost.md says what is in and what
//! is not.

pub mod measured;
mod print;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use chrono::{Duration, NaiveDate};
use clap::Args;
use domain::cost::{self, Bill, Line, MicroUsd, Prices, Setup, Usage};
use serde::Serialize;

use crate::command::HomeArgs;
use measured::Measured;

/// What a comparable published system says that it costs a year, in cents, and for how many users.
pub const COMPARED_CENTS: u64 = 110_120;
/// See [`COMPARED_CENTS`].
pub const COMPARED_USERS: u64 = 50_000;

/// What `cost` takes.
#[derive(Debug, Clone, Args)]
pub struct CostArgs {
    /// Assets in each run.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    assets: u64,
    /// Subscribers who read.
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u64).range(..=1_000_000_000))]
    subscribers: u64,
    /// What the installation consists of, by its name in the price file; default: smallest up to 5,000 assets, else production.
    #[arg(long)]
    setup: Option<String>,
    /// A price file like deploy/prices.toml; default: the one that is built in.
    #[arg(long)]
    prices: Option<PathBuf>,
    /// A file of measurements like deploy/measurements.toml; default: the one that is built in.
    #[arg(long, conflicts_with = "ledger")]
    measurements: Option<PathBuf>,
    /// Take the durations from the newest runs of the installation in --home, scaled by assets.
    #[arg(long)]
    ledger: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    home: HomeArgs,
}

/// What everything comes to.
#[derive(Debug, Clone, Serialize)]
pub struct Estimate {
    /// Assets in each run.
    pub assets: u64,
    /// Subscribers who read.
    pub subscribers: u64,
    /// The setup's name.
    pub setup: String,
    /// Where the durations come from.
    pub durations: String,
    /// The day of the oldest price.
    pub prices_of: Option<NaiveDate>,
    /// How many prices were written down from memory and have to be checked.
    pub prices_unchecked: usize,
    /// How many were read from copies of the provider's pages.
    pub prices_copied: usize,
    /// One run.
    pub run: Sums,
    /// A twelfth of a year.
    pub month: Sums,
    /// 1,460 runs, what stands, and what readers cause.
    pub year: Sums,
    /// What the comparable system states for a year, in micro-USD.
    pub compared_year: MicroUsd,
    /// Our year in thousandths of theirs.
    pub share_per_mille: u64,
}

/// A bill and its sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// What it is for.
    pub lines: Vec<Line>,
    /// All of it.
    pub total: MicroUsd,
}

impl From<Bill> for Sums {
    fn from(bill: Bill) -> Self {
        Self { total: bill.total(), lines: bill.lines }
    }
}

/// `quarterday cost`.
///
/// # Errors
/// A file cannot be read, the setup is not known, or the ledger has no run to take durations from.
pub async fn cost(args: CostArgs) -> anyhow::Result<ExitCode> {
    let prices = match &args.prices {
        Some(file) => {
            Prices::parse(&std::fs::read_to_string(file).with_context(|| file.display().to_string())?)
                .with_context(|| file.display().to_string())?
        }
        None => Prices::built_in()?,
    };
    let measured = match &args.measurements {
        Some(file) => Measured::read(file)?,
        None => Measured::built_in()?,
    };
    let measured = if args.ledger { measured.with_ledger(&args.home.home).await? } else { measured };
    let default = if args.assets <= SMALL_UP_TO { "smallest" } else { "production" };
    let name = args.setup.as_deref().unwrap_or(default);
    let setup = prices.setup(name).ok_or_else(|| {
        let known: Vec<&str> = prices.setups.keys().map(String::as_str).collect();
        anyhow!("there is no setup {name:?}: name one of {}", known.join(", "))
    })?;
    let estimate = estimate(&prices, name, setup, &measured, args.assets, args.subscribers);
    if args.json {
        println!("{}", serde_json::to_string(&estimate)?);
    } else {
        print::print(&estimate, &prices);
    }
    Ok(ExitCode::SUCCESS)
}

/// Up to so many assets the small machines do.
const SMALL_UP_TO: u64 = 5_000;

/// Computes an estimate.
pub fn estimate(
    prices: &Prices,
    name: &str,
    setup: &Setup,
    measured: &Measured,
    assets: u64,
    subscribers: u64,
) -> Estimate {
    let usage = usage(setup, measured, assets);
    let run = cost::of_run(prices, setup, &usage);
    let stands = cost::standing(prices, setup, measured.kept(assets));
    let year = cost::year(&run, &stands).plus(&readers(prices, setup, measured, subscribers));
    let month = year.scaled(1, 12);
    let compared_year = MicroUsd(COMPARED_CENTS * 10_000);
    let of = |origin| prices.all().filter(|(_, rate)| rate.origin == origin).count();
    let share = u128::from(year.total().0) * 1000 / u128::from(compared_year.0);
    Estimate {
        assets,
        subscribers,
        setup: name.to_owned(),
        durations: measured.source.clone(),
        prices_of: prices.oldest_on(),
        prices_unchecked: of(cost::Origin::Memory),
        prices_copied: of(cost::Origin::Copy),
        run: run.into(),
        month: month.into(),
        year: year.into(),
        compared_year,
        share_per_mille: u64::try_from(share).unwrap_or(u64::MAX),
    }
}

/// What subscribers cause in a year: what they fetch, and the site while it answers them.
fn readers(prices: &Prices, setup: &Setup, measured: &Measured, subscribers: u64) -> Bill {
    let readers = &measured.readers;
    let views = subscribers.saturating_mul(readers.views_a_month).saturating_mul(12);
    let requests = views.saturating_mul(readers.requests_a_view);
    let bytes = views.saturating_mul(readers.bytes_a_view);
    cost::readers(prices, setup, requests, bytes, measured.busy(requests))
}

/// What a run of so many assets uses: the measured work on as many processors as the setup has, and the machines' starts.
fn usage(setup: &Setup, measured: &Measured, assets: u64) -> Usage {
    let on = |stage: &measured::StageCost, vcpus: u64| {
        let work_ms = stage.processor_ms(assets) / vcpus.max(1);
        let fixed_ms = (stage.start_s + stage.waiting_s) * 1000;
        Duration::milliseconds(i64::try_from(work_ms.saturating_add(fixed_ms)).unwrap_or(i64::MAX / 2))
    };
    Usage {
        collect: on(&measured.collect, measured::vcpus(&setup.collector)),
        split: on(&measured.split, setup.split_vcpus.saturating_mul(setup.split_nodes)),
        predict: on(&measured.predict, measured::vcpus(&setup.ml)),
        fetched_bytes: measured.fetched_bytes(assets),
        written_bytes: 0, // what is kept is counted once, in what stands
        objects_written: measured.objects_written_an_asset.saturating_mul(assets),
        objects_read: measured.objects_read_an_asset.saturating_mul(assets),
        messages: measured.messages,
        logged_bytes: measured.logged_bytes_a_run,
        egress_bytes: 0, // readers are counted by the year
    }
}
