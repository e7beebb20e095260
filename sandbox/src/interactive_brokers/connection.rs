//! One client's connection, from its greeting to its end.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::contract::{Asked, Known};
use super::frame::{self, asked, frame, told};
use super::pacing::Messages;
use super::proto::{Fields, Message};
use super::request::{Refused, Request};
use super::{Gateway, history};
use crate::fault::BrokerFault;
use crate::moment::SECOND;

/// The version that the gateway speaks: the first one that is protobuf throughout.
const VERSION: i32 = 213;
/// Whoever does not greet within this time is sent away.
const GREETING: Duration = Duration::from_secs(10);
/// So long the archive takes for a request; requests that come in the meantime are open beside it.
const LOOKUP: Duration = Duration::from_millis(2);
/// So many requests for bars may be open on a connection.
const OPEN: usize = 50;
/// So many times a client may send too fast before it is sent away.
const WARNINGS: u32 = 3;
/// The request id of what belongs to no request.
const NOBODY: i32 = -1;

/// What goes out to a client.
enum Sent {
    /// Bytes.
    Bytes(Vec<u8>),
    /// Bytes, and then the connection ends.
    Last(Vec<u8>),
}

/// Serves a client until either side hangs up.
pub(super) async fn run(stream: TcpStream, gateway: Arc<Gateway>) {
    let _ = stream.set_nodelay(true);
    let (reader, writer) = stream.into_split();
    let (out, sent) = mpsc::channel(64);
    let mut writing = std::pin::pin!(write(writer, sent));
    // Either side may end it. What is wrong with a client's bytes ends its connection and nothing else.
    tokio::select! {
        () = &mut writing => return,
        _ = read(BufReader::new(reader), out, &gateway) => {}
    }
    let _ = timeout(Duration::from_secs(1), writing).await;
}

async fn write(mut to: OwnedWriteHalf, mut sent: mpsc::Receiver<Sent>) {
    while let Some(next) = sent.recv().await {
        let (bytes, last) = match next {
            Sent::Bytes(bytes) => (bytes, false),
            Sent::Last(bytes) => (bytes, true),
        };
        if to.write_all(&bytes).await.is_err() || last {
            break;
        }
    }
    let _ = to.shutdown().await;
}

async fn read(
    mut from: BufReader<OwnedReadHalf>,
    out: mpsc::Sender<Sent>,
    gateway: &Arc<Gateway>,
) -> io::Result<()> {
    let hung_up = |_| io::Error::from(io::ErrorKind::BrokenPipe);
    let trouble = gateway.fault("/connect");
    let (_, newest) = timeout(GREETING, frame::greeting(&mut from)).await??;
    let version = if trouble == Some(BrokerFault::Server212) { 212 } else { VERSION };
    if newest < VERSION {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "a client of the time before protobuf"));
    }
    let welcome = format!("{version}\0{}\0", history::wall_clock(gateway.clock().now));
    let mut bytes = (welcome.len() as u32).to_be_bytes().to_vec();
    bytes.extend(welcome.as_bytes());
    out.send(Sent::Bytes(bytes)).await.map_err(hung_up)?;

    let (number, fields) = timeout(GREETING, frame::read(&mut from)).await??;
    let client_id = Fields::read(&fields).ok().and_then(|fields| fields.int(1));
    let (asked::START_API, Some(client_id)) = (number, client_id) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "no start of the API"));
    };
    let mut line = Line { gateway: Arc::clone(gateway), out, open: Arc::default() };
    let taken = trouble == Some(BrokerFault::ClientIdInUse);
    let Some(_place) = Place::take(gateway, client_id).filter(|_| !taken) else {
        let text = "Unable to connect as the client id is already in use. Retry with a unique client id.";
        let _ = line.out.send(Sent::Last(line.error(NOBODY, 326, text))).await;
        return Ok(());
    };
    line.send(frame(told::NEXT_VALID_ID, Message::new().int(1, 1))).await;
    line.send(frame(told::MANAGED_ACCOUNTS, Message::new().text(1, "DU1"))).await;
    for (code, text) in [
        (2104, "Market data farm connection is OK:usfarm"),
        (2106, "HMDS data farm connection is OK:ushmds"),
        (2158, "Sec-def data farm connection is OK:secdefnj"),
    ] {
        line.send(line.error(NOBODY, code, text)).await;
    }
    line.listen(from).await
}

