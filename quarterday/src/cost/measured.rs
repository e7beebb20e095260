//! What was measured: how long the stages work, and what readers fetch.

use std::path::Path;

use anyhow::{Context as _, ensure};
use chrono::Duration;
use domain::cost::{HOURS_A_YEAR, Kept};
use domain::run::{RunStatus, Stage};
use ledger::store;
use serde::Deserialize;

use crate::home::Home;

const BUILT_IN: &str = include_str!("../../../deploy/measurements.toml");
/// Runs of a ledger that are looked at.
const RUNS: i64 = 200;

/// What a stage needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageCost {
    /// Processor time for each asset, in microseconds.
    pub processor_us_an_asset: u64,
    /// Time that no processor shortens: limits of sources.
    pub waiting_s: u64,
    /// From being asked for to being at work, and from there to being off.
    pub start_s: u64,
}

impl StageCost {
    /// Processor time for so many assets.
    pub fn processor_ms(&self, assets: u64) -> u64 {
        self.processor_us_an_asset.saturating_mul(assets) / 1000
    }
}

/// What a subscriber does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Readers {
    /// Pages that a subscriber opens in a month.
    pub views_a_month: u64,
    /// Requests that a page leads to, those that a browser or CDN answers left out.
    pub requests_a_view: u64,
    /// Bytes of these, compressed.
    pub bytes_a_view: u64,
    /// For how long the site is charged for a request that comes alone.
    pub charged_ms_a_request: u64,
}

/// Everything that was measured or is assumed; the file says of each which.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Where the durations come from, in words.
    pub source: String,
    /// The collect stage.
    pub collect: StageCost,
    /// The split stage.
    pub split: StageCost,
    /// The predict stage.
    pub predict: StageCost,
    /// Bytes that the sources send for an asset in a run.
    pub fetched_bytes_an_asset: u64,
    /// Bytes that an asset adds to the lake in a run.
    pub written_bytes_an_asset: u64,
    /// Of those, bytes of raw exchanges, which are moved to colder classes.
    pub raw_bytes_an_asset: u64,
    /// For how many days they are kept, or are at most counted here.
    pub kept_days: u64,
    /// Days after which raw exchanges go to Nearline; after four times as many they go on to Coldline.
    pub raw_nearline_days: u64,
    /// Objects that an asset adds to the lake in a run.
    pub objects_written_an_asset: u64,
    /// Objects that are read for an asset in a run.
    pub objects_read_an_asset: u64,
    /// Bytes that the programs of a run write to the log.
    pub logged_bytes_a_run: u64,
    /// Messages of a run.
    pub messages: u64,
    /// What subscribers do.
    pub readers: Readers,
}

impl Measured {
    /// `deploy/measurements.toml` as it was at the time of the build.
    ///
    /// # Errors
    /// It is malformed; a test sees to it that it is not.
    pub fn built_in() -> anyhow::Result<Self> {
        toml::from_str(BUILT_IN).context("the built-in measurements")
    }

