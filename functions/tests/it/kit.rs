//! Functions with a ledger of their own, and machines, jobs and a bus that remember what was asked of them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use cloud::Bus;
use cloud::bus::BusError;
use cloud::caller::CallerCheck;
use cloud::jobs::{JobStatus, Jobs};
use cloud::machines::{
    MachineError, MachineStatus, Machines, Operation, OperationStatus, Request, Start, Work,
};
use cloud::push::{Push, PushMessage, encode_data};
use domain::message::{StageFinished, Topic};
use domain::run::{Limits, Run, Stage};
use domain::{Outcome, Slot};
use functions::config::Patience;
use functions::orchestrator::Orchestrator;
use ledger::testing::{TestDatabase, database};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

/// What was asked, and which machines are on. A request is done once, as a provider does it.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) asked: Mutex<Vec<String>>,
    pub(crate) on: Mutex<BTreeMap<String, Option<Work>>>,
    /// How starts fail, one after the other; the last one goes on.
    pub(crate) failures: Mutex<Vec<MachineError>>,
    pub(crate) places: AtomicU32,
    pub(crate) stop_fails: AtomicBool,
    /// What went out on the bus.
    pub(crate) published: Mutex<Vec<Vec<u8>>>,
    requests: Mutex<BTreeSet<Uuid>>,
}

impl World {
    fn ask(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn starts(&self) -> Vec<String> {
        self.asked().into_iter().filter(|asked| asked.starts_with("start")).collect()
    }

    /// The machine dies without a word.
    pub(crate) fn dies(&self, machine: &str) {
        self.on.lock().unwrap().remove(machine);
    }

    pub(crate) fn fails(&self, reason: &str, stock_out: bool) {
        let (machine, reason) = ("collector".to_owned(), reason.to_owned());
        self.failures.lock().unwrap().push(MachineError::Passing { machine, reason, stock_out });
    }

    fn switch_on(&self, name: &str, work: Work, request: &Request) -> Result<Start, MachineError> {
        if let Some(error) = self.failures.lock().unwrap().pop() {
            return Err(error);
        }
        let busy = self.on.lock().unwrap().get(name).copied().filter(|on| *on != Some(work));
        if busy.is_some() && !request.takes_over {
            return Err(MachineError::Busy { machine: name.to_owned(), work: "other work".to_owned() });
        }
        if self.requests.lock().unwrap().insert(request.step("start")) {
            self.ask(format!("start {name} {} {}", work.stage, work.attempt));
            self.on.lock().unwrap().insert(name.to_owned(), Some(work));
        }
        Ok(Start::Started(None))
    }
}

#[async_trait]
impl Machines for World {
    async fn start(&self, machine: &str, work: Work, request: &Request) -> Result<Start, MachineError> {
        // A handler may be killed before the request has arrived, or before its answer has.
        tokio::time::sleep(Duration::from_micros(50)).await;
        let started = self.switch_on(machine, work, request);
        tokio::time::sleep(Duration::from_micros(50)).await;
        started
    }

    async fn stop(&self, machine: &str, _request: &Request) -> Result<(), MachineError> {
        if self.stop_fails.load(Ordering::SeqCst) {
            let reason = "503".to_owned();
            return Err(MachineError::Passing { machine: machine.to_owned(), reason, stock_out: false });
        }
        self.ask(format!("stop {machine}"));
        self.dies(machine);
        Ok(())
    }

    async fn status(&self, machine: &str) -> Result<MachineStatus, MachineError> {
        Ok(self.on.lock().unwrap().get(machine).map_or(MachineStatus::Off, |work| MachineStatus::On(*work)))
    }

    async fn operation(&self, _operation: &Operation) -> Result<OperationStatus, MachineError> {
        Ok(OperationStatus::Done)
    }

    async fn hold(&self, machine: &str, until: Option<DateTime<Utc>>) -> Result<(), MachineError> {
        self.ask(format!("hold {machine} {}", until.is_some()));
        Ok(())
    }

    fn places(&self) -> u32 {
        self.places.load(Ordering::SeqCst).max(1)
    }
}

#[async_trait]
impl Jobs for World {
    async fn submit(&self, work: Work, request: &Request) -> Result<Start, MachineError> {
        Machines::start(self, "cluster", work, request).await
    }

    async fn release(&self, work: Work, _request: &Request) -> Result<(), MachineError> {
        if self.on.lock().unwrap().get("cluster") == Some(&Some(work)) {
            self.dies("cluster");
        }
        Ok(())
    }

    async fn status(&self, work: Work) -> Result<JobStatus, MachineError> {
        let on = self.on.lock().unwrap().get("cluster") == Some(&Some(work));
        Ok(if on { JobStatus::Running } else { JobStatus::Ended })
    }