/// A client's id, which nobody else can have while this lives.
struct Place {
    gateway: Arc<Gateway>,
    client_id: i32,
}

impl Place {
    fn take(gateway: &Arc<Gateway>, client_id: i32) -> Option<Self> {
        let free = gateway.clients.lock().unwrap_or_else(PoisonError::into_inner).insert(client_id);
        free.then(|| Self { gateway: Arc::clone(gateway), client_id })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gateway.clients.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.client_id);
    }
}

/// The way to a client that has greeted.
#[derive(Clone)]
struct Line {
    gateway: Arc<Gateway>,
    out: mpsc::Sender<Sent>,
    open: Arc<Mutex<HashSet<i32>>>,
}

impl Line {
    async fn listen(&mut self, mut from: BufReader<OwnedReadHalf>) -> io::Result<()> {
        let mut messages = Messages::default();
        let mut warnings = 0;
        let mut answers = JoinSet::new();
        loop {
            let (number, bytes) = frame::read(&mut from).await?;
            self.gateway.shared.stats.request(super::NAME);
            if !messages.admit(self.gateway.clock().limit_at) {
                self.gateway.exceeded();
                warnings += 1;
                self.send(self.error(NOBODY, 100, "Max rate of messages per second has been exceeded")).await;
                if warnings == WARNINGS {
                    return Ok(());
                }
                continue;
            }
            match Fields::read(&bytes) {
                Ok(fields) if number == asked::HISTORICAL => self.historical(&fields, &mut answers).await,
                Ok(fields) => self.other(number, &fields).await,
                Err(malformed) => self.refuse(NOBODY, &malformed.into()).await,
            }
            while answers.try_join_next().is_some() {}
        }
    }

    /// Everything but bars is answered at once.
    async fn other(&self, number: i32, fields: &Fields<'_>) {
        let world = self.gateway.world();
        let clock = self.gateway.clock();
        let id = fields.int(1).unwrap_or(NOBODY);
        match number {
            asked::CANCEL_HISTORICAL => {
                let (code, text) = if self.close(id) {
                    let cancelled =
                        "Historical Market Data Service error message:API historical data query cancelled";
                    (162, format!("{cancelled}: {id}"))
                } else {
                    (366, format!("No historical data query found for ticker id:{id}"))
                };
                self.send(self.error(id, code, &text)).await;
            }
            asked::CONTRACT => match self.contract(fields) {
                Ok(known) => {
                    self.send(frame(told::CONTRACT, known.to_message(id))).await;
                    self.send(frame(told::CONTRACT_END, Message::new().int(1, id))).await;
                }
                Err(refused) => self.refuse(id, &refused).await,
            },
            asked::HEAD_TIMESTAMP => match self.contract(fields) {
                Ok(known) => match history::head(world, clock.now, id, &known) {
                    Some(head) => self.send(head).await,
                    None => {
                        let none = Refused::no_data(&known, super::request::Show::Trades);
                        self.refuse(id, &none).await;
                    }
                },
                Err(refused) => self.refuse(id, &refused).await,
            },
            asked::CURRENT_TIME => {
                let seconds = clock.now.div_euclid(SECOND);
                self.send(frame(told::CURRENT_TIME, Message::new().int(1, seconds))).await;
            }
            asked::IDS => self.send(frame(told::NEXT_VALID_ID, Message::new().int(1, 1))).await,
            asked::MANAGED_ACCOUNTS => {
                self.send(frame(told::MANAGED_ACCOUNTS, Message::new().text(1, "DU1"))).await;
            }
            asked::MARKET_DATA => {
                let text = "Requested market data is not subscribed.";
                self.send(self.error(id, 354, text)).await;
            }
            asked::MARKET_DATA_TYPE
            | asked::CANCEL_MARKET_DATA
            | asked::CANCEL_HEAD_TIMESTAMP
            | asked::CANCEL_CONTRACT => {}
            _ => self.send(self.error(NOBODY, 505, "Fatal Error: Unknown message id.")).await,
        }
    }

    fn contract(&self, fields: &Fields<'_>) -> Result<Known, Refused> {
        let asked = Asked::read(fields, 2)?;
        Known::find(self.gateway.world(), &asked).ok_or_else(Refused::unknown_contract)
    }

