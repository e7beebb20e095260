//! Markdown of staff: what becomes HTML, and what never does.
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
        render("### a\n\n#### b\n\n###### c").as_str().matches("<h2>a</h2>\n<h3>b</h3>\n<h5>c</h5>").count(),
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
                let fine =
                    ["https:", "http:", "mailto:", "/", "#"].iter().any(|start| target.starts_with(start))
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
