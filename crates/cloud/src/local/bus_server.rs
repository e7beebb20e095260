//! The local bus: takes messages in the form of Pub/Sub's REST interface and pushes them, at least once, in Pub/Sub's
//! envelope. A message lies in a file until it is acknowledged, so a restart delivers what was under way.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chrono::SecondsFormat;
use domain::message::Topic;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use crate::clock;
use crate::faults::{self, Faults};
use crate::push::{Push, PushMessage};

/// Deliveries of one message before it goes to the dead letters.
const MAX_DELIVERIES: u32 = 12;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The time that a receiver has to take what is fleeting.
const FLEETING: Duration = Duration::from_secs(2);
/// The time that a receiver has to acknowledge.
const ACK_DEADLINE: Duration = Duration::from_secs(60);

/// Who gets a topic's messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Its name.
    pub name: String,
    /// The topic.
    pub topic: String,
    /// Where messages are pushed to.
    pub endpoint: String,
    /// Messages are worth nothing a moment later: each is delivered once, kept in no file and never a dead letter.
    #[serde(default)]
    pub fleeting: bool,
}

/// A message that nobody took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Whose it was.
    pub subscription: Subscription,
    /// The message.
    pub message: PushMessage,
    /// What the last delivery ended with.
    pub reason: String,
    /// How often it was tried.
    pub deliveries: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    subscription: String,
    message: PushMessage,
}

struct Inner {
    folder: PathBuf,
    token: SecretString,
    subscriptions: Vec<Subscription>,
    client: reqwest::Client,
    deliveries: std::sync::Mutex<tokio::task::JoinSet<()>>,
}

/// A running bus; ends when it is stopped.
pub struct BusServer {
    /// Where programs publish.
    pub base_url: String,
    inner: Arc<Inner>,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Publish {
    messages: Vec<NewMessage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewMessage {
    #[serde(default)]
    data: String,
    #[serde(default)]
    attributes: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    ordering_key: Option<String>,
}

impl BusServer {
    /// Starts the bus on a free port of loopback. `folder` keeps what is not yet acknowledged and the dead letters;
    /// `token` is asked of publishers and shown to receivers.
    ///
    /// # Errors
    /// The folder cannot be made or no port is free.
    pub fn start(
        folder: &Path,
        token: SecretString,
        subscriptions: Vec<Subscription>,
    ) -> std::io::Result<Self> {
        for name in ["pending", "dead-letters"] {
            fs::create_dir_all(folder.join(name))?;
        }
        let inner = Arc::new(Inner {
            folder: folder.to_owned(),
            token,
            subscriptions,
            client: reqwest::Client::new(),
            deliveries: Default::default(),
        });
        let state = web::Data::from(inner.clone());
        let app = move || {
            App::new()
                .app_data(state.clone())
                .route("/v1/projects/{project}/topics/{topic}", web::post().to(publish))
        };
        let server =
            HttpServer::new(app).tcp_nodelay(true).workers(1).disable_signals().bind(("127.0.0.1", 0))?;
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        let bus = Self { base_url: format!("http://{address}"), inner, handle, server: tokio::spawn(server) };
        bus.resume()?;
        Ok(bus)
    }

    /// Takes up the deliveries that an earlier bus in the same folder left.
    fn resume(&self) -> std::io::Result<()> {
        let mut files: Vec<_> =
            fs::read_dir(self.inner.folder.join("pending"))?.flatten().map(|e| e.path()).collect();
        files.sort();
        for file in files {
            let pending =
                fs::read(&file).ok().and_then(|bytes| serde_json::from_slice::<Pending>(&bytes).ok());
            let known =
                pending.and_then(|p| Some((self.inner.subscription(&p.subscription)?.clone(), p.message)));
            match known {
                Some((subscription, message)) => self.inner.deliver(subscription, message, file),
                // Half-written when the machine went down, or of a subscription that is no more: nobody awaits it.
                None => fs::remove_file(&file)?,
            }
        }
        Ok(())
    }

    /// Messages that nobody took, oldest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn dead_letters(folder: &Path) -> std::io::Result<Vec<DeadLetter>> {
        let mut files: Vec<_> =
            fs::read_dir(folder.join("dead-letters"))?.flatten().map(|e| e.path()).collect();
        files.sort();
        Ok(files.iter().filter_map(|file| serde_json::from_slice(&fs::read(file).ok()?).ok()).collect())
    }

    /// Stops taking and delivering; what is not acknowledged stays for the next start.
    pub async fn stop(self) {
        self.inner.tasks().abort_all();
        self.handle.stop(false).await;
        if let Ok(Err(error)) = self.server.await {
            tracing::warn!(%error, "the bus ended badly");
        }
    }
}

impl Inner {
    fn subscription(&self, name: &str) -> Option<&Subscription> {
        self.subscriptions.iter().find(|s| s.name == name)
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, tokio::task::JoinSet<()>> {
        self.deliveries.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn deliver(self: &Arc<Self>, subscription: Subscription, message: PushMessage, file: PathBuf) {
        let inner = self.clone();
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move { inner.delivery(subscription, message, file).await });
    }

    fn deliver_once(self: &Arc<Self>, subscription: Subscription, message: PushMessage) {
        let inner = self.clone();
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let pushed = tokio::time::timeout(FLEETING, inner.push(&subscription, &message, 1)).await;
            if !matches!(pushed, Ok(Ok(()))) {
                tracing::debug!(subscription = subscription.name, ?pushed, "not acknowledged and let go");
            }
        });
    }

