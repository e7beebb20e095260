//! Every published number leads to its receipt: each section of each page that shows some has a link, and each link answers.

use std::collections::BTreeSet;

use crate::kit::Site;

/// Pages that show published values.
const PAGES: [&str; 19] = [
    "/",
    "/assets/SYM1",
    "/assets/EUR%2FUSD",
    "/assets/SYM1/price?macd=1&pivot=weekday-month",
    "/assets/SYM1/sentiment",
    "/assets/SYM1/sentiment?noise=raw&slot=2026-11-18T06Z",
    "/assets/SYM1/news",
    "/assets/SYM1/outlook",
    "/assets/SYM1/risk",
    "/assets/EUR%2FUSD/price",
    "/assets/EUR%2FUSD/sentiment",
    "/sentiment",
    "/sentiment?noise=raw",
    "/news",
    "/compare?assets=SYM1,SYM2,EUR/USD",
    "/track-record",
    "/status",
    "/lab/runs",
    "/receipt",
];

/// The sections of a page's main part, with their headings.
fn sections(body: &str) -> Vec<(String, &str)> {
    let main = body.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    let heading = |section: &str| {
        let rest = section.split("<h2").nth(1).unwrap_or_default();
        let rest = rest.split_once('>').map_or("", |(_, rest)| rest);
        rest.split("</h2>").next().unwrap_or_default().to_owned()
    };
    main.split("<section").skip(1).map(|section| (heading(section), section)).collect()
}

/// Whether a section shows numbers: in a table, a chart, or large.
fn shows_numbers(section: &str) -> bool {
    let cells = section
        .split("<tbody>")
        .skip(1)
        .any(|rows| rows.split("</tbody>").next().unwrap().contains("class=\"n"));
    let mood = section.contains("class=\"point\"");
    cells
        || mood
        || ["data-chart=", "class=\"facts\"", "class=\"extremes\"", "class=\"reasons\"", "class=\"signals\""]
            .iter()
            .any(|mark| section.contains(mark))
}

