//! Faults of content: names, types and numbers that a client may not expect.

use serde_json::{Map, Value, json};

use super::page;
use crate::fault::kind::Content;
use crate::fault::{HttpFault, Settings};
use crate::wire::{Answer, Request};

/// Fields of X, under the name before and since the renaming of 2026.
const NAMES: [(&str, &str); 9] = [
    ("retweet_count", "repost_count"),
    ("edit_history_tweet_ids", "edit_history_post_ids"),
    ("note_tweet", "note_post"),
    ("referenced_tweets", "referenced_posts"),
    ("pinned_tweet_id", "pinned_post_id"),
    ("tweet_count", "post_count"),
    ("total_tweet_count", "total_post_count"),
    ("tweets", "posts"),
    ("attached_tweet_id", "attached_post_id"),
];
/// Numbers that a record can do without.
const METRICS: [&str; 18] = [
    "like_count",
    "retweet_count",
    "repost_count",
    "reply_count",
    "followers_count",
    "followers",
    "likes",
    "total",
    "score",
    "upvote_ratio",
    "num_comments",
    "comments_count",
    "total_count",
    "count",
    "v",
    "vw",
    "volume",
    "overall_sentiment_score",
];
/// Stands for what JSON cannot say until the body is text.
const MARK: &str = "\u{E000}number\u{E000}";

/// Changes an answer.
pub(super) fn spoil(kind: Content, fault: &HttpFault, source: &str, request: &Request, answer: &mut Answer) {
    if answer.status != 200 {
        return;
    }
    if kind == Content::RenamedClass {
        let page = String::from_utf8_lossy(&answer.body).replace("tgme_", "tgm2_").replace("tme_", "tm2_");
        answer.body = page.into_bytes();
        return;
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else { return };
    match kind {
        Content::NewNames => {
            rename(&mut body, |name| NAMES.iter().find(|pair| pair.0 == name).map(|pair| pair.1))
        }
        Content::OldNames => {
            rename(&mut body, |name| NAMES.iter().find(|pair| pair.1 == name).map(|pair| pair.0))
        }
        Content::NullArrays => null_arrays(source, request, &mut body),
        Content::NumbersAsStrings => records(source, request, &mut body).into_iter().for_each(quote),
        Content::ExtraFields => {
            records(source, request, &mut body).into_iter().for_each(add_field);
            add_field(&mut body);
        }
        Content::Nan => mark_number(fault, source, request, &mut body),
        Content::RenamedClass => {}
    }
    answer.body =
        body.to_string().replace(&format!("\"{MARK}\""), not_a_number(&fault.settings)).into_bytes();
}

fn not_a_number(settings: &Settings) -> &'static str {
    match (settings.infinity, settings.as_text) {
        (false, false) => "NaN",
        (false, true) => "\"NaN\"",
        (true, false) => "Infinity",
        (true, true) => "\"Infinity\"",
    }
}

/// The records of a page. Yahoo's are columns, all in one object.
fn records<'a>(source: &str, request: &Request, body: &'a mut Value) -> Vec<&'a mut Value> {
    if source == "yahoo" {
        return body.pointer_mut("/chart/result/0/indicators").into_iter().collect();
    }
    page::lists(source, request, body).into_iter().flat_map(|(_, rows)| rows).collect()
}

fn rename(value: &mut Value, new: impl Fn(&str) -> Option<&'static str> + Copy) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, new)),
        Value::Object(fields) => {
            let renamed = std::mem::take(fields).into_iter().map(|(name, mut value)| {
                rename(&mut value, new);
                (new(&name).map_or(name, str::to_owned), value)
            });
            *fields = renamed.collect::<Map<_, _>>();
        }
        _ => {}
    }
}

fn null_arrays(source: &str, request: &Request, body: &mut Value) {
    let lists = page::lists(source, request, body);
    let is_empty = lists.iter().all(|(_, rows)| rows.is_empty());
    lists.into_iter().flat_map(|(_, rows)| rows).for_each(null_inside);
    let place = match source {
        "stocktwits" => "/messages",
        "reddit" => "/data/children",
        "alpha_vantage" => "/feed",
        "alpaca" if body.get("bars").is_some() => "/bars",
        "alpaca" => "/news",
        _ => "/data",
    };
    if is_empty && let Some(list) = body.pointer_mut(place) {
        *list = Value::Null;
    }
}

