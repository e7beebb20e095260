//! Articles in memory, and the outlets that publish them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::moment::Micros;

/// One article.
#[derive(Debug, Clone)]
pub(crate) struct Article {
    /// When it was published, and from when on it is served.
    pub at: Micros,
    /// The outlet's name, as the record states it.
    pub outlet: String,
    /// The outlet's id for it.
    pub id: String,
    /// Its link.
    pub url: String,
    /// Headline.
    pub title: String,
    /// Summary; may be absent.
    pub summary: Option<String>,
    /// Its authors.
    pub authors: Vec<String>,
    /// Language.
    pub lang: Option<String>,
    /// Symbols that the outlet attached.
    pub tickers: Vec<String>,
}

/// Articles sorted by (time, outlet, id).
#[derive(Debug, Default)]
pub(crate) struct Articles {
    /// The rows.
    pub rows: Vec<Article>,
}

impl Articles {
    /// How many rows are published at `now`: they are the first ones.
    pub(crate) fn visible(&self, now: Micros) -> usize {
        self.rows.partition_point(|article| article.at <= now)
    }
}

/// An outlet and its feed.
#[derive(Debug, Clone)]
pub(crate) struct Outlet {
    /// Its name.
    pub name: String,
    /// Its name in the feed's path.
    pub slug: String,
    /// Whether its feed is Atom; else RSS.
    pub atom: bool,
    /// The language of most of its articles.
    pub lang: Option<String>,
    /// Its rows, in order of time.
    pub rows: Vec<u32>,
}

impl Outlet {
    /// The outlets of the articles, sorted by slug. Every third one has an Atom feed.
    pub(crate) fn all(articles: &Articles) -> Vec<Self> {
        let mut by_name: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (index, article) in articles.rows.iter().enumerate() {
            by_name.entry(&article.outlet).or_default().push(index as u32);
        }
        let mut taken = BTreeSet::new();
        let mut outlets: Vec<Self> = by_name
            .into_iter()
            .map(|(name, rows)| {
                let langs = rows.iter().filter_map(|row| articles.rows[*row as usize].lang.as_deref());
                Self {
                    name: name.to_owned(),
                    slug: free_slug(name, &mut taken),
                    atom: false,
                    lang: most_frequent(langs),
                    rows,
                }
            })
            .collect();
        outlets.sort_by(|a, b| a.slug.cmp(&b.slug));
        outlets.iter_mut().skip(2).step_by(3).for_each(|outlet| outlet.atom = true);
        outlets
    }

    /// The last part of its feed's path.
    pub(crate) fn file(&self) -> &'static str {
        if self.atom { "atom.xml" } else { "rss.xml" }
    }
}

fn most_frequent<'a>(values: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    values.for_each(|value| *counts.entry(value).or_insert(0) += 1);
    let most = counts.into_iter().max_by(|(a, n), (b, m)| n.cmp(m).then_with(|| b.cmp(a)));
    most.map(|(value, _)| value.to_owned())
}

/// `S&P Global` becomes `s-p-global`; a second outlet of the same slug gets a number.
fn free_slug(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = match slug.trim_end_matches('-') {
        "" => "outlet".to_owned(),
        slug => slug.to_owned(),
    };
    let mut candidate = slug.clone();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{slug}-{number}");
        number += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_plain_and_never_the_same() {
        let mut taken = BTreeSet::new();
        let slugs = ["s&p global", "S P Global!", "日経", "…"].map(|name| free_slug(name, &mut taken));
        assert_eq!(slugs, ["s-p-global", "s-p-global-2", "outlet", "outlet-2"]);
    }
}
