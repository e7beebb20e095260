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
    /// Objects of the lake written and read.
    Calls,
    /// What readers fetch.
    Egress,
    /// The database, its standby, disks and backups.
    Database,
    /// Disks of machines, on or off.
    Disks,
    /// Addresses, NAT, load balancers and the firewall.
    Network,
    /// The site: while it answers, and what of it is always there.
    Site,
    /// The orchestrator while it answers.
    Functions,
    /// The machine that follows live prices, with its disk.
    Live,
    /// Logs, alerts, secrets, the clock and images.
    Upkeep,
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
            Self::Calls => "calls",
            Self::Egress => "egress",
            Self::Database => "database",
            Self::Disks => "disks",
            Self::Network => "network",
            Self::Site => "site",
            Self::Functions => "functions",
            Self::Live => "live",
            Self::Upkeep => "upkeep",
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
    /// Objects that the run wrote to the lake.
    pub objects_written: u64,
    /// Objects that it read there.
    pub objects_read: u64,
    /// Messages that were published; each is delivered once more, counts as 1,000 bytes at least, and is answered by the
    /// orchestrator.
    pub messages: u64,
    /// Bytes that its programs wrote to the log.
    pub logged_bytes: u64,
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
            objects_written: 0,
            objects_read: 0,
            messages: 0,
            logged_bytes: 0,
            egress_bytes: 0,
        }
    }
}

/// The least that Pub/Sub charges a request for.
const LEAST_MESSAGE_BYTES: u64 = 1000;
/// A message is charged when it is published and when it is delivered.
const CHARGES_A_MESSAGE: u64 = 2;
/// Times a year that the clock lets the watchdog look round: once a minute.
const LOOKS_A_YEAR: u64 = 365 * 24 * 60;
/// For how long the orchestrator is charged for a message: the least that there is.
const ANSWERED_MS: i64 = 100;
/// Jobs of the clock: the slots, and the watchdog.
const JOBS: u64 = 2;
/// Disk of the machine that follows live prices.
const STREAM_GIB: u64 = 10;

/// What lies in the lake all the time, by how it is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Bytes in the usual class.
    pub standard: u64,
    /// Bytes that have been moved to Nearline.
    pub nearline: u64,
    /// Bytes that have been moved on to Coldline.
    pub coldline: u64,
}

/// What messages cost: carried there and back, and answered by an orchestrator of one processor and half a GiB.
fn messages(prices: &Prices, count: u64) -> [(Part, MicroUsd); 4] {
    let rates = &prices.rates;
    let answering = Duration::milliseconds(
        i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(ANSWERED_MS).min(i64::MAX / 2),
    );
    [
        (
            Part::Messages,
            rates.pubsub.for_bytes(count.saturating_mul(LEAST_MESSAGE_BYTES * CHARGES_A_MESSAGE)),
        ),
        (Part::Functions, rates.site_requests.for_count(count)),
        (Part::Functions, rates.site_processor.for_time(answering, 1)),
        (Part::Functions, rates.site_memory.for_time(answering, 1).scaled(1, 2)),
    ]
}

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
    let lines = [
        (Part::Collect, stage(Stage::Collect, usage.collect)),
        (Part::Split, stage(Stage::Split, usage.split)),
        (Part::Predict, stage(Stage::Predict, usage.predict)),
        (Part::Fetch, rates.nat.for_bytes(usage.fetched_bytes)),
        (Part::Fetch, rates.nat_machine.for_time(usage.collect + usage.predict, 1)),
        (Part::Storage, rates.storage.for_bytes(usage.written_bytes)),
        (Part::Calls, rates.writes.for_count(usage.objects_written)),
        (Part::Calls, rates.reads.for_count(usage.objects_read)),
        (Part::Egress, rates.egress.for_bytes(usage.egress_bytes)),
        (Part::Upkeep, rates.logs.for_bytes(usage.logged_bytes)),
    ];
    Bill::new(lines.into_iter().chain(messages(prices, usage.messages)))
}

