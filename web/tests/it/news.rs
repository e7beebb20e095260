//! The pages on news: what is found, what is withheld, and that nobody's text becomes part of the page.

use std::collections::BTreeSet;

use crate::kit::{Reply, Site};
use crate::papers::site;

async fn page(site: &Site, tier: &str, path: &str) -> Reply {
    let key = site.sign_in_as(tier).await;
    site.get(path, key.as_deref()).await
}

/// The list of headlines alone.
fn list(body: &str) -> &str {
    let Some(start) = body.find("<ol class=\"headlines\">") else { return "" };
    &body[start..start + body[start..].find("</ol>").unwrap()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_search_understands_words_phrases_and_operators_in_both_languages() {
    let site = site().await;
    let key = site.sign_in_as("plus").await;
    let (bank, banco, small, rallies) =
        ("Central bank raises", "El banco central sube", "Bank of small things", "Bitcoin bank rallies");
    for (q, found) in [
        ("bank", vec![bank, small, rallies]),
        ("BANK raises", vec![bank]),
        ("\"central bank\"", vec![bank]),
        ("\"bank central\"", vec![]),
        ("bank -central", vec![small, rallies]),
        ("small or rallies", vec![small, rallies]),
        ("tipos de interés", vec![banco]),
        ("\"banco central\"", vec![banco]),
        ("interes", vec![]),
        ("central", vec![bank, banco]),
        // What is an operator elsewhere is none here.
        ("bank'; drop table documents; --", vec![]),
        ("bank & ! | ( ) : * <->", vec![bank, small, rallies]),
        ("'' \\ % _ $1 {}", vec![]),
        ("\"", vec![]),
        ("-", vec![]),
    ] {
        let path = format!("/news?{}", url(&[("q", q)]));
        let reply = site.get(&path, key.as_deref()).await;
        assert_eq!(reply.status, 200, "{q}");
        let list = list(&reply.body);
        for headline in [bank, banco, small, rallies] {
            assert_eq!(list.contains(headline), found.contains(&headline), "{q}: {headline}");
        }
    }
    let documents: i64 =
        sqlx::query_scalar("select count(*) from documents").fetch_one(&site.pool).await.unwrap();
    assert!(documents > 15);
    site.stop().await;
}

/// A query, encoded.
fn url(pairs: &[(&str, &str)]) -> String {
    reqwest::Url::parse_with_params("http://x/", pairs).unwrap().query().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_tier_sees_as_far_back_as_it_goes_and_no_tone_for_free() {
    let site = site().await;
    for (tier, ranked_twelfth, week, old, words) in [
        ("visitor", false, false, false, false),
        ("free", false, false, false, false),
        ("basic", true, true, false, false),
        ("plus", true, true, true, true),
        ("pro", true, true, true, true),
    ] {
        let body = page(&site, tier, "/news").await.body;
        let seen = list(&body);
        for (headline, expected) in [
            ("Central bank raises", true),
            ("Bank of small things", ranked_twelfth),
            ("Bitcoin bank rallies", week),
            ("Bitcoin falls long ago", old),
            ("−0.40", week),
        ] {
            assert_eq!(seen.contains(headline), expected, "{tier}: {headline}");
        }
        assert_eq!(body.contains("class=\"cloud\""), words, "{tier}");
        assert_eq!(body.contains("id=\"authors-table\""), words, "{tier}");
        assert_eq!(body.contains("data-days"), week, "{tier}");
        let of_btc = page(&site, tier, "/assets/BTC/news").await.body;
        assert_eq!(list(&of_btc).contains("Bitcoin bank rallies"), week, "{tier}");
        assert_eq!(of_btc.contains("Bitcoin falls long ago"), old, "{tier}");
        // To search for it, or to ask for its day, does not find what is withheld.
        for query in ["q=long", "from=2026-10-01&to=2026-10-31", "outlet=The+Ledger"] {
            let body = page(&site, tier, &format!("/news?{query}")).await.body;
            assert_eq!(body.contains("Bitcoin falls long ago"), old, "{tier} {query}");
        }
        // A filter by tone would tell the tone.
        let negative = page(&site, tier, "/news?tone=negative").await.body;
        assert_eq!(list(&negative).contains("Central bank raises"), week, "{tier}");
        assert!(!list(&negative).contains("El banco central"), "{tier}");
        let positive = page(&site, tier, "/news?tone=positive").await.body;
        assert!(!list(&positive).contains("Central bank raises"), "{tier}");
        let locked = page(&site, tier, "/assets/T12/news").await.body;
        assert_eq!(list(&locked).contains("Bank of small things"), ranked_twelfth, "{tier}");
        assert_eq!(locked.contains("Bank of small things"), ranked_twelfth, "{tier}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_narrow_the_list_and_an_article_is_listed_once() {
    let site = site().await;
    let key = site.sign_in_as("plus").await;
    let (bank, banco, small) = ("Central bank raises", "El banco central sube", "Bank of small things");
    for (query, expected) in [
        ("", vec![bank, banco, small]),
        ("outlet=El+Diario", vec![banco]),
        ("lang=es", vec![banco]),
        ("class=fx", vec![bank, banco]),
        ("class=equity", vec![small]),
        ("from=2026-11-21&to=2026-11-21", vec![bank, banco, small]),
        ("to=2026-11-20", vec![]),
        ("tone=negative", vec![bank]),
        ("tone=neutral", vec![banco]),
        ("tone=positive&class=equity", vec![small]),
    ] {
        let body = site.get(&format!("/news?{query}"), key.as_deref()).await.body;
        let list = list(&body);
        for headline in [bank, banco, small] {
            assert_eq!(
                list.matches(headline).count(),
                usize::from(expected.contains(&headline)),
                "{query}: {headline}"
            );
        }
    }
    let body = site.get("/news", key.as_deref()).await.body;
    let both = list(&body).split("<li").find(|item| item.contains(bank)).unwrap();
    assert!(both.contains(">BTC</a>") && both.contains(">EUR/USD</a>"), "{both}");
    // Copies come on request, and say so.
    assert!(!body.contains("nearly the same headline"));
    let copies = site.get("/news?noise=raw", key.as_deref()).await.body;
    let copy = list(&copies).split("<li").find(|item| item.contains("nearly the same headline")).unwrap();
    assert!(copy.contains("Nearly the same as another"), "{copy}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_of_outlets_stay_texts() {
    let site = site().await;
    for path in ["/news", "/assets/BTC/news"] {
        let body = page(&site, "plus", path).await.body;
        assert!(body.contains("&lt;img src=x onerror=alert(1)&gt;"), "{path}");
        assert!(body.contains("&lt;i&gt;Evil&lt;/i&gt; &amp; Sons"), "{path}");
        assert!(body.contains("&lt;b&gt;Bob&lt;/b&gt;"), "{path}");
        for bad in ["<img src=x", "<i>Evil", "<b>Bob", "javascript:"] {
            assert!(!body.contains(bad), "{path}: {bad}");
        }
        // What may not be shown is counted, and not quoted: no text, no link, no author.
        assert!(
            body.contains("This source does not let us show the text") && body.contains("Closed Shop"),
            "{path}"
        );
        assert!(!body.contains("secret.example") && !body.contains("Hidden Hand"), "{path}");
    }
    let reflected = page(&site, "plus", "/news?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await.body;
    assert!(!reflected.contains("<script>alert") && reflected.contains("&lt;script&gt;alert(1)"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_outlets_and_assets_are_counted_in_what_may_be_seen() {
    let site = site().await;
    let body = page(&site, "plus", "/news?class=crypto").await.body;
    let table = &body[body.find("id=\"words-table\"").unwrap()..];
    let row = |name: &str| {
        let start = table.find(&format!(">{name}</a></th>")).unwrap_or_else(|| panic!("{name}: {table}"));
        table[start..].split("</tr>").next().unwrap().to_owned()
    };
    // Five headlines about BTC, one without a text: "bank" stands in two, "bitcoin" in two.
    for (name, headlines) in [("bank", 2), ("bitcoin", 2), ("central", 1), ("The Ledger", 3), ("Bitcoin", 5)]
    {
        assert!(row(name).contains(&format!("<td class=\"n\">{headlines}</td>")), "{name}: {}", row(name));
    }
    // The mean of five tones: -0.4, 0.2, 0.3, 0.5, -0.7.
    assert!(row("Bitcoin").contains("−0.02"), "{}", row("Bitcoin"));
    assert!(row("bank").contains("too few documents"));
    for stop in [">again</a>", ">this</a>", ">the</a>", ">de</a>"] {
        assert!(!table.contains(stop), "{stop}");
    }
    // On the asset's own page its name says nothing.
    let own = page(&site, "plus", "/assets/BTC/news").await.body;
    let own = &own[own.find("class=\"cloud\"").unwrap()..];
    assert!(!own.contains(">bitcoin<") && own.contains(">bank<"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_goes_on_where_it_stopped() {
    let site = site().await;
    // 130 headlines at 13 instants, so that pages end amid equal ones.
    sqlx::query(
        "insert into documents (publication_id, symbol, kind, source, id, said_at, outlet, text, score, weight)
         select p.id, 'SPX', 'article', 'feeds', 'many/' || n, p.closes_at - make_interval(hours => 1 + n / 10), 'Many',
                'number-' || n || '.', 0, 0
         from publications p, generate_series(0, 129) n where p.slot = '2026-11-20T00Z'",
    )
    .execute(&site.pool)
    .await
    .unwrap();
    let key = site.sign_in_as("plus").await;
    let (mut seen, mut pages, mut next) = (Vec::new(), 0, Some("/news?outlet=Many".to_owned()));
    while let Some(path) = next {
        let body = site.get(&path, key.as_deref()).await.body;
        seen.extend(
            list(&body).split("number-").skip(1).map(|rest| rest.split('.').next().unwrap().to_owned()),
        );
        pages += 1;
        assert!(pages < 9, "{path}");
        let link = body
            .split("href=\"")
            .find(|rest| rest.contains("rel=\"next\""))
            .map(|rest| rest.split('"').next().unwrap());
        next = link.map(|link| link.replace("&amp;", "&").replace("#headlines", ""));
    }
    assert_eq!((pages, seen.len()), (3, 130));
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 130);
    assert_eq!(seen[0], "0");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_newest_version_of_a_slot_counts() {
    let site = site().await;
    sqlx::raw_sql(
        "insert into publications (slot, version, closes_at, manifest_sha256, coverage, partial)
             values ('2026-11-17T06Z', 2, '2026-11-17 06:00Z', repeat('a', 64), '{}', false);
         insert into documents (publication_id, symbol, kind, source, id, said_at, outlet, text, score, weight)
             select id, 'BTC', 'article', 'feeds', 'w1', '2026-11-17 05:50Z', 'The Ledger', 'Corrected headline', 0.1, 1
             from publications where slot = '2026-11-17T06Z' and version = 2;",
    )
    .execute(&site.pool)
    .await
    .unwrap();
    let body = page(&site, "plus", "/news").await.body;
    assert!(list(&body).contains("Corrected headline") && !body.contains("Bitcoin bank rallies"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_safe_for_spreadsheets_and_follow_the_tier() {
    let site = site().await;
    for tier in ["visitor", "free"] {
        let refused = page(&site, tier, "/news?format=csv").await;
        assert_eq!(refused.status, 403, "{tier}");
        assert!(refused.body.contains("Your tier does not include tables"), "{}", refused.body);
        assert!(!page(&site, tier, "/news").await.body.contains("format=csv"), "{tier}");
    }
    for (tier, old) in [("basic", false), ("plus", true)] {
        assert!(page(&site, tier, "/news").await.body.contains("format=csv"), "{tier}");
        let table = page(&site, tier, "/news?format=csv").await;
        assert_eq!((table.status, table.header("content-type")), (200, "text/csv; charset=utf-8"));
        assert_eq!(table.header("cache-control"), "private, no-store");
        assert!(
            table.body.contains(",\"'=HYPERLINK(\"\"http://evil\"\") <img src=x onerror=alert(1)>\","),
            "{}",
            table.body
        );
        assert!(!table.body.contains("javascript:") && !table.body.contains("Hidden Hand"));
        assert_eq!(table.body.contains("Bitcoin falls long ago"), old, "{tier}");
        let filtered = page(&site, tier, "/news?format=csv&lang=es").await.body;
        assert_eq!(filtered.lines().count(), 2, "{filtered}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_is_refused_with_what_can() {
    let site = site().await;
    let key = site.sign_in_as("plus").await;
    let long = format!("q={}", "x".repeat(10_000));
    for (query, accepted) in [
        (long.as_str(), "at most 200 characters"),
        ("q=a%00b", "at most 200 characters"),
        ("cursor=abc", "Start again at the newest headline"),
        ("cursor=LTEK", "Start again at the newest headline"),
        ("cursor=%27%29%3B--", "Start again at the newest headline"),
        ("from=9999999999-01-01", "2026-11-21"),
        ("from=NaN", "2026-11-21"),
        ("from=2026-02-02&to=2026-01-01", "Exchange them"),
        ("tone=-1", "positive, neutral or negative"),
        ("lang=klingon", "two letters"),
        ("class=bond", "equity, crypto, fx or index"),
        ("noise=maybe", "raw or organic"),
        ("format=xlsx", "format is csv"),
    ] {
        for path in ["/news", "/assets/BTC/news"] {
            let reply = site.get(&format!("{path}?{query}"), key.as_deref()).await;
            assert_eq!(reply.status, 400, "{path} {query:.40}");
            assert!(reply.body.contains(accepted), "{query:.40}: {}", reply.body);
        }
    }
    for (path, status) in [
        ("/assets/NOPE/news", 404),
        ("/news?q=%ff%fe", 200),
        ("/news?q=a&q=b", 400),
        ("/news?unknown=1", 200),
    ] {
        assert_eq!(site.get(path, key.as_deref()).await.status, status, "{path}");
    }
    site.stop().await;
}
