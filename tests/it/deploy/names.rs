//! Every topic, path, variable and attribute that the programs use is set by `deploy/`, and the reverse.

use std::collections::BTreeSet;

use domain::message::Topic;

use super::{files, read, root, text_of};

/// Names that the programs read and `deploy/` rightly leaves alone, each with the reason.
const NOT_SET: &[(&str, &str)] = &[
    ("PORT", "Cloud Run sets it"),
    ("QUARTERDAY_BIN", "one machine: where the stages' programs lie"),
    (
        "QUARTERDAY_BREACHED_PASSWORDS",
        "a list of its own; without it passwords are judged by how guessable they are",
    ),
    ("QUARTERDAY_BUILT", "tests: the programs are built"),
    ("QUARTERDAY_BUS", "one machine: the bus; on Google Cloud it is Pub/Sub"),
    ("QUARTERDAY_CHILD", "one machine: the program ends with its parent"),
    ("QUARTERDAY_COMPUTE_ENDPOINT", "a stand-in for Compute Engine"),
    ("QUARTERDAY_DATAPROC_ENDPOINT", "a stand-in for Dataproc"),
    ("QUARTERDAY_FAULTS", "tests on one machine: what goes wrong on purpose"),
    ("QUARTERDAY_HOME", "one machine: where Postgres keeps its data"),
    ("QUARTERDAY_LOGS", "one machine: where the stages' logs lie"),
    (
        "QUARTERDAY_METRICS",
        "one machine: where programs that end leave their counts; on Google Cloud the Ops Agent measures machines",
    ),
    (
        "QUARTERDAY_METRICS_TOKEN",
        "whoever runs a Prometheus outside sets it; without it only the machine itself reads",
    ),
    ("QUARTERDAY_METADATA_ENDPOINT", "a stand-in for the metadata service"),
    ("QUARTERDAY_OIDC_KEYS_URL", "a stand-in for Google's public keys"),
    ("QUARTERDAY_PUBSUB_ENDPOINT", "a stand-in for Pub/Sub"),
    ("QUARTERDAY_PUSH_TOKEN", "one machine: what pushes carry; on Google Cloud they carry an identity token"),
    ("QUARTERDAY_PUSH_TOKEN_BEFORE", "one machine: the token of before, while it is being replaced"),
    ("QUARTERDAY_SANDBOX_DATA", "one machine: says that the data are invented"),
    ("QUARTERDAY_SECRETS_ENDPOINT", "a stand-in for Secret Manager"),
    ("QUARTERDAY_SHARED", "tests: where recorded data lie"),
    ("QUARTERDAY_SOURCES", "`attend` sets it, to the file made of the attribute quarterday-sources"),
    ("QUARTERDAY_STORAGE_ENDPOINT", "a stand-in for Cloud Storage"),
    ("QUARTERDAY_TELEGRAM_URL", "a stand-in for Telegram's bot API"),
    ("QUARTERDAY_WEBHOOK_LOOPBACK", "one machine: webhooks may be tried out on it"),
    ("STRIPE_API_BASE", "a stand-in for the payment provider"),
    ("STRIPE_PUBLIC_BASE", "a stand-in for the payment provider"),
];

fn is_name(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'
}

fn is_ours(name: &str) -> bool {
    matches!(name, "DATABASE_URL" | "PORT") || name.starts_with("QUARTERDAY_") || name.starts_with("STRIPE_")
}

/// Environment names that Rust sources quote.
fn quoted(rust: &str) -> BTreeSet<String> {
    let parts = rust.split('"').filter(|part| is_ours(part) && part.chars().all(is_name));
    parts.map(str::to_owned).collect()
}

/// Environment names that a file of `deploy/` gives a value: `NAME = …` or `NAME=…`.
fn given(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
    for line in lines {
        for (start, _) in line.match_indices(|c: char| c.is_ascii_uppercase()) {
            let word: String = line[start..].chars().take_while(|c| is_name(*c)).collect();
            let begins = !line[..start].ends_with(is_name);
            let rest = line[start + word.len()..].trim_start();
            if begins && is_ours(&word) && rest.starts_with('=') && !rest.starts_with("==") {
                names.insert(word);
            }
        }
    }
    names
}

