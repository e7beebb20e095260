//! What can go wrong with Google's services, and which of it passes.

use google_cloud_gax::error::Error;
use google_cloud_gax::retry_policy::{Aip194Strict, RetryPolicyArg, RetryPolicyExt};

use crate::machines::MachineError;

/// A Google Cloud client that cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum GcpError {
    /// A setting is missing or wrong; what to do.
    #[error("{0}")]
    Setting(String),
    /// The service refuses or does not answer.
    #[error("{service}: {reason}")]
    Service {
        /// Which service.
        service: &'static str,
        /// What it said.
        reason: String,
    },
}

impl GcpError {
    pub(super) fn of(service: &'static str) -> impl Fn(Error) -> Self {
        move |error| Self::Service { service, reason: words(&error) }
    }

    pub(super) fn client<E: std::fmt::Display>(service: &'static str) -> impl Fn(E) -> Self {
        move |error| Self::Service { service, reason: format!("the client cannot be made: {error}") }
    }
}

/// Few and quick: whoever asks comes again by itself.
pub(super) fn retries() -> RetryPolicyArg {
    Aip194Strict.with_attempt_limit(3).with_time_limit(std::time::Duration::from_secs(15)).into()
}

/// The HTTP status of an answer, where there was one. Not every JSON error carries the status in words.
pub(super) fn status(error: &Error) -> Option<u16> {
    use google_cloud_gax::error::rpc::Code;
    error.http_status_code().or_else(|| {
        error.status().and_then(|status| match status.code {
            Code::NotFound => Some(404),
            Code::AlreadyExists | Code::Aborted => Some(409),
            Code::PermissionDenied => Some(403),
            Code::Unauthenticated => Some(401),
            Code::InvalidArgument | Code::FailedPrecondition => Some(400),
            Code::ResourceExhausted => Some(429),
            Code::Unavailable => Some(503),
            Code::DeadlineExceeded => Some(504),
            Code::Internal => Some(500),
            _ => None,
        })
    })
}

/// What an error says, with what to do about it where that is known.
pub(super) fn words(error: &Error) -> String {
    let said = match error.status() {
        Some(status) if !status.message.is_empty() => status.message.clone(),
        _ => error.to_string(),
    };
    match status(error) {
        Some(code @ (401 | 403)) => {
            format!(
                "{code} {said}: give this program's service account the role that deploy/ gives it (terraform apply)"
            )
        }
        Some(code) => format!("{code} {said}"),
        None => said,
    }
}

/// The error of a machine or job: too many requests, errors of the server, lost connections and lost races pass.
pub(super) fn machine_error(machine: &str, error: &Error) -> MachineError {
    let (machine, reason) = (machine.to_owned(), words(error));
    let quota = reason.to_lowercase().contains("quota");
    match status(error) {
        Some(400 | 401 | 403 | 404 | 409) if !quota => MachineError::Failed { machine, reason },
        _ => MachineError::Passing { machine, reason, stock_out: false },
    }
}
