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
    assert_eq!(ids[..3], ["o:g", "o:x", "o:z"], "undated ones come first: IST means three things");
    assert!(ids[3..].contains(&"o:https://o.example/l"));
    assert_eq!((records.articles.len(), records.rejects.len(), records.seen.len()), (5, 1, 5));
    let stated = |id: &str| records.articles.iter().find(|a| a.id == id).unwrap().published_raw.as_deref();
    assert_eq!(stated("o:z"), Some("Sat, 21 Nov 2026 10:00:00 IST"));
    assert_eq!(stated("o:x"), Some("2036-11-21T06:30:00+00:00"), "too far ahead to be true");
    assert_eq!(stated("o:g"), None);
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
    assert!(check(&bare).is_ok());
    assert_eq!(read_all(&bare, &[]).articles[0].title, "AT&T & Q&A merge");
    let whole = rss(&format!("{ITEM}{}", ITEM.replace("g-1", "g-2").replace("id=1", "id=2")));
    let cut = &whole[..whole.len() - 60];
    assert!(check(cut).unwrap_err().message.contains("damaged"));
    assert_eq!(read_all(cut, &[]).articles.len(), 1);
    assert!(check(b"<html><body>Are you human?</body></html>").unwrap_err().message.contains("no feed"));
    assert!(check(b"").unwrap_err().message.contains("no feed"));
    let shield = b"<!DOCTYPE html><html><head><title>Just a moment...</title><script>a && b</script>";
    assert!(check(shield).unwrap_err().message.starts_with("blocked"));
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

#[test]
fn odd_bytes_do_not_lose_a_feed() {
    let mut broken = rss(&ITEM.replace("Beta", "B#eta"));
    let at = broken.iter().position(|b| *b == b'#').unwrap();
    broken[at] = 0xFF;
    assert!(check(&broken).is_ok());
    assert_eq!(read_all(&broken, &[]).articles[0].title, "Alpha & B\u{FFFD}eta merge");
    let marked = [b"\xef\xbb\xbf".as_slice(), &rss(ITEM)].concat();
    assert!(check(&marked).is_ok());
    assert_eq!(read_all(&marked, &[]).articles.len(), 1);
    let quoted = rss(&ITEM.replace("Alpha &amp;amp; Beta merge", "<![CDATA[Caf&eacute; & <b>bar</b>]]>"));
    assert_eq!(read_all(&quoted, &[]).articles[0].title, "Café & bar");
}

#[test]
fn a_feed_without_end_is_read_in_part_and_that_is_said() {
    let items: String = (0..ITEMS + 5)
        .map(|n| format!("<item><title>{n}</title><guid>{n}</guid><pubDate>Sat, 21 Nov 2026 03:00:00 GMT</pubDate></item>"))
        .collect();
    let records = read_all(&rss(&items), &[]);
    assert_eq!((records.articles.len(), records.rejects.len()), (ITEMS, 1));
    assert!(records.rejects[0].reason.contains("10005 items"));
}

#[test]
fn atom_says_when_it_was_published_and_when_it_was_changed() {
    let entry = |times: &str| {
        let body = format!(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>f</id><title>t</title><entry><id>1</id><title>A</title>{times}</entry></feed>"
        );
        let article = read_all(body.as_bytes(), &[]).articles.remove(0);
        [article.published_at, article.updated_at].map(|at| at.map(|at| at.to_rfc3339()))
    };
    let at = |hour: u32| Some(format!("2026-11-21T{hour:02}:00:00+00:00"));
    let (published, updated) =
        ("<published>2026-11-21T01:00:00Z</published>", "<updated>2026-11-21T03:00:00Z</updated>");
    assert_eq!(entry(&format!("{published}{updated}")), [at(1), at(3)]);
    assert_eq!(entry(updated), [at(3), at(3)]);
    assert_eq!(entry(&format!("<published>soon</published>{updated}")), [at(3), at(3)]);
}

