//! A small world and a server for it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use reqwest::{Client, Response};
use sandbox::serve::{Options, start};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) struct Sandbox {
    pub(crate) base: String,
    pub(crate) setup: Value,
    pub(crate) client: Client,
    _dir: TempDir,
}

pub(crate) fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn packed(folder: &Path, name: &str, text: &str) {
    let mut encoder = zstd::Encoder::new(std::fs::File::create(folder.join(name)).unwrap(), 3).unwrap();
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap();
}

/// 250 posts of X and 70 of StockTwits, one a minute, from 2026-03-02T00:00Z; 6 articles an hour; bars of four assets.
pub(crate) fn write_world(folder: &Path) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let description = json!({"name": "small", "licence": "CC0-1.0", "start": "2026-03-02T00:00:00Z", "end": "2026-03-09T00:00:00Z"});
    std::fs::write(folder.join("world.json"), description.to_string()).unwrap();
    let assets = "symbol,name,class,exchange,aliases\nTSLA,Tesla,equity,US,Tesla\nBRK-A,Berkshire,equity,US,\nBTC-USD,Bitcoin,crypto,,BTC\nEUR-USD,Euro,fx,,\n";
    std::fs::write(folder.join("assets.csv"), assets).unwrap();
    let mut posts = String::new();
    let begin = instant("2026-03-02T00:00:00Z");
    for n in 0..250 {
        let text = match n % 5 {
            0 => format!("$TSLA number {n}"),
            1 => format!("Tesla cars, number {n}"),
            2 => format!("RT @a1: $tsla number {n}"),
            3 => format!("L$D no tag {n} é🚀"),
            _ => format!("$BRK.A ($btc) {n}"),
        };
        let mut post = json!({"source": "x", "id": (5_000_000 + n).to_string(), "text": text, "lang": if n % 7 == 0 { "es" } else { "en" },
            "created_at": begin + chrono::Duration::minutes(n), "kind": if n % 5 == 2 { "repost" } else { "post" }});
        if n % 3 != 0 {
            post["author"] = format!("a{}", n % 4).into();
            post["author_id"] = (100 + n % 4).to_string().into();
            post["followers"] = (10 * n).into();
        }
        if n == 10 {
            post["deleted_at"] = json!(begin + chrono::Duration::hours(10));
        }
        if n == 20 {
            post["visible_at"] = json!(begin + chrono::Duration::hours(5));
        }
        posts.push_str(&format!("{post}\n"));
    }
    for n in 0..70 {
        // Ids against the order of time, as recorded worlds may have them.
        let mut post = json!({"source": "stocktwits", "id": (900 - n * 37 % 70).to_string(), "text": format!("message {n} $BTC.X"),
            "created_at": begin + chrono::Duration::minutes(n), "channel": "BRK.A"});
        match n % 10 {
            0 => post["channel"] = "ODD".into(),
            1 => {
                post["channel"] = Value::Null;
                post["text"] = "nothing in particular".into();
            }
            _ => {}
        }
        posts.push_str(&format!("{post}\n"));
    }
    packed(folder, "posts.ndjson.zst", &posts);
    let mut articles = String::new();
    for n in 0..300 {
        let article = json!({"outlet": (["Alpha & Sons", "Beta", "Gamma"][n as usize % 3]), "id": format!("id-{n}"), "url": format!("https://e.example/{n}?a=1&b=2"),
            "title": format!("Title <{n}>"), "summary": "S", "authors": ["Ann"], "published_at": begin + chrono::Duration::minutes(10 * n), "lang": "en",
            "tickers": if n % 2 == 0 { vec!["TSLA"] } else { vec!["BTC-USD"] }});
        articles.push_str(&format!("{article}\n"));
    }
    packed(folder, "articles.ndjson.zst", &articles);
    let mut bars = String::from("symbol,interval,time,open,high,low,close,adj_close,volume\n");
    for symbol in ["TSLA", "BRK-A", "BTC-USD", "EUR-USD"] {
        for n in 0..40 {
            let hour = (begin + chrono::Duration::hours(n)).to_rfc3339();
            bars.push_str(&format!("{symbol},1h,{hour},10,12,9,11,5.5,100\n"));
            let day = (begin + chrono::Duration::days(n - 35)).to_rfc3339();
            bars.push_str(&format!("{symbol},1d,{day},10,12,9,11,5.5,100\n"));
        }
    }
    packed(folder, "bars.csv.zst", &bars);
    folder.to_path_buf()
}

