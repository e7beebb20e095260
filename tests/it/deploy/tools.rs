//! What the files' own tools say of them: Terraform, systemd, bash, Python. A tool that is not there is skipped, loudly.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{files, read, root, skipped};

/// Runs a tool; `None` when it is not installed.
fn run(command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("{command:?}: {error}"),
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn terraform_is_formatted() {
    let folder = root().join("deploy/terraform");
    let mut command = Command::new("terraform");
    match run(command.args(["fmt", "-check", "-diff", "-recursive"]).arg(folder)) {
        None => skipped("terraform fmt: terraform is not installed"),
        Some(output) => assert!(output.status.success(), "run terraform fmt:\n{}", said(&output)),
    }
}

#[test]
fn terraform_is_valid_against_the_providers_schema() {
    if run(Command::new("terraform").arg("version")).is_none() {
        return skipped("terraform validate: terraform is not installed");
    }
    let shared =
        std::env::var_os("QUARTERDAY_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let validate = shared.join("tools/terraform/validate");
    if !validate.is_file() {
        return skipped(&format!("terraform validate: {} is not there", validate.display()));
    }
    let output = Command::new(&validate).arg(root().join("deploy/terraform")).output().unwrap();
    let said = said(&output);
    if !output.status.success()
        && (!said.contains("Error: ") || said.contains("Failed to query available provider"))
    {
        return skipped(&format!("terraform validate: the schema could not be had:\n{said}"));
    }
    assert!(output.status.success(), "{said}");
}

/// A copy of a unit whose program is there: what is checked is the unit, not this machine.
fn copy_of(unit: &Path, folder: &Path) -> PathBuf {
    let text = std::fs::read_to_string(unit).unwrap();
    let lines: Vec<String> =
        text.lines()
            .map(|line| {
                if line.starts_with("ExecStart=") {
                    "ExecStart=/bin/true".to_owned()
                } else {
                    line.to_owned()
                }
            })
            .collect();
    let target = folder.join(unit.file_name().unwrap());
    std::fs::write(&target, lines.join("\n") + "\n").unwrap();
    target
}

#[test]
fn units_are_valid_and_shut_in() {
    let folder = tempfile::tempdir().unwrap();
    let all = files(&root().join("deploy"));
    let units: Vec<&PathBuf> =
        all.iter().filter(|path| path.extension().is_some_and(|e| e == "service")).collect();
    assert_eq!(units.len(), 4, "{units:?}");
    for unit in units {
        let copy = copy_of(unit, folder.path());
        let Some(output) = run(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&copy))
        else {
            return skipped("systemd-analyze verify: systemd is not installed");
        };
        let said_of_it = said(&output);
        assert!(
            output.status.success() && !said_of_it.contains(".service:"),
            "{}: {said_of_it}",
            unit.display()
        );
        let mut security = Command::new("systemd-analyze");
        security.args(["security", "--no-pager", "--offline=yes", "--threshold=20"]).arg(&copy);
        let output = run(&mut security).unwrap();
        let unknown = said(&output).contains("unrecognized option");
        if unknown {
            skipped("systemd-analyze security --offline: this systemd is too old");
        } else {
            assert!(output.status.success(), "{} is exposed: {}", unit.display(), said(&output));
        }
    }
    // However a stage ends, its machine goes off.
    for unit in ["collector", "ml"] {
        let text = read(&format!("deploy/machines/{unit}.service"));
        for line in
            ["SuccessAction=poweroff", "FailureAction=poweroff", "DynamicUser=yes", "NoNewPrivileges=yes"]
        {
            assert!(text.lines().any(|l| l == line), "{unit}.service: no {line}");
        }
    }
}

#[test]
fn scripts_are_scripts() {
    let all = files(&root().join("deploy"));
    let mut seen = 0;
    for path in &all {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        if !text.starts_with("#!/usr/bin/env bash") && !path.ends_with("scripts/common") {
            continue;
        }
        seen += 1;
        let output = run(Command::new("bash").arg("-n").arg(path)).expect("bash is there");
        assert!(output.status.success(), "{}: {}", path.display(), said(&output));
        let strict = text.contains("set -euo pipefail") || text.contains("/common\"");
        assert!(strict, "{} goes on after a failure", path.display());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = path.metadata().unwrap().permissions().mode();
            assert!(
                mode & 0o111 != 0 || path.ends_with("scripts/common"),
                "{} cannot be run",
                path.display()
            );
        }
    }
    assert!(seen >= 9, "only {seen} scripts were found");
}

#[test]
fn the_batch_runs_a_program_and_passes_its_code_on() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("program"), "#!/bin/sh\necho \"$QUARTERDAY_CLOUD $*\"\nexit $CODE\n")
        .unwrap();
    for (code, expected) in [("0", 0), ("1", 1), ("3", 0)] {
        let mut command = Command::new("python3");
        command.arg(root().join("deploy/dataproc/run_binary.py")).current_dir(folder.path());
        command.args(["QUARTERDAY_CLOUD=gcp", &format!("CODE={code}"), "program", "split", "--slot", "S"]);
        let Some(output) = run(&mut command) else {
            return skipped("run_binary.py: python3 is not installed");
        };
        assert_eq!(output.status.code(), Some(expected), "{}", said(&output));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "gcp split --slot S\n");
    }
}
