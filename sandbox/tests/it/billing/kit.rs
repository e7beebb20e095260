//! A billing sandbox, and somebody who asks it.

use std::path::PathBuf;

use reqwest::{Client, Method, StatusCode};
use sandbox::billing::book::Dunning;
use sandbox::billing::server::{Options, listen, start};
use sandbox::billing::webhook::Target;
use serde_json::Value;

pub(super) const KEY: &str = "sk_test_sandbox_of_a_test";

pub(super) struct Billing {
    pub(super) url: String,
    pub(super) http: Client,
}

/// Options of a sandbox in memory that tells nobody.
pub(super) fn options() -> Options {
    Options { state: None, key: KEY.to_owned(), public_url: None, webhook: None, dunning: Dunning::default() }
}

impl Billing {
    pub(super) fn start() -> Self {
        Self::with(options())
    }

    pub(super) fn telling(url: String, faults: Option<u64>) -> Self {
        let webhook = Some(Target { url, secret: "whsec_of_a_test".to_owned(), faults });
        Self::with(Options { webhook, ..options() })
    }

    pub(super) fn keeping(state: PathBuf) -> Self {
        Self::with(Options { state: Some(state), ..options() })
    }

    fn with(options: Options) -> Self {
        let (server, url) = start(listen(0).unwrap(), options).unwrap();
        actix_web::rt::spawn(server);
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { url, http }
    }

    /// Asks; gives status and body.
    pub(super) async fn ask(&self, method: &str, path: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let method: Method = method.parse().unwrap();
        let request = self.http.request(method.clone(), format!("{}/v1/{path}", self.url)).bearer_auth(KEY);
        let request = if method == Method::GET { request.query(form) } else { request.form(form) };
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Posts what must be taken.
    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let (status, body) = self.ask("POST", path, form).await;
        assert!(status.is_success(), "{path}: {status} {body}");
        body
    }

    /// Gets what must be there.
    pub(super) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, &[]).await;
        assert!(status.is_success(), "{path}: {status} {body}");
        body
    }

    /// A price by the month in euro cents.
    pub(super) async fn price(&self, name: &str, cents: i64) -> String {
        let product = self.post("products", &[("name", name)]).await;
        let cents = cents.to_string();
        let form = [
            ("product", product["id"].as_str().unwrap()),
            ("unit_amount", &cents),
            ("currency", "eur"),
            ("recurring[interval]", "month"),
            ("lookup_key", name),
        ];
        text(&self.post("prices", &form).await["id"])
    }

    /// A customer with a test card.
    pub(super) async fn customer(&self, card: &str) -> String {
        let form = [("email", "ada@example.org"), ("invoice_settings[default_payment_method]", card)];
        text(&self.post("customers", &form).await["id"])
    }

    /// An open checkout page's address.
    pub(super) async fn checkout(&self, price: &str, more: &[(&str, &str)]) -> (String, String) {
        let mut form = vec![
            ("mode", "subscription"),
            ("line_items[0][price]", price),
            ("line_items[0][quantity]", "1"),
            ("success_url", "http://localhost:1/done?session={CHECKOUT_SESSION_ID}"),
            ("cancel_url", "http://localhost:1/back"),
        ];
        form.extend(more);
        let session = self.post("checkout/sessions", &form).await;
        (text(&session["id"]), text(&session["url"]))
    }

    /// Loads a page.
    pub(super) async fn page(&self, url: &str) -> (StatusCode, String) {
        let answer = self.http.get(url).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// Sends a form on a page; gives status, where it leads, and what it says.
    pub(super) async fn send(&self, url: &str, form: &[(&str, &str)]) -> (StatusCode, String, String) {
        let answer = self.http.post(url).form(form).send().await.unwrap();
        let to = answer.headers().get("Location").map(|to| to.to_str().unwrap().to_owned());
        (answer.status(), to.unwrap_or_default(), answer.text().await.unwrap())
    }
}

/// A form with a card.
pub(super) fn card(number: &str) -> Vec<(&str, &str)> {
    vec![("number", number), ("expiry", "12/34"), ("cvc", "123"), ("name", "Ada"), ("action", "pay")]
}

/// A JSON text.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
