use std::collections::BTreeSet;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::window::Window;

fn window() -> Window {
    let (from, to) = ("2026-11-21T00:00:00Z".parse().unwrap(), "2026-11-21T06:00:00Z".parse().unwrap());
    Window::plain(from, to)
}

fn exchange(body: &str, hints: &[(&str, &str)]) -> Exchange {
    Exchange {
        stream: "s".to_owned(),
        url: "http://h/".to_owned(),
        status: Some(200),
        headers: Default::default(),
        body: Bytes::from(body.to_owned()),
        hints: hints.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        remainder: None,
    }
}

const DAILY: [(&str, &str); 3] =
    [("interval", "1d"), ("until", "2026-11-21T06:00:00Z"), ("symbols", "BRK.A BRK-A,BTC/USD BTC-USD")];

#[test]
fn bars_are_sorted_checked_joined_and_only_taken_when_over() {
    let window = window();
    let mut collected = Collected::new(&window, chrono::Duration::minutes(30));
    let raw = r#"{"bars":{"BRK.A":[
        {"t":"2026-11-19T05:00:00Z","o":2,"h":4,"l":1,"c":3,"v":10,"n":1,"vw":2.5},
        {"t":"2026-11-18T05:00:00Z","o":"2","h":4,"l":1,"c":2,"v":NaN},
        {"t":"2026-11-17T05:00:00Z","o":2,"h":NaN,"l":1,"c":2,"v":1},
        {"t":"2026-11-16T05:00:00Z","o":2,"h":1,"l":2,"c":2,"v":1},
        {"t":"2026-11-15T05:00:00Z","o":-2,"h":1,"l":1,"c":1,"v":1},
        {"t":"2026-11-14T05:00:00Z","o":1,"h":1,"l":1,"c":1,"v":-1},
        {"t":"soon","o":1,"h":1,"l":1,"c":1,"v":1},
        {"t":"2026-11-20T05:00:00Z","o":3,"h":3,"l":3,"c":3,"v":1},
        {"t":"2026-11-21T05:00:00Z","o":9,"h":9,"l":9,"c":9,"v":1}],"XYZ":null},"next_page_token":null}"#;
    read("raw/p#1", &exchange(raw, &[DAILY.as_slice(), &[("adjustment", "raw")]].concat()), &mut collected);
    let all =
        r#"{"bars":{"BRK.A":[{"t":"2026-11-19T05:00:00Z","c":1.5},{"t":"2026-11-01T05:00:00Z","c":1.5}]}}"#;
    read("raw/p#2", &exchange(all, &[DAILY.as_slice(), &[("adjustment", "all")]].concat()), &mut collected);
    let records = collected.finish().unwrap().into_memory().unwrap();
    let closes: Vec<(&str, f64, Option<f64>)> =
        records.bars.iter().map(|b| (b.symbol.as_str(), b.close, b.adj_close)).collect();
    assert_eq!(closes, [("BRK-A", 2.0, None), ("BRK-A", 3.0, Some(1.5)), ("BRK-A", 3.0, None)]);
    assert_eq!((records.bars[0].volume, records.bars[1].volume), (None, Some(10.0)));
    assert!(records.bars.is_sorted_by_key(|bar| bar.opens_at));
    let reasons: Vec<&str> = records.rejects.iter().map(|reject| reject.reason.as_str()).collect();
    assert_eq!(reasons.len(), 5, "{reasons:?}");
}

#[test]
fn news_is_read_without_its_content() {
    let window = window();
    let mut collected = Collected::new(&window, chrono::Duration::minutes(30));
    let body = r#"{"news":[
        {"id":41,"headline":"Alpha&#39;s target","author":"Ann","created_at":"2026-11-21T01:00:00Z","updated_at":"2026-11-21T02:00:00Z",
         "summary":"<p>Up</p>","content":"the whole text","url":"https://o.example/41?utm_source=x","symbols":["B","A"],"source":"benzinga","images":[]},
        {"id":42,"headline":"yesterday","created_at":"2026-11-20T01:00:00Z","updated_at":"2026-11-21T02:00:00Z","url":null,"symbols":null},
        {"id":43,"headline":["odd"],"created_at":"2026-11-21T01:00:00Z"}],"next_page_token":"n"}"#;
    read("raw/p#1", &exchange(body, &[]), &mut collected);
    let records = collected.finish().unwrap().into_memory().unwrap();
    let (updated, article) = (&records.articles[0], &records.articles[1]);
    assert_eq!((updated.id.as_str(), updated.revision, article.revision), ("42", true, false));
    assert_eq!(
        (article.id.as_str(), article.title.as_str(), article.summary.as_deref()),
        ("41", "Alpha's target", Some("Up"))
    );
    assert_eq!(
        (article.outlet.as_str(), article.canonical_url.as_str()),
        ("benzinga", "https://o.example/41")
    );
    assert_eq!((records.articles.len(), records.rejects.len()), (2, 1));
    assert_eq!(page(body.as_bytes()).unwrap(), Page { next: Some("n".to_owned()), is_empty: false });
}

