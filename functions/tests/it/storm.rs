//! A storm of messages: every one ten times, shuffled, on handlers that are killed at random. Each stage's effect happens
//! once for an attempt, and no machine is left on.
//!
//! Twenty seeds; `QUARTERDAY_STORM_SEEDS=1000 cargo test -p functions storm` for the long form.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::message::{SlotDue, StageFinished, Topic};
use domain::run::{Run, RunStatus, Stage};
use domain::{Outcome, Slot};
use functions::handlers::handle;
use functions::orchestrator::Orchestrator;
use ledger::testing::{TestDatabase, database};
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::kit::{World, message, orchestrator, slot};

/// One message, to be delivered many times under one id.
struct Message {
    topic: Topic,
    content: Value,
    id: String,
}

fn messages(slot: Slot) -> Vec<Message> {
    let due = SlotDue { slot: Some(slot), repeat: false };
    let mut all = vec![(Topic::SlotDue, json!(due))];
    for stage in Stage::ALL {
        // The storm runs long enough for a second attempt to be asked for; both say that they have finished.
        for attempt in [1, 2] {
            let outcome = Outcome::Succeeded;
            let said = StageFinished { slot, stage, attempt, outcome, message: String::new() };
            all.push((Topic::finished(stage), json!(said)));
        }
    }
    let named = all.into_iter().enumerate();
    named.map(|(n, (topic, content))| Message { topic, content, id: format!("{slot} {n}") }).collect()
}

/// The functions at work on one slot, and what is left when they are killed: the ledger and the machines.
struct Storm<'a> {
    slot: Slot,
    world: Arc<World>,
    database: &'a TestDatabase,
    ahead_s: Arc<AtomicI64>,
    orchestrator: Orchestrator,
    pool: PgPool,
    rng: ChaCha8Rng,
    kills: u32,
}

/// The name by which Postgres knows the connections of one life of the functions.
fn life(kills: u32) -> String {
    format!("life-{kills}")
}

async fn connect(database: &TestDatabase, kills: u32) -> PgPool {
    let options: PgConnectOptions = database.url.parse().unwrap();
    PgPoolOptions::new()
        .max_connections(3)
        .connect_with(options.application_name(&life(kills)))
        .await
        .unwrap()
}

impl<'a> Storm<'a> {
    async fn brews(seed: u64, slot: Slot, database: &'a TestDatabase) -> Self {
        let (world, ahead_s) = (Arc::<World>::default(), Arc::default());
        let pool = connect(database, 0).await;
        let orchestrator = orchestrator(&world, &pool, &ahead_s);
        Self {
            slot,
            world,
            database,
            ahead_s,
            orchestrator,
            pool,
            rng: ChaCha8Rng::seed_from_u64(seed),
            kills: 0,
        }
    }

    /// Delivers a message to handlers that may be killed: whatever they await is dropped, and they start anew.
    async fn deliver(&mut self, topic: Topic, id: &str, content: &Value, may_die: bool) {
        let message = message(id, "", content);
        let handled = handle(&self.orchestrator, topic, &message, "s");
        let dies = may_die && self.rng.random_ratio(1, 3);
        let alive = Duration::from_micros(if dies { self.rng.random_range(0..6000) } else { 60_000_000 });
        if tokio::time::timeout(alive, handled).await.is_err() {
            self.dies().await;
        }
    }

    /// The process ends: Postgres sees its connections break off, whatever they were at.
    async fn dies(&mut self) {
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1";
        sqlx::query(end).bind(life(self.kills)).execute(&self.database.pool).await.unwrap();
        self.kills += 1;
        self.pool = connect(self.database, self.kills).await;
        self.orchestrator = orchestrator(&self.world, &self.pool, &self.ahead_s);
    }

    async fn look_round(&mut self, may_die: bool) {
        let id = format!("w-{}", self.rng.random::<u64>());
        self.deliver(Topic::Watchdog, &id, &json!({}), may_die).await;
    }

    fn pass(&mut self, seconds: std::ops::Range<i64>) {
        self.ahead_s.fetch_add(self.rng.random_range(seconds), Ordering::SeqCst);
    }

    async fn run(&self) -> Option<Run> {
        ledger::store::run(&self.database.pool, self.slot).await.unwrap()
    }

    async fn blows(&mut self) {
        let messages = messages(self.slot);
        let mut deliveries: Vec<Option<&Message>> =
            messages.iter().flat_map(|m| std::iter::repeat_n(Some(m), 10)).collect();
        deliveries.extend(std::iter::repeat_n(None, 20));
        // What came too early is delivered again: its stage had not begun.
        for _ in 0..8 {
            deliveries.shuffle(&mut self.rng);
            for delivery in &deliveries {
                match delivery {
                    Some(Message { topic, content, id }) => self.deliver(*topic, id, content, true).await,
                    None => self.look_round(true).await,
                }
                self.pass(0..2);
            }
            if self.run().await.is_some_and(|run| run.status() != RunStatus::Running) {
                break;
            }
        }
        // Then it is calm: the watchdog alone looks round, as it does every minute.
        for _ in 0..15 {
            self.pass(60..61);
            self.look_round(false).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_effect_once_and_no_machine_left_on() {
    let seeds = std::env::var("QUARTERDAY_STORM_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let (mut kills, mut succeeded) = (0, 0);
    let (database, mut slot) = (database().await, slot());
    for seed in 0..seeds {
        let mut storm = Storm::brews(seed, slot, &database).await;
        slot = slot.next();
        storm.blows().await;
        let run = storm.run().await.unwrap();
        assert_ne!(run.status(), RunStatus::Running, "seed {seed}: {run:?}");
        let mut starts = BTreeMap::new();
        for start in storm.world.starts() {
            *starts.entry(start).or_insert(0) += 1;
        }
        assert!(starts.values().all(|n| *n == 1), "seed {seed}: {starts:?}");
        let on = storm.world.on.lock().unwrap().clone();
        assert!(on.is_empty(), "seed {seed}: {on:?}");
        storm.pool.close().await;
        kills += storm.kills;
        succeeded += u32::from(run.status() == RunStatus::Succeeded);
    }
    eprintln!("{seeds} storms with {kills} kills; {succeeded} runs succeeded");
    assert!(kills > 0, "no handler was killed: the storm shows nothing");
}
