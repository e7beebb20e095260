//! Gives every record to the assets that it is about.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveTime, Utc};
use domain::document::AssetHint;
use domain::manifest::SourceOutcome;
use domain::mention::{AssetArticle, AssetBar, AssetPost};
use domain::source::Terms;
use domain::{Article, AssetList, Bar, Evidence, Mention, Post, PostKind, Symbol};
use rayon::prelude::*;

use crate::noise::seen::Seen;
use crate::noise::{Analysis, Document, Kind, Marks, Origin, Print};
use crate::read::{Records, Sourced};
use crate::resolve::Resolver;

/// Relevance from which an outlet's ticker counts.
const RELEVANT: f64 = 0.3;

/// Whose bars are taken where several sources have them, the first choice first: Alpaca's cover most and name both raw and
/// adjusted prices; Interactive Brokers' are an exchange's own; Alpha Vantage's are few; Yahoo's are nobody's promise.
const BAR_SOURCES: [&str; 4] = ["alpaca", "interactive_brokers", "alpha_vantage", "yahoo"];

/// One asset's rows, sorted.
#[derive(Debug, Default)]
pub(crate) struct Haul {
    /// Posts by (created_at, source, id).
    pub(crate) posts: Vec<AssetPost>,
    /// Articles by (published_at, source, id).
    pub(crate) articles: Vec<AssetArticle>,
    /// Bars by (interval, opens_at).
    pub(crate) bars: Vec<AssetBar>,
    /// Which records the posts and the articles are made of, by their numbers.
    from: (Vec<usize>, Vec<usize>),
    /// What the next slot's split is to know for repeats.
    pub(crate) seen: Vec<Seen>,
}

/// The rows of every asset of the list, and how many records of each source were left out, by reason.
pub(crate) struct Assigned {
    /// By symbol; every asset of the list is there.
    pub(crate) hauls: BTreeMap<Symbol, Haul>,
    /// By source, then reason.
    pub(crate) left_out: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// Posts of earlier slots that are gone at their source, by source.
    pub(crate) gone: BTreeMap<String, BTreeSet<String>>,
}

/// Gives `records` to assets; what is later than `as_of` is left out. `seen` is what earlier slots had of each asset.
pub(crate) fn assign(
    mut records: Records,
    list: &AssetList,
    sources: &BTreeMap<String, SourceOutcome>,
    as_of: DateTime<Utc>,
    seen: &BTreeMap<String, Vec<Seen>>,
) -> Assigned {
    let resolver = Resolver::new(list);
    let terms = |source: &str| sources.get(source).map_or_else(Terms::default, |outcome| outcome.terms);
    let hauls = list.iter().map(|asset| (asset.symbol.clone(), Haul::default())).collect();
    let mut out = Assigned { hauls, left_out: BTreeMap::new(), gone: BTreeMap::new() };
    // Revisions say how documents of earlier slots are now: no slot counts them as said in it.
    records.posts.retain(|(source, post)| {
        if post.revision && post.deleted {
            out.gone.entry(source.clone()).or_default().insert(post.id.clone());
        }
        !post.revision
    });
    records.articles.retain(|(_, article)| !article.revision);
    let posts =
        out.admit(records.posts, |p: &Post| &p.id, |p| (p.created_at, p.collected_at), |p| p.deleted, as_of);
    out.add_posts(&posts, &resolver, &terms);
    let published = |a: &Article| (a.published_at.unwrap_or(a.collected_at), a.collected_at);
    let articles = out.admit(records.articles, |a: &Article| &a.id, published, |_| false, as_of);
    out.add_articles(&articles, &resolver, &terms);
    out.add_bars(records.bars, &resolver, as_of);
    out.hauls.par_iter_mut().for_each(|(symbol, haul)| {
        haul.mark_noise(&posts, &articles, seen.get(symbol.as_str()).map_or(&[], Vec::as_slice));
    });
    out
}

impl Assigned {
    /// Each (source, id) once, the row collected last, in the order of their instants.
    fn admit<T>(
        &mut self,
        rows: Vec<Sourced<T>>,
        id: impl Fn(&T) -> &String,
        at: impl Fn(&T) -> (DateTime<Utc>, DateTime<Utc>),
        deleted: impl Fn(&T) -> bool,
        as_of: DateTime<Utc>,
    ) -> Vec<Sourced<T>> {
        let mut latest: BTreeMap<(String, String), T> = BTreeMap::new();
        for (source, row) in rows {
            if at(&row).0 > as_of {
                self.leave_out(&source, "later than the as-of instant");
                continue;
            }
            let key = (source, id(&row).clone());
            if latest.get(&key).is_none_or(|old| at(old).1 <= at(&row).1) {
                latest.insert(key, row);
            }
        }
        let mut out = Vec::with_capacity(latest.len());
        for ((source, _), row) in latest {
            if deleted(&row) {
                self.leave_out(&source, "deleted at the source");
            } else {
                out.push((source, row));
            }
        }
        // Stable: within one instant the order by source and id stays.
        out.sort_by_key(|(_, row)| at(row).0);
        out
    }

