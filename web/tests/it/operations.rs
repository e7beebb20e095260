//! The operator's pages against a real ledger; orders go over a real bus to real functions, which start nothing but remember.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use cloud::caller::CallerCheck;
use cloud::jobs::{JobStatus, Jobs};
use cloud::local::{BusServer, HttpBus, Subscription};
use cloud::machines::{
    MachineError, MachineStatus, Machines, Operation, OperationStatus, Request, Start, Work,
};
use domain::message::Topic;
use domain::prediction::{Level, Monitor, Watched};
use domain::run::{Event, Limits};
use domain::{Key, ModelName, Outcome, RunStatus, Slot, Stage, StageState};
use functions::config::Patience;
use functions::orchestrator::Orchestrator;
use ledger::store::{alerts, dead_letters, overrides};
use serde_json::Value;

use crate::kit::{Site, TOKEN};

mod backfill;
mod shown;

/// Machines and jobs that are on once they are asked for.
#[derive(Default)]
pub(crate) struct Shed {
    on: Mutex<BTreeMap<String, Work>>,
    started: Mutex<Vec<String>>,
}

impl Shed {
    pub(crate) fn started(&self) -> Vec<String> {
        self.started.lock().unwrap().clone()
    }

    /// The same, as soon as there is anything: a run says that a stage starts before its machine is asked to.
    async fn once_started(&self) -> Vec<String> {
        for _ in 0..200 {
            if !self.started().is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.started()
    }
}

#[async_trait]
impl Machines for Shed {
    async fn start(&self, machine: &str, work: Work, _request: &Request) -> Result<Start, MachineError> {
        if self.on.lock().unwrap().insert(machine.to_owned(), work) != Some(work) {
            self.started.lock().unwrap().push(format!("{machine} {work}"));
        }
        Ok(Start::Started(None))
    }

    async fn stop(&self, machine: &str, _request: &Request) -> Result<(), MachineError> {
        self.on.lock().unwrap().remove(machine);
        Ok(())
    }

    async fn status(&self, machine: &str) -> Result<MachineStatus, MachineError> {
        let on = self.on.lock().unwrap().get(machine).copied();
        Ok(on.map_or(MachineStatus::Off, |work| MachineStatus::On(Some(work))))
    }

    async fn operation(&self, _operation: &Operation) -> Result<OperationStatus, MachineError> {
        Ok(OperationStatus::Done)
    }

    async fn hold(&self, _machine: &str, _until: Option<DateTime<Utc>>) -> Result<(), MachineError> {
        Ok(())
    }

    fn places(&self) -> u32 {
        1
    }
}

#[async_trait]
impl Jobs for Shed {
    async fn submit(&self, work: Work, request: &Request) -> Result<Start, MachineError> {
        Machines::start(self, "cluster", work, request).await
    }

    async fn release(&self, _work: Work, request: &Request) -> Result<(), MachineError> {
        Machines::stop(self, "cluster", request).await
    }

    async fn status(&self, _work: Work) -> Result<JobStatus, MachineError> {
        Ok(JobStatus::Running)
    }

    async fn release_all_but(&self, _needed: &[Work], _request: &Request) -> Result<(), MachineError> {
        Ok(())
    }
}

/// A site with a bus and functions.
pub(crate) struct Works {
    pub(crate) site: Site,
    pub(crate) shed: Arc<Shed>,
    bus: BusServer,
    _folder: tempfile::TempDir,
}

pub(crate) async fn works() -> Works {
    let folder = tempfile::tempdir().unwrap();
    let port = cloud::local::free_port().unwrap();
    let subscriptions = [Topic::Control, Topic::Hold, Topic::SlotDue].map(|topic| Subscription {
        name: format!("functions-{}", topic.as_str()),
        topic: topic.as_str().to_owned(),
        endpoint: format!("http://127.0.0.1:{port}/push/{}", topic.as_str()),
        fleeting: false,
    });
    let bus = BusServer::start(folder.path(), TOKEN.to_owned().into(), subscriptions.into()).unwrap();
    let client = Arc::new(HttpBus::new(bus.base_url.clone(), TOKEN.to_owned().into()));
    let site = Site::start_on(Some(client.clone())).await;
    let shed = Arc::new(Shed::default());
    let patience = Patience { busy: chrono::Duration::zero(), ..Patience::default() };
    let orchestrator = Orchestrator::new(site.pool.clone(), client, shed.clone(), shed.clone(), patience)
        .with_lake(Some(site.lake.clone()));
    let check = || CallerCheck::Token(TOKEN.to_owned().into());
    let (server, _) =
        functions::app::server(orchestrator, (check(), check()), Ipv4Addr::LOCALHOST.into(), port).unwrap();
    tokio::spawn(server);
    Works { site, shed, bus, _folder: folder }
}

impl Works {
    pub(crate) async fn stop(self) {
        self.bus.stop().await;
        self.site.stop().await;
    }

