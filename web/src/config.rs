//! Settings, read once: flags first, then the environment.
//!
//! | variable | meaning | default |
//! | --- | --- | --- |
//! | `DATABASE_URL` | Postgres | a private one below `QUARTERDAY_HOME` |
//! | `QUARTERDAY_HOME` | where that is kept | `var` |
//! | `QUARTERDAY_LAKE` | the lake: a folder or a bucket | none: publishing is refused |
//! | `QUARTERDAY_PUBLIC_URL` | how readers reach the site; its scheme decides about cookies | `http://localhost:PORT` |
//! | `QUARTERDAY_SANDBOX_DATA` | `1`: every page says that the data are invented | off |
//! | `QUARTERDAY_CALLER_CHECK` | who may call `/internal/publish`: see `cloud::caller` | none: publishing is refused |
//! | `QUARTERDAY_CLOUD`, `QUARTERDAY_BUS` | where the end of a publish is announced: see `cloud::bus` | none: nothing is announced |
//! | `QUARTERDAY_DATABASE_LOGIN` | `password`, or `iam` for a Cloud SQL login | `password` |
//! | `QUARTERDAY_COST_SETUP` | what the installation consists of, a setup of `deploy/prices.toml`: `smallest` or `production` | `smallest` |
//! | `QUARTERDAY_LAB_FUNCTION_URL` | base URL of the functions, which the VaR laboratory can compute in; see `cloud::caller::Credential` for what calls carry | none: the choice is shown disabled |
//! | `QUARTERDAY_BREACHED_PASSWORDS` | a file of breached passwords: see `auth::password` | none: only the built-in list counts |
//! | `QUARTERDAY_SMTP_URL` | the mail server, a secret: see [`crate::mail::carrier::Smtp`] | none: on a machine of one's own mails are shown on `/mailbox`, elsewhere they wait |
//! | `QUARTERDAY_MAIL_FROM` | sender of mails | `Quarterday <hello@HOST>` |
//! | `QUARTERDAY_TELEGRAM_TOKEN` | the bot's token, a secret | none: no alerts by Telegram |
//! | `QUARTERDAY_TELEGRAM_URL` | the bot API | `https://api.telegram.org` |
//! | `QUARTERDAY_TELEGRAM_BOT` | the bot's name, without `@` | empty |
//! | `QUARTERDAY_WEBHOOK_LOOPBACK` | `1`: webhooks may go to this machine, by http; only for trying it out | off |
//! | `STRIPE_SECRET_KEY` | the payment provider's secret key, a secret | none: nothing can be bought |
//! | `STRIPE_WEBHOOK_SECRET` | what its webhooks are signed with, a secret; two parted by a comma while one is replaced | none: webhooks are refused |
//! | `STRIPE_API_BASE` | its API; a stand-in for anything else | `https://api.stripe.com/` |
//! | `STRIPE_PUBLIC_BASE` | where a stand-in's own pages are | where its API is |
//! | `QUARTERDAY_TRUST_PROXY` | how many addresses the proxies in front append to `X-Forwarded-For`; Google's load balancer two | 0: the connection's own address counts |

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use cloud::caller::{CallerCheck, Credential};
use domain::Tier;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use crate::auth::seal::Seals;
use crate::auth::site_key::Name;
use crate::billing::keys::{BillingArgs, Keys};

/// Publishes slots and shows them.
#[derive(Debug, Parser)]
#[command(name = "web", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves the site until stopped.
    Serve(Box<ServeArgs>),
    /// Measures a site with two years of slots under an even stream of requests.
    Bench(Box<crate::bench::BenchArgs>),
    /// Measures the same under users who think between pages.
    Load(Box<crate::bench::LoadArgs>),
    /// Keeps that site running until standard input ends; prints where it listens and a session of each tier.
    Stage(Box<crate::bench::StageArgs>),
    /// Looks after billing: plans at the provider, the nightly comparison, why somebody has access.
    Billing(Box<BillingCliArgs>),
    /// Makes an account; prints the password that it made up unless one is given.
    CreateUser(CreateUserArgs),
    /// Gives an account another role and ends its sessions.
    SetRole(SetRoleArgs),
    /// Puts a new key in the place of one that the site has made for itself.
    RotateKey(RotateKeyArgs),
}

