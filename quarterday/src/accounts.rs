//! The demo accounts of an installation: some of the tiers, and each role of staff. Passwords are random and kept in the
//! home folder. Their addresses count as confirmed: nobody could open a mail to them.

use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::home::Home;
use crate::service::program;

const FILE: &str = "accounts.json";

/// What there is one account each of.
const KINDS: [&str; 7] = ["free", "plus", "pro", "support", "admin", "ml", "operator"];

/// Somebody who can sign in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// What they are: a tier, or a role of staff.
    pub kind: String,
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
    /// Whether the site is known to have it. The password is kept before, so that a start that ends between the two leaves no
    /// account that nobody can open.
    #[serde(default = "yes")]
    made: bool,
}

/// Files of before hold only what was made.
fn yes() -> bool {
    true
}

/// The demo accounts, made at the first call; a folder from before there were all kinds gets the others.
///
/// # Errors
/// The site's program refuses one.
pub async fn demo(home: &Home, database_url: &str) -> anyhow::Result<Vec<Account>> {
    let mut accounts: Vec<Account> = match std::fs::read_to_string(home.join(FILE)) {
        Ok(text) => serde_json::from_str(&text)
            .with_context(|| format!("{}: delete it and start again", home.join(FILE).display()))?,
        Err(_) => Vec::new(),
    };
    for kind in KINDS {
        if accounts.iter().any(|account| account.kind == kind) {
            continue;
        }
        let password = uuid::Uuid::new_v4().simple().to_string()[..16].to_owned();
        let (kind, email) = (kind.to_owned(), format!("{kind}@example.com"));
        accounts.push(Account { kind, email, password, made: false });
    }
    if accounts.iter().any(|account| !account.made) {
        home.write_private(FILE, &serde_json::to_string_pretty(&accounts)?)?;
        for account in accounts.iter_mut().filter(|account| !account.made) {
            create(account, database_url).await?;
            account.made = true;
        }
        home.write_private(FILE, &serde_json::to_string_pretty(&accounts)?)?;
    }
    Ok(accounts)
}

async fn create(account: &Account, database_url: &str) -> anyhow::Result<()> {
    let (role, tier) = match account.kind.as_str() {
        kind @ ("support" | "admin" | "ml" | "operator") => (kind, "free"),
        tier => ("subscriber", tier),
    };
    let mut child = Command::new(program("web")?)
        .args(["create-user", "--email", &account.email, "--role", role, "--tier", tier, "--password-stdin"])
        .env("DATABASE_URL", database_url)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting web create-user")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(account.password.as_bytes()).await?;
    }
    let output = child.wait_with_output().await?;
    let words = String::from_utf8_lossy(&output.stderr);
    // An earlier start may have ended between making the account and noting that; its password was kept before.
    if !output.status.success() && !words.contains("has an account already") {
        bail!("the account {} could not be made: {}", account.email, words.trim());
    }
    Ok(())
}
