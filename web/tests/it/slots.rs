//! Builders: a small slot in a lake, as split and predict would leave it.

mod analyses;

use std::collections::BTreeSet;
use std::sync::Arc;

use analytics::aggregate::{Reach, Scored, raw_mean, weight};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use cloud::Lake;
use cloud::commit::{commit, put_object};
use domain::lake::{Area, AssetFile, Format, PredictionTable, slot_prefix};
use domain::manifest::{AssetOutcome, Manifest, SourceOutcome};
use domain::mention::{AssetArticle, AssetBar, AssetPost};
use domain::prediction::{DocumentScore, Forecast, Risk, Sentiment, Signal, WordWeight};
use domain::source::Terms;
use domain::{Key, Outcome, Slot, Symbol};
use tables::Table;

/// What a slot says of its assets. The first has the most documents.
pub(crate) struct SlotBuilder {
    pub(crate) slot: Slot,
    pub(crate) assets: usize,
    /// Word in every headline and post, so that a test knows its slot again.
    pub(crate) word: String,
    /// Score of every asset; each has an interval of its own, see [`interval`].
    pub(crate) score: Option<f64>,
    /// Trading days behind.
    pub(crate) days: i64,
    /// Posts of the first asset; each further one has one less.
    pub(crate) posts: usize,
    pub(crate) may_display: bool,
    /// Added to the last close.
    pub(crate) price_shift: f64,
    /// Posts of earlier slots that X no longer has.
    pub(crate) gone: BTreeSet<String>,
    /// Whether it has the tables that older slots have not: volumes, contributions, strategies, leads, back-tests of risk.
    pub(crate) analyses: bool,
}

impl SlotBuilder {
    pub(crate) fn new(slot: &str, word: &str) -> Self {
        Self {
            slot: slot.parse().unwrap(),
            assets: 12,
            word: word.to_owned(),
            score: Some(0.1),
            days: 40,
            posts: 20,
            may_display: true,
            price_shift: 0.0,
            gone: BTreeSet::new(),
            analyses: true,
        }
    }

    /// Writes the slot to the lake and commits it.
    pub(crate) async fn write(&self, lake: &Arc<dyn Lake>) {
        let lake = lake.as_ref();
        let mut list = "symbol,name,class,exchange,aliases\n".to_owned();
        let mut split = Manifest::new("split", self.slot, "test");
        let mut predictions = Manifest::new("predict", self.slot, "test");
        let source = |outcome, newest_at| SourceOutcome {
            counts: [("post".to_owned(), 9)].into(),
            newest_at,
            ..SourceOutcome::empty(outcome, Terms::default(), String::new())
        };
        split.sources.insert("x".into(), source(Outcome::Succeeded, None));
        if !self.gone.is_empty() {
            split.gone.insert("x".into(), self.gone.clone());
        }
        split.sources.insert("feeds".into(), source(Outcome::Partial, Some(self.slot.open_at())));
        for n in 1..=self.assets {
            list += &format!("{},{},equity,US,alias{n}|other {n}\n", symbol(n), name(n));
            let rows = |file, format| Key::AssetRows { slot: self.slot, symbol: parsed(n), file, format };
            let posts: Vec<AssetPost> =
                (0..(self.posts + 1).saturating_sub(n)).map(|i| self.post(n, i)).collect();
            let articles: Vec<AssetArticle> = (0..2).map(|i| self.article(n, i)).collect();
            put(lake, &mut split, rows(AssetFile::Posts, Format::Parquet), &posts).await;
            put(lake, &mut split, rows(AssetFile::Articles, Format::Parquet), &articles).await;
            put(lake, &mut split, rows(AssetFile::Bars, Format::Parquet), &self.bars(n)).await;

            let table = |table| Key::Prediction { slot: self.slot, symbol: parsed(n), table };
            let scores = scores(&posts, &articles);
            let sentiment = [self.sentiment(n, &posts, &articles, &scores)];
            put(lake, &mut predictions, table(PredictionTable::Sentiment), &sentiment).await;
            put(lake, &mut predictions, table(PredictionTable::Documents), &scores).await;
            put(lake, &mut predictions, table(PredictionTable::Forecast), &self.forecast(n)).await;
            put(lake, &mut predictions, table(PredictionTable::Signals), &[signal()]).await;
            put(lake, &mut predictions, table(PredictionTable::Risk), &[risk(0.95), risk(0.99)]).await;
            if self.analyses {
                let strategies = [analyses::strategy(last_day(self.slot))];
                put(lake, &mut predictions, table(PredictionTable::Volumes), &analyses::volumes()).await;
                put(
                    lake,
                    &mut predictions,
                    table(PredictionTable::Contributions),
                    &analyses::contributions(),
                )
                .await;
                put(lake, &mut predictions, table(PredictionTable::Strategies), &strategies).await;
                put(lake, &mut predictions, table(PredictionTable::Leads), &analyses::leads()).await;
                put(
                    lake,
                    &mut predictions,
                    table(PredictionTable::RiskBacktests),
                    &analyses::risk_backtests(),
                )
                .await;
            }
            let done =
                AssetOutcome { outcome: Outcome::Succeeded, message: String::new(), counts: [].into() };
            predictions.assets.insert(symbol(n), done);
        }
        lake.put(&Key::AssetList.to_string(), list.into()).await.unwrap();
        let key = |area| Key::SlotManifest { area, slot: self.slot }.to_string();
        let prefixes = |area| [slot_prefix(area, self.slot)];
        let entry = commit(lake, &key(Area::Assets), &split, &prefixes(Area::Assets)).await.unwrap();
        predictions.inputs = vec![entry];
        commit(lake, &key(Area::Predictions), &predictions, &prefixes(Area::Predictions)).await.unwrap();
    }

