//! An installation in a storm: started, struck, started again when it has ended, repaired.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use domain::Slot;
use ledger::postgres::Cluster;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use tests::{processes, programs, world};

use super::blow::{Blow, OPERATOR, Program};
use super::disk::Disk;
use super::storm::Storm;

/// Six hours in fifteen seconds.
const SPEED: &str = "1440";
/// How long the day may take, repeats included, and a repair after it.
const DAY: Duration = Duration::from_secs(8 * 60);
/// How long a blow waits for its program to be there.
const PATIENCE: Duration = Duration::from_secs(4);
/// How often the ledger is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// Repairs that an operator tries.
const REPAIRS: usize = 4;

/// One installation in its storm.
pub(super) struct Rig {
    /// Its home folder.
    pub(super) home: PathBuf,
    /// The slots of the day, and the one before it.
    pub(super) slots: Vec<Slot>,
    /// How often it was started.
    pub(super) starts: usize,
    /// How often `functions` may have ended between doing a thing and saying so.
    pub(super) ended_functions: usize,
    /// Whether its log may have holes.
    pub(super) was_full: bool,
    world: PathBuf,
    child: Option<Child>,
    disk: Option<Disk>,
    folder: tempfile::TempDir,
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It is gone either way, and its children with it.
            let _ = child.kill();
            let _ = child.wait();
        }
        // One that stood still when its parent went would stand for ever.
        for id in processes::find(&[&self.home.display().to_string()]) {
            processes::signal(id, "CONT");
        }
    }
}

impl Rig {
    /// An installation that has not been started.
    pub(super) fn new(world: &Path, storm: &Storm) -> Self {
        let folder = tempfile::Builder::new().prefix("quarterday-soak-").tempdir_in("/tmp").unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let disk = Disk::mount(&folder.path().join("disk"));
        fs::write(folder.path().join("sources.json"), storm.sources.to_string()).unwrap();
        Self {
            home: folder.path().join("disk/home"),
            slots: (0..5).map(|n| world::slot(world, n)).collect(),
            starts: 0,
            ended_functions: 0,
            was_full: false,
            world: world.to_owned(),
            child: None,
            disk,
            folder,
        }
    }

