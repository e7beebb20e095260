//! What is played on: Postgres, filled; readers with sessions of each tier; and the site, as a program of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};
use chrono::{Duration, Utc};
use ledger::postgres::{Cluster, Database};
use sqlx::PgPool;

use super::StageArgs;
use super::fill::{self, Size};
use super::gauge::{self, Taken};
use super::pages::READERS;
use super::play::Played;
use crate::access::Role;
use crate::auth::{session, store};
use crate::watch::store as lists;

/// Readers with a session, of each tier.
const SESSIONS: usize = 200;
/// One in so many has a watchlist, of as many assets as [`WATCHED`].
const WITH_LIST: usize = 3;
/// Assets on a watchlist.
const WATCHED: u32 = 5;

/// A running site and whom it knows.
pub struct Stage {
    /// Where it is.
    pub url: String,
    /// How many assets it has.
    pub assets: u32,
    site: Child,
    postgres: Option<u32>,
    sessions: Vec<(&'static str, Vec<String>)>,
    _database: Database,
}

/// Seconds of processor that each part has taken so far.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    site: f64,
    postgres: f64,
    player: f64,
}

impl Stage {
    /// Fills a database, starts the site on it, and pins both away from this process where the system can.
    ///
    /// # Errors
    /// Postgres or the site does not start.
    pub async fn set(args: &StageArgs) -> anyhow::Result<Self> {
        pin(&args.player_cpus, std::process::id());
        let database = match &args.database_url {
            Some(url) => Database::External(url.clone()),
            None => {
                let home = args.home.clone();
                let cluster = tokio::task::spawn_blocking(move || Cluster::start(&home, false)).await?;
                Database::Private(cluster?)
            }
        };
        let own = matches!(database, Database::Private(_));
        let postgres = if own { children(std::process::id()).first().copied() } else { None };
        // Before any connection: who serves one takes the processors of who accepts it.
        for pid in postgres.into_iter().flat_map(family) {
            pin(&args.site_cpus, pid);
        }
        let pool = database.connect().await?;
        let begun = std::time::Instant::now();
        if fill::fill(&pool, Size { assets: args.assets, slots: args.slots }, Utc::now()).await? {
            let took = begun.elapsed().as_secs();
            eprintln!("filled {} assets and {} slots in {took} s", args.assets, args.slots);
        }
        let sessions = accounts(&pool, args.assets).await?;
        pool.close().await;
        let (site, url) = start(database.url(), &args.home, &args.site_cpus)?;
        Ok(Self { url, assets: args.assets, site, postgres, sessions, _database: database })
    }

    /// A session of this tier; `None` for a visitor.
    pub fn session(&self, tier: &str, number: usize) -> Option<String> {
        let (_, keys) = self.sessions.iter().find(|(known, _)| *known == tier)?;
        keys.get(number % keys.len().max(1)).cloned()
    }

    /// What each part has taken so far.
    pub fn spent(&self) -> Spent {
        let postgres = self.postgres.map(|pid| gauge::cpu_s(&[pid])).unwrap_or_default();
        let site = gauge::cpu_s(&[self.site.id()]);
        Spent { site, postgres, player: gauge::cpu_s(&[std::process::id()]) - postgres - site }
    }

    /// Writes what was taken between two looks into what was played, and the memory that is held now.
    pub fn used(&self, played: &mut Played, before: Spent, after: Spent) {
        let postgres = self.postgres.map(|pid| Taken::of(&[pid])).unwrap_or_default();
        played.site = Taken { cpu_s: after.site - before.site, ..Taken::of(&[self.site.id()]) };
        played.postgres = Taken { cpu_s: after.postgres - before.postgres, ..postgres };
        played.player = after.player - before.player;
    }

    /// Ends the site, then Postgres.
    pub async fn end(mut self) {
        // It ends when its input does; what it does meanwhile is of no matter.
        drop(self.site.stdin.take());
        let ended = tokio::task::spawn_blocking(move || {
            let status = self.site.wait();
            drop(self._database);
            status
        });
        if let Ok(Err(error)) = ended.await {
            tracing::warn!(%error, "the site's end");
        }
    }
}

