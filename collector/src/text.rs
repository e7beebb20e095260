//! Texts and links as sources send them.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use url::Url;

/// Plain text of a piece of HTML: tags dropped, entities resolved, white space folded.
pub fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        let tag = rest[open + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        match rest[open..].find('>').filter(|_| tag) {
            Some(close) => {
                text.push(' ');
                rest = &rest[open + close + 1..];
            }
            None => {
                text.push('<');
                rest = &rest[open + 1..];
            }
        }
    }
    text.push_str(rest);
    unescape(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Resolves the entities that occur in headlines; an unknown one stays as it is.
pub fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity =
            rest.find(';').filter(|end| *end <= 12).and_then(|end| Some((end, resolve(&rest[1..end])?)));
        match entity {
            Some((end, c)) => {
                plain.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn resolve(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| *c != '\0');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "hellip" => '…',
        "euro" => '€',
        "pound" => '£',
        "cent" => '¢',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        name => return named(name),
    })
}

/// One of the two thousand other names that HTML knows.
fn named(name: &str) -> Option<char> {
    #[derive(Default)]
    struct Text(std::cell::RefCell<String>);
    impl TokenSink for Text {
        type Handle = ();
        fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
            if let Token::CharacterTokens(text) = token {
                self.0.borrow_mut().push_str(&text);
            }
            TokenSinkResult::Continue
        }
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(format!("&{name};")));
    let tokenizer = Tokenizer::new(Text::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    let text = tokenizer.sink.0.into_inner();
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// The link without fragment and tracking parameters; a text that is no URL stays as it is.
pub fn canonical_url(link: &str) -> String {
    let Ok(mut url) = Url::parse(link.trim()) else { return link.trim().to_owned() };
    url.set_fragment(None);
    if url.query().is_some() {
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| !is_tracking(name))
            .map(|(n, v)| (n.into_owned(), v.into_owned()))
            .collect();
        if kept.len() < url.query_pairs().count() {
            url.set_query(None);
            if !kept.is_empty() {
                url.query_pairs_mut().extend_pairs(kept);
            }
        }
    }
    url.into()
}

fn is_tracking(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("utm_")
        || matches!(name.as_str(), "fbclid" | "gclid" | "msclkid" | "mc_cid" | "mc_eid" | "cmpid")
}

/// The two letters of ISO 639-1 at the start of `en-US`, `es`; `und` and the like are `None`.
pub fn language(tag: &str) -> Option<String> {
    let first = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
    (first.len() == 2 && first.bytes().all(|b| b.is_ascii_lowercase())).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_of_html() {
        for (html, text) in [
            ("<p>A &amp; B</p><br/>up&nbsp;5&#37;", "A & B up 5%"),
            ("AT&T gains, x < y & z > 3", "AT&T gains, x < y & z > 3"),
            ("&#x1F680; &bogus; &#0; &", "\u{1F680} &bogus; &#0; &"),
            ("a <!-- note --> b <", "a b <"),
            ("Caf&eacute; &laquo;Se&ntilde;or&raquo; &notanentity; &Uuml;", "Café «Señor» &notanentity; Ü"),
        ] {
            assert_eq!(plain(html), text);
        }
    }

    #[test]
    fn links_lose_what_tracks() {
        for (link, canonical) in [
            ("https://a.example/x?utm_source=rss&id=7#top", "https://a.example/x?id=7"),
            ("https://a.example/x?utm_source=rss", "https://a.example/x"),
            ("https://a.example/x?q=a%20b", "https://a.example/x?q=a%20b"),
            ("not a link", "not a link"),
        ] {
            assert_eq!(canonical_url(link), canonical);
        }
    }

    #[test]
    fn languages() {
        assert_eq!(language("en-US").as_deref(), Some("en"));
        assert_eq!(language("und"), None);
        assert_eq!(language(""), None);
    }
}