    async fn release_all_but(&self, needed: &[Work], _request: &Request) -> Result<(), MachineError> {
        self.on
            .lock()
            .unwrap()
            .retain(|name, work| name != "cluster" || work.is_some_and(|w| needed.contains(&w)));
        Ok(())
    }
}

#[async_trait]
impl Bus for World {
    async fn publish_bytes(&self, topic: Topic, data: Vec<u8>, _key: &str) -> Result<String, BusError> {
        self.ask(format!("publish {}", topic.as_str()));
        self.published.lock().unwrap().push(data);
        Ok("1".to_owned())
    }
}

/// Running functions.
pub(crate) struct App {
    pub(crate) world: Arc<World>,
    pub(crate) database: TestDatabase,
    ahead_s: Arc<AtomicI64>,
    messages: AtomicU64,
    url: String,
    client: reqwest::Client,
}

pub(crate) fn slot() -> Slot {
    "2026-11-21T06Z".parse().unwrap()
}

pub(crate) fn patience() -> Patience {
    let limits = Limits { max_attempts: 2, pause: chrono::Duration::zero(), ..Limits::default() };
    Patience { limits, busy: chrono::Duration::zero(), ..Patience::default() }
}

/// Functions without a server, on a clock that is `ahead_s` seconds ahead.
pub(crate) fn orchestrator(world: &Arc<World>, pool: &PgPool, ahead_s: &Arc<AtomicI64>) -> Orchestrator {
    let shown = ahead_s.clone();
    let clock = move || Utc::now() + chrono::Duration::seconds(shown.load(Ordering::SeqCst));
    Orchestrator::new(pool.clone(), world.clone(), world.clone(), world.clone(), patience())
        .with_clock(Arc::new(clock))
}

/// A message with this id and content.
pub(crate) fn message(id: &str, published_at: &str, content: &Value) -> PushMessage {
    let data = encode_data(&serde_json::to_vec(content).unwrap());
    serde_json::from_value(json!({ "messageId": id, "publishTime": published_at, "data": data })).unwrap()
}

pub(crate) async fn spawn() -> App {
    spawn_with(None).await
}

/// Running functions with this lake.
pub(crate) async fn spawn_with(lake: Option<Arc<dyn cloud::Lake>>) -> App {
    let (world, database) = (Arc::new(World::default()), database().await);
    let ahead_s = Arc::new(AtomicI64::new(0));
    let orchestrator = orchestrator(&world, &database.pool, &ahead_s).with_lake(lake);
    let (server, address) = functions::app::server(
        orchestrator,
        (CallerCheck::Token("secret".into()), CallerCheck::Token("site".into())),
        Ipv4Addr::LOCALHOST.into(),
        0,
    )
    .unwrap();
    tokio::spawn(server);
    App {
        world,
        database,
        ahead_s,
        messages: AtomicU64::new(1),
        url: format!("http://{address}"),
        // A connection for each push: a server closes one that is idle, maybe just when the next push begins.
        client: reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap(),
    }
}

impl App {
    /// Pushes a body as it is; the status code of the answer.
    pub(crate) async fn push_raw(&self, topic: &str, body: impl Into<reqwest::Body>) -> u16 {
        let request = self.client.post(format!("{}/push/{topic}", self.url)).bearer_auth("secret").body(body);
        request.timeout(Duration::from_secs(20)).send().await.unwrap().status().as_u16()
    }

    /// Pushes a message with attributes.
    pub(crate) async fn push_message(&self, topic: &str, message: &PushMessage) -> u16 {
        let push = Push {
            message: message.clone(),
            subscription: format!("projects/local/subscriptions/functions-{topic}"),
            delivery_attempt: None,
        };
        self.push_raw(topic, serde_json::to_vec(&push).unwrap()).await
    }

    /// Lets time pass for the functions.
    pub(crate) fn pass(&self, seconds: i64) {
        self.ahead_s.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Pushes a message as the bus would; the status code of the answer.
    pub(crate) async fn push(&self, topic: &str, content: &impl Serialize) -> u16 {
        self.push_with(topic, content, "secret").await
    }

    pub(crate) async fn push_with(&self, topic: &str, content: &impl Serialize, token: &str) -> u16 {
        let message = PushMessage {
            data: encode_data(&serde_json::to_vec(content).unwrap()),
            attributes: BTreeMap::new(),
            message_id: self.messages.fetch_add(1, Ordering::SeqCst).to_string(),
            publish_time: String::new(),
            ordering_key: None,
        };
        let push = Push {
            message,
            subscription: format!("projects/local/subscriptions/functions-{topic}"),
            delivery_attempt: Some(1),
        };
        let request = self.client.post(format!("{}/push/{topic}", self.url)).bearer_auth(token).json(&push);
        request.timeout(Duration::from_secs(20)).send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn finished(&self, stage: Stage, attempt: u32, outcome: Outcome) -> u16 {
        self.finished_in(slot(), stage, attempt, outcome).await
    }

    pub(crate) async fn finished_in(&self, slot: Slot, stage: Stage, attempt: u32, outcome: Outcome) -> u16 {
        let said = StageFinished { slot, stage, attempt, outcome, message: String::new() };
        self.push(Topic::finished(stage).as_str(), &said).await
    }

    pub(crate) async fn run(&self) -> Run {
        ledger::store::run(&self.database.pool, slot()).await.unwrap().unwrap()
    }
}
