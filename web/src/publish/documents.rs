//! Documents joined with their scores, as the site shows them.

use std::collections::HashMap;

use analytics::aggregate::{Reach, Scored, raw_mean, raw_shares, weight};
use domain::mention::{AssetArticle, AssetPost};
use domain::prediction::DocumentScore;

use super::batch::Document;

/// Documents of each kind that an asset's page can ever show of one slot: those with the most weight.
const SHOWN: usize = 200;
/// And of those marked as noise: they have no weight in the score, but in the score with noise.
const NOISE_SHOWN: usize = 100;
/// How far the shares with noise may miss the published score with noise: rounding, nothing more.
const EXACT: f64 = 1e-9;

/// Joins documents with their scores, and keeps those with the most weight. `score_raw` is the published score with noise.
pub(super) fn documents(
    scores: &[DocumentScore],
    score_raw: Option<f64>,
    posts: Vec<AssetPost>,
    articles: Vec<AssetArticle>,
) -> Vec<Document> {
    let scores: HashMap<(&str, &str, &str), &DocumentScore> =
        scores.iter().map(|s| ((s.kind.as_str(), s.source.as_str(), s.id.as_str()), s)).collect();
    let score = |kind, source: &str, id: &str| {
        let found = scores.get(&(kind, source, id));
        let words = found.map(|s| s.words.clone()).unwrap_or_default();
        (found.map(|s| s.score), found.map(|s| s.weight), words)
    };
    let posts = posts.into_iter().map(|post| {
        let (score, share, mut words) = score("post", &post.source, &post.id);
        words.retain(|_| post.may_display);
        let counts = weight(post.confidence, Reach::Post(post.author_followers));
        let document = Document {
            kind: "post",
            said_at: post.created_at,
            outlet: post.author_name.filter(|_| post.may_display),
            text: post.may_display.then_some(post.text),
            url: post.url,
            noise: post.noise,
            lang: post.lang,
            authors: None,
            duplicate_of: post.duplicate_of,
            words,
            source: post.source,
            id: post.id,
            score,
            weight: share,
            weight_raw: None,
        };
        (document, counts)
    });
    let articles = articles.into_iter().map(|article| {
        let (score, share, mut words) = score("article", &article.source, &article.id);
        words.retain(|_| article.may_display);
        let counts = weight(article.confidence, Reach::Outlet);
        let document = Document {
            kind: "article",
            said_at: article.published_at,
            outlet: Some(article.outlet),
            text: article.may_display.then_some(article.title),
            url: article.may_display.then_some(article.url),
            noise: article.noise,
            lang: article.lang,
            authors: article.authors.filter(|_| article.may_display),
            duplicate_of: article.duplicate_of,
            words,
            source: article.source,
            id: article.id,
            score,
            weight: share,
            weight_raw: None,
        };
        (document, counts)
    });
    let mut all: Vec<(Document, f64)> = posts.chain(articles).collect();
    share_raw(&mut all, score_raw);
    let (posts, articles) = all.into_iter().map(|(document, _)| document).partition(|d| d.kind == "post");
    let mut shown = heaviest(posts);
    shown.extend(heaviest(articles));
    shown
}

/// Gives each document that was scored its share in the score with noise. Where these shares do not make the published score,
/// because it was made by other rules than today's, there are none.
fn share_raw(documents: &mut [(Document, f64)], score_raw: Option<f64>) {
    let mut scored: Vec<(&mut Document, Scored)> = documents
        .iter_mut()
        .filter_map(|(document, weight)| {
            let scored =
                Scored { score: document.score?, weight: *weight, organic: document.noise.is_none() };
            Some((document, scored))
        })
        .collect();
    let parts: Vec<Scored> = scored.iter().map(|(_, scored)| *scored).collect();
    let explained = raw_mean(&parts).zip(score_raw).is_some_and(|(mean, raw)| (mean - raw).abs() <= EXACT);
    if explained {
        for ((document, _), share) in scored.iter_mut().zip(raw_shares(&parts)) {
            document.weight_raw = Some(share);
        }
    }
}

