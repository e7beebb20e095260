//! What `quarterday models` says of a registry in a lake.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use cloud::{Lake, models};
use domain::lake::sha256;
use domain::model::{Action, Card, Gate, Metric, ModelName, ModelVersion, SCHEMA_VERSION, Step};
use domain::prediction::{Level, Monitor, Watched};
use domain::{Key, Slot};

const SLOT: &str = "2026-11-21T06Z";

async fn register(lake: &dyn Lake, seed: u64, action: Action) -> ModelVersion {
    let (slot, value): (Slot, f64) = (SLOT.parse().unwrap(), 0.1 * seed as f64);
    let bytes = format!("model {seed}").into_bytes();
    let card = Card {
        schema_version: SCHEMA_VERSION,
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
        metrics: BTreeMap::from([(
            "loss".to_owned(),
            Metric { value, low: value - 0.01, high: value + 0.01, cases: 40 },
        )]),
        gate: Gate { passed: true, reason: "loss 0.9 of the champion's".to_owned(), against: None },
        licences: vec!["CC0-1.0".to_owned()],
        code_version: "0.1.0".to_owned(),
        parent: None,
        seed,
        references: BTreeMap::new(),
    };
    let (name, version) = (ModelName::Forecast, card.version());
    lake.put(&Key::ModelBytes { name, version: version.clone() }.to_string(), bytes.into()).await.unwrap();
    let key = Key::ModelCard { name, version: version.clone() }.to_string();
    lake.put(&key, card.to_bytes().into()).await.unwrap();
    let step = Step {
        action,
        version: Some(version.clone()),
        from: slot.next(),
        by: "ana".to_owned(),
        at: slot.close_at(),
        why: "a test".to_owned(),
    };
    models::take(lake, name, &step).await.unwrap();
    version
}

fn quarterday(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quarterday"))
        .arg("models")
        .args(arguments)
        .arg("--home")
        .arg(home)
        .env_remove("QUARTERDAY_CLOUD")
        .output()
        .unwrap()
}

fn said(home: &Path, arguments: &[&str]) -> String {
    let output = quarterday(home, arguments);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[tokio::test]
async fn cards_champion_beside_challenger_and_drift_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    std::fs::create_dir_all(home.join("lake")).unwrap();
    let lake = cloud::open_lake(home.join("lake").to_str().unwrap()).await.unwrap();
    let none = quarterday(&home, &["compare", "forecast"]);
    assert!(String::from_utf8_lossy(&none.stderr).contains("no challenger"), "{none:?}");
    let none = quarterday(&home, &["card", "forecast"]);
    assert!(String::from_utf8_lossy(&none.stderr).contains("built in"), "{none:?}");

    let champion = register(lake.as_ref(), 1, Action::Promote).await.to_string();
    let challenger = register(lake.as_ref(), 3, Action::Challenge).await.to_string();
    let list = said(&home, &["list"]);
    assert!(
        list.contains(&format!("{champion} champion")) && list.contains(&format!("{challenger} challenger"))
    );
    let card = said(&home, &["card", "forecast"]);
    for part in
        [champion.as_str(), "1234 cases", "passed: loss 0.9", "CC0-1.0", "0.1000 (0.0900; 0.1100), 40"]
    {
        assert!(card.contains(part), "{part}: {card}");
    }
    let other = said(&home, &["card", "forecast", "--version", &challenger, "--json"]);
    let other: serde_json::Value = serde_json::from_str(&other).unwrap();
    assert_eq!(other["seed"], 3);
    let compared = said(&home, &["compare", "forecast"]);
    for part in ["0.1000", "0.3000", "apart"] {
        assert!(compared.contains(part), "{part}: {compared}");
    }
    let compared: serde_json::Value =
        serde_json::from_str(&said(&home, &["compare", "forecast", "--json"])).unwrap();
    assert_eq!(compared["figures"][0]["apart"], true);

    let watched = Watched {
        name: ModelName::Forecast,
        what: "psi returns".to_owned(),
        value: 0.3,
        warning: 0.1,
        alarm: 0.25,
        cases: 1500,
        level: Level::Alarm,
    };
    let monitor = Monitor { watched: vec![watched], records: Vec::new() };
    let key = Key::Monitor { slot: SLOT.parse().unwrap() }.to_string();
    lake.put(&key, serde_json::to_vec(&monitor).unwrap().into()).await.unwrap();
    let drift = said(&home, &["drift", "--slot", "2026-11-21T18Z", "--slots", "4"]);
    assert!(drift.contains("psi returns") && drift.contains("ALARM") && drift.contains(SLOT), "{drift}");
    assert!(!said(&home, &["drift", "--slot", "2026-11-21T18Z", "--slots", "2"]).contains("psi returns"));
}
