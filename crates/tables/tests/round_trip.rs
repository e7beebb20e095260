//! Every table reads what it writes, empty tables too.
#![allow(clippy::unwrap_used)]

use std::fmt::Debug;

use chrono::{DateTime, NaiveDate, Utc};
use domain::document::{ArticleTicker, AssetHint, RecordReject, Reject};
use domain::mention::{AssetArticle, AssetBar, AssetPost};
use domain::prediction::{
    Contribution, CurvePoint, DocumentScore, Forecast, LagCorrelation, Lead, MoodDay, MoodSeries, NoiseCount,
    Risk, RiskBacktest, SealedForecast, Sentiment, ShadowSentiment, Signal, Strategy, StrategyTrade,
    SummaryRow, Volume, WordWeight,
};
use domain::seen::Signature;
use domain::{Article, Bar, Post, PostKind, Seen};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use tables::{Table, decode, encode};

fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_763_700_000_000_000 + micros).unwrap()
}

fn round_trip<T: Table + Clone + PartialEq + Debug>(row: T) {
    let rows = vec![row.clone(), row];
    let bytes = encode(&rows).unwrap();
    assert_eq!(decode::<T>(&bytes).unwrap(), rows);
    assert_eq!(encode(&rows).unwrap(), bytes, "the same rows give the same bytes");
    assert_eq!(decode::<T>(&encode::<T>(&[]).unwrap()).unwrap(), []);
    assert!(decode::<T>(&bytes[..bytes.len() / 2]).is_err());
}

#[test]
fn records() {
    round_trip(Post {
        id: "605161873479233538".into(),
        kind: PostKind::Repost,
        channel: None,
        parent_id: Some("1".into()),
        author_id: Some("7".into()),
        author_name: Some("añb".into()),
        author_followers: Some(233),
        author_created_at: None,
        text: "RT $CSCO \u{1f680}\n".into(),
        lang: Some("en".into()),
        asset_hints: vec![AssetHint { symbol: "CSCO".into(), method: "cashtag".into() }],
        vendor_sentiment: None,
        created_at: at(1),
        edited_at: Some(at(2)),
        url: None,
        likes: Some(0),
        replies: None,
        reposts: Some(3),
        deleted: false,
        collected_at: at(3),
        raw_ref: "raw/x#1".into(),
        conversation_id: Some("1".into()),
        author_verified: Some(true),
        quotes: Some(2),
        views: None,
        score: Some(-3),
        upvote_ratio: Some(0.25),
        revision: true,
    });
    round_trip(Article {
        id: "a".into(),
        outlet: "o".into(),
        title: "t".into(),
        summary: None,
        authors: vec!["A".into(), "B".into()],
        tickers: vec![ArticleTicker { symbol: "KO".into(), relevance: None, score: Some(0.1) }],
        lang: None,
        published_at: None,
        updated_at: Some(at(0)),
        url: "https://example.org/a?utm_source=x".into(),
        canonical_url: "https://example.org/a".into(),
        collected_at: at(3),
        raw_ref: "raw/feeds#1".into(),
        feeds: vec!["o@1".into(), "o@2".into()],
        sentiment_score: Some(-0.5),
        sentiment_label: None,
        topics: vec!["earnings".into()],
        published_raw: Some("soon".into()),
        revision: false,
    });
    let (interval, symbol) = ("1d".to_owned(), "KO".to_owned());
    let bar = Bar {
        symbol,
        interval,
        opens_at: at(0),
        open: 1.5,
        high: 2.0,
        low: 1.0,
        close: 1.1,
        adj_close: None,
        volume: Some(1e9),
        collected_at: at(9),
    };
    round_trip(bar);
    round_trip(Reject { reason: "no text".into(), raw_ref: "raw/x#1".into(), id: None });
    round_trip(Seen {
        symbol: "AAPL".into(),
        key: "x/1".into(),
        at: at(10),
        words: u64::MAX,
        link: Some(1 << 63),
        signature: Signature(vec![0, 7, u32::MAX]),
    });
}

