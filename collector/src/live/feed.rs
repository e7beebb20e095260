//! One connection to a stream: made, kept alive, and made again after a growing pause whenever it is lost.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Symbol;
use futures::{SinkExt, StreamExt};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use url::Url;

use super::wire::{self, Event, Said};

/// How long connecting, and each answer to what we say, may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Without a word for so long we ask whether somebody is there.
const QUIET: Duration = Duration::from_secs(15);
/// Without an answer for so long nobody is.
const GONE: Duration = Duration::from_secs(45);
/// The pauses before a connection is made again.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A connection that has held for so long is no failure when it ends.
const HELD: Duration = Duration::from_secs(60);
/// The pause after what only a person can mend, such as a refused key.
const REFUSED_PAUSE: Duration = Duration::from_secs(300);

/// A stream to follow.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Where.
    pub url: Url,
    /// The key's name.
    pub key_id: SecretString,
    /// The key.
    pub secret_key: SecretString,
    /// Its spelling of each symbol, and ours.
    pub symbols: BTreeMap<String, Symbol>,
}

/// What a stream said of one asset.
#[derive(Debug)]
pub struct Heard {
    /// Our symbol.
    pub symbol: Symbol,
    /// What.
    pub event: Event,
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum Lost {
    /// Trying again may help.
    #[error("{0}")]
    Passing(String),
    /// The source says no: what a person can mend.
    #[error("{0}")]
    Refused(String),
    /// Nobody listens to us any more.
    #[error("nobody listens")]
    Unheard,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Follows a stream for as long as somebody listens.
pub async fn follow(endpoint: Endpoint, heard: mpsc::Sender<Heard>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let begun = Instant::now();
        let lost = match connect(&endpoint).await {
            Ok(socket) => read(socket, &endpoint, &heard).await,
            Err(lost) => lost,
        };
        if begun.elapsed() > HELD {
            pause = FIRST_PAUSE;
        }
        let wait = match &lost {
            Lost::Unheard => return,
            Lost::Passing(reason) => {
                tracing::warn!(url = %endpoint.url, reason, pause_ms = pause.as_millis(), "stream lost");
                pause
            }
            Lost::Refused(reason) => {
                tracing::error!(url = %endpoint.url, reason, "stream refused: see docs/live.md");
                REFUSED_PAUSE
            }
        };
        // Spread, so that not all come back at the same moment.
        tokio::time::sleep(wait.mul_f64(0.8 + 0.4 * rand::random::<f64>())).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Connects, shows the key and subscribes.
async fn connect(endpoint: &Endpoint) -> Result<Socket, Lost> {
    let passing = |what: &str, error: String| Lost::Passing(format!("{what}: {error}"));
    // Two providers of cryptography may be built into the program, so rustls does not choose by itself. One that is
    // installed already is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let connecting = timeout(PATIENCE, connect_async(endpoint.url.as_str())).await;
    let (mut socket, _) = connecting
        .map_err(|_| Lost::Passing("it does not answer".to_owned()))?
        .map_err(|error| passing("it cannot be reached", error.to_string()))?;
    expect(&mut socket, "connected").await?;
    let key = wire::auth(endpoint.key_id.expose_secret(), endpoint.secret_key.expose_secret());
    say(&mut socket, key).await?;
    expect(&mut socket, "authenticated").await?;
    let symbols: Vec<&str> = endpoint.symbols.keys().map(String::as_str).collect();
    say(&mut socket, wire::subscribe(&symbols, true)).await?;
    let all = match answer(&mut socket).await? {
        Said::Subscription => true,
        // A small plan has few symbols with trades and quotes, and any number with minutes.
        Said::Error(405, _) => {
            say(&mut socket, wire::subscribe(&symbols, false)).await?;
            match answer(&mut socket).await? {
                Said::Subscription => false,
                other => return Err(refusal(other)),
            }
        }
        other => return Err(refusal(other)),
    };
    tracing::info!(url = %endpoint.url, symbols = symbols.len(), trades = all, "live prices");
    Ok(socket)
}

async fn say(socket: &mut Socket, text: String) -> Result<(), Lost> {
    socket.send(Message::text(text)).await.map_err(|error| Lost::Passing(error.to_string()))
}

async fn expect(socket: &mut Socket, word: &str) -> Result<(), Lost> {
    match answer(socket).await? {
        Said::Success(said) if said == word => Ok(()),
        other => Err(refusal(other)),
    }
}

/// The first thing that it says next.
async fn answer(socket: &mut Socket) -> Result<Said, Lost> {
    let silent = || Lost::Passing("it does not answer what we say".to_owned());
    let deadline = Instant::now() + PATIENCE;
    loop {
        let message = tokio::time::timeout_at(deadline, socket.next()).await.map_err(|_| silent())?;
        if let Some(text) = text_of(message)?
            && let Some(said) =
                wire::read(&text).map_err(|e| Lost::Passing(e.to_string()))?.into_iter().next()
        {
            return Ok(said);
        }
    }
}

/// What an unexpected answer means: which of Alpaca's codes only a person can mend.
fn refusal(said: Said) -> Lost {
    match said {
        Said::Error(code @ (402 | 409 | 410), words) => Lost::Refused(format!("{code} {words}")),
        Said::Error(code, words) => Lost::Passing(format!("{code} {words}")),
        other => Lost::Passing(format!("it says {other:?}")),
    }
}

/// The text of a message; `None` for what is no text, an error at the end.
fn text_of(
    message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
) -> Result<Option<String>, Lost> {
    match message {
        Some(Ok(Message::Text(text))) => Ok(Some(text.to_string())),
        Some(Ok(Message::Close(frame))) => Err(Lost::Passing(
            frame.map_or_else(|| "it closed".to_owned(), |frame| format!("it closed: {frame}")),
        )),
        // Pings are answered by the library.
        Some(Ok(_)) => Ok(None),
        Some(Err(error)) => Err(Lost::Passing(error.to_string())),
        None => Err(Lost::Passing("the connection ended".to_owned())),
    }
}

/// Passes on what it says, until the connection is lost.
async fn read(mut socket: Socket, endpoint: &Endpoint, heard: &mpsc::Sender<Heard>) -> Lost {
    let mut last = Instant::now();
    loop {
        let message = match timeout(QUIET, socket.next()).await {
            Ok(message) => message,
            Err(_) if last.elapsed() > GONE => return Lost::Passing("it has gone silent".to_owned()),
            Err(_) => match socket.send(Message::Ping(Vec::new().into())).await {
                Ok(()) => continue,
                Err(error) => return Lost::Passing(error.to_string()),
            },
        };
        last = Instant::now();
        let text = match text_of(message) {
            Ok(Some(text)) => text,
            Ok(None) => continue,
            Err(lost) => return lost,
        };
        let Ok(all) = wire::read(&text) else {
            tracing::warn!(bytes = text.len(), "a message of the stream cannot be read");
            continue;
        };
        for said in all {
            match said {
                Said::Of(theirs, event) => {
                    let Some(symbol) = endpoint.symbols.get(&theirs).cloned() else { continue };
                    if heard.send(Heard { symbol, event }).await.is_err() {
                        return Lost::Unheard;
                    }
                }
                Said::Error(..) => return refusal(said),
                Said::Success(_) | Said::Subscription | Said::Other => {}
            }
        }
    }
}
