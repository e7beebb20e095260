//! The programs of the house, as built from this tree.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The folder of the built programs. `cargo test --workspace` builds them all before any test runs, and `make test` says so
/// by `QUARTERDAY_BUILT`; else the first call builds them, so that a test never runs old ones.
pub fn folder() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        if std::env::var_os("QUARTERDAY_BUILT").is_none() {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let status =
                Command::new(cargo).args(["build", "--quiet", "--workspace", "--bins"]).status().unwrap();
            assert!(status.success(), "the programs do not build");
        }
        // A test runs from target/debug/deps.
        let own = std::env::current_exe().unwrap();
        own.ancestors().nth(2).unwrap().to_owned()
    })
}

/// A program that can be started.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(folder().join(name));
    command.env("RUST_LOG", "info").env_remove("DATABASE_URL").env_remove("QUARTERDAY_HOME");
    command
}
