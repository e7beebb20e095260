//! One migrated database a test, in a throw-away cluster of the test process.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, PgPool};
use tokio::sync::OnceCell;

use crate::postgres::Cluster;

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static SERIAL: AtomicU32 = AtomicU32::new(0);

/// A database of its own.
#[derive(Debug)]
pub struct TestDatabase {
    /// What to connect to.
    pub url: String,
    /// A pool on it.
    pub pool: PgPool,
}

/// A fresh, migrated database. The cluster ends with the process.
///
/// # Panics
/// Postgres is not to be had: a test that needs it must not pass without.
pub async fn database() -> TestDatabase {
    let cluster = CLUSTER.get_or_init(start).await;
    let admin = PgPool::connect(cluster.url()).await.expect("the test cluster answers");
    let name = format!("test_{}", SERIAL.fetch_add(1, Ordering::Relaxed));
    let create = format!("create database {name} template template_quarterday");
    sqlx::query(AssertSqlSafe(create)).execute(&admin).await.expect("the template can be copied");
    admin.close().await;
    let url = named(cluster, &name);
    let pool = crate::connect_with(&url, 5).await.expect("the test database answers");
    TestDatabase { url, pool }
}

fn named(cluster: &Cluster, database: &str) -> String {
    cluster.url().replace("localhost/postgres", &format!("localhost/{database}"))
}

fn open_to_others(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711)).expect("a folder of ours");
}

async fn start() -> Cluster {
    // Below /tmp, because the user that runs Postgres for root must reach it.
    let home =
        tempfile::Builder::new().prefix("quarterday-test-").tempdir_in("/tmp").expect("a temporary folder");
    open_to_others(home.path());
    let home = home.keep();
    let cluster = tokio::task::spawn_blocking(move || Cluster::start(&home, true));
    let cluster = cluster.await.expect("no panic").expect("Postgres starts: install it to run these tests");
    let admin = PgPool::connect(cluster.url()).await.expect("the test cluster answers");
    sqlx::query("create database template_quarterday").execute(&admin).await.expect("a fresh cluster");
    admin.close().await;
    let template =
        crate::connect_with(&named(&cluster, "template_quarterday"), 1).await.expect("migrations run");
    template.close().await;
    cluster
}
