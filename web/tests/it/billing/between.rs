//! Something that stands between the site and the provider: it passes everything on, and may change an answer or lose it.

use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use web::billing::gateway::Gateway;

use crate::cashier::{Cashier, KEY, keys};

/// What becomes of an answer.
pub(super) enum Fate {
    /// It arrives like this.
    Arrives(Value),
    /// It never arrives, and the connection stays open.
    Lost,
}

/// Decides, from method, path and the provider's answer.
pub(super) type Judge = Arc<dyn Fn(&str, &str, Value) -> Fate + Send + Sync>;

pub(super) struct Between {
    pub(super) gateway: Gateway,
    /// Told whenever an answer was lost.
    pub(super) lost: Arc<Notify>,
}

impl Between {
    pub(super) async fn put(shop: &Cashier, judge: Judge) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (lost, base) = (Arc::new(Notify::new()), shop.base.clone());
        let told = Arc::clone(&lost);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass_on(stream, base.clone(), Arc::clone(&judge), Arc::clone(&told)));
            }
        });
        Self { gateway: Gateway::new(keys(&url)).unwrap(), lost }
    }
}

async fn pass_on(mut stream: TcpStream, base: String, judge: Judge, lost: Arc<Notify>) {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut first = text.lines().next().unwrap().split(' ');
    let (method, path) = (first.next().unwrap(), first.next().unwrap());
    let header = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let length: usize = header("content-length").map_or(0, |n| n.parse().unwrap());
    while bytes.len() < head + 4 + length {
        stream.read_buf(&mut bytes).await.unwrap();
    }
    let body = bytes[head + 4..].to_vec();
    let mut request = reqwest::Client::new()
        .request(method.parse().unwrap(), format!("{base}{path}"))
        .bearer_auth(KEY)
        .body(body);
    for name in ["content-type", "idempotency-key", "stripe-version"] {
        if let Some(value) = header(name) {
            request = request.header(name, value);
        }
    }
    let reply = request.send().await.unwrap();
    let status = reply.status();
    let answer: Value = reply.json().await.unwrap();
    let answer = match judge(method, path, answer) {
        Fate::Arrives(answer) => answer.to_string(),
        Fate::Lost => {
            lost.notify_one();
            std::future::pending::<()>().await;
            return;
        }
    };
    let reply = format!(
        "HTTP/1.1 {} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
        status.as_u16(),
        answer.len()
    );
    let _ = stream.write_all(reply.as_bytes()).await;
}
