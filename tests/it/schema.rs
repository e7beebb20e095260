//! Migrations run while programs of the version before serve: they only add, and nobody waits for them for long.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};

/// Whether a migration is of the version before: those that the programs written against it know.
fn is_released(version: i64) -> bool {
    version <= 20_261_122_000_400 || version == 20_261_122_000_950
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations")
}

/// The statements of a migration, without comments, in lower case, spaces alike.
fn statements(text: &str) -> Vec<String> {
    let plain: Vec<&str> = text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let joined = plain.join(" ").to_lowercase();
    let words = |statement: &str| statement.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.split(';').map(words).filter(|statement| !statement.is_empty()).collect()
}

/// Why a statement breaks programs that do not know of it; `made` are the tables of the same migration, which nobody knows.
fn breaks(statement: &str, made: &[String]) -> Option<&'static str> {
    let table = |after: &str| statement.strip_prefix(after).and_then(|rest| rest.split([' ', '(']).next());
    for drop in ["drop table", "drop index", "drop view", "drop schema", "drop type", "truncate"] {
        if statement.starts_with(drop) {
            return Some("takes away what they read");
        }
    }
    // A table that is made by the same migration is nobody's yet.
    table("alter table ").filter(|table| !made.iter().any(|known| known == table))?;
    let has = |words: &str| statement.contains(words);
    if has(" drop column") || has(" drop constraint") || has(" rename ") {
        return Some("takes away or renames what they read");
    }
    if has(" type ") && has(" alter column") {
        return Some("changes the type of what they read");
    }
    if has(" set not null")
        || (has(" add column") && has(" not null") && !has(" default ") && !has(" generated "))
    {
        return Some("demands what they do not write");
    }
    if has(" add constraint") && (has(" check ") || has(" unique ")) && !has(" not valid") {
        return Some("may refuse what they write; and locks the table while it is checked");
    }
    None
}

/// What looks as if it broke something and does not, each with the reason.
const EXCUSED: [(&str, &str, &str); 13] = [
    ("20261122001300_grow_billing", "drop constraint billing_coupons_code_key", "made anew, wider"),
    ("20261122000500_create_audit", "customers_role_check", "made anew, wider"),
    ("20261122000600_grow_accounts", "drop index customers_email", "nobody names an index"),
    (
        "20261122000600_grow_accounts",
        "address_key set not null",
        "20261122001100 fills it for those who do not write it",
    ),
    ("20261122000600_grow_accounts", "seen_at set not null", "20261122001100 gives it a value"),
    ("20261122000900_create_orders", "overrides_action_check", "made anew, wider"),
    (
        "20261122000900_create_orders",
        "drop constraint publications_slot_manifest_sha256_key",
        "made anew, wider",
    ),
    ("20261122000900_create_orders", "publications_made_once", "the one before, wider"),
    (
        "20261122000900_create_orders",
        "rename to publications_made",
        "a view of that name takes its place and takes its rows",
    ),
    ("20261122000500_create_audit", "add column pseudonym", "has a value of its own"),
    ("20261122001200_index_sentiments", "drop index sentiments_symbol", "nobody names an index"),
    ("20261122002000_index_search", "drop index documents_search", "nobody names an index"),
    ("20261123000200_index_headlines", "drop index documents_by_time", "nobody names an index"),
];

#[test]
fn no_migration_takes_away_renames_or_narrows_what_stands() {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    assert!(files.len() > 8);
    let mut broken = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let all = statements(&std::fs::read_to_string(&file).unwrap());
        let made: Vec<String> = all
            .iter()
            .filter_map(|s| s.strip_prefix("create table ")?.split([' ', '(']).next().map(str::to_owned))
            .collect();
        for statement in all {
            let excused = EXCUSED.iter().any(|(known, part, _)| *known == name && statement.contains(part));
            if let Some(reason) = breaks(&statement, &made).filter(|_| !excused) {
                broken.push(format!("{name}: {statement}: {reason}"));
            }
        }
    }
    assert!(broken.is_empty(), "programs of the version before would break: {broken:#?}");
}

#[test]
fn what_breaks_is_known_as_such() {
    let made = ["new".to_owned()];
    for (statement, breaks_it) in [
        ("alter table runs drop column status", true),
        ("alter table runs rename column status to state", true),
        ("alter table runs alter column slot type text", true),
        ("alter table runs add column owner text not null", true),
        ("alter table runs add column owner text not null default ''", false),
        ("alter table runs add column owner text", false),
        ("alter table runs alter column owner set not null", true),
        ("alter table runs add constraint c check (slot > 0)", true),
        ("alter table new add constraint c check (slot > 0)", false),
        ("drop table runs", true),
        ("create table new (a int not null)", false),
    ] {
        assert_eq!(breaks(statement, &made).is_some(), breaks_it, "{statement}");
    }
}

