//! A score as the sum of its documents, and a document's score as the sum of its words.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::asked::Noise;
use super::removed::reason;
use super::store::PartRow;
use crate::format;
use crate::market::store::SentimentRow;
use crate::market::view::Direction;
use crate::market::words;
use crate::text::{Lang, count};

/// Documents listed unless all are asked for.
const LISTED: usize = 20;
/// Digits of what a document adds.
const DIGITS: usize = 4;

/// A number as text, and exactly.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Figure {
    /// With all its digits, for machines.
    pub exact: String,
    /// As a reader sees it, with its sign.
    pub shown: String,
    /// Its direction.
    pub class: &'static str,
}

impl Figure {
    /// A value with so many digits after the point.
    pub fn of(value: f64, digits: usize, lang: Lang) -> Self {
        let class = Direction::of(value, 0.5 * 10f64.powi(-(digits as i32)), lang).class;
        Self { exact: value.to_string(), shown: format::signed(value, digits, lang), class }
    }
}

/// A word and what it adds to its document's score.
#[derive(Debug, Serialize)]
pub struct Word {
    /// The word; `None`: all that is not listed.
    pub word: Option<String>,
    /// What it adds.
    pub weight: Figure,
}

/// One document of the sum.
#[derive(Debug, Serialize)]
pub struct Line {
    /// `post` or `article`.
    pub kind: String,
    /// Its source.
    pub source: String,
    /// An article's outlet, a post's author.
    pub outlet: Option<String>,
    /// When it was written, for machines.
    pub said_at: DateTime<Utc>,
    /// When it was written.
    pub said: String,
    /// Why it is noise, where noise is left in.
    pub noise: Option<String>,
    /// Its text; `None`: it may not be shown.
    pub text: Option<String>,
    /// Link, if it is one.
    pub url: Option<String>,
    /// Its score.
    pub score: Figure,
    /// Its share in the asset's score, as per cent.
    pub weight: String,
    /// Score times share: what it adds to the asset's score.
    pub adds: Figure,
    /// What its score is made of; empty where that was not kept, or where the text may not be shown.
    pub words: Vec<Word>,
}

/// Documents that are not listed one by one.
#[derive(Debug, Serialize)]
pub struct Rest {
    /// How many, in words.
    pub says: String,
    /// What they add together.
    pub adds: Figure,
}

/// A score taken apart.
#[derive(Debug, Serialize)]
pub struct Xray {
    /// The documents that move it most, those first.
    pub lines: Vec<Line>,
    /// The other documents that are kept.
    pub others: Option<Rest>,
    /// Documents that are behind the score and not kept one by one.
    pub gone: Option<Rest>,
    /// The sum of all lines.
    pub sum: Figure,
    /// The published score.
    pub published: Figure,
}

/// Takes a published score apart, the one with noise or the one without. `None` where there is none (too few documents), and
/// where the shares in it were not kept. `reads` says whether the text of a document of an instant may be read.
pub fn xray(
    row: &SentimentRow,
    noise: Noise,
    parts: &[PartRow],
    whole: bool,
    reads: impl Fn(DateTime<Utc>) -> bool,
    lang: Lang,
) -> Option<Xray> {
    let (published, documents) = match noise {
        Noise::Organic => (row.score?, words::organic(row)),
        Noise::Raw => (row.score_raw?, row.posts + row.articles),
    };
    let share = |part: &PartRow| match noise {
        Noise::Organic => part.weight.filter(|_| part.noise.is_none()),
        Noise::Raw => part.weight_raw,
    };
    let mut counted: Vec<(f64, &PartRow, f64, f64)> = parts
        .iter()
        .filter_map(|part| part.score.zip(share(part)).map(|(s, w)| (s * w, part, s, w)))
        .collect();
    if noise == Noise::Raw && counted.is_empty() {
        return None;
    }
    counted.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    let kept: f64 = counted.iter().map(|(adds, ..)| adds).sum();
    let missing = documents - counted.len() as i64;
    let rest = |n: i64, key: &'static str, adds: f64| {
        let says = count(lang, key, n, &[("shown", &format::count(n, lang))]);
        (n > 0).then(|| Rest { says, adds: Figure::of(adds, DIGITS, lang) })
    };
    let listed = if whole { counted.len() } else { counted.len().min(LISTED) };
    let (listed, others) = counted.split_at(listed);
    let gone = rest(missing, "xray_gone", published - kept);
    Some(Xray {
        lines: listed
            .iter()
            .map(|(adds, part, s, w)| line(part, *s, *w, *adds, reads(part.said_at), lang))
            .collect(),
        others: rest(others.len() as i64, "xray_others", others.iter().map(|(adds, ..)| adds).sum()),
        sum: Figure::of(if gone.is_some() { published } else { kept }, DIGITS, lang),
        gone,
        published: Figure::of(published, DIGITS, lang),
    })
}