/// Lists in a record become null, but for the history of its edits, without which nobody could tell which record it is.
fn null_inside(value: &mut Value) {
    let Value::Object(fields) = value else { return };
    for (name, value) in fields {
        if value.is_array() && !name.starts_with("edit_history") {
            *value = Value::Null;
        } else {
            null_inside(value);
        }
    }
}

fn quote(value: &mut Value) {
    match value {
        Value::Number(number) => *value = number.to_string().into(),
        Value::Array(values) => values.iter_mut().for_each(quote),
        Value::Object(fields) => fields.values_mut().for_each(quote),
        _ => {}
    }
}

fn add_field(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.insert("unannounced".into(), json!({"since": 2026, "list": [1, null, "x", {"deep": []}]}));
    }
}

/// Marks one number of one record: of those that have such a number, the one that the draw names.
fn mark_number(fault: &HttpFault, source: &str, request: &Request, body: &mut Value) {
    let mut metrics = Vec::new();
    for record in records(source, request, body) {
        find_metric(record, false, &mut metrics);
    }
    if !metrics.is_empty() {
        let chosen = (fault.draw % metrics.len() as u64) as usize;
        *metrics.swap_remove(chosen) = MARK.into();
    }
}

fn find_metric<'a>(value: &'a mut Value, is_metric: bool, found: &mut Vec<&'a mut Value>) {
    match value {
        Value::Number(_) if is_metric => found.push(value),
        Value::Array(values) => values.iter_mut().for_each(|value| find_metric(value, is_metric, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                find_metric(value, METRICS.contains(&name.as_str()), found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::fault::Kind;

    fn spoiled(kind: Content, settings: Settings, source: &str, body: &Value) -> String {
        let mut answer = Answer::json(200, body);
        let fault = HttpFault { kind: Kind::Content(kind), settings, draw: 3 };
        spoil(kind, &fault, source, &Request::default(), &mut answer);
        String::from_utf8(answer.body).unwrap()
    }

    #[test]
    fn names_change_and_lists_are_null() {
        let page = json!({"data": [{"id": "1", "edit_history_tweet_ids": ["1"], "public_metrics": {"retweet_count": 2}, "entities": {"cashtags": []}}]});
        let text = spoiled(Content::NewNames, Settings::default(), "x", &page);
        assert!(text.contains("edit_history_post_ids") && text.contains("repost_count"), "{text}");
        let old: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(spoiled(Content::OldNames, Settings::default(), "x", &old), page.to_string());
        let text = spoiled(Content::NullArrays, Settings::default(), "x", &page);
        assert!(text.contains("\"cashtags\":null") && text.contains("[\"1\"]"), "{text}");
        let text = spoiled(Content::NullArrays, Settings::default(), "stocktwits", &json!({"messages": []}));
        assert_eq!(text, r#"{"messages":null}"#);
    }

    #[test]
    fn numbers_become_texts_or_none_at_all() {
        let page = json!({"messages": [{"id": 7, "likes": {"total": 3}}]});
        let text = spoiled(Content::NumbersAsStrings, Settings::default(), "stocktwits", &page);
        assert_eq!(text, r#"{"messages":[{"id":"7","likes":{"total":"3"}}]}"#);
        let text = spoiled(Content::Nan, Settings::default(), "stocktwits", &page);
        assert_eq!(text, r#"{"messages":[{"id":7,"likes":{"total":NaN}}]}"#);
        let settings = Settings { as_text: true, infinity: true, ..Settings::default() };
        let text = spoiled(Content::Nan, settings, "stocktwits", &page);
        assert_eq!(text, r#"{"messages":[{"id":7,"likes":{"total":"Infinity"}}]}"#);
        let chart = json!({"chart": {"result": [{"indicators": {"quote": [{"close": [1.5], "volume": [1, 2, null]}]}}]}});
        let text = spoiled(Content::Nan, Settings::default(), "yahoo", &chart);
        assert!(text.contains("[1,NaN,null]") && text.contains("[1.5]"), "{text}");
    }

    #[test]
    fn every_record_has_an_unannounced_field() {
        let text = spoiled(
            Content::ExtraFields,
            Settings::default(),
            "alpaca",
            &json!({"bars": {"A": [{"t": 1}, {"t": 2}]}}),
        );
        assert_eq!(text.matches("unannounced").count(), 3, "{text}");
    }
}