/// What costs money in a year whether or not anything runs; what is `kept` lies in the lake all the time.
pub fn standing(prices: &Prices, setup: &Setup, kept: Kept) -> Bill {
    let (rates, year) = (&prices.rates, Duration::hours(HOURS_A_YEAR));
    let database = prices.databases.get(&setup.database);
    let database = database.map(|rate| rate.for_time(year, setup.database_nodes)).unwrap_or_default();
    let database_gib = setup.database_gib.saturating_mul(setup.database_nodes);
    let stream = prices.machines.get(&setup.stream);
    let streams = u64::from(stream.is_some());
    // A site that nobody reads goes away after a while; one that is read is there nearly always.
    let sites = setup.site_kept.max(1);
    let lines = [
        (Part::Storage, rates.storage.for_bytes(kept.standard).scaled(12, 1)),
        (Part::Storage, rates.storage_nearline.for_bytes(kept.nearline).scaled(12, 1)),
        (Part::Storage, rates.storage_coldline.for_bytes(kept.coldline).scaled(12, 1)),
        (Part::Database, database),
        (Part::Database, rates.database_disk.for_gib(database_gib).scaled(12, 1)),
        (Part::Database, rates.database_backup.for_gib(setup.backups_gib).scaled(12, 1)),
        (Part::Disks, rates.disk.for_gib(setup.disks_gib).scaled(12, 1)),
        (Part::Network, rates.address.for_time(year, setup.addresses)),
        (Part::Network, rates.load_balancer.for_time(year, setup.load_balancers)),
        (Part::Network, rates.nat_machine.for_time(year, sites + streams)),
        (Part::Network, rates.firewall.for_year(u64::from(setup.firewall_rules > 0))),
        (Part::Network, rates.firewall_rule.for_year(setup.firewall_rules)),
        (Part::Site, rates.kept_processor.for_time(year, setup.site_kept)),
        (Part::Site, rates.kept_memory.for_time(year, setup.site_kept)),
        (Part::Live, stream.map(|rate| rate.for_time(year, 1)).unwrap_or_default()),
        (Part::Live, rates.disk_plain.for_gib(STREAM_GIB * streams).scaled(12, 1)),
        (Part::Upkeep, rates.alert.for_year(setup.alerts)),
        (Part::Upkeep, rates.secret.for_year(setup.secrets)),
        (Part::Upkeep, rates.job.for_year(JOBS)),
        (Part::Upkeep, rates.images.for_gib(setup.images_gib).scaled(12, 1)),
    ];
    Bill::new(lines.into_iter().chain(messages(prices, LOOKS_A_YEAR)))
}

/// What readers cause in a year: `requests` with so many bytes in all, and the site while it answers for `busy`, which counts
/// two at once as one. Instances that are always there are in [`standing`]; only what they cannot do is charged here.
pub fn readers(prices: &Prices, setup: &Setup, requests: u64, bytes: u64, busy: Duration) -> Bill {
    let rates = &prices.rates;
    let year = Duration::hours(HOURS_A_YEAR);
    let kept = i32::try_from(setup.site_kept).unwrap_or(i32::MAX);
    let beyond = (busy - year.checked_mul(kept).unwrap_or(busy)).max(Duration::zero());
    // Instances that keep their processor are not charged for requests, and their time costs less.
    let site = if kept > 0 {
        [rates.kept_processor.for_time(beyond, 1), rates.kept_memory.for_time(beyond, 1), MicroUsd::default()]
    } else {
        let requests = rates.site_requests.for_count(requests);
        [rates.site_processor.for_time(busy, 1), rates.site_memory.for_time(busy, 1), requests]
    };
    let balanced = if setup.load_balancers > 0 { bytes } else { 0 };
    let looked_at = if setup.firewall_rules > 0 { requests } else { 0 };
    let lines = [
        (Part::Egress, rates.egress.for_bytes(bytes)),
        (Part::Network, rates.load_balanced.for_bytes(balanced)),
        (Part::Network, rates.firewall_requests.for_count(looked_at)),
        (Part::Upkeep, rates.logs.for_bytes(requests.saturating_mul(LOGGED_A_REQUEST))),
    ];
    Bill::new(lines.into_iter().chain(site.map(|amount| (Part::Site, amount))))
}

