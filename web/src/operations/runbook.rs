//! Runbooks: what to do when an alert comes. They are Markdown in `docs/runbooks`, one a kind of alert, built in; a page
//! shows them as blocks of text, so that nothing of them is ever taken for HTML.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde::Serialize;

use crate::text::Lang;

/// The runbooks: kind of alert, English, Spanish. A test compares them with what the orchestrator and billing raise.
static BOOKS: [(&str, &str, &str); 12] = [
    (
        "run-failed",
        include_str!("../../../docs/runbooks/run-failed.md"),
        include_str!("../../../docs/runbooks/es/run-failed.md"),
    ),
    (
        "stock-out",
        include_str!("../../../docs/runbooks/stock-out.md"),
        include_str!("../../../docs/runbooks/es/stock-out.md"),
    ),
    (
        "cannot-stop",
        include_str!("../../../docs/runbooks/cannot-stop.md"),
        include_str!("../../../docs/runbooks/es/cannot-stop.md"),
    ),
    (
        "dead-letter",
        include_str!("../../../docs/runbooks/dead-letter.md"),
        include_str!("../../../docs/runbooks/es/dead-letter.md"),
    ),
    (
        "sources",
        include_str!("../../../docs/runbooks/sources.md"),
        include_str!("../../../docs/runbooks/es/sources.md"),
    ),
    (
        "models",
        include_str!("../../../docs/runbooks/models.md"),
        include_str!("../../../docs/runbooks/es/models.md"),
    ),
    (
        "billing.drift",
        include_str!("../../../docs/runbooks/billing.drift.md"),
        include_str!("../../../docs/runbooks/es/billing.drift.md"),
    ),
    (
        "billing.mixed",
        include_str!("../../../docs/runbooks/billing.mixed.md"),
        include_str!("../../../docs/runbooks/es/billing.mixed.md"),
    ),
    (
        "billing.order_half_done",
        include_str!("../../../docs/runbooks/billing.order_half_done.md"),
        include_str!("../../../docs/runbooks/es/billing.order_half_done.md"),
    ),
    (
        "billing.order_unclear",
        include_str!("../../../docs/runbooks/billing.order_unclear.md"),
        include_str!("../../../docs/runbooks/es/billing.order_unclear.md"),
    ),
    (
        "billing.preview_differs",
        include_str!("../../../docs/runbooks/billing.preview_differs.md"),
        include_str!("../../../docs/runbooks/es/billing.preview_differs.md"),
    ),
    (
        "billing.two_subscriptions",
        include_str!("../../../docs/runbooks/billing.two_subscriptions.md"),
        include_str!("../../../docs/runbooks/es/billing.two_subscriptions.md"),
    ),
];

/// A runbook, ready for a page.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Book {
    /// Its heading.
    pub title: String,
    /// What follows.
    pub blocks: Vec<Block>,
}

/// A part of a text.
#[derive(Debug, PartialEq, Serialize)]
pub struct Block {
    /// `heading`, `paragraph`, `bullets`, `steps` or `code`.
    pub kind: &'static str,
    /// A line each of a list; else one.
    pub lines: Vec<Vec<Span>>,
}

/// A piece of a line.
#[derive(Debug, PartialEq, Serialize)]
pub struct Span {
    /// `plain`, `strong` or `code`.
    pub kind: &'static str,
    /// Its text.
    pub text: String,
}

/// The runbook for a kind of alert.
pub fn text(kind: &str, lang: Lang) -> Option<&'static str> {
    let (_, english, spanish) = BOOKS.iter().find(|(name, ..)| *name == kind)?;
    Some(if lang == Lang::Es { spanish } else { english })
}

/// Kind and heading of every runbook.
pub fn titles(lang: Lang) -> Vec<(&'static str, String)> {
    let title = |kind: &str| text(kind, lang).map(|markdown| blocks(markdown).title).unwrap_or_default();
    BOOKS.iter().map(|(kind, ..)| (*kind, title(kind))).collect()
}

