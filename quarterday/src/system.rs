//! All programs of an installation together: Postgres, the sandbox, the bus, the functions, the billing sandbox, the site.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use cloud::local::{BusServer, HttpBus, Subscription, free_port};
use cloud::{bus, telemetry};
use domain::Slot;
use domain::message::{Control, SlotDue, Topic};
use ledger::postgres::Database;
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;

use crate::billing::Billing;
use crate::clock::WorldClock;
use crate::home::{Home, Lock};
use crate::service::{Service, Start};
use crate::world::OpenWorld;

/// Topics that go to the functions; the site gets `publish-due` and `quotes`.
const TO_FUNCTIONS: [Topic; 10] = [
    Topic::SlotDue,
    Topic::CollectFinished,
    Topic::SplitFinished,
    Topic::PredictFinished,
    Topic::Published,
    Topic::Heartbeat,
    Topic::Watchdog,
    Topic::Hold,
    Topic::Control,
    Topic::DeadLetter,
];

/// A running installation.
pub struct System {
    /// Its ledger.
    pub pool: PgPool,
    /// Where its site is.
    pub site_url: String,
    /// What its stages may know about the database, for commands that look.
    pub database_url: String,
    clock: Arc<Mutex<WorldClock>>,
    client: HttpBus,
    http: reqwest::Client,
    bus: BusServer,
    sandbox: Service,
    functions: Service,
    billing: Option<Billing>,
    web: Service,
    stream: Service,
    database: Database,
    metrics: PathBuf,
    _lock: Lock,
}

impl System {
    /// Starts everything on the world, whose clock is set to `clock`. The site listens on `port`, 0 for a free one.
    ///
    /// # Errors
    /// A program does not start; it is named, with its last words.
    pub async fn start(
        home: &Home,
        lock: Lock,
        world: &OpenWorld,
        faults: Option<&Path>,
        clock: WorldClock,
        port: u16,
    ) -> anyhow::Result<Self> {
        if port != 0 && std::net::TcpListener::bind(("127.0.0.1", port)).is_err() {
            bail!("port {port} is taken: stop what uses it or name another with --port");
        }
        let metrics = home.join("metrics");
        telemetry::keep_leaving("quarterday", Some(metrics.clone()));
        let token = home.token()?;
        let database = open_database(home).await?;
        let database_url = database.url().to_owned();
        let pool = database.connect().await?;
        home.write_private("database-url", &database_url)?;
        let lake = cloud::open_lake(&home.lake().to_string_lossy()).await?;
        world.put_assets(lake.as_ref()).await?;

        let clock = Arc::new(Mutex::new(clock));
        let sandbox = Service::start(sandbox(home, world, faults, &clock)?).await?;
        let (functions_port, web_port) = (free_port()?, if port == 0 { free_port()? } else { port });
        let bus = start_bus(home, &token, functions_port, web_port)?;
        home.write_private("bus-url", &bus.base_url)?;
        let environment = environment(home, &database_url, &bus, &token, &sandbox, web_port);
        let functions = Service::start(functions(home, functions_port, environment.clone())).await?;
        let billing = Billing::start(home, web_port).await?;
        let mut for_web = with_billing(environment.clone(), billing.as_ref());
        let own = std::env::var("QUARTERDAY_SEAL_KEYS").is_ok_and(|keys| !keys.trim().is_empty());
        if !own {
            let key = home.secret("seal-key", "")?.expose_secret().to_owned();
            for_web.push(("QUARTERDAY_SEAL_KEYS".to_owned(), key));
        }
        let web = Service::start(web(home, web_port, for_web, &functions.url)).await?;
        let stream = Service::start(stream(home, environment)).await?;
        let client = HttpBus::new(bus.base_url.clone(), token);
        let site_url = format!("http://localhost:{web_port}");
        tell_prometheus(home, web_port, functions_port)?;
        let http = reqwest::Client::new();
        Ok(Self {
            pool,
            site_url,
            database_url,
            clock,
            client,
            http,
            bus,
            sandbox,
            functions,
            billing,
            web,
            stream,
            database,
            metrics,
            _lock: lock,
        })
    }

