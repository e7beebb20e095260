//! `docs/security.md`: each item names a test that exists, or says that there is none; places that it names are there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust source of the project.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            if !["target", "node_modules", "var", ".git"].contains(&name.as_str()) {
                sources(&path, found);
            }
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

/// The names of all tests: functions under an attribute that ends in `test`, with or without arguments, or in `proptest!`.
fn tests_of(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        if let Some(attribute) = line.strip_prefix("#[") {
            let name = attribute.split(['(', ']']).next().unwrap();
            marked |= name == "test" || name.ends_with("::test");
            continue;
        }
        if let Some((before, rest)) = line.split_once("fn ") {
            if marked && matches!(before, "" | "async " | "pub " | "pub(crate) ") {
                found.insert(rest.split(['(', '<']).next().unwrap().to_owned());
            }
            marked = false;
        }
    }
    found
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether a name is written as tests are: words joined by underscores, at least four.
fn is_test_name(name: &str) -> bool {
    let words = name.split('_').filter(|word| !word.is_empty()).count();
    words >= 4 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Whether `a::b` or `a` is a module of some program of ours.
fn is_module(name: &str, all: &[PathBuf]) -> bool {
    let end = format!("/src/{}.rs", name.replace("::", "/"));
    all.iter().any(|path| path.to_string_lossy().ends_with(&end))
}

/// What is wrong with the items of a list.
fn flaws(list: &str, known: &BTreeSet<String>, all: &[PathBuf]) -> Vec<String> {
    let mut wrong = Vec::new();
    for line in list.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit()) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, level, _, state, shown] = cells[..] else {
            wrong.push(format!("{line}: not five cells"));
            continue;
        };
        if !["met", "partly", "no"].contains(&state) || !level.split(", ").all(|l| l == "1" || l == "2") {
            wrong.push(format!("{number}: {level} {state}"));
        }
        let named: Vec<&str> = quoted(shown).filter(|name| is_test_name(name)).collect();
        let setting = |name: &str| ["google_compute_ssl_policy"].contains(&name);
        let tests = named.iter().filter(|name| known.contains(**name)).count();
        for name in named.iter().filter(|name| !known.contains(**name) && !setting(name)) {
            wrong.push(format!("{number}: there is no test {name}"));
        }
        if (tests == 0) != shown.contains("no test") {
            wrong.push(format!("{number}: names no test, and does not say so; or the reverse"));
        }
        for name in quoted(shown).filter(|name| name.contains("::")) {
            // The last part may be a function or a type of the module.
            let parent = name.rsplit_once("::").map_or(name, |(parent, _)| parent);
            let is_type = parent.starts_with(|c: char| c.is_ascii_uppercase());
            if !is_type && !is_module(name, all) && !is_module(parent, all) {
                wrong.push(format!("{number}: there is no {name}"));
            }
        }
    }
    wrong
}

#[test]
fn every_item_names_a_test_that_exists_or_says_that_there_is_none() {
    let (root, mut all) = (root(), Vec::new());
    sources(&root, &mut all);
    let known: BTreeSet<String> =
        all.iter().flat_map(|path| tests_of(&std::fs::read_to_string(path).unwrap())).collect();
    assert!(known.len() > 800, "{} tests", known.len());
    let list = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let items = list.lines().filter(|line| line.starts_with("| ") && line.contains(" | met | ")).count();
    assert!(items > 120, "{items} items");
    assert_eq!(flaws(&list, &known, &all), Vec::<String>::new());
    // What the texts name as a file is there.
    for file in ["docs/security.md", "docs/threat-model.md", "SECURITY.md"] {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        for name in quoted(&text) {
            let ending = name.rsplit('.').next().unwrap();
            let is_file = name.contains('/')
                && ["md", "rs", "sql", "tf", "toml", "txt", "yml"].contains(&ending)
                && !name.contains([' ', '…', '<', '=', '*', ':']);
            assert!(!is_file || root.join(name).exists(), "{file}: there is no {name}");
        }
    }
}

#[test]
fn an_item_without_its_test_is_told() {
    let known = tests_of(
        "#[test]\nfn one_two_three_four() {}\n#[tokio::test(flavor = \"x\")]\nasync fn five_six_seven_eight() {}\nfn no_test_of_ours_here() {}",
    );
    assert_eq!(known.len(), 2);
    let row = |shown: &str| format!("| 1.2.3 | 1 | asked | met | {shown} |");
    for (shown, flaw) in [
        ("`one_two_three_four`", ""),
        ("said: `five_six_seven_eight`", ""),
        ("no test: a setting", ""),
        ("`one_two_three_fore`", "there is no test one_two_three_fore"),
        ("`no_test_of_ours_here`", "there is no test"),
        ("a setting", "names no test"),
        ("no test: `one_two_three_four`", "names no test"),
        ("`one_two_three_four`, `nowhere::at_all::here`", "there is no nowhere::at_all::here"),
    ] {
        let wrong = flaws(&row(shown), &known, &[]);
        assert_eq!(wrong.is_empty(), flaw.is_empty(), "{shown}: {wrong:?}");
        assert!(wrong.iter().any(|w| w.contains(flaw)) || flaw.is_empty(), "{shown}: {wrong:?}");
    }
    assert_eq!(flaws("| 1.2.3 | 3 | asked | perhaps | no test: x |", &known, &[]).len(), 1);
}
