//! Runs as tables and as JSON.

use std::process::ExitCode;

use comfy_table::{Table, presets};
use domain::Slot;
use domain::run::{Run, RunStatus, StageRun};
use serde::Serialize;

/// A run, for people and programs.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// Its slot.
    pub slot: Slot,
    /// `running`, `succeeded`, `partial` or `failed`.
    pub status: RunStatus,
    /// Its stages in order.
    pub stages: Vec<StageReport>,
}

/// A stage, for people and programs.
#[derive(Debug, Clone, Serialize)]
pub struct StageReport {
    /// Which.
    pub stage: &'static str,
    /// Where it stands.
    pub state: &'static str,
    /// The newest attempt, from 1.
    pub attempt: u32,
    /// How long that attempt took, once it has ended.
    pub duration_ms: Option<i64>,
    /// Why it failed or is partial.
    pub message: String,
}

impl From<&Run> for RunReport {
    fn from(run: &Run) -> Self {
        Self {
            slot: run.slot,
            status: run.status(),
            stages: run.stages.iter().map(StageReport::from).collect(),
        }
    }
}

impl From<&StageRun> for StageReport {
    fn from(stage: &StageRun) -> Self {
        let duration =
            stage.finished_at.zip(stage.started_at).map(|(end, start)| (end - start).num_milliseconds());
        Self {
            stage: stage.stage.as_str(),
            state: stage.state.as_str(),
            attempt: stage.attempt,
            duration_ms: duration,
            message: stage.message.clone(),
        }
    }
}

/// The worst status of many: failed, running, partial, succeeded. Without runs it is succeeded.
pub fn worst(reports: &[RunReport]) -> RunStatus {
    let order = [RunStatus::Failed, RunStatus::Running, RunStatus::Partial];
    order
        .into_iter()
        .find(|status| reports.iter().any(|r| r.status == *status))
        .unwrap_or(RunStatus::Succeeded)
}

/// The exit code that says the same.
pub fn exit_code(status: RunStatus) -> ExitCode {
    ExitCode::from(match status {
        RunStatus::Succeeded => 0,
        RunStatus::Partial => 3,
        RunStatus::Failed | RunStatus::Running => 1,
    })
}

/// Prints runs to standard output: one JSON object, or a table and what is amiss.
///
/// # Errors
/// Never for these types; JSON could not be written.
pub fn print(reports: &[RunReport], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::json!({ "status": worst(reports), "runs": reports }));
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["slot", "status", "collect", "split", "predict", "publish"]);
    for report in reports {
        let mut row = vec![report.slot.to_string(), report.status.as_str().to_owned()];
        row.extend(report.stages.iter().map(cell));
        table.add_row(row);
    }
    println!("{table}");
    for report in reports {
        for stage in report.stages.iter().filter(|s| !s.message.is_empty()) {
            println!("{} {}: {}", report.slot, stage.stage, stage.message);
        }
    }
    Ok(())
}

fn cell(stage: &StageReport) -> String {
    let duration = stage.duration_ms.map(|ms| format!(" {:.1} s", ms as f64 / 1000.0)).unwrap_or_default();
    let attempts = if stage.attempt > 1 { format!(" (attempt {})", stage.attempt) } else { String::new() };
    format!("{}{duration}{attempts}", stage.state)
}
