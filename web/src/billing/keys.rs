//! Which account at the payment provider is used, with which keys. Live and test keys are never mixed.

use anyhow::{bail, ensure};
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

/// Where Stripe answers.
const STRIPE: &str = "https://api.stripe.com/";
/// How keys of the billing sandbox begin.
const SANDBOX_KEY: &str = "sk_test_sandbox_";

/// Flags of `serve`. Secrets come from the environment only.
#[derive(Debug, Clone, Default, Args)]
pub struct BillingArgs {
    /// The provider's API; anything but Stripe's own is a stand-in.
    #[arg(long, env = "STRIPE_API_BASE")]
    pub stripe_api_base: Option<String>,
    /// The secret key; without it nothing can be bought.
    #[arg(long, env = "STRIPE_SECRET_KEY", hide_env_values = true)]
    pub stripe_secret_key: Option<SecretString>,
    /// What webhooks are signed with; two, parted by a comma, while one is being replaced.
    #[arg(long, env = "STRIPE_WEBHOOK_SECRET", hide_env_values = true)]
    pub stripe_webhook_secret: Option<SecretString>,
    /// Where the provider's own pages are, if not where its API is: pages may send forms there.
    #[arg(long, env = "STRIPE_PUBLIC_BASE")]
    pub stripe_public_base: Option<String>,
}

/// The account at the provider.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The API, ending in a slash.
    pub api_base: Url,
    /// The secret key.
    pub secret: SecretString,
    /// What webhooks are signed with, newest first; empty: webhooks are refused.
    pub webhook_secrets: Vec<SecretString>,
    /// Whether real money moves.
    pub livemode: bool,
    /// Whether this is no account at Stripe at all.
    pub sandbox: bool,
    /// Origins of the provider's pages, to which a form of ours may lead.
    pub page_origins: Vec<String>,
}

impl Keys {
    /// The account that the flags name; none without a secret key.
    ///
    /// # Errors
    /// A key is no secret key, or it does not belong where it would be sent.
    pub fn new(args: &BillingArgs, public_url: &Url) -> anyhow::Result<Option<Self>> {
        let Some(secret) =
            args.stripe_secret_key.clone().filter(|key| !key.expose_secret().trim().is_empty())
        else {
            return Ok(None);
        };
        let key = secret.expose_secret();
        let test = key.starts_with("sk_test_") || key.starts_with("rk_test_");
        let live = key.starts_with("sk_live_") || key.starts_with("rk_live_");
        ensure!(test || live, "STRIPE_SECRET_KEY must begin with sk_test_, rk_test_, sk_live_ or rk_live_");
        let api_base = base("STRIPE_API_BASE", args.stripe_api_base.as_deref().unwrap_or(STRIPE))?;
        let at_stripe = api_base.as_str() == STRIPE;
        if live && !at_stripe {
            bail!(
                "a live STRIPE_SECRET_KEY is sent to {STRIPE} only: unset STRIPE_API_BASE, or take a test key"
            );
        }
        if live && public_url.scheme() != "https" {
            bail!("a live STRIPE_SECRET_KEY needs an https QUARTERDAY_PUBLIC_URL: take a test key here");
        }
        if at_stripe && key.starts_with(SANDBOX_KEY) {
            bail!("STRIPE_SECRET_KEY is one of the billing sandbox: set STRIPE_API_BASE to where it listens");
        }
        if !at_stripe && api_base.scheme() != "https" && !loopback(&api_base) {
            bail!("STRIPE_API_BASE is http and not on this machine: the key would travel in the clear");
        }
        let mut page_origins = if at_stripe {
            vec!["https://checkout.stripe.com".to_owned(), "https://billing.stripe.com".to_owned()]
        } else {
            vec![origin(&api_base)]
        };
        if let Some(text) = args.stripe_public_base.as_deref().filter(|text| !text.trim().is_empty()) {
            page_origins.push(origin(&base("STRIPE_PUBLIC_BASE", text)?));
        }
        let signed =
            args.stripe_webhook_secret.as_ref().map(|s| s.expose_secret().to_owned()).unwrap_or_default();
        let webhook_secrets = signed
            .split(',')
            .map(str::trim)
            .filter(|s| !s.is_empty())
            .map(|s| SecretString::from(s.to_owned()))
            .collect();
        Ok(Some(Self {
            api_base,
            secret,
            webhook_secrets,
            livemode: live,
            sandbox: !at_stripe,
            page_origins,
        }))
    }
}

fn base(name: &str, text: &str) -> anyhow::Result<Url> {
    let slashed = format!("{}/", text.trim().trim_end_matches('/'));
    let url =
        Url::parse(&slashed).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url =
        url.filter(|url| url.username().is_empty() && url.password().is_none() && url.query().is_none());
    url.ok_or_else(|| {
        anyhow::anyhow!("{name} is no http or https address: write it like https://api.stripe.com")
    })
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn keys(key: &str, api: Option<&str>, public: &str) -> anyhow::Result<Option<Keys>> {
        let args = BillingArgs {
            stripe_api_base: api.map(str::to_owned),
            stripe_secret_key: Some(key.to_owned().into()),
            stripe_webhook_secret: Some("whsec_new, whsec_old".to_owned().into()),
            stripe_public_base: None,
        };
        Keys::new(&args, &public.parse().unwrap())
    }

    #[test]
    fn live_and_test_are_never_mixed() {
        let site = "https://quarterday.example";
        for (key, api, public, fine) in [
            ("sk_test_1", None, site, true),
            ("sk_live_1", None, site, true),
            ("sk_live_1", None, "http://localhost:8080", false),
            ("sk_live_1", Some("http://127.0.0.1:9"), site, false),
            ("sk_test_sandbox_1", None, site, false),
            ("sk_test_sandbox_1", Some("http://127.0.0.1:9"), "http://localhost", true),
            ("sk_test_1", Some("http://example.org"), site, false),
            ("pk_test_1", None, site, false),
            ("sk_test_1", Some("ftp://x"), site, false),
        ] {
            assert_eq!(keys(key, api, public).is_ok(), fine, "{key} {api:?} {public}");
        }
        assert!(keys(" ", None, site).unwrap().is_none());
    }

    #[test]
    fn secrets_are_not_shown() {
        let keys = keys("sk_test_abc", Some("http://127.0.0.1:9/"), "http://localhost").unwrap().unwrap();
        let shown = format!("{keys:?}");
        assert!(!shown.contains("sk_test_abc") && !shown.contains("whsec"), "{shown}");
        assert!(!keys.livemode && keys.sandbox);
        assert_eq!(keys.webhook_secrets.len(), 2);
        assert_eq!(keys.page_origins, ["http://127.0.0.1:9"]);
    }
}
