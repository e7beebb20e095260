//! Rows of articles.

use domain::Evidence;
use tables::arrow::array::Array as _;

use super::input::Input;
use super::{Mapper, Sink, bad_id, join};
use crate::engine::columns::{Articles, text};
use crate::engine::row::{Document, RowKind};

/// Relevance from which an outlet's ticker counts.
const RELEVANT: f64 = 0.3;

impl Mapper<'_> {
    pub(super) fn articles(
        &mut self,
        articles: &Articles<'_>,
        input: &mut Input<'_, impl Sink>,
    ) -> anyhow::Result<()> {
        for row in 0..articles.id.len() {
            if articles.revision.value(row) {
                continue;
            }
            let id = articles.id.value(row);
            let collected_at = articles.collected_at.value(row);
            let dated = articles.published_at.is_valid(row);
            let at = if dated { articles.published_at.value(row) } else { collected_at };
            let (title, summary) = (articles.title.value(row), text(articles.summary, row));
            if input.void.repeats(row) {
                continue;
            }
            let about = || (Some(id.to_owned()), title.to_owned());
            let reason = || self.outside(at, dated).or_else(|| bad_id(id));
            if input.unreadable(row, &articles.required, about) || input.refused(row, reason(), about) {
                continue;
            }
            let mut said = std::mem::take(&mut self.text);
            join(&mut said, title, summary);
            self.find(&said, at);
            self.text = said;
            for (symbol, relevance) in articles.tickers(row) {
                if relevance.is_none_or(|r| r >= RELEVANT) {
                    self.hint(symbol, Evidence::Vendor, 100);
                }
            }
            if self.mentions.is_empty() {
                continue;
            }
            self.authors.clear();
            for (n, author) in articles.authors(row).enumerate() {
                self.authors.push_str(if n > 0 { "; " } else { "" });
                self.authors.push_str(author);
            }
            let link = articles.canonical_url.value(row);
            let any_author = articles.authors(row).next().is_some();
            let document = Document {
                label: articles.outlet.value(row),
                text: title,
                summary,
                author: any_author.then_some(self.authors.as_str()),
                lang: text(articles.lang, row),
                url: Some(articles.url.value(row)),
                link: Some(link).filter(|link| !link.is_empty()),
                ..Document::default()
            };
            self.common.clear();
            document.write(&mut self.common);
            self.emit(RowKind::Article, at, id, collected_at, input)?;
        }
        Ok(())
    }
}
