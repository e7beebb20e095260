use proptest::prelude::*;

use super::*;
use crate::normalise::Normalised;
use crate::window::Window;

const NEWS: &str = r#"{"items":"4","sentiment_score_definition":"x","relevance_score_definition":"x","surprise":1,"feed":[
 {"title":"Alpha &amp; Beta grow","url":"https://o.example/a?utm_source=x","time_published":"20261121T010203","authors":["Ann",null],
  "summary":"<p>Up</p>","banner_image":null,"source":"One","category_within_source":"n/a","source_domain":"o.example",
  "topics":[{"topic":"Technology","relevance_score":"0.5"}],"overall_sentiment_score":0.164,"overall_sentiment_label":"Somewhat-Bullish",
  "ticker_sentiment":[{"ticker":"CRYPTO:BTC","relevance_score":"0.05","ticker_sentiment_score":"6.3e-05","ticker_sentiment_label":"Neutral"},
                      {"ticker":"AAA","relevance_score":0.9,"ticker_sentiment_score":null}]},
 {"title":"Undated","url":"https://o.example/b","time_published":"soon","overall_sentiment_score":"-0.5"},
 {"title":"No address","time_published":"20261121T010203"},
 {"title":["odd"],"url":"https://o.example/c","time_published":"20261121T030000"}]}"#;

const INTRADAY: &str = r#"{"Meta Data":{"1. Information":"Intraday (60min)","6. Time Zone":"US/Eastern"},"Time Series (60min)":{
 "2026-11-20 19:00:00":{"1. open":"3","2. high":"4","3. low":"2","4. close":"3.5","5. volume":"10"},
 "2026-11-20 16:00:00":{"1. open":"3","2. high":"4","3. low":"2","4. close":"3.5","5. volume":"-"},
 "2026-11-20 15:00:00":{"1. open":"3","2. high":"1","3. low":"2","4. close":"3.5","5. volume":"10"},
 "2026-11-20 14:00:00":{"1. open":3,"2. high":"4","3. low":"2","5. volume":"10"},
 "2026-03-08 02:30:00":{"1. open":"3","2. high":"4","3. low":"2","4. close":"3.5"},
 "2026-11-01 01:00:00":{"1. open":"3","2. high":"4","3. low":"2","4. close":"3.5"}}}"#;

fn window() -> Window {
    Window::plain("2026-11-21T00:00:00Z".parse().unwrap(), "2026-11-21T00:30:00Z".parse().unwrap())
}

fn exchange(body: impl Into<bytes::Bytes>, hints: &[(&str, &str)]) -> Exchange {
    let mut exchange = Exchange::answered("s", "http://h/", body);
    exchange.hints = hints.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    exchange
}

fn records(body: impl Into<bytes::Bytes>, hints: &[(&str, &str)], window: &Window) -> Normalised {
    let mut collected = Collected::new(window, Duration::minutes(30));
    read("raw/p#1", &exchange(body, hints), &mut collected);
    collected.finish().unwrap().into_memory().unwrap()
}

