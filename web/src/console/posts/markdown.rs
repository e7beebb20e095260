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
mod tests {
    use super::*;

    /// What may stand in a post. Neither `style` nor `class`, no pictures, no forms, nothing that runs or loads.
    const TAGS: [&str; 24] = [
        "p",
        "br",
        "hr",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "blockquote",
        "pre",
        "code",
        "em",
        "strong",
        "del",
        "a",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    ];

    #[test]
    fn markdown_becomes_plain_html() {
        let text = "# Head\n\nSome *words* and `code`, [here](/pricing) and [there](https://example.org/a?b=1&c=2).\n\n\
                    - one\n- two\n\n| a | b |\n| - | -: |\n| 1 | 2 |\n";
        let html = render(text);
        for part in [
            "<h2>Head</h2>",
            "<em>words</em>",
            "<code>code</code>",
            "<a href=\"/pricing\" rel=\"noopener nofollow\">here</a>",
            "href=\"https://example.org/a?b=1&amp;c=2\"",
            "<li>one</li>",
            "<td>2</td>",
        ] {
            assert!(html.as_str().contains(part), "{part} in {}", html.as_str());
        }
        assert!(!html.as_str().contains("style="));
        assert_eq!(
            render("### a\n\n#### b\n\n###### c")
                .as_str()
                .matches("<h2>a</h2>\n<h3>b</h3>\n<h5>c</h5>")
                .count(),
            1
        );
    }

    #[test]
    fn nothing_that_runs_or_loads_is_left() {
        for attack in XSS {
            let html = render(attack);
            let lower = html.as_str().to_lowercase();
            // What is shown as text, escaped, does no harm: only elements and their attributes count.
            let elements: Vec<&str> =
                lower.split('<').skip(1).map(|part| part.split('>').next().unwrap_or("")).collect();
            for element in elements {
                let name = element.trim_start_matches('/').split([' ', '/']).next().unwrap_or("");
                assert!(TAGS.contains(&name), "{attack} leaves <{element}>: {}", html.as_str());
                let attributes = element.strip_prefix(name).unwrap_or("").trim();
                let fine = attributes.is_empty()
                    || element.starts_with("/")
                    || attributes == "/"
                    || attributes.starts_with("href=\"")
                    || attributes == "rel=\"noopener nofollow\"";
                assert!(fine, "{attack} leaves {attributes}: {}", html.as_str());
                if let Some(target) = attributes.strip_prefix("href=\"") {
                    let fine = ["https:", "http:", "mailto:", "/", "#"]
                        .iter()
                        .any(|start| target.starts_with(start))
                        && !target.starts_with("//");
                    assert!(fine, "{attack} leads to {target}");
                }
            }
        }
    }

    /// Ways that others have found to get a script through Markdown.
    const XSS: &[&str] = &[
        "<script>alert(1)</script>",
        "<ScRiPt src=//evil.example/x.js></sCrIpT>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](java\nscript:alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](javascript&colon;alert(1))",
        "[a](\u{1}javascript:alert(1))",
        "[a](vbscript:msgbox(1))",
        "[a](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
        "[a](//evil.example)",
        "[a](/\\evil.example)",
        "[a](\\\\evil.example)",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<a href=' javascript:alert(1)'>x</a>",
        "<a href=\"java&Tab;script:alert(1)\">x</a>",
        "<javascript:alert(1)>",
        "![a](javascript:alert(1))",
        "![a](https://evil.example/pixel.png)",
        "![a\" onerror=\"alert(1)](x)",
        "<img src=x onerror=alert(1)>",
        "<img src=\"x` `<script>alert(1)</script>\"` `>",
        "<svg onload=alert(1)>",
        "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<iframe src=javascript:alert(1)></iframe>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<object data=javascript:alert(1)>",
        "<embed src=javascript:alert(1)>",
        "<form action=javascript:alert(1)><button>x</button></form>",
        "<button formaction=javascript:alert(1)>x</button>",
        "<input onfocus=alert(1) autofocus>",
        "<body onload=alert(1)>",
        "<details open ontoggle=alert(1)>",
        "<video><source onerror=alert(1)></video>",
        "<p style=\"background:url(javascript:alert(1))\">x</p>",
        "<p style=\"position:fixed;inset:0\">x</p>",
        "<style>@import 'https://evil.example/x.css';</style>",
        "<link rel=stylesheet href=//evil.example/x.css>",
        "<meta http-equiv=refresh content='0;url=//evil.example'>",
        "<base href=//evil.example/>",
        "<p onclick=alert(1)>x</p>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<!--><img src=x onerror=alert(1)>-->",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<a href=\"https://example.org\" target=_blank onclick=alert(1)>x</a>",
        "`<script>alert(1)</script>`",
        "    <script>alert(1)</script>",
        "[x]: javascript:alert(1)\n\n[click][x]",
        "[a](https://example.org \"onmouseover=alert(1)\")",
        "[a](<javascript:alert(1)>)",
        "<h2 id=\"content\" class=\"skip\">x</h2>",
        "<template><script>alert(1)</script></template>",
        "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\">",
        "a<br/onload=alert(1)>b",
    ];

    #[test]
    fn an_excerpt_is_the_first_paragraph_as_text() {
        assert_eq!(excerpt("# Title\n\nOne *two* `three`\nfour.\n\nFive.", 100), "One two three four.");
        assert_eq!(excerpt("One two three", 9), "One two…");
        assert_eq!(excerpt("<b>x</b>\n\n", 9), "x");
        assert_eq!(excerpt("", 9), "");
    }
}
