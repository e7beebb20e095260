//! Markdown to HTML that is safe on a page: parsed by `pulldown-cmark`, and written here from a short list of elements. Raw
//! HTML, pictures and links to anything but pages and mail are left out, so that there is nothing to clean afterwards. Nothing
//! else makes [`Sanitised`], and nothing else is put on a page without being escaped.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use serde::Serialize;
use url::Url;

use crate::site::origin::local_path;

/// HTML that holds only elements of a short list, and no attribute but where a link leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Sanitised(String);

impl Sanitised {
    /// It, as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What of Markdown is understood beside the plain.
const OPTIONS: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH);

/// A post's HTML. Its highest headings, whatever their level, become the second, because the title is the first.
pub fn render(markdown: &str) -> Sanitised {
    let level = |event: Event<'_>| match event {
        Event::Start(Tag::Heading { level, .. }) => Some(level as usize),
        _ => None,
    };
    let highest = Parser::new_ext(markdown, OPTIONS).filter_map(level).min().unwrap_or(1);
    let mut writer = Writer { out: String::new(), highest, links: Vec::new(), in_head: false };
    for event in Parser::new_ext(markdown, OPTIONS) {
        writer.put(&event);
    }
    Sanitised(writer.out)
}

/// Writes events as HTML.
struct Writer {
    out: String,
    /// The level of the highest heading.
    highest: usize,
    /// Of each open link: whether it was written.
    links: Vec<bool>,
    /// Whether this is the head of a table.
    in_head: bool,
}

impl Writer {
    fn put(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(text),
            Event::Code(text) => {
                self.out.push_str("<code>");
                self.text(text);
                self.out.push_str("</code>");
            }
            Event::SoftBreak => self.out.push('\n'),
            Event::HardBreak => self.out.push_str("<br>\n"),
            Event::Rule => self.out.push_str("<hr>\n"),
            // Raw HTML above all.
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let written = match tag {
            Tag::Link { dest_url, .. } => {
                let target = target(dest_url);
                self.links.push(target.is_some());
                if let Some(target) = target {
                    self.out.push_str("<a href=\"");
                    self.text(&target);
                    self.out.push_str("\" rel=\"noopener nofollow\">");
                }
                return;
            }
            Tag::Heading { level, .. } => {
                self.out.push_str(&format!("<{}>", self.lowered(*level)));
                return;
            }
            Tag::TableCell => {
                if self.in_head {
                    "<th>"
                } else {
                    "<td>"
                }
            }
            Tag::TableHead => {
                self.in_head = true;
                "<thead><tr>"
            }
            Tag::Paragraph => "<p>",
            Tag::BlockQuote(_) => "<blockquote>\n",
            Tag::CodeBlock(_) => "<pre><code>",
            Tag::List(None) => "<ul>\n",
            Tag::List(Some(_)) => "<ol>\n",
            Tag::Item => "<li>",
            Tag::Table(_) => "<table>",
            Tag::TableRow => "<tr>",
            Tag::Emphasis => "<em>",
            Tag::Strong => "<strong>",
            Tag::Strikethrough => "<del>",
            _ => "",
        };
        self.out.push_str(written);
    }

    fn end(&mut self, tag: &TagEnd) {
        let written = match tag {
            TagEnd::Link if self.links.pop() == Some(true) => "</a>",
            TagEnd::Heading(level) => {
                self.out.push_str(&format!("</{}>\n", self.lowered(*level)));
                return;
            }
            TagEnd::TableCell => {
                if self.in_head {
                    "</th>"
                } else {
                    "</td>"
                }
            }
            TagEnd::TableHead => {
                self.in_head = false;
                "</tr></thead><tbody>\n"
            }
            TagEnd::Paragraph => "</p>\n",
            TagEnd::BlockQuote(_) => "</blockquote>\n",
            TagEnd::CodeBlock => "</code></pre>\n",
            TagEnd::List(false) => "</ul>\n",
            TagEnd::List(true) => "</ol>\n",
            TagEnd::Item => "</li>\n",
            TagEnd::Table => "</tbody></table>\n",
            TagEnd::TableRow => "</tr>\n",
            TagEnd::Emphasis => "</em>",
            TagEnd::Strong => "</strong>",
            TagEnd::Strikethrough => "</del>",
            _ => "",
        };
        self.out.push_str(written);
    }

    fn lowered(&self, level: HeadingLevel) -> HeadingLevel {
        HeadingLevel::try_from(level as usize + 2 - self.highest).unwrap_or(HeadingLevel::H6)
    }

    fn text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                other => self.out.push(other),
            }
        }
    }
}

/// Where a link may lead: a page of this site, a page elsewhere, a mail.
fn target(written: &str) -> Option<String> {
    if written.starts_with('#') || (written.starts_with('/') && local_path(written) == written) {
        return Some(written.to_owned());
    }
    let url = Url::parse(written).ok()?;
    ["https", "http", "mailto"].contains(&url.scheme()).then(|| url.to_string())
}

/// The first paragraph as plain text of at most so many characters: for lists and feeds.
pub fn excerpt(markdown: &str, chars: usize) -> String {
    let mut text = String::new();
    let mut inside = false;
    for event in Parser::new_ext(markdown, OPTIONS) {
        match event {
            Event::Start(Tag::Paragraph) => inside = true,
            Event::End(TagEnd::Paragraph) if !text.trim().is_empty() => break,
            Event::Text(part) | Event::Code(part) if inside => text.push_str(&part),
            Event::SoftBreak | Event::HardBreak if inside => text.push(' '),
            _ => {}
        }
    }
    let text = text.trim();
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let cut: String = text.chars().take(chars.saturating_sub(1)).collect();
    // Not in the middle of a word, where there is one before.
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{whole}…")
}

#[cfg(test)]
mod tests;