    /// A file like that.
    ///
    /// # Errors
    /// It cannot be read, or is malformed.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        toml::from_str(&text).with_context(|| file.display().to_string())
    }

    /// The same with the durations of the newest whole runs of an installation, which had this machine's processors.
    ///
    /// # Errors
    /// The ledger is out of reach or has no whole run, or the lake has no list of assets.
    pub async fn with_ledger(mut self, home: &Path) -> anyhow::Result<Self> {
        let home = Home::open(home)?;
        let database = home.database_to_look_at()?;
        let pool = database.connect().await?;
        let runs = store::recent_runs(&pool, RUNS).await?;
        let whole: Vec<_> = runs.iter().filter(|run| run.status() == RunStatus::Succeeded).collect();
        ensure!(!whole.is_empty(), "the ledger has no run that succeeded: run one, or name --measurements");
        let list = home.lake().join("state/assets.csv");
        let list = std::fs::read(&list).with_context(|| list.display().to_string())?;
        let assets =
            domain::AssetList::from_csv(&list).context("state/assets.csv")?.iter().count().max(1) as u64;
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
        let mean_us = |stage: Stage| {
            let times = whole.iter().filter_map(|run| {
                let stage = run.stage(stage);
                (stage.finished_at? - stage.started_at?).num_microseconds()
            });
            let times: Vec<u64> = times.filter_map(|us| u64::try_from(us).ok()).collect();
            times.iter().sum::<u64>() / (times.len() as u64).max(1)
        };
        for (stage, cost) in [
            (Stage::Collect, &mut self.collect),
            (Stage::Split, &mut self.split),
            (Stage::Predict, &mut self.predict),
        ] {
            cost.processor_us_an_asset = mean_us(stage).saturating_mul(processors) / assets;
        }
        self.source = format!(
            "{} runs of this installation with {assets} assets on {processors} processors, taken as if all were busy",
            whole.len()
        );
        Ok(self)
    }

    /// Bytes that the sources send in a run.
    pub fn fetched_bytes(&self, assets: u64) -> u64 {
        self.fetched_bytes_an_asset.saturating_mul(assets)
    }

    /// What lies in the lake once it holds all that is kept, by how cold it has grown.
    pub fn kept(&self, assets: u64) -> Kept {
        let warm_days = self.kept_days.min(self.raw_nearline_days);
        let nearline_days = self.kept_days.min(4 * self.raw_nearline_days) - warm_days;
        let coldline_days = self.kept_days - warm_days - nearline_days;
        let of = |bytes: u64, days: u64| bytes.saturating_mul(assets).saturating_mul(4 * days);
        let raw = self.raw_bytes_an_asset.min(self.written_bytes_an_asset);
        let other = self.written_bytes_an_asset - raw;
        Kept {
            standard: of(other, self.kept_days).saturating_add(of(raw, warm_days)),
            nearline: of(raw, nearline_days),
            coldline: of(raw, coldline_days),
        }
    }

    /// For how long in a year at least one of so many requests is being answered, where they come at random: the site is
    /// charged for that time, not for each request.
    pub fn busy(&self, requests_a_year: u64) -> Duration {
        let year_ms = (HOURS_A_YEAR * 3_600_000) as f64;
        let load = requests_a_year as f64 * self.readers.charged_ms_a_request as f64 / year_ms;
        Duration::milliseconds((year_ms * (1.0 - (-load).exp()) * load.max(1.0)) as i64)
    }
}

/// Processors of a machine type: the number at its end; the small shared ones count as the share that they may use for long.
pub fn vcpus(machine: &str) -> u64 {
    match machine.rsplit('-').next().map(str::parse) {
        Some(Ok(count)) => count,
        _ => 1,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_measurements_are_whole() {
        let measured = Measured::built_in().unwrap();
        assert!(measured.predict.processor_us_an_asset > 0 && measured.readers.bytes_a_view > 0);
    }

    #[test]
    fn raw_exchanges_grow_cold() {
        let measured = Measured {
            written_bytes_an_asset: 10,
            raw_bytes_an_asset: 4,
            kept_days: 365,
            raw_nearline_days: 30,
            ..Measured::built_in().unwrap()
        };
        // Four slots a day: 6 bytes all year and 4 for 30 days; 4 for the next 90; 4 for the 245 that are left.
        let kept = measured.kept(1);
        assert_eq!((kept.standard, kept.nearline, kept.coldline), (4 * (6 * 365 + 4 * 30), 1_440, 3_920));
        let young = Measured { kept_days: 20, ..measured }.kept(1);
        assert_eq!((young.standard, young.nearline, young.coldline), (800, 0, 0));
    }

    #[test]
    fn requests_at_once_are_charged_once() {
        let measured = Measured::built_in().unwrap();
        let alone = measured.busy(1_000);
        let each = measured.readers.charged_ms_a_request.cast_signed();
        assert!((999 * each..=1_000 * each).contains(&alone.num_milliseconds()), "{alone}");
        let many = measured.busy(200_000_000);
        assert!(many < alone * 200_000, "{many}");
        assert!(many <= Duration::hours(HOURS_A_YEAR), "{many}");
        // More than one instance can do is charged as more than one.
        assert!(measured.busy(2_000_000_000) > Duration::hours(HOURS_A_YEAR));
    }

    #[test]
    fn processors_are_in_a_machines_name() {
        assert_eq!((vcpus("n2-standard-8"), vcpus("e2-standard-2"), vcpus("e2-small")), (8, 2, 1));
    }
}