/// Readers of the schema as it was before the newest migrations: every column of every table, asked for by its name all the
/// time, as the programs of that version do, while the newest migrations run beside them.
#[tokio::test(flavor = "multi_thread")]
async fn readers_and_writers_of_the_version_before_go_on_while_migrations_run() {
    let migrator = Migrator::new(folder()).await.unwrap();
    let newest = migrator.migrations.iter().filter(|migration| !is_released(migration.version)).count();
    let database = ledger::testing::database().await;
    // A database of its own without any schema.
    let name = "schema_before";
    sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&database.pool).await.unwrap();
    let url = database.url.replace(database.url.split('?').next().unwrap().rsplit('/').next().unwrap(), name);
    let pool = PgPoolOptions::new().max_connections(8).connect(&url).await.unwrap();
    let mut before = released(&migrator);
    before.run(&pool).await.unwrap();
    let queries = queries(&pool).await;
    assert!(queries.len() > 10);

    let reading = tokio::spawn(read_on(pool.clone(), queries.clone()));
    let writing = tokio::spawn(write_on(pool.clone()));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun_at = Instant::now();
    migrator.run(&pool).await.unwrap();
    let took = begun_at.elapsed();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (reads, longest) = reading.await.unwrap();
    let writes = writing.await.unwrap();
    println!(
        "{newest} migrations in {took:.0?}; beside them {reads} reads, the longest {longest:.0?}, and {writes} writes"
    );
    assert!(reads > queries.len() && writes > 1 && longest < Duration::from_secs(5));
    // A program of the version before is started again on the schema of the next.
    before.set_ignore_missing(true);
    before.run(&pool).await.unwrap();
    pool.close().await;
}

fn released(whole: &Migrator) -> Migrator {
    let known = whole.migrations.iter().filter(|migration| is_released(migration.version)).cloned();
    Migrator { migrations: known.collect::<Vec<_>>().into(), ..Migrator::DEFAULT }
}

async fn queries(pool: &PgPool) -> Vec<String> {
    let tables = "select table_name, string_agg(quote_ident(column_name), ', ' order by ordinal_position)
        from information_schema.columns where table_schema = 'public' group by 1 order by 1";
    let rows: Vec<(String, String)> = sqlx::query_as(tables).fetch_all(pool).await.unwrap();
    rows.into_iter().map(|(table, columns)| format!("select {columns} from {table} limit 10")).collect()
}

async fn read_on(pool: PgPool, queries: Vec<String>) -> (usize, Duration) {
    let (begun_at, mut reads, mut longest) = (Instant::now(), 0, Duration::ZERO);
    while begun_at.elapsed() < Duration::from_secs(3) {
        for query in &queries {
            let asked_at = Instant::now();
            sqlx::query(AssertSqlSafe(query.clone())).fetch_all(&pool).await.unwrap();
            longest = longest.max(asked_at.elapsed());
            reads += 1;
        }
    }
    (reads, longest)
}

/// What programs of the version before write all the time, in their words: an alert, an account, a session, a webhook, a publication.
/// Between two migrations, which take milliseconds, one may be refused; once they have run, none is.
async fn write_on(pool: PgPool) -> usize {
    const WRITES: [&str; 5] = [
        "insert into alerts (key, text, raised_at) values ($1, 'a', now())",
        "insert into customers (email, password_hash, role, created_at) values ($1 || '@example.com', 'h', 'subscriber', now())
         on conflict do nothing",
        "insert into sessions (key_sha256, customer_id, created_at, expires_at)
         select sha256(convert_to($1, 'UTF8')), max(id), now(), now() + interval '1 hour' from customers",
        "insert into webhooks (customer_id, url, secret, created_at)
         select max(id), 'https://hooks.example/', $1, now() from customers
         on conflict (customer_id) do update
         set (url, secret, created_at) = (excluded.url, excluded.secret, excluded.created_at)",
        "insert into publications (slot, version, closes_at, manifest_sha256, coverage, partial)
         select $1::text, coalesce(max(version), 0) + 1, now(), repeat('0', 64), '{}', false from publications where slot = $1::text",
    ];
    let (begun_at, mut writes, mut refused_last) = (Instant::now(), 0, String::new());
    while begun_at.elapsed() < Duration::from_secs(3) {
        refused_last.clear();
        for text in WRITES {
            let written = sqlx::query(text).bind(format!("before/{writes}")).execute(&pool).await;
            match written {
                Ok(_) => writes += 1,
                Err(error) => refused_last = format!("{text}: {error}"),
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(refused_last.is_empty(), "refused for good: {refused_last}");
    writes
}
