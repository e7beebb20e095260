//! Processes of an installation: found by their command line, killed without a word.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

/// The process ids whose command line holds all of `parts`.
pub fn find(parts: &[&str]) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let ids = entries.flatten().filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok());
    ids.filter(|id| {
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        parts.iter().all(|part| line.contains(part))
    })
    .collect()
}

/// Waits for a process whose command line holds all of `parts`.
pub fn wait_for(parts: &[&str], limit: Duration) -> u32 {
    let start = Instant::now();
    loop {
        if let Some(id) = find(parts).first() {
            return *id;
        }
        assert!(start.elapsed() < limit, "no process {parts:?} within {limit:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Kills a process by SIGKILL; whether there was one.
pub fn kill(id: u32) -> bool {
    Command::new("kill").args(["-9", &id.to_string()]).output().unwrap().status.success()
}
