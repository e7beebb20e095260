use bytes::Bytes;

use super::*;
use crate::normalise::Normalised;
use crate::window::Window;

fn window() -> Window {
    let (from, to) = ("2026-11-21T00:00:00Z".parse().unwrap(), "2026-11-21T06:00:00Z".parse().unwrap());
    Window::plain(from, to)
}

fn exchange(body: &[u8], hints: &[(&str, &str)]) -> Exchange {
    Exchange {
        stream: "the-outlet".to_owned(),
        url: "http://h/".to_owned(),
        status: Some(200),
        headers: Default::default(),
        body: Bytes::copy_from_slice(body),
        hints: hints.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        remainder: None,
    }
}

fn read_all(body: &[u8], hints: &[(&str, &str)]) -> Normalised {
    let window = window();
    let mut collected = Collected::new(&window, chrono::Duration::minutes(30));
    read("raw/p#1", &exchange(body, hints), &mut collected);
    collected.finish().unwrap().into_memory().unwrap()
}

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>News</title><link>https://o.example/</link><description>d</description><language>en-us</language>"#;

fn rss(items: &str) -> Vec<u8> {
    format!("{HEAD}{items}</channel></rss>").into_bytes()
}

const ITEM: &str = r#"<item><title>Alpha &amp;amp; Beta merge</title><link>https://o.example/a?utm_source=rss&amp;id=1</link>
<guid isPermaLink="false">g-1</guid><pubDate>Fri, 20 Nov 2026 20:30:00 EST</pubDate><category>ALPH</category>
<category>Markets</category><category>NYSE:BRK.A</category><dc:creator>Ann Lee</dc:creator>
<description>&lt;p&gt;They&amp;nbsp;agree.&lt;/p&gt;</description></item>"#;

#[test]
fn reads_an_rss_item() {
    let records = read_all(&rss(ITEM), &[("outlet", "The Outlet")]);
    let article = &records.articles[0];
    assert_eq!((article.id.as_str(), article.outlet.as_str()), ("The Outlet:g-1", "The Outlet"));
    assert_eq!(
        (article.title.as_str(), article.summary.as_deref()),
        ("Alpha & Beta merge", Some("They agree."))
    );
    assert_eq!(article.published_at.unwrap().to_rfc3339(), "2026-11-21T01:30:00+00:00");
    assert_eq!(
        (article.url.as_str(), article.canonical_url.as_str()),
        ("https://o.example/a?utm_source=rss&id=1", "https://o.example/a?id=1")
    );
    let tickers: Vec<&str> = article.tickers.iter().map(|t| t.symbol.as_str()).collect();
    assert_eq!((tickers.as_slice(), article.lang.as_deref()), (["ALPH", "BRK.A"].as_slice(), Some("en")));
    assert_eq!(article.authors, ["Ann Lee"]);
}

#[test]
fn reads_an_atom_entry() {
    let body = r#"<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="es"><id>f</id><title>t</title><updated>2026-11-21T02:00:00Z</updated>
        <entry><id>urn:1</id><title type="html">Sube &lt;b&gt;Alfa&lt;/b&gt;</title><link rel="alternate" href="https://o.example/1"/>
        <published>2026-11-21T02:00:00+01:00</published><updated>2026-11-21T03:00:00Z</updated><summary>Resumen</summary>
        <author><name>Eva</name></author><category term="ALF"/></entry></feed>"#;
    let records = read_all(body.as_bytes(), &[("outlet", "o"), ("lang", "es")]);
    let article = &records.articles[0];
    assert_eq!(
        (article.id.as_str(), article.title.as_str(), article.lang.as_deref()),
        ("o:urn:1", "Sube Alfa", Some("es"))
    );
    assert_eq!(article.published_at.unwrap().to_rfc3339(), "2026-11-21T01:00:00+00:00");
    assert_eq!(article.tickers[0].symbol, "ALF");
}

