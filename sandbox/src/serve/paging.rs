//! Faults of paging: short, empty, repeated and endless pages.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::blocks::Blocks;
use super::page;
use crate::fault::kind::Paging;
use crate::wire::{Answer, Request};

/// The last record of the last page of each stream, for pages that repeat it.
#[derive(Debug, Default)]
pub(super) struct Last(Mutex<HashMap<String, (String, Value)>>);

impl Last {
    /// Remembers the last record of this page and gives that of the page before.
    pub(super) fn exchange(
        &self,
        source: &str,
        request: &Request,
        answer: &Answer,
    ) -> Option<(String, Value)> {
        let mut body: Value = serde_json::from_slice(&answer.body).ok()?;
        let mut lists = page::lists(source, request, &mut body);
        let (name, rows) = lists.iter_mut().rfind(|(_, rows)| !rows.is_empty())?;
        let last = (name.clone(), rows.pop()?);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.insert(stream(source, request), last);
        // A first page has no page before it.
        before.filter(|_| page::cursor(source, request).is_some())
    }
}

/// What all pages of one listing have in common.
fn stream(source: &str, request: &Request) -> String {
    let mut first = request.clone();
    page::set_cursor(source, &mut first, None);
    let given = first.params.iter().filter(|(_, value)| !value.is_empty());
    let params: String = given.map(|(name, value)| format!("&{name}={value}")).collect();
    format!("{source}{}?{params}", request.path)
}

/// The refusal of a request that names a page, for the kinds that refuse one.
pub(super) fn refuse(kind: Paging, source: &str, request: &Request) -> Option<Answer> {
    if kind != Paging::ExpiredPageToken {
        return None;
    }
    let token = page::cursor(source, request)?;
    Some(match source {
        "x" => Answer::json(
            400,
            &json!({
                "errors": [{"parameters": {"next_token": [token]}, "message": "The `next_token` query parameter value is no longer valid"}],
                "title": "Invalid Request",
                "detail": "One or more parameters to your request was invalid.",
                "type": "https://api.twitter.com/2/problems/invalid-request",
                "status": 400,
            }),
        ),
        "alpaca" => Answer::json(400, &json!({"message": "invalid page_token"})),
        _ => Answer::json(
            400,
            &json!({"error": {"message": "(#100) Invalid cursors values", "type": "OAuthException", "code": 100, "fbtrace_id": "AsandboxTrace0000000000"}}),
        ),
    })
}

/// Changes a page. `asked` is the cursor as the client sent it, `before` the last record of the page before.
pub(super) fn spoil(
    kind: Paging,
    source: &str,
    request: &Request,
    asked: Option<&str>,
    before: Option<(String, Value)>,
    answer: &mut Answer,
) {
    match serde_json::from_slice::<Value>(&answer.body) {
        Ok(mut body) if answer.status == 200 => {
            spoil_json(kind, source, request, asked, before, &mut body);
            answer.body = body.to_string().into_bytes();
        }
        Err(_) if answer.status == 200 => spoil_blocks(kind, source, asked, answer),
        _ => {}
    }
}

fn spoil_json(
    kind: Paging,
    source: &str,
    request: &Request,
    asked: Option<&str>,
    before: Option<(String, Value)>,
    body: &mut Value,
) {
    // Answers without records, such as a lookup of names, have no pages either.
    let has_pages = !page::lists(source, request, body).is_empty() || page::has_next(source, body);
    match kind {
        Paging::EmptyPageWithNext if has_pages => {
            page::empty(source, request, body);
            page::set_next(source, request, body, Some(&page::again(source, asked)));
        }
        Paging::RepeatItems => {
            let Some((name, record)) = before else { return };
            for (list, rows) in page::lists(source, request, body) {
                if list == name && rows.first() != Some(&record) {
                    rows.insert(0, record.clone());
                }
            }
            page::recount(source, request, body);
        }
        Paging::Duplicates => {
            for (_, rows) in page::lists(source, request, body) {
                rows.extend_from_within(..rows.len().div_ceil(2));
            }
            page::recount(source, request, body);
        }
        Paging::SameCursor if page::has_next(source, body) => {
            let cursor = asked.map_or_else(|| page::again(source, None), str::to_owned);
            page::set_next(source, request, body, Some(&cursor));
        }
        Paging::DeletedAnchor => {
            page::empty(source, request, body);
            page::set_next(source, request, body, None);
        }
        Paging::EndlessNext if has_pages && !page::has_next(source, body) => {
            page::set_next(source, request, body, Some(&page::endless(source, 1, asked)));
        }
        _ => {}
    }
}

