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
//! | `QUARTERDAY_LAB_FUNCTION_URL` | base URL of the functions, which the VaR laboratory can compute in; see `cloud::caller::Credential` for what calls carry | none: the choice is shown disabled |
//! | `QUARTERDAY_TRUST_PROXY` | how many addresses the proxies in front append to `X-Forwarded-For`; Google's load balancer two | 0: the connection's own address counts |

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use cloud::caller::{CallerCheck, Credential};
use domain::Tier;
use url::Url;

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
    Serve(ServeArgs),
    /// Makes an account; prints the password that it made up unless one is given.
    CreateUser(CreateUserArgs),
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
    /// How many addresses the proxies in front append to X-Forwarded-For.
    #[arg(long, env = "QUARTERDAY_TRUST_PROXY", default_value_t = 0)]
    pub trust_proxy: usize,
}

/// Flags of `create-user`.
#[derive(Debug, Args)]
pub struct CreateUserArgs {
    /// The account's e-mail address.
    #[arg(long)]
    pub email: String,
    /// What the account is for.
    #[arg(long, value_parser = ["admin", "subscriber"], default_value = "subscriber")]
    pub role: String,
    /// Tier to give it, without payment and without end.
    #[arg(long, default_value = "free")]
    pub tier: Tier,
    /// Read the password from the first line of standard input.
    #[arg(long)]
    pub password_stdin: bool,
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
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
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
        let sandbox_data = args.sandbox_data == "1";
        Ok(Self { public_url, sandbox_data, caller, trust_proxy: args.trust_proxy, lab_function })
    }

    /// Whether cookies may only travel encrypted.
    pub fn secure(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}
