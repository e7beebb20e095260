//! The server: records and checks each request, lets the planned faults happen, and hands it to the service it is for.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tokio::sync::watch;

use crate::compute::Compute;
use crate::dataproc::Dataproc;
use crate::description::Descriptions;
use crate::faults::{Faults, What};
use crate::reply::Reply;
use crate::secrets::Secrets;
use crate::storage::Storage;
use crate::{compute, dataproc, metadata, secrets, storage};

/// Of the body of an upload no more than this is remembered, so that a long test does not keep every version of every object.
const REMEMBERED_BYTES: usize = 64 * 1024;
/// Above what any test sends; actix-web's own limit is 256 KiB.
const LARGEST_BODY: usize = 1 << 30;

/// One request as it was received.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path as it was sent, not decoded.
    pub path: String,
    /// The parameters of the query in their order, decoded.
    pub query: Vec<(String, String)>,
    /// The headers; their names are in lower case, and of a repeated one the last counts.
    pub headers: BTreeMap<String, String>,
    /// The body; that of an upload is cut off after 64 KiB.
    pub body: Bytes,
}

impl Request {
    /// The value of a parameter of the query, unless it is missing or empty.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body as JSON, or null when it is empty or something else.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// A request on its way to a service: its decoded path, its JSON body, and what is to happen to the operation that it begins.
pub(crate) struct Call {
    pub(crate) request: Request,
    pub(crate) segments: Vec<String>,
    pub(crate) body: Value,
    pub(crate) fate: Option<What>,
}

impl Call {
    pub(crate) fn path(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The id under which this request may be repeated without being done twice, from the query or, as in Dataproc, the body.
    pub(crate) fn request_id(&self) -> Option<String> {
        let of_body = || self.body["requestId"].as_str().filter(|id| !id.is_empty());
        self.request.parameter("requestId").or_else(of_body).map(str::to_owned)
    }
}

pub(crate) type OnMachine = Arc<dyn Fn(String, String, BTreeMap<String, String>) + Send + Sync>;
pub(crate) type OnJob =
    Arc<dyn Fn(Value) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// What a test has asked to be called.
#[derive(Default)]
pub(crate) struct Callbacks {
    pub(crate) start: Option<OnMachine>,
    pub(crate) stop: Option<OnMachine>,
    pub(crate) job: Option<OnJob>,
}

/// Everything that stands in for Google, shared by the server, the test and the operations under way.
pub(crate) struct World {
    pub(crate) url: String,
    /// Where operations run on, whichever thread began them.
    pub(crate) background: tokio::runtime::Handle,
    pub(crate) project: Mutex<String>,
    pub(crate) operation_time: Mutex<Duration>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) requests: Mutex<Vec<Request>>,
    pub(crate) violations: Mutex<Vec<String>>,
    pub(crate) callbacks: Mutex<Callbacks>,
    pub(crate) storage: Mutex<Storage>,
    pub(crate) compute: Mutex<Compute>,
    pub(crate) dataproc: Mutex<Dataproc>,
    pub(crate) secrets: Mutex<Secrets>,
    /// Told after every change that somebody may be waiting for.
    pub(crate) changed: watch::Sender<u64>,
    descriptions: Option<&'static Descriptions>,
}

/// The content, also after a test's callback has panicked in another thread.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(crate) fn new(url: String, background: tokio::runtime::Handle) -> Self {
        let descriptions = crate::description::shared();
        Self {
            url,
            background,
            project: Mutex::new("quarterday-test".to_owned()),
            operation_time: Mutex::new(Duration::from_millis(50)),
            faults: Mutex::default(),
            requests: Mutex::default(),
            violations: Mutex::default(),
            callbacks: Mutex::default(),
            storage: Mutex::default(),
            compute: Mutex::default(),
            dataproc: Mutex::default(),
            secrets: Mutex::default(),
            changed: watch::Sender::new(0),
            descriptions,
        }
    }

    pub(crate) fn tell(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    fn record(&self, request: &Request) {
        if let Some(descriptions) = self.descriptions {
            let found = descriptions.violations(request);
            lock(&self.violations).extend(found);
        }
        let mut remembered = request.clone();
        if request.path.starts_with("/upload/") && request.body.len() > REMEMBERED_BYTES {
            remembered.body = Bytes::copy_from_slice(&request.body[..REMEMBERED_BYTES]);
        }
        lock(&self.requests).push(remembered);
    }
}

