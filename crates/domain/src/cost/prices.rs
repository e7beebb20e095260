//! Prices as data.

use std::collections::BTreeMap;
use std::iter::Sum;
use std::ops::Add;

use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};

/// The price file that is built in.
const BUILT_IN: &str = include_str!("../../../../deploy/prices.toml");

const MS_AN_HOUR: u128 = 3_600_000;
const GIB: u128 = 1 << 30;
const TIB: u128 = 1 << 40;

/// An amount of money: millionths of a US dollar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MicroUsd(pub u64);

impl MicroUsd {
    /// Whole cents, rounded half up.
    pub fn cents(self) -> u64 {
        self.0 / 10_000 + u64::from(self.0 % 10_000 >= 5_000)
    }

    /// The share `numerator / denominator` of it, rounded half up; nothing of it where the denominator is 0.
    pub fn scaled(self, numerator: u64, denominator: u64) -> Self {
        rounded(u128::from(self.0) * u128::from(numerator), u128::from(denominator))
    }
}

impl Add for MicroUsd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for MicroUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

/// `numerator / denominator`, half up.
fn rounded(numerator: u128, denominator: u128) -> MicroUsd {
    if denominator == 0 {
        return MicroUsd::default();
    }
    let whole = numerator.saturating_add(denominator / 2) / denominator;
    MicroUsd(u64::try_from(whole).unwrap_or(u64::MAX))
}

/// For how much of something a rate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// An hour.
    Hour,
    /// An hour of one processor.
    VcpuHour,
    /// A GiB kept for a month.
    GibMonth,
    /// A GiB carried.
    Gib,
    /// A TiB carried.
    Tib,
    /// A GiB held for an hour.
    GibHour,
    /// A million of something.
    Million,
    /// A month of one of something.
    Month,
}

/// Where a rate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Read from the page that it names.
    Page,
    /// Read from a copy of that page, or of the provider's catalogue of prices, that others keep.
    Copy,
    /// Written down from memory: to be checked against the page that it names.
    Memory,
}

/// The price of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The price of one [`Unit`].
    pub micro_usd: u64,
    /// The unit.
    pub unit: Unit,
    /// How it came here.
    pub origin: Origin,
    /// The page of the provider that has it.
    pub source: String,
    /// The day on which it was written down.
    pub read_on: NaiveDate,
}

impl Rate {
    /// What `count` things cost that run for `time`, where the rate is by the hour; time before its beginning is none.
    pub fn for_time(&self, time: Duration, count: u64) -> MicroUsd {
        let ms = u128::try_from(time.num_milliseconds()).unwrap_or_default();
        rounded(u128::from(self.micro_usd).saturating_mul(ms).saturating_mul(u128::from(count)), MS_AN_HOUR)
    }

    /// What so many cost, where the rate is by the million.
    pub fn for_count(&self, count: u64) -> MicroUsd {
        rounded(u128::from(self.micro_usd) * u128::from(count), 1_000_000)
    }

    /// What these bytes cost: carried, or kept for a month.
    pub fn for_bytes(&self, bytes: u64) -> MicroUsd {
        let unit = if self.unit == Unit::Tib { TIB } else { GIB };
        rounded(u128::from(self.micro_usd) * u128::from(bytes), unit)
    }

    /// What so many cost for a year, where the rate is by the month.
    pub fn for_year(&self, count: u64) -> MicroUsd {
        rounded(u128::from(self.micro_usd) * u128::from(count) * 12, 1)
    }

    /// What so many GiB cost: carried, or kept for a month.
    pub fn for_gib(&self, gib: u64) -> MicroUsd {
        rounded(u128::from(self.micro_usd) * u128::from(gib), 1)
    }
}