    /// Sets the world's clock.
    ///
    /// # Errors
    /// The sandbox does not take it.
    pub async fn set_clock(&self, clock: WorldClock) -> anyhow::Result<()> {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = clock;
        let body =
            serde_json::json!({ "at": clock.world_at, "speed": clock.speed, "since": clock.anchored_at });
        let url = format!("{}/_world/clock", self.sandbox.url);
        let mut tries = 0;
        loop {
            let sent = self.http.put(&url).json(&body).timeout(Duration::from_secs(5)).send().await;
            match sent.and_then(reqwest::Response::error_for_status) {
                Ok(_) => return Ok(()),
                // It may be on its way up again.
                Err(_) if tries < 20 => tries += 1,
                Err(error) => return Err(error).context("setting the sandbox's clock"),
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// The world's clock.
    pub fn clock(&self) -> WorldClock {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that a slot is due.
    ///
    /// # Errors
    /// The bus does not take it.
    pub async fn slot_due(&self, slot: Slot, repeat: bool) -> anyhow::Result<()> {
        bus::publish(&self.client, Topic::SlotDue, &SlotDue { slot: Some(slot), repeat }, &slot.to_string())
            .await?;
        Ok(())
    }

    /// Passes on what an operator asks.
    ///
    /// # Errors
    /// The bus does not take it.
    pub async fn control(&self, control: &Control) -> anyhow::Result<()> {
        bus::publish(&self.client, Topic::Control, control, &control.slot.to_string()).await?;
        Ok(())
    }

    /// Lets the watchdog look round.
    ///
    /// # Errors
    /// The bus does not take it.
    pub async fn tick(&self) -> anyhow::Result<()> {
        bus::publish(&self.client, Topic::Watchdog, &serde_json::json!({}), "").await?;
        Ok(())
    }

    /// Where the billing sandbox listens; `None`: keys for the payment provider are set.
    pub fn billing_url(&self) -> Option<&str> {
        self.billing.as_ref().map(|billing| billing.service.url.as_str())
    }

    /// Stops everything, in the reverse order.
    pub async fn stop(self) {
        self.stream.stop().await;
        self.bus.stop().await;
        self.web.stop().await;
        if let Some(billing) = self.billing {
            billing.service.stop().await;
        }
        self.functions.stop().await;
        self.sandbox.stop().await;
        self.pool.close().await;
        telemetry::leave_in(&self.metrics, "quarterday");
        // Postgres is waited for without holding up the runtime.
        let database = self.database;
        if let Err(error) = tokio::task::spawn_blocking(move || drop(database)).await {
            tracing::error!(%error, "stopping Postgres");
        }
    }
}

/// Opens the database off the runtime: a first start takes a while. The threads of the runtime outlive it, but the child is
/// tied to us by a pipe, not by the thread.
async fn open_database(home: &Home) -> anyhow::Result<Database> {
    let root = home.root().to_owned();
    Ok(tokio::task::spawn_blocking(move || Database::open(&root)).await.context("starting Postgres")??)
}

fn sandbox(
    home: &Home,
    world: &OpenWorld,
    faults: Option<&Path>,
    clock: &Arc<Mutex<WorldClock>>,
) -> anyhow::Result<Start> {
    let folder = world.folder.display().to_string();
    let faults = faults
        .map(|file| file.canonicalize().with_context(|| format!("fault plan {}", file.display())))
        .transpose()?;
    let (clock, port) = (clock.clone(), free_port()?);
    let arguments = move || {
        let clock = *clock.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, since) = (clock.world_at.to_rfc3339(), clock.anchored_at.to_rfc3339());
        let speed = clock.speed.to_string();
        // By its start and not by the present, so that a process that comes up slowly is not behind.
        let mut all: Vec<String> = ["serve", "--world", &folder, "--speed", &speed].map(str::to_owned).into();
        all.extend(["--at", &at, "--since", &since].map(str::to_owned));
        all.extend(["--port".to_owned(), port.to_string()]);
        if let Some(faults) = &faults {
            all.extend(["--faults".to_owned(), faults.display().to_string()]);
        }
        all
    };
    Ok(Start {
        name: "sandbox",
        arguments: Box::new(arguments),
        environment: vec![metrics_folder(home)],
        log: home.log("sandbox"),
    })
}

fn start_bus(
    home: &Home,
    token: &SecretString,
    functions_port: u16,
    web_port: u16,
) -> anyhow::Result<BusServer> {
    let subscription = |program: &str, topic: Topic, endpoint: String| Subscription {
        name: format!("{program}-{}", topic.as_str()),
        topic: topic.as_str().to_owned(),
        endpoint,
        fleeting: topic == Topic::Quotes,
    };
    let mut subscriptions: Vec<Subscription> = TO_FUNCTIONS
        .into_iter()
        .map(|topic| {
            subscription(
                "functions",
                topic,
                format!("http://127.0.0.1:{functions_port}/push/{}", topic.as_str()),
            )
        })
        .collect();
    let publish = format!("http://127.0.0.1:{web_port}/internal/publish");
    subscriptions.push(subscription("web", Topic::PublishDue, publish));
    let quotes = format!("http://127.0.0.1:{web_port}/internal/quotes");
    subscriptions.push(subscription("web", Topic::Quotes, quotes));
    BusServer::start(&home.join("bus"), token.clone(), subscriptions).context("starting the bus")
}

fn environment(
    home: &Home,
    database_url: &str,
    bus: &BusServer,
    token: &SecretString,
    sandbox: &Service,
    web_port: u16,
) -> Vec<(String, String)> {
    let all = [
        ("DATABASE_URL", database_url.to_owned()),
        ("QUARTERDAY_BUS", bus.base_url.clone()),
        ("QUARTERDAY_CALLER_CHECK", "token".to_owned()),
        ("QUARTERDAY_PUSH_TOKEN", token.expose_secret().to_owned()),
        ("QUARTERDAY_LAKE", home.lake().display().to_string()),
        ("QUARTERDAY_LOGS", home.join("logs").display().to_string()),
        ("QUARTERDAY_SOURCES", format!("{}/_world/setup", sandbox.url)),
        ("QUARTERDAY_PUBLIC_URL", format!("http://localhost:{web_port}")),
        ("QUARTERDAY_SANDBOX_DATA", "1".to_owned()),
        ("QUARTERDAY_SILENCE_S", "60".to_owned()),
        ("QUARTERDAY_DEADLINE_S", "900".to_owned()),
        ("QUARTERDAY_PAUSE_S", "2".to_owned()),
    ];
    let all = all.map(|(name, value)| (name.to_owned(), value)).into_iter().chain([metrics_folder(home)]);
    let own = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let patience = ["QUARTERDAY_SILENCE_S", "QUARTERDAY_DEADLINE_S", "QUARTERDAY_PAUSE_S"];
    all.filter(|(name, _)| !(patience.contains(&name.as_str()) && own(name))).collect()
}

/// Where programs without a port for it leave what they count.
pub(crate) fn metrics_folder(home: &Home) -> (String, String) {
    ("QUARTERDAY_METRICS".to_owned(), home.join("metrics").display().to_string())
}

/// Writes down where Prometheus finds what is counted: ports may differ with each start
/// (`deploy/observability/one-machine.yml`).
fn tell_prometheus(home: &Home, web_port: u16, functions_port: u16) -> anyhow::Result<()> {
    let target = |job: &str, port: u16| serde_json::json!({ "targets": [format!("127.0.0.1:{port}")], "labels": { "job": job } });
    let all = serde_json::json!([target("web", web_port), target("functions", functions_port)]);
    let path = home.join("prometheus-targets.json");
    std::fs::write(&path, all.to_string()).with_context(|| path.display().to_string())
}

fn with_billing(mut environment: Vec<(String, String)>, billing: Option<&Billing>) -> Vec<(String, String)> {
    environment.extend(billing.into_iter().flat_map(Billing::environment));
    environment
}

fn functions(home: &Home, port: u16, environment: Vec<(String, String)>) -> Start {
    let arguments = Box::new(move || vec!["serve".to_owned(), "--port".to_owned(), port.to_string()]);
    Start { name: "functions", arguments, environment, log: home.log("functions") }
}

fn web(home: &Home, port: u16, mut environment: Vec<(String, String)>, functions_url: &str) -> Start {
    environment.push(("QUARTERDAY_LAB_FUNCTION_URL".to_owned(), functions_url.to_owned()));
    let arguments = Box::new(move || vec!["serve".to_owned(), "--port".to_owned(), port.to_string()]);
    Start { name: "web", arguments, environment, log: home.log("web") }
}

/// Live prices, from the sandbox to the bus.
fn stream(home: &Home, environment: Vec<(String, String)>) -> Start {
    Start {
        name: "collector",
        arguments: Box::new(|| vec!["stream".to_owned()]),
        environment,
        log: home.log("stream"),
    }
}
