//! Bills: what a run, a month and a year come to.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::prices::{MicroUsd, Prices, Setup};
use crate::run::Stage;

/// Runs in a year: four a day.
pub const RUNS_A_YEAR: u64 = 4 * 365;
/// Hours in a year; a month is a twelfth.
pub const HOURS_A_YEAR: i64 = 24 * 365;

/// What money is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The collector's machine while it runs.
    Collect,
    /// The split's nodes and Dataproc's fee while it runs.
    Split,
    /// The ML machine while it predicts.
    Predict,
    /// What the sources send, through NAT.
    Fetch,
    /// Messages.
    Messages,
    /// The lake, for a month.
    Storage,
    /// What readers fetch.
    Egress,
    /// The database, its standby and disks.
    Database,
    /// Disks of machines, on or off.
    Disks,
    /// Addresses and load balancers.
    Network,
    /// The site while it answers.
    Site,
}

impl Part {
    /// The name used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::Split => "split",
            Self::Predict => "predict",
            Self::Fetch => "fetch",
            Self::Messages => "messages",
            Self::Storage => "storage",
            Self::Egress => "egress",
            Self::Database => "database",
            Self::Disks => "disks",
            Self::Network => "network",
            Self::Site => "site",
        }
    }
}

/// One line of a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// On what.
    pub part: Part,
    /// How much.
    pub micro_usd: MicroUsd,
}

/// A bill: one line a part, in the order of [`Part`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// Its lines.
    pub lines: Vec<Line>,
}

impl Bill {
    /// The bill over these lines; those of one part are added up.
    pub fn new(lines: impl IntoIterator<Item = (Part, MicroUsd)>) -> Self {
        let mut sums = std::collections::BTreeMap::<Part, MicroUsd>::new();
        for (part, amount) in lines {
            let sum = sums.entry(part).or_default();
            *sum = *sum + amount;
        }
        Self { lines: sums.into_iter().map(|(part, micro_usd)| Line { part, micro_usd }).collect() }
    }

    /// The sum of its lines.
    pub fn total(&self) -> MicroUsd {
        self.lines.iter().map(|line| line.micro_usd).sum()
    }

    /// What a part comes to; 0 where it has no line.
    pub fn part(&self, part: Part) -> MicroUsd {
        self.lines.iter().filter(|line| line.part == part).map(|line| line.micro_usd).sum()
    }

    /// Both bills together.
    pub fn plus(&self, other: &Self) -> Self {
        Self::new(self.lines.iter().chain(&other.lines).map(|line| (line.part, line.micro_usd)))
    }

    /// Every line times `numerator / denominator`, rounded.
    pub fn scaled(&self, numerator: u64, denominator: u64) -> Self {
        let scaled = |line: &Line| (line.part, line.micro_usd.scaled(numerator, denominator));
        Self::new(self.lines.iter().map(scaled))
    }
}

/// What a run used. Times are those of all attempts of the stage together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// How long the collector's machine was on.
    pub collect: Duration,
    /// How long the split's nodes were on.
    pub split: Duration,
    /// How long the ML machine was on for the run.
    pub predict: Duration,
    /// Bytes that the sources sent.
    pub fetched_bytes: u64,
    /// Bytes that the run added to the lake; charged for a month.
    pub written_bytes: u64,
    /// Messages that were published; each is delivered once more, and counts as 1,000 bytes at least.
    pub messages: u64,
    /// Bytes that readers fetched because of it.
    pub egress_bytes: u64,
}

impl Default for Usage {
    fn default() -> Self {
        let none = Duration::zero();
        Self {
            collect: none,
            split: none,
            predict: none,
            fetched_bytes: 0,
            written_bytes: 0,
            messages: 0,
            egress_bytes: 0,
        }
    }
}

/// The least that Pub/Sub charges a request for.
const LEAST_MESSAGE_BYTES: u64 = 1000;
/// A message is charged when it is published and when it is delivered.
const CHARGES_A_MESSAGE: u64 = 2;

/// What the machines of a stage cost while they are on for `time`. Publishing is the site's: nothing of its own.
pub fn of_stage(prices: &Prices, setup: &Setup, stage: Stage, time: Duration) -> MicroUsd {
    let machine = |name: &str, count| {
        prices.machines.get(name).map(|rate| rate.for_time(time, count)).unwrap_or_default()
    };
    match stage {
        Stage::Collect => machine(&setup.collector, 1),
        Stage::Split => {
            let vcpus = setup.split_nodes.saturating_mul(setup.split_vcpus);
            machine(&setup.split, setup.split_nodes) + prices.rates.dataproc.for_time(time, vcpus)
        }
        Stage::Predict => machine(&setup.ml, 1),
        Stage::Publish => MicroUsd::default(),
    }
}

/// What the machines of these stages cost, each on for as long as is usual: seconds by the stage's name. `None` where one of
/// them has never ended well.
pub fn of_stages(
    prices: &Prices,
    setup: &Setup,
    stages: impl IntoIterator<Item = Stage>,
    usual_s: &[(String, f64)],
) -> Option<MicroUsd> {
    let cost = |stage: Stage| {
        let (_, seconds) = usual_s.iter().find(|(name, _)| name == stage.as_str())?;
        Some(of_stage(prices, setup, stage, Duration::milliseconds((seconds * 1e3) as i64)))
    };
    stages.into_iter().map(cost).try_fold(MicroUsd::default(), |sum, cost| Some(sum + cost?))
}