/// The rates that are neither a machine's nor a database's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Dataproc's fee above the machines, by processor and hour.
    pub dataproc: Rate,
    /// A public address, by the hour.
    pub address: Rate,
    /// A machine's disk, on or off, by GiB and month.
    pub disk: Rate,
    /// A machine's disk of the slow kind, by GiB and month.
    pub disk_plain: Rate,
    /// A database's disk, by GiB and month.
    pub database_disk: Rate,
    /// A database's backups and log, by GiB and month.
    pub database_backup: Rate,
    /// The lake, by GiB and month.
    pub storage: Rate,
    /// What the lake has moved to Nearline, by GiB and month.
    pub storage_nearline: Rate,
    /// What the lake has moved to Coldline, by GiB and month.
    pub storage_coldline: Rate,
    /// Objects written to the lake, and listings, by the million.
    pub writes: Rate,
    /// Objects read from it, by the million.
    pub reads: Rate,
    /// Messages, by TiB; each publish and each delivery counts.
    pub pubsub: Rate,
    /// What machines without an address of their own fetch, by GiB.
    pub nat: Rate,
    /// A machine that may use the NAT, by the hour.
    pub nat_machine: Rate,
    /// What leaves for readers, by GiB.
    pub egress: Rate,
    /// A load balancer's rules, up to five, by the hour.
    pub load_balancer: Rate,
    /// What a load balancer passes on, by GiB.
    pub load_balanced: Rate,
    /// The firewall before the site, by the month.
    pub firewall: Rate,
    /// One of its rules, by the month.
    pub firewall_rule: Rate,
    /// Requests that it looks at, by the million.
    pub firewall_requests: Rate,
    /// A processor of a service while it answers, by the hour.
    pub site_processor: Rate,
    /// A service's memory while it answers, by GiB and hour.
    pub site_memory: Rate,
    /// Requests to a service, by the million.
    pub site_requests: Rate,
    /// A processor of an instance that keeps it between requests, by the hour.
    pub kept_processor: Rate,
    /// The memory of such an instance, by GiB and hour.
    pub kept_memory: Rate,
    /// Lines of the log, by GiB.
    pub logs: Rate,
    /// A condition of an alert, by the month.
    pub alert: Rate,
    /// A version of a secret, by the month.
    pub secret: Rate,
    /// A job of the clock, by the month.
    pub job: Rate,
    /// Images of the services, by GiB and month.
    pub images: Rate,
}

/// What an installation consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Machine type of the collector.
    pub collector: String,
    /// Machine type of the ML machine.
    pub ml: String,
    /// Machine type of the split's nodes.
    pub split: String,
    /// Number of the split's nodes.
    pub split_nodes: u64,
    /// Processors of one of them.
    pub split_vcpus: u64,
    /// Disks of all machines together.
    pub disks_gib: u64,
    /// Type of the database.
    pub database: String,
    /// The database and its standbys.
    pub database_nodes: u64,
    /// Disk of one of them.
    pub database_gib: u64,
    /// The database's backups and the log that is kept beside them.
    pub backups_gib: u64,
    /// Public addresses that are charged.
    pub addresses: u64,
    /// Load balancers.
    pub load_balancers: u64,
    /// Rules of the firewall before the site; 0: there is none.
    pub firewall_rules: u64,
    /// Instances of the site that are always there and keep their processor between requests.
    pub site_kept: u64,
    /// Machine type of what follows live prices, always on; empty: there is none.
    pub stream: String,
    /// Conditions of alerts.
    pub alerts: u64,
    /// Secrets with a value.
    pub secrets: u64,
    /// Images of the services.
    pub images_gib: u64,
}

/// All prices of one region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// ISO code; USD.
    pub currency: String,
    /// The provider's region.
    pub region: String,
    /// By machine type, for an hour.
    pub machines: BTreeMap<String, Rate>,
    /// By database type, for an hour.
    pub databases: BTreeMap<String, Rate>,
    /// Everything else.
    pub rates: Rates,
    /// What installations consist of, by name.
    pub setups: BTreeMap<String, Setup>,
}