#[test]
fn news_has_scores_as_texts_and_as_numbers() {
    let window = Window { to: "2026-11-21T06:00:00Z".parse().unwrap(), ..window() };
    let window = Window { as_of: window.to, ..window };
    let records = records(NEWS, &[("zone", "UTC")], &window);
    let (undated, article) = (&records.articles[0], &records.articles[1]);
    assert_eq!(
        (undated.id.as_str(), undated.published_raw.as_deref()),
        ("https://o.example/b", Some("soon"))
    );
    assert_eq!(undated.sentiment_score, Some(-0.5));
    assert_eq!(article.id, "https://o.example/a?utm_source=x");
    assert_eq!(article.canonical_url, "https://o.example/a");
    assert_eq!((article.title.as_str(), article.summary.as_deref()), ("Alpha & Beta grow", Some("Up")));
    assert_eq!(
        (article.outlet.as_str(), &article.authors, &article.topics),
        ("One", &vec!["Ann".to_owned()], &vec!["Technology".to_owned()])
    );
    assert_eq!(article.published_at, Some("2026-11-21T01:02:03Z".parse().unwrap()));
    assert_eq!(
        (article.sentiment_score, article.sentiment_label.as_deref()),
        (Some(0.164), Some("Somewhat-Bullish"))
    );
    let tickers: Vec<_> = article.tickers.iter().map(|t| (t.symbol.as_str(), t.relevance, t.score)).collect();
    assert_eq!(tickers, [("CRYPTO:BTC", Some(0.05), Some(6.3e-5)), ("AAA", Some(0.9), None)]);
    let rejected: Vec<Option<&str>> = records.rejects.iter().map(|r| r.id.as_deref()).collect();
    assert_eq!(rejected, [None, Some("https://o.example/c")]);
    assert_eq!(records.articles.len(), 2);
    let whole = NEWS.replace(r#"["odd"]"#, "\"odd\"");
    let mut collected = Collected::new(&window, Duration::minutes(30));
    read("raw/p#1", &exchange(whole, &[]), &mut collected);
    let unknown = collected.finish().unwrap().unknown_fields;
    assert_eq!(unknown.keys().collect::<Vec<_>>(), ["surprise"]);
}

#[test]
fn tells_where_news_ends() {
    let page = news::page(NEWS.as_bytes()).unwrap();
    assert_eq!(page, news::Page { items: 4, last: Some("soon".to_owned()) });
    let none = news::page(br#"{"Information":"No articles found. Please adjust"}"#).unwrap();
    assert_eq!(none, news::Page { items: 0, last: None });
    assert!(news::page(b"<html>").unwrap_err().again);
    assert!(!news::page(b"{}").unwrap_err().again);
    let tokyo = news::instant("20261121T0900", "Asia/Tokyo".parse().unwrap());
    assert_eq!(tokyo, Some("2026-11-21T00:00:00Z".parse().unwrap()));
}

#[test]
fn hours_are_told_by_the_clocks_of_the_named_place() {
    let hints = [("symbol", "AAA"), ("interval", "1h"), ("until", "2026-11-21T00:30:00Z")];
    let records = records(INTRADAY, &hints, &window());
    let bars: Vec<_> = records.bars.iter().map(|b| (b.opens_at.to_rfc3339(), b.close, b.volume)).collect();
    // The bar of 19 o'clock is not over by half past midnight UTC.
    let expected = [("2026-11-01T05:00:00+00:00", 3.5, None), ("2026-11-20T21:00:00+00:00", 3.5, None)];
    assert_eq!(bars, expected.map(|(at, close, volume)| (at.to_owned(), close, volume)));
    assert_eq!(records.rejects.len(), 3, "{:?}", records.rejects);
    let zone = INTRADAY.replace("US/Eastern", "Mars/Olympus");
    assert!(self::records(zone, &hints, &window()).rejects[0].reason.contains("Mars/Olympus"));
}

#[test]
fn days_open_at_midnight_and_are_adjusted_where_stated() {
    let body = r#"{"Meta Data":{"5. Time Zone":"US/Eastern"},"Time Series (Daily)":{
        "2026-11-20":{"1. open":"3","2. high":"4","3. low":"2","4. close":"3.5","5. adjusted close":"1.75","6. volume":"10","7. dividend amount":"0"},
        "2026-11-21":{"1. open":"3","2. high":"4","3. low":"2","4. close":"3.5","5. adjusted close":"1.75","6. volume":"10"},
        "2025-01-01":{"1. open":"3","2. high":"4","3. low":"2","4. close":"3.5","5. adjusted close":"1.75","6. volume":"10"}}}"#;
    let hints = [
        ("symbol", "AAA"),
        ("interval", "1d"),
        ("since", "2026-01-01T00:00:00Z"),
        ("until", "2026-11-21T00:30:00Z"),
    ];
    let records = records(body, &hints, &window());
    let bars: Vec<_> =
        records.bars.iter().map(|b| (b.opens_at.to_rfc3339(), b.close, b.adj_close, b.volume)).collect();
    assert_eq!(bars, [("2026-11-20T00:00:00+00:00".to_owned(), 3.5, Some(1.75), Some(10.0))]);
    let coin = r#"{"Meta Data":{"7. Time Zone":"UTC"},"Time Series (Digital Currency Daily)":{"2026-11-20":{
        "1a. open (EUR)":"9","1b. open (USD)":"1","2b. high (USD)":"1","3b. low (USD)":"1","4b. close (USD)":"1","5. volume":"2"}}}"#;
    let records =
        self::records(coin, &[("symbol", "BTC-USD"), ("interval", "1d"), ("market", "USD")], &window());
    assert_eq!((records.bars[0].open, records.bars[0].volume), (1.0, Some(2.0)));
}