/// A text in Markdown as blocks. Headings, paragraphs, lists of one level, code, bold and code within a line are known;
/// what else there is gives its text alone.
pub fn blocks(markdown: &str) -> Book {
    let (mut book, mut lines, mut line): (Book, Vec<Vec<Span>>, Vec<Span>) = Default::default();
    let (mut style, mut list) = ("plain", None);
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::List(first)) => list = Some(if first.is_some() { "steps" } else { "bullets" }),
            Event::Start(Tag::Strong) => style = "strong",
            Event::End(TagEnd::Strong) => style = "plain",
            Event::Text(text) => line.push(Span { kind: style, text: text.into_string() }),
            Event::Code(text) => line.push(Span { kind: "code", text: text.into_string() }),
            Event::SoftBreak | Event::HardBreak => line.push(Span { kind: "plain", text: " ".to_owned() }),
            Event::End(TagEnd::Heading(level)) => {
                let heading = std::mem::take(&mut line);
                if level == pulldown_cmark::HeadingLevel::H1 && book.title.is_empty() {
                    book.title = heading.into_iter().map(|span| span.text).collect();
                } else {
                    book.blocks.push(Block { kind: "heading", lines: vec![heading] });
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                book.blocks.push(Block { kind: "code", lines: vec![std::mem::take(&mut line)] });
            }
            Event::End(TagEnd::Paragraph) if list.is_none() => {
                book.blocks.push(Block { kind: "paragraph", lines: vec![std::mem::take(&mut line)] });
            }
            Event::End(TagEnd::Item) => lines.push(std::mem::take(&mut line)),
            Event::End(TagEnd::List(_)) => {
                let kind = list.take().unwrap_or("bullets");
                book.blocks.push(Block { kind, lines: std::mem::take(&mut lines) });
            }
            _ => {}
        }
    }
    book
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::alarm::Alarm;

    #[test]
    fn markdown_becomes_blocks_and_html_stays_text() {
        let book = blocks(
            "# Title\n\nFirst *line*\nof **two**.\n\n1. One `x`\n2. Two\n\n## More\n\n```sh\nrun it\n```\n\n- a\n\n<b>x</b>",
        );
        assert_eq!(book.title, "Title");
        let kinds: Vec<&str> = book.blocks.iter().map(|block| block.kind).collect();
        assert_eq!(kinds, ["paragraph", "steps", "heading", "code", "bullets", "paragraph"]);
        assert_eq!(book.blocks[0].lines[0].last().map(|span| span.text.as_str()), Some("."));
        assert!(book.blocks[0].lines[0].contains(&Span { kind: "strong", text: "two".to_owned() }));
        assert_eq!((book.blocks[1].lines.len(), book.blocks[1].lines[0][1].kind), (2, "code"));
        assert_eq!(book.blocks[3].lines[0][0].text, "run it\n");
        assert_eq!(book.blocks[5].lines[0], [Span { kind: "plain", text: "x".to_owned() }]);
    }

    #[test]
    fn every_runbook_has_a_heading_and_steps_in_both_languages() {
        for lang in Lang::ALL {
            for (kind, title) in titles(lang) {
                let book = blocks(text(kind, lang).unwrap_or_default());
                assert!(
                    !title.is_empty() && book.blocks.iter().any(|block| block.kind == "steps"),
                    "{kind} {lang:?}"
                );
            }
        }
    }

    /// Everything in the files below these folders of the project.
    fn text_below(folders: &[&str]) -> String {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut folders: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
        let mut text = String::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() && !path.ends_with("node_modules") {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    text += &std::fs::read_to_string(path).unwrap_or_default();
                }
            }
        }
        text
    }

    #[test]
    fn every_alert_in_the_sources_has_a_runbook_and_the_reverse() {
        let sources = text_below(&["functions/src", "crates/ledger/src/store"]);
        // Keys are written `"kind/{…}"`, or `"kind", Stage::…` where there is one of them.
        let mut raised: Vec<&str> = Vec::new();
        for part in sources.split('"').skip(1) {
            if let Some((kind, rest)) = part.split_once("/{")
                && !rest.is_empty()
                && !kind.is_empty()
                && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
            {
                raised.push(kind);
            }
        }
        raised.extend(
            ["sources", "models"]
                .into_iter()
                .filter(|kind| sources.contains(&format!("self.note(\"{kind}\""))),
        );
        raised.extend(Alarm::ALL.map(Alarm::code));
        // And whatever a program says in the log without asking one of these.
        let all = text_below(&[
            "collector/src",
            "crates",
            "dataproc-job/src",
            "functions/src",
            "ml-vm/src",
            "quarterday/src",
            "sandbox/src",
            "web/src",
        ]);
        let mark = format!("alert = {}", '"');
        let said = all.split(&mark).skip(1).filter_map(|rest| rest.split('"').next());
        raised.extend(said.filter_map(|key| key.split('/').next()));
        raised.sort_unstable();
        raised.dedup();
        let mut books: Vec<&str> = BOOKS.iter().map(|(kind, ..)| *kind).collect();
        books.sort_unstable();
        assert_eq!(raised, books);
    }
}
