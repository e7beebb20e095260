//! The restore drill: an installation that backs up all the time is lost with its disk, and comes back.
//!
//! `make drill` runs it and prints how long everything took; `make drill MB=2000` with that much more in the database.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use domain::lake::MANIFEST;
use domain::manifest::Manifest;
use ledger::postgres::Cluster;
use ledger::store::{self, alerts};
use sqlx::PgPool;
use tests::installation::{Installation, objects_of};
use tests::{processes, programs, world};

/// What may be lost, and how long a repair may take (issue 9 of the design's budgets).
const POINT: Duration = Duration::from_secs(5 * 60);
const TIME: Duration = Duration::from_secs(3600);

fn quarterday(arguments: &[&str], installation: &Installation) -> Command {
    let mut command = programs::command("quarterday");
    command.args(arguments).arg("--home").arg(installation.home());
    command
}

fn well(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    said
}

fn up(world: &Path, installation: &Installation, backup: &Path) -> Child {
    let mut command = quarterday(&["up", "--speed", "1440", "--port", "0"], installation);
    command.arg("--world").arg(world).arg("--backup-to").arg(backup);
    let log = fs::File::create(installation.home().with_extension("log")).unwrap();
    command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

fn until(what: &str, limit: Duration, mut done: impl FnMut() -> bool) -> Duration {
    let begun_at = Instant::now();
    while !done() {
        assert!(begun_at.elapsed() < limit, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
    begun_at.elapsed()
}

async fn pool(installation: &Installation) -> PgPool {
    ledger::connect(&fs::read_to_string(installation.home().join("database-url")).unwrap()).await.unwrap()
}

async fn mark(pool: &PgPool, key: &str) {
    assert!(alerts::raise(pool, key, "a row of the drill", chrono::Utc::now()).await.unwrap());
}

/// Everything in the database that a reader would miss.
async fn rows(pool: &PgPool) -> BTreeMap<&'static str, i64> {
    let mut counts = BTreeMap::new();
    for table in ["runs", "transitions", "publications", "sentiments", "forecasts", "documents", "customers"]
    {
        let query = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        counts.insert(table, sqlx::query_scalar(query).fetch_one(pool).await.unwrap());
    }
    counts
}

/// What manifests list is there and whole.
fn verify(lake: &Path) -> usize {
    let objects = objects_of(lake);
    let mut proven = 0;
    for key in objects.keys().filter(|key| key.ends_with(MANIFEST)) {
        let manifest = Manifest::from_bytes(key, &fs::read(lake.join(key)).unwrap()).unwrap();
        for object in manifest.objects.iter().filter(|object| !object.key.starts_with("state/")) {
            assert_eq!(objects.get(&object.key), Some(&object.sha256), "{key} lists {}", object.key);
            proven += 1;
        }
    }
    proven
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_that_is_lost_comes_back_from_its_backup() {
    let folder = tempfile::tempdir().unwrap();
    let world = world::generate(folder.path());
    let (installation, backup) = (Installation::new(), Installation::new());
    let backup = backup.home();
    let mut up = up(&world, &installation, &backup);
    let bases = || {
        fs::read_dir(backup.join("base"))
            .map_or(0, |all| all.flatten().filter(|base| base.path().join("base.json").exists()).count())
    };
    until("a copy of the database", Duration::from_secs(120), || bases() > 0);
    let pool = pool(&installation).await;
    if let Ok(mb) = std::env::var("QUARTERDAY_DRILL_MB") {
        let mb: i64 = mb.parse().unwrap();
        sqlx::query("create table filler as select n, md5(n::text) || repeat(md5((n * 7)::text), 30) as text from generate_series(1, $1 * 1000) n")
            .bind(mb).execute(&pool).await.unwrap();
    }
    // After the copy: only the log has it.
    mark(&pool, "drill/after-the-copy").await;
    let noted = rows(&pool).await;
    let written: String =
        sqlx::query_scalar("select pg_walfile_name(pg_current_wal_lsn())").fetch_one(&pool).await.unwrap();
    let archived = |segment: &str| {
        let folders = fs::read_dir(backup.join("wal")).unwrap().flatten();
        folders.into_iter().any(|folder| folder.path().join(format!("{segment}.gz")).exists())
    };
    let point = until("the log in the archive", POINT, || archived(&written));
    let listings = || fs::read_dir(backup.join("listings")).unwrap().count();
    let before = listings();
    until("a listing of files", POINT, || listings() > before);
    mark(&pool, "drill/never-archived").await;
    pool.close().await;

    // Lost, all at once.
    up.kill().unwrap();
    up.wait().unwrap();
    let home = installation.home().display().to_string();
    until("its programs to be gone", Duration::from_secs(30), || processes::find(&[&home]).is_empty());
    fs::remove_dir_all(installation.home()).unwrap();

    let begun_at = Instant::now();
    let from = backup.display().to_string();
    let said = well(quarterday(&["restore", "--from", &from], &installation));
    let time = begun_at.elapsed();
    let bytes = size(&backup);
    println!(
        "drill: a row was safe after {point:.1?}; restored in {time:.1?} from {} MB: {said}",
        bytes / 1_000_000
    );
    assert!(point <= POINT && time <= TIME);

    let cluster = Cluster::start(&installation.home(), false).unwrap();
    let restored = ledger::connect(cluster.url()).await.unwrap();
    let open: Vec<String> =
        alerts::open(&restored).await.unwrap().into_iter().map(|alert| alert.key).collect();
    assert!(open.contains(&"drill/after-the-copy".to_owned()), "{open:?}");
    let found = rows(&restored).await;
    assert!(noted.iter().all(|(table, count)| found[table] >= *count), "{noted:?} became {found:?}");
    assert!(verify(&installation.home().join("lake")) > 0);
    let slots: Vec<_> =
        store::recent_runs(&restored, 100).await.unwrap().into_iter().map(|run| run.slot).collect();
    assert!(!slots.is_empty());
    restored.close().await;
    drop(cluster);
    // It goes on.
    installation.run_well(&world, world::slot(&world, 9));
}

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().flatten();
    entries
        .map(|e| if e.path().is_dir() { size(&e.path()) } else { e.metadata().map_or(0, |m| m.len()) })
        .sum()
}

#[test]
fn a_single_backup_restores_the_very_bytes_and_refuses_what_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let world = world::generate(folder.path());
    let (installation, elsewhere, backup) = (Installation::new(), Installation::new(), Installation::new());
    let from = backup.home().display().to_string();
    let (first, second) = (world::slot(&world, 4), world::slot(&world, 5));
    installation.run_well(&world, first);
    well(quarterday(&["backup", "--to", &from], &installation));
    let lake = installation.objects();
    installation.run_well(&world, second);
    let said = well(quarterday(&["backup", "--to", &from, "--keep-days", "0"], &installation));
    assert!(said.contains("are new"), "{said}");
    let newest = installation.objects();
    assert_ne!(lake, newest);

    // Not over an installation, not from nothing.
    let refused = quarterday(&["restore", "--from", &from], &installation).output().unwrap();
    assert!(
        !refused.status.success()
            && String::from_utf8_lossy(&refused.stderr).contains("holds an installation")
    );
    let nothing = folder.path().join("nothing").display().to_string();
    let refused = quarterday(&["restore", "--from", &nothing], &elsewhere).output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("has no copy"), "{refused:?}");

    well(quarterday(&["restore", "--from", &from], &elsewhere));
    assert_eq!(elsewhere.objects(), newest);
    let report = elsewhere.run_well(&world, second);
    assert_eq!(report["runs"][0]["status"], "succeeded", "{report}");

    let victim = fs::read_dir(backup.home().join("objects")).unwrap().flatten().next().unwrap().path();
    let victim = fs::read_dir(victim).unwrap().flatten().next().unwrap().path();
    fs::write(&victim, "other bytes").unwrap();
    let third = Installation::new();
    let refused = quarterday(&["restore", "--from", &from], &third).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("damaged"), "{said}");
}
