//! Keys and tokens like Google's, a key server, and a clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use aws_lc_rs::{hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use cloud::caller::Clock;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub(crate) const AUDIENCE: &str = "https://functions.example/push";
pub(crate) const EMAIL: &str = "pusher@project.iam.gserviceaccount.com";
/// 2026-11-21T06:00:00Z.
pub(crate) const NOW: i64 = 1_795_240_800;

/// What Google says for a push, at [`NOW`].
pub(crate) fn claims() -> Value {
    json!({
        "aud": AUDIENCE, "azp": "113774264463038321964", "email": EMAIL, "email_verified": true,
        "exp": NOW + 3_600, "iat": NOW, "iss": "https://accounts.google.com", "sub": "113774264463038321964",
    })
}

pub(crate) fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

pub(crate) fn authorization(token: &str) -> String {
    format!("Bearer {token}")
}

/// A key that signs.
pub(crate) struct Signer {
    pub(crate) kid: &'static str,
    key: RsaKeyPair,
}

impl Signer {
    pub(crate) fn first() -> &'static Self {
        static FIRST: OnceLock<Signer> = OnceLock::new();
        FIRST.get_or_init(|| Self::new("first"))
    }

    pub(crate) fn second() -> &'static Self {
        static SECOND: OnceLock<Signer> = OnceLock::new();
        SECOND.get_or_init(|| Self::new("second"))
    }

    fn new(kid: &'static str) -> Self {
        Self { kid, key: RsaKeyPair::generate(KeySize::Rsa2048).unwrap() }
    }

    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_with(&json!({"alg": "RS256", "kid": self.kid, "typ": "JWT"}), claims)
    }

    /// Signed with RS256, whatever the header says.
    pub(crate) fn token_with(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = rand::SystemRandom::new();
        self.key.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Signed with HS256, with a secret that everybody knows.
    pub(crate) fn hmac_token(&self, secret: &[u8]) -> String {
        let header = json!({"alg": "HS256", "kid": self.kid, "typ": "JWT"});
        let message = format!("{}.{}", encode(&header), encode(&claims()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    pub(crate) fn modulus(&self) -> Vec<u8> {
        self.key.public_key().modulus().big_endian_without_leading_zero().to_vec()
    }

    pub(crate) fn public_der(&self) -> &[u8] {
        self.key.public_key().as_ref()
    }

    fn jwk(&self) -> Value {
        let exponent = self.key.public_key().exponent().big_endian_without_leading_zero().to_vec();
        let (n, e) = (URL_SAFE_NO_PAD.encode(self.modulus()), URL_SAFE_NO_PAD.encode(exponent));
        json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.kid, "n": n, "e": e})
    }
}

/// Stands at [`NOW`] until it is moved.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(NOW)))
    }
}

impl TestClock {
    pub(crate) fn advance_s(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn as_clock(&self) -> Clock {
        let now = self.0.clone();
        Arc::new(move || DateTime::from_timestamp(now.load(Ordering::SeqCst), 0).unwrap())
    }
}

/// What replies wait behind.
#[derive(Clone)]
pub(crate) struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    pub(crate) fn closed() -> Self {
        Self(Arc::new(watch::channel(false).0))
    }

    pub(crate) fn open(&self) {
        self.0.send_replace(true);
    }
}

/// What the key server answers.
#[derive(Clone)]
pub(crate) struct Reply {
    status: u16,
    max_age: u32,
    body: String,
    gate: Option<Gate>,
}

impl Reply {
    pub(crate) fn keys(signers: &[&Signer]) -> Self {
        let keys: Vec<Value> = signers.iter().map(|signer| signer.jwk()).collect();
        Self::body(&json!({ "keys": keys }).to_string())
    }

    pub(crate) fn body(body: &str) -> Self {
        Self { status: 200, max_age: 3_000, body: body.to_owned(), gate: None }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::body("") }
    }

    /// The same with white space at its end, so many bytes in all.
    pub(crate) fn filled_up_to(mut self, bytes: usize) -> Self {
        self.body.extend(std::iter::repeat_n(' ', bytes - self.body.len()));
        self
    }

    pub(crate) fn max_age(self, seconds: u32) -> Self {
        Self { max_age: seconds, ..self }
    }

    pub(crate) fn behind(self, gate: &Gate) -> Self {
        Self { gate: Some(gate.clone()), ..self }
    }
}

/// A key server on loopback; it counts the requests.
pub(crate) struct KeyServer {
    pub(crate) url: String,
    reply: Arc<Mutex<Reply>>,
    fetches: Arc<watch::Sender<u32>>,
}

impl KeyServer {
    pub(crate) async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/certs", listener.local_addr().unwrap());
        let (reply, fetches) = (Arc::new(Mutex::new(reply)), Arc::new(watch::channel(0).0));
        let (replies, counter) = (reply.clone(), fetches.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, replies.clone(), counter.clone()));
            }
        });
        Self { url, reply, fetches }
    }

    pub(crate) fn answer(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    pub(crate) fn fetches(&self) -> u32 {
        *self.fetches.borrow()
    }

    pub(crate) async fn wait_for_fetches(&self, count: u32) {
        self.fetches.subscribe().wait_for(|fetches| *fetches >= count).await.unwrap();
    }
}

async fn serve(mut stream: TcpStream, replies: Arc<Mutex<Reply>>, fetches: Arc<watch::Sender<u32>>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let Reply { status, max_age, body, gate } = replies.lock().unwrap().clone();
    fetches.send_modify(|count| *count += 1);
    if let Some(Gate(gate)) = gate {
        gate.subscribe().wait_for(|open| *open).await.unwrap();
    }
    let head = format!(
        "HTTP/1.1 {status} X\r\ncache-control: public, max-age={max_age}, must-revalidate\r\nlocation: /elsewhere\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // The caller may have hung up.
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}