/// Bytes of the line that Cloud Run writes to the log for each request.
const LOGGED_A_REQUEST: u64 = 1_000;

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
            objects_written: 10_000,
            objects_read: 20_000,
            messages: 1_000,
            logged_bytes: 1 << 28,
            egress_bytes: 0,
        };
        let bill = of_run(&prices, &setup, &usage);
        // By hand, where a millionth of a dollar is lost or won by rounding each product:
        for (part, expected) in [
            (Part::Collect, 5_584),        // 16753 / 3
            (Part::Split, 21_753),         // (67011 + 2 × 10000) / 4, each rounded
            (Part::Predict, 33_506),       // 67011 / 2
            (Part::Fetch, 45_000 + 1_167), // a GiB; 50 minutes of 1400
            (Part::Messages, 73),          // 2 MB of 40 USD a TiB
            (Part::Storage, 10_000),       // 20000 / 2
            (Part::Calls, 50_000 + 8_000), // 10,000 of 5 USD and 20,000 of 0.40 USD a million
            (Part::Egress, 0),
            (Part::Functions, 400 + 2_400 + 125), // 1,000 requests; 100 s of 86400 and of half of 9000
            (Part::Upkeep, 125_000),              // a quarter of a GiB of log
        ] {
            assert_eq!(bill.part(part), MicroUsd(expected), "{part:?}");
        }
        assert_eq!(bill.total(), MicroUsd(303_008));
    }

    #[test]
    fn what_stands_costs_by_the_year_and_a_month_is_a_twelfth() {
        let (prices, setup) = smallest();
        let gib = 1 << 30;
        let stands = standing(&prices, &setup, Kept { standard: gib, nearline: 2 * gib, coldline: 5 * gib });
        // By hand: 10500 × 8760 + 10 × 170000 × 12 + 10 × 80000 × 12; 60 × 100000 × 12; 5000 × 8760 + 1400 × 8760.
        assert_eq!(stands.part(Part::Database), MicroUsd(91_980_000 + 20_400_000 + 9_600_000));
        assert_eq!(stands.part(Part::Disks), MicroUsd(72_000_000));
        assert_eq!(stands.part(Part::Network), MicroUsd(43_800_000 + 12_264_000));
        assert_eq!(stands.part(Part::Storage), MicroUsd(12 * (20_000 + 20_000 + 20_000)));
        // 525,600 looks: 0.40 USD a million, 52,560 s of 86400 and of half of 9000 an hour.
        assert_eq!(stands.part(Part::Functions), MicroUsd(210_240 + 1_261_440 + 65_700));
        // Ten conditions and two jobs of 0.10 USD, five secrets of 0.06, 4 GiB of 0.10, for twelve months.
        assert_eq!(stands.part(Part::Upkeep), MicroUsd(12_000_000 + 2_400_000 + 3_600_000 + 4_800_000));
        assert_eq!(stands.part(Part::Live), MicroUsd(0));
        let run = Bill::new([(Part::Predict, MicroUsd(33_503))]);
        assert_eq!(year(&run, &stands).part(Part::Predict), MicroUsd(33_503 * 1_460));
        assert_eq!(month(&run, &stands).part(Part::Predict), MicroUsd(4_076_198)); // 33503 × 1460 / 12 = 4076198.3
        assert_eq!(month(&run, &stands).part(Part::Disks), MicroUsd(6_000_000));
    }

    #[test]
    fn what_is_always_there_is_charged_once() {
        let (prices, smallest) = smallest();
        let production = prices.setup("production").unwrap().clone();
        let stands = standing(&prices, &production, Kept::default());
        // An instance: (64800 + 7200) × 8760. The stream's machine 8376 × 8760, and 10 GiB of 40000 for twelve months.
        assert_eq!(stands.part(Part::Site), MicroUsd(630_720_000));
        assert_eq!(stands.part(Part::Live), MicroUsd(73_373_760 + 4_800_000));
        let (requests, gib, busy) = (1_000_000, 1 << 30, Duration::hours(10));
        let by_request = readers(&prices, &smallest, requests, gib, busy);
        assert_eq!(by_request.part(Part::Site), MicroUsd(400_000 + 864_000 + 90_000));
        assert_eq!(by_request.part(Part::Network), MicroUsd(0));
        let kept = readers(&prices, &production, requests, gib, busy);
        assert_eq!(kept.part(Part::Site), MicroUsd(0));
        assert_eq!(kept.part(Part::Network), MicroUsd(8_000 + 750_000));
        let more = readers(&prices, &production, requests, gib, Duration::hours(HOURS_A_YEAR + 10));
        assert_eq!(more.part(Part::Site), MicroUsd(720_000));
    }

    #[test]
    fn publishing_costs_nothing_of_its_own_and_an_unknown_machine_neither() {
        let (prices, mut setup) = smallest();
        assert_eq!(machine_hour(&prices, &setup, Stage::Publish), MicroUsd(0));
        assert_eq!(machine_hour(&prices, &setup, Stage::Predict), MicroUsd(67_011));
        setup.ml = "of another region".to_owned();
        assert_eq!(machine_hour(&prices, &setup, Stage::Predict), MicroUsd(0));
    }
}
