//! Dashboards and alerts speak of metrics that programs count, every alert has a runbook, and Prometheus accepts the rules.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use cloud::telemetry::NAMES;
use serde_json::Value;

use super::{files, read, root, skipped, text_of};

/// Names of metrics in an expression. Histograms have series with endings of their own.
fn metrics(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let ours = words.filter(|word| word.starts_with("quarterday_") || word.starts_with("http_"));
    ours.map(|word| word.trim_end_matches("_bucket").to_owned()).collect()
}

fn known() -> BTreeSet<String> {
    NAMES.iter().map(|(name, ..)| (*name).to_owned()).collect()
}

/// `alert`, `expr` and `runbook` of each rule.
fn rules() -> Vec<(String, String, String)> {
    let text = read("deploy/observability/alerts.yml");
    let field = |rule: &str, name: &str| {
        let line =
            rule.lines().find_map(|line| line.trim().strip_prefix(&format!("{name}: ")).map(str::to_owned));
        line.unwrap_or_else(|| panic!("no {name} in {rule}"))
    };
    let rules = text.split("- alert: ").skip(1);
    rules
        .map(|rule| (rule.lines().next().unwrap().to_owned(), field(rule, "expr"), field(rule, "runbook")))
        .collect()
}

#[test]
fn every_metric_alert_has_its_runbook_and_the_reverse() {
    let rules = rules();
    assert!(rules.len() >= 15);
    let mut named = BTreeSet::new();
    for (alert, _, runbook) in &rules {
        assert_eq!(*runbook, format!("docs/runbooks/{alert}.md"));
        let text = read(runbook);
        for part in
            [format!("# {alert}\n"), "\n## Look\n".into(), "\n## Mend\n".into(), "\n## Done when\n".into()]
        {
            assert!(text.contains(&part), "{runbook} has no {part:?}");
        }
        assert!(named.insert(runbook.clone()), "{alert} is there twice");
    }
    // Others may add runbooks of their own alerts beside them; ours begin with a capital letter.
    for path in files(&root().join("docs/runbooks")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.starts_with("README") {
            assert!(named.contains(&format!("docs/runbooks/{name}")), "{name} is the runbook of no alert");
        }
    }
}

#[test]
fn dashboards_and_alerts_speak_of_metrics_that_are_counted() {
    let known = known();
    let mut used = BTreeSet::new();
    for (alert, expression, _) in rules() {
        let found = metrics(&expression);
        assert!(!found.is_empty() || expression.starts_with("up{"), "{alert}: {expression}");
        used.extend(found);
    }
    for board in ["site", "runs"] {
        let board: Value =
            serde_json::from_str(&read(&format!("deploy/observability/{board}.json"))).unwrap();
        let panels = board["panels"].as_array().unwrap();
        assert!(panels.len() >= 9);
        let mut ids = BTreeSet::new();
        for panel in panels {
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
            for target in panel["targets"].as_array().unwrap() {
                used.extend(metrics(target["expr"].as_str().unwrap()));
            }
        }
    }
    let unknown: Vec<_> = used.difference(&known).collect();
    assert!(unknown.is_empty(), "in deploy/observability, counted nowhere: {unknown:?}");
    let unseen: Vec<_> = known.difference(&used).collect();
    assert!(unseen.is_empty(), "counted, and on no dashboard and in no alert: {unseen:?}");
}

#[test]
fn every_name_is_counted_by_a_program() {
    let sources: String =
        ["crates/cloud/src", "web/src", "functions/src", "collector/src", "sandbox/src", "quarterday/src"]
            .iter()
            .map(|folder| text_of(folder, ".rs"))
            .collect();
    for (name, ..) in NAMES {
        let written = sources.matches(&format!("\"{name}\"")).count();
        assert!(written >= 2, "{name} is named in NAMES and counted nowhere");
    }
}

/// The alerts that `alerts-test.yml` shows being raised: those that it expects with labels.
fn raised_in_tests() -> BTreeSet<String> {
    let text = read("deploy/observability/alerts-test.yml");
    let tests = text.split("\n  - name: ").skip(1);
    let raised = tests.filter(|test| test.contains("exp_labels:"));
    raised.map(|test| test.lines().next().unwrap().to_owned()).collect()
}

#[test]
fn every_alert_is_shown_to_be_raised() {
    let all: BTreeSet<String> = rules().into_iter().map(|(alert, ..)| alert).collect();
    assert_eq!(raised_in_tests(), all);
    let text = read("deploy/observability/alerts-test.yml");
    let calm = text.split("\n  - name: ").nth(1).unwrap();
    for alert in all {
        assert!(
            calm.contains(&format!("alertname: {alert}, exp_alerts: []")),
            "{alert} is not looked for in calm"
        );
    }
}

/// The `promtool` of this machine, else the one that `scripts/promtool` has fetched.
fn promtool() -> Option<PathBuf> {
    let fetched = root().join("target/tools/promtool");
    let works =
        |program: &PathBuf| Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success());
    [PathBuf::from("promtool"), fetched].into_iter().find(works)
}

#[test]
fn prometheus_accepts_the_rules() {
    let Some(promtool) = promtool() else {
        return skipped(
            "promtool: run scripts/promtool, or install Prometheus (Debian: apt-get install prometheus)",
        );
    };
    // The token's file is on the machine that scrapes; a check that ended there would see nothing of what follows.
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "a token").unwrap();
    for name in ["alerts.yml", "alerts-test.yml", "prometheus.yml", "one-machine.yml"] {
        let text = read(&format!("deploy/observability/{name}"));
        let text = text.replace("/etc/prometheus/quarterday-token", &token.to_string_lossy());
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    for arguments in [
        ["check", "rules", "alerts.yml"],
        ["check", "config", "prometheus.yml"],
        ["check", "config", "one-machine.yml"],
        ["test", "rules", "alerts-test.yml"],
    ] {
        let output = Command::new(&promtool).args(arguments).current_dir(&folder).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{arguments:?}: {said}");
    }
}