#[test]
fn asset_rows() {
    round_trip(AssetPost {
        source: "x".into(),
        id: "1".into(),
        kind: "post".into(),
        author_name: None,
        author_followers: None,
        text: "$KO".into(),
        lang: None,
        vendor_sentiment: Some("Bullish".into()),
        created_at: at(0),
        collected_at: at(1),
        url: None,
        likes: None,
        reposts: None,
        evidence: "cashtag".into(),
        confidence: 0.99,
        span_start: Some(3),
        span_end: None,
        noise: Some("duplicate".into()),
        duplicate_of: Some("x/0".into()),
        may_display: true,
        may_infer: false,
    });
    round_trip(AssetArticle {
        source: "feeds".into(),
        id: "1".into(),
        outlet: "o".into(),
        title: "t".into(),
        summary: None,
        authors: None,
        lang: None,
        published_at: at(0),
        collected_at: at(1),
        url: "u".into(),
        evidence: "name".into(),
        confidence: 0.9,
        span_start: Some(3),
        span_end: None,
        noise: None,
        duplicate_of: None,
        may_display: true,
        may_infer: true,
    });
    let (source, interval) = ("alpaca".into(), "1h".into());
    round_trip(AssetBar {
        source,
        interval,
        opens_at: at(0),
        open: 1.0,
        high: 1.0,
        low: 1.0,
        close: 1.0,
        adj_close: Some(0.5),
        volume: None,
        split_ratio: Some(4.0),
    });
    round_trip(RecordReject {
        reason: "its id is empty".into(),
        source: "x".into(),
        object: "records/part".into(),
        row: 7,
        id: None,
        excerpt: "two\nlines".into(),
    });
}

#[test]
fn predictions() {
    round_trip(Sentiment {
        score: Some(0.1),
        low: None,
        high: None,
        score_raw: None,
        posts: 1,
        posts_organic: 1,
        articles: 0,
        articles_organic: 0,
        positive: None,
        negative: None,
        model: "house/1".into(),
    });
    let (kind, source, id) = ("post".into(), "x".into(), "1".into());
    let words =
        vec![WordWeight { word: Some("cae".into()), weight: -0.75 }, WordWeight { word: None, weight: 0.25 }];
    round_trip(DocumentScore { kind, source, id, score: -0.5, confidence: 0.4, weight: 1.0, words });
    round_trip(Forecast {
        horizon: 5,
        target_on: NaiveDate::from_ymd_opt(2026, 11, 27).unwrap(),
        last_close: 10.0,
        last_on: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
        q025: 9.0,
        q10: 9.5,
        q50: 10.0,
        q90: 10.5,
        q975: 11.0,
        rw_q025: 9.0,
        rw_q10: 9.5,
        rw_q90: 10.5,
        rw_q975: 11.0,
        model: "random-walk/1".into(),
        skill: None,
        skill_low: None,
        skill_high: None,
        coverage_80: Some(0.8),
        coverage_95: None,
        evaluated: 0,
    });
    round_trip(Signal { name: "forecast".into(), side: "hold".into(), strength: 0.0, reason: "r".into() });
    round_trip(Risk {
        confidence: 0.99,
        horizon: 1,
        value_at_risk: 0.03,
        standard_error: 0.001,
        expected_shortfall: 0.04,
        closed_form: 0.03,
        historical: 0.02,
        simulations: 10_000,
        returns: 250,
        seed: -3,
    });
    let symbol = "^GSPC".into();
    round_trip(SummaryRow {
        symbol,
        score: None,
        documents: 0,
        mentions: 1,
        last_close: None,
        last_bar_at: Some(at(0)),
        articles: Some(1),
    });
    round_trip(SealedForecast {
        symbol: "A".into(),
        role: "champion".into(),
        model: "random-walk/1".into(),
        version: None,
        horizon: 5,
        last_on: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
        target_on: NaiveDate::from_ymd_opt(2026, 11, 27).unwrap(),
        last_close: 10.0,
        q025: 9.0,
        q10: 9.5,
        q50: 10.0,
        q90: 10.5,
        q975: 11.0,
    });
    let (symbol, version) = ("A".into(), "v".into());
    let (score, champion_score) = (Some(0.5), None);
    round_trip(ShadowSentiment { symbol, version, score, champion_score, documents: 3, differ: 1 });
}

