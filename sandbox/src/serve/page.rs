//! Where each source's wire keeps the records of a page and the cursor to the next one: as much as faults need to know.
//!
//! A fault may hand out a page token of its own. [`resume`] understands it when it comes back, before the source sees it.

use serde_json::{Map, Value, json};
use url::form_urlencoded::Serializer;

use crate::wire::Request;

/// A token that means "the page of the cursor that follows, in hexadecimal; of none, the first page".
const AGAIN: &str = "againzz";
/// A token that means "an empty page and the next such token".
const ENDLESS: &str = "endlesszz";
/// Above every id of StockTwits and Telegram, and exact in every JSON reader.
const ABOVE_ALL_IDS: &str = "9007199254740991";

/// The lists of records on a page, each with the name that tells it from the others of the page.
pub(super) fn lists<'a>(
    source: &str,
    request: &Request,
    body: &'a mut Value,
) -> Vec<(String, &'a mut Vec<Value>)> {
    let place = match source {
        // Counts have rows, but no records.
        "x" if request.path.contains("/counts/") => return Vec::new(),
        "x" => "/data",
        "facebook" => "/data",
        "instagram" if body.get("business_discovery").is_some() => "/business_discovery/media/data",
        "instagram" if request.path.ends_with("_media") => "/data",
        "reddit" => "/data/children",
        "stocktwits" => "/messages",
        "alpha_vantage" => "/feed",
        "alpaca" if body.get("bars").is_some() => {
            let series = body.get_mut("bars").and_then(Value::as_object_mut).into_iter().flatten();
            return series
                .filter_map(|(symbol, rows)| Some((symbol.clone(), rows.as_array_mut()?)))
                .collect();
        }
        "alpaca" => "/news",
        _ => return Vec::new(),
    };
    let rows = body.pointer_mut(place).and_then(Value::as_array_mut);
    rows.into_iter().map(|rows| (String::new(), rows)).collect()
}

/// Whether a request asks for a listing, which a client reads page by page; not for a lookup by ids, a count or a name.
pub(crate) fn is_listing(source: &str, request: &Request) -> bool {
    let path = request.path.as_str();
    match source {
        "x" => path.contains("/search/") || path.contains("/users/"),
        "reddit" => path.starts_with("/r/"),
        "facebook" => ["/posts", "/feed"].iter().any(|end| path.ends_with(end)),
        "instagram" => {
            path.ends_with("_media")
                || request.param("fields").is_some_and(|fields| fields.starts_with("business_discovery"))
        }
        "stocktwits" => path.contains("/streams/"),
        "alpaca" => path.ends_with("/bars") || path.ends_with("/news"),
        "telegram" => path.starts_with("/s/"),
        _ => true,
    }
}

/// Puts counts of records right after records were added or taken away.
pub(super) fn recount(source: &str, request: &Request, body: &mut Value) {
    let count: usize = lists(source, request, body).iter().map(|(_, rows)| rows.len()).sum();
    let place = match source {
        "x" => "/meta/result_count",
        "reddit" => "/data/dist",
        _ => return,
    };
    if let Some(value) = body.pointer_mut(place) {
        *value = count.into();
    }
}

/// Takes all records away.
pub(super) fn empty(source: &str, request: &Request, body: &mut Value) {
    lists(source, request, body).into_iter().for_each(|(_, rows)| rows.clear());
    recount(source, request, body);
    match (source, body) {
        ("x", Value::Object(page)) => {
            page.remove("data");
            page.remove("includes");
            if let Some(Value::Object(meta)) = page.get_mut("meta") {
                meta.remove("newest_id");
                meta.remove("oldest_id");
            }
        }
        ("alpaca", Value::Object(page)) if page.contains_key("bars") => {
            page.insert("bars".into(), Value::Object(Map::new()));
        }
        _ => {}
    }
}

/// The parameter that holds the cursor.
fn cursor_parameters(source: &str) -> &'static [&'static str] {
    match source {
        "x" => &["next_token", "pagination_token"],
        "reddit" | "facebook" | "instagram" => &["after"],
        "stocktwits" => &["max"],
        "alpaca" => &["page_token"],
        "telegram" => &["before"],
        _ => &[],
    }
}

/// The cursor that a request names.
pub(crate) fn cursor(source: &str, request: &Request) -> Option<String> {
    let plain = cursor_parameters(source).iter().find_map(|name| request.param(name));
    let nested = || {
        let fields = request.param("fields").filter(|_| source == "instagram")?;
        let (_, rest) = fields.split_once(".after(")?;
        Some(rest.split_once(')')?.0)
    };
    plain.or_else(nested).map(str::to_owned)
}

