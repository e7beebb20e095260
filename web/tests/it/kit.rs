//! A whole site for one test: its own database, lake and port.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::{HttpServer, web as http};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{Duration, Utc};
use cloud::Lake;
use cloud::caller::CallerCheck;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use sqlx::PgPool;
use web::access::Role;
use web::auth::{session, store};
use web::config::Settings;
use web::state::App;

use crate::slots::SlotBuilder;

pub(crate) const TOKEN: &str = "push-token-of-the-test";

/// A running site.
pub(crate) struct Site {
    pub(crate) url: String,
    pub(crate) pool: PgPool,
    pub(crate) lake: Arc<dyn Lake>,
    pub(crate) client: Client,
    pub(crate) app: Arc<App>,
    server: actix_web::dev::ServerHandle,
    _folder: tempfile::TempDir,
}

/// A part of the settings in which one test differs from the others.
pub(crate) trait Part {
    /// Puts it into the settings.
    fn put(self, settings: &mut Settings);
}

impl Part for Option<web::config::LabFunction> {
    fn put(self, settings: &mut Settings) {
        settings.lab_function = self;
    }
}

impl Part for web::config::Outbound {
    fn put(self, settings: &mut Settings) {
        settings.outbound = self;
    }
}

impl Part for web::billing::keys::Keys {
    fn put(self, settings: &mut Settings) {
        settings.billing = Some(self);
    }
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.unwrap() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
}

/// Listens on a free port of this machine.
pub(crate) fn listener() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).unwrap()
}

impl Site {
    /// A site without any slot.
    pub(crate) async fn start() -> Self {
        Self::start_with(web::config::Outbound::default()).await
    }

    /// A site without any slot, with a bus to announce and ask on.
    pub(crate) async fn start_on(bus: Option<Arc<dyn cloud::Bus>>) -> Self {
        Self::start_whole(listener(), web::config::Outbound::default(), bus).await
    }

    /// A site without any slot, with this part of its settings.
    pub(crate) async fn start_with(part: impl Part) -> Self {
        Self::start_at(listener(), part).await
    }

    /// The same, on a port that was taken before: for who has to know it first.
    pub(crate) async fn start_at(listener: TcpListener, part: impl Part) -> Self {
        Self::start_whole(listener, part, None).await
    }

    async fn start_whole(listener: TcpListener, part: impl Part, bus: Option<Arc<dyn cloud::Bus>>) -> Self {
        let database = ledger::testing::database().await;
        let folder = tempfile::tempdir().unwrap();
        let lake = cloud::open_lake(folder.path().to_str().unwrap()).await.unwrap();
        let mut settings = Settings {
            public_url: "http://localhost".parse().unwrap(),
            sandbox_data: true,
            caller: Some(Arc::new(CallerCheck::Token(TOKEN.to_owned().into()))),
            trust_proxy: 0,
            lab_function: None,
            breached_passwords: None,
            seals: web::auth::seal::Seals::parse(&"5e".repeat(32)).unwrap(),
            cost_setup: "smallest".to_owned(),
            billing: None,
            outbound: web::config::Outbound::default(),
        };
        part.put(&mut settings);
        let app = App::new(database.pool.clone(), Some(Arc::clone(&lake)), bus, settings).unwrap();
        let app = http::Data::new(app);
        let shared = Arc::clone(&app);
        let server = HttpServer::new(move || web::cli::configured(app.clone()))
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { url, pool: database.pool, lake, client, app: shared, server: handle, _folder: folder }
    }

    /// A site with three slots: an old one, one of this week, and the newest.
    pub(crate) async fn with_slots() -> Self {
        Self::start().await.fill().await
    }

    /// The same site with those slots.
    pub(crate) async fn fill(self) -> Self {
        let site = self;
        for (slot, word) in
            [("2026-10-15T06Z", "long-ago"), ("2026-11-18T06Z", "this-week"), ("2026-11-21T06Z", "just-now")]
        {
            let builder = SlotBuilder::new(slot, word);
            builder.write(&site.lake).await;
            assert_eq!(site.publish(slot).await.json()["outcome"], "succeeded");
        }
        site
    }

    pub(crate) async fn stop(self) {
        self.server.stop(false).await;
        self.pool.close().await;
    }

    pub(crate) fn request(&self, method: &str, path: &str, key: Option<&str>) -> RequestBuilder {
        let method = method.parse().unwrap();
        let request = self.client.request(method, format!("{}{path}", self.url));
        match key {
            Some(key) => request.header("cookie", format!("sid={key}")),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str, key: Option<&str>) -> Reply {
        self.send(self.request("GET", path, key)).await
    }

    pub(crate) async fn post(&self, path: &str, key: Option<&str>, form: &[(&str, &str)]) -> Reply {
        self.send(self.request("POST", path, key).form(form)).await
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Reply {
        Reply::of(request.send().await.unwrap()).await
    }

    /// Pushes `publish-due` as the bus does.
    pub(crate) async fn publish(&self, slot: &str) -> Reply {
        let push = push(&json!({ "slot": slot, "attempt": 1 }), "publish");
        self.send(self.request("POST", "/internal/publish", None).bearer_auth(TOKEN).json(&push)).await
    }

    /// The key of a session of a fresh account with this tier; `admin` is a role, `visitor` has none.
    pub(crate) async fn sign_in_as(&self, tier: &str) -> Option<String> {
        if tier == "visitor" {
            return None;
        }
        let now = Utc::now();
        let role = Role::parse(tier);
        let email = format!("{tier}-{}@example.org", session::new_key());
        let id = store::store_customer(&self.pool, &email, "no password", role, now).await.unwrap().unwrap();
        if let Ok(bought) = tier.parse() {
            store::store_subscription(&self.pool, id, bought, now - Duration::days(1)).await.unwrap();
        }
        let key = session::new_key();
        let ends_at = now + Duration::days(1);
        store::store_session(&self.pool, id, &session::fingerprint(&key), now, ends_at).await.unwrap();
        Some(key)
    }
}

/// A message as the bus pushes it.
pub(crate) fn push(content: &Value, subscription: &str) -> Value {
    json!({
        "message": { "data": STANDARD.encode(content.to_string()), "messageId": "1" },
        "subscription": format!("projects/local/subscriptions/{subscription}"),
    })
}
