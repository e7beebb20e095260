//! The kinds of fault, in groups by what they touch; [`KINDS`] says of each where it makes sense, and gives an example.

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Another answer instead of the source's own.
    Refusal(Refusal),
    /// The page and what leads to the next one.
    Paging(Paging),
    /// The shape of the records.
    Content(Content),
    /// The shape of a feed.
    Feed(Oddity),
    /// A text in a record.
    Text(Text),
    /// The bytes on their way.
    Transport(Transport),
    /// Interactive Brokers' listener, which speaks no HTTP.
    Broker(BrokerFault),
}

/// Answers instead of the source's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    RateLimit,
    ServerError,
    Unavailable,
    UsageCapped,
    Credits,
    MetaUsage,
    Information,
    Flood,
    TokenExpired,
    TokenError200,
    PermissionRevoked,
}

/// What is wrong with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    ShortPage,
    EmptyPageWithNext,
    RepeatItems,
    Duplicates,
    SameCursor,
    ExpiredPageToken,
    DeletedAnchor,
    EndlessNext,
}

/// What is wrong with the shape of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    NewNames,
    OldNames,
    NullArrays,
    NumbersAsStrings,
    Nan,
    ExtraFields,
    RenamedClass,
}

/// What is odd about a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oddity {
    ZoneLess,
    OddZone,
    FutureDate,
    NoGuid,
    NoGuidNoLink,
    BareAmpersand,
    TruncatedXml,
    BigFeed,
}

/// What a text gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    Emoji,
    RightToLeft,
    Nul,
    LoneSurrogate,
    InvalidUtf8,
    Latin1,
    DoubleEscaped,
}

/// What happens on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    TruncatedGzip,
    GzipBomb,
    WrongContentType,
    CutConnection,
    Slow,
    Drip,
    Reset,
    RedirectLoop,
    RedirectConsent,
    Html200,
    DateSkew,
    BigBody,
    EmptyBody,
    MalformedJson,
}

/// What goes wrong at the broker's listener; the first two when a client connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BrokerFault {
    /// It says that it is of server version 212.
    Server212,
    /// Error 326, and the connection is closed.
    ClientIdInUse,
    /// Error 162, pacing violation.
    PacingViolation,
    /// Error 162, the query returned no data.
    NoData,
    /// Notices 1100, later 1102; then the answer.
    ConnectionLostRestored,
    /// The socket is closed in the midst of the bars.
    SocketDrop,
    /// The bars come, their end marker never does.
    NoEnd,
    /// No answer at all.
    Silence,
    /// A frame that states a length which is not its own.
    BadLength,
    /// Bytes that are no message.
    Garbage,
}

/// A kind as plans name it.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Where it makes sense.
    pub sources: &'static [&'static str],
    /// The fields of a rule that it takes, beside those that every rule has.
    pub fields: &'static [&'static str],
    /// What happens, for the help.
    pub what: &'static str,
    /// A rule of this kind.
    pub example: &'static str,
}

impl Entry {
    /// The kind of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|entry| entry.name == name)
    }

    /// The names of the kinds that make sense for a source; `*` is any source.
    pub(crate) fn names_for(source: &str) -> Vec<&'static str> {
        let fits = |entry: &&Self| source == "*" || entry.sources.contains(&source);
        KINDS.iter().filter(fits).map(|entry| entry.name).collect()
    }
}

/// Every source that speaks HTTP.
const HTTP: &[&str] = &[
    "alpaca",
    "alpha_vantage",
    "facebook",
    "feeds",
    "instagram",
    "reddit",
    "stocktwits",
    "telegram",
    "x",
    "yahoo",
];
/// Sources that answer in JSON.
const JSON: &[&str] =
    &["alpaca", "alpha_vantage", "facebook", "instagram", "reddit", "stocktwits", "x", "yahoo"];
/// Sources that answer in JSON and have records with lists in them.
const LISTS: &[&str] = &["alpaca", "alpha_vantage", "facebook", "instagram", "reddit", "stocktwits", "x"];
/// Sources whose records have a text.
const TEXTS: &[&str] =
    &["alpaca", "alpha_vantage", "facebook", "feeds", "instagram", "reddit", "stocktwits", "telegram", "x"];
/// Sources of text that know JSON's or XML's escapes for characters.
const ESCAPES: &[&str] =
    &["alpaca", "alpha_vantage", "facebook", "feeds", "instagram", "reddit", "stocktwits", "x"];
