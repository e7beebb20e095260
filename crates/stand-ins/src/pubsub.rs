//! Google's own Pub/Sub emulator, where it is installed: a Java program that keeps everything in memory.
//!
//! It is found by `QUARTERDAY_PUBSUB_EMULATOR` (the jar), else where Google's Debian package puts it. It sends no
//! `authorization` header and no `deliveryAttempt` with a push, unlike the real service.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

const DEBIAN: &str = "/usr/lib/google-cloud-sdk/platform/pubsub-emulator/lib";
/// Runs the emulator until standard input closes: it ends with the test, however that ends.
const UNTIL_PARENT_ENDS: &str =
    r#"java -jar "$1" --host=127.0.0.1 --port="$2" </dev/null & java=$!; cat >/dev/null; kill -9 $java"#;
const START: Duration = Duration::from_secs(60);

/// A running emulator; ends when it is dropped.
pub struct PubSub {
    /// Base URL, for gRPC and for REST.
    pub url: String,
    project: String,
    client: reqwest::Client,
    process: Child,
}

impl Drop for PubSub {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It ends by itself now; a child that is not waited for stays in the table of processes.
        let _ = self.process.wait();
    }
}

fn jar() -> Option<PathBuf> {
    if let Some(jar) = std::env::var_os("QUARTERDAY_PUBSUB_EMULATOR") {
        return Some(jar.into());
    }
    let names = std::fs::read_dir(DEBIAN).ok()?.flatten().map(|entry| entry.path());
    names.into_iter().find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("cloud-pubsub-emulator") && name.ends_with("-all.jar")
    })
}

impl PubSub {
    /// Starts the emulator for one project; `None`, said loudly, where it or Java is not installed.
    ///
    /// # Panics
    /// It is installed and does not start.
    pub async fn start(project: &str) -> Option<Self> {
        let java = Command::new("java").arg("-version").stderr(Stdio::null()).stdout(Stdio::null()).status();
        let (Some(jar), true) = (jar(), java.is_ok_and(|status| status.success())) else {
            crate::skipped(
                "Google's Pub/Sub emulator or Java is not installed (google-cloud-cli-pubsub-emulator)",
            );
            return None;
        };
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr());
        let port = port.expect("a free port").port();
        let process = Command::new("sh")
            .args(["-c", UNTIL_PARENT_ENDS, "sh"])
            .arg(jar)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the shell starts");
        let url = format!("http://127.0.0.1:{port}");
        let emulator = Self { url, project: project.to_owned(), client: reqwest::Client::new(), process };
        let begin = tokio::time::Instant::now();
        while emulator.client.get(&emulator.url).send().await.is_err() {
            assert!(begin.elapsed() < START, "the emulator does not start");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Some(emulator)
    }

    async fn put(&self, path: &str, body: Value) {
        let url = format!("{}/v1/projects/{}/{path}", self.url, self.project);
        let reply = self.client.put(url).json(&body).send().await.expect("the emulator answers");
        assert!(reply.status().is_success(), "{path}: {:?}", reply.text().await);
    }

    /// Makes a topic.
    pub async fn create_topic(&self, topic: &str) {
        self.put(&format!("topics/{topic}"), json!({})).await;
    }

    /// Makes a subscription; with an endpoint its messages are pushed. With a dead-letter topic a message goes there after
    /// five deliveries.
    pub async fn create_subscription(
        &self,
        name: &str,
        topic: &str,
        endpoint: Option<&str>,
        dead: Option<&str>,
    ) {
        let full = |topic: &str| format!("projects/{}/topics/{topic}", self.project);
        let mut body = json!({
            "topic": full(topic),
            "ackDeadlineSeconds": 60,
            // The emulator never passes on to the dead letters what is ordered, by its key or its subscription.
            "enableMessageOrdering": dead.is_none(),
            "retryPolicy": { "minimumBackoff": "0.1s", "maximumBackoff": "1s" },
        });
        if let Some(endpoint) = endpoint {
            body["pushConfig"] = json!({ "pushEndpoint": endpoint });
        }
        if let Some(dead) = dead {
            body["deadLetterPolicy"] = json!({ "deadLetterTopic": full(dead), "maxDeliveryAttempts": 5 });
        }
        self.put(&format!("subscriptions/{name}"), body).await;
    }

    /// Publishes, as a scheduler does.
    pub async fn publish(&self, topic: &str, content: &Value) {
        use base64::Engine as _;
        let data = base64::engine::general_purpose::STANDARD.encode(content.to_string());
        let url = format!("{}/v1/projects/{}/topics/{topic}:publish", self.url, self.project);
        let body = json!({ "messages": [{ "data": data }] });
        let reply = self.client.post(url).json(&body).send().await.expect("the emulator answers");
        assert!(reply.status().is_success(), "{topic}: {:?}", reply.text().await);
    }
}
