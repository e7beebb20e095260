//! Following a stream that refuses, falls silent and comes back: a small server says what Alpaca would.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use collector::live::feed::{Endpoint, Heard, follow};
use collector::live::wire::Event;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

type Script = fn(usize) -> &'static str;

/// A server that does with its n-th connection what the script says; what it hears is kept.
async fn server(script: Script) -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/v2/iex", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heard);
    tokio::spawn(async move {
        for n in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            let socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            tokio::spawn(serve(socket, script(n), Arc::clone(&kept)));
        }
    });
    (url, heard)
}

async fn serve(mut socket: WebSocketStream<TcpStream>, role: &str, heard: Arc<Mutex<Vec<Value>>>) {
    let say = |message: Value| Message::text(message.to_string());
    socket.send(say(json!([{"T": "success", "msg": "connected"}]))).await.unwrap();
    if role == "taken" {
        socket
            .send(say(json!([{"T": "error", "code": 406, "msg": "connection limit exceeded"}])))
            .await
            .unwrap();
        return;
    }
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let message: Value = serde_json::from_str(&text).unwrap();
        heard.lock().unwrap().push(message.clone());
        let answer = match message["action"].as_str().unwrap() {
            "auth" => json!([{"T": "success", "msg": "authenticated"}]),
            _ if role == "small" && message.get("trades").is_some() => {
                json!([{"T": "error", "code": 405, "msg": "symbol limit exceeded"}])
            }
            _ => json!([{"T": "subscription"}]),
        };
        let subscribed = answer[0]["T"] == "subscription";
        socket.send(say(answer)).await.unwrap();
        if subscribed {
            // Not of ours, unreadable, then a trade.
            socket
                .send(say(json!([{"T": "t", "S": "ZZZ", "p": 1.0, "t": "2026-01-02T15:00:00Z"}])))
                .await
                .unwrap();
            socket.send(Message::text("nonsense")).await.unwrap();
            socket
                .send(say(json!([{"T": "t", "S": "BRK.A", "p": 7.5, "t": "2026-01-02T15:00:00Z"}])))
                .await
                .unwrap();
            if role == "dies" {
                return;
            }
        }
    }
}

fn endpoint(url: &str) -> Endpoint {
    let symbols = BTreeMap::from([("BRK.A".to_owned(), "BRK-A".parse().unwrap())]);
    Endpoint {
        url: url.parse().unwrap(),
        key_id: "id".to_owned().into(),
        secret_key: "key".to_owned().into(),
        symbols,
    }
}

async fn trades(url: &str, count: usize) -> Vec<Heard> {
    let (sender, mut receiver) = mpsc::channel(16);
    let following = tokio::spawn(follow(endpoint(url), sender));
    let mut all = Vec::new();
    while all.len() < count {
        let heard = tokio::time::timeout(Duration::from_secs(10), receiver.recv()).await;
        all.push(heard.expect("a trade in time").unwrap());
    }
    following.abort();
    all
}

#[tokio::test]
async fn a_lost_connection_is_made_again() {
    let (url, heard) = server(|n| ["dies", "taken", "whole"].get(n).copied().unwrap_or("whole")).await;
    let all = trades(&url, 2).await;
    for heard in &all {
        assert_eq!(heard.symbol.as_str(), "BRK-A", "in our spelling");
        assert!(matches!(heard.event, Event::Price { price: 7.5, .. }));
    }
    let heard = heard.lock().unwrap();
    assert_eq!(heard[0], json!({"action": "auth", "key": "id", "secret": "key"}));
    assert_eq!(heard[1]["quotes"], json!(["BRK.A"]));
    assert_eq!(heard.iter().filter(|message| message["action"] == "subscribe").count(), 2);
}

#[tokio::test]
async fn a_plan_of_few_symbols_gets_minutes_alone() {
    let (url, heard) = server(|_| "small").await;
    assert_eq!(trades(&url, 1).await.len(), 1);
    let heard = heard.lock().unwrap();
    assert_eq!(heard.last().unwrap(), &json!({"action": "subscribe", "bars": ["BRK.A"]}));
}