/// Puts another cursor into a request, or takes it out.
pub(super) fn set_cursor(source: &str, request: &mut Request, cursor: Option<&str>) {
    let names = cursor_parameters(source);
    for (name, value) in &mut request.params {
        if names.contains(&name.as_str()) {
            // An empty parameter counts as absent.
            *value = cursor.unwrap_or_default().to_owned();
        } else if let Some((head, rest)) = value.split_once(".after(")
            && source == "instagram"
            && let Some((_, tail)) = rest.split_once(')')
        {
            let call = cursor.map(|cursor| format!(".after({cursor})")).unwrap_or_default();
            *value = format!("{head}{call}{tail}");
        }
    }
}

/// Writes the cursor to the next page; `None` says that there is none.
pub(super) fn set_next(source: &str, request: &Request, body: &mut Value, cursor: Option<&str>) {
    match source {
        "x" => set(body, "/meta", "next_token", cursor),
        "reddit" => put(body, "/data", "after", cursor.map_or(Value::Null, Value::from)),
        "alpaca" => put(body, "", "next_page_token", cursor.map_or(Value::Null, Value::from)),
        "stocktwits" => {
            put(body, "/cursor", "more", cursor.is_some().into());
            if let Some(max) = cursor {
                put(body, "/cursor", "max", max.parse::<u64>().map_or_else(|_| max.into(), Value::from));
            }
        }
        "facebook" | "instagram" => {
            let nested = body.get("business_discovery").is_some();
            let place = if nested { "/business_discovery/media" } else { "" };
            let mut paging = Map::new();
            if let Some(cursor) = cursor {
                paging.insert("cursors".into(), json!({"after": cursor}));
                if !nested {
                    paging.insert("next".into(), next_url(source, request, cursor).into());
                }
            }
            put(body, place, "paging", Value::Object(paging));
        }
        _ => {}
    }
}

/// The URL of the same request with another cursor.
fn next_url(source: &str, request: &Request, cursor: &str) -> String {
    let pairs = request.params.iter().filter(|(name, _)| name != "after");
    let query = Serializer::new(String::new()).extend_pairs(pairs).append_pair("after", cursor).finish();
    let host = request.header("host").unwrap_or("127.0.0.1");
    format!("http://{host}/{source}{}?{query}", request.path)
}

fn set(body: &mut Value, place: &str, name: &str, text: Option<&str>) {
    match (text, body.pointer_mut(place).and_then(Value::as_object_mut)) {
        (Some(text), Some(object)) => drop(object.insert(name.to_owned(), text.into())),
        (None, Some(object)) => drop(object.remove(name)),
        (_, None) => {}
    }
}

fn put(body: &mut Value, place: &str, name: &str, value: Value) {
    if let Some(object) = body.pointer_mut(place).and_then(Value::as_object_mut) {
        object.insert(name.to_owned(), value);
    }
}

/// Whether a page says that another follows.
pub(super) fn has_next(source: &str, body: &Value) -> bool {
    let some = |place: &str| body.pointer(place).is_some_and(|value| !value.is_null());
    match source {
        "x" => some("/meta/next_token"),
        "reddit" => some("/data/after"),
        "alpaca" => some("/next_page_token"),
        "stocktwits" => body.pointer("/cursor/more") == Some(&Value::Bool(true)),
        "facebook" | "instagram" => {
            some("/paging/next") || some("/business_discovery/media/paging/cursors/after")
        }
        _ => false,
    }
}

/// The cursor that leads to the page of `cursor`; `None` is the first page.
pub(super) fn again(source: &str, cursor: Option<&str>) -> String {
    match (source, cursor) {
        ("stocktwits" | "telegram", Some(cursor)) => cursor.to_owned(),
        ("stocktwits" | "telegram", None) => ABOVE_ALL_IDS.to_owned(),
        _ => format!("{}{AGAIN}{}", prefix(source), hex::encode(cursor.unwrap_or_default())),
    }
}

/// The cursor to the `n`-th of the pages that never end. StockTwits knows only ids: its cursor is one less each time.
pub(super) fn endless(source: &str, n: u64, cursor: Option<&str>) -> String {
    match source {
        "stocktwits" => {
            cursor.and_then(|id| id.parse::<u64>().ok()).map_or(0, |id| id.saturating_sub(1)).to_string()
        }
        _ => format!("{}{ENDLESS}{n}", prefix(source)),
    }
}

/// Reddit's cursors are names of things.
fn prefix(source: &str) -> &'static str {
    if source == "reddit" { "t3_" } else { "" }
}

