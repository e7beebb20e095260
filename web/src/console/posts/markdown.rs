//! Markdown to HTML that is safe on a page: parsed by `pulldown-cmark`, then cleaned by `ammonia` down to a short list of
//! elements. Nothing else makes [`Sanitised`], and nothing else is put on a page without being escaped.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::Builder;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use serde::Serialize;

/// HTML that has been cleaned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Sanitised(String);

impl Sanitised {
    /// It, as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

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

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::empty();
    cleaner
        .tags(HashSet::from(TAGS))
        // Their content would show as text.
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        .url_schemes(HashSet::from(["https", "http", "mailto"]))
        .url_relative(ammonia::UrlRelative::Custom(Box::new(local)))
        .link_rel(Some("noopener nofollow"))
        .strip_comments(true);
    cleaner
});

/// Links without a host stay where they lead to a place on this site.
fn local(path: &str) -> Option<std::borrow::Cow<'_, str>> {
    let fine = path.starts_with('#') || crate::site::origin::local_path(path) == path;
    fine.then(|| path.into())
}

/// A post's HTML. Headings begin at the second level, because the title is the first.
pub fn render(markdown: &str) -> Sanitised {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut out = String::new();
    html::push_html(&mut out, Parser::new_ext(markdown, options).map(lowered));
    Sanitised(CLEANER.clean(&out).to_string())
}

/// The first paragraph as plain text of at most so many characters: for lists and feeds.
pub fn excerpt(markdown: &str, chars: usize) -> String {
    let mut text = String::new();
    let mut inside = false;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
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

fn lowered(event: Event) -> Event {
    let lower = |level| match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    };
    match event {
        Event::Start(Tag::Heading { level, .. }) => {
            Event::Start(Tag::Heading { level: lower(level), id: None, classes: vec![], attrs: vec![] })
        }
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
