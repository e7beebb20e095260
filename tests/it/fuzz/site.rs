//! The site as a program, over its socket: damaged requests, whatever their bytes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tests::programs;

use super::inputs;

/// Requests in every change; of the long form a thousandth of the cases, since each is a round trip.
const REQUESTS: u64 = 400;

const REQUESTS_OF_OLD: [&str; 16] = [
    "GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Language: es,en;q=0.5\r\n\r\n",
    "GET /assets/AAPL/price?from=2026-01-01&to=2026-02-01&ema=12,26&bar=1d HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /assets/EUR%2FUSD/news?q=up&page=2 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /api/assets/AAPL/price?days=30&columns=ema12,rsi14 HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br\r\n\r\n",
    "GET /api/v1/assets?limit=50&cursor=abc HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer qd_live_0123456789abcdef\r\n\r\n",
    "GET /api/v1/publications?slot=2026-11-21T06Z HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: \"a\"\r\n\r\n",
    "GET /compare?assets=AAPL,MSFT,EUR%2FUSD&window=60&benchmark=SPX HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /lab?symbol=EUR%2FUSD&on=2026-01-21 HTTP/1.1\r\nHost: localhost\r\nCookie: session=0123456789abcdef; lang=es\r\n\r\n",
    "GET /account/email/confirm?token=abcdef HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /static/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-10\r\n\r\n",
    "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 46\r\n\r\nemail=ann%40example.com&password=x&next=%2Flab",
    "POST /internal/publish HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\nContent-Type: application/json\r\nContent-Length: 35\r\n\r\n{\"message\":{\"data\":\"e30=\"},\"s\":\"\"}",
    "POST /webhooks/stripe HTTP/1.1\r\nHost: localhost\r\nStripe-Signature: t=1,v1=00ff\r\nContent-Length: 20\r\n\r\n{\"id\":\"evt_1\",\"a\":1}",
    "HEAD /status HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "OPTIONS /api/v1/assets HTTP/1.1\r\nHost: localhost\r\nOrigin: https://elsewhere.example\r\n\r\n",
    "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 7\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
];

struct Site {
    child: Child,
    address: String,
}

impl Drop for Site {
    fn drop(&mut self) {
        // It is gone either way.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(database_url: &str) -> Site {
    let mut command = programs::command("web");
    command.args(["serve", "--port", "0"]).env("DATABASE_URL", database_url).env("RUST_LOG", "error");
    command.env("QUARTERDAY_SEAL_KEYS", "0".repeat(64));
    command.env("QUARTERDAY_CALLER_CHECK", "token").env("QUARTERDAY_PUSH_TOKEN", "secret");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it said {line:?}"));
    let address = said["listening"].as_str().unwrap().trim_start_matches("http://").to_owned();
    Site { child, address }
}

/// The status of the answer; `None` where the site hangs up or waits for more.
fn ask(site: &Site, request: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(&site.address).expect("the site is up");
    stream.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
    // It may hang up in the middle of nonsense.
    stream.write_all(request).ok()?;
    let mut answer = [0; 64];
    let read = stream.read(&mut answer).ok()?;
    let text = String::from_utf8_lossy(&answer[..read]).into_owned();
    text.split(' ').nth(1)?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_site_answers_damaged_requests_and_stays_up() {
    let database = ledger::testing::database().await;
    let mut site = start(&database.url);
    let seed = super::number("QUARTERDAY_FUZZ_SEED", 1);
    let requests = REQUESTS.max(super::number("QUARTERDAY_FUZZ_CASES", 0) / 1000);
    let examples: Vec<Vec<u8>> = REQUESTS_OF_OLD.iter().map(|request| request.as_bytes().to_vec()).collect();
    for example in &examples {
        let status = ask(&site, example);
        assert!(
            status.is_none_or(|status| status < 500 || status == 503),
            "{status:?} to {:?}",
            String::from_utf8_lossy(example)
        );
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut answered = 0;
    for number in 0..requests {
        // Most keep the end of the head, so that the site reads them to the end.
        let mut request = inputs::case(&mut random, &examples);
        if random.random_range(0..4) > 0 {
            request.extend_from_slice(b"\r\n\r\n");
        }
        let status = ask(&site, &request);
        let text = String::from_utf8_lossy(&request).into_owned();
        assert!(
            status.is_none_or(|status| status < 500 || status == 503),
            "{status:?}, seed {seed}, {number}: {text:?}"
        );
        answered += u64::from(status.is_some());
        assert!(
            site.child.try_wait().unwrap().is_none(),
            "the site ended after seed {seed}, {number}: {text:?}"
        );
    }
    assert!(answered > requests / 3, "only {answered} of {requests} were answered");
    assert_eq!(
        ask(&site, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").map(|s| s / 100),
        Some(2)
    );
}
