//! What was left out as noise, and why.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::store::{PartRow, VolumeRow};
use super::xray::link;
use crate::format;
use crate::text::{Lang, text};

/// Examples listed.
const EXAMPLES: usize = 8;

/// How many documents were left out for one reason.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct Reason {
    /// The reason.
    pub label: String,
    /// How many.
    pub documents: String,
}

/// One document that was left out.
#[derive(Debug, Serialize)]
pub struct Example {
    /// Why.
    pub label: String,
    /// Its text; `None`: it may not be shown.
    pub text: Option<String>,
    /// An article's outlet, a post's author.
    pub outlet: Option<String>,
    /// Its source.
    pub source: String,
    /// When it was written, for machines.
    pub said_at: DateTime<Utc>,
    /// When it was written.
    pub said: String,
    /// Link, if it is one.
    pub url: Option<String>,
    /// Link of the document that it repeats.
    pub original: Option<String>,
}

/// A reason as readers see it; one that we do not know yet stays as it is.
pub fn reason(noise: &str, lang: Lang) -> String {
    let key = match noise {
        "duplicate" => "noise_duplicate",
        "near-duplicate" => "noise_near_duplicate",
        "repost" => "noise_repost",
        "coordinated" => "noise_coordinated",
        "bot" => "noise_bot",
        other => return other.to_owned(),
    };
    text(lang, key).to_owned()
}

/// Documents left out by reason, the most frequent first.
pub fn reasons<'a>(volumes: impl Iterator<Item = &'a VolumeRow>, lang: Lang) -> Vec<Reason> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for volume in volumes {
        for (noise, documents) in volume.noise.as_object().into_iter().flatten() {
            *sums.entry(noise).or_default() += documents.as_i64().unwrap_or_default();
        }
    }
    let mut sums: Vec<_> = sums.into_iter().filter(|(_, documents)| *documents > 0).collect();
    sums.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    sums.into_iter()
        .map(|(noise, documents)| Reason {
            label: reason(noise, lang),
            documents: format::count(documents, lang),
        })
        .collect()
}

/// Some of the documents that were left out: one of each reason first. `reads` says whether the
/// text of a document of an instant may be read.
pub fn examples(parts: &[PartRow], reads: impl Fn(DateTime<Utc>) -> bool, lang: Lang) -> Vec<Example> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut marked: Vec<(usize, &PartRow, &str)> = Vec::new();
    for part in parts {
        let Some(noise) = part.noise.as_deref() else { continue };
        let place = places.entry(noise).or_default();
        marked.push((*place, part, noise));
        *place += 1;
    }
    marked.sort_by_key(|(place, ..)| *place);
    let shown = marked.into_iter().take(EXAMPLES);
    shown
        .map(|(_, part, noise)| Example {
            label: reason(noise, lang),
            text: part.text.clone().filter(|_| reads(part.said_at)),
            outlet: part.outlet.clone().filter(|_| reads(part.said_at)),
            source: part.source.clone(),
            said_at: part.said_at,
            said: format::short_instant(part.said_at, lang),
            url: part.url.as_deref().filter(|_| reads(part.said_at)).and_then(link),
            original: part
                .original_url
                .as_deref()
                .filter(|_| part.original_said_at.is_some_and(&reads))
                .and_then(link),
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn volume(noise: serde_json::Value) -> VolumeRow {
        VolumeRow {
            closes_at: DateTime::UNIX_EPOCH,
            symbol: "A".into(),
            source: "x".into(),
            kind: "post".into(),
            documents: 9,
            organic: 4,
            score: None,
            weight: 0.0,
            noise,
        }
    }

    #[test]
    fn reasons_are_summed_and_unknown_ones_kept() {
        let volumes = [
            volume(json!({"bot": 2, "duplicate": 3, "martian": 1})),
            volume(json!({"bot": 2, "repost": 0})),
            volume(json!("broken")),
        ];
        let reasons = reasons(volumes.iter(), Lang::En);
        let seen: Vec<_> = reasons.iter().map(|r| (r.label.as_str(), r.documents.as_str())).collect();
        assert_eq!(
            seen,
            [(text(Lang::En, "noise_bot"), "4"), (text(Lang::En, "noise_duplicate"), "3"), ("martian", "1")]
        );
    }
}
