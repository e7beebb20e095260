//! Rows of posts.

use domain::Evidence;
use tables::arrow::array::Array as _;

use super::input::Input;
use super::{Mapper, Sink, bad_id};
use crate::engine::columns::{Posts, integer, text};
use crate::engine::row::{Document, RowKind};

const DELETED: &str = "deleted at the source";

impl Mapper<'_> {
    pub(super) fn posts(
        &mut self,
        posts: &Posts<'_>,
        input: &mut Input<'_, impl Sink>,
    ) -> anyhow::Result<()> {
        for row in 0..posts.id.len() {
            let id = posts.id.value(row);
            // Revisions say how documents of earlier slots are now: no slot counts them as said in it.
            if posts.revision.value(row) {
                if posts.deleted.value(row) {
                    input.tally.gone.insert(id.to_owned());
                }
                continue;
            }
            // What was replaced is no loss.
            if input.void.repeats(row) {
                continue;
            }
            let (at, said) = (posts.created_at.value(row), posts.text.value(row));
            let about = || (Some(id.to_owned()), said.to_owned());
            if input.unreadable(row, &posts.required, about)
                || input.refused(row, self.outside(at, true), about)
            {
                continue;
            }
            if posts.deleted.value(row) {
                input.tally.leave_out(DELETED);
                continue;
            }
            if input.refused(row, bad_id(id), about) {
                continue;
            }
            self.find(said, at);
            for (symbol, method) in posts.hints(row) {
                let (evidence, hundredths) =
                    if method == "cashtag" { (Evidence::Cashtag, 99) } else { (Evidence::Vendor, 100) };
                self.hint(symbol, evidence, hundredths);
            }
            if self.mentions.is_empty() {
                continue;
            }
            let kind = posts.kind.value(row);
            let repeats = matches!(kind, "repost" | "quote");
            let document = Document {
                label: kind,
                text: said,
                summary: None,
                author: text(posts.author_name, row),
                author_id: text(posts.author_id, row),
                lang: text(posts.lang, row),
                mood: text(posts.vendor_sentiment, row),
                url: text(posts.url, row),
                link: None,
                parent: text(posts.parent_id, row).filter(|_| repeats),
                followers: integer(posts.author_followers, row),
                likes: integer(posts.likes, row),
                reposts: integer(posts.reposts, row),
            };
            self.common.clear();
            document.write(&mut self.common);
            let collected_at = posts.collected_at.value(row);
            self.emit(RowKind::Post, at, id, collected_at, input)?;
        }
        Ok(())
    }
}