impl Sandbox {
    pub(crate) async fn start(at: &str, faults: Option<Value>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        write_world(&dir.path().join("world"));
        Self::serve(dir, at, faults).await
    }

    /// A world that has only these posts, in the week of the small one.
    pub(crate) async fn with_posts(at: &str, posts: &[Value]) -> Self {
        Self::with_posts_and_faults(at, posts, None).await
    }

    /// The same under a fault plan.
    pub(crate) async fn with_posts_and_faults(at: &str, posts: &[Value], faults: Option<Value>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = write_world(&dir.path().join("world"));
        let lines: String = posts.iter().map(|post| format!("{post}\n")).collect();
        packed(&folder, "posts.ndjson.zst", &lines);
        Self::serve(dir, at, faults).await
    }

    async fn serve(dir: TempDir, at: &str, faults: Option<Value>) -> Self {
        let folder = dir.path().join("world");
        let faults = faults.map(|plan| {
            let file = dir.path().join("faults.json");
            std::fs::write(&file, plan.to_string()).unwrap();
            file
        });
        let (world, report) = sandbox::load(&[folder]).unwrap();
        assert_eq!(report.refused_total(), 0, "{report}");
        let options = Options { at: Some(instant(at)), faults, workers: 1, ..Options::default() };
        let (server, base) = start(world, &options).unwrap();
        actix_web::rt::spawn(server);
        let client = Client::new();
        let setup = client.get(format!("{base}/_world/setup")).send().await.unwrap().json().await.unwrap();
        Self { base, setup, client, _dir: dir }
    }

    pub(crate) async fn set_clock(&self, wish: Value) -> Response {
        let url = format!("{}/_world/clock", self.base);
        self.client
            .put(url)
            .header("content-type", "application/json")
            .body(wish.to_string())
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn x(&self, params: &[(&str, &str)]) -> Response {
        let token = self.setup["x"]["bearer_token"].as_str().unwrap();
        let url = format!("{}/2/tweets/search/recent", self.setup["x"]["base_url"].as_str().unwrap());
        self.client.get(url).bearer_auth(token).query(params).send().await.unwrap()
    }

    pub(crate) async fn stream(&self, symbol: &str, params: &[(&str, &str)]) -> Response {
        let base = self.setup["stocktwits"]["base_url"].as_str().unwrap();
        self.client
            .get(format!("{base}/api/2/streams/symbol/{symbol}.json"))
            .query(params)
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn alpaca(&self, path: &str, params: &[(&str, &str)]) -> Response {
        let alpaca = &self.setup["alpaca"];
        self.client
            .get(format!("{}{path}", alpaca["base_url"].as_str().unwrap()))
            .header("APCA-API-KEY-ID", alpaca["key_id"].as_str().unwrap())
            .header("APCA-API-SECRET-KEY", alpaca["secret_key"].as_str().unwrap())
            .query(params)
            .send()
            .await
            .unwrap()
    }

    /// What the sandbox says that a source shows of a window.
    pub(crate) async fn keys(&self, source: &str, from: &str, to: &str) -> Vec<Value> {
        let url = format!("{}/_world/keys", self.base);
        let query = [("source", source), ("from", from), ("to", to)];
        let text = self.client.get(url).query(&query).send().await.unwrap().text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) async fn stats(&self) -> Value {
        self.client.get(format!("{}/_world/stats", self.base)).send().await.unwrap().json().await.unwrap()
    }
}

pub(crate) fn header(response: &Response, name: &str) -> i64 {
    response.headers()[name].to_str().unwrap().parse().unwrap()
}

pub(crate) async fn body(response: Response) -> Value {
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}
