//! What faults do to an answer.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::rt::time::{Sleep, sleep};
use bytes::Bytes;
use serde_json::Value;

use crate::wire::Answer;

/// Drops the second half of the body, at a character's edge.
pub(super) fn cut_in_two(answer: &mut Answer) {
    let half = answer.body.len() / 2;
    let edge = (0..=half).rev().find(|at| answer.body.get(*at).is_none_or(|b| b & 0xC0 != 0x80)).unwrap_or(0);
    answer.body.truncate(edge);
}

/// Repeats the first half of the records of a page, at its end.
pub(super) fn double_records(answer: &mut Answer) {
    if let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) {
        for name in ["data", "messages", "news"] {
            if let Some(Value::Array(rows)) = body.get_mut(name) {
                double(rows);
            }
        }
        if let Some(Value::Object(symbols)) = body.get_mut("bars") {
            for rows in symbols.values_mut().filter_map(Value::as_array_mut) {
                double(rows);
            }
        }
        answer.body = body.to_string().into_bytes();
    } else if let Ok(text) = std::str::from_utf8(&answer.body) {
        for close in ["</item>\n", "</entry>\n"] {
            let open = close.replace("</", "<").replace(">\n", "");
            if let (Some(from), Some(to)) = (text.find(&open), text.find(close)) {
                let (head, item) = (&text[..to + close.len()], &text[from..to + close.len()]);
                answer.body = format!("{head}{item}{}", &text[to + close.len()..]).into_bytes();
                return;
            }
        }
    }
}

fn double(rows: &mut Vec<Value>) {
    rows.extend_from_within(..rows.len().div_ceil(2));
}

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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_come_twice_and_stay_readable() {
        let mut answer = Answer::json(200, &json!({"data": [{"id": "1"}, {"id": "2"}, {"id": "3"}]}));
        double_records(&mut answer);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        let ids: Vec<&str> =
            body["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["1", "2", "3", "1", "2"]);
        let mut feed =
            Answer::text(200, "application/rss+xml", "<rss>\n<item>\na</item>\n<item>\nb</item>\n</rss>");
        double_records(&mut feed);
        assert_eq!(
            std::str::from_utf8(&feed.body).unwrap(),
            "<rss>\n<item>\na</item>\n<item>\na</item>\n<item>\nb</item>\n</rss>"
        );
    }

    #[test]
    fn a_cut_body_is_no_json() {
        let mut answer = Answer::json(200, &json!({"text": "ééééé"}));
        cut_in_two(&mut answer);
        assert!(std::str::from_utf8(&answer.body).is_ok());
        assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
    }
}
