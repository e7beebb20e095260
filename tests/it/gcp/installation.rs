//! An installation on stand-ins: functions and site as processes, machines and jobs as processes that the stand-ins start.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::message::Topic;
use domain::{Run, Slot};
use ledger::store;
use ledger::testing::{TestDatabase, database};
use serde_json::{Value, json};
use sqlx::PgPool;
use stand_ins::{Google, PubSub};
use tempfile::TempDir;
use tests::programs;

const PROJECT: &str = "quarterday-test";
const ZONES: [&str; 2] = ["us-x1-a", "us-x1-b"];
const MACHINES: [(&str, &str); 2] = [("quarterday-collector", "collector"), ("quarterday-ml", "ml-vm")];

type Machines = Arc<Mutex<BTreeMap<String, Child>>>;

/// A running installation; its processes end with it.
pub(crate) struct GcpInstallation {
    pub(crate) google: Google,
    pub(crate) pubsub: PubSub,
    pub(crate) pool: PgPool,
    environment: Vec<(String, String)>,
    folder: TempDir,
    services: Vec<Child>,
    machines: Machines,
    next_job_dies: Arc<AtomicBool>,
    ticks: tokio::task::JoinHandle<()>,
    _database: TestDatabase,
}

impl Drop for GcpInstallation {
    fn drop(&mut self) {
        self.ticks.abort();
        let mut machines = self.machines.lock().unwrap();
        for child in self.services.iter_mut().chain(machines.values_mut()) {
            // They may have ended by themselves.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn command(folder: &Path, program: &str, environment: &[(String, String)]) -> Command {
    let log =
        std::fs::OpenOptions::new().create(true).append(true).open(folder.join(format!("{program}.log")));
    let mut command = programs::command(program);
    command.envs(environment.iter().cloned()).stderr(log.unwrap()).stdin(Stdio::null());
    command
}

/// Starts a service and waits for the address that it prints.
fn service(
    folder: &Path,
    program: &str,
    arguments: &[&str],
    environment: &[(String, String)],
) -> (Child, String) {
    let mut child =
        command(folder, program, environment).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap_or_else(|e| {
        let log = std::fs::read_to_string(folder.join(format!("{program}.log"))).unwrap_or_default();
        panic!("{program} does not start: {e}: {line:?}\n{log}")
    });
    (child, said["listening"].as_str().unwrap().to_owned())
}

impl GcpInstallation {
    /// Starts everything on the world, whose clock stands at the close of the slot; `None` without the Pub/Sub emulator.
    pub(crate) async fn start(world: &Path, slot: Slot, settings: &[(&str, &str)]) -> Option<Self> {
        let pubsub = PubSub::start(PROJECT).await?;
        let (google, database) = (Google::start().await, database().await);
        google.set_project(PROJECT);
        let folder = tempfile::tempdir().unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut environment = vec![
            pair("QUARTERDAY_CLOUD", "gcp"),
            pair("QUARTERDAY_PROJECT", PROJECT),
            pair("QUARTERDAY_LAKE", "gs://lake"),
            pair("QUARTERDAY_LOG", "json"),
            pair("QUARTERDAY_STORAGE_ENDPOINT", &google.url),
            pair("QUARTERDAY_PUBSUB_ENDPOINT", &pubsub.url),
        ];
        let shared = environment.clone();
        let more = [
            pair("DATABASE_URL", &database.url),
            pair("QUARTERDAY_CALLER_CHECK", "none"),
            pair("QUARTERDAY_REGION", "us-x1"),
            pair("QUARTERDAY_ZONES", &ZONES.join(",")),
            pair("QUARTERDAY_PROGRAMS", "gs://lake/programs/1"),
            pair("QUARTERDAY_COMPUTE_ENDPOINT", &google.url),
            pair("QUARTERDAY_DATAPROC_ENDPOINT", &google.url),
        ];
        environment.extend(more);
        environment.extend(settings.iter().map(|(name, value)| pair(name, value)));

        let at = slot.close_at().to_rfc3339();
        let serve = ["serve", "--at", &at, "--speed", "0", "--port", "0", "--world", world.to_str().unwrap()];
        let (sandbox, sandbox_url) = service(folder.path(), "sandbox", &serve, &[]);
        google.create_bucket("lake");
        google.put_object("lake", "state/assets.csv", std::fs::read(world.join("assets.csv")).unwrap());
        google.add_cluster("quarterday-split", "STOPPED");
        google.set_secret("quarterday-x-test", "not used by the sandbox");
        let lines: Vec<String> = shared.iter().map(|(name, value)| format!("{name}={value}")).collect();
        for (zone, (instance, _)) in ZONES.iter().flat_map(|zone| MACHINES.map(|machine| (*zone, machine))) {
            google.add_instance(zone, instance);
            let sources = format!("QUARTERDAY_SOURCES={sandbox_url}/_world/setup\nQUARTERDAY_SECRETS=X_TEST");
            google.set_metadata(
                zone,
                instance,
                "quarterday-env",
                &format!("{}\n{sources}\n", lines.join("\n")),
            );
        }
        let machines = start_machines(&google, folder.path());
        let next_job_dies = Arc::new(AtomicBool::new(false));
        run_jobs(&google, folder.path(), next_job_dies.clone());

        let (functions, functions_url) = service(folder.path(), "functions", &["serve"], &environment);
        let (web, web_url) = service(folder.path(), "web", &["serve"], &environment);
        subscribe(&pubsub, &functions_url, &web_url).await;
        let ticks = tick(&pubsub);
        let pool = database.pool.clone();
        let services = vec![functions, web, sandbox];
        Some(Self {
            google,
            pubsub,
            pool,
            environment,
            folder,
            services,
            machines,
            next_job_dies,
            ticks,
            _database: database,
        })
    }

    /// The next job is killed as soon as it has begun.
    pub(crate) fn kill_next_job(&self) {
        self.next_job_dies.store(true, Ordering::SeqCst);
    }

    pub(crate) async fn run(&self, slot: Slot) -> Option<Run> {
        store::run(&self.pool, slot).await.unwrap()
    }

    pub(crate) async fn until(&self, what: &str, mut done: impl AsyncFnMut() -> bool) {
        let start = Instant::now();
        while !done().await {
            assert!(start.elapsed() < Duration::from_secs(60), "{what} did not come about\n{}", self.logs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for the run's end.
    pub(crate) async fn until_ended(&self, slot: Slot, limit: Duration) -> Run {
        let start = Instant::now();
        loop {
            let run = self.run(slot).await;
            if let Some(run) = run.clone().filter(|run| run.stages.iter().all(|s| s.state.is_terminal())) {
                return run;
            }
            assert!(start.elapsed() < limit, "{run:#?}\n{}", self.logs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Versions of the slot that the site has.
    pub(crate) async fn published(&self, slot: Slot) -> i64 {
        let query = "select count(*) from publications where slot = $1";
        sqlx::query_scalar(query).bind(slot.to_string()).fetch_one(&self.pool).await.unwrap()
    }

    /// The operator's command, from a machine of the operator's.
    pub(crate) fn operate(&self, arguments: &[&str]) {
        let output =
            programs::command("quarterday").args(arguments).envs(self.environment.iter().cloned()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// What the programs have logged.
    pub(crate) fn logs(&self) -> String {
        let names = ["functions", "web", "collector", "ml-vm", "dataproc-job"];
        let read = |name: &str| std::fs::read_to_string(self.folder.path().join(format!("{name}.log")));
        names.iter().map(|name| format!("== {name}\n{}", read(name).unwrap_or_default())).collect()
    }
}

/// An instance that is started runs its program, and is powered off when that has ended.
fn start_machines(google: &Google, folder: &Path) -> Machines {
    let machines = Machines::default();
    let (kept, started, folder) = (machines.clone(), google.clone(), folder.to_owned());
    google.on_start(move |zone, name, _| {
        let program = MACHINES.iter().find(|(instance, _)| *instance == name).unwrap().1;
        let endpoints = ["QUARTERDAY_METADATA_ENDPOINT", "QUARTERDAY_SECRETS_ENDPOINT"];
        let values = [started.metadata_url(&zone, &name), started.url.clone()];
        let environment: Vec<(String, String)> =
            endpoints.map(str::to_owned).into_iter().zip(values).collect();
        let child = command(&folder, program, &environment).arg("attend").process_group(0).spawn().unwrap();
        kept.lock().unwrap().insert(format!("{zone} {name}"), child);
        loop {
            std::thread::sleep(Duration::from_millis(10));
            let mut all = kept.lock().unwrap();
            let Some(child) = all.get_mut(&format!("{zone} {name}")) else { return };
            if child.try_wait().unwrap().is_some() {
                // Its number may soon be another process's.
                all.remove(&format!("{zone} {name}"));
                drop(all);
                return started.power_off(&zone, &name);
            }
        }
    });
    let kept = machines.clone();
    google.on_stop(move |zone, name, _| {
        if let Some(mut child) = kept.lock().unwrap().remove(&format!("{zone} {name}")) {
            // The whole machine goes off, children of its program included.
            let _ = Command::new("kill").args(["-9", "--", &format!("-{}", child.id())]).status();
            let _ = child.wait();
        }
    });
    machines
}

/// Runs the `sh env … PROGRAM …` line of a Pig job with the program as built.
fn run_jobs(google: &Google, folder: &Path, dies: Arc<AtomicBool>) {
    let folder: PathBuf = folder.to_owned();
    google.on_job(move |job| {
        let (folder, dies) = (folder.clone(), dies.swap(false, Ordering::SeqCst));
        async move { run_job(&folder, &job, dies).await }
    });
}

async fn run_job(folder: &Path, job: &Value, dies: bool) -> Result<(), String> {
    let queries = job["pigJob"]["queryList"]["queries"].as_array().cloned().unwrap_or_default();
    let line =
        queries.iter().filter_map(Value::as_str).find_map(|q| q.strip_prefix("sh env ")).unwrap().to_owned();
    if dies {
        return Err("killed".to_owned());
    }
    let mut words = line.trim_end_matches(';').split_whitespace();
    let mut environment = Vec::new();
    let program = loop {
        let word = words.next().unwrap();
        match word.split_once('=') {
            Some((name, value)) => environment.push((name.to_owned(), value.to_owned())),
            None => break word,
        }
    };
    assert!(program.ends_with("/dataproc-job"), "{program}");
    let mut command = command(folder, "dataproc-job", &environment);
    command.args(words);
    let status = tokio::task::spawn_blocking(move || command.status()).await.unwrap().unwrap();
    if status.success() { Ok(()) } else { Err(format!("ended with {status}")) }
}

async fn subscribe(pubsub: &PubSub, functions: &str, web: &str) {
    for topic in Topic::ALL {
        pubsub.create_topic(topic.as_str()).await;
    }
    for topic in Topic::ALL {
        let name = topic.as_str();
        let dead = (topic != Topic::DeadLetter).then_some("dead-letter");
        let (program, endpoint) = match topic {
            Topic::PublishDue => ("publish", format!("{web}/internal/publish")),
            Topic::Quotes => ("web", format!("{web}/internal/quotes")),
            _ => ("functions", format!("{functions}/push/{name}")),
        };
        pubsub.create_subscription(&format!("{program}-{name}"), name, Some(&endpoint), dead).await;
    }
}

/// What Cloud Scheduler does each minute, faster.
fn tick(pubsub: &PubSub) -> tokio::task::JoinHandle<()> {
    let url = format!("{}/v1/projects/{PROJECT}/topics/watchdog:publish", pubsub.url);
    let client = reqwest::Client::new();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let body = json!({ "messages": [{ "data": "e30=" }] });
            // The emulator may be gone: the test ends then anyway.
            let _ = client.post(&url).json(&body).send().await;
        }
    })
}