/// Flags of `serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Port to listen on; 0 takes a free one.
    #[arg(long, env = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    pub bind: IpAddr,
    /// The lake that slots are published from.
    #[arg(long, env = "QUARTERDAY_LAKE")]
    pub lake: Option<String>,
    /// Postgres; without it one is found or started.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Where a private Postgres is kept when none is named.
    #[arg(long, env = "QUARTERDAY_HOME", default_value = "var")]
    pub home: PathBuf,
    /// How readers reach the site.
    #[arg(long, env = "QUARTERDAY_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// `1`: say on every page that the data are invented.
    #[arg(long, env = "QUARTERDAY_SANDBOX_DATA", default_value = "0")]
    pub sandbox_data: String,
    /// Base URL of the functions that the VaR laboratory may compute in.
    #[arg(long, env = "QUARTERDAY_LAB_FUNCTION_URL")]
    pub lab_function_url: Option<String>,
    /// What the installation consists of, for its costs: a setup of deploy/prices.toml.
    #[arg(long, env = "QUARTERDAY_COST_SETUP", default_value = "smallest")]
    pub cost_setup: String,
    /// How many addresses the proxies in front append to X-Forwarded-For.
    #[arg(long, env = "QUARTERDAY_TRUST_PROXY", default_value_t = 0)]
    pub trust_proxy: usize,
    /// A file of breached passwords: their SHA-1, or its first ten digits at least, one a line; above 256 MB ordered by hash.
    #[arg(long, env = "QUARTERDAY_BREACHED_PASSWORDS")]
    pub breached_passwords: Option<PathBuf>,
    /// Keys that secrets in Postgres are sealed with: 64 hexadecimal digits each, newest first, commas between them. From
    /// the environment only.
    #[arg(long, env = "QUARTERDAY_SEAL_KEYS", hide_env_values = true)]
    pub seal_keys: Option<SecretString>,
    /// How customers are reached.
    #[command(flatten)]
    pub outbound: Outbound,
    /// How customers pay.
    #[command(flatten)]
    pub billing: BillingArgs,
}

/// How customers are reached. Secrets come from the environment only.
#[derive(Debug, Clone, Default, Args)]
pub struct Outbound {
    /// The mail server; without it mails stay in the local mailbox.
    #[arg(long, env = "QUARTERDAY_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<SecretString>,
    /// Sender of mails.
    #[arg(long, env = "QUARTERDAY_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// The Telegram bot's token.
    #[arg(long, env = "QUARTERDAY_TELEGRAM_TOKEN", hide_env_values = true)]
    pub telegram_token: Option<SecretString>,
    /// Telegram's bot API.
    #[arg(long, env = "QUARTERDAY_TELEGRAM_URL")]
    pub telegram_url: Option<Url>,
    /// The bot's name.
    #[arg(long, env = "QUARTERDAY_TELEGRAM_BOT")]
    pub telegram_bot: Option<String>,
    /// `1`: webhooks may go to this machine, by http.
    #[arg(long, env = "QUARTERDAY_WEBHOOK_LOOPBACK", default_value = "0")]
    pub webhook_loopback: String,
}

/// Flags of `billing`.
#[derive(Debug, Args)]
pub struct BillingCliArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: crate::billing::command::BillingCommand,
    /// The site that it is for: its address, keys and database.
    #[command(flatten)]
    pub site: ServeArgs,
}

/// Flags of `create-user`.
#[derive(Debug, Args)]
pub struct CreateUserArgs {
    /// The account's e-mail address.
    #[arg(long)]
    pub email: String,
    /// What the account is for.
    #[arg(long, value_parser = ["subscriber", "support", "admin", "ml", "operator"], default_value = "subscriber")]
    pub role: String,
    /// Tier to give it, without payment and without end.
    #[arg(long, default_value = "free")]
    pub tier: Tier,
    /// Read the password from the first line of standard input.
    #[arg(long)]
    pub password_stdin: bool,
    /// A file of breached passwords, as for `serve`.
    #[arg(long, env = "QUARTERDAY_BREACHED_PASSWORDS")]
    pub breached_passwords: Option<PathBuf>,
    /// Postgres; without it one is found or started.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Where a private Postgres is kept when none is named.
    #[arg(long, env = "QUARTERDAY_HOME", default_value = "var")]
    pub home: PathBuf,
}

/// Flags of `set-role`.
#[derive(Debug, Args)]
pub struct SetRoleArgs {
    /// The account's e-mail address.
    #[arg(long)]
    pub email: String,
    /// What the account is for from now on.
    #[arg(long, value_parser = ["subscriber", "support", "admin", "ml", "operator"])]
    pub role: String,
    /// Why, for the audit log.
    #[arg(long)]
    pub reason: String,
    /// Postgres; without it one is found or started.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Where a private Postgres is kept when none is named.
    #[arg(long, env = "QUARTERDAY_HOME", default_value = "var")]
    pub home: PathBuf,
}