/// Where a section's links to receipts lead: to that of an asset or of the slot, to a run of the laboratory, which holds its own
/// inputs, or to the scored forecasts that a figure sums up.
fn receipts(section: &str) -> Vec<String> {
    let links =
        section.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().replace("&#x2F;", "/"));
    let is_receipt = |link: &String| {
        let path = link.split('?').next().unwrap();
        path.ends_with("/receipt") || path.starts_with("/lab/runs/") || link == "#outcomes"
    };
    links.map(|link| link.replace("&amp;", "&")).filter(is_receipt).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_section_with_numbers_leads_to_a_receipt() {
    let site = Site::with_slots().await;
    let key = site.sign_in_as("pro").await;
    site.post("/watch", key.as_deref(), &[("symbol", "SYM1"), ("turn", "on")]).await;
    let lab = [
        ("symbol", "SYM1"),
        ("on", "2026-11-20"),
        ("side", "long"),
        ("position", "1000"),
        ("window", "30"),
        ("simulations", "1000"),
        ("workers", "2"),
        ("confidence", "95"),
        ("horizon", "1"),
        ("place", "site"),
        ("seed", "1"),
    ];
    let run = site.post("/lab/runs", key.as_deref(), &lab).await;
    assert_eq!(run.status, 303, "{}", run.body);
    let run = run.header("location").to_owned();
    let (mut without, mut links, mut looked) = (Vec::new(), BTreeSet::new(), 0);
    for path in PAGES.into_iter().chain([run.as_str()]) {
        for reader in [key.as_deref(), None] {
            let reply = site.get(path, reader).await;
            assert!(reply.status == 200 || reader.is_none(), "{path}: {}", reply.status);
            if reply.status != 200 {
                continue;
            }
            for (heading, section) in sections(&reply.body).into_iter().filter(|(_, s)| shows_numbers(s)) {
                looked += 1;
                let found = receipts(section);
                // What a run of the laboratory was computed from stands on its own page.
                let own = path.starts_with("/lab/runs/") && section.contains("lab-inputs");
                if found.is_empty() && !own && path != "/receipt" {
                    without.push(format!("{path} ({}): {heading}", reader.map_or("visitor", |_| "pro")));
                }
                links.extend(found);
            }
        }
    }
    assert!(looked > 60, "only {looked} sections show numbers");
    assert!(without.is_empty(), "sections without a receipt: {without:#?}");
    assert!(links.len() > 20, "{links:?}");
    for link in links.iter().filter(|link| link.starts_with('/')) {
        let reply = site.get(link, key.as_deref()).await;
        assert_eq!(reply.status, 200, "{link}");
        assert!(
            !link.contains("receipt") || reply.body.contains("id=\"receipt-run\""),
            "{link} names no run"
        );
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_markets_receipt_sums_to_the_mood_on_the_front_page() {
    let site = Site::with_slots().await;
    // Three assets with moods of their own, so that a sum that ignores the weights is another.
    sqlx::query(
        "update sentiments s set score = case symbol when 'SYM1' then 0.5 when 'SYM2' then -0.25 else s.score end
         from publications p where p.id = s.publication_id and p.slot = '2026-11-21T06Z'",
    )
    .execute(&site.pool)
    .await
    .unwrap();
    let (sum, weight): (f64, f64) = sqlx::query_as(
        "select sum((posts_organic + articles_organic) * score)::float8, sum(posts_organic + articles_organic)::float8
         from sentiments s join publications p on p.id = s.publication_id
         where p.slot = '2026-11-21T06Z' and score is not null",
    )
    .fetch_one(&site.pool)
    .await
    .unwrap();
    let key = site.sign_in_as("basic").await;
    let body = site.get("/receipt", key.as_deref()).await.body;
    let shown = body.split("id=\"receipt-mood\">").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(shown, format!("+{:.4}", sum / weight), "{body}");
    assert!(
        body.contains(&format!("+{:.4}", 22.0 / weight * 0.5)),
        "the first asset has 22 documents: {body}"
    );
    // Who does not see all assets gets no shares: the missing ones could be computed from them.
    let body = site.get("/receipt", None).await.body;
    assert!(!body.contains("receipt-mood") && body.contains("class=\"padlock\"") && body.contains("SYM10<"));
    assert!(!body.contains("SYM12<") && !body.contains(&format!("+{:.4}", 22.0 / weight * 0.5)));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_can_be_taken_away_as_far_as_the_tier_goes() {
    let site = Site::with_slots().await;
    for (tier, csv, parquet, tables) in [
        ("visitor", false, false, 0),
        ("free", false, false, 0),
        ("basic", true, false, 4),
        ("pro", true, true, 7),
    ] {
        let key = site.sign_in_as(tier).await;
        let page = site.get("/assets/EUR%2FUSD", key.as_deref()).await.body;
        let links: Vec<String> = page
            .split("href=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().replace("&#x2F;", "/"))
            .filter(|link| link.contains("/export/"))
            .collect();
        assert_eq!(links.len(), tables * (usize::from(csv) + usize::from(parquet)), "{tier}: {links:?}");
        assert_eq!(page.contains("CSV comes with Basic"), !csv, "{tier}");
        for link in &links {
            let file = site.request("GET", link, key.as_deref()).send().await.unwrap();
            assert_eq!(file.status(), 200, "{tier}: {link}");
            let bytes = file.bytes().await.unwrap();
            assert_eq!(bytes.starts_with(b"PAR1"), link.ends_with("parquet"), "{link}");
            assert!(bytes.len() > 20, "{link}");
        }
        // A section's page links its own tables only.
        let risk = site.get("/assets/SYM1/risk", key.as_deref()).await.body;
        assert_eq!(risk.contains("/export/risk?"), tier == "pro", "{tier}");
        assert!(!risk.contains("/export/bars"), "{tier}");
    }
    site.stop().await;
}