fn line(part: &PartRow, score: f64, weight: f64, adds: f64, reads: bool, lang: Lang) -> Line {
    let text = part.text.clone().filter(|_| reads);
    // The words of a text that may not be shown would tell it.
    let words = part.words.as_ref().filter(|_| text.is_some()).map(|words| spelled(words, lang));
    Line {
        noise: part.noise.as_deref().map(|noise| reason(noise, lang)),
        kind: part.kind.clone(),
        source: part.source.clone(),
        outlet: part.outlet.clone().filter(|_| reads),
        said_at: part.said_at,
        said: format::short_instant(part.said_at, lang),
        url: part.url.as_deref().filter(|_| reads).and_then(link),
        text,
        score: Figure::of(score, 2, lang),
        weight: format::percent(weight, 2, lang),
        adds: Figure::of(adds, DIGITS, lang),
        words: words.unwrap_or_default(),
    }
}

/// The words of a document in the order of their weight, the heaviest first; what is not a word with a weight is left out.
fn spelled(words: &serde_json::Value, lang: Lang) -> Vec<Word> {
    let mut listed: Vec<(f64, Option<String>)> = words
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|pair| Some((pair.get(1)?.as_f64()?, pair.get(0)?.as_str().map(str::to_owned))))
        .collect();
    listed.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    listed.into_iter().map(|(weight, word)| Word { word, weight: Figure::of(weight, 3, lang) }).collect()
}