/// What an hour of the stage's machines costs.
pub fn machine_hour(prices: &Prices, setup: &Setup, stage: Stage) -> MicroUsd {
    of_stage(prices, setup, stage, Duration::hours(1))
}

/// What a run came to.
pub fn of_run(prices: &Prices, setup: &Setup, usage: &Usage) -> Bill {
    let rates = &prices.rates;
    let stage = |stage, time| of_stage(prices, setup, stage, time);
    let message_bytes = usage.messages.saturating_mul(LEAST_MESSAGE_BYTES * CHARGES_A_MESSAGE);
    Bill::new([
        (Part::Collect, stage(Stage::Collect, usage.collect)),
        (Part::Split, stage(Stage::Split, usage.split)),
        (Part::Predict, stage(Stage::Predict, usage.predict)),
        (Part::Fetch, rates.nat.for_bytes(usage.fetched_bytes)),
        (Part::Messages, rates.pubsub.for_bytes(message_bytes)),
        (Part::Storage, rates.storage.for_bytes(usage.written_bytes)),
        (Part::Egress, rates.egress.for_bytes(usage.egress_bytes)),
    ])
}

/// What costs money in a year whether or not anything runs; `kept_bytes` lie in the lake all the time.
pub fn standing(prices: &Prices, setup: &Setup, kept_bytes: u64) -> Bill {
    let (rates, year) = (&prices.rates, Duration::hours(HOURS_A_YEAR));
    let database = prices.databases.get(&setup.database);
    let database = database.map(|rate| rate.for_time(year, setup.database_nodes)).unwrap_or_default();
    let database_gib = setup.database_gib.saturating_mul(setup.database_nodes);
    Bill::new([
        (Part::Storage, rates.storage.for_bytes(kept_bytes).scaled(12, 1)),
        (Part::Database, database),
        (Part::Database, rates.database_disk.for_gib(database_gib).scaled(12, 1)),
        (Part::Disks, rates.disk.for_gib(setup.disks_gib).scaled(12, 1)),
        (Part::Network, rates.address.for_time(year, setup.addresses)),
        (Part::Network, rates.load_balancer.for_time(year, setup.load_balancers)),
    ])
}

/// A year of runs like `run`, and what stands.
pub fn year(run: &Bill, standing: &Bill) -> Bill {
    run.scaled(RUNS_A_YEAR, 1).plus(standing)
}

/// A twelfth of that.
pub fn month(run: &Bill, standing: &Bill) -> Bill {
    run.scaled(RUNS_A_YEAR, 12).plus(&standing.scaled(1, 12))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn smallest() -> (Prices, Setup) {
        let prices = Prices::built_in().unwrap();
        let setup = prices.setup("smallest").unwrap().clone();
        (prices, setup)
    }

    #[test]
    fn a_run_costs_what_its_machines_and_bytes_cost() {
        let (prices, setup) = smallest();
        let usage = Usage {
            collect: Duration::minutes(20),
            split: Duration::minutes(15),
            predict: Duration::minutes(30),
            fetched_bytes: 1 << 30,
            written_bytes: 1 << 29,
            messages: 1_000,
            egress_bytes: 0,
        };
        let bill = of_run(&prices, &setup, &usage);
        // By hand: 16751/3; (67006 + 2 × 10000)/4; 67006/2; 45000; 2 MB of 40 USD a TiB; 20000/2.
        let expected = [5_584, 21_752, 33_503, 45_000, 73, 10_000, 0].map(MicroUsd);
        let lines: Vec<MicroUsd> = bill.lines.iter().map(|line| line.micro_usd).collect();
        assert_eq!(lines, expected);
        assert_eq!(bill.total(), MicroUsd(115_912));
    }

    #[test]
    fn what_stands_costs_by_the_year_and_a_month_is_a_twelfth() {
        let (prices, setup) = smallest();
        let stands = standing(&prices, &setup, 0);
        // By hand: 10500 × 8760 + 10 × 170000 × 12; 60 × 100000 × 12; 5000 × 8760.
        assert_eq!(stands.part(Part::Database), MicroUsd(91_980_000 + 20_400_000));
        assert_eq!(stands.part(Part::Disks), MicroUsd(72_000_000));
        assert_eq!(stands.part(Part::Network), MicroUsd(43_800_000));
        let run = Bill::new([(Part::Predict, MicroUsd(33_503))]);
        assert_eq!(year(&run, &stands).part(Part::Predict), MicroUsd(33_503 * 1_460));
        assert_eq!(month(&run, &stands).part(Part::Predict), MicroUsd(4_076_198)); // 33503 × 1460 / 12 = 4076198.3
        assert_eq!(month(&run, &stands).part(Part::Disks), MicroUsd(6_000_000));
    }

    #[test]
    fn publishing_costs_nothing_of_its_own_and_an_unknown_machine_neither() {
        let (prices, mut setup) = smallest();
        assert_eq!(machine_hour(&prices, &setup, Stage::Publish), MicroUsd(0));
        assert_eq!(machine_hour(&prices, &setup, Stage::Predict), MicroUsd(67_006));
        setup.ml = "of another region".to_owned();
        assert_eq!(machine_hour(&prices, &setup, Stage::Predict), MicroUsd(0));
    }
}