/// The `n`-th page after the last one: empty, and another follows.
pub(super) fn endless(n: u64, source: &str, request: &Request, answer: &mut Answer) {
    if let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body)
        && answer.status == 200
    {
        page::empty(source, request, &mut body);
        page::set_next(source, request, &mut body, Some(&page::endless(source, n + 1, None)));
        answer.body = body.to_string().into_bytes();
    }
}

fn spoil_blocks(kind: Paging, source: &str, asked: Option<&str>, answer: &mut Answer) {
    let Some(mut blocks) = Blocks::of(&answer.body) else { return };
    let is_preview = source == "telegram";
    match kind {
        Paging::Duplicates => blocks.records.insert(0, blocks.records[0].clone()),
        // Where there is no older page, no cursor could lead to what is left out.
        Paging::ShortPage if is_preview && blocks.head.contains("data-before=") => {
            blocks.records.drain(..blocks.records.len() / 2);
            let oldest = blocks.records.first().and_then(|record| message_number(record));
            let Some(oldest) = oldest else { return };
            blocks.head = with_cursor(&blocks.head, &oldest);
        }
        Paging::EmptyPageWithNext if is_preview && blocks.head.contains("data-before=") => {
            blocks.records.clear();
            blocks.head = with_cursor(&blocks.head, &page::again(source, asked));
        }
        Paging::SameCursor if is_preview => {
            blocks.head = with_cursor(&blocks.head, &page::again(source, asked));
        }
        _ => return,
    }
    answer.body = blocks.into_page();
}

/// `123` of `data-post="channel/123"`.
fn message_number(record: &str) -> Option<String> {
    let (_, rest) = record.split_once("data-post=\"")?;
    let (post, _) = rest.split_once('"')?;
    Some(post.rsplit_once('/')?.1.to_owned())
}

