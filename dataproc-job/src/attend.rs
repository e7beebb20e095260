//! `attend`: the voice of a stage whose work is done by a cluster. The cluster's driver starts it, keeps its standard input
//! open for as long as it works, and says last how it ended. A driver that dies closes the input without a word.

use std::io::Read;

use anyhow::{Context, bail};
use domain::Outcome;

/// Waits for the driver's last word, `succeeded`, `partial` or `failed`, a tab, and what a person should know.
///
/// # Errors
/// The driver failed or ended without a word.
pub(crate) async fn last_word(mut input: impl Read + Send + 'static) -> anyhow::Result<(Outcome, String)> {
    let reading = tokio::task::spawn_blocking(move || {
        let mut said = String::new();
        input.read_to_string(&mut said).map(|_| said)
    });
    let said = reading.await.context("waiting for the driver")?.context("listening to the driver")?;
    let last = said.lines().next_back().unwrap_or_default();
    let (outcome, message) = last.split_once('\t').unwrap_or((last, ""));
    match outcome {
        "succeeded" => Ok((Outcome::Succeeded, message.to_owned())),
        "partial" => Ok((Outcome::Partial, message.to_owned())),
        "failed" => bail!("{message}"),
        _ => bail!("the cluster's driver ended without a word: see the job's log, then repeat the stage"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_word_counts_and_silence_is_a_failure() {
        let said = |text: &'static str| last_word(text.as_bytes());
        assert_eq!(
            said("partial\tx is missing\n").await.unwrap(),
            (Outcome::Partial, "x is missing".to_owned())
        );
        assert_eq!(said("succeeded\t\n").await.unwrap(), (Outcome::Succeeded, String::new()));
        assert_eq!(said("failed\tno disk\n").await.unwrap_err().to_string(), "no disk");
        assert!(said("").await.unwrap_err().to_string().contains("without a word"));
    }
}
