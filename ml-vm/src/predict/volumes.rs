//! The documents of one asset by source and kind, and the noise among them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::prediction::{DocumentScore, NoiseCount, Volume};

use super::input::Rows;
use super::mood::is_readable;

/// The rows of `volumes.parquet`, by source, then kind. `scored` are the documents that were scored as of `now`, in the order
/// of [`super::mood::measure`].
pub fn rows(rows: &Rows, now: DateTime<Utc>, scored: &[DocumentScore]) -> Vec<Volume> {
    let posts = rows.posts.iter().filter(|p| is_readable(p.created_at, p.may_infer, now));
    let articles = rows.articles.iter().filter(|a| is_readable(a.published_at, a.may_infer, now));
    let noise = posts.map(|p| p.noise.as_deref()).chain(articles.map(|a| a.noise.as_deref()));
    let mut counts: BTreeMap<(&str, &str), Count<'_>> = BTreeMap::new();
    for (document, noise) in scored.iter().zip(noise) {
        counts.entry((&document.source, &document.kind)).or_default().add(document, noise);
    }
    counts.into_iter().map(|((source, kind), count)| count.row(source, kind)).collect()
}

#[derive(Default)]
struct Count<'a> {
    documents: i64,
    organic: i64,
    weight: f64,
    weighted: f64,
    noise: BTreeMap<&'a str, i64>,
}

impl<'a> Count<'a> {
    fn add(&mut self, document: &DocumentScore, noise: Option<&'a str>) {
        self.documents += 1;
        match noise {
            Some(reason) => *self.noise.entry(reason).or_default() += 1,
            None => {
                self.organic += 1;
                self.weight += document.weight;
                self.weighted += document.weight * document.score;
            }
        }
    }

    fn row(self, source: &str, kind: &str) -> Volume {
        Volume {
            source: source.to_owned(),
            kind: kind.to_owned(),
            documents: self.documents,
            organic: self.organic,
            score: (self.weight > 0.0).then(|| self.weighted / self.weight),
            weight: self.weight,
            noise: self
                .noise
                .into_iter()
                .map(|(reason, documents)| NoiseCount { reason: reason.to_owned(), documents })
                .collect(),
        }
    }
}