    fn add_posts(&mut self, posts: &[Sourced<Post>], resolver: &Resolver, terms: &impl Fn(&str) -> Terms) {
        let mentions: Vec<Vec<Mention>> = posts
            .par_iter()
            .map(|(_, post)| with_hints(resolver.resolve(&post.text), &post.asset_hints, resolver))
            .collect();
        for ((i, (source, post)), about) in posts.iter().enumerate().zip(&mentions) {
            let terms = terms(source);
            for mention in about {
                let Some(haul) = self.hauls.get_mut(&mention.symbol) else { continue };
                haul.from.0.push(i);
                haul.posts.push(AssetPost {
                    source: source.clone(),
                    id: post.id.clone(),
                    kind: kind_name(post.kind).to_owned(),
                    author_name: post.author_name.clone(),
                    author_followers: post.author_followers,
                    text: post.text.clone(),
                    lang: post.lang.clone(),
                    vendor_sentiment: post.vendor_sentiment.clone(),
                    created_at: post.created_at,
                    collected_at: post.collected_at,
                    url: post.url.clone(),
                    likes: post.likes,
                    reposts: post.reposts,
                    evidence: mention.evidence.as_str().to_owned(),
                    confidence: mention.confidence,
                    noise: None,
                    duplicate_of: None,
                    may_display: terms.may_display,
                    may_infer: terms.may_infer,
                });
            }
        }
    }

    fn add_articles(
        &mut self,
        articles: &[Sourced<Article>],
        resolver: &Resolver,
        terms: &impl Fn(&str) -> Terms,
    ) {
        let texts: Vec<String> = articles.iter().map(|(_, article)| article_text(article)).collect();
        let mentions: Vec<Vec<Mention>> = articles
            .par_iter()
            .zip(&texts)
            .map(|((_, article), text)| with_hints(resolver.resolve(text), &ticker_hints(article), resolver))
            .collect();
        for ((i, (source, article)), about) in articles.iter().enumerate().zip(&mentions) {
            let terms = terms(source);
            for mention in about {
                let Some(haul) = self.hauls.get_mut(&mention.symbol) else { continue };
                haul.from.1.push(i);
                haul.articles.push(AssetArticle {
                    source: source.clone(),
                    id: article.id.clone(),
                    outlet: article.outlet.clone(),
                    title: article.title.clone(),
                    summary: article.summary.clone(),
                    authors: (!article.authors.is_empty()).then(|| article.authors.join("; ")),
                    lang: article.lang.clone(),
                    published_at: article.published_at.unwrap_or(article.collected_at),
                    collected_at: article.collected_at,
                    url: article.url.clone(),
                    evidence: mention.evidence.as_str().to_owned(),
                    confidence: mention.confidence,
                    noise: None,
                    duplicate_of: None,
                    may_display: terms.may_display,
                    may_infer: terms.may_infer,
                });
            }
        }
    }

    /// One bar for each (asset, interval, time): of several sources' that of the first in [`BAR_SOURCES`], of one source the
    /// bar collected last. A daily bar's time is its date, since sources open the same day at different hours.
    fn add_bars(&mut self, bars: Vec<Sourced<Bar>>, resolver: &Resolver, as_of: DateTime<Utc>) {
        type Key = (Symbol, String, DateTime<Utc>);
        let mut chosen: HashMap<Key, Sourced<Bar>> = HashMap::with_capacity(bars.len());
        let mut symbols: HashMap<String, Option<Symbol>> = HashMap::new();
        let rank = |source: &str| {
            let known = BAR_SOURCES.iter().position(|name| *name == source);
            (known.unwrap_or(BAR_SOURCES.len()), source.to_owned())
        };
        for (source, bar) in bars {
            let reason =
                if bar.opens_at > as_of { Some("later than the as-of instant") } else { bar.defect() };
            let symbol = symbols.entry(bar.symbol.clone()).or_insert_with(|| {
                let exact = bar.symbol.parse().ok().filter(|s| self.hauls.contains_key(s));
                exact.or_else(|| resolver.vendor(&bar.symbol).cloned())
            });
            let (None, Some(symbol)) = (reason, symbol) else {
                self.leave_out(&source, reason.unwrap_or("of no asset of the list"));
                continue;
            };
            let time = if bar.interval == "1d" {
                bar.opens_at.date_naive().and_time(NaiveTime::MIN).and_utc()
            } else {
                bar.opens_at
            };
            let key = (symbol.clone(), bar.interval.clone(), time);
            let better = chosen.get(&key).is_none_or(|(other, old)| match rank(&source).cmp(&rank(other)) {
                std::cmp::Ordering::Equal => bar.collected_at >= old.collected_at,
                order => order.is_lt(),
            });
            if better {
                chosen.insert(key, (source, bar));
            }
        }
        for ((symbol, interval, _), (source, bar)) in chosen {
            let Some(haul) = self.hauls.get_mut(&symbol) else { continue };
            let Bar { opens_at, open, high, low, close, adj_close, volume, .. } = bar;
            haul.bars.push(AssetBar {
                source,
                interval,
                opens_at,
                open,
                high,
                low,
                close,
                adj_close,
                volume,
            });
        }
        for haul in self.hauls.values_mut() {
            haul.bars.sort_by(|a, b| (&a.interval, a.opens_at).cmp(&(&b.interval, b.opens_at)));
        }
    }