#[test]
fn reads_recorded_feeds_where_they_are_present() {
    let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
    let folder = std::path::Path::new(&shared).join("data/eval/recordings/rss");
    let Ok(cnbc) = std::fs::read(folder.join("cnbc_world_top_news.rss.xml")) else { return };
    let all = |body: &[u8]| {
        let window =
            Window::plain("2026-01-01T00:00:00Z".parse().unwrap(), "2026-04-01T00:00:00Z".parse().unwrap());
        let mut collected = Collected::new(&window, chrono::Duration::minutes(30));
        read("raw/p#1", &exchange(body, &[("outlet", "o")]), &mut collected);
        let records = collected.finish().unwrap().into_memory().unwrap();
        assert_eq!((check(body).is_ok(), records.rejects.len()), (true, 0));
        records.articles
    };
    let articles = all(&cnbc);
    assert_eq!(articles.len(), 30);
    let oil = articles.iter().find(|a| a.id == "o:108275158").unwrap();
    assert_eq!(
        oil.title,
        "Oil surges above $100 a barrel; Trump says 'small price to pay' for defeating Iran"
    );
    assert_eq!(oil.published_at.unwrap().to_rfc3339(), "2026-03-08T23:58:37+00:00");
    assert_eq!(oil.canonical_url, "https://www.cnbc.com/2026/03/08/crude-oil-prices-today-iran-war.html");
    assert!(oil.summary.as_deref().unwrap().starts_with("Gulf Arab oil producers"));
    assert_eq!(oil.lang.as_deref(), Some("en"));

    let alpha = all(&std::fs::read(folder.join("seekingalpha_AAPL.rss.xml")).unwrap());
    assert_eq!(alpha.len(), 20);
    let week = alpha.iter().find(|a| a.id == "o:4879882").unwrap();
    assert_eq!(week.published_at.unwrap().to_rfc3339(), "2026-03-08T11:23:46+00:00");
    assert!(week.tickers.iter().any(|ticker| ticker.symbol == "NVDA"));

    let sitemap = all(&std::fs::read(folder.join("bloomberg_news_sitemap.xml")).unwrap());
    assert_eq!(sitemap.len(), 16);
    let law = sitemap.iter().find(|a| a.title.starts_with("Weekend Law: Iran War")).unwrap();
    assert_eq!(law.title, "Weekend Law: Iran War, Live Nation Back On & War Bets (Podcast)");
    assert_eq!(law.published_at.unwrap().to_rfc3339(), "2026-03-14T22:30:21.872+00:00");
    assert_eq!(law.lang.as_deref(), Some("en"));
}

proptest::proptest! {
    #[test]
    fn no_bytes_spoil_a_reading(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300),
        cut in 0usize..900, odd in proptest::prelude::any::<u8>(), at in 0usize..900,
    ) {
        let mut whole = rss(&format!("{ITEM}{}", ITEM.replace("g-1", "g-2").replace("id=1", "id=2")));
        let at = at % whole.len();
        whole[at] = odd;
        let cut = whole[..cut.min(whole.len())].to_vec();
        for body in [bytes, whole, cut] {
            let _ = check(&body);
            for article in read_all(&body, &[]).articles {
                proptest::prop_assert!(!article.id.is_empty() && article.published_at.is_none_or(|at| at.timestamp() > 0));
            }
        }
    }
}

#[test]
fn entities_of_a_feeds_own_are_never_followed() {
    // A file of this machine, a bomb of entities, and one that leads to itself.
    let dtd = "<!DOCTYPE rss [<!ENTITY file SYSTEM \"file:///etc/passwd\"><!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">\
               <!ENTITY c \"&b;&b;&b;\"><!ENTITY self \"&self;\">]>";
    for entity in ["file", "c", "self"] {
        let item = ITEM.replace("Beta merge", &format!("Beta &{entity}; merge"));
        let body = String::from_utf8(rss(&item)).unwrap().replacen("<rss", &format!("{dtd}<rss"), 1);
        let read = read_all(body.as_bytes(), &[]);
        assert_eq!(read.articles.len(), 1, "{entity}");
        for article in &read.articles {
            let title = &article.title;
            assert!(!title.contains("root:") && !title.contains("haha") && title.len() < 100, "{title}");
        }
    }
}
