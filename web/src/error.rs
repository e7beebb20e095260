//! What can go wrong in a request. What it says to readers is in [`crate::site::failure`]; causes stay in the log.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use domain::{Feature, Tier};

use crate::text::{Lang, text};

/// A request that gets no page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing.
    #[error("not found")]
    NotFound,
    /// The form or address cannot be understood.
    #[error("bad request: {0}")]
    BadRequest(String),
    /// The form or address cannot be understood; the key of the site's text that says what is accepted.
    #[error("bad request: {}", text(Lang::En, why))]
    Unclear {
        /// The key.
        why: &'static str,
    },
    /// The caller may not do this.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// The caller's tier does not include this.
    #[error("{} is locked", feature.as_str())]
    Locked {
        /// What was asked for.
        feature: Feature,
        /// The lowest tier that includes it.
        unlocked_by: Option<Tier>,
    },
    /// The page needs an account.
    #[error("not signed in")]
    SignedOut {
        /// Where to go on after signing in.
        next: String,
    },
    /// The password has to be shown once more.
    #[error("the password was not shown lately")]
    Stale {
        /// Where to go on afterwards.
        next: String,
    },
    /// Staff have to sign in with a code.
    #[error("staff without a second factor")]
    NeedsCode,
    /// Too many tries.
    #[error("too many tries")]
    TooMany,
    /// A service is away; trying again helps.
    #[error("unavailable: {0}")]
    Unavailable(anyhow::Error),
    /// Our fault.
    #[error("internal error: {0:#}")]
    Internal(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        let away = match &error {
            E::Io(_) | E::PoolTimedOut | E::PoolClosed | E::Tls(_) | E::WorkerCrashed => true,
            // Class 57 is operator intervention (shutdown), 53 insufficient resources, 08 connection.
            E::Database(e) => {
                e.code().is_some_and(|c| ["57", "53", "08"].iter().any(|class| c.starts_with(class)))
            }
            _ => false,
        };
        let error = anyhow::Error::new(error);
        if away {
            Self::Unavailable(error.context("Postgres"))
        } else {
            Self::Internal(error.context("Postgres"))
        }
    }
}

/// An error that several readers waited for; the cause stays in the log.
impl From<std::sync::Arc<Error>> for Error {
    fn from(error: std::sync::Arc<Error>) -> Self {
        std::sync::Arc::try_unwrap(error).unwrap_or_else(|shared| match &*shared {
            Self::Internal(_) => Self::Internal(anyhow::anyhow!("{shared}")),
            _ => Self::Unavailable(anyhow::anyhow!("{shared}")),
        })
    }
}

impl From<tera::Error> for Error {
    fn from(error: tera::Error) -> Self {
        Self::Internal(anyhow::Error::new(error).context("template"))
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadRequest(_) | Self::Unclear { .. } => StatusCode::BAD_REQUEST,
            Self::Refused(_) | Self::Locked { .. } => StatusCode::FORBIDDEN,
            Self::SignedOut { .. } | Self::Stale { .. } | Self::NeedsCode => StatusCode::SEE_OTHER,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Without a body: the page is put in by [`crate::site::failure`], which knows the reader's language.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::SignedOut { next } => {
                let next = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
                response.insert_header(("location", format!("/sign-in?next={next}")));
            }
            Self::Stale { next } => {
                let next = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
                response.insert_header(("location", format!("/account/again?next={next}")));
            }
            Self::NeedsCode => {
                response.insert_header(("location", "/account/two-step"));
            }
            Self::TooMany => {
                response.insert_header(("retry-after", "60"));
            }
            Self::Unavailable(_) => {
                response.insert_header(("retry-after", "5"));
            }
            _ => {}
        }
        response.finish()
    }
}
