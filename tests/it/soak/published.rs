//! What the site's tables hold after a storm: of every slot a publication that is whole, and no rows of any other.

use cloud::commit::{read_listed, read_manifest};
use domain::lake::{Area, PredictionTable};
use domain::prediction::DocumentScore;
use domain::{Key, Slot};
use sqlx::{AssertSqlSafe, PgPool};

use super::rig::Rig;

/// The tables whose rows come one for one from the lake.
const TABLES: [(&str, PredictionTable); 4] = [
    ("sentiments", PredictionTable::Sentiment),
    ("forecasts", PredictionTable::Forecast),
    ("signals", PredictionTable::Signals),
    ("risks", PredictionTable::Risk),
];

/// The newest publication of each slot is that of the lake's predictions, whole.
pub(super) async fn check(rig: &Rig) {
    let cluster = rig.database();
    let pool = ledger::connect(cluster.url()).await.unwrap();
    let lake = cloud::open_lake(rig.home.join("lake").to_str().unwrap()).await.unwrap();
    for slot in &rig.slots {
        let key = Key::SlotManifest { area: Area::Predictions, slot: *slot }.to_string();
        let (manifest, entry) = read_manifest(lake.as_ref(), &key).await.unwrap().unwrap();
        let (id, newest) = newest(&pool, *slot).await;
        assert_eq!(
            newest,
            entry.sha256,
            "{slot}: the newest publication is not of these predictions\n{}",
            rig.said()
        );
        for (table, of) in TABLES {
            let file = format!("/{}.parquet", of.as_str());
            let in_lake: u64 =
                manifest.objects.iter().filter(|o| o.key.ends_with(&file)).map(|o| o.rows).sum();
            assert_eq!(rows(&pool, table, id).await, in_lake.cast_signed(), "{slot}: {table}");
        }
        let mut scored = 0;
        for object in manifest.objects.iter().filter(|o| o.key.ends_with("/documents.parquet")) {
            let bytes = read_listed(lake.as_ref(), object).await.unwrap();
            let scores: Vec<DocumentScore> = tables::decode(&bytes).unwrap();
            scored += scores.len() as i64;
        }
        let shown = rows(&pool, "documents", id).await;
        assert!(scored > 0 && shown >= scored, "{slot}: {shown} documents are shown, {scored} have a score");
        let doubled: i64 = sqlx::query_scalar(
            "select count(*) from (select 1 from documents where publication_id = $1
             group by symbol, kind, source, id having count(*) > 1) d",
        )
        .bind(id)
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(doubled, 0, "{slot}: documents are shown twice");
    }
    // A version is written only where the predictions differ from those of the version before.
    let same: i64 =
        sqlx::query_scalar("select count(*) - count(distinct (slot, manifest_sha256)) from publications")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(same, 0, "a slot was published twice with the same predictions");
    pool.close().await;
}

async fn newest(pool: &PgPool, slot: Slot) -> (i64, String) {
    let query = "select id, manifest_sha256 from publications where slot = $1 order by version desc limit 1";
    let found = sqlx::query_as(query).bind(slot.to_string()).fetch_optional(pool).await.unwrap();
    found.unwrap_or_else(|| panic!("{slot} is not published"))
}

async fn rows(pool: &PgPool, table: &str, publication: i64) -> i64 {
    let query = format!("select count(*) from {table} where publication_id = $1");
    sqlx::query_scalar(AssertSqlSafe(query)).bind(publication).fetch_one(pool).await.unwrap()
}