/// A price file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    /// It is no TOML, or not of this shape.
    #[error("the prices cannot be read: {0}")]
    Malformed(#[from] toml::de::Error),
    /// A unit does not fit what it is the price of, or a setup names something without a price.
    #[error("the prices cannot be used: {0}")]
    Unusable(String),
}

impl Prices {
    /// The prices in `text`, a file like `deploy/prices.toml`.
    ///
    /// # Errors
    /// It is malformed, a unit is not that of its rate, or a setup names what has no price.
    pub fn parse(text: &str) -> Result<Self, PricesError> {
        let prices: Self = toml::from_str(text)?;
        prices.check().map_err(PricesError::Unusable)?;
        Ok(prices)
    }

    /// The prices of `deploy/prices.toml` as they were at the time of the build.
    ///
    /// # Errors
    /// As [`Self::parse`]; a test sees to it that there are none.
    pub fn built_in() -> Result<Self, PricesError> {
        Self::parse(BUILT_IN)
    }

    /// A setup by its name.
    pub fn setup(&self, name: &str) -> Option<&Setup> {
        self.setups.get(name)
    }

    /// The day on which the oldest of its rates was written down.
    pub fn oldest_on(&self) -> Option<NaiveDate> {
        self.all().map(|(_, rate)| rate.read_on).min()
    }

