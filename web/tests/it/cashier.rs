//! A site that sells, beside the billing sandbox: its interface, its checkout page, its clock.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sandbox::billing::book::Dunning;
use sandbox::billing::server::{Options, start};
use sandbox::billing::webhook::Target;
use secrecy::SecretString;
use serde_json::Value;
use stand_ins::Serving;
use stand_ins::stripe::{self, Recorder};
use url::Url;
use web::auth::session;
use web::billing::keys::Keys;
use web::billing::worker;
use web::config::Settings;

use crate::kit::{Part, Site, listener};

pub(crate) const KEY: &str = "sk_test_sandbox_of_the_tests";
pub(crate) const SECRET: &str = "whsec_of_the_tests";
/// A card that pays.
pub(crate) const GOOD: &str = "4242424242424242";
/// A card that can be kept, and then fails.
pub(crate) const FAILS_LATER: &str = "4000000000000341";

/// The site's keys, and where readers reach it.
struct Shop {
    keys: Keys,
    public_url: Url,
}

impl Part for Shop {
    fn put(self, settings: &mut Settings) {
        settings.billing = Some(self.keys);
        settings.public_url = self.public_url;
    }
}

/// The keys of a test for a provider at this address.
pub(crate) fn keys(base: &str) -> Keys {
    Keys {
        api_base: base.parse().unwrap(),
        secret: KEY.to_owned().into(),
        webhook_secrets: vec![SecretString::from(SECRET.to_owned())],
        livemode: false,
        sandbox: true,
        page_origins: vec![base.trim_end_matches('/').to_owned()],
    }
}

/// A site, and the sandbox that it sells through.
pub(crate) struct Cashier {
    pub(crate) site: Site,
    /// Where the sandbox answers, without a slash at the end.
    pub(crate) base: String,
    /// Stands between the two.
    pub(crate) recorder: Recorder,
    _sandbox: Serving,
}

/// Somebody who is signed in.
pub(crate) struct Buyer {
    pub(crate) id: i64,
    pub(crate) key: String,
}

impl Buyer {
    pub(crate) fn key(&self) -> Option<&str> {
        Some(&self.key)
    }
}

impl Cashier {
    /// Webhooks arrive once and in order.
    pub(crate) async fn open() -> Self {
        Self::open_with(true, None).await
    }

    /// Without webhooks, or with faults in their delivery: some late, some twice, some lost at first.
    pub(crate) async fn open_with(webhooks: bool, faults: Option<u64>) -> Self {
        let listening = listener();
        let address = listening.local_addr().unwrap();
        // The two know each other's address before they start. The ports stay taken meanwhile: whoever else asks for a free one
        // would get them.
        let sandbox = listener();
        let base = format!("http://{}", sandbox.local_addr().unwrap());
        let recorder = Recorder::before(&base);
        let shop = Shop {
            keys: Keys { page_origins: vec![base.clone()], ..keys(&recorder.url) },
            public_url: format!("http://localhost:{}", address.port()).parse().unwrap(),
        };
        let site = Site::start_at(listening, shop).await;
        let url = format!("{}/webhooks/stripe", site.url);
        let target = webhooks.then(|| Target { url, secret: SECRET.to_owned(), faults });
        let options = Options {
            state: None,
            key: KEY.to_owned(),
            public_url: None,
            webhook: target,
            dunning: Dunning::default(),
        };
        let (tell, told) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let (server, _) = start(sandbox, options).unwrap();
                tell.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let sandbox = Serving::from(told.await.unwrap());
        let cashier = Self { site, base, recorder, _sandbox: sandbox };
        let begun = Instant::now();
        while cashier.site.client.get(&cashier.base).send().await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "the sandbox does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        cashier
    }

    /// Ends it; what the site asked the provider for must be such as the provider publishes.
    pub(crate) async fn close(self) {
        self.site.stop().await;
        stripe::check(&self.recorder.asked());
    }

    /// A new account, signed in.
    pub(crate) async fn buyer(&self) -> Buyer {
        let key = self.site.sign_in_as("free").await.unwrap();
        let id = sqlx::query_scalar("select customer_id from sessions where key_sha256 = $1")
            .bind(session::fingerprint(&key))
            .fetch_one(&self.site.pool)
            .await
            .unwrap();
        // A life with the shop is longer than a session of the kit.
        sqlx::query("update sessions set expires_at = now() + interval '10 years', seen_at = now() + interval '9 years' where customer_id = $1")
            .bind(id)
            .execute(&self.site.pool)
            .await
            .unwrap();
        // Accounts of the kit have a tier given by hand; this one has nothing.
        sqlx::query("delete from subscriptions where customer_id = $1")
            .bind(id)
            .execute(&self.site.pool)
            .await
            .unwrap();
        Buyer { id, key }
    }