/// The Rust sources of the programs: neither tests nor stand-ins, which name what they replace.
fn programs() -> String {
    let root = root();
    let all = files(&root);
    let sources = all.iter().filter(|path| {
        let path = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        path.ends_with(".rs")
            && !path.starts_with("tests/")
            && !path.starts_with("crates/stand-ins/")
            && !path.contains("/tests/")
            && !path.ends_with("tests.rs")
    });
    sources.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn deployed() -> BTreeSet<String> {
    let mut names = given(&text_of("deploy", ".tf"));
    names.extend(given(&text_of("deploy", ".service")));
    names.extend(given(&text_of("deploy", "Dockerfile")));
    names
}

fn not_set() -> BTreeSet<String> {
    NOT_SET.iter().map(|(name, _)| (*name).to_owned()).collect()
}

fn missing<'a>(from: &'a BTreeSet<String>, known: &'a BTreeSet<String>) -> Vec<&'a String> {
    from.difference(known).collect()
}

#[test]
fn every_variable_that_a_program_reads_is_set_or_has_a_reason_not_to_be() {
    let (used, set) = (quoted(&programs()), deployed());
    let known: BTreeSet<String> = set.union(&not_set()).cloned().collect();
    let unset = missing(&used, &known);
    assert!(
        unset.is_empty(),
        "read by a program, set nowhere in deploy/, and without a reason in NOT_SET: {unset:?}"
    );
    let both: Vec<_> = set.intersection(&not_set()).cloned().collect();
    assert!(both.is_empty(), "set by deploy/ although NOT_SET says it is not: {both:?}");
}

#[test]
fn every_variable_that_is_set_is_read_by_a_program() {
    let (used, set) = (quoted(&programs()), deployed());
    let unread = missing(&set, &used);
    assert!(unread.is_empty(), "set by deploy/, read by no program: {unread:?}");
}

#[test]
fn each_program_gets_what_it_reads_itself() {
    let functions_tf = read("deploy/terraform/functions.tf");
    let common = given(between(&functions_tf, "common_env = {", "}"));
    // Through crates/cloud, every program reads where Google is, and a service who may call it.
    let google = quoted(&read("crates/cloud/src/gcp/settings.rs"));
    let callers = quoted(&read("crates/cloud/src/caller.rs"));
    for (program, file, service) in [
        ("functions", "functions.tf", true),
        ("web", "web.tf", true),
        ("collector", "machines.tf", false),
        ("ml-vm", "machines.tf", false),
    ] {
        let set = &given(&read(&format!("deploy/terraform/{file}"))) | &common;
        let known = &set | &not_set();
        let mut used = &quoted(&text_of(&format!("{program}/src"), ".rs")) | &google;
        if service {
            used.extend(callers.iter().cloned());
        }
        let unset = missing(&used, &known);
        assert!(unset.is_empty(), "{program} reads what it is not given: {unset:?}");
    }
}

#[test]
fn the_service_that_is_open_to_all_checks_callers_itself() {
    let web = read("deploy/terraform/web.tf");
    let open = between(&web, "web_env = merge(", "})");
    let checks = open.lines().any(|line| {
        line.split_whitespace().collect::<Vec<_>>() == ["QUARTERDAY_CALLER_CHECK", "=", "\"oidc\""]
    });
    assert!(checks, "{open}");
    let terraform = text_of("deploy/terraform", ".tf");
    assert_eq!(terraform.matches("\"allUsers\"").count(), 1, "only the site is open to all");
    assert!(!terraform.contains("access_config {"), "a machine with a public address");
}

#[test]
fn topics_are_the_programs_topics() {
    let bus = read("deploy/terraform/bus.tf");
    let block = between(&bus, "topics = toset([", "])");
    let listed: BTreeSet<&str> = block.split('"').skip(1).step_by(2).collect();
    let ours: BTreeSet<&str> = Topic::ALL.iter().map(|topic| topic.as_str()).collect();
    assert_eq!(listed, ours, "left: deploy/terraform/bus.tf, right: domain::message::Topic");
    // Whoever may publish, and what the clock says, names one of them.
    for tf in [bus.as_str(), &read("deploy/terraform/schedule.tf"), &read("deploy/terraform/monitoring.tf")] {
        for topic in tf.split("topic = \"").skip(1).chain(tf.split("topic.this[\"").skip(1)) {
            let name = topic.split('"').next().unwrap();
            assert!(ours.contains(name), "{name} is no topic");
        }
    }
}

#[test]
fn every_push_goes_to_a_path_that_a_program_serves() {
    let bus = read("deploy/terraform/bus.tf");
    assert!(bus.contains("\"functions-${topic}\"") && bus.contains("${local.functions_url}/push/${topic}"));
    assert!(bus.contains("\"publish-publish-due\"") && bus.contains("${local.publish_url}/internal/publish"));
    assert!(bus.contains("name                       = \"web-quotes\""), "nobody takes quotes");
    assert!(bus.contains("push_endpoint = \"${local.web_url}/internal/quotes\""));
    let (functions, web) = (text_of("functions/src", ".rs"), text_of("web/src", ".rs"));
    assert!(web.contains("\"/internal/quotes\""), "web serves no /internal/quotes");
    assert!(functions.contains("\"/push\"") || functions.contains("\"/push/"), "functions serve no /push");
    assert!(web.contains("\"/internal/publish\""), "web serves no /internal/publish");
    let to_functions = |topic: &Topic| !matches!(topic, Topic::PublishDue | Topic::Quotes);
    for topic in Topic::ALL.into_iter().filter(to_functions) {
        assert!(functions.contains(&format!("Topic::{topic:?}")), "functions do not know {topic:?}");
    }
    for (file, source) in [("functions.tf", &functions), ("web.tf", &web)] {
        let tf = read(&format!("deploy/terraform/{file}"));
        let paths: BTreeSet<&str> =
            tf.split("path = \"").skip(1).map(|s| s.split('"').next().unwrap()).collect();
        assert!(!paths.is_empty());
        for path in paths {
            assert!(source.contains(&format!("\"{path}\"")), "{file} asks {path}, which is not served");
        }
    }
}

#[test]
fn attributes_of_the_machines_are_those_that_are_read() {
    let machines = read("deploy/terraform/machines.tf");
    let attribute = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '-'));
        let known = ["env", "hold", "logging", "program", "programs", "sources", "unit", "work"];
        let ours = words.filter(|w| w.strip_prefix("quarterday-").is_some_and(|rest| known.contains(&rest)));
        ours.map(str::to_owned).collect()
    };
    let read_by =
        &attribute(&text_of("crates/cloud/src", ".rs")) | &attribute(&read("deploy/machines/startup.sh"));
    assert_eq!(attribute(&machines), read_by, "left: machines.tf, right: crates/cloud and startup.sh");
    // What functions set must not be taken back by the next apply.
    for name in ["work", "hold"] {
        assert!(machines.contains(&format!("metadata[\"quarterday-{name}\"]")), "{name} is not ignored");
    }
}