    /// Every rate with its name, machines and databases included.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Rate)> {
        let rates = &self.rates;
        let rest = [
            ("dataproc", &rates.dataproc),
            ("address", &rates.address),
            ("disk", &rates.disk),
            ("disk_plain", &rates.disk_plain),
            ("database_disk", &rates.database_disk),
            ("database_backup", &rates.database_backup),
            ("storage", &rates.storage),
            ("storage_nearline", &rates.storage_nearline),
            ("storage_coldline", &rates.storage_coldline),
            ("writes", &rates.writes),
            ("reads", &rates.reads),
            ("pubsub", &rates.pubsub),
            ("nat", &rates.nat),
            ("nat_machine", &rates.nat_machine),
            ("egress", &rates.egress),
            ("load_balancer", &rates.load_balancer),
            ("load_balanced", &rates.load_balanced),
            ("firewall", &rates.firewall),
            ("firewall_rule", &rates.firewall_rule),
            ("firewall_requests", &rates.firewall_requests),
            ("site_processor", &rates.site_processor),
            ("site_memory", &rates.site_memory),
            ("site_requests", &rates.site_requests),
            ("kept_processor", &rates.kept_processor),
            ("kept_memory", &rates.kept_memory),
            ("logs", &rates.logs),
            ("alert", &rates.alert),
            ("secret", &rates.secret),
            ("job", &rates.job),
            ("images", &rates.images),
        ];
        let named = self.machines.iter().chain(&self.databases).map(|(name, rate)| (name.as_str(), rate));
        named.chain(rest)
    }

    fn check(&self) -> Result<(), String> {
        if self.currency != "USD" {
            return Err(format!("the currency is {}: amounts are micro-USD", self.currency));
        }
        for (name, rate) in self.all() {
            let expected = match name {
                "dataproc" | "site_processor" | "kept_processor" => Unit::VcpuHour,
                "site_memory" | "kept_memory" => Unit::GibHour,
                "site_requests" | "firewall_requests" | "writes" | "reads" => Unit::Million,
                "disk" | "disk_plain" | "database_disk" | "database_backup" | "images" => Unit::GibMonth,
                "storage" | "storage_nearline" | "storage_coldline" => Unit::GibMonth,
                "nat" | "egress" | "load_balanced" | "logs" => Unit::Gib,
                "firewall" | "firewall_rule" | "alert" | "secret" | "job" => Unit::Month,
                "pubsub" => Unit::Tib,
                _ => Unit::Hour,
            };
            if rate.unit != expected {
                return Err(format!("{name} is by {:?}, not by {expected:?}", rate.unit));
            }
        }
        for (name, setup) in &self.setups {
            let stream = Some(&setup.stream).filter(|machine| !machine.is_empty());
            for machine in [&setup.collector, &setup.ml, &setup.split].into_iter().chain(stream) {
                if !self.machines.contains_key(machine) {
                    return Err(format!("the setup {name} has a {machine}, which has no price"));
                }
            }
            if !self.databases.contains_key(&setup.database) {
                return Err(format!("the setup {name} has a {}, which has no price", setup.database));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_prices_can_be_used_and_say_where_they_come_from() {
        let prices = Prices::built_in().unwrap();
        for (name, rate) in prices.all() {
            assert!(rate.source.starts_with("https://cloud.google.com/"), "{name}");
            assert!(rate.micro_usd > 0, "{name}");
        }
        assert!(prices.setup("smallest").is_some() && prices.setup("production").is_some());
        assert_eq!(prices.rates.pubsub.origin, Origin::Page);
        // Three quarters of the prices are worth believing.
        let memory = prices.all().filter(|(_, rate)| rate.origin == Origin::Memory).count();
        assert!(memory * 4 <= prices.all().count(), "{memory} prices were only remembered");
        assert_eq!(prices.oldest_on(), NaiveDate::from_ymd_opt(2026, 11, 22));
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_name() {
        for (from, to, named) in [
            ("currency = \"USD\"", "currency = \"EUR\"", "EUR"),
            ("unit = \"tib\"", "unit = \"gib\"", "pubsub"),
            ("ml = \"e2-standard-2\"", "ml = \"e9-standard-2\"", "e9-standard-2"),
            ("database = \"db-f1-micro\"", "database = \"db-f9\"", "db-f9"),
            ("disks_gib = 60", "disks_tib = 60", "disks_tib"),
            ("micro_usd = 16753", "micro_usd = -1", "-1"),
            ("stream = \"e2-micro\"", "stream = \"e2-nano\"", "e2-nano"),
        ] {
            let changed = BUILT_IN.replacen(from, to, 1);
            assert_ne!(changed, BUILT_IN, "{from}");
            let error = Prices::parse(&changed).unwrap_err().to_string();
            assert!(error.contains(named), "{named}: {error}");
        }
    }

    #[test]
    fn amounts_are_rounded_once_and_never_wrap() {
        let rate = |micro_usd, unit| Rate {
            micro_usd,
            unit,
            origin: Origin::Memory,
            source: String::new(),
            read_on: NaiveDate::default(),
        };
        let hour = rate(134_012, Unit::Hour);
        assert_eq!(hour.for_time(Duration::hours(1), 1), MicroUsd(134_012));
        assert_eq!(hour.for_time(Duration::minutes(90), 2), MicroUsd(402_036));
        // 134012 / 3600 = 37.2 a second.
        assert_eq!(hour.for_time(Duration::seconds(1), 1), MicroUsd(37));
        assert_eq!(hour.for_time(Duration::seconds(-5), 1), MicroUsd(0));
        assert_eq!(rate(40_000_000, Unit::Tib).for_bytes(1 << 40), MicroUsd(40_000_000));
        assert_eq!(rate(400_000, Unit::Million).for_count(2_500_000), MicroUsd(1_000_000));
        assert_eq!(rate(20_000, Unit::GibMonth).for_bytes(3 << 29), MicroUsd(30_000));
        assert_eq!(rate(60_000, Unit::Month).for_year(5), MicroUsd(3_600_000));
        assert_eq!(rate(u64::MAX, Unit::Hour).for_time(Duration::MAX, u64::MAX), MicroUsd(u64::MAX));
        assert_eq!(MicroUsd(u64::MAX) + MicroUsd(1), MicroUsd(u64::MAX));
        assert_eq!((MicroUsd(14_999).cents(), MicroUsd(15_000).cents()), (1, 2));
        assert_eq!(MicroUsd(10).scaled(1, 4), MicroUsd(3));
        assert_eq!(MicroUsd(10).scaled(1, 0), MicroUsd(0));
    }
}
