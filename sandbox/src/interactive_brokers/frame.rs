//! Frames: a length, then a message's number and its fields. Both numbers are big-endian and 32 bits wide; the length counts the
//! message's number, which is raised by 200 where the fields are protobuf.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::proto::Message;

/// What is added to the number of a message whose fields are protobuf.
const PROTOBUF: i32 = 200;
/// No request is longer than this many bytes.
const LONGEST: u32 = 1 << 20;

/// Messages that clients send.
pub(super) mod asked {
    pub(crate) const MARKET_DATA: i32 = 1;
    pub(crate) const CANCEL_MARKET_DATA: i32 = 2;
    pub(crate) const IDS: i32 = 8;
    pub(crate) const CONTRACT: i32 = 9;
    pub(crate) const MANAGED_ACCOUNTS: i32 = 17;
    pub(crate) const HISTORICAL: i32 = 20;
    pub(crate) const CANCEL_HISTORICAL: i32 = 25;
    pub(crate) const CURRENT_TIME: i32 = 49;
    pub(crate) const MARKET_DATA_TYPE: i32 = 59;
    pub(crate) const START_API: i32 = 71;
    pub(crate) const HEAD_TIMESTAMP: i32 = 87;
    pub(crate) const CANCEL_HEAD_TIMESTAMP: i32 = 90;
    pub(crate) const CANCEL_CONTRACT: i32 = 106;
}

/// Messages that the gateway sends.
pub(super) mod told {
    pub(crate) const ERROR: i32 = 4;
    pub(crate) const NEXT_VALID_ID: i32 = 9;
    pub(crate) const CONTRACT: i32 = 10;
    pub(crate) const MANAGED_ACCOUNTS: i32 = 15;
    pub(crate) const HISTORICAL: i32 = 17;
    pub(crate) const CURRENT_TIME: i32 = 49;
    pub(crate) const CONTRACT_END: i32 = 52;
    pub(crate) const HEAD_TIMESTAMP: i32 = 88;
    pub(crate) const HISTORICAL_END: i32 = 108;
}

/// A message as bytes, ready to be sent.
pub(super) fn frame(number: i32, message: Message) -> Vec<u8> {
    raw(number, &message.into_bytes())
}

/// A frame around bytes that need not be a message.
pub(super) fn raw(number: i32, fields: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(fields.len() + 8);
    bytes.extend((fields.len() as u32 + 4).to_be_bytes());
    bytes.extend((number + PROTOBUF).to_be_bytes());
    bytes.extend_from_slice(fields);
    bytes
}

/// Reads one frame: the message's number and its fields. Text messages of the time before protobuf are refused.
///
/// # Errors
/// When the connection ends, or what comes is no frame; the connection cannot go on then.
pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<(i32, Vec<u8>)> {
    let length = from.read_u32().await?;
    if !(4..=LONGEST).contains(&length) {
        return Err(wrong("a frame of an impossible length"));
    }
    let number = from.read_i32().await?;
    let mut fields = Vec::new();
    from.take(u64::from(length) - 4).read_to_end(&mut fields).await?;
    if fields.len() as u32 + 4 != length {
        return Err(wrong("a frame that ends too early"));
    }
    if number <= PROTOBUF {
        return Err(wrong("a message that is not protobuf"));
    }
    Ok((number - PROTOBUF, fields))
}

/// Reads a client's greeting: `API`, a zero, and the versions that it speaks, such as `v213..226`.
///
/// # Errors
/// When it is none, or the connection ends.
pub(super) async fn greeting(from: &mut (impl AsyncRead + Unpin)) -> io::Result<(i32, i32)> {
    let mut opening = [0; 4];
    from.read_exact(&mut opening).await?;
    let length = from.read_u32().await?;
    if opening != *b"API\0" || length > 256 {
        return Err(wrong("no greeting"));
    }
    let mut versions = vec![0; length as usize];
    from.read_exact(&mut versions).await?;
    let range = std::str::from_utf8(&versions).ok().and_then(|text| {
        // Connection options may follow after a space.
        let (min, max) = text.split(' ').next()?.strip_prefix('v')?.split_once("..")?;
        Some((min.parse().ok()?, max.parse().ok()?))
    });
    range.ok_or_else(|| wrong("no range of versions"))
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
