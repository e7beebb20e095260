//! Stands before a stand-in for Stripe, passes everything on, and writes down what is asked.

use std::borrow::Cow;
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use url::form_urlencoded;

use super::Asked;
use crate::Serving;
use crate::server::lock;

/// The largest body that is passed on, in bytes.
const LARGEST_BODY: usize = 1 << 20;

/// Runs until it is dropped.
#[derive(Debug)]
pub struct Recorder {
    /// Where it listens; ends with a slash.
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    _serving: Option<Serving>,
}

struct Behind {
    target: String,
    http: reqwest::Client,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Recorder {
    /// One that passes on to `target`, an address without a slash at its end; that need not be up yet.
    ///
    /// # Panics
    /// There is no port on loopback.
    pub fn before(target: &str) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let behind =
            Behind { target: target.to_owned(), http: reqwest::Client::new(), asked: Arc::clone(&asked) };
        let behind = web::Data::new(behind);
        #[allow(clippy::expect_used, reason = "a test without loopback cannot go on")]
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port on loopback");
        #[allow(clippy::expect_used, reason = "it is bound")]
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let (tell, told) = channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || {
                    App::new()
                        .app_data(behind.clone())
                        .app_data(web::PayloadConfig::new(LARGEST_BODY))
                        .default_service(web::to(pass_on))
                };
                let server = HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run();
                let _ = tell.send(server.handle());
                server.await
            })
        });
        // Without a handle it did not start, which who asks it will see.
        Self { url, asked, _serving: told.recv().ok().map(Serving::from) }
    }

    /// Everything that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.asked).clone()
    }
}

fn owned((name, value): (Cow<'_, str>, Cow<'_, str>)) -> (String, String) {
    (name.into_owned(), value.into_owned())
}

async fn pass_on(request: HttpRequest, body: web::Bytes, behind: web::Data<Behind>) -> HttpResponse {
    let query = form_urlencoded::parse(request.query_string().as_bytes());
    let version = request.headers().get("Stripe-Version").and_then(|version| version.to_str().ok());
    let mut asked = Asked {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        pairs: query.chain(form_urlencoded::parse(&body)).map(owned).collect(),
        version: version.unwrap_or_default().to_owned(),
        answer: None,
    };
    let answered = answer(&request, body, &behind).await;
    if let Ok((status, body)) = &answered
        && status.is_success()
    {
        asked.answer = serde_json::from_slice(body).ok();
    }
    lock(&behind.asked).push(asked);
    match answered {
        Ok((status, body)) => HttpResponse::build(status).content_type("application/json").body(body),
        Err(error) => HttpResponse::BadGateway().body(error.to_string()),
    }
}

async fn answer(
    request: &HttpRequest,
    body: web::Bytes,
    behind: &Behind,
) -> Result<(StatusCode, web::Bytes), Box<dyn std::error::Error>> {
    let url = format!("{}{}", behind.target, request.uri());
    let mut passed = behind.http.request(request.method().as_str().parse()?, url).body(body.to_vec());
    for (name, value) in request.headers() {
        if !matches!(name.as_str(), "host" | "content-length") {
            passed = passed.header(name.as_str(), value.as_bytes());
        }
    }
    let answer = passed.send().await?;
    let status = StatusCode::from_u16(answer.status().as_u16())?;
    Ok((status, answer.bytes().await?))
}
