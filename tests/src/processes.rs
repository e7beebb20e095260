//! Processes of an installation: found by their command line, killed without a word.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

/// Those that [`find`] still finds after so long; what looks after Postgres ends some moments after whoever started it.
pub fn left(words: &[&str], within: Duration) -> Vec<u32> {
    let begun_at = Instant::now();
    loop {
        let found = find(words);
        if found.is_empty() || begun_at.elapsed() > within {
            return found;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

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

/// Sends a process a signal by its name, `KILL` or `STOP`; whether there was one.
pub fn signal(id: u32, name: &str) -> bool {
    Command::new("kill").args([&format!("-{name}"), &id.to_string()]).output().unwrap().status.success()
}

/// The processes that descend from `ancestor`, each with its command line.
pub fn descendants(ancestor: u32) -> Vec<(u32, String)> {
    let parents: Vec<(u32, u32)> = find(&[]).into_iter().filter_map(|id| Some((id, parent(id)?))).collect();
    let mut found = vec![ancestor];
    let mut next = 0;
    while next < found.len() {
        let children = parents.iter().filter(|(id, parent)| *parent == found[next] && !found.contains(id));
        let children: Vec<u32> = children.map(|(id, _)| *id).collect();
        found.extend(children);
        next += 1;
    }
    let line = |id: u32| fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let line = |id: u32| String::from_utf8_lossy(&line(id)).replace('\0', " ");
    found.into_iter().skip(1).map(|id| (id, line(id))).collect()
}

fn parent(id: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}
