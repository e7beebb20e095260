//! Alpaca's stream: the handshake, its refusals, and what is told of the world's bars.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::kit::Sandbox;

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn connect(sandbox: &Sandbox, path: &str) -> Self {
        let url = format!("{}/{path}", sandbox.setup["alpaca"]["stream_url"].as_str().unwrap());
        Self(connect_async(url).await.unwrap().0)
    }

    /// Connects and shows the key.
    async fn signed_in(sandbox: &Sandbox, path: &str) -> Self {
        let mut client = Self::connect(sandbox, path).await;
        assert_eq!(client.next().await, json!([{"T": "success", "msg": "connected"}]));
        let alpaca = &sandbox.setup["alpaca"];
        client.say(json!({"action": "auth", "key": alpaca["key_id"], "secret": alpaca["secret_key"]})).await;
        assert_eq!(client.next().await, json!([{"T": "success", "msg": "authenticated"}]));
        client
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next message; `null` once the connection is closed or for two seconds of silence.
    async fn next(&mut self) -> Value {
        match tokio::time::timeout(Duration::from_secs(2), self.0.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => serde_json::from_str(&text).unwrap(),
            _ => Value::Null,
        }
    }

    async fn error(&mut self) -> (i64, String) {
        let said = self.next().await;
        assert_eq!(said[0]["T"], "error", "{said}");
        (said[0]["code"].as_i64().unwrap(), said[0]["msg"].as_str().unwrap().to_owned())
    }
}

#[actix_web::test]
async fn a_client_hears_what_it_subscribed_to_as_the_clock_goes_on() {
    // Bars of an hour from midnight: 10, then 9, 12, and 11 at their close.
    let sandbox = Sandbox::start("2026-03-02T00:20:00Z", None).await;
    let mut client = Client::signed_in(&sandbox, "v2/sip").await;
    client.say(json!({"action": "subscribe", "trades": ["TSLA"], "quotes": ["BRK.A"], "bars": ["*"]})).await;
    let said = client.next().await;
    assert_eq!((&said[0]["T"], &said[0]["trades"]), (&json!("subscription"), &json!(["TSLA"])));
    assert_eq!((&said[0]["bars"], &said[0]["lulds"]), (&json!(["*"]), &json!([])));
    let news = client.next().await;
    let of = |news: &Value, kind: &str| -> Vec<Value> {
        news.as_array().unwrap().iter().filter(|one| one["T"] == kind).cloned().collect()
    };
    let trades = of(&news, "t");
    assert_eq!(trades.len(), 1, "{news}");
    assert_eq!((&trades[0]["S"], &trades[0]["p"]), (&json!("TSLA"), &json!(9.0)), "the low, after a third");
    assert_eq!(trades[0]["t"], "2026-03-02T00:20:00Z");
    let quotes = of(&news, "q");
    assert_eq!(
        (&quotes[0]["S"], &quotes[0]["bp"], &quotes[0]["ap"]),
        (&json!("BRK.A"), &json!(8.99), &json!(9.01))
    );
    let bars = of(&news, "b");
    assert_eq!(bars.iter().map(|bar| bar["S"].as_str().unwrap()).collect::<Vec<_>>(), ["BRK.A", "TSLA"]);
    assert_eq!((&bars[0]["t"], &bars[0]["c"]), (&json!("2026-03-02T00:19:00Z"), &json!(9.0)));
    assert_eq!(client.next().await, Value::Null, "a standing clock tells nothing new");

    sandbox.set_clock(json!({"at": "2026-03-02T01:00:00Z"})).await;
    let news = client.next().await;
    assert_eq!(of(&news, "t")[0]["p"], 11.0, "the close, exactly");
    // In the free plan's words: what is left of a subscription.
    client.say(json!({"action": "unsubscribe", "quotes": ["BRK.A"], "bars": ["*"]})).await;
    let said = client.next().await;
    assert_eq!((&said[0]["quotes"], &said[0]["bars"]), (&json!([]), &json!([])));
    sandbox.set_clock(json!({"at": "2026-03-02T01:40:00Z"})).await;
    let news = client.next().await;
    assert_eq!((news.as_array().unwrap().len(), &news[0]["T"]), (1, &json!("t")), "{news}");
}

#[actix_web::test]
async fn coins_have_a_stream_of_their_own() {
    let sandbox = Sandbox::start("2026-03-02T00:40:00Z", None).await;
    let mut client = Client::signed_in(&sandbox, "v1beta3/crypto/us").await;
    client.say(json!({"action": "subscribe", "trades": ["BTC/USD", "TSLA"]})).await;
    client.next().await;
    let news = client.next().await;
    assert_eq!(
        (&news[0]["S"], &news[0]["p"], news.as_array().unwrap().len()),
        (&json!("BTC/USD"), &json!(12.0), 1)
    );
}

#[actix_web::test]
async fn refusals_carry_alpacas_codes() {
    let sandbox = Sandbox::start("2026-03-02T00:20:00Z", None).await;
    let mut client = Client::connect(&sandbox, "v2/iex").await;
    client.next().await;
    client.say(json!({"action": "subscribe", "trades": ["TSLA"]})).await;
    assert_eq!(client.error().await, (401, "not authenticated".to_owned()));
    client.0.send(Message::text("{")).await.unwrap();
    assert_eq!(client.error().await.0, 400);
    client.say(json!({"action": "auth", "key": "k", "secret": "wrong"})).await;
    assert_eq!(client.error().await, (402, "auth failed".to_owned()));
    assert_eq!(client.next().await, Value::Null, "the connection ends");

    let mut first = Client::signed_in(&sandbox, "v2/iex").await;
    let mut second = Client::signed_in(&sandbox, "v2/iex").await;
    assert_eq!(second.error().await, (406, "connection limit exceeded".to_owned()));
    let many: Vec<String> = (0..31).map(|n| format!("S{n}")).collect();
    first.say(json!({"action": "subscribe", "trades": many})).await;
    assert_eq!(first.error().await, (405, "symbol limit exceeded".to_owned()));
    first.say(json!({"action": "subscribe", "bars": many})).await;
    assert_eq!(first.next().await[0]["T"], "subscription", "minutes have no bound");
    first.say(json!({"action": "auth", "key": "k", "secret": "s"})).await;
    assert_eq!(first.error().await.0, 403);
    // Who leaves makes room.
    drop(first);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut third = Client::signed_in(&sandbox, "v2/iex").await;
    third.say(json!({"action": "subscribe", "bars": ["TSLA"]})).await;
    assert_eq!(third.next().await[0]["T"], "subscription");
    let mut other = Client::connect(&sandbox, "v2/otc").await;
    assert_eq!(other.error().await, (409, "insufficient subscription".to_owned()));
}
