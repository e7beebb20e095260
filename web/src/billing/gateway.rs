//! The way to the payment provider: one client, with patience, retries and idempotency keys.
//!
//! Every write carries a key that follows from what is to be done, so that a repeat, ours or that of a second click, does it
//! once. Reads are repeated as they are.

use std::future::Future;
use std::time::Duration;

use secrecy::ExposeSecret;
use stripe::{
    ApiErrorsCode, ApiErrorsType, Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError,
};

use super::keys::Keys;

pub mod ask;
pub mod changing;
pub mod convert;
mod money;
pub mod read;
pub mod selling;

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Tries, the first included.
const TRIES: u32 = 3;
/// Pause before the second try; it doubles.
const PAUSE: Duration = Duration::from_millis(250);

/// What can go wrong there.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// No key is set.
    #[error("billing is not set up")]
    NotSetUp,
    /// The bank refused the payment.
    #[error("the payment was declined: {0}")]
    Declined(String),
    /// There is no such thing there (any more).
    #[error("not there: {0}")]
    Missing(String),
    /// The request was understood and refused.
    #[error("refused: {0}")]
    Refused(String),
    /// An amount in a currency that the customer does not pay in.
    #[error("the currency {wanted} differs from {theirs}, in which this customer pays")]
    Currency {
        /// What was asked for.
        wanted: String,
        /// The customer's.
        theirs: String,
    },
    /// Objects of live keys and of test keys would be mixed.
    #[error("this database holds billing objects of {0} keys: use those keys, or another database")]
    Mixed(&'static str),
    /// A tax id that is none.
    #[error("no such tax id: {0}")]
    TaxId(String),
    /// What somebody wanted rests on what is no longer so.
    #[error("it is no longer so: {0}")]
    Stale(String),
    /// It does not answer; trying again helps.
    #[error("the payment provider does not answer: {0}")]
    Away(String),
    /// A part of an order was done, and the rest refused.
    #[error("a part was done, and the rest refused: {0}")]
    Half(String),
    /// What was asked is written down and was sent, and no answer has come: it is sent again until one does.
    #[error("the order is on its way: {0}")]
    Sent(String),
    /// Its answer cannot be read.
    #[error("the payment provider's answer cannot be read: {0}")]
    Garbled(String),
    /// Postgres fails.
    #[error("Postgres: {0}")]
    Database(#[from] sqlx::Error),
    /// Something of ours fails.
    #[error("{0:#}")]
    Ours(#[from] anyhow::Error),
}

impl Trouble {
    /// Whether the same request may succeed later.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Database(_))
    }
}

impl From<StripeError> for Trouble {
    fn from(error: StripeError) -> Self {
        match error {
            StripeError::Stripe(errors, status) => {
                let said = errors.message.clone().unwrap_or_else(|| format!("status {status}"));
                if errors.type_ == ApiErrorsType::CardError {
                    Self::Declined(said)
                } else if errors.code == Some(ApiErrorsCode::TaxIdInvalid) {
                    Self::TaxId(said)
                } else if errors.code == Some(ApiErrorsCode::ResourceMissing) || status == 404 {
                    Self::Missing(said)
                } else if status == 429 || status >= 500 || status == 409 {
                    Self::Away(said)
                } else {
                    Self::Refused(said)
                }
            }
            StripeError::JSONDeserialize(said) => Self::Garbled(said),
            StripeError::ClientError(said) => Self::Away(said),
            StripeError::Timeout => Self::Away("it took too long".to_owned()),
            StripeError::ConfigError(said) => Self::Ours(anyhow::anyhow!("Stripe's client: {said}")),
        }
    }
}

/// The way to the provider.
pub struct Gateway {
    client: Client,
    keys: Keys,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The client knows the key.
        f.debug_struct("Gateway").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl Gateway {
    /// The way with these keys.
    ///
    /// # Errors
    /// The key is no header value.
    pub fn new(keys: Keys) -> anyhow::Result<Self> {
        // Two providers of cryptography are built into the program, so rustls does not choose by itself. One that is installed
        // already is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = ClientBuilder::new(keys.secret.expose_secret())
            .url(keys.api_base.as_str())
            .timeout(PATIENCE)
            .request_strategy(RequestStrategy::Once)
            .build()
            // What it says may hold the key.
            .map_err(|_| anyhow::anyhow!("STRIPE_SECRET_KEY or STRIPE_API_BASE cannot be used"))?;
        Ok(Self { client, keys })
    }

    /// The keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Reads: tried again while the provider is away.
    async fn read<T, F>(&self, attempt: impl Fn(RequestStrategy) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, StripeError>>,
    {
        tried(|| attempt(RequestStrategy::Once)).await
    }

    /// Writes under a key, which all tries share.
    async fn write<T, F>(&self, key: &str, attempt: impl Fn(RequestStrategy) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, StripeError>>,
    {
        let key = IdempotencyKey::new(key).map_err(|e| Trouble::Ours(anyhow::Error::new(e)))?;
        tried(|| attempt(RequestStrategy::Idempotent(key.clone()))).await
    }
}

/// A currency as the library writes it; codes that it does not know are passed on as they are.
fn currency(code: &str) -> stripe_types::Currency {
    let Ok(currency) = code.to_lowercase().parse();
    currency
}

async fn tried<T, F>(attempt: impl Fn() -> F) -> Result<T, Trouble>
where
    F: Future<Output = Result<T, StripeError>>,
{
    let mut tries = 1;
    loop {
        let trouble = match attempt().await {
            Ok(answer) => return Ok(answer),
            Err(error) => Trouble::from(error),
        };
        if tries >= TRIES || !trouble.passes() {
            return Err(trouble);
        }
        tokio::time::sleep(PAUSE * 2_u32.pow(tries - 1)).await;
        tries += 1;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_away_is_tried_again_and_what_is_refused_is_not() {
        let count = AtomicU32::new(0);
        let answer = tried(|| async {
            if count.fetch_add(1, Ordering::SeqCst) < 2 { Err(StripeError::Timeout) } else { Ok(7) }
        });
        assert_eq!((answer.await.unwrap(), count.load(Ordering::SeqCst)), (7, 3));
        let count = AtomicU32::new(0);
        let answer = tried(|| async {
            count.fetch_add(1, Ordering::SeqCst);
            Err::<(), _>(StripeError::JSONDeserialize("no".into()))
        });
        assert!(matches!(answer.await, Err(Trouble::Garbled(_))));
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}
