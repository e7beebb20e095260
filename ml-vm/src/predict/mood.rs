//! The documents of one asset: a score for each, and the asset's sentiment.

use analytics::aggregate::{Reach, Scored, aggregate, raw_mean, shares, weight};
use chrono::{DateTime, Utc};
use domain::mention::AssetArticle;
use domain::prediction::{DocumentScore, Sentiment, WordWeight};

use super::input::Rows;
use super::words;
use crate::registry::artefact::{Part, Place, Said, Scorer, target};

/// The sentiment of an asset and the documents behind it.
#[derive(Debug, Clone)]
pub struct Mood {
    /// The row of `sentiment.parquet`.
    pub sentiment: Sentiment,
    /// The rows of `documents.parquet`: posts, then articles, each in the order of the split.
    pub documents: Vec<DocumentScore>,
    /// Documents that were left out because their instant is later than `now`.
    pub later: i64,
    /// Documents that were left out because their source does not let models read them.
    pub forbidden: i64,
}

/// Scores the documents of an asset by `scorer`, which is named `model`. Nothing written after `now` is looked at.
pub fn measure(rows: &Rows, now: DateTime<Utc>, seed: u64, scorer: &mut Scorer<'_>, model: String) -> Mood {
    let (mut later, mut forbidden) = (0, 0);
    let mut readable = |at: DateTime<Utc>, may_infer: bool| {
        later += i64::from(at > now);
        forbidden += i64::from(at <= now && !may_infer);
        is_readable(at, may_infer, now)
    };
    let mut documents = Vec::new();
    let mut scored = Vec::new();
    let mut counts = [[0_i64; 2]; 2];
    let besides = |kind: usize, at: usize| rows.besides[kind].get(at).map_or(&[][..], Vec::as_slice);
    for (at, post) in rows.posts.iter().enumerate().filter(|(_, p)| readable(p.created_at, p.may_infer)) {
        let organic = post.noise.is_none();
        counts[0][usize::from(organic)] += 1;
        let named = target(&post.text, post.span_start, post.span_end);
        let place = Place { target: named, others: besides(0, at) };
        let (said, parts) = scorer.explain(&post.text, post.lang.as_deref(), &place);
        scored.push(Scored {
            score: said.score,
            weight: weight(post.confidence, Reach::Post(post.author_followers)),
            organic,
        });
        let words = made_of(&post.text, &parts, said.score, post.may_display);
        documents.push(document("post", &post.source, &post.id, said, words));
    }
    let articles = rows.articles.iter().enumerate();
    for (at, article) in articles.filter(|(_, a)| readable(a.published_at, a.may_infer)) {
        let organic = article.noise.is_none();
        counts[1][usize::from(organic)] += 1;
        let whole = text(article);
        let named = target(&whole, article.span_start, article.span_end);
        let place = Place { target: named, others: besides(1, at) };
        let (said, parts) = scorer.explain(&whole, article.lang.as_deref(), &place);
        scored.push(Scored { score: said.score, weight: weight(article.confidence, Reach::Outlet), organic });
        let words = made_of(&whole, &parts, said.score, article.may_display);
        documents.push(document("article", &article.source, &article.id, said, words));
    }
    for (document, share) in documents.iter_mut().zip(shares(&scored)) {
        document.weight = share;
    }
    let total = aggregate(&scored, seed);
    let sentiment = Sentiment {
        score: total.map(|a| a.score),
        low: total.map(|a| a.low),
        high: total.map(|a| a.high),
        score_raw: raw_mean(&scored),
        posts: counts[0][0] + counts[0][1],
        posts_organic: counts[0][1],
        articles: counts[1][0] + counts[1][1],
        articles_organic: counts[1][1],
        positive: total.map(|a| a.positive),
        negative: total.map(|a| a.negative),
        model,
    };
    Mood { sentiment, documents, later, forbidden }
}

/// Whether a document was there at `now`, and its source lets models read it.
pub fn is_readable(at: DateTime<Utc>, may_infer: bool, now: DateTime<Utc>) -> bool {
    at <= now && may_infer
}

/// What of an article is scored: headline, line feed, summary, in whose bytes its spans are counted.
pub fn text(article: &AssetArticle) -> String {
    match &article.summary {
        Some(summary) => format!("{}\n{summary}", article.title),
        None => article.title.clone(),
    }
}

/// The words behind a score, where the source lets us show them.
fn made_of(text: &str, parts: &[Part], score: f64, may_display: bool) -> Vec<WordWeight> {
    if may_display { words::strongest(text, parts, score) } else { words::withheld(score) }
}

fn document(kind: &str, source: &str, id: &str, said: Said, words: Vec<WordWeight>) -> DocumentScore {
    DocumentScore {
        kind: kind.to_owned(),
        source: source.to_owned(),
        id: id.to_owned(),
        score: said.score,
        confidence: said.confidence,
        weight: 0.0,
        words,
    }
}