/// Flags of `rotate-key`.
#[derive(Debug, Args)]
pub struct RotateKeyArgs {
    /// Which key.
    #[arg(long, value_parser = Name::ALL.map(Name::as_str))]
    pub name: String,
    /// Why, for the audit log.
    #[arg(long)]
    pub reason: String,
    /// It may be known to others: what it has signed counts no longer.
    #[arg(long)]
    pub leaked: bool,
    /// Postgres; without it one is found or started.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Where a private Postgres is kept when none is named.
    #[arg(long, env = "QUARTERDAY_HOME", default_value = "var")]
    pub home: PathBuf,
}

/// What the site needs to know besides its connections.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How readers reach the site.
    pub public_url: Url,
    /// Whether every page says that the data are invented.
    pub sandbox_data: bool,
    /// Who may call `/internal/publish`; `None`: nobody.
    pub caller: Option<Arc<CallerCheck>>,
    /// How many addresses the proxies in front append to `X-Forwarded-For`; the first of these is the reader's.
    pub trust_proxy: usize,
    /// A file of breached passwords.
    pub breached_passwords: Option<PathBuf>,
    /// What secrets in Postgres are sealed with.
    pub seals: Seals,
    /// How customers are reached.
    pub outbound: Outbound,
    /// What the installation consists of, for its costs; a name of `deploy/prices.toml`.
    pub cost_setup: String,
    /// The account at the payment provider; `None`: nothing can be bought.
    pub billing: Option<Keys>,
    /// The function in which the VaR laboratory may compute; `None`: only in the site.
    pub lab_function: Option<LabFunction>,
}

/// The serverless function of the VaR laboratory.
#[derive(Debug, Clone)]
pub struct LabFunction {
    /// Its base URL.
    pub url: Url,
    /// What calls carry.
    pub credential: Credential,
}

impl LabFunction {
    /// The function at `text`; none where that is empty.
    ///
    /// # Errors
    /// It is not an http or https URL, or there is nothing for calls to carry.
    fn new(text: &str) -> anyhow::Result<Option<Self>> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let url =
            Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.with_context(|| {
            format!("QUARTERDAY_LAB_FUNCTION_URL is {text:?}: write it like https://functions.example")
        })?;
        let credential = Credential::from_env(text.trim_end_matches('/')).map_err(|e| anyhow::anyhow!(e))?;
        Ok(Some(Self { url, credential }))
    }
}

impl Settings {
    /// Settings from flags, for a server that listens on `port`.
    ///
    /// # Errors
    /// The public URL is not an http or https URL, or the caller check is not whole.
    pub fn new(args: &ServeArgs, port: u16) -> anyhow::Result<Self> {
        let text = args.public_url.clone().unwrap_or_else(|| format!("http://localhost:{port}"));
        let public_url = Url::parse(&text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .with_context(|| {
                format!("QUARTERDAY_PUBLIC_URL is {text:?}: write it like https://quarterday.example")
            })?;
        let caller = match std::env::var_os("QUARTERDAY_CALLER_CHECK") {
            Some(_) => Some(Arc::new(CallerCheck::from_env()?)),
            None => None,
        };
        let lab_function = LabFunction::new(args.lab_function_url.as_deref().unwrap_or_default())?;
        let billing = Keys::new(&args.billing, &public_url)?;
        Ok(Self {
            public_url,
            billing,
            sandbox_data: args.sandbox_data == "1",
            caller,
            trust_proxy: args.trust_proxy,
            seals: Seals::parse(args.seal_keys.as_ref().map_or("", |keys| keys.expose_secret()))?,
            breached_passwords: args.breached_passwords.clone().filter(|path| !path.as_os_str().is_empty()),
            outbound: args.outbound.clone(),
            cost_setup: args.cost_setup.clone(),
            lab_function,
        })
    }

    /// Whether cookies may only travel encrypted.
    pub fn secure(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// The public URL without anything behind the host: what links in mails begin with.
    pub fn origin(&self) -> String {
        self.public_url.as_str().trim_end_matches('/').to_owned()
    }

    /// Whether mails are kept and shown here instead of being sent: only on somebody's own machine, because everybody
    /// who reaches the page can read them.
    pub fn local_mailbox(&self) -> bool {
        let own = match self.public_url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        own && self.smtp_url().is_none()
    }

    /// Telegram's bot API.
    pub fn telegram_url(&self) -> Url {
        let set = self.outbound.telegram_url.clone();
        set.or_else(|| Url::parse("https://api.telegram.org").ok()).unwrap_or_else(|| self.public_url.clone())
    }

    /// The mail server, where one is set.
    pub fn smtp_url(&self) -> Option<&SecretString> {
        self.outbound.smtp_url.as_ref().filter(|url| !url.expose_secret().is_empty())
    }
}