#[test]
fn items_without_id_or_date_keep_a_stable_key() {
    let items = r#"<item><title>By link</title><link>https://o.example/l?utm_medium=x</link><pubDate>Sat, 21 Nov 2026 03:00:00 GMT</pubDate></item>
        <item><title>By nothing</title><pubDate>Sat, 21 Nov 2026 03:00:00 GMT</pubDate></item>
        <item><title>No date</title><guid>g</guid></item><item><title>Zone</title><guid>z</guid><pubDate>Sat, 21 Nov 2026 10:00:00 IST</pubDate></item>
        <item><guid>untitled</guid><pubDate>Sat, 21 Nov 2026 03:00:00 GMT</pubDate></item>
        <item><title>Next slot</title><guid>n</guid><pubDate>Sat, 21 Nov 2026 06:30:00 GMT</pubDate></item>
        <item><title>Far future</title><guid>x</guid><pubDate>Mon, 21 Nov 2036 06:30:00 GMT</pubDate></item>"#;
    let records = read_all(&rss(items), &[("outlet", "o")]);
    assert_eq!(records, read_all(&rss(items), &[("outlet", "o")]));
    let ids: Vec<&str> = records.articles.iter().map(|a| a.id.as_str()).collect();
    assert_eq!(ids[..2], ["o:g", "o:z"], "undated ones come first: IST means three things");
    assert!(ids[2..].contains(&"o:https://o.example/l"));
    assert_eq!((records.articles.len(), records.rejects.len(), records.seen.len()), (4, 2, 4));
    assert!(records.ahead.contains("the-outlet"));
    let zoned = read_all(&rss(items), &[("outlet", "o"), ("zone_seconds", "19800")]);
    let z = zoned.articles.iter().find(|a| a.id == "o:z").unwrap();
    assert_eq!(z.published_at.unwrap().to_rfc3339(), "2026-11-21T04:30:00+00:00");
}

#[test]
fn the_same_link_twice_is_one_article() {
    let again = ITEM.replace("g-1", "g-2").replace("utm_source=rss", "utm_source=home");
    assert_eq!(read_all(&rss(&format!("{ITEM}{again}")), &[]).articles.len(), 1);
}

#[test]
fn mends_ampersands_and_truncation_and_tells_a_block_page() {
    let bare = rss(&ITEM.replace("Alpha &amp;amp; Beta", "AT&T & Q&amp;A"));
    assert_eq!(check(&bare), Ok(()));
    assert_eq!(read_all(&bare, &[]).articles[0].title, "AT&T & Q&A merge");
    let whole = rss(&format!("{ITEM}{}", ITEM.replace("g-1", "g-2").replace("id=1", "id=2")));
    let cut = &whole[..whole.len() - 60];
    assert!(check(cut).unwrap_err().contains("damaged"));
    assert_eq!(read_all(cut, &[]).articles.len(), 1);
    assert!(check(b"<html><body>Are you human?</body></html>").unwrap_err().contains("no feed"));
    assert!(check(b"").unwrap_err().contains("no feed"));
    assert_eq!(read_all(b"<html/>", &[]).rejects.len(), 1);
}

#[test]
fn latin_1_is_read_from_its_bytes() {
    let mut body = br#"<?xml version="1.0" encoding="ISO-8859-1"?><rss version="2.0"><channel><title>t</title><item><title>Caf"#.to_vec();
    body.push(0xE9);
    body.extend_from_slice(
        b"</title><guid>1</guid><pubDate>Sat, 21 Nov 2026 03:00:00 GMT</pubDate></item></channel></rss>",
    );
    assert_eq!(read_all(&body, &[]).articles[0].title, "Café");
}

#[test]
fn symbols_among_categories() {
    for (category, symbol) in [
        ("AAPL", Some("AAPL")),
        ("$BRK.A", Some("BRK.A")),
        ("NASDAQ: AAPL", None),
        ("NYSE:GM", Some("GM")),
        ("^GSPC", Some("^GSPC")),
        ("Markets", None),
        ("", None),
        ("2026", None),
    ] {
        assert_eq!(ticker(category).as_deref(), symbol, "{category}");
    }
}