fn heaviest(mut documents: Vec<Document>) -> Vec<Document> {
    documents.sort_by(|a, b| {
        let weights = |d: &Document| [d.weight, d.weight_raw].map(Option::unwrap_or_default);
        let ([a_share, a_raw], [b_share, b_raw]) = (weights(a), weights(b));
        let heavier = b_share.total_cmp(&a_share).then(b_raw.total_cmp(&a_raw));
        heavier.then_with(|| (&a.source, &a.id).cmp(&(&b.source, &b.id)))
    });
    // A document counts once, even if a split lists it twice.
    documents.dedup_by(|a, b| (&a.source, &a.id) == (&b.source, &b.id));
    let (mut noise, mut shown): (Vec<Document>, Vec<Document>) =
        documents.into_iter().partition(|document| document.noise.is_some());
    shown.truncate(SHOWN);
    noise.truncate(NOISE_SHOWN);
    shown.append(&mut noise);
    shown
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn post(id: &str, followers: Option<i64>, noise: Option<&str>) -> AssetPost {
        AssetPost {
            source: "x".into(),
            id: id.into(),
            kind: "post".into(),
            author_name: None,
            author_followers: followers,
            text: "text".into(),
            lang: None,
            vendor_sentiment: None,
            created_at: DateTime::UNIX_EPOCH,
            collected_at: DateTime::UNIX_EPOCH,
            url: None,
            likes: None,
            reposts: None,
            evidence: "cashtag".into(),
            confidence: 0.5,
            span_start: None,
            span_end: None,
            noise: noise.map(str::to_owned),
            duplicate_of: None,
            may_display: true,
            may_infer: true,
        }
    }

    fn scores(of: &[(&str, f64)]) -> Vec<DocumentScore> {
        of.iter()
            .map(|(id, score)| DocumentScore {
                kind: "post".into(),
                source: "x".into(),
                id: (*id).into(),
                score: *score,
                confidence: 0.5,
                weight: 0.25,
                words: Vec::new(),
            })
            .collect()
    }

    #[test]
    fn shares_with_noise_make_the_score_with_noise() {
        // 999 followers make a post count 0.5 * 1.75, none 0.5; the sixth has no score, so it counts nothing.
        let posts = || {
            vec![
                post("a", None, None),
                post("b", Some(999), None),
                post("c", None, Some("bot")),
                post("d", None, None),
                post("e", None, None),
                post("f", None, None),
            ]
        };
        let scores = scores(&[("a", 0.2), ("b", 0.4), ("c", -0.8), ("d", 0.0), ("e", 0.1)]);
        let raw = (0.2 + 1.75 * 0.4 - 0.8 + 0.0 + 0.1) / 5.75;
        let shown = documents(&scores, Some(raw), posts(), Vec::new());
        let share = |id: &str| shown.iter().find(|d| d.id == id).unwrap().weight_raw;
        assert!((share("b").unwrap() - 1.75 / 5.75).abs() < 1e-12 && share("f").is_none());
        assert!((share("c").unwrap() - 1.0 / 5.75).abs() < 1e-12, "noise has a share here");
        let sum: f64 = shown.iter().filter_map(|d| Some(d.score? * d.weight_raw?)).sum();
        assert!((sum - raw).abs() < 1e-12);
        for other in [Some(raw + 0.01), None] {
            let shown = documents(&scores, other, posts(), Vec::new());
            assert!(shown.iter().all(|d| d.weight_raw.is_none()), "{other:?}: made by other rules");
        }
    }

    #[test]
    fn noise_does_not_crowd_out_what_counts() {
        let noisy: Vec<AssetPost> = (0..400).map(|n| post(&format!("n{n}"), Some(9), Some("bot"))).collect();
        let organic = (0..300).map(|n| post(&format!("o{n}"), None, None));
        let shown = documents(&[], None, noisy.into_iter().chain(organic).collect(), Vec::new());
        let noise = shown.iter().filter(|d| d.noise.is_some()).count();
        assert_eq!((shown.len() - noise, noise), (SHOWN, NOISE_SHOWN));
    }
}
