//! Page tokens: base64 of what was last on the page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error;
use crate::moment::Micros;
use crate::wire::Answer;

/// The token after the record `name` of the instant `at`.
pub(super) fn write(at: Micros, name: &str) -> String {
    STANDARD.encode(format!("{at}|{name}"))
}

/// What `write` wrote.
pub(super) fn read(token: &str) -> Result<(Micros, String), Answer> {
    let wrong = || error(400, "invalid page_token");
    let bytes = STANDARD.decode(token).map_err(|_| wrong())?;
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    let (at, name) = text.split_once('|').ok_or_else(wrong)?;
    Ok((at.parse().map_err(|_| wrong())?, name.to_owned()))
}
