//! The ML team's pages: what readers see, assets that are left out, models. Orders go through the bus to the functions.

use std::collections::BTreeMap;

use domain::lake::sha256;
use domain::model::{Card, Gate, Metric, ModelName, ModelVersion, Reference};
use domain::prediction::{Level, Monitor, Watched};
use domain::{Key, Slot};

use crate::operations::{Works, works};
use crate::slots::SlotBuilder;

const NEWEST: &str = "2026-11-21T06Z";

async fn published(works: &Works) {
    for (slot, word) in [("2026-11-20T06Z", "before"), (NEWEST, "just-now")] {
        SlotBuilder::new(slot, word).write(&works.site.lake).await;
        assert_eq!(works.site.publish(slot).await.json()["outcome"], "succeeded");
        works.ran(slot, None).await;
    }
}

/// What a reader sees as the slot, once the site has looked again.
async fn shown(works: &Works, key: Option<&str>, slot: &str) -> String {
    for _ in 0..40 {
        let page = works.site.get("/", key).await;
        if page.body.contains(&format!("slot {slot}")) {
            return page.body;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{slot} is not shown: {}", works.site.get("/", key).await.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publication_held_back_is_not_shown_and_staff_are_told() {
    let works = works().await;
    published(&works).await;
    let (ml, free) =
        (works.site.sign_in_as("ml").await.unwrap(), works.site.sign_in_as("free").await.unwrap());
    shown(&works, None, NEWEST).await;
    let address =
        works.ask(&format!("action=hold-publication&slot={NEWEST}"), "scores look wrong", &ml).await;
    assert_eq!(works.outcome(&address).await, "held back");
    let page = shown(&works, Some(&free), "2026-11-20T06Z").await;
    assert!(!page.contains("Held back") && !page.contains("just-now"), "{page}");
    let page = shown(&works, Some(&ml), "2026-11-20T06Z").await;
    assert!(page.contains("Held back, readers do not see it: 2026-11-21T06Z"), "{page}");
    // Nor by its number: its receipt is not there, while the one before has its own.
    let desk = works.site.get("/ml", Some(&ml)).await;
    assert!(desk.body.contains("held back") && desk.body.contains("scores look wrong"));
    // A correction of it is held back, too, and made all the same.
    SlotBuilder::new(NEWEST, "corrected").write(&works.site.lake).await;
    let corrected = works.site.publish(NEWEST).await.json();
    assert_eq!(corrected["version"], 2, "{corrected}");
    let reply = works
        .site
        .get(&format!("/operations/confirm?action=hold-publication&slot={NEWEST}"), Some(&ml))
        .await;
    assert_eq!(reply.status, 409);
    let address =
        works.ask(&format!("action=release-publication&slot={NEWEST}"), "they are right", &ml).await;
    assert_eq!(works.outcome(&address).await, "released");
    shown(&works, None, NEWEST).await;
    works.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_asset_is_left_out_from_a_slot_on_and_taken_in_again() {
    let works = works().await;
    published(&works).await;
    let ml = works.site.sign_in_as("ml").await.unwrap();
    let unknown = works
        .site
        .get(&format!("/operations/confirm?action=exclude&symbol=NOPE&from={NEWEST}"), Some(&ml))
        .await;
    assert_eq!(unknown.status, 409);
    let address = works
        .ask(
            &format!("action=exclude&symbol=SYM4&from={NEWEST}&until=2026-11-22T06Z"),
            "a split of shares",
            &ml,
        )
        .await;
    assert!(works.outcome(&address).await.starts_with("left out from 2026-11-21T06Z"));
    // The same predictions, published again: another version, without the asset.
    let again = works.site.publish(NEWEST).await.json();
    assert_eq!((again["version"].as_i64(), again["new"].as_bool()), (Some(2), Some(true)));
    let count = |symbol: &'static str| {
        let pool = works.site.pool.clone();
        async move {
            let query = "select count(*) from sentiments s join publications p on p.id = s.publication_id
                where p.slot = $1 and p.version = 2 and s.symbol = $2";
            sqlx::query_scalar::<_, i64>(query).bind(NEWEST).bind(symbol).fetch_one(&pool).await.unwrap()
        }
    };
    assert_eq!((count("SYM4").await, count("SYM1").await), (0, 1));
    let front = works.site.get("/", Some(&ml)).await;
    assert!(front.body.contains("SYM4"), "named as missing");
    // What is shown beside the slot goes, too.
    for (symbol, status) in [("SYM4", 404), ("SYM1", 200)] {
        let live = works.site.request("GET", &format!("/api/assets/{symbol}/live"), Some(&ml));
        assert_eq!(live.send().await.unwrap().status().as_u16(), status, "{symbol}");
    }
    let desk = works.site.get("/ml", Some(&ml)).await;
    assert!(desk.body.contains("a split of shares"));
    let address = works.ask(&format!("action=include&symbol=SYM4&from={NEWEST}"), "it is over", &ml).await;
    assert_eq!(works.outcome(&address).await, "included");
    // As it was at first: the first version is published already.
    assert_eq!(works.site.publish(NEWEST).await.json()["version"], 1);
    works.stop().await;
}

async fn register(works: &Works, seed: u64, passed: bool) -> ModelVersion {
    let bytes = format!("model {seed}").into_bytes();
    let slot: Slot = NEWEST.parse().unwrap();
    let metric = Metric {
        value: 0.1 * seed as f64,
        low: 0.1 * seed as f64 - 0.01,
        high: 0.1 * seed as f64 + 0.01,
        cases: 40,
    };
    let reference = Reference {
        count: 9,
        edges: vec![0.0],
        shares: vec![0.5, 0.5],
        quantiles: (0..=100).map(f64::from).collect(),
    };
    let card = Card {
        schema_version: domain::model::SCHEMA_VERSION,
        name: ModelName::Forecast,
        slot,
        created_at: slot.close_at(),
        sha256: sha256(&bytes),
        bytes: bytes.len() as u64,
        trained_on: Vec::new(),
        judged_on: Vec::new(),
        window: None,
        block: None,
        cases: 1234,
        metrics: BTreeMap::from([("loss".to_owned(), metric)]),
        gate: Gate { passed, reason: "loss 0.9 of the champion's".to_owned(), against: None },
        licences: vec!["CC0-1.0".to_owned()],
        code_version: "0.1.0".to_owned(),
        parent: None,
        seed,
        references: BTreeMap::from([("returns".to_owned(), reference)]),
    };
    let (name, version) = (ModelName::Forecast, card.version());
    let lake = &works.site.lake;
    lake.put(&Key::ModelBytes { name, version: version.clone() }.to_string(), bytes.into()).await.unwrap();
    let key = Key::ModelCard { name, version: version.clone() }.to_string();
    lake.put(&key, card.to_bytes().into()).await.unwrap();
    version
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_are_compared_promoted_and_rolled_back() {
    let works = works().await;
    let ml = works.site.sign_in_as("ml").await.unwrap();
    let (first, second) = (register(&works, 1, true).await, register(&works, 2, false).await);
    let page = works.site.get("/ml/models", Some(&ml)).await;
    assert!(page.body.contains(&first.to_string()) && page.body.contains("what is built in"));
    let card = works.site.get(&format!("/ml/models/forecast/{first}"), Some(&ml)).await;
    for said in ["CC0-1.0", "1,234", "0.1000 (0.0900; 0.1100)", "Passed"] {
        assert!(card.body.contains(said), "{said}");
    }
    for path in [
        "/ml/models/forecast/nonsense",
        "/ml/models/weather/x",
        "/ml/models/forecast/2026-11-21T06Z-0000000000000000",
    ] {
        assert_eq!(works.site.get(path, Some(&ml)).await.status, 404, "{path}");
    }
    let promote = |version: &ModelVersion| format!("action=promote&model=forecast&model_version={version}");
    let preview = works.site.get(&format!("/operations/confirm?{}", promote(&first)), Some(&ml)).await;
    assert!(preview.body.contains("Champion now: what is built in"), "{}", preview.body);
    let address = works.ask(&promote(&first), "better on every horizon", &ml).await;
    assert!(works.outcome(&address).await.contains(&first.to_string()));
    // It did not pass its trial: refused, with the reason, unless it is wanted anyway.
    let refused = works.site.get(&format!("/operations/confirm?{}", promote(&second)), Some(&ml)).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("did not pass the gate"));
    let address = works.ask(&format!("{}&force=1", promote(&second)), "a trial of it", &ml).await;
    assert!(works.outcome(&address).await.contains(&second.to_string()));
    let address = works.ask("action=rollback&model=forecast", "worse after all", &ml).await;
    assert!(works.outcome(&address).await.contains(&first.to_string()));
    let page = works.site.get("/ml/models", Some(&ml)).await;
    assert!(page.body.contains("worse after all") && page.body.contains("rolled back"), "{}", page.body);
    works.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drift_is_drawn_from_what_each_slot_noted() {
    let works = works().await;
    let ml = works.site.sign_in_as("ml").await.unwrap();
    let empty = works.site.get("/ml/drift", Some(&ml)).await;
    assert!(empty.status == 200 && empty.body.contains("Nothing is watched yet"));
    for (slot, value, level) in [("2026-11-20T06Z", 0.05, Level::Fine), (NEWEST, 0.3, Level::Alarm)] {
        works.ran(slot, None).await;
        let watched = Watched {
            name: ModelName::Forecast,
            what: "psi returns".to_owned(),
            value,
            warning: 0.1,
            alarm: 0.25,
            cases: 1500,
            level,
        };
        let monitor = Monitor { watched: vec![watched], records: Vec::new() };
        let key = Key::Monitor { slot: slot.parse().unwrap() }.to_string();
        works.site.lake.put(&key, serde_json::to_vec(&monitor).unwrap().into()).await.unwrap();
    }
    let page = works.site.get("/ml/drift", Some(&ml)).await;
    for said in ["forecast, psi returns: 0.300", "alarm", "drift-alarm", "1,500", "0.0500"] {
        assert!(page.body.contains(said), "{said}");
    }
    works.ran("2026-11-20T12Z", None).await;
    let key = Key::Monitor { slot: "2026-11-20T12Z".parse().unwrap() }.to_string();
    works.site.lake.put(&key, b"{".to_vec().into()).await.unwrap();
    let page = works.site.get("/ml/drift", Some(&ml)).await;
    assert!(page.status == 200 && page.body.contains("cannot be read"));
    works.stop().await;
}
