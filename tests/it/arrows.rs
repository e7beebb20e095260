//! Dependencies point one way.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each package of the house may use of the house.
const ALLOWED: [(&str, &[&str]); 14] = [
    ("domain", &[]),
    ("tables", &["domain"]),
    ("analytics", &["domain"]),
    ("cloud", &["domain"]),
    ("ledger", &["domain"]),
    ("stand-ins", &[]),
    ("collector", &["cloud", "domain", "tables"]),
    ("dataproc-job", &["cloud", "domain", "tables"]),
    ("ml-vm", &["analytics", "cloud", "domain", "tables"]),
    ("web", &["analytics", "cloud", "domain", "ledger", "tables"]),
    ("functions", &["analytics", "cloud", "domain", "ledger"]),
    ("sandbox", &["cloud", "domain"]),
    ("quarterday", &["cloud", "domain", "ledger", "tables"]),
    ("tests", &["domain", "tables"]),
];

#[test]
fn dependencies_point_one_way() {
    let metadata = MetadataCommand::new().no_deps().other_options(["--offline".to_owned()]).exec().unwrap();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    let packages = metadata.workspace_packages();
    let house: BTreeSet<&str> = packages.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(house, allowed.keys().copied().collect(), "a new package needs a line here");
    for package in &packages {
        for dependency in &package.dependencies {
            let ours = house.contains(dependency.name.as_str());
            // Tests may use the house's own test helpers.
            if ours && dependency.kind != DependencyKind::Development {
                let may = allowed[package.name.as_str()].contains(&dependency.name.as_str());
                assert!(may, "{} may not depend on {}", package.name, dependency.name);
            }
        }
    }
}

#[test]
fn only_cloud_speaks_to_a_provider_and_only_store_files_speak_sql() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut wrong = Vec::new();
    look(root, root, &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Source files that break a rule of the house.
fn look(root: &std::path::Path, folder: &std::path::Path, wrong: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            if !["target", "node_modules", "var", "tests", ".git"].contains(&name.as_str()) {
                look(root, &path, wrong);
            }
            continue;
        }
        if path.extension().is_none_or(|e| e != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let key = path.strip_prefix(root).unwrap().display().to_string();
        if (text.contains("google_cloud_") || text.contains("gcp_auth")) && !key.starts_with("crates/cloud/")
        {
            wrong.push(format!("{key} names a Google type"));
        }
        let speaks_sql = text.contains("sqlx::query") || text.contains("QueryBuilder");
        if speaks_sql && !name.contains("store") && name != "testing.rs" && !key.contains("/store/") {
            wrong.push(format!("{key} speaks SQL outside a store.rs"));
        }
    }
}
