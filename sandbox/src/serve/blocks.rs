//! The records of a page that is no JSON: the items of a feed, the messages of a preview page.

/// How a record begins and ends, in the order in which they are tried.
const MARKS: [(&str, &str); 3] = [
    ("<item>", "</item>\n"),
    ("<entry", "</entry>\n"),
    ("<div class=\"tgme_widget_message_wrap", "</section>"),
];

/// A page taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Blocks {
    /// What stands before the records.
    pub head: String,
    /// The records, each with its markup.
    pub records: Vec<String>,
    /// What stands after them.
    pub tail: String,
}

impl Blocks {
    /// Takes a page apart; `None` where it has no records.
    pub(super) fn of(page: &[u8]) -> Option<Self> {
        let page = std::str::from_utf8(page).ok()?;
        let (open, close) = MARKS.into_iter().find(|(open, _)| page.contains(open))?;
        let starts: Vec<usize> = page.match_indices(open).map(|(at, _)| at).collect();
        let last = *starts.last()?;
        // Messages are closed by the section that holds them all, which is not theirs.
        let found = page[last..].find(close)?;
        let end = last + found + if close == "</section>" { 0 } else { close.len() };
        let ends = starts.iter().skip(1).copied().chain([end]);
        let records = starts.iter().zip(ends).map(|(start, end)| page[*start..end].to_owned()).collect();
        Some(Self { head: page[..starts[0]].to_owned(), records, tail: page[end..].to_owned() })
    }

    /// The page again.
    pub(super) fn into_page(self) -> Vec<u8> {
        [self.head, self.records.concat(), self.tail].concat().into_bytes()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn pages_come_apart_and_together() {
        for (page, count) in [
            ("<rss>\n<item>\na</item>\n<item>\nb</item>\n</rss>", 2),
            ("<feed><entry xml:lang=\"en\">\n</entry>\n</feed>", 1),
            (
                "<section> <div class=\"tgme_widget_message_wrap js\">1</div><div class=\"tgme_widget_message_wrap js\">2</div></section>x",
                2,
            ),
        ] {
            let blocks = Blocks::of(page.as_bytes()).unwrap();
            assert_eq!(blocks.records.len(), count);
            assert_eq!(blocks.into_page(), page.as_bytes());
        }
        assert_eq!(Blocks::of(b"<rss></rss>"), None);
    }
}
