//! Checking an identity token (OpenID Connect) of Google.

use std::fmt;
use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;

use super::keys::{KeySet, fetcher};
use super::{CallerError, Refusal};

/// Where Google publishes the keys that identity tokens are signed with.
pub const GOOGLE_KEYS_URL: &str = "https://www.googleapis.com/oauth2/v3/certs";

const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];

/// How far our clock and Google's may be apart, seconds.
const LEEWAY_S: i64 = 60;

/// Longest token that is looked at, bytes; Google's have about 1 kB.
const LONGEST_TOKEN_BYTES: usize = 16 << 10;

/// The library compares with the system's clock, and lets a claim pass that is absent: claims are judged by us.
static SIGNATURE_ONLY: LazyLock<Validation> = LazyLock::new(|| {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
});

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Checks identity tokens: signed by Google with RS256, meant for one audience, given to one account, and not expired.
pub struct OidcVerifier {
    audience: String,
    email: String,
    keys: KeySet,
    clock: Clock,
}

impl OidcVerifier {
    /// Accepts tokens for this audience of the account with this address, signed by a key published at `keys_url`. No key
    /// is fetched before the first token comes.
    ///
    /// # Errors
    /// The address is not one of `https` (or of `http` on loopback), or no HTTP client can be made.
    pub fn new(audience: String, email: String, keys_url: &str) -> Result<Self, CallerError> {
        // The library picks its cryptography by features, and panics when two were chosen by its users. An error here only
        // says that somebody has picked already.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let clock: Clock = Arc::new(Utc::now);
        let keys = KeySet::new(fetcher(keys_url)?, clock.clone());
        Ok(Self { audience, email, keys, clock })
    }

    /// The same with another clock, for tests. Forgets the keys.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { keys: self.keys.with_clock(clock.clone()), clock, ..self }
    }

    /// Checks one token.
    ///
    /// # Errors
    /// The token does not do, or the keys are not at hand: see [`Refusal`].
    pub async fn verify(&self, token: &str) -> Result<(), Refusal> {
        if token.len() > LONGEST_TOKEN_BYTES {
            return Err(Refusal::unauthorized("the token is too long"));
        }
        let unreadable = |_| Refusal::unauthorized("the bearer is not a signed JSON web token");
        let header = decode_header(token).map_err(unreadable)?;
        // Before any key is looked for: a public key must never serve as the secret of another algorithm.
        if header.alg != Algorithm::RS256 {
            return Err(Refusal::unauthorized("the token is not signed with RS256"));
        }
        let kid = header.kid.ok_or_else(|| Refusal::unauthorized("the token names no key"))?;
        let key = self.keys.get(&kid).await?;
        let token = decode::<Claims>(token, &key, &SIGNATURE_ONLY).map_err(|error| {
            Refusal::unauthorized(match error.kind() {
                ErrorKind::InvalidSignature => "the signature is wrong",
                ErrorKind::Json(_) => "the claims are not those of an identity token",
                _ => "the bearer is not a signed JSON web token",
            })
        })?;
        self.judge(&token.claims)
    }

    fn judge(&self, claims: &Claims) -> Result<(), Refusal> {
        let now = (self.clock)().timestamp();
        let reason = if !ISSUERS.contains(&claims.iss.as_str()) {
            "the issuer is not Google"
        } else if claims.aud != self.audience {
            "the token is meant for another audience"
        } else if now >= claims.exp.saturating_add(LEEWAY_S) {
            "the token has expired"
        } else if claims.iat.max(claims.nbf.unwrap_or(claims.iat)) > now.saturating_add(LEEWAY_S) {
            "the token is not valid yet"
        } else if claims.email_verified != Some(true) {
            "the token's address is not verified"
        } else if claims.email.as_deref() != Some(self.email.as_str()) {
            "the token is another account's"
        } else {
            return Ok(());
        };
        Err(Refusal::unauthorized(reason))
    }
}

impl fmt::Debug for OidcVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("OidcVerifier");
        shown.field("audience", &self.audience).field("email", &self.email).finish_non_exhaustive()
    }
}

/// What Google says in an identity token for a service account. Times are seconds since 1970.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    email: Option<String>,
    email_verified: Option<bool>,
}

/// The e-mail address in a token whose signature somebody else has checked.
pub(super) fn unchecked_email(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Account {
        email: String,
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Account>(&payload).ok().map(|account| account.email)
}
