//! Faults of text: what stands at the end of one text of a page, and how the page's bytes spell it.

use serde_json::Value;

use super::blocks::Blocks;
use super::page;
use crate::fault::HttpFault;
use crate::fault::kind::Text;
use crate::wire::{Answer, Request};

/// The fields that hold a record's text, the first that is not empty counts.
const TEXTS: [&str; 8] = ["text", "body", "selftext", "message", "caption", "title", "headline", "summary"];
/// Marks the place until the page is bytes.
const MARK: &str = "\u{E000}text\u{E000}";

/// How a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Xml,
    Html,
}

/// Changes one text of a page; a page without texts stays as it is.
pub(super) fn spoil(kind: Text, fault: &HttpFault, source: &str, request: &Request, answer: &mut Answer) {
    if answer.status != 200 {
        return;
    }
    let Some((format, page)) = marked(fault, source, request, &answer.body) else { return };
    let Some((head, tail)) = page.split_once(MARK) else { return };
    answer.body = match kind {
        Text::Latin1 => {
            let page = format!("{head} é ü ñ ¿£{tail}");
            let page = page.replacen("encoding=\"UTF-8\"", "encoding=\"ISO-8859-1\"", 1);
            relabel(answer);
            latin1(format, &page)
        }
        _ => [head.as_bytes(), &payload(kind, format), tail.as_bytes()].concat(),
    };
}

fn payload(kind: Text, format: Format) -> Vec<u8> {
    let text = match (kind, format) {
        (Text::Emoji, _) => " 🚀👩‍👩‍👧‍👦🇩🇪👍🏽",
        (Text::RightToLeft, _) => " \u{202E}שלום\u{202C} \u{200F}مرحبا\u{200E}",
        (Text::Nul, Format::Json) => " a\\u0000b",
        (Text::Nul, _) => " a\u{0}b",
        (Text::LoneSurrogate, Format::Json) => " \\ud800",
        (Text::LoneSurrogate, _) => " &#xD800;",
        (Text::InvalidUtf8, _) => return b" \xC3\x28 \xF0\x9F\x9A \xFF".to_vec(),
        (Text::DoubleEscaped, _) => " Q&amp;amp;A &amp;lt;b&amp;gt; &amp;#39;",
        (Text::Latin1, _) => "",
    };
    text.as_bytes().to_vec()
}

/// The page with the mark at the end of one of its texts.
fn marked(fault: &HttpFault, source: &str, request: &Request, body: &[u8]) -> Option<(Format, String)> {
    if let Ok(mut body) = serde_json::from_slice::<Value>(body) {
        let mut texts: Vec<&mut String> = page::lists(source, request, &mut body)
            .into_iter()
            .flat_map(|(_, rows)| rows)
            .filter_map(text_of)
            .collect();
        let count = texts.len() as u64;
        texts.get_mut((fault.draw.checked_rem(count)?) as usize)?.push_str(MARK);
        return Some((Format::Json, body.to_string()));
    }
    let mut blocks = Blocks::of(body)?;
    let chosen = (fault.draw % blocks.records.len() as u64) as usize;
    let record = &mut blocks.records[chosen];
    let format = if source == "telegram" { Format::Html } else { Format::Xml };
    match format {
        // The beginning of a message's text is easier to find than its end.
        Format::Html => {
            let class = record.find("js-message_text")?;
            let open = class + record[class..].find('>')? + 1;
            record.insert_str(open, MARK);
        }
        _ => *record = record.replacen("</title>", &format!("{MARK}</title>"), 1),
    }
    String::from_utf8(blocks.into_page()).ok().map(|page| (format, page))
}

/// The text of a record; of Reddit's things, that of what they wrap.
fn text_of(record: &mut Value) -> Option<&mut String> {
    let fields = if record.get("kind").is_some() && record.get("data").is_some() {
        record.get_mut("data")?.as_object_mut()?
    } else {
        record.as_object_mut()?
    };
    let name = TEXTS
        .into_iter()
        .find(|name| fields.get(*name).and_then(Value::as_str).is_some_and(|text| !text.is_empty()))?;
    match fields.get_mut(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// Says ISO 8859-1 in the content type.
fn relabel(answer: &mut Answer) {
    for (name, value) in &mut answer.headers {
        if *name == "content-type" {
            let plain = value.split(';').next().unwrap_or_default().trim().to_owned();
            *value = format!("{plain}; charset=ISO-8859-1");
        }
    }
}

/// The bytes of a page in ISO 8859-1; what that lacks is written as the format's own reference.
fn latin1(format: Format, page: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(page.len());
    for c in page.chars() {
        match (u8::try_from(c), format) {
            (Ok(byte), _) => bytes.push(byte),
            (Err(_), Format::Json) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    bytes.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                }
            }
            (Err(_), _) => bytes.extend_from_slice(format!("&#{};", u32::from(c)).as_bytes()),
        }
    }
    bytes
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fault::{Kind, Settings};

    fn spoiled(kind: Text, source: &str, mut answer: Answer) -> Answer {
        let fault = HttpFault { kind: Kind::Text(kind), settings: Settings::default(), draw: 5 };
        spoil(kind, &fault, source, &Request::default(), &mut answer);
        answer
    }

    #[test]
    fn json_is_spoiled_and_its_ids_stay() {
        let page = || {
            Answer::json(
                200,
                &json!({"data": {"children": [{"kind": "t3", "data": {"id": "a", "title": "日", "selftext": ""}}]}}),
            )
        };
        for (kind, bytes) in [
            (Text::Emoji, "🇩🇪".as_bytes()),
            (Text::RightToLeft, "שלום".as_bytes()),
            (Text::Nul, b"a\\u0000b\""),
            (Text::LoneSurrogate, b"\\ud800\""),
            (Text::InvalidUtf8, b"\xC3\x28"),
            (Text::Latin1, b"\\u65e5 \xE9 \xFC"),
            (Text::DoubleEscaped, b"Q&amp;amp;A"),
        ] {
            let answer = spoiled(kind, "reddit", page());
            assert!(answer.body.windows(bytes.len()).any(|part| part == bytes), "{kind:?}: {answer:?}");
            assert!(answer.body.windows(8).any(|part| part == b"\"id\":\"a\""), "{kind:?}");
        }
        let answer = spoiled(Text::Latin1, "reddit", page());
        assert_eq!(answer.headers[0].1, "application/json; charset=ISO-8859-1");
        let none = spoiled(Text::Nul, "reddit", Answer::json(200, &json!({"data": {"children": []}})));
        assert_eq!(none.body, br#"{"data":{"children":[]}}"#);
    }

    #[test]
    fn feeds_and_preview_pages_are_spoiled_too() {
        let feed = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<item>\n<title>日</title>\n</item>\n";
        let answer = spoiled(Text::Latin1, "feeds", Answer::text(200, "application/rss+xml", feed));
        assert!(answer.body.starts_with(b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\""));
        assert!(answer.body.windows(11).any(|part| part == b"&#26085; \xE9 "), "{answer:?}");
        let answer = spoiled(Text::LoneSurrogate, "feeds", Answer::text(200, "application/rss+xml", feed));
        assert!(String::from_utf8(answer.body).unwrap().contains("日 &#xD800;</title>"));
        let html = "<div class=\"tgme_widget_message_wrap\"><div class=\"js-message_text\" dir=\"auto\">hello</div></section>";
        let answer = spoiled(Text::Nul, "telegram", Answer::text(200, "text/html", html));
        assert!(String::from_utf8(answer.body).unwrap().contains("dir=\"auto\"> a\u{0}bhello"));
    }
}
