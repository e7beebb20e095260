//! Bodies that break off, drip, or never seem to end.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::rt::time::{Interval, Sleep, interval, sleep};
use bytes::Bytes;

/// A long body goes out in pieces of this many bytes.
const PIECE: u64 = 64 << 10;

/// A body that breaks off half-way.
pub(super) struct Broken {
    first_half: Option<Bytes>,
    size: u64,
    pause: Pin<Box<Sleep>>,
}

impl Broken {
    /// Announces the whole body and has half of it.
    pub(super) fn new(body: Vec<u8>) -> Self {
        let size = (body.len() as u64).max(2);
        let mut first_half = Bytes::from(body);
        first_half.truncate(first_half.len() / 2);
        // Without a pause the server would drop the connection before the head and the first half have left.
        Self { first_half: Some(first_half), size, pause: Box::pin(sleep(Duration::from_millis(30))) }
    }
}

impl MessageBody for Broken {
    type Error = std::io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.size)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let body = self.get_mut();
        if let Some(half) = body.first_half.take() {
            return Poll::Ready(Some(Ok(half)));
        }
        body.pause.as_mut().poll(context).map(|()| Some(Err(std::io::Error::other("cut by the fault plan"))))
    }
}

/// A body of one byte at a time.
pub(super) struct Dripping {
    left: Bytes,
    ticks: Interval,
}

impl Dripping {
    /// A byte every `ms` milliseconds.
    pub(super) fn new(body: Vec<u8>, ms: u64) -> Self {
        Self { left: Bytes::from(body), ticks: interval(Duration::from_millis(ms.max(1))) }
    }
}

impl MessageBody for Dripping {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.left.len() as u64)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let body = self.get_mut();
        if body.left.is_empty() {
            return Poll::Ready(None);
        }
        body.ticks.poll_tick(context).map(|_| Some(Ok(body.left.split_to(1))))
    }
}

/// White space, then a body.
pub(super) struct Padded {
    blanks: u64,
    rest: Option<Bytes>,
    piece: Bytes,
}

impl Padded {
    /// `blanks` bytes of white space before the body.
    pub(super) fn new(blanks: u64, body: Vec<u8>) -> Self {
        Self { blanks, rest: Some(Bytes::from(body)), piece: Bytes::from(vec![b' '; PIECE as usize]) }
    }
}

impl MessageBody for Padded {
    type Error = std::convert::Infallible;

    /// Not stated: the client has to find out by reading.
    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let body = self.get_mut();
        if body.blanks == 0 {
            return Poll::Ready(body.rest.take().filter(|rest| !rest.is_empty()).map(Ok));
        }
        let length = body.blanks.min(PIECE);
        body.blanks -= length;
        Poll::Ready(Some(Ok(body.piece.slice(..length as usize))))
    }
}