/// Starts the site, and waits until it says where it listens.
fn start(database_url: &str, home: &Path, cpus: &str) -> anyhow::Result<(Child, String)> {
    let program = std::env::current_exe().context("finding this program")?;
    let log = std::fs::File::create(home.join("site.log")).context("the site's log")?;
    let mut command = if can_pin(cpus) {
        let mut command = Command::new("taskset");
        command.args(["-c", cpus]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.args(["serve", "--port", "0"]).env("DATABASE_URL", database_url).env("QUARTERDAY_CHILD", "1");
    // It keeps nothing that has to be opened again.
    command.env("QUARTERDAY_SEAL_KEYS", "0".repeat(64));
    command.env_remove("QUARTERDAY_LAKE").env_remove("QUARTERDAY_BUS").env("QUARTERDAY_SANDBOX_DATA", "1");
    let mut site = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .context("starting the site")?;
    let mut line = String::new();
    let stdout = site.stdout.take().context("the site has no output")?;
    BufReader::new(stdout).read_line(&mut line).context("reading what the site says")?;
    let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
    let Some(url) = said["listening"].as_str() else {
        bail!("the site does not start: see {}", home.join("site.log").display());
    };
    Ok((site, url.to_owned()))
}

/// Accounts and sessions of each tier.
async fn accounts(pool: &PgPool, assets: u32) -> anyhow::Result<Vec<(&'static str, Vec<String>)>> {
    let now = Utc::now();
    let mut all = Vec::new();
    for (tier, _) in READERS.into_iter().filter(|(tier, _)| *tier != "visitor") {
        let mut keys = Vec::new();
        for number in 0..SESSIONS {
            let key = session::new_key();
            let email = format!("{tier}-{}@bench.invalid", &key[..12]);
            let made = store::store_customer(pool, &email, "no password", Role::Subscriber, now).await?;
            let id = made.context("an account of that name is there")?;
            if let Ok(bought) = tier.parse() {
                store::store_subscription(pool, id, bought, now - Duration::days(1)).await?;
            }
            store::store_session(pool, id, &session::fingerprint(&key), now, now + Duration::days(1)).await?;
            if number % WITH_LIST == 0 {
                watch(pool, id, number as u32, assets, now).await?;
            }
            keys.push(key);
        }
        all.push((tier, keys));
    }
    Ok(all)
}

/// Puts assets on a reader's watchlist.
async fn watch(
    pool: &PgPool,
    customer: i64,
    number: u32,
    assets: u32,
    now: chrono::DateTime<Utc>,
) -> anyhow::Result<()> {
    let made = lists::create_list(pool, customer, "Mine", 1, now).await?;
    let list = made.context("a list of that name is there")?;
    for n in 0..WATCHED.min(assets) {
        // Some that everybody looks at, and some of the reader's own.
        let asset = if n % 2 == 0 { n } else { number * 7 + n };
        lists::add_asset(pool, customer, list, &fill::symbol(asset % assets), i64::from(WATCHED)).await?;
    }
    Ok(())
}

fn can_pin(cpus: &str) -> bool {
    let Ok(processors) = std::thread::available_parallelism() else { return false };
    let highest = cpus.split([',', '-']).filter_map(|part| part.trim().parse::<usize>().ok()).max();
    let there = highest.is_some_and(|highest| highest < processors.get().max(online()));
    there
        && Command::new("taskset").arg("--version").stdout(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// Processors of the machine, whatever this process is pinned to.
fn online() -> usize {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    text.lines().filter(|line| line.starts_with("processor")).count()
}

/// Pins a process with all its threads; says so where that cannot be done.
fn pin(cpus: &str, pid: u32) {
    if cpus.is_empty() {
        return;
    }
    let pinned = can_pin(cpus)
        && Command::new("taskset")
            .args(["-a", "-c", "-p", cpus, &pid.to_string()])
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
    if !pinned {
        eprintln!("process {pid} is not pinned to {cpus}: figures are of shared processors");
    }
}

fn children(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        let text = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(text.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
    }
    found
}

/// A process and all below it.
fn family(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut next = 0;
    while next < all.len() {
        all.extend(children(all[next]));
        next += 1;
    }
    all
}
