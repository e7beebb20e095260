//! The billing sandbox as a part of an installation: it stands in for the payment provider where no key for that is set.

use std::net::TcpListener;

use anyhow::Context as _;
use cloud::local::free_port;
use secrecy::{ExposeSecret as _, SecretString};

use crate::home::Home;
use crate::service::{Service, Start};
use crate::system::metrics_folder;

/// A running billing sandbox.
pub struct Billing {
    /// The program.
    pub service: Service,
    key: SecretString,
    webhook_secret: SecretString,
}

impl Billing {
    /// Starts it, unless a key for the payment provider is set; events go to the site on `web_port`.
    ///
    /// # Errors
    /// It does not start, or its keys cannot be kept.
    pub async fn start(home: &Home, web_port: u16) -> anyhow::Result<Option<Self>> {
        if std::env::var("STRIPE_SECRET_KEY").is_ok_and(|key| !key.trim().is_empty()) {
            return Ok(None);
        }
        let key = home.secret("billing-key", "sk_test_sandbox_")?;
        let webhook_secret = home.secret("billing-webhook-secret", "whsec_sandbox_")?;
        let start = sandbox(home, web_port, &key, &webhook_secret)?;
        let service = Service::start(start).await?;
        home.write_private("billing-url", &service.url)?;
        Ok(Some(Self { service, key, webhook_secret }))
    }

    /// What the site must know to use it.
    pub fn environment(&self) -> [(String, String); 3] {
        [
            ("STRIPE_API_BASE".to_owned(), format!("{}/", self.service.url)),
            ("STRIPE_SECRET_KEY".to_owned(), self.key.expose_secret().to_owned()),
            ("STRIPE_WEBHOOK_SECRET".to_owned(), self.webhook_secret.expose_secret().to_owned()),
        ]
    }
}

fn sandbox(home: &Home, web_port: u16, key: &SecretString, webhook: &SecretString) -> anyhow::Result<Start> {
    let (port, state) = (port(home)?, home.join("billing").display().to_string());
    let arguments = move || {
        let to = format!("http://127.0.0.1:{web_port}/webhooks/stripe");
        ["billing", "--port", &port.to_string(), "--state", &state, "--webhook", &to]
            .map(str::to_owned)
            .into()
    };
    let environment = vec![
        ("STRIPE_SECRET_KEY".to_owned(), key.expose_secret().to_owned()),
        ("STRIPE_WEBHOOK_SECRET".to_owned(), webhook.expose_secret().to_owned()),
        metrics_folder(home),
    ];
    Ok(Start { name: "sandbox", arguments: Box::new(arguments), environment, log: home.log("billing") })
}

/// The port of last time where it is free, since addresses of invoices name it; else a new one.
fn port(home: &Home) -> anyhow::Result<u16> {
    let kept = std::fs::read_to_string(home.join("billing-url")).ok();
    let kept = kept.and_then(|url| url.rsplit(':').next()?.trim().parse::<u16>().ok());
    match kept.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()) {
        Some(port) => Ok(port),
        None => free_port().context("a port for the billing sandbox"),
    }
}