/// A preview page's link to older messages, with another number.
fn with_cursor(head: &str, cursor: &str) -> String {
    let mut text = head.to_owned();
    for mark in ["data-before=\"", "?before="] {
        if let Some(at) = text.find(mark).map(|at| at + mark.len()) {
            let digits = text[at..].bytes().take_while(u8::is_ascii_digit).count();
            text.replace_range(at..at + digits, cursor);
        }
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn request(params: &[(&str, &str)]) -> Request {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Request { method: "GET".into(), path: "/r/stocks/new".into(), params, ..Request::default() }
    }

    fn spoiled(kind: Paging, source: &str, request: &Request, body: &Value) -> Value {
        let mut answer = Answer::json(200, body);
        let asked = page::cursor(source, request);
        spoil(kind, source, request, asked.as_deref(), None, &mut answer);
        serde_json::from_slice(&answer.body).unwrap()
    }

    #[test]
    fn records_come_twice_and_stay_readable() {
        let page = json!({"data": [{"id": "1"}, {"id": "2"}, {"id": "3"}], "meta": {"result_count": 3}});
        let body = spoiled(Paging::Duplicates, "x", &request(&[]), &page);
        let ids: Vec<&str> =
            body["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["1", "2", "3", "1", "2"]);
        assert_eq!(body["meta"]["result_count"], 5);
        let mut feed =
            Answer::text(200, "application/rss+xml", "<rss>\n<item>\na</item>\n<item>\nb</item>\n</rss>");
        spoil(Paging::Duplicates, "feeds", &request(&[]), None, None, &mut feed);
        assert_eq!(
            std::str::from_utf8(&feed.body).unwrap(),
            "<rss>\n<item>\na</item>\n<item>\na</item>\n<item>\nb</item>\n</rss>"
        );
    }

    #[test]
    fn a_listing_is_emptied_repeated_and_never_ends() {
        let listing = |after: Value| json!({"kind": "Listing", "data": {"after": after, "dist": 2, "children": [{"kind": "t3"}, {"kind": "t3"}]}});
        let asked = request(&[("after", "t3_a")]);
        let page = spoiled(Paging::EmptyPageWithNext, "reddit", &asked, &listing("t3_b".into()));
        assert_eq!((&page["data"]["children"], &page["data"]["dist"]), (&json!([]), &0.into()));
        let mut back = request(&[("after", page["data"]["after"].as_str().unwrap())]);
        page::resume("reddit", &mut back);
        assert_eq!(back.param("after"), Some("t3_a"));
        let page = spoiled(Paging::SameCursor, "reddit", &asked, &listing("t3_b".into()));
        assert_eq!(page["data"]["after"], "t3_a");
        let page = spoiled(Paging::DeletedAnchor, "reddit", &asked, &listing("t3_b".into()));
        assert_eq!(page["data"]["after"], Value::Null);
        let page = spoiled(Paging::EndlessNext, "reddit", &asked, &listing(Value::Null));
        assert_eq!(page["data"]["children"].as_array().unwrap().len(), 2);
        let mut next = request(&[("after", page["data"]["after"].as_str().unwrap())]);
        assert_eq!(page::resume("reddit", &mut next), Some(1));
        let mut answer = Answer::json(200, &listing(Value::Null));
        endless(1, "reddit", &next, &mut answer);
        let page: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(
            (&page["data"]["children"], &page["data"]["after"]),
            (&json!([]), &json!("t3_endlesszz2"))
        );
    }

    #[test]
    fn the_last_record_is_remembered_by_stream() {
        let last = Last::default();
        let page = |id: &str| Answer::json(200, &json!({"news": [{"id": id}]}));
        let asked = |cursor: &str, symbol: &str| {
            let params = [("page_token", cursor), ("symbols", symbol)];
            Request { path: "/v1beta1/news".into(), ..request(&params) }
        };
        assert_eq!(last.exchange("alpaca", &asked("", "A"), &page("1")), None);
        assert_eq!(last.exchange("alpaca", &asked("t", "B"), &page("2")), None, "another stream");
        let before = last.exchange("alpaca", &asked("u", "A"), &page("3")).unwrap();
        let mut answer = page("3");
        spoil(Paging::RepeatItems, "alpaca", &asked("u", "A"), Some("u"), Some(before), &mut answer);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["news"], json!([{"id": "1"}, {"id": "3"}]));
    }

    #[test]
    fn a_preview_page_is_cut_where_its_cursor_goes_on() {
        let message = |n: u32| {
            format!("<div class=\"tgme_widget_message_wrap\"><div data-post=\"chan/{n}\"></div></div>")
        };
        let html = format!(
            "<section><a href=\"/s/chan?before=10\" data-before=\"10\"></a>{}</section>",
            (10..14).map(message).collect::<String>()
        );
        let mut answer = Answer::text(200, "text/html", html.clone());
        spoil(Paging::ShortPage, "telegram", &request(&[]), None, None, &mut answer);
        let page = String::from_utf8(answer.body).unwrap();
        assert!(page.contains("?before=12\"") && page.contains("data-before=\"12\""), "{page}");
        assert!(!page.contains("chan/11") && page.contains("chan/12"), "{page}");
        let mut answer = Answer::text(200, "text/html", html);
        spoil(Paging::EmptyPageWithNext, "telegram", &request(&[]), Some("14"), None, &mut answer);
        let page = String::from_utf8(answer.body).unwrap();
        assert!(page.contains("data-before=\"14\"") && !page.contains("data-post"), "{page}");
    }
}