    fn sentiment(
        &self,
        n: usize,
        posts: &[AssetPost],
        articles: &[AssetArticle],
        scores: &[DocumentScore],
    ) -> Sentiment {
        let (low, high) = interval(n);
        let weights = posts.iter().map(|p| weight(p.confidence, Reach::Post(p.author_followers)));
        let weights = weights.chain(articles.iter().map(|a| weight(a.confidence, Reach::Outlet)));
        let scored = weights.zip(scores).map(|(weight, s)| Scored { score: s.score, weight, organic: true });
        let (posts, articles) = (posts.len(), articles.len());
        Sentiment {
            score: self.score,
            low: self.score.map(|_| low),
            high: self.score.map(|_| high),
            score_raw: self.score.and_then(|_| raw_mean(&scored.collect::<Vec<_>>())),
            posts: posts as i64 + 3,
            posts_organic: posts as i64,
            articles: articles as i64,
            articles_organic: articles as i64,
            positive: Some(0.5),
            negative: Some(0.2),
            model: "house/1".into(),
        }
    }

    fn post(&self, n: usize, i: usize) -> AssetPost {
        let said_at = self.slot.open_at() + Duration::minutes(1 + i as i64);
        AssetPost {
            source: "x".into(),
            id: format!("{}-{n}-{i}", self.slot),
            kind: "post".into(),
            author_name: Some(format!("reader{i}")),
            author_followers: Some(10),
            text: format!("post {} {} <script>alert({i})</script>", self.word, symbol(n)),
            lang: Some("en".into()),
            vendor_sentiment: None,
            created_at: said_at,
            collected_at: self.slot.close_at() - Duration::minutes(1),
            url: Some(if i == 0 {
                "javascript:alert(1)".into()
            } else {
                format!("https://x.example/{n}/{i}")
            }),
            likes: None,
            reposts: None,
            evidence: "cashtag".into(),
            confidence: 0.9,
            span_start: None,
            span_end: None,
            noise: None,
            duplicate_of: None,
            may_display: self.may_display,
            may_infer: true,
        }
    }

    fn article(&self, n: usize, i: usize) -> AssetArticle {
        AssetArticle {
            source: "feeds".into(),
            id: format!("a-{}-{n}-{i}", self.slot),
            outlet: "The Morning Ledger".into(),
            title: format!("headline {} {} number {i}", self.word, symbol(n)),
            summary: Some("a summary that is not shown".into()),
            authors: Some("Ada Lark; Bo Finch".into()),
            lang: Some("en".into()),
            published_at: self.slot.open_at() + Duration::minutes(30 + i as i64),
            collected_at: self.slot.close_at() - Duration::minutes(1),
            url: format!("https://news.example/{}/{n}/{i}", self.word),
            evidence: "name".into(),
            confidence: 0.8,
            span_start: None,
            span_end: None,
            noise: None,
            duplicate_of: None,
            may_display: true,
            may_infer: true,
        }
    }