#[test]
fn settings_tell_the_plan() {
    let parse = |fields: &str| {
        let body = format!("[alpha_vantage]\napi_key = \"secret-key\"\n{fields}");
        crate::settings::Settings::parse(&body, false, |_| None)
    };
    for (fields, by_minute, by_day) in [
        ("", 20, Some(25)),
        ("calls_per_minute = 60\ncalls_per_day = 500\n", 60, Some(500)),
        ("calls_per_minute = 75\n", 75, None),
        ("calls_per_day = 0\n", 75, None),
    ] {
        let settings = parse(fields).unwrap();
        let source = &settings.sources[&domain::SourceId::new("alpha_vantage")].source;
        assert_eq!(
            (source.calls_per_minute(), source.allowance().calls_per_day),
            (Some(by_minute), by_day),
            "{fields}"
        );
    }
    for (fields, part) in [
        ("classes = [\"index\"]\n", "it has bars of equity, crypto, fx only"),
        ("classes = [\"bond\"]\n", "alpha_vantage.classes"),
        ("news_zone = \"Mars\"\n", "alpha_vantage.news_zone is \"Mars\""),
    ] {
        let error = parse(fields).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn reads_recorded_replies_where_they_are_present() {
    let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
    let load = |file: &str| std::fs::read(std::path::Path::new(&shared).join("data").join(file));
    let Ok(body) = load("eval/recordings/alpha_vantage/news_sentiment_first_3_of_50.json") else { return };
    let all = Window { from: "2000-01-01T00:00:00Z".parse().unwrap(), ..window() };
    assert_eq!(
        news::page(&body).unwrap(),
        news::Page { items: 50, last: Some("20220705T020000".to_owned()) }
    );
    let news = records(body, &[("zone", "UTC")], &all);
    assert_eq!((news.articles.len(), news.rejects.len()), (3, 0));
    let times: Vec<_> = news.articles.iter().map(|a| a.published_at.unwrap().to_rfc3339()).collect();
    assert!(times.is_sorted() && times[2] == "2022-07-05T02:00:00+00:00", "{times:?}");
    assert!(
        news.articles
            .iter()
            .all(|a| a.sentiment_score.is_some() && a.sentiment_label.is_some() && !a.topics.is_empty())
    );
    assert!(
        news.articles.iter().flat_map(|a| &a.tickers).all(|t| t.relevance.is_some() && t.score.is_some())
    );

    let daily = load("eval/recordings/alpha_vantage/time_series_daily_GOOG.json").unwrap();
    series::page(&daily).unwrap();
    let daily = records(daily, &[("symbol", "GOOG"), ("interval", "1d")], &all);
    assert_eq!((daily.bars.len(), daily.rejects.len()), (100, 0));
    let last = daily.bars.last().unwrap();
    assert_eq!(
        (last.opens_at.to_rfc3339().as_str(), last.open, last.close, last.volume),
        ("2022-07-06T00:00:00+00:00", 2281.84, 2304.27, Some(1_439_588.0))
    );

    let minutes = load("open/recordings/alpha_vantage/time_series_intraday_1min_MSFT.json").unwrap();
    series::page(&minutes).unwrap();
    let minutes = records(minutes, &[("symbol", "MSFT"), ("interval", "1m")], &all);
    assert_eq!((minutes.bars.len(), minutes.rejects.len()), (100, 0));
    let last = minutes.bars.last().unwrap();
    assert_eq!(
        (last.opens_at.to_rfc3339().as_str(), last.low, last.volume),
        ("2017-12-18T19:56:00+00:00", 86.475, Some(10_494.0))
    );

    // What we never ask for is no series and no news.
    for file in ["currency_exchange_rate_BTC_CNY.json", "global_quote_MSFT.json", "symbol_search_BA.json"] {
        let body = load(&format!("open/recordings/alpha_vantage/{file}")).unwrap();
        assert!(series::page(&body).is_err() && news::page(&body).is_err(), "{file}");
    }
}

proptest! {
    #[test]
    fn reads_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), daily in any::<bool>()) {
        let hints: &[_] = if daily { &[("symbol", "A"), ("interval", "1d")] } else { &[] };
        records(bytes.clone(), hints, &window());
        let (_, _) = (news::page(&bytes), series::page(&bytes));
    }

    #[test]
    fn reads_damaged_answers(at in 0usize..1500, byte in any::<u8>(), cut in any::<bool>(), bars in any::<bool>()) {
        let mut body = if bars { INTRADAY } else { NEWS }.as_bytes().to_vec();
        let at = at % body.len();
        if cut { body.truncate(at) } else { body[at] = byte }
        let hints: &[_] = if bars { &[("symbol", "A"), ("interval", "1h")] } else { &[] };
        let records = records(body.clone(), hints, &window());
        prop_assert!(records.articles.iter().all(|a| !a.id.is_empty()));
        prop_assert!(records.bars.iter().all(|b| b.close.is_finite()));
        let (_, _) = (news::page(&body), series::page(&body));
    }
}