    fn plan(&self) -> PathBuf {
        self.folder.path().join("faults.json")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let log =
            fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("operator.log"));
        let log = log.unwrap();
        let mut command = programs::command("quarterday");
        command.args(arguments).arg("--world").arg(&self.world).arg("--home").arg(&self.home);
        command.env("QUARTERDAY_FAULTS", self.plan()).env("RUST_LOG", "info,sqlx=warn");
        // Silent for longer than two heartbeats is silent.
        command.env("QUARTERDAY_SILENCE_S", "12").env("QUARTERDAY_DEADLINE_S", "300");
        command.stdout(log.try_clone().unwrap()).stderr(log).stdin(Stdio::null());
        command
    }

    fn start(&mut self) {
        self.start_at(SPEED);
    }

    fn start_at(&mut self, speed: &str) {
        let mut up = self.command(&["up", "--speed", speed, "--port", "0"]);
        up.arg("--faults").arg(self.folder.path().join("sources.json"));
        self.child = Some(up.spawn().unwrap());
        self.starts += 1;
        self.ended_functions += 1;
    }

    /// Starts it again where it has ended.
    fn keep_up(&mut self) {
        let ended = self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some());
        if ended {
            assert!(self.starts < 40, "it does not stay up:\n{}", self.said());
            self.start();
        }
    }

    /// Lets the day pass in the storm, until every slot has ended one way or the other.
    pub(super) fn weather(&mut self, storm: &Storm) {
        self.start();
        let begun_at = Instant::now();
        for (at, blow) in &storm.blows {
            while begun_at.elapsed() < *at {
                std::thread::sleep(Duration::from_millis(50));
                self.keep_up();
            }
            self.strike(storm.seed, blow);
        }
        let last = *self.slots.last().unwrap();
        while !self.has_ended(last) {
            assert!(begun_at.elapsed() < DAY, "the day does not end:\n{}", self.said());
            std::thread::sleep(LOOK);
            self.keep_up();
        }
        self.stop();
    }

    /// Stops it as an operator does; nothing of it is left.
    fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        processes::signal(child.id(), "INT");
        let begun_at = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(begun_at.elapsed() < Duration::from_secs(60), "it does not stop:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(50));
        }
        self.nothing_is_left();
    }

    fn nothing_is_left(&self) {
        let home = self.home.display().to_string();
        let begun_at = Instant::now();
        loop {
            let left = processes::find(&[&home]);
            if left.is_empty() {
                return;
            }
            assert!(
                begun_at.elapsed() < Duration::from_secs(20),
                "processes are left: {left:?}\n{}",
                self.said()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Repeats the slots that are partial or failed, as an operator would; those that needed it.
    pub(super) fn repair(&mut self) -> &'static [Slot] {
        let _ = fs::remove_file(self.plan());
        let mut repeated = BTreeSet::new();
        for _ in 0..REPAIRS {
            let not_whole: Vec<Slot> = self
                .statuses()
                .into_iter()
                .filter(|(_, status)| status != "succeeded")
                .map(|(slot, _)| slot)
                .collect();
            if not_whole.is_empty() {
                return repeated.into_iter().collect::<Vec<_>>().leak();
            }
            repeated.extend(not_whole.iter().copied());
            let (from, to) = (self.slots[0].to_string(), self.slots[4].to_string());
            let arguments = ["backfill", "--json", "--only-failed", "--from", &from, "--to", &to];
            self.command(&arguments).status().unwrap();
            self.ended_functions += 1;
            self.nothing_is_left();
        }
        panic!("it cannot be repaired: {:?}\n{}", self.statuses(), self.said());
    }

    /// What was asked to be stopped when everything was, the watchdog sees to at the next start: within the half minute for
    /// which whoever died had claimed it.
    pub(super) fn settle(&mut self) {
        let owed = "select (select count(*) from operations where state <> 'stopped')
            + (select count(*) from runs where status = 'running')";
        let count =
            async |connection: &mut PgConnection| sqlx::query_scalar(owed).fetch_one(connection).await;
        let cluster = self.database();
        let left: i64 = tokio::runtime::Runtime::new().unwrap().block_on(async {
            let pool = ledger::connect(cluster.url()).await.unwrap();
            let left = count(&mut *pool.acquire().await.unwrap()).await.unwrap();
            pool.close().await;
            left
        });
        drop(cluster);
        if left == 0 {
            return;
        }
        let _ = fs::remove_file(self.home.join("database-url"));
        self.start_at("1");
        let begun_at = Instant::now();
        while self.ask(count) != Some(0) {
            assert!(
                begun_at.elapsed() < Duration::from_secs(180),
                "something is owed for ever:\n{}",
                self.said()
            );
            std::thread::sleep(LOOK);
        }
        self.stop();
    }

    fn strike(&mut self, seed: u64, blow: &Blow) {
        match blow {
            Blow::Kill(program, signal) => {
                if let Some(id) = self.find(*program) {
                    processes::signal(id, signal);
                    self.ended_functions += 1;
                }
            }
            Blow::Stand(program, time) => {
                if let Some(id) = self.find(*program) {
                    processes::signal(id, "STOP");
                    std::thread::sleep(*time);
                    processes::signal(id, "CONT");
                }
            }
            Blow::Postgres(signal) => {
                if let Some(id) = self.postmaster() {
                    processes::signal(id, signal);
                }
            }
            Blow::Cut => self.cut(),
            Blow::Plan(_, plan, time) => {
                let mut plan = plan.clone();
                plan["seed"] = Value::from(seed);
                // Renamed, so that no program meets half of it.
                let aside = self.plan().with_extension("new");
                fs::write(&aside, plan.to_string()).unwrap();
                fs::rename(&aside, self.plan()).unwrap();
                std::thread::sleep(*time);
                fs::remove_file(self.plan()).unwrap();
            }
            Blow::Disk(time) => {
                if let Some(disk) = &self.disk {
                    self.was_full = true;
                    disk.fill();
                    std::thread::sleep(*time);
                    disk.make_room();
                }
            }
        }
    }

    /// The process of a program, waited for a while: a stage may not be at work just now.
    fn find(&self, program: Program) -> Option<u32> {
        let operator = self.child.as_ref()?.id();
        if program.0 == OPERATOR {
            return Some(operator);
        }
        let begun_at = Instant::now();
        while begun_at.elapsed() < PATIENCE {
            let found =
                processes::descendants(operator).into_iter().find(|(_, line)| line.contains(program.0));
            if let Some((id, _)) = found {
                return Some(id);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        None
    }

    fn database_url(&self) -> Option<String> {
        fs::read_to_string(self.home.join("database-url")).ok()
    }

    fn postmaster(&self) -> Option<u32> {
        let url = self.database_url()?;
        fs::read_to_string(Path::new(url.split("host=").nth(1)?).join("pid")).ok()?.trim().parse().ok()
    }

    fn cut(&self) {
        let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity
            where pid <> pg_backend_pid() and backend_type = 'client backend'";
        // It may be on its way down itself.
        let _: Option<i64> = self.ask(async |connection| sqlx::query_scalar(cut).fetch_one(connection).await);
    }

    /// Whether the run of a slot has ended, as far as the ledger can be asked.
    fn has_ended(&self, slot: Slot) -> bool {
        let status = "select status from runs where slot = $1";
        let query = async |connection: &mut PgConnection| {
            sqlx::query_scalar(status).bind(slot.close_at()).fetch_optional(connection).await
        };
        let status: Option<String> = self.ask(query).flatten();
        status.is_some_and(|status| status != "running")
    }

    /// What the database answers, where it is up.
    fn ask<T>(&self, query: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>) -> Option<T> {
        let url = self.database_url()?;
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let asked = async { query(&mut PgConnection::connect(&url).await?).await };
            tokio::time::timeout(Duration::from_secs(3), asked).await.ok()?.ok()
        })
    }

    /// The database, for looking at after everything has stopped.
    pub(super) fn database(&self) -> Cluster {
        Cluster::start(&self.home, false).unwrap()
    }

    fn statuses(&self) -> Vec<(Slot, String)> {
        let cluster = self.database();
        let (first, last) = (self.slots[0], self.slots[4]);
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let pool = ledger::connect(cluster.url()).await.unwrap();
            let all = ledger::store::statuses(&pool, first, last).await.unwrap();
            pool.close().await;
            assert_eq!(all.len(), self.slots.len(), "a slot has no run: {all:?}");
            all.into_iter().map(|(slot, status)| (slot, status.as_str().to_owned())).collect()
        })
    }

    /// What the operator's command and the programs have said, for the message of a failure.
    pub(super) fn said(&self) -> String {
        let mut said = fs::read_to_string(self.folder.path().join("operator.log")).unwrap_or_default();
        for program in ["functions", "collector", "dataproc-job", "ml-vm", "web"] {
            let log =
                fs::read_to_string(self.home.join("logs").join(format!("{program}.log"))).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(60)..].join("\n");
            said.push_str(&format!("\n== {program}\n{last}"));
        }
        said
    }
}