    /// Daily bars up to the day before the slot closes; the last close is `200 + n + 0.37`.
    fn bars(&self, n: usize) -> Vec<AssetBar> {
        let last_on = last_day(self.slot);
        (0..self.days)
            .map(|back| {
                let day = last_on - Duration::days(self.days - 1 - back);
                let wave = (back as f64 * 0.7 + n as f64).sin() * 4.0;
                let last = back == self.days - 1;
                let close = 200.37 + n as f64 + if last { self.price_shift } else { wave };
                AssetBar {
                    source: "alpaca".into(),
                    interval: "1d".into(),
                    opens_at: midnight(day),
                    open: close - wave / 3.0,
                    high: close + 2.5,
                    low: close - 2.5,
                    close,
                    adj_close: Some(close),
                    volume: Some(1_000.0 + back as f64),
                    split_ratio: None,
                }
            })
            .collect()
    }

    fn forecast(&self, n: usize) -> Vec<Forecast> {
        let last_close = 200.37 + n as f64 + self.price_shift;
        (1..=5)
            .map(|horizon| {
                let (width, last_on) = (0.01 * f64::from(horizon).sqrt(), last_day(self.slot));
                Forecast {
                    horizon,
                    target_on: last_on + Duration::days(i64::from(horizon)),
                    last_close,
                    last_on,
                    q025: last_close * (1.0 - 2.0 * width),
                    q10: last_close * (1.0 - 1.3 * width),
                    q50: last_close * 1.001,
                    q90: last_close * (1.0 + 1.4 * width),
                    q975: last_close * (1.0 + 2.1 * width),
                    rw_q025: last_close * (1.0 - 2.2 * width),
                    rw_q10: last_close * (1.0 - 1.5 * width),
                    rw_q90: last_close * (1.0 + 1.5 * width),
                    rw_q975: last_close * (1.0 + 2.2 * width),
                    model: "elastic-net/1".into(),
                    skill: Some(0.02),
                    skill_low: Some(-0.01),
                    skill_high: Some(0.05),
                    coverage_80: Some(0.81),
                    coverage_95: Some(0.94),
                    evaluated: 120,
                }
            })
            .collect()
    }
}

/// The symbol of the n-th asset.
pub(crate) fn symbol(n: usize) -> String {
    // One that has to be encoded in a path.
    if n == 3 { "EUR/USD".into() } else { format!("SYM{n}") }
}

/// The name of the n-th asset.
pub(crate) fn name(n: usize) -> String {
    format!("Company {n} & Sons")
}

/// The interval of the n-th asset's score: its own, so that a page that shows it is known by it.
pub(crate) fn interval(n: usize) -> (f64, f64) {
    (-0.5 - n as f64 / 100.0, 0.5 + n as f64 / 100.0)
}

fn scores(posts: &[AssetPost], articles: &[AssetArticle]) -> Vec<DocumentScore> {
    let weight = 1.0 / (posts.len() + articles.len()).max(1) as f64;
    // One is of another mind, so that their mean is the score of none.
    let first = posts.first().map(|post| post.id.clone());
    let score = |kind: &str, source: &str, id: &str| DocumentScore {
        kind: kind.into(),
        source: source.into(),
        id: id.into(),
        score: if first.as_deref() == Some(id) { -0.5 } else { 0.654 },
        confidence: 0.7,
        weight,
        words: [(Some("great"), 0.5), (None, if first.as_deref() == Some(id) { -1.0 } else { 0.154 })]
            .map(|(word, weight)| WordWeight { word: word.map(str::to_owned), weight })
            .into(),
    };
    let posts = posts.iter().map(|p| score("post", &p.source, &p.id));
    posts.chain(articles.iter().map(|a| score("article", &a.source, &a.id))).collect()
}

fn signal() -> Signal {
    let reason = "signal-reason: the median lies above the last close".to_owned();
    Signal { name: "forecast".into(), side: "hold".into(), strength: 0.1, reason }
}

fn risk(confidence: f64) -> Risk {
    Risk {
        confidence,
        horizon: 1,
        value_at_risk: 0.07531,
        standard_error: 0.0002,
        expected_shortfall: 0.08642,
        closed_form: 0.0752,
        historical: 0.0734,
        simulations: 100_000,
        returns: 250,
        seed: 7,
    }
}

async fn put<T: Table>(lake: &dyn Lake, manifest: &mut Manifest, key: Key, rows: &[T]) {
    let bytes = tables::encode(rows).unwrap();
    manifest.objects.push(put_object(lake, key, bytes, rows.len() as u64).await.unwrap());
}

fn parsed(n: usize) -> Symbol {
    symbol(n).parse().unwrap()
}

fn last_day(slot: Slot) -> NaiveDate {
    (slot.close_at() - Duration::days(1)).date_naive()
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(0, 0, 0).unwrap().and_utc()
}