/// Serves the world on this listener, on threads of its own, until the handle stops it.
///
/// # Errors
/// When the server cannot be built or its thread cannot be started.
pub(crate) fn serve(world: Arc<World>, listener: TcpListener) -> std::io::Result<ServerHandle> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::Builder::new().name("stand-ins".to_owned()).spawn(move || {
        let data = web::Data::from(world);
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                let body = web::PayloadConfig::new(LARGEST_BODY);
                App::new().app_data(data.clone()).app_data(body).default_service(web::to(receive))
            });
            let server = match server.workers(2).disable_signals().shutdown_timeout(1).listen(listener) {
                Ok(server) => server.run(),
                Err(error) => return drop(sender.send(Err(error))),
            };
            if sender.send(Ok(server.handle())).is_ok()
                && let Err(error) = server.await
            {
                eprintln!("the stand-in for Google ended: {error}");
            }
        });
    })?;
    receiver
        .recv()
        .unwrap_or_else(|_| Err(std::io::Error::other("the server's thread ended before it served")))
}

async fn receive(world: web::Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let request = Request {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect(),
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        body,
    };
    world.record(&request);
    let (delay, what) = lock(&world.faults).befall(&request.method, &request.path);
    tokio::time::sleep(delay).await;
    match what {
        Some(What::Status(status, body)) => Reply::status(status, &body).into_response(),
        Some(What::CloseConnection) => broken(Reply::new(200, ""), 0),
        Some(What::HalfRequest) => {
            storage::upload::interrupt(&world, &request);
            broken(Reply::new(200, ""), 0)
        }
        Some(What::LoseAnswer) => broken(dispatch(&world, request, None).await, 0),
        Some(What::HalfAnswer) => {
            let reply = dispatch(&world, request, None).await;
            let half = reply.body.len() / 2;
            broken(reply, half)
        }
        fate => dispatch(&world, request, fate).await.into_response(),
    }
}

/// An answer that breaks off after so many bytes of its body; without any, not even the status line is sent.
fn broken(reply: Reply, bytes: usize) -> HttpResponse {
    let (mut builder, body) = reply.start();
    let length = body.len().max(1) as u64;
    let sent = body.slice(..bytes);
    let parts = futures::stream::unfold((sent, 0), |(sent, step)| async move {
        if step == 0 && !sent.is_empty() {
            return Some((Ok(sent.clone()), (sent, 1)));
        }
        if step == 1 {
            // Time for the first half to leave before the connection is torn down.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some((Err(std::io::Error::other("a planned fault")), (sent, step + 2)))
    });
    builder.no_chunking(length).streaming(parts)
}

async fn dispatch(world: &Arc<World>, request: Request, fate: Option<What>) -> Reply {
    let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let segments: Vec<String> = request.path.trim_start_matches('/').split('/').map(decode).collect();
    // No method of Google's takes anything but an object, and the services add fields to it.
    let body = Some(request.json()).filter(Value::is_object).unwrap_or(Value::Null);
    let call = Call { request, segments, body, fate };
    match call.path().as_slice() {
        ["storage", "v1", ..] => storage::serve(world, &call),
        ["upload", "storage", "v1", ..] => storage::upload::serve(world, &call),
        ["compute", "v1", ..] => compute::serve(world, &call).await,
        ["computeMetadata", ..] | ["vm", _, _, "computeMetadata", ..] => metadata::serve(world, &call).await,
        ["v1", "projects", _, "secrets", ..] => secrets::serve(world, &call),
        ["v1", "projects", ..] => dataproc::serve(world, &call),
        _ => storage::download::serve_signed(world, &call),
    }
}
