//! The columns of every table.

mod analysis;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, TimeUnit};
use domain::document::{RecordReject, Reject};
use domain::mention::{AssetArticle, AssetBar, AssetPost};
use domain::prediction::{
    DocumentScore, Forecast, Risk, SealedForecast, Sentiment, ShadowSentiment, Signal, SummaryRow,
};
use domain::{Article, Bar, Post, Seen};

use crate::Table;

/// A column: its name, its type, and whether it may be null.
#[derive(Debug, Clone)]
pub struct Column {
    name: &'static str,
    data_type: DataType,
    nullable: bool,
}

impl Column {
    pub(crate) fn into_field(self) -> Field {
        Field::new(self.name, self.data_type, self.nullable)
    }

    /// The same column, allowed to be null.
    fn or_null(mut self) -> Self {
        self.nullable = true;
        self
    }
}

fn column(name: &'static str, data_type: DataType) -> Column {
    Column { name, data_type, nullable: false }
}

fn text(name: &'static str) -> Column {
    column(name, DataType::Utf8)
}

fn instant(name: &'static str) -> Column {
    column(name, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))
}

fn date(name: &'static str) -> Column {
    column(name, DataType::Date32)
}

fn integer(name: &'static str) -> Column {
    column(name, DataType::Int64)
}

fn small(name: &'static str) -> Column {
    column(name, DataType::Int32)
}

fn number(name: &'static str) -> Column {
    column(name, DataType::Float64)
}

fn truth(name: &'static str) -> Column {
    column(name, DataType::Boolean)
}

fn list(name: &'static str, item: DataType) -> Column {
    column(name, DataType::List(Arc::new(Field::new("item", item, false))))
}

fn structure(columns: Vec<Column>) -> DataType {
    DataType::Struct(columns.into_iter().map(Column::into_field).collect::<Fields>())
}

impl Table for Post {
    fn columns() -> Vec<Column> {
        let hint = structure(vec![text("symbol"), text("method")]);
        vec![
            text("id"),
            text("kind"),
            text("channel").or_null(),
            text("parent_id").or_null(),
            text("author_id").or_null(),
            text("author_name").or_null(),
            integer("author_followers").or_null(),
            instant("author_created_at").or_null(),
            text("text"),
            text("lang").or_null(),
            list("asset_hints", hint),
            text("vendor_sentiment").or_null(),
            instant("created_at"),
            instant("edited_at").or_null(),
            text("url").or_null(),
            integer("likes").or_null(),
            integer("replies").or_null(),
            integer("reposts").or_null(),
            truth("deleted"),
            instant("collected_at"),
            text("raw_ref"),
            text("conversation_id").or_null(),
            truth("author_verified").or_null(),
            integer("quotes").or_null(),
            integer("views").or_null(),
            integer("score").or_null(),
            number("upvote_ratio").or_null(),
            truth("revision"),
        ]
    }
}

impl Table for Article {
    fn columns() -> Vec<Column> {
        let ticker =
            structure(vec![text("symbol"), number("relevance").or_null(), number("score").or_null()]);
        vec![
            text("id"),
            text("outlet"),
            text("title"),
            text("summary").or_null(),
            list("authors", DataType::Utf8),
            list("tickers", ticker),
            text("lang").or_null(),
            instant("published_at").or_null(),
            instant("updated_at").or_null(),
            text("url"),
            text("canonical_url"),
            instant("collected_at"),
            text("raw_ref"),
            list("feeds", DataType::Utf8),
            number("sentiment_score").or_null(),
            text("sentiment_label").or_null(),
            list("topics", DataType::Utf8),
            text("published_raw").or_null(),
            truth("revision"),
        ]
    }
}

impl Table for Bar {
    fn columns() -> Vec<Column> {
        let mut columns = vec![text("symbol"), text("interval")];
        columns.extend(prices());
        columns.push(instant("collected_at"));
        columns
    }
}

fn prices() -> Vec<Column> {
    vec![
        instant("opens_at"),
        number("open"),
        number("high"),
        number("low"),
        number("close"),
        number("adj_close").or_null(),
        number("volume").or_null(),
    ]
}

impl Table for Reject {
    fn columns() -> Vec<Column> {
        vec![text("reason"), text("raw_ref"), text("id").or_null()]
    }
}

impl Table for RecordReject {
    fn columns() -> Vec<Column> {
        vec![
            text("reason"),
            text("source"),
            text("object"),
            integer("row"),
            text("id").or_null(),
            text("excerpt"),
        ]
    }
}

