//! The rows that the interface promises. They are apart from the tables of Postgres, which may change.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tables::export::{Columns, Kind};

/// Rows that go out in any format.
pub trait Row: Serialize + JsonSchema {
    /// Their columns in order, for CSV and Parquet.
    const COLUMNS: Columns;
}

macro_rules! row {
    ($(#[$doc:meta])* $name:ident as $title:literal { $($(#[$says:meta])* $field:ident: $type:ty = $kind:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, sqlx::FromRow)]
        #[schemars(rename = $title)]
        pub struct $name { $($(#[$says])* pub $field: $type,)* }

        impl Row for $name {
            const COLUMNS: Columns = &[$((stringify!($field), Kind::$kind)),*];
        }
    };
}

row! {
    /// An asset.
    AssetV1 as "Asset" {
        /// Canonical symbol.
        symbol: String = Text,
        /// Full name.
        name: String = Text,
        /// equity, crypto, fx or index.
        class: String = Text,
        /// Exchange or country.
        exchange: String = Text,
        /// Place by documents of the last day in the newest slot, 1 the most; null: not mentioned.
        rank: Option<i32> = Integer,
    }
}

row! {
    /// A daily bar, as the newest slot states it.
    BarV1 as "Bar" {
        /// The trading day.
        date: NaiveDate = Date,
        /// First price.
        open: f64 = Number,
        /// Highest price.
        high: f64 = Number,
        /// Lowest price.
        low: f64 = Number,
        /// Last price.
        close: f64 = Number,
        /// Last price, adjusted for splits and dividends.
        adj_close: Option<f64> = Number,
        /// Traded amount.
        volume: Option<f64> = Number,
    }
}

row! {
    /// Indicators at one day's close; null while they warm up.
    IndicatorV1 as "Indicator" {
        /// The trading day.
        date: NaiveDate = Date,
        /// The close that they are computed from.
        close: f64 = Number,
        /// Exponential moving average, 12 days.
        ema12: Option<f64> = Number,
        /// Exponential moving average, 26 days.
        ema26: Option<f64> = Number,
        /// MACD 12/26.
        macd: Option<f64> = Number,
        /// Its signal line, 9 days.
        macd_signal: Option<f64> = Number,
        /// MACD less its signal line.
        macd_hist: Option<f64> = Number,
        /// Relative strength index, 14 days.
        rsi14: Option<f64> = Number,
        /// Upper Bollinger band, 20 days, two deviations.
        bb_upper: Option<f64> = Number,
        /// Middle Bollinger band.
        bb_mid: Option<f64> = Number,
        /// Lower Bollinger band.
        bb_lower: Option<f64> = Number,
        /// Slow stochastic K.
        slowk: Option<f64> = Number,
        /// Slow stochastic D.
        slowd: Option<f64> = Number,
    }
}

row! {
    /// Sentiment of an asset at one slot.
    SentimentV1 as "Sentiment" {
        /// The slot's close, as of when it holds.
        at: DateTime<Utc> = Instant,
        /// Mean score from -1 to 1; null: too few documents.
        score: Option<f64> = Number,
        /// Lower end of the 95 % interval.
        low: Option<f64> = Number,
        /// Upper end of the 95 % interval.
        high: Option<f64> = Number,
        /// The mean with noise left in.
        score_raw: Option<f64> = Number,
        /// Posts, noise included.
        posts: i64 = Integer,
        /// Posts without noise.
        posts_organic: i64 = Integer,
        /// Articles, noise included.
        articles: i64 = Integer,
        /// Articles without noise.
        articles_organic: i64 = Integer,
        /// Share of positive documents.
        positive: Option<f64> = Number,
        /// Share of negative documents.
        negative: Option<f64> = Number,
        /// Name and version of the model.
        model: String = Text,
    }
}

row! {
    /// A post or an article that names the asset.
    DocumentV1 as "Document" {
        /// post or article.
        kind: String = Text,
        /// Where it was found.
        source: String = Text,
        /// The source's own id.
        id: String = Text,
        /// When it was written.
        said_at: DateTime<Utc> = Instant,
        /// An article's outlet, a post's author; null: may not be shown.
        outlet: Option<String> = Text,
        /// A post's text, an article's headline; null: may not be shown.
        text: Option<String> = Text,
        /// Link.
        url: Option<String> = Text,
        /// Its score; null: not scored, or not part of the tier.
        score: Option<f64> = Number,
        /// Its share in the asset's score; null as the score.
        weight: Option<f64> = Number,
        /// Close of the slot in which it was collected.
        collected_for: DateTime<Utc> = Instant,
    }
}

row! {
    /// A forecast of the close at one horizon.
    ForecastV1 as "Forecast" {
        /// Trading days ahead.
        horizon: i32 = Integer,
        /// The day that it is for.
        target_on: NaiveDate = Date,
        /// The day of the last close that it knew.
        last_on: NaiveDate = Date,
        /// That close.
        last_close: f64 = Number,
        /// 2.5 % quantile.
        q025: f64 = Number,
        /// 10 % quantile.
        q10: f64 = Number,
        /// Median.
        q50: f64 = Number,
        /// 90 % quantile.
        q90: f64 = Number,
        /// 97.5 % quantile.
        q975: f64 = Number,
        /// 2.5 % quantile of a random walk.
        rw_q025: f64 = Number,
        /// 10 % quantile of a random walk.
        rw_q10: f64 = Number,
        /// 90 % quantile of a random walk.
        rw_q90: f64 = Number,
        /// 97.5 % quantile of a random walk.
        rw_q975: f64 = Number,
        /// Name and version of the model.
        model: String = Text,
        /// Share by which its error was below the random walk's in the past; below 0 it was worse.
        skill: Option<f64> = Number,
        /// Lower end of the skill's 95 % interval.
        skill_low: Option<f64> = Number,
        /// Upper end of the skill's 95 % interval.
        skill_high: Option<f64> = Number,
        /// Share of the past that lay inside the 80 % interval.
        coverage_80: Option<f64> = Number,
        /// Share of the past that lay inside the 95 % interval.
        coverage_95: Option<f64> = Number,
        /// Forecasts that these shares rest on.
        evaluated: i64 = Integer,
    }
}

row! {
    /// A signal. It describes; it is no advice.
    SignalV1 as "Signal" {
        /// What gives it.
        name: String = Text,
        /// buy, hold or sell.
        side: String = Text,
        /// From 0 to 1.
        strength: f64 = Number,
        /// Why.
        reason: String = Text,
    }
}

row! {
    /// Value at Risk at one confidence; a loss is positive, as a share of the position.
    RiskV1 as "Risk" {
        /// For example 0.95.
        confidence: f64 = Number,
        /// Trading days.
        horizon: i32 = Integer,
        /// By simulation.
        value_at_risk: f64 = Number,
        /// Its Monte-Carlo error.
        standard_error: f64 = Number,
        /// Mean loss beyond it.
        expected_shortfall: f64 = Number,
        /// The same in closed form.
        closed_form: f64 = Number,
        /// The same from past returns.
        historical: f64 = Number,
        /// Simulations.
        simulations: i64 = Integer,
        /// Past returns that it rests on.
        returns: i64 = Integer,
        /// Seed of the simulation.
        seed: i64 = Integer,
    }
}

row! {
    /// A forecast whose day has come, and what came.
    OutcomeV1 as "Outcome" {
        /// The asset.
        symbol: String = Text,
        /// The slot in which the forecast was made.
        slot: String = Text,
        /// Trading days ahead.
        horizon: i32 = Integer,
        /// The day on which it was due.
        traded_on: NaiveDate = Date,
        /// Price when it was made.
        last_close: f64 = Number,
        /// 10 % quantile.
        q10: f64 = Number,
        /// Median.
        q50: f64 = Number,
        /// 90 % quantile.
        q90: f64 = Number,
        /// What the price was.
        actual: f64 = Number,
        /// Whether that lay inside the 80 % interval.
        inside_80: bool = Truth,
        /// Whether that lay inside the 95 % interval.
        inside_95: bool = Truth,
        /// Error of the median, as a share of the last close.
        error: f64 = Number,
        /// Error of the random walk.
        walk_error: f64 = Number,
    }
}

row! {
    /// One version of one slot.
    PublicationV1 as "Publication" {
        /// Its id, which rises.
        id: i64 = Integer,
        /// The slot.
        slot: String = Text,
        /// Version, from 1; above 1 it is a correction.
        version: i32 = Integer,
        /// As of when it holds.
        closes_at: DateTime<Utc> = Instant,
        /// When it was published.
        published_at: DateTime<Utc> = Instant,
        /// Whether something is missing.
        partial: bool = Truth,
        /// Sha256 of the manifest that it was made from.
        manifest_sha256: String = Text,
    }
}

row! {
    /// Calls of one endpoint on one day, all of a customer's keys together.
    UsageV1 as "Usage" {
        /// The day (UTC).
        date: NaiveDate = Date,
        /// The endpoint, as the document names its operation.
        endpoint: String = Text,
        /// Calls that were counted.
        calls: i64 = Integer,
        /// Calls that were refused because the day's quota was used up.
        refused: i64 = Integer,
    }
}