#[test]
fn programs_are_started_by_commands_that_they_have() {
    for (unit, program, crate_) in [("collector", "collector", "collector"), ("ml", "ml-vm", "ml-vm")] {
        let unit = read(&format!("deploy/machines/{unit}.service"));
        assert!(unit.contains(&format!("\nExecStart=/opt/quarterday/{program} attend\n")), "{program}");
        assert!(
            text_of(&format!("{crate_}/src"), ".rs").contains("Attend"),
            "{crate_} has no command attend"
        );
    }
    let unit = read("deploy/machines/stream.service");
    assert!(unit.contains("\nExecStart=/opt/quarterday/collector attend-stream\n"));
    assert!(
        text_of("collector/src", ".rs").contains("AttendStream"),
        "collector has no command attend-stream"
    );
    for (file, program) in [("functions.tf", "functions"), ("web.tf", "web")] {
        assert!(read(&format!("deploy/terraform/{file}")).contains("[\"serve\", \"--bind\", \"0.0.0.0\"]"));
        assert!(
            text_of(&format!("{program}/src"), ".rs").contains("bind: "),
            "{program} serve has no --bind"
        );
    }
}

#[test]
fn images_are_built_with_the_pinned_rust() {
    let toolchain = read("rust-toolchain.toml");
    let version = between(&toolchain, "channel = \"", "\"");
    for image in ["functions", "web", "programs"] {
        let file = read(&format!("deploy/{image}.Dockerfile"));
        assert!(file.contains(&format!("FROM rust:{version}-bookworm AS builder")), "{image}.Dockerfile");
        assert!(file.contains(&format!("RUSTUP_TOOLCHAIN={version}\n")), "{image}.Dockerfile");
    }
}

#[test]
fn every_alert_has_its_runbook_and_every_setting_its_place() {
    let (monitoring, docs) = (read("deploy/terraform/monitoring.tf"), read("docs/deploy.md"));
    let keyed =
        monitoring.lines().filter_map(|line| line.strip_suffix("\" = {")?.trim_start().strip_prefix('"'));
    let named = monitoring.split("display_name          = \"Quarterday: ").skip(1);
    let named = named.map(|rest| rest.split('"').next().unwrap()).filter(|name| !name.contains("${"));
    let alerts: BTreeSet<&str> = keyed.chain(named).collect();
    assert!(alerts.len() >= 10, "{alerts:?}");
    for alert in alerts {
        assert!(docs.contains(&format!("\n### {alert}\n")), "docs/deploy.md has no runbook for {alert}");
    }
    let variables = read("deploy/terraform/variables.tf");
    let variables: BTreeSet<&str> =
        variables.split("\nvariable \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let terraform = text_of("deploy/terraform", ".tf");
    for variable in &variables {
        assert!(terraform.contains(&format!("var.{variable}")), "the variable {variable} is used nowhere");
    }
    for example in ["smallest", "production"] {
        let text = read(&format!("deploy/terraform/examples/{example}.tfvars"));
        let set =
            text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
        for (name, _) in set {
            assert!(variables.contains(name.trim()), "{example}.tfvars sets {name}, which is no variable");
        }
    }
}

/// The text between two marks; the second is looked for after the first.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from:?}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to:?} after {from:?}")).0
}
