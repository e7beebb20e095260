//! A sandbox of its own for a test, and what it says of itself.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::programs;

/// A running sandbox; it ends with this value.
pub struct Sandbox {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It is gone either way.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sandbox {
    /// Serves `world` with its clock standing at `at`, and these further arguments.
    ///
    /// # Panics
    /// It does not start.
    pub fn serve(world: &Path, at: &str, arguments: &[&str]) -> Self {
        let mut child = programs::command("sandbox")
            .args(["serve", "--at", at, "--world"])
            .arg(world)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the sandbox starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output is a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let said: Value = serde_json::from_str(&line).expect("it says so in JSON");
        let url = said["listening"].as_str().expect("it listens").to_owned();
        Self { child, url }
    }
}