/// An address that may be linked: of the web, nothing else.
pub fn link(url: &str) -> Option<String> {
    let web = ["https://", "http://"]
        .iter()
        .any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    web.then(|| url.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sentiment::asked::Noise::{Organic, Raw};

    fn part(score: f64, weight: f64, noise: Option<&str>) -> PartRow {
        PartRow {
            kind: "post".into(),
            source: "x".into(),
            said_at: DateTime::UNIX_EPOCH,
            outlet: None,
            text: Some("up and away".into()),
            url: Some("javascript:alert(1)".into()),
            score: Some(score),
            weight: Some(weight),
            weight_raw: None,
            noise: noise.map(str::to_owned),
            words: Some(serde_json::json!([["up", 0.1], [null, -0.3], ["bad"], 7, [1, "x"]])),
            original_url: None,
            original_said_at: None,
        }
    }

    fn row(score: Option<f64>, organic: i64) -> SentimentRow {
        SentimentRow {
            symbol: "A".into(),
            closes_at: DateTime::UNIX_EPOCH,
            rank: 1,
            documents_day: organic,
            score,
            low: None,
            high: None,
            score_raw: None,
            posts: organic + 1,
            posts_organic: organic,
            articles: 0,
            articles_organic: 0,
            positive: None,
            negative: None,
            model: "m".into(),
        }
    }

    #[test]
    fn lines_sum_to_the_score_and_what_is_not_kept_is_a_line_of_its_own() {
        let parts = [
            part(0.5, 0.25, None),
            part(-0.25, 0.5, None),
            part(1.0, 0.25, None),
            part(-1.0, 0.0, Some("bot")),
        ];
        let all = xray(&row(Some(0.25), 3), Organic, &parts, false, |_| true, Lang::En).unwrap();
        assert_eq!((all.sum.exact.as_str(), all.published.exact.as_str()), ("0.25", "0.25"));
        assert!(all.gone.is_none() && all.others.is_none() && all.lines.len() == 3);
        assert_eq!(all.lines[0].adds.exact, "0.25");
        let some = xray(&row(Some(0.3), 5), Organic, &parts, false, |_| true, Lang::En).unwrap();
        let gone = some.gone.unwrap();
        assert!(gone.says.contains('2') && (gone.adds.exact.parse::<f64>().unwrap() - 0.05).abs() < 1e-12);
    }

    #[test]
    fn the_sum_is_computed_and_not_copied_from_the_score() {
        let parts = [part(0.5, 0.5, None), part(0.5, 0.5, None)];
        let wrong = xray(&row(Some(0.9), 2), Organic, &parts, false, |_| true, Lang::En).unwrap();
        assert_eq!((wrong.sum.exact.as_str(), wrong.published.exact.as_str()), ("0.5", "0.9"));
    }

    #[test]
    fn many_documents_are_listed_only_on_request() {
        let parts: Vec<_> = (0..50).map(|_| part(0.1, 0.02, None)).collect();
        let few = xray(&row(Some(0.1), 50), Organic, &parts, false, |_| true, Lang::En).unwrap();
        assert_eq!(few.lines.len(), LISTED);
        let others: f64 = few.others.unwrap().adds.exact.parse().unwrap();
        assert!((others - 30.0 * 0.002).abs() < 1e-12);
        assert_eq!(
            xray(&row(Some(0.1), 50), Organic, &parts, true, |_| true, Lang::En).unwrap().lines.len(),
            50
        );
    }

    #[test]
    fn with_noise_left_in_noise_has_its_share() {
        let shared =
            |score, weight, raw, noise| PartRow { weight_raw: Some(raw), ..part(score, weight, noise) };
        let parts = [
            shared(0.5, 0.5, 0.25, None),
            shared(0.25, 0.5, 0.25, None),
            shared(-1.0, 0.0, 0.5, Some("bot")),
        ];
        let mut row = row(Some(0.375), 2);
        (row.score_raw, row.posts) = (Some(-0.3125), 3);
        let raw = xray(&row, Raw, &parts, false, |_| true, Lang::En).unwrap();
        assert_eq!((raw.sum.exact.as_str(), raw.published.exact.as_str()), ("-0.3125", "-0.3125"));
        assert_eq!(
            (raw.lines.len(), raw.lines[0].noise.as_deref()),
            (3, Some(reason("bot", Lang::En).as_str()))
        );
        let organic = xray(&row, Organic, &parts, false, |_| true, Lang::En).unwrap();
        assert_eq!((organic.sum.exact.as_str(), organic.lines.len()), ("0.375", 2));
        assert!(organic.gone.is_none() && raw.gone.is_none());
        // Published before shares with noise were kept: nothing is made up.
        assert!(xray(&row, Raw, &[part(0.5, 1.0, None)], false, |_| true, Lang::En).is_none());
    }

    #[test]
    fn too_few_documents_have_no_sum() {
        assert!(xray(&row(None, 2), Organic, &[part(0.5, 0.5, None)], false, |_| true, Lang::En).is_none());
    }

    #[test]
    fn words_go_with_the_text_and_broken_ones_are_left_out() {
        let parts = [part(0.5, 1.0, None)];
        let open = xray(&row(Some(0.5), 1), Organic, &parts, false, |_| true, Lang::En).unwrap();
        let words: Vec<_> =
            open.lines[0].words.iter().map(|w| (w.word.as_deref(), &*w.weight.exact)).collect();
        assert_eq!(words, [(None, "-0.3"), (Some("up"), "0.1")]);
        assert_eq!(open.lines[0].url, None);
        let shut = xray(&row(Some(0.5), 1), Organic, &parts, false, |_| false, Lang::En).unwrap();
        assert!(shut.lines[0].words.is_empty() && shut.lines[0].text.is_none());
        let mut hidden = part(0.5, 1.0, None);
        hidden.text = None;
        let hidden = xray(&row(Some(0.5), 1), Organic, &[hidden], false, |_| true, Lang::En).unwrap();
        assert!(hidden.lines[0].words.is_empty());
    }
}
