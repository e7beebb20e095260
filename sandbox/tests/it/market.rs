//! A small world of prices and news, and a server for it.
//!
//! TSLA, BRK-B and ^GSPC trade on weekdays from 14:00 to 21:00 UTC, BTC-USD and EUR-USD always. Days from 2026-01-05 to 2026-03-06,
//! hours from 2026-03-02 to 2026-03-06, minutes of TSLA on 2026-03-02 from 14:30 to 16:00 without each tenth one.
//! Adjusted closes are half of the closes; those of TSLA's days before 2026-02-10 are less, because two per cent were paid then.
//! 120 articles, one every ten minutes from 2026-03-02T00:00Z, by turns about TSLA and BTC-USD.

use std::path::Path;

use chrono::{DateTime, Datelike, Duration, Timelike, Utc};
use reqwest::{Client, Response};
use sandbox::serve::{Options, start};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::kit::{instant, packed};

pub(crate) struct Market {
    pub(crate) base: String,
    pub(crate) setup: Value,
    pub(crate) client: Client,
    _dir: TempDir,
}

const SYMBOLS: [&str; 5] = ["TSLA", "BRK-B", "BTC-USD", "EUR-USD", "^GSPC"];

fn trades(symbol: &str, at: DateTime<Utc>, daily: bool) -> bool {
    let always = matches!(symbol, "BTC-USD" | "EUR-USD");
    let weekday = at.weekday().number_from_monday() <= 5;
    always || weekday && (daily || (14..21).contains(&at.hour()))
}

fn write_world(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let description = json!({"name": "market", "licence": "CC0-1.0", "start": "2026-03-02T00:00:00Z", "end": "2026-03-09T00:00:00Z"});
    std::fs::write(folder.join("world.json"), description.to_string()).unwrap();
    let assets = "symbol,name,class,exchange,aliases\nTSLA,Tesla,equity,US,\nBRK-B,Berkshire,equity,US,\nBTC-USD,Bitcoin,crypto,,\nEUR-USD,Euro,fx,,\n^GSPC,S&P 500,index,,\n";
    std::fs::write(folder.join("assets.csv"), assets).unwrap();
    packed(folder, "posts.ndjson.zst", "");
    let begin = instant("2026-03-02T00:00:00Z");
    let mut articles = String::new();
    for n in 0..120 {
        let article = json!({"outlet": (["Alpha & Sons", "Beta"][n as usize % 2]), "id": format!("id-{n}"), "url": format!("https://e.example/{n}?a=1&b=2"),
            "title": format!("Title <{n}>"), "summary": "S", "authors": ["Ann"], "published_at": begin + Duration::minutes(10 * n), "lang": "en",
            "tickers": if n % 2 == 0 { vec!["TSLA"] } else { vec!["BTC-USD"] }});
        articles.push_str(&format!("{article}\n"));
    }
    packed(folder, "articles.ndjson.zst", &articles);
    let mut bars = String::from("symbol,interval,time,open,high,low,close,adj_close,volume\n");
    let mut bar = |symbol: &str, interval: &str, at: DateTime<Utc>, n: i64| {
        let open = 100 + n;
        let (high, low, close) = (open + 3, open - 2, open + 1);
        let paid = symbol == "TSLA" && interval == "1d" && at < instant("2026-02-10T00:00:00Z");
        let adjusted = close as f64 * if paid { 0.49 } else { 0.5 };
        let at = at.to_rfc3339();
        bars.push_str(&format!("{symbol},{interval},{at},{open},{high},{low},{close},{adjusted},1000\n"));
    };
    for symbol in SYMBOLS {
        for day in 0..61 {
            let at = instant("2026-01-05T00:00:00Z") + Duration::days(day);
            if trades(symbol, at, true) {
                bar(symbol, "1d", at, day);
            }
        }
        for hour in 0..120 {
            let at = begin + Duration::hours(hour);
            if trades(symbol, at, false) {
                bar(symbol, "1h", at, hour);
            }
        }
    }
    for minute in 0..90 {
        if minute % 10 != 9 {
            bar("TSLA", "1m", instant("2026-03-02T14:30:00Z") + Duration::minutes(minute), minute);
        }
    }
    packed(folder, "bars.csv.zst", &bars);
}

impl Market {
    /// A server whose clock shows `at` and stands still.
    pub(crate) async fn start(at: &str) -> Self {
        Self::with(at, Options::default(), None).await
    }

    /// A server that differs from the usual one.
    pub(crate) async fn with(at: &str, options: Options, faults: Option<Value>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("world");
        write_world(&folder);
        let faults = faults.map(|plan| {
            let file = dir.path().join("faults.json");
            std::fs::write(&file, plan.to_string()).unwrap();
            file
        });
        let (world, report) = sandbox::load(&[folder]).unwrap();
        assert_eq!(report.refused_total(), 0, "{report}");
        let options = Options { at: Some(instant(at)), faults, workers: 1, ..options };
        let (server, base) = start(world, &options).unwrap();
        actix_web::rt::spawn(server);
        let client = Client::new();
        let setup = client.get(format!("{base}/_world/setup")).send().await.unwrap().json().await.unwrap();
        Self { base, setup, client, _dir: dir }
    }

    /// Asks a source by its name in the setup.
    pub(crate) async fn get(&self, source: &str, path: &str, params: &[(&str, &str)]) -> Response {
        let base = self.setup[source]["base_url"].as_str().unwrap();
        self.client.get(format!("{base}{path}")).query(params).send().await.unwrap()
    }

    /// The counts of a source.
    pub(crate) async fn stats(&self, source: &str) -> Value {
        let url = format!("{}/_world/stats", self.base);
        let stats: Value = self.client.get(url).send().await.unwrap().json().await.unwrap();
        stats[source].clone()
    }

    /// The keys of a source in a window.
    pub(crate) async fn keys(&self, source: &str, from: &str, to: &str) -> Vec<Value> {
        let url = format!("{}/_world/keys?source={source}&from={from}&to={to}", self.base);
        let text = self.client.get(url).send().await.unwrap().text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