    /// Bars take the archive a moment; in the meantime the request is open.
    async fn historical(&self, fields: &Fields<'_>, answers: &mut JoinSet<()>) {
        let gateway = &self.gateway;
        let Some(id) = fields.int(1) else {
            let refused = Refused::invalid("The request has no id");
            return self.refuse(NOBODY, &refused).await;
        };
        let trouble = gateway.fault("/request");
        let request = match Request::read(gateway.world(), fields) {
            Ok(request) => request,
            Err(refused) => return self.refuse(id, &refused).await,
        };
        if trouble == Some(BrokerFault::PacingViolation) {
            return self.refuse(id, &Refused::pacing()).await;
        }
        let paced = self
            .gateway
            .pacing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .admit(&request, gateway.clock().limit_at);
        if !paced {
            gateway.exceeded();
            return self.refuse(id, &Refused::pacing()).await;
        }
        match self.open(id) {
            Opened::Yes => {}
            Opened::Twice => return self.send(self.error(id, 322, "Duplicate ticker id")).await,
            Opened::TooMany => {
                gateway.exceeded();
                let text = "Only 50 simultaneous API historical data requests allowed.";
                return self.send(self.error(id, 322, text)).await;
            }
        }
        let line = self.clone();
        answers.spawn(async move {
            sleep(LOOKUP).await;
            line.deliver(id, &request, trouble).await;
        });
    }

    async fn deliver(&self, id: i32, request: &Request, trouble: Option<BrokerFault>) {
        if trouble == Some(BrokerFault::ConnectionLostRestored) {
            let lost = "Connectivity between IBKR and Trader Workstation has been lost.";
            self.send(self.error(NOBODY, 1100, lost)).await;
            sleep(Duration::from_millis(50)).await;
            let back =
                "Connectivity between IBKR and Trader Workstation has been restored - data maintained.";
            self.send(self.error(NOBODY, 1102, back)).await;
        }
        let gateway = &self.gateway;
        let answer = match trouble {
            Some(BrokerFault::NoData) => None,
            _ => history::answer(gateway.world(), gateway.clock().now, id, request),
        };
        let Some([bars, end]) = answer else {
            if self.close(id) {
                self.refuse(id, &Refused::no_data(&request.contract, request.show)).await;
            }
            return;
        };
        match trouble {
            // The request stays open: nobody said that it is over.
            Some(BrokerFault::Silence) => {}
            Some(BrokerFault::NoEnd) => self.send(bars).await,
            Some(BrokerFault::SocketDrop) => {
                let half = bars[..bars.len() / 2].to_vec();
                let _ = self.out.send(Sent::Last(half)).await;
            }
            Some(BrokerFault::BadLength) => {
                let mut bytes = 0x7FFF_FFF0_u32.to_be_bytes().to_vec();
                bytes.extend(&bars[4..]);
                self.send(bytes).await;
            }
            Some(BrokerFault::Garbage) => {
                let noise = noise(id);
                self.send(frame::raw(4_000, &noise)).await;
                self.send(frame::raw(told::HISTORICAL, &noise)).await;
            }
            _ => {
                // A request that was cancelled in the meantime gets nothing any more.
                if self.close(id) {
                    self.send([bars, end].concat()).await;
                }
            }
        }
    }

    fn open(&self, id: i32) -> Opened {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.contains(&id) {
            Opened::Twice
        } else if open.len() >= OPEN {
            Opened::TooMany
        } else {
            open.insert(id);
            Opened::Yes
        }
    }

    /// Whether the request was open; it no longer is.
    fn close(&self, id: i32) -> bool {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&id)
    }

    async fn refuse(&self, id: i32, refused: &Refused) {
        self.send(self.error(id, refused.code, &refused.text)).await;
    }

    /// `{1 id, 2 time in milliseconds, 3 code, 4 message}`.
    fn error(&self, id: i32, code: i32, text: &str) -> Vec<u8> {
        let now_ms = self.gateway.clock().now.div_euclid(1_000);
        frame(told::ERROR, Message::new().int(1, id).int(2, now_ms).int(3, code).text(4, text))
    }

    /// Sends it, unless the client has hung up, which the reading side finds out too.
    async fn send(&self, bytes: Vec<u8>) {
        let _ = self.out.send(Sent::Bytes(bytes)).await;
    }
}

enum Opened {
    Yes,
    Twice,
    TooMany,
}

/// Bytes without sense, the same for the same request id.
fn noise(id: i32) -> Vec<u8> {
    let mut state = id as u32 | 1;
    let step = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    // The last byte says that more is to come, so that no decoder can take it for a whole.
    std::iter::repeat_with(step).take(199).chain([0xFF]).collect()
}
