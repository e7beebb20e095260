//! What the gateway's codes and the client's errors mean.

use ibapi::Error;

use crate::trouble::Trouble;

/// What is to be done about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// There are no such bars, which is no trouble.
    Empty,
    /// Too many requests: wait, then ask once more.
    Pacing,
    /// It may go away by itself.
    Passing,
    /// The contract is not known there: not to be asked for again soon.
    Unknown,
    /// Every other request would come to the same.
    Stop,
    /// Of this request alone.
    Other,
}

/// What an error means and how it is told.
pub(super) fn meaning(error: &Error, address: &str) -> (Meaning, Trouble) {
    match error {
        Error::Notice(notice) => coded(notice.code, &notice.message),
        Error::Timeout | Error::UnexpectedEndOfStream | Error::EndOfStream | Error::Cancelled => {
            let message = "the gateway did not answer in time: repeat later";
            (Meaning::Passing, Trouble::transient(message))
        }
        Error::ServerVersion(needed, found, _) => {
            let message = format!("the gateway speaks version {found} and {needed} is needed: update it");
            (Meaning::Stop, Trouble::configuration(message))
        }
        Error::UnsupportedTimeZone(name) => {
            let name = cut(name);
            let message =
                format!("the gateway's time zone {name:?} is not known: set it to UTC or US/Eastern");
            (Meaning::Stop, Trouble::configuration(message))
        }
        Error::ConnectionReset | Error::InvalidFrame(_) => {
            (Meaning::Passing, Trouble::transient("the line to the gateway dropped: repeat later"))
        }
        Error::Io(error) if error.kind() != std::io::ErrorKind::ConnectionRefused => {
            let message =
                format!("the line to the gateway at {address} failed ({}): repeat later", error.kind());
            (Meaning::Passing, Trouble::transient(message))
        }
        Error::Io(_) | Error::ConnectionFailed | Error::ConnectionRejected(_) | Error::Shutdown => (
            Meaning::Stop,
            Trouble::transient(format!(
                "no connection to the gateway at {address}: see whether it runs, is logged in and takes connections from here"
            )),
        ),
        other => {
            let message =
                format!("the gateway's answer cannot be read ({}): report it", cut(&other.to_string()));
            (Meaning::Other, Trouble::system(message))
        }
    }
}

/// What a code means.
fn coded(code: i32, text: &str) -> (Meaning, Trouble) {
    let said = cut(text);
    let told = |advice: &str| format!("code {code} ({said}): {advice}");
    let lower = text.to_ascii_lowercase();
    let says = |word: &str| lower.contains(word);
    let passing = |advice: &str| (Meaning::Passing, Trouble::transient(told(advice)));
    let ours = |meaning, advice: &str| (meaning, Trouble::configuration(told(advice)));
    match code {
        162 if says("pacing") => {
            let trouble = Trouble::limited(told("it was asked too often; choose fewer symbols"), None);
            (Meaning::Pacing, Trouble { again: false, ..trouble })
        }
        162 if says("no data") => (Meaning::Empty, Trouble::transient(told("there are no such bars"))),
        162 if says("permission") => {
            ours(Meaning::Other, "subscribe to its market data, or remove the symbol")
        }
        162 if says("different ip") => stop(told("another session of this user is open elsewhere; end it")),
        200 | 203 => ours(
            Meaning::Unknown,
            "the contract is not known there, and is not asked for again for 7 days; name it in contracts",
        ),
        10197 => stop(told("another session of this user has the market data; end it")),
        354 | 10089 | 10090 | 10167 | 10168 | 10186 | 10187 => {
            ours(Meaning::Other, "its market data is not subscribed; subscribe, or remove the symbol")
        }
        1300 => ours(Meaning::Stop, "the gateway moved to another port; correct address"),
        502 | 504 | 507 | 1100 => passing("the gateway is not connected; see whether it is logged in"),
        1101 | 1102 => passing("the gateway was not connected for a while; repeat later"),
        162 | 165 | 366 | 420 | 2103..=2110 | 2157 | 2158 => passing("repeat later"),
        100 => passing("too many messages a second; repeat later"),
        _ => ours(Meaning::Other, "it does not accept the request; correct contracts or report it"),
    }
}

fn stop(message: String) -> (Meaning, Trouble) {
    (Meaning::Stop, Trouble::exhausted(message))
}

/// The gateway's words, as many as a message bears.
fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(160).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::trouble::Class;

    #[test]
    fn codes_mean_what_the_manual_says() {
        let archive = "Historical Market Data Service error message:";
        for (code, text, meaning, class) in [
            (162, "Historical data request pacing violation", Meaning::Pacing, Class::Limit),
            (162, "HMDS query returned no data: XYZ@SMART Trades", Meaning::Empty, Class::Transient),
            (162, "No market data permissions for NYSE STK", Meaning::Other, Class::Configuration),
            (
                162,
                "Trading TWS session is connected from a different IP address",
                Meaning::Stop,
                Class::Limit,
            ),
            (162, "API historical data query cancelled: 3", Meaning::Passing, Class::Transient),
            (200, "No security definition has been found", Meaning::Unknown, Class::Configuration),
            (321, "Error validating request", Meaning::Other, Class::Configuration),
            (366, "No historical data query found", Meaning::Passing, Class::Transient),
            (354, "Requested market data is not subscribed.", Meaning::Other, Class::Configuration),
            (2105, "HMDS data farm connection is broken", Meaning::Passing, Class::Transient),
            (504, "Not connected", Meaning::Passing, Class::Transient),
            (1100, "Connectivity has been lost", Meaning::Passing, Class::Transient),
            (1300, "Port has been reset", Meaning::Stop, Class::Configuration),
            (10197, "No market data during competing live session", Meaning::Stop, Class::Limit),
            (99_999, "who knows", Meaning::Other, Class::Configuration),
        ] {
            let (found, trouble) = coded(code, &format!("{archive}{text}"));
            assert_eq!((found, trouble.class), (meaning, class), "{code} {text}");
            assert!(trouble.message.starts_with(&format!("code {code} (")), "{trouble}");
        }
    }
}