    /// Opens the form for this query; its hidden fields, the name of the order among them.
    pub(crate) async fn form(&self, query: &str, key: &str) -> Vec<(String, String)> {
        let reply = self.site.get(&format!("/operations/confirm?{query}"), Some(key)).await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.body);
        let hidden = reply.body.split("<input type=\"hidden\" name=\"").skip(1).filter_map(|rest| {
            let (name, rest) = rest.split_once("\" value=\"")?;
            Some((name.to_owned(), rest.split_once('"')?.0.replace("&#x2F;", "/")))
        });
        // The page's other forms have hidden fields of their own.
        let known = [
            "id",
            "action",
            "slot",
            "stage",
            "from",
            "to",
            "only_failed",
            "hours",
            "message_id",
            "subscription",
            "symbol",
            "until",
            "version",
            "model",
            "model_version",
            "force",
        ];
        hidden.filter(|(name, _)| known.contains(&name.as_str())).collect()
    }

    /// Sends the form; the address of the order.
    pub(crate) async fn send(&self, fields: &[(String, String)], reason: &str, key: &str) -> String {
        let mut pairs: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        pairs.push(("reason", reason));
        let reply = self.site.post("/operations/orders", Some(key), &pairs).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        reply.header("location").to_owned()
    }

    pub(crate) async fn ask(&self, query: &str, reason: &str, key: &str) -> String {
        let fields = self.form(query, key).await;
        self.send(&fields, reason, key).await
    }