#[test]
fn tells_a_page_from_what_is_none() {
    let last = Page { next: None, is_empty: true };
    assert_eq!(page(br#"{"bars":null,"next_page_token":null}"#).as_ref(), Ok(&last));
    assert_eq!(page(br#"{"bars":{"A":[],"B":null},"next_page_token":""}"#), Ok(last));
    assert!(page(br#"{"message":"forbidden."}"#).is_err());
    assert!(page(br#"{"bars":{"A":[{"t"#).is_err());
}

#[test]
fn reads_recorded_replies_where_they_are_present() {
    let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
    let folder = std::path::Path::new(&shared).join("data/open/recordings/alpaca");
    for (file, hints) in
        [("stock_bars.json", DAILY.as_slice()), ("crypto.json", DAILY.as_slice()), ("news.json", &[])]
    {
        let Ok(text) = std::fs::read(folder.join(file)) else { return };
        let recorded: Vec<Value> = serde_json::from_slice(&text).unwrap();
        let (mut window, mut taken) = (window(), 0);
        window.from = "2000-01-01T00:00:00Z".parse().unwrap();
        for body in recorded.iter().filter_map(|r| r["response"]["body"].as_str()) {
            let mut collected = Collected::new(&window, chrono::Duration::minutes(30));
            let reply: Value = serde_json::from_str(body).unwrap();
            // Bars of one symbol and latest bars have other forms, which we never ask for.
            let bars = reply["bars"].as_object().is_some_and(|bars| bars.values().all(Value::is_array));
            if !bars && !reply["news"].is_array() {
                continue;
            }
            assert!(page(body.as_bytes()).is_ok());
            read("raw/p#1", &exchange(body, hints), &mut collected);
            let records = collected.finish().unwrap().into_memory().unwrap();
            assert!(records.rejects.is_empty(), "{file}: {:?}", records.rejects);
            // What a reader of the file counts: a bar for each instant of each symbol, an article for each id.
            let bars = reply["bars"].as_object().into_iter().flatten();
            let instants = bars.flat_map(|(symbol, rows)| {
                rows.as_array().into_iter().flatten().map(move |row| (symbol.clone(), row["t"].to_string()))
            });
            let ids = reply["news"].as_array().into_iter().flatten().map(|news| news["id"].to_string());
            assert_eq!(records.bars.len(), instants.collect::<BTreeSet<_>>().len(), "{file}");
            assert_eq!(records.articles.len(), ids.collect::<BTreeSet<_>>().len(), "{file}");
            for bar in &records.bars {
                let theirs = if bar.symbol == "BTC-USD" { "BTC/USD" } else { &bar.symbol };
                let row = reply["bars"][theirs]
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|row| instant::parse(row["t"].as_str().unwrap(), None) == Some(bar.opens_at));
                let stated = ["o", "h", "l", "c", "v"].map(|name| row.unwrap()[name].as_f64());
                assert_eq!(
                    stated,
                    [Some(bar.open), Some(bar.high), Some(bar.low), Some(bar.close), bar.volume]
                );
            }
            taken += records.bars.len() + records.articles.len();
        }
        assert!(taken > 0, "{file}");
    }
}

proptest! {
    #[test]
    fn reads_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), bars in any::<bool>()) {
        let (window, hints) = (window(), if bars { DAILY.as_slice() } else { &[] });
        let mut collected = Collected::new(&window, chrono::Duration::minutes(30));
        let exchange = Exchange { body: bytes.clone().into(), ..exchange("", hints) };
        read("raw/p#1", &exchange, &mut collected);
        let _ = (page(&bytes), collected.finish().unwrap().into_memory().unwrap());
    }

    #[test]
    fn reads_damaged_pages(at in 0usize..400, byte in any::<u8>(), bars in any::<bool>()) {
        const BARS: &str = r#"{"bars":{"A":[{"t":"2026-11-19T05:00:00Z","o":2,"h":4,"l":1,"c":3,"v":10,"n":1,"vw":2.5}]},"next_page_token":"n"}"#;
        const NEWS: &str = r#"{"news":[{"id":41,"headline":"A","created_at":"2026-11-21T01:00:00Z","updated_at":"2026-11-21T02:00:00Z","symbols":["A"],"url":"https://o.example/41"}]}"#;
        let (window, hints) = (window(), if bars { DAILY.as_slice() } else { &[] });
        let mut body = if bars { BARS } else { NEWS }.as_bytes().to_vec();
        let at = at % body.len();
        body[at] = byte;
        let mut collected = Collected::new(&window, chrono::Duration::minutes(30));
        read("raw/p#1", &Exchange { body: body.clone().into(), ..exchange("", hints) }, &mut collected);
        let records = collected.finish().unwrap().into_memory().unwrap();
        prop_assert!(records.articles.iter().all(|a| !a.id.is_empty()));
        prop_assert!(records.bars.iter().all(|b| b.close.is_finite()));
        let _ = page(&body);
    }
}