/// What the two kinds of documents of an asset have in common, at the end of their rows.
fn document_marks() -> Vec<Column> {
    vec![
        text("evidence"),
        number("confidence"),
        small("span_start").or_null(),
        small("span_end").or_null(),
        text("noise").or_null(),
        text("duplicate_of").or_null(),
        truth("may_display"),
        truth("may_infer"),
    ]
}

impl Table for AssetPost {
    fn columns() -> Vec<Column> {
        let mut columns = vec![
            text("source"),
            text("id"),
            text("kind"),
            text("author_name").or_null(),
            integer("author_followers").or_null(),
            text("text"),
            text("lang").or_null(),
            text("vendor_sentiment").or_null(),
            instant("created_at"),
            instant("collected_at"),
            text("url").or_null(),
            integer("likes").or_null(),
            integer("reposts").or_null(),
        ];
        columns.extend(document_marks());
        columns
    }
}

impl Table for AssetArticle {
    fn columns() -> Vec<Column> {
        let mut columns = vec![
            text("source"),
            text("id"),
            text("outlet"),
            text("title"),
            text("summary").or_null(),
            text("authors").or_null(),
            text("lang").or_null(),
            instant("published_at"),
            instant("collected_at"),
            text("url"),
        ];
        columns.extend(document_marks());
        columns
    }
}

impl Table for AssetBar {
    fn columns() -> Vec<Column> {
        let mut columns = vec![text("source"), text("interval")];
        columns.extend(prices());
        columns.push(number("split_ratio").or_null());
        columns
    }
}

impl Table for Seen {
    fn columns() -> Vec<Column> {
        vec![
            text("symbol"),
            text("key"),
            instant("at"),
            column("words", DataType::UInt64),
            column("link", DataType::UInt64).or_null(),
            column("signature", DataType::Binary),
        ]
    }
}

impl Table for Sentiment {
    fn columns() -> Vec<Column> {
        vec![
            number("score").or_null(),
            number("low").or_null(),
            number("high").or_null(),
            number("score_raw").or_null(),
            integer("posts"),
            integer("posts_organic"),
            integer("articles"),
            integer("articles_organic"),
            number("positive").or_null(),
            number("negative").or_null(),
            text("model"),
        ]
    }
}

impl Table for DocumentScore {
    fn columns() -> Vec<Column> {
        vec![
            text("kind"),
            text("source"),
            text("id"),
            number("score"),
            number("confidence"),
            number("weight"),
            list("words", structure(vec![text("word").or_null(), number("weight")])),
        ]
    }
}

impl Table for Forecast {
    fn columns() -> Vec<Column> {
        let mut columns = vec![small("horizon"), date("target_on"), number("last_close"), date("last_on")];
        columns.extend(
            ["q025", "q10", "q50", "q90", "q975", "rw_q025", "rw_q10", "rw_q90", "rw_q975"].map(number),
        );
        columns.push(text("model"));
        let figures = ["skill", "skill_low", "skill_high", "coverage_80", "coverage_95"];
        columns.extend(figures.map(|name| number(name).or_null()));
        columns.push(integer("evaluated"));
        columns
    }
}

impl Table for Signal {
    fn columns() -> Vec<Column> {
        vec![text("name"), text("side"), number("strength"), text("reason")]
    }
}

impl Table for Risk {
    fn columns() -> Vec<Column> {
        let mut columns = vec![number("confidence"), small("horizon")];
        let figures = ["value_at_risk", "standard_error", "expected_shortfall", "closed_form", "historical"];
        columns.extend(figures.map(number));
        columns.extend(["simulations", "returns", "seed"].map(integer));
        columns
    }
}

impl Table for SummaryRow {
    fn columns() -> Vec<Column> {
        vec![
            text("symbol"),
            number("score").or_null(),
            integer("documents"),
            integer("mentions"),
            number("last_close").or_null(),
            instant("last_bar_at").or_null(),
            integer("articles").or_null(),
        ]
    }
}

impl Table for SealedForecast {
    fn columns() -> Vec<Column> {
        vec![
            text("symbol"),
            text("role"),
            text("model"),
            text("version").or_null(),
            small("horizon"),
            date("last_on"),
            date("target_on"),
            number("last_close"),
            number("q025"),
            number("q10"),
            number("q50"),
            number("q90"),
            number("q975"),
        ]
    }
}

impl Table for ShadowSentiment {
    fn columns() -> Vec<Column> {
        vec![
            text("symbol"),
            text("version"),
            number("score").or_null(),
            number("champion_score").or_null(),
            integer("documents"),
            integer("differ"),
        ]
    }
}