/// Puts the cursor that a token of ours stands for into the request. Gives the number of an endless page when one is asked for.
pub(super) fn resume(source: &str, request: &mut Request) -> Option<u64> {
    let given = cursor(source, request)?;
    let token = given.strip_prefix(prefix(source))?;
    if let Some(original) = token.strip_prefix(AGAIN) {
        let original = hex::decode(original).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        set_cursor(source, request, original.as_deref().filter(|text| !text.is_empty()));
        return None;
    }
    let number = token.strip_prefix(ENDLESS)?.parse().ok()?;
    set_cursor(source, request, None);
    Some(number)
}

/// Asks for a third of the records.
pub(super) fn shorten(source: &str, request: &mut Request) {
    let (name, usual, least) = match source {
        "x" => ("max_results", 10, 10),
        "alpaca" if request.path.ends_with("/bars") => ("limit", 1000, 1),
        "alpaca" => ("limit", 10, 1),
        "stocktwits" => ("limit", 30, 1),
        "reddit" | "facebook" | "instagram" => ("limit", 25, 1),
        _ => return,
    };
    let third = |limit: u64| (limit / 3).max(least).to_string();
    if source == "instagram"
        && let Some((_, fields)) = request.params.iter_mut().find(|(name, _)| name == "fields")
        && let Some((head, rest)) = fields.split_once("media.limit(")
        && let Some((limit, tail)) = rest.split_once(')')
    {
        *fields = format!("{head}media.limit({}){tail}", third(limit.parse().unwrap_or(usual)));
        return;
    }
    match request.params.iter_mut().find(|(given, _)| given == name) {
        // What is no number is the source's to refuse.
        Some((_, value)) => {
            if let Ok(limit) = value.parse::<u64>() {
                *value = third(limit);
            }
        }
        None => request.params.push((name.to_owned(), third(usual))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn request(path: &str, params: &[(&str, &str)]) -> Request {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Request { path: path.into(), params, ..Request::default() }
    }

    #[test]
    fn a_token_of_ours_leads_back() {
        for (source, parameter) in
            [("x", "next_token"), ("reddit", "after"), ("facebook", "after"), ("alpaca", "page_token")]
        {
            for original in [None, Some("t3_abc=="), Some("é")] {
                let mut asked = request("/", &[(parameter, &again(source, original))]);
                assert_eq!(resume(source, &mut asked), None);
                assert_eq!(asked.param(parameter), original, "{source}");
            }
            let mut asked = request("/", &[(parameter, &endless(source, 7, None))]);
            assert_eq!(resume(source, &mut asked), Some(7));
            assert_eq!(asked.param(parameter), None);
        }
        let mut asked =
            request("/1", &[("fields", "business_discovery.username(a){media.limit(50).after(CC){id}}")]);
        assert_eq!(cursor("instagram", &asked).as_deref(), Some("CC"));
        set_cursor("instagram", &mut asked, Some(&again("instagram", Some("CC"))));
        shorten("instagram", &mut asked);
        resume("instagram", &mut asked);
        let fields = asked.param("fields").unwrap();
        assert_eq!(fields, "business_discovery.username(a){media.limit(16).after(CC){id}}");
    }

    #[test]
    fn lookups_and_counts_are_no_listings() {
        for (source, path, is) in [
            ("x", "/2/tweets/search/recent", true),
            ("x", "/2/users/7/tweets", true),
            ("x", "/2/tweets", false),
            ("x", "/2/tweets/counts/recent", false),
            ("reddit", "/api/info", false),
            ("reddit", "/r/stocks/comments", true),
            ("instagram", "/v26.0/ig_hashtag_search", false),
            ("instagram", "/v26.0/178/recent_media", true),
            ("telegram", "/markets", false),
            ("alpha_vantage", "/query", true),
        ] {
            assert_eq!(is_listing(source, &request(path, &[])), is, "{source} {path}");
        }
    }

    #[test]
    fn a_next_link_is_the_same_request() {
        let mut asked =
            request("/v26.0/1/posts", &[("limit", "5"), ("after", "old"), ("access_token", "t&t")]);
        asked.headers.push(("host".into(), "127.0.0.1:9".into()));
        let mut body = json!({"data": []});
        set_next("facebook", &asked, &mut body, Some("new"));
        let expected = "http://127.0.0.1:9/facebook/v26.0/1/posts?limit=5&access_token=t%26t&after=new";
        assert_eq!(body["paging"]["next"], expected);
        set_next("facebook", &asked, &mut body, None);
        assert!(!has_next("facebook", &body));
    }
}