/// Writes a row as programs did before the last column was there.
fn before_the_last_column<T: Table>(row: &T) -> Vec<u8> {
    let bytes = encode(std::slice::from_ref(row)).unwrap();
    let batch = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap().build().unwrap();
    let batch = batch.map(Result::unwrap).next().unwrap();
    let before: Vec<usize> = (0..batch.num_columns() - 1).collect();
    let batch = batch.project(&before).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn analyses() {
    let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    round_trip(Volume {
        source: "x".into(),
        kind: "post".into(),
        documents: 9,
        organic: 5,
        score: None,
        weight: 0.5,
        noise: vec![NoiseCount { reason: "duplicate".into(), documents: 4 }],
    });
    round_trip(Contribution { horizon: 5, feature: "level".into(), value: None, effect: -0.001 });
    round_trip(Strategy {
        name: "averages 20/50, long only".into(),
        from_on: day(1),
        to_on: day(20),
        trades: 2,
        total_return: 0.1,
        annual_return: 0.02,
        max_drawdown: 0.3,
        sharpe: Some(0.5),
        sharpe_low: Some(-0.1),
        sharpe_high: Some(1.1),
        deflated_sharpe: None,
        tried: 3000,
        cost_bp: 5.0,
        slippage_bp: 5.0,
        costs: 0.004,
        hold_return: 0.2,
        hold_drawdown: 0.4,
        hold_sharpe: None,
        curve: vec![CurvePoint { on: day(6), equity: 1.0, hold: 1.1, drawdown: 0.0 }],
        ledger: vec![StrategyTrade {
            opened_on: day(3),
            closed_on: None,
            side: "long".into(),
            entry: 10.0,
            exit: None,
            gain: 0.01,
        }],
    });
    round_trip(Lead {
        source: "all".into(),
        observations: 120,
        lags: vec![LagCorrelation { lag: -1, correlation: 0.1, low: -0.1, high: 0.3 }],
        mood_first_p: Some(0.01),
        mood_first_q: Some(0.2),
        price_first_p: None,
        price_first_q: None,
        verdict: "no-evidence".into(),
    });
    round_trip(RiskBacktest {
        model: "fhs".into(),
        confidence: 0.99,
        days: 500,
        exceptions: 7,
        expected: 5.0,
        kupiec_p: Some(0.4),
        christoffersen_p: None,
    });
    round_trip(MoodSeries {
        symbol: "A".into(),
        source: "all".into(),
        days: vec![MoodDay { on: day(2), score: -0.25, documents: 7 }],
    });
}

#[test]
fn files_that_were_written_without_a_later_column_are_read() {
    let bar = AssetBar {
        source: "yahoo".into(),
        interval: "1d".into(),
        opens_at: at(0),
        open: 1.0,
        high: 1.0,
        low: 1.0,
        close: 1.0,
        adj_close: None,
        volume: None,
        split_ratio: None,
    };
    assert_eq!(decode::<AssetBar>(&before_the_last_column(&bar)).unwrap(), [bar]);
    let (kind, source, id) = ("post".into(), "x".into(), "1".into());
    let document =
        DocumentScore { kind, source, id, score: 0.1, confidence: 0.4, weight: 1.0, words: Vec::new() };
    assert_eq!(decode::<DocumentScore>(&before_the_last_column(&document)).unwrap(), [document]);
}

#[test]
fn columns_are_compressed_where_it_is_worth_it() {
    let lead = |lags: i32| Lead {
        source: "all".into(),
        observations: 120,
        lags: (0..lags).map(|lag| LagCorrelation { lag, correlation: 0.1, low: -0.1, high: 0.3 }).collect(),
        mood_first_p: None,
        mood_first_q: None,
        price_first_p: None,
        price_first_q: None,
        verdict: "none".into(),
    };
    let compressed = |rows: &[Lead]| {
        let bytes = encode(rows).unwrap();
        assert_eq!(decode::<Lead>(&bytes).unwrap(), rows);
        let file = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap();
        let columns = file.metadata().row_group(0).columns().iter();
        let packed = columns.filter(|c| c.compression() != Compression::UNCOMPRESSED);
        packed.map(|c| c.column_path().parts().last().cloned().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(compressed(&[lead(9)]), [""; 0]);
    assert_eq!(compressed(&[lead(3_000), lead(0)]), ["lag", "correlation", "low", "high"]);
}
