//! Signing in once, at a terminal.

use std::io::Write as _;

use anyhow::{Context, bail};
use grammers_client::SignInError;
use grammers_client::session::SessionData;

use super::client::Connection;

/// Signs in with what a person types and prints the session, which is a secret.
///
/// # Errors
/// Telegram refuses the number, the code or the password, or cannot be reached.
pub async fn login(api_id: i32, api_hash: &str) -> anyhow::Result<()> {
    let connection = Connection::open(SessionData::default(), api_id);
    let client = &connection.client;
    let phone = ask("Telephone number, with its country: ").await?;
    let token = client.request_login_code(&phone, api_hash).await.context("no code was sent")?;
    let code = ask("Code that Telegram sent: ").await?;
    match client.sign_in(&token, &code).await {
        Ok(_) => {}
        Err(SignInError::PasswordRequired(token)) => {
            let password = ask("Password (it is shown while you type): ").await?;
            client.check_password(token, password).await.context("the password was not accepted")?;
        }
        Err(error) => bail!("it was not accepted ({error}): try again, with a new code"),
    }
    let text = connection.text().context("the session cannot be written down: report it")?;
    eprintln!(
        "Store this line as a secret and name its variable in telegram.session_env. Whoever has it is signed in."
    );
    println!("{text}");
    Ok(())
}

async fn ask(question: &'static str) -> anyhow::Result<String> {
    // A terminal cannot be read without blocking.
    let typed = tokio::task::spawn_blocking(move || {
        eprint!("{question}");
        std::io::stderr().flush()?;
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = typed.await??;
    if line.trim().is_empty() {
        bail!("nothing was typed");
    }
    Ok(line.trim().to_owned())
}
