//! The time that a form takes must not tell whether an address has an account. Time itself depends on what else a machine
//! does, so these tests compare what it is spent on: each statement sent to Postgres, and each password worked on.

use std::sync::{Arc, Mutex};

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web as http;
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber as _;
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use web::auth::password;
use web::state::App;

use crate::kit::Site;
use crate::people::{Browser, forget_tries};

const PASSWORD: &str = "seven purple kettles sing";

/// What was done, in order.
#[derive(Clone, Default)]
struct Effort(Arc<Mutex<Vec<String>>>);

impl Effort {
    fn add(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl<S: Subscriber> Layer<S> for Effort {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if span.metadata().name() == "argon2" {
            self.add("argon2".to_owned());
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut statement = Statement::default();
            event.record(&mut statement);
            self.add(statement.0);
        }
    }
}

/// The statement in a log line of sqlx: its beginning and, where that is not all, the whole.
#[derive(Default)]
struct Statement(String);

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        if ["summary", "db.statement"].contains(&field.name()) {
            self.0 += value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

#[actix_web::test]
async fn a_form_does_the_same_for_an_address_with_and_without_an_account() {
    let site = Site::start().await;
    Browser::new(&site).register("ada@example.org").await;
    for (path, hashes) in [("/sign-in", 1), ("/register", 1), ("/reset", 0)] {
        // What the process does the first time only is over when it is compared.
        let mut efforts = Vec::new();
        for email in ["bob@example.org", "ada@example.org", "eve@example.org"] {
            forget_tries(&site).await;
            // A site that is up knows some of what it needs for a second or five, and reads the rest at its next request.
            let fresh = App::new(site.pool.clone(), None, None, site.app.settings.clone()).unwrap();
            let app = init_service(web::cli::configured(http::Data::new(fresh))).await;
            let form = [("email", email), ("password", PASSWORD)];
            let request = TestRequest::post().uri(path).set_form(form).to_request();
            let effort = Effort::default();
            let answer = call_service(&app, request)
                .with_subscriber(tracing_subscriber::registry().with(effort.clone()))
                .await;
            assert!(answer.status().as_u16() < 500, "{path}: {}", answer.status());
            efforts.push(effort.take());
        }
        let [_, known, unknown] = efforts.try_into().unwrap();
        assert_eq!(known, unknown, "{path}");
        assert_eq!(known.iter().filter(|what| *what == "argon2").count(), hashes, "{path}: {known:#?}");
        assert!(known.iter().any(|what| what.contains("attempts")), "{path}: {known:#?}");
    }
    site.stop().await;
}

#[test]
fn a_password_is_worked_on_whether_or_not_there_is_a_hash() {
    let effort = Effort::default();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(effort.clone()), || {
        let hash = password::hash(PASSWORD).unwrap();
        // The first one also makes the hash that nobody has.
        password::verify(PASSWORD, None);
        for (hash, tried) in [(Some(hash.as_str()), PASSWORD), (None, PASSWORD), (None, &"x".repeat(1_000))] {
            effort.take();
            password::verify(tried, hash);
            assert_eq!(effort.take(), ["argon2"], "{hash:?}");
        }
    });
}