    /// The sandbox's interface.
    pub(crate) async fn api(&self, method: &str, path: &str, form: &[(&str, &str)]) -> Value {
        let url = format!("{}/v1{path}", self.base);
        let request = self.site.client.request(method.parse().unwrap(), url).bearer_auth(KEY);
        let request = if method == "GET" { request.query(form) } else { request.form(form) };
        let reply = request.send().await.unwrap();
        let (status, body) = (reply.status(), reply.text().await.unwrap());
        assert!(status.is_success(), "{method} {path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The instant that the sandbox's clock shows; the site's clock is set to it.
    pub(crate) async fn tick(&self) -> DateTime<Utc> {
        let clock = self.api("GET", "/test_helpers/test_clocks/clock_sandbox", &[]).await;
        let now = DateTime::from_timestamp(clock["frozen_time"].as_i64().unwrap(), 0).unwrap();
        // What was said in this second has been said.
        let now = now + chrono::Duration::milliseconds(999);
        self.site.app.clock.set(Some(now));
        now
    }

    /// Lets time pass for both.
    pub(crate) async fn advance(&self, to: DateTime<Utc>) {
        let to = to.timestamp().to_string();
        self.api("POST", "/test_helpers/test_clocks/clock_sandbox/advance", &[("frozen_time", &to)]).await;
        self.tick().await;
    }

    /// The id of our price for this tier and interval.
    pub(crate) async fn price(&self, tier: &str, interval: &str) -> String {
        let id: i64 = sqlx::query_scalar(
            "select id from prices where tier = $1 and interval = $2 and retired_at is null",
        )
        .bind(tier)
        .bind(interval)
        .fetch_one(&self.site.pool)
        .await
        .unwrap();
        id.to_string()
    }

    /// Goes to the checkout page of a price; its address.
    pub(crate) async fn go_to_checkout(&self, buyer: &Buyer, tier: &str, interval: &str) -> String {
        let price = self.price(tier, interval).await;
        let reply = self.site.post("/billing/checkout", buyer.key(), &[("price", &price)]).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        let page = reply.header("location").to_owned();
        assert!(page.starts_with(&self.base), "{page}");
        page
    }

    /// Pays on a checkout page; the path of the site to which it leads.
    pub(crate) async fn pay(&self, page: &str, card: &str, code: &str) -> String {
        let form = [
            ("action", "pay"),
            ("number", card),
            ("expiry", "12/34"),
            ("cvc", "123"),
            ("name", "Ada"),
            ("code", code),
        ];
        let reply = self.site.client.post(page).form(&form).send().await.unwrap();
        let status = reply.status().as_u16();
        let to = reply.headers().get("location").map(|l| l.to_str().unwrap().to_owned());
        assert_eq!(status, 303, "{}", reply.text().await.unwrap());
        let to: Url = to.unwrap().parse().unwrap();
        format!("{}?{}", to.path(), to.query().unwrap_or_default())
    }

    /// Subscribes: from the price to the page after payment, which says that all is open.
    pub(crate) async fn subscribe(&self, buyer: &Buyer, tier: &str, interval: &str, card: &str) {
        let page = self.go_to_checkout(buyer, tier, interval).await;
        let back = self.pay(&page, card, "").await;
        self.tick().await;
        let reply = self.site.get(&back, buyer.key()).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert!(reply.body.contains("data-billing=\"open\""), "{}", reply.body);
    }

    /// Waits until everything that the sandbox has said is handled.
    pub(crate) async fn settle(&self) {
        let begun = Instant::now();
        loop {
            self.tick().await;
            worker::step(&self.site.app).await;
            let said = self.api("GET", "/events", &[("limit", "100")]).await;
            let said: Vec<String> = said["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["id"].as_str().unwrap().to_owned())
                .collect();
            let handled: i64 = sqlx::query_scalar(
                "select count(*) from billing_events where stripe_id = any($1) and handled_at is not null",
            )
            .bind(&said)
            .fetch_one(&self.site.pool)
            .await
            .unwrap();
            if handled == i64::try_from(said.len()).unwrap() {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "not all of {} were handled", said.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What the page after a payment asks for: the tier.
    pub(crate) async fn tier(&self, buyer: &Buyer) -> String {
        let state = self.site.get("/account/billing/state", buyer.key()).await.json();
        state["tier"].as_str().unwrap().to_owned()
    }

    /// The only subscription of a buyer, as it is here.
    pub(crate) async fn subscription(
        &self,
        buyer: &Buyer,
    ) -> web::billing::store::subscriptions::SubscriptionRow {
        let mut rows = web::billing::store::subscriptions::of(&self.site.pool, buyer.id).await.unwrap();
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    }

    /// One value from Postgres.
    pub(crate) async fn one(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.site.pool).await.unwrap()
    }
}