/// Sources that answer page by page.
const PAGED: &[&str] = &["alpaca", "facebook", "instagram", "reddit", "stocktwits", "telegram", "x"];
/// Those of them whose pages are JSON.
const PAGED_JSON: &[&str] = &["alpaca", "facebook", "instagram", "reddit", "stocktwits", "x"];
/// Those of them whose page tokens mean nothing to a client.
const TOKENS: &[&str] = &["alpaca", "facebook", "instagram", "x"];
const RECORDS: &[&str] =
    &["alpaca", "alpha_vantage", "facebook", "feeds", "instagram", "reddit", "stocktwits", "telegram", "x"];
const AUTHENTICATED: &[&str] = &["alpaca", "facebook", "instagram", "reddit", "x"];
const META: &[&str] = &["facebook", "instagram"];
const BROKER: &[&str] = &["interactive_brokers"];
const FEEDS: &[&str] = &["feeds"];

const fn entry(
    name: &'static str,
    kind: Kind,
    sources: &'static [&'static str],
    fields: &'static [&'static str],
    what: &'static str,
    example: &'static str,
) -> Entry {
    Entry { name, kind, sources, fields, what, example }
}

/// All kinds, in the order of the help.
#[rustfmt::skip]
pub(crate) const KINDS: &[Entry] = &[
    // Limits and trouble.
    entry("rate_limit", Kind::Refusal(Refusal::RateLimit), HTTP, &["retry_after_s", "as_date"],
        "429 in the source's words; Retry-After in seconds when retry_after_s is given, as an HTTP date with as_date, else absent",
        r#"{"source": "x", "kind": "rate_limit", "retry_after_s": 1, "as_date": true, "every": 5, "times": 3}"#),
    entry("usage_capped", Kind::Refusal(Refusal::UsageCapped), &["x"], &[],
        "429 of the type usage-capped while requests remain: the month is used up, nothing more is to be had",
        r#"{"source": "x", "kind": "usage_capped", "after": 20}"#),
    entry("credits", Kind::Refusal(Refusal::Credits), &["x"], &[],
        "402 CreditsDepleted: nothing more is to be had",
        r#"{"source": "x", "kind": "credits", "after": 20}"#),
    entry("meta_usage", Kind::Refusal(Refusal::MetaUsage), META, &["code", "minutes"],
        "400 with Meta's code (default 80001; 80002, 4, 17, 32, 341, 613) and X-Business-Use-Case-Usage, which asks for so many minutes (default 1); codes below 80000 send X-App-Usage instead",
        r#"{"source": "facebook", "kind": "meta_usage", "code": 80001, "minutes": 1, "times": 1}"#),
    entry("information", Kind::Refusal(Refusal::Information), &["alpha_vantage"], &["wording"],
        "200 with a message instead of data; wording daily (default), premium and echo (it repeats the key) say Information, note says Note",
        r#"{"source": "alpha_vantage", "kind": "information", "wording": "echo", "times": 1}"#),
    entry("flood", Kind::Refusal(Refusal::Flood), &["telegram"], &["retry_after_s"],
        "420; its body and Retry-After state the wait (default 1 s)",
        r#"{"source": "telegram", "kind": "flood", "retry_after_s": 2, "times": 1}"#),
    entry("server_error", Kind::Refusal(Refusal::ServerError), HTTP, &["status"],
        "status (default 500) in the source's words",
        r#"{"source": "*", "kind": "server_error", "status": 503, "probability": 0.05}"#),
    entry("unavailable", Kind::Refusal(Refusal::Unavailable), HTTP, &["status"],
        "every request fails with status (default 503) until times is used up",
        r#"{"source": "feeds", "kind": "unavailable", "times": 4}"#),
    // Authentication.
    entry("token_expired", Kind::Refusal(Refusal::TokenExpired), AUTHENTICATED, &[],
        "all tokens given out so far are refused from now on, this request first: 401 (Alpaca 403, Meta code 190); where tokens are configured and not given out, only this request is refused",
        r#"{"source": "reddit", "kind": "token_expired", "after": 5, "times": 1}"#),
    entry("token_error_200", Kind::Refusal(Refusal::TokenError200), &["reddit"], &[],
        "the token endpoint answers 200 {\"error\": \"invalid_grant\"}",
        r#"{"source": "reddit", "kind": "token_error_200", "times": 1}"#),
    entry("permission_revoked", Kind::Refusal(Refusal::PermissionRevoked), &["alpaca", "facebook", "feeds", "instagram", "reddit", "stocktwits", "telegram", "x"], &["code"],
        "403 (Meta code 10 or 200, default 10; StockTwits its guard's page; Telegram a redirect away from the preview): nothing more is to be had there",
        r#"{"source": "instagram", "kind": "permission_revoked", "code": 200, "path": "*/recent_media"}"#),
    // Paging.
    entry("short_page", Kind::Paging(Paging::ShortPage), PAGED, &[],
        "a third of the records that were asked for (X: at least 10, Telegram: half of the page), and a cursor that goes on right after them",
        r#"{"source": "x", "kind": "short_page", "every": 2}"#),
    entry("empty_page_with_next", Kind::Paging(Paging::EmptyPageWithNext), PAGED, &[],
        "no records, and a cursor that leads to the page that was asked for",
        r#"{"source": "facebook", "kind": "empty_page_with_next", "times": 2}"#),
    entry("repeat_items", Kind::Paging(Paging::RepeatItems), PAGED_JSON, &[],
        "the last record of the page before comes again at the head of this one",
        r#"{"source": "alpaca", "kind": "repeat_items", "every": 2}"#),
    entry("duplicates", Kind::Paging(Paging::Duplicates), RECORDS, &[],
        "the first half of the page's records comes twice (of a feed or a preview page, the first record)",
        r#"{"source": "*", "kind": "duplicates", "every": 3}"#),
    entry("same_cursor", Kind::Paging(Paging::SameCursor), PAGED, &[],
        "the cursor for the next page is the one that was asked for: a client that takes this for the end stops there",
        r#"{"source": "reddit", "kind": "same_cursor", "after": 1, "times": 1}"#),
    entry("expired_page_token", Kind::Paging(Paging::ExpiredPageToken), TOKENS, &[],
        "a page token is refused with 400 as too old; the same one is good again later",
        r#"{"source": "x", "kind": "expired_page_token", "times": 1}"#),
    entry("deleted_anchor", Kind::Paging(Paging::DeletedAnchor), &["reddit"], &[],
        "the post that after or before names has been deleted: an empty page without a cursor, though there is more",
        r#"{"source": "reddit", "kind": "deleted_anchor", "times": 1}"#),
    entry("endless_next", Kind::Paging(Paging::EndlessNext), PAGED_JSON, &[],
        "the last page has a cursor too, which leads to empty pages with ever new cursors, without end",
        r#"{"source": "instagram", "kind": "endless_next"}"#),
    // Content.
    entry("new_names", Kind::Content(Content::NewNames), &["x"], &[],
        "fields under their names of 2026 (repost_count, edit_history_post_ids, note_post ...), whatever was asked for",
        r#"{"source": "x", "kind": "new_names", "probability": 0.5}"#),
    entry("old_names", Kind::Content(Content::OldNames), &["x"], &[],
        "fields under their names before 2026 (retweet_count, edit_history_tweet_ids, note_tweet ...), whatever was asked for",
        r#"{"source": "x", "kind": "old_names", "probability": 0.5}"#),
    entry("null_arrays", Kind::Content(Content::NullArrays), LISTS, &[],
        "lists inside records are null (not the history of edits), and so is the list of records where it is empty",
        r#"{"source": "alpha_vantage", "kind": "null_arrays", "every": 2}"#),
    entry("numbers_as_strings", Kind::Content(Content::NumbersAsStrings), JSON, &[],
        "numbers in records are strings",
        r#"{"source": "stocktwits", "kind": "numbers_as_strings", "every": 2}"#),
    entry("nan", Kind::Content(Content::Nan), JSON, &["as_text", "infinity"],
        "a count, score or volume of one record is a bare NaN (Infinity with infinity), which is no JSON; with as_text it is in quotes, which is",
        r#"{"source": "yahoo", "kind": "nan", "as_text": true, "times": 2}"#),
    entry("extra_fields", Kind::Content(Content::ExtraFields), JSON, &[],
        "every record and the page itself have a field that nobody announced",
        r#"{"source": "*", "kind": "extra_fields"}"#),
    entry("renamed_class", Kind::Content(Content::RenamedClass), &["telegram"], &[],
        "the classes of the preview page have other names, so that nothing is found",
        r#"{"source": "telegram", "kind": "renamed_class", "times": 1}"#),
    // Feeds.
    entry("zone_less", Kind::Feed(Oddity::ZoneLess), FEEDS, &[],
        "dates of items name no zone (they are UTC)",
        r#"{"source": "feeds", "kind": "zone_less", "path": "/daily-ledger/*"}"#),
    entry("odd_zone", Kind::Feed(Oddity::OddZone), FEEDS, &[],
        "dates of items are in India's or Britain's time and say IST or BST",
        r#"{"source": "feeds", "kind": "odd_zone", "path": "/harbour-*"}"#),
    entry("future_date", Kind::Feed(Oddity::FutureDate), FEEDS, &[],
        "one item is dated three years later",
        r#"{"source": "feeds", "kind": "future_date", "times": 1}"#),
    entry("no_guid", Kind::Feed(Oddity::NoGuid), FEEDS, &[],
        "items have no guid (Atom: id)",
        r#"{"source": "feeds", "kind": "no_guid", "path": "*/rss.xml"}"#),
    entry("no_guid_no_link", Kind::Feed(Oddity::NoGuidNoLink), FEEDS, &[],
        "items have neither guid nor link",
        r#"{"source": "feeds", "kind": "no_guid_no_link", "path": "/gamma/*"}"#),
    entry("bare_ampersand", Kind::Feed(Oddity::BareAmpersand), FEEDS, &[],
        "a title has a bare &, which is no XML",
        r#"{"source": "feeds", "kind": "bare_ampersand", "times": 2}"#),
    entry("truncated_xml", Kind::Feed(Oddity::TruncatedXml), FEEDS, &[],
        "the feed stops in the midst of an item",
        r#"{"source": "feeds", "kind": "truncated_xml", "times": 2}"#),
    entry("big_feed", Kind::Feed(Oddity::BigFeed), FEEDS, &["items", "distinct"],
        "items (default 100000) items: the feed's own over and over, with distinct under ever new ids and links",
        r#"{"source": "feeds", "kind": "big_feed", "items": 100000, "times": 1}"#),
    // Texts: one text of the page, never its record's id.
    entry("emoji", Kind::Text(Text::Emoji), TEXTS, &[],
        "emoji of several code points at the end of a text",
        r#"{"source": "*", "kind": "emoji", "every": 4}"#),
    entry("right_to_left", Kind::Text(Text::RightToLeft), TEXTS, &[],
        "Hebrew, Arabic and marks of direction at the end of a text",
        r#"{"source": "telegram", "kind": "right_to_left", "every": 4}"#),
    entry("nul", Kind::Text(Text::Nul), TEXTS, &[],
        "NUL at the end of a text: as an escape in JSON, as a byte elsewhere",
        r#"{"source": "reddit", "kind": "nul", "times": 2}"#),
    entry("lone_surrogate", Kind::Text(Text::LoneSurrogate), ESCAPES, &[],
        "half a character at the end of a text: \\ud800 in JSON, &#xD800; in a feed",
        r#"{"source": "x", "kind": "lone_surrogate", "times": 2}"#),
    entry("invalid_utf8", Kind::Text(Text::InvalidUtf8), TEXTS, &[],
        "bytes that are no UTF-8 at the end of a text",
        r#"{"source": "feeds", "kind": "invalid_utf8", "times": 2}"#),
    entry("latin1", Kind::Text(Text::Latin1), TEXTS, &[],
        "the page is in ISO 8859-1 and says so in its content type (a feed also in its first line)",
        r#"{"source": "feeds", "kind": "latin1", "path": "/beta/*"}"#),
    entry("double_escaped", Kind::Text(Text::DoubleEscaped), TEXTS, &[],
        "entities that were escaped twice at the end of a text",
        r#"{"source": "feeds", "kind": "double_escaped", "every": 4}"#),
    // Transport.
    entry("truncated_gzip", Kind::Transport(Transport::TruncatedGzip), HTTP, &[],
        "half of a gzip stream, with a length that fits",
        r#"{"source": "x", "kind": "truncated_gzip", "times": 1}"#),
    entry("gzip_bomb", Kind::Transport(Transport::GzipBomb), HTTP, &["bytes"],
        "about a megabyte of gzip that unpacks to bytes (default 1 GiB) of white space, then the answer",
        r#"{"source": "stocktwits", "kind": "gzip_bomb", "times": 1}"#),
    entry("wrong_content_type", Kind::Transport(Transport::WrongContentType), HTTP, &[],
        "the right body as text/html (what is HTML: as application/octet-stream)",
        r#"{"source": "alpaca", "kind": "wrong_content_type", "every": 2}"#),
    entry("cut_connection", Kind::Transport(Transport::CutConnection), HTTP, &[],
        "the connection ends in the middle of the body",
        r#"{"source": "x", "kind": "cut_connection", "probability": 0.02}"#),
    entry("slow", Kind::Transport(Transport::Slow), HTTP, &["ms"],
        "the answer comes ms (default 1000) later",
        r#"{"source": "*", "kind": "slow", "ms": 300, "every": 10}"#),
    entry("drip", Kind::Transport(Transport::Drip), HTTP, &["ms"],
        "the body comes a byte at a time, one every ms (default 1000)",
        r#"{"source": "yahoo", "kind": "drip", "times": 1}"#),
    entry("reset", Kind::Transport(Transport::Reset), HTTP, &[],
        "the connection ends before the answer's first byte",
        r#"{"source": "*", "kind": "reset", "probability": 0.02}"#),
    entry("redirect_loop", Kind::Transport(Transport::RedirectLoop), HTTP, &[],
        "a redirect to two pages that redirect to each other",
        r#"{"source": "feeds", "kind": "redirect_loop", "times": 1}"#),
    entry("redirect_consent", Kind::Transport(Transport::RedirectConsent), HTTP, &[],
        "a redirect to a page that asks for consent, in HTML with 200",
        r#"{"source": "yahoo", "kind": "redirect_consent", "times": 1}"#),
    entry("html_200", Kind::Transport(Transport::Html200), HTTP, &[],
        "a page of a bot guard, in HTML with 200",
        r#"{"source": "stocktwits", "kind": "html_200", "times": 1}"#),
    entry("date_skew", Kind::Transport(Transport::DateSkew), HTTP, &["minutes"],
        "the Date header, and instants in the headers of limits, are off by so many minutes (default 10; below 0: behind)",
        r#"{"source": "x", "kind": "date_skew", "minutes": -10}"#),
    entry("big_body", Kind::Transport(Transport::BigBody), HTTP, &["bytes"],
        "bytes (default 1 GiB) of white space, uncompressed, then the answer",
        r#"{"source": "feeds", "kind": "big_body", "times": 1}"#),
    entry("empty_body", Kind::Transport(Transport::EmptyBody), HTTP, &[],
        "the answer's status and headers without a body",
        r#"{"source": "alpaca", "kind": "empty_body", "times": 1}"#),
    entry("malformed_json", Kind::Transport(Transport::MalformedJson), HTTP, &[],
        "half of the body (also of a feed), with a length that fits",
        r#"{"source": "x", "kind": "malformed_json", "every": 7}"#),
    // Interactive Brokers.
    entry("server_212", Kind::Broker(BrokerFault::Server212), BROKER, &[],
        "the server says that it is of version 212, too old for the client",
        r#"{"source": "interactive_brokers", "kind": "server_212", "times": 1}"#),
    entry("client_id_in_use", Kind::Broker(BrokerFault::ClientIdInUse), BROKER, &[],
        "error 326 on connecting",
        r#"{"source": "interactive_brokers", "kind": "client_id_in_use", "times": 1}"#),
    entry("pacing_violation", Kind::Broker(BrokerFault::PacingViolation), BROKER, &[],
        "error 162, pacing violation",
        r#"{"source": "interactive_brokers", "kind": "pacing_violation", "every": 5}"#),
    entry("no_data", Kind::Broker(BrokerFault::NoData), BROKER, &[],
        "error 162, the query returned no data",
        r#"{"source": "interactive_brokers", "kind": "no_data", "times": 1}"#),
    entry("connection_lost_restored", Kind::Broker(BrokerFault::ConnectionLostRestored), BROKER, &[],
        "notices 1100, then 1102, then the answer",
        r#"{"source": "interactive_brokers", "kind": "connection_lost_restored", "times": 1}"#),
    entry("socket_drop", Kind::Broker(BrokerFault::SocketDrop), BROKER, &[],
        "the socket is closed in the midst of the bars",
        r#"{"source": "interactive_brokers", "kind": "socket_drop", "times": 1}"#),
    entry("no_end", Kind::Broker(BrokerFault::NoEnd), BROKER, &[],
        "the bars come, their end marker never does",
        r#"{"source": "interactive_brokers", "kind": "no_end", "times": 1}"#),
    entry("silence", Kind::Broker(BrokerFault::Silence), BROKER, &[],
        "no answer at all",
        r#"{"source": "interactive_brokers", "kind": "silence", "times": 1}"#),
    entry("bad_length", Kind::Broker(BrokerFault::BadLength), BROKER, &[],
        "a frame states a length which is not its own",
        r#"{"source": "interactive_brokers", "kind": "bad_length", "times": 1}"#),
    entry("garbage", Kind::Broker(BrokerFault::Garbage), BROKER, &[],
        "bytes that are no message",
        r#"{"source": "interactive_brokers", "kind": "garbage", "times": 1}"#),
];