    async fn delivery(self: &Arc<Self>, subscription: Subscription, message: PushMessage, file: PathBuf) {
        let mut pause = FIRST_PAUSE;
        let mut reason = String::new();
        for attempt in 1..=MAX_DELIVERIES {
            match self.push(&subscription, &message, attempt).await {
                Ok(()) => return remove(&file),
                Err(e) => reason = e,
            }
            tracing::debug!(subscription = subscription.name, attempt, reason, "not acknowledged");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        tracing::error!(
            subscription = subscription.name,
            message_id = message.message_id,
            reason,
            "to the dead letters"
        );
        let name = file.file_name().map(|n| self.folder.join("dead-letters").join(n));
        let letter = DeadLetter { subscription, message, reason, deliveries: MAX_DELIVERIES };
        let written = name.map(|name| write_whole(&name, &letter));
        if let Some(Err(error)) = written {
            return tracing::error!(%error, "the dead letter could not be written; the message stays pending");
        }
        remove(&file);
        self.forward(&letter);
    }

    /// Passes a dead letter on to whoever subscribes to them, as Pub/Sub does: a new message that says where it comes from.
    fn forward(self: &Arc<Self>, letter: &DeadLetter) {
        if letter.subscription.topic == Topic::DeadLetter.as_str() {
            return;
        }
        let mut attributes = letter.message.attributes.clone();
        let source = |name: &str| format!("CloudPubSubDeadLetterSource{name}");
        attributes.insert(source("Subscription"), letter.subscription.name.clone());
        attributes.insert(source("DeliveryCount"), letter.deliveries.to_string());
        let new = NewMessage { data: letter.message.data.clone(), attributes, ordering_key: None };
        if let Err(error) = self.take(Topic::DeadLetter.as_str(), new) {
            tracing::error!(%error, "the dead letter is kept in its file alone");
        }
    }

    /// Keeps a message and starts its deliveries; returns its id.
    fn take(self: &Arc<Self>, topic: &str, new: NewMessage) -> std::io::Result<String> {
        let now = clock::now();
        // Sorts by time, so that a restart takes messages up in their order.
        let id =
            format!("{:020}-{}", now.timestamp_micros(), &uuid::Uuid::new_v4().simple().to_string()[..8]);
        let message = PushMessage {
            data: new.data,
            attributes: new.attributes,
            message_id: id.clone(),
            publish_time: now.to_rfc3339_opts(SecondsFormat::Millis, true),
            ordering_key: new.ordering_key,
        };
        for subscription in self.subscriptions.iter().filter(|s| s.topic == topic) {
            if subscription.fleeting {
                self.deliver_once(subscription.clone(), message.clone());
                continue;
            }
            let file = self.folder.join("pending").join(format!("{id}.{}.json", subscription.name));
            let pending = Pending { subscription: subscription.name.clone(), message: message.clone() };
            write_whole(&file, &pending)?;
            self.deliver(subscription.clone(), message.clone(), file);
        }
        Ok(id)
    }

    async fn push(
        &self,
        subscription: &Subscription,
        message: &PushMessage,
        attempt: u32,
    ) -> Result<(), String> {
        let pushed = self.try_push(subscription, message, attempt).await;
        let (name, taken) = (subscription.name.clone(), if pushed.is_ok() { "yes" } else { "no" });
        metrics::counter!("quarterday_bus_pushes_total", "subscription" => name, "taken" => taken)
            .increment(1);
        pushed
    }

    async fn try_push(
        &self,
        subscription: &Subscription,
        message: &PushMessage,
        attempt: u32,
    ) -> Result<(), String> {
        let push = Push {
            message: message.clone(),
            subscription: format!("projects/local/subscriptions/{}", subscription.name),
            delivery_attempt: Some(attempt),
        };
        let fate = faults::here().map(Faults::delivery);
        if let Some(fate) = fate {
            tokio::time::sleep(fate.delay).await;
            if fate.dropped {
                return Err("dropped by the fault plan".to_owned());
            }
        }
        let request = self.client.post(&subscription.endpoint).bearer_auth(self.token.expose_secret());
        let reply = request.timeout(ACK_DEADLINE).json(&push).send().await.map_err(|e| e.to_string())?;
        if fate.is_some_and(|fate| fate.doubled) {
            return Err("its answer was lost by the fault plan".to_owned());
        }
        // The codes that Pub/Sub takes for an acknowledgement; 102 never ends a request here.
        if [200, 201, 202, 204].contains(&reply.status().as_u16()) {
            return Ok(());
        }
        Err(format!("answered {}", reply.status()))
    }
}

async fn publish(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    inner: web::Data<Inner>,
    body: web::Json<Publish>,
) -> HttpResponse {
    let expected = format!("Bearer {}", inner.token.expose_secret());
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if header != Some(expected.as_str()) {
        return HttpResponse::Unauthorized().finish();
    }
    let (_, verb) = path.into_inner();
    let Some(topic) = verb.strip_suffix(":publish") else {
        return HttpResponse::NotFound().finish();
    };
    let inner = inner.into_inner();
    let mut ids = Vec::new();
    for new in body.into_inner().messages {
        match inner.take(topic, new) {
            Ok(id) => ids.push(id),
            Err(error) => {
                tracing::error!(%error, "message not kept");
                let advice = "nothing is lost: make room or give access, then start the same command again";
                let words = format!("{}: {error}: {advice}", inner.folder.display());
                return HttpResponse::ServiceUnavailable().body(words);
            }
        }
    }
    HttpResponse::Ok().json(serde_json::json!({ "messageIds": ids }))
}

fn write_whole(file: &Path, content: &impl Serialize) -> std::io::Result<()> {
    let half = file.with_extension("half");
    fs::write(&half, serde_json::to_vec(content)?)?;
    fs::rename(half, file)
}

fn remove(file: &Path) {
    if let Err(error) = fs::remove_file(file) {
        tracing::warn!(file = %file.display(), %error, "acknowledged, but its file stays: it will be delivered again");
    }
}