    /// Waits until the orchestrator has kept what came of the order.
    pub(crate) async fn outcome(&self, address: &str) -> String {
        let id = address.rsplit('/').next().unwrap();
        for _ in 0..200 {
            if let Some(kept) = overrides::of(&self.site.pool, id).await.unwrap() {
                return kept.outcome;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing came of {address}");
    }

    async fn run(&self, slot: &str) -> domain::Run {
        let slot: Slot = slot.parse().unwrap();
        ledger::store::run(&self.site.pool, slot).await.unwrap().unwrap()
    }

    /// Lets a run come to its end: stages succeed, but the one that is named fails for good.
    pub(crate) async fn ran(&self, slot: &str, fails: Option<Stage>) {
        let slot: Slot = slot.parse().unwrap();
        let limits = Limits { max_attempts: 1, ..Limits::default() };
        let mut at = slot.close_at();
        let apply = |event: Event, at| async move {
            ledger::store::apply(&self.site.pool, slot, &event, "test", at, &limits).await.unwrap()
        };
        apply(Event::SlotDue { repeat: false }, at).await;
        for stage in Stage::ALL {
            at += chrono::Duration::minutes(10);
            let outcome = if fails == Some(stage) { Outcome::Failed } else { Outcome::Succeeded };
            let message = if fails == Some(stage) { "no source answered".to_owned() } else { String::new() };
            apply(Event::Finished { stage, attempt: 1, outcome, message }, at).await;
        }
        // Nothing is left for the functions to carry out.
        sqlx::query("update operations set state = 'stopped'").execute(&self.site.pool).await.unwrap();
    }
}

/// Two days of runs in the ledger, of which one failed, one is partial and one is on its way, with all that an operator sees.
pub(crate) async fn ledger_of_two_days(site: &Site) {
    let pool = &site.pool;
    let limits = Limits { max_attempts: 2, ..Limits::default() };
    let first: Slot = "2026-11-19T06Z".parse().unwrap();
    let last: Slot = "2026-11-21T06Z".parse().unwrap();
    for (n, slot) in Slot::range(first, last).enumerate() {
        let mut at = slot.close_at() + chrono::Duration::seconds(20);
        let mut events = vec![Event::SlotDue { repeat: false }];
        for (stage, minutes) in Stage::ALL.into_iter().zip([14, 9, 22, 1]) {
            let (attempt, message) = (1, String::new());
            let failed = Event::Lost { stage, attempt, message: "its machine is off".to_owned() };
            events.push(Event::Heartbeat { stage, attempt });
            let fails = n == 3 && stage == Stage::Split || n == 6 && stage == Stage::Predict;
            if fails {
                events.push(failed);
                let attempt = 2;
                let outcome = if n == 6 { Outcome::Failed } else { Outcome::Partial };
                let message = "two assets are missing: no bars since Thursday".to_owned();
                events.push(Event::Finished { stage, attempt, outcome, message });
            } else if slot == last && stage == Stage::Predict {
                break;
            } else {
                events.push(Event::Finished { stage, attempt, outcome: Outcome::Succeeded, message });
            }
            for event in events.drain(..) {
                at += chrono::Duration::minutes(minutes) / 2;
                ledger::store::apply(pool, slot, &event, "test", at, &limits).await.unwrap();
            }
        }
    }
    sqlx::query("update operations set state = 'stopped' where slot < $1")
        .bind(last.close_at())
        .execute(pool)
        .await
        .unwrap();
    let now = Utc::now();
    let hold = ledger::store::Hold {
        machine: "ml".to_owned(),
        owner: "ann".to_owned(),
        reason: "compare two models".to_owned(),
        held_at: now - chrono::Duration::minutes(50),
        expires_at: now + chrono::Duration::hours(2),
    };
    ledger::store::hold(pool, &hold, "hold-1").await.unwrap();
    let text = "the run of 2026-11-20T18Z failed in predict: its machine is off. Mend the cause, then: quarterday run --slot 2026-11-20T18Z";
    alerts::raise(pool, "run-failed/2026-11-20T18Z", text, now).await.unwrap();
    let letter = br#"{"slot":"2026-11-20T18Z","stage":"predict","attempt":1}"#;
    dead_letters::park(pool, "7", "functions-heartbeat", letter, "refused: no outcome", now).await.unwrap();
    for (slot, value, level) in
        [(first, 0.04, Level::Fine), (last.previous(), 0.13, Level::Warning), (last, 0.31, Level::Alarm)]
    {
        let what = "psi returns".to_owned();
        let watched =
            Watched { name: ModelName::Forecast, what, value, warning: 0.1, alarm: 0.25, cases: 1500, level };
        let monitor = Monitor { watched: vec![watched], records: Vec::new() };
        let key = Key::Monitor { slot }.to_string();
        site.lake.put(&key, serde_json::to_vec(&monitor).unwrap().into()).await.unwrap();
    }
}

const FAILED: &str = "2026-11-20T06Z";
const FINE: &str = "2026-11-20T12Z";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_run_is_repeated_once_with_a_reason_through_the_bus() {
    let works = works().await;
    works.ran(FAILED, Some(Stage::Collect)).await;
    works.ran(FINE, None).await;
    let key = works.site.sign_in_as("operator").await.unwrap();
    let page = works.site.get("/operations", Some(&key)).await;
    assert_eq!(page.status, 200);
    for said in [
        FAILED,
        FINE,
        "action=repeat&amp;slot=2026-11-20T06Z",
        "no source answered",
        "One of those shown failed",
    ] {
        assert!(page.body.contains(said), "{said}");
    }
    let fields = works.form(&format!("action=repeat&slot={FAILED}"), &key).await;
    // A reason is needed.
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let refused = works.site.post("/operations/orders", Some(&key), &pairs).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("Say why"));
    let address = works.send(&fields, "the feed is back", &key).await;
    // A second click is the same order.
    assert_eq!(works.send(&fields, "the feed is back", &key).await, address);
    assert_eq!(
        works.outcome(&address).await,
        "split pending, predict pending, publish pending, collect starting"
    );
    let run = works.run(FAILED).await;
    assert_eq!(
        (run.stage(Stage::Collect).state, run.stage(Stage::Collect).attempt),
        (StageState::Starting, 2)
    );
    assert_eq!(works.shed.once_started().await, ["collector 2026-11-20T06Z collect attempt 2"]);
    let kept = overrides::recent(&works.site.pool, 10).await.unwrap();
    assert_eq!(
        (kept.len(), kept[0].reason.as_str(), kept[0].action.as_str()),
        (1, "the feed is back", "repeat")
    );
    // The owner is a pseudonym, the audit log has it, and the page shows who it is.
    let pseudonym: String =
        sqlx::query_scalar("select pseudonym::text from customers where role = 'operator'")
            .fetch_one(&works.site.pool)
            .await
            .unwrap();
    assert_eq!(kept[0].owner, pseudonym);
    let audited: Vec<(String, String, String, String)> =
        sqlx::query_as("select actor, action, subject, reason from audit_entries")
            .fetch_all(&works.site.pool)
            .await
            .unwrap();
    assert_eq!(audited, [(pseudonym, "operations.repeat".into(), FAILED.into(), "the feed is back".into())]);
    let order = works.site.get(&address, Some(&key)).await;
    assert!(order.body.contains("collect starting") && order.body.contains("@example.org"), "{}", order.body);
    // Now it is on its way: the same is refused, and why.
    let again = works.site.get(&format!("/operations/confirm?action=repeat&slot={FAILED}"), Some(&key)).await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("on its way"));
    works.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_replayed_or_dropped() {
    let works = works().await;
    let (pool, sub) = (&works.site.pool, "functions-slot-due");
    dead_letters::park(pool, "7", sub, br#"{"slot":"2026-11-20T06Z"}"#, "functions were down", Utc::now())
        .await
        .unwrap();
    dead_letters::park(pool, "8", sub, b"<b>nonsense</b>", "refused: content", Utc::now()).await.unwrap();
    let key = works.site.sign_in_as("operator").await.unwrap();
    let page = works.site.get("/operations/letters", Some(&key)).await;
    assert!(
        page.body.contains("functions were down") && page.body.contains("&lt;b&gt;nonsense"),
        "{}",
        page.body
    );
    let address =
        works.ask("action=replay&message_id=7&subscription=functions-slot-due", "they are up", &key).await;
    assert!(works.outcome(&address).await.starts_with("published again on slot-due"));
    let address =
        works.ask("action=drop&message_id=8&subscription=functions-slot-due", "never made sense", &key).await;
    assert_eq!(works.outcome(&address).await, "dropped");
    // The replayed one has its effect: a run begins.
    assert_eq!(works.shed.once_started().await, ["collector 2026-11-20T06Z collect attempt 1"]);
    let page = works.site.get("/operations/letters", Some(&key)).await;
    assert!(page.body.contains("No message is parked"));
    works.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_asks_for_its_own_and_forged_forms_are_refused() {
    let works = works().await;
    works.ran(FAILED, Some(Stage::Split)).await;
    let (operator, ml) =
        (works.site.sign_in_as("operator").await.unwrap(), works.site.sign_in_as("ml").await.unwrap());
    for (key, query, status) in [
        (&operator, "action=promote&model=forecast", 403),
        (&operator, "action=hold-publication&slot=2026-11-20T06Z", 403),
        (&ml, "action=cancel&slot=2026-11-20T06Z", 403),
        (&ml, "action=backfill&from=2026-11-20T06Z&to=2026-11-20T06Z", 403),
        (&ml, "action=run&slot=2026-11-20T06Z&stage=split", 200),
        (&ml, "action=run&slot=2026-11-20T06Z&stage=publish", 409),
        (&operator, "action=hold&hours=2", 200),
        (&operator, "action=hold&hours=999", 400),
    ] {
        let reply = works.site.get(&format!("/operations/confirm?{query}"), Some(key)).await;
        assert_eq!(reply.status, status, "{query}: {}", reply.body);
    }
    let id = "0e3a2d8e-8f5c-4c3b-9f57-0d8c5a0f6b11";
    for (key, fields, status) in [
        (&ml, vec![("id", id), ("action", "cancel"), ("slot", FAILED), ("reason", "x")], 403),
        (
            &operator,
            vec![("id", "1; drop table orders"), ("action", "repeat"), ("slot", FAILED), ("reason", "x")],
            400,
        ),
        (&operator, vec![("id", id), ("action", "repeat"), ("slot", "2026-11-20T07Z"), ("reason", "x")], 400),
        (&operator, vec![("id", id), ("action", "cancel"), ("slot", FAILED), ("reason", "x")], 409),
    ] {
        let reply = works.site.post("/operations/orders", Some(key), &fields).await;
        assert_eq!(reply.status, status, "{fields:?}");
    }
    let orders: i64 =
        sqlx::query_scalar("select count(*) from orders").fetch_one(&works.site.pool).await.unwrap();
    assert_eq!(orders, 0);
    works.stop().await;
}