    fn leave_out(&mut self, source: &str, reason: &'static str) {
        *self.left_out.entry(source.to_owned()).or_default().entry(reason).or_default() += 1;
    }
}

impl Haul {
    /// Marks what is noise among this asset's documents, posts first.
    fn mark_noise(&mut self, posts: &[Sourced<Post>], articles: &[Sourced<Article>], seen: &[Seen]) {
        let mut documents: Vec<Document<'_>> =
            self.from.0.iter().map(|i| post_document(&posts[*i].0, &posts[*i].1)).collect();
        let chosen: Vec<&Sourced<Article>> = self.from.1.iter().map(|i| &articles[*i]).collect();
        let texts: Vec<String> = chosen.iter().map(|(_, article)| article_text(article)).collect();
        for ((source, article), text) in chosen.iter().copied().zip(&texts) {
            documents.push(article_document(source, article, text));
        }
        let prints: Vec<Print> = documents.iter().map(Print::of).collect();
        let mut analysis = Analysis::new(seen);
        for (document, print) in documents.iter().zip(&prints) {
            analysis.add(document, print);
        }
        let marks = analysis.finish();
        let first_article = self.posts.len();
        for (row, post) in self.posts.iter_mut().enumerate() {
            (post.noise, post.duplicate_of) = noise_columns(&marks, row, &documents);
        }
        for (row, article) in self.articles.iter_mut().enumerate() {
            (article.noise, article.duplicate_of) = noise_columns(&marks, first_article + row, &documents);
        }
        self.seen = marks.seen();
    }
}

fn post_document<'a>(source: &'a str, post: &'a Post) -> Document<'a> {
    Document {
        kind: Kind::Post,
        source,
        id: &post.id,
        at: post.created_at.timestamp_micros(),
        text: &post.text,
        link: None,
        repost: post.kind == PostKind::Repost,
        parent: post.parent_id.as_deref(),
        author: post.author_id.as_deref().or(post.author_name.as_deref()),
        followers: post.author_followers,
    }
}

fn article_document<'a>(source: &'a str, article: &'a Article, text: &'a str) -> Document<'a> {
    Document {
        kind: Kind::Article,
        source,
        id: &article.id,
        at: article.published_at.unwrap_or(article.collected_at).timestamp_micros(),
        text,
        link: Some(article.canonical_url.as_str()).filter(|link| !link.is_empty()),
        repost: false,
        parent: None,
        author: None,
        followers: None,
    }
}

fn article_text(article: &Article) -> String {
    format!("{}\n{}", article.title, article.summary.as_deref().unwrap_or(""))
}

fn noise_columns(marks: &Marks, row: usize, documents: &[Document<'_>]) -> (Option<String>, Option<String>) {
    let Some(mark) = marks.mark(row) else { return (None, None) };
    let origin = mark.origin.map(|origin| match origin {
        Origin::Row(row) => format!("{}/{}", documents[row].source, documents[row].id),
        Origin::Key(key) => key,
    });
    (Some(mark.reason.as_str().to_owned()), origin)
}

/// Adds what the source itself says to what the text says; a document counts once an asset, with its surest evidence.
fn with_hints(mentions: Vec<Mention>, hints: &[AssetHint], resolver: &Resolver) -> Vec<Mention> {
    let mut by_symbol: BTreeMap<Symbol, Mention> =
        mentions.into_iter().map(|m| (m.symbol.clone(), m)).collect();
    for hint in hints {
        let Some(symbol) = resolver.vendor(&hint.symbol) else { continue };
        let (evidence, confidence) = match hint.method.as_str() {
            "cashtag" => (Evidence::Cashtag, 0.99),
            _ => (Evidence::Vendor, 1.0),
        };
        if by_symbol.get(symbol).is_none_or(|m| m.confidence < confidence) {
            by_symbol
                .insert(symbol.clone(), Mention { symbol: symbol.clone(), evidence, confidence, span: None });
        }
    }
    by_symbol.into_values().collect()
}

fn ticker_hints(article: &Article) -> Vec<AssetHint> {
    let relevant = article.tickers.iter().filter(|t| t.relevance.is_none_or(|r| r >= RELEVANT));
    relevant.map(|t| AssetHint { symbol: t.symbol.clone(), method: "vendor".to_owned() }).collect()
}

fn kind_name(kind: PostKind) -> &'static str {
    match kind {
        PostKind::Post => "post",
        PostKind::Comment => "comment",
        PostKind::Repost => "repost",
        PostKind::Quote => "quote",
    }
}
